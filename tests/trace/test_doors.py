"""Events come in and go out by the standard's addresses; the log is read by whoever wants to, over HTTP."""

import io
import json
import re
from urllib.parse import quote, unquote

import httpx
import pytest
from django.core.handlers.wsgi import WSGIRequest
from django.core.management import CommandError, call_command
from django.test import Client
from django.utils import timezone

from teahorse.api.tracing import doors
from teahorse.people.actions import issue_token
from teahorse.trace import actions
from teahorse.trace.actions.signing import signer_of_house
from teahorse.trace.epcis.limits import MOST_BYTES
from teahorse.trace.models import TraceEvent
from teahorse.trace.rules import hash_of
from teahorse.trace.tlog.proofs import Proof
from tests import world

from .tampering import untriggered
from .telling import CONTEXT, brewing, harvest, told

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _files(settings, tmp_path):
    settings.TRACE_LOG, settings.TRACE_KEY = tmp_path / "log", tmp_path / "log.key"
    settings.STATIC_ROOT.mkdir(parents=True, exist_ok=True)


def teller(name="chamchen"):
    _token, secret = issue_token(organisation=world.organisation(name), name="ERP", now=timezone.now())
    return Client(headers={"Authorization": f"Bearer {secret}"})


def send(client, body, *, to="capture", kind="application/json", **headers):
    return client.post(f"/epcis/{to}", body, content_type=kind, headers=headers)


def test_a_document_is_captured_and_its_job_says_what_came_of_it():
    client = teller()

    answer = send(client, told(harvest("barley"), brewing("wine", "barley")))

    assert answer.status_code == 202
    job = client.get(answer["Location"])
    assert (job.json()["success"], job.json()["running"], job.json()["captured"]) == (True, False, 2)
    assert job["GS1-EPCIS-Version"] == "2.0"
    assert [one["captureID"] for one in client.get("/epcis/capture").json()] == [job.json()["captureID"]]
    assert teller("neighbour").get(answer["Location"]).status_code == 404


def test_a_bad_document_is_refused_with_where_it_is_wrong_and_nothing_is_kept():
    answer = send(teller(), told(harvest("barley"), harvest("yeast") | {"eventTime": "yesterday"}))

    assert (answer.status_code, answer["Content-Type"]) == (400, "application/problem+json")
    assert [one["pointer"] for one in answer.json()["errors"]] == ["/epcisBody/eventList/1/eventTime"]
    assert not TraceEvent.objects.exists()


def test_who_asks_for_it_has_the_good_events_kept():
    answer = send(
        teller(), told(harvest("barley"), harvest("yeast") | {"eventTime": "yesterday"}), **{"GS1-Capture-Error-Behaviour": "proceed"}
    )

    assert (answer.status_code, answer.json()["success"], answer.json()["captured"]) == (202, False, 1)


def test_one_event_has_an_address_that_tells_it_again():
    client = teller()
    event = {"@context": CONTEXT, **harvest("barley")}

    first, again = (send(client, json.dumps(event), to="events", kind="application/ld+json") for _ in range(2))
    answer = client.get(first["Location"])

    stored = TraceEvent.objects.get()
    assert (first.status_code, again.status_code) == (201, 200)
    assert first["Location"] == again["Location"]
    assert unquote(first["Location"]).endswith(hash_of(bytes(stored.digest)))
    assert answer["Content-Type"] == "application/ld+json"
    (given,) = answer.json()["epcisBody"]["queryResults"]["resultsBody"]["eventList"]
    assert given | harvest("barley") == given
    assert given["eventID"] == hash_of(bytes(stored.digest))
    assert teller("neighbour").get(first["Location"]).status_code == 404
    assert Client().get(first["Location"]).status_code == 401


def test_an_event_is_found_by_the_name_that_its_teller_gave_it():
    client = teller()
    send(client, told(harvest("barley") | {"eventID": "urn:uuid:374d95fc-9457-4a51-bd6a-0bba133845a8"}))

    answer = client.get("/epcis/events/" + quote("urn:uuid:374d95fc-9457-4a51-bd6a-0bba133845a8", safe=""))

    (given,) = answer.json()["epcisBody"]["queryResults"]["resultsBody"]["eventList"]
    assert given["eventID"] == "urn:uuid:374d95fc-9457-4a51-bd6a-0bba133845a8"


@pytest.mark.parametrize(
    ("sent", "status", "code"),
    [
        ({"kind": "text/xml"}, 415, "wrong_media_type"),
        ({"Content-Encoding": "gzip"}, 415, "wrong_media_type"),
        ({"GS1-Capture-Error-Behaviour": "maybe"}, 400, "malformed"),
        ({"to": "events"}, 400, "malformed"),
    ],
)
def test_a_request_that_cannot_be_read_is_refused(sent, status, code):
    answer = send(teller(), told(harvest("barley"), harvest("rape")), **sent)

    kinds = {400: "epcisException:ValidationException", 415: "epcisException:ImplementationException"}
    assert (answer.status_code, answer.json()["code"], answer.json()["type"]) == (status, code, kinds[status])
    assert not TraceEvent.objects.exists()


@pytest.mark.parametrize("body", [b" ", b"{", b"[" * 100_000, b'"\x00"', told(harvest("a\u0000b")), b"\xff\xfe"])
def test_a_body_that_is_none_is_refused_and_nothing_breaks(body):
    answer = send(teller(), body)

    assert answer.status_code == 400
    assert not TraceEvent.objects.exists()


