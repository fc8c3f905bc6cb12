"""A centre closes a pass by hand and opens it again; board, driver, station and planner know it at once."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from teahorse.common import keeping
from teahorse.network.models import Closure, Lifting
from teahorse.runs import actions
from teahorse.runs.models import DayPlan, Run
from tests.console.test_runs import Today
from tests.console.world import member

pytestmark = pytest.mark.django_db


@pytest.fixture
def fleet(db):
    keeping.forget_all()
    yield Today()
    keeping.forget_all()


@pytest.fixture
def desk(fleet, browser_of):
    return browser_of(fleet.planner)


def at(name, **more):
    return reverse(f"console:{name}", kwargs={"org": "centre", **more})


def wish(fleet, **more):
    now = timezone.localtime() - timedelta(minutes=5)
    return {"what": f"pass {fleet.county.snow.pk}", "reason": "snow", "from_day": f"{now:%Y-%m-%d}", "from_hour": f"{now:%H:%M}", **more}


def test_a_pass_is_closed_until_further_notice_and_who_is_cut_off_is_named(desk, fleet):
    answer = desk.post(at("roads"), wish(fleet, note="雪深 40 厘米"), follow=True)

    told = Closure.objects.get()
    assert (told.closed_pass, told.ends_at, told.note, told.told_by) == (fleet.county.snow, None, "雪深 40 厘米", fleet.planner)
    assert {place.service_point for place, _words in answer.context["cut_off"]} == {fleet.station, fleet.village}
    assert [row["closed"] != "" for row in answer.context["roads"]].count(True) == 1


def test_a_second_click_closes_nothing_more(desk, fleet):
    again = wish(fleet)

    for _ in range(2):
        assert desk.post(at("roads"), again).status_code == 302

    assert Closure.objects.count() == 1


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"what": ""}, "what"),
        ({"what": "pass 3fa85f64-5717-4562-b3fc-2c963f66afa6"}, "what"),
        ({"reason": "bored"}, "reason"),
        ({"from_day": "morgen"}, "from_day"),
        ({"until_day": "2020-01-01"}, "until_day"),
    ],
)
def test_what_cannot_be_is_said_at_its_field_and_nothing_typed_is_lost(desk, fleet, wrong, field):
    answer = desk.post(at("roads"), wish(fleet, note="雪", **wrong))

    assert (answer.status_code, list(answer.context["errors"]), answer.context["typed"]["note"]) == (422, [field], "雪")
    assert not Closure.objects.exists()


def test_it_is_opened_again_once_and_what_was_told_stays(desk, fleet):
    desk.post(at("roads"), wish(fleet))
    closure = Closure.objects.get()

    first = desk.post(at("closure_lift", closure_id=closure.pk), {"note": "已清雪"}, follow=True)
    second = desk.post(at("closure_lift", closure_id=closure.pk), {}, follow=True)

    assert (first.context["closures"], first.context["cut_off"]) == ([], [])
    assert [one.lifting.note for one in second.context["history"]] == ["已清雪"]
    assert Lifting.objects.count() == 1


def test_another_countys_pass_is_neither_closed_nor_opened(desk, fleet, browser_of, region):
    stranger = member(region, "+8619900075077")
    desk.post(at("roads"), wish(fleet))

    answers = [
        browser_of(stranger).get("/console/region/roads/"),
        browser_of(stranger).post(reverse("console:closure_lift", kwargs={"org": "region", "closure_id": Closure.objects.get().pk})),
    ]

    assert [answer.status_code for answer in answers] == [404, 404]
    assert not Lifting.objects.exists()


def test_board_driver_and_station_are_told_of_what_closes_before_a_run(desk, fleet, browser_of):
    fleet.parcel(to=fleet.village)
    desk.post(at("run_plan"), {"day": str(fleet.day)})
    plan = DayPlan.objects.get()
    actions.search_plan(plan_id=plan.pk, first_s=0.2, final_s=0, apart_s=0.1, now=timezone.now())
    desk.post(at("run_release", plan_id=plan.pk))
    run = Run.objects.get()
    operator = member(fleet.station.organisation, "+8619900075088")

    before = desk.get(at("runs")).context["runs"][0]["blocked"]
    desk.post(at("roads"), wish(fleet))
    keeping.forget_all()

    board = desk.get(at("runs"))
    phone = browser_of(fleet.driver).get(at("drive_run", run_id=run.pk))
    station = browser_of(operator).get(reverse("console:parcels", kwargs={"org": fleet.station.organisation.key}))
    assert before == []
    assert [place for place, _words in board.context["runs"][0]["blocked"]] == [fleet.village]
    assert [place for place, _words in phone.context["closed"]] == [fleet.village]
    assert fleet.county.snow.name in station.context["closed"]
