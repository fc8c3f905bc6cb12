"""Neighbours cosign our log and we cosign theirs: over HTTP, at the same moment, killed in the middle, and with a witness that fails."""

import threading
import time
from datetime import timedelta
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from django.db import IntegrityError, connection, transaction
from django.test import Client
from django.utils import timezone

from teahorse.common.refusals import Malformed
from teahorse.trace import actions
from teahorse.trace.actions import cosigning
from teahorse.trace.actions.signing import signer_of_house, witness_of_house
from teahorse.trace.models import Witness, WitnessedLog
from teahorse.trace.tlog.checkpoints import Checkpoint, attested
from teahorse.trace.tlog.folders import Folder
from teahorse.trace.tlog.keys import Kind, Signer
from teahorse.trace.tlog.merkle import prove_consistency
from teahorse.trace.tlog.notes import Note, read_signatures, verified
from teahorse.trace.tlog.tiles import Growing, Nodes
from teahorse.trace.tlog.witness import AddCheckpoint
from tests import world
from tests.at_once import at_once

from .telling import harvest
from .test_capturing import NOW, capture

pytestmark = pytest.mark.django_db
LOG = Signer.generate("neighbour.example/tlog")
ENTRIES = [f"entry {number}".encode() for number in range(40)]
OTHERS = [*ENTRIES[:9], *(f"other {number}".encode() for number in range(31))]


@pytest.fixture(autouse=True)
def _files(settings, tmp_path):
    settings.TRACE_LOG, settings.TRACE_KEY = tmp_path / "log", tmp_path / "log.key"
    settings.TRACE_WITNESS_KEY = tmp_path / "witness.key"
    settings.STATIC_ROOT.mkdir(parents=True, exist_ok=True)


@pytest.fixture
def clerk():
    return world.person("+8619900071055")


def asked(old, new, *, entries=ENTRIES, by=LOG):
    """A log's request, written: its checkpoint of ``new`` entries, proved from ``old``."""
    _growing, files = Growing().append(entries)
    proof = prove_consistency(old=old, new=new, node=Nodes(len(entries), files.__getitem__)) if 0 < old < new else ()
    checkpoint = Checkpoint(by.name, new, Growing().append(entries[:new])[0].root)
    return AddCheckpoint(old, proof, checkpoint.signed_by(by, at=NOW)).written()


def ask(body):
    answer = Client().post("/witness/add-checkpoint", body, content_type="text/plain; charset=utf-8")
    return answer.status_code, answer.content.decode(), answer["Content-Type"]


# --- The door


def test_a_log_that_we_look_at_is_cosigned_over_http_and_remembered(clerk):
    log = actions.look_at_log(key=LOG.verifier.written(), by=clerk, now=NOW)

    status, body, kind = ask(asked(0, 7))
    again = ask(asked(7, 9))

    key = Client().get("/witness/key").content.decode().strip()
    (seen,) = verified(Note(Note.read(asked(0, 7).partition(b"\n\n")[2]).text, read_signatures(body)), [witness_of_house().verifier])
    log.refresh_from_db()
    assert (status, kind, again[0]) == (200, "text/plain; charset=utf-8", 200)
    assert seen.key.written() == key
    assert abs(timezone.now() - seen.at) < timedelta(minutes=1)
    assert (log.size, bytes(log.root)) == (9, Growing().append(ENTRIES[:9])[0].root)
    assert NOW < log.first_at < log.cosigned_at


@pytest.mark.parametrize(
    ("body", "status", "told", "kind"),
    [
        (b"", 400, "", "text/plain; charset=utf-8"),
        (asked(9, 12) + b"x" * 2**16, 400, "", "text/plain; charset=utf-8"),
        (asked(9, 12, by=Signer.generate("nobody.example/tlog")), 404, "", "text/plain; charset=utf-8"),
        (asked(9, 12, by=Signer.generate("neighbour.example/tlog")), 403, "", "text/plain; charset=utf-8"),
        (asked(7, 12), 409, "9\n", "text/x.tlog.size"),
        (asked(9, 12, entries=[b"forked", *ENTRIES[1:]]), 422, "", "text/plain; charset=utf-8"),
        (asked(9, 9, entries=[b"forked", *ENTRIES[1:]]), 409, "9\n", "text/x.tlog.size"),
    ],
)
def test_what_is_declined_is_declined_as_the_specification_says_and_nothing_is_kept(clerk, body, status, told, kind):
    log = actions.look_at_log(key=LOG.verifier.written(), by=clerk, now=NOW)
    ask(asked(0, 9))

    assert ask(body) == (status, told, kind)
    log.refresh_from_db()
    assert log.size == 9


