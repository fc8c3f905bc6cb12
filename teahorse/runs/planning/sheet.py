"""
A day as plain numbers, for whoever searches: the model's names are looked up once, not at each of a million steps.

A *node* is a visit: twice the task's number, and one more where the task is delivered. :data:`RELOAD` is a call at the centre
between two trips. A *way* is a list of nodes in the order in which a vehicle does them, without its start and its end.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from teahorse.runs.planning.ground import CLOSED, Table
from teahorse.runs.planning.model import Day, Task, Vehicle

RELOAD = -1
NEVER = 1 << 40
ALWAYS = ((-NEVER, NEVER),)
Load = tuple[int, int, int]
Legs = list[list[int]]
NOTHING: Load = (0, 0, 0)


@dataclass(frozen=True, slots=True)
class Van:
    """A vehicle as numbers; its tables are of places' numbers, ``fen_1000`` a leg's thousandths of a fen without the driver."""

    key: str
    start: int
    end: int
    room: Load
    begins_s: int
    ends_s: int
    rest: tuple[int, int, int] | None
    driver_fen_per_hour: int
    fixed_fen: int
    empty_fen_per_km: int
    most_trips: int
    reload_s: int
    is_out: bool
    seconds: Sequence[Sequence[int]]
    metres: Sequence[Sequence[int]]
    climb_m: Sequence[Sequence[int]]
    fen_1000: Sequence[Sequence[int]]
    worth: Sequence[Sequence[int]]
    """A leg's thousandths of a fen with the driver on it: what a search weighs."""


class Sheet:
    """A day as numbers; see the module."""

    def __init__(self, day: Day) -> None:
        """Look everything up."""
        self.day = day
        self.place_of: Mapping[str, int] = {place: number for number, place in enumerate(day.ground.places)}
        self.centre = self.place_of[day.centre]
        self.tasks = day.tasks
        self.number_of = {task.key: number for number, task in enumerate(day.tasks)}
        self.van_number = {vehicle.key: number for number, vehicle in enumerate(day.vehicles)}
        count = 2 * len(day.tasks)
        self.place, self.service = [-1] * count, [0] * count
        self.windows: list[tuple[tuple[int, int], ...]] = [ALWAYS] * count
        self.late_s = [0] * count
        self.load: list[Load] = [task.load for task in day.tasks]
        self.nodes = [self._nodes_of(number, task) for number, task in enumerate(day.tasks)]
        self._legs: dict[tuple[bool, int, int, int], tuple[Legs, Legs]] = {}
        self.vans = [self._van(vehicle) for vehicle in day.vehicles]
        self.may_take = [[self._takes(vehicle, task) for task in day.tasks] for vehicle in day.vehicles]
        self.aboard = [[n for n, task in enumerate(day.tasks) if task.aboard == vehicle.key] for vehicle in day.vehicles]
        self.is_aboard = [task.aboard is not None for task in day.tasks]
        self.from_centre = [task.kind == "deliver" and task.aboard is None for task in day.tasks]
        self.to_centre = [task.kind == "collect" for task in day.tasks]
        self.leave_fen = [self._worth(task) for task in day.tasks]

    def _nodes_of(self, number: int, task: Task) -> tuple[int, ...]:
        found = []
        for what, visit in task.to_visit:
            node = 2 * number + (what == "deliver")
            self.place[node], self.service[node] = self.place_of[visit.place], visit.service_s
            self.windows[node] = tuple((one.opens_s, one.closes_s) for one in visit.windows) or ALWAYS
            self.late_s[node] = task.late_s
            found.append(node)
        return tuple(found)

    def _van(self, vehicle: Vehicle) -> Van:
        table = self.day.ground.table_for(fits_narrow=vehicle.fits_narrow)
        road, worth = self._fen_of_legs(table, vehicle)
        rest = vehicle.rest
        return Van(
            key=vehicle.key,
            start=self.place_of[vehicle.start],
            end=self.place_of[vehicle.end],
            room=vehicle.room,
            begins_s=vehicle.begins_s,
            ends_s=vehicle.ends_s,
            rest=(rest.length_s, rest.from_s, rest.until_s) if rest and rest.length_s else None,
            driver_fen_per_hour=vehicle.driver_fen_per_hour,
            fixed_fen=vehicle.fixed_fen,
            empty_fen_per_km=vehicle.empty_fen_per_km,
            most_trips=vehicle.most_trips,
            reload_s=vehicle.reload_s,
            is_out=vehicle.is_out,
            seconds=table.seconds,
            metres=table.metres,
            climb_m=table.climb_m,
            fen_1000=road,
            worth=worth,
        )

    def _fen_of_legs(self, table: Table, vehicle: Vehicle) -> tuple[Legs, Legs]:
        """Return each leg's thousandths of a fen without and with the driver: one table for all vehicles that cost the same."""
        wage = vehicle.driver_fen_per_hour
        key = (vehicle.fits_narrow, vehicle.fen_per_km, vehicle.climb_fen_per_km, wage)
        if key not in self._legs:
            road = [
                [
                    NEVER if metres == CLOSED else metres * vehicle.fen_per_km + climb * vehicle.climb_fen_per_km
                    for metres, climb in zip(row, climbs, strict=True)
                ]
                for row, climbs in zip(table.metres, table.climb_m, strict=True)
            ]
            worth = [
                [fen + seconds * wage * 5 // 18 for fen, seconds in zip(row, times, strict=True)]
                for row, times in zip(road, table.seconds, strict=True)
            ]
            self._legs[key] = (road, worth)
        return self._legs[key]

    def _takes(self, vehicle: Vehicle, task: Task) -> bool:
        """Whether a vehicle could take goods at all: they are not another one's, they fit, and it gets to the centre if they go there."""
        if task.only_vehicle not in (None, vehicle.key):
            return False
        if task.aboard == vehicle.key:
            return True
        if task.kind == "collect" and not self._gets_to_centre(vehicle):
            return False
        fits = all(amount <= room for amount, room in zip(task.load, vehicle.room, strict=True))
        return fits and (vehicle.takes_large or not task.is_large)

    def _gets_to_centre(self, vehicle: Vehicle) -> bool:
        seconds = self.day.ground.table_for(fits_narrow=vehicle.fits_narrow).seconds
        return vehicle.end == self.day.centre or seconds[self.place_of[vehicle.start]][self.centre] != CLOSED

    def _worth(self, task: Task) -> int:
        """What leaving it costs whoever searches: what must go is worth more than all the rest together, what is aboard as well."""
        if task.must_go or (task.aboard and task.to_visit):
            return task.leave_fen + 1_000_000_00
        return task.leave_fen

    def left(self, ways: Iterable[Sequence[int]]) -> list[int]:
        """Return the numbers of the tasks that ways do not bring to their end, in order; what only lies aboard is not left."""
        done = {node for way in ways for node in way}
        return [number for number, nodes in enumerate(self.nodes) if nodes and nodes[-1] not in done]

    def cost_to_leave(self, numbers: Iterable[int]) -> int:
        """Return what it costs whoever searches to leave tasks."""
        return sum(self.leave_fen[number] for number in numbers)
