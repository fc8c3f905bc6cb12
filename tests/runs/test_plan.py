from dataclasses import replace

import pytest

from teahorse.runs.planning.costs import Cost
from teahorse.runs.planning.model import Day, NotADay, Rest
from teahorse.runs.planning.plan import NotDrivable, plan_of, ways_of
from teahorse.runs.planning.planner import Progress, plan_day
from teahorse.runs.planning.sheet import RELOAD, Sheet
from tests.runs.county import HOUR, MINUTE, NOON_REST, ROUNDS, a_day, carry, collect, deliver, ground, van


def test_goods_go_out_and_home_on_one_run_that_is_worked_out_by_hand():
    day = a_day([deliver("rice", "far"), collect("wool", "near")])

    plan = plan_day(day, rounds=ROUNDS).plan

    (run,) = plan.runs
    assert plan.left == ()
    assert run.cost == Cost(fixed_fen=3000, road_fen=6000, driver_fen=7000, metres=60_000)
    assert plan.fen == 16_000
    assert {stop.task for stop in run.stops if stop.task} == {"rice", "wool"}
    assert run.stops[-1].arrives_s - run.stops[0].leaves_s == 140 * MINUTE


def test_fuel_is_paid_by_climb_and_empty_kilometres_by_the_county():
    day = a_day([deliver("rice", "beyond")], van(empty_fen_per_km=50))

    (run,) = plan_day(day, rounds=ROUNDS).plan.runs

    assert run.cost == Cost(
        fixed_fen=3000, road_fen=8000, climb_fen=400, driver_fen=8500, empty_fen=2000, metres=80_000, empty_metres=40_000, climb_m=1000
    )


def test_what_is_aboard_is_told_at_every_stop():
    day = a_day([deliver("rice", "near", (8, 9)), collect("wool", "far", (10, 12), grams=30_000)])

    (run,) = plan_day(day, rounds=ROUNDS).plan.runs

    assert [(stop.doing, stop.place, stop.grams, stop.cm3) for stop in run.stops] == [
        ("set out", "centre", 10_000, 40_000),
        ("deliver", "near", 0, 0),
        ("collect", "far", 30_000, 40_000),
        ("come home", "centre", 0, 0),
    ]


def test_of_two_windows_the_second_is_taken_where_the_first_is_over():
    day = a_day([deliver("rice", "far", (8, 8.5), (15, 16))])

    (run,) = plan_day(day, rounds=ROUNDS).plan.runs

    assert run.stops[1].begins_s == 15 * HOUR
    assert run.stops[0].leaves_s == 14 * HOUR


def test_being_late_is_paid_where_the_task_allows_it_and_refused_where_not():
    late = deliver("rice", "far", (8, 8.5), late_s=HOUR, late_fen_per_hour=600)

    allowed = plan_day(a_day([late]), rounds=ROUNDS).plan
    refused = plan_day(a_day([replace(late, late_s=0)]), rounds=ROUNDS).plan

    assert allowed.cost.late_fen == 300
    assert allowed.runs[0].stops[1].begins_s == 9 * HOUR
    assert refused.left == ("rice",)


@pytest.mark.parametrize(
    ("tasks", "vehicle", "left"),
    [
        ([deliver("a", "near", grams=60_000), deliver("b", "near", grams=60_000)], van(), 1),
        ([deliver("a", "near", grams=60_000), deliver("b", "near", grams=60_000)], van(most_trips=2), 0),
        ([deliver("a", "near", cm3=900_000), collect("b", "near", cm3=900_000)], van(), 0),
        ([deliver("milk", "near", is_cold=True)], van(), 1),
        ([deliver("milk", "near", is_cold=True)], van(cold_cm3=40_000), 0),
        ([deliver("stove", "near", is_large=True)], van(), 1),
        ([deliver("stove", "near", is_large=True)], van(takes_large=True), 0),
        ([deliver("rice", "narrow")], van(fits_narrow=False), 1),
        ([deliver("rice", "narrow")], van(), 0),
        ([deliver("rice", "far")], van(ends_s=10 * HOUR), 1),
        ([carry("post", "near", "far")], van(), 0),
        ([carry("post", "near", "far", grams=100_001)], van(), 1),
    ],
)
def test_what_does_not_fit_is_left(tasks, vehicle, left):
    assert len(plan_day(a_day(tasks, vehicle), rounds=ROUNDS).plan.left) == left


def test_a_second_trip_reloads_at_the_centre():
    day = a_day(
        [deliver("a", "near", grams=90_000), deliver("b", "far", grams=90_000), collect("c", "near", grams=80_000)],
        van(most_trips=2, reload_s=20 * MINUTE),
    )

    (run,) = plan_day(day, rounds=ROUNDS).plan.runs

    (reload,) = (stop for stop in run.stops if stop.doing == "reload")
    assert reload.place == "centre"
    assert reload.leaves_s - reload.begins_s == 20 * MINUTE


def test_whoever_is_out_past_noon_rests_on_the_way():
    tasks = [deliver(f"t{number}", place, (8, 18)) for number, place in enumerate(("near", "far", "beyond", "narrow"))]
    day = a_day([*tasks, deliver("late", "near", (16, 17))], van(rest=NOON_REST))

    (run,) = plan_day(day, rounds=ROUNDS).plan.runs

    (rested,) = (stop for stop in run.stops if stop.rests_s is not None)
    assert 12 * HOUR <= rested.rests_s <= 13 * HOUR


def test_a_run_that_is_over_by_noon_has_no_rest():
    day = a_day([deliver("rice", "near", (8, 9))], van(rest=NOON_REST))

    (run,) = plan_day(day, rounds=ROUNDS).plan.runs

    assert all(stop.rests_s is None for stop in run.stops)


