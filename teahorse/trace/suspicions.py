"""
Signs that a label was copied. Plain Python.

No sign proves anything: a gift travels, a shop's window is photographed. They are shown to the maker with their reasons, who decides;
nothing is frozen by them.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise
from math import asin, cos, radians, sin, sqrt

MANY_AREAS = 3
MANY_VISITORS_OF_A_PIECE = 20
FASTEST_KM_H = 900
"""An airliner's speed."""
NEAR_KM = 100
"""Points are kept to a tenth of a degree; what is nearer than this is no journey."""
EARTH_KM = 6371.0
LIKELY, POSSIBLE = 80, 40


@dataclass(frozen=True, slots=True)
class Seen:
    """One scan, as coarsely as it was kept."""

    at: datetime
    area_code: str
    point: tuple[float, float] | None
    visitor: str


@dataclass(frozen=True, slots=True)
class Scanned:
    """A code with its scans, the oldest first; ``units`` is of how many goods it is, ``sent_at`` when they left, if that is known."""

    is_piece: bool
    units: int
    sent_at: datetime | None
    scans: Sequence[Seen]


@dataclass(frozen=True, slots=True)
class Sign:
    """What is odd, how much it weighs (0 to 100), and the numbers to say it with."""

    kind: str
    score: int
    numbers: dict[str, object]


def signs_of(scanned: Scanned) -> list[Sign]:
    """Return what is odd about the scans of a code."""
    found = (_many_places(scanned), _impossible_travel(scanned), _more_scans_than_units(scanned), _before_shipment(scanned))
    return [sign for sign in found if sign is not None]


def _many_places(scanned: Scanned) -> Sign | None:
    areas = sorted({seen.area_code for seen in scanned.scans if seen.area_code})
    return Sign("many_places", LIKELY, {"areas": areas}) if scanned.is_piece and len(areas) >= MANY_AREAS else None


def _impossible_travel(scanned: Scanned) -> Sign | None:
    if not scanned.is_piece:
        return None
    for before, after in pairwise(seen for seen in scanned.scans if seen.point):
        assert before.point is not None and after.point is not None  # noqa: S101, PT018 - as was just asked
        far_km, hours = _distance_km(before.point, after.point), (after.at - before.at).total_seconds() / 3600
        if far_km > NEAR_KM and far_km > FASTEST_KM_H * hours:
            return Sign("impossible_travel", LIKELY, {"km": round(far_km), "minutes": round(hours * 60)})
    return None


def _more_scans_than_units(scanned: Scanned) -> Sign | None:
    visitors = len({seen.visitor for seen in scanned.scans if seen.visitor})
    most = MANY_VISITORS_OF_A_PIECE if scanned.is_piece else max(scanned.units, MANY_VISITORS_OF_A_PIECE)
    return Sign("more_scans_than_units", POSSIBLE, {"visitors": visitors, "units": scanned.units}) if visitors > most else None


def _before_shipment(scanned: Scanned) -> Sign | None:
    if not scanned.is_piece or scanned.sent_at is None:
        return None
    early = [seen for seen in scanned.scans if seen.at < scanned.sent_at]
    return Sign("before_shipment", POSSIBLE, {"scans": len(early)}) if early else None


def _distance_km(one: tuple[float, float], other: tuple[float, float]) -> float:
    """Return the way over the ground, by the haversine formula."""
    (south, west), (north, east) = ((radians(degrees) for degrees in point) for point in (one, other))
    half = sin((north - south) / 2) ** 2 + cos(south) * cos(north) * sin((east - west) / 2) ** 2
    return 2 * EARTH_KM * asin(sqrt(half))
