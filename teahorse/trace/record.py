"""The record of a recall or a drill, printed: its times, what it reached, what came of it."""

import json
from datetime import datetime
from pathlib import Path
from typing import Any

import typst
from django.utils import translation

from teahorse.common.times import HOME
from teahorse.common.ui.band import band_svg
from teahorse.trace.models import Recall
from teahorse.trace.queries.recalling import reach_of
from teahorse.trace.words import amount_words, time_taken

TEMPLATE = Path(__file__).with_name("record.typ")
MOST_LOTS = 300
NOTES = {
    "drafted": "已查明范围",
    "left_out": "排除批次",
    "taken_in": "重新列入批次",
    "started": "已启动",
    "given_back": "已退回",
    "destroyed": "已销毁",
    "not_found": "未找到",
    "ended": "已结束",
    "dropped": "已撤销",
}


def record_pdf(recall: Recall) -> bytes:
    """Return the record of a recall as a PDF."""
    with translation.override("zh-hans"):
        inputs = {"data": json.dumps(_data(recall), ensure_ascii=False)}
    made: bytes | list[bytes] = typst.compile(TEMPLATE, root=TEMPLATE.parent, format="pdf", sys_inputs=inputs)
    return b"".join(made) if isinstance(made, list) else made


def _data(recall: Recall) -> dict[str, Any]:
    reach = reach_of(recall)
    sums = reach.sums
    return {
        "band": band_svg(recall.owner.key),
        "title": {"bo": "ཕྱིར་བསྡུའི་སྦྱོང་བརྡར་གྱི་ཐོ།", "zh": "召回演练记录"} if recall.is_drill else {"bo": "ཕྱིར་བསྡུའི་ཐོ།", "zh": "产品召回记录"},
        "number": recall.number,
        "owner": recall.owner.name,
        "reason": recall.reason,
        "what_to_do": recall.what_to_do,
        "times": [
            (name, _time(at), _after(recall.asked_at, at))
            for name, at in (
                ("提出", recall.asked_at),
                ("查明", recall.found_at),
                ("启动", recall.started_at),
                ("结束", recall.ended_at),
            )
            if at
        ],
        "sums": [
            ("批次", str(len(reach.lots))),
            ("货架数量", str(sums.shelf)),
            ("涉及订单", str(len(reach.orders))),
            ("涉及买家", str(len(reach.buyers))),
            ("已发出", str(sums.sent)),
            ("途中扣留", str(sums.held)),
            ("已退回", str(sums.came_back)),
            ("已销毁", str(sums.destroyed)),
            ("未找到", str(sums.not_found)),
        ],
        "lots": [
            (row.lot.item.name, row.lot.number, amount_words(row.lot.amount, row.lot.item.unit), row.left_out_why)
            for row in reach.lots[:MOST_LOTS]
        ],
        "more": max(0, len(reach.lots) - MOST_LOTS),
        "notes": [(_time(note.at), NOTES.get(note.kind, note.kind)) for note in recall.notes.order_by("at", "pk")],
    }


def _time(at: datetime) -> str:
    return f"{at.astimezone(HOME):%Y-%m-%d %H:%M:%S}"


def _after(asked_at: datetime, at: datetime) -> str:
    return time_taken((at - asked_at).total_seconds())
