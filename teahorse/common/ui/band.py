"""
The woven band: every maker's own row of stripes, computed from its code.

A band is a pure function of the code, so that a label printed today and a page shown in ten years carry the same one.
Changing anything below changes every band ever printed: do not.
"""

from dataclasses import dataclass
from functools import lru_cache
from hashlib import sha256
from itertools import pairwise
from math import hypot
from typing import Literal

Direction = Literal["across", "down"]

#: The wools, as dyed: madder, brick, ochre, straw, fleece, moss, pine, lake, indigo, plum, black.
WOOL = (
    "#7A1F1B",
    "#B3432B",
    "#D98A29",
    "#E8C468",
    "#F3E7CE",
    "#5E7F4E",
    "#2F5D50",
    "#2A7F8E",
    "#2F4F87",
    "#5B3A5E",
    "#2B2320",
)
_WIDTHS = (2, 3, 3, 4, 6, 9)
_LEAST_DISTANCE = 84
_FEWEST, _MOST = 7, 13


@dataclass(frozen=True, slots=True)
class Stripe:
    """One stripe: its width in threads and the colour of its wool."""

    width: int
    colour: str


@lru_cache(maxsize=4096)
def band_stripes(code: str) -> tuple[Stripe, ...]:
    """
    Weave the 7 to 13 stripes that belong to ``code``, always the same ones.

    Neighbours differ clearly, the last and the first too, because long bands repeat.
    """
    threads = sha256(code.encode()).digest()
    count = _FEWEST + threads[0] % (_MOST - _FEWEST + 1)
    colours: list[str] = []
    for place in range(count):
        apart = [colours[-1]] if colours else []
        if place == count - 1:
            apart.append(colours[0])
        choice = [wool for wool in WOOL if all(_distance(wool, other) >= _LEAST_DISTANCE for other in apart)]
        colours.append(choice[threads[1 + place] % len(choice)])
    return tuple(Stripe(width=_WIDTHS[threads[16 + place] % len(_WIDTHS)], colour=colour) for place, colour in enumerate(colours))


@lru_cache(maxsize=4096)
def band_svg(code: str, *, width: int = 320, height: int = 8, direction: Direction = "across") -> str:
    """
    Draw the band of ``code`` as an SVG of a few hundred bytes that stretches to its place.

    ``across`` sets the stripes side by side along the width, ``down`` one under the other. A band more than forty
    times as long as it is thick repeats, so that the stripes keep the look of wool. It is decoration: hidden from
    screen readers; write the maker's name beside it.
    """
    stripes = band_stripes(code)
    long, thick = (width, height) if direction == "across" else (height, width)
    repeats = max(1, round(long / (thick * 40)))
    along: dict[str, list[str]] = {}
    at = 0
    for stripe in stripes * repeats:
        step = f"M{at} 0h{stripe.width}v1h-{stripe.width}z"
        if direction == "down":
            step = f"M0 {at}h1v{stripe.width}h-1z"
        along.setdefault(stripe.colour, []).append(step)
        at += stripe.width
    box = f"0 0 {at} 1" if direction == "across" else f"0 0 1 {at}"
    paths = "".join(f'<path fill="{colour}" d="{"".join(steps)}"/>' for colour, steps in along.items())
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" class="band band--{direction}" width="{width}" height="{height}" '
        f'viewBox="{box}" preserveAspectRatio="none" shape-rendering="crispEdges" aria-hidden="true">{paths}</svg>'
    )


def neighbours_differ(stripes: tuple[Stripe, ...]) -> bool:
    """Tell whether every stripe can be told from the next, the last from the first included."""
    return all(_distance(one.colour, other.colour) >= _LEAST_DISTANCE for one, other in pairwise((*stripes, stripes[0])))


def _distance(one: str, other: str) -> float:
    return hypot(*(int(one[at : at + 2], 16) - int(other[at : at + 2], 16) for at in (1, 3, 5)))
