"""Carts and orders, as far as somebody may see them."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from django.db.models import Count, Q, QuerySet, Sum
from django.db.models.functions import Right as Tail

from teahorse.logistics import queries as logistics
from teahorse.logistics.models import Parcel, Scan
from teahorse.orders.models import Cart, CartLine, OrderGroup, OrderLine, SellerNotice, SellerOrder
from teahorse.orders.quoting import HOME
from teahorse.payments.models import Payment, Refund
from teahorse.people import queries as people
from teahorse.people.models import Organisation, Person, Right, ServicePoint

State = SellerOrder.State


def guest_cart(key: UUID) -> Cart | None:
    """Return a guest's cart; a person's is not found by its key."""
    return Cart.objects.filter(pk=key, person=None).first()


def cart_of(person: Person) -> Cart | None:
    """Return a person's cart."""
    return Cart.objects.filter(person=person).first()


def cart_count(cart: Cart) -> int:
    """Return how many units are in a cart."""
    return CartLine.objects.filter(cart=cart).aggregate(units=Sum("quantity"))["units"] or 0


def groups_visible_to(person: Person) -> QuerySet[OrderGroup]:
    """Return the order groups that a person may see as a buyer: her own, and a guest's with her verified phone."""
    own = Q(person=person)
    if person.phone and person.is_phone_verified:
        own |= Q(person=None, contact_phone=person.phone) & Q(contact_phone__endswith=person.phone[-4:])
    return OrderGroup.objects.filter(own).order_by("-placed_at", "-pk")


def orders_visible_to(person: Person, *, right: str, now: datetime) -> QuerySet[SellerOrder]:
    """Return the seller orders that a person may see for an organisation of hers: a seller's own, a centre's county."""
    sellers = people.organisations_where(person=person, right=right, now=now)
    return SellerOrder.objects.filter(seller_id__in=sellers.values("pk")).select_related("group", "seller")


def to_ship(seller: Organisation) -> QuerySet[SellerOrder]:
    """Return a seller's paid orders that wait to be packed, the oldest promise first."""
    return (
        SellerOrder.objects.filter(seller=seller, state=State.PAID)
        .select_related("group", "group__pickup_point")
        .prefetch_related("lines")
        .order_by("promised_to_date", "paid_at", "pk")
    )


@dataclass(frozen=True, slots=True)
class SellerDay:
    """What a seller's one screen counts."""

    to_ship: int
    to_ship_late: int
    packed: int
    waiting_for_payment: int
    sold_today_fen: int
    notices: list[SellerNotice]


def seller_day(seller: Organisation, *, now: datetime) -> SellerDay:
    """Count a seller's day; two queries."""
    start = now.astimezone(HOME).replace(hour=0, minute=0, second=0, microsecond=0)
    counts = SellerOrder.objects.filter(seller=seller).aggregate(
        to_ship=Count("pk", filter=Q(state=State.PAID)),
        late=Count("pk", filter=Q(state=State.PAID, promised_from_date__lt=start.date())),
        packed=Count("pk", filter=Q(state=State.PREPARING)),
        waiting=Count("pk", filter=Q(state=State.PENDING_PAYMENT)),
        sold=Sum("goods_fen", filter=Q(paid_at__gte=start)),
    )
    notices = list(SellerNotice.objects.filter(seller_id=seller.pk, read_at=None).order_by("-at", "-pk")[:20])
    return SellerDay(counts["to_ship"], counts["late"], counts["packed"], counts["waiting"], counts["sold"] or 0, notices)


