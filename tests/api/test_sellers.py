from datetime import timedelta
from uuid import uuid4

import pytest
from django.utils import timezone

from teahorse.carriers.models import Consignment
from teahorse.logistics.models import Oddity, Parcel, Scan
from teahorse.orders import actions
from teahorse.orders.models import SellerOrder
from teahorse.people import actions as people
from teahorse.people.actions import issue_token, revoke_token
from teahorse.people.models import Organisation
from tests import world
from tests.api.conftest import Api
from tests.api.test_orders import problem

pytestmark = pytest.mark.django_db


@pytest.fixture
def point():
    return world.service_point("xuexi")


@pytest.fixture
def packed(paid, wine, point):
    """A parcel of two bottles, to be fetched at the point."""
    return actions.pack_order(order=paid({wine: 2}, pickup_point=point).orders.get(), weight_grams=900, by=None, now=timezone.now())


def scan(parcel, act, *, at=None, **more):
    happened_at = at or timezone.now() - timedelta(minutes=5)
    return {"id": str(uuid4()), "parcel_number": parcel.number, "act": act, "happened_at": happened_at.isoformat(), **more}


# --- a seller's orders


def test_a_seller_fetches_her_paid_orders_page_by_page(as_organisation, paid, placed, wine, carpet):
    groups = [paid({wine: 1}) for _ in range(3)]
    placed({wine: 1})
    paid({carpet: 1})
    seller = as_organisation(wine.seller)

    first = seller.get("seller/orders", state="paid", limit=2).json()
    second = seller.get("seller/orders", state="paid", limit=2, after=first["next"]).json()

    assert [order["order_id"] for order in first["orders"] + second["orders"]] == [str(group.pk) for group in groups]
    assert first["next"] == first["orders"][-1]["id"]
    assert second["next"] is None
    assert first["orders"][0]["contact"] == {"name": "演示买家", "phone": "+8619900001001"}
    assert first["orders"][0]["destination"]["address_line"] == "漕溪北路 1 号 201 室"
    assert (first["orders"][0]["stage"], first["orders"][0]["lines"][0]["quantity"]) == ("to_ship", 1)


def test_who_has_not_paid_stays_masked(as_organisation, placed, wine):
    placed({wine: 1})

    [order] = as_organisation(wine.seller).get("seller/orders").json()["orders"]

    assert order["contact"] == {"name": "演**家", "phone": "199******01"}


def test_a_page_is_no_larger_than_a_hundred_and_continues_an_own_one(as_organisation, paid, wine, carpet):
    others = paid({carpet: 1}).orders.get()
    seller = as_organisation(wine.seller)

    assert problem(seller.get("seller/orders", limit=101)) == (422, "malformed", "limit")
    assert problem(seller.get("seller/orders", after=str(others.pk))) == (422, "malformed", "after")
    assert problem(seller.get("seller/orders", state="lost")) == (422, "malformed", "state")


def test_orders_of_other_sellers_are_not_there(api, as_organisation, paid, wine, carpet):
    order = paid({wine: 1}).orders.get()
    other = as_organisation(carpet.seller)

    assert other.get("seller/orders").json() == {"orders": [], "next": None}
    assert problem(other.get(f"seller/orders/{order.pk}")) == (404, "not_there", "seller_order_id")
    assert problem(other.post(f"seller/orders/{order.pk}/pack", {"weight_grams": 1})) == (404, "not_there", "seller_order_id")
    assert problem(api.get("seller/orders")) == (401, "not_known", "")
    assert SellerOrder.objects.get(pk=order.pk).state == "paid"


def test_a_revoked_token_and_one_of_an_organisation_that_left_open_nothing(wine):
    token, secret = issue_token(organisation=wine.seller, name="ERP", now=timezone.now())
    assert Api(secret).get("seller/orders").status_code == 200

    Organisation.objects.filter(pk=wine.seller.pk).update(left_at=timezone.now())
    assert problem(Api(secret).get("seller/orders")) == (401, "not_known", "")

    Organisation.objects.filter(pk=wine.seller.pk).update(left_at=None)
    revoke_token(token=token, now=timezone.now() - timedelta(seconds=1))
    assert problem(Api(secret).get("seller/orders")) == (401, "not_known", "")


