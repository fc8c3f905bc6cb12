"""Roads, closures, shortest ways and timetables, worked by hand."""

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as some

from teahorse.common.times import HOME
from teahorse.network.rules import roads, timetables, ways
from teahorse.network.rules.closing import Closed, Season, closed_at, closed_by_season, opens_at
from teahorse.network.rules.ways import Way, Ways

NOON = datetime(2026, 8, 19, 12, tzinfo=HOME)  # a Wednesday
CENTRE, STATION, VILLAGE, AIRPORT, CITY = (UUID(int=number) for number in range(1, 6))


def closed(name="雪山口", *, begins=NOON, ends=None):
    return Closed(name, "snow", begins, ends)


def both(start, end, minutes, *closures, metres=1000, is_narrow=False):
    road = UUID(int=start.int * 100 + end.int)
    return [Way(road, first, last, metres, minutes, 0, is_narrow, closures=closures) for first, last in ((start, end), (end, start))]


def test_a_road_is_longer_than_the_birds_way_by_its_relief():
    bird = roads.great_circle_m(29.0, 91.0, 29.0, 92.0)

    assert round(bird) == 97_253
    assert roads.road_factor(0) == 1.19
    assert roads.road_factor(1000) == 1.9
    assert roads.estimated_metres(100_000, climbed_m=2000) == 134_400


def test_a_pass_above_both_ends_is_climbed_from_both_sides():
    assert roads.climbs_m(3800, 4200) == (400, 0)
    assert roads.climbs_m(3800, 4200, highest_m=5000) == (1200, 800)


@pytest.mark.parametrize(
    ("more", "minutes"),
    [({}, 120), ({"climb_m": 1500}, 180), ({"passes": 2}, 150), ({"in_winter": True}, 138), ({"climb_m": 750, "passes": 1}, 165)],
)
def test_class_climb_passes_and_winter_take_time(more, minutes):
    assert roads.estimated_minutes(80_000, road_class="county", **{"climb_m": 0, **more}) == minutes


def test_what_was_entered_goes_before_what_was_measured_and_that_before_the_estimate():
    assert roads.taken(entered=3, measured=2, estimated=1) == roads.Taken(3, "entered")
    assert roads.taken(entered=None, measured=2, estimated=1) == roads.Taken(2, "measured")
    assert roads.taken(entered=None, estimated=1) == roads.Taken(1, "estimated")


def test_a_season_goes_over_new_year_with_both_its_days():
    season = Season((11, 20), (3, 31))

    def at(year, month, day, hour=12):
        moment = datetime(year, month, day, hour, tzinfo=HOME)
        return closed_at(closed_by_season(season, name="雪山口", moment=moment, home=HOME), moment)

    assert at(2026, 11, 19, 23) is None
    assert at(2026, 11, 20, 0).ends_at == datetime(2027, 4, 1, tzinfo=HOME)
    assert at(2027, 3, 31, 23).begins_at == datetime(2026, 11, 20, tzinfo=HOME)
    assert at(2027, 4, 1, 0) is None


@pytest.mark.parametrize(("year", "last"), [(2027, 1), (2028, 1)])
def test_a_season_until_a_day_that_the_month_has_not_ends_with_the_month(year, last):
    found = closed_by_season(Season((1, 10), (2, 30)), name="雪山口", moment=datetime(year, 2, 1, tzinfo=HOME), home=HOME)

    assert found[1].ends_at == datetime(year, 3, last, tzinfo=HOME)


def test_a_way_opens_when_the_last_closure_ends_and_nobody_knows_when_one_has_no_end():
    first = closed(ends=NOON + timedelta(hours=2))
    second = closed(begins=NOON + timedelta(hours=1), ends=NOON + timedelta(hours=5))

    assert opens_at([second, first], NOON) == NOON + timedelta(hours=5)
    assert opens_at([first, closed()], NOON) is None
    assert opens_at([closed(begins=NOON + timedelta(hours=1))], NOON) == NOON


def test_the_quickest_way_avoids_what_is_closed_and_what_is_too_narrow():
    known = Ways.of([*both(CENTRE, STATION, 60, closed()), *both(CENTRE, VILLAGE, 50, is_narrow=True), *both(VILLAGE, STATION, 50)])

    def minutes(found):
        return ways.chains_from(found, CENTRE).get(STATION, ways.Chain()).minutes

    assert minutes(known) == 60
    assert minutes(known.passable(NOON)) == 100
    assert minutes(known.passable(NOON - timedelta(minutes=1))) == 60
    assert minutes(known.passable(NOON, avoid_narrow=True)) == 0


def test_a_table_has_a_chain_for_each_pair_and_none_where_nothing_leads():
    found = ways.table(Ways.of([*both(CENTRE, STATION, 60), *both(STATION, VILLAGE, 30, metres=700)]), [CENTRE, VILLAGE, CITY])

    assert [[chain and (chain.metres, chain.minutes) for chain in row] for row in found] == [
        [(0, 0), (1700, 90), None],
        [(1700, 90), (0, 0), None],
        [None, None, (0, 0)],
    ]


@given(some.lists(some.tuples(some.integers(0, 7), some.integers(0, 7), some.integers(1, 50)), max_size=20))
def test_the_quickest_chain_is_as_quick_as_trying_all(edges):
    nodes = [UUID(int=number) for number in range(8)]
    best = {(a, b): 0 if a == b else 10**6 for a in range(8) for b in range(8)}
    for start, end, minutes in edges:
        best[start, end] = min(best[start, end], minutes)
        best[end, start] = min(best[end, start], minutes)
    for over in range(8):
        for start in range(8):
            for end in range(8):
                best[start, end] = min(best[start, end], best[start, over] + best[over, end])

    found = ways.table(Ways.of(way for start, end, minutes in edges for way in both(nodes[start], nodes[end], minutes)), nodes)

    for (start, end), minutes in best.items():
        chain = found[start][end]
        assert (chain.minutes if chain else 10**6) == minutes
        if chain is not None:
            assert sum(way.minutes for way in chain.ways) == minutes
            assert all(one.end == other.start for one, other in pairwise(chain.ways))


