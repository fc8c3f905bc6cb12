"""The centre's board, a run with its reasons, vehicles, and the driver's phone."""

import io
from datetime import timedelta
from typing import get_args
from uuid import uuid4

import pytest
from django.urls import reverse
from django.utils import timezone
from PIL import Image

from teahorse.common.times import HOME
from teahorse.console import run_words
from teahorse.logistics.models import Parcel, Scan
from teahorse.network.actions import close_ways
from teahorse.runs import actions
from teahorse.runs.models import DayPlan, Handling, Lock, Proof, Run, Shift, Stop, Vehicle
from teahorse.runs.planning.explaining import WhyNot
from teahorse.runs.planning.reasons import Help, Reason
from tests.console.world import member
from tests.runs.fleet import Fleet

pytestmark = pytest.mark.django_db


class Today(Fleet):
    """The county on the day on which the test runs; the shift lasts long, so that it is never over."""

    def __init__(self):
        super().__init__()
        now = timezone.now()
        begins = now.astimezone(HOME).replace(hour=0, minute=1, second=0, microsecond=0)
        self.day = begins.date()
        self.duty = actions.give_shift(
            vehicle=self.van, driver=self.driver, begins_at=begins, ends_at=begins + timedelta(hours=40), now=now
        )


@pytest.fixture
def fleet(db):
    return Today()


@pytest.fixture
def desk(browser_of, fleet):
    return browser_of(fleet.planner)


@pytest.fixture
def phone(browser_of, fleet):
    return browser_of(fleet.driver)


def at(name, **more):
    return reverse(f"console:{name}", kwargs={"org": "centre", **more})


def words(answer):
    return answer.content.decode()


@pytest.fixture
def run(desk, fleet):
    """Plan the day on the board, have it searched, and give it out."""
    fleet.out, fleet.home = fleet.parcel(to=fleet.village), fleet.parcel(here=fleet.village)
    desk.post(at("run_plan"), {"day": str(fleet.day)})
    plan = DayPlan.objects.get()
    actions.search_plan(plan_id=plan.pk, first_s=0.2, final_s=0, apart_s=0.1, now=timezone.now())
    desk.post(at("run_release", plan_id=plan.pk))
    return Run.objects.get()


def test_the_board_says_that_a_plan_is_searched_and_looks_again(desk, fleet):
    fleet.parcel(to=fleet.village)

    desk.post(at("run_plan"), {"day": str(fleet.day)})
    board = desk.get(at("runs"))

    assert board.headers["Refresh"] == "2"
    assert "A plan is being searched" in words(board)


def test_what_is_refused_is_said_on_the_board(desk, fleet):
    answer = desk.post(at("run_plan"), {"day": str(fleet.day)}, follow=True)

    assert "Nothing waits for a vehicle" in words(answer)
    assert not DayPlan.objects.exists()


def test_a_draft_is_shown_with_its_costs_and_given_out(desk, fleet):
    fleet.parcel(to=fleet.village)
    desk.post(at("run_plan"), {"day": str(fleet.day)})
    plan = DayPlan.objects.get()
    actions.search_plan(plan_id=plan.pk, first_s=0.2, final_s=0, apart_s=0, now=timezone.now())
    draft = desk.get(at("runs"))

    given = desk.post(at("run_release", plan_id=plan.pk), follow=True)
    again = desk.post(at("run_release", plan_id=plan.pk), follow=True)

    assert draft.context["drafted"]["tasks"] == 1
    assert [row["run"].stage for row in given.context["runs"]] == ["released"]
    assert "This plan cannot be given out" in words(again)
    assert Run.objects.count() == 1


def test_a_run_says_why_and_what_each_place_costs(desk, fleet, run):
    task = Handling.objects.filter(stop__run=run, doing="deliver").get().task

    shown = desk.get(at("run", run_id=run.pk), {"why": task})

    why = shown.context["why"]
    costs = [row["costs"] for row in shown.context["rows"] if row["costs"]]
    assert (why["codes"], why["neighbours"]) == ([fleet.out.number], 1)
    assert [one["adds_metres"] for one in costs] == [run.metres]
    assert [one.code for one in shown.context["loads"]] == [fleet.out.number]
    assert desk.get(at("run", run_id=run.pk), {"why": "nothing"}).context["why"] is None


