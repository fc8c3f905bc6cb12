"""Questions about events and the log: an event, what the log says of it and proves, and whether the rows still are what was logged."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal
from uuid import UUID

from django.conf import settings
from msgspec import ValidationError

from teahorse.trace.models import EventThing, Leaf, TraceEvent
from teahorse.trace.queries.seeing import seen_by
from teahorse.trace.rules import columns_of, digest_in, digest_of, edges_of, entry_of, event_key, typed
from teahorse.trace.tlog.checkpoints import Checkpoint
from teahorse.trace.tlog.folders import Folder
from teahorse.trace.tlog.proofs import Proof
from teahorse.trace.tlog.tiles import ENTRIES, WIDTH, Nodes, Tile, read_entries

What = Literal["row", "edges", "entry", "missing"]


@dataclass(frozen=True, slots=True)
class Contradiction:
    """
    A row that is not what was logged at ``place``.

    ``row``: the event's own hash is another; ``edges``: it does not tell of these things; ``entry``: the log says something else;
    ``missing``: the event is gone.
    """

    what: What
    place: int
    event_id: UUID


def log_folder() -> Folder:
    """Return the folder of the log's files."""
    return Folder(settings.TRACE_LOG)


def event_of(name: str, *, organisation_id: UUID) -> TraceEvent | None:
    """Return an event that an organisation sees, by its hash or by the name that its teller gave it."""
    seen, digest = seen_by(organisation_id), digest_in(name)
    if digest is not None:
        return seen.filter(pk=event_key(digest), digest=digest).first()
    return seen.filter(told_as=name).exclude(told_as="").order_by("recorded_at", "pk").first()


def places_given() -> int:
    """Return how many events have a place in the log."""
    last = Leaf.objects.order_by("-place").values_list("place", flat=True).first()
    return 0 if last is None else last + 1


def entries_from(place: int, *, most: int) -> list[bytes]:
    """Return what the log says from a place on, at the most so much; only what is committed."""
    leaves = Leaf.objects.filter(place__gte=place).select_related("event").order_by("place")[:most]
    return [_entry(leaf.event) for leaf in leaves.only("place", "event__digest", "event__recorded_at", "event__organisation_id")]


def proof_of(event: TraceEvent) -> Proof | None:
    """Return the proof that an event stands in the log; None while no checkpoint covers it."""
    folder, leaf = log_folder(), Leaf.objects.filter(event=event).first()
    note = folder.published
    size = Checkpoint.read(note.text).size if note else 0
    if leaf is None or note is None or leaf.place >= size:
        return None
    return Proof.make(index=leaf.place, note=note, node=Nodes(size, folder.fetch), extra=_entry(event))


def contradictions() -> Iterator[Contradiction]:
    """
    Read every event that has a place and hold it against its own hash, its edges and the log's files; yield what differs.

    Whether the files are what was signed says an :class:`Outsider`.
    """
    folder = log_folder()
    note = folder.published
    size = Checkpoint.read(note.text).size if note else 0
    for first in range(0, size, WIDTH):
        logged = read_entries(Tile(ENTRIES, first // WIDTH, min(WIDTH, size - first)), folder.fetch)
        leaves = {leaf.place: leaf for leaf in Leaf.objects.filter(place__gte=first, place__lt=first + len(logged))}
        events = TraceEvent.objects.in_bulk([leaf.event_id for leaf in leaves.values()])
        edges = _edges(events)
        for place, said in enumerate(logged, start=first):
            leaf = leaves.get(place)
            event = events.get(leaf.event_id) if leaf else None
            what = _differs(event, edges.get(event.pk, set()), said) if event else "missing"
            if what:
                yield Contradiction(what, place, leaf.event_id if leaf else UUID(int=0))


def _entry(event: TraceEvent) -> bytes:
    return entry_of(digest=bytes(event.digest), recorded_at=event.recorded_at, organisation_id=event.organisation_id)


def _edges(events: dict[UUID, TraceEvent]) -> dict[UUID, set[tuple[object, ...]]]:
    found: dict[UUID, set[tuple[object, ...]]] = {}
    for row in EventThing.objects.filter(event__in=events).values_list("event_id", "thing__uri", "role", "quantity", "unit"):
        found.setdefault(row[0], set()).add(row[1:])
    return found


def _differs(event: TraceEvent, edges: set[tuple[object, ...]], said: bytes) -> What | None:
    """Return what of a row is not as it was told."""
    digest = bytes(event.digest)
    try:
        told = typed(event.body)
        if (
            digest_of(event.body, event.context) != digest
            or event_key(digest) != event.pk
            or any(getattr(event, name) != value for name, value in columns_of(told).items())
        ):
            return "row"
    except (ValidationError, ValueError, KeyError, TypeError):
        return "row"  # nobody could have told that
    if _entry(event) != said:
        return "entry"
    return None if {(edge.uri, edge.role.value, edge.quantity, edge.unit) for edge in edges_of(told)} == edges else "edges"
