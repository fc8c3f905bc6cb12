"""When a way closes or opens, days that are planned are planned anew by themselves."""

from datetime import timedelta
from unittest.mock import patch

import pytest
from procrastinate.contrib.django.models import ProcrastinateJob

from teahorse.common.events import JOB, carry_out
from teahorse.network.actions import close_ways, lift_closures
from teahorse.runs import actions, queries
from teahorse.runs.models import DayPlan
from tests.runs.fleet import DAY, Fleet, at

pytestmark = pytest.mark.django_db


@pytest.fixture
def fleet():
    made = Fleet()
    made.shift()
    made.parcel(to=made.village)
    return made


NINE = at(9)


def close(fleet, *, begins=NINE, ends=None, now=NINE):
    return close_ways(passes=[fleet.county.snow], reason="snow", begins_at=begins, ends_at=ends, by=fleet.driver, now=now)


def react(*, now):
    """Carry out what closing or opening has stored, once for all that it stored."""
    jobs = list(ProcrastinateJob.objects.filter(task_name=JOB, args__reaction__startswith="teahorse.runs.reactions").order_by("id"))
    assert jobs, "nobody hears of it"
    with patch("django.utils.timezone.now", return_value=now):
        carry_out(**jobs[-1].args)


def plans():
    return list(DayPlan.objects.order_by("asked_at", "pk").values_list("state", "because"))


def test_a_day_that_is_given_out_is_planned_anew_and_driven_as_before_until_the_draft_is_given_out(fleet):
    run = fleet.released()
    close(fleet)

    react(now=at(9))

    assert plans() == [("released", ""), ("searching", "closed")]
    draft = queries.latest_plan(fleet.centre, day=DAY)
    assert draft.asked_by == fleet.driver
    actions.search_plan(plan_id=draft.pk, first_s=0.2, final_s=0, apart_s=0.1, now=at(9))
    draft.refresh_from_db()
    assert [one["reason"] for one in draft.left] == ["cut off"]
    run.refresh_from_db()
    assert run.stage == "released"


def test_when_it_opens_again_the_day_is_planned_over_it(fleet):
    made = close(fleet, begins=at(6), now=at(6))
    assert fleet.planned().left
    lift_closures(closures=made, by=fleet.planner, now=at(7, 30))

    react(now=at(7, 30))

    draft = actions.search_plan(plan_id=queries.latest_plan(fleet.centre, day=DAY).pk, first_s=0.2, final_s=0, apart_s=0.1, now=at(7, 31))
    assert (draft.because, draft.left, draft.asked_by) == ("opened", [], fleet.planner)


def test_what_is_searched_at_the_moment_is_dropped_as_it_knows_the_ways_as_they_were(fleet):
    old = actions.ask_plan(centre=fleet.centre, day=DAY, by=fleet.planner, now=at(8))
    close(fleet)

    react(now=at(9))

    assert plans() == [("replaced", ""), ("searching", "closed")]
    assert actions.search_plan(plan_id=old.pk, first_s=0.2, final_s=0, apart_s=0.1, now=at(9)).state == "replaced"


@pytest.mark.parametrize(
    ("begins", "ends"), [(at(9) + timedelta(days=1), None), (at(1) - timedelta(days=2), at(1) - timedelta(days=1))], ids=["later", "over"]
)
def test_days_that_it_does_not_touch_are_left_alone(fleet, begins, ends):
    fleet.released()
    close(fleet, begins=begins, ends=ends)

    react(now=at(9))

    assert plans() == [("released", "")]


def test_told_twice_or_where_nobody_drives_nothing_is_broken(fleet):
    fleet.released()
    close(fleet)

    react(now=at(9))
    react(now=at(9))
    assert [state for state, _ in plans()] == ["released", "replaced", "searching"]

    react(now=at(19))
    assert [state for state, _ in plans()] == ["released", "replaced", "replaced"]
