"""A carrier's label: a small page that says that it is a sample."""

from __future__ import annotations

import json

import typst

SOURCE = """
#let it = json(bytes(sys.inputs.data))
#set page(width: 100mm, height: 150mm, margin: 6mm)
#set text(font: ("Noto Sans CJK SC",), size: 11pt, lang: "zh", region: "cn")
#text(size: 16pt, weight: "bold", "沙箱样张 · 无效") \\
#it.carrier \\
#text(size: 20pt, weight: "bold", it.number) \\
#it.order
"""


def draw(*, carrier: str, number: str, order: str) -> bytes:
    """The label as a PDF."""
    told = json.dumps({"carrier": carrier, "number": number, "order": order})
    made: bytes = typst.compile(SOURCE.encode(), format="pdf", sys_inputs={"data": told})
    return made