def test_a_rest_that_finds_no_time_leaves_the_task():
    day = a_day([deliver("rice", "beyond", (13.2, 13.4))], van(rest=Rest(2 * HOUR, 12 * HOUR, round(12.2 * HOUR)), begins_s=12 * HOUR))

    assert plan_day(day, rounds=ROUNDS).plan.left == ("rice",)


def test_a_lock_holds_though_another_vehicle_is_cheaper():
    day = a_day([deliver("rice", "near", locked_to="dear")], van("cheap"), van("dear", fen_per_km=900))

    assert plan_day(day, rounds=ROUNDS).plan.run_of("rice").vehicle == "dear"


def test_what_is_not_worth_the_way_waits_and_what_must_go_goes():
    dear = deliver("rice", "beyond", leave_fen=5000)

    assert plan_day(a_day([dear]), rounds=ROUNDS).plan.left == ("rice",)
    assert plan_day(a_day([replace(dear, must_go=True)]), rounds=ROUNDS).plan.left == ()


def test_a_vehicle_that_begins_at_home_takes_goods_of_the_centre_after_calling_there():
    day = a_day([deliver("rice", "far"), collect("wool", "near")], van(start="near", end="near", most_trips=2))

    (run,) = plan_day(day, rounds=ROUNDS).plan.runs

    doings = [(stop.doing, stop.task) for stop in run.stops]
    assert doings.index(("reload", None)) < doings.index(("deliver", "rice"))
    assert doings.index(("reload", None)) > doings.index(("collect", "wool"))


def test_progress_is_told_from_the_first_answer_on_and_whoever_has_seen_enough_stops_it():
    heard: list[Progress] = []
    day = a_day([deliver(f"t{number}", place) for number, place in enumerate(("near", "far", "beyond", "narrow") * 2)])

    planned = plan_day(day, seconds=60, on_progress=heard.append, should_stop=lambda: bool(heard))

    assert heard[0].seconds < 2
    assert heard[0].found_by == "greedy"
    assert planned.record.seconds < 3
    assert planned.plan.left == ()


def test_the_record_says_by_what_and_on_which_ground_a_plan_was_found():
    day = a_day([deliver("rice", "near"), deliver("salt", "beyond", leave_fen=0)])

    record = plan_day(day, rounds=ROUNDS, seed=7).record.as_stored()

    assert dict(record["solvers"]).keys() >= {"pyvrp", "python"}
    assert (record["seed"], record["tasks"], record["vehicles"], record["left"]) == (7, 2, 1, ("salt",))
    assert record["ground"] == day.ground.fingerprint() != ground(closed=True).fingerprint()
    assert record["objective_fen"] == plan_day(day, rounds=ROUNDS, seed=7).plan.fen
    assert record["steps"][0]["found_by"] == "greedy"


def test_a_day_without_tasks_or_vehicles_is_a_plan_too():
    no_tasks, no_vehicles = Day("centre", (), (van(),), ground()), Day("centre", (deliver("rice", "near"),), (), ground())

    assert plan_day(no_tasks, rounds=ROUNDS).plan.runs == ()
    assert plan_day(no_vehicles, rounds=ROUNDS).plan.left == ("rice",)


@pytest.mark.parametrize(
    ("tasks", "vehicles"),
    [
        ([deliver("a", "near"), deliver("a", "far")], [van()]),
        ([deliver("a", "nowhere")], [van()]),
        ([deliver("a", "near", grams=-1)], [van()]),
        ([deliver("a", "near", locked_to="cart")], [van()]),
        ([replace(deliver("a", "near"), deliver_to=None)], [van()]),
        ([deliver("a", "near", (9, 8))], [van()]),
        ([deliver("a", "near", (8, 10), (9, 11))], [van()]),
        ([], [van(most_trips=0)]),
        ([], [van(begins_s=9, ends_s=8)]),
        ([], [van(rest=Rest(60, 10, 9))]),
    ],
)
def test_what_is_no_day_is_refused(tasks, vehicles):
    with pytest.raises(NotADay):
        a_day(tasks, *vehicles)


def test_a_way_that_cannot_be_driven_makes_no_plan():
    sheet = Sheet(a_day([deliver("a", "near", grams=100_001)]))

    with pytest.raises(NotDrivable):
        plan_of(sheet, [[1]])


def test_a_plan_and_its_ways_are_the_same_thing():
    day = a_day([deliver("a", "near"), carry("b", "near", "far"), collect("c", "narrow")], van(most_trips=2))
    sheet = Sheet(day)
    ways = [[1, 4, RELOAD, 2, 3]]

    assert ways_of(sheet, plan_of(sheet, ways)) == ways


def test_a_plan_that_is_to_be_the_same_again_asks_nobody_whose_answers_differ(monkeypatch):
    def differs(*_args, **_more):
        raise AssertionError

    monkeypatch.setattr("teahorse.runs.planning.planner.seeded", differs)

    assert plan_day(a_day([deliver("a", "near")]), rounds=ROUNDS).plan.left == ()
    with pytest.raises(AssertionError):
        plan_day(a_day([deliver("a", "near")]), seconds=1)


def test_with_rounds_and_a_seed_the_same_day_gives_the_same_plan():
    tasks = [deliver(f"t{number}", place, (8 + number % 5, 15)) for number, place in enumerate(("near", "far", "beyond", "narrow") * 4)]
    day = a_day(tasks, van("first"), van("second", fits_narrow=False))

    plans = [plan_day(day, rounds=ROUNDS, seed=3).plan for _ in range(2)]

    assert plans[0] == plans[1]
