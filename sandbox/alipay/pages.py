"""The payer's page: what is to be paid, and the ways in which a payer and a bank can behave."""

from __future__ import annotations

import json
import re
import sqlite3
from html import escape
from typing import Any
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from sandbox.alipay import trades
from sandbox.alipay.errors import Refusal
from sandbox.alipay.gateway import Gateway, moment
from sandbox.alipay.gateway import yuan as plain_yuan
from sandbox.alipay.knobs import NotifyKnobs
from sandbox.alipay.signing import signed_fields
from sandbox.frame import facts, page, yuan
from sandbox.hosts import is_allowed_url
from sandbox.knobs import UnknownKnob
from sandbox.wechatpay.pages import LATE_SECONDS, _seconds, _values, _wants_json
from sandbox.wechatpay.pages import _typed as _typed_for

STATES = {
    "": "待扫码 Nobody has seen it",
    "WAIT_BUYER_PAY": "待支付 Waiting",
    "TRADE_SUCCESS": "已支付 Paid",
    "TRADE_CLOSED": "已关闭 Closed",
}


def routes(gateway: Gateway) -> list[BaseRoute]:
    """`/pay` for people and tests, `/` with the trades that wait."""

    async def show(request: Request) -> Response:
        try:
            trade = trades.seen(gateway, key_of(dict(request.query_params)))
        except Refusal as refusal:
            return page("支付", f'<section class="bad">{escape(str(refusal))}</section>', status=404)
        back = request.query_params.get("back") or ""
        return page("支付 · Pay", _shown(gateway, trade, back=back if is_allowed_url(back) else ""))

    async def act(request: Request) -> Response:
        try:
            values = await _values(request)
            back = str(values.pop("back", "") or "")
            trade = _acted(gateway, values)
        except (Refusal, UnknownKnob) as refusal:
            if _wants_json(request):
                return JSONResponse({"message": str(refusal)}, 400)
            return page("支付", f'<section class="bad">{escape(str(refusal))}</section>', status=400)
        if _wants_json(request):
            return JSONResponse({"trade_status": trade["status"], "trade_no": trade["trade_no"], "back": returned(gateway, trade)})
        where = back if back and is_allowed_url(back) else returned(gateway, trade)
        return RedirectResponse(where or f"{request.scope.get('root_path', '')}/pay?id={trade['id']}", 303)

    async def waiting(_request: Request) -> Response:
        trades.settle_due(gateway)
        rows = gateway.state.all("select * from alipay_trades order by created_at desc limit 30")
        cards = "".join(
            f'<section><a href="pay?id={escape(row["id"])}">{escape(row["out_trade_no"])}</a>'
            f" · {yuan(row['total_fen'])} · {STATES[row['status']]}</section>"
            for row in rows
        )
        scan = (
            '<form action="pay"><label>二维码内容 <small>Content of the QR code</small>'
            '<input name="qr_code" placeholder="https://qr.alipay.com/…" required></label><button>打开 <small>Open</small></button></form>'
        )
        title = '<h1>支付宝沙箱<br><small>Alipay sandbox · <a href="../wechatpay/_log">记录 log</a></small></h1>'
        return page("支付宝沙箱", f"{title}<section>{scan}</section>{cards}")

    return [Route("/pay", show, methods=["GET"]), Route("/pay", act, methods=["POST"]), Route("/", waiting)]


def key_of(given: dict[str, str]) -> str:
    """The key of a trade's page, from the page's address or from a scanned code."""
    scanned = re.fullmatch(r"https://qr\.alipay\.com/(\w+)", given.get("qr_code", ""))
    return scanned[1] if scanned else given.get("id", "")


def returned(gateway: Gateway, trade: sqlite3.Row) -> str:
    """The signed address at the merchant's to which the payer's browser goes back; nothing where none was given or nothing was paid."""
    if not trade["return_url"] or trade["status"] != trades.PAID:
        return ""
    fields = {
        "app_id": trade["app_id"],
        "charset": "utf-8",
        "method": f"alipay.trade.{trade['product']}.pay.return",
        "out_trade_no": trade["out_trade_no"],
        "timestamp": moment(gateway.now()),
        "total_amount": plain_yuan(trade["total_fen"]),
        "trade_no": trade["trade_no"],
        "version": "1.0",
    }
    sep = "&" if "?" in trade["return_url"] else "?"
    return f"{trade['return_url']}{sep}{urlencode(signed_fields(gateway.private_key, fields))}"


