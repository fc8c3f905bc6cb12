"""JD Logistics over real HTTP: booked once, refused, silent, called off, stopped on its way, labelled, followed."""

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from teahorse.carriers import accounts, actions, queries
from teahorse.carriers.models import CarrierAccount, CarrierEvent, CarrierMessage
from teahorse.carriers.providers import CarrierRefuses, CarrierUnavailable, Party, Wanted
from teahorse.carriers.providers.jd.client import Keys, sign
from teahorse.logistics.models import Parcel, Scan
from tests import world

from .conftest import SENDER, book, make_parcel

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.filterwarnings("ignore:No directory at"),  # whitenoise, before static files are collected
]


@pytest.fixture
def booked(parcel, jd):
    return book(parcel, carrier="jd")


def told(consignment):
    """Have the carrier asked as if half an hour had gone by."""
    count = actions.ask_due(now=timezone.now() + timedelta(minutes=31))
    consignment.refresh_from_db()
    return count


def test_the_sign_is_that_of_another_tool():
    """The expected value is of `printf '%s' <secret, parameters by name, secret> | openssl md5`."""
    keys = Keys(app_key="key", app_secret="s3cret", access_token="tok", customer_code="c")

    made = sign(keys=keys, path="/ecap/v1/orders/create", body='[{"名":"青稞酒"}]', timestamp="2026-08-01 10:00:00")

    assert made == VECTOR


VECTOR = "020c65aa76d3c4aa34a4f60834f5c575"


def test_a_booking_whose_answer_is_lost_is_made_once(parcel, jd):
    jd.turn(answers=["lost"])

    booked = book(parcel, carrier="jd")

    party = Party(**booked.sender)
    again = accounts.carrier("jd", None).book(Wanted(our_number=booked.our_number, sender=party, recipient=party, weight_grams=1250))
    assert (booked.stage, again, booked.number[:4]) == ("booked", booked.number, "JDVE")


def test_what_the_carrier_refuses_is_told_and_frees_the_parcel(parcel, jd):
    made = actions.consign(parcel=parcel, carrier="jd", sender=SENDER, weight_grams=45_000, now=timezone.now())

    assert actions.settle_due(now=timezone.now()) == 1

    made.refresh_from_db()
    assert (made.stage, made.next_try_at) == ("refused", None)
    assert all(words in made.trouble for words in ("重量超出产品限制", "0_1004"))
    assert book(parcel, carrier="jd").our_number == f"{parcel.number}F2"


def test_its_own_trouble_is_tried_again_and_no_refusal(parcel, jd):
    now = timezone.now()
    jd.turn(answers=["500"])
    made = actions.consign(parcel=parcel, carrier="jd", sender=SENDER, weight_grams=1250, now=now)

    assert actions.settle_due(now=now) == 0
    assert actions.settle_due(now=now + timedelta(seconds=30)) == 1

    made.refresh_from_db()
    assert made.stage == "booked"


def test_wrong_keys_are_refused_at_the_gate(parcel, jd):
    keys = {**jd.keys, "app_secret": "wrong"}
    actions.keep_account(organisation=parcel.sender, carrier="jd", values=keys, by=world.person(), now=timezone.now())

    made = actions.consign(parcel=parcel, carrier="jd", sender=SENDER, weight_grams=1250, now=timezone.now())
    actions.settle_due(now=timezone.now())

    made.refresh_from_db()
    assert (made.stage, "无效签名" in made.trouble) == ("refused", True)
    assert b"wrong" not in bytes(CarrierAccount.objects.get().sealed_keys)


def test_rates_are_told_in_fen_with_the_promised_time(jd):
    party = Party(name="演示", phone="13900000001", address="上海市徐汇区某某路1号")
    wanted = Wanted(our_number="TH1", sender=party, recipient=party, weight_grams=800, volume_cm3=12_000)

    (offer,) = accounts.carrier("jd", None).rate(wanted, now=timezone.now())

    assert (offer.service, offer.fee_fen) == ("ed-m-0001", 1700)  # 12 000 cm3 count as 1.5 kg
    assert timedelta(days=4) < offer.promised_by - timezone.now() < timedelta(days=6)


def test_the_label_is_the_carriers_pdf(booked):
    assert accounts.carrier("jd", None).label(booked.number).startswith(b"%PDF-")
    with pytest.raises(CarrierRefuses):
        accounts.carrier("jd", None).label("JD404")


def test_a_label_elsewhere_is_not_fetched(jd):
    with pytest.raises(CarrierUnavailable):
        accounts.carrier("jd", None).client.fetch("http://127.0.0.1:9/label.pdf")


