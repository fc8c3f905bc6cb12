"""Whether as much became of a lot as it was, and whether it could be made of what it was made of; and who stood before and after."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction
from typing import Any, Final
from uuid import UUID

from django.db.models import Exists, OuterRef, Q, Sum

from teahorse.common.translated import translated
from teahorse.orders.models import SellerOrder
from teahorse.people.rules import masked_name
from teahorse.trace.epcis.units import UNITS
from teahorse.trace.models import Alias, EventThing, Hearsay, Lot, PackedLot, TradeItem
from teahorse.trace.queries.tracing import backward, forward
from teahorse.trace.rules import Role

PIECES: Final = "pieces"
SHOWN_IN: Final = {"mass": "kg", "volume": "l"}
LITRES: Final = Fraction(1000)
WHOLE_BP: Final = 10_000


class Verdict(StrEnum):
    """What a balance says."""

    RIGHT = "right"
    TOO_MUCH = "too_much"
    NOTHING_TOLD = "nothing_told"
    NOT_COMPARABLE = "not_comparable"


@dataclass(frozen=True, slots=True)
class Account:
    """What there was of a lot and what became of it, in one measure: ``kg``, ``l``, ``pieces`` or another unit."""

    measure: str
    came: Decimal
    used: Decimal
    sold: Decimal
    lost: Decimal
    verdict: Verdict

    @property
    def left(self) -> Decimal:
        """What must still lie there; less than nothing where more went than came."""
        return self.came - self.used - self.sold - self.lost


@dataclass(frozen=True, slots=True)
class Making:
    """What went into the making of a lot and what came of it, in one measure."""

    measure: str
    put_in: Decimal
    made: Decimal
    by_products: Decimal
    verdict: Verdict

    @property
    def lost(self) -> Decimal:
        """What of it is nowhere: drunk by the angels, or never told."""
        return self.put_in - self.made - self.by_products

    @property
    def yield_percent(self) -> Decimal | None:
        """How much of what went in came out, in percent."""
        return (self.made * 100 / self.put_in).quantize(Decimal("0.1")) if self.put_in else None


@dataclass(frozen=True, slots=True)
class Balance:
    """Both balances of a lot; no making of what was harvested or bought."""

    account: Account
    making: Making | None


@dataclass(frozen=True, slots=True)
class Neighbour:
    """Somebody one step up or down: a maker's lot, or a buyer's order (masked)."""

    name: str
    what: str
    number: str
    amount: Decimal
    unit: str


@dataclass(frozen=True, slots=True)
class Card:
    """From whom a lot came and to whom it went, one step each way."""

    lot: Lot
    before: list[Neighbour] = field(default_factory=list)
    after: list[Neighbour] = field(default_factory=list)


def balance_of(lot: Lot) -> Balance:
    """Return whether a lot's events add up, within its item's tolerance."""
    names = _names([lot.thing_id])
    trace_back = backward([lot.thing_id])
    facts = _edges(Q(thing_id__in=names), events=[*trace_back.events, *forward([lot.thing_id]).events])
    process = {row["event_id"] for row in facts if row["role"] == Role.OUTPUT}
    process |= {one.via for one in trace_back.things if one.depth == 1 and not one.carries and one.via}
    return Balance(_account(lot, facts), _making(lot, process) if process else None)


def _account(lot: Lot, facts: list[dict[str, Any]]) -> Account:
    came, used, lost = _Sums(), _Sums(), _Sums()
    for row in facts:
        if row["role"] == Role.OUTPUT or (row["role"] == Role.OBJECT and row["event__action"] == "ADD"):
            came.add(row)
        elif row["role"] == Role.INPUT:
            used.add(row)
        elif row["role"] == Role.OBJECT and row["event__action"] == "DELETE":
            lost.add(row)
    units = PackedLot.objects.filter(lot=lot).aggregate(units=Sum("quantity"))["units"] or 0
    measure = came.measure or _measured(Decimal(1), lot.item.unit)[0]
    sold = _in_measure({"quantity": Decimal(units), "unit": ""}, lot.item, measure)
    if came.measure is None:
        verdict = Verdict.NOTHING_TOLD
    elif came.is_mixed or sold is None or any(one.measure not in {None, measure} or one.is_mixed for one in (used, lost)):
        verdict = Verdict.NOT_COMPARABLE
    else:
        verdict = _verdict(came.total, used.total + lost.total + sold, lot.item.tolerance_bp)
    return Account(measure, came.total, used.total, sold or Decimal(0), lost.total, verdict)


def _making(lot: Lot, process: Iterable[UUID]) -> Making:
    """Return the balance of the transformations that made a lot, in what went in; pieces count by what one weighs."""
    rows = _edges(Q(role__in=(Role.INPUT, Role.OUTPUT)), events=process)
    lots = {one.thing_id: one for one in Lot.objects.filter(thing_id__in={row["thing_id"] for row in rows}).select_related("item__variant")}
    put_in, made, by_products = _Sums(), _Sums(), _Sums()
    for row in rows:
        if row["role"] == Role.INPUT:
            put_in.add(row)
    for row in rows:
        if row["role"] == Role.OUTPUT:
            known = lots.get(row["thing_id"])
            side = by_products if known and known.item.stage == TradeItem.Stage.BY_PRODUCT else made
            side.add(row, weighed=_in_measure(row, known.item, put_in.measure) if known else None, measure=put_in.measure)
    is_comparable = not put_in.is_mixed and all(one.measure in {None, put_in.measure} and not one.is_mixed for one in (made, by_products))
    verdict = Verdict.NOT_COMPARABLE
    if put_in.measure is None:
        verdict = Verdict.NOTHING_TOLD
    elif is_comparable:
        verdict = _verdict(put_in.total, made.total + by_products.total, lot.item.tolerance_bp)
    return Making(put_in.measure or "", put_in.total, made.total, by_products.total, verdict)


def _verdict(there: Decimal, gone: Decimal, tolerance_bp: int) -> Verdict:
    return Verdict.RIGHT if gone * WHOLE_BP <= there * (WHOLE_BP + tolerance_bp) else Verdict.TOO_MUCH


class _Sums:
    """Quantities added up in one measure; of two measures, or without a quantity, nobody can say how much it is."""

    def __init__(self) -> None:
        self.measure: str | None = None
        self.total = Decimal(0)
        self.is_mixed = False

    def add(self, row: dict[str, Any], *, weighed: Decimal | None = None, measure: str | None = None) -> None:
        if row["quantity"] is None:
            self.is_mixed = True
            return
        amount = weighed
        if weighed is None:
            measure, amount = _measured(row["quantity"], row["unit"])
        if self.measure not in {None, measure}:
            self.is_mixed = True
            return
        self.measure = measure
        self.total += amount or 0


def _measured(quantity: Decimal, unit: str) -> tuple[str, Decimal]:
    """Return a quantity in kilograms, litres or pieces; in its own unit where it is neither."""
    known = UNITS.get(unit)
    if known is None or known.quantity not in SHOWN_IN:
        return unit or PIECES, quantity
    factor = known.factor * (LITRES if known.quantity == "volume" else 1)
    return SHOWN_IN[known.quantity], (quantity * factor.numerator / factor.denominator).quantize(Decimal("0.000001"))


def _in_measure(row: dict[str, Any], item: TradeItem, measure: str | None) -> Decimal | None:
    """Return what some pieces of an item are in a measure; nothing where nobody knows, or they are no pieces."""
    pieces: Decimal | None = row["quantity"]
    if row["unit"] or pieces is None:
        return None
    if not pieces or measure == PIECES:
        return pieces
    if measure == SHOWN_IN["mass"] and item.variant is not None:
        return pieces * (item.variant.nominal_grams or item.variant.weight_grams) / 1000
    return None


def _names(things: Iterable[UUID]) -> set[UUID]:
    """Return things with their other names."""
    wanted = set(things)
    pairs = list(Alias.objects.filter(Q(thing_id__in=wanted) | Q(stands_for_id__in=wanted)).values_list("thing_id", "stands_for_id"))
    return wanted.union(*pairs) if pairs else wanted


def _edges(condition: Q, *, events: Iterable[UUID]) -> list[dict[str, Any]]:
    hearsay = Hearsay.objects.filter(event_id=OuterRef("event_id"), thing_id=OuterRef("thing_id"), is_true=False)
    rows = EventThing.objects.filter(~Exists(hearsay), condition, event_id__in=list(events))
    return [dict(row) for row in rows.values("thing_id", "event_id", "role", "quantity", "unit", "event__action")]


def card_of(lot: Lot) -> Card:
    """Return from whom a lot came and to whom it went: the lots one step away, and the orders that it was packed for."""
    before = [one.thing_id for one in backward([lot.thing_id]).things if one.depth == 1 and not one.carries]
    after = [one.thing_id for one in forward([lot.thing_id]).things if one.depth == 1 and not one.carries]
    return Card(lot, _neighbours(before), [*_neighbours(after), *_buyers(lot)])


def _neighbours(things: Iterable[UUID]) -> list[Neighbour]:
    lots = Lot.objects.filter(thing_id__in=list(things)).select_related("item", "seller").order_by("made_at", "pk")
    return [Neighbour(translated(lot.seller, "name"), translated(lot.item, "name"), lot.number, lot.amount, lot.item.unit) for lot in lots]


def _buyers(lot: Lot) -> list[Neighbour]:
    packed: dict[UUID, int] = defaultdict(int)
    for order_id, units in PackedLot.objects.filter(lot=lot).values_list("order_id", "quantity"):
        packed[order_id] += units
    orders = SellerOrder.objects.filter(pk__in=packed).select_related("group").order_by("placed_at", "pk")
    return [
        Neighbour(masked_name(order.group.contact_name), translated(lot.item, "name"), order.number, Decimal(packed[order.pk]), "")
        for order in orders
    ]
