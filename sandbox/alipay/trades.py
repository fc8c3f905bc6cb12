"""A trade's life: asked for, seen, paid, late, closed, refunded; and how Alipay describes it."""

from __future__ import annotations

import json
import re
import secrets
import sqlite3
from collections.abc import Mapping
from typing import Any

from sandbox.alipay.errors import Refusal
from sandbox.alipay.gateway import Gateway, moment, seconds_of, yuan
from sandbox.alipay.knobs import NotifyKnobs
from sandbox.alipay.outbox import enqueue
from sandbox.hosts import is_allowed_url

UNSEEN, WAITING, PAID, CLOSED = "", "WAIT_BUYER_PAY", "TRADE_SUCCESS", "TRADE_CLOSED"
"""Until a payer has seen it, Alipay does not know a trade: query and close answer ACQ.TRADE_NOT_EXIST."""

NUMBER = re.compile(r"[0-9A-Za-z_]{1,64}")
AMOUNT = re.compile(r"(0|[1-9]\d{0,8})(?:\.(\d{1,2}))?")
LONGEST_SECONDS = 15 * 86400


def fen_of(given: Any, name: str) -> int:
    """An amount in yuan as text, `38.00`, in fen. :raises Refusal: ACQ.INVALID_PARAMETER."""
    found = AMOUNT.fullmatch(given) if isinstance(given, str) else None
    fen = int(found[1]) * 100 + int((found[2] or "").ljust(2, "0")) if found else 0
    if fen <= 0:
        raise Refusal(code="ACQ.INVALID_PARAMETER", message=f"参数有误：{name}")
    return fen


def text_of(content: Mapping[str, Any], name: str, longest: int, *, is_required: bool = True) -> str:
    """A text of a request. :raises Refusal: ACQ.INVALID_PARAMETER."""
    value = content.get(name, "")
    if not isinstance(value, str) or len(value) > longest or (is_required and not value):
        raise Refusal(code="ACQ.INVALID_PARAMETER", message=f"参数有误：{name}")
    return value


def number_of(content: Mapping[str, Any], name: str) -> str:
    """A number of the merchant's. :raises Refusal: ACQ.INVALID_PARAMETER."""
    value = text_of(content, name, 64)
    if not NUMBER.fullmatch(value):
        raise Refusal(code="ACQ.INVALID_PARAMETER", message=f"参数有误：{name}")
    return value


def place(gateway: Gateway, fields: Mapping[str, str], content: Mapping[str, Any], *, product: str) -> sqlite3.Row:
    """
    Take a trade, or find the one with the same number and content.

    :raises Refusal: ACQ.INVALID_PARAMETER, ACQ.CONTEXT_INCONSISTENT, ACQ.TRADE_HAS_SUCCESS, ACQ.TRADE_HAS_CLOSE.
    """
    number, subject = number_of(content, "out_trade_no"), text_of(content, "subject", 256)
    total_fen, notify_url = fen_of(content.get("total_amount"), "total_amount"), fields.get("notify_url", "")
    if text_of(content, "product_code", 64, is_required=product != "precreate") not in {"", *PRODUCTS[product]}:
        raise Refusal(code="ACQ.INVALID_PARAMETER", message="参数有误：product_code")
    if not is_allowed_url(notify_url) or not (not fields.get("return_url") or is_allowed_url(fields["return_url"])):
        raise Refusal(code="ACQ.INVALID_PARAMETER", message="参数有误：notify_url, return_url")
    now = gateway.now()
    try:
        expires_at = seconds_of(content["time_expire"]) if content.get("time_expire") else now + LONGEST_SECONDS
    except (TypeError, ValueError):
        raise Refusal(code="ACQ.INVALID_PARAMETER", message="参数有误：time_expire") from None
    if not now < expires_at <= now + LONGEST_SECONDS:
        raise Refusal(code="ACQ.INVALID_PARAMETER", message="参数有误：time_expire")
    known = gateway.state.one("select * from alipay_trades where app_id = ? and out_trade_no = ?", fields["app_id"], number)
    if known is not None:
        if (known["total_fen"], known["subject"]) != (total_fen, subject):
            raise Refusal(code="ACQ.CONTEXT_INCONSISTENT")
        _refuse_ended(known)
        return known
    key = "bax" + secrets.token_hex(10)
    gateway.state.run(
        "insert into alipay_trades (id, app_id, out_trade_no, trade_no, product, subject, total_fen, notify_url, return_url,"
        " created_at, expires_at, status) values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        key, fields["app_id"], number, gateway.trade_no(), product, subject, total_fen, notify_url,
        fields.get("return_url", ""), now, expires_at, UNSEEN,
    )  # fmt: skip
    gateway.ring()
    return gateway.state.the("select * from alipay_trades where id = ?", key)


PRODUCTS = {"page": ("FAST_INSTANT_TRADE_PAY",), "wap": ("QUICK_WAP_PAY",), "precreate": ("FACE_TO_FACE_PAYMENT", "QR_CODE_OFFLINE")}


