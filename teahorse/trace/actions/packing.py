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
from django.db.models import F
from django.utils.translation import gettext_lazy as _

from teahorse.common.refusals import Malformed, Refusal
from teahorse.logistics.models import Parcel
from teahorse.orders.models import OrderLine, SellerOrder
from teahorse.people.models import Organisation
from teahorse.trace.actions.capturing import capture
from teahorse.trace.epcis.reading import read
from teahorse.trace.epcis.writing import document
from teahorse.trace.gs1.short_codes import read_code
from teahorse.trace.gs1.unreadable import Unreadable
from teahorse.trace.models import LabelCode, Lot, LotMovement, LotStock, PackedLot
from teahorse.trace.naming import lot_uri, party_uri, transaction_uri
from teahorse.trace.queries.shelves import packed_lots, shelved_lots
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
    list(LotStock.objects.select_for_update().filter(offer__in=offers, on_hand__gt=0).order_by("pk"))
    shelves = shelved_lots(offers)
    rows: list[PackedLot] = []
    for line in lines:
        wanted = (chosen or {}).get(line.pk, Chosen())
        codes = _codes(line, wanted.codes)
        units = _units(line, wanted, codes, shelves, now)
        for lot_id, quantity in units.items():
            _take(lot_id, line, quantity, by_id=by_id, now=now)
            rows.append(_row(order, parcel, line, lot_id, quantity, now))
        LabelCode.objects.filter(pk__in=[code.pk for code in codes]).update(parcel_id=parcel.pk)
        shelves = shelved_lots(offers) if units else shelves
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
    _tell(event, by=order.seller, now=now)


def _tell(event: dict[str, Any], *, by: Organisation, now: datetime) -> None:
    job = capture(document=read(document([event], created_at=now), now=now), by=by, now=now)
    if not job.is_success:
        msg = f"the house told what cannot be: {job.errors}"
        raise ValueError(msg)


def _codes(line: OrderLine, typed: Sequence[str]) -> list[LabelCode]:
    """Return the pieces whose codes were scanned for a line, locked."""
    found = []
    for text in typed:
        try:
            code = read_code(text.rstrip("/").rsplit("/", 1)[-1])
        except Unreadable:
            raise WrongCode(field="codes", code=text[:40]) from None
        row = LabelCode.objects.select_for_update(of=("self",)).select_related("lot__item").filter(pk=code).first()
        is_piece = row is not None and row.level == LabelCode.Level.PIECE and row.voided_at is None and row.parcel_id is None
        if row is None or not is_piece or not LotStock.objects.filter(lot=row.lot_id, offer=line.offer_id).exists():
            raise WrongCode(field="codes", code=text[:40])
        found.append(row)
    if len({row.pk for row in found}) != len(found) or len(found) > line.quantity:
        raise Malformed(field="codes", reason=_("Scan each piece once, and no more than were ordered."))
    return found


def _units(
    line: OrderLine, wanted: Chosen, codes: Sequence[LabelCode], shelves: Mapping[UUID, Sequence[ShelvedLot]], now: datetime
) -> dict[UUID, int]:
    units: dict[UUID, int] = defaultdict(int)
    for code in codes:
        units[code.lot_id] += 1
    for lot_id, quantity in wanted.lots.items():
        units[lot_id] += quantity
    if any(quantity < 0 for quantity in wanted.lots.values()) or sum(units.values()) > line.quantity:
        raise Malformed(field="lots", reason=_("Choose as many units as were ordered."))
    if not wanted.lots:
        lots = shelves.get(line.offer_id, ())
        gone = expired(lots, now.date())
        left = [replace(lot, on_hand=lot.on_hand - units.get(lot.lot_id, 0)) for lot in lots if lot.lot_id not in gone]
        for lot_id, quantity in first_expiring(left, line.quantity - sum(units.values())).items():
            units[lot_id] += quantity
    return {lot_id: quantity for lot_id, quantity in units.items() if quantity}


def _take(lot_id: UUID, line: OrderLine, quantity: int, *, by_id: UUID | None, now: datetime) -> None:
    sellable = LotStock.objects.filter(lot=lot_id, offer=line.offer_id, on_hand__gte=quantity)
    is_free = any(lot.lot_id == lot_id for lot in shelved_lots([line.offer_id]).get(line.offer_id, ()))
    if not is_free or not sellable.update(on_hand=F("on_hand") - quantity):
        number = Lot.objects.filter(pk=lot_id).values_list("number", flat=True).first() or str(lot_id)[:8]
        raise LotGone(field="lots", number=number)
    LotMovement.objects.create(
        county_id=line.county_id,
        lot_id=lot_id,
        delta=-quantity,
        reason=LotMovement.Reason.PACKED,
        reference=line.pk,
        by_id=by_id,
        moved_at=now,
    )


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
