"""Cash shifts of a house: open with what was counted, close by counting blindly, check somebody else's."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.db.models import Q
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _

from teahorse.common.refusals import Malformed, Refusal
from teahorse.common.typed import fen_at
from teahorse.console.access import Acting, Context, acts
from teahorse.console.nav import page
from teahorse.ledger.models import JournalEntry
from teahorse.payments import actions
from teahorse.payments.models import CashShift, Payment, Refund
from teahorse.people.models import Person, Right
from teahorse.people.rules import MANAGE_MEMBERS
from teahorse.settlement.models import Payout, PayoutEvent, Transfer

MOST_SHOWN = 30


@acts(Right.TAKE_CASH, "GET", "POST")
def shifts(request: HttpRequest, acting: Acting) -> HttpResponse:
    """Show the shifts of this house, one's own open one first; open one."""
    if request.method == "GET":
        return page(request, acting, "shifts.html", _shifts(acting, {"counter": "1"}))
    typed = {name: request.POST.get(name, "").strip() for name in ("float", "counter")}
    try:
        shift = actions.open_shift(
            organisation=acting.organisation,
            person_id=acting.person.pk,
            float_fen=fen_at(typed["float"], field="float"),
            counter=typed["counter"] or "1",
            now=acting.now,
        )
    except Refusal as refusal:
        return page(request, acting, "shifts.html", {**_shifts(acting, typed), "refusal": refusal}, status=refusal.status)
    messages.success(request, _("Shift %(number)s is open.") % {"number": shift.number})
    return redirect("console:cash", org=acting.organisation.key)


@acts(Right.TAKE_CASH, "GET", "POST")
def shift(request: HttpRequest, acting: Acting, shift_id: UUID) -> HttpResponse:
    """Show a shift with what moved in it; close it, or check one that a colleague closed."""
    found = CashShift.objects.filter(pk=shift_id, organisation=acting.organisation).select_related("organisation").first()
    if found is None:
        raise Http404
    typed, refusal = {}, None
    if request.method == "POST":
        typed = {name: request.POST.get(name, "").strip() for name in ("counted", "reason")}
        try:
            _change(request, acting, found, typed)
        except Refusal as error:
            refusal = error
            found.refresh_from_db()
        else:
            return redirect("console:shift", org=acting.organisation.key, shift_id=found.pk)
    context = {**_shift(acting, found), "typed": typed, "refusal": refusal}
    return page(request, acting, "shift.html", context, status=refusal.status if refusal else 200)


def _change(request: HttpRequest, acting: Acting, found: CashShift, typed: dict[str, str]) -> None:
    act = request.POST.get("act", "")
    if act == "check":
        actions.check_shift(shift_id=found.pk, by_id=acting.person.pk, now=acting.now)
        messages.success(request, _("Checked. Thank you."))
    elif act == "close" and _may_close(acting, found):
        counted_fen = fen_at(typed["counted"], field="counted")
        actions.close_shift(shift_id=found.pk, counted_fen=counted_fen, reason=typed["reason"], by_id=acting.person.pk, now=acting.now)
        messages.success(request, _("The shift is closed."))
    else:
        raise Malformed(field="act", reason=_("Choose one of the list."))


def _may_close(acting: Acting, found: CashShift) -> bool:
    """Whoever has the box closes it; a manager may for somebody who left without."""
    return found.person_id == acting.person.pk or MANAGE_MEMBERS in acting.rights


def _shifts(acting: Acting, typed: dict[str, str]) -> Context:
    found = list(
        CashShift.objects.filter(organisation=acting.organisation).select_related("difference").order_by("-opened_at", "-pk")[:MOST_SHOWN]
    )
    mine = CashShift.objects.filter(organisation=acting.organisation, person_id=acting.person.pk, closed_at=None).first()
    who = Person.objects.in_bulk({one.person_id for one in found})
    return {"mine": mine, "shifts": [{"shift": one, "who": who.get(one.person_id)} for one in found], "typed": typed}


def _shift(acting: Acting, found: CashShift) -> dict[str, Any]:
    people = Person.objects.in_bulk({key for key in (found.person_id, found.checked_by_id, found.closed_by_id) if key})
    is_open, is_hers = found.closed_at is None, found.person_id == acting.person.pk
    return {
        "shift": found,
        "difference": getattr(found, "difference", None),
        "who": people.get(found.person_id),
        "closed_by": people.get(found.closed_by_id) if found.closed_by_id else None,
        "checked_by": people.get(found.checked_by_id) if found.checked_by_id else None,
        "may_close": is_open and _may_close(acting, found),
        "may_check": not is_open and found.checked_at is None and not is_hers,
        "rows": [] if is_open else _rows(found),  # who counts is not told first what should be there
        "number_of_rows": found.movements.count(),
    }


def _rows(found: CashShift) -> list[dict[str, Any]]:
    moved = list(found.movements.order_by("at", "pk"))
    keys = [one.subject_id for one in moved]
    papers: dict[UUID, UUID] = {}
    numbers = dict(Payment.objects.filter(pk__in=keys).values_list("pk", "provider_number"))
    numbers |= dict(Refund.objects.filter(pk__in=keys).values_list("pk", "provider_number"))
    for event in PayoutEvent.objects.filter(Q(payout__in=keys) | Q(pk__in=keys), kind=Payout.State.PAID).select_related("payout"):
        numbers[event.payout_id], numbers[event.pk] = event.reference, event.payout.number
        papers[event.pk] = event.payout_id
    # what was brought to the bank, and what came back because that was undone, by the bank's number; the bank has the paper
    banked = dict(Transfer.objects.filter(pk__in=keys).values_list("pk", "reference"))
    banked |= dict(JournalEntry.objects.filter(pk__in=keys).values_list("pk", "memo"))
    return [
        {
            "moved": one,
            "number": banked.get(one.subject_id) or numbers.get(one.subject_id, ""),
            "paper_id": None if one.subject_id in banked else papers.get(one.subject_id, one.subject_id),
        }
        for one in moved
    ]