def test_what_stays_behind_is_tied_and_untied(desk, run):
    task = Handling.objects.filter(stop__run=run, doing="deliver").get().task
    address = at("run_lock", plan_id=run.plan_id)

    desk.post(address, {"task": task, "vehicle": "藏CT0001"})
    tied = Lock.objects.count()
    shown = desk.get(at("run", run_id=run.pk), {"why": task})
    assert shown.context["why"]["tied"] == "藏CT0001"
    assert '<option value="藏CT0001" selected>' in words(shown)
    unknown = desk.post(address, {"task": task, "vehicle": "nobody's"}, follow=True)
    desk.post(address, {"task": task, "vehicle": ""})

    assert (tied, Lock.objects.count()) == (1, 0)
    assert "Choose the vehicle" in words(unknown)


def test_what_is_tied_to_a_vehicle_that_stays_at_home_names_it(desk, fleet):
    thing = fleet.parcel(to=fleet.village)
    Lock.objects.create(
        county_id=fleet.centre.county_id,
        thing_id=thing.pk,
        vehicle=fleet.vehicle("藏CT0009"),
        locked_by=fleet.planner,
        locked_at=timezone.now(),
    )
    desk.post(at("run_plan"), {"day": str(fleet.day)})
    actions.search_plan(plan_id=DayPlan.objects.get().pk, first_s=0.2, final_s=0, apart_s=0.1, now=timezone.now())

    [row] = desk.get(at("runs")).context["left"]

    assert (row["codes"], row["by"]) == ([thing.number], "藏CT0009")


def test_a_run_that_was_called_off_says_so_and_a_closure_ahead_gives_the_centres_number(phone, fleet, run):
    fleet.centre.organisation.phone = "+8619900079999"
    fleet.centre.organisation.save()
    close_ways(passes=[fleet.county.snow], reason="snow", begins_at=timezone.now(), by=fleet.planner, now=timezone.now())
    open_page = words(phone.get(at("drive_run", run_id=run.pk)))
    Run.objects.update(stage="called_off")
    called_off = words(phone.get(at("drive_run", run_id=run.pk)))

    assert 'href="tel:+8619900079999"' in open_page
    assert "This run was called off" not in open_page
    assert "This run was called off" in called_off


def test_the_driver_tells_each_stop_and_the_board_follows(desk, phone, fleet, run):
    stops = list(Stop.objects.filter(run=run).order_by("number"))
    listed = phone.get(at("drive"))
    page = phone.get(at("drive_run", run_id=run.pk))
    keys = [str(row["key"]) for row in page.context["rows"]]

    for stop, key in zip(stops, keys, strict=True):
        form = {f"outcome.{one.pk}": "done" for one in stop.handlings.all()}
        told = phone.post(at("drive_tell", stop_id=stop.pk), {"key": key, "code": stop.code, **form}, headers={"X-Outbox": "1"})
        assert told.json() == {"telling": key, "where": at("drive_run", run_id=run.pk)}

    after = phone.get(at("drive"))
    assert [len(listed.context[which]) for which in ("ahead", "driven")] == [1, 0]
    assert [len(after.context[which]) for which in ("ahead", "driven")] == [0, 1]
    assert Parcel.objects.get(pk=fleet.out.pk).stage == "at_point"
    assert Parcel.objects.get(pk=fleet.home.pk).held_by_id == fleet.centre.pk
    assert [(row["run"].stage, row["done"]) for row in desk.get(at("runs")).context["runs"]] == [("finished", 3)]
    assert Proof.objects.filter(holds=True, kind="code", stop=stops[1]).count() == 1


