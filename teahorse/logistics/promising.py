"""
When goods come: what parcels of the same lane took in the same half of the year, and what is closed on their way now.

Both are kept in the process for some minutes, so a checkout asks the database nothing for its promise.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from typing import NamedTuple
from uuid import UUID

from teahorse.common.keeping import kept_for
from teahorse.common.times import HOME
from teahorse.logistics.models import LaneDays
from teahorse.logistics.rules import PARCELS_THAT_TELL, Delay, Promise, Rate, TransitDays
from teahorse.logistics.rules import promise as promise_of
from teahorse.network import queries as network
from teahorse.network.models import Node
from teahorse.network.rules.roads import is_winter

KEPT_SECONDS = 120
DAYS_UNTIL_NOTICE = 7
"""What is closed until further notice is counted with so many days, and said to be."""
COUNTY = 6
WIDER = ((6, 6), (6, 4), (6, 2), (4, 2))
"""Lanes by the lengths of their codes: county to county first, then to all of a prefecture or province, then from a prefecture."""
Lanes = Mapping[tuple[str, str, bool], TransitDays]


def promise(rate: Rate, *, origin: str, destination: str, now: datetime) -> Promise:
    """Return when goods come that are ordered now, from the area of one code to that of another."""
    day = now.astimezone(HOME).date()
    taken = _taken(origin, destination, in_winter=is_winter(day))
    return promise_of(rate, placed_on=day, taken=taken, delay=delay_between(origin, destination, now=now))


def delay_between(origin: str, destination: str, *, now: datetime) -> Delay | None:
    """Return what is closed on the way from the area of one code to that of another, and how much later goods come for it."""
    nodes = _nodes()
    start = _nearest(nodes, origin)
    goal = _nearest(nodes, destination)
    goals = [goal] if goal else [node.key for node in nodes if node.kind != Node.Kind.SERVICE_POINT]
    if start is None or not goals or start in goals:
        return None
    return _delay(start, tuple(goals), int(now.timestamp()) // KEPT_SECONDS)


def delay_from(county_id: UUID, destination: str, *, now: datetime) -> Delay | None:
    """Return what is closed on the way from the centre of a county to the area of a code; see :func:`delay_between`."""
    codes = [node.code for node in _nodes() if node.county_id == county_id and node.kind == Node.Kind.SERVICE_POINT]
    return delay_between(min(codes, key=len), destination, now=now) if codes else None


def _taken(origin: str, destination: str, *, in_winter: bool) -> TransitDays | None:
    """Return what parcels took, of the narrowest lane of which enough is known."""
    lanes = _lanes()
    for origin_length, destination_length in WIDER:
        found = lanes.get((origin[:origin_length], destination[:destination_length], in_winter))
        if found is not None and found.parcels >= PARCELS_THAT_TELL:
            return found
    return None


@kept_for(KEPT_SECONDS, most=1)
def _lanes() -> Lanes:
    counted: dict[tuple[str, str, bool], Counter[int]] = defaultdict(Counter)
    rows = LaneDays.objects.values_list("origin_code", "destination_code", "is_winter", "days", "parcels")
    for origin, destination, in_winter, days, parcels in rows.iterator():
        for origin_length, destination_length in WIDER:
            counted[origin[:origin_length], destination[:destination_length], in_winter][days] += parcels
    return {lane: TransitDays(tuple(sorted(days.items()))) for lane, days in counted.items()}


class _At(NamedTuple):
    """A node, and where it is."""

    key: UUID
    kind: str
    county_id: UUID
    code: str


@kept_for(KEPT_SECONDS, most=1)
def _nodes() -> list[_At]:
    return [_At(*row) for row in Node.objects.order_by("area__code", "pk").values_list("pk", "kind", "county_id", "area__code")]


def _nearest(nodes: Iterable[_At], code: str) -> UUID | None:
    """Return the service point that an area's goods go through: of those in its county, the one whose area has most in common with it."""
    near = [
        (_common(node.code, code), -len(node.code), node.key)
        for node in nodes
        if node.kind == Node.Kind.SERVICE_POINT and node.code[:COUNTY] == code[:COUNTY] and len(code) >= COUNTY
    ]
    return max(near)[2] if near else None


def _common(one: str, other: str) -> int:
    return next((place for place, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), min(len(one), len(other)))


@kept_for(KEPT_SECONDS, most=5000)
def _delay(start: UUID, goals: tuple[UUID, ...], span: int) -> Delay | None:
    ready_at = datetime.fromtimestamp(span * KEPT_SECONDS, UTC)
    held = network.held_up(start=start, goals=goals, ready_at=ready_at)
    if held is None:
        return None
    closed = held.closed
    until = (closed.ends_at.astimezone(HOME) - timedelta(microseconds=1)).date() if closed.ends_at else None
    return Delay(closed.name, closed.reason, until, DAYS_UNTIL_NOTICE if held.days is None else held.days)
