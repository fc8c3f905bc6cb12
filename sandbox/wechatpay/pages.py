"""The payer's page: what is to be paid, and the ways in which a payer and a bank can behave."""

from __future__ import annotations

import json
import re
import sqlite3
from html import escape
from typing import Any, get_type_hints
from urllib.parse import parse_qsl

from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from sandbox.frame import facts, page, yuan
from sandbox.hosts import is_allowed_url
from sandbox.knobs import UnknownKnob
from sandbox.wechatpay import orders
from sandbox.wechatpay.errors import Refusal
from sandbox.wechatpay.gateway import Gateway, moment
from sandbox.wechatpay.knobs import NotifyKnobs
from sandbox.wechatpay.signing import is_signed_by_merchant

STATES = {
    "NOTPAY": "待支付 Waiting",
    "SUCCESS": "已支付 Paid",
    "CLOSED": "已关闭 Closed",
    "PAYERROR": "支付失败，可重试 Failed, may try again",
}
LATE_SECONDS = 5


def routes(gateway: Gateway) -> list[BaseRoute]:
    """`/pay` for people and tests, `/` with the payments that wait."""

    async def show(request: Request) -> Response:
        orders.settle_due(gateway)
        try:
            payment = find(gateway, dict(request.query_params))
        except Refusal as refusal:
            return page("支付", f'<section class="bad">{escape(str(refusal))}</section>', status=refusal.status)
        back = request.query_params.get("back") or request.query_params.get("redirect_url") or ""
        return page("支付 · Pay", _payment(gateway, payment, back=back if is_allowed_url(back) else ""))

    async def act(request: Request) -> Response:
        orders.settle_due(gateway)
        try:
            values = await _values(request)
            back = str(values.pop("back", "") or "")
            payment = _acted(gateway, values)
        except (Refusal, UnknownKnob) as refusal:
            status = refusal.status if isinstance(refusal, Refusal) else 400
            if _wants_json(request):
                body = refusal.body if isinstance(refusal, Refusal) else {"code": "UNKNOWN_KNOB", "message": str(refusal)}
                return JSONResponse(body, status)
            return page("支付", f'<section class="bad">{escape(str(refusal))}</section>', status=status)
        if _wants_json(request):
            return JSONResponse({name: payment[name] for name in ("trade_state", "transaction_id", "number")})
        if back and is_allowed_url(back):
            return RedirectResponse(back, 303)
        return RedirectResponse(f"{request.scope.get('root_path', '')}/pay?pr={payment['pr']}", 303)

    async def waiting(_request: Request) -> Response:
        orders.settle_due(gateway)
        rows = gateway.state.all("select * from payments order by created_at desc limit 30")
        cards = "".join(
            f'<section><a href="pay?pr={escape(row["pr"])}">{escape(row["number"])}</a>'
            f" · {yuan(_total(gateway, row))} · {STATES[row['trade_state']]}</section>"
            for row in rows
        )
        scan = (
            '<form action="pay"><label>二维码内容 <small>Content of the QR code</small>'
            '<input name="code_url" placeholder="weixin://wxpay/bizpayurl?pr=…" required></label>'
            "<button>打开 <small>Open</small></button></form>"
        )
        title = '<h1>微信支付沙箱<br><small>WeChat Pay sandbox · <a href="_log">记录 log</a></small></h1>'
        return page("微信支付沙箱", f"{title}<section>{scan}</section>{cards}")

    return [
        Route("/pay", show, methods=["GET"]),
        Route("/pay", act, methods=["POST"]),
        Route("/", waiting),
    ]


