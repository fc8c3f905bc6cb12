"""Kuaidi100 over real HTTP: asked, subscribed to, pushed by; late, repeated, out of order, forged."""

import http.server
import json
import threading
from datetime import timedelta
from urllib.parse import urlencode

import pytest
from django.db import DataError
from django.test import Client
from django.utils import timezone
from procrastinate.contrib.django.models import ProcrastinateJob

from teahorse.carriers import actions
from teahorse.carriers.actions.jobs import APPLY
from teahorse.carriers.models import CarrierEvent, CarrierMessage, Consignment
from teahorse.carriers.providers.kuaidi100 import push_sign
from teahorse.logistics.models import Parcel, Scan

from .conftest import SENDER, make_parcel

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.filterwarnings("ignore:No directory at"),  # whitenoise, before static files are collected
]


@pytest.fixture
def door(settings):
    """What a real server at our address is sent; the test puts it through the house's door."""
    got = []

    class Taker(http.server.BaseHTTPRequestHandler):
        def do_POST(self):
            got.append(self.rfile.read(int(self.headers["Content-Length"])))
            self.send_response(200)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_args):
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Taker) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        settings.SITE_URL = f"http://127.0.0.1:{server.server_address[1]}"
        yield got
        server.shutdown()
        thread.join()


@pytest.fixture
def followed(parcel, kuaidi100, door):
    """A parcel of China Post's, subscribed to."""
    made = actions.follow(
        parcel=parcel, carrier="china_post", number=f"{timezone.now():1%H%M%S%f}", sender=SENDER, weight_grams=900, now=timezone.now()
    )
    actions.ask_due(now=timezone.now())
    made.refresh_from_db()
    return made


def through(body, *, at_once=True):
    """Put what came to our address through the door, and have the inbox applied."""
    answer = Client().post("/carriers/kuaidi100/push", body, content_type="application/x-www-form-urlencoded")
    if at_once:
        actions.apply_pushes(now=timezone.now())
    return answer.json()


def test_a_number_is_subscribed_to_and_asked_at_most_each_half_hour(followed, kuaidi100):
    assert followed.is_subscribed
    kuaidi100.act(followed.number, "103", "【山南市】已揽收")
    assert actions.ask_due(now=timezone.now() + timedelta(minutes=29)) == 0

    assert actions.ask_due(now=timezone.now() + timedelta(minutes=31)) == 1


def test_a_push_is_kept_answered_at_once_and_applied_once(followed, kuaidi100, door, parcel):
    kuaidi100.turn(repeat=2)
    kuaidi100.act(followed.number, "103", "【山南市】已揽收", at="2026-08-11 10:00:00")
    first, *again = door
    assert len(again) == 2

    said = through(first, at_once=False)

    assert (said["result"], said["returnCode"], CarrierEvent.objects.count()) == (True, "200", 0)
    assert ProcrastinateJob.objects.filter(task_name=APPLY).count() == 1
    for body in [*again, first]:
        assert through(body)["result"]
    assert (CarrierMessage.objects.count(), CarrierEvent.objects.count()) == (1, 1)
    assert [scan.act for scan in Scan.objects.filter(thing_id=parcel.pk)] == ["received"]


def test_pushes_in_the_wrong_order_tell_the_same_story(followed, kuaidi100, door, parcel):
    kuaidi100.turn(hold=3)
    kuaidi100.act(followed.number, "103", "已揽收", at="2026-08-11 10:00:00")
    kuaidi100.act(followed.number, "1001", "到达上海", at="2026-08-14 10:00:00")
    kuaidi100.act(followed.number, "301", "本人签收", at="2026-08-15 09:00:00")
    assert len(door) == 3

    for body in door:  # newest first
        through(body)

    followed.refresh_from_db()
    parcel.refresh_from_db()
    acts = Scan.objects.filter(thing_id=parcel.pk).order_by("happened_at").values_list("act", flat=True)
    assert list(acts) == ["received", "arrived", "handed_over"]
    assert (followed.state, followed.next_try_at, parcel.stage) == ("delivered", None, Parcel.Stage.HANDED_OVER)


