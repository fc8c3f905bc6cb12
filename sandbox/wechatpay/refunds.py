"""Refunds: never more than was paid, the same number twice is one refund, the result comes by notification."""

from __future__ import annotations

import sqlite3
from typing import Any

from sandbox.wechatpay import sharing
from sandbox.wechatpay.errors import Refusal, wrong_field
from sandbox.wechatpay.fields import OUT_REFUND_NO, Fields, canonical
from sandbox.wechatpay.gateway import Gateway, moment
from sandbox.wechatpay.outbox import enqueue

MOST_PARTIAL_REFUNDS = 50
ACCOUNT = "支付用户零钱"


def create(gateway: Gateway, body: Fields) -> dict[str, Any]:
    """
    Take a refund, or return the one with the same number and content.

    :raises Refusal: RESOURCE_NOT_EXISTS (no such paid order), INVALID_REQUEST (too much, or the number was used for
        something else), NOT_ENOUGH (the merchant's balance), PARAM_ERROR.
    """
    order = _order(gateway, body)
    out_refund_no = body.matching("out_refund_no", OUT_REFUND_NO, longest=64)
    body.optional_text("reason", longest=80)
    notify_url = body.notify_url(is_required=False)
    amount = body.part("amount")
    refund_fen, total_fen = amount.fen("refund"), amount.fen("total")
    amount.currency(is_required=True)
    state, mchid, content = gateway.state, gateway.keys.mchid, canonical(body.values)
    known = state.one("select * from refunds where mchid = ? and out_refund_no = ?", mchid, out_refund_no)
    if known is not None:
        if known["content"] != content:
            raise Refusal(
                code="INVALID_REQUEST",
                message="订单金额或退款金额与之前请求不一致，请核实后再试",
                detail={"field": "/out_refund_no"},
            )
        return describe(gateway, known)
    if total_fen != order["total_fen"]:
        raise Refusal(code="INVALID_REQUEST", message="订单金额不一致", detail={"field": "/amount/total", "value": total_fen})
    taken = "from refunds where order_id = ? and status != 'CLOSED'"
    left = order["total_fen"] - state.number(f"select sum(refund_fen) {taken}", order["id"])
    if refund_fen > left:
        raise Refusal(
            code="INVALID_REQUEST",
            message="申请退款金额超过可退金额",
            detail={"field": "/amount/refund", "value": refund_fen, "left": left},
        )
    if state.number(f"select count(*) {taken}", order["id"]) >= MOST_PARTIAL_REFUNDS:
        raise Refusal(code="INVALID_REQUEST", message="部分退款次数超过50次")
    if refund_fen > left - sharing.out_fen(gateway, order):
        raise Refusal(code="NOT_ENOUGH", message="订单已分账，可退余额不足，请先回退分账资金")
    knobs = gateway.knobs.refund
    if 0 <= knobs.balance_fen < refund_fen:
        raise Refusal(code="NOT_ENOUGH", message="基本账户余额不足，请充值后重新发起")
    now, refund_id = gateway.now(), gateway.refund_id()
    state.run(
        "insert into refunds (refund_id, order_id, mchid, out_refund_no, content, refund_fen, notify_url, status,"
        " outcome, created_at, settles_at) values (?, ?, ?, ?, ?, ?, ?, 'PROCESSING', ?, ?, ?)",
        refund_id, order["id"], mchid, out_refund_no, content, refund_fen, notify_url, knobs.outcome, now,
        None if knobs.outcome == "PROCESSING" else now + knobs.delay,
    )  # fmt: skip
    gateway.ring()
    return find(gateway, out_refund_no, sub_mchid=order["sub_mchid"])


def find(gateway: Gateway, out_refund_no: str, *, sub_mchid: str = "") -> dict[str, Any]:
    """A refund by the merchant's number, of the sub-merchant that is named. :raises Refusal: RESOURCE_NOT_EXISTS."""
    refund = gateway.state.one("select * from refunds where mchid = ? and out_refund_no = ?", gateway.keys.mchid, out_refund_no)
    if refund is None or gateway.state.the("select sub_mchid from orders where id = ?", refund["order_id"])["sub_mchid"] != sub_mchid:
        raise Refusal(code="RESOURCE_NOT_EXISTS", message="退款单不存在")
    return describe(gateway, refund)


