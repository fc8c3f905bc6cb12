"""The document: a page that looks like a digital invoice and says that it is none."""

from __future__ import annotations

import json
from typing import Any

import typst

SOURCE = """
#let it = json(bytes(sys.inputs.data))
#set document(title: "沙箱发票 " + it.number)
#set page(width: 210mm, height: 140mm, margin: 10mm)
#set text(font: ("Noto Sans CJK SC", "Noto Serif Tibetan"), size: 9pt, lang: "zh", region: "cn")
#place(center + horizon, rotate(-18deg, text(size: 46pt, fill: luma(88%), weight: "bold", "沙箱样张 · 无效")))
#align(center, text(size: 16pt, weight: "bold", fill: rgb("#8e2f24"), it.title))
#grid(columns: (1fr, auto), [], [发票号码：#it.number \\ 开票日期：#it.day])
#v(2mm)
#table(columns: (1fr, 1fr), inset: 6pt,
  [购买方：#it.buyer \\ 税号：#it.buyer_number], [销售方税号：#it.seller])
#table(columns: (1fr, auto, auto, auto, auto), inset: 5pt, align: (left, right, right, right, right),
  [项目名称], [数量], [金额], [税率], [税额],
  ..it.lines.map(l => ([#l.name], [#l.num], [#l.net], [#l.rate], [#l.tax])).flatten(),
  [*价税合计*], [], table.cell(colspan: 3)[*¥#it.total*])
#if it.blue != "" [对应正数发票号码：#it.blue]
#v(1fr)
开票人：#it.clerk
"""


def draw(values: dict[str, Any]) -> bytes:
    """The document as a PDF."""
    made: bytes = typst.compile(SOURCE.encode(), format="pdf", sys_inputs={"data": json.dumps(values, ensure_ascii=False)})
    return made
