"""The log says what was told, in order, and carries on where somebody was cut off; who changes a row is found."""

import json
from datetime import timedelta

import httpx
import pytest
from django.core.management import CommandError, call_command
from django.test import Client

from teahorse.trace import actions, queries
from teahorse.trace.actions import publishing
from teahorse.trace.actions.signing import signer_of_house
from teahorse.trace.models import Leaf, TraceEvent
from teahorse.trace.rules import hash_of
from teahorse.trace.tlog.folders import Folder
from teahorse.trace.tlog.over_http import LogAddress
from teahorse.trace.tlog.rows import Rows
from teahorse.trace.tlog.verifying import Outsider
from tests import world

from .tampering import untriggered
from .telling import brewing, harvest
from .test_capturing import NOW, capture

pytestmark = pytest.mark.django_db


@pytest.fixture
def folder(settings, tmp_path):
    settings.TRACE_LOG, settings.TRACE_KEY = tmp_path / "log", tmp_path / "log.key"
    settings.STATIC_ROOT.mkdir(parents=True, exist_ok=True)
    return Folder(settings.TRACE_LOG)


@pytest.fixture
def coop():
    return world.organisation("chamchen")


def read_by_an_outsider(folder):
    entries = []
    outsider = Outsider(keys=[signer_of_house().verifier], check=lambda _index, entry: entries.append(entry))
    report = outsider.verify(folder.fetch)
    return [(one.what, one.index) for one in report.findings], entries


def test_what_was_told_stands_in_the_log_in_its_order_for_an_outsider(folder, coop):
    capture(harvest("barley"), by=coop)
    first = actions.publish(now=NOW)
    capture(brewing("wine", "barley"), brewing("more", "barley"), by=coop, now=NOW + timedelta(minutes=5))
    second = actions.publish(now=NOW + timedelta(minutes=6))

    findings, entries = read_by_an_outsider(folder)

    events = [leaf.event for leaf in Leaf.objects.order_by("place").select_related("event")]
    assert (first.size, second.size) == (1, 3)
    assert findings == []
    assert [json.loads(entry)["event"] for entry in entries] == [hash_of(bytes(event.digest)) for event in events]
    assert len({json.loads(entry)["card"] for entry in entries}) == 3
    assert b'"recorded":"2026-10-02T04:00:00.000Z"' in entries[0]


def test_publishing_again_writes_nothing_new(folder, coop):
    capture(harvest("barley"), by=coop)
    actions.publish(now=NOW)
    before = folder.fetch("checkpoint")

    actions.publish(now=NOW + timedelta(hours=1))

    assert folder.fetch("checkpoint") == before


def test_the_key_is_made_once_and_for_its_owner_alone(folder, settings):
    one, again = signer_of_house(), signer_of_house()

    assert one.written() == again.written()
    assert settings.TRACE_KEY.stat().st_mode & 0o777 == 0o600


def test_who_was_cut_off_between_places_and_files_is_carried_on(folder, coop, monkeypatch):
    capture(harvest("barley"), by=coop)
    actions.publish(now=NOW)
    capture(brewing("wine", "barley"), by=coop, now=NOW + timedelta(minutes=1))

    def dies(*_args, **_more):
        raise KeyboardInterrupt

    with monkeypatch.context() as broken:
        broken.setattr(Folder, "publish", dies)
        with pytest.raises(KeyboardInterrupt):
            actions.publish(now=NOW + timedelta(minutes=2))
    checkpoint = actions.publish(now=NOW + timedelta(minutes=3))

    assert checkpoint.size == Leaf.objects.count() == 2
    assert read_by_an_outsider(folder)[0] == []


def test_a_log_that_is_not_what_was_signed_is_not_written_on(folder, coop, settings):
    capture(harvest("barley"), by=coop)
    actions.publish(now=NOW)
    (settings.TRACE_LOG / "tile/0/000.p/1").write_bytes(b"\0" * 32)

    with pytest.raises(publishing.LogContradicts):
        actions.publish(now=NOW)


def test_a_database_that_knows_less_than_the_log_is_not_written_on(folder, coop):
    """An older backup was put back: what it would log now has places that are taken."""
    capture(harvest("barley"), by=coop)
    actions.publish(now=NOW)
    untriggered("delete from trace_leaf")
    capture(harvest("rape"), by=coop)

    with pytest.raises(publishing.LogContradicts):
        actions.publish(now=NOW)
    assert not Leaf.objects.exists()


def test_an_event_proves_that_it_stands_in_the_log(folder, coop):
    capture(harvest("barley"), brewing("wine", "barley"), by=coop)
    event = TraceEvent.objects.get(kind="TransformationEvent")
    too_early = queries.proof_of(event)
    actions.publish(now=NOW)

    proof = queries.proof_of(event)

    key = signer_of_house().verifier
    assert too_early is None
    assert proof.verify(proof.extra, keys=[key]).checkpoint.size == 2
    assert event.digest.hex() in proof.extra.decode()


