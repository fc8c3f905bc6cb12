"""Subscribers are told over HTTP: at once or by schedule, signed, again after a failure, and not for ever."""

import base64
import hashlib
import hmac
import json
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import pytest
from django.db import connection
from django.utils import timezone
from procrastinate.jobs import Job

from teahorse.people.models import Organisation
from teahorse.trace import actions, tasks
from teahorse.trace.actions.delivering import FAILS_FOR, NotDelivered
from teahorse.trace.epcis.reading import read
from teahorse.trace.models import Delivery, NamedQuery, Subscription
from tests import world

from .asking_over_http import client_of, post
from .telling import harvest, lot, told

pytestmark = pytest.mark.django_db
TOKEN = "a secret of the subscriber's"
JOBS = "select id, task_name, args from procrastinate_jobs where queue_name = 'trace' and status = 'todo' order by id"


@pytest.fixture(autouse=True)
def _static_files(settings):
    settings.STATIC_ROOT.mkdir(parents=True, exist_ok=True)


class Receiver:
    """A subscriber's own small server; it answers with the statuses that it is told to, then with 204."""

    def __init__(self, url):
        self.url, self.got, self.answers = f"{url}/hook", [], []

    def events(self):
        """Return what was taken, each with its harvested lot."""
        bodies = [json.loads(body) for status, _headers, body in self.got if status == 204]
        return [
            event["quantityList"][0]["epcClass"]
            for body in bodies
            for event in body["epcisBody"]["queryResults"]["resultsBody"]["eventList"]
        ]