def test_a_signature_is_kept_and_shown_to_the_centre_alone(desk, phone, browser_of, run, fleet):
    file = io.BytesIO()
    Image.new("RGB", (600, 240), "white").save(file, "PNG")
    file.seek(0)
    file.name = "signature.png"
    call = Stop.objects.get(run=run, kind="call")

    phone.post(at("drive_tell", stop_id=call.pk), {"key": str(uuid4()), "signature": file})

    proof = Proof.objects.get()
    shown = desk.get(at("run_proof", proof_id=proof.pk))
    assert (shown["Content-Type"], shown.content[:4]) == ("image/webp", b"RIFF")
    assert f'src="{at("run_proof", proof_id=proof.pk)}"' in words(desk.get(at("run", run_id=run.pk)))


def test_a_broken_picture_is_refused_to_the_outbox_and_nothing_is_told(phone, run):
    call = Stop.objects.get(run=run, kind="call")
    file = io.BytesIO(b"no picture")
    file.name = "photograph.jpg"

    answer = phone.post(at("drive_tell", stop_id=call.pk), {"key": str(uuid4()), "photograph": file}, headers={"X-Outbox": "1"})

    assert (answer.status_code, answer.json()["code"]) == (422, "picture_refused")
    assert Stop.objects.get(pk=call.pk).done_at is None


def test_another_drivers_run_is_not_there(desk, run):
    call = Stop.objects.get(run=run, kind="call")

    assert desk.get(at("drive_run", run_id=run.pk)).status_code == 404
    assert desk.post(at("drive_tell", stop_id=call.pk), {"key": str(uuid4())}).status_code == 404
    assert not Scan.objects.filter(act="loaded").exists()


def test_the_service_point_sees_the_code_for_the_driver(browser_of, fleet, run):
    stop = Stop.objects.get(run=run, kind="call")
    operator = browser_of(member(fleet.village.organisation, "+8619900075003"))

    page = operator.get(reverse("console:parcels", kwargs={"org": "village"}))

    assert [one.pk for one in page.context["coming"]] == [stop.pk]
    assert stop.code in words(page)


def test_a_vehicle_is_written_down_with_its_costs(desk, fleet):
    form = {"plate": "藏C T0009", "kind": "truck", "most_kg": "1800", "most_l": "12000", "cold_l": "300", "trips": "2", "large": "1"}

    desk.post(at("vehicles"), {**form, "fixed": "30", "per_km": "1.60", "climb": "5", "hour": "28"})
    twice = desk.post(at("vehicles"), form)
    empty = desk.post(at("vehicles"), {**form, "plate": "藏C T0010", "most_kg": "0"})

    made = Vehicle.objects.get(unit__code="藏CT0009")
    assert (made.unit.most_grams, made.unit.most_cm3, made.cold_cm3) == (1_800_000, 12_000_000, 300_000)
    assert (made.fixed_fen, made.fen_per_km, made.climb_fen_per_km, made.driver_fen_per_hour) == (3000, 160, 500, 2800)
    assert (made.fits_narrow, made.takes_large, made.most_trips) == (False, True, 2)
    assert (list(twice.context["errors"]), list(empty.context["errors"])) == (["plate"], ["most_kg"])


def test_who_drives_is_said_and_taken_back(desk, fleet):
    truck = fleet.vehicle("藏C T0002")
    form = {"driver": str(fleet.planner.pk), "day": str(fleet.day), "from": "08:00", "until": "18:00"}

    desk.post(at("vehicle_shift", vehicle_id=truck.pk), form)
    twice = desk.post(at("vehicle_shift", vehicle_id=truck.pk), {**form, "driver": str(fleet.driver.pk)}, follow=True)
    strange = desk.post(at("vehicle_shift", vehicle_id=truck.pk), {**form, "from": "early"}, follow=True)
    made = Shift.objects.get(vehicle=truck)
    desk.post(at("vehicle_shift_end", duty_id=made.pk))

    assert (made.driver, made.begins_at.astimezone(HOME).hour) == (fleet.planner, 8)
    assert "is on the road at that time already" in words(twice)
    assert "Write day and hours" in words(strange)
    assert not Shift.objects.filter(vehicle=truck).exists()


def test_every_reason_has_words():
    assert set(get_args(Reason)) <= set(run_words.REASONS)
    assert set(get_args(Help)) == set(run_words.HELPS)
    assert set(get_args(WhyNot)) - {""} == set(run_words.WHY_NOT)
