"""
A day told to PyVRP (MIT, ``pyvrp``), and its solutions told back.

- a vehicle that comes to the centre between trips has it as reload depot; goods there and home are one client's delivery and
  pickup, goods from place to place a shipment;
- what only some vehicles may take loads a dimension of its own, of which the others have no room;
- a vehicle that stands elsewhere begins with a full dimension *fresh*, which it can empty at the centre only: before it calls
  there it takes no goods of the centre. What it has aboard for the centre is its first load, and if that is more than fits
  it is full: PyVRP knows no vehicle that is fuller, and our own arithmetic gives such a one nothing to do;
- a break shortens the day: the clock stands still from one moment on, and what is after it comes earlier by its length. A visit
  that is in time on this clock is in time on the real one with the rest, unless it was being made at that moment: the rest then
  comes after it, which is looked at when the real times are worked out, and repaired where it does not fit;
- of several windows a client stands in a group once for each, of which one is visited.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import gcd
from typing import Any

import numpy as np
import pyvrp

from teahorse.runs.planning.inserting import Ways
from teahorse.runs.planning.sheet import NEVER, RELOAD, Sheet, Van
from teahorse.runs.planning.timing import timed, trips_of

LIMITED = 1000
"""What a task loads in a dimension that says who may take it: enough that one too many costs as much as goods do."""
Figures = np.ndarray[Any, Any]
FAR_DAYS = 4
DAY_S = 86_400
HARM = 20
"""What a second too late or a unit too many weighs against cost where something is forced in."""
APART = 8
CALLS, MUST_GO = 5, 4


@dataclass(frozen=True, slots=True)
class Clock:
    """The day without its break, as if all rested from one moment on; see the module."""

    length_s: int
    at_s: int

    def told(self, moment: int) -> int:
        """Return a moment on the shortened clock."""
        return max(0, moment if moment <= self.at_s else max(self.at_s, moment - self.length_s))


@dataclass(slots=True)
class Told:
    """The day as PyVRP knows it, and whose each of its numbers is."""

    data: pyvrp.ProblemData
    clients: list[int]
    shipments: list[int]
    kind_of_van: list[int]
    vans_of_kind: list[list[int]]
    reload_depot: int
    scale: int


def clock_of(sheet: Sheet) -> Clock | None:
    """Return the clock of the vehicles that have to rest; None if none has."""
    rests = [van.rest for van in sheet.vans if van.rest and van.ends_s > van.rest[2]]
    if not rests:
        return None
    first, last = max(one[1] for one in rests), min(one[2] for one in rests)
    return Clock(max(one[0] for one in rests), max(first, min((first + last) // 2, last - max(sheet.service, default=0))))


class _Limits:
    """Dimensions of load beside grams, cm3 and the cold box: one for each set of vehicles that tasks are limited to, one *fresh*."""

    def __init__(self, sheet: Sheet) -> None:
        self.sheet = sheet
        mays = {tuple(row[task] for row in sheet.may_take) for task in range(len(sheet.tasks)) if sheet.nodes[task]}
        self.sets = sorted(may for may in mays if not all(may) and any(may))
        self.has_fresh = any(van.start != sheet.centre for van in sheet.vans)

    def of_task(self, task: int) -> list[int]:
        may = tuple(row[task] for row in self.sheet.may_take)
        fresh = [LIMITED if self.sheet.from_centre[task] else 0] if self.has_fresh else []
        return [LIMITED if may == one else 0 for one in self.sets] + fresh

    def of_van(self, number: int) -> tuple[list[int], list[int]]:
        """Return the room of a vehicle in these dimensions, and what of it is full at first."""
        plenty = LIMITED * (len(self.sheet.tasks) + 1)
        elsewhere = self.sheet.vans[number].start != self.sheet.centre
        room = [plenty if may[number] else 0 for may in self.sets] + ([plenty] if self.has_fresh else [])
        full = [0] * len(self.sets) + ([plenty if elsewhere else 0] if self.has_fresh else [])
        return room, full


def told(sheet: Sheet, *, all_required: bool) -> Told:
    """Return a day as PyVRP knows it; ``all_required`` lets it leave nothing, so that it mends what does not fit yet."""
    limits, clock = _Limits(sheet), clock_of(sheet)
    scale, most = _scale(sheet), _most_worth(sheet)
    clients: list[pyvrp.Client] = []
    groups: list[pyvrp.ClientGroup] = []
    shipments: list[pyvrp.Shipment] = []
    whose_client: list[int] = []
    whose_shipment: list[int] = []
    for task, nodes in enumerate(sheet.nodes):
        if not nodes or not any(row[task] for row in sheet.may_take):
            continue
        load = [*sheet.load[task], *limits.of_task(task)]
        worth = min(sheet.leave_fen[task], most * (MUST_GO if sheet.tasks[task].must_go else 1)) * scale
        if len(nodes) == 2:
            shipments.append(_shipment(sheet, nodes, clock, load, worth, required=all_required))
            whose_shipment.append(task)
            continue
        for made in _clients(sheet, nodes[0], clock, load, worth, required=all_required, group=len(groups)):
            if made.group is not None:
                if made.group == len(groups):
                    groups.append(pyvrp.ClientGroup(required=all_required))
                groups[made.group].add_client(len(clients))
            clients.append(made)
            whose_client.append(task)
    depots, depot_of = _depots(sheet)
    kinds, kind_of_van, vans_of_kind, distances, durations = _vehicles(sheet, limits, clock, scale, depot_of)
    data = pyvrp.ProblemData(
        [pyvrp.Location(0, 0) for _ in sheet.day.ground.places], clients, depots, kinds, distances, durations, groups, shipments
    )
    return Told(data, whose_client, whose_shipment, kind_of_van, vans_of_kind, len(depot_of), scale)


def _scale(sheet: Sheet) -> int:
    """Return by what fen are multiplied so that a second of every driver costs a whole number."""
    return 3600 // gcd(3600, *(van.driver_fen_per_hour for van in sheet.vans))


def _most_worth(sheet: Sheet) -> int:
    """
    Return the most fen that leaving a task costs in this search: some calls of their own at the farthest place.

    It is seldom worth leaving it then, and the search may still do without it for a while: told of millions it never moves
    (measured on a public instance: 14 % above the best known way instead of 3 %).
    """
    legs = (van.worth[sheet.centre][place] for van in sheet.vans for place in {*sheet.place, van.end} if place >= 0)
    return CALLS * 2 * max((one for one in legs if one < NEVER), default=0) // 1000 + 1


def _shortened(clock: Clock | None, opens: int, closes: int) -> tuple[int, int]:
    opens, closes = max(0, opens), max(0, min(FAR_DAYS * 100 * DAY_S, closes))
    return (opens, closes) if clock is None else (clock.told(opens), clock.told(closes))


def _clients(
    sheet: Sheet, node: int, clock: Clock | None, load: list[int], worth: int, *, required: bool, group: int
) -> list[pyvrp.Client]:
    windows = [_shortened(clock, *one) for one in sheet.windows[node]]
    none = [0] * len(load)
    is_alone = len(windows) == 1
    return [
        pyvrp.Client(
            sheet.place[node],
            delivery=load if node & 1 else none,
            pickup=none if node & 1 else load,
            service_duration=sheet.service[node],
            tw_early=opens,
            tw_late=closes,
            prize=0 if required and is_alone else worth,
            required=required and is_alone,
            group=None if is_alone else group,
        )
        for opens, closes in windows
    ]


def _shipment(sheet: Sheet, nodes: Sequence[int], clock: Clock | None, load: list[int], worth: int, *, required: bool) -> pyvrp.Shipment:
    """Return a pair of visits; of several windows the span, as a shipment has one: what then does not fit is repaired."""
    fetch, bring = nodes
    spans = [_shortened(clock, sheet.windows[node][0][0], sheet.windows[node][-1][1]) for node in nodes]
    return pyvrp.Shipment(
        sheet.place[fetch],
        sheet.place[bring],
        *spans[0],
        sheet.service[fetch],
        *spans[1],
        sheet.service[bring],
        load,
        prize=0 if required else worth,
        required=required,
    )


def _depots(sheet: Sheet) -> tuple[list[pyvrp.Depot], dict[int, int]]:
    """Return the places where vehicles begin or end; the last depot is the centre where they reload, which takes its time."""
    places = sorted({place for van in sheet.vans for place in (van.start, van.end)})
    reloading = pyvrp.Depot(sheet.centre, service_duration=max((van.reload_s for van in sheet.vans), default=0))
    return [*(pyvrp.Depot(place) for place in places), reloading], {place: number for number, place in enumerate(places)}


def _vehicles(
    sheet: Sheet, limits: _Limits, clock: Clock | None, scale: int, depot_of: dict[int, int]
) -> tuple[list[pyvrp.VehicleType], list[int], list[list[int]], list[Figures], list[Figures]]:
    kinds: list[pyvrp.VehicleType] = []
    vans_of_kind: list[list[int]] = []
    kind_of_van: list[int] = []
    profiles: dict[tuple[int, int], int] = {}
    distances: list[Figures] = []
    durations: list[Figures] = []
    for number, van in enumerate(sheet.vans):
        key = (id(van.seconds), id(van.fen_1000))
        if key not in profiles:
            profiles[key] = len(profiles)
            distances.append(_costs(van, scale))
            durations.append(np.array([[FAR_DAYS * DAY_S * 100 if one < 0 else one for one in row] for row in van.seconds]))
        kind = _kind(sheet, number, limits, clock, scale, depot_of, profiles[key])
        known = next((at for at, other in enumerate(kinds) if other == kind), None)
        if known is None:
            kinds.append(kind)
            vans_of_kind.append([])
            known = len(kinds) - 1
        vans_of_kind[known].append(number)
        kind_of_van.append(known)
    counted = [kind.replace(num_available=len(vans)) for kind, vans in zip(kinds, vans_of_kind, strict=True)]
    return counted, kind_of_van, vans_of_kind, distances, durations


def _costs(van: Van, scale: int) -> Figures:
    """Return what each leg costs without the driver; a closed one more than any day does."""
    known = [one for row in van.fen_1000 for one in row if one < NEVER]
    far = 20 * max(known, default=1) + 1
    return np.array([[(far if one >= NEVER else one) * scale // 1000 for one in row] for row in van.fen_1000])


def _kind(
    sheet: Sheet, number: int, limits: _Limits, clock: Clock | None, scale: int, depot_of: dict[int, int], profile: int
) -> pyvrp.VehicleType:
    van = sheet.vans[number]
    room, full = limits.of_van(number)
    resting = [task for task in sheet.aboard[number] if not sheet.nodes[task]]
    aboard = [min(most, sum(sheet.load[task][dimension] for task in resting)) for dimension, most in enumerate(van.room)]
    begins, ends = _shortened(clock, van.begins_s, van.ends_s)
    return pyvrp.VehicleType(
        1,
        [*van.room, *room],
        depot_of[van.start],
        depot_of[van.end],
        fixed_cost=0 if van.is_out else van.fixed_fen * scale,
        tw_early=begins,
        tw_late=max(begins, ends),
        unit_distance_cost=1,
        unit_duration_cost=van.driver_fen_per_hour * scale // 3600,
        profile=profile,
        initial_load=[*aboard, *full],
        reload_depots=[len(depot_of)] if van.most_trips > 1 else [],
        max_reloads=van.most_trips - 1,
    )


def solution_of(sheet: Sheet, day: Told, ways: Ways) -> pyvrp.Solution:
    """Return ways as PyVRP's solution, to begin with."""
    client_of: dict[int, list[int]] = {}
    for number, task in enumerate(day.clients):
        client_of.setdefault(task, []).append(number)
    shipment_of = {task: number for number, task in enumerate(day.shipments)}
    routes = []
    for number, way in enumerate(ways):
        times = timed(sheet, sheet.vans[number], way)
        parted = _parted(way)
        acts = []
        for at, node in enumerate(way):
            if node >> 1 in parted:
                continue
            if node == RELOAD:
                acts.append(pyvrp.Activity(pyvrp.ActivityType.DEPOT, day.reload_depot))
            elif node >> 1 in shipment_of:
                kind = pyvrp.ActivityType.DELIVERY if node & 1 else pyvrp.ActivityType.PICKUP
                acts.append(pyvrp.Activity(kind, shipment_of[node >> 1]))
            else:
                window = 0 if times is None else _window_of(sheet, node, times.begins_s[at])
                acts.append(pyvrp.Activity(pyvrp.ActivityType.CLIENT, client_of[node >> 1][window]))
        if acts:
            routes.append(pyvrp.Route(day.data, acts, day.kind_of_van[number]))
    return pyvrp.Solution(day.data, routes)


