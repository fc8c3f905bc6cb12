"""The log says what was told, in order, and carries on where somebody was cut off; who changes a row is found."""

from datetime import timedelta

import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from teahorse.trace import actions, queries
from teahorse.trace.actions import publishing
from teahorse.trace.actions.signing import signer_of_house
from teahorse.trace.models import Leaf, TraceEvent
from teahorse.trace.rules import entry_of
from teahorse.trace.tlog.folders import Folder
from teahorse.trace.tlog.verifying import Outsider
from tests import world

from .telling import brewing, harvest
from .test_capturing import NOW, capture

pytestmark = pytest.mark.django_db


@pytest.fixture
def folder(settings, tmp_path):
    settings.TRACE_LOG, settings.TRACE_KEY = tmp_path / "log", tmp_path / "log.key"
    return Folder(settings.TRACE_LOG)


@pytest.fixture
def coop():
    return world.organisation("chamchen")


def read_by_an_outsider(folder):
    entries = []
    outsider = Outsider(keys=[signer_of_house().verifier], check=lambda _index, entry: entries.append(entry))
    report = outsider.verify(folder.fetch)
    return [(one.what, one.index) for one in report.findings], entries


def untriggered(statement, *values):
    """Do what an operator with the database's password can do."""
    with connection.cursor() as cursor:
        cursor.execute("set local session_replication_role = replica")
        cursor.execute(statement, values)
        cursor.execute("set local session_replication_role = origin")


def test_what_was_told_stands_in_the_log_in_its_order_for_an_outsider(folder, coop):
    capture(harvest("barley"), by=coop)
    first = actions.publish(now=NOW)
    capture(brewing("wine", "barley"), brewing("more", "barley"), by=coop, now=NOW + timedelta(minutes=5))
    second = actions.publish(now=NOW + timedelta(minutes=6))

    findings, entries = read_by_an_outsider(folder)

    events = [leaf.event for leaf in Leaf.objects.order_by("place").select_related("event")]
    assert (first.size, second.size) == (1, 3)
    assert findings == []
    assert entries == [
        entry_of(digest=bytes(event.digest), recorded_at=event.recorded_at, organisation_id=event.organisation_id) for event in events
    ]
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
