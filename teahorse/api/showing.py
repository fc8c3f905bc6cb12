"""Orders as they are told: whole to their buyer, her own part to a seller."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Annotated, Any
from uuid import UUID

from django.http import HttpRequest
from django.utils import translation
from ninja import Schema
from pydantic import Field

from teahorse.api.capabilities import Caller
from teahorse.api.fields import Contact, DiscountShown, Named, ParcelName, RefundShown, choice, named
from teahorse.common.refusals import NotThere
from teahorse.logistics.models import Parcel
from teahorse.orders.following import Tracked, Tracking, tracking
from teahorse.orders.models import BalanceDue, OrderGroup, OrderLine, SellerOrder, Weighing
from teahorse.payments.models import Payment
from teahorse.people.models import Organisation
from teahorse.people.rules import masked_line, masked_name, masked_phone

Stage = Annotated[
    str, choice("to_pay", "to_harvest", "to_ship", "packed", "in_transit", "to_fetch", "handed_over", "done", "cancelled", "expired")
]
State = Annotated[str, choice(*SellerOrder.State.values)]
TO_SEND = frozenset({SellerOrder.State.AGREED, SellerOrder.State.PAID, SellerOrder.State.PREPARING})
"""While an order is in these states its seller needs to know where it goes."""


class OrderedLine(Schema):
    """Units of an offer at the price, and under the names, of the moment of placing."""

    offer_id: UUID
    product_id: UUID
    title: str
    variant: str
    quantity: int
    unit_price_fen: int
    amount_fen: int
    discount_fen: int
    id: UUID
    expected_grams: int | None = Field(description="not null: it is weighed when it is packed; net, of all units")
    weighed_grams: int | None = Field(description="what it weighed")
    weighed_fen: int | None = Field(description="what it costs by that weight")


class BalanceDueShown(Schema):
    """What is asked of a buyer beside the first payment; she can pay it by the order's payments."""

    kind: Annotated[str, choice(*BalanceDue.Kind.values)] = Field(
        description="on_delivery: the whole total, paid where it is fetched; weight, presale_balance: what is owed after a first payment"
    )
    state: Annotated[str, choice(*BalanceDue.State.values)]
    amount_fen: int
    due_at: datetime


class Destination(Schema):
    """Where the goods go: to an address, or to a pickup point."""

    area_code: str
    area_name: str
    address_line: str
    pickup_point_id: UUID | None


class SellerPart(Schema):
    """What is bought from one seller."""

    id: UUID
    number: str
    seller: Named
    state: State
    stage: Stage
    goods_fen: int
    discount_fen: int
    freight_fen: int
    freight_cost_fen: int = Field(description="what sending costs; the seller bears what the buyer's freight and the subsidy leave of it")
    freight_subsidy_fen: int = Field(description="what a public budget bears of it")
    total_fen: int
    weight_grams: int
    promised_from_date: date
    promised_to_date: date
    placed_at: datetime
    paid_at: datetime | None
    packed_at: datetime | None
    ended_at: datetime | None
    end_reason: str
    harvest_sale_id: UUID | None = Field(description="not null: it was sold before its harvest")
    deposit_fen: int | None = Field(description="what is paid first of a pre-sale; null: all of it")
    lines: list[OrderedLine]
    discounts: list[DiscountShown]
    parcels: list[ParcelName]
    refunds: list[RefundShown]
    balances: list[BalanceDueShown]


class PaymentShown(Schema):
    """One attempt to pay; ``prompt`` is what the payer's device needs."""

    id: UUID
    number: str
    provider: str
    method: str
    state: Annotated[str, choice(*Payment.State.values)]
    amount_fen: int
    expires_at: datetime
    settled_at: datetime | None
    prompt: dict[str, Any]


class OrderShown(Schema):
    """An order as its reader may see it: a seller sees her own part alone."""

    id: UUID
    number: str
    stage: Stage
    goods_fen: int
    discount_fen: int
    freight_fen: int
    total_fen: int
    placed_at: datetime
    pay_before: datetime
    contact: Contact
    destination: Destination
    note: str
    orders: list[SellerPart]
    payments: list[PaymentShown]


@dataclass(frozen=True)
class Seen:
    """An order group as far as somebody may see it; ``seller`` is None for its buyer."""

    tracking: Tracking
    seller: Organisation | None

    @property
    def group(self) -> OrderGroup:
        """The order group."""
        return self.tracking.group


def group_seen_by(caller: Caller, *, group_id: UUID) -> Seen:
    """
    Return an order group as far as the caller may see it.

    :raises NotThere: if it is not hers.
    """
    visible = OrderGroup.objects.filter(pk=group_id)
    if caller.organisation is not None:
        visible = visible.filter(orders__seller=caller.organisation)
    elif caller.group_id != group_id:
        raise NotThere(field="order_id")
    group = visible.first()
    if group is None:
        raise NotThere(field="order_id")
    whole = tracking(group)
    if caller.organisation is None:
        return Seen(whole, None)
    own = [tracked for tracked in whole.orders if tracked.order.seller_id == caller.organisation.pk]
    return Seen(Tracking(group, own, [], whole.places), caller.organisation)


def group_of_buyer(caller: Caller, *, group_id: UUID) -> OrderGroup:
    """
    Return the order group that its buyer's access token opens.

    :raises NotThere: for anybody else; an organisation does not buy, pay or receive for its buyers.
    """
    group = OrderGroup.objects.filter(pk=group_id).first() if caller.group_id == group_id else None
    if group is None:
        raise NotThere(field="order_id")
    return group