def test_an_order_is_packed_once(as_organisation, paid, wine):
    order = paid({wine: 2}).orders.get()
    seller = as_organisation(wine.seller)

    first = seller.post(f"seller/orders/{order.pk}/pack", {"weight_grams": 900, "carrier": "sf", "carrier_number": "SF123"})
    second = seller.post(f"seller/orders/{order.pk}/pack", {"weight_grams": 900})

    parcel = Parcel.objects.get()
    assert first.status_code == 201
    assert (first.json()["number"], first.json()["stage"]) == (parcel.number, "packed")
    assert (parcel.weight_grams, parcel.carrier, parcel.carrier_number) == (900, "sf", "SF123")
    assert problem(second) == (409, "not_to_pack", "")
    shown = seller.get(f"seller/orders/{order.pk}").json()
    assert (shown["state"], [named["number"] for named in shown["parcels"]]) == ("preparing", [parcel.number])
    assert world.level_of(wine).on_hand == 8


def test_a_carrier_without_a_number_is_asked_where_there_is_a_contract(as_organisation, paid, wine, settings):
    order = paid({wine: 2}).orders.get()
    settings.SANDBOX_URL = "http://127.0.0.1:9"
    seller = as_organisation(wine.seller)

    silent = seller.post(f"seller/orders/{order.pk}/pack", {"weight_grams": 900, "carrier": "jd"})
    people.set_telephone(organisation=wine.seller, telephone="0893 782 0000")
    answer = seller.post(f"seller/orders/{order.pk}/pack", {"weight_grams": 900, "carrier": "jd"})

    assert problem(silent)[:2] == (409, "no_telephone")
    handed = Consignment.objects.get()
    assert answer.status_code == 201
    assert (handed.carrier, handed.stage, handed.weight_grams, handed.parcel.carrier_number) == ("jd", "waiting", 900, "")


def test_what_is_sold_by_weight_is_packed_with_its_weight(as_organisation, paid):
    meat = world.offer(world.organisation("damxung"), price_fen=9600, weight_grams=1500, nominal_grams=1200)
    order = paid({meat: 1}).orders.get()
    seller = as_organisation(meat.seller)
    line = seller.get(f"seller/orders/{order.pk}").json()["lines"][0]

    forgotten = seller.post(f"seller/orders/{order.pk}/pack", {"weight_grams": 1400})
    weighed = {"weighed": {line["id"]: 1300}, "asks_difference": True}
    packed = seller.post(f"seller/orders/{order.pk}/pack", {"weight_grams": 1500, **weighed})

    assert (line["expected_grams"], line["weighed_grams"]) == (1200, None)
    assert problem(forgotten) == (422, "not_weighed", f"weighed.{line['id']}")
    assert packed.status_code == 201
    shown = seller.get(f"seller/orders/{order.pk}").json()
    assert (shown["lines"][0]["weighed_grams"], shown["lines"][0]["weighed_fen"]) == (1300, 10400)
    assert [(due["kind"], due["state"], due["amount_fen"]) for due in shown["balances"]] == [("weight", "asked", 800)]


@pytest.mark.parametrize(
    ("asked", "field"),
    [
        ({}, "weight_grams"),
        ({"weight_grams": 0}, "weight_grams"),
        ({"weight_grams": 10**30}, "weight_grams"),
        ({"weight_grams": 1, "carrier": "sf"}, "body"),
        ({"weight_grams": 1, "carrier": "a\x00"}, "carrier"),
    ],
)
def test_a_parcel_that_cannot_be_is_refused(as_organisation, paid, wine, asked, field):
    order = paid({wine: 2}).orders.get()

    assert problem(as_organisation(wine.seller).post(f"seller/orders/{order.pk}/pack", asked)) == (422, "malformed", field)
    assert not Parcel.objects.exists()


# --- parcels and scans


def test_a_buyer_follows_her_parcel_and_alone_is_told_its_code(api, as_buyer, as_organisation, packed, point):
    station = as_organisation(point.organisation)
    station.post("parcels/scans", {"scans": [scan(packed, "arrived", place_id=str(point.pk))]})
    group = SellerOrder.objects.get(pk=packed.reference).group

    followed = as_buyer(group).get(f"orders/{group.pk}/tracking").json()
    by_link = api.get(f"orders/{group.pk}/tracking", access=as_buyer(group).token)
    by_seller = as_organisation(packed.sender).get(f"orders/{group.pk}/tracking").json()

    [parcel] = followed["orders"][0]["parcels"]
    assert (followed["stage"], parcel["number"], parcel["stage"], parcel["pickup_code"]) == (
        "to_fetch",
        packed.number,
        "at_point",
        packed.pickup_code,
    )
    assert [(step["act"], step["place"]) for step in parcel["scans"]] == [("arrived", "xuexi服务点")]
    assert parcel["pickup_point"]["name"] == "xuexi服务点"
    assert by_link.json()["orders"] == followed["orders"]
    assert by_seller["orders"][0]["parcels"][0]["pickup_code"] == ""


