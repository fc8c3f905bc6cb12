"""
When a vehicle is where, and what it has aboard, for a way in a given order: the search's own arithmetic.

Two times are carried along: leaving without having rested, and having rested; the earlier of each is never worse. Whoever gives
plans out does not trust this: :mod:`.checking` works out again what it promises.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from teahorse.runs.planning.ground import CLOSED
from teahorse.runs.planning.sheet import NEVER, RELOAD, Load, Sheet, Van

Times = tuple[int, int]
"""When a vehicle leaves, not having rested and having rested; NEVER where that cannot be."""


@dataclass(frozen=True, slots=True)
class Timed:
    """
    A way with its times.

    :param sets_out_s: as late as the earliest end allows; ``begins_s``, ``leaves_s`` and ``arrives_s`` by node, the last
        arrival is that at the end. ``rests_at`` is the leg (0 leads to the first node) and the second on which the rest begins.
    """

    sets_out_s: int
    arrives_s: tuple[int, ...]
    begins_s: tuple[int, ...]
    rests_at: tuple[int, int] | None

    @property
    def ends_s(self) -> int:
        """When the vehicle is at its end."""
        return self.arrives_s[-1]


def fitted(windows: Sequence[tuple[int, int]], late_s: int, moment: int) -> int:
    """Return when service begins for whoever is there at a moment; NEVER where all windows are over."""
    for opens, closes in windows:
        if moment <= closes:
            return max(opens, moment)
    return moment if moment <= windows[-1][1] + late_s else NEVER


def placed_at(sheet: Sheet, node: int) -> int:
    """Return the place of a node."""
    return sheet.centre if node == RELOAD else sheet.place[node]


def begun(sheet: Sheet, node: int, moment: int) -> int:
    """Return when what is done at a node begins for whoever is there at a moment."""
    return moment if node == RELOAD else fitted(sheet.windows[node], sheet.late_s[node], moment)


def service_of(sheet: Sheet, van: Van, node: int) -> int:
    """Return how long a node takes."""
    return van.reload_s if node == RELOAD else sheet.service[node]


def rested_arrival(van: Van, left: int, seconds: int) -> int:
    """Return the first moment at which a driver can be there who rests on the way or on arriving; NEVER if it is too late to."""
    if van.rest is None:
        return NEVER
    length, first, last = van.rest
    return NEVER if left > last else max(left + seconds, first) + length


def further(sheet: Sheet, van: Van, times: Times, start: int, node: int) -> Times:
    """Return when a vehicle leaves a node that comes from a place."""
    seconds = van.seconds[start][placed_at(sheet, node)]
    if seconds == CLOSED:
        return NEVER, NEVER
    service = service_of(sheet, van, node)
    fresh, rested = times
    on = begun(sheet, node, fresh + seconds) if fresh < NEVER else NEVER
    if van.rest is None:
        return on + service, NEVER
    after = begun(sheet, node, rested + seconds) if rested < NEVER else NEVER
    if fresh < NEVER:
        arrival = rested_arrival(van, fresh, seconds)
        if arrival < NEVER:
            after = min(after, begun(sheet, node, arrival))
    return on + service if on < NEVER else NEVER, after + service if after < NEVER else NEVER


def home(van: Van, times: Times, start: int) -> int:
    """Return when a vehicle can be at its end, coming from a place; NEVER where its shift or its rest forbid it."""
    seconds = van.seconds[start][van.end]
    if seconds == CLOSED:
        return NEVER
    fresh, rested = times
    if van.rest is None:
        ends = fresh + seconds
    else:
        ends = fresh + seconds if fresh + seconds <= van.rest[2] else min(rested + seconds, rested_arrival(van, fresh, seconds))
    return ends if ends <= van.ends_s else NEVER


def times_along(sheet: Sheet, van: Van, way: Sequence[int]) -> list[Times]:
    """Return the times after the start and after each node; they are as long as the way and one more."""
    times, place = (van.begins_s, NEVER), van.start
    found = [times]
    for node in way:
        times = further(sheet, van, times, place, node)
        found.append(times)
        place = placed_at(sheet, node)
    return found


def timed(sheet: Sheet, van: Van, way: Sequence[int]) -> Timed | None:
    """Return a way with its times: the earliest end, and the latest setting out that leads to it; None where it cannot be."""
    times = times_along(sheet, van, way)
    last = placed_at(sheet, way[-1]) if way else van.start
    ends = home(van, times[-1], last)
    if ends >= NEVER:
        return None
    rest_leg = _rest_leg(sheet, van, way, times, ends)
    begins = _earliest(sheet, van, way, rest_leg)
    sets_out = _latest_start(sheet, van, way, begins, ends, rest_leg)
    return _forward(sheet, van, way, sets_out, rest_leg)


def _rest_leg(sheet: Sheet, van: Van, way: Sequence[int], times: Sequence[Times], ends: int) -> int | None:
    """Return the leg on which the rest is taken, found from the end; None if there is none to take."""
    if van.rest is None:
        return None
    places = [van.start, *(placed_at(sheet, node) for node in way), van.end]
    fresh, rested = times[-1]
    seconds = van.seconds[places[-2]][places[-1]]
    if fresh + seconds == ends and ends <= van.rest[2]:
        return None
    if rested + seconds != ends:
        return len(way)
    for leg in range(len(way) - 1, -1, -1):
        arrival = rested_arrival(van, times[leg][0], van.seconds[places[leg]][places[leg + 1]]) if times[leg][0] < NEVER else NEVER
        node = way[leg]
        if arrival < NEVER and begun(sheet, node, arrival) + service_of(sheet, van, node) == times[leg + 1][1]:
            return leg
    return None


def _earliest(sheet: Sheet, van: Van, way: Sequence[int], rest_leg: int | None) -> list[int]:
    """Return when each node begins at the earliest, the rest being taken on a leg."""
    moment, place, begins = van.begins_s, van.start, []
    for leg, node in enumerate(way):
        seconds = van.seconds[place][placed_at(sheet, node)]
        arrival = rested_arrival(van, moment, seconds) if leg == rest_leg else moment + seconds
        begins.append(begun(sheet, node, arrival))
        moment, place = begins[-1] + service_of(sheet, van, node), placed_at(sheet, node)
    return begins


def _latest_start(sheet: Sheet, van: Van, way: Sequence[int], begins: Sequence[int], ends: int, rest_leg: int | None) -> int:
    """Return the latest moment to set out that keeps the end, each node's window and its being on time."""
    places = [van.start, *(placed_at(sheet, node) for node in way), van.end]
    latest = ends
    for leg in range(len(way), -1, -1):
        seconds = van.seconds[places[leg]][places[leg + 1]]
        leaves = latest - seconds
        if leg == rest_leg and van.rest:
            leaves = _leaves_before_rest(van, van.rest, latest, seconds, is_first=leg == 0)
        if leg == 0:
            return max(van.begins_s, leaves)
        node = way[leg - 1]
        latest = leaves - service_of(sheet, van, node)
        if node != RELOAD:
            closes = [one for opens, one in sheet.windows[node] if opens <= begins[leg - 1] <= one]
            latest = min(latest, closes[0] if closes else begins[leg - 1])
    return van.begins_s


