"""The height profile: kilometres of a journey against metres above the sea, passes named. Pure text, no browser needed."""

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from itertools import pairwise
from math import ceil, floor
from zlib import crc32

from django.utils.translation import gettext, ngettext

from teahorse.common.ui.room import Box, Room, text_width

_SIZE = 13
_LINE = 17


@dataclass(frozen=True, slots=True)
class Point:
    """A point of the way: how far from the start, how high, and its name if it has one."""

    km: float
    height_m: float
    name: str = ""
    is_pass: bool = False


@dataclass(frozen=True, slots=True)
class _Frame:
    width: int
    height: int
    top: int
    foot: int
    far_km: float
    low_m: float
    high_m: float
    side: int = 10

    def x(self, km: float) -> float:
        return round(self.side + (self.width - 2 * self.side) * km / self.far_km, 1)

    def y(self, height_m: float) -> float:
        room = self.height - self.top - self.foot
        return round(self.height - self.foot - room * (height_m - self.low_m) / (self.high_m - self.low_m), 1)


def profile_figure(points: Sequence[Point], *, reached_km: float | None = None, title: str = "") -> str:
    """
    Draw the profile as a ``<figure>`` with two SVGs, one for a phone and one for a desk (the style sheet shows one).

    ``reached_km`` marks where the goods are now and draws the way behind them strongly. Fewer than two points: nothing.
    """
    if len(points) < 2:
        return ""
    told = describe(points)
    narrow = profile_svg(points, reached_km=reached_km, title=title, width=360, height=230, shown="narrow")
    wide = profile_svg(points, reached_km=reached_km, title=title, width=900, height=290, shown="wide")
    return f'<figure class="profile"><div class="plots">{narrow}{wide}</div><figcaption>{escape(told)}</figcaption></figure>'


def describe(points: Sequence[Point]) -> str:
    """Say the profile in one sentence, for those who cannot see it and as its caption."""
    ordered = sorted(points, key=lambda point: point.km)
    km = f"{ordered[-1].km - ordered[0].km:,.0f}"
    climb = f"{sum(max(0.0, after.height_m - before.height_m) for before, after in pairwise(ordered)):,.0f}"
    passes = [point for point in ordered if point.is_pass]
    way = gettext("%(km)s km, %(climb)s m of climbing") % {"km": km, "climb": climb}
    if not passes:
        return way
    highest = max(passes, key=lambda point: point.height_m)
    over = ngettext("over %(count)s pass", "over %(count)s passes", len(passes)) % {"count": len(passes)}
    top = gettext("highest: %(name)s, %(height)s m") % {"name": highest.name, "height": f"{highest.height_m:,.0f}"}
    return f"{way}, {over}; {top}"


def profile_svg(
    points: Sequence[Point],
    *,
    reached_km: float | None = None,
    title: str = "",
    width: int = 760,
    height: int = 270,
    shown: str = "",
) -> str:
    """Draw one SVG of the profile; every name in it is escaped, its title and description are read aloud."""
    ordered = sorted(points, key=lambda point: point.km)
    start = ordered[0].km
    way = [Point(point.km - start, point.height_m, point.name, point.is_pass) for point in ordered]
    reached = None if reached_km is None else min(max(reached_km - start, 0.0), way[-1].km)
    low, high = min(point.height_m for point in way), max(point.height_m for point in way)
    step = _grid_step(high - low)
    rows = _rows_of_names(way, width)
    height += (rows - 1) * 2 * _LINE
    frame = _Frame(
        width=width,
        height=height,
        top=_LINE * 2 * (rows + 1) + 6,
        foot=_LINE * 2 + 6,
        far_km=max(way[-1].km, 0.001),
        low_m=(floor(low / step) - 0.35) * step,
        high_m=max(ceil(high / step) * step - step / 2, high),
    )
    told = describe(ordered)
    key = f"profile-{crc32(f'{told}{title}{shown}'.encode()):08x}"
    title = title or gettext("Height profile of the way")
    parts = [
        f'<svg class="plot{f" plot--{shown}" if shown else ""}" viewBox="0 0 {width} {height}" role="img" '
        f'aria-labelledby="{key}-t {key}-d"><title id="{key}-t">{escape(title)}</title><desc id="{key}-d">{escape(told)}</desc>',
        _grid(frame, step, low, high),
        _ground(frame, way, reached),
        _labels(frame, way),
    ]
    if reached is not None:
        parts.append(f'<circle class="profile__now" cx="{frame.x(reached)}" cy="{frame.y(_height_at(way, reached))}" r="8"/>')
    parts.append("</svg>")
    return "".join(parts)


def _rows_of_names(way: Sequence[Point], width: int) -> int:
    needed = sum(max(text_width(point.name, _SIZE), 50) + 16 for point in way if point.is_pass)
    return max(1, min(4, ceil(needed / (width * 0.5))))


def _grid_step(span: float) -> int:
    return next((step for step in (100, 250, 500, 1000) if span / step <= 4), 2000)


