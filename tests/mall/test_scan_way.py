"""The short way to a scanned label's page says what the long way says, and hands on what it is not for."""

import io

import pytest
from django.core.handlers.wsgi import WSGIHandler
from django.test import Client
from django.utils import timezone

from teahorse.mall import scan_pages
from teahorse.mall.short_way import ScanWay
from teahorse.trace.gs1.short_codes import make_code
from teahorse.trace.guarding import MOST_OF_A_VISITOR, guesses
from teahorse.trace.models import LabelCode, LabelScan
from teahorse.trace.naming import piece_uri
from teahorse.trace.rules import key_of
from tests import world
from tests.at_once import at_once
from tests.trace.goods import lot_of
from tests.trace.shelf import trade_item

pytestmark = pytest.mark.django_db(transaction=True)
LONG = [b"the long way"]
PHONE = "Mozilla/5.0 (Linux; Android 13) MicroMessenger/8.0"


@pytest.fixture(autouse=True)
def _everything_anew():
    guesses.forget()
    yield
    guesses.forget()
    scan_pages.frames.stop()


@pytest.fixture
def label():
    maker = world.organisation("chamchen")
    lot = lot_of(trade_item(world.offer(maker), maker), "B1")
    uri = piece_uri(lot, "7")
    return LabelCode.objects.create(
        code=make_code(), county_id=lot.county_id, lot=lot, level="piece", serial="7", uri=uri, thing_id=key_of(uri),
        created_at=timezone.now(),
    )  # fmt: skip


def ask(path, *, application=None, method="GET", query="", address="203.0.113.5", **headers):
    """Ask the WSGI application; its status, headers and content."""
    told = []
    environ = {
        "REQUEST_METHOD": method,
        "PATH_INFO": path,
        "QUERY_STRING": query,
        "SERVER_NAME": "testserver",
        "SERVER_PORT": "80",
        "REMOTE_ADDR": address,
        "wsgi.input": io.BytesIO(),
        "wsgi.url_scheme": "http",
        "HTTP_USER_AGENT": PHONE,
        "HTTP_ACCEPT_LANGUAGE": "en",
        **headers,
    }
    way = application or ScanWay(lambda *_request: LONG)
    answer = way(environ, lambda status, said: told.extend([status, dict(said)]))
    content = b"".join(answer)
    return (*told, content) if told else content


def test_it_says_what_the_long_way_says(label):
    short = ask(f"/t/{label.code}", HTTP_ACCEPT="text/html,application/xhtml+xml,application/xml;q=0.9,image/wxpic,*/*;q=0.8")
    long = Client(headers={"user-agent": PHONE, "accept-language": "en"}, REMOTE_ADDR="203.0.113.5").get(f"/t/{label.code}")

    assert short[:2] == ("200 OK", dict(long.headers))
    assert short[2] == long.content
    assert b"Genuine" in short[2]
    assert LabelScan.objects.count() == 1


def test_who_has_the_page_already_is_told_so_without_it(label):
    tag = ask(f"/t/{label.code}")[1]["ETag"]

    status, headers, content = ask(f"/t/{label.code}", HTTP_IF_NONE_MATCH=tag)

    assert (status, content, "Content-Length" in headers) == ("304 Not Modified", b"", False)


def test_a_page_with_a_form_brings_the_token_that_it_asks_for(label):
    LabelCode.objects.filter(pk=label.pk).update(hidden_hash="scrypt")

    _status, headers, content = ask(f"/t/{label.code}")

    assert headers["Set-Cookie"].startswith("csrftoken=")
    assert b'name="csrfmiddlewaretoken"' in content


def test_what_needs_more_is_handed_on(label, settings):
    person = world.person("+8619900001001")
    client = Client()
    client.force_login(person, backend=settings.AUTHENTICATION_BACKENDS[0])
    session = client.cookies[settings.SESSION_COOKIE_NAME].OutputString()

    assert ask(f"/t/{label.code}", HTTP_COOKIE=session) == LONG[0]
    assert ask(f"/t/{label.code}", method="HEAD") == LONG[0]
    assert ask(f"/t/{label.code}", query="lang=bo") == LONG[0]
    assert ask(f"/t/{label.code.lower()}") == LONG[0]
    assert ask(f"/t/{label.code}/proof/") == LONG[0]
    assert ask(f"/t/{label.code}", HTTP_HOST="elsewhere.example") == LONG[0]
    assert ask(f"/t/{label.code}", HTTP_ACCEPT="application/linkset+json") == LONG[0]
    assert ask(f"/t/{label.code}", HTTP_ACCEPT="Application/*, text/html;q=0.5") == LONG[0]
    assert LabelScan.objects.count() == 0


def test_what_nobody_gave_out_is_counted_once_and_ends_as_on_the_long_way(label):
    whole = ScanWay(WSGIHandler())
    statuses = [ask(f"/t/{make_code()}", application=whole)[0] for _ in range(MOST_OF_A_VISITOR + 1)]

    assert statuses == ["404 Not Found"] * MOST_OF_A_VISITOR + ["429 Too Many Requests"]
    assert ask(f"/t/{label.code}", application=whole)[0] == "429 Too Many Requests"
    assert ask(f"/t/{label.code}", application=whole, address="203.0.113.6")[0] == "200 OK"


def test_many_at_once_are_each_kept_once(label):
    way = ScanWay(lambda *_request: LONG)

    def visitor(number):
        return lambda: ask(f"/t/{label.code}", application=way, address=f"203.0.113.{number}")

    answers = at_once(*map(visitor, range(12)))

    assert {answer[0] for answer in answers} == {"200 OK"}
    assert LabelScan.objects.count() == 12
    assert any(b"Genuine" in answer[2] for answer in answers)
    assert b"Genuine" not in ask(f"/t/{label.code}", application=way, address="203.0.113.99")[2]


def test_what_goes_wrong_is_answered_on_the_long_way(label, monkeypatch):
    def fail(*_args, **_kwargs):
        raise RuntimeError

    monkeypatch.setattr(scan_pages, "guests_page", fail)

    assert ask(f"/t/{label.code}") == LONG[0]
