"""The record of a recall or a drill, printed: who led it, its times, what it reached, what came of it."""

import json
from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import typst
from django.utils import translation

from teahorse.common.times import HOME
from teahorse.common.ui.band import band_svg
from teahorse.people.models import Person
from teahorse.trace.models import Recall
from teahorse.trace.queries.recalling import Reach, Sent, reach_of, sums_of
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
    kept = [row for row in reach.lots if not row.left_out_why]
    notes = list(recall.notes.order_by("at", "pk"))
    names = _names({recall.drafted_by_id, recall.started_by_id, recall.ended_by_id, *(note.by_id for note in notes)})
    return {
        "band": band_svg(recall.owner.key),
        "title": {"bo": "ཕྱིར་བསྡུའི་སྦྱོང་བརྡར་གྱི་ཐོ།", "zh": "召回演练记录"} if recall.is_drill else {"bo": "ཕྱིར་བསྡུའི་ཐོ།", "zh": "产品召回记录"},
        "number": recall.number,
        "owner": recall.owner.name,
        "facts": [
            ("编号", recall.number),
            ("召回单位", recall.owner.name),
            ("召回负责人", names.get(recall.started_by_id or recall.drafted_by_id, "")),
            ("生产者", "、".join(dict.fromkeys(row.lot.seller.name for row in kept))),
            ("原因", recall.reason),
            ("处置要求", recall.what_to_do),
        ],
        "times": [
            (name, names.get(by, ""), _time(at), _after(recall.asked_at, at))
            for name, by, at in (
                ("提出", recall.drafted_by_id, recall.asked_at),
                ("查明", recall.drafted_by_id, recall.found_at),
                ("启动", recall.started_by_id, recall.started_at),
                ("结束", recall.ended_by_id, recall.ended_at),
            )
            if at
        ],
        "sums": _sums(recall, reach),
        "holders": [(name, f"{units} 件") for name, units in reach.holders],
        "lots": _lots(reach)[:MOST_LOTS],
        "more": max(0, len(reach.lots) - MOST_LOTS),
        "notes": [(_time(note.at), NOTES.get(note.kind, note.kind), names.get(note.by_id, "")) for note in notes],
    }


def _sums(recall: Recall, reach: Reach) -> list[tuple[str, str]]:
    """Return every amount by what it is. What a drill would hold, it has not held."""
    sums = reach.sums
    return [
        ("涉及批次", f"{len(reach.lots)} 批"),
        *(("生产总量", amount_words(amount, unit)) for unit, amount in reach.amounts.items()),
        ("货架上（演练，未下架）" if recall.is_drill else "货架上，已下架封存" if recall.started_at else "货架上", f"{sums.shelf} 件"),
        ("涉及订单", f"{len(reach.orders)} 单"),
        ("涉及买家", f"{len(reach.buyers)} 人"),
        ("已售出并发货", f"{sums.sent} 件"),
        ("途中（演练，未扣留）" if recall.is_drill else "途中扣留", f"{sums.held} 件"),
        ("买家已退回", f"{sums.came_back} 件"),
        ("已销毁", f"{sums.destroyed} 件"),
        ("未找到", f"{sums.not_found} 件"),
        ("仍在买家手中", f"{sums.still_out} 件"),
    ]


def _lots(reach: Reach) -> list[tuple[str, ...]]:
    """Return each lot: what it is, who made it, how much was made, taken off shelves, sold, stopped on its way, and came back."""
    sent: dict[UUID, list[Sent]] = defaultdict(list)
    for one in reach.sent:
        sent[one.packed.lot_id].append(one)
    rows: list[tuple[str, ...]] = []
    for row in reach.lots:
        sums = sums_of([row], reach.shelf, sent[row.lot_id])
        units = (str(sums.shelf), str(sums.sent), str(sums.held), str(sums.came_back + sums.destroyed))
        made = amount_words(row.lot.amount, row.lot.item.unit)
        rows.append((row.lot.item.name, row.lot.number, row.lot.seller.name, made, *units, row.left_out_why))
    return rows


def _names(keys: Iterable[UUID | None]) -> dict[UUID | None, str]:
    return dict(Person.objects.filter(pk__in=[key for key in keys if key]).values_list("pk", "name"))


def _time(at: datetime) -> str:
    return f"{at.astimezone(HOME):%Y-%m-%d %H:%M:%S}"


def _after(asked_at: datetime, at: datetime) -> str:
    return time_taken((at - asked_at).total_seconds())
