"""Which lots leave the shelf first. Plain Python."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID


@dataclass(frozen=True, slots=True)
class ShelvedLot:
    """Units of a lot that can be packed."""

    lot_id: UUID
    number: str
    best_before: date | None
    made_at: datetime
    on_hand: int

    @property
    def turn(self) -> tuple[bool, date, datetime, UUID]:
        """Its place in the order in which lots are packed: what expires first, then what is oldest."""
        return (self.best_before is None, self.best_before or date.max, self.made_at, self.lot_id)


def first_expiring(lots: Iterable[ShelvedLot], quantity: int) -> dict[UUID, int]:
    """Say how many units of which lots to take: first expiring, first out. Fewer than wanted where there are no more."""
    taken: dict[UUID, int] = {}
    for lot in sorted(lots, key=lambda one: one.turn):
        units = min(lot.on_hand, quantity - sum(taken.values()))
        if units > 0:
            taken[lot.lot_id] = units
    return taken


def expired(lots: Sequence[ShelvedLot], today: date) -> set[UUID]:
    """Return the lots that are past their date: nobody is sent one unless somebody says so."""
    return {lot.lot_id for lot in lots if lot.best_before is not None and lot.best_before < today}
