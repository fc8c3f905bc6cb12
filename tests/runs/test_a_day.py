"""A centre's day: who drives, what waits, the plan of it, given out and driven, and planned again from now."""

import io
from datetime import timedelta
from uuid import uuid4

import pytest
from django.db import IntegrityError, transaction
from PIL import Image

from teahorse.logistics import actions as logistics
from teahorse.logistics.exceptions import exceptions_at
from teahorse.logistics.models import Oddity, Scan
from teahorse.network.actions import close_ways
from teahorse.runs import actions, queries, stored
from teahorse.runs.models import DayPlan, Handling, Lock, Run, Shift, Stop
from tests import world
from tests.runs.fleet import DAY, Fleet, at

pytestmark = pytest.mark.django_db


@pytest.fixture
def fleet(db):
    return Fleet()


def where(parcel):
    parcel.refresh_from_db()
    return parcel.stage, parcel.held_by_id, parcel.inside_id


def handled(run):
    return [
        (stop.kind, stop.place.name, one.doing, one.code)
        for stop in Stop.objects.filter(run=run, dropped_at=None).order_by("number")
        for one in stop.handlings.order_by("doing", "code")
    ]


def test_nobody_and_no_vehicle_is_on_the_road_twice_at_once(fleet):
    fleet.shift()
    truck = fleet.vehicle("藏C T0002")

    with pytest.raises(actions.DrivesAlready):
        fleet.shift(truck, begins=17, ends=20)
    with pytest.raises(actions.DrivesAlready):
        fleet.shift(fleet.van, fleet.planner, begins=17, ends=20)
    fleet.shift(truck, begins=18, ends=20)

    assert Shift.objects.count() == 2


def test_who_is_no_member_of_the_centre_drives_nothing_for_it(fleet):
    stranger = world.person("+8619900071099")

    with pytest.raises(actions.NotADriver):
        fleet.shift(driver=stranger)

    assert not Shift.objects.exists()


def test_goods_out_and_home_go_on_one_run(fleet):
    fleet.shift()
    out, home = fleet.parcel(to=fleet.village), fleet.parcel(here=fleet.village)
    fleet.parcel(here=fleet.village, to=fleet.village)
    fleet.parcel()

    plan = fleet.planned()
    actions.release_plan(plan=plan, by=fleet.planner, now=at(7))

    run = Run.objects.get()
    centre, village = fleet.centre.name, fleet.village.name
    assert handled(run) == [
        ("set_out", centre, "load", out.number),
        ("call", village, "collect", home.number),
        ("call", village, "deliver", out.number),
        ("come_home", centre, "unload", home.number),
    ]
    assert (run.driver, run.vehicle, plan.left) == (fleet.driver, fleet.van, [])
    assert run.metres == plan.record["places"][str(fleet.county.village.pk)]["adds_metres"]
    assert plan.record["objective_fen"] == plan.cost_fen == run.cost_fen
    assert plan.record["backhaul"]["saved_fen"] > 0


def test_what_was_asked_stands_with_the_plan_and_has_one_hash(fleet):
    fleet.shift()
    fleet.parcel(to=fleet.village)
    first = fleet.planned()

    again = fleet.planned()

    first.refresh_from_db()
    assert (first.state, again.state) == ("replaced", "drafted")
    assert first.input_hash == again.input_hash == stored.hash_of(again.asked)
    assert stored.plan_of(again.plan).fen == again.cost_fen


def test_what_cannot_be_planned_is_refused_in_words(fleet):
    with pytest.raises(actions.NobodyDrives):
        fleet.planned()
    fleet.shift()
    with pytest.raises(actions.NothingWaits):
        fleet.planned()
    fleet.parcel(to=fleet.village)
    with pytest.raises(actions.NotThisDay):
        actions.ask_plan(centre=fleet.centre, day=DAY, by=fleet.planner, now=at(9).replace(day=18))
    actions.ask_plan(centre=fleet.centre, day=DAY, by=fleet.planner, now=at(7))
    with pytest.raises(actions.IsBeingSearched):
        actions.ask_plan(centre=fleet.centre, day=DAY, by=fleet.planner, now=at(7))

    assert DayPlan.objects.count() == 1


def test_a_lost_search_is_given_up_and_can_be_asked_for_again(fleet):
    fleet.shift()
    fleet.parcel(to=fleet.village)
    plan = actions.ask_plan(centre=fleet.centre, day=DAY, by=fleet.planner, now=at(7))

    assert [actions.give_up_lost(now=at(7, minute)) for minute in (4, 5)] == [0, 1]

    plan.refresh_from_db()
    assert (plan.state, plan.trouble) == ("failed", "interrupted")
    assert fleet.planned(now=at(7, 6)).state == "drafted"