def find(gateway: Gateway, given: dict[str, str]) -> sqlite3.Row:
    """
    The payment behind a `pr`, a `code_url`, a `prepay_id`, or a JSAPI `package` whose `paySign` must be the merchant's.

    :raises Refusal: ORDER_NOT_EXIST, SIGN_ERROR.
    """
    package = given.get("package", "")
    if package.startswith("prepay_id="):
        message = "".join(given.get(name, "") + "\n" for name in ("appId", "timeStamp", "nonceStr", "package"))
        if given.get("signType") != "RSA" or not is_signed_by_merchant(
            gateway.keys, message=message.encode(), signature=given.get("paySign", "")
        ):
            raise Refusal(code="SIGN_ERROR", message="支付验证签名失败 (paySign)")
        given = {"prepay_id": package.removeprefix("prepay_id=")}
    scanned = re.fullmatch(r"weixin://wxpay/bizpayurl\?pr=([\w\-]+)", given.get("code_url", ""))
    pr = scanned[1] if scanned else given.get("pr", "")
    payment = gateway.state.one("select * from payments where pr = ? or prepay_id = ?", pr, given.get("prepay_id", ""))
    if payment is None:
        raise Refusal(code="ORDER_NOT_EXIST")
    return payment


def _acted(gateway: Gateway, values: dict[str, Any]) -> sqlite3.Row:
    """Do what the payer chose; knobs given beside it belong to this payment alone."""
    given = {name: str(values.pop(name)) for name in ("pr", "code_url", "prepay_id") if values.get(name)}
    action = values.pop("action", "")
    seconds = _seconds(values.pop("seconds", "") or LATE_SECONDS)
    even_if_closed = bool(values.pop("even_if_closed", False))
    payment = find(gateway, given)
    pr = str(payment["pr"])
    if action == "forget":
        values["drop"] = True
    knobs = NotifyKnobs.read(_typed(values, NotifyKnobs)).set_values()
    if knobs:
        gateway.state.run("update payments set knobs = ? where pr = ?", json.dumps(knobs), pr)
    match action:
        case "pay" | "forget":
            return orders.pay(gateway, pr)
        case "fail":
            return orders.fail(gateway, pr)
        case "late":
            return orders.pay_late(gateway, pr, seconds=seconds, even_if_closed=even_if_closed)
        case "never":
            gateway.state.log("payer", f"{payment['number']} never answers", "-")
            return find(gateway, {"pr": pr})
    raise UnknownKnob(knob="action", expected=f"pay, forget, fail, late or never, not {action!r}")


def _seconds(value: Any) -> float:
    try:
        seconds = float(value)
    except (TypeError, ValueError):
        seconds = -1.0
    if not 0 <= seconds <= 86400:
        raise UnknownKnob(knob="seconds", expected="0 to 86400")
    return seconds


async def _values(request: Request) -> dict[str, Any]:
    """The form's or the JSON's values; empty fields of a form are as if not sent."""
    raw = (await request.body()).decode("utf-8", "replace")
    if request.headers.get("content-type", "").startswith("application/json"):
        try:
            values = json.loads(raw)
        except ValueError:
            values = None
        if not isinstance(values, dict):
            raise UnknownKnob(knob="the body", expected="a JSON object")
        return values
    return {name: value for name, value in parse_qsl(raw) if value}


def _typed(values: dict[str, Any], knobs: type) -> dict[str, Any]:
    """A form's text as the kinds that the knobs have."""
    kinds = get_type_hints(knobs)
    typed = {}
    for name, value in values.items():
        kind = kinds.get(name, str)
        try:
            typed[name] = value == "on" if kind is bool and isinstance(value, str) else kind(value)
        except (TypeError, ValueError):
            raise UnknownKnob(knob=name, expected=kind.__name__) from None
    return typed


def _wants_json(request: Request) -> bool:
    return "application/json" in request.headers.get("accept", "")


def _total(gateway: Gateway, payment: sqlite3.Row) -> int:
    return gateway.state.number("select sum(total_fen) from orders where pr = ?", payment["pr"])