def test_a_parcel_is_shown_to_those_it_concerns(as_organisation, packed, point, carpet):
    for organisation in (packed.sender, point.organisation):
        shown = as_organisation(organisation).get(f"parcels/{packed.number}").json()
        assert (shown["number"], shown["pickup_code"], shown["recipient_name"], shown["recipient_phone"]) == (
            packed.number,
            "",
            "演**家",
            "199******01",
        )
    other = as_organisation(carpet.seller)
    assert problem(other.get(f"parcels/{packed.number}")) == (404, "not_there", "number")
    assert problem(other.get("parcels/x")) == (422, "malformed", "number")


def test_the_same_scans_again_get_the_same_receipts(as_organisation, packed, point):
    station = as_organisation(point.organisation)
    scans = {"scans": [scan(packed, "arrived", place_id=str(point.pk)), scan(packed, "found", at=timezone.now() + timedelta(days=9))]}

    first, second = station.post("parcels/scans", scans), station.post("parcels/scans", scans)

    assert first.status_code == 200
    assert first.json() == second.json()
    assert [(receipt["id"], receipt["is_kept"], receipt["problem"]) for receipt in first.json()["receipts"]] == [
        (sent["id"], True, None) for sent in scans["scans"]
    ]
    assert Scan.objects.count() == 2
    assert max(Scan.objects.values_list("happened_at", flat=True)) <= timezone.now()


def test_one_bad_scan_does_not_keep_the_others_back(as_organisation, packed, point, carpet):
    unknown = Parcel(number="TH000000000000")
    other_place = world.service_point("jiangzi-point", code=world.GYANGZE)
    good = scan(packed, "arrived", place_id=str(point.pk))
    scans = [scan(unknown, "arrived"), good, scan(packed, "arrived", place_id=str(other_place.pk)), {**good, "act": "departed"}]

    receipts = as_organisation(point.organisation).post("parcels/scans", {"scans": scans}).json()["receipts"]

    assert [receipt["is_kept"] for receipt in receipts] == [True, True, False, False]
    assert [receipt["problem"] and receipt["problem"]["code"] for receipt in receipts] == [None, None, "not_there", "scan_differs"]
    assert [receipt["odd"] for receipt in receipts] == [["unknown_code"], [], [], []]
    assert set(Scan.objects.values_list("thing_id", "code")) == {(None, "TH000000000000"), (packed.pk, "")}


def test_a_parcel_is_handed_over_at_its_point_against_its_code(as_organisation, packed, point):
    station = as_organisation(point.organisation)
    wrong = "000000" if packed.pickup_code != "000000" else "111111"
    hand_over = {"place_id": str(point.pk), "proof": "pickup_code"}
    scans = [
        scan(packed, "handed_over", proof="pickup_code", pickup_code=packed.pickup_code),
        scan(packed, "handed_over", **hand_over, pickup_code=wrong),
        scan(packed, "handed_over", **hand_over, pickup_code=packed.pickup_code),
    ]

    receipts = station.post("parcels/scans", {"scans": scans}).json()["receipts"]

    assert [receipt["problem"] and receipt["problem"]["code"] for receipt in receipts] == ["not_at_this_point", "wrong_pickup_code", None]
    assert receipts[2]["parcel"]["stage"] == "handed_over"


def test_nobody_ends_the_way_of_what_somebody_else_has(as_organisation, paid, packed, point, wine):
    to_a_door = actions.pack_order(order=paid({wine: 1}).orders.get(), weight_grams=900, by=None, now=timezone.now())
    far = world.service_point("jiangzi-point", code=world.GYANGZE)
    stranger, here = as_organisation(far.organisation), as_organisation(point.organisation)
    here.post("parcels/scans", {"scans": [scan(packed, "arrived", place_id=str(point.pk))]})

    told = [
        scan(to_a_door, "handed_over", place_id=str(far.pk)),
        scan(packed, "returned", place_id=str(far.pk)),
        scan(packed, "returned"),
        scan(packed, "handed_over", place_id=str(far.pk), proof="signature"),
    ]
    receipts = stranger.post("parcels/scans", {"scans": told}).json()["receipts"]

    assert [one["problem"]["code"] for one in receipts] == ["not_at_this_point"] * 4
    assert {one.stage for one in Parcel.objects.all()} == {"packed", "at_point"}


