"""A county small enough to be worked out by hand: the centre, two villages on one road, one beyond a pass, one on a narrow road."""

from collections.abc import Mapping, Sequence

from teahorse.runs.planning.ground import CLOSED, Ground, Table
from teahorse.runs.planning.model import Day, Rest, Task, Vehicle, Visit, Window

HOUR, MINUTE = 3600, 60
ROUNDS = 60
"""Of each part of a search: enough for a handful of tasks, and the same plan on a slow machine as on a fast one."""
PLACES = ("centre", "near", "far", "beyond", "narrow")
KILOMETRES = (
    (0, 10, 30, 40, 10),
    (10, 0, 20, 50, 20),
    (30, 20, 0, 70, 40),
    (40, 50, 70, 0, 50),
    (10, 20, 40, 50, 0),
)
"""centre - near - far stand on one road; beyond lies over the pass, narrow at the end of a narrow road."""
MINUTES_PER_KM = 2


def ground(*, closed: bool = False) -> Ground:
    metres = tuple(tuple(km * 1000 for km in row) for row in KILOMETRES)
    climb = tuple(tuple(500 if "beyond" in {PLACES[r], PLACES[c]} and r != c else 0 for c in range(5)) for r in range(5))
    every = Table(metres, tuple(tuple(km * MINUTES_PER_KM * MINUTE for km in row) for row in KILOMETRES), climb)
    if closed:
        every = without(every, "beyond")
    return Ground(PLACES, every, without(every, "narrow"), {"beyond": "Kamba La"} if closed else {})


def without(table: Table, place: str) -> Table:
    gone = PLACES.index(place)

    def rows(figures: Sequence[Sequence[int]]) -> tuple[tuple[int, ...], ...]:
        return tuple(
            tuple(CLOSED if gone in {r, c} and r != c else figure for c, figure in enumerate(row)) for r, row in enumerate(figures)
        )

    return Table(rows(table.metres), rows(table.seconds), rows(table.climb_m))


def at(place: str, *windows: tuple[float, float], minutes: int = 10) -> Visit:
    return Visit(place, minutes * MINUTE, tuple(Window(round(opens * HOUR), round(closes * HOUR)) for opens, closes in windows))


def deliver(key: str, place: str, *windows: tuple[float, float], **more) -> Task:
    return Task(key, deliver_to=at(place, *windows), **({"grams": 10_000, "cm3": 40_000, "leave_fen": 50_000} | more))


def collect(key: str, place: str, *windows: tuple[float, float], **more) -> Task:
    return Task(key, collect_at=at(place, *windows), **({"grams": 10_000, "cm3": 40_000, "leave_fen": 50_000} | more))


def carry(key: str, start: str, end: str, **more) -> Task:
    return Task(key, collect_at=at(start), deliver_to=at(end), **({"grams": 10_000, "cm3": 40_000, "leave_fen": 50_000} | more))


def van(key: str = "van", **more) -> Vehicle:
    given: Mapping = {
        "start": "centre",
        "end": "centre",
        "grams": 100_000,
        "cm3": 1_000_000,
        "begins_s": 8 * HOUR,
        "ends_s": 18 * HOUR,
        "fixed_fen": 3000,
        "fen_per_km": 100,
        "climb_fen_per_km": 400,
        "driver_fen_per_hour": 3000,
    }
    return Vehicle(key, **(given | more))


def a_day(tasks: Sequence[Task], *vehicles: Vehicle, closed: bool = False) -> Day:
    return Day("centre", tuple(tasks), vehicles or (van(),), ground(closed=closed))


NOON_REST = Rest(HOUR, 12 * HOUR, 13 * HOUR)