def _leaves_before_rest(van: Van, rest: tuple[int, int, int], latest: int, seconds: int, *, is_first: bool) -> int:
    length, first, last = rest
    if is_first and latest - seconds >= max(van.begins_s, first) + length:
        return latest - seconds
    return min(latest - seconds - length, last)


def _forward(sheet: Sheet, van: Van, way: Sequence[int], sets_out: int, rest_leg: int | None) -> Timed:
    """Return the times of a way that is begun at a moment, resting on a leg."""
    moment, place = sets_out, van.start
    arrives, begins = [], []
    rests: tuple[int, int] | None = None
    for leg, node in enumerate([*way, None]):
        there = van.end if node is None else placed_at(sheet, node)
        arrival = moment + van.seconds[place][there]
        if leg == rest_leg and van.rest:
            length, first, _ = van.rest
            rested_before = leg == 0 and sets_out >= max(van.begins_s, first) + length
            rests = (leg, max(van.begins_s, first)) if rested_before else (leg, max(moment, first))
            arrival = arrival if rested_before else max(arrival, first) + length
        arrives.append(arrival)
        if node is None:
            break
        begins.append(begun(sheet, node, arrival))
        moment, place = begins[-1] + service_of(sheet, van, node), there
    return Timed(sets_out, tuple(arrives), tuple(begins), rests)


def loads_along(sheet: Sheet, number: int, way: Sequence[int]) -> list[Load] | None:
    """
    Return what is aboard when leaving the start and each node; None where it is ever more than fits, or cannot be aboard.

    Goods of the centre are loaded when a trip begins there, goods for it unloaded when one ends there.
    """
    van, trips = sheet.vans[number], trips_of(way)
    if len(trips) > van.most_trips:
        return None
    aboard = _sum(sheet.load[task] for task in sheet.aboard[number])
    owed = [task for task in sheet.aboard[number] if sheet.to_centre[task]]
    found: list[Load] = []
    for trip_number, trip in enumerate(trips):
        loading = [node >> 1 for node in trip if node & 1 and sheet.from_centre[node >> 1]]
        if trip_number:
            aboard = _minus(aboard, _sum(sheet.load[task] for task in owed))
            owed = []
        elif loading and van.start != sheet.centre:
            return None
        aboard = _plus(aboard, _sum(sheet.load[task] for task in loading))
        found.append(aboard)
        for node in trip:
            aboard = (_minus if node & 1 else _plus)(aboard, sheet.load[node >> 1])
            found.append(aboard)
        owed += [node >> 1 for node in trip if not node & 1 and sheet.to_centre[node >> 1]]
    if owed and van.end != sheet.centre:
        return None
    return found if all(_fits(load, van.room) for load in found) else None


def trips_of(way: Sequence[int]) -> list[list[int]]:
    """Return the parts of a way between calls at the centre."""
    trips: list[list[int]] = [[]]
    for node in way:
        if node == RELOAD:
            trips.append([])
        else:
            trips[-1].append(node)
    return trips


def _sum(loads: Iterable[Load]) -> Load:
    grams = cm3 = cold = 0
    for one in loads:
        grams, cm3, cold = grams + one[0], cm3 + one[1], cold + one[2]
    return grams, cm3, cold


def _plus(one: Load, other: Load) -> Load:
    return one[0] + other[0], one[1] + other[1], one[2] + other[2]


def _minus(one: Load, other: Load) -> Load:
    return one[0] - other[0], one[1] - other[1], one[2] - other[2]


def _fits(load: Load, room: Load) -> bool:
    return load[0] <= room[0] and load[1] <= room[1] and load[2] <= room[2]
