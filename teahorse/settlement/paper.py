"""
A seller's statement on paper and as a workbook: what was sold, returned, taken and why, paid, still to come, and whose goods it was.

Tibetan stands above Chinese in the same size, as on waybills; where it stands says ``statement.typ``. Fonts are the machine's.
"""

import io
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import typst
from openpyxl import Workbook  # type: ignore[import-untyped]  # it has no types of its own
from openpyxl.styles import Font  # type: ignore[import-untyped]  # as above

from teahorse.catalog.tables import safe_cell
from teahorse.common.money import FEN_PER_YUAN, yuan
from teahorse.common.times import HOME
from teahorse.common.ui.band import band_svg
from teahorse.settlement.models import FeeRule, Payout
from teahorse.settlement.rules import EVERYONE
from teahorse.settlement.statement import FeeSum, PaidOut, StatementOfSeller

TEMPLATE = Path(__file__).with_name("statement.typ")
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
"""The media type of a workbook."""


@dataclass(frozen=True, slots=True)
class Words:
    """The same in Tibetan and in Chinese."""

    bo: str
    zh: str

    @property
    def both(self) -> dict[str, str]:
        """As the template reads it."""
        return {"bo": self.bo, "zh": self.zh}


WORDS = {
    "title": Words("རྩིས་ཐོ།", "对账单"),
    "window": Words("དུས་ཡུན།", "期间"),
    "made": Words("བཟོས་དུས།", "制表"),
    "summary": Words("སྤྱི་བསྡོམས།", "汇总"),
    "opening": Words("སྔ་མའི་ལྷག་མ།", "期初待收"),
    "sold": Words("ཉོ་མཁན་གྱིས་སྤྲད་པ།", "售出（买家付款）"),
    "borne": Words("གཞན་གྱིས་ཁུར་བའི་བེད་གཅོད།", "他方承担的优惠"),
    "returned": Words("ཕྱིར་སློག", "退款"),
    "fees": Words("གླ་རིན།", "费用"),
    "other": Words("གཞན།", "其他"),
    "left": Words("དུས་ཡུན་འདིའི་ཡོང་འབབ།", "本期归您"),
    "paid": Words("སྤྲད་ཟིན།", "已付给您"),
    "closing": Words("ད་དུང་འབྱོར་རྒྱུ།", "期末待收"),
    "why": Words("གླ་རིན་དང་རྒྱུ་མཚན།", "费用与原因"),
    "payouts": Words("དངུལ་སྤྲད་པ།", "付款明细"),
    "coming": Words("ད་དུང་འབྱོར་རྒྱུའི་ཞིབ་ཆ།", "待收明细"),
    "held": Words("ཉོ་མཁན་ལ་མ་འབྱོར་བ།", "买家未收货"),
    "earned": Words("ཕྱིར་སློག་གི་དུས་མ་རྫོགས་པ།", "已收货，退货期未满"),
    "payable": Words("སྤྲད་རྒྱུ།", "待付款"),
    "in_payout": Words("སྤྲོད་བཞིན་པ།", "付款途中"),
    "collected": Words("ཁྱེད་ཀྱི་རྩིས་ཁྲར་ཡོད་པ།", "其中在您自己的收款账户（含待分服务费）"),
    "households": Words("ཁྱིམ་ཚང་གི་ཐོབ་སྐལ།", "各户分成"),
    "own": Words("རང་གི།", "自有"),
    "orders": Words("མངགས་ཐོ།", "订单明细"),
    "total": Words("བསྡོམས།", "合计"),
    "number": Words("ཨང་།", "单号"),
    "day": Words("ཚེས།", "日期"),
    "amount": Words("དངུལ་འབོར།", "金额"),
    "household": Words("ཁྱིམ་ཚང་།", "农户"),
    "goods": Words("ཅ་དངོས།", "商品"),
    "share": Words("བརྒྱ་ཆ།", "比例"),
    "way": Words("ཐབས།", "方式"),
    "receipt": Words("བྱུང་འཛིན་ཨང་།", "流水号／收据号"),
    "signed": Words("མིང་རྟགས།", "签收人"),
    "name": Words("མིང་།", "名称"),
    "due": Words("དུས་རྫོགས་ཉིན།", "到期日"),
    "nothing": Words("མེད།", "无"),
    "other_goods": Words("གཞན།", "其他"),
}
FEES = {
    FeeRule.Kind.COMMISSION.value: Words("བར་ཐོབ།", "佣金"),
    FeeRule.Kind.STATION.value: Words("ས་ཚིགས་ཀྱི་གླ་རིན།", "站点服务费"),
    FeeRule.Kind.HOST.value: Words("གཙོ་སྐྱོང་བའི་གླ་རིན།", "主播费"),
    FeeRule.Kind.PACKING.value: Words("ཐུམ་སྒྲིལ་གླ་རིན།", "包装费"),
    FeeRule.Kind.PAYMENT.value: Words("དངུལ་སྤྲོད་གླ་རིན།", "支付手续费"),
    FeeRule.Kind.FREIGHT.value: Words("སྐྱེལ་འདྲེན་གླ་རིན།", "运费服务费"),
}
BASES = {
    FeeRule.Basis.GOODS.value: Words("ཅ་དངོས་རིན་གོང་གི་{rate}%", "商品金额的 {rate}%"),
    FeeRule.Basis.PAID.value: Words("ཅ་དངོས་དང་སྐྱེལ་གླའི་{rate}%", "商品与运费合计的 {rate}%"),
    FeeRule.Basis.ORDER.value: Words("མངགས་ཐོ་རེར་སྒོར་{rate}", "每单 {rate} 元"),
    FeeRule.Basis.KG.value: Words("སྤྱི་རྒྱ་རེར་སྒོར་{rate}", "每公斤 {rate} 元（不足一公斤按一公斤计）"),
}
REASONS = {
    EVERYONE: Words("ཚོང་པ་ཡོངས་ལ་འཇུག", "适用于所有商家"),
    "seller": Words("ཚོང་པ་འདི་དང་གྲོས་མཐུན་བྱས་པ།", "与本商家约定"),
    "county": Words("རྫོང་འདིའི།", "本县标准"),
    "seller_kind": Words("ཚོང་པ་རིགས་འདིར་འཇུག", "适用于本类商家"),
    "provider": Words("དངུལ་སྤྲོད་ཐབས་འདིར་འཇུག", "适用于该支付方式"),
    "pickup_level": Words("ལེན་ས་རིགས་འདིར་འཇུག", "适用于该类自提点"),
}
WAYS = {
    Payout.Method.BANK.value: Words("དངུལ་ཁང་།", "银行转账"),
    Payout.Method.CASH.value: Words("དངུལ་རྐྱང་།", "现金"),
    Payout.Method.PROVIDER.value: Words("དངུལ་སྤྲོད་ལས་ཁུངས།", "支付机构分账"),
}
CAME_BACK = Words("ཕྱིར་ལོག", "退回")
PROVIDERS = {"wechat_pay": "微信支付", "alipay": "支付宝"}


