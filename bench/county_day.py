"""
A made-up county's day: 8 townships, 60 villages, 150 tasks, 6 vehicles, three passes; the same for the same seed.

Roads are a tree: from the centre to the townships, three of them over a pass, from there to their villages, ten over narrow
roads. Times follow the network's own formula; nothing is measured, and the figures of goods and costs are assumptions.
``PLAN_DAYS`` says how many days are planned, ``PLAN_SECONDS`` how long, ``PLAN_LONG`` how long for what they are set against.
"""

import os
from random import Random
from typing import Any
from uuid import UUID

from teahorse.network.rules.roads import RoadClass, climbs_m, estimated_minutes
from teahorse.network.rules.ways import Way, Ways
from teahorse.runs.planning.ground import ground_of
from teahorse.runs.planning.model import Day, Rest, Task, Vehicle, Visit, Window
from teahorse.runs.planning.planner import FINAL_S, plan_day

DAYS = int(os.environ.get("PLAN_DAYS", "1"))
SECONDS = float(os.environ.get("PLAN_SECONDS", FINAL_S))
LONG_S = float(os.environ.get("PLAN_LONG", "120"))

TOWNSHIPS, VILLAGES, NARROW, PASSES = 8, 60, 10, 3
DELIVERIES, PICKUPS, CARRIED = 85, 45, 20
HOUR, MINUTE = 3600, 60
CENTRE = UUID(int=0)
WORTH_FEN = 40_000
"""What leaving a task for tomorrow costs: a second call there, and a promise that is not kept."""


def county_day(seed: int, *, stretch: float = 0.5) -> Day:
    """Return the day of a seed; ``stretch`` makes its ways longer, so that not everything can be served."""
    random = Random(seed)
    heights = {CENTRE: 3800}
    ways: list[Way] = []
    townships = [UUID(int=number) for number in range(1, TOWNSHIPS + 1)]
    for number, township in enumerate(townships):
        heights[township] = 3800 + random.randrange(-300, 500)
        top = 4600 if number < PASSES else None
        _road(ways, CENTRE, township, heights, kilometres=round(stretch * random.randrange(8, 32)), road_class="county", top=top)
    villages = [UUID(int=number) for number in range(101, 101 + VILLAGES)]
    narrow = set(random.sample(villages, NARROW))
    for number, village in enumerate(villages):
        township = townships[number % TOWNSHIPS]
        near = [one for one in villages[:number] if (one.int - 101) % TOWNSHIPS == number % TOWNSHIPS and one not in narrow]
        start = random.choice(near) if near and random.random() < 0.4 else township
        heights[village] = heights[start] + random.randrange(-100, 400)
        _road(
            ways,
            start,
            village,
            heights,
            kilometres=max(1, round(stretch * random.randrange(2, 8))),
            road_class="village",
            is_narrow=village in narrow,
        )
    places = [CENTRE, *townships, *villages]
    ground = ground_of(Ways.of(ways), places, centre=CENTRE, moment=None)
    tasks = tuple(_task(random, number, [str(one) for one in (*townships, *villages)]) for number in range(DELIVERIES + PICKUPS + CARRIED))
    return Day(str(CENTRE), tasks, _vehicles(), ground)


def _road(
    ways: list[Way],
    start: UUID,
    end: UUID,
    heights: dict[UUID, int],
    *,
    kilometres: int,
    road_class: RoadClass,
    top: int | None = None,
    is_narrow: bool = False,
) -> None:
    there, back = climbs_m(heights[start], heights[end], highest_m=top)
    for one, other, climb in ((start, end, there), (end, start, back)):
        minutes = estimated_minutes(kilometres * 1000, road_class=road_class, climb_m=climb, passes=top is not None)
        ways.append(Way(UUID(int=len(ways) + 1000), one, other, kilometres * 1000, minutes, climb, is_narrow=is_narrow))


