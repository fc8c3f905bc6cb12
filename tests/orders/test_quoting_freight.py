"""The freight of a quote is the one that the product's page shows, and what of it others bear is kept with the order."""

from dataclasses import replace
from uuid import uuid4

import msgspec
import pytest
from django.db import DatabaseError, IntegrityError, transaction
from django.utils.translation import override
from hypothesis import given
from hypothesis import strategies as st

from teahorse.logistics.models import FreightRate
from teahorse.logistics.rules import Rate, freight
from teahorse.orders import explaining, quoting
from teahorse.orders.actions import Placed, place_orders
from teahorse.orders.models import SellerOrder
from teahorse.orders.quoting import quote
from teahorse.orders.rules import Quote, QuoteLine, QuoteOrder, decode_quote, encode_quote
from tests import world

pytestmark = pytest.mark.django_db
LANE = {"first_kg_fen": 1800, "further_kg_fen": 800, "days_min": 4, "days_max": 9}


@pytest.fixture
def lamp():
    return world.offer(world.organisation("coop"), title="酥油灯", price_fen=10_000, weight_grams=500)


@pytest.fixture
def budget():
    return world.organisation("budget", kind="county_centre", code=world.GYANGZE)


def asked(offer, units=1):
    return quote(wanted={offer.pk: units}, destination=world.destination(), now=world.NOW)


def ordered(wish):
    (answer,) = place_orders(wishes=[wish], now=world.NOW)
    assert isinstance(answer, Placed)
    return SellerOrder.objects.get(group=answer.group_id)


def kept(order):
    return (order.freight_fen, order.freight_cost_fen, order.freight_subsidy_fen, order.freight_payer_id, order.freight_seller_fen)


def of_before(found):
    """A sealed quote as it was written before the cost of sending was kept: each part ends with its deposit."""
    orders, *rest = msgspec.json.decode(encode_quote(found))
    return quoting._signer.sign(msgspec.json.encode([[part[:8] for part in orders], *rest]).decode())


def test_light_and_bulky_goods_are_charged_by_their_volume(lamp):
    lamp.variant.volume_cm3 = 6_500
    lamp.variant.save(update_fields=["volume_cm3"])
    rate = FreightRate.objects.create(first_kg_fen=1200, further_kg_fen=800, days_min=4, days_max=9)

    by_weight = asked(lamp, 2).freight_fen
    FreightRate.objects.filter(pk=rate.pk).update(cm3_per_kg=6_000)
    by_volume = asked(lamp, 2).freight_fen

    assert (by_weight, by_volume) == (1200, 2800)


def test_an_order_keeps_what_sending_costs_and_who_bears_it(lamp, budget):
    rate = FreightRate.objects.create(**LANE, subsidy_basis_points=3333, subsidy_payer=budget)
    some = ordered(world.wish({lamp: 1}))
    FreightRate.objects.filter(pk=rate.pk).update(free_from_fen=0)
    free = ordered(world.wish({lamp: 1}))
    FreightRate.objects.filter(pk=rate.pk).update(subsidy_basis_points=0, subsidy_payer=None)
    given_away = ordered(world.wish({lamp: 1}))

    assert kept(some) == (1201, 1800, 599, budget.pk, 0)
    assert kept(free) == (0, 1800, 599, budget.pk, 1201)
    assert kept(given_away) == (0, 1800, 0, None, 1800)
    assert (some.total_fen, free.total_fen) == (11_201, 10_000)


def test_a_subsidy_of_less_than_a_fen_has_nobody_who_bears_it(lamp, budget):
    FreightRate.objects.create(**{**LANE, "first_kg_fen": 99}, subsidy_basis_points=100, subsidy_payer=budget)

    assert kept(ordered(world.wish({lamp: 1}))) == (99, 99, 0, None, 0)


def test_a_quote_that_was_sealed_before_still_holds(lamp, budget):
    """It is read as it was kept then: the buyer pays what it costs. She pays what she was shown, and pressed once it is one order."""
    FreightRate.objects.create(**LANE, subsidy_basis_points=2500, subsidy_payer=budget)
    wish = world.wish({lamp: 1})
    before = replace(wish, quote=quoting.unseal(of_before(wish.quote), now=world.NOW))

    order = ordered(before)
    (again,) = place_orders(wishes=[before], now=world.NOW)

    assert kept(ordered(replace(wish, key=uuid4()))) == (1350, 1800, 450, budget.pk, 0)
    assert kept(order) == (1350, 1350, 0, None, 0)
    assert (again.group_id, again.is_new) == (order.group_id, False)


