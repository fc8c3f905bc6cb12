"""The network as tables know it: figures that hold, closures, who is cut off."""

from datetime import datetime, timedelta
from uuid import UUID

import pytest
from django.db import DatabaseError, IntegrityError, transaction

from teahorse.common.times import HOME
from teahorse.network import actions, queries
from teahorse.network.events import WaysClosed, WaysOpened
from teahorse.network.models import Closure, Lifting, MeasuredTime, Road, Trip
from tests import world
from tests.network.world import County

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 8, 18, 8, tzinfo=HOME)  # a Tuesday


@pytest.fixture
def county(db):
    return County()


@pytest.fixture
def announced(monkeypatch):
    told = []
    monkeypatch.setattr("teahorse.network.actions.closing.announce", told.append)
    return told


def close(county, *, begins=NOW, ends=None):
    return actions.close_ways(passes=[county.snow], reason=Closure.Reason.SNOW, begins_at=begins, ends_at=ends, by=world.person(), now=NOW)


def way(county, *, back=False, moment=NOW):
    start, end = (county.station, county.centre) if back else (county.centre, county.station)
    return next(one for one in queries.ways(moment=moment).leaving[start.pk] if one.end == end.pk)


def trips(county, *minutes, start=None, at=NOW, first=0):
    leaving = start or county.centre
    arriving = county.station if leaving == county.centre else county.centre
    actions.record_trips(
        trips=[actions.Observed(leaving, arriving, at, each, UUID(int=first + number)) for number, each in enumerate(minutes, 1)]
    )


def test_a_road_is_estimated_from_its_ends_and_its_pass(county):
    there, back = way(county), way(county, back=True)

    assert (there.climb_m, back.climb_m) == (1200, 900)
    assert (there.metres, there.metres_source) == (59_799, "estimated")
    assert (there.minutes, back.minutes, there.minutes_source) == (153, 141, "estimated")
    assert way(county, moment=datetime(2026, 12, 18, tzinfo=HOME)).minutes == 176


def test_five_trips_of_a_season_and_direction_replace_the_estimate(county):
    trips(county, 100, 110, 120, 500)
    of_four = way(county)
    trips(county, 130, first=10)

    assert of_four.minutes_source == "estimated"
    assert (way(county).minutes, way(county).minutes_source) == (120, "measured")
    assert way(county, back=True).minutes_source == "estimated"
    assert way(county, moment=NOW + timedelta(days=120)).minutes_source == "estimated"


def test_the_same_trip_twice_is_one(county):
    trips(county, 100, 110)
    trips(county, 100, 110)

    assert Trip.objects.count() == 2
    assert MeasuredTime.objects.get().trips == 2


def test_what_was_entered_by_hand_goes_before_all_else(county):
    trips(county, 100, 110, 120, 130, 140)
    actions.enter_road(road=county.over, metres=70_000, minutes=95)
    entered = way(county)
    actions.enter_road(road=county.over, metres=None, minutes=None)

    assert (entered.metres, entered.metres_source, entered.minutes, entered.minutes_source) == (70_000, "entered", 95, "entered")
    assert way(county).minutes_source == "measured"


def test_a_road_is_written_once_and_leads_somewhere(county):
    with pytest.raises(IntegrityError, match="one_road_between_two_nodes"), transaction.atomic():
        actions.lay_road(start=county.station, end=county.centre, road_class="county")
    with pytest.raises(actions.LeadsNowhere):
        actions.lay_road(start=county.station, end=county.station, road_class="county")

    assert Road.objects.count() == 2


def test_a_closed_pass_cuts_off_what_lies_behind_it_and_the_line_over_it(county, announced):
    closure = close(county)[0]

    found = queries.who_is_cut_off(centre=county.centre, moment=NOW + timedelta(hours=1))

    assert [(one.node, one.closed.name, one.closed.begins_at) for one in found.nodes] == [
        (county.station.pk, "雪山口", NOW),
        (county.village.pk, "雪山口", NOW),
    ]
    assert [(one.line, one.behind) for one in found.lines] == [(county.loop.pk, county.centre.pk)]
    assert announced == [WaysClosed(closure_ids=(closure.pk,))]


def test_distances_avoid_what_is_closed_and_narrow(county):
    nodes = [county.centre, county.village]
    is_open = queries.distances(nodes, moment=NOW)[0][1]
    close(county, begins=NOW + timedelta(days=1))

    assert len(is_open.ways) == 2
    assert queries.distances(nodes, moment=NOW)[0][1] is not None
    assert queries.distances(nodes, moment=NOW, avoid_narrow=True)[0][1] is None
    assert queries.distances(nodes, moment=NOW + timedelta(days=1))[0][1] is None


def test_a_lifted_closure_is_over_and_is_lifted_once(county, announced):
    closure = close(county)[0]
    later = NOW + timedelta(hours=5)
    actions.lift_closures(closures=[closure], by=world.person(), now=later)

    with pytest.raises(actions.IsOpenAlready):
        actions.lift_closures(closures=[closure], by=world.person(), now=later)

    assert queries.who_is_cut_off(centre=county.centre, moment=later) == queries.CutOffNow([], [])
    assert Lifting.objects.count() == 1
    assert announced[1:] == [WaysOpened(closure_ids=(closure.pk,))]


def test_a_closure_that_has_ended_is_not_lifted(county):
    closure = close(county, ends=NOW + timedelta(hours=1))[0]

    with pytest.raises(actions.IsOpenAlready):
        actions.lift_closures(closures=[closure], by=world.person(), now=NOW + timedelta(hours=1))

    assert Lifting.objects.count() == 0


def test_what_was_told_of_a_pass_stays_told(county):
    closure = close(county)[0]

    with pytest.raises(DatabaseError, match="closures_are_never_changed"), transaction.atomic():
        Closure.objects.filter(pk=closure.pk).update(note="")


def test_a_pass_that_closes_by_season_is_closed_without_anybody_saying_so(db):
    county = County(closes=("11-20", "03-31"))
    winter = datetime(2026, 12, 24, tzinfo=HOME)

    assert queries.who_is_cut_off(centre=county.centre, moment=NOW).nodes == []
    assert [one.closed.reason for one in queries.who_is_cut_off(centre=county.centre, moment=winter).nodes] == ["season", "season"]


def test_goods_wait_for_the_pass_and_the_leg_says_so(county):
    opens = NOW + timedelta(days=2)
    close(county, ends=opens)

    legs = queries.first_arrival(start=county.centre, goal=county.village, ready_at=NOW)

    assert [leg.road for leg in legs] == [county.over.pk, county.beyond.pk]
    assert (legs[0].departs_at, legs[0].waited_for.ends_at) == (opens, opens)


def test_who_is_cut_off_takes_as_many_queries_however_many_roads_there_are(county, django_assert_num_queries):
    with django_assert_num_queries(2):  # the lines and their calls; the ways go past Django's own cursor, once
        queries.who_is_cut_off(centre=county.centre, moment=NOW)