def _task(random: Random, number: int, places: list[str]) -> Task:
    grams = random.choice((400, 1500, 3000, 8000, 15_000, 30_000, 60_000))
    cm3 = grams * random.choice((3, 5, 8))
    is_cold = random.random() < 0.12 and grams <= 15_000
    visit = Visit(random.choice(places), random.choice((4, 6, 10)) * MINUTE, _windows(random))
    kind = "deliver" if number < DELIVERIES else "collect" if number < DELIVERIES + PICKUPS else "carry"
    to = Visit(random.choice([place for place in places if place != visit.place]), 5 * MINUTE, ())
    return Task(
        f"{kind}{number}",
        collect_at=None if kind == "deliver" else visit,
        deliver_to={"deliver": visit, "collect": None, "carry": to}[kind],
        grams=grams,
        cm3=cm3,
        is_cold=is_cold,
        is_large=grams == 60_000 and cm3 > 400_000,
        leave_fen=WORTH_FEN,
    )


def _windows(random: Random) -> tuple[Window, ...]:
    """Almost half are tight; some places open twice, most all day."""
    draw = random.random()
    if draw < 0.4:
        opens = random.randrange(9, 16) * HOUR
        return (Window(opens, opens + 3 * HOUR),)
    if draw < 0.5:
        return (Window(9 * HOUR, 12 * HOUR), Window(15 * HOUR, 18 * HOUR))
    return (Window(8 * HOUR, 19 * HOUR),)


def _vehicles() -> tuple[Vehicle, ...]:
    def made(key: str, kind: str, room: tuple[int, int, int], fixed: int, fuel: tuple[int, int], *, fits_narrow: bool = True) -> Vehicle:
        return Vehicle(
            key,
            str(CENTRE),
            str(CENTRE),
            *room[:2],
            8 * HOUR,
            19 * HOUR,
            kind=kind,
            cold_cm3=room[2],
            takes_large=kind == "truck",
            fits_narrow=fits_narrow,
            fixed_fen=fixed,
            fen_per_km=fuel[0],
            climb_fen_per_km=fuel[1],
            driver_fen_per_hour=2800,
            empty_fen_per_km=20,
            rest=Rest(45 * MINUTE, 11 * HOUR + 30 * MINUTE, 14 * HOUR),
            most_trips=2,
            reload_s=20 * MINUTE,
        )

    trucks = [made(f"truck{n}", "truck", (1_800_000, 12_000_000, 0), 9000, (190, 900), fits_narrow=False) for n in range(2)]
    vans = [made(f"van{n}", "van", (700_000, 4_500_000, 60_000), 5000, (110, 500)) for n in range(3)]
    return (*trucks, *vans, made("cold_van", "cold van", (600_000, 2_500_000, 1_500_000), 6000, (125, 550)))


def plan_county() -> dict[str, Any]:
    """Plan days in two, in the given and in many more seconds; they are set against the best of all."""
    rows = [_compared(county_day(seed)) for seed in range(DAYS)]
    best = sum(row["best_fen"] for row in rows)
    return {
        "value": sum(row["fen"] for row in rows) / DAYS / 100,
        "unit": "yuan a day",
        "ratio": sum(row["fen"] for row in rows) / best,
        "ratio_2s": sum(row["fen_2s"] for row in rows) / best,
        "first_s": max(row["first_s"] for row in rows),
        "left": sum(row["left"] for row in rows),
        "days": DAYS,
        "seconds": SECONDS,
        "long_seconds": LONG_S,
        "each": rows,
    }


def _compared(day: Day) -> dict[str, Any]:
    first: list[float] = []
    soon = plan_day(day, seconds=2, on_progress=lambda progress: first.append(progress.seconds)).plan
    plan = plan_day(day, seconds=SECONDS).plan
    long = plan_day(day, seconds=LONG_S, seed=2).plan
    return {
        "fen_2s": soon.fen,
        "fen": plan.fen,
        "best_fen": min(soon.fen, plan.fen, long.fen),
        "left": len(plan.left),
        "left_2s": len(soon.left),
        "first_s": first[0],
    }
