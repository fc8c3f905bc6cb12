"""China Post and EMS over real HTTP: booked once, refused, silent, called off, labelled, followed; numbers checked by their digit."""

import base64
import json
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from teahorse.carriers import accounts, actions, queries, states
from teahorse.carriers.models import CarrierEvent, CarrierMessage
from teahorse.carriers.providers import CarrierRefuses, CarrierUnavailable, Party, Wanted
from teahorse.carriers.providers.china_post import made
from teahorse.carriers.providers.china_post.client import opened, sealed
from teahorse.carriers.rules import is_s10
from teahorse.common.refusals import Malformed
from teahorse.logistics.models import Parcel, Scan
from tests import world

from .conftest import SENDER, book, make_parcel

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.filterwarnings("ignore:No directory at"),  # whitenoise, before static files are collected
]
KEY = base64.b64encode(b"0123456789abcdef").decode()
VECTOR = "WVYKSX/RUOYEeHdsM2vJ5iSXYwGaHu9YZlO/37IIFK5R4uw1vKTsDbsOy2K2ZoNk"
ADDRESS = "西藏自治区山南市琼结县拉玉乡"


@pytest.fixture
def booked(parcel, china_post):
    return book(parcel, carrier="china_post")


def told(consignment):
    """Have the carrier asked as if half an hour had gone by."""
    count = actions.ask_due(now=timezone.now() + timedelta(minutes=31))
    consignment.refresh_from_db()
    return count


def own_account(parcel, china_post, **more):
    actions.keep_account(
        organisation=parcel.sender, carrier="china_post", values={**china_post.keys, **more}, by=world.person(), now=timezone.now()
    )


def test_the_seal_is_that_of_another_tool():
    """The expected value is of `printf '%s' <JSON and key> | openssl enc -sm4-ecb -K <key> | base64`."""
    assert sealed('[{"名":"青稞酒"}]', key=KEY) == f"|$4|{VECTOR}"
    assert opened(f"|$4|{VECTOR}", key=KEY).decode() == '[{"名":"青稞酒"}]'
    for wrong in ("", "|$4|", "|$4|%%", f"|$4|{VECTOR[:-4]}", VECTOR):
        with pytest.raises(ValueError):  # noqa: PT011 - each part says it in its own words
            opened(wrong, key=KEY)


def test_keys_that_seal_nothing_are_none():
    for key in ("", "abc", base64.b64encode(b"too short").decode()):
        with pytest.raises(Malformed):
            made(json.dumps({"sender_no": "1", "authorization": "a", "sign_key": key}).encode(), sandbox="")


def test_a_booking_whose_answer_is_lost_is_made_once(parcel, china_post):
    china_post.turn(answers=["lost"])

    booked = book(parcel, carrier="china_post")

    party = Party(name="演示", phone="13900000001", address=ADDRESS)
    wanted = Wanted(our_number=booked.our_number, sender=party, recipient=party, weight_grams=1250)
    assert accounts.carrier("china_post", None).book(wanted) == booked.number
    assert (booked.stage, len(booked.number), booked.number.isdigit()) == ("booked", 13, True)


def test_ems_gives_numbers_with_a_right_check_digit(parcel, china_post):
    own_account(parcel, china_post, product="1")

    booked = book(parcel, carrier="china_post")

    assert (booked.stage, is_s10(booked.number)) == ("booked", True)


def test_a_number_that_cannot_be_the_posts_is_not_believed(parcel, china_post, monkeypatch):
    made = actions.consign(parcel=parcel, carrier="china_post", sender=SENDER, weight_grams=1250, now=timezone.now())
    monkeypatch.setattr("teahorse.carriers.providers.china_post.is_postal_number", lambda _number: False)

    assert actions.settle_due(now=timezone.now()) == 0

    made.refresh_from_db()
    assert (made.stage, made.number, "none of the post's" in made.trouble) == ("waiting", "", True)


def test_what_the_carrier_refuses_is_told_and_frees_the_parcel(parcel, china_post):
    made = actions.consign(parcel=parcel, carrier="china_post", sender=SENDER, weight_grams=60_000, now=timezone.now())

    assert actions.settle_due(now=timezone.now()) == 1

    made.refresh_from_db()
    assert (made.stage, "重量超限" in made.trouble, "B00006" in made.trouble) == ("refused", True, True)
    assert book(parcel, carrier="china_post").our_number == f"{parcel.number}F2"


def test_an_address_that_cannot_be_told_apart_is_refused_before_it_is_asked(parcel, china_post):
    nowhere = Party(name="演示", phone="13900000001", address="某某路1号")
    made = actions.consign(parcel=parcel, carrier="china_post", sender=nowhere, weight_grams=900, now=timezone.now())

    actions.settle_due(now=timezone.now())

    made.refresh_from_db()
    assert (made.stage, "地址须写明省、市、县" in made.trouble) == ("refused", True)


def test_wrong_keys_are_refused_at_the_gate(parcel, china_post):
    own_account(parcel, china_post, sign_key=KEY)

    made = actions.consign(parcel=parcel, carrier="china_post", sender=SENDER, weight_grams=1250, now=timezone.now())
    actions.settle_due(now=timezone.now())

    made.refresh_from_db()
    assert (made.stage, "A00002" in made.trouble) == ("refused", True)


def test_rates_are_told_in_fen(china_post):
    party = Party(name="演示", phone="13900000001", address=ADDRESS)

    (offer,) = accounts.carrier("china_post", None).rate(
        Wanted(our_number="TH1", sender=party, recipient=party, weight_grams=1250), now=timezone.now()
    )

    assert (offer.service, offer.fee_fen, offer.promised_by) == ("10", 1400, None)


