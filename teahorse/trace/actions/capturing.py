"""
Keeping what is told: a document's events in one statement, each once however often it is told.

An event's hash is its identity (CBV 2.0, section 8.9): the same event in another document, from another teller, in another
writing, is the same row. The hash is worked out here over all that was told, whatever the teller would leave out.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import msgspec
from django.db import transaction
from msgspec import UNSET

from teahorse.common.statements import array, asked
from teahorse.people.models import Organisation
from teahorse.trace.actions.jobs import leave_telling
from teahorse.trace.epcis import reading, writing
from teahorse.trace.epcis.events import AnyEvent
from teahorse.trace.epcis.reading import Document, Read, VocabularyOfHead
from teahorse.trace.models import CaptureJob, MasterData, Subscription
from teahorse.trace.rules import Edge, columns_of, digest_of, edges_of, event_key

CAPTURE = (Path(__file__).parent.parent / "capture.sql").read_text()


@transaction.atomic
def capture(
    *, document: Document, by: Organisation, now: datetime, person_id: UUID | None = None, on_error: str = CaptureJob.OnError.ROLLBACK
) -> CaptureJob:
    """
    Keep the events of a document that was read; harmless twice: what is known is counted as such.

    With ``rollback`` one bad event keeps all out, with ``proceed`` only itself; the job says what was wrong in either.
    """
    bad = [problem for read in document.events for problem in read.problems]
    keeps = not bad or on_error == CaptureJob.OnError.PROCEED
    good = [(read, read.event) for read in document.events if keeps and read.event is not None and not read.problems]
    job = CaptureJob(
        county_id=by.county_id,
        organisation_id=by.pk,
        on_error=on_error,
        created_at=now,
        finished_at=now,
        is_success=not bad,
        errors=[{"pointer": one.pointer, "reason": one.reason.value, "detail": one.told} for one in bad],
    )
    job.captured = _keep(good, job, person_id=person_id) if good else 0
    if keeps:
        _keep_master_data(document.master_data, by=by, now=now)
    if job.captured and Subscription.objects.filter(is_stream=True, paused_at=None).exists():
        leave_telling()
    job.known = len(good) - job.captured
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


def _keep(told: Sequence[tuple[Read, AnyEvent]], job: CaptureJob, *, person_id: UUID | None) -> int:
    """Write events with what they tell of; return how many are new."""
    rows: dict[UUID, dict[str, Any]] = {}
    edges: list[tuple[UUID, Edge]] = []
    for read, event in told:
        digest = digest_of(read.raw, read.prefixes)
        key = event_key(digest)
        if key not in rows:
            rows[key] = _row(read, event, key, digest)
            edges += [(key, edge) for edge in edges_of(event)]
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
    return len(asked(CAPTURE, parameters)())


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


def _row(read: Read, event: AnyEvent, key: UUID, digest: bytes) -> dict[str, Any]:
    return {"id": key, "digest": digest.hex(), **columns_of(event), "body": read.raw, "context": dict(read.prefixes)}
