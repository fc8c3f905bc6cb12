"""
A dossier on paper: A4, Chinese with the names in Tibetan, each figure beside what it means, a code to check it by.

Everything that is printed comes as data; where it stands says ``dossier.typ``. Fonts are the machine's, as for waybills.
"""

import io
import json
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any, Literal

import segno
import typst

from teahorse.common.times import HOME
from teahorse.common.ui.band import band_svg
from teahorse.dossiers import rules
from teahorse.dossiers.models import Dossier

TEMPLATE = Path(__file__).with_name("dossier.typ")
RESOLUTION = 150.0

WORDS = {
    "title": {"bo": "ཚོང་གཉེར་ཡིད་རྟོན་ཡིག་ཆ།", "zh": "经营信用档案"},
    "seller": {"bo": "ཚོང་པ།", "zh": "商家"},
    "sales": {"bo": "ཟླ་རེའི་བཙོང་འབོར།", "zh": "按月销售"},
    "season": {"bo": "ནམ་དུས་ཀྱི་བགོ་ཐབས།", "zh": "季节分布"},
    "goods": {"bo": "ཐོན་རྫས་གཙོ་བོ།", "zh": "主要商品"},
    "check": {"bo": "བདེན་པ་ཞིབ་བཤེར།", "zh": "核验方法"},
    "figures": {"bo": "གཞི་གྲངས།", "zh": "核心数据"},
}
MEANINGS = {
    "net_fen": "销售额减退款。",
    "sold_fen": "买家已付款且已收货的订单实付金额（含运费、预售尾款和称重补款），按首次付款月份计入；未收货、已取消的订单不计。",
    "returned_fen": "上述订单中已退到买家账户的金额，按到账月份计入，不论销售发生在哪个月。",
    "returned_share": "退款金额 ÷ 销售额。",
    "orders": "上述订单数；一次结算购买多家商品时，每家各计一单。",
    "buyers": "上述订单中不同买家的人数；括号内为下单两次及以上的人数。",
    "average_fen": "销售额 ÷ 订单数，舍去不足一分的部分。",
    "shipped": f"付款后 {rules.SHIPPED_WITHIN_HOURS} 小时内打包的订单 ÷ 全部订单；采收前预售的商品，以约定的发货日为限。",
    "season": "每个自然月的平均销售额占十二个月平均销售额之和的比例；窗口内没有的月份为 0。",
    "goods": "按商品标价 × 数量计算，占全部商品标价金额的比例。",
}
"""What each figure means, as it stands beside it; ``figures.sql`` counts so, and ``queries.VERSION`` changes with it."""


def dossier_pdf(dossier: Dossier, *, figures: Mapping[str, Any], digest: str, address: str, made_at: datetime) -> bytes:
    """Return a dossier as a PDF."""
    return b"".join(_compiled(_printed(dossier, figures, digest, address, made_at), "pdf"))


def dossier_pictures(dossier: Dossier, *, figures: Mapping[str, Any], digest: str, address: str, made_at: datetime) -> list[bytes]:
    """Return the same pages as PNG pictures of 150 dots an inch."""
    return _compiled(_printed(dossier, figures, digest, address, made_at), "png")


def _compiled(data: dict[str, Any], form: Literal["pdf", "png"]) -> list[bytes]:
    inputs = {"data": json.dumps(data, ensure_ascii=False)}
    made: bytes | list[bytes] = typst.compile(TEMPLATE, root=TEMPLATE.parent, format=form, ppi=RESOLUTION, sys_inputs=inputs)
    return made if isinstance(made, list) else [made]


def _printed(dossier: Dossier, figures: Mapping[str, Any], digest: str, address: str, made_at: datetime) -> dict[str, Any]:
    most = max((month["sold_fen"] for month in figures["months"]), default=0)
    most_share = max(figures["season_shares"], default=0)
    return {
        "words": WORDS,
        "meanings": MEANINGS,
        "band": band_svg(dossier.organisation.key, width=1800, height=24),
        "seller": figures["seller"],
        "window": f"{figures['first_date']} 至 {figures['last_date']}",
        "bank": dossier.bank_name,
        "purpose": dossier.purpose,
        "signed": f"{dossier.signed_name}，{_moment(dossier.signed_at)}",
        "made": _moment(made_at),
        "expires": _moment(dossier.expires_at),
        "code": rules.spaced_code(dossier.code),
        "address": address,
        "qr": _qr(address),
        "digest": digest,
        "figures": [
            ["净销售额", money(figures["net_fen"]), MEANINGS["net_fen"]],
            ["销售额", money(figures["sold_fen"]), MEANINGS["sold_fen"]],
            ["退款", money(figures["returned_fen"]), MEANINGS["returned_fen"]],
            ["退款率", share(figures["returned_share"]), MEANINGS["returned_share"]],
            ["订单", f"{figures['orders']:,}", MEANINGS["orders"]],
            ["买家", f"{figures['buyers']:,}（{figures['buyers_again']:,}）", MEANINGS["buyers"]],
            ["平均每单", money(figures["average_fen"]), MEANINGS["average_fen"]],
            ["按时发货率", share(figures["shipped_in_time_share"]), MEANINGS["shipped"]],
        ],
        "months": [
            [
                row["month"],
                f"{row['orders']:,}",
                f"{row['buyers']:,}",
                money(row["sold_fen"]),
                money(row["returned_fen"]),
                money(row["net_fen"]),
                100 * row["sold_fen"] // most if most else 0,
            ]
            for row in figures["months"]
        ],
        "season": [
            [f"{place + 1}月", share(part), 100 * part // most_share if most_share else 0]
            for place, part in enumerate(figures["season_shares"])
        ],
        "goods": [
            {
                "name": goods["name"],
                "name_bo": goods["name_bo"],
                "units": f"{goods['units']:,}",
                "orders": f"{goods['orders']:,}",
                "amount": money(goods["amount_fen"]),
                "share": share(goods["share"]),
            }
            for goods in figures["goods"]
        ],
    }


def money(fen: int) -> str:
    """Return fen as the paper writes them: ``¥1,280.50``."""
    sign = "−" if fen < 0 else ""
    return f"{sign}¥{abs(fen) // 100:,}.{abs(fen) % 100:02d}"


def share(points: int | None) -> str:
    """Return basis points as the paper writes them: ``12.34 %``; a dash where there is nothing to divide by."""
    return "—" if points is None else f"{points // 100}.{points % 100:02d} %"


def _moment(at: datetime) -> str:
    return f"{at.astimezone(HOME):%Y-%m-%d %H:%M}"


def _qr(text: str) -> str:
    out = io.BytesIO()
    segno.make(text, error="m", micro=False).save(out, kind="svg", border=0, scale=4, xmldecl=False)
    return out.getvalue().decode()
