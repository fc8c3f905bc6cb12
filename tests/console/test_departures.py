"""The page of what leaves the county."""

from datetime import timedelta

import pytest
from django.utils import timezone

from teahorse.logistics.models import Parcel
from teahorse.network.models import Line
from teahorse.orders.models import SellerOrder
from tests import world
from tests.console.world import member, packed
from tests.runs.test_departing import Leaving

pytestmark = pytest.mark.django_db
ADDRESS = "/console/centre/departures/"


@pytest.fixture
def county(db):
    return Leaving()


@pytest.fixture
def desk(county, browser_of):
    return browser_of(county.planner)


def sent(county, *, promised_days):
    """Return the parcel of an order for Shanghai that lies at the centre, promised so many days from now."""
    order, parcel = packed(world.person(), world.offer(county.sender), member(county.sender, "+8619900075009"))
    Parcel.objects.filter(pk=parcel.pk).update(carrier="sf", weight_grams=10_000)
    day = timezone.localdate() + timedelta(days=promised_days)
    SellerOrder.objects.filter(pk=order.pk).update(promised_to_date=day)
    county.scan(parcel.number, "received", county.centre, when=timezone.now())
    return parcel


def test_what_is_promised_late_waits_and_what_is_promised_soon_goes_first(desk, county):
    Line.objects.update(weekdays="1234567")
    Line.objects.filter(pk=county.cheap.pk).update(weekdays=str((timezone.localdate() + timedelta(days=4)).isoweekday()))
    sent(county, promised_days=5)

    soon = desk.get(ADDRESS)
    SellerOrder.objects.update(promised_to_date=timezone.localdate() + timedelta(days=30))
    later = desk.get(ADDRESS)

    def taken(page):
        return [(one["leaves"].line, row["goes"].why) for one in page.context["departures"] for row in one["rows"]]

    assert taken(soon) == [(county.evening, "first")]
    assert taken(later) == [(county.cheap, "cheaper")]
    assert later.context["broken"] == 0
    assert [one["count"] for one in later.context["nav"] if one["href"] == ADDRESS] == [later.context["waiting"]] == [1]
    assert county.cheap.name in later.content.decode()


def test_without_a_line_it_says_so_and_what_waits(desk, county):
    sent(county, promised_days=5)
    Line.objects.update(valid_to=timezone.localdate() - timedelta(days=200), valid_from=timezone.localdate() - timedelta(days=300))

    page = desk.get(ADDRESS)

    assert (page.status_code, page.context["departures"], len(page.context["left"])) == (200, [], 1)


def test_only_a_countys_centre_has_such_a_page(browser_of, seller, operator, county):
    assert browser_of(seller).get("/console/coop-dorje/departures/").status_code == 404
    assert browser_of(operator).get("/console/station-lhayu/departures/").status_code == 404
