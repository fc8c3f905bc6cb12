"""
Waybills: a label of 100 x 150 mm for each parcel, as one PDF.

What identifies the recipient is masked (GB/T 43283-2023: a name, a phone and a house number are not readable in whole
on a waybill), and the pickup code is never on it. Tibetan stands above Chinese in the same size.

Fonts are the machine's: on Debian ``fonts-noto-cjk`` (Noto Sans CJK SC) and ``fonts-noto-core`` (Noto Serif Tibetan).
Where they are missing the next of the list in ``waybill.typ`` is taken, else whatever the machine has; a script of which
no font is installed prints as boxes.
"""

import io
import json
from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any, Literal
from uuid import UUID

import segno
import typst

from teahorse.common.money import yuan
from teahorse.common.times import HOME
from teahorse.common.ui.band import band_svg
from teahorse.logistics import carriers
from teahorse.logistics.models import Parcel
from teahorse.people.rules import masked_line, masked_name, masked_phone

TEMPLATE = Path(__file__).with_name("waybill.typ")

WORDS = {
    "recipient": {"bo": "ལེན་མཁན།", "zh": "收件"},
    "address": {"bo": "ཁ་བྱང་།", "zh": "地址"},
    "sender": {"bo": "སྐུར་མཁན།", "zh": "寄件"},
    "pickup": {"bo": "ལེན་ས།", "zh": "自提点"},
    "promised": {"bo": "འབྱོར་དུས།", "zh": "预计送达"},
    "weight": {"bo": "ལྗིད་ཚད།", "zh": "重量"},
    "packed": {"bo": "ཐུམ་སྒྲིལ།", "zh": "打包"},
    "cod": {"bo": "འབྱོར་རྗེས་དངུལ་སྤྲོད།", "zh": "货到付款"},
}
MARKS = {
    "is_cold": {"bo": "འཁྱགས་ཉར།", "zh": "冷藏"},
    "is_fragile": {"bo": "ཆག་སླ།", "zh": "易碎"},
    "is_large": {"bo": "ཅ་ལག་ཆེན་པོ།", "zh": "大件"},
}


class NothingToPrint(ValueError):
    """No parcel was given."""


def waybill_pdf(parcels: Sequence[Parcel], *, promised: Mapping[UUID, date] | None = None) -> bytes:
    """
    Return the labels of some parcels as a PDF, a page each, in their order.

    ``promised`` tells by a parcel's ``reference`` the last day on which it shall come.

    :raises NothingToPrint: without a parcel.
    """
    return b"".join(_compiled(parcels, promised, "pdf"))


def waybill_pictures(parcels: Sequence[Parcel], *, promised: Mapping[UUID, date] | None = None) -> list[bytes]:
    """
    Return the labels as PNG pictures of 203 dots per inch, as label printers have them.

    :raises NothingToPrint: without a parcel.
    """
    return _compiled(parcels, promised, "png")


def _compiled(parcels: Sequence[Parcel], promised: Mapping[UUID, date] | None, form: Literal["pdf", "png"]) -> list[bytes]:
    if not parcels:
        msg = "a waybill needs a parcel"
        raise NothingToPrint(msg)
    data = [_label(parcel, (promised or {}).get(parcel.reference)) for parcel in parcels]
    inputs = {"data": json.dumps(data, ensure_ascii=False)}
    made: bytes | list[bytes] = typst.compile(TEMPLATE, root=TEMPLATE.parent, format=form, ppi=203.0, sys_inputs=inputs)
    return made if isinstance(made, list) else [made]


def _label(parcel: Parcel, promised: date | None) -> dict[str, Any]:
    return {
        "words": WORDS,
        "number": f"{parcel.number[:2]} {parcel.number[2:6]} {parcel.number[6:10]} {parcel.number[10:]}",
        "qr": qr_svg(parcel.number),
        "band": band_svg(parcel.sender.key, width=20, height=600, direction="down"),
        "carrier": carriers.ON_LABELS.get(parcel.carrier, parcel.carrier),
        "carrier_number": parcel.carrier_number,
        "destination": parcel.destination_names,
        "pickup_point": str(parcel.pickup_point) if parcel.pickup_point else "",
        "marks": [MARKS[mark] for mark, holds in _marks(parcel) if holds],
        "name": masked_name(parcel.recipient_name),
        "phone": masked_phone(parcel.recipient_phone),
        "line": "" if parcel.pickup_point else masked_line(parcel.destination_line),
        "sender": {"bo": (parcel.sender.i18n or {}).get("name_bo", ""), "zh": parcel.sender.name},
        "promised": f"{promised:%m-%d}" if promised else "—",
        "weight": f"{parcel.weight_grams / 1000:.2f} kg",
        "cod": f"¥{yuan(parcel.cod_due_fen)}" if parcel.cod_due_fen else "",
        "packed": f"{parcel.packed_at.astimezone(HOME):%Y-%m-%d %H:%M}",
    }


def _marks(parcel: Parcel) -> tuple[tuple[str, bool], ...]:
    return ("is_cold", parcel.is_cold), ("is_fragile", parcel.is_fragile), ("is_large", parcel.size == Parcel.Size.LARGE)


def qr_svg(text: str) -> str:
    """Return a QR code without a border as SVG."""
    out = io.BytesIO()
    segno.make(text, error="q", micro=False).save(out, kind="svg", border=0, scale=4, xmldecl=False)
    return out.getvalue().decode()
