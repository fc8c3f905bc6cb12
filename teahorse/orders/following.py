"""An order after it was placed: one group, and all that its buyer follows, each by one prepared statement."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar
from uuid import UUID

import msgspec
from django.db.models import Model

from teahorse.catalog.models import Picture
from teahorse.common.rows import as_model
from teahorse.common.statements import asked, looked_up
from teahorse.logistics.models import Parcel, Scan
from teahorse.orders import explaining
from teahorse.orders.explaining import Explained
from teahorse.orders.models import BalanceDue, HarvestSale, LineDiscount, OrderGroup, OrderLine, SellerOrder, Weighing
from teahorse.payments.models import Payment, Refund
from teahorse.people.models import Organisation, Person, ServicePoint

M = TypeVar("M", bound=Model)
State = SellerOrder.State
STEPS = ("to_pay", "to_harvest", "to_ship", "packed", "in_transit", "to_fetch", "handed_over", "done")
ORDER_GROUP = (Path(__file__).parent / "order_group.sql").read_text()
TRACKING = (Path(__file__).parent / "tracking.sql").read_text()
WAITS_FOR_MONEY = f"""
    select sum(coalesce(deposit_fen, total_fen))::bigint
      from orders_sellerorder where group_id = %s::uuid and state = '{State.PENDING_PAYMENT}'
