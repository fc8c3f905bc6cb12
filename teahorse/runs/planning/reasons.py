"""
Why a task is left for tomorrow, and what would help: found by trying, not by guessing.

Each reason is the first of a row of questions that is answered with no, from what nothing can change to what is a choice.
Relaxations are tried against the plan as it is: whether the task then finds a place in it, and what that adds.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Literal

from teahorse.runs.planning.ground import CLOSED, Ground
from teahorse.runs.planning.inserting import Offer, Ways, cheapest, opened
from teahorse.runs.planning.model import Day, Task, Vehicle, Visit
from teahorse.runs.planning.plan import Plan, ways_of
from teahorse.runs.planning.sheet import NEVER, Sheet

Reason = Literal[
    "no vehicle",
    "vehicle too small",
    "cut off",
    "only narrow roads",
    "shift too short",
    "window cannot be met",
    "no room",
    "no time",
    "no room and no time",
    "dearer than waiting",
]
Help = Literal["one hour longer", "one vehicle more", "window opened", "lock taken off", "pass opened", "worth more"]
IMPOSSIBLE: frozenset[Reason] = frozenset(
    {"no vehicle", "vehicle too small", "cut off", "only narrow roads", "shift too short", "window cannot be met"}
)
"""Reasons that hold whatever else is planned."""
HOUR_S = 3600
ALL_DAY_S = 3 * 86_400
WHOLE = 1 << 60


@dataclass(frozen=True, slots=True)
class Relaxation:
    """What would let a task be done: of which vehicle or kind, and what it adds to what the plan costs, in fen."""

    help: Help
    of: str
    adds_fen: int


@dataclass(frozen=True, slots=True)
class LeftBehind:
    """
    A task that is left, why, and what would help.

    :param by: what stands in its way: the pass, the vehicle that it is locked to, the amount that is too large.
    :param adds_fen: what doing it would add where it could be done; beside it stands what leaving it costs.
    """

    task: str
    reason: Reason
    by: str
    must_go: bool
    leave_fen: int
    adds_fen: int | None
    helps: tuple[Relaxation, ...]

    @property
    def is_impossible(self) -> bool:
        """Whether it could not be done even if nothing else were to do."""
        return self.reason in IMPOSSIBLE


def left_behind(day: Day, plan: Plan, *, if_open: Ground | None = None) -> tuple[LeftBehind, ...]:
    """
    Return why each task is left and what would help.

    :param if_open: the ground as if nothing were closed, to say whether an open pass would help.
    """
    sheet = Sheet(day)
    helps = _helps(day, plan, if_open)
    found = []
    for key in plan.left:
        task = day.by_key[key]
        reason, by, adds = _reason(sheet, plan, task)
        found.append(LeftBehind(key, reason, by, task.must_go, task.leave_fen, adds, helps.get(key, ())))
    return tuple(found)


def impossible(day: Day, plan: Plan, *, if_open: Ground | None = None) -> tuple[LeftBehind, ...]:
    """Return what had to go and does not: if there is anything, the day as it was asked for has no answer."""
    return tuple(one for one in left_behind(day, plan, if_open=if_open) if one.must_go)


def _reason(sheet: Sheet, plan: Plan, task: Task) -> tuple[Reason, str, int | None]:
    day = sheet.day
    meant = [one for one in day.vehicles if task.only_vehicle in (None, one.key)]
    if not meant:
        return "no vehicle", "", None
    fitting = [one for one in meant if sheet.may_take[sheet.van_number[one.key]][sheet.number_of[task.key]]]
    if not fitting:
        return "vehicle too small", _too_much(task, meant), None
    if cut := _cut_off(day, task, fitting):
        return *cut, None
    if alone := _alone(sheet, task, fitting):
        closed = [day.ground.closed_by[visit.place] for _, visit in task.to_visit if visit.windows and visit.place in day.ground.closed_by]
        return alone, closed[0] if alone == "window cannot be met" and closed else "", None
    offer = _offer(sheet, ways_of(sheet, plan), task)
    if offer is not None:
        return "dearer than waiting", "", round(offer[0] / 1000)
    return _full(day, plan, task), "", None


def _too_much(task: Task, vehicles: Iterable[Vehicle]) -> str:
    """Return the first amount that no vehicle has room for."""
    vehicles = list(vehicles)
    if task.is_large and not any(one.takes_large for one in vehicles):
        return "large piece"
    for name, number in (("grams", 0), ("cm3", 1), ("cold_cm3", 2)):
        if task.load[number] > max(one.room[number] for one in vehicles):
            return name
    return "all together"


def _cut_off(day: Day, task: Task, vehicles: Iterable[Vehicle]) -> tuple[Reason, str] | None:
    """Return what cuts a visit off: no vehicle that takes the goods gets there from its start and on to its end."""
    index = {place: number for number, place in enumerate(day.ground.places)}

    def reaches(vehicle: Vehicle, visit: Visit, *, fits_narrow: bool) -> bool:
        seconds = day.ground.table_for(fits_narrow=fits_narrow).seconds
        place = index[visit.place]
        return seconds[index[vehicle.start]][place] != CLOSED and seconds[place][index[vehicle.end]] != CLOSED

    for _, visit in task.to_visit:
        if not any(reaches(one, visit, fits_narrow=one.fits_narrow) for one in vehicles):
            if any(reaches(one, visit, fits_narrow=True) for one in vehicles):
                return "only narrow roads", visit.place
            return "cut off", day.ground.closed_by.get(visit.place, visit.place)
    return None


def _alone(sheet: Sheet, task: Task, vehicles: Iterable[Vehicle]) -> Reason | None:
    """Return why a task could not be done even by a vehicle with nothing else to do; None if it could."""
    if _alone_offer(sheet.day, task, vehicles) is not None:
        return None
    free = replace(task, collect_at=_any_time(task.collect_at), deliver_to=_any_time(task.deliver_to))
    return "shift too short" if _alone_offer(sheet.day, free, vehicles) is None else "window cannot be met"


def _alone_offer(day: Day, task: Task, vehicles: Iterable[Vehicle]) -> Offer | None:
    keys = {one.key for one in vehicles}
    carried = [one for one in day.tasks if one.aboard in keys and one.key != task.key]
    alone = Day(day.centre, (task, *carried), tuple(one for one in day.vehicles if one.key in keys), day.ground)
    sheet = Sheet(alone)
    return _offer(sheet, [[] for _ in sheet.vans], task)


def _offer(sheet: Sheet, ways: Ways, task: Task) -> Offer | None:
    ready = [opened(sheet, number, way) for number, way in enumerate(ways)]
    return cheapest(sheet, ready, sheet.number_of[task.key], below=WHOLE)


def _any_time(visit: Visit | None) -> Visit | None:
    return replace(visit, windows=()) if visit else None


def _full(day: Day, plan: Plan, task: Task) -> Reason:
    """Say what a plan lacks for a task that it could do if it were asked for alone."""
    roomy = tuple(replace(one, grams=WHOLE, cm3=WHOLE, cold_cm3=WHOLE if one.cold_cm3 else 0) for one in day.vehicles)
    unhurried = tuple(replace(one, ends_s=one.ends_s + ALL_DAY_S, rest=None) for one in day.vehicles)
    opened_up = tuple(_timeless(one) if one.key in {*plan.left} else one for one in day.tasks)
    with_room = _fits(Day(day.centre, day.tasks, roomy, day.ground), plan, task)
    with_time = _fits(Day(day.centre, opened_up, unhurried, day.ground), plan, task)
    if with_room:
        return "no room"
    return "no time" if with_time else "no room and no time"


def _timeless(task: Task) -> Task:
    return replace(task, collect_at=_any_time(task.collect_at), deliver_to=_any_time(task.deliver_to))


def _fits(day: Day, plan: Plan, task: Task) -> bool:
    sheet = Sheet(day)
    return _offer(sheet, ways_of(sheet, plan), task) is not None


def _helps(day: Day, plan: Plan, if_open: Ground | None) -> Mapping[str, tuple[Relaxation, ...]]:
    """Return by task what would help, the cheapest first; each relaxation is tried for all tasks that are left."""
    left = [day.by_key[key] for key in plan.left]
    found: dict[str, list[Relaxation]] = {task.key: [] for task in left}
    if not left:
        return {}
    for kind, other in _relaxed(day, plan, if_open):
        sheet = Sheet(other)
        ways = ways_of(sheet, plan)
        ready = [opened(sheet, number, way) for number, way in enumerate(ways)]
        for task in left:
            offer = cheapest(sheet, ready, sheet.number_of[task.key], below=NEVER)
            if offer is not None:
                vehicle = other.vehicles[offer[1]]
                of = vehicle.kind if kind == "one vehicle more" else vehicle.key
                found[task.key].append(Relaxation(kind, of, round(offer[0] / 1000)))
    return {key: _best_of_each(helps) for key, helps in found.items()}


def _best_of_each(helps: Iterable[Relaxation]) -> tuple[Relaxation, ...]:
    best: dict[Help, Relaxation] = {}
    for one in sorted(helps, key=lambda each: each.adds_fen):
        best.setdefault(one.help, one)
    if "worth more" in best:
        return (best["worth more"],)
    return tuple(best.values())


def _relaxed(day: Day, plan: Plan, if_open: Ground | None) -> Iterable[tuple[Help, Day]]:
    """Yield days with one thing relaxed; the first has nothing relaxed: where a task fits then, only its worth is too small."""
    left = set(plan.left)
    yield "worth more", day
    longer = tuple(replace(one, ends_s=one.ends_s + HOUR_S) for one in day.vehicles)
    yield "one hour longer", Day(day.centre, day.tasks, longer, day.ground)
    for kind in sorted({one.kind for one in day.vehicles}):
        sample = next(one for one in day.vehicles if one.kind == kind)
        if sample.is_out or any(task.aboard == sample.key for task in day.tasks):
            continue
        more = replace(sample, key=f"{sample.key}+")
        yield "one vehicle more", Day(day.centre, day.tasks, (*day.vehicles, more), day.ground)
    timeless = tuple(_timeless(task) if task.key in left else task for task in day.tasks)
    yield "window opened", Day(day.centre, timeless, day.vehicles, day.ground)
    if any(task.locked_to for task in day.tasks if task.key in left):
        unlocked = tuple(replace(task, locked_to=None) if task.key in left else task for task in day.tasks)
        yield "lock taken off", Day(day.centre, unlocked, day.vehicles, day.ground)
    if if_open is not None:
        yield "pass opened", Day(day.centre, day.tasks, day.vehicles, if_open)