def _parted(way: Sequence[int]) -> set[int]:
    """Return the tasks that are fetched on one trip and brought on a later one: PyVRP has a shipment on one trip only."""
    trip_of: dict[int, int] = {}
    parted = set()
    for number, trip in enumerate(trips_of(way)):
        for node in trip:
            if trip_of.setdefault(node >> 1, number) != number:
                parted.add(node >> 1)
    return parted


def _window_of(sheet: Sheet, node: int, begins: int) -> int:
    """Return the number of the window in which a visit begins, of the last where it is late."""
    return next((number for number, (_, closes) in enumerate(sheet.windows[node]) if begins <= closes), len(sheet.windows[node]) - 1)


def ways_in(sheet: Sheet, day: Told, solution: pyvrp.Solution) -> Ways:
    """Return PyVRP's solution as ways; they may need repair."""
    ways: Ways = [[] for _ in sheet.vans]
    free = [list(vans) for vans in day.vans_of_kind]
    for route in solution.routes():
        number = free[route.vehicle_type()].pop(0)
        for act in list(route)[1:-1]:
            if act.is_depot():
                ways[number].append(RELOAD)
            elif act.is_shipment():
                ways[number].append(2 * day.shipments[act.idx] + act.is_delivery())
            else:
                ways[number].append(sheet.nodes[day.clients[act.idx]][0])
    return ways


