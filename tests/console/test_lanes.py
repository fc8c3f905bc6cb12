"""A centre reads what its ways cost, and takes it away as a workbook."""

import io
from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone
from openpyxl import load_workbook

from teahorse.runs import actions
from teahorse.runs.models import DayPlan, Run
from tests.console.test_runs import Today
from tests.console.world import member

pytestmark = pytest.mark.django_db

LANES = reverse("console:lanes", kwargs={"org": "centre"})


@pytest.fixture
def fleet(db):
    return Today()


@pytest.fixture
def desk(browser_of, fleet):
    return browser_of(fleet.planner)


def driven(fleet):
    """Drive a day out and home; it was finished a minute ago."""
    fleet.parcel(to=fleet.village)
    now = timezone.now()
    plan = actions.ask_plan(centre=fleet.centre, day=fleet.day, by=fleet.planner, now=now)
    actions.search_plan(plan_id=plan.pk, first_s=0.2, final_s=0, apart_s=0.1, now=now)
    actions.release_plan(plan=DayPlan.objects.get(), by=fleet.planner, now=now)
    for minutes, stop in zip((300, 150, 1), fleet.stops(Run.objects.get()), strict=True):
        fleet.tell(stop, when=now - timedelta(minutes=minutes), now=now)
    return Run.objects.get()


def test_nothing_driven_is_said_so(desk, fleet):
    answer = desk.get(LANES)

    assert (answer.status_code, answer.context["rows"], answer.context["all"].runs) == (200, [], 0)


def test_each_lane_stands_with_its_share_and_the_workbook_says_the_same(desk, fleet):
    run = driven(fleet)

    answer = desk.get(LANES)
    [(start, goal, lane)] = answer.context["rows"]
    book = load_workbook(io.BytesIO(desk.get(LANES, {"table": ""}).content))
    rows = list(book.worksheets[0].iter_rows(values_only=True))

    hours = (run.finished_at - run.started_at).total_seconds() / 3600
    assert (start, goal, lane.there) == (fleet.centre, fleet.village, 1)
    assert lane.fen == answer.context["all"].fen > run.vehicle.fixed_fen + hours * run.vehicle.driver_fen_per_hour
    assert [row[2:5] for row in rows[1:]] == [(1, 1, 1), (1, 1, 1)]
    assert [round(row[7] * 100) for row in rows[1:]] == [lane.fen, lane.fen]


def test_only_the_days_asked_for_count_and_what_is_no_number_is_the_first_choice(desk, fleet):
    driven(fleet)
    Run.objects.update(finished_at=timezone.now() - timedelta(days=40), started_at=timezone.now() - timedelta(days=41))

    found = [desk.get(LANES, {"days": days}).context for days in ("30", "90", "all of them")]

    assert [(context["days"], context["all"].runs) for context in found] == [(30, 0), (90, 1), (30, 0)]


def test_a_station_and_a_seller_read_nothing(browser_of, fleet):
    station = browser_of(member(fleet.station.organisation, "+8619900075091"))
    seller = browser_of(member(fleet.sender, "+8619900075092"))

    answers = [
        station.get(reverse("console:lanes", kwargs={"org": fleet.station.organisation.key})),
        seller.get(LANES),
        seller.get(reverse("console:lanes", kwargs={"org": fleet.sender.key})),
    ]

    assert [answer.status_code for answer in answers] == [404, 404, 404]
