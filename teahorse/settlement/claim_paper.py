"""A claim of subsidies on paper and as a workbook: who owes how much, for which orders, and what was taken off."""

from datetime import date
from typing import Any

from teahorse.common.times import HOME
from teahorse.common.ui.band import band_svg
from teahorse.settlement.claims import lines_of_claim, sums_of_claim
from teahorse.settlement.models import SubsidyClaim, SubsidyClaimLine, SubsidyLine
from teahorse.settlement.papers import Words, add_sheet, as_day, in_yuan, name_of, new_book, printed, saved, sum_text
from teahorse.settlement.rules import day_of

WORDS = {
    "title": Words("རོགས་དངུལ་སྤྲོད་རྒྱུའི་ཞུ་ཐོ།", "补贴申领单"),
    "number": Words("ཨང་།", "单号"),
    "payer": Words("སྤྲོད་མཁན།", "付款单位"),
    "house": Words("ཞུ་མཁན།", "申领单位"),
    "window": Words("དུས་ཡུན།", "期间"),
    "made": Words("བཟོས་དུས།", "制表"),
    "withdrawn": Words("ཕྱིར་འཐེན་བྱས་ཟིན།", "已撤回"),
    "summary": Words("སྤྱི་བསྡོམས།", "汇总"),
    SubsidyLine.Kind.DISCOUNT.value: Words("རིན་གོང་གཅོག་པ།", "价格优惠"),
    SubsidyLine.Kind.FREIGHT.value: Words("སྐྱེལ་གླ།", "运费"),
    "taken_off": Words("ཕྱིར་སློག་བྱས་པ་བཅད་པ།", "扣减：申领后退款"),
    "asked": Words("ཞུ་བའི་དངུལ་འབོར།", "申领金额"),
    "note": Words(
        "ཉོ་མཁན་གྱིས་ཅ་དངོས་འབྱོར་ཟིན་པའི་མངགས་ཐོ་ཁོ་ན་བཀོད་ཡོད། ཞུས་རྗེས་ཕྱིར་སློག་བྱུང་ཚེ་ཐེངས་རྗེས་མར་གཅོད་ངེས།",
        "仅列买家已收货的订单；申领之后发生的退款，在下一张申领单中扣减。",
    ),
    "orders": Words("མངགས་ཐོའི་ཞིབ་ཆ།", "订单明细"),
    "order": Words("མངགས་ཐོའི་ཨང་།", "订单号"),
    "day": Words("འབྱོར་ཉིན།", "收货日期"),
    "kind": Words("རིགས།", "补贴项目"),
    "amount": Words("དངུལ་འབོར།", "金额"),
    "received": Words("འབྱོར་ཟིན།", "已到账"),
    "open": Words("མ་འབྱོར་བ།", "未到账"),
    "signed_house": Words("ཞུ་མཁན།", "申领单位"),
    "signed_payer": Words("སྤྲོད་མཁན།", "付款单位"),
    "stamp": Words("མིང་རྟགས་དང་ཐམ་ག ཚེས་གྲངས།", "签字、盖章、日期"),
}


def claim_pdf(claim: SubsidyClaim) -> bytes:
    """Return a claim as a PDF."""
    return printed("claim.typ", _data(claim))


def sums_of(claim: SubsidyClaim) -> list[tuple[str, int]]:
    """Return what a claim is the sum of, in order; what is nothing is left out."""
    sums = sums_of_claim(claim)
    off = [("taken_off", sums.taken_off_fen)] if sums.taken_off_fen else []
    return [*sums.kinds.items(), *off]


def _kind(line: SubsidyClaimLine) -> str:
    return line.subsidy.kind if line.amount_fen > 0 else "taken_off"


def _window(claim: SubsidyClaim) -> str:
    return f"{claim.since_date} 至 {claim.until_date}"


def _day(line: SubsidyClaimLine) -> date | None:
    closed_at = line.subsidy.sale.closed_at
    return day_of(closed_at) if closed_at else None


def _data(claim: SubsidyClaim) -> dict[str, Any]:
    return {
        "words": {name: words.both for name, words in WORDS.items()},
        "band": band_svg(claim.payer.key, width=1800, height=24),
        "number": claim.number,
        "payer": name_of(claim.payer),
        "house": name_of(claim.house),
        "window": _window(claim),
        "made": f"{claim.made_at.astimezone(HOME):%Y-%m-%d %H:%M}",
        "withdrawn": claim.withdrawn_at is not None,
        "sums": [[name, sum_text(fen)] for name, fen in sums_of(claim)],
        "total": sum_text(claim.amount_fen),
        "lines": [[line.subsidy.sale.number, f"{_day(line)}", _kind(line), sum_text(line.amount_fen)] for line in lines_of_claim(claim)],
    }


def claim_xlsx(claim: SubsidyClaim) -> bytes:
    """Return a claim as a workbook: its sums with what came, and its orders."""
    book = new_book()
    told = [("number", claim.number), ("payer", claim.payer.name), ("house", claim.house.name), ("window", _window(claim))]
    sums = [*sums_of(claim), ("asked", claim.amount_fen), ("received", claim.received_fen), ("open", claim.open_fen)]
    add_sheet(
        book,
        WORDS["summary"],
        [
            [WORDS["title"].in_one, WORDS["withdrawn"].in_one if claim.withdrawn_at else ""],
            *([WORDS[name].in_one, text] for name, text in told),
            *([WORDS[name].in_one, in_yuan(fen)] for name, fen in sums),
        ],
    )
    add_sheet(
        book,
        WORDS["orders"],
        [
            [WORDS[name].in_one for name in ("order", "day", "kind", "amount")],
            *(
                [line.subsidy.sale.number, as_day(day) if day else None, WORDS[_kind(line)].in_one, in_yuan(line.amount_fen)]
                for line, day in ((line, _day(line)) for line in lines_of_claim(claim))
            ),
            [WORDS["asked"].in_one, None, "", in_yuan(claim.amount_fen)],
        ],
    )
    return saved(book)
