"""The page of what does not go as it should."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from teahorse.logistics import actions
from teahorse.logistics.models import Oddity, Parcel
from teahorse.orders.models import PromiseDay
from tests import world
from tests.console.world import arrived, packed

pytestmark = pytest.mark.django_db


@pytest.fixture
def parcel(buyer, offer, seller, point, operator):
    made = arrived(packed(buyer, offer, seller, pickup_point=point)[1], point, operator)
    Parcel.objects.filter(pk=made.pk).update(stage_at=timezone.now() - timedelta(days=12))
    return made


def address(oddity):
    return reverse("console:exception_explain", kwargs={"org": "station-lhayu", "oddity_id": oddity.pk})


def odd(point, operator):
    scan = actions.ScanDraft(parcel_number="TH000000000000", act="received", happened_at=timezone.now(), place=point, by=operator)
    actions.take_scans(scans=[scan], now=timezone.now())
    return Oddity.objects.get(scan_id=scan.id)


def test_a_station_sees_what_it_has_to_act_on_and_finds_it_at_its_counter(browser_of, operator, parcel):
    page = browser_of(operator).get("/console/station-lhayu/exceptions/")

    [row] = page.context["rows"]
    assert (row["it"].kind, row["is_overdue"], page.context["overdue"]) == ("unfetched", True, 1)
    assert browser_of(operator).get(row["href"]).context["parcel"] == parcel
    assert "ways" not in page.context


def test_a_centre_sees_its_county_with_its_promises_and_leads_to_the_order(browser_of, reviewer, parcel):
    PromiseDay.objects.create(day=timezone.localdate(), origin_code="540524", destination_code="310104", promised=8, kept=7)

    page = browser_of(reviewer).get("/console/centre-qonggyai/exceptions/")

    [row] = page.context["rows"]
    assert (row["owner"].key, page.context["kept_percent"], page.context["promised"]) == ("station-lhayu", 87, 8)
    assert browser_of(reviewer).get(row["href"]).status_code == 200


def test_kinds_and_numbers_narrow_it_and_nothing_found_is_said(browser_of, operator, parcel, point):
    odd(point, operator)
    look = browser_of(operator).get

    assert len(look("/console/station-lhayu/exceptions/").context["rows"]) == 2
    assert [row["it"].kind for row in look("/console/station-lhayu/exceptions/?kind=odd").context["rows"]] == ["odd"]
    assert [row["it"].code for row in look(f"/console/station-lhayu/exceptions/?q={parcel.number.lower()}").context["rows"]] == [
        parcel.number
    ]
    assert look("/console/station-lhayu/exceptions/?q=nothing").context["rows"] == []


def test_what_does_not_fit_is_explained_with_a_word_and_nothing_typed_is_lost(browser_of, operator, point):
    oddity = odd(point, operator)
    post = browser_of(operator).post

    short = post(address(oddity), {"explanation": "旧"})
    said = post(address(oddity), {"explanation": "去年的旧标签"})

    assert (short.status_code, short.context["rows"][0]["typed"], bool(short.context["rows"][0]["fault"])) == (422, "旧", True)
    assert said.status_code == 302
    assert Oddity.objects.get(pk=oddity.pk).explanation == "去年的旧标签"
    assert browser_of(operator).get("/console/station-lhayu/exceptions/").context["rows"] == []


def test_nobody_explains_what_is_anothers(browser_of, operator, point):
    other = world.service_point("station-other", kind="township_station", level="station", code="540524200")
    oddity = odd(other, operator)

    assert browser_of(operator).post(address(oddity), {"explanation": "不是我们的"}).status_code == 404


def test_the_menu_says_how_many_there_are_and_beside_the_list_what_the_list_says(browser_of, operator, parcel, point):
    def told(page):
        return {entry["href"].split("/")[-2]: entry["count"] for entry in page.context["nav"]}["exceptions"]

    before = told(browser_of(operator).get("/console/station-lhayu/parcels/"))
    odd(point, operator)

    assert before == 1
    assert told(browser_of(operator).get("/console/station-lhayu/exceptions/")) == 2
