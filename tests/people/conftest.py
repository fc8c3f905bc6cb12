"""A small network: a region centre, two counties with centres, sellers, a station and a point."""

from types import SimpleNamespace

import pytest
from django.core.cache import cache

from teahorse.people import actions
from teahorse.people.models import Organisation, Person, ServicePoint
from teahorse.places.models import Area, area_id

LEVELS = {2: "region", 4: "prefecture", 6: "county", 9: "township", 12: "village"}


@pytest.fixture(autouse=True)
def _limits_start_anew(request):
    """The limits are counted in the database; a test that does not touch it counts nothing."""
    if request.node.get_closest_marker("django_db") or "db" in request.fixturenames:
        request.getfixturevalue("_django_db_helper")
        cache.clear()


@pytest.fixture
def person(db):
    """Make a person; her phone is the next one of the demo's numbers."""

    def make(name="卓玛", **more):
        phone = f"+86199000{Person.objects.count() + 10:05}"
        return Person.objects.create(**{"phone": phone, "name": name, "is_phone_verified": True, **more})

    return make


@pytest.fixture
def network(db):
    """Qonggyai (540524) with its centre, a cooperative, a station and a point; Coqen (542527) with its own; the region; Deqen."""

    def area(code):
        return Area.objects.get_or_create(id=area_id(code), defaults={"code": code, "level": LEVELS[len(code)], "name": code})[0]

    def organisation(key, kind, code):
        return Organisation.objects.create(key=key, kind=kind, name=key, area=area(code), county_id=area_id(code[:6]))

    return SimpleNamespace(
        area=area,
        organisation=organisation,
        region_centre=organisation("region-centre", "region_centre", "540102"),
        centre=organisation("centre-qonggyai", "county_centre", "540524"),
        cooperative=organisation("coop-sailong", "cooperative", "540524200"),
        company=organisation("company-wine", "company", "540524"),
        station=organisation("station-lhayu", "township_station", "540524201"),
        point=organisation("point-dechen", "village_point", "540524201203"),
        other_centre=organisation("centre-coqen", "county_centre", "542527"),
        other_cooperative=organisation("coop-coqen", "cooperative", "542527100"),
        deqen_cooperative=organisation("coop-deqen", "cooperative", "533422"),
    )


@pytest.fixture
def member_of(person, now):
    """Make a person who is a member of an organisation."""

    def make(organisation, role="staff"):
        somebody = person()
        actions.give_membership(person=somebody, organisation=organisation, role=role, now=now)
        return somebody

    return make


@pytest.fixture
def service_point():
    def make(organisation, **more):
        values = {"level": "point", "name": organisation.key, "area": organisation.area, "county_id": organisation.county_id}
        return ServicePoint.objects.create(organisation=organisation, **{**values, **more})

    return make
