"""Subsidies: the region's centre claims what budgets owe and writes down what comes; a budget's centre reads what is claimed of it."""

from datetime import date, timedelta
from uuid import UUID

from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _

from teahorse.common.refusals import Malformed, Refusal
from teahorse.common.typed import fen_at
from teahorse.console.access import Acting, Context, acts
from teahorse.console.nav import page
from teahorse.console.views.money import as_file, subsidy_name
from teahorse.console.waiting import payers_of_centre
from teahorse.people.models import Organisation, Right
from teahorse.settlement import actions, claims
from teahorse.settlement.claim_paper import claim_pdf, claim_xlsx
from teahorse.settlement.models import SubsidyClaim, Transfer
from teahorse.settlement.papers import XLSX

ON_A_PAGE = 50
REGION = (Organisation.Kind.REGION_CENTRE,)
FIELDS = ("amount", "reference", "day")


@acts(Right.SETTLE, kinds=Organisation.CENTRES)
def owed(request: HttpRequest, acting: Acting) -> HttpResponse:
    """Show who owes how much, what of it can be claimed up to a day, and what was claimed."""
    return _shown(request, acting)


@acts(Right.SETTLE, "POST", kinds=REGION)
def make(request: HttpRequest, acting: Acting) -> HttpResponse:
    """Claim what a budget owes up to a day."""
    payer = payers_of_centre(acting).filter(key=request.POST.get("payer", "")).first()
    if payer is None:
        raise Http404
    try:
        until = _day(request.POST.get("until", ""), field="until")
        made = actions.claim_subsidies(payer=payer, house=acting.organisation, until_date=until, by=acting.person, now=acting.now)
    except Refusal as refusal:
        return _shown(request, acting, {"fault": str(refusal)}, status=refusal.status)
    messages.success(request, _("Claimed: %(number)s. Print it and send it to who pays.") % {"number": made.number})
    return redirect("console:claim", org=acting.organisation.key, claim_id=made.pk)


@acts(Right.SETTLE, kinds=Organisation.CENTRES)
def claim(request: HttpRequest, acting: Acting, claim_id: UUID) -> HttpResponse:
    """Show one claim: of which orders it is, and what came of it."""
    return _shown_one(request, acting, _found(acting, claim_id))


@acts(Right.SETTLE, kinds=Organisation.CENTRES)
def paper(request: HttpRequest, acting: Acting, claim_id: UUID) -> HttpResponse:  # noqa: ARG001 - nothing is read from it
    """Answer a claim as a PDF."""
    found = _found(acting, claim_id)
    return as_file(claim_pdf(found), "application/pdf", f"{found.number}.pdf")


@acts(Right.SETTLE, kinds=Organisation.CENTRES)
def table(request: HttpRequest, acting: Acting, claim_id: UUID) -> HttpResponse:  # noqa: ARG001 - nothing is read from it
    """Answer a claim as a workbook."""
    found = _found(acting, claim_id)
    return as_file(claim_xlsx(found), XLSX, f"{found.number}.xlsx")


@acts(Right.SETTLE, "POST", kinds=REGION)
def receive(request: HttpRequest, acting: Acting, claim_id: UUID) -> HttpResponse:
    """Write down what came of a claim; what was typed is kept where the house refuses."""
    found = _found(acting, claim_id)
    typed = {name: request.POST.get(name, "").strip()[:80] for name in FIELDS}
    try:
        made = actions.receive_claim(
            claim_id=found.pk,
            amount_fen=fen_at(typed["amount"], field="amount"),
            reference=typed["reference"],
            day=_day(typed["day"], field="day"),
            by=acting.person,
            now=acting.now,
        )
    except Refusal as refusal:
        return _shown_one(request, acting, found, {"typed": typed, "refusal": refusal}, status=refusal.status)
    messages.success(request, _("Written down: number %(number)s of the bank.") % {"number": made.reference})
    return redirect("console:claim", org=acting.organisation.key, claim_id=found.pk)