@pytest.fixture
def receiver(settings):
    """A server that is the house's own origin, so that it may be sent to."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            body = self.rfile.read(int(self.headers["Content-Length"]))
            status = made.answers.pop(0) if made.answers else 204
            made.got.append((status, dict(self.headers), body))
            self.send_response(status)
            self.send_header("Location", "/elsewhere")
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_args):
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    settings.SITE_URL = f"http://127.0.0.1:{server.server_address[1]}"
    made = Receiver(settings.SITE_URL)
    yield made
    server.shutdown()
    thread.join()
    server.server_close()


def subscribed(client, receiver, *, query=None, **more):
    post(client, "queries", {"name": "harvests", "query": query or {"EQ_bizStep": ["commissioning"]}})
    wish = {"dest": receiver.url, "signatureToken": TOKEN, **more}
    return post(client, "queries/harvests/subscriptions", wish)


def work():
    """Carry out the jobs that wait, as the worker would; return how many there were."""
    with connection.cursor() as cursor:
        cursor.execute(JOBS)
        jobs = cursor.fetchall()
        for key, name, stored in jobs:
            cursor.execute("update procrastinate_jobs set status = 'succeeded' where id = %s", [key])
            args = json.loads(stored) if isinstance(stored, str) else stored
            {task.name: task for task in (tasks.tell_streams, tasks.send_delivery)}[name].func(**args)
    return len(jobs) + (work() if jobs else 0)


def test_a_stream_is_told_at_once_and_signed(receiver):
    client = client_of()
    made = subscribed(client, receiver, stream=True)

    post(client, "capture", told(harvest("barley")))
    post(client, "capture", told(harvest("barley"), harvest("rape")))
    work()

    assert (made.status_code, made["Location"]) == (201, f"/epcis/queries/harvests/subscriptions/{made.json()['subscriptionID']}")
    assert receiver.events() == [lot("barley"), lot("rape")]
    _status, headers, body = receiver.got[0]
    wanted = base64.b64encode(hmac.digest(TOKEN.encode(), body, hashlib.sha256)).decode()
    assert (headers["GS1-Signature"], headers["Content-Type"], headers["Host"]) == (
        wanted,
        "application/ld+json",
        receiver.url.split("/")[2],
    )
    results = json.loads(body)["epcisBody"]["queryResults"]
    assert (results["queryName"], results["subscriptionID"]) == ("harvests", made.json()["subscriptionID"])
    assert read(body, now=timezone.now()).subscription_id == made.json()["subscriptionID"]


def test_only_what_the_query_finds_of_ones_own_is_told(receiver):
    client = client_of()
    subscribed(client, receiver, query={"MATCH_anyEPCClass": [lot("barley")]}, stream=True)

    post(client_of("neighbour"), "capture", told(harvest("barley", kilograms=7)))
    post(client, "capture", told(harvest("rape"), harvest("barley")))
    work()

    assert receiver.events() == [lot("barley")]
    assert b"120.5" in receiver.got[0][2]


def test_what_another_one_told_long_before_is_new_to_who_tells_it_now(receiver):
    client = client_of()
    subscribed(client, receiver, stream=True)
    actions.capture(
        document=read(told(harvest("barley")), now=timezone.now()),
        by=world.organisation("neighbour"),
        now=timezone.now() - timedelta(days=2),
    )

    post(client, "capture", told(harvest("barley")))
    work()

    assert receiver.events() == [lot("barley")]


def test_nothing_is_left_for_the_worker_where_nobody_listens():
    post(client_of(), "capture", told(harvest("barley")))

    assert work() == 0


def test_a_delivery_that_fails_is_sent_again_and_no_event_twice(receiver):
    client = client_of()
    place = subscribed(client, receiver, stream=True)["Location"]
    receiver.answers = [500, 302]
    post(client, "capture", told(harvest("barley")))
    (subscription,) = Subscription.objects.all()
    (delivery,) = actions.tell(subscription_id=subscription.pk, now=timezone.now())

    for _attempt in range(2):
        with pytest.raises(NotDelivered):
            actions.send_delivery(delivery_id=delivery.pk, now=timezone.now())
    failing = client.get(place).json()
    actions.send_delivery(delivery_id=delivery.pk, now=timezone.now())
    actions.send_delivery(delivery_id=delivery.pk, now=timezone.now())

    assert [status for status, _headers, _body in receiver.got] == [500, 302, 204]
    assert (failing["trouble"], failing["paused"]) == ("it answered 302", False)
    assert "trouble" not in client.get(place).json()
    assert actions.tell(subscription_id=subscription.pk, now=timezone.now()) == []


def test_the_worker_tries_again_later_and_later():
    strategy = tasks.send_delivery.retry_strategy

    waits = [strategy.get_retry_decision(exception=NotDelivered(), job=attempt(number)).retry_at for number in range(1, 4)]

    assert [round((wait - datetime.now(UTC)).total_seconds()) for wait in waits] == [4, 8, 16]


def attempt(number):
    return Job(id=1, queue="trace", lock=None, queueing_lock=None, task_name="x", attempts=number)


def test_a_subscriber_that_takes_nothing_for_long_is_paused_and_says_so(receiver):
    client = client_of()
    place = subscribed(client, receiver, stream=True)["Location"]
    receiver.answers = [500, 500, 500]
    post(client, "capture", told(harvest("barley")))
    (subscription,) = Subscription.objects.all()
    (delivery,) = actions.tell(subscription_id=subscription.pk, now=timezone.now())
    began = timezone.now()

    with pytest.raises(NotDelivered):
        actions.send_delivery(delivery_id=delivery.pk, now=began)
    actions.send_delivery(delivery_id=delivery.pk, now=began + FAILS_FOR)
    actions.send_delivery(delivery_id=delivery.pk, now=began + FAILS_FOR * 2)

    shown = client.get(place).json()
    assert (shown["paused"], shown["trouble"], len(receiver.got)) == (True, "it answered 500", 2)
    assert actions.tell(subscription_id=subscription.pk, now=timezone.now()) == []
    actions.sweep_deliveries(now=began + timedelta(days=30))
    assert not Delivery.objects.exists()


def test_an_organisation_that_has_left_is_told_nothing(receiver):
    client = client_of()
    subscribed(client, receiver, stream=True)
    post(client, "capture", told(harvest("barley")))
    (delivery,) = actions.tell(subscription_id=Subscription.objects.get().pk, now=timezone.now())
    Organisation.objects.filter(key="chamchen").update(left_at=timezone.now())

    actions.send_delivery(delivery_id=delivery.pk, now=timezone.now())
    actions.tell_streams(now=timezone.now() + timedelta(hours=1))

    assert receiver.got == []
    assert Delivery.objects.count() == 1


def test_a_late_commit_is_told_by_the_next_look(receiver):
    """A capture that began before a look, and ended after it, is told by the next; what was told is not told again."""
    client = client_of()
    subscribed(client, receiver, stream=True)
    (subscription,) = Subscription.objects.all()
    began = timezone.now()
    post(client, "capture", told(harvest("rape")))
    first = actions.tell(subscription_id=subscription.pk, now=timezone.now() + timedelta(seconds=30))

    actions.capture(
        document=read(told(harvest("barley")), now=began), by=world.organisation("chamchen"), now=began + timedelta(milliseconds=1)
    )
    second = actions.tell(subscription_id=subscription.pk, now=timezone.now() + timedelta(seconds=40))

    assert [len(delivery.events) for delivery in (*first, *second)] == [1, 1]
    assert first[0].events != second[0].events


def test_a_schedule_tells_what_is_new_when_its_time_comes(receiver):
    client = client_of()
    post(client, "capture", told(harvest("early")))
    made = subscribed(client, receiver, schedule={"hour": "1", "minute": "5"}, reportIfEmpty=True)
    post(client, "capture", told(harvest("barley")))
    (subscription,) = Subscription.objects.all()

    actions.tell_due(now=timezone.now())
    too_early = len(receiver.got)
    due = subscription.next_at
    actions.tell_due(now=due)
    work()
    actions.tell_due(now=due + timedelta(days=1))
    work()

    assert (made.json()["schedule"], too_early) == ({"hour": "1", "minute": "5"}, 0)
    assert receiver.events() == [lot("barley")]
    assert len(receiver.got) == 2  # the second day's is empty, and wanted so
    assert Subscription.objects.get().next_at == due + timedelta(days=2)


def test_who_asks_for_it_is_told_what_came_before(receiver):
    client = client_of()
    post(client, "capture", told(harvest("early")))

    subscribed(client, receiver, stream=True, initialRecordTime="2020-01-01T00:00:00Z")
    work()

    assert receiver.events() == [lot("early")]


@pytest.mark.parametrize(
    ("wish", "exception", "pointer"),
    [
        ({}, "SubscriptionControlsException", "/schedule"),
        ({"stream": True, "schedule": {"hour": "1"}}, "SubscriptionControlsException", "/schedule"),
        ({"schedule": {"hour": "25"}}, "SubscriptionControlsException", "/schedule/hour"),
        ({"schedule": {"dayOfMonth": "30", "month": "2"}}, "SubscriptionControlsException", "/schedule"),
        ({"stream": True, "dest": "http://169.254.169.254/latest"}, "InvalidURIException", "/dest"),
        ({"stream": True, "dest": "https://127.0.0.1/hook"}, "InvalidURIException", "/dest"),
        ({"stream": True, "secret": "x"}, "ValidationException", ""),
        ({"stream": True, "initialRecordTime": "soon"}, "ValidationException", ""),
    ],
)
def test_a_wish_that_cannot_be_met_is_refused(receiver, wish, exception, pointer):
    answer = subscribed(client_of(), receiver, **wish)

    assert (answer.status_code, answer.json()["type"]) == (400, f"epcisException:{exception}")
    assert answer.json()["errors"][0]["pointer"] == pointer
    assert not Subscription.objects.exists()


def test_a_subscription_ends_by_itself_or_with_its_query_and_never_shows_its_token(receiver):
    client = client_of()
    place = subscribed(client, receiver, stream=True)["Location"]
    second = subscribed(client, receiver, stream=True)["Location"]

    listed = client.get("/epcis/queries/harvests/subscriptions?perPage=1")

    assert (len(listed.json()), "Link" in listed.headers) == (1, True)
    assert TOKEN not in client.get(place).content.decode() + listed.content.decode()
    assert client_of("neighbour").get(place).status_code == 404
    assert client_of("neighbour").delete(place).status_code == 404
    assert client.delete(place).status_code == 204
    assert client.get(place).status_code == 404
    assert client.delete("/epcis/queries/harvests").status_code == 204
    assert client.get(second).status_code == 404
    assert not NamedQuery.objects.exists()
