"""
The ground of a day on which ways close or open: over what each place is reached, and when.

To a search a way is as long at noon as in the morning. So what stays open all day is the ground; a place that is reached over it
for a part of the day only is visited in such spans that whoever goes there gets over what closes, there and back again.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from heapq import heappop, heappush
from uuid import UUID

from teahorse.network.rules.closing import closed_at, opens_at
from teahorse.network.rules.ways import Chain, Way, Ways, chains_from, cut_off, table
from teahorse.runs.planning.ground import Ground, table_of

Chains = Sequence[Sequence[Chain | None]]


@dataclass(frozen=True, slots=True)
class Span:
    """A visit begins no earlier than the one and is over by the other; None: the day does not limit it."""

    opens_at: datetime | None
    closes_at: datetime | None


def ground_between(
    ways: Ways, nodes: Sequence[UUID], *, centre: UUID, begins_at: datetime, ends_at: datetime
) -> tuple[Ground, Mapping[str, tuple[Span, ...]]]:
    """
    Return the ground of a network's nodes from a moment until another, and when those are visited that are not always reached.

    A place is named by its node's key. One that is never reached is closed; one whose spans are all too short has no span.
    """
    moments = _moments(ways, begins_at, ends_at)
    always = _open(ways, moments, in_all=True)
    some = _open(ways, moments, in_all=False) if len(moments) > 1 else always
    every = _either(nodes, always, some)
    wide = _either(nodes, _wide(always), _wide(some))
    names = {str(one.node): one.closed.name for moment in reversed(moments) for one in cut_off(ways, centre, moment=moment)}
    first, second = table_of(every), table_of(wide)
    ground = Ground(tuple(map(str, nodes)), first, None if second == first else second, names)
    return ground, _spans(ways, nodes, moments, centre=centre, tables=(every, wide)) if some is not always else {}


def arrival(ways: Ways, start: UUID, goal: UUID, *, leaves_at: datetime) -> datetime | None:
    """Return when whoever leaves a node at a moment is at another one at the earliest, waiting where a way is closed; None: never."""
    reached: set[UUID] = set()
    waiting = [(leaves_at, start)]
    while waiting:
        moment, node = heappop(waiting)
        if node == goal:
            return moment
        if node in reached:
            continue
        reached.add(node)
        for way in ways.leaving.get(node, ()):
            if way.end not in reached and (there := _over(way, moment)) is not None:
                heappush(waiting, (there, way.end))
    return None


def _over(way: Way, moment: datetime | None) -> datetime | None:
    """Return when somebody is over a way who comes to it at a moment: nobody begins it who would not be over before it closes."""
    while moment is not None and (moment := opens_at(way.closures, moment)) is not None:
        there = moment + timedelta(minutes=way.minutes)
        if closed_at(way.closures, there) is None:
            return there
        moment = opens_at(way.closures, there)
    return None


def _moments(ways: Ways, begins_at: datetime, ends_at: datetime) -> list[datetime]:
    """Return the moment a day begins at, and each after which another way is open."""
    closures = {closure for leaving in ways.leaving.values() for way in leaving for closure in way.closures}
    turns = {turn for closure in closures for turn in (closure.begins_at, closure.ends_at) if turn and begins_at < turn < ends_at}
    return [begins_at, *sorted(turns)]


def _open(ways: Ways, moments: Collection[datetime], *, in_all: bool) -> Ways:
    return Ways({start: [way for way in leaving if _is_open(way, moments, in_all=in_all)] for start, leaving in ways.leaving.items()})


def _is_open(way: Way, moments: Collection[datetime], *, in_all: bool) -> bool:
    told = (closed_at(way.closures, moment) is None for moment in moments)
    return all(told) if in_all else any(told)


def _wide(ways: Ways) -> Ways:
    return ways.passable(None, avoid_narrow=True)


def _either(nodes: Sequence[UUID], always: Ways, some: Ways) -> Chains:
    """Return the chain of each pair over what is always open, else over what is open at some time."""
    sure = table(always, nodes)
    if some is always:
        return sure
    return [[one or other for one, other in zip(*rows, strict=True)] for rows in zip(sure, table(some, nodes), strict=True)]


def _spans(
    ways: Ways, nodes: Sequence[UUID], moments: Sequence[datetime], *, centre: UUID, tables: Sequence[Chains]
) -> dict[str, tuple[Span, ...]]:
    reached = [set(chains_from(ways.passable(moment), centre)) for moment in moments]
    home = list(nodes).index(centre)
    found = {}
    for number, node in enumerate(nodes):
        if not any(node in some for some in reached) or all(node in some for some in reached):
            continue
        there = max(_after_first(rows[home][number], moments) for rows in tables)
        back = max(_until_last(rows[number][home], moments) for rows in tables)
        found[str(node)] = tuple(
            span
            for opens, closes in _times([node in some for some in reached], moments)
            if (span := Span(opens and opens + there, closes and closes - back)).opens_at is None
            or span.closes_at is None
            or span.opens_at <= span.closes_at
        )
    return found


def _times(is_reached: Sequence[bool], moments: Sequence[datetime]) -> list[tuple[datetime | None, datetime | None]]:
    """Return from when until when it holds; None at the day's ends."""
    found: list[tuple[datetime | None, datetime | None]] = []
    since: int | None = None
    for number, holds in enumerate([*is_reached, False]):
        if holds and since is None:
            since = number
        elif not holds and since is not None:
            found.append((moments[since] if since else None, moments[number] if number < len(moments) else None))
            since = None
    return found


def _after_first(chain: Chain | None, moments: Collection[datetime]) -> timedelta:
    """Return how long the way is from where the first of its ways begins that is not always open."""
    ways = chain.ways if chain else ()
    first = next((number for number, way in enumerate(ways) if not _is_open(way, moments, in_all=True)), len(ways))
    return timedelta(minutes=sum(way.minutes for way in ways[first:]))


def _until_last(chain: Chain | None, moments: Collection[datetime]) -> timedelta:
    """Return how long the way is until the last of its ways is over that is not always open."""
    ways = chain.ways if chain else ()
    last = max((number for number, way in enumerate(ways, start=1) if not _is_open(way, moments, in_all=True)), default=0)
    return timedelta(minutes=sum(way.minutes for way in ways[:last]))
