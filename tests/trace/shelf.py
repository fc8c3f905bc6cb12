"""Lots on a cooperative's shelf."""

from datetime import date

from teahorse.catalog.models import Offer
from teahorse.people.models import Organisation
from teahorse.trace import actions
from teahorse.trace.gs1.short_codes import make_code
from teahorse.trace.models import LabelCode, Lot, TradeItem
from teahorse.trace.naming import piece_uri
from teahorse.trace.rules import key_of
from tests import world
from tests.trace.goods import lot_of


def trade_item(of: Offer | None, seller: Organisation, *, key: str = "wine", **more) -> TradeItem:
    """Return a kind of goods, sold by an offer or not sold at all."""
    stage = TradeItem.Stage.SOLD if of else TradeItem.Stage.MADE
    found = TradeItem.objects.filter(seller=seller, key=key).first()
    return found or TradeItem.objects.create(
        county_id=seller.county_id, seller=seller, key=key, name="青稞酒", stage=stage, variant=of.variant if of else None, **more
    )


def shelved(of: Offer, number: str, units: int, *, best_before: date | None = None) -> Lot:
    """Return a lot of which units lie on the shelf of an offer."""
    lot = lot_of(trade_item(of, of.seller), number, best_before=best_before)
    actions.shelve(lot=lot, units=units, by=None, now=world.NOW)
    return lot


def piece(lot: Lot, serial: str) -> LabelCode:
    """Return the code of a single piece of a lot."""
    uri = piece_uri(lot, serial)
    return LabelCode.objects.create(
        code=make_code(),
        county_id=lot.county_id,
        lot=lot,
        level="piece",
        serial=serial,
        uri=uri,
        thing_id=key_of(uri),
        created_at=world.NOW,
    )