def test_the_label_is_the_carriers_pdf(booked):
    assert accounts.carrier("china_post", None).label(booked.number).startswith(b"%PDF-")
    with pytest.raises(CarrierRefuses):
        accounts.carrier("china_post", None).label("9999999999999")


def test_a_booking_is_called_off_once_and_what_is_collected_goes_on(booked, china_post, parcel):
    actions.call_off(consignment=booked, now=timezone.now())
    assert actions.settle_due(now=timezone.now()) == 1
    booked.refresh_from_db()
    assert (booked.stage, booked.next_try_at) == ("cancelled", None)
    accounts.carrier("china_post", None).cancel(booked.our_number, number=booked.number)  # twice does no harm
    accounts.carrier("china_post", None).cancel("TH-never-booked", number="")

    second = book(parcel, carrier="china_post")
    china_post.act(second.number, "203", "中国邮政 已收取快件")
    actions.call_off(consignment=second, now=timezone.now())
    actions.settle_due(now=timezone.now())

    second.refresh_from_db()
    assert (second.stage, "B00004" in second.trouble) == ("booked", True)


def test_events_become_scans_once_in_whatever_order_they_come(booked, china_post, parcel):
    china_post.act(booked.number, "954", "快件到达【拉萨邮件处理中心】", place="拉萨邮件处理中心", at="2026-08-12 10:00:00")
    assert told(booked) == 1
    china_post.act(booked.number, "203", "中国邮政 已收取快件", place="琼结县揽投部", at="2026-08-11 10:00:00")  # late
    china_post.act(booked.number, "EXA", "送交出口海关", at="2026-08-12 11:00:00")  # in no table
    china_post.act(booked.number, "704", "您的快件已签收【本人】", place="上海市徐汇区揽投部", at="2026-08-15 10:00:00")

    actions.ask_due(now=timezone.now() + timedelta(minutes=62))

    booked.refresh_from_db()
    parcel.refresh_from_db()
    acts = Scan.objects.filter(thing_id=parcel.pk).order_by("happened_at").values_list("act", flat=True)
    assert list(acts) == ["received", "arrived", "handed_over"]
    assert (booked.state, booked.next_try_at, parcel.stage) == ("delivered", None, Parcel.Stage.HANDED_OVER)
    assert [event.words for event in queries.unmapped_events()] == ["送交出口海关"]
    assert CarrierEvent.objects.count() == 4


def test_a_lockers_receipt_is_no_delivery():
    assert states.mapped("china_post", "704", "您的快件已代签收【丰巢智能快递柜】") == states.State.READY_TO_FETCH
    assert states.mapped("china_post", "704", "您的快件已代签收【家门口】") == states.State.DELIVERED
    assert states.mapped("jd", "704") == states.State.UNMAPPED


def pushed(number, key, **more):
    event = {"waybillNo": number, "opCode": "704", "opTime": "2026-08-15 10:00:00", "opDesc": "已签收"}
    return {"serialNo": "s1", "senderNo": "1100000000001", "logitcsInterface": sealed(json.dumps(event), key=key), **more}


def test_a_push_only_has_its_number_asked_about(booked, parcel, china_post):
    actions.ask_due(now=timezone.now())  # the next time is in half an hour
    answer = Client().post("/carriers/china_post/push", pushed(booked.number, china_post.keys["sign_key"]), content_type="application/json")
    assert answer.json() == {"serialNo": "s1", "code": "00000", "codeMessage": "", "senderNo": "1100000000001"}

    actions.apply_pushes(now=timezone.now())
    assert CarrierEvent.objects.count() == 0  # what it tells of a delivery is believed in nothing

    china_post.act(booked.number, "203", "中国邮政 已收取快件")
    assert actions.ask_due(now=timezone.now()) == 1
    parcel.refresh_from_db()
    assert parcel.stage == Parcel.Stage.IN_TRANSIT


def test_what_is_sealed_with_another_key_is_kept_and_refused(booked, china_post):
    for body in (json.dumps(pushed(booked.number, KEY)).encode(), b"", b"[]", b"\xff", b'{"logitcsInterface":"|$4|"}'):
        answer = Client().post("/carriers/china_post/push", body, content_type="application/json")
        assert answer.json()["code"] == "S00001"

    assert [message.is_accepted for message in CarrierMessage.objects.all()] == [False] * 5


def test_a_return_is_a_booking_of_its_own(booked, china_post, parcel):
    back = actions.send_back(consignment=booked, weight_grams=1250, now=timezone.now())
    actions.settle_due(now=timezone.now())

    back.refresh_from_db()
    assert (back.stage, back.carrier, back.recipient, back.our_number) == ("booked", "china_post", booked.sender, f"{parcel.number}R1")


def test_its_own_trouble_and_silence_are_tried_again(china_post):
    china_post.turn(answers=["S00001", "timeout", "timeout"])
    now = timezone.now()
    made = [actions.consign(parcel=make_parcel(), carrier="china_post", sender=SENDER, weight_grams=500, now=now) for _ in range(2)]

    assert actions.settle_due(now=now) == 0
    assert actions.settle_due(now=now + timedelta(seconds=30)) == 2

    for row in made:
        row.refresh_from_db()
        assert row.stage == "booked"


def test_a_number_that_does_not_fit_is_not_called_off(booked):
    with pytest.raises(CarrierRefuses):
        accounts.carrier("china_post", None).cancel(booked.our_number, number="9800000000000")
    with pytest.raises(CarrierUnavailable):
        made(json.dumps({"sender_no": "1", "authorization": "a", "sign_key": KEY}).encode(), sandbox="http://127.0.0.1:9").label("1")
