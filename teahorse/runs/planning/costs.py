"""What a vehicle's way costs: fuel by distance and climb, the driver, empty kilometres, being late. Whole fen."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from teahorse.runs.planning.sheet import NOTHING, RELOAD, Load, Sheet
from teahorse.runs.planning.timing import Timed, loads_along, placed_at, timed

SECONDS_PER_HOUR = 3600


@dataclass(frozen=True, slots=True)
class Cost:
    """The parts of a cost in fen, each rounded once; and the metres driven, those of them with nothing aboard, the climb."""

    fixed_fen: int = 0
    road_fen: int = 0
    climb_fen: int = 0
    driver_fen: int = 0
    empty_fen: int = 0
    late_fen: int = 0
    metres: int = 0
    empty_metres: int = 0
    climb_m: int = 0

    @property
    def fen(self) -> int:
        """The whole."""
        return self.fixed_fen + self.road_fen + self.climb_fen + self.driver_fen + self.empty_fen + self.late_fen

    def __add__(self, other: "Cost") -> "Cost":
        """Return both together."""
        return Cost(*(getattr(self, name) + getattr(other, name) for name in self.__slots__))


def is_driven(sheet: Sheet, number: int, way: Sequence[int]) -> bool:
    """Whether a vehicle moves: it has something to do, or it is out and has to come home."""
    return bool(way) or sheet.vans[number].is_out


def cost_of(sheet: Sheet, number: int, way: Sequence[int], times: Timed, loads: Sequence[Load]) -> Cost:
    """Return what a way costs with its times and loads."""
    if not is_driven(sheet, number, way):
        return Cost()
    vehicle, van = sheet.day.vehicles[number], sheet.vans[number]
    places = [van.start, *(placed_at(sheet, node) for node in way), van.end]
    legs = list(pairwise(places))
    metres = sum(van.metres[start][end] for start, end in legs)
    climb = sum(van.climb_m[start][end] for start, end in legs)
    empty = sum(van.metres[start][end] for (start, end), load in zip(legs, loads, strict=True) if load == NOTHING)
    return Cost(
        fixed_fen=0 if van.is_out else van.fixed_fen,
        road_fen=_rounded(metres * vehicle.fen_per_km, 1000),
        climb_fen=_rounded(climb * vehicle.climb_fen_per_km, 1000),
        driver_fen=_rounded((times.ends_s - times.sets_out_s) * van.driver_fen_per_hour, SECONDS_PER_HOUR),
        empty_fen=_rounded(empty * van.empty_fen_per_km, 1000),
        late_fen=late_fen(sheet, way, times),
        metres=metres,
        empty_metres=empty,
        climb_m=climb,
    )


def late_fen(sheet: Sheet, way: Sequence[int], times: Timed) -> int:
    """Return what being late costs on a way."""
    total = 0
    for node, begins in zip(way, times.begins_s, strict=True):
        if node != RELOAD and begins > sheet.windows[node][-1][1]:
            late_s = begins - sheet.windows[node][-1][1]
            total += _rounded(late_s * sheet.tasks[node >> 1].late_fen_per_hour, SECONDS_PER_HOUR)
    return total


def fen_of(sheet: Sheet, number: int, way: Sequence[int]) -> int | None:
    """Return what a way costs; None where it cannot be driven."""
    if not is_driven(sheet, number, way):
        return 0
    loads = loads_along(sheet, number, way)
    times = timed(sheet, sheet.vans[number], way) if loads is not None else None
    return None if times is None or loads is None else cost_of(sheet, number, way, times, loads).fen


def _rounded(product: int, by: int) -> int:
    return (2 * product + by) // (2 * by)
