"""A hand-over list as a PDF: each number with its weight, the sums, and room for two signatures. Fonts as for waybills."""

import json
from pathlib import Path

import typst

from teahorse.carriers.models import Manifest
from teahorse.carriers.rules import kilograms
from teahorse.common.times import HOME
from teahorse.logistics import carriers

TEMPLATE = Path(__file__).with_name("manifest.typ")


def manifest_pdf(manifest: Manifest) -> bytes:
    """Return the list as a PDF of A4 pages, by the carrier's number; it names no recipient."""
    rows = manifest.consignments.select_related("parcel").order_by("number", "pk")
    data = {
        "number": manifest.number,
        "carrier": carriers.ON_LABELS.get(manifest.carrier, manifest.carrier),
        "giver": manifest.giver.name,
        "made": f"{manifest.made_at.astimezone(HOME):%Y-%m-%d %H:%M}",
        "count": str(manifest.count),
        "weight": kilograms(manifest.weight_grams),
        "lines": [[row.number, row.parcel.number, row.parcel.destination_names, kilograms(row.weight_grams)] for row in rows],
    }
    made: bytes = typst.compile(TEMPLATE, root=TEMPLATE.parent, format="pdf", sys_inputs={"data": json.dumps(data, ensure_ascii=False)})
    return made
