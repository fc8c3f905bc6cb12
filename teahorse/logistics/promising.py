"""
When goods come: what parcels of the same lane took in the same half of the year, and what is closed on their way now.

Both are kept in the process for some minutes, so most checkouts ask the database nothing for their promise.
"""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import UUID

from teahorse.common.keeping import kept_for
from teahorse.common.times import HOME
from teahorse.logistics.models import LaneDays
from teahorse.logistics.rules import LIKELY_PERCENT, PARCELS_THAT_TELL, Delay, Promise, Rate, TransitDays
from teahorse.logistics.rules import promise as promise_of
from teahorse.network import queries as network
from teahorse.network.models import Node
from teahorse.network.rules.holding_up import HeldUp
from teahorse.network.rules.roads import is_winter

KEPT_SECONDS = 600
MARK_SECONDS = 30
"""Who closes a pass is heard of within so many seconds."""
LOOKED_AT_SECONDS = 1800
"""What is closed is weighed anew so often, as it will be at the end of the span: what was closed just now counts at once."""
DAYS_UNTIL_NOTICE = 7
"""What is closed until further notice is counted with so many days, and said to be."""
COUNTY = 6
LENGTHS = (12, 9, 6)
WIDER = ((6, 6), (6, 4), (6, 2), (4, 2))
"""Lanes by the lengths of their codes: county to county first, then to all of a prefecture or province, then from a prefecture."""
Lanes = Mapping[tuple[str, str, bool], TransitDays]


def promise(rate: Rate, *, origin: str, destination: str, now: datetime) -> Promise:
    """Return when goods come that are ordered now, from the area of one code to that of another."""
    day = now.astimezone(HOME).date()
    taken = _taken(origin, destination, in_winter=is_winter(day))
    return promise_of(rate, placed_on=day, taken=taken, delay=delay_between(origin, destination, now=now))


def days_on(rate: Rate, *, origin: str, destination: str, now: datetime) -> int:
    """Return within how many days nearly all parcels of a lane come; where too few went it, the fewest that its rate names."""
    taken = _taken(origin, destination, in_winter=is_winter(now.astimezone(HOME).date()))
    return rate.days_min if taken is None else taken.within(LIKELY_PERCENT)


def delay_between(origin: str, destination: str, *, now: datetime) -> Delay | None:
    """Return what is closed on the way from the area of one code to that of another, and how much later goods come for it."""
    nodes = _nodes()
    start, goal = nodes.nearest(origin), nodes.nearest(destination)
    if start is None or start == goal:
        return None
    held = _delays(start, _mark(), int(now.timestamp()) // LOOKED_AT_SECONDS)
    reached = [held[one] for one in ((goal,) if goal else nodes.exits) if one in held]
    delays = [one for one in reached if one is not None]
    if not delays or len(delays) < len(reached):
        return None  # one of the ways out is as ever
    return _delay(min(delays, key=lambda one: (one.days is None, one.days or 0)))


def delay_from(county_id: UUID, destination: str, *, now: datetime) -> Delay | None:
    """Return what is closed on the way from the centre of a county to the area of a code; see :func:`delay_between`."""
    origin = _nodes().codes.get(county_id)
    return delay_between(origin, destination, now=now) if origin else None


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


@dataclass(frozen=True, slots=True)
class _Nodes:
    """The service point of an area by its code, of several in it the one of the widest; where goods leave; a county's code by its key."""

    by_code: Mapping[str, UUID]
    exits: Sequence[UUID]
    codes: Mapping[UUID, str]

    def nearest(self, code: str) -> UUID | None:
        """Return the service point that an area's goods go through: of the narrowest area around it, up to its county, that has one."""
        narrower = (code[:length] for length in LENGTHS if COUNTY <= length <= len(code))
        return next((self.by_code[part] for part in narrower if part in self.by_code), None)


@kept_for(KEPT_SECONDS, most=1)
def _nodes() -> _Nodes:
    by_code: dict[str, UUID] = {}
    exits, codes = [], {}
    placed = Node.objects.values_list("pk", "kind", "county_id", "area__code")
    for key, kind, county_id, code in sorted(placed, key=lambda row: (len(row[3]), row[3], row[0])):
        if kind == Node.Kind.SERVICE_POINT and len(code) >= COUNTY:
            for length in LENGTHS:
                by_code.setdefault(code[:length], key)
            codes[county_id] = code[:COUNTY]
        else:
            exits.append(key)
    return _Nodes(by_code, exits, codes)


@kept_for(MARK_SECONDS, most=1)
def _mark() -> str:
    return network.mark()


@kept_for(LOOKED_AT_SECONDS, most=1000)
def _delays(start: UUID, mark: str, span: int) -> Mapping[UUID, HeldUp | None]:  # noqa: ARG001 - another mark is another network
    return network.held_up(start=start, ready_at=datetime.fromtimestamp((span + 1) * LOOKED_AT_SECONDS, UTC))


def _delay(held: HeldUp) -> Delay:
    closed = held.closed
    until = (closed.ends_at.astimezone(HOME) - timedelta(microseconds=1)).date() if closed.ends_at else None
    return Delay(closed.name, closed.reason, until, DAYS_UNTIL_NOTICE if held.days is None else held.days)
