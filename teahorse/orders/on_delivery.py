"""
Paying when it is handed over: up to how much, for whom, for which goods, and why somebody may not.

The house sends goods for which it has no money yet, so each limit stands for what it can lose.
"""

from collections.abc import Iterable
from datetime import datetime, time, timedelta
from uuid import UUID

from django.db.models import Exists, Max, OuterRef, Q, QuerySet
from django.utils.translation import gettext_lazy as _

from teahorse.catalog.models import Offer
from teahorse.common.money import yuan
from teahorse.common.refusals import Refusal
from teahorse.common.times import HOME
from teahorse.logistics.exceptions import HOURS, Kind
from teahorse.orders.models import OrderGroup, SellerOrder
from teahorse.orders.rules import Quote
from teahorse.people.models import ServicePoint

State = SellerOrder.State

MOST_FEN = 100_000
"""Of a whole order: what a village point may have lying in its box, and what a driver may lose on one way back."""
MOST_OPEN = 2
"""Orders of a person that wait for their money: who has not fetched two has no reason to be sent a third."""
MOST_LEFT = 2
"""Orders that she may leave unfetched before she pays first: one may be an accident, and each costs the freight of two ways."""
REMEMBERED = timedelta(days=180)
"""For how long one that was left is held against her: about a season on the plateau."""
KEPT_AT_POINT = timedelta(hours=HOURS[Kind.UNFETCHED][0])
"""How long a parcel waits at its point before it is an exception; as long it may be paid there."""
LEFT, REFUSED, NOT_SENT, NOT_FOUND = "not_fetched", "not_taken", "not_sent", "lost_on_its_way"
"""Why an order ended that was to be paid on delivery, as ``end_reason`` says it."""


class NotPaidThere(Refusal):
    """It is brought to a door, or to a point without a cash box."""

    code = "not_paid_there"
    sentence = _("You can pay on delivery only where you fetch it and cash is taken. Choose such a pickup point, or pay now.")


class PhoneNotProved(Refusal):
    """Nobody knows who she is."""

    code = "phone_not_proved"
    sentence = _("Log in and prove your phone number to pay on delivery, or pay now.")


class TooMuchOnDelivery(Refusal):
    """More than one point should have in its box for one order."""

    code = "too_much_on_delivery"
    sentence = _("At most %(most)s yuan of an order can be paid on delivery. Order less at a time, or pay now.")


class TooManyOnDelivery(Refusal):
    """Others of hers wait."""

    code = "too_many_on_delivery"
    sentence = _("%(open)d of your orders wait to be paid on delivery. Fetch one of them first, or pay now.")


class LeftTooOften(Refusal):
    """She did not fetch earlier ones."""

    code = "left_too_often"
    sentence = _("%(left)d of your orders were not fetched and went back. Pay now; from %(day)s on you can pay on delivery again.")


class NotOnDelivery(Refusal):
    """What it costs, or when it comes, is not known yet."""

    code = "not_on_delivery"
    sentence = _("What is sold before its harvest, or weighed when it is packed, is not paid on delivery. Leave it out, or pay now.")


def why_not(*, quote: Quote, person_id: UUID | None, phone: str, now: datetime) -> Refusal | None:
    """
    Return why a quote is not to be paid on delivery by a person, or nothing where it may be.

    :param phone: her verified phone; empty: she has none.
    """
    return _why_not_so(quote) or _why_not_hers(person_id, phone, now=now)


def _why_not_so(quote: Quote) -> Refusal | None:
    """Return why what is ordered, or where it goes, does not allow it."""
    if not is_fetched_for_cash(quote.pickup_point_id):
        return NotPaidThere(field="pay")
    if quote.total_fen > MOST_FEN:
        return TooMuchOnDelivery(field="pay", most=yuan(MOST_FEN))
    return NotOnDelivery(field="pay") if _is_unsettled(quote) else None


def _why_not_hers(person_id: UUID | None, phone: str, *, now: datetime) -> Refusal | None:
    """Return why she may not, whatever she orders."""
    if person_id is None or not phone:
        return PhoneNotProved(field="pay")
    waiting = _groups_of(person_id, SellerOrder.objects.filter(state__in=(State.AGREED, State.PREPARING), paid_at=None)).count()
    if waiting >= MOST_OPEN:
        return TooManyOnDelivery(field="pay", open=waiting)
    left = _left_at(person_id, now=now)
    if len(left) >= MOST_LEFT:
        free_at = left[-MOST_LEFT] + REMEMBERED  # when so many of them are forgotten that she has one to lose again
        return LeftTooOften(field="pay", left=len(left), day=f"{free_at.astimezone(HOME) + timedelta(days=1):%F}")
    return None


def is_fetched_for_cash(point_id: UUID | None) -> bool:
    """Return whether it is fetched at a point that takes cash."""
    return point_id is not None and ServicePoint.objects.filter(pk=point_id, accepts_pickup=True, takes_cash=True).exists()


def due_at(orders: Iterable[SellerOrder]) -> datetime:
    """Return until when orders are to be paid that are agreed now: the last day promised, and as long as a parcel waits at its point."""
    last_day = max(order.promised_to_date for order in orders)
    return datetime.combine(last_day + timedelta(days=1), time(), tzinfo=HOME) + KEPT_AT_POINT


def _is_unsettled(quote: Quote) -> bool:
    """Return whether what it costs in the end is known only later."""
    if any(part.harvest_sale_id for part in quote.orders):
        return True
    offers = [line.offer_id for part in quote.orders for line in part.lines]
    return Offer.objects.filter(pk__in=offers, variant__nominal_grams__isnull=False).exists()


def _groups_of(person_id: UUID, orders: QuerySet[SellerOrder]) -> QuerySet[OrderGroup]:
    return OrderGroup.objects.filter(Exists(orders.filter(group=OuterRef("pk"))), person=person_id, is_paid_on_delivery=True)


def _left_at(person_id: UUID, *, now: datetime) -> list[datetime]:
    """Return when each of her orders went back that she left, and that is remembered; the oldest first."""
    left = SellerOrder.objects.filter(state=State.CANCELLED, end_reason__in=(LEFT, REFUSED), ended_at__gt=now - REMEMBERED)
    groups = _groups_of(person_id, left)
    return sorted(
        groups.annotate(left_at=Max("orders__ended_at", filter=Q(orders__end_reason__in=(LEFT, REFUSED)))).values_list("left_at", flat=True)
    )
