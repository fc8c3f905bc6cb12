"""A payment's life after placing: paid, late, failed, expired, closed; and how WeChat describes it."""

from __future__ import annotations

import json
import sqlite3
from typing import Any

from sandbox.wechatpay.errors import Refusal
from sandbox.wechatpay.fields import Fields
from sandbox.wechatpay.gateway import Gateway, moment
from sandbox.wechatpay.knobs import NotifyKnobs
from sandbox.wechatpay.outbox import enqueue

DESCRIPTIONS = {
    "NOTPAY": "订单未支付",
    "SUCCESS": "支付成功",
    "REFUND": "订单发生过退款，退款详情请查询退款单",
    "CLOSED": "订单已关闭",
    "PAYERROR": "支付失败",
}
BANK = "OTHERS"


def payment_orders(gateway: Gateway, payment: sqlite3.Row) -> list[sqlite3.Row]:
    """The orders of a payment, in the merchant's order."""
    return gateway.state.all("select * from orders where pr = ? order by id", payment["pr"])


def order_state(gateway: Gateway, payment: sqlite3.Row, order: sqlite3.Row) -> str:
    """A paid order that money was ever asked back for is REFUND."""
    if payment["trade_state"] == "SUCCESS" and gateway.state.number(
        "select count(*) from refunds where order_id = ? and status != 'CLOSED'", order["id"]
    ):
        return "REFUND"
    return str(payment["trade_state"])


def pay(gateway: Gateway, pr: str) -> sqlite3.Row:
    """
    The payer pays; the merchant will be told.

    :raises Refusal: ORDERPAID or ORDER_CLOSED; nothing is changed.
    """
    payment = _payment(gateway, pr)
    if payment["trade_state"] == "SUCCESS":
        raise Refusal(code="ORDERPAID")
    if payment["trade_state"] == "CLOSED" or payment["expires_at"] <= gateway.now():
        raise Refusal(code="ORDER_CLOSED", message="订单已关闭或已超过支付时间")
    return _settle_paid(gateway, payment)


def pay_late(gateway: Gateway, pr: str, *, seconds: float, even_if_closed: bool) -> sqlite3.Row:
    """
    The payer has typed the password, the bank answers `seconds` after the expiry.

    Until then a close is answered USER_PAYING; with `even_if_closed` it is accepted and the money comes all the same.
    """
    payment = _payment(gateway, pr)
    if payment["trade_state"] == "SUCCESS":
        raise Refusal(code="ORDERPAID")
    if payment["trade_state"] == "CLOSED" and not even_if_closed:
        raise Refusal(code="ORDER_CLOSED")
    gateway.state.run(
        "update payments set late_at = ?, is_late_after_close = ? where pr = ?",
        payment["expires_at"] + seconds, even_if_closed, pr,
    )  # fmt: skip
    gateway.ring()
    return _payment(gateway, pr)


def fail(gateway: Gateway, pr: str) -> sqlite3.Row:
    """The payer's bank refuses: PAYERROR. The payer may try again until the expiry."""
    payment = _payment(gateway, pr)
    if payment["trade_state"] == "SUCCESS":
        raise Refusal(code="ORDERPAID")
    if payment["trade_state"] == "CLOSED":
        raise Refusal(code="ORDER_CLOSED")
    gateway.state.run("update payments set trade_state = 'PAYERROR' where pr = ?", pr)
    return _payment(gateway, pr)


def close(gateway: Gateway, payment: sqlite3.Row) -> None:
    """Close an unpaid payment; closing it again is harmless."""
    if payment["trade_state"] == "SUCCESS":
        raise Refusal(code="ORDERPAID")
    if payment["late_at"] is not None and not payment["is_late_after_close"] and payment["trade_state"] != "CLOSED":
        raise Refusal(code="USER_PAYING")
    gateway.state.run("update payments set trade_state = 'CLOSED' where pr = ?", payment["pr"])


def settle_due(gateway: Gateway) -> None:
    """What the clock does: late payments come, expired payments close (unless `expiry_closes` is off)."""
    now = gateway.now()
    for late in gateway.state.all("select * from payments where late_at <= ? and trade_state != 'SUCCESS'", now):
        _settle_paid(gateway, late)
    if gateway.knobs.expiry_closes:
        gateway.state.run(
            "update payments set trade_state = 'CLOSED' where trade_state in ('NOTPAY', 'PAYERROR')"
            " and late_at is null and expires_at <= ?",
            now,
        )


def check_named(gateway: Gateway, payment: sqlite3.Row, body: Fields) -> None:
    """A combined close names the payment's appid and exactly its orders."""
    if body.text("combine_appid", longest=32) != payment["appid"]:
        raise Refusal(code="APPID_MCHID_NOT_MATCH", detail={"field": "/combine_appid"})
    named = {
        (part.text("mchid", longest=32), part.optional_text("sub_mchid", longest=32), part.text("out_trade_no", longest=32))
        for part in body.parts("sub_orders", fewest=1, most=50)
    }
    if named != {(order["mchid"], order["sub_mchid"], order["out_trade_no"]) for order in payment_orders(gateway, payment)}:
        raise Refusal(code="INVALID_REQUEST", message="子单信息与下单时不一致", detail={"field": "/sub_orders"})