def test_only_a_post_is_answered():
    answer = Client().get("/witness/add-checkpoint")

    assert (answer.status_code, answer["Allow"]) == (405, "OPTIONS, POST")


def test_a_log_that_was_left_is_not_cosigned_and_taken_up_again_where_it_stood(clerk):
    log = actions.look_at_log(key=LOG.verifier.written(), by=clerk, now=NOW)
    ask(asked(0, 12))
    actions.leave_log(log_id=log.pk, now=NOW)
    left = ask(asked(12, 15))[0]
    actions.look_at_log(key=LOG.verifier.written(), by=clerk, now=NOW)

    assert left == 404
    assert ask(asked(0, 15, entries=OTHERS)) == (409, "12\n", "text/x.tlog.size")
    assert ask(asked(12, 15))[0] == 200


def test_nobody_turns_a_witness_back_or_makes_it_forget(clerk):
    log = actions.look_at_log(key=LOG.verifier.written(), by=clerk, now=NOW)
    ask(asked(0, 12))

    for change in ({"size": 11}, {"root": bytes(32)}, {"origin": "another.example"}):
        with pytest.raises(IntegrityError, match="never goes back"), transaction.atomic():
            WitnessedLog.objects.filter(pk=log.pk).update(**change)
    with pytest.raises(Exception, match="Cannot delete"), transaction.atomic():
        log.delete()


@pytest.mark.django_db(transaction=True)
def test_of_two_stories_told_at_the_same_moment_one_is_cosigned(clerk):
    actions.look_at_log(key=LOG.verifier.written(), by=clerk, now=NOW)
    ask(asked(0, 9))

    story, told = ENTRIES, []
    for size in range(10, 30):
        forked = [*story[: size - 1], b"forked", *story[size:]]
        answers = at_once(*(partial(ask, asked(size - 1, size, entries=entries)) for entries in (story, forked)))
        told.append(sorted(status for status, _, _ in answers))
        story = story if answers[0][0] == 200 else forked

    kept = WitnessedLog.objects.get()
    assert told == [[200, 409]] * 20
    assert (kept.size, bytes(kept.root)) == (29, Growing().append(story[:29])[0].root)


@pytest.mark.django_db(transaction=True)
def test_a_witness_that_is_killed_before_it_has_committed_has_not_cosigned(clerk):
    log = actions.look_at_log(key=LOG.verifier.written(), by=clerk, now=NOW)
    ask(asked(0, 9))
    outcome = []

    def killed():
        try:
            with transaction.atomic():
                outcome.append(actions.cosign(body=asked(9, 12, entries=OTHERS), now=NOW).status)
                with connection.cursor() as cursor:
                    cursor.execute("select pg_terminate_backend(pg_backend_pid())")
        except Exception as error:
            outcome.append(type(error).__name__)
        finally:
            connection.close()

    thread = threading.Thread(target=killed)
    thread.start()
    thread.join()

    log.refresh_from_db()
    assert outcome[0] == 200
    assert outcome[1] in {"OperationalError", "InterfaceError"}
    assert log.size == 9
    assert ask(asked(9, 12))[0] == 200
    assert ask(asked(9, 12, entries=OTHERS)) == (409, "12\n", "text/x.tlog.size")


def test_a_log_whose_answer_was_lost_is_cosigned_once_more(clerk):
    actions.look_at_log(key=LOG.verifier.written(), by=clerk, now=NOW)
    ask(asked(0, 9))

    assert ask(asked(0, 9)) == (409, "9\n", "text/x.tlog.size")
    assert ask(asked(9, 9))[0] == 200


@pytest.mark.parametrize(
    ("field", "typed"),
    [
        ("log_key", {"key": "nonsense"}),
        ("log_key", {"key": Signer.generate("w.example", Kind.COSIGNATURE).verifier.written()}),
        ("origin", {"key": LOG.verifier.written(), "origin": "two\nlines"}),
    ],
)
def test_what_is_no_log_is_not_looked_at(clerk, field, typed):
    with pytest.raises(Malformed) as refused:
        actions.look_at_log(**typed, by=clerk, now=NOW)

    assert refused.value.field == field
    assert not WitnessedLog.objects.exists()


