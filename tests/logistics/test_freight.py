"""What sending costs, and who bears it."""

import pytest
from django.db import IntegrityError, transaction
from hypothesis import given
from hypothesis import strategies as st

from teahorse.logistics import queries
from teahorse.logistics.models import FreightRate, FreightZone
from teahorse.logistics.rules import Freight, Rate, freight, rate_for
from tests import world

LANE = {"first_kg_fen": 1200, "further_kg_fen": 800, "days_min": 4, "days_max": 9}


def rate(**more):
    return Rate(**{"origin_code": "54", "destination_code": "", "free_from_fen": None, **LANE, **more})


@pytest.mark.parametrize(("grams", "fen"), [(1, 1200), (1000, 1200), (1001, 2000), (2000, 2000), (2001, 2800)])
def test_each_started_kilogram_counts(grams, fen):
    assert freight(rate(), weight_grams=grams, goods_fen=100).buyer_fen == fen


def test_bulk_counts_as_weight_where_the_lane_says_so():
    light_and_large = {"weight_grams": 500, "goods_fen": 100, "volume_cm3": 12_001}

    by_volume = freight(rate(cm3_per_kg=6000), **light_and_large)

    assert (by_volume.charged_grams, by_volume.buyer_fen) == (2001, 2800)
    assert freight(rate(), **light_and_large).buyer_fen == 1200
    assert freight(rate(cm3_per_kg=6000), weight_grams=5000, goods_fen=100, volume_cm3=600).charged_grams == 5000


def test_what_travels_free_is_borne_by_its_seller():
    free = freight(rate(free_from_fen=5000), weight_grams=1, goods_fen=5000)

    assert free == Freight(cost_fen=1200, buyer_fen=0, subsidy_fen=0, seller_fen=1200, charged_grams=1)
    assert freight(rate(free_from_fen=5000), weight_grams=1, goods_fen=4999).buyer_fen == 1200
    assert freight(rate(free_from_fen=0), weight_grams=1, goods_fen=1).buyer_fen == 0


def test_a_budget_bears_its_share_before_the_rest_is_asked_for():
    some = freight(rate(subsidy_basis_points=3333), weight_grams=1, goods_fen=100)
    free = freight(rate(subsidy_basis_points=3333, free_from_fen=100), weight_grams=1, goods_fen=100)

    assert (some.subsidy_fen, some.buyer_fen, some.seller_fen) == (399, 801, 0)
    assert (free.subsidy_fen, free.buyer_fen, free.seller_fen) == (399, 0, 801)


@given(
    grams=st.integers(1, 10**6),
    goods=st.integers(1, 10**7),
    volume=st.integers(0, 10**7),
    free_from=st.none() | st.integers(0, 10**7),
    share=st.integers(0, 10_000),
    bulk=st.none() | st.integers(1, 10_000),
)
def test_who_bears_freight_bears_all_of_it(grams, goods, volume, free_from, share, bulk):
    one = rate(free_from_fen=free_from, subsidy_basis_points=share, cm3_per_kg=bulk)

    sent = freight(one, weight_grams=grams, goods_fen=goods, volume_cm3=volume)

    assert sent.buyer_fen + sent.subsidy_fen + sent.seller_fen == sent.cost_fen
    assert min(sent.buyer_fen, sent.subsidy_fen, sent.seller_fen) >= 0
    assert sent.charged_grams >= grams


def test_an_area_goes_before_a_zone_and_the_longer_before_the_shorter():
    anywhere, region, zone, town = (
        rate(),
        rate(destination_code="65"),
        rate(destination_code="65", zone="far"),
        rate(destination_code="6501", zone="far"),
    )

    assert rate_for([zone, anywhere, region], origin="540524", destination="650102") == region
    assert rate_for([region, town, zone], origin="540524", destination="650102") == town
    assert rate_for([zone, anywhere], origin="540524", destination="650102") == zone
    assert rate_for([zone, anywhere], origin="540524", destination="310101") == anywhere


@pytest.mark.django_db
def test_a_zones_rate_is_found_by_each_of_its_areas():
    payer = world.organisation("centre-qonggyai", kind="county_centre")
    zone = FreightZone.objects.create(name="偏远地区")
    for code in ("65", "1525"):
        zone.areas.create(area_code=code)
    FreightRate.objects.create(
        origin_code="54", destination_zone=zone, cm3_per_kg=6000, subsidy_basis_points=3000, subsidy_payer=payer, free_from_fen=0, **LANE
    )

    found = [queries.freight_rates(origin_codes={"540524201"}, destination_code=code) for code in ("650102", "152502", "310101")]

    assert [[one.destination_code for one in rates] for rates in found] == [["65"], ["1525"], []]
    assert found[0][0] == Rate("54", "65", 1200, 800, 0, 4, 9, 6000, 3000, str(payer.pk), "偏远地区")
    assert {one.destination_code for one in queries.all_rates()} == {"65", "1525"}


@pytest.mark.django_db
@pytest.mark.parametrize(
    "wrong",
    [
        {"destination_code": "65", "with_zone": True},
        {"subsidy_basis_points": 10},
        {"cm3_per_kg": 0},
    ],
)
def test_a_rate_that_says_two_things_is_refused(wrong):
    zone = FreightZone.objects.create(name="偏远地区")
    fields = {name: value for name, value in wrong.items() if name != "with_zone"}

    with pytest.raises(IntegrityError), transaction.atomic():
        FreightRate.objects.create(origin_code="54", destination_zone=zone if "with_zone" in wrong else None, **fields, **LANE)

    assert not FreightRate.objects.exists()
