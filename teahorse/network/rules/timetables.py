"""Lines by their timetable: when they leave, and by which chain of lines and roads goods come first."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta, tzinfo
from heapq import heappop, heappush
from typing import Literal
from uuid import UUID

from teahorse.network.rules.closing import Closed, closed_at, opens_at
from teahorse.network.rules.ways import Ways, chains_from

Mode = Literal["flight", "truck", "bus", "loop"]
EVERY_DAY = frozenset(range(1, 8))
DAYS_LOOKED_AT = 15
"""A line that does not leave within so many days is not waited for."""


@dataclass(frozen=True, slots=True)
class Call:
    """
    A stop of a line; minutes are counted from midnight of the day that the line begins on, and may be more than a day's.

    Goods have to be there ``cutoff_minutes`` before it leaves; ``closures`` are those of the roads to the next call.
    """

    node: UUID
    arrives_minute: int
    departs_minute: int
    cutoff_minutes: int = 0
    closures: tuple[Closed, ...] = ()


@dataclass(frozen=True, slots=True)
class Line:
    """A line-haul or county loop; ``weekdays`` are ISO's, 1 is Monday; it is valid between two days, both included."""

    key: UUID
    name: str
    mode: Mode
    calls: tuple[Call, ...]
    weekdays: frozenset[int] = EVERY_DAY
    valid_from: date = date.min
    valid_to: date = date.max

    def runs_on(self, day: date) -> bool:
        """Whether its timetable names a day, the one that it begins on."""
        return self.valid_from <= day <= self.valid_to and day.isoweekday() in self.weekdays


@dataclass(frozen=True, slots=True)
class Departure:
    """A line leaves one of its calls; goods have to be there by ``cutoff_at``; ``closed`` is why it does not leave."""

    line: Line
    call: int
    cutoff_at: datetime
    departs_at: datetime
    closed: Closed | None = None


@dataclass(frozen=True, slots=True)
class Leg:
    """A part of a way that goods go, by a line or over a road; ``waited_for`` is the closure whose end they waited for."""

    start: UUID
    end: UUID
    departs_at: datetime
    arrives_at: datetime
    line: UUID | None = None
    road: UUID | None = None
    waited_for: Closed | None = None


def departures(line: Line, day: date, *, home: tzinfo) -> list[Departure]:
    """Return when a line that begins on a day leaves its calls but the last; behind a closed road it leaves none."""
    if not line.runs_on(day):
        return []
    midnight = datetime.combine(day, time(), home)
    found: list[Departure] = []
    closed: Closed | None = None
    for place, call in enumerate(line.calls[:-1]):
        departs = midnight + timedelta(minutes=call.departs_minute)
        closed = closed or closed_at(call.closures, departs)
        found.append(Departure(line, place, departs - timedelta(minutes=call.cutoff_minutes), departs, closed))
    return found


def next_departures(line: Line, *, call: int, ready_at: datetime, home: tzinfo) -> Iterator[Departure]:
    """Yield the departures from a call that goods can still reach which are there at a moment, for fifteen days; closed ones too."""
    days_before = line.calls[call].departs_minute // 1440
    first = ready_at.astimezone(home).date() - timedelta(days=days_before)
    for number in range(DAYS_LOOKED_AT + 1):
        for departure in departures(line, first + timedelta(days=number), home=home)[call : call + 1]:
            if departure.cutoff_at >= ready_at:
                yield departure


def over_roads(lines: Iterable[Line], ways: Ways) -> list[Line]:
    """Return lines that know the closures of the roads they go over: the quickest ones, were all open. Flights know none."""
    found = []
    for line in lines:
        if line.mode == "flight":
            found.append(line)
            continue
        calls = list(line.calls)
        for place, (call, further) in enumerate(zip(line.calls, line.calls[1:], strict=False)):
            chain = chains_from(ways, call.node, to=[further.node]).get(further.node)
            closures = tuple(closed for way in chain.ways for closed in way.closures) if chain else ()
            calls[place] = replace(call, closures=closures)
        found.append(replace(line, calls=tuple(calls)))
    return found


