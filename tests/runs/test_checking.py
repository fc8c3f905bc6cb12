from dataclasses import replace

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from teahorse.runs.planning import planner
from teahorse.runs.planning.checking import PlanDoesNotHold, faults_of
from teahorse.runs.planning.inserting import cost_of_ways, greedy, repaired, shaken
from teahorse.runs.planning.model import Rest
from teahorse.runs.planning.plan import Plan, plan_of
from teahorse.runs.planning.planner import plan_day
from teahorse.runs.planning.seeding import seeded
from teahorse.runs.planning.sheet import NEVER, Sheet
from tests.runs.county import HOUR, MINUTE, NOON_REST, PLACES, ROUNDS, a_day, carry, collect, deliver, van

DAY = a_day(
    [
        deliver("rice", "near", (8, 12)),
        collect("wool", "far"),
        carry("post", "near", "far"),
        deliver("milk", "near", is_cold=True, locked_to="second"),
        deliver("salt", "beyond", leave_fen=0),
    ],
    van("first", rest=NOON_REST),
    van("second", cold_cm3=50_000, most_trips=2),
)
SHEET = Sheet(DAY)
WAYS = [[1, 4, 5, 2], [7]]
GOOD = plan_of(SHEET, WAYS)


def changed(run: int, at: int, **figures) -> Plan:
    stops = list(GOOD.runs[run].stops)
    stops[at] = replace(stops[at], **figures)
    runs = list(GOOD.runs)
    runs[run] = replace(runs[run], stops=tuple(stops))
    return replace(GOOD, runs=tuple(runs))


def test_a_plan_that_holds_has_no_fault():
    assert faults_of(DAY, GOOD) == []


@pytest.mark.parametrize(
    ("plan", "rule"),
    [
        (changed(0, 0, leaves_s=7 * HOUR), "shift"),
        (changed(0, 1, arrives_s=GOOD.runs[0].stops[1].arrives_s - 1), "way"),
        (changed(0, 1, begins_s=13 * HOUR, leaves_s=13 * HOUR + 600), "window"),
        (changed(0, 1, leaves_s=GOOD.runs[0].stops[1].begins_s + 599), "service"),
        (changed(0, 1, begins_s=GOOD.runs[0].stops[1].arrives_s - 1), "service"),
        (changed(0, 1, metres=9_999), "way"),
        (changed(0, 0, grams=0), "capacity"),
        (changed(0, 1, place="far"), "place"),
        (changed(0, 1, task="wool"), "once"),
        (changed(1, 1, task="rice"), "once"),
        (changed(0, 0, place="near"), "shape"),
        (changed(0, 0, doing="reload"), "shape"),
        (replace(GOOD, left=()), "pair"),
        (replace(GOOD, left=("salt", "rice"), left_fen=50_000), "pair"),
        (replace(GOOD, left_fen=1), "cost"),
        (replace(GOOD, runs=(*GOOD.runs, GOOD.runs[0])), "vehicle"),
        (replace(GOOD, runs=(replace(GOOD.runs[0], vehicle="second"), replace(GOOD.runs[1], vehicle="first"))), "lock"),
        (replace(GOOD, runs=(replace(GOOD.runs[0], vehicle="nobody's"), GOOD.runs[1])), "vehicle"),
        (changed(0, 1, task="nobody's"), "task"),
    ],
)
def test_what_cannot_be_is_found(plan, rule):
    assert rule in {fault.rule for fault in faults_of(DAY, plan)}


def test_goods_are_brought_only_after_they_were_fetched():
    stops = list(GOOD.runs[0].stops)
    stops[2], stops[3] = stops[3], stops[2]

    faults = faults_of(DAY, replace(GOOD, runs=(replace(GOOD.runs[0], stops=tuple(stops)), GOOD.runs[1])))

    assert "order" in {fault.rule for fault in faults}


def test_a_rest_that_is_not_taken_or_at_the_wrong_time_is_found():
    tasks = [deliver("rice", "near", (8, 9)), deliver("salt", "far", (15, 16))]
    day = a_day(tasks, van(rest=NOON_REST))
    plan = plan_of(Sheet(day), [[1, 3]])
    (run,) = plan.runs
    at = next(number for number, stop in enumerate(run.stops) if stop.rests_s is not None)

    def rested(moment):
        stops = [replace(stop, rests_s=moment) if number == at else stop for number, stop in enumerate(run.stops)]
        return {fault.rule for fault in faults_of(day, replace(plan, runs=(replace(run, stops=tuple(stops)),)))}

    assert rested(run.stops[at].rests_s) == set()
    assert rested(None) == {"rest"}
    assert rested(14 * HOUR) == {"rest"}


def test_more_aboard_than_fits_is_found():
    small = replace(DAY.vehicles[0], grams=9_000)
    day = replace(DAY, vehicles=(small, DAY.vehicles[1]))

    assert "capacity" in {fault.rule for fault in faults_of(day, GOOD)}


def test_a_vehicle_that_is_out_has_to_come_home():
    day = replace(DAY, vehicles=(*DAY.vehicles, van("third", is_out=True)))

    assert [(fault.rule, fault.vehicle) for fault in faults_of(day, GOOD)] == [("vehicle", "third")]


