"""A maker's places and her certificates at the workbench."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from teahorse.trace import actions
from teahorse.trace.models import Certificate, Site
from tests import world
from tests.console.world import member
from tests.trace.goods import lot_of
from tests.trace.shelf import trade_item

pytestmark = pytest.mark.django_db
FIELD = {"kind": "field", "name": "青稞地", "area": "540524", "shown_as": "township", "height_m": "3 900"}


def at(name, org, **more):
    return reverse(f"console:{name}", kwargs={"org": org.key, **more})


@pytest.fixture
def lot(coop):
    return lot_of(trade_item(None, coop, unit="KGM"), "B1")


def paper(**more):
    day = timezone.localdate() - timedelta(days=30)
    return {"kind": "organic", "number": "有机-1", "issuer": "认证中心", "issued_date": f"{day:%F}", "valid_until": ""} | more


def test_a_place_is_written_down_and_told_anew(browser_of, seller, coop):
    browser = browser_of(seller)

    browser.post(at("sites", coop), FIELD | {"height_m": "3900", "water": "雪山水"})
    site = Site.objects.get()
    browser.post(at("site", coop, site_id=site.pk), FIELD | {"height_m": "3950", "name": "上青稞地"})
    key, site = site.key, Site.objects.get()

    assert (site.name, site.height_m, site.area.code, site.shown_as, site.key) == ("上青稞地", 3950, "540524", "township", key)
    assert "上青稞地" in browser.get(at("sites", coop)).content.decode()


@pytest.mark.parametrize(
    ("field", "typed"),
    [
        ("name", {"name": " "}),
        ("kind", {"kind": "moon"}),
        ("area", {"area": "540222"}),
        ("area", {"area": "540524999999"}),
        ("height_m", {"height_m": "nan"}),
        ("height_m", {"height_m": "9000"}),
        ("latitude", {"latitude": "29.1", "height_m": ""}),
        ("latitude", {"latitude": "99", "longitude": "91", "height_m": ""}),
        ("shown_as", {"shown_as": "point", "height_m": ""}),
    ],
)
def test_a_place_that_cannot_be_is_refused_at_its_field(browser_of, seller, coop, field, typed):
    world.area("540222")
    answer = browser_of(seller).post(at("sites", coop), FIELD | {"height_m": ""} | typed)

    assert answer.status_code == 422
    assert list(answer.context["errors"]) == [field]
    assert answer.context["typed"]["kind"] == typed.get("kind", "field")
    assert not Site.objects.exists()


def test_a_place_that_was_left_is_offered_no_more(browser_of, seller, coop):
    site = actions.add_site(owner=coop, area=coop.area, said=actions.SiteSaid(kind="field", name="地"))
    browser = browser_of(seller)

    for _ in range(2):
        browser.post(at("site_leave", coop, site_id=site.pk))

    assert "地" not in browser.get(at("sites", coop)).context["sites"].values_list("name", flat=True)
    assert Site.objects.get().left_at is not None


def test_a_certificate_is_written_down_of_a_lot(browser_of, seller, coop, lot):
    browser = browser_of(seller)

    browser.post(at("certificates", coop), paper(of=str(lot.pk)))
    again = browser.post(at("certificates", coop), paper(of=str(lot.pk)))
    made = Certificate.objects.get()

    assert ([one.pk for one in made.lots.all()], again.status_code) == ([lot.pk], 409)
    assert "有机-1" in again.content.decode()


def test_a_neighbours_lot_is_not_certified(browser_of, seller, coop):
    other = world.organisation("neighbour")
    theirs = lot_of(trade_item(None, other), "N1")

    answer = browser_of(seller).post(at("certificates", coop), paper(of=str(theirs.pk)))

    assert (answer.status_code, list(answer.context["errors"])) == (422, ["of"])
    assert not Certificate.objects.exists()


def test_a_day_that_is_none_is_refused(browser_of, seller, coop):
    answer = browser_of(seller).post(at("certificates", coop), paper(issued_date="gestern"))

    assert (answer.status_code, list(answer.context["errors"])) == (422, ["issued_date"])


def test_one_click_commits_a_lot_and_the_paper_is_printed(browser_of, seller, coop, lot):
    browser = browser_of(seller)

    for _ in range(2):
        browser.post(at("lot_commit", coop, lot_id=lot.pk))
    made = Certificate.objects.get()
    printed = browser.get(at("certificate_paper", coop, certificate_id=made.pk))

    assert printed.content.startswith(b"%PDF")
    assert made.number in browser.get(at("certificate", coop, certificate_id=made.pk)).content.decode()


def test_a_certificate_is_withdrawn_with_a_reason(browser_of, seller, coop, lot):
    made = actions.commit_lot(lot=lot, by=seller, now=timezone.now())
    browser, address = browser_of(seller), at("certificate", coop, certificate_id=made.pk)

    silent = browser.post(address, {"why": " "})
    browser.post(address, {"why": "重量写错"})

    assert silent.status_code == 422
    assert "重量写错" in browser.get(address).content.decode()


def test_a_stranger_finds_nothing(browser_of, coop, seller, lot):
    made = actions.commit_lot(lot=lot, by=seller, now=timezone.now())
    other = world.organisation("neighbour")
    stranger = browser_of(member(other, "+8619900071006"))

    there = [stranger.get(at(name, coop)).status_code for name in ("sites", "certificates")]
    here = [stranger.get(at(name, other, certificate_id=made.pk)).status_code for name in ("certificate", "certificate_paper")]

    assert there + here == [404, 404, 404, 404]
    assert stranger.post(at("lot_commit", other, lot_id=lot.pk)).status_code == 404