def test_a_node_is_cut_off_since_its_last_way_was_cut():
    early, late = closed("甲", begins=NOON - timedelta(days=9)), closed("乙", begins=NOON - timedelta(days=2))
    known = Ways.of(
        [*both(CENTRE, STATION, 60, early), *both(CENTRE, STATION, 90, late), *both(STATION, VILLAGE, 30), *both(CENTRE, CITY, 5)]
    )

    assert ways.cut_off(known, CENTRE, moment=NOON) == [ways.CutOff(STATION, late), ways.CutOff(VILLAGE, late)]
    assert ways.cut_off(known, CENTRE, moment=NOON - timedelta(days=5)) == []


@pytest.mark.parametrize(("near", "far"), [(9, 2), (2, 9)])
def test_a_way_is_cut_since_the_first_of_its_closures(near, far):
    closures = {days: closed(str(days), begins=NOON - timedelta(days=days)) for days in (near, far)}
    known = Ways.of([*both(CENTRE, STATION, 60, closures[near]), *both(STATION, VILLAGE, 30, closures[far])])

    since = {one.node: one.closed.name for one in ways.cut_off(known, CENTRE, moment=NOON)}

    assert since == {STATION: str(near), VILLAGE: "9"}


def flight(**more):
    calls = (timetables.Call(AIRPORT, 600, 600, 90), timetables.Call(CITY, 720, 720))
    return timetables.Line(UUID(int=9), "航班", "flight", calls, **{"weekdays": frozenset({1, 2, 4, 5, 6}), **more})


def test_a_line_leaves_on_its_weekdays_while_it_is_valid():
    summer = flight(valid_from=date(2026, 8, 18), valid_to=date(2026, 8, 21))
    days = [date(2026, 8, day) for day in range(17, 24) if timetables.departures(summer, date(2026, 8, day), home=HOME)]

    assert days == [date(2026, 8, 18), date(2026, 8, 20), date(2026, 8, 21)]


def test_what_comes_after_the_cutoff_waits_for_the_next_departure():
    def leaves(ready_at):
        return next(timetables.next_departures(flight(), call=0, ready_at=ready_at, home=HOME)).departs_at

    assert leaves(datetime(2026, 8, 20, 8, 30, tzinfo=HOME)) == datetime(2026, 8, 20, 10, tzinfo=HOME)
    assert leaves(datetime(2026, 8, 20, 8, 31, tzinfo=HOME)) == datetime(2026, 8, 21, 10, tzinfo=HOME)


def test_a_second_days_call_is_boarded_on_a_departure_of_the_day_before():
    night = timetables.Line(
        UUID(int=8),
        "夜班",
        "truck",
        (timetables.Call(CENTRE, 0, 1200), timetables.Call(STATION, 1800, 1830), timetables.Call(CITY, 2000, 2000)),
    )

    found = next(timetables.next_departures(night, call=1, ready_at=datetime(2026, 8, 20, 6, 0, tzinfo=HOME), home=HOME))

    assert found.departs_at == datetime(2026, 8, 20, 6, 30, tzinfo=HOME)


def arrival(known, lines, *, goal=CITY, at=NOON):
    running = timetables.over_roads(lines, known)
    return timetables.earliest_arrival(known, running, start=CENTRE, goal=goal, ready_at=at, home=HOME)


def test_goods_go_by_road_and_then_by_the_next_flight():
    legs = arrival(Ways.of(both(CENTRE, AIRPORT, 100)), [flight()])

    assert [(leg.start, leg.end, leg.line is not None) for leg in legs] == [(CENTRE, AIRPORT, False), (AIRPORT, CITY, True)]
    assert legs[-1].arrives_at == datetime(2026, 8, 20, 12, tzinfo=HOME)


def test_a_pass_that_opens_is_waited_for_and_one_until_further_notice_is_not():
    opens = NOON + timedelta(days=3)
    waiting = arrival(Ways.of(both(CENTRE, AIRPORT, 100, closed(ends=opens))), [flight()])

    assert (waiting[0].departs_at, waiting[0].waited_for.name) == (opens, "雪山口")
    assert waiting[-1].arrives_at == datetime(2026, 8, 24, 12, tzinfo=HOME)  # Saturday's cut-off is past, Sunday none leaves
    assert arrival(Ways.of(both(CENTRE, AIRPORT, 100, closed())), [flight()]) is None


def test_a_truck_does_not_leave_over_a_closed_pass_and_flies_over_nothing():
    calls = (timetables.Call(CENTRE, 840, 840, 60), timetables.Call(CITY, 1000, 1000))
    truck = timetables.Line(UUID(int=7), "干线", "truck", calls)
    known = Ways.of(both(CENTRE, CITY, 10_000, closed(ends=NOON + timedelta(days=1))))
    flown = timetables.Line(UUID(int=6), "航班", "flight", calls)

    by_truck, by_air = arrival(known, [truck]), arrival(known, [flown])

    assert by_truck[0].departs_at == datetime(2026, 8, 20, 14, tzinfo=HOME)
    assert by_truck[0].waited_for.name == "雪山口"
    assert (by_air[0].departs_at, by_air[0].waited_for) == (datetime(2026, 8, 19, 14, tzinfo=HOME), None)


def test_goods_that_are_there_need_no_leg():
    assert arrival(Ways(), [], goal=CENTRE, at=datetime(2026, 8, 19, tzinfo=UTC)) == ()
