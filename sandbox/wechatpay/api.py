"""The API's addresses: one gate checks every request and signs every answer, the rest is one call each."""

from __future__ import annotations

import asyncio
import base64
import json
import secrets
import time
from collections.abc import Callable
from datetime import datetime
from typing import Any

from cryptography.x509 import load_pem_x509_certificate
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from sandbox.wechatpay import bills, orders, refunds, sharing
from sandbox.wechatpay.errors import STATUS, Refusal, wrong_field
from sandbox.wechatpay.fields import Fields
from sandbox.wechatpay.gateway import SHANGHAI, Gateway
from sandbox.wechatpay.knobs import ApiKnob
from sandbox.wechatpay.notify import SIGNTEST
from sandbox.wechatpay.placing import place, read_combined, read_partner, read_single
from sandbox.wechatpay.signing import SignedRequest, check, encrypt, platform_headers

TRADE_TYPES = {"native": "NATIVE", "jsapi": "JSAPI", "h5": "MWEB"}

Answer = dict[str, Any] | bytes | None
"""JSON; a file; or nothing to say (204)."""
Handler = Callable[[Gateway, "Call"], Answer]


class Call:
    """A checked request: path parameters, body, and which of the platform's keys the merchant trusts."""

    def __init__(self, request: Request, body: bytes, *, with_certificate: bool, public_root: str) -> None:
        self.path: dict[str, str] = request.path_params
        self.query = request.query_params
        self.body = Fields.parse(body) if request.method == "POST" else Fields({})
        self.with_certificate = with_certificate
        self.public_root = public_root


def routes(gateway: Gateway) -> list[BaseRoute]:
    """Every address under the gateway's root."""
    single, combined, partner = "/v3/pay/transactions", "/v3/combine-transactions", "/v3/pay/partner/transactions"
    shared = "/v3/profitsharing"
    return [
        _post(gateway, single + "/{kind}", _place_single),
        _get(gateway, single + "/id/{transaction_id}", _query_single),
        _get(gateway, single + "/out-trade-no/{out_trade_no}", _query_single),
        _post(gateway, single + "/out-trade-no/{out_trade_no}/close", _close_single),
        _post(gateway, partner + "/{kind}", _place_partner),
        _get(gateway, partner + "/id/{transaction_id}", _query_partner),
        _get(gateway, partner + "/out-trade-no/{out_trade_no}", _query_partner),
        _post(gateway, partner + "/out-trade-no/{out_trade_no}/close", _close_partner),
        _post(gateway, combined + "/{kind}", _place_combined),
        _get(gateway, combined + "/out-trade-no/{number}", _query_combined),
        _post(gateway, combined + "/out-trade-no/{number}/close", _close_combined),
        _post(gateway, "/v3/refund/domestic/refunds", lambda gate, call: refunds.create(gate, call.body)),
        _get(gateway, "/v3/refund/domestic/refunds/{number}", _find_refund),
        _post(gateway, shared + "/receivers/add", lambda gate, call: sharing.add_receiver(gate, call.body)),
        _post(gateway, shared + "/orders", lambda gate, call: sharing.share(gate, call.body)),
        _post(gateway, shared + "/orders/unfreeze", lambda gate, call: sharing.unfreeze(gate, call.body)),
        _get(gateway, shared + "/orders/{number}", lambda gate, call: sharing.find(gate, call.path["number"], call.query)),
        _post(gateway, shared + "/return-orders", lambda gate, call: sharing.take_back(gate, call.body)),
        _get(gateway, shared + "/return-orders/{number}", lambda gate, call: sharing.find_return(gate, call.path["number"], call.query)),
        _get(gateway, shared + "/merchant-configs/{number}", lambda _gate, call: sharing.limits(call.path["number"])),
        _get(gateway, shared + "/transactions/{number}/amounts", lambda gate, call: sharing.amounts(gate, call.path["number"])),
        _get(gateway, "/v3/bill/tradebill", lambda gate, call: bills.promise(gate, call.query, call.public_root, bills.trades)),
        _get(gateway, "/v3/bill/fundflowbill", lambda gate, call: bills.promise(gate, call.query, call.public_root, bills.flows)),
        _get(gateway, "/v3/billdownload/file", lambda gate, call: bills.file(gate, call.query.get("token", ""))),
        _get(gateway, "/v3/certificates", _certificates),
        Route("/v3/{rest:path}", _gate(gateway, _unknown), methods=["GET", "POST", "PUT", "PATCH", "DELETE"]),
    ]


def _place_single(gateway: Gateway, call: Call) -> Answer:
    kind = _kind(call)
    draft = read_single(gateway, trade_type=TRADE_TYPES[kind], body=call.body)
    return _opened(kind, place(gateway, draft, with_certificate=call.with_certificate), call)


