"""A thousand offers of fifty sellers in ten counties, and wishes for them."""

import random
from collections.abc import Sequence
from uuid import UUID

OFFERS, SELLERS = 1000, 50


def fill(*, on_hand: int = 1_000_000) -> list[UUID]:
    """Make sellers and offers in an empty house; return the offers."""
    from teahorse.catalog.models import Category, Offer, Product, Variant
    from teahorse.logistics.models import FreightRate
    from teahorse.people.models import Organisation
    from teahorse.places.models import Area, area_id
    from teahorse.stock.models import StockLevel, StockPlace

    codes = ["54", "5405", *(f"5405{n}" for n in range(21, 31)), "31", "3101", "310104"]
    level = {2: "region", 4: "prefecture", 6: "county"}
    Area.objects.bulk_create([Area(id=area_id(code), code=code, level=level[len(code)], name=f"区{code}") for code in codes])
    counties = [code for code in codes if code.startswith("5405") and len(code) == 6]
    sellers = [
        Organisation(
            key=f"seller-{n}", kind="cooperative", name=f"合作社{n}", area_id=area_id(counties[n % 10]), county_id=area_id(counties[n % 10])
        )
        for n in range(SELLERS)
    ]
    Organisation.objects.bulk_create(sellers)
    category = Category.objects.create(slug="food-drink", name="食品")
    from django.utils import timezone

    products, variants, offers, levels = [], [], [], []
    places = [StockPlace(county_id=s.county_id, organisation=s, kind="warehouse", name="仓库") for s in sellers]
    for n in range(OFFERS):
        seller = sellers[n % SELLERS]
        owned = {"county_id": seller.county_id}
        products.append(
            Product(
                seller=seller, category=category, title=f"青稞酒 {n}", origin_area_id=seller.area_id, published_at=timezone.now(), **owned
            )
        )
        variants.append(Variant(product=products[-1], name="一瓶", weight_grams=500 + n, **owned))
        offers.append(Offer(variant=variants[-1], seller=seller, price_fen=1000 + n, **owned))
        levels.append(StockLevel(offer=offers[-1], place=places[n % SELLERS], on_hand=on_hand, **owned))
    StockPlace.objects.bulk_create(places)
    Product.objects.bulk_create(products)
    Variant.objects.bulk_create(variants)
    Offer.objects.bulk_create(offers)
    StockLevel.objects.bulk_create(levels)
    FreightRate.objects.create(first_kg_fen=1200, further_kg_fen=800, days_min=4, days_max=9)
    return [offer.pk for offer in offers]


def promote() -> list[str]:
    """Offer 5 % of every seller's goods, and a code that all buyers share, out of one budget; return the codes."""
    from datetime import timedelta
    from uuid import uuid4

    from django.utils import timezone

    from teahorse.people.models import Organisation
    from teahorse.places.models import area_id
    from teahorse.promotions.actions import Draft, offer_promotion

    now = timezone.now()
    centre, _ = Organisation.objects.get_or_create(
        key="region-centre", defaults={"kind": "region_centre", "name": "区中心", "area_id": area_id("54"), "county_id": area_id("540521")}
    )
    window = {"starts_at": now, "ends_at": now + timedelta(days=1)}
    for seller in Organisation.objects.filter(kind__in=Organisation.SELLERS):
        offer_promotion(
            owner=seller, draft=Draft(kind="automatic", titles={"zh-hans": "九五折"}, percent_bp=500, **window), by=None, now=now
        )
    code = f"BENCH{uuid4().hex[:8].upper()}"
    budget = Draft(kind="coupon_code", titles={"zh-hans": "减一元"}, off_fen=100, budget_fen=10_000_000_000, code=code, **window)
    offer_promotion(owner=centre, draft=budget, by=None, now=now)
    return [code]


def pause() -> None:
    """Pause what :func:`promote` offered, so that whoever measures next has plain prices."""
    from django.utils import timezone

    from teahorse.promotions.models import Promotion

    Promotion.objects.filter(title__in=["九五折", "减一元"], paused_at=None).update(paused_at=timezone.now())


def quotes(offers: list[UUID], *, count: int, hot: UUID | None = None, seed: int = 1, codes: Sequence[str] = ()) -> list[object]:
    """Return quotes of two lines each, spread over all offers or with one hot offer in each, and with what codes take off."""
    from django.utils import timezone

    from teahorse.orders.quoting import Buyer, Destination, quote

    chance = random.Random(seed)
    made = []
    for _ in range(count):
        first = hot or chance.choice(offers)
        second = chance.choice([offer for offer in chance.sample(offers, 2) if offer != first])
        wanted, xuhui = {first: 1, second: 1}, Destination("310104", "上海市 徐汇区")
        made.append(quote(wanted=wanted, destination=xuhui, now=timezone.now(), buyer=Buyer(codes=tuple(codes))))
    return made
