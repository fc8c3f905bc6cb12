"""What is told is kept once; what is wrong is named, and keeps out what the teller said it should."""

import threading
from datetime import UTC, datetime
from decimal import Decimal

import pytest
from django.db import ProgrammingError, connection, transaction

from teahorse.trace import actions
from teahorse.trace.epcis.reading import read
from teahorse.trace.models import CaptureJob, EventThing, Hearsay, Retelling, Thing, TraceEvent
from teahorse.trace.queries.lots import left_of
from teahorse.trace.queries.seeing import seen_by
from teahorse.trace.rules import digest_of, event_key, key_of
from tests import world

from .goods import item_of, lot_of
from .telling import brewing, harvest, lot, told

NOW = datetime(2026, 10, 2, 4, 0, tzinfo=UTC)


def capture(*events, by, now=NOW, **more):
    return actions.capture(document=read(told(*events), now=now), by=by, now=now, **more)


@pytest.mark.django_db
def test_what_is_told_is_kept_with_what_it_tells_of():
    coop = world.organisation("chamchen")

    job = capture(harvest("barley"), brewing("wine", "barley"), by=coop)

    assert (job.is_success, job.captured, job.known, job.errors) == (True, 2, 0, [])
    field, brewed = TraceEvent.objects.order_by("happened_at")
    assert (field.kind, field.action, field.step, field.organisation_id) == ("ObjectEvent", "ADD", "commissioning", coop.pk)
    assert field.body == harvest("barley")
    assert bytes(field.digest) == digest_of(harvest("barley"), {})
    assert field.pk == event_key(bytes(field.digest))
    edges = EventThing.objects.filter(event=brewed).order_by("role").values_list("thing__uri", "role", "quantity", "unit")
    assert list(edges) == [(lot("barley"), "input", Decimal(40), "KGM"), (lot("wine"), "output", Decimal(300), "")]
    assert Thing.objects.get(uri=lot("wine")).pk == key_of(lot("wine"))


@pytest.mark.django_db
def test_the_same_event_is_kept_once_whoever_tells_it_and_however_it_is_written():
    coop, station = world.organisation("chamchen"), world.organisation("station")
    capture(harvest("barley"), by=coop)

    again = capture(harvest("barley"), harvest("barley"), by=coop)
    in_utc, once_more = (capture(harvest("barley", at="2026-08-15T01:00:00.000Z"), by=station) for _ in range(2))

    assert (again.captured, again.known) == (0, 2)
    assert [(job.captured, job.known) for job in (in_utc, once_more)] == [(1, 0), (0, 1)]
    assert TraceEvent.objects.get().organisation_id == coop.pk
    assert EventThing.objects.count() == 1


@pytest.mark.django_db
def test_who_tells_what_another_one_told_before_reads_it_as_hers_and_learns_nothing_of_him():
    coop, station, stranger = (world.organisation(key) for key in ("chamchen", "station", "stranger"))
    capture(harvest("barley"), harvest("yeast"), by=coop)

    capture(harvest("barley"), by=station)

    assert [seen_by(one.pk).count() for one in (coop, station, stranger)] == [2, 1, 0]
    assert seen_by(station.pk).get().body == harvest("barley")
    with pytest.raises(ProgrammingError, match="Cannot update or delete"), transaction.atomic():
        Retelling.objects.update(organisation_id=stranger.pk)


@pytest.mark.django_db
def test_what_a_seller_tells_of_her_lot_herself_is_no_hearsay_though_another_one_told_it_first():
    coop, stranger = world.organisation("chamchen"), world.organisation("stranger")
    made = lot_of(item_of(coop, "barley", unit="KGM"), "B1")
    event = harvest("barley") | {"quantityList": [{"epcClass": made.uri, "quantity": 300, "uom": "KGM"}]}
    capture(event, by=stranger)
    before = left_of([made])[made.pk]

    capture(event, by=coop)

    assert (before, left_of([made])[made.pk]) == (0, 300)
    assert Hearsay.objects.get().is_true


@pytest.mark.django_db
def test_a_class_that_is_told_of_twice_counts_together():
    wine = brewing("wine", "barley", "barley")

    capture(wine, by=world.organisation("chamchen"))

    assert EventThing.objects.get(role="input").quantity == Decimal(80)


@pytest.mark.django_db
@pytest.mark.parametrize(("on_error", "captured"), [("rollback", 0), ("proceed", 1)])
def test_one_bad_event_keeps_all_out_or_itself_alone(on_error, captured):
    bad = harvest("yeast") | {"bizStep": "transforming"}

    job = capture(harvest("barley"), bad, by=world.organisation("chamchen"), on_error=on_error)

    assert (job.is_success, job.captured, TraceEvent.objects.count()) == (False, captured, captured)
    assert [(one["pointer"], one["reason"]) for one in job.errors] == [("/epcisBody/eventList/1/bizStep", "unknown_word")]


@pytest.mark.django_db
def test_a_row_of_the_story_is_never_changed_or_deleted():
    capture(harvest("barley"), by=world.organisation("chamchen"))

    for model, change in ((TraceEvent, {"step": "packing"}), (EventThing, {"quantity": 1}), (Thing, {"uri": "urn:x:y"})):
        with pytest.raises(ProgrammingError, match="Cannot update or delete"), transaction.atomic():
            model.objects.update(**change)
        with pytest.raises(ProgrammingError, match="Cannot update or delete"), transaction.atomic():
            model.objects.all()._raw_delete(using="default")


@pytest.mark.django_db(transaction=True)
def test_many_who_tell_the_same_at_once_keep_it_once():
    coop = world.organisation("chamchen")
    events = [brewing(f"wine{number}", "barley") for number in range(20)]
    jobs = []
    barrier = threading.Barrier(6)

    def tell(turn):
        barrier.wait()
        jobs.append(capture(*events[turn:], *events[:turn], by=coop))
        connection.close()

    threads = [threading.Thread(target=tell, args=(turn,)) for turn in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sum(job.captured for job in jobs) == 20
    assert sum(job.known for job in jobs) == 100
    assert TraceEvent.objects.count() == 20
    assert EventThing.objects.count() == 40
    assert CaptureJob.objects.count() == 6
