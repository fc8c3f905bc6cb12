"""``label_sheet``: seconds for a thousand labels, each with a code of its own and a hidden part, on A4 and on a roll."""

import os
import time
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from checks.running import House, open_django

LABELS = int(os.environ.get("LABELS", "1000"))
FORMS = {"label_sheet_a4": "a4", "label_sheet_roll": "roll_40x30"}
AIM_SECONDS = 60.0


def sheets(made: House) -> dict[str, dict[str, Any]]:
    """Return the seconds of each form, from the job's beginning to the kept file, beside the bare encoding of as many QR codes."""
    open_django(made)
    from django.utils import timezone

    from teahorse.trace.actions import labelling

    lot_id, rows = lot_of_wine(), {}
    for name, form in FORMS.items():
        sheet_id = _asked(lot_id, form)
        begun = time.perf_counter()
        sheet = labelling.make_sheet(sheet_id=sheet_id, now=timezone.now())
        seconds = time.perf_counter() - begun
        bare = _bare(sheet)
        rows[name] = {
            "value": seconds,
            "unit": f"s/{LABELS}",
            "aim": AIM_SECONDS,
            "limit": bare,
            "limit_is": "the bare encoding of the same QR codes",
            "ratio": seconds / bare,
            "bytes": len(sheet.pdf or b""),
        }
    return rows


def _bare(sheet: Any) -> float:
    import segno

    from teahorse.trace.labels import qr_text

    texts = [qr_text(sheet.frozen, code=code, level=sheet.level) for code in sheet.codes.values_list("code", flat=True)]
    begun = time.perf_counter()
    for text in texts:
        segno.make(text, error="m", micro=False)
    return time.perf_counter() - begun


def lot_of_wine() -> UUID:
    """Make a maker with a lot of barley wine in an empty house."""
    from teahorse.common.ids import new_id
    from teahorse.people.models import Organisation
    from teahorse.places.models import Area, area_id
    from teahorse.trace import naming
    from teahorse.trace.models import Lot, TradeItem
    from teahorse.trace.rules import key_of

    for code, level in (("54", "region"), ("5405", "prefecture"), ("540524", "county")):
        Area.objects.create(id=area_id(code), code=code, level=level, name=f"区{code}")
    county = area_id("540524")
    seller = Organisation.objects.create(key="coop-bench", kind="cooperative", name="多吉合作社", area_id=county, county_id=county)
    item = TradeItem.objects.create(county_id=county, seller=seller, key="wine", name="青稞酒", stage="sold")
    item.i18n = {"name_bo": "ནས་ཆང་།"}
    item.save()
    uri, now = naming.lot_uri(item, "L260815"), datetime(2026, 8, 15, 1, 0, tzinfo=UTC)
    return Lot.objects.create(
        county_id=county, seller=seller, item=item, number="L260815", uri=uri, thing_id=key_of(uri), amount=300, made_at=now,
        told_by_id=new_id(), created_at=now,
    ).pk  # fmt: skip


def _asked(lot_id: UUID, form: str) -> UUID:
    from django.utils import timezone

    from teahorse.common.ids import new_id
    from teahorse.people.models import Person
    from teahorse.trace.actions import labelling
    from teahorse.trace.models import Lot

    person, _ = Person.objects.get_or_create(phone="+8619900001001", defaults={"name": "掌柜"})
    wish = {"form": form, "level": "piece", "count": LABELS, "has_hidden": True, "why_more": "测量"}
    seller = Lot.objects.get(pk=lot_id).seller
    return labelling.ask_labels(seller=seller, lot_id=lot_id, by=person, form_key=new_id(), now=timezone.now(), **wish).pk
