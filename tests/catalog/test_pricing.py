from datetime import timedelta

import pytest
from django.db import IntegrityError
from django.utils import timezone

from teahorse.catalog import queries
from teahorse.catalog.actions import WindowOver, WindowTaken, end_price, follow_prices, plan_price, write_search_entries
from teahorse.catalog.models import OfferPrice, SearchEntry
from teahorse.common.refusals import Malformed
from tests import world

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)


@pytest.fixture
def now():
    return timezone.now()


@pytest.fixture
def wine():
    return world.offer(world.organisation("chamchen"), price_fen=3_800)


def planned(offer, price_fen, starts_at, ends_at, now):
    return plan_price(offer=offer, price_fen=price_fen, starts_at=starts_at, ends_at=ends_at, by=None, now=now)


def told(offer, now):
    """Return price and comparison as the card and the product page tell them."""
    product = offer.variant.product_id
    (card,) = queries.goods_cards(product_ids=[product], on=now.date())
    (variant,) = queries.product_page(product_id=product).variants
    assert (card.price_from_fen, card.list_price_fen) == (variant.offer.price_fen, variant.offer.list_price_fen)
    return card.price_from_fen, card.list_price_fen


def test_an_open_window_is_the_price_and_the_usual_one_stands_beside_it(wine, now):
    planned(wine, 3_000, now, now + HOUR, now)

    assert told(wine, now) == (3_000, 3_800)


def test_a_window_that_is_not_open_changes_nothing(wine, now):
    planned(wine, 3_000, now + HOUR, now + 2 * HOUR, now)

    assert told(wine, now) == (3_800, None)


def test_a_dearer_window_is_compared_with_nothing(wine, now):
    planned(wine, 4_500, now, now + HOUR, now)

    assert told(wine, now) == (4_500, None)


def test_windows_touch_but_never_overlap(wine, now):
    planned(wine, 3_000, now + HOUR, now + 2 * HOUR, now)
    planned(wine, 2_000, now + 2 * HOUR, now + 3 * HOUR, now)

    with pytest.raises(WindowTaken):
        planned(wine, 1_000, now + 2.5 * HOUR, now + 4 * HOUR, now)
    with pytest.raises(IntegrityError, match="another price in this window"):
        OfferPrice.objects.create(
            county_id=wine.county_id, offer=wine, price_fen=1, starts_at=now, ends_at=now + 1.1 * HOUR, planned_at=now
        )


@pytest.mark.parametrize(
    ("price_fen", "starts", "ends"), [(0, 0, 1), (100_000_001, 0, 1), (100, -1, 1), (100, 1, 1), (100, 2, 1), (100, 0, 24 * 367)]
)
def test_what_is_no_window_is_refused(wine, now, price_fen, starts, ends):
    with pytest.raises(Malformed):
        planned(wine, price_fen, now + starts * HOUR, now + ends * HOUR, now)

    assert not OfferPrice.objects.exists()


def test_a_price_is_ended_or_dropped(wine, now):
    running, later = planned(wine, 3_000, now, now + HOUR, now), planned(wine, 2_000, now + HOUR, now + 2 * HOUR, now)

    end_price(planned=running, now=now + HOUR / 2)
    end_price(planned=later, now=now + HOUR / 2)

    assert OfferPrice.objects.get().ends_at == now + HOUR / 2
    with pytest.raises(WindowOver):
        end_price(planned=running, now=now + HOUR)


def test_searching_follows_a_price_as_it_begins_and_ends(wine, now):
    write_search_entries(product_ids=[wine.variant.product_id])
    planned(wine, 3_000, now + HOUR, now + 2 * HOUR, now)
    prices = []
    for at in (now, now + HOUR, now + 2 * HOUR):
        follow_prices(now=at)
        prices.append(SearchEntry.objects.get().price_from_fen)

    assert prices == [3_800, 3_000, 3_800]
    assert follow_prices(now=now + 2 * HOUR) == 0
