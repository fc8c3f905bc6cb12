"""The counter of a service point."""

import pytest
from django.urls import reverse

from teahorse.common.ids import short
from teahorse.logistics.models import Oddity, Parcel, Scan
from tests import world
from tests.console.world import arrived, member, packed

pytestmark = pytest.mark.django_db


@pytest.fixture
def counter(browser_of, operator):
    return browser_of(operator)


@pytest.fixture
def parcel(buyer, offer, seller, point):
    return packed(buyer, offer, seller, pickup_point=point, contact_name="扎西卓玛")[1]


@pytest.fixture
def here(parcel, point, operator):
    return arrived(parcel, point, operator)


def at(name="parcels", **more):
    return reverse(f"console:{name}", kwargs={"org": "station-lhayu", **more})


def scan(counter, number, mode="find", **more):
    return counter.post(at("scan"), {"number": number, "mode": mode, **more})


def stage(parcel):
    return Parcel.objects.get(pk=parcel.pk).stage


def test_parcels_stand_by_what_is_to_be_done(counter, parcel, buyer, offer, seller, point, operator):
    waiting = arrived(packed(buyer, offer, seller, pickup_point=point)[1], point, operator)
    elsewhere = packed(buyer, offer, seller, pickup_point=world.service_point("dechen"))[1]
    scan(counter, elsewhere.number, "take_in")

    page = counter.get(at())

    assert [p.pk for p in page.context["expected"]] == [parcel.pk]
    assert [p.pk for p in page.context["to_fetch"]] == [waiting.pk]
    assert [p.pk for p in page.context["to_send_on"]] == [elsewhere.pk]
    assert "扎**玛" in page.content.decode()
    assert "扎西卓玛" not in page.content.decode()


def test_a_number_or_a_pickup_code_leads_to_the_parcel(counter, here):
    where = f"{at('parcel', parcel_id=here.pk)}?point={short(here.pickup_point_id)}"

    assert [scan(counter, text).url for text in (here.number, here.pickup_code, f" {here.number.lower()} ")] == [where] * 3


def test_a_wrong_number_stays_in_the_field_with_a_word(counter, here):
    answer = scan(counter, "TH00000000000")

    assert answer.status_code == 422
    assert "Nothing here has the number TH00000000000" in answer.content.decode()
    assert 'value="TH00000000000"' in answer.content.decode()


def test_parcels_are_taken_in_one_after_the_other(counter, parcel, point):
    answer = scan(counter, parcel.number, "take_in")
    again = scan(counter, parcel.number, "take_in")

    assert answer.url == f"{at()}?point={short(point.pk)}&mode=take_in"
    assert stage(parcel) == "at_point"
    assert again.status_code == 422
    assert "was taken in before" in again.content.decode()
    assert Scan.objects.count() == 1


def test_a_parcel_for_elsewhere_is_taken_in_and_sent_on(counter, buyer, offer, seller):
    parcel = packed(buyer, offer, seller)[1]

    before = scan(counter, parcel.number, "send_on").status_code
    scan(counter, parcel.number, "take_in")
    held = Parcel.objects.get(pk=parcel.pk).held_by
    scan(counter, parcel.number, "send_on")

    assert before == 422
    assert held.organisation.key == "station-lhayu"
    assert (stage(parcel), Parcel.objects.get(pk=parcel.pk).held_by) == ("in_transit", None)


def test_what_is_fetched_here_is_not_sent_on(counter, here):
    answer = scan(counter, here.number, "send_on")

    assert answer.status_code == 422
    assert "is to be fetched here" in answer.content.decode()
    assert stage(here) == "at_point"


def test_a_parcel_is_handed_over_against_its_code_once(counter, here):
    address = at("parcel", parcel_id=here.pk)

    answer = counter.post(address, {"act": "hand_over", "pickup_code": f" {here.pickup_code[:3]} {here.pickup_code[3:]}"})
    again = counter.post(address, {"act": "hand_over", "pickup_code": here.pickup_code}, follow=True)

    assert answer.status_code == 302
    assert stage(here) == "handed_over"
    assert "was handed over on" in again.content.decode()
    assert Scan.objects.filter(act="handed_over", proof="pickup_code").count() == 1


def test_a_wrong_code_opens_nothing(counter, here):
    wrong = f"{(int(here.pickup_code) + 1) % 1_000_000:06d}"

    answer = counter.post(at("parcel", parcel_id=here.pk), {"act": "hand_over", "pickup_code": wrong})

    assert answer.status_code == 422
    assert "This code does not open the parcel" in answer.content.decode()
    assert stage(here) == "at_point"
    assert here.pickup_code not in counter.get(at("parcel", parcel_id=here.pk)).content.decode().replace(here.number, "")


