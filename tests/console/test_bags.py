"""Bags and cages at a service point."""

import pytest
from django.urls import reverse
from django.utils import timezone

from teahorse.common.ids import short
from teahorse.logistics import actions
from teahorse.logistics.models import Oddity, Parcel, Scan, Unit
from tests import world
from tests.console.world import arrived, packed

pytestmark = pytest.mark.django_db


@pytest.fixture
def counter(browser_of, operator):
    return browser_of(operator)


@pytest.fixture
def village():
    return world.service_point("lhayu-village", kind="village_point", level="point", code="540524201201")


@pytest.fixture
def parcel(buyer, offer, seller, point, operator, village):
    return arrived(packed(buyer, offer, seller, pickup_point=village)[1], point, operator)


@pytest.fixture
def bag(point, village):
    make = {"organisation": point.organisation, "at": point, "destination": village, "now": timezone.now()}
    return actions.make_units(kind="bag", count=1, **make)[0]


def at(name="bags", **more):
    return reverse(f"console:{name}", kwargs={"org": "station-lhayu", **more})


def do(counter, bag, act, code="", **more):
    return counter.post(at("bag", unit_id=bag.pk), {"act": act, "code": code, **more}, follow=True)


def words(answer):
    return answer.content.decode()


def test_tags_are_made_and_printed(counter, point, village):
    form = {"kind": "bag", "count": "3", "point": short(point.pk), "destination": short(village.pk), "is_cold": "1"}

    page = counter.post(at("bag_new"), form, follow=True)
    printed = counter.get(f"{at('bag_tags')}?{page.context['new_query']}")

    made = Unit.objects.all()
    assert {(unit.kind, unit.held_by_id, unit.destination_id, unit.is_cold) for unit in made} == {("bag", point.pk, village.pk, True)}
    assert all(len(unit.code) == 14 and unit.code.startswith("TB") for unit in made)
    assert len(page.context["here"]) == len(page.context["new"]) == 3
    assert printed.content.startswith(b"%PDF")


@pytest.mark.parametrize(
    ("change", "field"), [({"count": "many"}, "count"), ({"count": "0"}, "count"), ({"count": "999"}, "count"), ({"kind": "van"}, "kind")]
)
def test_what_cannot_be_made_is_said_beside_its_field(counter, point, change, field):
    answer = counter.post(at("bag_new"), {"kind": "bag", "count": "1", "point": short(point.pk), **change})

    assert (answer.status_code, list(answer.context["errors"])) == (422, [field])
    assert not Unit.objects.exists()


def test_a_parcel_goes_in_its_bag_and_on_with_it(counter, bag, parcel, village):
    put_in = do(counter, bag, "put_in", f" {parcel.number.lower()} ")
    assert [one.pk for one, _ in put_in.context["parcels"]] == [parcel.pk]

    do(counter, bag, "send_on", seal="S 100")

    parcel.refresh_from_db()
    bag.refresh_from_db()
    assert (parcel.stage, parcel.held_by_id, parcel.inside_id) == ("in_transit", None, bag.pk)
    assert (bag.stage, bag.held_by_id) == ("in_transit", None)
    assert Scan.objects.get(thing_id=bag.pk).note == "S 100"
    actions.record_scans(
        scans=[actions.ScanDraft(parcel_number=bag.code, act="arrived", happened_at=timezone.now(), place=village, by=None)],
        now=timezone.now(),
    )
    assert Parcel.objects.get(pk=parcel.pk).stage == "at_point"


def test_it_is_loaded_on_a_vehicle_of_the_county(counter, bag, parcel, point):
    load = {"organisation": point.organisation, "name": "", "most_grams": 800_000, "most_cm3": 4_000_000, "is_cold": False}
    van = actions.register_vehicle(plate="藏C T0001", now=timezone.now(), **load)
    do(counter, bag, "put_in", parcel.number)

    without = do(counter, bag, "load")
    do(counter, bag, "load", van.code)

    assert without.status_code == 422
    assert Unit.objects.get(pk=bag.pk).inside_id == van.pk
    assert Parcel.objects.get(pk=parcel.pk).held_by_id is None


def test_what_is_taken_out_stays_here(counter, bag, parcel, point):
    do(counter, bag, "put_in", parcel.number)

    do(counter, bag, "take_out", parcel.number)
    again = do(counter, bag, "take_out", parcel.number)

    parcel.refresh_from_db()
    assert (parcel.inside_id, parcel.held_by_id) == (None, point.pk)
    assert again.status_code == 422
    assert "does not lie in here" in words(again)


def test_an_unknown_code_is_said_and_nothing_is_put_in(counter, bag):
    answer = do(counter, bag, "put_in", "TH000000000000")

    assert answer.status_code == 422
    assert 'value="TH000000000000"' in words(answer)
    assert not Scan.objects.exists()


def test_what_was_not_known_to_be_here_is_put_in_and_noticed(counter, bag, buyer, offer, seller, village):
    other = world.service_point("dechen", code="540524202")
    stray = packed(buyer, offer, seller, pickup_point=other)[1]
    arrived(stray, other, None)

    answer = do(counter, bag, "put_in", stray.number)

    assert Parcel.objects.get(pk=stray.pk).inside_id == bag.pk
    assert Oddity.objects.get().kind == "elsewhere"
    assert "It was not known to be here" in words(answer)
    assert f"{stray.number} goes to {other}, this one does not." in words(answer)
    assert "another way" in words(answer)


def test_nothing_is_put_in_a_bag_that_is_on_its_way(counter, bag, parcel):
    do(counter, bag, "send_on")
    Unit.objects.filter(pk=bag.pk).update(destination=parcel.held_by)

    answer = do(counter, bag, "put_in", parcel.number)

    assert answer.status_code == 422
    assert "does not stand here" in words(answer)


def test_the_counter_takes_a_bag_in_by_its_code(counter, bag, parcel, village, point):
    do(counter, bag, "put_in", parcel.number)
    do(counter, bag, "send_on")
    Unit.objects.filter(pk=bag.pk).update(destination=point)

    answer = counter.post(reverse("console:scan", kwargs={"org": "station-lhayu"}), {"number": bag.code, "mode": "take_in"}, follow=True)

    assert f"Taken in: {bag.code}" in words(answer)
    assert Parcel.objects.get(pk=parcel.pk).held_by_id == point.pk


def test_a_neighbours_bag_is_not_there(counter, bag):
    Unit.objects.filter(pk=bag.pk).update(held_by=None, destination=None)

    assert counter.get(at("bag", unit_id=bag.pk)).status_code == 404
    assert counter.get(f"{at('bag_tags')}?unit={bag.pk}").status_code == 404
