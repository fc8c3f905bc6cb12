"""
Whether a plan keeps its word: one reader of the model and of a plan's own times, who knows nothing of how it was found.

It shares no line with the search: it takes each figure of a plan and asks the day whether it can be so. A plan for which it
finds anything is never given out.
"""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

from teahorse.runs.planning.ground import CLOSED, Table
from teahorse.runs.planning.model import Day, Task, Vehicle, Visit
from teahorse.runs.planning.plan import Plan, Stop, VehicleRun


@dataclass(frozen=True, slots=True)
class Fault:
    """What a plan promises and cannot keep: which rule, of which vehicle, at which task, with the figures in words."""

    rule: str
    vehicle: str
    task: str | None
    what: str


class PlanDoesNotHold(Exception):
    """A search gave a plan that cannot be driven; it is not given out. Carries the faults."""

    def __init__(self, faults: list[Fault]) -> None:
        """Keep what is wrong."""
        super().__init__(f"{len(faults)} faults, the first: {faults[0]}")
        self.faults = faults


def faults_of(day: Day, plan: Plan) -> list[Fault]:
    """Return everything that is wrong with a plan; nothing, if it can be driven as it says."""
    found = list(_of_all(day, plan))
    for run in plan.runs:
        vehicle = day.vehicle_by_key.get(run.vehicle)
        if vehicle is None:
            found.append(Fault("vehicle", run.vehicle, None, "is not there"))
            continue
        if any(stop.task is not None and stop.task not in day.by_key for stop in run.stops):
            found.append(Fault("task", run.vehicle, None, "a stop is for a task that is not there"))
            continue
        for rule in (_shape, _clock, _windows, _rest, _capacity, _belonging):
            found += rule(day, vehicle, run)
    return found


def _of_all(day: Day, plan: Plan) -> Iterator[Fault]:
    """Each vehicle drives once, each visit is made once, each task is done or left, and whoever is out comes home."""
    for vehicle, times in Counter(run.vehicle for run in plan.runs).items():
        if times > 1:
            yield Fault("vehicle", vehicle, None, f"drives {times} runs at once")
    for one in day.vehicles:
        if one.is_out and not any(run.vehicle == one.key for run in plan.runs):
            yield Fault("vehicle", one.key, None, "is out and never comes home")
    if plan.left_fen != sum(day.by_key[key].leave_fen for key in plan.left):
        yield Fault("cost", "", None, "what is left costs something else")
    yield from _each_once(day, plan)


def _each_once(day: Day, plan: Plan) -> Iterator[Fault]:
    done = Counter((stop.task, stop.doing) for run in plan.runs for stop in run.stops if stop.task)
    for (key, doing), times in done.items():
        if times > 1:
            yield Fault("once", "", key, f"{doing} {times} times")
    for task in day.tasks:
        asked = {what for what, _ in task.to_visit}
        made = {doing for (key, doing) in done if key == task.key}
        is_left = task.key in plan.left
        if made - asked:
            yield Fault("once", "", task.key, f"nobody asked to {', '.join(sorted(made - asked))} it")
        if asked and (bool(made) == is_left or (made and made != asked)):
            yield Fault("pair", "", task.key, f"done: {sorted(made)}, asked: {sorted(asked)}, left: {is_left}")


def _table(day: Day, vehicle: Vehicle) -> Table:
    return day.ground.every if vehicle.fits_narrow or day.ground.wide is None else day.ground.wide


def _shape(day: Day, vehicle: Vehicle, run: VehicleRun) -> Iterator[Fault]:
    """It begins and ends where the vehicle does, reloads at the centre as often as it may, and each stop is at its task's place."""
    doings = [stop.doing for stop in run.stops]
    if len(doings) < 2 or doings[0] != "set out" or doings[-1] != "come home" or {"set out", "come home"} & set(doings[1:-1]):
        yield Fault("shape", run.vehicle, None, "does not set out once and come home once")
        return
    if (run.stops[0].place, run.stops[-1].place) != (vehicle.start, vehicle.end):
        yield Fault("shape", run.vehicle, None, "begins or ends elsewhere than its vehicle")
    if doings.count("reload") + 1 > vehicle.most_trips:
        yield Fault("trips", run.vehicle, None, f"{doings.count('reload') + 1} trips of at most {vehicle.most_trips}")
    for stop in run.stops:
        place = day.centre if stop.doing == "reload" else _place_of(day, stop) or stop.place
        if stop.place != place:
            yield Fault("place", run.vehicle, stop.task, f"is done at {stop.place} instead of {place}")


