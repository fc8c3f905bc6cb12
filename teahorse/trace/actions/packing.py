"""
Which lots an order's parcel takes: what expires first, unless whoever packs says otherwise.

Packing an order is the business of ``orders``; it learns nothing of lots. Whoever packs with lots in hand calls :func:`take_lots` in
the same transaction; for all others :func:`take_lots_of_packed` takes the first expiring when ``OrdersPacked`` is heard.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from teahorse.common.refusals import Malformed, Refusal
from teahorse.logistics.models import Parcel
from teahorse.orders.models import OrderLine, SellerOrder
from teahorse.trace.actions.capturing import capture_own
from teahorse.trace.gs1.short_codes import read_code
from teahorse.trace.gs1.unreadable import Unreadable
from teahorse.trace.models import LabelCode, Lot, LotMovement, LotStock, PackedLot
from teahorse.trace.naming import lot_uri, party_uri, transaction_uri
from teahorse.trace.queries.shelves import packed_lots, parcels_come_back, shelved_lots
from teahorse.trace.shelves import ShelvedLot, expired, first_expiring


class LotGone(Refusal):
    """A chosen lot has fewer units for this line, is recalled, or is not of these goods; ``number`` says which."""

    code = "lot_gone"
    sentence = _("Lot %(number)s has not enough units for this any more. Choose again.")


class WrongCode(Refusal):
    """A scanned code is not of these goods, was voided, or lies in another parcel already."""

    code = "label_not_to_pack"
    sentence = _("Label %(code)s is not of these goods, was voided, or lies in another parcel already.")


@dataclass(frozen=True)
class Chosen:
    """What whoever packs takes for a line: units of lots, or single pieces by the codes on them."""

    lots: Mapping[UUID, int] = field(default_factory=dict)
    codes: Sequence[str] = ()


@transaction.atomic
def take_lots(
    *, order: SellerOrder, parcel: Parcel, chosen: Mapping[UUID, Chosen] | None = None, by_id: UUID | None = None, now: datetime
) -> list[PackedLot]:
    """
    Write down which lots lie in a parcel, and take them off their shelves; harmless twice.

    A line of which nothing is chosen takes what expires first and is not past its date; units for which no lot is known go without.

    :raises Malformed: if more or fewer units are chosen for a line than it has.
    :raises LotGone: :raises WrongCode: if what is chosen cannot be packed. Nothing is changed in any of these.
    """
    SellerOrder.objects.select_for_update().get(pk=order.pk)
    known = packed_lots([order.pk])[order.pk]
    if known:
        return known
    lines = list(order.lines.order_by("position"))
    offers = {line.offer_id for line in lines}
    stocks = {row.lot_id: row for row in LotStock.objects.select_for_update().filter(offer__in=offers, on_hand__gt=0).order_by("pk")}
    shelves = shelved_lots(offers)
    rows: list[PackedLot] = []
    for line in lines:
        wanted = (chosen or {}).get(line.pk, Chosen())
        codes = _codes(line, wanted.codes)
        lots = shelves.get(line.offer_id, [])
        units = _units(line, wanted, codes, lots, now)
        shelves[line.offer_id] = _without(lots, units)
        rows += [_row(order, parcel, line, lot_id, quantity, now) for lot_id, quantity in units.items()]
        LabelCode.objects.filter(pk__in=[code.pk for code in codes]).update(parcel_id=parcel.pk)
    _take(rows, stocks, by_id=by_id, now=now)
    PackedLot.objects.bulk_create(rows)
    return rows


@transaction.atomic
def take_lots_of_packed(*, order_ids: Collection[UUID], now: datetime) -> int:
    """Have the packed orders among these take their lots and tell the story that they were sent; return how many. Harmless twice."""
    orders = list(SellerOrder.objects.filter(pk__in=order_ids, packed_at__isnull=False).select_related("seller").order_by("pk"))
    parcels = {parcel.reference: parcel for parcel in Parcel.objects.filter(reference__in=[order.pk for order in orders]).order_by("pk")}
    told = 0
    for order in orders:
        rows = take_lots(order=order, parcel=parcels[order.pk], now=now) if order.pk in parcels else []
        if rows:
            tell_sent(order=order, rows=rows, now=now)
            told += 1
    return told


def tell_sent(*, order: SellerOrder, rows: Iterable[PackedLot], now: datetime) -> None:
    """Tell that lots were packed for an order: of whom it was bought, never who bought it."""
    quantities: dict[str, int] = defaultdict(int)
    lots = {row.lot_id: row for row in rows}
    for lot in Lot.objects.filter(pk__in=lots).select_related("item__seller"):
        quantities[lot.uri or lot_uri(lot.item, lot.number)] += sum(row.quantity for row in rows if row.lot_id == lot.pk)
    at = order.packed_at or now
    event: dict[str, Any] = {
        "type": "ObjectEvent",
        "eventTime": at.isoformat(timespec="milliseconds"),
        "eventTimeZoneOffset": "+08:00",
        "action": "OBSERVE",
        "bizStep": "shipping",
        "disposition": "in_transit",
        "quantityList": [{"epcClass": uri, "quantity": units} for uri, units in sorted(quantities.items())],
        "bizTransactionList": [{"type": "po", "bizTransaction": transaction_uri("order", order.number)}],
        "sourceList": [{"type": "possessing_party", "source": party_uri(order.seller)}],
    }
    capture_own([event], by=order.seller, now=now)


def _codes(line: OrderLine, typed: Sequence[str]) -> list[LabelCode]:
    """Return the pieces whose codes were scanned for a line, locked."""
    texts = {_code_in(text): text for text in typed}
    pieces = LabelCode.objects.select_for_update().filter(level=LabelCode.Level.PIECE, voided_at=None).order_by("pk")
    known = list(pieces.filter(pk__in=texts, lot__in=LotStock.objects.filter(offer=line.offer_id).values("lot")))
    back = parcels_come_back({row.lot_id for row in known if row.parcel_id is not None})
    found = {row.pk: row for row in known if row.parcel_id is None or (row.parcel_id, row.lot_id) in back}
    wrong = next((text for code, text in texts.items() if code not in found), None)
    if wrong is not None:
        raise WrongCode(field="codes", code=wrong[:40])
    if len(texts) != len(typed) or len(typed) > line.quantity:
        raise Malformed(field="codes", reason=_("Scan each piece once, and no more than were ordered."))
    return list(found.values())


def _code_in(text: str) -> str:
    try:
        return read_code(text.rstrip("/").rsplit("/", 1)[-1])
    except Unreadable:
        raise WrongCode(field="codes", code=text[:40]) from None


def _units(line: OrderLine, wanted: Chosen, codes: Sequence[LabelCode], lots: Sequence[ShelvedLot], now: datetime) -> dict[UUID, int]:
    units: dict[UUID, int] = defaultdict(int)
    for code in codes:
        units[code.lot_id] += 1
    for lot_id, quantity in wanted.lots.items():
        units[lot_id] += quantity
    if any(quantity < 0 for quantity in wanted.lots.values()) or sum(units.values()) > line.quantity:
        raise Malformed(field="lots", reason=_("Choose as many units as were ordered."))
    if not wanted.lots:
        gone = expired(lots, now.date())
        left = [replace(lot, on_hand=lot.on_hand - units.get(lot.lot_id, 0)) for lot in lots if lot.lot_id not in gone]
        for lot_id, quantity in first_expiring(left, line.quantity - sum(units.values())).items():
            units[lot_id] += quantity
    return {lot_id: quantity for lot_id, quantity in units.items() if quantity}


def _without(lots: Sequence[ShelvedLot], units: Mapping[UUID, int]) -> list[ShelvedLot]:
    """Return what is left on a shelf when units of its lots are taken from it."""
    left = {lot.lot_id: lot.on_hand - units.get(lot.lot_id, 0) for lot in lots}
    for lot_id in units:
        if left.get(lot_id, -1) < 0:
            number = Lot.objects.filter(pk=lot_id).values_list("number", flat=True).first() or str(lot_id)[:8]
            raise LotGone(field="lots", number=number)
    return [replace(lot, on_hand=left[lot.lot_id]) for lot in lots]


def _take(rows: Sequence[PackedLot], stocks: Mapping[UUID, LotStock], *, by_id: UUID | None, now: datetime) -> None:
    """Take what is packed off the shelves of lots, which are locked."""
    moved = []
    for row in rows:
        stocks[row.lot_id].on_hand -= row.quantity
        moved.append(
            LotMovement(
                county_id=row.county_id,
                lot_id=row.lot_id,
                delta=-row.quantity,
                reason=LotMovement.Reason.PACKED,
                reference=row.line_id,
                by_id=by_id,
                moved_at=now,
            )
        )
    LotStock.objects.bulk_update([stocks[lot_id] for lot_id in {row.lot_id for row in rows}], ["on_hand"])
    LotMovement.objects.bulk_create(moved)


def _row(order: SellerOrder, parcel: Parcel, line: OrderLine, lot_id: UUID, quantity: int, now: datetime) -> PackedLot:
    return PackedLot(
        county_id=order.county_id,
        lot_id=lot_id,
        order_id=order.pk,
        line_id=line.pk,
        parcel_id=parcel.pk,
        quantity=quantity,
        packed_at=order.packed_at or now,
    )
