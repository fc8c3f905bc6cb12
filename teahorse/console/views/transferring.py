"""The house's money on its way to the bank: what providers paid out, at the region's centre; what cash was brought, at each house."""

from datetime import date
from uuid import UUID

from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import Q, QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _

from teahorse.common.refusals import Malformed, Refusal
from teahorse.common.typed import fen_at
from teahorse.console.access import Acting, Context, acts
from teahorse.console.nav import page
from teahorse.payments.models import CashShift
from teahorse.payments.words import provider_name, provider_names
from teahorse.people.models import Organisation, Right
from teahorse.people.rules import AREA_OF_CENTRE
from teahorse.places.queries import within
from teahorse.settlement import actions, queries
from teahorse.settlement.models import Transfer

ON_A_PAGE = 30
FIELDS = ("provider", "amount", "fee", "reference", "day")


@acts(Right.SETTLE, "GET", "POST", kinds=(Organisation.Kind.REGION_CENTRE,))
def transfers(request: HttpRequest, acting: Acting) -> HttpResponse:
    """Show what reached the bank and what stands where; write down what a provider paid."""
    if request.method == "GET":
        return _shown(request, acting)
    typed = _typed(request)
    try:
        made = actions.transfer_to_bank(
            provider=typed["provider"],
            amount_fen=fen_at(typed["amount"], field="amount"),
            fee_fen=fen_at(typed["fee"] or "0", field="fee"),
            reference=typed["reference"],
            day=_day(typed["day"]),
            by=acting.person,
            now=acting.now,
        )
    except Refusal as refusal:
        return _shown(request, acting, {"typed": typed, "refusal": refusal}, status=refusal.status)
    return _done(request, acting, made, "console:transfers")


@acts(Right.TAKE_CASH, "GET", "POST")
def cash(request: HttpRequest, acting: Acting) -> HttpResponse:
    """Show what this house has brought to the bank; write down what somebody brings there out of her box."""
    if request.method == "GET":
        return _shown_cash(request, acting)
    typed = _typed(request)
    try:
        made = actions.bring_cash_to_bank(
            house=acting.organisation,
            amount_fen=fen_at(typed["amount"], field="amount"),
            reference=typed["reference"],
            day=_day(typed["day"]),
            by=acting.person,
            now=acting.now,
        )
    except Refusal as refusal:
        return _shown_cash(request, acting, {"typed": typed, "refusal": refusal}, status=refusal.status)
    return _done(request, acting, made, "console:cash_to_bank")


@acts(Right.SETTLE, "POST", kinds=(Organisation.Kind.REGION_CENTRE,))
def undo(request: HttpRequest, acting: Acting, transfer_id: UUID) -> HttpResponse:
    """Take back what was written down wrongly of a provider; cash is taken back where it was brought from."""
    found = queries.transfers().filter(pk=transfer_id, organisation=None).first()
    if found is None:
        raise Http404
    try:
        _undo(request, acting, found)
    except Refusal as refusal:
        return _shown(request, acting, _kept(request, found, refusal), status=refusal.status)
    return redirect("console:transfers", org=acting.organisation.key)


@acts(Right.TAKE_CASH, "POST")
def undo_cash(request: HttpRequest, acting: Acting, transfer_id: UUID) -> HttpResponse:
    """Take back what was written down wrongly of cash that this house brought; it lies in her box again."""
    found = queries.transfers(organisation=acting.organisation).filter(pk=transfer_id).first()
    if found is None:
        raise Http404
    try:
        _undo(request, acting, found)
    except Refusal as refusal:
        return _shown_cash(request, acting, _kept(request, found, refusal), status=refusal.status)
    return redirect("console:cash_to_bank", org=acting.organisation.key)


def _undo(request: HttpRequest, acting: Acting, found: Transfer) -> None:
    actions.undo_transfer(transfer_id=found.pk, reason=request.POST.get("reason", ""), by=acting.person, now=acting.now)
    messages.success(request, _("Undone. The books have it back where it was."))


def _kept(request: HttpRequest, found: Transfer, refusal: Refusal) -> Context:
    return {"undone_id": found.pk, "undo_fault": str(refusal), "undo_reason": request.POST.get("reason", "")[:200]}


def _typed(request: HttpRequest) -> dict[str, str]:
    return {name: request.POST.get(name, "").strip()[:80] for name in FIELDS}


def _day(text: str) -> date:
    """Return a day as a form sends it. :raises Malformed: at its field, if it is none."""
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise Malformed(field="day", reason=_("Write the day of the bank: today, or within the last year.")) from None


def _done(request: HttpRequest, acting: Acting, made: Transfer, back: str) -> HttpResponse:
    messages.success(request, _("Written down: number %(number)s of the bank.") % {"number": made.reference})
    return redirect(back, org=acting.organisation.key)


def _shown(request: HttpRequest, acting: Acting, more: Context | None = None, *, status: int = 200) -> HttpResponse:
    region = acting.organisation.area.code[: AREA_OF_CENTRE[acting.organisation.kind]]
    names = {"bank": _("The house's bank account"), "cash": _("In the counters' boxes")}
    context = {
        "providers": list(provider_names().items()),
        "stands": [(names.get(code) or provider_name(code), fen) for code, fen in queries.house_at_providers().items()],
        **_list(request, acting, queries.transfers().filter(Q(organisation=None) | within(region, path="organisation__area__code"))),
        **(more or {}),
    }
    return page(request, acting, "transfers.html", context, status=status)


def _shown_cash(request: HttpRequest, acting: Acting, more: Context | None = None, *, status: int = 200) -> HttpResponse:
    shift = CashShift.objects.filter(organisation=acting.organisation, person_id=acting.person.pk, closed_at=None).first()
    context = {
        "is_cash": True,
        "shift": shift,
        **_list(request, acting, queries.transfers(organisation=acting.organisation)),
        **(more or {}),
    }
    return page(request, acting, "transfers.html", context, status=status)


def _list(request: HttpRequest, acting: Acting, found: QuerySet[Transfer]) -> Context:
    shown = Paginator(found, ON_A_PAGE).get_page(request.GET.get("page"))
    today = acting.now.date().isoformat()
    return {
        "shown": shown,
        "rows": [(_("Subsidies") if one.claim_id else provider_name(one.provider), one) for one in shown],
        "today": today,
        "typed": {"day": today},
    }