def forced(day: Told, solution: pyvrp.Solution) -> pyvrp.Solution:
    """Return a solution that leaves nothing: what it left is put where it does least harm to windows and loads, fit or not."""
    routes: list[tuple[list[pyvrp.Activity], int]] = [([*route][1:-1], route.vehicle_type()) for route in solution.routes()]
    used = Counter(kind for _, kind in routes)
    for kind, one in enumerate(day.data.vehicle_types()):
        routes += [([], kind)] * (one.num_available - used[kind])
    for is_shipment, numbers in _missing(day, solution):
        at, acts = _least_harm(day, routes, is_shipment=is_shipment, numbers=numbers)
        routes[at] = (acts, routes[at][1])
    return pyvrp.Solution(day.data, [pyvrp.Route(day.data, acts, kind) for acts, kind in routes if acts])


def _missing(day: Told, solution: pyvrp.Solution) -> list[tuple[bool, tuple[int, ...]]]:
    """Return what a solution leaves: whether it is a shipment, and its number, or those of a client's windows."""
    gone = {(act.is_shipment(), act.idx) for act in solution.unplanned()}
    groups = [tuple(group.clients) for group in day.data.groups()]
    grouped = {number for group in groups for number in group}
    alone = [(is_shipment, (number,)) for is_shipment, number in sorted(gone) if is_shipment or number not in grouped]
    return [*alone, *((False, group) for group in groups if all((False, number) in gone for number in group))]