def test_more_than_a_vehicle_carries_is_left_with_the_reason_and_what_would_help(fleet):
    fleet.shift()
    fits, heavy = fleet.parcel(to=fleet.village), fleet.parcel(to=fleet.village, grams=900_000)

    plan = fleet.planned()

    [left] = plan.left
    assert (left["reason"], left["codes"]) == ("vehicle too small", [heavy.number])
    assert [one.code for one in Handling.objects.filter(stop__run=fleet.given_out(plan), doing="load")] == [fits.number]


def test_behind_a_closed_pass_goods_wait_and_it_is_said_which(fleet):
    fleet.shift()
    parcel = fleet.parcel(to=fleet.village)
    close_ways(passes=[fleet.county.snow], reason="snow", begins_at=at(6), by=fleet.planner, now=at(6))

    plan = fleet.planned()

    [left] = plan.left
    assert (left["reason"], left["by"], left["codes"]) == ("cut off", "雪山口", [parcel.number])
    assert "pass opened" in [one["help"] for one in left["helps"]]


def test_what_is_tied_to_a_vehicle_goes_with_it(fleet):
    truck = fleet.vehicle("藏C T0002", fixed_fen=90_000)
    fleet.shift()
    fleet.shift(truck, fleet.planner)
    fleet.parcel(to=fleet.village, days=60)
    plan = fleet.planned()
    [task] = plan.things

    actions.lock_thing(plan=plan, task=task, vehicle=truck, by=fleet.planner, now=at(7))
    tied = fleet.planned()
    Shift.objects.filter(vehicle=truck).delete()
    without = fleet.planned()

    assert [run["vehicle"] for run in plan.plan["runs"]] == [str(fleet.van.pk)]
    assert [run["vehicle"] for run in tied.plan["runs"]] == [str(truck.pk)]
    assert [(one["reason"], len(one["codes"])) for one in without.left] == [("its vehicle stays at home", 1)]


def test_a_plan_is_given_out_once(fleet):
    fleet.shift()
    fleet.parcel(to=fleet.village)
    plan = fleet.planned()
    actions.release_plan(plan=plan, by=fleet.planner, now=at(7))

    with pytest.raises(actions.NotDrafted):
        actions.release_plan(plan=plan, by=fleet.planner, now=at(7))

    run = Run.objects.get()
    with pytest.raises(IntegrityError, match="nobody_drives_two_runs_at_once"), transaction.atomic():
        Run.objects.create(
            county_id=run.county_id, plan=plan, vehicle=fleet.vehicle("藏C T0003"), driver=run.driver, begins_at=run.begins_at,
            ends_at=run.ends_at, cost_fen=0, metres=0, empty_metres=0, fullest_basis_points=0,
        )  # fmt: skip


def test_a_day_is_driven_and_each_act_is_a_scan(fleet):
    fleet.shift()
    out, home = fleet.parcel(to=fleet.village), fleet.parcel(here=fleet.village)
    run = fleet.released()
    begin, call, end = fleet.stops(run)

    fleet.tell(begin, when=at(8, 30))
    aboard = where(out)
    fleet.tell(call, when=at(12), code=call.code)
    on_the_way = where(home)
    fleet.tell(end, when=at(16))

    run.refresh_from_db()
    assert aboard == ("in_transit", None, fleet.van.unit_id)
    assert where(out) == ("at_point", fleet.village.pk, None)
    assert on_the_way == ("in_transit", None, fleet.van.unit_id)
    assert where(home) == ("in_transit", fleet.centre.pk, None)
    assert (run.stage, run.started_at, run.finished_at) == ("finished", at(8, 30), at(16))
    scans = Scan.objects.filter(thing_id=out.pk).order_by("happened_at").values_list("act", "happened_at", "proof", "by_id")
    assert list(scans)[1:] == [
        ("loaded", at(8, 30), "", fleet.driver.pk),
        ("arrived", at(12), "pickup_code", fleet.driver.pk),
    ]
    assert not Oddity.objects.exists()


def test_a_phone_that_tells_it_twice_tells_it_once(fleet):
    fleet.shift()
    fleet.parcel(to=fleet.village)
    begin, *_ = fleet.stops(fleet.released())
    key = uuid4()

    for minute in (0, 5):
        fleet.tell(begin, when=at(8, 30), now=at(9, minute), key=key)

    assert Scan.objects.filter(act="loaded").count() == 1
    assert Stop.objects.get(pk=begin.pk).told_at == at(9)


