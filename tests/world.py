"""A small region to test in: counties, sellers, goods with stock, freight, a buyer."""

from datetime import UTC, datetime, timedelta
from uuid import uuid4

from teahorse.catalog.models import Category, Offer, Product, Variant
from teahorse.logistics.models import FreightRate
from teahorse.orders.actions import Wish
from teahorse.orders.quoting import Destination, quote
from teahorse.people.models import Organisation, Person, ServicePoint
from teahorse.places.models import LENGTHS, Area, area_id
from teahorse.stock.models import StockLevel, StockPlace

NOW = datetime(2026, 8, 15, 4, 0, tzinfo=UTC)
QONGGYAI, GYANGZE, SHANGHAI = "540524", "540222", "310104"
NAMES = {"540524": "琼结县", "540222": "江孜县", "310104": "徐汇区"}
LEVELS = {length: level for level, length in LENGTHS.items()}


def area(code: str) -> Area:
    """Return an area, made with those that it lies in."""
    for length in LENGTHS.values():
        if length <= len(code):
            part = code[:length]
            made, _ = Area.objects.get_or_create(
                id=area_id(part), defaults={"code": part, "level": LEVELS[length], "name": NAMES.get(part, f"区{part}")}
            )
    return made


def organisation(key: str, *, kind: str = "cooperative", code: str = QONGGYAI) -> Organisation:
    """Return an organisation, made where it is missing."""
    place = area(code)
    made, _ = Organisation.objects.get_or_create(
        key=key, defaults={"kind": kind, "name": f"{key}合作社", "area": place, "county_id": place.county_id}
    )
    return made


def service_point(key: str, *, kind: str = "village_point", level: str = "point", code: str = "540524202202") -> ServicePoint:
    """Return an organisation's service point."""
    owner = organisation(key, kind=kind, code=code)
    made, _ = ServicePoint.objects.get_or_create(
        organisation=owner,
        defaults={"level": level, "name": f"{key}服务点", "area": owner.area, "county_id": owner.county_id, "takes_cash": True},
    )
    return made


def category(slug: str = "food-drink") -> Category:
    """Return a category."""
    made, _ = Category.objects.get_or_create(slug=slug, defaults={"name": slug})
    return made


def offer(
    seller: Organisation,
    *,
    title: str = "青稞酒",
    price_fen: int = 3800,
    on_hand: int = 10,
    weight_grams: int = 500,
    nominal_grams: int | None = None,
) -> Offer:
    """Return an offer of a new listed product with units on hand online; with ``nominal_grams`` it is sold by weight."""
    product = Product.objects.create(
        county_id=seller.county_id, seller=seller, category=category(), title=title, origin_area=seller.area, published_at=NOW
    )
    variant = Variant.objects.create(
        county_id=seller.county_id, product=product, name="一份", weight_grams=weight_grams, nominal_grams=nominal_grams
    )
    made = Offer.objects.create(county_id=seller.county_id, variant=variant, seller=seller, price_fen=price_fen)
    place, _ = StockPlace.objects.get_or_create(
        organisation=seller, kind="warehouse", defaults={"name": "仓库", "county_id": seller.county_id}
    )
    StockLevel.objects.create(county_id=seller.county_id, offer=made, place=place, on_hand=on_hand)
    return made


def freight() -> None:
    """Have one freight rate for everywhere."""
    FreightRate.objects.get_or_create(
        origin_code="",
        destination_code="",
        defaults={"first_kg_fen": 1200, "further_kg_fen": 800, "free_from_fen": 50000, "days_min": 4, "days_max": 9},
    )


def person(phone: str = "+8619900001001", *, name: str = "演示买家", is_phone_verified: bool = True) -> Person:
    """Return a person, made where she is missing."""
    made, _ = Person.objects.get_or_create(phone=phone, defaults={"name": name, "is_phone_verified": is_phone_verified})
    return made


def destination(*, pickup_point: ServicePoint | None = None) -> Destination:
    """Return Xuhui in Shanghai, or a pickup point."""
    if pickup_point is not None:
        return Destination(pickup_point.area.code, pickup_point.area.name, pickup_point)
    place = area(SHANGHAI)
    return Destination(place.code, "上海市 徐汇区")


def wish(
    wanted: dict, *, buyer: Person | None = None, key=None, pickup_point: ServicePoint | None = None, now: datetime = NOW, **more
) -> Wish:
    """Return a wish for offers and quantities, quoted now."""
    freight()
    asked = quote(wanted={o.pk: units for o, units in wanted.items()}, destination=destination(pickup_point=pickup_point), now=now)
    return Wish(
        key=key or uuid4(),
        quote=asked,
        person_id=buyer.pk if buyer else None,
        contact_name="演示买家",
        contact_phone=buyer.phone if buyer else "+8619900001001",
        destination_line="" if pickup_point else "漕溪北路 1 号 201 室",
        **more,
    )


def level_of(of: Offer) -> StockLevel:
    """Return an offer's online level as it is now."""
    return StockLevel.objects.get(offer=of, is_online=True)


LATER = timedelta(minutes=16)
