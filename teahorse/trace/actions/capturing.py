"""
Keeping what is told: a document's events in one statement, each once however often it is told.

An event's hash is its identity (CBV 2.0, section 8.9): the same event in another document, from another teller, in another
writing, is the same row. Another teller is answered as if she were the first, and reads it as hers (:class:`.Retelling`). The hash is
worked out here over all that was told, whatever the teller would leave out.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Self
from uuid import UUID

import msgspec
from django.db import connection, transaction
from msgspec import UNSET

from teahorse.common.statements import array, asked
from teahorse.people.models import Organisation
from teahorse.trace.actions.jobs import leave_telling
from teahorse.trace.epcis import reading, writing
from teahorse.trace.epcis.events import AnyEvent, TransformationEvent
from teahorse.trace.epcis.problems import Problem, Reason, shown
from teahorse.trace.epcis.reading import Document, Read, VocabularyOfHead
from teahorse.trace.models import CaptureJob, MasterData, Subscription
from teahorse.trace.queries.rings import rings_through
from teahorse.trace.rings import Ring
from teahorse.trace.rules import Edge, columns_of, digest_of, edges_of, event_key, hash_of

CAPTURE = (Path(__file__).parent.parent / "capture.sql").read_text()
RETELL = (Path(__file__).parent.parent / "retell.sql").read_text()


@dataclass(frozen=True, slots=True)
class Good:
    """An event with which nothing is wrong, and its hash."""

    read: Read
    event: AnyEvent
    digest: bytes

    @classmethod
    def of(cls, read: Read) -> Self:
        """Work the hash out."""
        assert read.event is not None  # noqa: S101 - the caller looked
        return cls(read, read.event, digest_of(read.raw, read.prefixes))

    @property
    def key(self) -> UUID:
        """The event's key."""
        return event_key(self.digest)


@transaction.atomic
def capture(
    *, document: Document, by: Organisation, now: datetime, person_id: UUID | None = None, on_error: str = CaptureJob.OnError.ROLLBACK
) -> CaptureJob:
    """
    Keep the events of a document that was read; harmless twice: what is known is counted as such.

    With ``rollback`` one bad event keeps all out, with ``proceed`` only itself; the job says what was wrong in either.
    """
    bad = [problem for read in document.events for problem in read.problems]
    job = CaptureJob(county_id=by.county_id, organisation_id=by.pk, on_error=on_error, created_at=now, finished_at=now, is_success=True)
    if not bad or on_error == CaptureJob.OnError.PROCEED:
        good = [Good.of(read) for read in document.events if read.event is not None and not read.problems]
        bad += _keep_what_fits(good, job, person_id=person_id)
    if not bad or on_error == CaptureJob.OnError.PROCEED:
        _keep_master_data(document.master_data, by=by, now=now)
    if job.captured and Subscription.objects.filter(is_stream=True, paused_at=None).exists():
        leave_telling()
    job.is_success = not bad
    job.errors = [{"pointer": one.pointer, "reason": one.reason.value, "detail": one.told} for one in bad]
    job.save(force_insert=True)
    return job


def capture_own(events: Sequence[Mapping[str, Any]], *, by: Organisation, now: datetime) -> None:
    """
    Keep what the house itself tells for an organisation: its goods were sent, are held.

    :raises ValueError: if such an event cannot be; then the house is wrong, nobody else.
    """
    told = reading.read(writing.document(events, created_at=now), now=now)
    job = capture(document=told, by=by, now=now)
    if not job.is_success:
        msg = f"the house told what cannot be: {job.errors}"
        raise ValueError(msg)


