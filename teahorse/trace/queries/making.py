"""Whether as much came of what a lot was made of as a flow says that it gives: neither too much nor too little."""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from uuid import UUID

from django.db.models import Q

from teahorse.trace import flows
from teahorse.trace.models import Lot, Telling, TradeItem
from teahorse.trace.queries.measuring import PIECES, WHOLE_BP, Edge, Sums, Verdict, content_of, edges, measured
from teahorse.trace.rules import Role


@dataclass(frozen=True, slots=True)
class Band:
    """
    How much comes of what goes in by the step of a flow, in ten thousandths: 9,500 is 95 percent of it.

    With a ``measure`` it is so much in that measure of one unit of what goes in: 1,000,000 is 100 kg of an animal.
    """

    least_bp: int
    most_bp: int
    measure: str = ""


@dataclass(frozen=True, slots=True)
class Making:
    """What went into the making of a lot and what came of it: in one measure, or the products in ``made_measure``."""

    measure: str
    put_in: Decimal
    made: Decimal
    by_products: Decimal
    verdict: Verdict
    made_measure: str = ""
    by_products_measure: str = ""
    pieces: Decimal = Decimal(0)
    content: tuple[str, Decimal] | None = None
    band: Band | None = None

    @property
    def is_one_measure(self) -> bool:
        """Whether what came out can be set against what went in."""
        return self.made_measure == self.measure

    @property
    def lost(self) -> Decimal:
        """What of it is nowhere: drunk by the angels, or never told."""
        return self.put_in - self.made - self.by_products

    @property
    def each(self) -> Decimal:
        """How much came out of one unit of what went in."""
        return self.made / self.put_in if self.put_in else Decimal(0)

    @property
    def yield_percent(self) -> Decimal | None:
        """How much of what went in came out, in percent; nothing where the two are not of one measure."""
        return _percent(self.each) if self.put_in and self.is_one_measure else None

    @property
    def lost_percent(self) -> Decimal | None:
        """How much of what went in is nowhere, in percent; nothing where it cannot be said."""
        comparable = self.is_one_measure and self.by_products_measure in {"", self.measure}
        return _percent(self.lost / self.put_in) if self.put_in and comparable else None


def _percent(part: Decimal) -> Decimal:
    return (part * 100).quantize(Decimal("0.1"))


def making_of(lot: Lot, events: Iterable[UUID]) -> Making:
    """Return the balance of the transformations that made a lot, in what went in; pieces count by what is in one."""
    process = list(events)
    rows = edges(Q(role__in=(Role.INPUT, Role.OUTPUT)), events=process)
    lots = Lot.objects.filter(thing_id__in={row["thing_id"] for row in rows}).select_related("item__variant")
    items = {one.thing_id: one.item for one in lots}
    taken = [row for row in rows if row["role"] == Role.INPUT]
    put_in = Sums(_measure_of(taken, items))
    made, by_products = Sums(put_in.into), Sums(put_in.into)
    for row in taken:
        put_in.add(row, items.get(row["thing_id"]))
    for row in rows:
        if row["role"] == Role.OUTPUT:
            item = items.get(row["thing_id"])
            side = by_products if item and item.stage == TradeItem.Stage.BY_PRODUCT else made
            side.add(row, item)
    band = _band(lot, process)
    return Making(
        measure=put_in.measure or "",
        put_in=put_in.total,
        made=made.total,
        by_products=by_products.total,
        verdict=_verdict(put_in, made, by_products, band, lot.item.tolerance_bp),
        made_measure=made.measure or put_in.measure or "",
        by_products_measure=by_products.measure or "",
        pieces=made.pieces,
        content=content_of(lot.item) if made.pieces else None,
        band=band,
    )


def _measure_of(taken: Iterable[Edge], items: dict[UUID, TradeItem]) -> str | None:
    """Return in what a making is reckoned: in what was weighed, else in what is in the pieces if all of them say it."""
    own = {measured(row["quantity"], row["unit"])[0] for row in taken if row["quantity"] is not None}
    if weighed := sorted(own - {PIECES}):
        return weighed[0]
    inside = {content_of(items.get(row["thing_id"])) for row in taken}
    measures = {content[0] if content else PIECES for content in inside}
    return measures.pop() if len(measures) == 1 else PIECES if own else None


def _band(lot: Lot, process: Iterable[UUID]) -> Band | None:
    """Return what the step by which a lot was told is said to give; nothing of what no flow tells."""
    for telling in Telling.objects.filter(event_id__in=list(process)).select_related("flow").order_by("received_at", "pk"):
        step = flows.read(telling.flow.parts, telling.flow.steps).steps.get(telling.step)
        if step and lot.item.part in step.gives and step.least_yield_bp is not None and step.most_yield_bp is not None:
            measure = measured(Decimal(1), step.yield_unit)[0] if step.yield_unit else ""
            return Band(step.least_yield_bp, step.most_yield_bp, measure)
    return None


def _verdict(put_in: Sums, made: Sums, by_products: Sums, band: Band | None, tolerance_bp: int) -> Verdict:
    if put_in.measure is None:
        return Verdict.NOTHING_TOLD
    can_add = made.measure in {None, put_in.measure} and by_products.measure in {None, put_in.measure} and not by_products.is_mixed
    fits_band = band is not None and made.measure == (band.measure or put_in.measure)
    if put_in.is_mixed or made.is_mixed or not (fits_band if band else can_add):
        lacks_weight = put_in.lacks_weight or made.lacks_weight or put_in.measure == PIECES
        return Verdict.WEIGHT_UNKNOWN if lacks_weight else Verdict.NOT_COMPARABLE
    if can_add and (made.total + by_products.total) * WHOLE_BP > put_in.total * (WHOLE_BP + tolerance_bp):
        return Verdict.TOO_MUCH
    return _within(made.total * WHOLE_BP, put_in.total, band) if band else Verdict.RIGHT


def _within(made_bp: Decimal, put_in: Decimal, band: Band) -> Verdict:
    if made_bp > put_in * band.most_bp:
        return Verdict.TOO_MUCH
    return Verdict.TOO_LITTLE if made_bp < put_in * band.least_bp else Verdict.RIGHT