"""  # noqa: S608 - the state is ours


def order_group(key: UUID) -> OrderGroup | None:
    """Return an order group with its pickup point; who may see it, the caller asks (:func:`is_visible_to`)."""
    for (text,) in looked_up(ORDER_GROUP, [str(key)]):
        row = msgspec.json.decode(text)
        group = as_model(OrderGroup, row)
        group.pickup_point = as_model(ServicePoint, row["point"]) if row["point"] else None
        return group
    return None


def is_visible_to(group: OrderGroup, person: Person) -> bool:
    """Return whether a person may see an order group as a buyer: as ``queries.groups_visible_to``, for a group that is read already."""
    if group.person_id is not None:
        return group.person_id == person.pk
    return bool(person.phone) and person.is_phone_verified and group.contact_phone == person.phone


def ask_what_it_waits_for(group: OrderGroup) -> Callable[[], int]:
    """Ask how much the parts of a group wait for that have not been paid, 0 fen where none does; see :func:`.asked`."""
    rows = asked(WAITS_FOR_MONEY, [str(group.pk)])
    return lambda: int(rows()[0][0] or 0)


def discounts_of(group: OrderGroup) -> list[LineDiscount]:
    """Return what was taken off the lines of a group; no query where nothing was."""
    return list(LineDiscount.objects.filter(order__group=group).order_by("pk")) if group.discount_fen else []


@dataclass(frozen=True, slots=True)
class Tracked:
    """One seller order with everything its buyer follows."""

    order: SellerOrder
    lines: list[OrderLine]
    parcels: list[Parcel]
    scans: list[Scan]
    refunds: list[Refund]
    weighings: dict[UUID, Weighing] = field(default_factory=dict)
    """What was weighed, by line."""
    balances: list[BalanceDue] = field(default_factory=list)
    discounts: list[LineDiscount] = field(default_factory=list)
    sale: HarvestSale | None = None
    """By which it was sold before its harvest."""

    @property
    def owed(self) -> BalanceDue | None:
        """What its buyer is asked for now."""
        return next((balance for balance in self.balances if balance.state == BalanceDue.State.ASKED), None)

    @property
    def explained(self) -> Explained:
        """What its total is made of."""
        return explaining.of_order(self.order, self.discounts)

    @property
    def stage(self) -> str:
        """
        Where the goods are, in the buyer's words.

        ``to_pay``, ``to_harvest``, ``to_ship``, ``packed``, ``in_transit``, ``to_fetch``, ``handed_over``, ``done``,
        ``cancelled``, ``expired``.
        """
        by_state = {
            State.PENDING_PAYMENT: "to_pay",
            State.PRESALE_WAIT: "to_harvest",
            State.AGREED: "to_ship",
            State.PAID: "to_ship",
            State.CLOSED: "done",
            State.CANCELLED: "cancelled",
            State.EXPIRED: "expired",
        }
        if self.order.state in by_state:
            return by_state[State(self.order.state)]
        stages = {parcel.stage for parcel in self.parcels}
        if Parcel.Stage.AT_POINT in stages:
            return "to_fetch"
        if stages == {Parcel.Stage.HANDED_OVER}:
            return "handed_over"
        return "packed" if stages <= {Parcel.Stage.PACKED} else "in_transit"

    @property
    def is_unpaid_with_its_seller(self) -> bool:
        """Whether it is paid on delivery, and was not sent yet."""
        return self.order.is_to_pay_on_delivery and self.stage in {"to_ship", "packed"}


@dataclass(frozen=True, slots=True)
class Tracking:
    """An order group with its parts and its money; ``places`` are those that its scans name, ``pictures`` the first of each product."""

    group: OrderGroup
    orders: list[Tracked]
    payments: list[Payment]
    places: dict[UUID, ServicePoint] = field(default_factory=dict)
    pictures: dict[UUID, Picture] = field(default_factory=dict)

    @property
    def stage(self) -> str:
        """The stage of the part that is least far; cancelled parts count only when all are."""
        stages = [tracked.stage for tracked in self.orders]
        under_way = [stage for stage in stages if stage in STEPS]
        return min(under_way, key=STEPS.index) if under_way else stages[0]

    @property
    def explained(self) -> Explained:
        """What the total of all parts is made of."""
        discounts = (one for tracked in self.orders for one in tracked.discounts)
        return explaining.of_group(self.group, discounts, orders=[tracked.order for tracked in self.orders])

    @property
    def is_to_pay(self) -> bool:
        """Whether it waits for money."""
        return self.stage == "to_pay"


def tracking(group: OrderGroup) -> Tracking:
    """Return an order group as its buyer follows it, by one statement."""
    found: dict[str, list[dict[str, Any]] | None] = msgspec.json.decode(looked_up(TRACKING, {"group_id": str(group.pk)})[0][0])

    def all_of(name: str, model: type[M]) -> list[M]:
        return [as_model(model, row) for row in found[name] or ()]

    places = {point.pk: point for point in all_of("points", ServicePoint)}
    parcels = all_of("parcels", Parcel)
    for parcel in parcels:
        parcel.pickup_point = _at(places, parcel.pickup_point_id)
        parcel.held_by = _at(places, parcel.held_by_id)
    payments = {payment.pk: payment for payment in all_of("payments", Payment)}
    refunds_of: defaultdict[UUID, list[Refund]] = defaultdict(list)
    for row in found["refunds"] or ():
        refund = as_model(Refund, row)
        refund.payment = payments[refund.payment_id]
        refunds_of[UUID(row["part_id"])].append(refund)
    orders = all_of("parts", SellerOrder)
    sellers = {seller.pk: seller for seller in all_of("sellers", Organisation)}
    for order in orders:
        order.group, order.seller = group, sellers[order.seller_id]
    lines, scans = _by(all_of("lines", OrderLine), "order_id"), _by(all_of("scans", Scan), "thing_id")
    parcels_of, balances = _by(parcels, "reference"), _by(all_of("balances", BalanceDue), "order_id")
    discounts = _by(all_of("discounts", LineDiscount), "order_id")
    sales = {sale.pk: sale for sale in all_of("sales", HarvestSale)}
    weighings = {weighing.line_id: weighing for weighing in all_of("weighings", Weighing)}
    tracked = [
        Tracked(
            order,
            lines[order.pk],
            parcels_of[order.pk],
            _in_time(scan for parcel in parcels_of[order.pk] for scan in scans[parcel.pk]),
            refunds_of[order.pk],
            {line.pk: weighings[line.pk] for line in lines[order.pk] if line.pk in weighings},
            balances[order.pk],
            discounts[order.pk],
            sales.get(order.harvest_sale_id) if order.harvest_sale_id else None,
        )
        for order in orders
    ]
    pictures = {picture.product_id: picture for picture in all_of("pictures", Picture) if picture.product_id}
    return Tracking(group, tracked, list(payments.values()), places, pictures)


def _at(places: Mapping[UUID, ServicePoint], key: UUID | None) -> ServicePoint | None:
    return places.get(key) if key else None


def _by(rows: Iterable[M], name: str) -> defaultdict[UUID, list[M]]:
    """Return rows by one of their keys, in their order."""
    found: defaultdict[UUID, list[M]] = defaultdict(list)
    for row in rows:
        found[getattr(row, name)].append(row)
    return found


def _in_time(scans: Iterable[Scan]) -> list[Scan]:
    return sorted(scans, key=lambda scan: (scan.happened_at, scan.id))