def seen(gateway: Gateway, key: str) -> sqlite3.Row:
    """A trade by the key of its page, which its payer looks at now. :raises Refusal: ACQ.TRADE_NOT_EXIST."""
    gateway.state.run("update alipay_trades set status = ? where id = ? and status = ''", WAITING, key)
    settle_due(gateway)
    return _trade(gateway, key)


def pay(gateway: Gateway, key: str) -> sqlite3.Row:
    """The payer pays; the merchant will be told. :raises Refusal: if it is paid or closed already; nothing is changed."""
    trade = seen(gateway, key)
    _refuse_ended(trade)
    return _settle_paid(gateway, trade)


def pay_late(gateway: Gateway, key: str, *, seconds: float, even_if_closed: bool) -> sqlite3.Row:
    """The bank answers `seconds` after the expiry; until then a close is refused, or with `even_if_closed` does not help."""
    _refuse_ended(seen(gateway, key))
    gateway.state.run(
        "update alipay_trades set late_at = expires_at + ?, is_late_after_close = ? where id = ?", seconds, even_if_closed, key
    )
    gateway.ring()
    return _trade(gateway, key)


def settle_due(gateway: Gateway) -> None:
    """What the clock does: late payments come, what was seen and not paid closes, refunds arrive."""
    now = gateway.now()
    for late in gateway.state.all("select * from alipay_trades where late_at <= ? and status != 'TRADE_SUCCESS'", now):
        _settle_paid(gateway, late)
    gateway.state.run(
        "update alipay_trades set status = 'TRADE_CLOSED', closed_at = ? where status = 'WAIT_BUYER_PAY' and late_at is null"
        " and expires_at <= ?",
        now, now,
    )  # fmt: skip
    for refund in gateway.state.all("select * from alipay_refunds where status = '' and settles_at <= ?", now):
        _settle_refund(gateway, refund)


def query(gateway: Gateway, app_id: str, content: Mapping[str, Any]) -> dict[str, Any]:
    """`alipay.trade.query`."""
    trade = _known(gateway, app_id, content)
    answer = {
        "buyer_logon_id": "pay***@sandbox.example",
        "buyer_user_id": "2088000000000001",
        "out_trade_no": trade["out_trade_no"],
        "total_amount": yuan(trade["total_fen"]),
        "trade_no": trade["trade_no"],
        "trade_status": status_of(gateway, trade),
    }
    if trade["paid_at"] is not None:
        answer |= {"send_pay_date": moment(trade["paid_at"]), "receipt_amount": yuan(trade["total_fen"])}
    return answer


def close(gateway: Gateway, app_id: str, content: Mapping[str, Any]) -> dict[str, Any]:
    """`alipay.trade.close`: only what the payer has seen and not paid can be closed."""
    trade = _known(gateway, app_id, content)
    if trade["status"] != WAITING or (trade["late_at"] is not None and not trade["is_late_after_close"]):
        raise Refusal(code="ACQ.REASON_TRADE_STATUS_INVALID" if trade["status"] == CLOSED else "ACQ.TRADE_STATUS_ERROR")
    gateway.state.run("update alipay_trades set status = 'TRADE_CLOSED', closed_at = ? where id = ?", gateway.now(), trade["id"])
    return {"out_trade_no": trade["out_trade_no"], "trade_no": trade["trade_no"]}


def refund(gateway: Gateway, app_id: str, content: Mapping[str, Any]) -> dict[str, Any]:
    """`alipay.trade.refund`: the same out_request_no twice is one refund; `refund_fee` in the answer is the sum of all."""
    trade = _known(gateway, app_id, content)
    request_no, refund_fen = number_of(content, "out_request_no"), fen_of(content.get("refund_amount"), "refund_amount")
    reason = text_of(content, "refund_reason", 256, is_required=False)
    if trade["status"] != PAID:
        raise Refusal(code="ACQ.TRADE_NOT_ALLOW_REFUND" if trade["status"] == CLOSED else "ACQ.TRADE_STATUS_ERROR")
    state = gateway.state
    known = state.one("select * from alipay_refunds where trade = ? and out_request_no = ?", trade["id"], request_no)
    if known is not None and known["refund_fen"] != refund_fen:
        raise Refusal(code="ACQ.DISCORDANT_REPEAT_REQUEST")
    if known is None:
        if refund_fen > trade["total_fen"] - refunded_fen(gateway, trade["id"]):
            raise Refusal(code="ACQ.REFUND_AMT_NOT_EQUAL_TOTAL")
        if 0 <= gateway.knobs.refund.balance_fen < refund_fen:
            raise Refusal(code="ACQ.SELLER_BALANCE_NOT_ENOUGH")
        now, delay = gateway.now(), gateway.knobs.refund.delay
        state.run(
            "insert into alipay_refunds (trade, out_request_no, refund_fen, reason, status, created_at, settles_at)"
            " values (?, ?, ?, ?, '', ?, ?)",
            trade["id"], request_no, refund_fen, reason, now, None if delay < 0 else now + delay,
        )  # fmt: skip
        settle_due(gateway)
        gateway.ring()
    return {
        "buyer_logon_id": "pay***@sandbox.example",
        "fund_change": "Y" if known is None else "N",
        "out_trade_no": trade["out_trade_no"],
        "refund_fee": yuan(refunded_fen(gateway, trade["id"])),
        "trade_no": trade["trade_no"],
    }