def test_a_plan_with_a_fault_is_never_given_out(monkeypatch):
    monkeypatch.setattr(planner, "plan_of", lambda _sheet, _ways: replace(GOOD, left_fen=1))

    with pytest.raises(PlanDoesNotHold):
        plan_day(DAY, seconds=0.2)


windows = st.sampled_from(((), ((8, 10),), ((11, 12.5),), ((15, 17),), ((8, 9), (13, 14)), ((9, 16),)))
places = st.sampled_from(PLACES[1:])
amounts = {
    "grams": st.integers(0, 70_000),
    "cm3": st.integers(0, 500_000),
    "is_cold": st.booleans(),
    "is_large": st.integers(0, 4).map(lambda one: one == 0),
    "leave_fen": st.sampled_from((0, 5000, 60_000)),
    "must_go": st.integers(0, 5).map(lambda one: one == 0),
    "late_s": st.sampled_from((0, 0, HOUR)),
    "late_fen_per_hour": st.just(1000),
    "holder": st.sampled_from((None, None, None, None, ("locked_to", 0), ("locked_to", 1), ("aboard", 0), ("aboard", 1))),
}


@st.composite
def days(draw):
    rests = st.sampled_from((None, NOON_REST, Rest(45 * MINUTE, round(11.5 * HOUR), 14 * HOUR)))
    vehicles = [
        van(
            f"v{number}",
            start=draw(st.sampled_from(("centre", "centre", "near"))),
            end=draw(st.sampled_from(("centre", "centre", "far"))),
            is_out=draw(st.booleans()),
            rest=draw(rests),
            most_trips=draw(st.integers(1, 3)),
            reload_s=draw(st.sampled_from((0, 900))),
            cold_cm3=draw(st.sampled_from((0, 400_000))),
            takes_large=draw(st.booleans()),
            fits_narrow=draw(st.booleans()),
            ends_s=draw(st.sampled_from((12, 15, 18))) * HOUR,
        )
        for number in range(draw(st.integers(1, 3)))
    ]
    tasks = []
    for number in range(draw(st.integers(0, 9))):
        more = {name: draw(strategy) for name, strategy in amounts.items()}
        holder = more.pop("holder")
        if holder and holder[1] < len(vehicles):
            more[holder[0]] = f"v{holder[1]}"
        kind = draw(st.sampled_from((deliver, collect, carry)))
        if kind is carry:
            tasks.append(carry(f"t{number}", draw(places), draw(places), **more))
        else:
            tasks.append(kind(f"t{number}", draw(places), *draw(windows), **more))
    day = a_day(tasks, *vehicles, closed=draw(st.booleans()))
    return day if _can_begin(day) else a_day([replace(task, aboard=None) for task in tasks], *[replace(v, is_out=False) for v in vehicles])


def _can_begin(day) -> bool:
    """What is aboard fits and comes home: a day of which that is not so has no plan at all."""
    sheet = Sheet(day)
    return cost_of_ways(sheet, [[] for _ in sheet.vans]) < NEVER


@settings(deadline=None, max_examples=150, suppress_health_check=[HealthCheck.too_slow])
@given(days())
def test_whatever_our_own_search_finds_holds(day):
    sheet = Sheet(day)

    ways = greedy(sheet)
    shaken_ways = shaken(sheet, ways, rounds=20, seed=1, stop=lambda: False)

    assert faults_of(day, plan_of(sheet, ways)) == []
    assert faults_of(day, plan_of(sheet, shaken_ways)) == []
    assert cost_of_ways(sheet, shaken_ways) <= cost_of_ways(sheet, ways) <= cost_of_ways(sheet, [[] for _ in sheet.vans])


TOO_MUCH_ABOARD = a_day([collect("milk", "near", is_cold=True, aboard="v0"), deliver("rice", "far")], van("v0"), van("v1"))
"""A van that has not set out has cold goods and no cold box."""


@settings(deadline=None, max_examples=40, suppress_health_check=[HealthCheck.too_slow])
@given(days())
@example(TOO_MUCH_ABOARD)
def test_whatever_the_whole_search_gives_out_holds_and_is_no_dearer_than_the_first_answer(day):
    sheet = Sheet(day)

    plan = plan_day(day, rounds=ROUNDS).plan

    assert faults_of(day, plan) == []
    assert cost_of_ways(sheet, greedy(sheet)) >= plan.fen


@settings(deadline=None, max_examples=25, suppress_health_check=[HealthCheck.too_slow])
@given(days())
def test_what_another_solver_finds_is_repaired_until_it_holds(day):
    sheet = Sheet(day)
    found = seeded(sheet, seconds=0.2)

    mended = repaired(sheet, found or [[] for _ in sheet.vans])

    assert faults_of(day, plan_of(sheet, mended)) == []


@settings(deadline=None, max_examples=60, suppress_health_check=[HealthCheck.too_slow])
@given(days(), st.randoms(use_true_random=False))
def test_any_order_of_visits_is_repaired_until_it_holds(day, random):
    sheet = Sheet(day)
    ways = [[] for _ in sheet.vans]
    for task, nodes in enumerate(sheet.nodes):
        if sheet.vans:
            ways[random.randrange(len(ways))] += nodes if task % 3 else nodes[::-1]

    assert faults_of(day, plan_of(sheet, repaired(sheet, ways))) == []