def test_what_was_refused_or_whom_nobody_met_comes_home_again(fleet):
    fleet.shift()
    refused, absent = fleet.parcel(to=fleet.village), fleet.parcel(to=fleet.village)
    begin, call, end = fleet.stops(fleet.released())
    fleet.tell(begin, when=at(8, 30))

    fleet.tell(call, "refused", when=at(12), only={refused.number})
    fleet.tell(call, "not_met", when=at(12, 5), only={absent.number})
    fleet.tell(end, when=at(16))

    assert (where(refused), where(absent)) == (("refused", fleet.centre.pk, None), ("in_transit", fleet.centre.pk, None))
    outcomes = Handling.objects.filter(doing="deliver").values_list("code", "outcome")
    assert dict(outcomes) == {refused.number: "refused", absent.number: "not_met"}
    [things] = fleet.planned(now=at(16, 30)).things.values()
    assert [thing["code"] for thing in things] == [absent.number], "what was refused is not driven out again"
    assert [one.kind for one in exceptions_at(fleet.centre.organisation, now=at(17))] == ["refused"]


def test_what_was_refused_at_its_point_goes_home_and_not_out_again(fleet):
    fleet.shift()
    refused, _out = fleet.parcel(to=fleet.village), fleet.parcel(to=fleet.village)
    for act, place, hour in (("arrived", fleet.village, 6), ("refused", fleet.village, 7)):
        fleet.scan(refused.number, act, place, when=at(hour))

    begin, call, end = fleet.stops(fleet.released(now=at(7, 30)))
    fleet.tell(begin, when=at(8))
    fleet.tell(call, when=at(12))
    assert where(refused) == ("refused", None, fleet.van.unit_id)
    fleet.tell(end, when=at(16))

    assert where(refused) == ("refused", fleet.centre.pk, None)
    with pytest.raises(actions.NothingWaits):
        fleet.planned(now=at(16, 30))


def test_messages_that_come_late_and_out_of_order_tell_the_same_day(fleet):
    fleet.shift()
    out = fleet.parcel(to=fleet.village)
    run = fleet.released()
    begin, call, end = fleet.stops(run)

    fleet.tell(end, when=at(16), now=at(20))
    fleet.tell(call, when=at(12), now=at(20, 1))
    fleet.tell(begin, when=at(8, 30), now=at(20, 2))

    run.refresh_from_db()
    assert where(out) == ("at_point", fleet.village.pk, None)
    assert run.stage == "finished"


def test_proofs_are_kept_and_a_wrong_code_is_kept_as_one_that_does_not_hold(fleet):
    fleet.shift()
    out = fleet.parcel(to=fleet.village)
    begin, call, _end = fleet.stops(fleet.released())
    fleet.tell(begin, when=at(8, 30))

    fleet.tell(call, when=at(12), code="xxxx", signature=drawn())

    assert sorted(call.proofs.values_list("kind", "holds")) == [("code", False), ("signature", True)]
    assert bytes(call.proofs.get(kind="signature").content)[:4] != b"\x89PNG"
    assert where(out)[0] == "at_point"


def drawn():
    file = io.BytesIO()
    Image.new("RGB", (600, 240), "white").save(file, "PNG")
    file.seek(0)
    return file


def test_only_its_driver_tells_of_a_run(fleet):
    fleet.shift()
    fleet.parcel(to=fleet.village)
    begin, *_ = fleet.stops(fleet.released())

    with pytest.raises(actions.IsNotYourRun):
        actions.tell_stop(stop_id=begin.pk, told=actions.Told(key=uuid4(), happened_at=at(8)), by=fleet.planner, now=at(8))

    assert Stop.objects.get(pk=begin.pk).done_at is None


def test_what_nobody_planned_is_taken_on_and_an_unknown_code_is_noticed(fleet):
    fleet.shift()
    fleet.parcel(to=fleet.village)
    begin, *_ = fleet.stops(fleet.released())
    late = fleet.parcel(to=fleet.village)

    fleet.tell(begin, when=at(8, 30), more=[late.number, "TH9"])

    assert where(late) == ("in_transit", None, fleet.van.unit_id)
    assert Handling.objects.get(thing_id=late.pk).task == ""
    assert Oddity.objects.get().kind == "unknown_code"


