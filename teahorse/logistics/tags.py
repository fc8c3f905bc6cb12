"""
Tags of bags and cages: 100 x 70 mm each, as one PDF. Tibetan stands above Chinese; nothing on them says what lies inside, or whose.

Fonts are the machine's, as for waybills (:mod:`.waybill`).
"""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Literal

import typst

from teahorse.common.times import HOME
from teahorse.common.ui.band import band_svg
from teahorse.logistics.models import Unit
from teahorse.logistics.waybill import NothingToPrint, qr_svg

TEMPLATE = Path(__file__).with_name("tags.typ")
KINDS = {"bag": {"bo": "སྒྲོ་བ།", "zh": "集包袋"}, "cage": {"bo": "ལྕགས་སྒམ།", "zh": "笼车"}}
WORDS = {
    "to": {"bo": "འགྲོ་ས།", "zh": "发往"},
    "from": {"bo": "ཐོན་ས།", "zh": "始发"},
    "made": {"bo": "ཚེས་གྲངས།", "zh": "日期"},
    "cold": {"bo": "འཁྱག་སྲུང་།", "zh": "冷藏"},
}


def tags_pdf(units: Sequence[Unit]) -> bytes:
    """
    Return the tags of some bags and cages as a PDF, a page each, in their order.

    :raises NothingToPrint: without one.
    """
    return b"".join(_compiled(units, "pdf"))


def tag_pictures(units: Sequence[Unit]) -> list[bytes]:
    """
    Return the tags as PNG pictures of 203 dots per inch, as label printers have them.

    :raises NothingToPrint: without one.
    """
    return _compiled(units, "png")


def _compiled(units: Sequence[Unit], form: Literal["pdf", "png"]) -> list[bytes]:
    if not units:
        msg = "a tag needs a bag or a cage"
        raise NothingToPrint(msg)
    inputs = {"data": json.dumps([_tag(unit) for unit in units], ensure_ascii=False)}
    made: bytes | list[bytes] = typst.compile(TEMPLATE, root=TEMPLATE.parent, format=form, ppi=203.0, sys_inputs=inputs)
    return made if isinstance(made, list) else [made]


def _tag(unit: Unit) -> dict[str, Any]:
    return {
        "words": WORDS,
        "kind": KINDS[unit.kind],
        "code": f"{unit.code[:2]} {unit.code[2:6]} {unit.code[6:10]} {unit.code[10:]}",
        "qr": qr_svg(unit.code),
        "band": band_svg(unit.organisation.key, width=20, height=280, direction="down"),
        "to": _named(unit.destination) if unit.destination else None,
        "from": _named(unit.organisation),
        "made": f"{unit.made_at.astimezone(HOME):%Y-%m-%d}",
        "is_cold": unit.is_cold,
    }


def _named(place: Any) -> dict[str, str]:
    return {"bo": (place.i18n or {}).get("name_bo", ""), "zh": place.name}
