"""How much later goods come because something on their way is closed."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta, tzinfo
from uuid import UUID

from teahorse.network.rules.closing import Closed, closed_at
from teahorse.network.rules.timetables import Leg, Line, first_arrivals, legs_to, over_roads
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


def held_up(ways: Ways, lines: Sequence[Line], *, start: UUID, ready_at: datetime, home: tzinfo) -> dict[UUID, HeldUp | None]:
    """
    Return of each node to which goods come from another one, were all open, what holds them up; None where nothing does.

    Waiting for a line that leaves twice a week is no delay.
    """
    opened = Ways({node: [replace(way, closures=()) for way in leaving] for node, leaving in ways.leaving.items()})
    planned = first_arrivals(opened, lines, start=start, ready_at=ready_at, home=home)
    if not is_anything_closed(ways, ready_at):
        return dict.fromkeys(planned)
    running = over_roads(lines, ways)
    found = first_arrivals(ways, running, start=start, ready_at=ready_at, home=home)
    closed_on = _Closures(ways, running)

    def holds(goal: UUID) -> HeldUp | None:
        days = _later(planned[goal], found.get(goal), home)
        if days == 0:
            return None
        waited = (leg.waited_for for leg in legs_to(goal, found, start=start)) if days is not None else ()
        closed = next((one for one in waited if one is not None), None) or closed_on.first_of(legs_to(goal, planned, start=start))
        return HeldUp(closed, days) if closed else None

    return {goal: holds(goal) for goal in planned}


def _later(planned: Leg, found: Leg | None, home: tzinfo) -> int | None:
    """Return by how many days goods come later than planned; None where they do not come."""
    if found is None:
        return None
    return max(0, (found.arrives_at.astimezone(home).date() - planned.arrives_at.astimezone(home).date()).days)


class _Closures:
    """What is closed on legs."""

    def __init__(self, ways: Ways, lines: Iterable[Line]) -> None:
        self._of_lines = {line.key: [closed for call in line.calls for closed in call.closures] for line in lines}
        self._of_roads: dict[tuple[UUID | None, UUID], Sequence[Closed]] = {
            (way.road, way.start): way.closures for leaving in ways.leaving.values() for way in leaving
        }

    def first_of(self, legs: Iterable[Leg]) -> Closed | None:
        """Return what is closed first on a way that goods would go, were all open."""
        for leg in legs:
            closures = self._of_lines[leg.line] if leg.line else self._of_roads.get((leg.road, leg.start), ())
            if (closed := closed_at(closures, leg.departs_at)) is not None:
                return closed
        return None
