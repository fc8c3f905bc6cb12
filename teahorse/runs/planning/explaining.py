"""Why a stop is where it is, what a remote place costs, what goods home on the way out save: each worked out, none told by rote."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from teahorse.runs.planning.costs import cost_of, fen_of
from teahorse.runs.planning.ground import CLOSED
from teahorse.runs.planning.inserting import best_offer, opened, tidy
from teahorse.runs.planning.model import Day, Task, Vehicle
from teahorse.runs.planning.plan import Plan, ways_of
from teahorse.runs.planning.planner import plan_day
from teahorse.runs.planning.sheet import NEVER, Sheet
from teahorse.runs.planning.timing import loads_along, timed

WhyNot = Literal["", "locked", "aboard another", "too small", "cold box too small", "large piece", "cannot get there", "no room or time"]


class NotInThePlan(ValueError):
    """Nobody does the task that is asked about; it names it."""


@dataclass(frozen=True, slots=True)
class Otherwise:
    """Another vehicle for a task: what it would add there in fen, or why it cannot."""

    vehicle: str
    adds_fen: int | None
    why_not: WhyNot


@dataclass(frozen=True, slots=True)
class WhyHere:
    """
    Why a task is done by a vehicle.

    :param adds_fen: what its run would cost less without it, with the metres and seconds; ``leave_fen`` is what leaving it costs.
    :param neighbours: the tasks of the same run at the same place: with them the way there is shared.
    :param can_wait_s: how much later each of its visits could begin with everything after it still in time.
    :param otherwise: every other vehicle, the cheapest first.
    """

    task: str
    vehicle: str
    adds_fen: int
    adds_metres: int
    adds_s: int
    leave_fen: int
    neighbours: tuple[str, ...]
    can_wait_s: tuple[int, ...]
    otherwise: tuple[Otherwise, ...]

    @property
    def only_here(self) -> bool:
        """Whether no other vehicle could do it in this plan."""
        return all(one.adds_fen is None for one in self.otherwise)


@dataclass(frozen=True, slots=True)
class Remote:
    """What calling at a place costs: with all that is done there, against leaving it; each in fen, with metres and seconds."""

    place: str
    tasks: tuple[str, ...]
    adds_fen: int
    adds_metres: int
    adds_s: int
    leave_fen: int

    @property
    def fen_per_task(self) -> int:
        """What each task there costs, rounded up."""
        return -(-self.adds_fen // len(self.tasks))


@dataclass(frozen=True, slots=True)
class Backhaul:
    """One plan for goods out and home, against one for each: fen with what is left, metres, tasks left."""

    together_fen: int
    apart_fen: int
    together_metres: int
    apart_metres: int
    together_left: int
    apart_left: int

    @property
    def saved_fen(self) -> int:
        """What driving them together saves; less than nothing if a short search found no better."""
        return self.apart_fen - self.together_fen


def why_here(day: Day, plan: Plan, task: str) -> WhyHere:
    """
    Return why a task is done where the plan has it.

    :raises NotInThePlan: if the plan leaves it.
    """
    run = plan.run_of(task)
    if run is None:
        raise NotInThePlan(task)
    sheet = Sheet(day)
    number, wanted = sheet.van_number[run.vehicle], sheet.number_of[task]
    ways = ways_of(sheet, plan)
    fen, metres, seconds = _less(sheet, number, ways[number], {wanted})
    places = {stop.place for stop in run.stops if stop.task == task}
    beside = {stop.task for stop in run.stops if stop.place in places and stop.task} - {task}
    others = [_otherwise(sheet, other, ways[other], wanted) for other in range(len(sheet.vans)) if other != number]
    return WhyHere(
        task=task,
        vehicle=run.vehicle,
        adds_fen=fen,
        adds_metres=metres,
        adds_s=seconds,
        leave_fen=day.by_key[task].leave_fen,
        neighbours=tuple(sorted(one for one in beside if one)),
        can_wait_s=_can_wait(sheet, number, ways[number], wanted),
        otherwise=tuple(sorted(others, key=lambda one: (one.adds_fen is None, one.adds_fen or 0, one.vehicle))),
    )


def _less(sheet: Sheet, number: int, way: list[int], tasks: set[int]) -> tuple[int, int, int]:
    """Return the fen, metres and seconds that a way would be less without some tasks, in the same order otherwise."""

    def figures(one: list[int]) -> tuple[int, int, int]:
        loads, times = loads_along(sheet, number, one), timed(sheet, sheet.vans[number], one)
        if loads is None or times is None or not (one or sheet.vans[number].is_out):
            return 0, 0, 0
        cost = cost_of(sheet, number, one, times, loads)
        return cost.fen, cost.metres, times.ends_s - times.sets_out_s

    gone = {node for task in tasks for node in sheet.nodes[task]}
    whole, without = figures(way), figures(tidy(node for node in way if node not in gone))
    return whole[0] - without[0], whole[1] - without[1], whole[2] - without[2]


def _can_wait(sheet: Sheet, number: int, way: list[int], task: int) -> tuple[int, ...]:
    """Return how many seconds later each visit of a task could begin, by trying: its windows shut until then."""
    times = timed(sheet, sheet.vans[number], way)
    found = []
    for at, node in enumerate(way):
        if times is not None and node in sheet.nodes[task]:
            found.append(_latest(sheet, number, way, node, times.begins_s[at]) - times.begins_s[at])
    return tuple(found)


def _latest(sheet: Sheet, number: int, way: list[int], node: int, begins: int) -> int:
    """Return the latest moment at which a visit can begin; its window is put back as it was."""
    known, late_s = sheet.windows[node], sheet.late_s[node]
    window = next((one for one in known if one[0] <= begins <= one[1]), (begins, begins))
    low, high = begins, min(window[1], sheet.vans[number].ends_s)
    sheet.late_s[node] = 0
    while low < high:
        middle = (low + high + 1) // 2
        sheet.windows[node] = ((middle, window[1]),)
        holds = timed(sheet, sheet.vans[number], way) is not None
        low, high = (middle, high) if holds else (low, middle - 1)
    sheet.windows[node], sheet.late_s[node] = known, late_s
    return low


def _otherwise(sheet: Sheet, number: int, way: list[int], task: int) -> Otherwise:
    vehicle = sheet.day.vehicles[number]
    one = opened(sheet, number, way)
    offer = best_offer(sheet, one, task, below=NEVER) if one else None
    if offer is None:
        return Otherwise(vehicle.key, None, _why_not(sheet, number, sheet.tasks[task]))
    before, after = fen_of(sheet, number, way), fen_of(sheet, number, offer[2])
    return Otherwise(vehicle.key, (after or 0) - (before or 0), "")


def _why_not(sheet: Sheet, number: int, task: Task) -> WhyNot:
    vehicle, van = sheet.day.vehicles[number], sheet.vans[number]
    reasons: tuple[tuple[bool, WhyNot], ...] = (
        (task.aboard not in (None, vehicle.key), "aboard another"),
        (task.locked_to not in (None, vehicle.key), "locked"),
        (task.is_large and not vehicle.takes_large, "large piece"),
        (task.load[2] > vehicle.cold_cm3, "cold box too small"),
        (task.load[0] > vehicle.grams or task.load[1] > vehicle.cm3, "too small"),
        (any(CLOSED in _legs(sheet, vehicle, van.seconds, visit.place) for _, visit in task.to_visit), "cannot get there"),
    )
    return next((why for is_so, why in reasons if is_so), "no room or time")


def _legs(sheet: Sheet, vehicle: Vehicle, seconds: Iterable[Iterable[int]], place: str) -> tuple[int, int]:
    rows = [list(row) for row in seconds]
    here = sheet.place_of[place]
    return rows[sheet.place_of[vehicle.start]][here], rows[here][sheet.place_of[vehicle.end]]


def remote(day: Day, plan: Plan, place: str) -> Remote | None:
    """Return what calling at a place costs in a plan, all else in the same order; None if nobody calls there."""
    sheet = Sheet(day)
    ways = ways_of(sheet, plan)
    total, there = [0, 0, 0], []
    for run in plan.runs:
        tasks = {stop.task for stop in run.stops if stop.place == place and stop.task}
        if tasks:
            number = sheet.van_number[run.vehicle]
            less = _less(sheet, number, ways[number], {sheet.number_of[one] for one in tasks if one})
            total = [had + more for had, more in zip(total, less, strict=True)]
            there += sorted(one for one in tasks if one)
    if not there:
        return None
    return Remote(place, tuple(there), total[0], total[1], total[2], sum(day.by_key[key].leave_fen for key in there))


def backhaul(day: Day, *, plan: Plan | None = None, seconds: float = 20.0) -> Backhaul:
    """
    Return what one plan for goods out and home saves against two: the same fleet drives goods of the centre, then all others.

    :param plan: the plan of both together, where it is known; ``seconds`` are for each plan that is not.
    """
    together = plan or plan_day(day, seconds=seconds).plan
    out = tuple(task for task in day.tasks if task.kind == "deliver")
    back = tuple(task for task in day.tasks if task.kind != "deliver")
    apart = [plan_day(Day(day.centre, tasks, day.vehicles, day.ground), seconds=seconds).plan for tasks in (out, back)]
    return Backhaul(
        together_fen=together.fen,
        apart_fen=sum(one.fen for one in apart),
        together_metres=together.cost.metres,
        apart_metres=sum(one.cost.metres for one in apart),
        together_left=len(together.left),
        apart_left=sum(len(one.left) for one in apart),
    )
