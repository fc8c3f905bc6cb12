"""Passes that close and open in the middle of a day: who is on the road, who has not set out yet, and what is left."""

import pytest

from teahorse.network.actions import close_ways
from teahorse.runs import actions
from teahorse.runs.models import Stop
from tests.runs.fleet import Fleet, at

pytestmark = pytest.mark.django_db


@pytest.fixture
def fleet():
    made = Fleet()
    made.shift()
    return made


def close(fleet, *, begins, ends=None, now):
    close_ways(passes=[fleet.county.snow], reason="snow", begins_at=begins, ends_at=ends, by=fleet.planner, now=now)


def left(plan):
    return [(one["reason"], one["by"]) for one in plan.left]


def minutes_over_the_pass(fleet):
    return next(way.minutes for way in fleet_ways(fleet).leaving[fleet.county.centre.pk])


def fleet_ways(fleet):
    from teahorse.network import queries

    return queries.ways(moment=at(7))


def test_whoever_drives_towards_a_pass_that_closes_turns_back_and_her_goods_say_why_they_wait(fleet):
    parcel = fleet.parcel(to=fleet.village)
    run = fleet.released()
    begin, _call, _end = fleet.stops(run)
    fleet.tell(begin, when=at(8, 30))
    close(fleet, begins=at(9), now=at(9))

    plan = fleet.planned(now=at(9))
    actions.release_plan(plan=plan, by=fleet.planner, now=at(9, 5))

    assert (plan.state, left(plan)) == ("drafted", [("cut off", "雪山口")])
    assert [(stop.kind, stop.place) for stop in fleet.stops(run)] == [("set_out", fleet.centre), ("come_home", fleet.centre)]
    fleet.tell(fleet.stops(run)[-1], when=at(9, 40))
    run.refresh_from_db()
    assert run.stage == "finished"
    parcel.refresh_from_db()
    assert parcel.held_by == fleet.centre


def test_whoever_would_not_be_back_before_a_road_closes_turns_back_too(fleet):
    fleet.parcel(to=fleet.village)
    run = fleet.released()
    fleet.tell(fleet.stops(run)[0], when=at(8, 30))
    close(fleet, begins=at(13), now=at(9))

    plan = fleet.planned(now=at(9))

    assert plan.asked["turned_back"] == [str(fleet.van.pk)]
    assert left(plan) == [("window cannot be met", "雪山口")]


def test_who_turns_back_to_the_centre_loads_there_for_where_a_way_is_open(fleet):
    fleet.parcel(to=fleet.village)
    run = fleet.released()
    fleet.tell(fleet.stops(run)[0], when=at(8, 10))
    road = fleet.county.beyond
    close_ways(roads=[road], reason="landslide", begins_at=at(8, 20), by=fleet.planner, now=at(8, 20))
    late = fleet.parcel(to=fleet.station)

    plan = fleet.planned(now=at(8, 20))
    actions.release_plan(plan=plan, by=fleet.planner, now=at(8, 21))

    stops = fleet.stops(run)
    assert [stop.kind for stop in stops] == ["set_out", "reload", "call", "come_home"]
    assert [one.code for one in stops[1].handlings.all()] == [late.number]
    assert Stop.objects.filter(run=run, dropped_at__isnull=False).count() == 2


def test_whoever_is_so_late_that_her_shift_is_over_comes_home_all_the_same(fleet):
    fleet.parcel(to=fleet.village)
    run = fleet.released()
    fleet.tell(fleet.stops(run)[0], when=at(8, 30))
    close(fleet, begins=at(8, 40), ends=at(12, 30), now=at(8, 40))
    late = fleet.parcel(to=fleet.station)

    plan = fleet.planned(now=at(8, 45))

    assert [(one["codes"], one["reason"]) for one in plan.left] == [([late.number], "shift too short")]
    assert plan.plan["runs"][0]["stops"][-1]["arrives_s"] > 18 * 3600


def test_whoever_is_behind_a_pass_that_closes_goes_on_there_and_stays_with_what_is_for_the_centre(fleet):
    near, far = fleet.parcel(to=fleet.station), fleet.parcel(to=fleet.village)
    home = fleet.parcel(here=fleet.station)
    run = fleet.released()
    at_station = next(stop for stop in fleet.stops(run) if stop.place == fleet.station)
    fleet.tell(fleet.stops(run)[0], when=at(8, 30))
    fleet.tell(at_station, when=at(11))
    close(fleet, begins=at(11), now=at(11))

    plan = fleet.planned(now=at(11, 5))
    actions.release_plan(plan=plan, by=fleet.planner, now=at(11, 6))

    assert left(plan) == [("its vehicle cannot come home", "藏CT0001")]
    assert plan.left[0]["codes"] == [home.number]
    ends = fleet.stops(run)[-1]
    assert (ends.kind, ends.place) == ("come_home", fleet.village)
    assert [one.code for stop in fleet.stops(run) for one in stop.handlings.filter(doing="deliver")] == [near.number, far.number]


def test_a_pass_that_will_close_is_crossed_back_before_and_one_that_closes_too_soon_is_not_gone_over(fleet):
    fleet.parcel(to=fleet.village)
    close(fleet, begins=at(17), now=at(6))

    run = fleet.given_out(fleet.planned())

    call = next(stop for stop in fleet.stops(run) if stop.place == fleet.village)
    behind = next(way.minutes for way in fleet_ways(fleet).leaving[fleet.county.village.pk])
    assert (at(17) - call.leaves_at).total_seconds() >= 60 * (behind + minutes_over_the_pass(fleet))

    close(fleet, begins=at(10), now=at(6))
    soon = fleet.planned()
    assert left(soon) == [("window cannot be met", "雪山口")]
    assert not soon.plan["runs"]


def test_a_pass_that_opens_in_the_morning_is_waited_for(fleet):
    fleet.parcel(to=fleet.village)
    close(fleet, begins=at(4), ends=at(10), now=at(6))

    plan = fleet.planned()

    assert plan.left == []
    call = next(stop for stop in fleet.stops(fleet.given_out(plan)) if stop.place == fleet.village)
    assert (call.leaves_at - at(10)).total_seconds() >= 60 * minutes_over_the_pass(fleet)


def test_a_closed_road_is_called_by_its_ends(fleet):
    fleet.parcel(to=fleet.village)
    close_ways(roads=[fleet.county.over], reason="landslide", begins_at=at(6), by=fleet.planner, now=at(6))

    over = fleet.county.over
    assert left(fleet.planned()) == [("cut off", f"{over.start.name} – {over.end.name}")]
