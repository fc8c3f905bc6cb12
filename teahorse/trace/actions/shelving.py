"""From a lot to units that the mall sells: bottling, filling, packing into pieces; and writing off what spoiled."""

from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.db.models import F, Sum
from django.utils.translation import gettext_lazy as _

from teahorse.catalog.models import Offer, Variant
from teahorse.common.refusals import Malformed, Refusal
from teahorse.people.models import Person
from teahorse.stock import actions as stock
from teahorse.stock.models import StockLevel, StockMovement
from teahorse.trace.models import Lot, LotMovement, LotStock, TradeItem


class NotSold(Refusal):
    """The lot is of goods that the mall does not sell, or its seller has no offer of them."""

    code = "lot_is_not_sold"
    sentence = _("Nothing of this lot is sold on the mall. Say first which of your goods it becomes.")


class SoldAsAnother(Refusal):
    """The trade item is sold as something else already, or something else is sold as this."""

    code = "sold_as_another"
    sentence = _("One kind of lot becomes one of your goods. This one, or these goods, belong together with another already.")


class MoreThanMade(Refusal):
    """More units would be on the shelf than the lot had pieces; ``left`` can still be put there."""

    code = "more_than_made"
    sentence = _("Of this lot %(left)d more units can be put on the shelf.")


class NoUnits(Refusal):
    """The lot has fewer units on the shelf than that."""

    code = "lot_has_fewer_units"
    sentence = _("There are %(on_hand)d units of this lot on the shelf.")


@transaction.atomic
def sell_as(*, item: TradeItem, variant: Variant) -> None:
    """
    Say which of the seller's goods a kind of lot becomes; the same again is harmless.

    :raises SoldAsAnother: if either belongs together with another, or the goods are not the seller's. Nothing is changed.
    """
    item = TradeItem.objects.select_for_update(of=("self",)).get(pk=item.pk)
    if item.variant_id == variant.pk:
        return
    is_taken = TradeItem.objects.filter(variant=variant).exists()
    if item.variant_id is not None or is_taken or variant.product.seller_id != item.seller_id:
        raise SoldAsAnother(field="variant")
    item.variant = variant
    item.save(update_fields=["variant"])


@transaction.atomic
def shelve(*, lot: Lot, units: int, by: Person | None, now: datetime, reference: UUID | None = None) -> LotStock:
    """
    Put units of a lot on the shelf that the mall sells from; harmless twice for one ``reference`` (the event that made them).

    :raises NotSold: if its kind of goods is no variant that its seller offers.
    :raises Malformed: if there is not one unit.
    :raises MoreThanMade: if the lot is counted in pieces and had not so many. Nothing is changed in any of these.
    """
    if units < 1:
        raise Malformed(field="units", reason=_("At least one unit."))
    offer = offer_of(lot)
    level = _locked_level(offer.pk)
    lot = Lot.objects.select_for_update(of=("self",)).select_related("item").get(pk=lot.pk)
    shelf, _made = LotStock.objects.get_or_create(lot=lot, defaults={"offer": offer})
    shelf = LotStock.objects.select_for_update().get(pk=shelf.pk)
    known = LotMovement.objects.filter(lot=lot, reference=reference, reason=LotMovement.Reason.MADE)
    if reference is not None and known.exists():
        return shelf
    made = LotMovement.objects.filter(lot=lot, reason=LotMovement.Reason.MADE).aggregate(units=Sum("delta"))["units"] or 0
    if not lot.item.unit and made + units > lot.amount:
        raise MoreThanMade(field="units", left=int(lot.amount) - made)
    _move(shelf, units, LotMovement.Reason.MADE, reference=reference, by_id=by.pk if by else None, now=now)
    note = str(_("Lot %(number)s") % {"number": lot.number})
    stock.move(level=level, delta=units, reason=StockMovement.Reason.RECEIVED, by=by, now=now, note=note, reference=reference)
    return shelf


@transaction.atomic
def write_off(*, lot: Lot, units: int, by: Person | None, now: datetime, why: str = "", reference: UUID | None = None) -> LotStock:
    """
    Take units of a lot from the shelf because they are spoiled, lost or held; what is promised to buyers stays.

    :raises NoUnits: if the lot has fewer on the shelf.
    :raises LevelTooLow: if they are promised to buyers (stock). Nothing is changed in either.
    """
    known = LotStock.objects.filter(lot=lot).first()
    if known is None:
        raise NoUnits(field="units", on_hand=0)
    level = _locked_level(known.offer_id)
    shelf = LotStock.objects.select_for_update().get(pk=known.pk)
    if shelf.on_hand < units or units < 1:
        raise NoUnits(field="units", on_hand=shelf.on_hand)
    _move(shelf, -units, LotMovement.Reason.SPOILED, reference=reference, by_id=by.pk if by else None, now=now)
    stock.move(level=level, delta=-units, reason=StockMovement.Reason.SPOILED, by=by, now=now, note=why, reference=reference)
    return shelf


def offer_of(lot: Lot) -> Offer:
    """
    Return the offer by which units of a lot are sold.

    :raises NotSold: if there is none that has a shelf.
    """
    sold = Offer.objects.filter(seller=lot.seller_id, variant=lot.item.variant_id) if lot.item.variant_id else Offer.objects.none()
    offer = sold.first()
    if offer is None or not StockLevel.objects.filter(offer=offer, is_online=True).exists():
        raise NotSold
    return offer


def _locked_level(offer_id: UUID) -> StockLevel:
    """Lock what the mall sells from. It comes before lots and their shelves for everybody, as whoever packs an order has it first."""
    return StockLevel.objects.select_for_update().get(offer=offer_id, is_online=True)


def _move(shelf: LotStock, delta: int, reason: str, *, reference: UUID | None, by_id: UUID | None, now: datetime) -> None:
    LotStock.objects.filter(pk=shelf.pk).update(on_hand=F("on_hand") + delta)
    shelf.on_hand += delta
    LotMovement.objects.create(
        county_id=shelf.lot.county_id, lot_id=shelf.lot_id, delta=delta, reason=reason, reference=reference, by_id=by_id, moved_at=now
    )
