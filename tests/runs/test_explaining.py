from dataclasses import replace

import pytest

from teahorse.runs.planning.explaining import NotInThePlan, Otherwise, Remote, backhaul, remote, why_here
from teahorse.runs.planning.plan import plan_of
from teahorse.runs.planning.planner import plan_day
from teahorse.runs.planning.reasons import Relaxation, impossible, left_behind
from teahorse.runs.planning.sheet import Sheet
from tests.runs.county import HOUR, MINUTE, ROUNDS, a_day, carry, collect, deliver, ground, van


def reason_of(day, plan=None, **more):
    (one,) = left_behind(day, plan or plan_day(day, rounds=ROUNDS).plan, **more)
    return one


def test_a_stop_is_where_it_adds_least_and_it_says_what_it_would_add_elsewhere():
    day = a_day(
        [deliver("rice", "near"), deliver("salt", "far"), collect("wool", "far"), deliver("tea", "beyond")],
        van("first"),
        van("second"),
        van("small", grams=1000),
    )
    plan = plan_of(Sheet(day), [[1, 3, 4], [7], []])

    why = why_here(day, plan, "rice")

    assert (why.vehicle, why.adds_metres, why.adds_s, why.adds_fen) == ("first", 0, 10 * MINUTE, 500)
    assert why.otherwise == (Otherwise("second", 2000 + 2000 + 500, ""), Otherwise("small", None, "too small"))
    assert why_here(day, plan, "salt").neighbours == ("wool",)


def test_a_stop_says_how_long_it_can_wait():
    day = a_day([deliver("rice", "near", (9, 10)), collect("eggs", "far", (11, 12))])
    plan = plan_of(Sheet(day), [[1, 2]])
    begins = {stop.task: stop.begins_s for stop in plan.runs[0].stops}

    assert why_here(day, plan, "rice").can_wait_s == (10 * HOUR - begins["rice"],)
    assert why_here(day, plan, "eggs").can_wait_s == (12 * HOUR - begins["eggs"],)


@pytest.mark.parametrize(
    ("task", "other", "why_not"),
    [
        (deliver("rice", "near", locked_to="van"), van("other"), "locked"),
        (deliver("rice", "near", is_large=True), van("other"), "large piece"),
        (deliver("rice", "near", is_cold=True), van("other"), "cold box too small"),
        (deliver("rice", "narrow"), van("other", fits_narrow=False), "cannot get there"),
        (deliver("rice", "far"), van("other", ends_s=9 * HOUR), "no room or time"),
    ],
)
def test_a_stop_that_only_one_vehicle_can_make_says_so(task, other, why_not):
    day = a_day([task], van(takes_large=True, cold_cm3=100_000), other)

    why = why_here(day, plan_day(day, rounds=ROUNDS).plan, "rice")

    assert why.only_here
    assert why.otherwise == (Otherwise("other", None, why_not),)


def test_nobody_is_asked_why_he_does_what_he_does_not():
    day = a_day([deliver("rice", "near", leave_fen=0)])

    with pytest.raises(NotInThePlan):
        why_here(day, plan_day(day, rounds=ROUNDS).plan, "rice")


def test_a_remote_place_costs_the_way_there():
    day = a_day([deliver("rice", "near"), deliver("tea", "beyond"), collect("wool", "beyond")])
    plan = plan_of(Sheet(day), [[1, 3, 4]])

    found = remote(day, plan, "beyond")

    assert found == Remote("beyond", ("tea", "wool"), adds_fen=8000 + 400 + 9000, adds_metres=80_000, adds_s=3 * HOUR, leave_fen=100_000)
    assert found.fen_per_task == 8700
    assert remote(day, plan, "narrow") is None


def test_goods_home_on_the_way_out_save_a_second_round():
    day = a_day([deliver("rice", "far"), collect("wool", "far"), carry("post", "near", "far")])

    found = backhaul(day, seconds=0.3)

    assert (found.together_left, found.apart_left) == (0, 0)
    assert (found.together_metres, found.apart_metres) == (60_000, 120_000)
    assert found.saved_fen == 3000 + 6000 + 6000


