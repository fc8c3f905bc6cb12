"""Quantities of events added up in one measure: kilograms, litres or pieces; a piece counts by its content, where its seller told it."""

from collections.abc import Iterable
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction
from typing import Any, Final
from uuid import UUID

from django.db.models import Exists, OuterRef, Q

from teahorse.trace.epcis.units import UNITS
from teahorse.trace.models import EventThing, Hearsay, TradeItem

PIECES: Final = "pieces"
SHOWN_IN: Final = {"mass": "kg", "volume": "l"}
LITRES: Final = Fraction(1000)
WHOLE_BP: Final = 10_000
Edge = dict[str, Any]


class Verdict(StrEnum):
    """What a balance says."""

    RIGHT = "right"
    TOO_MUCH = "too_much"
    TOO_LITTLE = "too_little"
    NOTHING_TOLD = "nothing_told"
    NOT_COMPARABLE = "not_comparable"
    WEIGHT_UNKNOWN = "weight_unknown"


def measured(quantity: Decimal, unit: str) -> tuple[str, Decimal]:
    """Return a quantity in kilograms, litres or pieces; in its own unit where it is neither."""
    known = UNITS.get(unit)
    if known is None or known.quantity not in SHOWN_IN:
        return unit or PIECES, quantity
    factor = known.factor * (LITRES if known.quantity == "volume" else 1)
    return SHOWN_IN[known.quantity], (quantity * factor.numerator / factor.denominator).quantize(Decimal("0.000001"))


def content_of(item: TradeItem | None) -> tuple[str, Decimal] | None:
    """
    Return what is in one piece of an item, in its measure; nothing where nobody told.

    What freight reckons with is no content: a bottle and its box weigh too.
    """
    if item is None:
        return None
    if item.content is not None:
        return measured(item.content, item.content_unit)
    if item.variant is not None and item.variant.nominal_grams:
        return SHOWN_IN["mass"], Decimal(item.variant.nominal_grams) / 1000
    return None


def of_pieces(pieces: Decimal, item: TradeItem | None, measure: str) -> Decimal | None:
    """Return what some pieces of an item are in a measure; nothing where nobody knows."""
    if not pieces or measure == PIECES:
        return pieces
    content = content_of(item)
    return pieces * content[1] if content is not None and content[0] == measure else None


class Sums:
    """Quantities added up in one measure; of two measures, or without a quantity, nobody can say how much it is."""

    def __init__(self, into: str | None = None) -> None:
        self.into = into
        self.measure: str | None = None
        self.total = Decimal(0)
        self.pieces = Decimal(0)
        self.is_mixed = False
        self.lacks_weight = False

    def add(self, row: Edge, item: TradeItem | None = None) -> None:
        """Add what an event tells of a thing; pieces become what is in them, where that is asked for and known."""
        if row["quantity"] is None:
            self.is_mixed = True
            return
        measure, amount = measured(row["quantity"], row["unit"])
        if measure == PIECES and self.into not in {None, PIECES}:
            measure, amount = self._opened(amount, item)
        if self.measure not in {None, measure}:
            self.is_mixed = True
            return
        self.measure = measure
        self.total += amount

    def _opened(self, pieces: Decimal, item: TradeItem | None) -> tuple[str, Decimal]:
        inside = of_pieces(pieces, item, self.into or PIECES)
        self.lacks_weight |= content_of(item) is None
        if inside is None:
            return PIECES, pieces
        self.pieces += pieces
        return self.into or PIECES, inside


def edges(condition: Q, *, events: Iterable[UUID]) -> list[Edge]:
    """Return what events tell of things, but for hearsay."""
    hearsay = Hearsay.objects.filter(event_id=OuterRef("event_id"), thing_id=OuterRef("thing_id"), is_true=False)
    rows = EventThing.objects.filter(~Exists(hearsay), condition, event_id__in=list(events))
    return [dict(row) for row in rows.values("thing_id", "event_id", "role", "quantity", "unit", "event__action")]
