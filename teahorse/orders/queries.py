"""Carts and orders, as far as somebody may see them."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from django.db import connection
from django.db.models import Count, OuterRef, Q, QuerySet, Subquery, Sum
from django.db.models.functions import Coalesce
from django.db.models.functions import Right as Tail

from teahorse.common.times import HOME
from teahorse.logistics.models import Parcel
from teahorse.orders.models import Cart, CartLine, HarvestSale, OrderGroup, OrderLine, PromiseDay, SellerNotice, SellerOrder
from teahorse.people import queries as people
from teahorse.people.models import Organisation, Person, Right
from teahorse.promotions.models import Promotion

State = SellerOrder.State
USED = """
    select promotion.id, count(distinct o.group_id) filter (where discount.order_id is not null),
           coalesce(sum(discount.amount_fen), 0)::bigint, count(distinct o.id) >= %(most)s
      from promotions_promotion promotion
     cross join lateral (
           select id, group_id from orders_sellerorder
            where promotion.bearer = 'seller' and seller_id = promotion.owner_id and state not in ('expired', 'cancelled')
              and placed_at >= promotion.starts_at and placed_at < promotion.ends_at and discount_fen > 0
            union all
           select id, group_id from orders_sellerorder
            where promotion.bearer <> 'seller' and state not in ('expired', 'cancelled')
              and placed_at >= promotion.starts_at and placed_at < promotion.ends_at and discount_fen > 0
            limit %(most)s
           ) o
      left join orders_linediscount discount on discount.order_id = o.id and discount.promotion_id = promotion.id
     where promotion.id = any(%(promotions)s::uuid[])
     group by promotion.id
"""
MOST_LOOKED_AT = 20_000
"""Orders of a promotion's time that are looked at: the page is for an eye, and a busy day has more of them than a page may wait for."""


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
    """Return a seller's orders that wait to be packed, paid or to be paid on delivery, the oldest promise first."""
    return (
        SellerOrder.objects.filter(seller=seller, state__in=SellerOrder.TO_PACK)
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
        to_ship=Count("pk", filter=Q(state__in=SellerOrder.TO_PACK)),
        late=Count("pk", filter=Q(state__in=SellerOrder.TO_PACK, promised_from_date__lt=start.date())),
        packed=Count("pk", filter=Q(state=State.PREPARING)),
        waiting=Count("pk", filter=Q(state=State.PENDING_PAYMENT)),
        sold=Sum("goods_fen", filter=Q(paid_at__gte=start)),
    )
    notices = list(SellerNotice.objects.filter(seller_id=seller.pk, read_at=None).order_by("-at", "-pk")[:20])
    return SellerDay(counts["to_ship"], counts["late"], counts["packed"], counts["waiting"], counts["sold"] or 0, notices)


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


def harvest_sales_of(sellers: QuerySet[Organisation] | list[Organisation]) -> QuerySet[HarvestSale]:
    """Return what sellers sell before its harvest, the newest first, with how many orders and units are paid and wait."""
    waiting = OrderLine.objects.filter(order__harvest_sale_id=OuterRef("pk"), order__state=State.PRESALE_WAIT).order_by()
    units = waiting.values("order__harvest_sale_id").annotate(units=Sum("quantity")).values("units")
    orders = waiting.values("order__harvest_sale_id").annotate(orders=Count("order_id", distinct=True)).values("orders")
    found = HarvestSale.objects.filter(seller__in=sellers).select_related("offer__variant__product", "seller")
    counted = found.annotate(waiting_units=Coalesce(Subquery(units), 0), waiting_orders=Coalesce(Subquery(orders), 0))
    return counted.order_by("-opened_at", "-pk")


def late_harvests(sellers: QuerySet[Organisation], *, now: datetime) -> QuerySet[HarvestSale]:
    """Return the pre-sales that should have been sent and whose harvest is not declared, the latest of all first."""
    today = now.astimezone(HOME).date()
    return harvest_sales_of(sellers).filter(state=HarvestSale.State.OPEN, ship_by_date__lt=today).order_by("ship_by_date", "pk")


@dataclass(frozen=True, slots=True)
class Used:
    """How often a promotion was used by orders that are paid or wait, and what it took off."""

    count: int = 0
    amount_fen: int = 0
    is_at_least: bool = False
    """Whether there are more orders of its time than are looked at, so that it may be more."""


def used(promotions: Collection[Promotion]) -> dict[UUID, Used]:
    """
    Return how often promotions were used, and for how much; one query where one of them is not counted, else none.

    What is counted says it itself. Of the rest the orders of its time are asked, so many at most: of its seller, or all where it was
    for everybody's goods.
    """
    rest = [one for one in promotions if not one.is_counted]
    found: list[tuple[UUID, int, int, bool]] = []
    if rest:
        with connection.cursor() as cursor:
            cursor.execute(USED, {"promotions": [one.pk for one in rest], "most": MOST_LOOKED_AT})
            found = cursor.fetchall()
    counted = {one.pk: Used(one.uses, one.spent_fen) for one in promotions if one.is_counted}
    return counted | {one.pk: Used() for one in rest} | {key: Used(count, fen, more) for key, count, fen, more in found}


@dataclass(frozen=True, slots=True)
class Kept:
    """How many promises ended on a way between two areas, by their codes, and how many were kept."""

    origin_code: str
    destination_code: str
    promised: int
    kept: int


def kept_promises(code: str, *, since: date) -> list[Kept]:
    """Return how promises were kept that ended on a day or later, by way from or to the area of a code; the most used way first."""
    found = PromiseDay.objects.filter(Q(origin_code__startswith=code) | Q(destination_code__startswith=code), day__gte=since)
    sums = found.values_list("origin_code", "destination_code").annotate(all=Sum("promised"), good=Sum("kept"))
    return [Kept(*row) for row in sums.order_by("-all", "origin_code", "destination_code")]
