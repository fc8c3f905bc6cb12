"""
WeChat's bills of a day: the trade bill (交易账单, all sub-merchants) and the fund-flow bill of the house's account (资金账单).

Both are values with a back-quote before and commas between, a head, and a line of totals with its own head at the end;
the hash is of the unpacked file. A bill that does not add up to its own totals is not believed.
"""

import gzip
import hashlib
import zlib
from collections.abc import Callable
from datetime import date, datetime
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from typing import Any

from teahorse.common.times import HOME
from teahorse.payments.providers import BillNotReady, BillRow, ProviderRefuses, ProviderUnavailable
from teahorse.payments.providers.wechat_pay.client import Client

CODE = "wechat_pay"
NOTHING_THAT_DAY = "NO_STATEMENT_EXIST"
NOT_YET = "STATEMENT_CREATING"
NOBODY = frozenset({"", "0"})
"""What stands for no sub-merchant."""

Line = dict[str, str]


class _Unreadable(Exception):
    """The bill is not in the form that WeChat describes."""


def bill(client: Client, day: date) -> list[BillRow]:
    """
    Return both bills of a day; a day on which nothing moved has no rows.

    :raises BillNotReady: before WeChat has made it (about ten in the morning after).
    :raises ProviderUnavailable: also for a file whose hash or totals are wrong.
    """
    try:
        trades = _trade_rows(_lines(client, day, lambda library: library.trade_bill(bill_date=day.isoformat())))
        flows = _flow_rows(_lines(client, day, lambda library: library.fundflow_bill(bill_date=day.isoformat())))
    except (_Unreadable, KeyError, ValueError, InvalidOperation) as error:
        raise ProviderUnavailable(
            provider=CODE, trouble=f"the bill of {day} cannot be read: {type(error).__name__} {error}"[:300]
        ) from error
    return trades + flows


def _lines(client: Client, day: date, ask: Callable[[Any], tuple[int, Any]]) -> tuple[list[Line], Line] | None:
    """Return a bill's lines and its totals, by their heads; None if nothing moved."""
    answer = client.ask(ask)
    if answer.code == NOTHING_THAT_DAY:
        return None
    if answer.code == NOT_YET:
        raise BillNotReady(day=day.isoformat())
    if not answer.is_good:
        raise ProviderRefuses(provider=CODE, reason=answer.code, message=answer.message)
    plain = _unpacked(client.download(str(answer.body.get("download_url", ""))))
    if answer.body.get("hash_type") != "SHA1" or hashlib.sha1(plain, usedforsecurity=False).hexdigest() != answer.body.get("hash_value"):
        msg = "the file is not the one that was promised"
        raise _Unreadable(msg)
    return _parsed(plain)


def _unpacked(packed: bytes) -> bytes:
    try:
        return gzip.decompress(packed)
    except (OSError, EOFError, zlib.error) as error:
        raise _Unreadable(str(error)) from error


def _parsed(plain: bytes) -> tuple[list[Line], Line]:
    lines = [line for line in plain.decode("utf-8-sig").splitlines() if line]
    if len(lines) < 3:
        msg = "no head or no totals"
        raise _Unreadable(msg)
    head, *values, totals_head, totals = lines
    return [_named(head, line) for line in values], _named(totals_head, totals)


def _named(head: str, line: str) -> Line:
    """Name the values of a line; a comma inside a value, as in a product's name, is not followed by the mark."""
    if not line.startswith("`"):
        msg = "a value without its mark"
        raise _Unreadable(msg)
    return dict(zip(head.split(","), line.removeprefix("`").split(",`"), strict=True))


def _trade_rows(read: tuple[list[Line], Line] | None) -> list[BillRow]:
    if read is None:
        return []
    lines, totals = read
    rows = [_trade_row(line) for line in lines]
    _check(len(rows), totals["总交易单数"])
    _check(sum(row.amount_fen for row in rows if row.kind == "payment"), _fen(totals["订单总金额"]))
    _check(sum(row.amount_fen for row in rows if row.kind == "refund"), _fen(totals["申请退款总金额"]))
    return rows


def _trade_row(line: Line) -> BillRow:
    match line["交易状态"]:
        case "SUCCESS":
            kind, refund_number, provider_number, amount = "payment", "", line["微信订单号"], line["订单金额"]
        case "REFUND":
            kind, refund_number, provider_number, amount = "refund", line["商户退款单号"], line["微信退款单号"], line["申请退款金额"]
        case other:
            msg = f"a line in state {other[:20]!r}"
            raise _Unreadable(msg)
    return BillRow(
        kind=kind,
        our_number=line["商户订单号"],
        refund_number=refund_number,
        provider_number=provider_number,
        amount_fen=_fen(amount),
        fee_fen=_fee_fen(line["手续费"]),
        occurred_at=_moment(line["交易时间"]),
        account_number="" if line["特约商户号"] in NOBODY else line["特约商户号"],
    )


def _flow_rows(read: tuple[list[Line], Line] | None) -> list[BillRow]:
    if read is None:
        return []
    lines, totals = read
    rows = [
        BillRow(
            kind={"收入": "fund_in", "支出": "fund_out"}[line["收支类型"]],
            our_number=line["微信支付业务单号"],
            provider_number=line["资金流水单号"],
            amount_fen=_fen(line["收支金额(元)"]),
            occurred_at=_moment(line["记账时间"]),
        )
        for line in lines
    ]
    _check(len(rows), totals["资金流水总笔数"])
    _check(sum(row.amount_fen for row in rows if row.kind == "fund_in"), _fen(totals["收入金额"]))
    _check(sum(row.amount_fen for row in rows if row.kind == "fund_out"), _fen(totals["支出金额"]))
    return rows


def _check(ours: int, theirs: int | str) -> None:
    if ours != int(theirs):
        msg = f"it does not add up: {ours} instead of {theirs}"
        raise _Unreadable(msg)


def _fen(yuan: str) -> int:
    fen = Decimal(yuan) * 100
    if fen != fen.to_integral_value():
        msg = f"no whole fen: {yuan[:20]!r}"
        raise _Unreadable(msg)
    return int(fen)


def _fee_fen(yuan: str) -> int:
    """WeChat writes fees with up to five decimals and charges whole fen."""
    return int((Decimal(yuan) * 100).to_integral_value(ROUND_HALF_UP))


def _moment(text: str) -> datetime:
    return datetime.strptime(text, "%Y-%m-%d %H:%M:%S").replace(tzinfo=HOME)
