"""
Labels on paper: four forms, all with a QR code, what the lot is in Tibetan above Chinese, and the code for typing.

What is said comes frozen from the sheet; where it stands says ``labels.typ``. A square of a QR code is a whole number of a label printer's
dots (203 an inch), so that no printer blurs it. Fonts are the machine's, as for waybills.
"""

import io
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Literal

import segno
import typst

from teahorse.common.ui.band import band_svg
from teahorse.trace.gs1.digital_link import build
from teahorse.trace.gs1.element_strings import Element
from teahorse.trace.gs1.short_codes import spaced

TEMPLATE = Path(__file__).with_name("labels.typ")
RESOLUTION: Final = 203.0
DOT_MM: Final = 25.4 / RESOLUTION

WORDS = {
    "lot": {"bo": "ཨང་།", "zh": "批号"},
    "made": {"bo": "བཟོས་ཚེས།", "zh": "生产"},
    "best_before": {"bo": "སྤྱོད་ཡུན།", "zh": "保质至"},
    "pieces": {"bo": "གྲངས།", "zh": "件数"},
}


@dataclass(frozen=True, slots=True)
class Form:
    """A kind of label in millimetres: its size, how many stand on a page, how wide its QR code may be."""

    width: float
    height: float
    qr: float
    text: float
    """The size of its largest text, in points."""
    columns: int = 1
    rows: int = 1


FORMS: Mapping[str, Form] = {
    "a4": Form(70, 37, qr=19, text=8, columns=3, rows=8),
    "roll_40x30": Form(40, 30, qr=16.6, text=6.3),
    "case": Form(100, 100, qr=51, text=14.5),
    "bag": Form(80, 60, qr=31.5, text=11),
}


@dataclass(frozen=True, slots=True)
class Label:
    """One label: what its QR code says with the drawing of it, the code for typing, and the hidden part, if it has one."""

    qr: "Drawn"
    code: str
    hidden: str = ""


@dataclass(frozen=True, slots=True)
class Drawn:
    """A QR code as a drawing, and how many squares it has on a side."""

    svg: str
    squares: int


def qr_text(said: Mapping[str, Any], *, code: str, level: str) -> str:
    """
    Return what the QR code of a label says: its Digital Link where the item has a GTIN, else the short address of its code.

    It is written in capitals as far as capitals mean the same (the scheme and the host do, the house serves ``/T/`` as ``/t/``), because
    a QR code of digits and capitals is smaller. A lot's number is left as it is. A case has no GTIN of its own.

    :raises Unreadable: ``restricted_number``, or what is wrong with the number.
    """
    home = said["home"]
    if not said["gtin"] or level == "case":
        return f"{home}/t/{code}".upper()
    elements = [Element("01", said["gtin"]), Element("10", said["lot"])]
    if level == "piece":
        elements.append(Element("21", code))
    return build(elements, stem=_capitals(home)).uri()


def _capitals(home: str) -> str:
    """Return a scheme and host in capitals; a path behind them means what it is written as."""
    scheme, _, rest = home.partition("://")
    host, slash, path = rest.partition("/")
    return f"{scheme}://{host}".upper() + slash + path


def drawn(text: str) -> Drawn:
    """Return a text as a QR code that stands up to losing 15 % of itself."""
    code = segno.make(text, error="m", micro=False)
    out = io.BytesIO()
    code.save(out, kind="svg", border=0, xmldecl=False, svgns=True, nl=False)
    return Drawn(out.getvalue().decode(), len(code.matrix))


def labels_pdf(form: str, said: Mapping[str, Any], labels: Sequence[Label]) -> bytes:
    """Return labels as a PDF, in their order."""
    return b"".join(_compiled(form, said, labels, "pdf"))


def labels_pictures(form: str, said: Mapping[str, Any], labels: Sequence[Label]) -> list[bytes]:
    """Return the same pages as PNG pictures of 203 dots an inch, as label printers have them."""
    return _compiled(form, said, labels, "png")


def _compiled(form: str, said: Mapping[str, Any], labels: Sequence[Label], kind: Literal["pdf", "png"]) -> list[bytes]:
    inputs = {"data": json.dumps(_printed(FORMS[form], said, labels), ensure_ascii=False)}
    made: bytes | list[bytes] = typst.compile(TEMPLATE, root=TEMPLATE.parent, format=kind, ppi=RESOLUTION, sys_inputs=inputs)
    return made if isinstance(made, list) else [made]


def _printed(form: Form, said: Mapping[str, Any], labels: Sequence[Label]) -> dict[str, Any]:
    squares = max(label.qr.squares for label in labels)
    side = squares * int(form.qr / (squares * DOT_MM)) * DOT_MM
    facts = [("lot", said["lot"]), ("made", said["made"]), ("best_before", said["best_before"]), ("pieces", said["pieces"] or "")]
    return {
        "form": {"width": form.width, "height": form.height, "text": form.text, "columns": form.columns, "rows": form.rows},
        "qr": side,
        "square": side / squares,
        "dot": DOT_MM,
        "item": said["item"],
        "maker": said["maker"],
        "facts": [{"word": WORDS[name], "value": str(value)} for name, value in facts if value],
        "band": band_svg(said["seller"], width=20, height=600, direction="down"),
        "labels": [{"qr": label.qr.svg, "code": spaced(label.code), "hidden": spaced(label.hidden)} for label in labels],
    }
