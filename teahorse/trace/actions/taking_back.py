"""
What comes back in order lies on the shelves of its lots again, as it lies on the shelf that the mall sells from: what buyers sent back,
and what nobody paid for on delivery.

After-sales and orders learn nothing of lots: they announce that goods came back. Of a lot that is being recalled nothing is sold again:
its units are held, and leave what the mall sells from.
"""

from collections import Counter, defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.db.models import F, Sum

from teahorse.aftersales.models import CaseLine
from teahorse.orders.models import OrderLine, SellerOrder
from teahorse.stock import actions as stock
from teahorse.stock.models import StockLevel
from teahorse.trace.actions.packing import take_lots_of_packed
from teahorse.trace.models import LotMovement, LotStock, PackedLot
from teahorse.trace.queries.shelves import lots_taken_back

Reason = LotMovement.Reason


@dataclass(frozen=True, slots=True)
class _Back:
    """Units of an order's line that came back, under the key of what they came back with: a case's line, or the order's own."""

    key: UUID
    county_id: UUID
    line_id: UUID
    units: int


@transaction.atomic
def take_lots_back(*, case_ids: Collection[UUID], now: datetime) -> int:
    """
    Put the units of these cases, which were found in order, back on the shelves of the lots that they were packed of; return how many.

    Of a line of several lots what expires first is taken to have come back. Units without a known lot stay without one. Harmless twice.
    """
    lines = CaseLine.objects.filter(case__in=case_ids).order_by("pk")
    return _take_back([_Back(line.pk, line.county_id, line.line_id, line.quantity) for line in lines], now)


@transaction.atomic
def take_unpaid_lots_back(*, order_ids: Collection[UUID], now: datetime) -> int:
    """
    Put all units of these orders, which were to be paid on delivery and are with their sellers again in order, back on the shelves of
    the lots that they were packed of; return how many. Harmless twice, and before anybody heard that they were packed.
    """
    list(SellerOrder.objects.select_for_update().filter(pk__in=order_ids).order_by("pk"))
    lines = list(OrderLine.objects.filter(order__in=order_ids).order_by("pk"))
    _lock_levels({line.offer_id for line in lines})
    take_lots_of_packed(order_ids=order_ids, now=now)
    return _take_back([_Back(line.pk, line.county_id, line.pk, line.quantity) for line in lines], now)


def _lock_levels(offers: Collection[UUID]) -> None:
    """Lock what the mall sells from: it comes before the shelves of lots, as for whoever packs an order."""
    list(StockLevel.objects.select_for_update().filter(offer__in=offers, is_online=True).order_by("pk"))


def _take_back(came: Sequence[_Back], now: datetime) -> int:
    packed: dict[UUID, list[PackedLot]] = defaultdict(list)
    for row in PackedLot.objects.filter(line_id__in=[one.line_id for one in came]).select_related("lot").order_by("pk"):
        packed[row.line_id].append(row)
    lots = {row.lot_id for rows in packed.values() for row in rows}
    _lock_levels(set(LotStock.objects.filter(lot__in=lots).values_list("offer", flat=True)))
    shelves = {row.pk: row for row in LotStock.objects.select_for_update().filter(lot__in=lots).order_by("pk")}
    held = lots_taken_back(lots)
    count = 0
    for one in came:
        if not LotMovement.objects.filter(reference=one.key, reason=Reason.RETURNED).exists():
            units = _units(one, packed[one.line_id])
            _put_back(one, units, shelves, held, now)
            count += units.total()
    return count


def _units(one: _Back, packed: Sequence[PackedLot]) -> Counter[UUID]:
    """Return how many units of which lots come back: no more than were packed for its line and have not come back before."""
    others = CaseLine.objects.filter(line=one.line_id).values("pk")
    back = LotMovement.objects.filter(reference__in=others, reason=Reason.RETURNED).values("lot").annotate(units=Sum("delta"))
    before = {row["lot"]: row["units"] for row in back}
    units, left = Counter[UUID](), one.units
    for row in sorted(packed, key=lambda one: (one.lot.best_before is None, one.lot.best_before, one.lot.made_at, one.lot_id)):
        units[row.lot_id] = min(left, row.quantity - before.get(row.lot_id, 0))
        left -= units[row.lot_id]
    return +units


def _put_back(one: _Back, units: Counter[UUID], shelves: dict[UUID, LotStock], held: set[UUID], now: datetime) -> None:
    moved = []
    for lot_id, quantity in units.items():
        reasons = {Reason.RETURNED: quantity, **({Reason.RECALLED: -quantity} if lot_id in held else {})}
        moved += [
            LotMovement(county_id=one.county_id, lot_id=lot_id, delta=delta, reason=reason, reference=one.key, moved_at=now)
            for reason, delta in reasons.items()
        ]
        if lot_id not in held:
            LotStock.objects.filter(pk=lot_id).update(on_hand=F("on_hand") + quantity)
    LotMovement.objects.bulk_create(moved)
    kept_out = Counter[UUID]()
    for lot_id in held & units.keys():
        kept_out[shelves[lot_id].offer_id] += units[lot_id]
    if kept_out:
        stock.withdraw(units=kept_out, reference=one.key, by_id=None, note="", now=now)