@pytest.mark.parametrize(
    ("task", "vehicle", "reason", "by"),
    [
        (deliver("rice", "near", grams=200_000), van(), "vehicle too small", "grams"),
        (deliver("rice", "near", cm3=2_000_000), van(), "vehicle too small", "cm3"),
        (deliver("milk", "near", is_cold=True), van(cold_cm3=1), "vehicle too small", "cold_cm3"),
        (deliver("stove", "near", is_large=True), van(), "vehicle too small", "large piece"),
        (deliver("rice", "narrow"), van(fits_narrow=False), "only narrow roads", "narrow"),
        (deliver("rice", "beyond"), van(ends_s=10 * HOUR), "shift too short", ""),
        (deliver("rice", "beyond", (8, 8.5)), van(), "window cannot be met", ""),
        (deliver("rice", "beyond", leave_fen=1000), van(), "dearer than waiting", ""),
    ],
)
def test_each_task_that_is_left_has_its_reason(task, vehicle, reason, by):
    found = reason_of(a_day([task], vehicle))

    assert (found.reason, found.by) == (reason, by)
    assert found.is_impossible == (reason != "dearer than waiting")


def test_what_waits_because_it_is_too_dear_says_what_it_would_cost():
    found = reason_of(a_day([deliver("rice", "near", leave_fen=1000)]))

    assert (found.adds_fen, found.leave_fen) == (3000 + 2000 + 2000, 1000)
    assert found.helps == (Relaxation("worth more", "van", 7000),)


def test_a_full_vehicle_and_a_full_day_are_told_apart():
    heavy = a_day([deliver("a", "near", grams=80_000), deliver("b", "near", grams=80_000)])
    hurried = a_day([deliver("a", "beyond", (9, 10)), deliver("b", "narrow", (9, 10))])

    assert reason_of(heavy).reason == "no room"
    assert reason_of(hurried).reason == "no time"


def test_one_hour_longer_helps_where_an_hour_is_lacking():
    day = a_day([deliver("a", "beyond"), deliver("b", "far")], van(ends_s=round(12.2 * HOUR)))

    helps = {one.help: one for one in reason_of(day).helps}

    assert helps.keys() == {"one hour longer", "one vehicle more"}
    assert helps["one hour longer"].of == "van"
    assert helps["one hour longer"].adds_fen < helps["one vehicle more"].adds_fen


def test_an_opened_window_a_lock_taken_off_and_an_open_pass_help_where_they_were_in_the_way():
    windowed = a_day([deliver("rice", "beyond", (8, 8.5))])
    locked = a_day([deliver("rice", "narrow", locked_to="truck")], van(), van("truck", fits_narrow=False))
    closed = a_day([deliver("rice", "beyond")], closed=True)

    assert [one.help for one in reason_of(windowed).helps] == ["window opened"]
    assert [(one.help, one.of) for one in reason_of(locked).helps] == [("lock taken off", "van")]
    assert [one.help for one in reason_of(closed, if_open=ground()).helps] == ["pass opened"]
    assert reason_of(closed).helps == ()


def test_every_relaxation_that_is_said_to_help_does_help():
    day = a_day([deliver("a", "beyond"), deliver("b", "far")], van(ends_s=round(12.2 * HOUR)))
    plan = plan_day(day, rounds=ROUNDS).plan

    longer = replace(day, vehicles=(van(ends_s=round(13.2 * HOUR)),))

    assert plan.left
    assert plan_day(longer, rounds=ROUNDS, begin_with=plan).plan.left == ()


def test_a_day_that_asks_for_the_impossible_says_of_what_and_plans_the_rest():
    day = a_day([deliver("medicine", "beyond", must_go=True), deliver("rice", "near"), deliver("tea", "beyond")], closed=True)

    plan = plan_day(day, rounds=ROUNDS).plan
    found = impossible(day, plan, if_open=ground())

    assert [(one.task, one.reason, one.by) for one in found] == [("medicine", "cut off", "Kamba La")]
    assert plan.run_of("rice")
    assert set(plan.left) == {"medicine", "tea"}
