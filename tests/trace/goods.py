"""Trade items, lots and what was told of their making, for tests."""

from teahorse.common.ids import new_id
from teahorse.trace import actions
from teahorse.trace.epcis.reading import read
from teahorse.trace.models import Lot, TradeItem
from teahorse.trace.naming import lot_uri
from teahorse.trace.rules import key_of
from tests import world
from tests.trace.telling import told


def item_of(seller, key, *, unit="", stage="made", **more):
    """Return a trade item of a seller."""
    return TradeItem.objects.create(county_id=seller.county_id, seller=seller, key=key, name=key, stage=stage, unit=unit, **more)


def lot_of(item, number, *, amount=300, made_at=world.NOW, **more):
    """Return a lot of a trade item, as if it had come into being by an event."""
    uri = lot_uri(item, number)
    said = {"made_at": made_at, "created_at": made_at, "told_by_id": new_id(), **more}
    return Lot.objects.create(
        county_id=item.county_id, seller=item.seller, item=item, number=number, uri=uri, thing_id=key_of(uri), amount=amount, **said
    )


def amounts(pairs):
    """Return lots and how much of each as an event lists them."""
    listed = []
    for lot, quantity in pairs.items():
        listed.append({"epcClass": lot.uri, "quantity": quantity} | ({"uom": lot.item.unit} if lot.item.unit else {}))
    return listed


def tell_made(made, quantity, out_of, *, by, now, **more):
    """Tell that a lot was made of others."""
    event = {
        "type": "TransformationEvent",
        "eventTime": now.isoformat(timespec="milliseconds"),
        "eventTimeZoneOffset": "+08:00",
        "bizStep": "commissioning",
        "inputQuantityList": amounts(out_of),
        "outputQuantityList": amounts({made: quantity} | more.get("beside", {})),
    }
    return tell(event, by=by, now=now)


def tell(*events, by, now):
    """Keep events that an organisation tells; they are right."""
    job = actions.capture(document=read(told(*events), now=now), by=by, now=now)
    assert job.errors == []
    return job
