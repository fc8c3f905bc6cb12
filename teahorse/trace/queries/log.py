"""Questions about events and the log: an event, what the log says of it and proves, and whether the rows still are what was logged."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal
from uuid import UUID

from django.conf import settings
from msgspec import ValidationError

from teahorse.trace.cards import Logged
from teahorse.trace.models import Leaf, TraceEvent
from teahorse.trace.queries.cards import card_of_leaf, logged_of
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
    leaves = list(Leaf.objects.filter(place__gte=place).select_related("event").order_by("place")[:most])
    logged = logged_of([leaf.event for leaf in leaves])
    return [_entry(leaf, logged[leaf.event_id]) for leaf in leaves]


def rows_from(first: int) -> list[bytes]:
    """
    Return what the log would say of the 256 places from one on, had the rows been logged as they are at this moment.

    An outsider holds them against the entries that were signed: where they differ, somebody changed the database since. A place whose
    rows contradict each other, or are gone, says nothing; and nothing is said of what no checkpoint covers.
    """
    return [said for _, _, said in _as_they_are(first, min(WIDTH, max(0, _published_size() - first)))]


def proof_of(event: TraceEvent) -> Proof | None:
    """Return the proof that an event stands in the log, with what was logged of it; None while no checkpoint covers it."""
    folder, leaf = log_folder(), Leaf.objects.filter(event=event).first()
    note = folder.published
    size = Checkpoint.read(note.text).size if note else 0
    if leaf is None or note is None or leaf.place >= size:
        return None
    bundle = leaf.place // WIDTH
    logged = read_entries(Tile(ENTRIES, bundle, min(WIDTH, size - bundle * WIDTH)), folder.fetch)
    return Proof.make(index=leaf.place, note=note, node=Nodes(size, folder.fetch), extra=logged[leaf.place % WIDTH])


def contradictions() -> Iterator[Contradiction]:
    """
    Read every event that has a place and hold it against its own hash, its edges and the log's files; yield what differs.

    Whether the files are what was signed says an :class:`Outsider`.
    """
    folder, size = log_folder(), _published_size()
    for first in range(0, size, WIDTH):
        entries = read_entries(Tile(ENTRIES, first // WIDTH, min(WIDTH, size - first)), folder.fetch)
        for place, (entry, (event_id, what, said)) in enumerate(zip(entries, _as_they_are(first, len(entries)), strict=True), start=first):
            if what or said != entry:
                yield Contradiction(what or "entry", place, event_id)


def _published_size() -> int:
    note = log_folder().published
    return Checkpoint.read(note.text).size if note else 0


def _as_they_are(first: int, count: int) -> Iterator[tuple[UUID, What | None, bytes]]:
    """Yield of each place its event, what of its rows contradicts the others, and what they would be logged as; then that is nothing."""
    leaves = {leaf.place: leaf for leaf in Leaf.objects.filter(place__gte=first, place__lt=first + count)}
    events = TraceEvent.objects.in_bulk([leaf.event_id for leaf in leaves.values()])
    logged = logged_of(events.values())
    for place in range(first, first + count):
        leaf = leaves.get(place)
        event = events.get(leaf.event_id) if leaf else None
        if leaf is None or event is None:
            yield leaf.event_id if leaf else UUID(int=0), "missing", b""
        elif what := _differs(event, logged[event.pk]):
            yield event.pk, what, b""
        else:
            yield event.pk, None, _entry(leaf, logged[event.pk])


def _entry(leaf: Leaf, logged: Logged) -> bytes:
    card = card_of_leaf(leaf, logged)
    return entry_of(
        digest=logged.digest,
        recorded_at=logged.recorded_at,
        organisation_id=logged.organisation_id,
        card=card.digest if card else "",
    )


def _differs(event: TraceEvent, logged: Logged) -> What | None:
    """Return what of an event's rows is not as it was told."""
    try:
        told = typed(event.body)
        if (
            digest_of(event.body, event.context) != logged.digest
            or event_key(logged.digest) != event.pk
            or any(getattr(event, name) != value for name, value in columns_of(told).items())
        ):
            return "row"
    except (ValidationError, ValueError, KeyError, TypeError):
        return "row"  # nobody could have told that
    return None if set(edges_of(told)) == set(logged.edges) else "edges"