@dataclass(frozen=True, slots=True)
class Tracked:
    """One seller order with everything its buyer follows."""

    order: SellerOrder
    lines: list[OrderLine]
    parcels: list[Parcel]
    scans: list[Scan]
    refunds: list[Refund]

    @property
    def stage(self) -> str:
        """
        Where the goods are, in the buyer's words.

        ``to_pay``, ``to_ship``, ``in_transit``, ``to_fetch``, ``handed_over``, ``done``, ``cancelled``, ``expired``.
        """
        by_state = {
            State.PENDING_PAYMENT: "to_pay",
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


@dataclass(frozen=True, slots=True)
class Tracking:
    """An order group with its parts and its money."""

    group: OrderGroup
    orders: list[Tracked]
    payments: list[Payment]
    places: dict[UUID, ServicePoint] = field(default_factory=dict)

    @property
    def stage(self) -> str:
        """The stage of the part that is least far; cancelled parts count only when all are."""
        steps = ["to_pay", "to_ship", "packed", "in_transit", "to_fetch", "handed_over", "done"]
        stages = [tracked.stage for tracked in self.orders]
        under_way = [stage for stage in stages if stage in steps]
        return min(under_way, key=steps.index) if under_way else stages[0]

    @property
    def is_to_pay(self) -> bool:
        """Whether it waits for money."""
        return self.stage == "to_pay"


def tracking(group: OrderGroup) -> Tracking:
    """Return an order group as its buyer follows it; seven queries."""
    orders = list(SellerOrder.objects.filter(group=group).select_related("seller__area").order_by("number"))
    ids = [order.pk for order in orders]
    lines: dict[UUID, list[OrderLine]] = defaultdict(list)
    for line in OrderLine.objects.filter(order_id__in=ids).order_by("order_id", "position"):
        lines[line.order_id].append(line)
    parcels: dict[UUID, list[Parcel]] = defaultdict(list)
    all_parcels = logistics.parcels_of(ids)
    for parcel in all_parcels:
        parcels[parcel.reference].append(parcel)
    scans = logistics.scans_of(all_parcels) if all_parcels else []
    places = ServicePoint.objects.in_bulk({scan.place_id for scan in scans if scan.place_id}) if scans else {}
    payments = list(Payment.objects.filter(reference=group.pk).order_by("attempt"))
    refunds: dict[UUID, list[Refund]] = defaultdict(list)
    for refund in Refund.objects.filter(payment__in=payments).order_by("requested_at", "pk") if payments else []:
        refunds[refund.reference].append(refund)
    tracked = [
        Tracked(
            order,
            lines[order.pk],
            parcels[order.pk],
            [scan for scan in scans if scan.parcel_id in {parcel.pk for parcel in parcels[order.pk]}],
            refunds[order.pk] + refunds[group.pk],
        )
        for order in orders
    ]
    return Tracking(group, tracked, payments, places)


def groups_of_orders(order_ids: Iterable[UUID]) -> list[UUID]:
    """Return the groups of seller orders."""
    return list(SellerOrder.objects.filter(pk__in=list(order_ids)).values_list("group_id", flat=True).distinct())


def find_at_desk(*, person: Person, text: str, now: datetime, limit: int = 50) -> list[SellerOrder]:
    """
    Return the orders of a centre's counties that a text names, newest first.

    The last four digits of a phone, an order's number (or its last six digits), a pickup code, or a parcel's number.
    """
    text = text.strip().upper()
    seen = orders_visible_to(person, right=Right.DESK_ORDERS, now=now).select_related("group", "seller")
    if not text:
        return list(seen.order_by("-placed_at", "-pk")[:limit])
    by_parcel = Parcel.objects.filter(
        (Q(pickup_code=text) & ~Q(pickup_code="")) | Q(number=text) | (Q(carrier_number=text) & ~Q(carrier_number=""))
    )
    number = text.replace("-", "")
    matches = Q(pk__in=by_parcel.values("reference"))
    if text.isdigit() and len(text) == 4:
        matches |= Q(group__in=OrderGroup.objects.annotate(tail=Tail("contact_phone", 4)).filter(tail=text).values("pk"))
    if number.isdigit() and len(number) >= 6:
        matches |= Q(group__number=number[:14]) | Q(group__number__endswith=number)
    return list(seen.filter(matches).order_by("-placed_at", "-pk")[:limit])