def _grid(frame: _Frame, step: int, low: float, high: float) -> str:
    lines = []
    for metres in range(ceil(low / step) * step, int(high) + 1, step):
        y = frame.y(metres)
        lines.append(f'<path class="plot__grid" d="M0 {y}H{frame.width}"/>')
        lines.append(f'<text class="plot__soft" x="{frame.width}" y="{y - 4}" text-anchor="end">{metres:,} m</text>')
    return "".join(lines)


def _ground(frame: _Frame, way: Sequence[Point], reached: float | None) -> str:
    foot = frame.height - frame.foot
    line = " ".join(f"{frame.x(point.km)} {frame.y(point.height_m)}" for point in way)
    last = frame.x(way[-1].km)
    drawn = f'<path class="profile__far" d="M{frame.side} {foot}L{line}L{last} {foot}z"/>'
    if reached is not None:
        behind = [point for point in way if point.km < reached]
        done = " ".join(f"{frame.x(point.km)} {frame.y(point.height_m)}" for point in (*behind, Point(reached, _height_at(way, reached))))
        drawn += f'<path class="profile__near" d="M{frame.side} {foot}L{done}V{foot}z"/><path class="profile__way" d="M{line}"/>'
        drawn += f'<path class="profile__done" d="M{done}"/>'
    else:
        drawn += f'<path class="profile__done" d="M{line}"/>'
    return drawn + f'<path class="plot__axis" d="M0 {foot}H{frame.width}"/>'


def _labels(frame: _Frame, way: Sequence[Point]) -> str:
    room = Room(Box(0, 0, frame.width, frame.height))
    passes = sorted((point for point in way if point.is_pass), key=lambda point: -point.height_m)
    named = [_pass_label(frame, point, room) for point in passes]
    parts = [*(leader for leader, _ in named), *(label for _, label in named)]
    ends = [(way[0], "start"), (way[-1], "end")]
    between = [(point, "middle") for point in way[1:-1] if point.name and not point.is_pass]
    parts.extend(_place_label(frame, point, anchor, room) for point, anchor in (*ends, *between))
    return "".join(parts)


def _pass_label(frame: _Frame, point: Point, room: Room) -> tuple[str, str]:
    x, y = frame.x(point.km), frame.y(point.height_m)
    mark = f'<path class="profile__pass" d="M{x - 6} {y}L{x} {round(y - 11, 1)}L{x + 6} {y}z"/>'
    height = f"{point.height_m:,.0f} m"
    half = max(text_width(point.name, _SIZE), text_width(height, 12)) / 2 + 3
    middle = min(max(x, half), frame.width - half)
    for lift in range(0, int(y), 6):
        bottom = y - 14 - lift
        box = Box(middle - half, bottom - 2 * _LINE + 4, middle + half, bottom + 3)
        if room.is_free(box):
            room.take(box)
            leader = f'<path class="plot__leader" d="M{x} {round(y - 12, 1)}V{round(bottom + 4, 1)}"/>' if lift > 6 else ""
            return leader, (
                f'{mark}<text class="plot__halo plot__strong" text-anchor="middle" x="{middle:.1f}" '
                f'y="{bottom - _LINE + 2:.1f}">{escape(point.name)}</text>'
                f'<text class="plot__soft plot__halo" text-anchor="middle" x="{middle:.1f}" y="{bottom:.1f}">{height}</text>'
            )
    return "", f"<g><title>{escape(point.name)} {height}</title>{mark}</g>"


def _place_label(frame: _Frame, point: Point, anchor: str, room: Room) -> str:
    x, y = frame.x(point.km), frame.y(point.height_m)
    mark = f'<circle class="profile__place" cx="{x}" cy="{y}" r="4.5"/>'
    foot = frame.height - frame.foot
    distance = f"{point.km:,.0f} km"
    wide = max(text_width(point.name, _SIZE), text_width(distance, 12)) + 8
    left = {"start": 0.0, "end": frame.width - wide, "middle": x - wide / 2}[anchor]
    box = Box(left, foot, left + wide, frame.height)
    if not point.name or not room.is_free(box):
        return f"<g><title>{escape(point.name)} {distance}</title>{mark}</g>"
    room.take(box)
    at = {"start": 0.0, "end": float(frame.width), "middle": x}[anchor]
    return (
        f'{mark}<path class="plot__axis" d="M{x} {foot}v5"/><text text-anchor="{anchor}" x="{at:g}" y="{foot + 18}">'
        f'{escape(point.name)}</text><text class="plot__soft" text-anchor="{anchor}" x="{at:g}" y="{foot + 34}">{distance}</text>'
    )


def _height_at(way: Sequence[Point], km: float) -> float:
    for before, after in pairwise(way):
        if before.km <= km <= after.km and after.km > before.km:
            return before.height_m + (after.height_m - before.height_m) * (km - before.km) / (after.km - before.km)
    return way[-1].height_m
