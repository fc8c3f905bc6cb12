"""Which lots lie on the shelf for an offer, and which went into which parcel."""

from collections import defaultdict
from collections.abc import Collection, Iterable
from uuid import UUID

from django.db.models import QuerySet

from teahorse.aftersales.models import CaseLine
from teahorse.trace.models import LotMovement, LotStock, PackedLot, Recall, RecalledLot
from teahorse.trace.shelves import ShelvedLot


def shelved_lots(offer_ids: Collection[UUID]) -> dict[UUID, list[ShelvedLot]]:
    """Return the lots with units of offers, in the order in which they are to be packed; none of a living recall."""
    rows = LotStock.objects.filter(offer__in=offer_ids, on_hand__gt=0).select_related("lot").exclude(lot__in=_taken_back().values("lot"))
    found: dict[UUID, list[ShelvedLot]] = defaultdict(list)
    for row in rows:
        found[row.offer_id].append(ShelvedLot(row.lot_id, row.lot.number, row.lot.best_before, row.lot.made_at, row.on_hand))
    return {offer_id: sorted(lots, key=lambda one: one.turn) for offer_id, lots in found.items()}


def lots_taken_back(lot_ids: Collection[UUID]) -> set[UUID]:
    """Return which of these lots are being recalled."""
    return set(_taken_back().filter(lot__in=lot_ids).values_list("lot_id", flat=True))


def _taken_back() -> QuerySet[RecalledLot]:
    return RecalledLot.objects.filter(recall__state=Recall.State.LIVING, recall__is_drill=False, left_out_why="")


def packed_lots(order_ids: Iterable[UUID]) -> dict[UUID, list[PackedLot]]:
    """Return what of which lot was packed for orders, line by line."""
    found: dict[UUID, list[PackedLot]] = defaultdict(list)
    rows = PackedLot.objects.filter(order_id__in=list(order_ids)).select_related("lot__item").order_by("line_id", "lot__number", "pk")
    for row in rows:
        found[row.order_id].append(row)
    return found


def parcels_come_back(lot_ids: Collection[UUID]) -> set[tuple[UUID, UUID]]:
    """Return the parcels, each with its lot, of which units of these lots came back in order to the shelf."""
    back = LotMovement.objects.filter(lot__in=lot_ids, reason=LotMovement.Reason.RETURNED)
    came = [(reference, lot_id) for reference, lot_id in back.values_list("reference", "lot_id") if reference]
    lines = dict(CaseLine.objects.filter(pk__in=[reference for reference, _ in came]).values_list("pk", "line_id"))
    wanted = {(lines.get(reference, reference), lot_id) for reference, lot_id in came}  # what nobody paid for came back with its line
    rows = PackedLot.objects.filter(line_id__in=[line for line, _ in wanted]).values_list("line_id", "lot_id", "parcel_id")
    return {(parcel_id, lot_id) for line_id, lot_id, parcel_id in rows if (line_id, lot_id) in wanted}