def _least_harm(
    day: Told, routes: Sequence[tuple[list[pyvrp.Activity], int]], *, is_shipment: bool, numbers: Sequence[int]
) -> tuple[int, list[pyvrp.Activity]]:
    """Return the route and its activities with one more where that costs least, being late or too full counted."""

    def harm(tried: tuple[int, list[pyvrp.Activity]]) -> int:
        route = pyvrp.Route(day.data, tried[1], routes[tried[0]][1])
        return route.distance_cost() + route.fixed_vehicle_cost() + HARM * (route.time_warp() + sum(route.excess_load()))

    return min(
        (
            (at, tried)
            for at, (acts, _) in enumerate(routes)
            for number in numbers
            for tried in _with(acts, is_shipment=is_shipment, number=number)
        ),
        key=harm,
    )


def _with(acts: list[pyvrp.Activity], *, is_shipment: bool, number: int) -> Iterator[list[pyvrp.Activity]]:
    """Yield a route's activities with one more at each place, a pair on one trip and no further apart than some stops."""
    kinds = pyvrp.ActivityType
    for first in range(len(acts) + 1):
        if not is_shipment:
            yield [*acts[:first], pyvrp.Activity(kinds.CLIENT, number), *acts[first:]]
            continue
        reload = next((at for at, act in enumerate(acts[first:], start=first) if act.is_depot()), len(acts))
        for second in range(first, min(reload, first + APART) + 1):
            fetch, bring = pyvrp.Activity(kinds.PICKUP, number), pyvrp.Activity(kinds.DELIVERY, number)
            yield [*acts[:first], fetch, *acts[first:second], bring, *acts[second:]]
