"""
What a county's day is made of: visits to make, vehicles to make them with, and the ground between.

Times are whole seconds from the day's midnight on the county's clock, so that a table of whole seconds is exact for any
instance; weights are grams, volumes cm3, distances metres, money fen.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Literal

from teahorse.runs.planning.ground import Ground

Kind = Literal["deliver", "collect", "carry"]
What = Literal["collect", "deliver", "reload"]


class NotADay(ValueError):
    """What was given is no day that can be planned; it says what of it."""


@dataclass(frozen=True, slots=True)
class Window:
    """Service begins no earlier than the one and no later than the other."""

    opens_s: int
    closes_s: int


@dataclass(frozen=True, slots=True)
class Visit:
    """Where a vehicle calls, how long it stands there, and when it may begin; without windows at any time."""

    place: str
    service_s: int = 0
    windows: tuple[Window, ...] = ()


@dataclass(frozen=True, slots=True)
class Task:
    """
    Goods to bring from the centre to a place, from a place to the centre, or from place to place.

    :param collect_at: where they are fetched; None: they lie at the centre.
    :param deliver_to: where they are brought; None: to the centre.
    :param leave_fen: what it costs to leave them for tomorrow; ``must_go``: that is no choice.
    :param locked_to: the only vehicle that may take them; ``aboard``: the one that has them already.
    :param late_s: how long after its last window a visit may still begin, at ``late_fen_per_hour``.
    """

    key: str
    collect_at: Visit | None = None
    deliver_to: Visit | None = None
    grams: int = 0
    cm3: int = 0
    is_cold: bool = False
    is_large: bool = False
    leave_fen: int = 0
    must_go: bool = False
    locked_to: str | None = None
    aboard: str | None = None
    late_s: int = 0
    late_fen_per_hour: int = 0

    @property
    def kind(self) -> Kind:
        """Which of the three it is."""
        if self.collect_at is None:
            return "deliver"
        return "collect" if self.deliver_to is None else "carry"

    @property
    def to_visit(self) -> tuple[tuple[What, Visit], ...]:
        """What is still to do for it, in order; goods that are aboard are collected already."""
        collects = () if self.collect_at is None or self.aboard else (("collect", self.collect_at),)
        delivers = () if self.deliver_to is None else (("deliver", self.deliver_to),)
        return (*collects, *delivers)

    @property
    def only_vehicle(self) -> str | None:
        """The vehicle that is the only one for it, if there is one."""
        return self.aboard or self.locked_to

    @property
    def load(self) -> tuple[int, int, int]:
        """Grams, cm3 of the hold, cm3 of the cold box; cold goods take no room outside the box."""
        return (self.grams, 0, self.cm3) if self.is_cold else (self.grams, self.cm3, 0)


@dataclass(frozen=True, slots=True)
class Rest:
    """
    A driver's break: whoever is out after ``until_s`` has rested, beginning between the two, not while goods are handed over.

    It may be on the way, at a stop, or before setting out.
    """

    length_s: int
    from_s: int
    until_s: int


@dataclass(frozen=True, slots=True)
class Vehicle:
    """
    A vehicle with its driver for a day.

    ``cm3`` is the hold without the cold box. ``begins_s``: not on its way before; ``ends_s``: at ``end`` by then.
    ``is_out``: it is on its way, so that its fixed cost is spent; it then stands at ``start`` from ``begins_s`` on.

    :param climb_fen_per_km: fuel for 1,000 m of height, beside the fen per kilometre.
    :param empty_fen_per_km: what a kilometre with nothing aboard costs beside the others, as a county values it.
    :param most_trips: trips between calls at the centre, the one counted that it begins with; each call takes ``reload_s``.
    """

    key: str
    start: str
    end: str
    grams: int
    cm3: int
    begins_s: int
    ends_s: int
    kind: str = "van"
    cold_cm3: int = 0
    takes_large: bool = False
    fits_narrow: bool = True
    fixed_fen: int = 0
    fen_per_km: int = 0
    climb_fen_per_km: int = 0
    driver_fen_per_hour: int = 0
    empty_fen_per_km: int = 0
    rest: Rest | None = None
    most_trips: int = 1
    reload_s: int = 0
    is_out: bool = False

    @property
    def room(self) -> tuple[int, int, int]:
        """Grams, cm3 of the hold, cm3 of the cold box."""
        return (self.grams, self.cm3, self.cold_cm3)


@dataclass(frozen=True, slots=True)
class Day:
    """
    All that is to plan.

    :raises NotADay: for keys or places that are there twice or not at all, amounts below nothing, windows that never open.
    """

    centre: str
    tasks: tuple[Task, ...]
    vehicles: tuple[Vehicle, ...]
    ground: Ground
    by_key: Mapping[str, Task] = field(init=False, repr=False, compare=False)
    vehicle_by_key: Mapping[str, Vehicle] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        """Look each thing up once, and refuse what is no day."""
        object.__setattr__(self, "by_key", {task.key: task for task in self.tasks})
        object.__setattr__(self, "vehicle_by_key", {vehicle.key: vehicle for vehicle in self.vehicles})
        if len(self.by_key) != len(self.tasks) or len(self.vehicle_by_key) != len(self.vehicles):
            msg = "a key is there twice"
            raise NotADay(msg)
        _know_all_places(self)
        for task in self.tasks:
            _refuse_task(self, task)
        for vehicle in self.vehicles:
            _refuse_vehicle(vehicle)


def _know_all_places(day: Day) -> None:
    known = set(day.ground.places)
    wanted = {day.centre} | {visit.place for task in day.tasks for _, visit in task.to_visit}
    wanted |= {place for vehicle in day.vehicles for place in (vehicle.start, vehicle.end)}
    if missing := sorted(wanted - known):
        msg = f"no such place on the ground: {', '.join(missing)}"
        raise NotADay(msg)


def _refuse_task(day: Day, task: Task) -> None:
    visits = [visit for _, visit in task.to_visit]
    refusals = {
        "goes nowhere": task.collect_at is None and task.deliver_to is None,
        "is less than nothing": min(task.grams, task.cm3, task.leave_fen, task.late_s, task.late_fen_per_hour) < 0,
        "is aboard one vehicle and locked to another": task.aboard and task.locked_to and task.aboard != task.locked_to,
        "is for a vehicle that is not there": task.only_vehicle is not None and task.only_vehicle not in day.vehicle_by_key,
        "stands somewhere for less than no time": any(visit.service_s < 0 for visit in visits),
        "has a window that never opens": any(one.opens_s > one.closes_s for visit in visits for one in visit.windows),
        "has windows that overlap or are out of order": any(_overlap(visit.windows) for visit in visits),
    }
    for why, is_so in refusals.items():
        if is_so:
            msg = f"{task.key} {why}"
            raise NotADay(msg)


def _overlap(windows: Sequence[Window]) -> bool:
    return any(later.opens_s <= earlier.closes_s for earlier, later in pairwise(windows))


def _refuse_vehicle(vehicle: Vehicle) -> None:
    costs = (vehicle.fixed_fen, vehicle.fen_per_km, vehicle.climb_fen_per_km, vehicle.driver_fen_per_hour, vehicle.empty_fen_per_km)
    if min(*vehicle.room, *costs, vehicle.reload_s) < 0 or vehicle.begins_s > vehicle.ends_s or vehicle.most_trips < 1:
        msg = f"{vehicle.key} has less than nothing of something"
        raise NotADay(msg)
    if vehicle.rest and (vehicle.rest.from_s > vehicle.rest.until_s or vehicle.rest.length_s < 0):
        msg = f"{vehicle.key} has a rest that never begins"
        raise NotADay(msg)
