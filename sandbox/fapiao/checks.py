"""What the platform checks: signatures, tax numbers, and that an invoice's figures fit."""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any

SIGNS = "0123456789ABCDEFGHJKLMNPQRTUWXY"
WEIGHTS = (1, 3, 9, 27, 19, 26, 16, 17, 20, 29, 25, 13, 8, 24, 10, 30, 28)
"""GB 32100-2015, table 3."""


class Refused(Exception):
    """The platform says no; carries its code and sentence."""

    def __init__(self, *, code: str, describe: str) -> None:
        super().__init__(f"{code} {describe}")
        self.code, self.describe = code, describe


def signature(*, secret: str, query: Mapping[str, str], body: bytes) -> str:
    """The signature of a call: base64 of HMAC-SHA1 over the path from its end, the query and the raw body."""
    head = f"a=services&l=v1&p=open&k={query['appkey']}&i={query['senid']}&n={query['nonce']}&t={query['timestamp']}&f="
    return base64.b64encode(hmac.new(secret.encode(), head.encode() + body, hashlib.sha1).digest()).decode()


def is_tax_number(text: str) -> bool:
    """Whether a text is a unified social credit code with the right last sign."""
    if len(text) != 18 or any(sign not in SIGNS for sign in text):
        return False
    total = sum(SIGNS.index(sign) * weight for sign, weight in zip(text, WEIGHTS, strict=False))
    return SIGNS[(31 - total % 31) % 31] == text[17]


@dataclass(frozen=True)
class Wanted:
    """An invoice as it was asked for, checked; a red one has a negative amount and the number of what it takes back."""

    order_no: str
    is_red: bool
    seller: str
    buyer: str
    buyer_tax_number: str
    clerk: str
    blue_number: str
    fen: int
    tax_fen: int
    lines: tuple[Mapping[str, Any], ...]


def read(content: Any, *, user_tax: str) -> Wanted:
    """
    What a call of requestBillingNew asks for.

    :raises Refused: with what is wrong with it.
    """
    order = content.get("order") if isinstance(content, dict) else None
    if not isinstance(order, dict):
        raise Refused(code="E9001", describe="缺少order")
    number = str(order.get("orderNo", ""))
    if not re.fullmatch(r"[0-9A-Za-z]{1,40}", number):
        raise Refused(code="E9102", describe="订单号格式错误")
    if not is_tax_number(str(order.get("salerTaxNum", ""))) or order["salerTaxNum"] != user_tax:
        raise Refused(code="E9201", describe="销方税号错误")
    buyer_number = str(order.get("buyerTaxNum") or "")
    if buyer_number and not is_tax_number(buyer_number):
        raise Refused(code="E9202", describe="购方税号校验不通过")
    if not order.get("buyerName") or not order.get("clerk") or order.get("invoiceLine") != "pc":
        raise Refused(code="E9103", describe="购方名称、开票人或发票种类缺失")
    lines = order.get("invoiceDetail")
    if not isinstance(lines, list) or not lines or not all(isinstance(line, dict) for line in lines):
        raise Refused(code="E9104", describe="缺少发票明细")
    is_red = str(order.get("invoiceType")) == "2"
    fen = sum(_fen(line, "taxIncludedAmount") for line in lines)
    tax_fen = sum(_checked_tax(line, is_red=is_red) for line in lines)
    if is_red != (fen < 0) or fen == 0:
        raise Refused(code="E9105", describe="金额符号错误")
    return Wanted(
        number, is_red, user_tax, str(order["buyerName"]), buyer_number, str(order["clerk"]), str(order.get("invoiceNum") or ""),
        fen, tax_fen, tuple(lines),
    )  # fmt: skip


def _checked_tax(line: Mapping[str, Any], *, is_red: bool) -> int:
    """A line's tax, which must be what its rate makes of it to a fen, or six for a red letter over a part."""
    total, net, tax = _fen(line, "taxIncludedAmount"), _fen(line, "taxExcludedAmount"), _fen(line, "tax")
    rate = Decimal(str(line.get("taxRate", "0")))
    right = Decimal(total) * rate / (1 + rate)
    if net + tax != total or abs(tax - right) > (6 if is_red else 1):
        raise Refused(code="E9301", describe="税额与税率不符")
    return tax


def _fen(line: Mapping[str, Any], name: str) -> int:
    try:
        amount = Decimal(str(line[name])) * 100
    except (KeyError, InvalidOperation):
        raise Refused(code="E9302", describe=f"{name}格式错误") from None
    if amount != int(amount):
        raise Refused(code="E9302", describe=f"{name}格式错误")
    return int(amount)
