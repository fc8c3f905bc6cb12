"""
What is paid when it is handed over: agreed as it is placed, sent unpaid, paid at the counter or ahead, or brought back.

``agreed -> preparing`` while ``paid_at`` is empty; what is owed is a balance of the whole total. Locks are taken as everywhere: orders,
their balances, payments, and parcels last.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.db.models import Sum
from django.utils.translation import gettext_lazy as _

from teahorse.common.events import announce
from teahorse.common.push import tell
from teahorse.common.refusals import Refusal
from teahorse.logistics import actions as logistics
from teahorse.logistics.models import Parcel, Scan
from teahorse.orders.actions.owing import BATCH, ask_balance, end_unpaid, in_buyers_words, release_promotions
from teahorse.orders.events import GoodsCameBack, OrdersAgreed, OrdersCancelled
from teahorse.orders.models import BalanceDue, OrderLine, SellerOrder
from teahorse.orders.on_delivery import KEPT_AT_POINT, LEFT, NOT_FOUND, NOT_SENT, REFUSED, due_at
from teahorse.payments.models import Payment
from teahorse.promotions import actions as promotions
from teahorse.stock import actions as stock

State = SellerOrder.State
Stage = Parcel.Stage
ON_DELIVERY = BalanceDue.Kind.ON_DELIVERY
GOES_BACK = _("it was not paid for and goes back to its seller.")
CALLED_OFF = _("Cancelled before it was sent")


class SentUnpaid(Refusal):
    """It is packed unpaid, and its parcel is not with its seller any more."""

    code = "sent_unpaid"
    sentence = _("The parcel is on its way. It can be refused where it is to be fetched: nothing is paid, and it goes back.")


@transaction.atomic
def agree(*, group_id: UUID, now: datetime) -> None:
    """
    Let a group that was placed in this very transaction be paid on delivery: its units and promotions are kept without an end, each
    of its orders owes its whole total, and its sellers may pack.
    """
    orders = list(SellerOrder.objects.select_for_update().filter(group_id=group_id, state=State.PENDING_PAYMENT).order_by("pk"))
    stock.commit(references=[order.pk for order in orders])
    if any(order.discount_fen for order in orders):
        promotions.keep_uses(references=[group_id], now=now)
    for order in orders:
        order.state = State.AGREED
    SellerOrder.objects.bulk_update(orders, ["state"])
    until = due_at(orders)
    for order in orders:
        ask_balance(order=order, kind=ON_DELIVERY, amount_fen=order.total_fen, now=now, due_at=until)
    announce(OrdersAgreed(order_ids=tuple(order.pk for order in orders)))


def unpack_unpaid(*, order: SellerOrder, now: datetime) -> None:
    """
    Have the parcel of a locked order that is cancelled unpaid end with its seller: its label is void, its units are on the shelf.

    :raises SentUnpaid: if it was handed in, or ended otherwise.
    """
    for parcel in Parcel.objects.filter(reference=order.pk).order_by("pk"):
        try:
            ended = logistics.call_off(parcel=parcel, note=in_buyers_words(order, CALLED_OFF), now=now)
        except logistics.HasLeft as left:
            raise SentUnpaid from left
        _put_back(order, ended, now)


def mark_paid_on_delivery(*, order: SellerOrder, payment: Payment, now: datetime) -> None:
    """Write down that a locked order is paid by this; its parcel, if it is on its way, may be handed over from now on."""
    order.paid_at, order.paid_by_id = now, payment.pk
    if order.state == State.AGREED:
        order.state = State.PAID
    order.save(update_fields=["state", "paid_at", "paid_by_id"])
    logistics.note_paid(reference=order.pk, now=now)


@transaction.atomic
def follow_unpaid_parcels(*, order_ids: Iterable[UUID], now: datetime) -> None:
    """
    Have what some orders owe on delivery follow their parcels; what is paid, or never was to be paid so, is left alone. Harmless twice.

    At its point it may be paid as long as it waits there. Refused, nothing is asked any more; back with its seller, the order is
    cancelled, its units lie on the shelf again and its coupon is given back. On its way back it is handed to nobody.
    """
    sent = SellerOrder.objects.filter(pk__in=list(order_ids), paid_at=None, packed_at__isnull=False)
    groups = set(sent.filter(state__in=(State.PREPARING, State.CANCELLED)).values_list("group_id", flat=True))
    if groups:
        _follow(_locked(groups), now)


@transaction.atomic
def end_unfetched(*, now: datetime) -> int:
    """
    End what was to be paid on delivery by now and was not, and what came back and nobody heard of; return how many orders were
    looked at.

    Never packed: the order is cancelled. Left at its point: it goes back from there. On its way it is asked for longer, for that is
    not its buyer's doing. One for which money is here is left to :func:`.paying.take_payments`. Harmless twice.
    """
    asked = BalanceDue.objects.filter(kind=ON_DELIVERY, state=BalanceDue.State.ASKED, due_at__lte=now)
    came_back = BalanceDue.objects.filter(
        kind=ON_DELIVERY,
        state=BalanceDue.State.LAPSED,
        order__state=State.PREPARING,
        order__in=Parcel.objects.filter(stage=Stage.RETURNED, cod_taken_at=None, cod_fen__gt=0).values("reference"),
    )
    late = list(asked.order_by("due_at").values_list("order__group_id", flat=True)[:BATCH])
    groups = {*late, *came_back.values_list("order__group_id", flat=True)[:BATCH]}
    if not groups:
        return 0
    return _follow(_locked(groups), now, is_by_time=True)


def _locked(group_ids: Iterable[UUID]) -> list[SellerOrder]:
    """Lock whole groups, whose coupon goes back with the last of their orders; return those that were agreed and never paid."""
    wanted = list(group_ids)
    orders = SellerOrder.objects.select_for_update(of=("self",)).filter(group_id__in=wanted).select_related("group").order_by("pk")
    return [order for order in orders if order.paid_at is None and order.group.is_paid_on_delivery]


def _follow(orders: Sequence[SellerOrder], now: datetime, *, is_by_time: bool = False) -> int:
    """Let locked orders end, wait longer or go back, each as its parcel says; return for how many there was something to do."""
    parcels = {parcel.reference: parcel for parcel in Parcel.objects.filter(reference__in=[order.pk for order in orders]).order_by("pk")}
    balances = {one.order_id: one for one in BalanceDue.objects.filter(order__in=orders, kind=ON_DELIVERY)}
    by_key = {order.pk: order for order in orders if order.is_to_pay_on_delivery}
    done = _wait_longer(by_key, parcels, balances, now)
    over = {key: order for key, order in by_key.items() if _is_over(parcels.get(key), balances[key], now)}
    ended = end_unpaid(over, kind=ON_DELIVERY, state=BalanceDue.State.LAPSED, now=now)
    balances |= {one.order_id: one for one in ended}
    for key in [key for key in by_key if balances[key].state == BalanceDue.State.LAPSED]:
        parcel = parcels.get(key)
        if parcel is None or parcel.stage in {Stage.RETURNED, Stage.LOST}:
            _cancel(by_key[key], balances[key], parcel, now)
            done += 1
        else:
            done += _send_back(by_key[key], parcel, now)
    for order in orders:  # one that was missed, given up, and is found again
        if order.pk not in by_key and order.pk in parcels:
            _send_back(order, parcels[order.pk], now)
    return done if is_by_time else len(by_key)


def _wait_longer(
    orders: Mapping[UUID, SellerOrder], parcels: Mapping[UUID, Parcel], balances: Mapping[UUID, BalanceDue], now: datetime
) -> int:
    """Move deadlines on: as long as a parcel waits at its point; and while it is under way, from now. Return how many."""
    later = []
    for key in orders:
        parcel, balance = parcels.get(key), balances[key]
        if parcel is None or balance.state != BalanceDue.State.ASKED:
            continue
        is_under_way = parcel.stage in {Stage.PACKED, Stage.IN_TRANSIT, Stage.HANDED_OVER}
        until = parcel.stage_at + KEPT_AT_POINT if not is_under_way else now + KEPT_AT_POINT if balance.due_at <= now else balance.due_at
        if parcel.stage not in {Stage.REFUSED, Stage.RETURNED} and until > balance.due_at:
            balance.due_at = until
            later.append(balance)
    BalanceDue.objects.bulk_update(later, ["due_at"])
    tell(f"group:{orders[balance.order_id].group_id}" for balance in later)
    return len(later)


def _is_over(parcel: Parcel | None, balance: BalanceDue, now: datetime) -> bool:
    """Return whether nothing is to be asked for it any more: it was refused, came back, or its time is over."""
    if balance.state != BalanceDue.State.ASKED:
        return False
    return balance.due_at <= now or (parcel is not None and parcel.stage in {Stage.REFUSED, Stage.RETURNED})


def _send_back(order: SellerOrder, parcel: Parcel, now: datetime) -> int:
    """Have a parcel that nobody pays for go back: from its point as one that was not taken; elsewhere it is handed to nobody."""
    if parcel.stage == Stage.AT_POINT and parcel.held_by_id == parcel.pickup_point_id:
        told = logistics.ScanDraft(
            parcel_number=parcel.number,
            act=Scan.Act.REFUSED,
            happened_at=now,
            place=parcel.pickup_point,
            by=None,
            note=in_buyers_words(order, _("Not fetched in time")),
        )
        logistics.record_scans(scans=[told], now=now)
        return 1
    if parcel.stage == Stage.RETURNED:
        _put_back(order, parcel, now)
    if parcel.stage == Stage.IN_TRANSIT and not parcel.stopped_why:
        logistics.stop_parcels(parcel_ids=[parcel.pk], why=str(GOES_BACK))
        return 1
    return 0


def _cancel(order: SellerOrder, balance: BalanceDue, parcel: Parcel | None, now: datetime) -> None:
    """Cancel a locked order that was never paid: its units go back, and with the last order of its group the coupon."""
    order.state, order.ended_at, order.end_reason = State.CANCELLED, now, _why(balance, parcel)
    order.save(update_fields=["state", "ended_at", "end_reason"])
    stock.release(references=[order.pk])
    if parcel is not None and parcel.stage == Stage.RETURNED:
        _put_back(order, parcel, now)
    if not SellerOrder.objects.filter(group=order.group_id).exclude(state=State.CANCELLED).exists():
        release_promotions([order], now)
    announce(OrdersCancelled(order_ids=(order.pk,)))
    tell([f"group:{order.group_id}"])


def _why(balance: BalanceDue, parcel: Parcel | None) -> str:
    """Return why an order ends: left or refused at its point, which is its buyer's doing, or neither."""
    if parcel is not None and parcel.stage == Stage.LOST:
        return NOT_FOUND
    was_there = parcel is not None and Scan.objects.filter(thing_id=parcel.pk, act=Scan.Act.REFUSED).exists()
    if not was_there:
        return NOT_SENT
    return LEFT if balance.settled_at is not None and balance.settled_at >= balance.due_at else REFUSED


def _put_back(order: SellerOrder, parcel: Parcel, now: datetime) -> None:
    """Put what came back to its seller on the shelf again, and tell of it; what is damaged is written off. Harmless twice."""
    units = OrderLine.objects.filter(order=order).values_list("offer_id").annotate(units=Sum("quantity")).order_by()
    stock.take_back(units=dict(units), reference=order.pk, is_sellable=not parcel.is_damaged, by_id=None, now=now)
    if not parcel.is_damaged:
        announce(GoodsCameBack(order_ids=(order.pk,)))
