"""Nothing that was accepted is forgotten: it is delivered, returned, or an open exception with who has to act."""

from datetime import timedelta

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as some

from teahorse.logistics import actions
from teahorse.logistics.exceptions import HOURS, Kind, exceptions_at
from teahorse.logistics.models import Oddity, Parcel
from tests import world

from .test_units import NOW, Road

pytestmark = pytest.mark.django_db
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


@pytest.fixture
def road(db):
    return Road()


def kinds(organisation, *, now, code=None):
    found = exceptions_at(organisation, now=now)
    return sorted(one.kind.value for one in found if code in {None, one.code} and one.kind != Kind.ODD)


def test_what_was_packed_and_never_brought_is_its_senders_to_explain(road):
    parcel = road.parcels[0]
    after = parcel.stage_at + timedelta(hours=HOURS[Kind.NOT_LEFT][0])

    before = exceptions_at(road.centre.organisation, now=after - HOUR)
    found = exceptions_at(road.centre.organisation, now=after + HOUR)

    assert before == []
    assert [(one.kind, one.owner_id, one.due_at) for one in found if one.code == parcel.number] == [
        (Kind.NOT_LEFT, parcel.sender_id, after + timedelta(hours=HOURS[Kind.NOT_LEFT][1]))
    ]


def test_what_stands_still_is_his_who_has_it_and_ends_when_it_moves(road):
    actions.record_scans(scans=road.way()[:1], now=NOW)
    parcel, later = road.parcels[0], NOW + 4 * DAY

    at_the_centre = exceptions_at(road.centre.organisation, now=later)
    actions.record_scans(scans=[road.scan(parcel, "arrived", hours=24 + 4 * 24, place=road.point)], now=later)

    assert [(one.kind, one.owner_id, one.place_id) for one in at_the_centre if one.code == parcel.number] == [
        (Kind.STILL, road.centre.organisation_id, road.centre.pk)
    ]
    assert kinds(road.centre.organisation, now=later, code=parcel.number) == []
    assert kinds(road.point.organisation, now=later + 8 * DAY) == ["unfetched"]


def test_what_lies_on_a_vehicle_is_the_vehicles_house_to_find(road):
    actions.record_scans(scans=road.way()[:7], now=NOW)

    found = exceptions_at(road.centre.organisation, now=NOW + 5 * DAY)

    assert {(one.kind, one.owner_id) for one in found} == {
        (Kind.STILL, road.centre.organisation_id),
        (Kind.UNIT_STILL, road.centre.organisation_id),
    }


def test_a_lost_one_a_refused_one_a_damaged_and_a_stopped_one_each_say_so(road):
    one, other = road.parcels
    way = [
        road.scan(one, "arrived", place=road.point),
        road.scan(one, "refused", hours=1, place=road.point),
        road.scan(one, "damaged", hours=2, place=road.point),
        road.scan(other, "arrived", place=road.point),
        road.scan(other, "lost", hours=1, place=road.point, note="架上没有"),
    ]
    actions.record_scans(scans=way, now=NOW)
    actions.stop_parcels(parcel_ids=[one.pk], why="召回")

    assert kinds(road.point.organisation, now=NOW, code=one.number) == ["damaged", "refused", "stopped"]
    assert kinds(road.point.organisation, now=NOW, code=other.number) == ["missed"]


def test_what_does_not_fit_stands_until_somebody_explains_it(road):
    scans = [road.scan("TH000000000000", "received", place=road.point)]
    actions.take_scans(scans=scans, now=NOW)
    [found] = exceptions_at(road.point.organisation, now=NOW)

    actions.explain(oddity=Oddity.objects.get(pk=found.oddity_id), explanation="去年的旧标签", by=road.operator, now=NOW)

    assert (found.kind, found.code, found.facts["kind"]) == (Kind.ODD, "TH000000000000", "unknown_code")
    assert exceptions_at(road.point.organisation, now=NOW) == []


def test_another_county_sees_nothing_of_it(road):
    elsewhere = world.organisation("centre-gyangze", kind="county_centre", code="540222")

    assert exceptions_at(road.centre.organisation, now=NOW + 9 * DAY) != []
    assert exceptions_at(elsewhere, now=NOW + 9 * DAY) == []


ACTS = (
    "received",
    "put_in",
    "taken_out",
    "loaded",
    "departed",
    "arrived",
    "handed_over",
    "refused",
    "lost",
    "found",
    "returned",
    "damaged",
)


TOLD = some.tuples(some.sampled_from(("parcel", "bag", "van")), some.sampled_from(ACTS), some.booleans(), some.integers(0, 40))


@settings(max_examples=50, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(told=some.lists(TOLD, max_size=12))
def test_whatever_is_told_each_parcel_ends_delivered_returned_or_open_with_somebody(road, told):
    things = {"parcel": road.parcels[0], "bag": road.bag, "van": road.van}
    scans = []
    for thing, act, is_there, hours in told:
        into = {"put_in": road.bag, "taken_out": road.bag, "loaded": road.van}.get(act) if thing == "parcel" else None
        into = road.van if thing == "bag" and act == "loaded" else into
        scans.append(road.scan(things[thing], act, hours=hours, place=road.point if is_there else road.centre, into=into))
    with transaction.atomic():
        for half in (scans[::2], scans[1::2]):
            actions.take_scans(scans=half, now=NOW)
        parcel = Parcel.objects.get(pk=road.parcels[0].pk)
        found = exceptions_at(road.centre.organisation, now=NOW + 30 * DAY)
        transaction.set_rollback(True)

    open_ones = [one for one in found if one.code == parcel.number and one.kind not in {Kind.ODD, Kind.DAMAGED}]
    assert (parcel.stage in {"handed_over", "returned"}) != bool(open_ones)
