"""Shortest ways over the roads that are open, tables of them for a planner, and who is cut off."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from heapq import heappop, heappush
from uuid import UUID

from teahorse.network.rules.closing import Closed, closed_at
from teahorse.network.rules.roads import Source

NEVER = datetime.max.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Way:
    """A road in one direction, as it is in a season; ``closures`` are all that are known of it and of its passes."""

    road: UUID
    start: UUID
    end: UUID
    metres: int
    minutes: int
    climb_m: int
    is_narrow: bool = False
    metres_source: Source = "estimated"
    minutes_source: Source = "estimated"
    closures: tuple[Closed, ...] = ()


@dataclass(frozen=True, slots=True)
class Chain:
    """Ways one after another, with their sums."""

    ways: tuple[Way, ...] = ()
    metres: int = 0
    minutes: int = 0
    climb_m: int = 0

    def and_then(self, way: Way) -> "Chain":
        """Return the chain that goes on by one way."""
        return Chain((*self.ways, way), self.metres + way.metres, self.minutes + way.minutes, self.climb_m + way.climb_m)


@dataclass(frozen=True, slots=True)
class CutOff:
    """A node that no open way leads to, since when, and the closure that cut the last way."""

    node: UUID
    closed: Closed


@dataclass(frozen=True, slots=True)
class Ways:
    """Every way by the node it begins at."""

    leaving: Mapping[UUID, Sequence[Way]] = field(default_factory=dict)

    @classmethod
    def of(cls, ways: Iterable[Way]) -> "Ways":
        """Sort ways by where they begin."""
        leaving: dict[UUID, list[Way]] = defaultdict(list)
        for way in ways:
            leaving[way.start].append(way)
        return cls(dict(leaving))

    def passable(self, moment: datetime | None, *, avoid_narrow: bool = False) -> "Ways":
        """
        Return the ways that are open at a moment; with None as if nothing were closed.

        :param avoid_narrow: for a vehicle that does not fit on narrow roads.
        """
        kept = {
            start: [
                way for way in ways if not (avoid_narrow and way.is_narrow) and (moment is None or closed_at(way.closures, moment) is None)
            ]
            for start, ways in self.leaving.items()
        }
        return Ways(kept)


def chains_from(ways: Ways, start: UUID, *, to: Iterable[UUID] | None = None) -> dict[UUID, Chain]:
    """Return the quickest chain from a node to each node that can be reached, or to some of them; of equals the shorter."""
    wanted = None if to is None else set(to)
    reached: dict[UUID, Chain] = {}
    best: dict[UUID, tuple[int, int]] = {start: (0, 0)}
    waiting: list[tuple[int, int, int, UUID, Way | None]] = [(0, 0, 0, start, None)]
    counted = 0
    while waiting and (wanted is None or wanted):
        minutes, metres, _, node, came_by = heappop(waiting)
        if node in reached:
            continue
        reached[node] = Chain() if came_by is None else reached[came_by.start].and_then(came_by)
        if wanted is not None:
            wanted.discard(node)
        for way in ways.leaving.get(node, ()):
            further = (minutes + way.minutes, metres + way.metres)
            if way.end not in best or further < best[way.end]:
                best[way.end] = further
                counted += 1
                heappush(waiting, (*further, counted, way.end, way))
    return reached


def table(ways: Ways, nodes: Sequence[UUID]) -> list[list[Chain | None]]:
    """Return the quickest chain of each pair of nodes, in their order; None where no way leads."""
    rows = []
    for start in nodes:
        reached = chains_from(ways, start, to=nodes)
        rows.append([reached.get(end) for end in nodes])
    return rows


def cut_off(ways: Ways, centre: UUID, *, moment: datetime) -> list[CutOff]:
    """
    Return the nodes that a centre reaches when all is open and not at a moment, by key.

    A node is cut off since the last of its ways was cut, and a way since the first of its closures: so of all chains the one
    whose earliest closure is the latest says since when.
    """
    last: dict[UUID, Closed | None] = {}
    waiting: list[tuple[float, int, UUID, Closed | None]] = [(-NEVER.timestamp(), 0, centre, None)]
    counted = 0
    while waiting:
        *_, node, closed = heappop(waiting)
        if node in last:
            continue
        last[node] = closed
        for way in ways.leaving.get(node, ()):
            if way.end in last:
                continue
            counted += 1
            earliest = _first_of(closed, _closed_since(way, moment))
            since = NEVER if earliest is None else earliest.begins_at
            heappush(waiting, (-since.timestamp(), counted, way.end, earliest))
    return [CutOff(node, closed) for node, closed in sorted(last.items()) if closed is not None]


def _closed_since(way: Way, moment: datetime) -> Closed | None:
    holding = [one for one in way.closures if one.holds_at(moment)]
    return min(holding, key=lambda one: one.begins_at, default=None)


def _first_of(one: Closed | None, other: Closed | None) -> Closed | None:
    return min((closed for closed in (one, other) if closed is not None), key=lambda closed: closed.begins_at, default=None)
