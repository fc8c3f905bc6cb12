"""
A statement on paper and as a workbook: what was sold, returned, taken and why, paid, still to come, and whose goods it was.

Who gets fees of others' sales has one like it: what was got of which sale and why, taken back, paid, still to come.

Where it stands says ``statement.typ``.
"""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from teahorse.common.money import yuan
from teahorse.common.times import HOME
from teahorse.common.ui.band import band_svg
from teahorse.settlement.fees_statement import FeeOfSale, StatementOfFees
from teahorse.settlement.models import FeeRule, Payout
from teahorse.settlement.papers import Words, add_sheet, as_day, in_yuan, name_of, new_book, printed, saved, sum_text
from teahorse.settlement.rules import EVERYONE
from teahorse.settlement.statement import FeeSum, PaidOut, Statement, StatementOfSeller

WORDS = {
    "title": Words("རྩིས་ཐོ།", "对账单"),
    "fees_title": Words("གླ་རིན་གྱི་རྩིས་ཐོ།", "服务费对账单"),
    "got": Words("དུས་ཡུན་འདིར་བྱུང་བའི་གླ་རིན།", "本期服务费"),
    "back": Words("ཕྱིར་སློག་གིས་བཅད་པ།", "退款冲回"),
    "shared": Words("དངུལ་སྤྲོད་ལས་ཁུངས་ཀྱིས་ཐད་ཀར་སྤྲད་པ།", "支付机构已直接分给您"),
    "handed": Words("ཁྱེད་ཀྱི་ཚོང་དངུལ་ནང་བསྣན་པ།", "转入您的货款结算"),
    "fees_waiting": Words("ད་དུང་མ་སྤྲད་པའི་གླ་རིན།", "尚未转付的服务费（含退货期内）"),
    "fee_of_sale": Words("གླ་རིན་དང་གཏན་འབེབས།", "费用与规则"),
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
    FeeRule.Basis.FREIGHT.value: Words("སྐྱེལ་འདྲེན་འགྲོ་གྲོན་གྱི་{rate}%", "寄送成本的 {rate}%"),
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


def statement_pdf(statement: StatementOfSeller | StatementOfFees, *, made_at: datetime) -> bytes:
    """Return a statement as a PDF."""
    return printed("statement.typ", _data(statement, made_at))


def why(fee: FeeSum) -> Words:
    """Return why a fee was taken: its rate, and by what its rule won."""
    if fee.rule is None:
        return Words("", "")
    is_part = fee.rule.basis in FeeRule.PARTS
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


def lines_of(statement: Statement) -> list[tuple[str, int]]:
    """Return the sums of a statement in order, as they are added up: what is taken off is negative."""
    return [
        ("opening", statement.opening_fen),
        *statement.parts,
        ("left", statement.left_fen),
        ("paid", -statement.paid_fen),
        ("closing", statement.closing_fen),
    ]


@dataclass(frozen=True, slots=True)
class Orders:
    """A statement's orders as a table: the names of its columns, and of each row its texts and its sums."""

    names: tuple[str, ...]
    rows: list[tuple[list[Words], list[int]]]

    @property
    def totals(self) -> list[int]:
        """The sum of each column of sums."""
        return [sum(column) for column in zip(*(fen for _, fen in self.rows), strict=True)]


def orders_of(statement: StatementOfSeller | StatementOfFees) -> Orders:
    """Return what a statement says of each order."""
    if isinstance(statement, StatementOfFees):
        rows = [([Words("", one.number), _rule(one)], [one.got_fen, one.back_fen, one.left_fen]) for one in statement.sales]
        return Orders(("number", "fee_of_sale", "amount", "back", "left"), rows)
    sold = [([Words("", one.number)], [one.sold_fen, one.returned_fen, one.fees_fen, one.left_fen]) for one in statement.orders]
    return Orders(("number", "sold", "returned", "fees", "left"), sold)


def _rule(one: FeeOfSale) -> Words:
    kind = _fee(one.kind)
    return Words(kind.bo, f"{kind.zh} · {one.rule}" if one.rule else kind.zh)


def _title(statement: Statement) -> str:
    return "fees_title" if isinstance(statement, StatementOfFees) else "title"


def _data(statement: StatementOfSeller | StatementOfFees, made_at: datetime) -> dict[str, Any]:
    seller, orders = statement.seller, orders_of(statement)
    return {
        "title": _title(statement),
        "words": {name: words.both for name, words in WORDS.items()},
        "band": band_svg(seller.key, width=1800, height=24),
        "seller": name_of(seller),
        "window": f"{_day(statement.starts_at)} 至 {_day(_last(statement))}",
        "made": f"{made_at.astimezone(HOME):%Y-%m-%d %H:%M}",
        "lines": [[name, sum_text(fen), name in {"left", "closing"}] for name, fen in lines_of(statement)],
        "fees": [
            {"kind": _fee(fee.kind).both, "name": str(fee.rule or ""), "why": why(fee).both, "amount": sum_text(fee.amount_fen)}
            for fee in statement.fees
        ],
        "fees_total": sum_text(statement.fees_fen),
        "paid": [
            {
                "day": _day(one.at),
                "number": one.number,
                "way": _way(one).both,
                "receipt": " ".join(part for part in (one.reference, one.received_by) if part),
                "amount": sum_text(one.amount_fen),
            }
            for one in statement.paid
        ],
        "paid_total": sum_text(statement.paid_fen),
        "standing": [[name, sum_text(fen)] for name, fen in statement.standing.items()],
        "collected": [[PROVIDERS.get(code, code), sum_text(fen)] for code, fen in statement.collected.items()],
        "coming": [[f"{day}" if day else "—", sum_text(fen)] for day, fen in statement.coming],
        "closing": sum_text(statement.closing_fen),
        "households": [
            {
                "name": one.name,
                "goods": [[title or WORDS["other_goods"].zh, f"{_percent(share)}%", sum_text(fen)] for title, share, fen in one.goods],
                "amount": sum_text(one.amount_fen),
            }
            for one in statement.households
        ],
        "left": sum_text(statement.left_fen),
        "orders_head": orders.names,
        "orders": [[*(text.both for text in texts), *map(sum_text, sums)] for texts, sums in orders.rows],
        "orders_total": [sum_text(fen) for fen in orders.totals],
    }


def _fee(kind: str) -> Words:
    return FEES.get(kind, Words("", kind))


def _percent(points: int) -> str:
    """Return basis points as a percentage without the sign, without zeros that say nothing."""
    return f"{Decimal(points) / 100:f}".rstrip("0").rstrip(".") if points % 100 else str(points // 100)


def _day(at: datetime) -> str:
    return f"{at.astimezone(HOME):%Y-%m-%d}"


def _last(statement: Statement) -> datetime:
    """Return a moment of the last day of the window."""
    return statement.ends_at - (statement.ends_at - statement.starts_at) / 1_000_000


# --- As a workbook


def statement_xlsx(statement: StatementOfSeller | StatementOfFees) -> bytes:
    """Return a statement as a workbook: sums, fees, payouts, what is to come, households, orders."""
    book, orders = new_book(), orders_of(statement)
    window = [_heading("window"), f"{_day(statement.starts_at)} 至 {_day(_last(statement))}"]
    add_sheet(
        book,
        WORDS["summary"],
        [
            [_heading(_title(statement)), statement.seller.name],
            window,
            *([_heading(name), in_yuan(fen)] for name, fen in lines_of(statement)),
        ],
    )
    add_sheet(
        book,
        WORDS["why"],
        [
            [_heading("fees"), _heading("name"), _heading("why"), "", _heading("amount")],
            *(
                [_fee(fee.kind).in_one.strip(), str(fee.rule or ""), why(fee).zh, why(fee).bo, in_yuan(fee.amount_fen)]
                for fee in statement.fees
            ),
            [_heading("total"), "", "", "", in_yuan(statement.fees_fen)],
        ],
    )
    add_sheet(
        book,
        WORDS["payouts"],
        [
            [_heading(name) for name in ("day", "number", "way", "receipt", "signed", "amount")],
            *(
                [
                    one.at.astimezone(HOME).replace(tzinfo=None),
                    one.number,
                    _way(one).zh,
                    one.reference,
                    one.received_by,
                    in_yuan(one.amount_fen),
                ]
                for one in statement.paid
            ),
            [_heading("total"), "", "", "", "", in_yuan(statement.paid_fen)],
        ],
    )
    add_sheet(
        book,
        WORDS["coming"],
        [
            [_heading("coming"), _heading("due"), _heading("amount")],
            *(
                row
                for name, fen in statement.standing.items()
                for row in (
                    [[_heading(name), as_day(day) if day else None, in_yuan(part)] for day, part in statement.coming]
                    if name == "earned"
                    else [[_heading(name), None, in_yuan(fen)]]
                )
            ),
            [_heading("total"), None, in_yuan(statement.closing_fen)],
            *([f"{_heading('collected')}：{PROVIDERS.get(code, code)}", None, in_yuan(fen)] for code, fen in statement.collected.items()),
        ],
    )
    if statement.households:
        add_sheet(
            book,
            WORDS["households"],
            [
                [_heading("household"), _heading("goods"), f"{_heading('share')} %", _heading("amount")],
                *(
                    [one.name or _heading("own"), title or _heading("other_goods"), Decimal(share) / 100, in_yuan(fen)]
                    for one in statement.households
                    for title, share, fen in one.goods
                ),
                [_heading("total"), "", None, in_yuan(statement.left_fen)],
            ],
        )
    add_sheet(
        book,
        WORDS["orders"],
        [
            [_heading(name) for name in orders.names],
            *([*(text.zh for text in texts), *map(in_yuan, sums)] for texts, sums in orders.rows),
        ],
    )
    return saved(book)


def _heading(name: str) -> str:
    return WORDS[name].in_one