def buyers_group(request: HttpRequest, order_id: UUID) -> OrderGroup:
    """Return the order group of a request that came with its access token. :raises NotThere: as :func:`group_of_buyer`."""
    return group_of_buyer(request.auth, group_id=order_id)  # type: ignore[attr-defined]  # ninja puts the caller there


def buyers_part(request: HttpRequest, order_id: UUID, seller_order_id: UUID) -> SellerOrder:
    """
    Return one seller's part of such an order group.

    :raises NotThere: for anybody else, and for another group's part.
    """
    group = buyers_group(request, order_id)
    order = SellerOrder.objects.select_related("seller", "group").filter(pk=seller_order_id, group=group).first()
    if order is None:
        raise NotThere(field="seller_order_id")
    return order


def order_shown(seen: Seen) -> OrderShown:
    """Return an order as it is told."""
    group, parts = seen.group, [tracked.order for tracked in seen.tracking.orders]
    may_know = seen.seller is None or any(part.state in TO_SEND for part in parts)
    return OrderShown(
        id=group.pk,
        number=group.number,
        stage=seen.tracking.stage,
        goods_fen=sum(part.goods_fen for part in parts),
        discount_fen=sum(part.discount_fen for part in parts),
        freight_fen=sum(part.freight_fen for part in parts),
        total_fen=sum(part.total_fen for part in parts),
        placed_at=group.placed_at,
        pay_before=group.expires_at,
        contact=contact_shown(group, may_know=may_know),
        destination=destination_shown(group, may_know=may_know),
        note=group.note,
        orders=[part_shown(tracked) for tracked in seen.tracking.orders],
        payments=[payment_shown(payment) for payment in seen.tracking.payments],
    )


def part_shown(tracked: Tracked) -> SellerPart:
    """Return one seller's part as it is told."""
    order = tracked.order
    return SellerPart(
        id=order.pk,
        number=order.number,
        seller=named(order.seller),
        state=order.state,
        stage=tracked.stage,
        goods_fen=order.goods_fen,
        discount_fen=order.discount_fen,
        freight_fen=order.freight_fen,
        freight_cost_fen=order.freight_cost_fen,
        freight_subsidy_fen=order.freight_subsidy_fen,
        total_fen=order.total_fen,
        weight_grams=order.weight_grams,
        promised_from_date=order.promised_from_date,
        promised_to_date=order.promised_to_date,
        placed_at=order.placed_at,
        paid_at=order.paid_at,
        packed_at=order.packed_at,
        ended_at=order.ended_at,
        end_reason=order.end_reason,
        harvest_sale_id=order.harvest_sale_id,
        deposit_fen=order.deposit_fen,
        lines=[_line(line, tracked.weighings.get(line.pk)) for line in tracked.lines],
        discounts=[DiscountShown.of(one) for one in tracked.explained.taken_off],
        parcels=[parcel_name(parcel) for parcel in tracked.parcels],
        refunds=[RefundShown.from_orm(refund) for refund in tracked.refunds],
        balances=[BalanceDueShown.from_orm(balance) for balance in tracked.balances],
    )


def contact_shown(group: OrderGroup, *, may_know: bool) -> Contact:
    """Return who gets the goods, masked for those who need not know."""
    if may_know:
        return Contact(name=group.contact_name, phone=group.contact_phone)
    return Contact(name=masked_name(group.contact_name), phone=masked_phone(group.contact_phone))


def destination_shown(group: OrderGroup, *, may_know: bool) -> Destination:
    """Return where the goods go; the door is masked for those who need not know."""
    return Destination(
        area_code=group.destination_code,
        area_name=group.destination_names,
        address_line=group.destination_line if may_know else masked_line(group.destination_line),
        pickup_point_id=group.pickup_point_id,
    )


def payment_shown(payment: Payment) -> PaymentShown:
    """Return a payment as its payer is told."""
    return PaymentShown(
        id=payment.pk,
        number=payment.our_number,
        provider=payment.provider,
        method=payment.method,
        state=payment.state,
        amount_fen=payment.amount_fen,
        expires_at=payment.expires_at,
        settled_at=payment.settled_at,
        prompt=payment.prompt,
    )


def parcel_name(parcel: Parcel) -> ParcelName:
    """Return a parcel in short."""
    return ParcelName(
        number=parcel.number, stage=parcel.stage, stage_at=parcel.stage_at, carrier=parcel.carrier, carrier_number=parcel.carrier_number
    )


def weighed_of(order: SellerOrder) -> dict[UUID, Weighing]:
    """Return what was weighed of an order whose lines were read with their weighings."""
    return {line.pk: line.weighing for line in order.lines.all() if hasattr(line, "weighing")}


def _line(line: OrderLine, weighing: Weighing | None) -> OrderedLine:
    return OrderedLine(
        offer_id=line.offer_id,
        product_id=line.product_id,
        title=_in_language(line.titles.get("title", {})),
        variant=_in_language(line.titles.get("variant", {})),
        quantity=line.quantity,
        unit_price_fen=line.unit_price_fen,
        amount_fen=line.amount_fen,
        discount_fen=line.discount_fen,
        id=line.pk,
        expected_grams=line.expected_grams,
        weighed_grams=weighing.actual_grams if weighing else None,
        weighed_fen=weighing.weighed_fen if weighing else None,
    )


def _in_language(texts: dict[str, str]) -> str:
    return texts.get(translation.get_language() or "") or texts.get("zh-hans", "")
