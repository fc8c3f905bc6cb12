"""What lies between places: metres, seconds and climb of each pair, and what cuts a place off."""

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from teahorse.network.rules.ways import Chain, Ways, cut_off, table

CLOSED = -1
"""Stands in a table where no way leads."""
Rows = tuple[tuple[int, ...], ...]


@dataclass(frozen=True, slots=True)
class Table:
    """Metres, seconds and metres of climb from each place (row) to each other (column); :data:`CLOSED` where no way leads."""

    metres: Rows
    seconds: Rows
    climb_m: Rows

    def fingerprint(self) -> str:
        """Return what tells this table from any other: SHA-256 of its figures."""
        return hashlib.sha256(json.dumps([self.metres, self.seconds, self.climb_m]).encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class Ground:
    """
    The ways of a day.

    :param every: for vehicles that fit on narrow roads; ``wide`` for those that do not, where that differs.
    :param closed_by: by place, what cuts it off, in words (a pass's name).
    """

    places: tuple[str, ...]
    every: Table
    wide: Table | None = None
    closed_by: Mapping[str, str] = field(default_factory=dict)

    def table_for(self, *, fits_narrow: bool) -> Table:
        """Return the ways that a vehicle can go."""
        return self.every if fits_narrow or self.wide is None else self.wide

    def fingerprint(self) -> str:
        """Return what tells this ground from any other."""
        told = [self.places, self.every.fingerprint(), self.wide.fingerprint() if self.wide else None]
        return hashlib.sha256(json.dumps(told).encode()).hexdigest()


def ground_of(ways: Ways, nodes: Sequence[UUID], *, centre: UUID, moment: datetime | None) -> Ground:
    """
    Return the ground of a network's nodes as it is at a moment; with None as if nothing were closed.

    A place is named by its node's key.
    """
    closed = {} if moment is None else {str(one.node): one.closed.name for one in cut_off(ways, centre, moment=moment)}
    every = table_of(table(ways.passable(moment), nodes))
    wide = table_of(table(ways.passable(moment, avoid_narrow=True), nodes))
    return Ground(tuple(map(str, nodes)), every, None if wide == every else wide, closed)


def table_of(chains: Sequence[Sequence[Chain | None]]) -> Table:
    """Return the figures of the chains between places."""

    def rows(figure: Any) -> Rows:
        return tuple(tuple(CLOSED if chain is None else figure(chain) for chain in row) for row in chains)

    return Table(rows(lambda chain: chain.metres), rows(lambda chain: chain.minutes * 60), rows(lambda chain: chain.climb_m))


def closing(ground: Ground, pairs: Iterable[tuple[str, str]], *, cut: Mapping[str, str]) -> Ground:
    """Return a ground without the ways between some places, in the direction named; ``cut`` says what cuts which place off."""
    index = {place: number for number, place in enumerate(ground.places)}
    gone = {(index[start], index[end]) for start, end in pairs}

    def without(rows: Rows) -> Rows:
        return tuple(
            tuple(CLOSED if (row, column) in gone else figure for column, figure in enumerate(figures)) for row, figures in enumerate(rows)
        )

    def closed(one: Table) -> Table:
        return Table(without(one.metres), without(one.seconds), without(one.climb_m))

    wide = closed(ground.wide) if ground.wide else None
    return Ground(ground.places, closed(ground.every), wide, {**ground.closed_by, **cut})
