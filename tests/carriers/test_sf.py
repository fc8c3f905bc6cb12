"""SF over real HTTP: booked once, refused, silent, called off, labelled, followed; its pushes are believed in nothing."""

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from teahorse.carriers import accounts, actions, queries
from teahorse.carriers.actions.following import take_events
from teahorse.carriers.models import CarrierAccount, CarrierEvent, CarrierMessage, Consignment
from teahorse.carriers.providers import CarrierUnavailable, Party, Told, Wanted
from teahorse.carriers.providers.sf.client import digest
from teahorse.common.ids import new_id
from teahorse.common.refusals import Malformed
from teahorse.logistics.models import Oddity, Parcel, Scan
from tests import world

from .conftest import SENDER, book, make_parcel

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.filterwarnings("ignore:No directory at"),  # whitenoise, before static files are collected
]
PUSH = {"Body": {"WaybillRoute": [{"mailno": "SF0000000000001", "opCode": "80", "remark": "已签收", "acceptTime": "2026-08-01 10:00:00"}]}}


def told(consignment):
    """Have the carrier asked as if half an hour had gone by."""
    count = actions.ask_due(now=timezone.now() + timedelta(minutes=31))
    consignment.refresh_from_db()
    return count


def test_a_booking_gets_the_carriers_number_and_our_tariffs_fee(booked):
    assert (booked.stage, booked.number[:2], booked.fee_fen, booked.charged_grams) == ("booked", "SF", 2300, 1250)
    assert (booked.next_try_at is not None, booked.trouble) == (True, "")


def test_a_booking_whose_answer_is_lost_is_made_once(parcel, sf, tariff):
    sf.turn(answers=["lost"])

    booked = book(parcel)

    again = accounts.carrier("sf", None)
    party = Party(**booked.sender)
    assert again.book(Wanted(our_number=booked.our_number, sender=party, recipient=party, weight_grams=1250)) == booked.number


def test_what_nobody_answers_waits_longer_each_time_and_is_booked_then(parcel, sf):
    now = timezone.now()
    made = actions.consign(parcel=parcel, carrier="sf", sender=SENDER, weight_grams=1250, now=now)
    sf.turn(answers=["timeout"] * 4)

    waits = []
    for _ in range(2):
        assert actions.settle_due(now=now) == 0
        made.refresh_from_db()
        waits.append((made.next_try_at - now).total_seconds())
        now = made.next_try_at
    assert actions.settle_due(now=now) == 1

    made.refresh_from_db()
    assert (waits, made.stage) == ([30.0, 60.0], "booked")


def test_what_the_carrier_refuses_is_told_and_frees_the_parcel(parcel, sf):
    now = timezone.now()
    made = actions.consign(parcel=parcel, carrier="sf", sender=SENDER, weight_grams=200_000, now=now)

    assert actions.settle_due(now=now) == 1

    made.refresh_from_db()
    assert (made.stage, "S0005" in made.trouble, made.next_try_at) == ("refused", True, None)
    assert book(parcel).our_number == f"{parcel.number}F2"


def test_a_parcel_goes_to_one_carrier_at_a_time(booked, parcel):
    with pytest.raises(actions.AlreadyConsigned):
        actions.consign(parcel=parcel, carrier="sf", sender=SENDER, weight_grams=1250, now=timezone.now())
    with pytest.raises(Malformed):
        actions.consign(parcel=make_parcel(), carrier="sf", sender=SENDER, weight_grams=0, now=timezone.now())

    assert Consignment.objects.count() == 1


def test_wrong_keys_are_refused_at_the_gate(parcel, sf, tariff):
    person = world.person()
    keys = {**sf.keys, "checkword": "wrong"}
    actions.keep_account(organisation=parcel.sender, carrier="sf", values=keys, by=person, now=timezone.now())

    made = actions.consign(parcel=parcel, carrier="sf", sender=SENDER, weight_grams=1250, now=timezone.now())
    actions.settle_due(now=timezone.now())

    made.refresh_from_db()
    assert (made.stage, "A1006" in made.trouble) == ("refused", True)
    assert b"wrong" not in bytes(CarrierAccount.objects.get().sealed_keys)


