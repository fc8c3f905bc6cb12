"""
Web authorisation of an official account, scope `snsapi_base`: the authorize page, and code for openid.

Inside WeChat the page asks nothing and goes on at once, so the sandbox's one payer is told. What is wrong with the
address is told on the page, as WeChat does; the API answers 200 and text/plain whatever happens, with `errcode`.
"""

from __future__ import annotations

import asyncio
import hmac
import json
import re
import secrets
from collections.abc import Mapping
from html import escape
from typing import Any
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from sandbox.frame import page
from sandbox.hosts import is_allowed_url
from sandbox.wechatpay.gateway import Gateway
from sandbox.wechatpay.knobs import ApiKnob

CODE_SECONDS = 300
TOKEN_SECONDS = 7200
API = "/sns/oauth2/access_token"
ERRORS = {
    -1: "system error",
    40002: "invalid grant_type",
    40013: "invalid appid",
    40029: "invalid code",
    40125: "invalid appsecret",
    40163: "code been used",
    41002: "appid missing",
    41004: "appsecret missing",
    41008: "missing code",
    42003: "code expired",
}


class Refused(Exception):
    """The API says no; carries the number of :data:`ERRORS`."""

    def __init__(self, errcode: int) -> None:
        super().__init__(ERRORS[errcode])
        self.errcode = errcode


def routes(gateway: Gateway) -> list[BaseRoute]:
    """`/connect/oauth2/authorize` of open.weixin.qq.com and `/sns/oauth2/access_token` of api.weixin.qq.com."""

    async def authorize(request: Request) -> Response:
        given = dict(request.query_params)
        fault = _fault(gateway, given, agent=request.headers.get("user-agent", ""))
        gateway.state.log("oauth", "GET /connect/oauth2/authorize", 400 if fault else 302, fault)
        if fault:
            return page("微信", f'<section class="bad">{escape(fault)}</section>', status=400)
        code = "0" + secrets.token_hex(15) + "1"
        gateway.state.run("insert into oauth_codes values (?, ?, ?, null)", code, gateway.openid(), gateway.now())
        address, answer = given["redirect_uri"], urlencode({"code": code, "state": given.get("state", "")})
        return RedirectResponse(f"{address}{'&' if '?' in address else '?'}{answer}", 302)

    async def access_token(request: Request) -> Response:
        knob = gateway.knobs.take_api(API)
        try:
            await _fail(knob, is_done=False)
            told = _told(gateway, dict(request.query_params))
            await _fail(knob, is_done=True)
        except Refused as refusal:
            told = {"errcode": refusal.errcode, "errmsg": f"{refusal}, rid: {secrets.token_hex(4)}-{secrets.token_hex(4)}"}
        shown = {name: value for name, value in told.items() if name in {"openid", "scope", "errcode", "errmsg"}}
        gateway.state.log("oauth", f"GET {API}", 200 if "openid" in told else told["errcode"], shown)  # neither secret nor token
        return Response(json.dumps(told, separators=(",", ":")), media_type="text/plain")

    return [
        Route("/connect/oauth2/authorize", authorize, methods=["GET"]),
        Route(API, access_token, methods=["GET"]),
    ]


def _fault(gateway: Gateway, given: Mapping[str, str], *, agent: str) -> str:
    """What is wrong with an address of the authorize page, in WeChat's words; nothing where it is right."""
    checks = (
        ("MicroMessenger" in agent, "请在微信客户端打开链接"),
        (given.get("appid") == gateway.keys.appid, "AppID 参数错误"),
        (is_allowed_url(given.get("redirect_uri", "")), "redirect_uri域名与后台配置不一致，错误码:10003"),
        (given.get("response_type") == "code", "response_type 参数错误"),
        (given.get("scope") == "snsapi_base", "Scope 参数错误或没有 Scope 权限，错误码:10005"),
        (re.fullmatch(r"[0-9A-Za-z]{0,128}", given.get("state", "")), "state 参数错误"),
    )
    return next((words for is_right, words in checks if not is_right), "")


def _told(gateway: Gateway, given: Mapping[str, str]) -> dict[str, Any]:
    """Who the visitor is, for a code that was not used before. :raises Refused: in WeChat's numbers."""
    keys, state = gateway.keys, gateway.state
    for name, missing in (("appid", 41002), ("secret", 41004), ("code", 41008)):
        if not given.get(name):
            raise Refused(missing)
    if given["appid"] != keys.appid:
        raise Refused(40013)
    if not hmac.compare_digest(given["secret"].encode(), keys.app_secret.encode()):
        raise Refused(40125)
    if given.get("grant_type") != "authorization_code":
        raise Refused(40002)
    known = state.one("select * from oauth_codes where code = ?", given["code"])
    if known is None:
        raise Refused(40029)
    if known["made_at"] + CODE_SECONDS < gateway.now():
        raise Refused(42003)
    if not state.run("update oauth_codes set used_at = ? where code = ? and used_at is null", gateway.now(), given["code"]):
        raise Refused(40163)
    return {
        "access_token": secrets.token_urlsafe(80),
        "expires_in": TOKEN_SECONDS,
        "refresh_token": secrets.token_urlsafe(80),
        "openid": known["openid"],
        "scope": "snsapi_base",
    }


async def _fail(knob: ApiKnob | None, *, is_done: bool) -> None:
    """Fail if that is due: `lost` although it was done, everything else without having done anything."""
    if knob is None or (knob.answer == "lost") != is_done:
        return
    await asyncio.sleep(knob.seconds)
    raise Refused(-1)