def refund_query(gateway: Gateway, app_id: str, content: Mapping[str, Any]) -> dict[str, Any]:
    """`alipay.trade.fastpay.refund.query`: a refund that is not known, or not done, is told by what is missing."""
    trade, request_no = _known(gateway, app_id, content), number_of(content, "out_request_no")
    found = gateway.state.one("select * from alipay_refunds where trade = ? and out_request_no = ?", trade["id"], request_no)
    if found is None:
        return {}
    answer = {
        "out_request_no": request_no,
        "out_trade_no": trade["out_trade_no"],
        "refund_amount": yuan(found["refund_fen"]),
        "total_amount": yuan(trade["total_fen"]),
        "trade_no": trade["trade_no"],
    }
    if found["status"]:
        answer |= {"refund_status": found["status"], "gmt_refund_pay": moment(found["settled_at"])}
    return answer


def refunded_fen(gateway: Gateway, key: str) -> int:
    """What has been asked back of a trade."""
    return gateway.state.number("select sum(refund_fen) from alipay_refunds where trade = ?", key)


def status_of(gateway: Gateway, trade: sqlite3.Row) -> str:
    """A trade of which everything went back is closed again, as Alipay has it."""
    is_back = trade["status"] == PAID and refunded_fen(gateway, trade["id"]) == trade["total_fen"]
    return CLOSED if is_back else str(trade["status"])


def described(gateway: Gateway, trade: sqlite3.Row) -> dict[str, str]:
    """A trade as a notification tells it."""
    fields = {
        "app_id": trade["app_id"],
        "buyer_id": "2088000000000001",
        "charset": "utf-8",
        "gmt_create": moment(trade["created_at"]),
        "notify_type": "trade_status_sync",
        "out_trade_no": trade["out_trade_no"],
        "seller_id": gateway.apps[trade["app_id"]].seller_id if trade["app_id"] in gateway.apps else gateway.keys.seller_id,
        "subject": trade["subject"],
        "total_amount": yuan(trade["total_fen"]),
        "trade_no": trade["trade_no"],
        "trade_status": status_of(gateway, trade),
        "version": "1.0",
    }
    if trade["paid_at"] is not None:
        fields |= {"gmt_payment": moment(trade["paid_at"]), "receipt_amount": yuan(trade["total_fen"])}
    return fields


def _refuse_ended(trade: sqlite3.Row) -> None:
    if trade["status"] == PAID:
        raise Refusal(code="ACQ.TRADE_HAS_SUCCESS")
    if trade["status"] == CLOSED:
        raise Refusal(code="ACQ.TRADE_HAS_CLOSE")


def _known(gateway: Gateway, app_id: str, content: Mapping[str, Any]) -> sqlite3.Row:
    """The app's trade that a request names. :raises Refusal: ACQ.TRADE_NOT_EXIST, also for one that no payer has seen."""
    name = "trade_no" if content.get("trade_no") else "out_trade_no"
    trade = gateway.state.one(
        "select * from alipay_trades where app_id = ? and case ? when 'trade_no' then trade_no else out_trade_no end = ?",
        app_id, name, number_of(content, name),
    )  # fmt: skip
    if trade is None or trade["status"] == UNSEEN:
        raise Refusal(code="ACQ.TRADE_NOT_EXIST")
    return trade


def _trade(gateway: Gateway, key: str) -> sqlite3.Row:
    trade = gateway.state.one("select * from alipay_trades where id = ?", key)
    if trade is None:
        raise Refusal(code="ACQ.TRADE_NOT_EXIST")
    return trade


def _settle_paid(gateway: Gateway, trade: sqlite3.Row) -> sqlite3.Row:
    with gateway.state.transaction():
        gateway.state.run(
            "update alipay_trades set status = 'TRADE_SUCCESS', paid_at = ?, late_at = null where id = ?", gateway.now(), trade["id"]
        )
        paid = _trade(gateway, trade["id"])
        enqueue(gateway, trade=paid, fields=described(gateway, paid), own=NotifyKnobs.read(json.loads(paid["knobs"])))
    return paid


def _settle_refund(gateway: Gateway, refund: sqlite3.Row) -> None:
    """Money is back; Alipay tells of it by another notification of the trade."""
    with gateway.state.transaction():
        gateway.state.run("update alipay_refunds set status = 'REFUND_SUCCESS', settled_at = ? where id = ?", gateway.now(), refund["id"])
        trade = _trade(gateway, refund["trade"])
        told = {
            "gmt_refund": moment(gateway.now()),
            "out_biz_no": refund["out_request_no"],
            "refund_fee": yuan(refunded_fen(gateway, trade["id"])),
        }
        enqueue(gateway, trade=trade, fields={**described(gateway, trade), **told})