def test_a_partner_that_does_not_answer_rests(sf):
    sf.turn(answers=["timeout"] * 100)
    rows = [actions.consign(parcel=make_parcel(), carrier="sf", sender=SENDER, weight_grams=500, now=timezone.now()) for _ in range(7)]

    actions.settle_due(now=timezone.now())

    left = len(sf.http.get("/sf/_control").json()["answers"])
    assert left == 100 - 5 * 2  # five calls of two tries; nobody asked for the sixth and seventh
    assert {row.stage for row in Consignment.objects.filter(pk__in=[row.pk for row in rows])} == {"waiting"}


def test_rates_are_told_in_fen_for_the_charged_weight(sf):
    party = Party(name="演示", phone="13900000001", address="上海市")
    wanted = Wanted(our_number="TH1", sender=party, recipient=party, weight_grams=1250, volume_cm3=12_000)

    (offer,) = accounts.carrier("sf", None).rate(wanted, now=timezone.now())

    assert (offer.service, offer.fee_fen, offer.promised_by > timezone.now()) == ("2", 2300, True)


def test_the_label_is_the_carriers_pdf(booked):
    assert accounts.carrier("sf", None).label(booked.number).startswith(b"%PDF-")
    with pytest.raises(CarrierUnavailable):
        accounts.carrier("sf", None).label("SF404")


def test_a_booking_is_called_off_once_and_what_is_collected_goes_on(booked, sf, parcel):
    actions.call_off(consignment=booked, now=timezone.now())
    actions.settle_due(now=timezone.now())
    booked.refresh_from_db()
    assert (booked.stage, booked.next_try_at) == ("cancelled", None)

    second = book(parcel)
    sf.act(second.number, "50", "顺丰速运 已收取快件")
    actions.call_off(consignment=second, now=timezone.now())
    actions.settle_due(now=timezone.now())

    second.refresh_from_db()
    assert (second.stage, "8252" in second.trouble) == ("booked", True)


def test_events_become_scans_once_in_whatever_order_they_come(booked, sf, parcel):
    sf.act(booked.number, "31", "快件到达 【拉萨中转场】", place="拉萨", at="2026-08-12 10:00:00")
    assert told(booked) == 1
    sf.act(booked.number, "50", "顺丰速运 已收取快件", place="琼结", at="2026-08-11 10:00:00")  # late
    sf.act(booked.number, "777", "中转场停电", at="2026-08-12 11:00:00")  # in no table
    sf.act(booked.number, "80", "已签收", place="上海", at="2026-08-15 10:00:00")

    actions.ask_due(now=timezone.now() + timedelta(minutes=62))

    booked.refresh_from_db()
    parcel.refresh_from_db()
    scans = Scan.objects.filter(thing_id=parcel.pk).order_by("happened_at")
    assert [scan.act for scan in scans] == ["received", "arrived", "handed_over"]
    assert (booked.state, booked.next_try_at, parcel.stage) == ("delivered", None, Parcel.Stage.HANDED_OVER)
    assert [event.words for event in queries.unmapped_events()] == ["中转场停电"]
    take_events(consignment=booked, told=accounts.carrier("sf", None).track(booked.number, carrier="sf", phone=""), now=timezone.now())
    assert (CarrierEvent.objects.count(), scans.count()) == (4, 3)


def test_a_carriers_receipt_at_a_pickup_point_hands_nothing_over(sf, tariff):
    parcel = make_parcel(pickup_point=world.service_point("point-shanghai"))
    booked = book(parcel)
    sf.act(booked.number, "80", "已签收")

    told(booked)

    parcel.refresh_from_db()
    assert (booked.state, parcel.stage) == ("delivered", Parcel.Stage.IN_TRANSIT)


def test_an_unsigned_push_only_has_its_number_asked_about(booked, sf, parcel):
    body = {"Body": {"WaybillRoute": [{**PUSH["Body"]["WaybillRoute"][0], "mailno": booked.number}]}}
    actions.ask_due(now=timezone.now())  # the next time is in half an hour
    answer = Client().post("/carriers/sf/push", body, content_type="application/json")
    assert answer.json()["return_code"] == "0000"

    actions.apply_pushes(now=timezone.now())
    assert CarrierEvent.objects.count() == 0  # the forged delivery is believed in nothing

    sf.act(booked.number, "50", "顺丰速运 已收取快件")
    assert actions.ask_due(now=timezone.now()) == 1
    parcel.refresh_from_db()
    assert parcel.stage == Parcel.Stage.IN_TRANSIT


