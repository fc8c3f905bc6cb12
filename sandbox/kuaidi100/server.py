"""`POST kuaidi100/poll/query.do` (signed questions), `POST kuaidi100/poll` (subscriptions), signed pushes; `_act` and `_control`."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import parse_qs, urlencode
from zoneinfo import ZoneInfo

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from sandbox.carrying import Knobs, Pusher, ensure, secret
from sandbox.frame import page
from sandbox.hosts import is_allowed_url
from sandbox.state import State

HOME = ZoneInfo("Asia/Shanghai")
SCHEMA = (
    """create table if not exists kd_events (id integer primary key, number text not null, code text not null, words text not null,
    place text not null, at text not null)""",
    """create table if not exists kd_subscriptions (number text primary key, company text not null, url text not null,
    salt text not null)""",
)


@dataclass(frozen=True)
class Keys:
    """What a customer is given; the salt is the customer's own."""

    customer: str
    key: str
    salt: str


class Service:
    """One running service."""

    def __init__(self, keys: Keys, state: State) -> None:
        self.keys, self.state, self.knobs = keys, state, Knobs()
        self.pusher = Pusher(self.knobs)
        for statement in SCHEMA:
            state.run(statement)

    async def query(self, request: Request) -> Response:
        """Answer a question."""
        return await self._answered(request, self._found)

    async def subscribe(self, request: Request) -> Response:
        """Take a subscription."""
        return await self._answered(request, self._subscribed)

    async def _answered(self, request: Request, serve: Any) -> Response:
        body = await request.body()
        knob = self.knobs.answers.pop(0) if self.knobs.answers else ""
        if knob == "timeout":
            await asyncio.sleep(self.knobs.seconds)
            return Response(status_code=504)
        form = {name: values[0] for name, values in parse_qs(body.decode(errors="replace")).items()}
        try:
            answer = _no(knob, "服务器繁忙") if knob and knob != "lost" else serve(form)
        except (ValueError, KeyError, TypeError):
            answer = _no("400", "提交的数据不完整")
        self.state.log("kuaidi100", request.url.path, str(answer.get("returnCode", "200")), form)
        if knob == "lost":
            await asyncio.sleep(self.knobs.seconds)
            return Response(status_code=504)
        return JSONResponse(answer)

    def _found(self, form: dict[str, str]) -> dict[str, Any]:
        expected = _md5(form["param"] + self.keys.key + self.keys.customer)
        if form["customer"] != self.keys.customer or not hmac.compare_digest(expected.encode(), form["sign"].encode()):
            return _no("503", "验证签名失败")
        param = json.loads(form["param"])
        found = self._result(param["num"], param["com"])
        return found if found["data"] else _no("500", "查询无结果，请隔段时间再查")

    def _subscribed(self, form: dict[str, str]) -> dict[str, Any]:
        param = json.loads(form["param"])
        if param["key"] != self.keys.key:
            return _no("600", "您不是合法的订阅者")
        url = param["parameters"]["callbackurl"]
        if not param["company"] or not param["number"] or not is_allowed_url(url):
            return _no("700", "订阅方的订阅数据存在错误")
        if self.state.one("select 1 from kd_subscriptions where number = ?", param["number"]):
            return _no("501", "重复订阅")
        salt = param["parameters"].get("salt", "")
        self.state.run("insert into kd_subscriptions values (?, ?, ?, ?)", param["number"], param["company"], url, salt)
        return {"result": True, "returnCode": "200", "message": "提交成功"}

    def _result(self, number: str, company: str) -> dict[str, Any]:
        rows = [] if self.knobs.silent else self.state.all("select * from kd_events where number = ? order by id desc", number)
        data = [
            {"time": row["at"], "ftime": row["at"], "context": row["words"], "statusCode": row["code"], "areaName": row["place"]}
            for row in rows
        ]
        state = rows[0]["code"][:1] if rows else "0"
        return {
            "message": "ok",
            "nu": number,
            "com": company,
            "ischeck": "1" if state == "3" else "0",
            "status": "200",
            "state": state,
            "data": data,
        }

    async def act(self, request: Request) -> Response:
        """Let something happen: `number`, `code`, `words`, `place`, `at` (local time); subscribers get a signed push."""
        values = json.loads(await request.body())
        at = values.get("at") or f"{datetime.now(HOME):%Y-%m-%d %H:%M:%S}"
        self.state.run(
            "insert into kd_events (number, code, words, place, at) values (?, ?, ?, ?, ?)",
            values["number"], values["code"], values.get("words", ""), values.get("place", ""), at,
        )  # fmt: skip
        row = self.state.one("select * from kd_subscriptions where number = ?", values["number"])
        if row is not None:
            told = {"status": "polling", "billstatus": "got", "message": "", "lastResult": self._result(row["number"], row["company"])}
            param = json.dumps(told, ensure_ascii=False)
            form = urlencode({"sign": _md5(param + row["salt"]), "param": param}).encode()
            await self.pusher.push(row["url"], form, "application/x-www-form-urlencoded")
        return JSONResponse({"pushed": self.pusher.sent[-1:]})

    async def show(self, _request: Request) -> Response:
        """The last events, for people."""
        rows = self.state.all("select * from kd_events order by id desc limit 50")
        cards = "".join(f"<section><b>{row['number']}</b> {row['code']} <small>{row['at']}</small></section>" for row in rows)
        return page(
            "快递100 · Kuaidi100", "<h1>快递100<br><small>Kuaidi100</small></h1>" + (cards or "<section>还没有轨迹。</section>"), refresh=5
        )


def routes(folder: str, state: State) -> list[BaseRoute]:
    """The service's addresses, to be mounted at `/kuaidi100`."""
    keys = ensure(folder, "kuaidi100.json", Keys, {"customer": secret().upper(), "key": secret(16), "salt": secret(16)})
    service = Service(keys, state)
    return [
        Route("/poll/query.do", service.query, methods=["POST"]),
        Route("/poll", service.subscribe, methods=["POST"]),
        Route("/_act", service.act, methods=["POST"]),
        Route("/_control", service.knobs.control, methods=["GET", "POST"]),
        Route("/", service.show),
    ]


def _no(code: str, words: str) -> dict[str, Any]:
    return {"result": False, "returnCode": code, "message": words}


def _md5(text: str) -> str:
    return hashlib.md5(text.encode(), usedforsecurity=False).hexdigest().upper()
