"""Lots of barley wine, for labels."""

from datetime import UTC, date, datetime

from teahorse.common.ids import new_id
from teahorse.trace.actions import labelling
from teahorse.trace.models import TradeItem
from tests import world
from tests.trace.goods import lot_of

NOW = datetime(2026, 11, 22, 4, 0, tzinfo=UTC)
GTIN = "09506000134352"


def item(seller=None, *, key="wine", name="青稞酒", **more):
    seller = seller or world.organisation("coop-dorje")
    made = TradeItem.objects.create(county_id=seller.county_id, seller=seller, key=key, name=name, stage="sold", **more)
    made.i18n = {"name_bo": "ནས་ཆང་།"}
    made.save()
    return made


def lot(of=None, *, number="L260815", **more):
    made_at, best_before = datetime(2026, 8, 15, 1, 0, tzinfo=UTC), date(2027, 8, 14)
    return lot_of(of or item(), number, **{"made_at": made_at, "best_before": best_before, "created_at": NOW, **more})


def asked(of, *, form="roll_40x30", level="piece", count=3, by=None, **more):
    person = by or world.person("+8619900071001", name="掌柜")
    wish = {"form": form, "level": level, "count": count, "form_key": new_id(), "now": NOW, **more}
    return labelling.ask_labels(seller=of.seller, lot_id=of.pk, by=person, **wish)


def made(of, **more):
    return labelling.make_sheet(sheet_id=asked(of, **more).pk, now=NOW)