def test_whoever_took_it_in_ends_its_way_also_with_one_message(as_organisation, paid, packed, point, wine):
    to_a_door = actions.pack_order(order=paid({wine: 1}).orders.get(), weight_grams=900, by=None, now=timezone.now())
    here, place = as_organisation(point.organisation), {"place_id": str(point.pk)}
    earlier = timezone.now() - timedelta(hours=1)

    told = [scan(to_a_door, "received", at=earlier, **place), scan(to_a_door, "handed_over", proof="signature", **place)]
    at_once = here.post("parcels/scans", {"scans": told}).json()["receipts"]
    here.post("parcels/scans", {"scans": [scan(packed, "arrived", at=earlier, **place)]})
    later = here.post("parcels/scans", {"scans": [scan(packed, "returned", **place)]}).json()["receipts"]

    assert [one["is_kept"] for one in (*at_once, *later)] == [True, True, True]
    assert {one.stage for one in Parcel.objects.all()} == {"handed_over", "returned"}


def test_a_code_that_nobody_knows_told_of_no_place_is_looked_at_where_it_was_told(as_organisation, packed, point):
    scans = [{**scan(packed, "arrived"), "parcel_number": "TH000000000000"}]

    as_organisation(point.organisation).post("parcels/scans", {"scans": scans})

    assert [(odd.kind, odd.county_id) for odd in Oddity.objects.all()] == [("unknown_code", point.county_id)]


def test_what_is_paid_on_delivery_is_not_handed_over_before(as_organisation, packed, point):
    Parcel.objects.filter(pk=packed.pk).update(cod_fen=8600)
    station = as_organisation(point.organisation)
    come = scan(packed, "arrived", place_id=str(point.pk))
    by_code = {"place_id": str(point.pk), "proof": "pickup_code", "pickup_code": packed.pickup_code}
    refused = [scan(packed, "handed_over", **by_code), scan(packed, "handed_over", place_id=str(point.pk), proof="signature")]

    receipts = station.post("parcels/scans", {"scans": [come, *refused]}).json()["receipts"]
    shown = station.get(f"parcels/{packed.number}").json()
    Parcel.objects.filter(pk=packed.pk).update(cod_taken_at=timezone.now())
    after = station.post("parcels/scans", {"scans": [scan(packed, "handed_over", **by_code)]}).json()["receipts"]

    assert [receipt["problem"] and receipt["problem"]["code"] for receipt in receipts] == [None, "take_money_first", "take_money_first"]
    assert shown["cod_due_fen"] == 8600
    assert after[0]["parcel"]["stage"] == "handed_over"


def test_a_seller_tells_only_that_her_own_parcels_departed(as_organisation, packed, carpet):
    sender, other = as_organisation(packed.sender), as_organisation(carpet.seller)

    own = sender.post("parcels/scans", {"scans": [scan(packed, "departed"), scan(packed, "handed_over")]}).json()["receipts"]
    others = other.post("parcels/scans", {"scans": [scan(packed, "departed")]}).json()["receipts"]

    assert [receipt["problem"] and receipt["problem"]["code"] for receipt in own + others] == [None, "not_allowed", "unknown_parcel"]
    assert Scan.objects.count() == 1


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"id": "x"}, "scans.0.id"),
        ({"happened_at": "yesterday"}, "scans.0.happened_at"),
        ({"happened_at": "0001-01-01T00:00:00+14:00"}, "scans.0.happened_at"),
        ({"happened_at": "2026-08-15T04:00:00"}, "scans.0.happened_at"),
        ({"act": "eaten"}, "scans.0.act"),
        ({"note": "\x00"}, "scans.0.note"),
        ({"parcel_number": "TH"}, "scans.0.parcel_number"),
    ],
)
def test_scans_that_cannot_be_read_are_refused(as_organisation, packed, change, field):
    response = as_organisation(packed.sender).post("parcels/scans", {"scans": [{**scan(packed, "departed"), **change}]})

    assert problem(response) == (422, "malformed", field)
    assert not Scan.objects.exists()


def test_a_batch_is_not_larger_than_five_hundred(as_organisation, packed):
    response = as_organisation(packed.sender).post("parcels/scans", {"scans": [scan(packed, "departed")] * 501})

    assert problem(response) == (422, "malformed", "scans")
