"""What others say of a lot, on the lot's page."""

import pytest
from django.urls import reverse
from django.utils import timezone

from teahorse.trace import actions
from teahorse.trace.models import Hearsay
from tests import world
from tests.console.world import member
from tests.trace.goods import lot_of
from tests.trace.shelf import trade_item

pytestmark = pytest.mark.django_db


@pytest.fixture
def maker():
    return world.organisation("chamchen")


@pytest.fixture
def lot(maker):
    made = lot_of(trade_item(world.offer(maker), maker), "B1")
    seen = {"action": "DELETE", "bizStep": "destroying", "quantityList": [{"epcClass": made.uri, "quantity": 7}]}
    when = {"eventTime": "2026-08-01T09:00:00+08:00", "eventTimeZoneOffset": "+08:00"}
    by = world.organisation("xiaozhongdian")
    actions.capturing.capture_own([{"type": "ObjectEvent", **when, **seen}], by=by, now=timezone.now())
    return made


@pytest.fixture
def desk(browser_of, maker):
    return browser_of(member(maker, "+8619900073009"))


def address(lot, name="lot", **more):
    return reverse(f"console:{name}", kwargs={"org": lot.seller.key, **more})


def test_the_seller_reads_it_and_decides_and_thinks_otherwise(desk, lot):
    page = desk.get(address(lot, lot_id=lot.pk))
    hearsay = Hearsay.objects.get()
    where = address(lot, "hearsay", hearsay_id=hearsay.pk)

    assert [(row.step, row.amounts) for row in page.context["said"]] == [("Destroyed", ["spoken of: 7 pieces"])]
    assert "to be decided" in page.content.decode()
    assert "counts" in desk.post(where, {"is_true": "1"}, follow=True).content.decode()
    assert Hearsay.objects.get().is_true
    desk.post(where)
    assert (Hearsay.objects.get().is_true, Hearsay.objects.get().decided_at is None) == (False, False)


def test_a_neighbour_decides_nothing(browser_of, lot):
    other = world.organisation("xiaozhongdian")
    neighbour = browser_of(member(other, "+8619900073010"))
    where = reverse("console:hearsay", kwargs={"org": other.key, "hearsay_id": Hearsay.objects.get().pk})

    assert neighbour.post(where, {"is_true": "1"}).status_code == 404
    assert not Hearsay.objects.get().is_true
