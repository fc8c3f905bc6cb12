"""Selling before the harvest, at the workbench."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from teahorse.orders import actions as orders
from teahorse.orders.models import HarvestSale, SellerOrder
from teahorse.payments.models import Refund
from tests import world
from tests.console.world import paid

pytestmark = pytest.mark.django_db


@pytest.fixture
def now():
    """Pages read the clock themselves."""
    return timezone.now()


@pytest.fixture
def desk(browser_of, seller):
    return browser_of(seller)


@pytest.fixture
def mushrooms(coop):
    return world.offer(coop, title="松茸", price_fen=30000, on_hand=0)


@pytest.fixture
def sale(mushrooms, now):
    return opened(mushrooms, now)


def opened(offer, now, **more):
    terms = {"opens_at": now, "closes_at": now + timedelta(days=5), "ship_by_date": (now + timedelta(days=20)).date()} | more
    return orders.open_harvest_sale(level=world.level_of(offer), capacity=10, deposit_basis_points=3000, by=None, now=now, **terms)


def at(name, *, org="coop-dorje", **more):
    return reverse(f"console:{name}", kwargs={"org": org, **more})


def typed(goods, **more):
    today = timezone.localdate()
    days = {
        "opens": today.isoformat(),
        "closes": (today + timedelta(days=9)).isoformat(),
        "ship_by": (today + timedelta(days=30)).isoformat(),
    }
    return {"offer": goods.pk, "capacity": "40", "deposit": "30", "note": "雨季后采", **days, **more}


def test_a_sale_begins_with_what_was_typed(desk, mushrooms):
    form = desk.get(at("harvest_new")).content.decode()
    answer = desk.post(at("harvest_new"), typed(mushrooms))

    sale = HarvestSale.objects.get()
    assert "松茸" in form
    assert answer.url == at("harvest", sale_id=sale.pk)
    assert (sale.deposit_basis_points, sale.note, world.level_of(mushrooms).on_hand) == (3000, "雨季后采", 40)
    assert sale.is_selling(timezone.now())
    assert (sale.closes_at - sale.opens_at).days == 10
    page = desk.get(answer.url).content.decode()
    assert "30 %" in page
    assert "Not harvested yet" in desk.get(at("harvests")).content.decode()


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        ({"capacity": "many"}, "from 1 to 100,000"),
        ({"deposit": "0"}, "at most 100 percent"),
        ({"deposit": "a third"}, "at most 100 percent"),
        ({"closes": ""}, "Choose a day."),
        ({"closes": "2020-01-01"}, "not in the past"),
        ({"ship_by": "2020-01-01"}, "after the end of the sale"),
        ({"offer": ""}, "Choose one of the list."),
    ],
)
def test_terms_that_cannot_be_are_told_and_nothing_typed_is_lost(desk, mushrooms, wrong, told):
    answer = desk.post(at("harvest_new"), typed(mushrooms, **wrong))

    page = answer.content.decode()
    assert answer.status_code == 422
    assert told in page
    assert "雨季后采" in page
    assert not HarvestSale.objects.exists()


def test_what_a_declaration_means_is_shown_before_it_is_made(desk, buyer, mushrooms, sale):
    small, large = paid(buyer, mushrooms, units=1), paid(buyer, mushrooms, units=5)

    looked = desk.post(at("harvest", sale_id=sale.pk), {"units": "3", "do": "look"})
    state = HarvestSale.objects.get().state
    declared = desk.post(at("harvest", sale_id=sale.pk), {"units": "3", "do": "declare"})
    again = desk.post(at("harvest", sale_id=sale.pk), {"units": "9", "do": "declare"})
    while orders.settle_harvests(now=timezone.now()):
        pass

    page = looked.content.decode()
    assert state == "open"
    assert "1 (1)" in page
    assert "1 (5)" in page
    assert "¥450.00" in page
    assert [declared.status_code, again.status_code] == [302, 302]
    assert HarvestSale.objects.get().harvested_units == 3
    assert [SellerOrder.objects.get(pk=order.pk).state for order in (small, large)] == ["presale_wait", "cancelled"]
    assert Refund.objects.get().amount_fen == 45000


def test_a_harvest_fails_only_after_it_was_looked_at(desk, buyer, mushrooms, sale):
    paid(buyer, mushrooms)

    page = desk.post(at("harvest", sale_id=sale.pk), {"do": "look_failed"}).content.decode()
    nothing = desk.post(at("harvest", sale_id=sale.pk), {"do": "declare", "units": ""})

    assert "The harvest failed" in page
    assert 'value="declare_failed"' in page
    assert nothing.status_code == 422
    assert HarvestSale.objects.get().state == "open"
    desk.post(at("harvest", sale_id=sale.pk), {"do": "declare_failed", "units": "0"})
    assert HarvestSale.objects.get().state == "failed"


@pytest.mark.parametrize(
    ("sent", "status"),
    [
        ({"units": "3"}, 404),
        ({"units": "3", "do": "lok"}, 404),
        ({"units": "", "do": "declare"}, 422),
        ({"units": "100001", "do": "declare"}, 422),
        ({"units": "three", "do": "look"}, 422),
    ],
)
def test_nothing_is_declared_by_what_is_not_its_button(desk, sale, sent, status):
    answer = desk.post(at("harvest", sale_id=sale.pk), sent)

    assert answer.status_code == status
    assert status == 404 or f'value="{sent["units"]}"' in answer.content.decode()
    assert HarvestSale.objects.get().state == "open"


def test_the_centre_sees_what_is_late_in_its_area(browser_of, reviewer, coop, mushrooms, now):
    opened(mushrooms, now - timedelta(days=30))
    opened(world.offer(coop, title="虫草", on_hand=0), now)
    far = world.organisation("coop-far", kind="cooperative", code=world.GYANGZE)
    opened(world.offer(far, title="远方", on_hand=0), now - timedelta(days=30))

    page = browser_of(reviewer).get(at("late_harvests", org="centre-qonggyai")).content.decode()

    assert "松茸" in page
    assert "虫草" not in page
    assert "远方" not in page


def test_another_sellers_sale_is_not_there(desk, now):
    other = world.organisation("coop-other", kind="cooperative")
    sale = opened(world.offer(other, on_hand=0), now)

    assert desk.get(at("harvest", sale_id=sale.pk)).status_code == 404
    assert desk.post(at("harvest", sale_id=sale.pk), {"do": "declare_failed", "units": "0"}).status_code == 404
    assert HarvestSale.objects.get().state == "open"
