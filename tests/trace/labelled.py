"""Lots of barley wine, for labels."""

from datetime import UTC, date, datetime

from teahorse.common.ids import new_id
from teahorse.trace import naming
from teahorse.trace.actions import labelling
from teahorse.trace.models import Lot, TradeItem
from teahorse.trace.rules import key_of
from tests import world

NOW = datetime(2026, 11, 22, 4, 0, tzinfo=UTC)
GTIN = "09506000134352"


def item(seller=None, *, key="wine", name="青稞酒", **more):
    seller = seller or world.organisation("coop-dorje")
    made = TradeItem.objects.create(county_id=seller.county_id, seller=seller, key=key, name=name, stage="sold", **more)
    made.i18n = {"name_bo": "ནས་ཆང་།"}
    made.save()
    return made


def lot(of=None, *, number="L260815", **more):
    of = of or item()
    uri = naming.lot_uri(of, number)
    return Lot.objects.create(
        county_id=of.county_id, seller=of.seller, item=of, number=number, uri=uri, thing_id=key_of(uri), amount=300,
        made_at=datetime(2026, 8, 15, 1, 0, tzinfo=UTC), best_before=date(2027, 8, 14), told_by_id=new_id(), created_at=NOW, **more,
    )  # fmt: skip


def asked(of, *, form="roll_40x30", level="piece", count=3, by=None, **more):
    person = by or world.person("+8619900071001", name="掌柜")
    wish = {"form": form, "level": level, "count": count, "form_key": new_id(), "now": NOW, **more}
    return labelling.ask_labels(seller=of.seller, lot_id=of.pk, by=person, **wish)


def made(of, **more):
    return labelling.make_sheet(sheet_id=asked(of, **more).pk, now=NOW)