@given(
    cost=st.integers(0, 10**6),
    share=st.integers(0, 10_000),
    free_from=st.none() | st.just(0),
)
def test_the_parts_of_a_quotes_freight_add_up_and_travel_whole(cost, share, free_from):
    sent = freight(Rate("", "", cost, 0, free_from, 1, 2, subsidy_basis_points=share), weight_grams=1, goods_fen=1)
    key, day = uuid4(), world.NOW.date()
    part = QuoteOrder(
        *(key, key, (QuoteLine(key, key, 1, 1, 1),), sent.buyer_fen, day, day),
        freight_cost_fen=sent.cost_fen,
        freight_subsidy_fen=sent.subsidy_fen,
        freight_payer_id=key if sent.subsidy_fen else None,
    )
    found = Quote((part, part), "", "", None, world.NOW)

    told = explaining.sending_of(found.orders)

    assert decode_quote(encode_quote(found)) == found
    assert told.buyer_fen + told.subsidy_fen + told.seller_fen == told.cost_fen == 2 * cost
    assert min(told.buyer_fen, told.subsidy_fen, told.seller_fen) >= 0


@pytest.mark.parametrize(
    ("lane", "words"),
    [
        ({}, "0.5 kg; each started kilogram counts"),
        ({"subsidy_basis_points": 2500}, "0.5 kg; each started kilogram counts · it costs ¥18.00, of which a public budget bears ¥4.50"),
        ({"free_from_fen": 0}, "sent free · it costs ¥18.00, of which the seller bears ¥18.00"),
        (
            {"free_from_fen": 0, "subsidy_basis_points": 2500},
            "sent free · it costs ¥18.00, of which a public budget bears ¥4.50, the seller ¥13.50",
        ),
        ({"free_from_fen": 0, "subsidy_basis_points": 10_000}, "sent free · it costs ¥18.00, of which a public budget bears ¥18.00"),
    ],
)
def test_the_quote_and_the_order_tell_the_same_of_it(lamp, budget, lane, words):
    FreightRate.objects.create(**LANE, **lane, subsidy_payer=budget if "subsidy_basis_points" in lane else None)
    wish = world.wish({lamp: 1})

    order = ordered(wish)

    with override("en"):
        assert explaining.of_quote(wish.quote).freight_words == words
        assert explaining.of_order(order, []).freight_words == words
        assert explaining.of_group(order.group, [], orders=[order]).freight_words == words


# --- The database stands behind it


@pytest.mark.parametrize(
    "changed",
    [{"freight_cost_fen": 1900}, {"freight_subsidy_fen": 449}, {"freight_payer_id": None}],
)
def test_what_was_agreed_of_the_freight_stays(lamp, budget, changed):
    FreightRate.objects.create(**LANE, subsidy_basis_points=2500, subsidy_payer=budget)
    order = ordered(world.wish({lamp: 1}))

    with pytest.raises(DatabaseError, match="Cannot update rows"), transaction.atomic():
        SellerOrder.objects.filter(pk=order.pk).update(**changed)


@pytest.mark.parametrize(
    ("wrong", "constraint"),
    [
        ({"freight_cost_fen": 1799}, "freight_is_borne_up_to_its_cost"),
        ({"freight_payer_id": None}, "a_freight_subsidy_has_who_bears_it"),
        ({"freight_subsidy_fen": 0}, "a_freight_subsidy_has_who_bears_it"),
    ],
)
def test_nobody_bears_more_of_the_freight_than_it_costs(lamp, budget, wrong, constraint):
    FreightRate.objects.create(**LANE, subsidy_basis_points=2500, subsidy_payer=budget)
    order = ordered(world.wish({lamp: 1}))
    fields = {field.attname: getattr(order, field.attname) for field in SellerOrder._meta.concrete_fields}

    with pytest.raises(IntegrityError, match=constraint), transaction.atomic():
        SellerOrder.objects.bulk_create([SellerOrder(**{**fields, "id": uuid4(), **wrong})])