def _visit_of(task: Task, stop: Stop) -> Visit | None:
    return task.collect_at if stop.doing == "collect" else task.deliver_to


def _place_of(day: Day, stop: Stop) -> str | None:
    visit = _visit_of(day.by_key[stop.task], stop) if stop.task else None
    return visit.place if visit else None


def _clock(day: Day, vehicle: Vehicle, run: VehicleRun) -> Iterator[Fault]:
    """No leg is closed or quicker than the ground lets it be, nothing begins before it is reached, the shift holds."""
    table, index = _table(day, vehicle), {place: number for number, place in enumerate(day.ground.places)}
    for before, stop in zip(run.stops, run.stops[1:], strict=False):
        here, there = index[before.place], index[stop.place]
        seconds = table.seconds[here][there]
        if seconds == CLOSED or (stop.metres, stop.climb_m) != (table.metres[here][there], table.climb_m[here][there]):
            yield Fault("way", run.vehicle, stop.task, f"no such way from {before.place} to {stop.place}")
        elif stop.arrives_s < before.leaves_s + seconds:
            yield Fault("way", run.vehicle, stop.task, f"{seconds} s to {stop.place} are driven in {stop.arrives_s - before.leaves_s}")
        if stop.begins_s < stop.arrives_s or stop.leaves_s < stop.begins_s + _service(day, vehicle, stop):
            yield Fault("service", run.vehicle, stop.task, f"{stop.arrives_s}, {stop.begins_s}, {stop.leaves_s}")
    if run.stops[0].leaves_s < vehicle.begins_s or run.stops[-1].arrives_s > vehicle.ends_s:
        yield Fault("shift", run.vehicle, None, f"{run.stops[0].leaves_s} to {run.stops[-1].arrives_s}")


def _service(day: Day, vehicle: Vehicle, stop: Stop) -> int:
    if stop.doing == "reload":
        return vehicle.reload_s
    visit = _visit_of(day.by_key[stop.task], stop) if stop.task else None
    return visit.service_s if visit else 0


def _windows(day: Day, _vehicle: Vehicle, run: VehicleRun) -> Iterator[Fault]:
    """Each visit begins in one of its windows, or no later after the last than its task allows."""
    for stop in run.stops:
        task = day.by_key[stop.task] if stop.task else None
        visit = _visit_of(task, stop) if task else None
        if task is None or visit is None or not visit.windows:
            continue
        in_time = any(window.opens_s <= stop.begins_s <= window.closes_s for window in visit.windows)
        last = max(window.closes_s for window in visit.windows)
        if not in_time and not last < stop.begins_s <= last + task.late_s:
            yield Fault("window", run.vehicle, stop.task, f"begins at {stop.begins_s}, open {visit.windows}")


def _rest(day: Day, vehicle: Vehicle, run: VehicleRun) -> Iterator[Fault]:
    """
    Whoever is out after the last moment for a rest has had it, and the clock stood still meanwhile.

    It begins in its own time, after what came before was done, and its whole length fits beside the leg's driving before the
    next stop is reached or, where it is spent waiting there, begins.
    """
    rest, rests = vehicle.rest, [(number, stop) for number, stop in enumerate(run.stops) if stop.rests_s is not None]
    if rest is None or not rest.length_s:
        return
    if run.stops[-1].arrives_s <= rest.until_s and not rests:
        return
    if len(rests) != 1:
        yield Fault("rest", run.vehicle, None, f"{len(rests)} rests, and home at {run.stops[-1].arrives_s}")
        return
    number, stop = rests[0]
    begins = stop.rests_s or 0
    before = run.stops[number - 1] if number else run.stops[0]
    ends = begins + rest.length_s
    if not rest.from_s <= begins <= rest.until_s:
        yield Fault("rest", run.vehicle, stop.task, f"begins at {begins}, not from {rest.from_s} to {rest.until_s}")
    if number == 1 and vehicle.begins_s <= begins and ends <= before.leaves_s:
        return
    index = {place: where for where, place in enumerate(day.ground.places)}
    seconds = _table(day, vehicle).seconds[index[before.place]][index[stop.place]]
    if begins < before.leaves_s or ends > stop.begins_s or stop.begins_s - before.leaves_s < seconds + rest.length_s:
        yield Fault("rest", run.vehicle, stop.task, f"{before.leaves_s}, rest {begins} to {ends}, {stop.begins_s}, way {seconds}")


