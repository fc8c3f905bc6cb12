"""The bills of a day, made of what really happened here: the trade bill (交易账单) and the house's fund-flow bill (资金账单)."""

from __future__ import annotations

import gzip
import hashlib
import secrets
import sqlite3
from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any

from sandbox.wechatpay.errors import Refusal, wrong_field
from sandbox.wechatpay.gateway import SHANGHAI, Gateway

FEE_PER_MILLE = 6
TRADE_HEAD = (
    "交易时间,公众账号ID,商户号,特约商户号,设备号,微信订单号,商户订单号,用户标识,交易类型,交易状态,付款银行,货币种类,应结订单金额,"
    "代金券金额,微信退款单号,商户退款单号,退款金额,充值券退款金额,退款类型,退款状态,商品名称,商户数据包,手续费,费率,订单金额,"
    "申请退款金额,费率备注"
)
TRADE_TOTALS = "总交易单数,应结订单总金额,退款总金额,充值券退款总金额,手续费总金额,订单总金额,申请退款总金额"
FLOW_HEAD = "记账时间,微信支付业务单号,资金流水单号,业务名称,业务类型,收支类型,收支金额(元),账户结余(元),资金变更提交申请人,备注,业务凭证号"
FLOW_TOTALS = "资金流水总笔数,收入笔数,收入金额,支出笔数,支出金额"

Maker = Callable[[Gateway, float, float], str]


