"""Lots on a cooperative's shelf."""

from datetime import date
from decimal import Decimal

from teahorse.catalog.models import Offer
from teahorse.common.ids import new_id
from teahorse.people.models import Organisation
from teahorse.trace import actions
from teahorse.trace.models import Lot, TradeItem
from teahorse.trace.naming import lot_uri
from teahorse.trace.rules import key_of
from tests import world


def trade_item(of: Offer | None, seller: Organisation, *, key: str = "wine", **more) -> TradeItem:
    """Return a kind of goods, sold by an offer or not sold at all."""
    stage = TradeItem.Stage.SOLD if of else TradeItem.Stage.MADE
    found = TradeItem.objects.filter(seller=seller, key=key).first()
    return found or TradeItem.objects.create(
        county_id=seller.county_id, seller=seller, key=key, name="青稞酒", stage=stage, variant=of.variant if of else None, **more
    )


def lot_of(item: TradeItem, number: str, *, amount: int = 300, best_before: date | None = None, made_at=world.NOW) -> Lot:
    """Return a lot that came into being."""
    uri = lot_uri(item, number)
    return Lot.objects.create(
        county_id=item.county_id,
        seller=item.seller,
        item=item,
        number=number,
        uri=uri,
        thing_id=key_of(uri),
        amount=Decimal(amount),
        made_at=made_at,
        best_before=best_before,
        told_by_id=new_id(),
        created_at=made_at,
    )


def shelved(of: Offer, number: str, units: int, *, best_before: date | None = None) -> Lot:
    """Return a lot of which units lie on the shelf of an offer."""
    lot = lot_of(trade_item(of, of.seller), number, best_before=best_before)
    actions.shelve(lot=lot, units=units, by=None, now=world.NOW)
    return lot
