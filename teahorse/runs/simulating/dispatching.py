"""
Who drives what on a simulated day: today's rule, fixed rounds with goods in and goods out apart, and the planner.

Both have the same vehicles, the same goods and the same knowledge of the morning; neither knows what the day will be like.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from teahorse.runs.planning.model import Day, Task, Vehicle, Visit
from teahorse.runs.planning.plan import ways_of
from teahorse.runs.planning.planner import plan_day
from teahorse.runs.planning.sheet import Sheet
from teahorse.runs.planning.timing import loads_along, timed
from teahorse.runs.simulating.county import CENTRE, VALLEYS, County
from teahorse.runs.simulating.goods import Parcel, working_day

HOUR, MINUTE = 3600, 60
BEGINS_S, ENDS_S = 8 * HOUR, 19 * HOUR
STOP_S, PARCEL_S = 5 * MINUTE, 90
BUNDLE_GRAMS, BUNDLE_CM3 = 120_000, 800_000
WORTH_FEN = (12_000, 4000, 800)
"""
What leaving a parcel for the next day costs, as the planner is told: with no day of runs left before its promise breaks, with
one, with more; more for each day late, and much for fresh matsutake at once.
"""
WORTH_A_DAY_LATE_FEN, WORTH_COLD_FEN = 1500, 12_000
ENOUGH_S = 600.0
Ways = list[list[int]]


@dataclass(frozen=True, slots=True)
class Bundle:
    """Parcels of one place that are handled together, and the task that they make."""

    task: Task
    parcels: tuple[Parcel, ...]


@dataclass(frozen=True, slots=True)
class Morning:
    """What is known when a day begins: its ground, what waits in bundles by their key, the vehicles."""

    today: date
    county: County
    day: Day
    bundles: Mapping[str, Bundle]


Rule = Callable[[Morning, Sheet], Ways]


def vehicles() -> tuple[Vehicle, ...]:
    """Return the county's vehicles: a truck, two vans, a van with a cold hold; their costs are assumptions."""

    def made(key: str, room: tuple[int, int, int], fixed_fen: int, fuel_fen: tuple[int, int]) -> Vehicle:
        return Vehicle(
            key,
            CENTRE,
            CENTRE,
            *room[:2],
            BEGINS_S,
            ENDS_S,
            kind=key.split(maxsplit=1)[0],
            cold_cm3=room[2],
            fixed_fen=fixed_fen,
            fen_per_km=fuel_fen[0],
            climb_fen_per_km=fuel_fen[1],
            driver_fen_per_hour=2800,
        )

    vans = [made(f"van {number}", (700_000, 4_500_000, 0), 5000, (110, 500)) for number in (1, 2)]
    return (
        made("truck", (1_800_000, 12_000_000, 0), 9000, (190, 900)),
        *vans,
        made("cold van", (600_000, 2_500_000, 1_500_000), 6000, (125, 550)),
    )


def morning_of(today: date, county: County, waiting: Iterable[Parcel]) -> Morning:
    """Return what is known in the morning, the goods that wait bundled by place, direction and cold, the first due first."""
    together: dict[tuple[str, str, bool], list[Parcel]] = defaultdict(list)
    for parcel in sorted(waiting, key=lambda one: (one.promised, one.key)):
        together[parcel.place, parcel.kind, parcel.is_cold].append(parcel)
    bundles = [bundle for parcels in together.values() for bundle in _bundled(parcels, today)]
    day = Day(CENTRE, tuple(one.task for one in bundles), vehicles(), county.ground_on(today))
    return Morning(today, county, day, {one.task.key: one for one in bundles})


def _bundled(parcels: Sequence[Parcel], today: date) -> Iterable[Bundle]:
    lot: list[Parcel] = []
    for parcel in parcels:
        grams, cm3 = sum(one.grams for one in lot) + parcel.grams, sum(one.cm3 for one in lot) + parcel.cm3
        if lot and (grams > BUNDLE_GRAMS or cm3 > BUNDLE_CM3):
            yield _bundle(lot, today)
            lot = []
        lot.append(parcel)
    yield _bundle(lot, today)


def _bundle(parcels: Sequence[Parcel], today: date) -> Bundle:
    first = parcels[0]
    visit = Visit(first.place, STOP_S + PARCEL_S * len(parcels))
    task = Task(
        first.key,
        collect_at=visit if first.kind == "collect" else None,
        deliver_to=visit if first.kind == "deliver" else None,
        grams=sum(one.grams for one in parcels),
        cm3=sum(one.cm3 for one in parcels),
        is_cold=first.is_cold,
        leave_fen=sum(_worth(one, today) for one in parcels),
    )
    return Bundle(task, tuple(parcels))


def _worth(parcel: Parcel, today: date) -> int:
    """Return what leaving a parcel costs, by the days of runs that are left to it."""
    if parcel.is_cold:
        return WORTH_COLD_FEN
    if parcel.promised <= today or working_day(today, 1) > parcel.promised:
        return WORTH_FEN[0] + WORTH_A_DAY_LATE_FEN * max(0, (today - parcel.promised).days)
    return WORTH_FEN[1] if working_day(today, 2) > parcel.promised else WORTH_FEN[2]


def by_planner(rounds: int) -> Rule:
    """Return the rule that plans each day anew, in so many rounds of each part of the search."""

    def rule(morning: Morning, sheet: Sheet) -> Ways:
        plan = plan_day(morning.day, seconds=ENOUGH_S, rounds=rounds, seed=morning.today.toordinal()).plan
        return ways_of(sheet, plan)

    return rule


def by_fixed_rounds(morning: Morning, sheet: Sheet) -> Ways:
    """
    Return today's rule: each valley twice a week with goods in, the day after with goods out, along the road in its fixed order.

    Places without goods are passed over; what does not fit goes with the next idle vehicle. Matsutake is fetched every day by
    the cold van.
    """
    ways: Ways = [[] for _ in sheet.vans]
    valleys, today = list(VALLEYS), (morning.today.isoweekday() - 1) % 3
    _drive(sheet, ways, _round(morning, lambda task, _valley: task.is_cold))
    _drive(sheet, ways, _round(morning, lambda task, valley: task.kind == "deliver" and valley == valleys[today]))
    _drive(sheet, ways, _round(morning, lambda task, valley: _is_out(task) and valley == valleys[today - 1]))
    return ways


def _is_out(task: Task) -> bool:
    return task.kind == "collect" and not task.is_cold


def _round(morning: Morning, belongs: Callable[[Task, str], bool]) -> list[Task]:
    """Return the tasks of a round in the order of the road."""
    order = {place: number for number, place in enumerate(morning.county.places)}
    tasks = [task for task in morning.day.tasks if belongs(task, morning.county.valley[_place(task)])]
    return sorted(tasks, key=lambda task: order[_place(task)])


def _place(task: Task) -> str:
    (_, visit), *_ = task.to_visit
    return visit.place


def _drive(sheet: Sheet, ways: Ways, tasks: Sequence[Task]) -> None:
    """Put a round's tasks on idle vehicles, the first of them until it is full or its day is, then the next."""
    left = [sheet.nodes[sheet.number_of[task.key]][0] for task in tasks]
    for number in range(len(ways)):
        if ways[number] or not left:
            continue
        for node in list(left):
            tried = [*ways[number], node]
            fits = sheet.may_take[number][node >> 1] and loads_along(sheet, number, tried) is not None
            if fits and timed(sheet, sheet.vans[number], tried) is not None:
                ways[number] = tried
                left.remove(node)