@pytest.mark.parametrize("address", ["http://neighbour.example/witness", "nonsense", "https://user@neighbour.example/witness", "ftp://x/"])
def test_a_witness_is_asked_over_https_only(clerk, address):
    key = Signer.generate("w.example", Kind.COSIGNATURE).verifier.written()

    with pytest.raises(Malformed) as refused:
        actions.ask_witness(key=key, address=address, by=clerk, now=NOW)

    assert refused.value.field == "address"
    assert not Witness.objects.exists()


# --- Our log, and who looks at it


@pytest.fixture
def neighbour(settings):
    """A witness on a port of its own, that does what a test tells it to: by ``answers``, bodies or statuses by the sizes that come."""
    made = Neighbour()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            body = self.rfile.read(int(self.headers["Content-Length"]))
            made.got.append((self.path, body))
            if self.path == "/slow/add-checkpoint":
                made.woken.wait(60)
            status, kind, answer = made.tell(body)
            self.send_response(status)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

        def log_message(self, *_args):
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    made.url = f"http://127.0.0.1:{server.server_address[1]}"
    settings.TRACE_NEIGHBOURS = [made.url]
    yield made
    made.woken.set()
    server.shutdown()
    thread.join()
    server.server_close()


class Neighbour:
    """By default a witness that believes everything."""

    def __init__(self):
        self.signer = Signer.generate("neighbour.example/witness", Kind.COSIGNATURE)
        self.got, self.url, self.says, self.woken = [], "", None, threading.Event()

    def tell(self, body):
        if self.says is not None:
            return self.says(body)
        return self.sign(body)

    def sign(self, body, *, by=None):
        note = AddCheckpoint.read(body).note
        cosigned = Note(note.text, ()).signed_by(by or self.signer, at=timezone.now())
        return 200, "text/plain", "".join(one.line for one in cosigned.signatures).encode()

    def asked_by(self, clerk):
        return actions.ask_witness(key=self.signer.verifier.written(), address=f"{self.url}/w/", by=clerk, now=NOW)


@pytest.fixture
def folder(settings):
    return Folder(settings.TRACE_LOG)


def grow(*names, at=NOW):
    capture(*(harvest(name) for name in names), by=world.organisation("chamchen"), now=at)
    return actions.publish(now=at)


def seen_on(folder, *neighbours):
    said = attested(folder.published, keys=[signer_of_house().verifier], witnesses=[one.signer.verifier for one in neighbours])
    return [one.key.name for one in said.witnessed]


def test_what_is_published_carries_the_cosignature_from_its_first_moment(clerk, neighbour, folder):
    witness = neighbour.asked_by(clerk)
    standing = []
    neighbour.says = lambda body: standing.append(folder.published) or neighbour.sign(body)

    grow("barley")
    grow("rape", "peas", at=timezone.now())

    witness.refresh_from_db()
    assert standing[0] is None
    assert seen_on(folder, neighbour) == ["neighbour.example/witness"]
    assert [body.split(b"\n")[0] for _, body in neighbour.got] == [b"old 0", b"old 1"]
    assert {path for path, _ in neighbour.got} == {"/w/add-checkpoint"}
    assert (witness.size, witness.trouble, witness.first_at) == (3, "", NOW)


def test_a_witness_that_has_seen_less_than_we_thought_is_proved_all_from_there(clerk, neighbour, folder):
    witness = neighbour.asked_by(clerk)
    grow("barley", "rape", "peas")
    neighbour.says = lambda body: neighbour.sign(body) if body.startswith(b"old 2\n") else (409, "text/x.tlog.size", b"2\n")

    grow("oats", at=timezone.now())

    witness.refresh_from_db()
    assert [body.split(b"\n")[0] for _, body in neighbour.got] == [b"old 0", b"old 3", b"old 2"]
    assert (witness.size, witness.trouble) == (4, "")
    assert seen_on(folder, neighbour) == ["neighbour.example/witness"]