def test_a_document_of_ten_megabytes_is_refused_unread():
    answer = send(teller(), b" " * (2 * MOST_BYTES))

    assert (answer.status_code, answer.json()["code"]) == (413, "too_large")


def test_an_address_says_what_it_knows():
    assert Client().options("/epcis/capture")["Allow"] == "GET, HEAD, OPTIONS, POST"
    wrong = Client().delete("/epcis/events")
    assert (wrong.status_code, wrong["Allow"]) == (405, "GET, HEAD, OPTIONS, POST")


def test_an_event_comes_with_its_proof_once_it_is_logged():
    client = teller()
    place = send(client, json.dumps({"@context": CONTEXT, **harvest("barley")}), to="events")["Location"]

    too_early = client.get(f"{place}/proof")
    actions.publish(now=timezone.now())
    proof = Proof.read(client.get(f"{place}/proof").content.decode())

    assert (too_early.status_code, too_early.json()["code"]) == (404, "not_logged_yet")
    assert proof.verify(proof.extra, keys=[signer_of_house().verifier]).checkpoint.size == 1


def test_only_files_of_the_log_are_given_out(settings):
    actions.publish(now=timezone.now())

    for path in ("../log.key", "..%2flog.key", "tile/0/000.p/0", "tile/x/000", ".checkpoint.new", "tile/entries"):
        assert Client().get(f"/tlog/{path}").status_code == 404
    assert Client().get("/tlog/checkpoint").content.startswith(b"127.0.0.1")


@pytest.mark.django_db(transaction=True)
def test_an_outsider_verifies_the_log_with_nothing_but_http(live_server, settings, tmp_path, capsys):
    settings.SITE_URL = live_server.url
    secret = issue_token(organisation=world.organisation("chamchen"), name="ERP", now=timezone.now())[1]
    sent = httpx.post(
        f"{live_server.url}/epcis/capture", json=json.loads(told(harvest("barley"))), headers={"Authorization": f"Bearer {secret}"}
    )
    actions.publish(now=timezone.now())
    key = httpx.get(f"{live_server.url}/tlog/key").text.strip()
    asked = [f"{live_server.url}/tlog", "--key", key, "--since", str(tmp_path / "seen.json")]

    call_command("verify_log", *asked)
    call_command("verify_log", *asked)
    untriggered("update trace_traceevent set happened_at = happened_at - interval '1 day'")
    with pytest.raises(CommandError, match="not sound"):
        call_command("verify_log", *asked)
    call_command("verify_log", *asked, "--only-new")
    untriggered("update trace_traceevent set happened_at = happened_at + interval '1 day'")
    bundle = settings.TRACE_LOG / "tile/entries/000.p/1"
    bundle.write_bytes(bundle.read_bytes().replace(b"2", b"3", 1))
    with pytest.raises(CommandError, match="not sound"):
        call_command("verify_log", *asked[:3])

    said = capsys.readouterr().out
    assert sent.status_code == 202
    assert said.count("0 findings") == 3
    assert "refused: tile/entries/000.p/1 entry 0 the rows say something else now" in said
    assert "entry: tile/entries/000.p/1 entry 0" in said


def chunked(body):
    """Return a request whose body came in chunks: of no length that is told before."""
    environ = {
        "REQUEST_METHOD": "POST", "PATH_INFO": "/epcis/capture", "CONTENT_TYPE": "application/json", "HTTP_TRANSFER_ENCODING": "chunked",
        "wsgi.input": io.BytesIO(body),
    }  # fmt: skip
    return WSGIRequest(environ)


def test_what_comes_in_chunks_is_read_as_far_as_it_is_taken():
    document = told(harvest("barley"))

    assert doors.body_of(chunked(document)) == document
    with pytest.raises(doors.TooLarge):
        doors.body_of(chunked(document + b" " * MOST_BYTES))


@pytest.mark.parametrize("language", ["zh-CN", "bo", "en"])
def test_problems_are_told_in_one_language_whatever_the_browser_likes(language):
    client = teller()
    headers = {"HTTP_ACCEPT_LANGUAGE": language}

    bad = send(client, told(harvest("yeast") | {"eventTime": "yesterday"}), **{"Accept-Language": language})
    unknown = client.get("/epcis/events/ni:nothing", **headers)
    nobody = Client().get("/epcis/events", **headers)

    for answer in (bad, unknown, nobody):
        assert answer["Content-Language"] == "en"
        assert not re.search("[\u0f00-\u0fff\u4e00-\u9fff]", json.dumps(answer.json(), ensure_ascii=False))
    assert nobody.json()["detail"].startswith("Send a valid token")


@pytest.mark.parametrize("method", ["get", "post", "delete"])
@pytest.mark.parametrize("address", ["/epcis/nope", "/epcis/capture/", "/epcis/capture/nope/nope", "/witness/nope"])
def test_an_address_that_is_nobodys_is_told_as_a_problem(address, method):
    answer = getattr(Client(enforce_csrf_checks=True), method)(address, headers={"accept": "text/html", "accept-language": "zh-CN"})

    assert (answer.status_code, answer["Content-Type"]) == (404, "application/problem+json")
    assert (answer.json()["code"], answer.json()["type"]) == ("no_such_address", "epcisException:NoSuchNameException")