def _place_partner(gateway: Gateway, call: Call) -> Answer:
    kind = _kind(call)
    draft = read_partner(gateway, trade_type=TRADE_TYPES[kind], body=call.body)
    return _opened(kind, place(gateway, draft, with_certificate=call.with_certificate), call)


def _query_partner(gateway: Gateway, call: Call) -> Answer:
    _check_mchid(gateway, call.query.get("sp_mchid"), location="query")
    order, payment = orders.find_single(
        gateway,
        transaction_id=call.path.get("transaction_id", ""),
        out_trade_no=call.path.get("out_trade_no", ""),
        sub_mchid=_sub_mchid(call.query.get("sub_mchid")),
    )
    return orders.describe_single(gateway, payment, order)


def _close_partner(gateway: Gateway, call: Call) -> Answer:
    _check_mchid(gateway, call.body.text("sp_mchid", longest=32), location="body")
    seller = _sub_mchid(call.body.text("sub_mchid", longest=32))
    _order, payment = orders.find_single(gateway, out_trade_no=call.path["out_trade_no"], sub_mchid=seller)
    if payment["is_combined"]:
        raise Refusal(code="INVALID_REQUEST", message="合单订单请使用合单关闭接口")
    orders.close(gateway, payment)
    return None


def _find_refund(gateway: Gateway, call: Call) -> Answer:
    return refunds.find(gateway, call.path["number"], sub_mchid=call.query.get("sub_mchid", ""))


def _sub_mchid(number: str | None) -> str:
    if not number:
        raise wrong_field(field="sub_mchid", issue="缺少必填参数 (missing)", location="query")
    return number


def _place_combined(gateway: Gateway, call: Call) -> Answer:
    kind = _kind(call)
    draft = read_combined(gateway, trade_type=TRADE_TYPES[kind], body=call.body)
    return _opened(kind, place(gateway, draft, with_certificate=call.with_certificate), call)


def _opened(kind: str, payment: Any, call: Call) -> Answer:
    if kind == "native":
        return {"code_url": f"weixin://wxpay/bizpayurl?pr={payment['pr']}"}
    if kind == "h5":
        return {"h5_url": f"{call.public_root}/pay?prepay_id={payment['prepay_id']}&package={secrets.randbits(31)}"}
    return {"prepay_id": payment["prepay_id"]}


def _query_single(gateway: Gateway, call: Call) -> Answer:
    _check_mchid(gateway, call.query.get("mchid"), location="query")
    order, payment = orders.find_single(
        gateway,
        transaction_id=call.path.get("transaction_id", ""),
        out_trade_no=call.path.get("out_trade_no", ""),
    )
    return orders.describe_single(gateway, payment, order)


def _close_single(gateway: Gateway, call: Call) -> Answer:
    _check_mchid(gateway, call.body.text("mchid", longest=32), location="body")
    _order, payment = orders.find_single(gateway, out_trade_no=call.path["out_trade_no"])
    if payment["is_combined"]:
        raise Refusal(code="INVALID_REQUEST", message="合单订单请使用合单关闭接口")
    orders.close(gateway, payment)
    return None


def _query_combined(gateway: Gateway, call: Call) -> Answer:
    return orders.describe_combined(gateway, orders.find_combined(gateway, call.path["number"]))


def _close_combined(gateway: Gateway, call: Call) -> Answer:
    payment = orders.find_combined(gateway, call.path["number"])
    orders.check_named(gateway, payment, call.body)
    orders.close(gateway, payment)
    return None


def _certificates(gateway: Gateway, _call: Call) -> Answer:
    certificate = load_pem_x509_certificate(gateway.keys.platform_certificate.encode())

    def local(when: datetime) -> str:
        return when.astimezone(SHANGHAI).isoformat(timespec="seconds")

    return {
        "data": [
            {
                "serial_no": gateway.keys.platform_serial,
                "effective_time": local(certificate.not_valid_before_utc),
                "expire_time": local(certificate.not_valid_after_utc),
                "encrypt_certificate": encrypt(
                    gateway.keys, plain=gateway.keys.platform_certificate.encode(), associated_data="certificate"
                ),
            }
        ]
    }


def _unknown(_gateway: Gateway, call: Call) -> Answer:
    raise Refusal(code="INVALID_REQUEST", message=f"沙箱没有此接口 (not in the sandbox): /v3/{call.path['rest']}")


def _kind(call: Call) -> str:
    if call.path["kind"] not in TRADE_TYPES:
        raise Refusal(code="INVALID_REQUEST", message=f"沙箱没有此支付方式 (not in the sandbox): {call.path['kind']}")
    return call.path["kind"]


def _check_mchid(gateway: Gateway, mchid: str | None, *, location: str) -> None:
    if not mchid:
        raise wrong_field(field="mchid", issue="缺少必填参数 (missing)", location=location)
    if mchid != gateway.keys.mchid:
        raise Refusal(code="NO_AUTH", message="签名商户号与请求商户号不一致", detail={"field": "mchid", "location": location})