OTHER = Signer.generate("neighbour.example/witness", Kind.COSIGNATURE)
FAULTS = {
    "does not know us": (lambda _made, _body: (404, "text/plain", b""), "unknown", "it answered 404"),
    "knows another key": (lambda _made, _body: (403, "text/plain", b""), "key", "it answered 403"),
    "has seen a fork": (lambda _made, _body: (422, "text/plain", b""), "contradicted", "it answered 422"),
    "has seen more": (lambda _made, _body: (409, "text/x.tlog.size", b"7\n"), "contradicted", "it has seen 7 entries"),
    "says no size": (lambda _made, _body: (409, "text/x.tlog.size", b"seven"), "contradicted", "it answered 409"),
    "falls over": (lambda _made, _body: (500, "text/html", b"<p>"), "declined", "it answered 500"),
    "redirects": (lambda _made, _body: (302, "text/html", b""), "declined", "it answered 302"),
    "signs by another key": (lambda made, body: made.sign(body, by=OTHER), "not_its_signature", "unknown"),
    "signs something else": (
        lambda made, _body: (200, "text/plain", Note("other\n", ()).signed_by(made.signer, at=NOW).written().split("\n\n")[1].encode()),
        "not_its_signature",
        "signature",
    ),
    "says nothing": (lambda _made, _body: (200, "text/plain", b""), "not_its_signature", "malformed"),
    "never ends": (lambda _made, _body: (200, "text/plain", b"x" * 100_000), "not_reached", "it answered with more than 16384 bytes"),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_witness_that_fails_keeps_nobody_from_publishing_and_it_is_said_why(clerk, neighbour, folder, fault):
    witness = neighbour.asked_by(clerk)
    says, trouble, detail = FAULTS[fault]
    neighbour.says = lambda body: says(neighbour, body)

    grow("barley")

    witness.refresh_from_db()
    assert Checkpoint.read(folder.published.text).size == 1
    assert seen_on(folder, neighbour) == []
    assert (witness.trouble, witness.detail, witness.failing_since, witness.cosigned_at) == (trouble, detail, NOW, None)


def test_a_witness_that_hangs_is_not_waited_for_and_the_others_are_heard(clerk, neighbour, folder, monkeypatch):
    monkeypatch.setattr(cosigning, "PATIENCE", timedelta(seconds=1))
    hangs = Signer.generate("slow.example/witness", Kind.COSIGNATURE)
    neighbour.asked_by(clerk)
    slow = actions.ask_witness(key=hangs.verifier.written(), address=f"{neighbour.url}/slow", by=clerk, now=NOW)
    gone = Signer.generate("gone.example/witness", Kind.COSIGNATURE)
    actions.ask_witness(key=gone.verifier.written(), address="https://gone.invalid/", by=clerk, now=NOW)
    began = time.monotonic()

    grow("barley")

    slow.refresh_from_db()
    took = time.monotonic() - began
    troubles = dict(Witness.objects.values_list("name", "trouble"))
    assert took < 10
    assert troubles == {"neighbour.example/witness": "", "slow.example/witness": "not_reached", "gone.example/witness": "not_reached"}
    assert slow.detail == "no answer in 1 s"
    assert Checkpoint.read(folder.published.text).size == 1
    assert Witness.objects.get(name="gone.example/witness").detail == "its name leads nowhere"


def test_a_witness_that_missed_a_checkpoint_is_asked_again_and_the_others_are_not(clerk, neighbour, folder):
    witness = neighbour.asked_by(clerk)
    neighbour.says = lambda _body: (500, "text/plain", b"")
    grow("barley")
    neighbour.says = None

    actions.publish(now=timezone.now())
    actions.publish(now=timezone.now())

    witness.refresh_from_db()
    assert seen_on(folder, neighbour) == ["neighbour.example/witness"]
    assert (len(neighbour.got), witness.trouble, witness.failing_since) == (2, "", None)


def test_a_log_that_stands_still_is_seen_again_after_a_day(clerk, neighbour, folder):
    neighbour.asked_by(clerk)
    grow("barley", at=timezone.now())
    before = folder.published

    actions.publish(now=timezone.now() + timedelta(hours=23))
    meanwhile = len(neighbour.got)
    actions.publish(now=timezone.now() + timedelta(hours=25))

    assert (meanwhile, len(neighbour.got)) == (1, 2)
    assert folder.published.text == before.text
    assert neighbour.got[1][1].startswith(b"old 1\n")


def test_a_witness_that_was_left_is_not_asked(clerk, neighbour, folder):
    witness = neighbour.asked_by(clerk)
    actions.leave_witness(witness_id=witness.pk, now=NOW)

    grow("barley")

    assert neighbour.got == []
    assert seen_on(folder, neighbour) == []