def statement_pdf(statement: StatementOfSeller, *, made_at: datetime) -> bytes:
    """Return a statement as a PDF."""
    inputs = {"data": json.dumps(_printed(statement, made_at), ensure_ascii=False)}
    made: bytes | list[bytes] = typst.compile(TEMPLATE, root=TEMPLATE.parent, format="pdf", sys_inputs=inputs)
    return b"".join(made) if isinstance(made, list) else made


def why(fee: FeeSum) -> Words:
    """Return why a fee was taken: its rate, and by what its rule won."""
    if fee.rule is None:
        return Words("", "")
    is_part = fee.rule.basis in {FeeRule.Basis.GOODS, FeeRule.Basis.PAID}
    rate = _percent(fee.rule.rate) if is_part else yuan(fee.rule.rate)
    reasons = [REASONS[part] for part in fee.reason.split() if part in REASONS]
    base = BASES[fee.rule.basis]
    return Words(
        " ".join([base.bo.format(rate=rate), *(one.bo for one in reasons)]),
        "；".join([base.zh.format(rate=rate), *(one.zh for one in reasons)]),
    )


def _way(one: PaidOut) -> Words:
    """Return how a payout went, by which provider where it was one."""
    if one.amount_fen <= 0:
        return CAME_BACK
    way, provider = WAYS[one.method], PROVIDERS.get(one.provider, one.provider)
    return Words(f"{way.bo} {provider}", f"{way.zh}（{provider}）") if provider else way