@acts(Right.SETTLE, "POST", kinds=REGION)
def undo(request: HttpRequest, acting: Acting, claim_id: UUID, transfer_id: UUID) -> HttpResponse:
    """Take back what was written down wrongly of a claim."""
    found = _found(acting, claim_id)
    if not Transfer.objects.filter(pk=transfer_id, claim=found).exists():
        raise Http404
    reason = request.POST.get("reason", "")
    try:
        actions.undo_transfer(transfer_id=transfer_id, reason=reason, by=acting.person, now=acting.now)
    except Refusal as refusal:
        more = {"undone_id": transfer_id, "undo_fault": str(refusal), "undo_reason": reason[:200]}
        return _shown_one(request, acting, found, more, status=refusal.status)
    messages.success(request, _("Undone. So much more of the claim is open."))
    return redirect("console:claim", org=acting.organisation.key, claim_id=found.pk)


@acts(Right.SETTLE, "POST", kinds=REGION)
def withdraw(request: HttpRequest, acting: Acting, claim_id: UUID) -> HttpResponse:
    """Take a claim back that was wrong."""
    found = _found(acting, claim_id)
    reason = request.POST.get("reason", "")
    try:
        actions.withdraw_claim(claim_id=found.pk, reason=reason, by=acting.person, now=acting.now)
    except Refusal as refusal:
        more = {"withdraw_fault": str(refusal), "withdraw_reason": reason[:200]}
        return _shown_one(request, acting, found, more, status=refusal.status)
    messages.success(request, _("Withdrawn. What it asked for can be claimed anew."))
    return redirect("console:claims", org=acting.organisation.key)


def _found(acting: Acting, claim_id: UUID) -> SubsidyClaim:
    found = claims.claims_of(payers_of_centre(acting)).filter(pk=claim_id).first()
    if found is None:
        raise Http404
    return found


def _day(text: str, *, field: str) -> date:
    """Return a day as a form sends it. :raises Malformed: at its field, if it is none."""
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise Malformed(field=field, reason=_("Choose a day.")) from None


def _shown(request: HttpRequest, acting: Acting, more: Context | None = None, *, status: int = 200) -> HttpResponse:
    payers: QuerySet[Organisation] = payers_of_centre(acting)
    yesterday = acting.now.date() - timedelta(days=1)
    try:
        until = min(_day(request.GET.get("until") or request.POST.get("until", ""), field="until"), yesterday)
    except Malformed:
        until = yesterday
    shown = Paginator(claims.claims_of(payers), ON_A_PAGE).get_page(request.GET.get("page"))
    context = {
        "is_region": acting.organisation.kind in REGION,
        "until": until.isoformat(),
        "yesterday": yesterday.isoformat(),
        "owing": claims.owing(payers, until_date=until),
        "shown": shown,
        **(more or {}),
    }
    return page(request, acting, "claims.html", context, status=status)


def _shown_one(
    request: HttpRequest, acting: Acting, found: SubsidyClaim, more: Context | None = None, *, status: int = 200
) -> HttpResponse:
    sums = claims.sums_of_claim(found)
    is_region = acting.organisation.kind in REGION
    context = {
        "is_region": is_region,
        "claim": found,
        "kinds": [(subsidy_name(kind), fen) for kind, fen in sums.kinds.items()],
        "taken_off_fen": sums.taken_off_fen,
        "rows": Paginator(claims.lines_of_claim(found), ON_A_PAGE).get_page(request.GET.get("page")),
        "transfers": list(found.transfers.order_by("day", "pk")),
        "may_withdraw": is_region and found.state == SubsidyClaim.State.CLAIMED,
        "today": acting.now.date().isoformat(),
        "typed": {"day": acting.now.date().isoformat()},
        **(more or {}),
    }
    context["rows"].object_list = [(subsidy_name(line.subsidy.kind), line) for line in context["rows"]]
    return page(request, acting, "claim.html", context, status=status)
