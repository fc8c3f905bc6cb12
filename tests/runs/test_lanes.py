"""What a finished run leaves behind: what its ways cost, each fen once, and how long its roads took."""

from datetime import timedelta

import pytest

from teahorse.network.models import MeasuredTime, Trip
from teahorse.runs import actions
from teahorse.runs.models import Run, Stop
from teahorse.runs.queries import lane_costs
from tests.runs.fleet import DAY, Fleet, at

pytestmark = pytest.mark.django_db


@pytest.fixture
def fleet(db):
    return Fleet()


def asked(fleet):
    return lane_costs(fleet.centre, since=at(0), until=at(0) + timedelta(days=1))


def driven(fleet, outcomes=None):
    """Drive the day's run as planned, half an hour late everywhere, and return it."""
    run = fleet.released()
    for stop in fleet.stops(run):
        fleet.tell(stop, (outcomes or {}).get(stop.place, "done"), when=stop.leaves_at + timedelta(minutes=30))
    run.refresh_from_db()
    return run


def costs(run):
    """Return what a run cost, by hand."""
    stops = run.stops.filter(dropped_at=None)
    way = sum(stop.metres * run.vehicle.fen_per_km + stop.climb_m * run.vehicle.climb_fen_per_km for stop in stops) / 1000
    return run.vehicle.fixed_fen + way + (run.finished_at - run.started_at).total_seconds() * run.vehicle.driver_fen_per_hour / 3600


def test_a_run_is_shared_among_what_it_carried_by_room_and_way(fleet):
    fleet.shift()
    fleet.parcel(to=fleet.village, grams=6_000)
    fleet.parcel(here=fleet.village, grams=2_000)
    run = driven(fleet)

    found = asked(fleet)

    assert {(lane.start, lane.goal): (lane.runs, lane.things, lane.there, lane.grams) for lane in found.lanes} == {
        (None, fleet.village.pk): (1, 1, 1, 6_000),
        (fleet.village.pk, None): (1, 1, 1, 2_000),
    }
    assert [lane.fen for lane in found.lanes] == [round(costs(run) * 3 / 4), round(costs(run) / 4)]
    assert (found.all.fen, found.all.metres, found.all.runs) == (round(costs(run)), run.metres, 1)
    assert any(stop.climb_m for stop in run.stops.all())


def test_who_is_not_met_is_paid_by_those_that_are(fleet):
    fleet.shift()
    fleet.parcel(to=fleet.village)
    run = driven(fleet, {fleet.village: "not_met"})

    [lane] = asked(fleet).lanes

    assert (lane.things, lane.there, lane.fen, lane.fen_each) == (1, 0, round(costs(run)), None)


def test_a_way_for_nothing_stands_apart(fleet):
    fleet.shift()
    fleet.parcel(here=fleet.village)
    run = driven(fleet, {fleet.village: "missing"})

    found = asked(fleet)

    assert found.idle is not None
    assert (found.idle.fen, found.idle.things) == (round(costs(run)), 0)


def test_another_centres_day_and_another_time_cost_nothing_here(fleet):
    fleet.shift()
    fleet.parcel(to=fleet.village)
    driven(fleet)

    yesterday = lane_costs(fleet.centre, since=at(0) - timedelta(days=1), until=at(0))
    elsewhere = lane_costs(fleet.station, since=at(0), until=at(23))

    assert [(found.lanes, found.all.fen, found.all.runs) for found in (yesterday, elsewhere)] == [([], 0, 0)] * 2


def test_a_finished_run_tells_its_roads_how_long_they_took(fleet):
    fleet.shift()
    fleet.parcel(to=fleet.village)
    begin, call, home = fleet.stops(fleet.released())
    Stop.objects.update(rests_at=None)
    work = call.leaves_at - call.arrives_at
    back = round((timedelta(minutes=85) - work).total_seconds() / 60)

    fleet.tell(begin, when=at(8))
    fleet.tell(call, when=at(8) + timedelta(minutes=95) + work)
    assert not Trip.objects.exists()
    fleet.tell(home, when=at(11))
    fleet.tell(home, when=at(11))

    county = fleet.county
    trips = [(trip.start, trip.end, trip.minutes) for trip in Trip.objects.order_by("left_at")]
    assert [trip[:2] for trip in trips] == [
        (county.centre, county.station),
        (county.station, county.village),
        (county.village, county.station),
        (county.station, county.centre),
    ]
    assert (trips[0][2] + trips[1][2], trips[2][2] + trips[3][2]) == (95, back)
    roads = [county.over, county.beyond, county.beyond, county.over]
    learned = {(road.pk, start != road.start, minutes, 1) for road, (start, _end, minutes) in zip(roads, trips, strict=True)}
    assert set(MeasuredTime.objects.values_list("road", "is_back", "minutes", "trips")) == learned


def test_what_is_told_backwards_or_with_a_break_between_measures_nothing(fleet):
    fleet.shift()
    fleet.parcel(to=fleet.village)
    begin, call, home = fleet.stops(fleet.released())

    fleet.tell(begin, when=at(9))
    fleet.tell(call, when=at(8, 30), now=at(10))
    fleet.tell(home, when=at(23), now=at(23))

    assert not Trip.objects.exists()


def test_what_was_driven_before_a_new_plan_counts_with_what_came_after(fleet):
    fleet.shift()
    fleet.parcel(to=fleet.village)
    run = fleet.released()
    begin, call, _home = fleet.stops(run)
    fleet.tell(begin, when=at(8))
    fleet.parcel(here=fleet.station)
    actions.release_plan(plan=fleet.planned(now=at(8, 30)), by=fleet.planner, now=at(8, 30))
    for stop in fleet.stops(run):
        if stop.done_at is None:
            fleet.tell(stop, when=stop.leaves_at)

    run = Run.objects.get(pk=run.pk)
    assert (run.stage, run.begins_at.date()) == ("finished", DAY)
    assert run.metres == sum(stop.metres for stop in fleet.stops(run)) == 2 * call.metres
    assert asked(fleet).all.metres == run.metres