def lines_of(statement: StatementOfSeller) -> list[tuple[str, int]]:
    """Return the sums of a statement in order, as they are added up: what is taken off is negative; what is nothing is left out."""
    return [
        ("opening", statement.opening_fen),
        ("sold", statement.sold_fen),
        *([("borne", statement.borne_fen)] if statement.borne_fen else []),
        ("returned", -statement.returned_fen),
        ("fees", -statement.fees_fen),
        *([("other", statement.other_fen)] if statement.other_fen else []),
        ("left", statement.left_fen),
        ("paid", -statement.paid_fen),
        ("closing", statement.closing_fen),
    ]


def _printed(statement: StatementOfSeller, made_at: datetime) -> dict[str, Any]:
    seller = statement.seller
    return {
        "words": {name: words.both for name, words in WORDS.items()},
        "band": band_svg(seller.key, width=1800, height=24),
        "seller": {"bo": (seller.i18n or {}).get("name_bo", ""), "zh": seller.name},
        "window": f"{_day(statement.starts_at)} 至 {_day(_last(statement))}",
        "made": f"{made_at.astimezone(HOME):%Y-%m-%d %H:%M}",
        "lines": [[name, _money(fen), name in {"left", "closing"}] for name, fen in lines_of(statement)],
        "fees": [
            {"kind": _fee(fee).both, "name": str(fee.rule or ""), "why": why(fee).both, "amount": _money(fee.amount_fen)}
            for fee in statement.fees
        ],
        "fees_total": _money(statement.fees_fen),
        "paid": [
            {
                "day": _day(one.at),
                "number": one.number,
                "way": _way(one).both,
                "receipt": " ".join(part for part in (one.reference, one.received_by) if part),
                "amount": _money(one.amount_fen),
            }
            for one in statement.paid
        ],
        "paid_total": _money(statement.paid_fen),
        "standing": [[name, _money(fen)] for name, fen in statement.standing.items()],
        "collected": [[PROVIDERS.get(code, code), _money(fen)] for code, fen in statement.collected.items()],
        "coming": [[f"{day}" if day else "—", _money(fen)] for day, fen in statement.coming],
        "closing": _money(statement.closing_fen),
        "households": [
            {
                "name": one.name,
                "goods": [[title or WORDS["other_goods"].zh, f"{_percent(share)}%", _money(fen)] for title, share, fen in one.goods],
                "amount": _money(one.amount_fen),
            }
            for one in statement.households
        ],
        "left": _money(statement.left_fen),
        "orders": [[one.number, *map(_money, (one.sold_fen, one.returned_fen, one.fees_fen, one.left_fen))] for one in statement.orders],
        "orders_total": [
            *(_money(sum(getattr(one, name) for one in statement.orders)) for name in ("sold_fen", "returned_fen", "fees_fen", "left_fen"))
        ],
    }


def _fee(fee: FeeSum) -> Words:
    return FEES.get(fee.kind, Words("", fee.kind))


def _money(fen: int) -> str:
    return yuan(fen).replace("-", "−")