def find_single(
    gateway: Gateway, *, out_trade_no: str = "", transaction_id: str = "", sub_mchid: str = ""
) -> tuple[sqlite3.Row, sqlite3.Row]:
    """An order of the merchant, or of the sub-merchant that is named, and its payment. :raises Refusal: ORDER_NOT_EXIST."""
    sql = "select o.* from orders o join payments p using (pr) where p.mchid = ? and "
    order = (
        gateway.state.one(sql + "o.transaction_id = ?", gateway.keys.mchid, transaction_id)
        if transaction_id
        else gateway.state.one(sql + "o.out_trade_no = ? and o.mchid = p.mchid", gateway.keys.mchid, out_trade_no)
    )
    if order is None or order["sub_mchid"] != sub_mchid:
        raise Refusal(code="ORDER_NOT_EXIST")
    return order, _payment(gateway, order["pr"])


def find_combined(gateway: Gateway, number: str) -> sqlite3.Row:
    """A combined payment of the merchant. :raises Refusal: ORDER_NOT_EXIST."""
    payment = gateway.state.one("select * from payments where mchid = ? and is_combined and number = ?", gateway.keys.mchid, number)
    if payment is None:
        raise Refusal(code="ORDER_NOT_EXIST")
    return payment


def describe_single(gateway: Gateway, payment: sqlite3.Row, order: sqlite3.Row) -> dict[str, Any]:
    """An order as the query and the notification show it."""
    trade_state = order_state(gateway, payment, order)
    house = {"sp_appid": payment["appid"], "sp_mchid": order["mchid"], "sub_mchid": order["sub_mchid"]}
    answer: dict[str, Any] = {
        **(house if order["sub_mchid"] else {"appid": payment["appid"], "mchid": order["mchid"]}),
        "out_trade_no": order["out_trade_no"],
        "trade_state": trade_state,
        "trade_state_desc": DESCRIPTIONS[trade_state],
        "attach": order["attach"],
        "promotion_detail": [],
        "amount": {"total": order["total_fen"], "currency": "CNY", "payer_currency": "CNY"},
    }
    if payment["trade_state"] == "SUCCESS":
        answer |= {
            "transaction_id": order["transaction_id"],
            "trade_type": payment["trade_type"],
            "bank_type": BANK,
            "success_time": moment(payment["paid_at"]),
            "payer": {"sp_openid" if order["sub_mchid"] else "openid": payment["openid"]},
        }
        answer["amount"]["payer_total"] = order["total_fen"]
    return answer


def describe_combined(gateway: Gateway, payment: sqlite3.Row) -> dict[str, Any]:
    """A combined payment as the query and the notification show it."""
    answer: dict[str, Any] = {
        "combine_appid": payment["appid"],
        "combine_mchid": payment["mchid"],
        "combine_out_trade_no": payment["number"],
        "sub_orders": [],
    }
    is_paid = payment["trade_state"] == "SUCCESS"
    if is_paid:
        answer["combine_payer_info"] = {"openid": payment["openid"]}
    for order in payment_orders(gateway, payment):
        part: dict[str, Any] = {
            "mchid": order["mchid"],
            "out_trade_no": order["out_trade_no"],
            "trade_state": order_state(gateway, payment, order),
            "trade_type": payment["trade_type"],
            "attach": order["attach"],
            "amount": {"total_amount": order["total_fen"], "currency": "CNY"},
        }
        if order["sub_mchid"]:
            part["sub_mchid"] = order["sub_mchid"]
        if is_paid:
            part |= {
                "transaction_id": order["transaction_id"],
                "bank_type": BANK,
                "success_time": moment(payment["paid_at"]),
                "promotion_detail": [],
            }
            part["amount"] |= {"payer_amount": order["total_fen"], "payer_currency": "CNY"}
        answer["sub_orders"].append(part)
    return answer


def _payment(gateway: Gateway, pr: str) -> sqlite3.Row:
    payment = gateway.state.one("select * from payments where pr = ?", pr)
    if payment is None:
        raise Refusal(code="ORDER_NOT_EXIST")
    return payment


def _settle_paid(gateway: Gateway, payment: sqlite3.Row) -> sqlite3.Row:
    state = gateway.state
    orders = payment_orders(gateway, payment)
    with state.transaction():
        numbers = [gateway.transaction_id() for _ in orders]
        for order, number in zip(orders, numbers, strict=True):
            state.run("update orders set transaction_id = ? where id = ?", number, order["id"])
        state.run(
            "update payments set trade_state = 'SUCCESS', paid_at = ?, transaction_id = ?, late_at = null where pr = ?",
            gateway.now(), gateway.transaction_id() if payment["is_combined"] else numbers[0], payment["pr"],
        )  # fmt: skip
        paid = _payment(gateway, payment["pr"])
        first = payment_orders(gateway, paid)[0]
        enqueue(
            gateway,
            payment=paid,
            notify_url=paid["notify_url"],
            event_type="TRANSACTION.SUCCESS",
            kind="combined" if paid["is_combined"] else "single",
            resource=describe_combined(gateway, paid) if paid["is_combined"] else describe_single(gateway, paid, first),
            own=NotifyKnobs.read(json.loads(paid["knobs"])),
        )
    return paid
