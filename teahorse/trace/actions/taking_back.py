"""
What buyers sent back and is in order lies on the shelves of its lots again, as it lies on the shelf that the mall sells from.

After-sales learns nothing of lots: it announces that goods were taken back. Of a lot that is being recalled nothing is sold again: its
units are held, and leave what the mall sells from.
"""

from collections import Counter, defaultdict
from collections.abc import Collection, Sequence
from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.db.models import F, Sum

from teahorse.aftersales.models import CaseLine
from teahorse.stock import actions as stock
from teahorse.stock.models import StockLevel
from teahorse.trace.models import LotMovement, LotStock, PackedLot
from teahorse.trace.queries.shelves import lots_taken_back

Reason = LotMovement.Reason


@transaction.atomic
def take_lots_back(*, case_ids: Collection[UUID], now: datetime) -> int:
    """
    Put the units of these cases, which were found in order, back on the shelves of the lots that they were packed of; return how many.

    Of a line of several lots what expires first is taken to have come back. Units without a known lot stay without one. Harmless twice.
    """
    lines = list(CaseLine.objects.filter(case__in=case_ids).order_by("pk"))
    packed: dict[UUID, list[PackedLot]] = defaultdict(list)
    for row in PackedLot.objects.filter(line_id__in=[line.line_id for line in lines]).select_related("lot").order_by("pk"):
        packed[row.line_id].append(row)
    lots = {row.lot_id for rows in packed.values() for row in rows}
    # what the mall sells from comes before the shelves of lots, as for whoever packs an order
    offers = LotStock.objects.filter(lot__in=lots).values("offer")
    list(StockLevel.objects.select_for_update().filter(offer__in=offers, is_online=True).order_by("pk"))
    shelves = {row.pk: row for row in LotStock.objects.select_for_update().filter(lot__in=lots).order_by("pk")}
    held = lots_taken_back(lots)
    count = 0
    for line in lines:
        if not LotMovement.objects.filter(reference=line.pk, reason=Reason.RETURNED).exists():
            units = _units(line, packed[line.line_id])
            _put_back(line, units, shelves, held, now)
            count += units.total()
    return count


def _units(line: CaseLine, packed: Sequence[PackedLot]) -> Counter[UUID]:
    """Return how many units of which lots come back with a line of a case: no more than were packed and have not come back before."""
    others = CaseLine.objects.filter(line=line.line_id).values("pk")
    back = LotMovement.objects.filter(reference__in=others, reason=Reason.RETURNED).values("lot").annotate(units=Sum("delta"))
    before = {row["lot"]: row["units"] for row in back}
    units, left = Counter[UUID](), line.quantity
    for row in sorted(packed, key=lambda one: (one.lot.best_before is None, one.lot.best_before, one.lot.made_at, one.lot_id)):
        units[row.lot_id] = min(left, row.quantity - before.get(row.lot_id, 0))
        left -= units[row.lot_id]
    return +units


def _put_back(line: CaseLine, units: Counter[UUID], shelves: dict[UUID, LotStock], held: set[UUID], now: datetime) -> None:
    moved = []
    for lot_id, quantity in units.items():
        reasons = {Reason.RETURNED: quantity, **({Reason.RECALLED: -quantity} if lot_id in held else {})}
        moved += [
            LotMovement(county_id=line.county_id, lot_id=lot_id, delta=delta, reason=reason, reference=line.pk, moved_at=now)
            for reason, delta in reasons.items()
        ]
        if lot_id not in held:
            LotStock.objects.filter(pk=lot_id).update(on_hand=F("on_hand") + quantity)
    LotMovement.objects.bulk_create(moved)
    kept_out = Counter[UUID]()
    for lot_id in held & units.keys():
        kept_out[shelves[lot_id].offer_id] += units[lot_id]
    if kept_out:
        stock.withdraw(units=kept_out, reference=line.pk, by_id=None, note="", now=now)
