"""What stands on the page of a product beside the catalogue's own words: what is left, other goods of the maker, freight."""

import re
from datetime import timedelta

import pytest

from teahorse.catalog.models import Offer, Product
from teahorse.logistics.models import FreightRate
from teahorse.mall import goods
from teahorse.stock.models import StockLevel
from tests.mall.world import offer_of

pytestmark = pytest.mark.django_db


def shown(offer, now, area_code=""):
    return goods.product_shown(product_id=offer.variant.product_id, area_code=area_code, chosen=None, now=now)


def others(page):
    return [re.search(r'href="([^"]+)"', card).group(1) for card in page.more]


def test_units_that_are_promised_are_not_left(world, now):
    StockLevel.objects.filter(offer=world.carpet, is_online=True).update(on_hand=7, reserved=5)
    StockLevel.objects.filter(offer=world.small_carpet, is_online=True).update(on_hand=3, reserved=3)

    page = shown(world.carpet, now)

    assert {form.offer.id: (form.left, form.few, form.is_gone) for form in page.forms} == {
        world.carpet.pk: (2, 2, False),
        world.small_carpet.pk: (0, 0, True),
    }
    assert page.is_for_sale


def test_the_first_form_that_can_be_had_is_chosen(world, now):
    StockLevel.objects.filter(offer__in=[world.carpet, world.small_carpet]).update(on_hand=0, reserved=0)
    assert not shown(world.carpet, now).is_for_sale

    StockLevel.objects.filter(offer=world.small_carpet, is_online=True).update(on_hand=1)
    assert shown(world.carpet, now).chosen.offer.id == world.small_carpet.pk


def test_other_goods_of_the_maker_stand_newest_first_and_only_what_can_be_had(world, now):
    maker, carpet = world.weavers, world.carpet.variant.product
    more = [
        Product.objects.create(
            county_id=maker.county_id,
            seller=maker,
            category=carpet.category,
            title=f"毯 {age}",
            origin_area=maker.area,
            published_at=now - timedelta(days=age),
        )
        for age in range(7)
    ]
    for product in more:
        offer_of(product, "大号", price_fen=100, grams=1, units=0 if product is more[1] else 1)
    Product.objects.filter(pk=more[2].pk).update(withdrawn_at=now)
    Offer.objects.filter(variant__product=more[3]).update(is_active=False)

    page = shown(world.carpet, now)

    assert goods.MORE_OF_SELLER == 4
    assert others(page) == [goods.address_of("mall:product", more[age].pk) for age in (0, 4, 5, 6)]
    assert shown(world.incense, now).more == []


def test_the_rate_with_the_longest_origin_and_destination_holds(world, now):
    code = world.burners.area.code
    FreightRate.objects.all().delete()
    rates = [("", "", 9900), (code[:2], "", 8800), (code, "51", 700), (code[:4], "5101", 600), ("99", "5101", 1)]
    for origin, destination, fen in rates:
        FreightRate.objects.create(
            origin_code=origin, destination_code=destination, first_kg_fen=fen, further_kg_fen=0, days_min=1, days_max=2
        )

    assert shown(world.incense, now, "510104").arrival.fen == 700
    assert shown(world.incense, now, "310104").arrival.fen == 8800

    FreightRate.objects.all().delete()
    assert shown(world.incense, now, "510104").arrival is None
