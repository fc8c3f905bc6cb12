"""Small plots drawn on the server: a line beside a figure, and the counties as a schematic map."""

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from math import cos, hypot, radians, sqrt

from teahorse.common.ui.room import Box, Room, text_width

_LABEL = 13


@dataclass(frozen=True, slots=True)
class County:
    """A county on the schematic map: where its seat lies, the figure that sizes it, and where it leads."""

    name: str
    lat: float
    lon: float
    value: float
    href: str = ""
    is_chosen: bool = False


@dataclass(slots=True)
class _Disc:
    county: County
    x: float
    y: float
    radius: float


def sparkline(values: Sequence[float], *, label: str = "", width: int = 120, height: int = 32) -> str:
    """Draw values as a small line with its last point marked; fewer than two values draw nothing."""
    if len(values) < 2:
        return ""
    low, high = min(values), max(values)
    span = (high - low) or 1
    spots = [
        (round(3 + (width - 6) * at / (len(values) - 1), 1), round(height - 3 - (height - 6) * (value - low) / span, 1))
        for at, value in enumerate(values)
    ]
    line = "L".join(f"{x} {y}" for x, y in spots)
    heard = f'role="img" aria-label="{escape(label)}"' if label else 'aria-hidden="true"'
    return (
        f'<svg class="spark" viewBox="0 0 {width} {height}" width="{width}" height="{height}" {heard}>'
        f'<path class="spark__under" d="M{spots[0][0]} {height}L{line}V{height}z"/><path d="M{line}"/>'
        f'<circle cx="{spots[-1][0]}" cy="{spots[-1][1]}" r="3"/></svg>'
    )


def county_map(counties: Sequence[County], *, label: str = "") -> str:
    """
    Draw the counties as discs at their seats, sized by value, for a phone and for a desk (the style sheet shows one).

    No boundaries are drawn: this tells where and how much, not whose land. Discs that would cover one another are
    moved apart; a name that finds no room is kept as the disc's title.
    """
    if not counties:
        return ""
    return f'<div class="plots">{_map(counties, label, 360, "narrow")}{_map(counties, label, 900, "wide")}</div>'


def _map(counties: Sequence[County], label: str, width: int, shown: str) -> str:
    discs, height = _placed(counties, width)
    room = Room(Box(0, 0, width, height))
    for disc in discs:
        room.take(Box(disc.x - disc.radius, disc.y - disc.radius, disc.x + disc.radius, disc.y + disc.radius))
    marks = []
    for disc in sorted(discs, key=lambda disc: (not disc.county.is_chosen, -disc.county.value)):
        county = disc.county
        state = " county--on" if county.is_chosen else "" if county.value > 0 else " county--none"
        told = f"{county.name}: {county.value:,.0f}"
        name = _name(disc, room)
        mark = f'<circle class="county{state}" cx="{disc.x:.1f}" cy="{disc.y:.1f}" r="{disc.radius:.1f}"/>{name}'
        title = "" if name and county.href else f"<title>{escape(told)}</title>"
        if county.href:
            marks.append(f'<a href="{escape(county.href)}" aria-label="{escape(told)}">{title}{mark}</a>')
        else:
            marks.append(f"<g>{title}{mark}</g>")
    role = "group" if any(county.href for county in counties) else "img"
    return (
        f'<svg class="plot plot--{shown}" viewBox="0 0 {width} {height:.0f}" role="{role}" aria-label="{escape(label)}">'
        f"{''.join(marks)}</svg>"
    )


def _placed(counties: Sequence[County], width: int) -> tuple[list[_Disc], float]:
    middle = cos(radians(sum(county.lat for county in counties) / len(counties)))
    xs = [county.lon * middle for county in counties]
    ys = [-county.lat for county in counties]
    side: float = 40 if width > 500 else 24
    across = (width - 2 * side) / ((max(xs) - min(xs)) or 1)
    stretched, tallest = (1.0, 0.6) if width > 500 else (2.0, 1.0)
    tall = (max(ys) - min(ys)) * across * stretched
    across *= min(1, tallest * width / tall) if tall else 1  # few places one above the other make no tower
    down = across * stretched
    side += (width - 2 * side - (max(xs) - min(xs)) * across) / 2 if max(xs) > min(xs) else 0
    most = max(*(county.value for county in counties), 1)
    largest = min(width * 0.05, width * 0.3 / sqrt(len(counties)))
    discs = [
        _Disc(county, side + (x - min(xs)) * across, (y - min(ys)) * down, 4 + largest * sqrt(max(county.value, 0) / most))
        for county, x, y in zip(counties, xs, ys, strict=True)
    ]
    for _ in range(24):
        if not _moved_apart(discs):
            break
    top = min(disc.y - disc.radius for disc in discs) - 20
    for disc in discs:
        disc.x = min(max(disc.x, disc.radius + 1), width - disc.radius - 1)
        disc.y -= top
    return discs, max(disc.y + disc.radius for disc in discs) + 20


def _moved_apart(discs: Sequence[_Disc]) -> bool:
    moved = False
    for at, one in enumerate(discs):
        for other in discs[at + 1 :]:
            across, down = other.x - one.x, other.y - one.y
            apart = hypot(across, down) or 0.01
            lacking = one.radius + other.radius + 1.5 - apart
            if lacking > 0:
                moved = True
                push = lacking / 2 / apart
                across, down = (across or 0.01) * push, down * push
                one.x, one.y, other.x, other.y = one.x - across, one.y - down, other.x + across, other.y + down
    return moved


def _name(disc: _Disc, room: Room) -> str:
    wide, high = text_width(disc.county.name, _LABEL) + 4, 16.0
    x, y, away = disc.x, disc.y, disc.radius + 2
    if wide < disc.radius * 1.9:
        return f'<text class="county__in" text-anchor="middle" x="{x:.1f}" y="{y + 4.5:.1f}">{escape(disc.county.name)}</text>'
    slant = away * 0.75
    for anchor, left, top in (
        ("start", x + away, y - high / 2),
        ("end", x - away - wide, y - high / 2),
        ("middle", x - wide / 2, y + away),
        ("middle", x - wide / 2, y - away - high),
        ("start", x + slant, y + slant - 4),
        ("start", x + slant, y - slant - high + 4),
        ("end", x - slant - wide, y + slant - 4),
        ("end", x - slant - wide, y - slant - high + 4),
    ):
        box = Box(left, top, left + wide, top + high)
        if room.is_free(box):
            room.take(box)
            at = {"start": left + 2, "end": left + wide - 2, "middle": x}[anchor]
            return (
                f'<text class="plot__halo" text-anchor="{anchor}" x="{at:.1f}" y="{top + high - 4:.1f}">{escape(disc.county.name)}</text>'
            )
    return ""