@pytest.mark.parametrize("body", [b"", b"[]", b"\xff", b'{"Body":{}}', b'{"Body":{"WaybillRoute":[{"mailno":7}]}}'])
def test_what_is_no_push_is_kept_and_refused(body, sf):
    answer = Client().post("/carriers/sf/push", body, content_type="application/json")

    assert answer.json()["return_code"] == "1000"
    assert [message.is_accepted for message in CarrierMessage.objects.all()] == [False]


def test_a_return_is_a_booking_of_its_own_and_hands_nothing_over(booked, sf, parcel):
    back = actions.send_back(consignment=booked, weight_grams=1250, now=timezone.now())
    actions.settle_due(now=timezone.now())
    back.refresh_from_db()
    assert (back.stage, back.recipient, back.our_number) == ("booked", booked.sender, f"{parcel.number}R1")

    sf.act(back.number, "80", "已签收")
    told(back)

    parcel.refresh_from_db()
    assert (back.state, parcel.stage) == ("delivered", Parcel.Stage.PACKED)


def test_a_day_of_silence_stands_on_the_board(booked, sf):
    sf.turn(silent=True)
    sf.act(booked.number, "50", "顺丰速运 已收取快件")
    tomorrow = booked.booked_at + timedelta(hours=24)
    actions.ask_due(now=tomorrow - timedelta(hours=1))
    assert not queries.silent_carriers(now=tomorrow - timedelta(seconds=1))

    assert queries.silent_carriers(now=tomorrow) == [("sf", None, 1)]
    assert list(queries.silent_consignments(now=tomorrow)) == [booked]

    sf.turn(silent=False)
    actions.ask_due(now=tomorrow)
    assert queries.silent_carriers(now=tomorrow) == []


def test_the_sandbox_refuses_an_edited_message_and_a_repeated_one(sf):
    timestamp, message = str(int(timezone.now().timestamp() * 1000)), '{"orderId":"TH0","searchType":"1"}'
    form = {
        "partnerID": sf.keys["partner_id"],
        "requestID": new_id().hex,
        "serviceCode": "EXP_RECE_SEARCH_ORDER_RESP",
        "timestamp": timestamp,
        "msgDigest": digest(message=message, timestamp=timestamp, checkword=sf.keys["checkword"]),
        "msgData": message,
    }

    codes = [sf.http.post("/sf/std/service", data=sent).json()["apiResultCode"] for sent in ({**form, "msgData": "{}"}, form, form)]

    assert codes == ["A1006", "A1000", "A1007"]


def test_what_never_reached_the_carrier_is_called_off_without_it(parcel, sf):
    now = timezone.now()
    made = actions.consign(parcel=parcel, carrier="sf", sender=SENDER, weight_grams=1250, now=now)
    actions.call_off(consignment=made, now=now)

    sf.turn(answers=["timeout"] * 2)
    assert actions.settle_due(now=now) == 0
    assert actions.settle_due(now=now + timedelta(seconds=30)) == 1

    made.refresh_from_db()
    assert (made.stage, made.number, made.next_try_at) == ("cancelled", "", None)


def test_what_was_told_of_one_second_happened_in_the_order_in_which_a_parcel_goes(booked, sf):
    at, now = timezone.now().replace(microsecond=0) - timedelta(hours=1), timezone.now()
    told_of_it = [
        Told(source="sf", number=booked.number, code=code, words=code, place="", happened_at=at) for code in ("80", "44", "30", "50")
    ]

    take_events(consignment=booked, told=told_of_it, now=now)

    acts = Scan.objects.filter(thing_id=booked.parcel_id).order_by("happened_at").values_list("act", flat=True)
    assert list(acts) == ["received", "departed", "departed", "handed_over"]
    assert not Oddity.objects.exists()
