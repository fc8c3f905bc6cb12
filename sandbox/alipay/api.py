"""`gateway.do`: one gate checks every request and signs every answer, the rest is one call each; and the bills' download."""

from __future__ import annotations

import asyncio
import base64
import json
import secrets
import time
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import parse_qsl, urlencode

from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from sandbox.alipay import bills, trades
from sandbox.alipay.errors import CODES, Refusal
from sandbox.alipay.gateway import Gateway
from sandbox.alipay.knobs import ApiKnob
from sandbox.alipay.signing import check, is_signed, sign

Content = Mapping[str, Any]
LINK_SECONDS = 30
"""How long a bill's address holds, as Alipay's does."""


class Broken(Exception):
    """The answer is HTTP 500, as a gateway in trouble gives it."""


def routes(gateway: Gateway) -> list[BaseRoute]:
    """`gateway.do` for calls and for browsers, `bill` for what a bill's address names."""

    async def call(request: Request) -> Response:
        fields = await _fields(request)
        method = fields.get("method", "")
        knob = gateway.knobs.take_api(method)
        try:
            check(gateway, fields, now=time.time())
            await _fail_before(knob)
            trades.settle_due(gateway)
            root = f"{request.url.scheme}://{request.url.netloc}{request.scope.get('root_path', '')}"
            if method in BROWSERS:
                trade = trades.place(gateway, fields, _content(fields), product=BROWSERS[method])
                gateway.state.log("request", f"Alipay {method}", "302", {"asked": fields})
                return RedirectResponse(f"{root}/pay?{urlencode({'id': trade['id']})}", 302)
            answer = {"code": "10000", "msg": "Success", **_handler(method)(gateway, fields, _content(fields), root)}
            await _fail_after(knob)
        except Refusal as refusal:
            answer = refusal.body
        except Broken:
            gateway.state.log("request", f"Alipay {method}", "500", {"asked": fields})
            return Response("<html>502 Bad Gateway</html>", status_code=502)
        gateway.state.log("request", f"Alipay {method}", answer["code"], {"asked": fields, "answered": answer})
        return Response(_signed(gateway, method, answer, knob), media_type="application/json; charset=utf-8")

    async def bill(request: Request) -> Response:
        told = {name: request.query_params.get(name, "") for name in ("app_id", "day", "until")}
        if not is_signed(gateway.keys.alipay_public_key, _link(told), request.query_params.get("key", "")) or time.time() > float(
            told["until"]
        ):
            return JSONResponse({"message": "链接已失效"}, 403)
        return Response(bills.bill(gateway, told["app_id"], told["day"]), media_type="application/zip")

    return [Route("/gateway.do", call, methods=["GET", "POST"]), Route("/bill", bill)]


async def _fields(request: Request) -> dict[str, str]:
    """A request's parameters, from its query and its form; each counts once."""
    raw = (await request.body()).decode("utf-8", "replace") if request.method == "POST" else ""
    return dict(parse_qsl(str(request.url.query), keep_blank_values=True)) | dict(parse_qsl(raw, keep_blank_values=True))


def _content(fields: Mapping[str, str]) -> Content:
    try:
        content = json.loads(fields.get("biz_content", ""))
    except ValueError:
        content = None
    if not isinstance(content, dict):
        raise Refusal(code="ACQ.INVALID_PARAMETER", message="参数有误：biz_content")
    return content


def _precreate(gateway: Gateway, fields: Mapping[str, str], content: Content, _root: str) -> dict[str, Any]:
    trade = trades.place(gateway, fields, content, product="precreate")
    return {"out_trade_no": trade["out_trade_no"], "qr_code": f"https://qr.alipay.com/{trade['id']}"}


def _bill_link(gateway: Gateway, fields: Mapping[str, str], content: Content, root: str) -> dict[str, Any]:
    day = trades.text_of(content, "bill_date", 10)
    if content.get("bill_type") != "trade":
        raise Refusal(code="ACQ.INVALID_PARAMETER", message="参数有误：bill_type")
    bills.bill(gateway, fields["app_id"], day)
    told = {"app_id": fields["app_id"], "day": day, "until": str(int(time.time()) + LINK_SECONDS)}
    return {"bill_download_url": f"{root}/bill?{urlencode({**told, 'key': sign(gateway.keys.alipay_private_key, _link(told))})}"}


def _link(told: Mapping[str, str]) -> bytes:
    return f"{told['app_id']}\n{told['day']}\n{told['until']}".encode()


BROWSERS = {"alipay.trade.page.pay": "page", "alipay.trade.wap.pay": "wap"}
Handler = Callable[[Gateway, Mapping[str, str], Content, str], dict[str, Any]]
HANDLERS: dict[str, Handler] = {
    "alipay.trade.precreate": _precreate,
    "alipay.trade.query": lambda gateway, fields, content, _root: trades.query(gateway, fields["app_id"], content),
    "alipay.trade.close": lambda gateway, fields, content, _root: trades.close(gateway, fields["app_id"], content),
    "alipay.trade.refund": lambda gateway, fields, content, _root: trades.refund(gateway, fields["app_id"], content),
    "alipay.trade.fastpay.refund.query": lambda gateway, fields, content, _root: trades.refund_query(gateway, fields["app_id"], content),
    "alipay.data.dataservice.bill.downloadurl.query": _bill_link,
}


def _handler(method: str) -> Handler:
    if method not in HANDLERS:
        raise Refusal(code="isv.invalid-method", message=f"沙箱没有此接口 (not in the sandbox): {method[:60]}")
    return HANDLERS[method]


async def _fail_before(knob: ApiKnob | None) -> None:
    """Fail without having done anything, if that is due."""
    if knob and knob.answer in CODES:
        raise Refusal(code=knob.answer)
    if knob and knob.answer in {"500", "timeout"}:
        await asyncio.sleep(knob.seconds)
        raise Broken


async def _fail_after(knob: ApiKnob | None) -> None:
    """Fail although it was done, if that is due."""
    if knob and knob.answer == "lost":
        await asyncio.sleep(knob.seconds)
        raise Broken


def _signed(gateway: Gateway, method: str, answer: Mapping[str, Any], knob: ApiKnob | None) -> bytes:
    """The answer's text as it was signed, byte for byte, and the signature beside it; a stranger's call gets none."""
    text = json.dumps(answer, ensure_ascii=False, separators=(",", ":"))
    name = f"{method.replace('.', '_')}_response" if method in HANDLERS else "error_response"
    if (knob and knob.answer == "unsigned") or answer.get("sub_code") == "isv.invalid-app-id":
        return f'{{"{name}":{text}}}'.encode()
    signature = sign(gateway.private_key, text.encode())
    if knob and knob.answer == "forge":
        signature = base64.b64encode(secrets.token_bytes(256)).decode()
    return f'{{"{name}":{text},"sign":"{signature}"}}'.encode()
