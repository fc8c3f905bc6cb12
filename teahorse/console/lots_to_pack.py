"""The lots on the packing table: what expires first is filled in, whoever packs may take others or scan single pieces."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from teahorse.orders.models import OrderLine
from teahorse.trace.actions import Chosen
from teahorse.trace.queries.shelves import shelved_lots
from teahorse.trace.shelves import ShelvedLot, expired, first_expiring


@dataclass
class LotRow:
    """One lot that can be packed for a line, and how many units of it are typed."""

    name: str
    lot: ShelvedLot
    typed: str
    is_expired: bool


@dataclass
class LotChoice:
    """The lots of one line; where there is none nothing is asked."""

    line: OrderLine
    rows: list[LotRow]
    codes: str = ""
    fault: str = ""

    @property
    def chosen(self) -> Chosen:
        """What is packed: pieces that were scanned, else the units that are typed."""
        codes = self.codes.split()
        if codes:
            return Chosen(codes=codes)
        return Chosen(lots={row.lot.lot_id: int(row.typed) for row in self.rows if row.typed.isdecimal() and int(row.typed)})

    @property
    def is_readable(self) -> bool:
        """Whether every number that is typed is one."""
        return all(row.typed.isdecimal() for row in self.rows if row.typed)


def lot_choices(lines: Iterable[OrderLine], *, today: date, typed: Mapping[str, str] | None = None) -> dict[UUID, LotChoice]:
    """Return the choice of lots for every line that has some; as ``typed``, or filled in by what expires first."""
    asked = list(lines)
    shelves = shelved_lots({line.offer_id for line in asked})
    return {line.pk: _choice(line, shelves[line.offer_id], today, typed) for line in asked if line.offer_id in shelves}


def _choice(line: OrderLine, lots: Sequence[ShelvedLot], today: date, typed: Mapping[str, str] | None) -> LotChoice:
    gone = expired(lots, today)
    filled = first_expiring([lot for lot in lots if lot.lot_id not in gone], line.quantity)
    rows = []
    for lot in lots:
        name = f"lot.{line.pk}.{lot.lot_id}"
        units = str(filled.get(lot.lot_id, "")) if typed is None else typed.get(name, "").strip()
        rows.append(LotRow(name, lot, units, lot.lot_id in gone))
    return LotChoice(line, rows, codes="" if typed is None else typed.get(f"codes.{line.pk}", "").strip())