def test_a_forged_push_is_kept_refused_and_moves_nothing(followed, kuaidi100, door):
    kuaidi100.act(followed.number, "301", "本人签收")
    edited = door[0].replace(b"301", b"303")
    strange = urlencode({"sign": push_sign(param="{}", salt=kuaidi100.keys["salt"]), "param": "{}"}).encode()

    for body in (edited, strange, b"", b"param=1", b"\xff=\xff"):
        assert not through(body)["result"]

    assert (CarrierEvent.objects.count(), CarrierMessage.objects.filter(is_accepted=True).count()) == (0, 0)
    assert CarrierMessage.objects.count() == 5


def test_a_push_about_a_strange_number_is_kept_and_said_so(kuaidi100, door, followed):
    Consignment.objects.filter(pk=followed.pk).update(number="9999999999999")
    kuaidi100.act(followed.number, "103", "已揽收")

    through(door[0])

    assert CarrierMessage.objects.get().outcome == "0 new events, 0 asked about, 1 unknown numbers"


def test_no_trace_yet_is_no_trouble_and_silence_is(followed, kuaidi100):
    assert followed.trouble == ""
    kuaidi100.turn(answers=["timeout"] * 2)

    actions.ask_due(now=timezone.now() + timedelta(minutes=31))

    followed.refresh_from_db()
    assert followed.trouble == "504"


def test_a_number_of_the_posts_is_checked_by_its_digit(db):
    with pytest.raises(actions.NotPostal):
        actions.follow(parcel=make_parcel(), carrier="ems", number="EA473124828CN", sender=SENDER, weight_grams=900, now=timezone.now())

    assert Consignment.objects.count() == 0


@pytest.mark.parametrize(
    ("words", "time"), [("a\0b", "2026-08-11 10:00:00"), ("ok", "0001-01-01 00:00:00"), ("ok", "9999-12-31 23:59:59")], ids=repr
)
def test_what_cannot_be_kept_as_it_is_told_holds_up_nobody(followed, kuaidi100, door, words, time):
    event = {"context": words, "ftime": time, "time": time, "status": "x", "statusCode": "103", "areaName": None}
    result = {"message": "ok", "nu": followed.number, "ischeck": "0", "com": "youzhengguonei", "status": "200", "state": "1"}
    param = json.dumps({"status": "polling", "lastResult": result | {"data": [event]}})
    odd = urlencode({"sign": push_sign(param=param, salt=kuaidi100.keys["salt"]), "param": param}).encode()
    kuaidi100.act(followed.number, "103", "【山南市】已揽收")

    assert through(odd, at_once=False)["result"]
    assert through(door[0], at_once=False)["result"]
    actions.apply_pushes(now=timezone.now())

    assert [message.outcome for message in CarrierMessage.objects.order_by("received_at")] == ["1 new events, 0 asked about"] * 2
    kept = CarrierEvent.objects.get(words=words.replace("\0", ""))
    assert abs(kept.happened_at - timezone.now()) < timedelta(days=365)
    assert CarrierEvent.objects.count() == 2


def test_a_push_of_which_nothing_can_be_made_says_so_and_those_behind_it_are_applied(followed, kuaidi100, door, monkeypatch):
    from teahorse.carriers.actions import following

    for words in ("一", "二"):
        kuaidi100.act(followed.number, "103", words)
    for body in door:
        through(body, at_once=False)
    real = following._scan

    def fails_once(row, event, **more):
        if event.words == "一":
            raise DataError("year is out of range")
        return real(row, event, **more)

    monkeypatch.setattr(following, "_scan", fails_once)
    actions.apply_pushes(now=timezone.now())

    told = CarrierMessage.objects.order_by("received_at").values_list("outcome", "applied_at")
    assert told[0][0] == "not applied: year is out of range"
    assert all(applied for _, applied in told)
    assert not CarrierMessage.objects.filter(applied_at=None).exists()