def _percent(points: int) -> str:
    """Return basis points as a percentage without the sign, without zeros that say nothing."""
    return f"{Decimal(points) / 100:f}".rstrip("0").rstrip(".") if points % 100 else str(points // 100)


def _day(at: datetime) -> str:
    return f"{at.astimezone(HOME):%Y-%m-%d}"


def _last(statement: StatementOfSeller) -> datetime:
    """Return a moment of the last day of the window."""
    return statement.ends_at - (statement.ends_at - statement.starts_at) / 1_000_000


# --- As a workbook

YUAN_FORMAT = "#,##0.00"
DAY_FORMAT = "yyyy-mm-dd"


def statement_xlsx(statement: StatementOfSeller) -> bytes:
    """
    Return a statement as a workbook: sums, fees, payouts, what is to come, households, orders.

    Amounts are numbers of yuan and days are days; a text that a program could take for a formula begins with an apostrophe.
    """
    book = Workbook()
    book.remove(book.active)
    window = [_heading("window"), f"{_day(statement.starts_at)} 至 {_day(_last(statement))}"]
    _sheet(
        book,
        "summary",
        [[_heading("title"), statement.seller.name], window, *([_heading(name), _yuan(fen)] for name, fen in lines_of(statement))],
    )
    _sheet(
        book,
        "why",
        [
            [_heading("fees"), _heading("name"), _heading("why"), "", _heading("amount")],
            *(
                [f"{_fee(fee).bo} {_fee(fee).zh}".strip(), str(fee.rule or ""), why(fee).zh, why(fee).bo, _yuan(fee.amount_fen)]
                for fee in statement.fees
            ),
            [_heading("total"), "", "", "", _yuan(statement.fees_fen)],
        ],
    )
    _sheet(
        book,
        "payouts",
        [
            [_heading(name) for name in ("day", "number", "way", "receipt", "signed", "amount")],
            *(
                [
                    one.at.astimezone(HOME).replace(tzinfo=None),
                    one.number,
                    _way(one).zh,
                    one.reference,
                    one.received_by,
                    _yuan(one.amount_fen),
                ]
                for one in statement.paid
            ),
            [_heading("total"), "", "", "", "", _yuan(statement.paid_fen)],
        ],
    )
    _sheet(
        book,
        "coming",
        [
            [_heading("coming"), _heading("due"), _heading("amount")],
            [_heading("held"), None, _yuan(statement.standing["held"])],
            *(
                [_heading("earned"), datetime(day.year, day.month, day.day) if day else None, _yuan(fen)]  # noqa: DTZ001 - a day, no moment
                for day, fen in statement.coming
            ),
            [_heading("payable"), None, _yuan(statement.standing["payable"])],
            [_heading("in_payout"), None, _yuan(statement.standing["in_payout"])],
            [_heading("total"), None, _yuan(statement.closing_fen)],
            *([f"{_heading('collected')}：{PROVIDERS.get(code, code)}", None, _yuan(fen)] for code, fen in statement.collected.items()),
        ],
    )
    if statement.households:
        _sheet(
            book,
            "households",
            [
                [_heading("household"), _heading("goods"), f"{_heading('share')} %", _heading("amount")],
                *(
                    [one.name or _heading("own"), title or _heading("other_goods"), Decimal(share) / 100, _yuan(fen)]
                    for one in statement.households
                    for title, share, fen in one.goods
                ),
                [_heading("total"), "", None, _yuan(statement.left_fen)],
            ],
        )
    _sheet(
        book,
        "orders",
        [
            [_heading(name) for name in ("number", "sold", "returned", "fees", "left")],
            *([one.number, *map(_yuan, (one.sold_fen, one.returned_fen, one.fees_fen, one.left_fen))] for one in statement.orders),
        ],
    )
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def _sheet(book: Workbook, name: str, rows: Sequence[Sequence[object]]) -> None:
    """Add a sheet; its first row is its heading."""
    sheet = book.create_sheet(WORDS[name].zh)
    for row in rows:
        sheet.append([safe_cell(cell) if isinstance(cell, str) else cell for cell in row])
        for cell in sheet[sheet.max_row]:
            if isinstance(cell.value, Decimal):
                cell.number_format = YUAN_FORMAT
            elif isinstance(cell.value, datetime):
                cell.number_format = DAY_FORMAT
    for cell in sheet[1]:
        cell.font = Font(bold=True)
        sheet.column_dimensions[cell.column_letter].width = 30
    sheet.freeze_panes = "A2"


def _heading(name: str) -> str:
    return f"{WORDS[name].bo} {WORDS[name].zh}"


def _yuan(fen: int) -> Decimal:
    return Decimal(fen) / FEN_PER_YUAN
