"""Parcels and units by the codes on them, and what may lie in what."""

from collections.abc import Collection
from dataclasses import dataclass
from uuid import UUID

from teahorse.common.statements import looked_up

RANKS = {"parcel": 0, "bag": 1, "cage": 2, "vehicle": 3}
"""What holds what: each kind only those before it."""
FIND = """
    select number, id, county_id, 'parcel' from logistics_parcel where number = any(%(codes)s)
    union all
    select code, id, county_id, kind from logistics_unit where code = any(%(codes)s)
"""


@dataclass(frozen=True, slots=True)
class Thing:
    """A parcel, bag, cage or vehicle."""

    id: UUID
    county_id: UUID
    kind: str

    @property
    def rank(self) -> int:
        """Its place in :data:`RANKS`."""
        return RANKS[self.kind]


def find_things(codes: Collection[str]) -> dict[str, Thing]:
    """Return the things of some codes in one query; a code that is nobody's is left out."""
    return {code: Thing(*rest) for code, *rest in looked_up(FIND, {"codes": sorted(codes)}, in_binary=True)} if codes else {}


def holds(unit: Thing, thing: Thing) -> bool:
    """Return whether a unit may hold a thing."""
    return unit.rank > thing.rank