def test_a_refused_parcel_is_written_down(counter, here):
    counter.post(at("parcel", parcel_id=here.pk), {"act": "refuse", "note": "盒子破了"})

    assert stage(here) == "refused"
    assert "盒子破了" in counter.get(at("parcel", parcel_id=here.pk)).content.decode()


def test_a_parcel_is_missed_with_a_word_and_found_again(counter, here):
    address = at("parcel", parcel_id=here.pk)

    wordless = counter.post(address, {"act": "lost", "note": "?"})
    counter.post(address, {"act": "lost", "note": "架上没有，柜子也找过"})
    missed = stage(here)
    page = counter.get(at())
    shown = counter.get(address).content.decode()
    counter.post(address, {"act": "found", "note": "在柜子后面"})

    assert wordless.status_code == 422
    assert "Write what happened" in wordless.content.decode()
    assert missed == "lost"
    assert [p.pk for p in page.context["missed"]] == [here.pk]
    assert page.context["to_fetch"] == []
    assert "架上没有" in shown
    assert "Found again" in shown
    assert (stage(here), [p.pk for p in counter.get(at()).context["to_fetch"]]) == ("at_point", [here.pk])


def test_taking_a_missed_parcel_in_finds_it(counter, here):
    counter.post(at("parcel", parcel_id=here.pk), {"act": "lost", "note": "架上没有"})

    found = scan(counter, here.number).url
    scan(counter, here.number, "take_in")

    assert found.startswith(at("parcel", parcel_id=here.pk))
    assert stage(here) == "at_point"
    assert Scan.objects.order_by("-recorded_at").first().act == "found"


def test_what_is_awaited_can_be_missed_but_not_what_lies_elsewhere(counter, browser_of, parcel, operator):
    other = world.service_point("dechen")
    holder = browser_of(member(other.organisation, "+8619900071062"))
    holder.post(reverse("console:scan", kwargs={"org": "dechen"}), {"number": parcel.number, "mode": "take_in"})
    elsewhere = counter.post(at("parcel", parcel_id=parcel.pk), {"act": "lost", "note": "一直没到"})
    holder.post(reverse("console:scan", kwargs={"org": "dechen"}), {"number": parcel.number, "mode": "send_on"})

    counter.post(at("parcel", parcel_id=parcel.pk), {"act": "lost", "note": "一直没到"})

    assert elsewhere.status_code == 422
    assert "cannot be missed here" in elsewhere.content.decode()
    assert stage(parcel) == "lost"


def test_a_parcel_of_another_point_is_not_there(browser_of, here):
    other = world.service_point("gyangze", code="540222201100")
    stranger = browser_of(member(other.organisation, "+8619900071061"))
    address = reverse("console:parcel", kwargs={"org": "gyangze", "parcel_id": here.pk})

    assert stranger.get(address).status_code == 404
    assert stranger.post(address, {"act": "hand_over", "pickup_code": here.pickup_code}).status_code == 404
    assert (
        stranger.post(reverse("console:scan", kwargs={"org": "gyangze"}), {"number": here.pickup_code, "mode": "find"}).status_code == 422
    )
    assert stage(here) == "at_point"


def test_an_organisation_without_a_point_is_told_so(browser_of, reviewer):
    assert "has no service point" in browser_of(reviewer).get("/console/centre-qonggyai/parcels/").content.decode()


def test_a_code_that_nobody_knows_is_kept_when_it_really_stands_there(browser_of, operator, point):
    desk, address = browser_of(operator), "/console/station-lhayu/parcels/scan/"
    refused = desk.post(address, {"point": short(point.pk), "number": "YT0099887766", "mode": "take_in"})
    mistyped = desk.post(address, {"point": short(point.pk), "number": "12", "mode": "take_in"})

    kept = desk.post(address, {"point": short(point.pk), "number": "YT0099887766", "mode": "keep"}, follow=True)

    assert (refused.status_code, refused.context["may_keep"], mistyped.context["may_keep"]) == (422, True, False)
    assert "YT0099887766" in kept.content.decode()
    assert [(odd.kind, odd.place_id, odd.facts["code"]) for odd in Oddity.objects.all()] == [("unknown_code", point.pk, "YT0099887766")]
    [row] = desk.get("/console/station-lhayu/exceptions/").context["rows"]
    assert row["it"].code == "YT0099887766"
