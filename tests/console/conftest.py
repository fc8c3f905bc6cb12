"""A cooperative with goods and a buyer, a station, a centre, and a browser for each."""

import pytest
from django.conf import settings
from django.test import Client

from tests import world
from tests.console.world import member


@pytest.fixture(autouse=True)
def _plain_static_files(settings):
    """Pages need no collected files in tests."""
    settings.STATIC_ROOT.mkdir(parents=True, exist_ok=True)
    settings.STORAGES = {**settings.STORAGES, "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}}


@pytest.fixture
def coop(db):
    return world.organisation("coop-dorje", kind="cooperative")


@pytest.fixture
def centre(db):
    return world.organisation("centre-qonggyai", kind="county_centre")


@pytest.fixture
def region(db):
    return world.organisation("region", kind="region_centre", code="540102")


@pytest.fixture
def point(db):
    return world.service_point("station-lhayu", kind="township_station", level="station", code="540524201")


@pytest.fixture
def seller(coop):
    return member(coop, "+8619900071001", name="掌柜")


@pytest.fixture
def reviewer(centre):
    return member(centre, "+8619900071002", name="审核员")


@pytest.fixture
def officer(region):
    return member(region, "+8619900071006", name="地区")


@pytest.fixture
def operator(point):
    return member(point.organisation, "+8619900071003", name="站长")


@pytest.fixture
def own_sealing_keys(tmp_path, monkeypatch):
    """What a test seals opens with keys of its own."""
    monkeypatch.setenv("TEAHORSE_DATA", str(tmp_path))


@pytest.fixture
def settling_desk(browser_of, region):
    """Return the browser of who settles at the region's centre."""
    return browser_of(member(region, "+8619900071091", name="结算员"))


@pytest.fixture
def buyer(db):
    return world.person("+8619900071009", name="买家")


@pytest.fixture
def offer(coop):
    return world.offer(coop, title="青稞酒", on_hand=10)


@pytest.fixture
def browser_of():
    """Return a browser in which a person is logged in."""

    def browser(person) -> Client:
        client = Client(headers={"accept-language": "en"})
        client.force_login(person, backend=settings.AUTHENTICATION_BACKENDS[0])
        return client

    return browser


@pytest.fixture
def house(browser_of, officer):
    """The region's centre at its browser."""
    return browser_of(officer)
