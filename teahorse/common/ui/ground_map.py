"""
A map of the ground about a place, drawn on the server and true to scale: what lies around, how high, how far, and where north is.

No boundaries, roads or waters are drawn: of those no data is at hand that may be used. The ground is shaded by the heights of the known
places around (each patch has the height that its neighbours say, weighted by nearness), a hint of valleys and ranges, not a survey.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from itertools import groupby
from math import cos, hypot, radians, sqrt

from teahorse.common.ui.room import Box, Room, text_width

KM_PER_DEGREE = 111.2
"""Along a meridian, on a sphere of 6,371 km."""
LEAST_KM, MARGIN = 12.0, 0.14
PATCHES = 14
BANDS = (3000, 3500, 4000, 4500, 5000)
"""Where one shade of ground ends and the next begins, in metres above the sea."""
NEAREST = 5
LONGEST_BAR = 0.34
LABEL, SMALL = 13, 12


@dataclass(frozen=True, slots=True)
class Spot:
    """A known place: drawn as a dot with its name, or, where it has a ``value``, as a disc of that size."""

    name: str
    lat: float
    lon: float
    height_m: int | None = None
    value: float = 0


@dataclass(frozen=True, slots=True)
class About:
    """What the map is about: somewhere within ``radius_km`` of a point; 0: at that very point."""

    name: str
    lat: float
    lon: float
    radius_km: float


@dataclass(frozen=True, slots=True)
class _Ground:
    """How places lie on the paper: ``scale`` units a kilometre, everywhere and in every direction the same."""

    west: float
    north: float
    middle: float
    scale: float
    width: float
    height: float

    @classmethod
    def of(cls, points: Sequence[tuple[float, float, float]], width: int, tallest: float) -> "_Ground":
        """Lay points (latitude, longitude, kilometres about them) on a sheet as wide as that, and at most ``tallest`` times as high."""
        middle = cos(radians(sum(point[0] for point in points) / len(points)))
        east_km = [(lon * KM_PER_DEGREE * middle, about) for _lat, lon, about in points]
        south_km = [(-lat * KM_PER_DEGREE, about) for lat, _lon, about in points]
        (left, right), (top, bottom) = (_ends(east_km), _ends(south_km))
        scale = min(width / (right - left), tallest * width / (bottom - top))
        height = max((bottom - top) * scale, 0.45 * width)
        west = left - (width / scale - (right - left)) / 2
        north = top - (height / scale - (bottom - top)) / 2
        return cls(west, north, middle, scale, width, height)

    def at(self, lat: float, lon: float) -> tuple[float, float]:
        """Return where a point lies on the paper."""
        return (lon * KM_PER_DEGREE * self.middle - self.west) * self.scale, (-lat * KM_PER_DEGREE - self.north) * self.scale


def ground_map(spots: Sequence[Spot], *, about: About | None = None, label: str, metres: str, kilometres: str, north: str) -> str:
    """
    Draw places, for a phone and for a desk (the style sheet shows one); "" where there is nothing to draw.

    ``metres`` and ``kilometres`` are how a height and a length are said, with ``%d`` for the number; ``north`` is what stands at the arrow.
    """
    if not spots and about is None:
        return ""
    words = (label, metres, kilometres, north)
    return f'<div class="plots">{_map(spots, about, 360, 1.0, "narrow", words)}{_map(spots, about, 900, 0.5, "wide", words)}</div>'


def _map(spots: Sequence[Spot], about: About | None, width: int, tallest: float, shown: str, words: tuple[str, str, str, str]) -> str:
    label, metres, kilometres, north = words
    points = [(spot.lat, spot.lon, 0.0) for spot in spots] + ([(about.lat, about.lon, about.radius_km)] if about else [])
    ground = _Ground.of(points, width, tallest)
    room = Room(Box(2, 2, ground.width - 2, ground.height - 2))
    compass, bar = _compass(ground, room, north), _bar(ground, room, kilometres)
    circle, its_name = _circle(ground, room, about) if about else ("", "")
    dots = _dots(ground, room, spots, metres)
    wide, high = f"{ground.width:.0f}", f"{ground.height:.0f}"
    return (
        f'<svg class="plot plot--{shown} ground" viewBox="0 0 {wide} {high}" role="img" aria-label="{escape(label)}">'
        f'<rect class="ground__land" width="{wide}" height="{high}" rx="8"/>{_shades(ground, spots)}'
        f"{circle}{dots}{its_name}{bar}{compass}</svg>"
    )


def _shades(ground: _Ground, spots: Sequence[Spot]) -> str:
    """Shade the ground by what the nearest known places say of its height, band by band, in one path each."""
    known = [(*ground.at(spot.lat, spot.lon), spot.height_m) for spot in spots if spot.height_m is not None]
    if len(known) < 3:
        return ""
    side = ground.width / PATCHES
    strips: dict[int, list[str]] = {}
    for row in range(int(ground.height // side) + 1):
        y = row * side
        tall = min(side + 0.5, ground.height - y)
        bands = [sum(_height(known, (column + 0.5) * side, y + side / 2) >= limit for limit in BANDS) for column in range(PATCHES)]
        for band, places in groupby(range(PATCHES), key=bands.__getitem__):
            columns = list(places)
            wide = len(columns) * side + 0.5
            strips.setdefault(band, []).append(f"M{columns[0] * side:.0f} {y:.0f}h{wide:.0f}v{tall:.0f}h-{wide:.0f}z")
    return "".join(f'<path class="ground__{band}" d="{"".join(strips[band])}"/>' for band in sorted(strips))


def _height(known: Sequence[tuple[float, float, int]], x: float, y: float) -> float:
    near = sorted((hypot(at_x - x, at_y - y), height) for at_x, at_y, height in known)[:NEAREST]
    weights = [1 / (distance + 1) ** 2 for distance, _height in near]
    return sum(weight * height for weight, (_distance, height) in zip(weights, near, strict=True)) / sum(weights)


def _circle(ground: _Ground, room: Room, about: About) -> tuple[str, str]:
    """Draw where it is, no more exactly than that; return the circle and its name."""
    x, y = ground.at(about.lat, about.lon)
    radius = max(about.radius_km * ground.scale, 6)
    name = _named(about.name, x, y, min(radius, 14), room, strong=True)
    return f'<circle class="ground__about" cx="{x:.1f}" cy="{y:.1f}" r="{radius:.1f}"/>', name


def _dots(ground: _Ground, room: Room, spots: Sequence[Spot], metres: str) -> str:
    most = max((spot.value for spot in spots), default=0)
    drawn = []
    placed = [(spot, *ground.at(spot.lat, spot.lon), 3.0 + (16 * sqrt(spot.value / most) if most else 0)) for spot in spots]
    for _spot, x, y, radius in placed:
        room.take(Box(x - radius, y - radius, x + radius, y + radius))
    for spot, x, y, radius in sorted(placed, key=lambda one: -one[0].value):
        told = [spot.name, f"{spot.value:,.0f}" if spot.value else "", metres % spot.height_m if spot.height_m is not None else ""]
        title = escape(": ".join(part for part in told if part))
        kind = "ground__many" if spot.value else "ground__spot"
        name = _named(spot.name, x, y, radius, room)
        drawn.append(f'<g><title>{title}</title><circle class="{kind}" cx="{x:.1f}" cy="{y:.1f}" r="{radius:.1f}"/>{name}</g>')
    return "".join(drawn)


def _named(name: str, x: float, y: float, away: float, room: Room, *, strong: bool = False) -> str:
    """Write a name where there is room about a point; "" where there is none."""
    wide, high = text_width(name, LABEL) + 4, 16.0
    for anchor, left, top in (
        ("start", x + away + 2, y - high / 2),
        ("end", x - away - 2 - wide, y - high / 2),
        ("middle", x - wide / 2, y + away + 1),
        ("middle", x - wide / 2, y - away - 1 - high),
    ):
        box = Box(left, top, left + wide, top + high)
        if room.is_free(box):
            room.take(box)
            at = {"start": left + 2, "end": left + wide - 2, "middle": x}[anchor]
            kind = "plot__halo plot__strong" if strong else "plot__halo"
            return f'<text class="{kind}" text-anchor="{anchor}" x="{at:.1f}" y="{top + high - 4:.1f}">{escape(name)}</text>'
    return ""


def _bar(ground: _Ground, room: Room, kilometres: str) -> str:
    """Draw a bar that is a round number of kilometres long."""
    most = ground.width * LONGEST_BAR / ground.scale
    length = max((step * 10**power for power in range(5) for step in (1, 2, 5) if step * 10**power <= most), default=1)
    wide, x, y = length * ground.scale, 12.0, ground.height - 12
    said = kilometres % length
    room.take(Box(x - 4, y - 24, x + max(wide, text_width(said, SMALL)) + 6, y + 10))
    return (
        f'<path class="ground__bar" d="M{x:.0f} {y - 5:.0f}v5h{wide:.1f}v-5"/>'
        f'<text class="plot__halo plot__soft" x="{x:.0f}" y="{y - 9:.0f}">{escape(said)}</text>'
    )


def _compass(ground: _Ground, room: Room, north: str) -> str:
    x, y = ground.width - 20, 16.0
    room.take(Box(x - 14, 0, ground.width, y + 34))
    return (
        f'<path class="ground__north" d="M{x:.0f} {y - 8:.0f}l5 16-5-4-5 4z"/>'
        f'<text class="plot__halo plot__soft" text-anchor="middle" x="{x:.0f}" y="{y + 24:.0f}">{escape(north)}</text>'
    )


def _ends(kilometres: Sequence[tuple[float, float]]) -> tuple[float, float]:
    """Return between which ends all of it lies, with a margin, and never less than some kilometres."""
    low, high = min(at - about for at, about in kilometres), max(at + about for at, about in kilometres)
    lacking = max(0.0, LEAST_KM - (high - low)) / 2
    margin = MARGIN * (high - low + 2 * lacking)
    return low - lacking - margin, high + lacking + margin
