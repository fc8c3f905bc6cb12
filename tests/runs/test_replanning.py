from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st

from teahorse.runs.planning.checking import faults_of
from teahorse.runs.planning.plan import plan_of
from teahorse.runs.planning.planner import plan_day
from teahorse.runs.planning.reasons import left_behind
from teahorse.runs.planning.replanning import Standing, from_now, standing
from teahorse.runs.planning.sheet import RELOAD, Sheet
from tests.runs.county import HOUR, MINUTE, NOON_REST, ROUNDS, a_day, carry, collect, deliver, ground, van

DAY = a_day(
    [deliver("rice", "near"), collect("wool", "near"), deliver("salt", "far"), carry("post", "far", "near"), deliver("tea", "beyond")],
    van("first", begins_s=8 * HOUR, ends_s=20 * HOUR),
    van("second", begins_s=8 * HOUR, ends_s=20 * HOUR),
)
PLAN = plan_of(Sheet(DAY), [[1, 2, 5, 6, 7], [9]])
FIRST = PLAN.runs[0]
AFTER_WOOL = FIRST.stops[2].leaves_s
"""first: rice, wool, salt, post there, post brought; second: tea, beyond the pass."""


def test_before_it_sets_out_a_run_stands_nowhere_and_at_home_neither():
    assert standing(DAY, FIRST, FIRST.stops[0].leaves_s - 1) is None
    assert standing(DAY, FIRST, FIRST.stops[-1].arrives_s) is None


def test_on_its_way_it_stands_at_its_next_stop_with_what_is_loaded():
    assert standing(DAY, FIRST, AFTER_WOOL - 1) == Standing(
        "first", "near", AFTER_WOOL, done=("rice", "wool"), aboard=("salt", "wool"), trips_begun=1, has_rested=False
    )


def test_what_is_loaded_stays_aboard_and_what_is_done_is_done():
    later = from_now(DAY, PLAN, now_s=AFTER_WOOL - 1)

    assert {task.key: task.aboard for task in later.tasks} == {"wool": "first", "salt": "first", "post": None}
    assert (later.vehicles[0].start, later.vehicles[0].begins_s, later.vehicles[0].is_out) == ("near", AFTER_WOOL, True)


def test_tea_on_its_way_over_the_pass_is_as_good_as_there():
    later = from_now(DAY, PLAN, now_s=AFTER_WOOL - 1)

    assert later.vehicles[1].start == "beyond"
    assert "tea" not in later.by_key


def test_a_new_plan_goes_on_from_the_old_one_and_holds():
    later = from_now(DAY, PLAN, now_s=AFTER_WOOL - 1, more=[collect("eggs", "far")])

    again = plan_day(later, rounds=ROUNDS, begin_with=PLAN)

    assert again.plan.left == ()
    assert again.plan.run_of("salt").vehicle == "first"
    assert again.plan.run_of("eggs").vehicle == "first"
    assert [step.left for step in again.record.steps if step.found_by == "old plan"] == [0]


def test_what_nobody_wants_any_more_is_not_driven():
    later = from_now(DAY, PLAN, now_s=8 * HOUR, finished=["post"])

    assert "post" not in later.by_key


def test_a_pass_that_closes_before_setting_out_leaves_what_lies_beyond_with_its_reason():
    begins = PLAN.runs[1].stops[0].leaves_s
    later = from_now(DAY, PLAN, now_s=begins - 1, ground=ground(closed=True))

    again = plan_day(later, rounds=ROUNDS, begin_with=PLAN).plan
    (tea,) = left_behind(later, again, if_open=ground())

    assert again.left == ("tea",)
    assert (tea.reason, tea.by, tea.is_impossible) == ("cut off", "Kamba La", True)
    assert [one.help for one in tea.helps] == ["pass opened"]


def test_where_a_vehicle_really_stands_goes_before_where_the_plan_has_it():
    broken = Standing("first", "far", 12 * HOUR, done=("rice",), aboard=("salt",), trips_begun=1, has_rested=False)

    later = from_now(DAY, PLAN, now_s=9 * HOUR, told={"first": broken})

    assert (later.vehicles[0].start, later.vehicles[0].begins_s) == ("far", 12 * HOUR)
    assert later.by_key["salt"].aboard == "first"
    assert later.by_key["wool"].aboard is None


def test_a_reload_leaves_at_the_centre_what_was_for_it_and_takes_the_next_trips_goods():
    day = a_day([collect("wool", "near"), deliver("salt", "far"), deliver("rice", "near")], van(most_trips=2, reload_s=10 * MINUTE))
    plan = plan_of(Sheet(day), [[5, 0, RELOAD, 3]])
    reload = plan.runs[0].stops[3]

    later = from_now(day, plan, now_s=reload.leaves_s - 1)

    assert [(task.key, task.aboard) for task in later.tasks] == [("salt", "van")]
    assert (later.vehicles[0].start, later.vehicles[0].most_trips) == ("centre", 1)


def test_a_vehicle_that_is_home_goes_out_again_if_it_has_a_trip_left():
    day = a_day([deliver("rice", "near"), deliver("salt", "beyond", (14, 16))], van(most_trips=2), van("other"))
    plan = plan_of(Sheet(day), [[1], []])
    home = plan.runs[0].stops[-1].arrives_s

    later = from_now(day, plan, now_s=home)
    spent = from_now(replace(day, vehicles=(van(), van("other"))), plan, now_s=home)

    assert (later.vehicles[0].fixed_fen, later.vehicles[0].begins_s) == (0, home)
    assert plan_day(later, rounds=ROUNDS).plan.run_of("salt").vehicle == "van"
    assert plan_day(spent, rounds=ROUNDS).plan.run_of("salt").vehicle == "other"


def test_a_rest_that_was_taken_is_not_taken_again_and_one_that_is_due_is():
    day = a_day([deliver("rice", "beyond", (8, 10)), deliver("salt", "far", (15, 16))], van(rest=NOON_REST))
    plan = plan_of(Sheet(day), [[1, 3]])
    (rested,) = (stop.rests_s for stop in plan.runs[0].stops if stop.rests_s is not None)

    assert from_now(day, plan, now_s=rested + 1).vehicles[0].rest is None
    assert from_now(day, plan, now_s=9 * HOUR).vehicles[0].rest == NOON_REST


@settings(deadline=None, max_examples=40)
@given(st.integers(7 * HOUR, 15 * HOUR), st.booleans())
def test_at_any_moment_the_day_goes_on_with_everybody_where_they_are(now_s, closed):
    later = from_now(DAY, PLAN, now_s=now_s, ground=ground(closed=closed) if closed and now_s < 8 * HOUR else None)

    again = plan_day(later, rounds=ROUNDS // 4, begin_with=PLAN).plan

    assert faults_of(later, again) == []
    for task in later.tasks:
        run = again.run_of(task.key)
        assert task.aboard is None or run is None or run.vehicle == task.aboard
