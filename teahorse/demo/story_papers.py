"""Papers of the demo's stories: a PDF for each certificate that says what such a paper would say, and that it is none."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import typst
from django.utils import translation

from teahorse.people.models import Organisation
from teahorse.trace.models import Lot
from teahorse.trace.words import CERTIFICATES, amount_words

TEMPLATE = Path(__file__).with_name("paper.typ")
WARNING = {
    "bo": "དཔེ་སྟོན་ཡིག་ཆ་ཡིན། ལག་ཁྱེར་མིན།",
    "en": "A demonstration, not a certificate",
}


@dataclass(frozen=True)
class SaidOnPaper:
    """What a certificate says, as it is written down too."""

    kind: str
    number: str
    issuer: str
    holder: Organisation
    issued_date: date
    valid_until: date | None
    lots: Sequence[Lot]


def paper_pdf(said: SaidOnPaper) -> bytes:
    """Return a certificate's paper as a PDF on A5, marked as a demonstration."""
    facts = [("编号 No.", said.number), ("签发 Issued by", said.issuer), ("持有 Holder", said.holder.name)]
    facts.append(("日期 Date", said.issued_date.isoformat()))
    if said.valid_until is not None:
        facts.append(("有效期至 Valid until", said.valid_until.isoformat()))
    facts += [("批次 Lot", _lot(lot)) for lot in said.lots]
    data = {"title": {"zh": _name(said.kind, "zh-hans"), "en": _name(said.kind, "en")}, "warning": WARNING, "facts": facts}
    inputs = {"data": json.dumps(data, ensure_ascii=False)}
    made: bytes | list[bytes] = typst.compile(TEMPLATE, root=TEMPLATE.parent, format="pdf", sys_inputs=inputs)
    return made if isinstance(made, bytes) else b"".join(made)


def _name(kind: str, language: str) -> str:
    with translation.override(language):
        return str(CERTIFICATES[kind])


def _lot(lot: Lot) -> str:
    with translation.override("zh-hans"):
        return f"{lot.item.name} {lot.number} · {amount_words(lot.amount, lot.item.unit)}"