def _acted(gateway: Gateway, values: dict[str, Any]) -> sqlite3.Row:
    """Do what the payer chose; knobs given beside it belong to this trade alone."""
    key = key_of({name: str(values.pop(name)) for name in ("id", "qr_code") if values.get(name)})
    action = values.pop("action", "")
    seconds = _seconds(values.pop("seconds", "") or LATE_SECONDS)
    even_if_closed = bool(values.pop("even_if_closed", False))
    if action == "forget":
        values["drop"] = True
    knobs = NotifyKnobs.read(_typed_for(values, NotifyKnobs)).set_values()
    if knobs:
        gateway.state.run("update alipay_trades set knobs = ? where id = ?", json.dumps(knobs), key)
    match action:
        case "pay" | "forget":
            return trades.pay(gateway, key)
        case "late":
            return trades.pay_late(gateway, key, seconds=seconds, even_if_closed=even_if_closed)
        case "never" | "fail":  # at Alipay a failed try leaves the trade waiting
            gateway.state.log("payer", f"Alipay {key} {action}", "-")
            return trades.seen(gateway, key)
    raise UnknownKnob(knob="action", expected=f"pay, forget, fail, late or never, not {action!r}")


def _shown(gateway: Gateway, trade: sqlite3.Row, *, back: str) -> str:
    told = {
        "商户 Merchant": trade["app_id"],
        "订单 Order": trade["out_trade_no"],
        "商品 Goods": trade["subject"],
        "截止 Until": moment(trade["expires_at"]),
        "状态 State": STATES[trade["status"]],
    }
    head = (
        "<h1>支付宝（沙箱）<br><small>Alipay, sandbox: no real money</small></h1>"
        f'<section><div class="sum">{yuan(trade["total_fen"])}</div>{facts(told)}</section>'
    )
    if trade["status"] in {trades.PAID, trades.CLOSED}:
        link = back or returned(gateway, trade)
        return head + (f'<p><a href="{escape(link)}">返回商家 Back to the shop</a></p>' if link else "")
    buttons = "".join(
        f'<button class="{look}" name="action" value="{action}">{word}<small>{english}</small></button>'
        for look, action, word, english in (
            ("pay", "pay", "支付", "Pay"),
            ("", "fail", "支付失败", "Fail"),
            ("", "never", "离开，不支付", "Never answer"),
            ("", "forget", "支付，但不通知商家", "Pay, but forget to call back"),
            ("", "late", "过期后才到账", "Pay late: the seconds after expiry stand below"),
        )
    )
    fields = "".join(
        f'<label>{word} <small>{english}</small><input name="{name}" inputmode="numeric"></label>'
        for name, word, english in (
            ("seconds", "过期后秒数", "late: seconds after expiry"),
            ("delay", "通知延迟秒数", "delay of the notification"),
            ("repeat", "重复通知次数", "more copies"),
            ("shuffle", "攒够几条后倒序发送", "hold until n wait, then newest first"),
            ("age_seconds", "时间提前秒数", "old notify_time, e.g. 172800"),
            ("total_fen", "假金额（分）", "another amount, in fen"),
            ("honest_after", "几次之后说真话", "tell the truth after n tries"),
            ("app_id", "假应用号", "another app_id"),
            ("seller_id", "假商户号", "another seller_id"),
        )
    )
    fields += "".join(
        f'<label><input type="checkbox" name="{name}"> {word} <small>{english}</small></label>'
        for name, word, english in (
            ("forge", "伪造签名", "forged signature"),
            ("edit", "签名后改内容", "edited after signing"),
            ("even_if_closed", "关单后也到账", "late money even after a close"),
        )
    )
    return head + (
        f'<form method="post" action="pay"><input type="hidden" name="id" value="{escape(trade["id"])}">'
        f'<input type="hidden" name="back" value="{escape(back)}"><section>{buttons}</section>'
        f"<section><details><summary>捣乱 <small>Make trouble</small></summary>{fields}</details></section></form>"
    )
