"""A day's plan as it is given out: who drives, in which order, when, with what aboard, at what cost; and what stays behind."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from teahorse.runs.planning.costs import Cost, cost_of, is_driven
from teahorse.runs.planning.sheet import RELOAD, Load, Sheet
from teahorse.runs.planning.timing import Timed, loads_along, placed_at, timed

Doing = Literal["set out", "collect", "deliver", "reload", "come home"]


@dataclass(frozen=True, slots=True)
class Stop:
    """
    One thing done at a place; ``grams``, ``cm3`` and ``cold_cm3`` are aboard when leaving; metres and climb lead to it.

    ``rests_s`` is when the driver's break begins that lies on the way to it, at it before it begins, or before setting out.
    """

    place: str
    doing: Doing
    task: str | None
    arrives_s: int
    begins_s: int
    leaves_s: int
    grams: int
    cm3: int
    cold_cm3: int
    metres: int
    climb_m: int
    rests_s: int | None = None


@dataclass(frozen=True, slots=True)
class VehicleRun:
    """A vehicle's day: its stops, the first sets out, the last comes home, and what it costs."""

    vehicle: str
    stops: tuple[Stop, ...]
    cost: Cost

    @property
    def tasks(self) -> tuple[str, ...]:
        """The tasks that it brings to their end, in that order."""
        last = {stop.task: number for number, stop in enumerate(self.stops) if stop.task}
        return tuple(task for task, _ in sorted(last.items(), key=lambda one: one[1]))


@dataclass(frozen=True, slots=True)
class Plan:
    """What every vehicle does, and the tasks that are left for tomorrow with what that costs."""

    runs: tuple[VehicleRun, ...]
    left: tuple[str, ...]
    left_fen: int

    @property
    def fen(self) -> int:
        """What the day costs, what is left for tomorrow counted."""
        return self.cost.fen + self.left_fen

    @property
    def cost(self) -> Cost:
        """What is driven costs."""
        return sum((run.cost for run in self.runs), Cost())

    def run_of(self, task: str) -> VehicleRun | None:
        """Return the run that does a task; None where it is left."""
        return next((run for run in self.runs if any(stop.task == task for stop in run.stops)), None)


class NotDrivable(ValueError):
    """A way cannot be driven as it stands; it names the vehicle."""


def plan_of(sheet: Sheet, ways: Sequence[Sequence[int]]) -> Plan:
    """
    Return the plan that ways make.

    :raises NotDrivable: if one of them cannot be driven.
    """
    runs = tuple(_run(sheet, number, way) for number, way in enumerate(ways) if is_driven(sheet, number, way))
    left = tuple(sheet.tasks[task].key for task in sheet.left(ways))
    return Plan(runs, left, sum(sheet.day.by_key[key].leave_fen for key in left))


def ways_of(sheet: Sheet, plan: Plan) -> list[list[int]]:
    """Return a plan's ways, of vehicles and tasks that the day still knows; what is aboard by now is not collected again."""
    ways: list[list[int]] = [[] for _ in sheet.vans]
    for run in plan.runs:
        number = sheet.van_number.get(run.vehicle)
        if number is None:
            continue
        for stop in run.stops:
            if stop.doing == "reload":
                ways[number].append(RELOAD)
            elif stop.task in sheet.number_of:
                node = 2 * sheet.number_of[stop.task] + (stop.doing == "deliver")
                if node in sheet.nodes[node >> 1]:
                    ways[number].append(node)
    return ways


def _run(sheet: Sheet, number: int, way: Sequence[int]) -> VehicleRun:
    van = sheet.vans[number]
    loads = loads_along(sheet, number, way)
    times = timed(sheet, van, way)
    if loads is None or times is None:
        raise NotDrivable(van.key)
    return VehicleRun(van.key, tuple(_stops(sheet, number, way, times, loads)), cost_of(sheet, number, way, times, loads))


def _stops(sheet: Sheet, number: int, way: Sequence[int], times: Timed, loads: Sequence[Load]) -> list[Stop]:
    van, names = sheet.vans[number], sheet.day.ground.places
    rest_leg, rests_s = times.rests_at or (None, None)
    found = [Stop(names[van.start], "set out", None, times.sets_out_s, times.sets_out_s, times.sets_out_s, *loads[0], 0, 0)]
    before = van.start
    for leg, node in enumerate(way):
        place, begins = placed_at(sheet, node), times.begins_s[leg]
        is_reload = node == RELOAD
        doing: Doing = "reload" if is_reload else "deliver" if node & 1 else "collect"
        found.append(
            Stop(
                place=names[place],
                doing=doing,
                task=None if is_reload else sheet.tasks[node >> 1].key,
                arrives_s=times.arrives_s[leg],
                begins_s=begins,
                leaves_s=begins + (van.reload_s if is_reload else sheet.service[node]),
                grams=loads[leg + 1][0],
                cm3=loads[leg + 1][1],
                cold_cm3=loads[leg + 1][2],
                metres=van.metres[before][place],
                climb_m=van.climb_m[before][place],
                rests_s=rests_s if leg == rest_leg else None,
            )
        )
        before = place
    ends, rests = times.ends_s, rests_s if rest_leg == len(way) else None
    aboard = (0, 0, 0) if van.end == sheet.centre else loads[-1]
    legs = van.metres[before][van.end], van.climb_m[before][van.end]
    return [*found, Stop(names[van.end], "come home", None, ends, ends, ends, *aboard, *legs, rests_s=rests)]
