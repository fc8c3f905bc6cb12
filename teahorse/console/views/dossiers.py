"""A seller's credit dossiers: asking with a signature, how far it is, the paper, who looked, taking it back."""

from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _

from teahorse.common.ids import new_id
from teahorse.common.refusals import Refusal
from teahorse.common.typed import form_key
from teahorse.console.access import Acting, Context, acts, number_of
from teahorse.console.nav import page
from teahorse.dossiers import actions, queries, rules
from teahorse.dossiers.models import Dossier
from teahorse.people.models import Organisation, Right

FIELDS = ("form_key", "months", "days", "bank_name", "purpose", "signed_name", "is_agreed")
MOST_SHOWN = 50


@acts(Right.MANAGE_MEMBERS, "GET", "POST", kinds=Organisation.SELLERS)
def dossiers(request: HttpRequest, acting: Acting) -> HttpResponse:
    """List the seller's dossiers; the form asks for one. Only managers see and do this."""
    if request.method == "POST":
        typed = {name: request.POST.get(name, "")[:300] for name in FIELDS}
        try:
            asked = _ask(acting, typed)
        except Refusal as refusal:
            return page(request, acting, "dossiers.html", _listed(acting, typed, refusal), status=refusal.status)
        messages.success(request, _("Signed. The dossier is being made."))
        return redirect("console:dossier", org=acting.organisation.key, dossier_id=asked.pk)
    fresh = {"form_key": str(new_id()), "months": "12", "days": str(rules.DEFAULT_DAYS)}
    return page(request, acting, "dossiers.html", _listed(acting, fresh, None))


def _ask(acting: Acting, typed: dict[str, str]) -> Dossier:
    return actions.ask_dossier(
        organisation=acting.organisation,
        by=acting.person,
        form_key=form_key(typed["form_key"]),
        months=number_of(typed["months"]),
        days=number_of(typed["days"]),
        bank_name=typed["bank_name"],
        purpose=typed["purpose"],
        signed_name=typed["signed_name"],
        is_agreed=bool(typed["is_agreed"]),
        now=acting.now,
    )


def _listed(acting: Acting, typed: dict[str, str], refusal: Refusal | None) -> Context:
    shown = list(queries.dossiers_of(acting.organisation)[:MOST_SHOWN])
    return {
        "rows": [{"dossier": one, "standing": one.standing(acting.now)} for one in shown],
        "typed": typed,
        "refusal": refusal,
        "errors": {refusal.field: refusal} if refusal and refusal.field else {},
        "consent": actions.consent_words(organisation=acting.organisation, bank_name=""),
        "day_choices": [(str(days), _("%(days)s days") % {"days": days}) for days in rules.VALID_DAYS],
    }


@acts(Right.MANAGE_MEMBERS, kinds=Organisation.SELLERS)
def dossier(request: HttpRequest, acting: Acting, dossier_id: UUID) -> HttpResponse:
    """Show one dossier: how far it is, its paper and code, who looked, what was agreed to."""
    found = _own(acting, dossier_id)
    standing = found.standing(acting.now)
    context = {
        "dossier": found,
        "standing": standing,
        "code": rules.spaced_code(found.code),
        "address": actions.address_of(found),
        "views": list(queries.views_of(found)[:100]),
    }
    answer = page(request, acting, "dossier.html", context)
    if standing == "asked":
        answer.headers["Refresh"] = "3"  # also without the script
    return answer


@acts(Right.MANAGE_MEMBERS, kinds=Organisation.SELLERS)
def paper(request: HttpRequest, acting: Acting, dossier_id: UUID) -> HttpResponse:  # noqa: ARG001 - every view is given it
    """Answer the printed form."""
    found = _own(acting, dossier_id)
    document = queries.paper_of(found)
    if document is None:
        raise Http404
    name = f"{acting.organisation.key}-{found.until_date}.pdf"
    headers = {"Content-Disposition": f'inline; filename="{name}"', "Cache-Control": "private, no-store"}
    return HttpResponse(document, content_type="application/pdf", headers=headers)


@acts(Right.MANAGE_MEMBERS, "POST", kinds=Organisation.SELLERS, back="console:dossiers")
def withdraw(request: HttpRequest, acting: Acting, dossier_id: UUID) -> HttpResponse:
    """Have it shown to nobody any more."""
    actions.withdraw_dossier(organisation=acting.organisation, dossier_id=dossier_id, by=acting.person, now=acting.now)
    messages.success(request, _("Withdrawn. Its code shows no figures any more."))
    return redirect("console:dossier", org=acting.organisation.key, dossier_id=dossier_id)


def _own(acting: Acting, dossier_id: UUID) -> Dossier:
    found = Dossier.objects.filter(pk=dossier_id, organisation=acting.organisation).select_related("signed_by").first()
    if found is None:
        raise Http404
    return found