def _capacity(day: Day, vehicle: Vehicle, run: VehicleRun) -> Iterator[Fault]:
    """At every stop all that is aboard fits, and the figures of the plan are those of the goods that are."""
    aboard = {task.key for task in day.tasks if task.aboard == vehicle.key}
    at_centre = vehicle.start == day.centre
    for number, stop in enumerate(run.stops):
        if stop.doing == "reload" or (number == 0 and at_centre):
            aboard -= {key for key in aboard if day.by_key[key].kind == "collect" and number}
            aboard |= set(_loaded_at(day, run, number))
        elif stop.doing == "collect" and stop.task:
            aboard |= {stop.task}
        elif stop.doing == "deliver":
            if stop.task not in aboard:
                yield Fault("order", run.vehicle, stop.task, "is delivered before it is aboard")
            aboard -= {stop.task or ""}
        elif stop.doing == "come home" and stop.place == day.centre:
            aboard = set()
        told = (stop.grams, stop.cm3, stop.cold_cm3)
        if told != (loads := _together(day, aboard)):
            yield Fault("capacity", run.vehicle, stop.task, f"says {told} aboard, it is {loads}")
        if any(has > most for has, most in zip(loads, (vehicle.grams, vehicle.cm3, vehicle.cold_cm3), strict=True)):
            yield Fault("capacity", run.vehicle, stop.task, f"{loads} aboard of {vehicle.room}")
    if any(day.by_key[key].kind == "collect" for key in aboard):
        yield Fault("order", run.vehicle, None, "goods for the centre never come there")


def _loaded_at(day: Day, run: VehicleRun, number: int) -> Iterator[str]:
    """Yield what is loaded at the centre: goods from there that are delivered before the next call."""
    for stop in run.stops[number + 1 :]:
        if stop.doing == "reload":
            return
        if stop.doing == "deliver" and stop.task and day.by_key[stop.task].collect_at is None and not day.by_key[stop.task].aboard:
            yield stop.task


def _together(day: Day, keys: set[str]) -> tuple[int, int, int]:
    tasks = [day.by_key[key] for key in keys]
    return (
        sum(task.grams for task in tasks),
        sum(task.cm3 for task in tasks if not task.is_cold),
        sum(task.cm3 for task in tasks if task.is_cold),
    )


def _is_cut_off(day: Day, vehicle: Vehicle) -> bool:
    index = {place: number for number, place in enumerate(day.ground.places)}
    return vehicle.end != day.centre and _table(day, vehicle).seconds[index[vehicle.start]][index[day.centre]] == CLOSED


def _belonging(day: Day, vehicle: Vehicle, run: VehicleRun) -> Iterator[Fault]:
    """Locks hold, what is aboard stays aboard, large goods go only where they can; a pair is fetched before it is brought."""
    seen: set[tuple[str, str]] = set()
    for stop in run.stops:
        if stop.task is None:
            continue
        task = day.by_key[stop.task]
        if {task.locked_to, task.aboard} - {None, vehicle.key}:
            yield Fault("lock", run.vehicle, task.key, f"belongs to {task.aboard or task.locked_to}")
        if task.kind == "collect" and not task.aboard and _is_cut_off(day, vehicle):
            yield Fault("end", run.vehicle, task.key, "goes to the centre, where its vehicle cannot come")
        if task.is_large and not vehicle.takes_large and not task.aboard:
            yield Fault("large", run.vehicle, task.key, "is too large a piece")
        if stop.doing == "deliver" and task.kind == "carry" and not task.aboard and (task.key, "collect") not in seen:
            yield Fault("order", run.vehicle, task.key, "is brought before it is fetched")
        seen.add((task.key, stop.doing))
