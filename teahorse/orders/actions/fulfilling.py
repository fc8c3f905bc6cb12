"""From paid to received: packing, and closing when the buyer has her goods."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from teahorse.common.events import announce
from teahorse.common.push import tell
from teahorse.common.refusals import Refusal
from teahorse.logistics import actions as logistics
from teahorse.logistics.carriers import NETWORK
from teahorse.logistics.models import Parcel
from teahorse.logistics.rules import Marks
from teahorse.orders.actions.handing import follow_typed, hand_to_carrier
from teahorse.orders.actions.owing import waive
from teahorse.orders.actions.weighing import weigh
from teahorse.orders.events import OrdersClosed, OrdersPacked
from teahorse.orders.marking import bulk_of
from teahorse.orders.models import OrderGroup, SellerOrder
from teahorse.people.models import Person
from teahorse.stock import actions as stock

State = SellerOrder.State
AUTO_CLOSE = timedelta(days=7)


class NotToPack(Refusal):
    """It is not paid, packed already, or ended."""

    code = "not_to_pack"
    sentence = _("This order is not waiting to be packed.")


class UnitsGone(Refusal):
    """Nothing is kept for a paid order; a person has to look."""

    code = "units_gone"
    sentence = _("Nothing is kept on the shelf for this order. Ask the centre before you pack it.")


class PaidAtThePoint(Refusal):
    """Only our own network takes the money at the pickup point."""

    code = "paid_at_the_point"
    sentence = _("This order is paid in cash where it is fetched, and no express partner takes cash for us. Send it by our network.")


class StillToPay(Refusal):
    """It is paid when it is handed over, and its money is not here."""

    code = "still_to_pay"
    sentence = _("This order is not paid yet. Pay at the counter where you fetch it, or on the order's page.")


class NotReceived(Refusal):
    """Its parcels are not handed over."""

    code = "not_received"
    sentence = _("The goods have not been handed over yet.")


@transaction.atomic
def pack_order(
    *,
    order: SellerOrder,
    weight_grams: int,
    by: Person | None,
    now: datetime,
    carrier: str = NETWORK,
    carrier_number: str = "",
    weighed: Mapping[UUID, int] | None = None,
    asks_difference: bool = False,
    asks_carrier: bool = False,
    marks: Marks | None = None,
) -> Parcel:
    """
    Put an order that is paid, or paid on delivery, into its one parcel; its units leave the shelf. ``by`` is None where a seller's
    system does it. A parcel that is sent unpaid says so, and is handed over when its money is here.

    :param asks_carrier: whether the carrier is asked to take it on where its number is not known; see :func:`.handing.hand_to_carrier`.
    :param marks: how it is to be handled; as its goods say (:mod:`teahorse.orders.marking`) where nobody says it.
    :param weighed: what the units of each line weigh net that is sold by weight, by the line's key; see :func:`.weighing.weigh`.
    :param asks_difference: whether the buyer is asked for what they weigh more.
    :raises NotToPack: if it is not waiting for that; the second click finds it packed.
    :raises PaidAtThePoint: if it is paid on delivery and an express partner should take it;
    :raises UnitsGone: if no units are committed to it.
    :raises NotWeighed: :raises WeightOff: if a weight is missing, or too far from what was ordered;
    :raises teahorse.orders.actions.handing.NoContract: if its carrier cannot be asked. Nothing is changed in any of these.
    """
    order = SellerOrder.objects.select_for_update().get(pk=order.pk)
    if order.state not in SellerOrder.TO_PACK:
        raise NotToPack
    if order.is_to_pay_on_delivery and carrier != NETWORK:
        raise PaidAtThePoint(field="carrier")
    group = order.group
    if order.pk not in stock.take(references=[order.pk], by_id=by.pk if by else None, now=now):
        raise UnitsGone
    weigh(order=order, weighed=weighed or {}, asks_difference=asks_difference, by=by, now=now)
    bulk = bulk_of([order.pk])[order.pk]
    parcel = logistics.pack(
        draft=logistics.ParcelDraft(
            reference=order.pk,
            weight_grams=weight_grams,
            carrier=carrier,
            carrier_number=carrier_number,
            volume_cm3=bulk.volume_cm3,
            marks=marks or bulk.marks(weight_grams=weight_grams),
            cod_fen=order.total_fen if order.is_to_pay_on_delivery else 0,
        ),
        sender=order.seller,
        recipient=recipient_of(group),
        now=now,
    )
    if asks_carrier and not carrier_number:
        hand_to_carrier(parcel=parcel, carrier=carrier, now=now)
    else:
        follow_typed(parcel=parcel, now=now)
    order.state, order.packed_at = State.PREPARING, now
    order.save(update_fields=["state", "packed_at"])
    announce(OrdersPacked(order_ids=(order.pk,)))
    tell([f"group:{group.pk}"])
    return parcel


def recipient_of(group: OrderGroup) -> logistics.Recipient:
    """Return to whom and where the parcels of an order group go."""
    return logistics.Recipient(
        name=group.contact_name,
        phone=group.contact_phone,
        area_code=group.destination_code,
        area_names=group.destination_names,
        line=group.destination_line,
        pickup_point=group.pickup_point,
    )


@transaction.atomic
def confirm_receipt(*, orders: Sequence[SellerOrder], now: datetime) -> None:
    """
    Close orders whose goods the buyer has; harmless twice.

    :raises NotReceived: if a parcel of them is not handed over; :raises StillToPay: if one was, and is not paid.
    """
    locked = list(SellerOrder.objects.select_for_update().filter(pk__in=[order.pk for order in orders]).order_by("pk"))
    for order in locked:
        if order.is_to_pay_on_delivery:
            raise StillToPay
        if order.state not in {State.PREPARING, State.CLOSED}:
            raise NotReceived
    waiting = [order.pk for order in locked if order.state == State.PREPARING]
    if Parcel.objects.filter(reference__in=waiting).exclude(stage=Parcel.Stage.HANDED_OVER).exists():
        raise NotReceived
    _close([order for order in locked if order.state == State.PREPARING], now, reason="received")


@transaction.atomic
def close_received(*, now: datetime) -> int:
    """Close paid orders whose goods were all handed over seven days ago; return how many."""
    long_gone = Parcel.objects.filter(stage=Parcel.Stage.HANDED_OVER, stage_at__lte=now - AUTO_CLOSE).values("reference")
    on_the_way = Parcel.objects.exclude(stage=Parcel.Stage.HANDED_OVER).values("reference")
    paid = SellerOrder.objects.select_for_update(skip_locked=True).filter(state=State.PREPARING, paid_at__isnull=False)
    due = paid.filter(pk__in=long_gone).exclude(pk__in=on_the_way)
    orders = list(due.order_by("pk")[:500])
    _close(orders, now, reason="received_by_time")
    return len(orders)


@transaction.atomic
def close_after_case(*, order: SellerOrder, now: datetime) -> None:
    """Close an order whose goods never came and were paid back or sent again, so that it waits for no parcel; harmless twice."""
    order = SellerOrder.objects.select_for_update().get(pk=order.pk)
    if order.state == State.PREPARING and not order.is_to_pay_on_delivery:
        _close([order], now, reason="settled_by_case")


def _close(orders: Iterable[SellerOrder], now: datetime, *, reason: str) -> None:
    ended = list(orders)
    for order in ended:
        order.state, order.ended_at, order.end_reason = State.CLOSED, now, reason
    SellerOrder.objects.bulk_update(ended, ["state", "ended_at", "end_reason"])
    if ended:
        waive(orders=ended, now=now)  # whoever has her goods is asked for nothing more
        announce(OrdersClosed(order_ids=tuple(order.pk for order in ended)))
        tell(f"group:{order.group_id}" for order in ended)
