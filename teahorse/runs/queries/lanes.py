"""What ways cost: the finished runs of a centre, shared among what they carried from where to where."""

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from uuid import UUID

from teahorse.common.statements import asked
from teahorse.people.models import ServicePoint

LANES = (Path(__file__).parent / "lanes.sql").read_text()
LEAST_GRAMS = 500
"""What nobody weighed bears its share as if it weighed so much."""


@dataclass(frozen=True, slots=True)
class LaneCost:
    """
    What carrying from one place to another cost; ``start`` or ``goal`` None is the centre, both are runs on which nothing was carried.

    :param things: parcels and bags that were carried, and ``there`` those of them that came where they should.
    :param metres: and ``fen`` are the lane's share of what its runs drove and cost.
    """

    start: UUID | None
    goal: UUID | None
    runs: int
    things: int
    there: int
    grams: int
    metres: int
    fen: int

    @property
    def fen_each(self) -> int | None:
        """Return what one thing that came where it should cost, the failed attempts of the others with it; None where none came."""
        return round(self.fen / self.there) if self.there else None

    @property
    def fen_per_kg(self) -> int | None:
        """Return what a kilogram cost."""
        return round(self.fen * 1000 / self.grams) if self.grams else None


@dataclass(frozen=True, slots=True)
class WhatWaysCost:
    """The lanes, the dearest first, and all of them together."""

    lanes: list[LaneCost]
    all: LaneCost

    @property
    def idle(self) -> LaneCost | None:
        """Return what runs cost on which nothing was carried."""
        return next((lane for lane in self.lanes if lane.start is None and lane.goal is None), None)


def lane_costs(centre: ServicePoint, *, since: datetime, until: datetime) -> WhatWaysCost:
    """Return what the runs of a centre that were finished within a time cost, by where things were carried; one query."""
    asking = {"centre": centre.pk, "since": since, "until": until, "least_grams": LEAST_GRAMS}
    rows = [(is_all, LaneCost(*row)) for is_all, *row in asked(LANES, asking, in_binary=True)()]
    lanes = sorted((lane for is_all, lane in rows if not is_all), key=lambda lane: (-lane.fen, str(lane.start), str(lane.goal)))
    return WhatWaysCost(lanes, next(lane for is_all, lane in rows if is_all))