def settle_due(gateway: Gateway) -> None:
    """What the clock does: refunds in work reach their outcome and the merchant is told."""
    due = gateway.state.all("select * from refunds where status = 'PROCESSING' and settles_at <= ?", gateway.now())
    for refund in due:
        with gateway.state.transaction():
            gateway.state.run(
                "update refunds set status = outcome, settled_at = ? where refund_id = ?",
                gateway.now(),
                refund["refund_id"],
            )
            _tell(gateway, refund["refund_id"])


def describe(gateway: Gateway, refund: sqlite3.Row) -> dict[str, Any]:
    """A refund as create and query show it."""
    order = gateway.state.the("select * from orders where id = ?", refund["order_id"])
    answer: dict[str, Any] = {
        "refund_id": refund["refund_id"],
        "out_refund_no": refund["out_refund_no"],
        "transaction_id": order["transaction_id"],
        "out_trade_no": order["out_trade_no"],
        "channel": "ORIGINAL",
        "user_received_account": ACCOUNT,
        "create_time": moment(refund["created_at"]),
        "status": refund["status"],
        "funds_account": "AVAILABLE",
        "amount": {
            "total": order["total_fen"],
            "refund": refund["refund_fen"],
            "from": [],
            "payer_total": order["total_fen"],
            "payer_refund": refund["refund_fen"],
            "settlement_total": order["total_fen"],
            "settlement_refund": refund["refund_fen"],
            "discount_refund": 0,
            "currency": "CNY",
        },
        "promotion_detail": [],
    }
    if refund["status"] == "SUCCESS":
        answer["success_time"] = moment(refund["settled_at"])
    return answer


def _tell(gateway: Gateway, refund_id: str) -> None:
    refund = gateway.state.the("select * from refunds where refund_id = ?", refund_id)
    if not refund["notify_url"]:
        return
    payment = gateway.state.the("select p.* from payments p join orders o using (pr) where o.id = ?", refund["order_id"])
    shown = describe(gateway, refund)
    amounts = {name: shown["amount"][name] for name in ("total", "refund", "payer_total", "payer_refund")}
    told = ("transaction_id", "out_trade_no", "refund_id", "out_refund_no", "success_time", "user_received_account")
    resource = {name: shown[name] for name in told if name in shown}
    seller = gateway.state.the("select sub_mchid from orders where id = ?", refund["order_id"])["sub_mchid"]
    owner = {"sp_mchid": refund["mchid"], "sub_mchid": seller} if seller else {"mchid": refund["mchid"]}
    enqueue(
        gateway,
        payment=payment,
        notify_url=refund["notify_url"],
        event_type=f"REFUND.{refund['status']}",
        kind="refund",
        resource={**owner, **resource, "refund_status": refund["status"], "amount": amounts},
    )


def _order(gateway: Gateway, body: Fields) -> sqlite3.Row:
    """The paid order that a refund names; the merchant that started a combined payment may name its parts."""
    values = body.values
    if (values.get("transaction_id") is None) == (values.get("out_trade_no") is None):
        raise wrong_field(field="/transaction_id", issue="与out_trade_no二选一 (exactly one of the two)")
    name = "transaction_id" if values.get("out_trade_no") is None else "out_trade_no"
    order = gateway.state.one(
        "select o.* from orders o join payments p using (pr) where p.mchid = ? and p.trade_state = 'SUCCESS'"
        " and case ? when 'out_trade_no' then o.out_trade_no else o.transaction_id end = ?"
        " and o.sub_mchid = ? order by o.mchid = p.mchid desc, o.id",
        gateway.keys.mchid, name, body.text(name, longest=32), body.optional_text("sub_mchid", longest=32),
    )  # fmt: skip
    if order is None:
        raise Refusal(code="RESOURCE_NOT_EXISTS", message="订单不存在或未支付")
    return order