def _keep_what_fits(good: Sequence[Good], job: CaptureJob, *, person_id: UUID | None) -> list[Problem]:
    """
    Keep events, counting them in the job; return what is wrong with those that make something out of itself.

    They are kept first and then looked at, as the database sees them: with what was told before, what is taken back, and under all names.
    Of a ring in a document nobody knows which event is the wrong one, so all of them stay out.
    """
    if not any(isinstance(one.event, TransformationEvent) for one in good):
        job.captured = len(_keep(good, job, person_id=person_id))
        job.known = len(good) - job.captured
        return []
    problems: list[Problem] = []
    while True:
        before = transaction.savepoint()
        new = _keep(good, job, person_id=person_id)
        _look_alone(job.organisation_id)
        rings, digests = rings_through(new, organisation_id=job.organisation_id)
        wrong = [one for one in good if one.key in rings]
        if not wrong:
            transaction.savepoint_commit(before)
            break
        transaction.savepoint_rollback(before)  # nobody is kept waiting any more
        places = {one.key: one.read.pointer for one in wrong}
        names = {key: places.get(key) or hash_of(digest) for key, digest in digests.items()}
        problems += [_goes_round(one, rings[one.key], names) for one in wrong]
        good = [one for one in good if one.key not in rings] if job.on_error == CaptureJob.OnError.PROCEED else []
    job.captured, job.known = len(new), len(good) - len(new)
    return problems


def _look_alone(organisation_id: UUID) -> None:
    """
    Wait until no other document of a teller is being looked at; what it told is seen from then on.

    Two of them at once would each see half of a ring. Each writes before it waits, so that only looking and committing goes one by one.
    """
    with connection.cursor() as cursor:
        cursor.execute("select pg_advisory_xact_lock(hashtextextended('transformations of ' || %s, 0))", [str(organisation_id)])


def _goes_round(one: Good, ring: Ring, names: Mapping[UUID, str]) -> Problem:
    others = ", ".join(names[other] for other in ring.others) or "its other parts"
    told = f"what is made goes round: {shown(ring.made)} is made of {shown(ring.used)}, and that of it, together with {others}"
    return Problem(one.read.pointer, Reason.LOOP, told)


def _keep(told: Sequence[Good], job: CaptureJob, *, person_id: UUID | None) -> list[UUID]:
    """Write events with what they tell of; return the keys of those that are new from this teller, whoever told them before."""
    rows: dict[UUID, dict[str, Any]] = {}
    edges: list[tuple[UUID, Edge]] = []
    for one in told:
        if one.key not in rows:
            rows[one.key] = _row(one)
            edges += [(one.key, edge) for edge in edges_of(one.event)]
    if not rows:
        return []
    things = {edge.thing: edge for _, edge in edges}
    parameters = {
        "county": job.county_id,
        "organisation": job.organisation_id,
        "person": person_id,
        "job": job.pk,
        "now": job.created_at,
        "events": msgspec.json.encode(list(rows.values())).decode(),
        "things": array(things),
        "uris": [edge.uri for edge in things.values()],
        "levels": [edge.level for edge in things.values()],
        "edge_things": array(edge.thing for _, edge in edges),
        "edge_events": array(event for event, _ in edges),
        "edge_roles": [edge.role.value for _, edge in edges],
        "edge_quantities": [edge.quantity for _, edge in edges],
        "edge_units": [edge.unit for _, edge in edges],
    }
    new = [key for (key,) in asked(CAPTURE, parameters)()]
    known = rows.keys() - set(new)
    return new + [key for (key,) in asked(RETELL, {**parameters, "events": array(sorted(known))})()] if known else new


def _keep_master_data(said: Sequence[VocabularyOfHead], *, by: Organisation, now: datetime) -> None:
    """Keep what a document's head says of places, parties and classes, in the place of what was said of them before."""
    rows = {
        (vocabulary.type, element.id): MasterData(
            county_id=by.county_id,
            organisation_id=by.pk,
            kind=vocabulary.type,
            uri=element.id,
            attributes={datum.id: datum.attribute for datum in element.attributes if datum.attribute is not UNSET},
            children=list(element.children),
            told_at=now,
        )
        for vocabulary in said
        for element in vocabulary.vocabulary_element_list
    }
    MasterData.objects.bulk_create(
        [rows[key] for key in sorted(rows)],
        update_conflicts=True,
        unique_fields=["organisation_id", "uri", "kind"],
        update_fields=["attributes", "children", "told_at"],
    )


def _row(one: Good) -> dict[str, Any]:
    read = one.read
    return {"id": one.key, "digest": one.digest.hex(), **columns_of(one.event), "body": read.raw, "context": dict(read.prefixes)}