def earliest_arrival(
    ways: Ways, lines: Sequence[Line], *, start: UUID, goal: UUID, ready_at: datetime, home: tzinfo
) -> tuple[Leg, ...] | None:
    """
    Return the legs by which goods that are ready at a moment come to a node first; None where nothing leads there.

    A road that is closed until a known moment is waited for; one that is closed until further notice is not, and a line's
    departure that would cross one does not leave. :func:`over_roads` tells the lines what they cross.
    """
    came_by = first_arrivals(ways, lines, start=start, ready_at=ready_at, home=home, until=goal)
    return legs_to(goal, came_by, start=start) if goal == start or goal in came_by else None


def first_arrivals(
    ways: Ways, lines: Sequence[Line], *, start: UUID, ready_at: datetime, home: tzinfo, until: UUID | None = None
) -> dict[UUID, Leg]:
    """Return of each node that goods come to, or of those until a certain one, the leg by which they come there first."""
    boarding: Mapping[UUID, list[tuple[Line, int]]] = _boarding(lines)
    best: dict[UUID, datetime] = {start: ready_at}
    came_by: dict[UUID, Leg] = {}
    done: set[UUID] = set()
    waiting: list[tuple[datetime, int, UUID]] = [(ready_at, 0, start)]
    counted = 0
    while waiting:
        at, _, node = heappop(waiting)
        if node in done:
            continue
        done.add(node)
        if node == until:
            break
        for leg in (*_by_road(ways, node, at), *_by_line(boarding.get(node, ()), at, home)):
            if leg.end not in done and (leg.end not in best or leg.arrives_at < best[leg.end]):
                best[leg.end], came_by[leg.end] = leg.arrives_at, leg
                counted += 1
                heappush(waiting, (leg.arrives_at, counted, leg.end))
    return came_by


def legs_to(goal: UUID, came_by: Mapping[UUID, Leg], *, start: UUID) -> tuple[Leg, ...]:
    """Return the legs by which goods come first to a node; :raises KeyError: if they never come there."""
    legs: list[Leg] = []
    node = goal
    while node != start:
        legs.append(came_by[node])
        node = came_by[node].start
    return tuple(reversed(legs))


def _boarding(lines: Iterable[Line]) -> dict[UUID, list[tuple[Line, int]]]:
    found: dict[UUID, list[tuple[Line, int]]] = defaultdict(list)
    for line in lines:
        for place, call in enumerate(line.calls[:-1]):
            found[call.node].append((line, place))
    return found


def _by_road(ways: Ways, node: UUID, at: datetime) -> Iterator[Leg]:
    for way in ways.leaving.get(node, ()):
        closed = closed_at(way.closures, at)
        departs = opens_at(way.closures, at)
        if departs is not None:
            yield Leg(node, way.end, departs, departs + timedelta(minutes=way.minutes), road=way.road, waited_for=closed)


def _by_line(boarding: Iterable[tuple[Line, int]], at: datetime, home: tzinfo) -> Iterator[Leg]:
    for line, place in boarding:
        waited_for: Closed | None = None
        for departure in next_departures(line, call=place, ready_at=at, home=home):
            if departure.closed is None:
                yield from _rides(departure, waited_for)
                break
            waited_for = waited_for or departure.closed


def _rides(departure: Departure, waited_for: Closed | None) -> Iterator[Leg]:
    line, calls = departure.line, departure.line.calls
    midnight = departure.departs_at - timedelta(minutes=calls[departure.call].departs_minute)
    for call, further in zip(calls[departure.call :], calls[departure.call + 1 :], strict=False):
        if closed_at(call.closures, midnight + timedelta(minutes=call.departs_minute)):
            return
        arrives = midnight + timedelta(minutes=further.arrives_minute)
        yield Leg(calls[departure.call].node, further.node, departure.departs_at, arrives, line=line.key, waited_for=waited_for)