def test_a_booking_is_called_off_and_what_is_collected_is_followed_on_its_way_back(booked, jd, parcel):
    actions.call_off(consignment=booked, now=timezone.now())
    assert actions.settle_due(now=timezone.now()) == 1
    booked.refresh_from_db()
    assert (booked.stage, booked.next_try_at) == ("cancelled", None)
    accounts.carrier("jd", None).cancel(booked.our_number, number=booked.number)  # twice does no harm
    accounts.carrier("jd", None).cancel("TH-never-booked", number="")

    second = book(parcel, carrier="jd")
    jd.act(second.number, "200001", "京东快递 已收取快件")
    actions.call_off(consignment=second, now=timezone.now())
    actions.settle_due(now=timezone.now())

    second.refresh_from_db()
    assert (second.stage, "原路返回" in second.trouble, second.next_try_at is not None) == ("booked", True, True)


def test_events_become_scans_once_in_whatever_order_they_come(booked, jd, parcel):
    jd.act(booked.number, "10032", "您的快件已到达【拉萨分拣中心】", place="拉萨分拣中心", at="2026-08-12 10:00:00")
    assert told(booked) == 1
    jd.act(booked.number, "200001", "京东快递 已收取快件", place="山南营业部", at="2026-08-11 10:00:00")  # late
    jd.act(booked.number, "200020", "换单打印", at="2026-08-12 11:00:00")  # in no table
    jd.act(booked.number, "10034", "您的快件已签收", place="上海", at="2026-08-15 10:00:00")

    actions.ask_due(now=timezone.now() + timedelta(minutes=62))

    booked.refresh_from_db()
    parcel.refresh_from_db()
    acts = Scan.objects.filter(thing_id=parcel.pk).order_by("happened_at").values_list("act", flat=True)
    assert list(acts) == ["received", "arrived", "handed_over"]
    assert (booked.state, booked.next_try_at, parcel.stage) == ("delivered", None, Parcel.Stage.HANDED_OVER)
    assert [event.words for event in queries.unmapped_events()] == ["换单打印"]
    assert CarrierEvent.objects.count() == 4


def test_a_locker_is_no_delivery(booked, jd, parcel):
    jd.act(booked.number, "200051", "您的快件已放入自提柜")

    told(booked)

    parcel.refresh_from_db()
    assert (booked.state, parcel.stage, booked.next_try_at is not None) == ("ready_to_fetch", Parcel.Stage.IN_TRANSIT, True)


def test_a_push_is_unsigned_and_only_has_its_number_asked_about(booked, parcel, jd):
    actions.ask_due(now=timezone.now())  # subscribes; the next time is in half an hour
    booked.refresh_from_db()
    assert booked.is_subscribed
    forged = {"waybillCode": booked.number, "state": "10034", "operationTime": "2026-08-15 10:00:00", "operationRemark": "已签收"}
    answer = Client().post("/carriers/jd/push", forged, content_type="application/json")
    assert answer.json()["code"] == 0

    actions.apply_pushes(now=timezone.now())
    assert CarrierEvent.objects.count() == 0  # the forged delivery is believed in nothing

    jd.act(booked.number, "200001", "京东快递 已收取快件")
    assert actions.ask_due(now=timezone.now()) == 1
    parcel.refresh_from_db()
    assert parcel.stage == Parcel.Stage.IN_TRANSIT


@pytest.mark.parametrize("body", [b"", b"[]", b"\xff", b"{}", b'{"waybillCode":7}'])
def test_what_is_no_push_is_kept_and_refused(body, jd):
    answer = Client().post("/carriers/jd/push", body, content_type="application/json")

    assert answer.json()["success"] is False
    assert [message.is_accepted for message in CarrierMessage.objects.all()] == [False]


def test_a_return_is_a_booking_of_its_own(booked, jd, parcel):
    back = actions.send_back(consignment=booked, weight_grams=1250, now=timezone.now())
    actions.settle_due(now=timezone.now())

    back.refresh_from_db()
    assert (back.stage, back.carrier, back.recipient, back.our_number) == ("booked", "jd", booked.sender, f"{parcel.number}R1")
    assert back.number != booked.number


def test_silence_is_no_news_and_five_silent_calls_rest(jd):
    jd.turn(answers=["timeout"] * 100)
    for _ in range(7):
        actions.consign(parcel=make_parcel(), carrier="jd", sender=SENDER, weight_grams=500, now=timezone.now())

    assert actions.settle_due(now=timezone.now()) == 0

    left = len(jd.http.get("/jd/_control").json()["answers"])
    assert left == 100 - 5 * 2  # five calls of two tries; nobody asked for the sixth and seventh


def test_the_sandbox_refuses_an_edited_body_and_an_old_one(jd):
    keys = Keys(**jd.keys)

    def sent(body, timestamp):
        path = "/ecap/v1/orders/trace/query"
        query = {
            "LOP-DN": "ECAP",
            "app_key": keys.app_key,
            "access_token": keys.access_token,
            "timestamp": timestamp,
            "v": "2.0",
            "algorithm": "md5-salt",
            "sign": sign(keys=keys, path=path, body="[]", timestamp=timestamp),
        }
        return jd.http.post(f"/jd{path}", params=query, content=body).json()["error_response"]["code"]

    assert (sent("[{}]", "2026-08-01 10:00:00"), sent("[]", "2026-08-01 10:00:00")) == ("12", "23")