def promise(gateway: Gateway, query: Mapping[str, str], root: str, make: Maker) -> dict[str, Any]:
    """Make the bill of a day that is over and say where it lies. :raises Refusal: NO_STATEMENT_EXIST, PARAM_ERROR."""
    try:
        day = date.fromisoformat(query.get("bill_date", ""))
    except ValueError:
        raise wrong_field(field="bill_date", issue="格式应为yyyy-MM-dd (format)", value=query.get("bill_date"), location="query") from None
    if query.get("tar_type", "GZIP") != "GZIP":
        raise wrong_field(field="tar_type", issue="只支持GZIP (only GZIP)", location="query")
    begins = datetime(day.year, day.month, day.day, tzinfo=SHANGHAI)
    ends = begins + timedelta(days=1)
    if ends.timestamp() > gateway.now():
        raise Refusal(code="INVALID_REQUEST", message="账单日期必须是今天以前 (the day is not over)")
    text = make(gateway, begins.timestamp(), ends.timestamp())
    if not text:
        raise Refusal(code="NO_STATEMENT_EXIST")
    plain = text.encode("utf-8-sig")
    digest = hashlib.sha1(plain, usedforsecurity=False).hexdigest()
    packed = gzip.compress(plain)
    if gateway.knobs.bills.broken == "hash":
        packed = gzip.compress(plain + b"\n")
    if gateway.knobs.bills.broken == "gzip":
        packed = packed[: len(packed) // 2]
    token = secrets.token_urlsafe(24)
    gateway.state.run("insert into bill_files values (?, ?, ?)", token, packed, gateway.now())
    return {"hash_type": "SHA1", "hash_value": digest, "download_url": f"{root}/v3/billdownload/file?token={token}"}


def file(gateway: Gateway, token: str) -> bytes:
    """A bill that was promised within the last five minutes. :raises Refusal: RESOURCE_NOT_EXISTS."""
    found = gateway.state.one("select content from bill_files where token = ? and made_at > ?", token, gateway.now() - 300)
    if found is None:
        raise Refusal(code="RESOURCE_NOT_EXISTS", message="账单下载链接已失效")
    return bytes(found["content"])


def trades(gateway: Gateway, begins: float, ends: float) -> str:
    """Every paid order and every refund of a day, the sub-merchants' too."""
    state = gateway.state
    paid = state.all(
        "select o.*, p.paid_at, p.appid, p.openid, p.trade_type from orders o join payments p using (pr)"
        " where p.trade_state = 'SUCCESS' and p.paid_at >= ? and p.paid_at < ? order by p.paid_at, o.id",
        begins, ends,
    )  # fmt: skip
    back = state.all(
        "select o.*, p.appid, p.openid, p.trade_type, r.refund_id, r.out_refund_no, r.refund_fen, r.created_at, r.status"
        " from refunds r join orders o on o.id = r.order_id join payments p using (pr)"
        " where r.status != 'CLOSED' and r.created_at >= ? and r.created_at < ? order by r.created_at",
        begins, ends,
    )  # fmt: skip
    rows = [_paid_row(order) for order in paid] + [_refund_row(order) for order in back]
    total, refunded = sum(order["total_fen"] for order in paid), sum(order["refund_fen"] for order in back)
    fees = sum(fee_fen(order["total_fen"]) for order in paid) - sum(fee_fen(order["refund_fen"]) for order in back)
    if gateway.knobs.bills.broken == "totals":
        total += 1
    totals = (str(len(rows)), _yuan(total), _yuan(refunded), "0.00", _yuan(fees), _yuan(total), _yuan(refunded))
    return _text(TRADE_HEAD, rows, TRADE_TOTALS, totals)


def flows(gateway: Gateway, begins: float, ends: float) -> str:
    """What went in and out of the merchant's own account: its own orders, refunds and fees, shares that it got and gave back."""
    house = gateway.keys.mchid
    moved = sorted(one for one in _moves(gateway, house, begins, ends) if one[3])
    rows, balance = [], 0
    for at, number, name, fen in moved:
        balance += fen
        flow = str(int(hashlib.sha256(f"{number}{name}".encode()).hexdigest()[:20], 16)).zfill(25)
        side = "收入" if fen > 0 else "支出"
        rows.append((_moment(at), number, flow, name, name, side, _yuan(abs(fen)), _yuan(balance), house, "", number))
    came, went = [one[3] for one in moved if one[3] > 0], [-one[3] for one in moved if one[3] < 0]
    totals = (str(len(rows)), str(len(came)), _yuan(sum(came)), str(len(went)), _yuan(sum(went)))
    return _text(FLOW_HEAD, rows, FLOW_TOTALS, totals)


def _moves(gateway: Gateway, house: str, begins: float, ends: float) -> list[tuple[float, str, str, int]]:
    """When, under which number, what, and how much: negative where it went out."""
    state, span = gateway.state, (house, begins, ends)
    paid = state.all(
        "select o.*, p.paid_at from orders o join payments p using (pr) where o.sub_mchid = '' and o.mchid = ?"
        " and p.trade_state = 'SUCCESS' and p.paid_at >= ? and p.paid_at < ?",
        *span,
    )
    refunded = state.all(
        "select r.* from refunds r join orders o on o.id = r.order_id where o.sub_mchid = '' and o.mchid = ? and r.status != 'CLOSED'"
        " and r.created_at >= ? and r.created_at < ?",
        *span,
    )
    got = state.all(
        "select h.*, s.settled_at from shares h join sharings s on s.id = h.sharing_id where account = ? and result = 'SUCCESS'"
        " and s.settled_at >= ? and s.settled_at < ?",
        *span,
    )
    given_back = state.all(
        "select r.* from share_returns r join shares h on h.id = share_id where account = ? and r.result = 'SUCCESS'"
        " and r.settled_at >= ? and r.settled_at < ?",
        *span,
    )
    return [
        *((one["paid_at"], one["transaction_id"], "交易", one["total_fen"]) for one in paid),
        *((one["paid_at"], one["transaction_id"], "扣除交易手续费", -fee_fen(one["total_fen"])) for one in paid),
        *((one["created_at"], one["refund_id"], "退款", fee_fen(one["refund_fen"]) - one["refund_fen"]) for one in refunded),
        *((one["settled_at"], one["detail_id"], "分账", one["amount_fen"]) for one in got),
        *((one["settled_at"], one["return_id"], "分账回退", -one["amount_fen"]) for one in given_back),
    ]


def fee_fen(fen: int) -> int:
    """What WeChat keeps of an order: 0.6 %, to the fen."""
    return (fen * FEE_PER_MILLE + 500) // 1000


def _paid_row(order: sqlite3.Row) -> tuple[str, ...]:
    fen = _yuan(order["total_fen"])
    return (
        _moment(order["paid_at"]), *_whose(order), "SUCCESS", "OTHERS", "CNY", fen, "0.00", "0", "0", "0.00", "0.00", "", "",
        order["description"], order["attach"], _fee(fee_fen(order["total_fen"])), "0.60%", fen, "0.00", "",
    )  # fmt: skip


def _refund_row(order: sqlite3.Row) -> tuple[str, ...]:
    fen = _yuan(order["refund_fen"])
    return (
        _moment(order["created_at"]), *_whose(order), "REFUND", "OTHERS", "CNY", "0.00", "0.00", order["refund_id"],
        order["out_refund_no"], fen, "0.00", "ORIGINAL", order["status"], order["description"], order["attach"],
        _fee(-fee_fen(order["refund_fen"])), "0.60%", "0.00", fen, "",
    )  # fmt: skip


def _whose(order: sqlite3.Row) -> tuple[str, ...]:
    return (
        order["appid"], order["mchid"], order["sub_mchid"] or "0", "", order["transaction_id"], order["out_trade_no"], order["openid"],
        order["trade_type"],
    )  # fmt: skip


def _text(head: str, rows: Sequence[Sequence[str]], totals_head: str, totals: Sequence[str]) -> str:
    """WeChat's form: a back-quote before every value, nothing quoted; empty where nothing moved."""
    if not rows:
        return ""
    lines = [",".join(f"`{value}" for value in row) for row in (*rows, totals)]
    return "\r\n".join([head, *lines[:-1], totals_head, lines[-1], ""])


def _yuan(fen: int) -> str:
    sign = "-" if fen < 0 else ""
    return f"{sign}{abs(fen) // 100}.{abs(fen) % 100:02d}"


def _fee(fen: int) -> str:
    return f"{_yuan(fen)}000"


def _moment(seconds: float) -> str:
    return f"{datetime.fromtimestamp(seconds, SHANGHAI):%Y-%m-%d %H:%M:%S}"
