"""
A receipt for a paid order, on A5 in Tibetan and Chinese: every buyer may have one, also where no invoice can be issued.

E-commerce Law, art. 14: whoever sells gives an invoice or another proof of purchase. Everything that is printed comes as
data; where it stands says ``receipt.typ``. Fonts are the machine's, as for waybills.
"""

import json
from datetime import datetime
from pathlib import Path
from typing import Any

import typst

from teahorse.common.money import yuan
from teahorse.common.times import HOME
from teahorse.common.ui.band import band_svg
from teahorse.invoices import queries
from teahorse.orders import owing
from teahorse.orders.models import OrderLine, SellerOrder
from teahorse.people.rules import masked_name

TEMPLATE = Path(__file__).with_name("receipt.typ")
WORDS = {
    "title": {"bo": "ཉོ་ཆའི་འཛིན་ཤོག", "zh": "购货凭证"},
    "seller": {"bo": "ཚོང་པ།", "zh": "商家"},
    "number": {"bo": "མངགས་འཛིན་ཨང་གྲངས།", "zh": "订单号"},
    "buyer": {"bo": "ཉོ་མཁན།", "zh": "买家"},
    "paid": {"bo": "དངུལ་སྤྲད་དུས།", "zh": "付款时间"},
    "proof": {"bo": "དངུལ་སྤྲོད་ཨང་།", "zh": "支付单号"},
    "freight": {"bo": "སྐྱེལ་གླ།", "zh": "运费"},
    "discount": {"bo": "ཆག་ཡང་།", "zh": "优惠"},
    "heavier": {"bo": "ལྗིད་ཚད་ཀྱི་རིན་གོང་ཁྱད་པར།", "zh": "称重补款"},
    "unpaid": {"bo": "སྤྲད་མེད་པ།", "zh": "未支付"},
    "back": {"bo": "ཕྱིར་སློག་དངུལ་འབོར།", "zh": "已退款"},
    "total": {"bo": "དངོས་སུ་སྤྲད་པ།", "zh": "实付"},
}
NO_INVOICE = "商家销售自产农副产品，依《电子商务法》第十条无需办理市场主体登记，不能开具发票，以本凭证作为购货证明。"
NOT_ONE = "本凭证不是发票。"


class NotPaid(ValueError):
    """There is nothing to confirm."""


def receipt_pdf(order: SellerOrder, *, now: datetime) -> bytes:
    """
    Return the receipt of a paid order as a PDF: what was bought, paid, and given back until now.

    :raises NotPaid: if no money came in for it.
    """
    inputs = {"data": json.dumps(printed(order, now=now), ensure_ascii=False)}
    made: bytes | list[bytes] = typst.compile(TEMPLATE, root=TEMPLATE.parent, format="pdf", sys_inputs=inputs)
    return made if isinstance(made, bytes) else b"".join(made)


def printed(order: SellerOrder, *, now: datetime) -> dict[str, Any]:
    """
    Return what stands on the receipt of a paid order; its sums add up.

    :raises NotPaid: if no money came in for it.
    """
    parts = queries.paid_parts(order)
    if not parts:
        raise NotPaid(order.number)
    lines = list(OrderLine.objects.filter(order=order).order_by("position"))
    paid_fen, heavier_fen = sum(part.amount_fen for part in parts), owing.top_up_fen(order.pk)
    kept_fen = queries.kept_fen(parts, is_all_that_arrived=True)
    besides = {
        "discount": -order.discount_fen,
        "heavier": heavier_fen,
        "unpaid": paid_fen - heavier_fen - order.total_fen,  # the rest of what is sold before its harvest
        "back": kept_fen - paid_fen,
    }
    sums = [("freight", order.freight_fen), *((name, fen) for name, fen in besides.items() if fen), ("total", kept_fen)]
    return {
        "words": WORDS,
        "band": band_svg(order.seller.key, width=1200, height=24),
        "seller": {"bo": (order.seller.i18n or {}).get("name_bo", ""), "zh": order.seller.name},
        "number": order.number,
        "buyer": masked_name(order.group.contact_name),
        "payments": [
            {
                "paid": _moment(part.payment.settled_at or part.payment.created_at),
                "amount": yuan(part.amount_fen),
                "proof": part.payment.provider_number or part.payment.our_number,
            }
            for part in parts
        ],
        "lines": [
            {
                "title": {language: _said(line, "title", code) for language, code in (("bo", "bo"), ("zh", "zh-hans"))},
                "form": _said(line, "variant", "zh-hans"),
                "units": str(line.quantity),
                "price": yuan(line.unit_price_fen),
                "amount": yuan(line.amount_fen),
            }
            for line in lines
        ],
        "sums": [{"label": WORDS[name], "amount": yuan(fen), "is_sum": name == "total"} for name, fen in sums],
        "note": NOT_ONE if queries.issuer_of(order.seller_id) else NOT_ONE + NO_INVOICE,
        "printed": _moment(now),
    }


def _said(line: OrderLine, field: str, language: str) -> str:
    return str((line.titles.get(field) or {}).get(language, ""))


def _moment(at: datetime) -> str:
    return f"{at.astimezone(HOME):%Y-%m-%d %H:%M}"