TAMPERED = {
    "body": ("update trace_traceevent set body = jsonb_set(body, '{outputQuantityList,0,quantity}', '900')", "row"),
    "column": ("update trace_traceevent set step = 'packing'", "row"),
    "time": ("update trace_traceevent set happened_at = happened_at - interval '1 day'", "row"),
    "teller": ("update trace_traceevent set organisation_id = gen_random_uuid()", "entry"),
    "recorded": ("update trace_traceevent set recorded_at = recorded_at - interval '1 second'", "entry"),
    "quantity": ("update trace_eventthing set quantity = 1", "edges"),
    "edge": ("delete from trace_eventthing", "edges"),
    "thing": ("update trace_thing set uri = 'urn:x:other'", "edges"),
    "gone": ("delete from trace_traceevent", "missing"),
    "place": ("delete from trace_leaf", "missing"),
    "unreadable": ("update trace_traceevent set body = '{}'", "row"),
}


def found_over_http(folder):
    """Return the places of which an outsider, who has nothing but HTTP, says that the database was changed since."""

    def answer(request):
        given = Client().get(request.url.path)
        return httpx.Response(given.status_code, content=given.content)

    with httpx.Client(transport=httpx.MockTransport(answer)) as client:
        rows = Rows(LogAddress("http://testserver/tlog", client))
        report = Outsider(keys=[signer_of_house().verifier], check=rows.check).verify(folder.fetch)
    assert rows.is_shown
    return [(one.what, one.index) for one in report.findings]


@pytest.mark.parametrize("what", TAMPERED)
def test_whatever_is_changed_in_the_database_is_found_by_an_outsider(folder, coop, what):
    capture(harvest("rape"), by=coop)
    capture(brewing("wine", "barley"), by=coop, now=NOW + timedelta(minutes=1))
    actions.publish(now=NOW)
    before = found_over_http(folder)

    untriggered(TAMPERED[what][0])

    assert before == []
    assert ("refused", 1) in found_over_http(folder)


def test_what_was_logged_before_there_were_cards_is_still_proved_and_its_change_found(folder, coop):
    capture(harvest("barley"), by=coop)
    event = TraceEvent.objects.get()
    Leaf.objects.create(place=0, event=event)
    actions.publish(now=NOW)
    proof = queries.proof_of(event)

    assert json.loads(proof.extra).keys() == {"event", "recorded", "organisation"}
    assert proof.verify(proof.extra, keys=[signer_of_house().verifier])
    assert queries.shown_card(event) is None
    assert found_over_http(folder) == []
    untriggered("update trace_eventthing set quantity = 1")
    assert found_over_http(folder) == [("refused", 0)]


@pytest.mark.parametrize("what", TAMPERED)
def test_whatever_is_changed_in_the_database_is_found(folder, coop, what, capsys):
    capture(brewing("wine", "barley"), by=coop)
    actions.publish(now=NOW)
    call_command("verify_story")
    statement, expected = TAMPERED[what]

    untriggered(statement)

    assert {one.what for one in queries.contradictions()} == {expected}
    with pytest.raises(CommandError, match="changed"):
        call_command("verify_story")
    assert "0 contradictions" in capsys.readouterr().out


def test_a_log_that_was_changed_with_the_database_is_found_by_its_signature(folder, coop, settings, capsys):
    capture(brewing("wine", "barley"), by=coop)
    actions.publish(now=NOW)
    untriggered("update trace_traceevent set organisation_id = '00000000-0000-0000-0000-000000000001'")
    (forged,) = queries.entries_from(0, most=1)
    (settings.TRACE_LOG / "tile/entries/000.p/1").write_bytes(len(forged).to_bytes(2, "big") + forged)

    assert list(queries.contradictions()) == []
    with pytest.raises(CommandError, match="changed"):
        call_command("verify_story")
    assert "entry: tile/entries/000.p/1" in capsys.readouterr().out


def test_an_event_that_was_forged_whole_is_found_by_the_log(folder, coop):
    """Its hash fits what it says; but what was logged has another."""
    capture(brewing("wine", "barley"), by=coop)
    actions.publish(now=NOW)
    forged = brewing("wine", "barley", bottles=900)
    capture(forged, by=coop)
    other = TraceEvent.objects.exclude(leaf__isnull=False).get()

    untriggered("update trace_leaf set event_id = %s", other.pk)

    assert [(one.what, one.event_id) for one in queries.contradictions()] == [("entry", other.pk)]
