"""
Planning again from now: what is loaded stays where it is, what is done is done, and the rest is open to change.

A driver on a leg arrives first; so a vehicle is taken to stand at its next stop from the moment that it leaves it on. A rest that
was taken or has begun is over and done with.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from teahorse.runs.planning.ground import Ground
from teahorse.runs.planning.model import Day, Rest, Task, Vehicle
from teahorse.runs.planning.plan import Plan, Stop, VehicleRun


@dataclass(frozen=True, slots=True)
class Standing:
    """Where a vehicle is from which moment on, and what it has done until then: done tasks, goods aboard, trips begun."""

    vehicle: str
    place: str
    free_s: int
    done: tuple[str, ...]
    aboard: tuple[str, ...]
    trips_begun: int
    has_rested: bool


def standing(day: Day, run: VehicleRun, now_s: int) -> Standing | None:
    """
    Return where a run stands at a moment if it goes as planned; None if it has not set out, or is at home again.

    What a vehicle drives to or does at the moment is counted as done. Goods loaded for the trip that it is on are aboard.
    """
    if now_s < run.stops[0].leaves_s or now_s >= run.stops[-1].arrives_s:
        return None
    next_one = next(number for number, stop in enumerate(run.stops) if stop.leaves_s > now_s or number == len(run.stops) - 1)
    past = run.stops[: next_one + 1]
    aboard = _aboard(day, run, past)
    return Standing(
        vehicle=run.vehicle,
        place=past[-1].place,
        free_s=past[-1].leaves_s,
        done=tuple(stop.task for stop in past if stop.task and _ends(day.by_key[stop.task], stop)),
        aboard=tuple(sorted(aboard)),
        trips_begun=1 + sum(stop.doing == "reload" for stop in past),
        has_rested=any(stop.rests_s is not None for stop in past),
    )


def _ends(task: Task, stop: Stop) -> bool:
    """Whether a stop is the last that is done for a task; goods for the centre are still aboard then."""
    return stop.doing == "deliver" or (task.kind == "collect" and stop.doing == "collect")


def _aboard(day: Day, run: VehicleRun, past: Iterable[Stop]) -> set[str]:
    """Return what is aboard after stops: all goods of the trip, less what was delivered, and what was fetched on it."""
    vehicle = day.vehicle_by_key[run.vehicle]
    aboard = {task.key for task in day.tasks if task.aboard == vehicle.key}
    for number, stop in enumerate(past):
        if stop.doing == "reload" or (number == 0 and vehicle.start == day.centre):
            aboard = {key for key in aboard if day.by_key[key].kind != "collect" or number == 0}
            aboard |= _loaded(day, run, number)
        elif stop.doing == "collect" and stop.task:
            aboard.add(stop.task)
        elif stop.doing == "deliver" and stop.task:
            aboard.discard(stop.task)
    return aboard


def _loaded(day: Day, run: VehicleRun, number: int) -> set[str]:
    found = set()
    for stop in run.stops[number + 1 :]:
        if stop.doing == "reload":
            break
        task = day.by_key[stop.task] if stop.task else None
        if task is not None and stop.doing == "deliver" and task.kind == "deliver":
            found.add(task.key)
    return found


def from_now(
    day: Day,
    plan: Plan,
    *,
    now_s: int,
    ground: Ground | None = None,
    told: Mapping[str, Standing] | None = None,
    more: Iterable[Task] = (),
    finished: Iterable[str] = (),
) -> Day:
    """
    Return what is left of a day at a moment, to be planned again beginning with the old plan.

    :param ground: the roads as they are now, where a pass has closed; a place that nobody reaches is left with its reason.
    :param told: where vehicles really stand, by key, in place of where the plan has them.
    :param more: tasks that have come since.
    :param finished: tasks that are done otherwise, or no longer wanted.
    """
    stands = {run.vehicle: where for run in plan.runs if (where := standing(day, run, now_s)) is not None} | dict(told or {})
    home = {run.vehicle: run for run in plan.runs if now_s >= run.stops[-1].arrives_s and run.vehicle not in stands}
    done = {key for where in stands.values() for key in where.done} | {key for run in home.values() for key in run.tasks}
    aboard = {key: where.vehicle for where in stands.values() for key in where.aboard}
    kept = []
    for task in day.tasks:
        holder = aboard.get(task.key, task.aboard)
        is_done = task.key in done and task.key not in aboard
        if not is_done and task.key not in set(finished) and holder not in home:
            kept.append(replace(task, aboard=holder, locked_to=None if holder else task.locked_to))
    vehicles = []
    for vehicle in day.vehicles:
        if vehicle.key in stands:
            vehicles.append(_out(vehicle, stands[vehicle.key]))
        elif vehicle.key in home:
            vehicles.append(_home(vehicle, home[vehicle.key], now_s))
        else:
            begins = min(max(vehicle.begins_s, now_s), vehicle.ends_s)
            vehicles.append(replace(vehicle, begins_s=begins, rest=_still_to_take(vehicle.rest, begins)))
    return Day(day.centre, (*kept, *more), tuple(vehicles), ground or day.ground)


def _out(vehicle: Vehicle, where: Standing) -> Vehicle:
    """Return a vehicle that is on its way, from its next stop on; a rest that is overdue is due at once."""
    rest = None if where.has_rested or vehicle.rest is None else vehicle.rest
    free = min(where.free_s, vehicle.ends_s)
    return replace(
        vehicle,
        start=where.place,
        begins_s=free,
        most_trips=max(1, vehicle.most_trips - where.trips_begun + 1),
        rest=rest and replace(rest, until_s=max(rest.until_s, free)),
        is_out=True,
    )


def _home(vehicle: Vehicle, run: VehicleRun, now_s: int) -> Vehicle:
    """Return a vehicle that came home: it may go out again if it has a trip left; what it costs to use it is spent."""
    trips = vehicle.most_trips - 1 - sum(stop.doing == "reload" for stop in run.stops)
    has_rested = any(stop.rests_s is not None for stop in run.stops)
    begins = min(now_s, vehicle.ends_s) if trips > 0 else vehicle.ends_s
    rest = None if has_rested else _still_to_take(vehicle.rest, begins)
    return replace(vehicle, start=vehicle.end, begins_s=begins, most_trips=max(1, trips), rest=rest, fixed_fen=0)


def _still_to_take(rest: Rest | None, begins: int) -> Rest | None:
    """Return the rest of a driver who has not set out: after its time it was taken at home."""
    return None if rest is None or begins > rest.until_s else rest
