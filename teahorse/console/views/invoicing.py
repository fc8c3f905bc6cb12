"""A seller's invoices: what buyers asked for, deciding, the documents, and how she is registered."""

from uuid import UUID

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from teahorse.common.refusals import Refusal
from teahorse.console.access import Acting, Context, acts
from teahorse.console.nav import page
from teahorse.invoices import actions, queries
from teahorse.invoices.models import InvoiceRequest, State
from teahorse.people.models import Organisation, Right

A_PAGE = 30
SHOWN = {"": (), "waiting": (State.REQUESTED, State.SENT), "issued": (State.ISSUED,), "refused": (State.REFUSED,)}
ISSUER_FIELDS = ("title_name", "tax_number", "tax_rate", "clerk")


@acts(Right.SEE_MONEY, kinds=Organisation.SELLERS)
def invoices(request: HttpRequest, acting: Acting) -> HttpResponse:
    """List the wishes for invoices, those that wait first, the overdue ones marked."""
    return page(request, acting, "invoices.html", _listed(request, acting))


def _listed(request: HttpRequest, acting: Acting) -> Context:
    wish = request.GET.get("state", "")
    found = queries.invoices_of_seller(acting.organisation)
    if SHOWN.get(wish):
        found = found.filter(state__in=SHOWN[wish])
    shown = Paginator(found, A_PAGE).get_page(request.GET.get("page"))
    rows = list(shown)
    reds = [red for row in rows for red in row.reds.all()]
    return {
        "invoices": shown,
        "rows": [{"asked": row, "is_overdue": row.is_overdue(acting.now), "reds": list(row.reds.all())} for row in rows],
        "papers": queries.papers_there([row.pk for row in rows] + [red.pk for red in reds]),
        "tabs": [("", _("All")), ("waiting", _("Waiting")), ("issued", _("Issued")), ("refused", pgettext("invoice", "Refused"))],
        "tab": wish if wish in SHOWN else "",
        "issuer": queries.issuer_of(acting.organisation.pk),
        "overdue": InvoiceRequest.objects.filter(seller=acting.organisation, state=State.REQUESTED, deadline_at__lte=acting.now).count(),
        "may_register": Right.MANAGE_MEMBERS in acting.rights,
        "list_url": reverse("console:invoices", kwargs={"org": acting.organisation.key}),
    }


@acts(Right.SEE_MONEY, "POST", kinds=Organisation.SELLERS, back="console:invoices")
def decide(request: HttpRequest, acting: Acting, request_id: UUID) -> HttpResponse:
    """Have an invoice issued, or refuse it with a reason."""
    if request.POST.get("act") == "refuse":
        reason = request.POST.get("reason", "")
        try:
            actions.refuse_invoice(request_id=request_id, seller=acting.organisation, reason=reason, now=acting.now)
        except Refusal as refusal:
            if refusal.status != 422:
                raise
            context = {**_listed(request, acting), "fault": refusal, "fault_id": request_id}
            return page(request, acting, "invoices.html", context, status=422)
        messages.success(request, _("Refused. The buyer reads why, and may ask anew."))
        return redirect("console:invoices", org=acting.organisation.key)
    asked = actions.issue_invoice(request_id=request_id, seller=acting.organisation, now=acting.now)
    if asked.state == State.REFUSED:
        messages.warning(request, _("All the money of this order went back, so nothing is issued."))
    else:
        messages.success(request, _("It is on its way through the tax office."))
    return redirect("console:invoices", org=acting.organisation.key)


@acts(Right.SEE_MONEY, kinds=Organisation.SELLERS)
def paper(request: HttpRequest, acting: Acting, request_id: UUID) -> HttpResponse:
    """Answer the document of an issued invoice, or, with ``?other=``, of one of its red letters."""
    asked = InvoiceRequest.objects.filter(pk=request_id, seller=acting.organisation).first()
    if asked is None:
        raise Http404
    found = queries.document_of(asked, other=request.GET.get("other", ""))
    if found is None:
        raise Http404
    number, document = found
    headers = {"Content-Disposition": f'inline; filename="fapiao-{number}.pdf"', "Cache-Control": "private, no-store"}
    return HttpResponse(document, content_type="application/pdf", headers=headers)


@acts(Right.MANAGE_MEMBERS, "GET", "POST", kinds=Organisation.SELLERS)
def issuer(request: HttpRequest, acting: Acting) -> HttpResponse:
    """Show and change how the seller is registered for tax; only managers do."""
    known = queries.issuer_of(acting.organisation.pk)
    typed = {
        "title_name": known.name if known else acting.organisation.name,
        "tax_number": known.tax_number if known else "",
        "tax_rate": known.tax_rate if known else "exempt",
        "clerk": known.clerk if known else acting.person.name[:20],
        "is_automatic": "yes" if known and known.is_automatic else "",
    }
    fault: Refusal | None = None
    if request.method == "POST":
        typed = {name: request.POST.get(name, "")[:200] for name in (*ISSUER_FIELDS, "is_automatic")}
        try:
            actions.register_issuer(
                organisation=acting.organisation,
                name=typed["title_name"],
                tax_number=typed["tax_number"],
                tax_rate=typed["tax_rate"],
                clerk=typed["clerk"],
                is_automatic=bool(typed["is_automatic"]),
                by=acting.person,
                now=acting.now,
            )
        except Refusal as refusal:
            fault = refusal
        else:
            messages.success(request, _("Kept. Buyers can ask you for invoices."))
            return redirect("console:invoices", org=acting.organisation.key)
    context = {"typed": typed, "errors": {fault.field: fault} if fault else {}, "rates": _rates(), "known": known}
    return page(request, acting, "issuer.html", context, status=422 if fault else 200)


def _rates() -> list[tuple[str, str]]:
    return [
        ("exempt", _("Exempt: farm goods of our own growing")),
        *((rate, f"{rate} %") for rate in ("1", "3", "6", "9", "13")),
    ]
