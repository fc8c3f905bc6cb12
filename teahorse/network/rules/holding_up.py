"""How much later goods come because something on their way is closed."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta, tzinfo
from uuid import UUID

from teahorse.network.rules.closing import Closed, closed_at
from teahorse.network.rules.timetables import Leg, Line, earliest_arrival, over_roads
from teahorse.network.rules.ways import Ways

LOOKED_AHEAD = timedelta(days=7)
"""What closes later than that holds up nothing that is ready now."""


@dataclass(frozen=True, slots=True)
class HeldUp:
    """Goods come ``days`` later because of a closure, by a detour or after it; None: nobody knows when it opens."""

    closed: Closed
    days: int | None


def is_anything_closed(ways: Ways, moment: datetime) -> bool:
    """Say whether anything is closed at a moment, or in the days after it."""
    soon = moment + LOOKED_AHEAD
    return any(
        closed.begins_at <= soon and (closed.ends_at is None or closed.ends_at > moment)
        for leaving in ways.leaving.values()
        for way in leaving
        for closed in way.closures
    )


def held_up(ways: Ways, lines: Sequence[Line], *, start: UUID, goals: Collection[UUID], ready_at: datetime, home: tzinfo) -> HeldUp | None:
    """
    Return what holds goods up from a node to the first of some others, and by how many days; None where nothing does.

    Held against the same way were all open: waiting for a line that leaves twice a week is no delay. Where nothing leads even
    then, nothing is known.
    """
    if not is_anything_closed(ways, ready_at):
        return None
    opened = Ways({node: [replace(way, closures=()) for way in leaving] for node, leaving in ways.leaving.items()})
    planned = _first(opened, lines, start, goals, ready_at, home)
    if planned is None:
        return None
    running = over_roads(lines, ways)
    found = _first(ways, running, start, goals, ready_at, home)
    if found is None:
        closed = _closed_on(planned, ways, running)
        return HeldUp(closed, None) if closed else None
    days = (_day(found, home) - _day(planned, home)).days
    if days <= 0:
        return None
    closed = next((leg.waited_for for leg in found if leg.waited_for is not None), None) or _closed_on(planned, ways, running)
    return HeldUp(closed, days) if closed else None


def _first(
    ways: Ways, lines: Sequence[Line], start: UUID, goals: Iterable[UUID], ready_at: datetime, home: tzinfo
) -> tuple[Leg, ...] | None:
    """Return the legs to the goal that is reached first."""
    found = (earliest_arrival(ways, lines, start=start, goal=goal, ready_at=ready_at, home=home) for goal in goals if goal != start)
    return min((legs for legs in found if legs), key=lambda legs: legs[-1].arrives_at, default=None)


def _day(legs: Sequence[Leg], home: tzinfo) -> datetime:
    return legs[-1].arrives_at.astimezone(home).replace(hour=0, minute=0, second=0, microsecond=0)


def _closed_on(legs: Iterable[Leg], ways: Ways, lines: Iterable[Line]) -> Closed | None:
    """Return what is closed on a way that goods would go, were all open."""
    by_key = {line.key: line for line in lines}
    for leg in legs:
        if leg.line is not None:
            closures = [closed for call in by_key[leg.line].calls for closed in call.closures]
        else:
            closures = [closed for way in ways.leaving.get(leg.start, ()) if way.road == leg.road for closed in way.closures]
        if (closed := closed_at(closures, leg.departs_at)) is not None:
            return closed
    return None
