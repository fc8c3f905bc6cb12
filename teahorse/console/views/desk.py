"""The order desk of a centre: find any order of its counties, see where it stands, cancel it. What is hidden is shown for a reason only."""

from collections.abc import Iterator
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.db.models import prefetch_related_objects
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import formats, timezone
from django.utils.translation import gettext as _

from teahorse.common.refusals import Refusal
from teahorse.console import actions
from teahorse.console.access import Acting, acts
from teahorse.console.ended_words import reason_words
from teahorse.console.models import RevealLog
from teahorse.console.nav import page
from teahorse.console.waiting import sellers_of_centre
from teahorse.orders import actions as orders
from teahorse.orders import following, queries
from teahorse.orders.following import Tracked
from teahorse.orders.models import SellerOrder
from teahorse.people.models import Organisation, Right

CENTRES = Organisation.CENTRES
MOST_FOUND = 50
State = SellerOrder.State
CAN_CANCEL = {State.PENDING_PAYMENT, State.PAID}


@acts(Right.DESK_ORDERS, kinds=CENTRES)
def search(request: HttpRequest, acting: Acting) -> HttpResponse:
    """Find orders by phone tail, order number, pickup code or parcel number; without a word, the newest."""
    text = request.GET.get("q", "").strip()[:40]
    found = queries.find_at_desk(person=acting.person, text=text, now=acting.now, limit=MOST_FOUND)
    return page(request, acting, "desk.html", {"q": text, "found": found, "is_cut": len(found) == MOST_FOUND})


@acts(Right.DESK_ORDERS, "GET", "POST", kinds=CENTRES)
def order(request: HttpRequest, acting: Acting, order_id: UUID) -> HttpResponse:
    """Show an order with hidden data; a reason shows them for ten minutes, a reason cancels it."""
    found = queries.orders_visible_to(acting.person, right=Right.DESK_ORDERS, now=acting.now).filter(pk=order_id).first()
    if found is None:
        raise Http404
    act, reason, fault = request.POST.get("act", ""), request.POST.get("reason", "").strip(), ""
    if request.method == "POST":
        try:
            if act == "cancel":
                _cancel(request, acting, found, reason)
            else:
                actions.reveal(subject_id=found.pk, organisation=acting.organisation, reason=reason, by=acting.person, now=acting.now)
        except Refusal as refusal:
            fault = str(refusal)
        else:
            return redirect("console:desk_order", org=acting.organisation.key, order_id=found.pk)
    context = {"act": act, "reason": reason, "fault": fault, **_shown(acting, found)}
    return page(request, acting, "desk_order.html", context, status=422 if fault else 200)


def _cancel(request: HttpRequest, acting: Acting, found: SellerOrder, reason: str) -> None:
    if len(reason) < actions.SHORTEST_REASON:
        raise orders.TooLateToCancel if found.state not in CAN_CANCEL and not found.is_to_pay_on_delivery else _ReasonMissing
    orders.cancel_order(order=found, reason=reason, now=acting.now)
    messages.success(request, _("Cancelled. What was paid goes back."))


class _ReasonMissing(Refusal):
    """Whoever cancels says why."""

    code = "reason_missing"
    status = 422

    def __str__(self) -> str:
        return _("Write why, in 4 characters or more.")


def _shown(acting: Acting, found: SellerOrder) -> dict[str, Any]:
    tracking = following.tracking(found.group)
    tracked = next(one for one in tracking.orders if one.order.pk == found.pk)
    prefetch_related_objects(tracked.lines, "weighing")
    reveals = RevealLog.objects.filter(subject_id=found.pk).select_related("person", "organisation").order_by("-at", "-pk")
    return {
        "order": found,
        "group": found.group,
        "tracked": tracked,
        "price_lines": tracked.explained.lines,
        "payments": tracking.payments,
        "others": [one for one in tracking.orders if one.order.pk != found.pk],
        "timeline": sorted(_entries(tracked, tracking.places), key=lambda entry: entry["moment"], reverse=True),
        "can_cancel": found.state in CAN_CANCEL or tracked.is_unpaid_with_its_seller,
        "can_follow": found.paid_at is not None and sellers_of_centre(acting, Right.SETTLE).filter(pk=found.seller_id).exists(),
        "is_revealed": any(one.person_id == acting.person.pk and one.at > acting.now - actions.SHOWN_FOR for one in reveals),
        "reveals": list(reveals[:20]),
    }


def _entries(tracked: Tracked, places: dict[UUID, Any]) -> Iterator[dict[str, Any]]:
    order = tracked.order
    ended = {"closed": _("Closed"), "expired": _("Not paid in time"), "cancelled": _("Cancelled")}.get(order.state, "")
    for what, moment, note in (
        (_("Placed"), order.placed_at, ""),
        (_("Paid"), order.paid_at, ""),
        (_("Packed"), order.packed_at, ""),
        (ended, order.ended_at, reason_words(order.end_reason)),
    ):
        if what and moment:
            yield _entry(what, moment, note)
    acts_said = {
        "received": _("Taken in"),
        "departed": _("Sent on"),
        "arrived": _("Arrived"),
        "handed_over": _("Handed over"),
        "refused": _("Refused"),
        "returned": _("Given back to the seller"),
        "lost": _("Lost"),
        "found": _("Found again"),
    }
    for scan in tracked.scans:
        place = places.get(scan.place_id) if scan.place_id else None
        note = " · ".join(part for part in (str(getattr(place, "name_i18n", "") or ""), scan.note) if part)
        yield _entry(acts_said.get(scan.act, scan.act), scan.happened_at, note)
    for refund in tracked.refunds:
        yield _entry(_("Money goes back"), refund.requested_at, refund.reason)
        if refund.settled_at:
            yield _entry(_("Money is back") if refund.state == "succeeded" else _("Refund failed"), refund.settled_at, "")


def _entry(what: str, moment: Any, note: str) -> dict[str, Any]:
    at = formats.date_format(timezone.localtime(moment), "SHORT_DATETIME_FORMAT")
    return {"what": what, "moment": moment, "at": at, "note": note, "state": ""}
