"""
A county's day, planned: our own first answer at once, VROOM's, then PyVRP's search from the best of them until time is up.

Whoever watches is told of each better plan; whoever has seen enough stops it. Nothing is given out that
:mod:`.checking` finds a fault with.
"""

import itertools
import os
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from teahorse.runs.planning.checking import PlanDoesNotHold, faults_of
from teahorse.runs.planning.inserting import Ways, cost_of_ways, greedy, repaired, shaken
from teahorse.runs.planning.model import Day
from teahorse.runs.planning.plan import Plan, plan_of, ways_of
from teahorse.runs.planning.record import Record, Step, record_of
from teahorse.runs.planning.searching import searched
from teahorse.runs.planning.seeding import seeded
from teahorse.runs.planning.sheet import NEVER, Sheet

FINAL_S = 20.0
FIRST_S = 1.5
"""By then the first answer is there, if need be of a part of the day: the rest of it is the other solvers'."""
SEEDING_PART, MENDING_PART, BETWEEN_PART, MENDING_AGAIN_PART, POLISHING_PART = 0.4, 0.4, 0.3, 0.8, 0.03
"""Of all the time, the first and the last; of what is then left to the long search, the others."""
SEEDING_MOST_S = 8.0
THREADS = min(2, len(os.sched_getaffinity(0)))
FEW_LEFT = 0.1
"""Of the tasks; if no more are left, the search first tries to leave none at all."""
BETWEEN_TOLD_S = 0.25


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a search is: seconds since it began, what the best plan costs with all that it leaves, how many it leaves, whose it is."""

    seconds: float
    fen: int
    left: int
    found_by: str


@dataclass(frozen=True, slots=True)
class Planned:
    """A plan that holds, and the record of how it was found."""

    plan: Plan
    record: Record


@dataclass(slots=True)
class Search:
    """One search: the best ways so far, and the clock."""

    sheet: Sheet
    seconds: float
    on_progress: Callable[[Progress], None] | None
    should_stop: Callable[[], bool] | None
    rounds: int | None = None
    began: float = field(default_factory=time.monotonic)
    ways: Ways = field(default_factory=list)
    fen: int = NEVER
    steps: list[Step] = field(default_factory=list)
    told: float = -1.0
    asked_to_stop: bool = False

    def elapsed(self) -> float:
        """Return the seconds since it began."""
        return time.monotonic() - self.began

    def is_over(self, until: float) -> bool:
        """Whether a part of the time is used up, or somebody has seen enough."""
        if not self.asked_to_stop and self.should_stop is not None:
            self.asked_to_stop = self.should_stop()
        return self.asked_to_stop or self.elapsed() >= until

    def over_after(self, until: float) -> Callable[[], bool]:
        """Return what is asked once in each round of a part of the search whether it is over, by time or by rounds."""
        left = itertools.count() if self.rounds is None else iter(range(self.rounds))
        return lambda: next(left, None) is None or self.is_over(until)

    def offer(self, ways: Sequence[Sequence[int]], found_by: str) -> None:
        """Take ways for the best if they are, once repaired; say so."""
        mended = repaired(self.sheet, ways)
        fen = cost_of_ways(self.sheet, mended)
        self.steps.append(Step(found_by, round(self.elapsed(), 3), fen, len(self.sheet.left(mended))))
        if fen < self.fen:
            self.ways, self.fen = mended, fen
            if self.on_progress is not None:
                self.on_progress(Progress(self.elapsed(), fen, len(self.sheet.left(mended)), found_by))

    def offer_at_times(self, ways: Ways) -> None:
        """Take what the long search finds, but no more often than somebody could watch."""
        if self.rounds is not None or self.elapsed() - self.told >= BETWEEN_TOLD_S:
            self.told = self.elapsed()
            self.offer(ways, "pyvrp")


def plan_day(
    day: Day,
    *,
    seconds: float = FINAL_S,
    rounds: int | None = None,
    seed: int = 1,
    begin_with: Plan | None = None,
    on_progress: Callable[[Progress], None] | None = None,
    should_stop: Callable[[], bool] | None = None,
) -> Planned:
    """
    Plan a day within some seconds, the whole of it counted.

    :param rounds: of each part of the search at most so many, and VROOM is not asked: with time enough the same day and seed then give the
        same plan, on whatever machine.
    :param begin_with: a plan to begin with, of this day or of another one that knows some of its tasks.
    :param on_progress: is told of each better plan, the first well within two seconds.
    :param should_stop: is asked often; True ends the search with the best so far.
    :raises PlanDoesNotHold: if the checker finds a fault with the best plan; it is never given out.
    """
    search = Search(Sheet(day), seconds, on_progress, should_stop, rounds)
    ends = seconds * (1 - POLISHING_PART)
    search.offer(greedy(search.sheet, stop=lambda: search.is_over(seconds if rounds else min(seconds, FIRST_S))), "greedy")
    if begin_with is not None:
        search.offer(ways_of(search.sheet, begin_with), "old plan")
    _seed(search)
    if day.tasks and day.vehicles and not search.is_over(ends):
        _search_long(search, seed=seed, ends=ends)
    shakes = 0 if search.is_over(seconds) else 100_000
    search.offer(shaken(search.sheet, search.ways, rounds=shakes, seed=seed, stop=search.over_after(seconds)), "polish")
    plan = plan_of(search.sheet, search.ways)
    if faults := faults_of(day, plan):
        raise PlanDoesNotHold(faults)
    return Planned(plan, record_of(day, plan, seconds=search.elapsed(), seed=seed, steps=search.steps))


def _seed(search: Search) -> None:
    most = min(SEEDING_MOST_S, search.seconds * SEEDING_PART, search.seconds * (1 - POLISHING_PART) - search.elapsed())
    if search.rounds is None and not search.is_over(search.seconds):  # with rounds the same day has the same plan; of VROOM it has not
        ways = seeded(search.sheet, seconds=most, threads=THREADS)
        if ways is not None:
            search.offer(ways, "vroom")


def _search_long(search: Search, *, seed: int, ends: float) -> None:
    """Try to leave nothing where little is left, then search; if that leaves something yet, try once more and search on."""

    def part(share: float) -> float:
        return search.elapsed() + share * (ends - search.elapsed())

    _leave_nothing(search, seed=seed, until=part(MENDING_PART))
    is_whole = not _few_left(search)
    _search(search, seed=seed, until=ends if is_whole else part(BETWEEN_PART))
    if not is_whole:
        _leave_nothing(search, seed=seed + 1, until=part(MENDING_AGAIN_PART))
        _search(search, seed=seed + 1, until=ends)


def _search(search: Search, *, seed: int, until: float) -> None:
    if not search.is_over(until):
        ways, _ = searched(search.sheet, search.ways, seed=seed, stop=search.over_after(until), on_best=search.offer_at_times)
        search.offer(ways, "pyvrp")


def _few_left(search: Search) -> bool:
    """Whether so little is left that it might all go."""
    sheet = search.sheet
    left = [task for task in sheet.left(search.ways) if any(row[task] for row in sheet.may_take)]
    return bool(left) and len(left) <= max(2, FEW_LEFT * len(sheet.tasks))


def _leave_nothing(search: Search, *, seed: int, until: float) -> None:
    if _few_left(search) and not search.is_over(until):
        ways, holds = searched(
            search.sheet, search.ways, seed=seed, stop=search.over_after(until), on_best=search.offer_at_times, leave_nothing=True
        )
        if holds:
            search.offer(ways, "pyvrp, leaving nothing")
