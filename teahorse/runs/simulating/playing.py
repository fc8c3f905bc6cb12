"""
A simulated day as it really goes: roads take longer or shorter, nobody is there, the day runs out.

Every parcel that was to go is done, or waits and says why.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from random import Random

from teahorse.runs.planning.ground import CLOSED
from teahorse.runs.planning.sheet import Load, Sheet, Van
from teahorse.runs.simulating.dispatching import Bundle, Morning, Ways

SPREAD, LEAST = 0.18, 0.8
"""Of the time that a leg takes, around the planned one: lognormal, never less than so much of it."""
HOLD_UP, HOLD_UP_S = 0.01, (1200, 7200)
NOBODY_THERE = 0.03
MOST_OVERTIME_S = 5400
OVERTIME_FACTOR = 1.5


@dataclass(slots=True)
class Driven:
    """What was driven: costs in fen, metres, those empty, and metres times the part of the vehicle that was full."""

    fen: int = 0
    metres: int = 0
    empty_metres: int = 0
    full_metres: float = 0.0
    vehicles: int = 0

    def add(self, other: "Driven") -> None:
        """Add what else was driven."""
        self.fen += other.fen
        self.metres += other.metres
        self.empty_metres += other.empty_metres
        self.full_metres += other.full_metres
        self.vehicles += other.vehicles


@dataclass(slots=True)
class Evening:
    """What came of a day: the keys of parcels that are done, why others wait, what was driven."""

    done: list[str] = field(default_factory=list)
    waits: dict[str, str] = field(default_factory=dict)
    driven: Driven = field(default_factory=Driven)


@dataclass(slots=True)
class Luck:
    """The day's chances, drawn for places and roads and not for a rule: both rules meet the same day."""

    seed: str

    def on_leg(self, start: int, end: int) -> tuple[float, int]:
        """Return the factor of a leg's time, and the seconds that something holds it up."""
        random = Random(f"{self.seed} {start} {end}")  # noqa: S311 - a chance that can be repeated, no secret
        factor = max(LEAST, random.lognormvariate(0.0, SPREAD))
        return factor, random.randint(*HOLD_UP_S) if random.random() < HOLD_UP else 0

    def is_there(self, parcel: str) -> bool:
        """Whether a parcel can be handed over today: somebody is there, and what is to be fetched is ready."""
        return Random(f"{self.seed} {parcel}").random() >= NOBODY_THERE  # noqa: S311


def played(morning: Morning, sheet: Sheet, ways: Ways, *, luck: Luck) -> Evening:
    """Return what comes of a day's ways."""
    evening = Evening()
    for number, way in enumerate(ways):
        if way:
            _drive(morning, sheet, number, way, luck, evening)
    for key, bundle in morning.bundles.items():
        place = sheet.day.ground.closed_by.get(bundle.parcels[0].place)
        why = f"{place} is closed" if place else "not taken today"
        planned = any(sheet.number_of[key] == node >> 1 for way in ways for node in way)
        for parcel in bundle.parcels:
            if not planned:
                evening.waits[parcel.key] = why
    return evening


def _drive(morning: Morning, sheet: Sheet, number: int, way: Sequence[int], luck: Luck, evening: Evening) -> None:
    """Play one vehicle's day: it turns back when it would be home too late, and what it has aboard goes back with it."""
    van, vehicle = sheet.vans[number], sheet.day.vehicles[number]
    moment, place, aboard = van.begins_s, van.start, _loaded(sheet, way)
    trace, is_over = [(place, aboard)], False
    for node in way:
        bundle = morning.bundles[sheet.tasks[node >> 1].key]
        there = sheet.place[node]
        if is_over or _home_after(sheet, van, node, moment, place) > van.ends_s + MOST_OVERTIME_S:
            is_over = True
            evening.waits |= {parcel.key: "the day was over" for parcel in bundle.parcels}
            continue
        moment += _takes(van, place, there, luck) + sheet.service[node]
        aboard = _handed_over(sheet, number, node, bundle, aboard, luck, evening)
        place = there
        trace.append((place, aboard))
    moment += _takes(van, place, van.end, luck)
    trace.append((van.end, aboard))
    evening.driven.add(_driven(sheet, number, trace, moment - van.begins_s, max(0, moment - van.ends_s), vehicle.driver_fen_per_hour))


def _loaded(sheet: Sheet, way: Sequence[int]) -> Load:
    loads = [sheet.load[node >> 1] for node in way if node & 1]
    return _sum(loads)


def _sum(loads: Sequence[Load]) -> Load:
    return sum(one[0] for one in loads), sum(one[1] for one in loads), sum(one[2] for one in loads)


def _home_after(sheet: Sheet, van: Van, node: int, moment: int, place: int) -> int:
    """Return when the vehicle would be home by the table if it did one more visit: what a driver can know."""
    there = sheet.place[node]
    return moment + van.seconds[place][there] + sheet.service[node] + van.seconds[there][van.end]


def _takes(van: Van, start: int, end: int, luck: Luck) -> int:
    if start == end or van.seconds[start][end] == CLOSED:
        return 0
    factor, held_up_s = luck.on_leg(start, end)
    return round(van.seconds[start][end] * factor) + held_up_s


def _handed_over(sheet: Sheet, number: int, node: int, bundle: Bundle, aboard: Load, luck: Luck, evening: Evening) -> Load:
    """Hand over or fetch each parcel of a bundle; return what is aboard then."""
    room = sheet.vans[number].room
    for parcel in bundle.parcels:
        load = (parcel.grams, 0, parcel.cm3) if parcel.is_cold else (parcel.grams, parcel.cm3, 0)
        sign = -1 if node & 1 else 1
        then = (aboard[0] + sign * load[0], aboard[1] + sign * load[1], aboard[2] + sign * load[2])
        if not luck.is_there(parcel.key):
            evening.waits[parcel.key] = "nobody was there" if node & 1 else "was not ready"
        elif any(amount > most for amount, most in zip(then, room, strict=True)):
            evening.waits[parcel.key] = "no room was left"
        else:
            aboard = then
            evening.done.append(parcel.key)
    return aboard


def _driven(sheet: Sheet, number: int, trace: Sequence[tuple[int, Load]], seconds: int, overtime_s: int, wage: int) -> Driven:
    van, vehicle = sheet.vans[number], sheet.day.vehicles[number]
    found = Driven(vehicles=1)
    fen = float(van.fixed_fen) + wage * (seconds + (OVERTIME_FACTOR - 1) * overtime_s) / 3600
    for (start, aboard), (end, _) in pairwise(trace):
        metres = van.metres[start][end]
        share = max(_shares(aboard, van.room))
        found.metres += metres
        found.empty_metres += metres if not any(aboard) else 0
        found.full_metres += metres * share
        fen += (metres * vehicle.fen_per_km + van.climb_m[start][end] * vehicle.climb_fen_per_km) / 1000
    found.fen = round(fen)
    return found


def _shares(aboard: Load, room: Load) -> Iterator[float]:
    """Yield of each amount how full it is; the cold box is part of the whole."""
    yield aboard[0] / room[0]
    yield (aboard[1] + aboard[2]) / (room[1] + room[2])