def _get(gateway: Gateway, path: str, handler: Handler) -> Route:
    return Route(path, _gate(gateway, handler), methods=["GET"])


def _post(gateway: Gateway, path: str, handler: Handler) -> Route:
    return Route(path, _gate(gateway, handler), methods=["POST"])


def _gate(gateway: Gateway, handler: Handler) -> Callable[[Request], Any]:
    """Check the signature on the raw bytes, apply a due failure, answer signed, write the log."""

    async def endpoint(request: Request) -> Response:
        raw, url = await request.body(), wire_url(request)
        with_certificate = not request.headers.get("wechatpay-serial", "").startswith("PUB_KEY_ID_")
        knob: ApiKnob | None = None
        try:
            _check_request(gateway, request, raw=raw, url=url)
            knob = gateway.knobs.take_api(url)
            await _fail_before(knob)
            orders.settle_due(gateway)
            refunds.settle_due(gateway)
            sharing.settle_due(gateway)
            root = f"{request.url.scheme}://{request.url.netloc}{request.scope.get('root_path', '')}"
            answer = handler(gateway, Call(request, raw, with_certificate=with_certificate, public_root=root))
            await _fail_after(knob)
            status = 204 if answer is None else 200
        except Refusal as refusal:
            status, answer = refusal.status, refusal.body
        is_file = isinstance(answer, bytes)
        body = answer if isinstance(answer, bytes) else b"" if answer is None else _json(answer)
        said = f"{len(body)} bytes" if is_file else answer
        gateway.state.log("request", f"{request.method} {url}", status, {"asked": raw.decode("utf-8", "replace"), "answered": said})
        headers = platform_headers(gateway.keys, body=body, timestamp=int(time.time()), with_certificate=with_certificate)
        if knob and knob.answer == "forge":
            headers["Wechatpay-Signature"] = base64.b64encode(secrets.token_bytes(256)).decode()
        if knob and knob.answer == "probe":
            headers["Wechatpay-Signature"] = SIGNTEST + headers["Wechatpay-Signature"]
        headers["Request-ID"] = secrets.token_hex(16).upper()
        if body:
            headers["Content-Type"] = "application/octet-stream" if is_file else "application/json; charset=utf-8"
        return Response(body, status_code=status, headers=headers)

    return endpoint


def _json(answer: Answer) -> bytes:
    return json.dumps(answer, ensure_ascii=False, separators=(",", ":")).encode()


def _check_request(gateway: Gateway, request: Request, *, raw: bytes, url: str) -> None:
    _check_headers(gateway, request)
    authorization = request.headers.get("authorization", "")
    signed = SignedRequest(method=request.method, url=url, authorization=authorization, body=raw)
    check(signed, keys=gateway.keys, state=gateway.state, now=time.time())


async def _fail_before(knob: ApiKnob | None) -> None:
    """Fail without having done anything, if that is due."""
    if knob and knob.answer in STATUS:
        raise Refusal(code=knob.answer)
    if knob and knob.answer == "timeout":
        await asyncio.sleep(knob.seconds)
        raise Refusal(code="SYSTEM_ERROR")


async def _fail_after(knob: ApiKnob | None) -> None:
    """Fail although it was done, if that is due."""
    if knob and knob.answer == "lost":
        await asyncio.sleep(knob.seconds)
        raise Refusal(code="SYSTEM_ERROR")


def wire_url(request: Request) -> str:
    """What a client signs: the path after the gateway's root and the query, exactly as they stood on the wire."""
    path = bytes(request.scope["raw_path"]).partition(b"?")[0]
    query = bytes(request.scope["query_string"])
    root = str(request.scope.get("root_path", "")).encode()
    return (path.removeprefix(root) + (b"?" + query if query else b"")).decode("latin-1")


def _check_headers(gateway: Gateway, request: Request) -> None:
    """WeChat wants Accept, User-Agent, JSON in a POST, and no key id that is not its own."""
    headers = request.headers
    if "application/json" not in headers.get("accept", "") and "*/*" not in headers.get("accept", ""):
        raise wrong_field(field="Accept", issue="必须接受application/json", location="header")
    if not headers.get("user-agent"):
        raise wrong_field(field="User-Agent", issue="缺少 (missing)", location="header")
    if request.method == "POST" and not headers.get("content-type", "").startswith("application/json"):
        raise wrong_field(field="Content-Type", issue="必须是application/json", location="header")
    if headers.get("wechatpay-serial", gateway.keys.platform_key_id) not in {
        gateway.keys.platform_key_id,
        gateway.keys.platform_serial,
    }:
        raise wrong_field(field="Wechatpay-Serial", issue="不是平台的公钥ID或证书序列号 (unknown)", location="header")