def test_after_a_closure_the_rest_of_the_day_is_planned_again_and_what_is_loaded_stays(fleet):
    fleet.shift()
    out = fleet.parcel(to=fleet.village)
    run = fleet.released()
    begin, call, _end = fleet.stops(run)
    fleet.tell(begin, when=at(8, 30))
    later = fleet.parcel(to=fleet.station)
    home = fleet.parcel(here=fleet.station)
    close_ways(roads=[fleet.county.over], reason="landslide", begins_at=at(16), by=fleet.planner, now=at(9))

    plan = fleet.planned(now=at(9))
    actions.release_plan(plan=plan, by=fleet.planner, now=at(9, 5))

    run.refresh_from_db()
    stops = fleet.stops(run)
    assert plan.is_from_now
    assert (run.plan_id, run.stage, [stop.pk for stop in stops[:2]]) == (plan.pk, "under_way", [begin.pk, call.pk])
    assert where(out)[2] == fleet.van.unit_id
    assert [later.number] in [one["codes"] for one in plan.left]
    told = {code for _kind, _place, doing, code in handled(run) if doing == "collect"}
    assert told == {home.number}
    assert queries.coming_to([fleet.station], now=at(9)).count() == 1


def test_a_plan_that_the_day_has_left_behind_is_not_given_out(fleet):
    fleet.shift()
    fleet.parcel(to=fleet.village)
    begin, call, _end = fleet.stops(fleet.released())
    fleet.tell(begin, when=at(8, 30))
    fleet.parcel(here=fleet.station)
    plan = fleet.planned(now=at(9))
    fleet.tell(call, when=at(11))

    with pytest.raises(actions.PlanIsStale):
        actions.release_plan(plan=plan, by=fleet.planner, now=at(11))

    plan.refresh_from_db()
    assert plan.state == "drafted"


def test_a_stop_that_was_taken_off_still_counts_where_a_phone_tells_of_it(fleet):
    fleet.shift()
    fleet.parcel(to=fleet.station)
    out = fleet.parcel(to=fleet.village)
    run = fleet.released()
    begin, *_ = fleet.stops(run)
    fleet.tell(begin, when=at(8, 30))
    calls = [stop for stop in fleet.stops(run) if stop.kind == "call"]
    fleet.parcel(here=fleet.station)
    actions.release_plan(plan=fleet.planned(now=at(9)), by=fleet.planner, now=at(9))
    dropped = next(stop for stop in calls if stop.place_id == fleet.village.pk)
    dropped.refresh_from_db()

    fleet.tell(dropped, when=at(12))

    assert where(out)[:2] == ("at_point", fleet.village.pk)


def test_a_lock_ends_with_the_loading(fleet):
    fleet.shift()
    fleet.parcel(to=fleet.village)
    plan = fleet.planned()
    actions.lock_thing(plan=plan, task=next(iter(plan.things)), vehicle=fleet.van, by=fleet.planner, now=at(7))
    begin, *_ = fleet.stops(fleet.released())

    fleet.tell(begin, when=at(8, 30))

    assert not Lock.objects.exists()


def test_what_is_loaded_beyond_what_a_vehicle_carries_is_taken_and_noticed(fleet):
    fleet.shift()
    fleet.parcel(to=fleet.village)
    begin, *_ = fleet.stops(fleet.released())
    heavy = fleet.parcel(to=fleet.village, grams=799_000, volume_cm3=1_000)

    fleet.tell(begin, when=at(8, 30), more=[heavy.number])

    odd = Oddity.objects.get()
    assert where(heavy) == ("in_transit", None, fleet.van.unit_id)
    assert (odd.kind, odd.facts) == ("overloaded", {"unit": "藏CT0001", "grams": 803_000, "most_grams": 800_000})


def test_what_lies_in_a_bag_is_carried_with_its_weight(fleet):
    fleet.shift()
    parcel = fleet.parcel(to=fleet.village, grams=7_000)
    [bag] = logistics.make_units(
        kind="bag", count=1, organisation=fleet.centre.organisation, at=fleet.centre, destination=fleet.village, now=at(5).replace(day=1)
    )
    fleet.scan(parcel.number, "put_in", fleet.centre, when=at(6), into=bag.code)

    plan = fleet.planned()

    [task] = plan.asked["tasks"]
    assert (task["key"], task["grams"], task["cm3"]) == (str(bag.pk), 7_000, 35_000)


def test_a_drivers_clock_two_days_behind_makes_no_run_that_ends_before_it_began(fleet):
    fleet.shift()
    fleet.parcel(to=fleet.village)
    run = fleet.released()
    begin, call, end = fleet.stops(run)
    off = timedelta(days=2)
    fleet.tell(begin, when=at(8, 30))
    fleet.tell(call, when=at(12) - off, now=at(12, 1), sent_at=at(12, 1) - off)
    fleet.tell(end, when=at(16) - off, now=at(16, 1), sent_at=at(16, 1) - off)

    run.refresh_from_db()
    assert (run.started_at, run.finished_at) == (at(8, 30), at(16))
    assert [stop.done_at for stop in fleet.stops(run)] == [at(8, 30), at(12), at(16)]
