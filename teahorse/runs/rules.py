"""What waits somewhere, made into the tasks of a day; what waiting costs; how long handing over takes. Plain Python."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from uuid import UUID

from teahorse.runs.planning.model import Rest, Task, Visit, Window

ASSUMED_CM3_PER_GRAM = 5
"""Of what nobody measured: 200 kg fill a cubic metre, as carriers reckon light goods."""
BUNDLE_GRAMS, BUNDLE_CM3 = 100_000, 500_000
"""Loose parcels of one way travel together up to so much; larger bundles would leave room unused."""
LEAVE_FEN, LEAVE_FEN_PER_DAY, COLD_FACTOR = 10_000, 5_000, 3
"""What it costs a centre to leave a thing for tomorrow: more with each day that it waited, three times as much for cold goods."""
SERVICE_S, SERVICE_PER_THING_S = 300, 40
"""How long a vehicle stands at a place: to stop and sign, and for each thing that changes hands."""
RELOAD_S = 1_800
ANOTHER_DAY_S = 3 * 86_400
"""Later than any shift of a day."""
REST = Rest(2_700, 11 * 3600, 14 * 3600)
"""Three quarters of an hour between eleven and two, for who is out after two."""


@dataclass(frozen=True, slots=True)
class Waiting:
    """
    A parcel, or a bag or cage with all in it, that a vehicle should take.

    ``at`` and ``to`` are the keys of nodes; ``aboard`` is the key of the vehicle that has it already, ``locked_to`` of the one that
    it is tied to.
    """

    id: UUID
    code: str
    kind: str
    at: str
    to: str
    grams: int
    cm3: int
    since: datetime
    is_cold: bool = False
    is_large: bool = False
    aboard: str | None = None
    locked_to: str | None = None

    @property
    def way(self) -> tuple[object, ...]:
        """What must be alike of things that travel as one task."""
        return (self.at, self.to, self.is_cold, self.is_large, self.aboard, self.locked_to)


def volume_of(cm3: int | None, grams: int) -> int:
    """Return a parcel's volume in cm3: as it was measured, else as its weight lets one expect."""
    return grams * ASSUMED_CM3_PER_GRAM if cm3 is None else cm3


def leave_fen(thing: Waiting, *, now: datetime) -> int:
    """Return what leaving a thing until tomorrow costs, in fen."""
    days = max(0, (now - thing.since) // timedelta(days=1))
    return (LEAVE_FEN + LEAVE_FEN_PER_DAY * days) * (COLD_FACTOR if thing.is_cold else 1)


def bundles(things: Iterable[Waiting]) -> list[list[Waiting]]:
    """Return what travels as one task: bags and cages alone, loose parcels of one way together, in parts that are not too large."""
    alike: dict[object, list[Waiting]] = defaultdict(list)
    for thing in things:
        alike[thing.way if thing.kind == "parcel" else thing.id].append(thing)
    return [part for some in alike.values() for part in _parts(sorted(some, key=lambda one: (one.since, one.id)))]


def _parts(things: Sequence[Waiting]) -> list[list[Waiting]]:
    parts: list[list[Waiting]] = []
    grams = cm3 = 0
    for thing in things:
        grams, cm3 = grams + thing.grams, cm3 + thing.cm3
        if not parts or grams > BUNDLE_GRAMS or cm3 > BUNDLE_CM3:
            parts.append([])
            grams, cm3 = thing.grams, thing.cm3
        parts[-1].append(thing)
    return parts


def tasks_of(things: Iterable[Waiting], *, centre: str, now: datetime) -> tuple[tuple[Task, ...], Mapping[str, list[Waiting]]]:
    """Return the tasks of what waits, and by task what it is made of; a task is named by the key of its first thing."""
    made = {str(some[0].id): some for some in bundles(things)}
    return tuple(_task(key, some, centre=centre, now=now) for key, some in made.items()), made


def _task(key: str, things: Sequence[Waiting], *, centre: str, now: datetime) -> Task:
    one, service = things[0], SERVICE_S + SERVICE_PER_THING_S * len(things)
    is_from_centre = one.at == centre and one.to != centre
    return Task(
        key,
        collect_at=None if is_from_centre or (one.aboard and one.to != centre) else Visit(one.at, service),
        deliver_to=None if one.to == centre else Visit(one.to, service),
        grams=sum(thing.grams for thing in things),
        cm3=sum(thing.cm3 for thing in things),
        is_cold=one.is_cold,
        is_large=one.is_large,
        leave_fen=sum(leave_fen(thing, now=now) for thing in things),
        locked_to=None if one.aboard else one.locked_to,
        aboard=one.aboard,
    )


Seconds = tuple[int, int]
"""From when until when, on the day's clock."""


def visited_within(task: Task, spans: Mapping[str, Sequence[Seconds]]) -> Task:
    """Return a task whose visits to some places begin no earlier and are over no later than one of the spans of each."""

    def within(visit: Visit | None) -> Visit | None:
        if visit is None or visit.place not in spans:
            return visit
        begun = ((opens, closes - visit.service_s) for opens, closes in spans[visit.place])
        windows = tuple(Window(opens, closes) for opens, closes in begun if opens <= closes)
        return replace(visit, windows=windows or (Window(ANOTHER_DAY_S, ANOTHER_DAY_S),))

    return replace(task, collect_at=within(task.collect_at), deliver_to=within(task.deliver_to))