def _payment(gateway: Gateway, payment: sqlite3.Row, *, back: str) -> str:
    parts = orders.payment_orders(gateway, payment)
    collector = "" if payment["is_combined"] else parts[0]["sub_mchid"]
    shown = {
        "商户 Merchant": collector or payment["mchid"],
        "订单 Order": payment["number"],
        "商品 Goods": parts[0]["description"] if len(parts) == 1 else f"合单 {len(parts)} 笔 · {len(parts)} orders",
        "截止 Until": moment(payment["expires_at"]).replace("T", " "),
        "状态 State": STATES[payment["trade_state"]],
    }
    lines = ""
    if payment["is_combined"]:
        lines = "<section><table>" + "".join(_part(part) for part in parts)
        lines += "</table></section>"
    head = (
        "<h1>微信支付（沙箱）<br><small>WeChat Pay, sandbox: no real money</small></h1>"
        f'<section><div class="sum">{yuan(_total(gateway, payment))}</div>{facts(shown)}</section>{lines}'
    )
    if payment["trade_state"] in {"SUCCESS", "CLOSED"}:
        link = f'<p><a href="{escape(back)}">返回商家 Back to the shop</a></p>' if back else ""
        return head + link
    return head + _form(payment["pr"], back)


def _part(part: sqlite3.Row) -> str:
    """A line of a combined payment: what, who collects it under which number, and whether it is held to be shared."""
    held = " · 待分账 held" if part["is_frozen"] else ""
    whose = f"{escape(part['sub_mchid'] or part['mchid'])} · {escape(part['out_trade_no'])}{held}"
    return f"<tr><td>{escape(part['description'])}<br><small>{whose}</small></td><td>{yuan(part['total_fen'])}</td></tr>"


def _form(pr: str, back: str) -> str:
    buttons = (
        ("pay", "pay", "支付", "Pay"),
        ("", "fail", "支付失败", "Fail"),
        ("", "never", "离开，不支付", "Never answer"),
        ("", "forget", "支付，但不通知商家", "Pay, but forget to call back"),
        ("", "late", "过期后才到账", "Pay late: the seconds after expiry stand below"),
    )
    pressed = "".join(
        f'<button class="{look}" name="action" value="{action}">{word}<small>{english}</small></button>'
        for look, action, word, english in buttons
    )
    numbers = (
        ("seconds", "过期后秒数", "late: seconds after expiry", str(LATE_SECONDS)),
        ("delay", "通知延迟秒数", "delay of the notification", ""),
        ("repeat", "重复通知次数", "more copies", ""),
        ("shuffle", "攒够几条后倒序发送", "hold until n wait, then newest first", ""),
        ("age_seconds", "时间戳提前秒数", "old timestamp, e.g. 172800", ""),
        ("total_fen", "假金额（分）", "another amount, in fen", ""),
        ("honest_after", "几次之后说真话", "tell the truth after n tries", ""),
    )
    texts = (("mchid", "假商户号", "another merchant"), ("appid", "假AppID", "another appid"))
    checks = (
        ("forge", "伪造签名", "forged signature"),
        ("edit", "签名后改内容", "body edited after signing"),
        ("unknown_serial", "未知序列号", "unknown serial"),
        ("probe", "先发签名探测", "SIGNTEST probe first"),
        ("even_if_closed", "关单后也到账", "late money even after a close"),
    )
    fields = "".join(
        f'<label>{word} <small>{english}</small><input name="{name}" inputmode="numeric" value="{value}"></label>'
        for name, word, english, value in numbers
    )
    fields += "".join(f'<label>{word} <small>{english}</small><input name="{name}"></label>' for name, word, english in texts)
    fields += "".join(
        f'<label><input type="checkbox" name="{name}"> {word} <small>{english}</small></label>' for name, word, english in checks
    )
    return (
        f'<form method="post" action="pay"><input type="hidden" name="pr" value="{escape(pr)}">'
        f'<input type="hidden" name="back" value="{escape(back)}"><section>{pressed}</section>'
        f"<section><details><summary>捣乱 <small>Make trouble</small></summary>{fields}</details></section></form>"
    )
