"""The network as it is known at a moment: ways, lines, and who is cut off."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

from django.db.models import Prefetch, Q

from teahorse.common.statements import asked, looked_up
from teahorse.common.times import HOME
from teahorse.network import models
from teahorse.network.rules import holding_up, roads, timetables
from teahorse.network.rules.closing import Closed, Season, closed_at, closed_by_season
from teahorse.network.rules.holding_up import HeldUp
from teahorse.network.rules.ways import Chain, CutOff, Way, Ways, cut_off, table

WAYS = (Path(__file__).parent / "ways.sql").read_text()
MARK = """
    select concat_ws(' ', (select count(*) || ' ' || coalesce(max(told_at)::text, '') from network_closure),
                     (select count(*) from network_lifting), (select count(*) from network_road), (select count(*) from network_crossing),
                     (select count(*) || ' ' || coalesce(max(id::text), '') from network_line))
"""


@dataclass(frozen=True, slots=True)
class BrokenLine:
    """A line that does not get past one of its calls, and why."""

    line: UUID
    name: str
    behind: UUID
    closed: Closed


@dataclass(frozen=True, slots=True)
class CutOffNow:
    """Whom closures cut off from a centre at a moment: nodes, and lines."""

    nodes: list[CutOff]
    lines: list[BrokenLine]


def ways(*, moment: datetime) -> Ways:
    """Return every road in both directions as it is at a moment, with its closures from then on; in one query."""
    in_winter = roads.is_winter(moment.astimezone(HOME).date())
    asking = {"moment": moment, "in_winter": in_winter, "enough": roads.TRIPS_THAT_TELL}
    rows = asked(WAYS, asking, in_binary=True)()
    return Ways.of(way for row in rows for way in _both_ways(row, moment=moment, in_winter=in_winter))


def lines(*, day: date) -> list[timetables.Line]:
    """Return the lines that are or will be valid on a day or after it, with their calls; two queries."""
    calls = Prefetch("calls", models.LineCall.objects.order_by("place"))
    living = models.Line.objects.filter(Q(valid_to=None) | Q(valid_to__gte=day)).order_by("pk").prefetch_related(calls)
    return [
        timetables.Line(
            key=line.pk,
            name=line.name,
            mode=line.mode,  # type: ignore[arg-type]  # the table's choices are the rule's words
            calls=tuple(
                timetables.Call(call.node_id, call.arrives_minute, call.departs_minute, call.cutoff_minutes) for call in line.calls.all()
            ),
            weekdays=frozenset(int(digit) for digit in line.weekdays),
            valid_from=line.valid_from,
            valid_to=line.valid_to or date.max,
        )
        for line in living
    ]


def distances(nodes: Sequence[models.Node], *, moment: datetime, avoid_narrow: bool = False) -> list[list[Chain | None]]:
    """Return the quickest chain of each pair of nodes over what is open at a moment, in their order; None where nothing leads."""
    return table(ways(moment=moment).passable(moment, avoid_narrow=avoid_narrow), [node.pk for node in nodes])


def who_is_cut_off(*, centre: models.Node, moment: datetime) -> CutOffNow:
    """Return which nodes and lines closures cut off from a centre at a moment, and since when; three queries."""
    known = ways(moment=moment)
    broken = []
    for line in timetables.over_roads(lines(day=moment.astimezone(HOME).date()), known):
        for call in line.calls:
            if (closed := closed_at(call.closures, moment)) is not None:
                broken.append(BrokenLine(line.key, line.name, call.node, closed))
                break
    return CutOffNow(cut_off(known, centre.pk, moment=moment), broken)


def first_arrival(*, start: models.Node, goal: models.Node, ready_at: datetime) -> tuple[timetables.Leg, ...] | None:
    """Return the legs by which goods that are ready at a moment come to a node first; None where nothing leads. Three queries."""
    known = ways(moment=ready_at)
    running = timetables.over_roads(lines(day=ready_at.astimezone(HOME).date()), known)
    return timetables.earliest_arrival(known, running, start=start.pk, goal=goal.pk, ready_at=ready_at, home=HOME)


def held_up(*, start: UUID, ready_at: datetime) -> dict[UUID, HeldUp | None]:
    """Return what holds goods up that are ready at a node, by the nodes they come to were all open; three queries."""
    running = lines(day=ready_at.astimezone(HOME).date())
    return holding_up.held_up(ways(moment=ready_at), running, start=start, ready_at=ready_at, home=HOME)


def mark() -> str:
    """Return a text that is another one as soon as a way was closed, opened or laid, or a line changed; one query."""
    ((told,),) = looked_up(MARK, {})
    return str(told)


def _both_ways(row: tuple[Any, ...], *, moment: datetime, in_winter: bool) -> list[Way]:
    key, start, end, road_class, is_narrow, there, back, metres, entered_metres, entered_minutes, measured, passes, told = row
    length = roads.taken(entered=entered_metres, estimated=metres)
    medians = dict(measured)
    closures = _closures(passes, told, moment=moment)

    def way(first: UUID, last: UUID, climb_m: int, *, is_back: bool) -> Way:
        estimate = roads.estimated_minutes(length.value, road_class=road_class, climb_m=climb_m, passes=len(passes), in_winter=in_winter)
        time = roads.taken(entered=entered_minutes, measured=medians.get(is_back), estimated=estimate)
        return Way(key, first, last, length.value, time.value, climb_m, is_narrow, length.source, time.source, closures)

    return [way(start, end, there, is_back=False), way(end, start, back, is_back=True)]


def _closures(passes: list[list[str]], told: list[list[Any]], *, moment: datetime) -> tuple[Closed, ...]:
    by_season = [
        closed
        for name, first, last in passes
        if first
        for closed in closed_by_season(Season(_month_day(first), _month_day(last)), name=name, moment=moment.astimezone(HOME), home=HOME)
        if closed.ends_at is not None and closed.ends_at > moment
    ]
    by_hand = [
        Closed(name, reason, datetime.fromisoformat(begins), datetime.fromisoformat(ends) if ends else None)
        for name, reason, begins, ends in told
    ]
    return (*by_season, *by_hand)


def _month_day(text: str) -> tuple[int, int]:
    month, _, day = text.partition("-")
    return int(month), int(day)
