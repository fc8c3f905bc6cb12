"""
The platform: `POST jd/ecap/v1/orders/...` and `jd/cloud/print/render` with a signed query; `_act` lets something happen to a number.

Prices: 14 yuan for the first kilogram and 3 for each started further one, by weight or by volume (8000 cm3 count as a kilogram).
"""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import json
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from html import escape
from typing import Any
from zoneinfo import ZoneInfo

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from sandbox import label as paper
from sandbox.carrying import Knobs, Pusher, ensure, secret
from sandbox.claims import Claims
from sandbox.frame import page
from sandbox.jd.tokens import Tokens
from sandbox.state import State

HOME = ZoneInfo("Asia/Shanghai")
WINDOW_SECONDS = 600
SCHEMA = (
    """create table if not exists jd_orders (order_id text primary key, waybill text not null unique, content text not null,
    made_at real not null, cancelled integer not null default 0)""",
    """create table if not exists jd_traces (id integer primary key, waybill text not null, code text not null, words text not null,
    place text not null, at text not null)""",
    "create table if not exists jd_subscriptions (waybill text primary key)",
)


@dataclass(frozen=True)
class Keys:
    """What an application and its customer are given."""

    app_key: str
    app_secret: str
    access_token: str
    customer_code: str


class Refused(Exception):
    """A service says no, with JD's sub code."""

    def __init__(self, *, code: str, words: str) -> None:
        super().__init__(words)
        self.code, self.words = code, words


class Platform:
    """One running platform."""

    def __init__(self, keys: Keys, state: State) -> None:
        self.keys, self.state, self.knobs = keys, state, Knobs()
        self.pusher, self.tokens = Pusher(self.knobs), Tokens(keys, state)
        for statement in SCHEMA:
            state.run(statement)
        self.claims = Claims(
            "jd",
            state,
            refused=Refused,
            is_booked=lambda number: state.one("select 1 from jd_orders where waybill = ?", number) is not None,
        )
        self.services: dict[str, Callable[[Any, Request], Any]] = {
            "/ecap/v1/orders/precheck": self._precheck,
            "/ecap/v1/orders/create": self._create,
            "/ecap/v1/orders/cancel": self._cancel,
            "/ecap/v1/orders/trace/query": self._trace,
            "/ecap/v1/orders/trace/subscribe": self._subscribe,
            "/ecap/v1/claims/create": lambda content, _request: self.claims.take(content),
            "/ecap/v1/claims/query": lambda content, _request: self.claims.tell(content),
            "/cloud/print/render": self._render,
        }

    async def service(self, request: Request) -> Response:
        """Answer one call; HTTP is always 200, but for the trouble that a knob makes."""
        body = (await request.body()).decode(errors="replace")
        knob = self.knobs.answers.pop(0) if self.knobs.answers else ""
        if knob == "timeout":
            await asyncio.sleep(self.knobs.seconds)
            return Response(status_code=504)
        path = request.url.path.removeprefix(request.scope["root_path"])
        told = self._answer(path, body, request, knob="" if knob == "lost" else knob)
        self.state.log("jd", path, str(told.get("subCode", told.get("code", "error"))), body)
        if knob == "lost":
            await asyncio.sleep(self.knobs.seconds)
            return Response(status_code=504)
        return JSONResponse(told)

    def _answer(self, path: str, body: str, request: Request, *, knob: str) -> dict[str, Any]:
        if wrong := self._wrong(path, body, request):
            return {"error_response": {"code": wrong[0], "zh_desc": wrong[1]}}
        told = {"code": 0, "success": True, "msg": "成功", "requestId": secret(), "mills": 1}
        try:
            found = self._serve(path, body, request, knob=knob)
        except Refused as refused:
            return {**told, "code": 1, "success": False, "msg": "失败", "subCode": refused.code, "subMsg": refused.words}
        except (ValueError, KeyError, TypeError):
            return {**told, "code": 1, "success": False, "msg": "参数错误", "subCode": "0_1000", "subMsg": "参数错误"}
        if path == "/cloud/print/render":
            return {"code": 1000, "msg": "请求成功", "result": found}
        return {**told, "data": found}

    def _serve(self, path: str, body: str, request: Request, *, knob: str) -> Any:
        if knob:
            raise Refused(code=knob, words="系统繁忙")
        (content,) = json.loads(body)
        if content["customerCode"] != self.keys.customer_code:
            raise Refused(code="0_1001", words="客户编码错误")
        return self.services[path](content, request)

    def _wrong(self, path: str, body: str, request: Request) -> tuple[str, str] | None:
        """What the gateway refuses before it asks a service."""
        query = request.query_params
        if any(not query.get(name) for name in ("LOP-DN", "app_key", "access_token", "timestamp", "v", "sign", "algorithm")):
            return "10", "缺少必要参数"
        key = self.keys
        expected = hashlib.md5(
            f"{key.app_secret}access_token{query['access_token']}app_key{query['app_key']}method{path}param_json{body}"
            f"timestamp{query['timestamp']}v{query['v']}{key.app_secret}".encode(),
            usedforsecurity=False,
        ).hexdigest()
        if not hmac.compare_digest(expected, query["sign"]) or query["algorithm"] != "md5-salt":
            return "12", "无效签名"
        if not self.tokens.lets_in(query["access_token"]) or query["app_key"] != key.app_key:
            return "19", "无效access_token"
        domain = "jdcloudprint" if path.startswith("/cloud/") else "ECAP"
        if query["LOP-DN"] != domain:
            return "21", "对接方案编码错误"
        try:
            sent = datetime.strptime(query["timestamp"], "%Y-%m-%d %H:%M:%S").replace(tzinfo=HOME)
        except ValueError:
            return "23", "非法的时间戳"
        return None if abs(time.time() - sent.timestamp()) < WINDOW_SECONDS else ("23", "非法的时间戳")

    def _precheck(self, content: Any, _request: Request) -> Any:
        cargo = self._checked(content)
        grams = round(max(cargo["weight"], cargo.get("volume", 0) / 8000) * 1000)
        fee = 14 + 3 * max(0, -(-(grams - 1000) // 1000))
        by = datetime.now(HOME).replace(hour=18, minute=0, second=0, microsecond=0) + timedelta(days=5)
        product = {"productCode": "ed-m-0001", "productName": "京东标快", "freightPre": fee, "freightStandard": fee}
        product["deliveryPromiseTime"] = int(by.timestamp() * 1000)
        return {"totalFreightPre": fee, "totalFreightStandard": fee, "products": [product]}

    def _create(self, content: Any, _request: Request) -> Any:
        self._checked(content)
        known = self.state.one("select * from jd_orders where order_id = ?", content["orderId"])
        if known is None:
            count = self.state.number("select count(*) from jd_orders") + 1
            number = f"JDVE{int(time.time()) % 10**5:05d}{count:06d}"
            self.state.run(
                "insert into jd_orders (order_id, waybill, content, made_at) values (?, ?, ?, ?)",
                content["orderId"], number, json.dumps(content, ensure_ascii=False), time.time(),
            )  # fmt: skip
        row = self.state.the("select * from jd_orders where order_id = ?", content["orderId"])
        return {"orderCode": f"EO{row['made_at']:.0f}", "waybillCode": row["waybill"]}

    def _checked(self, content: Any) -> Any:
        """The cargo of a booking that can be taken on."""
        for contact in (content["senderContact"], content["receiverContact"]):
            if not (contact["name"] and contact["mobile"] and contact["fullAddress"]):
                raise Refused(code="0_1002", words="寄收件人信息不能为空")
        (cargo,) = content["cargoes"]
        if content["orderOrigin"] != 1 or content["settleType"] != 3 or content["productsReq"]["productCode"] != "ed-m-0001":
            raise Refused(code="0_1003", words="产品或付款方式错误")
        if not 0 < cargo["weight"] <= 30 or cargo["quantity"] != 1:
            raise Refused(code="0_1004", words="重量超出产品限制")
        return cargo

    def _cancel(self, content: Any, _request: Request) -> Any:
        if content["cancelType"] != 1 or not 1 <= len(content["cancelReason"]) <= 30:
            raise Refused(code="0_1000", words="参数错误")
        row = self.state.one("select * from jd_orders where order_id = ?", content["customerOrderId"])
        if row is None:
            raise Refused(code="0_2001", words="订单不存在")
        if row["cancelled"]:
            raise Refused(code="0_2002", words="订单已取消")
        told = {"orderCode": f"EO{row['made_at']:.0f}", "waybillCode": row["waybill"]}
        if self.state.one("select 1 from jd_traces where waybill = ?", row["waybill"]):
            return {**told, "resultType": 1}  # it is collected: it is stopped on its way
        self.state.run("update jd_orders set cancelled = 1 where order_id = ?", row["order_id"])
        return {**told, "resultType": 0}

    def _trace(self, content: Any, _request: Request) -> Any:
        number = content["waybillCode"]
        rows = [] if self.knobs.silent else self.state.all("select * from jd_traces where waybill = ? order by id", number)
        return {"traceDetails": [self._detail(row) for row in rows]}

    def _detail(self, row: Any) -> dict[str, Any]:
        order = self.state.one("select order_id from jd_orders where waybill = ?", row["waybill"])
        return {
            "waybillCode": row["waybill"],
            "orderId": order["order_id"] if order else "",
            "operationTitle": row["words"][:20],
            "operationRemark": row["words"],
            "operationTime": row["at"],
            "operateSite": row["place"],
            "state": row["code"],
        }

    def _subscribe(self, content: Any, _request: Request) -> Any:
        if len(content["mobile"]) != 4:
            raise Refused(code="0_1005", words="手机号后四位错误")
        self.state.run("insert or ignore into jd_subscriptions values (?)", content["waybillCode"])
        return "订阅成功"

    def _render(self, content: Any, request: Request) -> Any:
        address = str(request.base_url).rstrip("/") + request.scope["root_path"]
        number = content["printData"][0]["billCodeValue"]
        if self.state.one("select 1 from jd_orders where waybill = ?", number) is None:
            raise Refused(code="0_2001", words="运单不存在")
        return [{"dataFormat": 1, "fileFormat": 1, "outputType": 1, "url": f"{address}/label/{number}.pdf?sign={self._token(number)}"}]

    def _token(self, number: str) -> str:
        return hmac.new(self.keys.app_secret.encode(), number.encode(), hashlib.sha256).hexdigest()

    async def label(self, request: Request) -> Response:
        """The label of a booking, for who has the signed address."""
        number = request.path_params["number"]
        row = self.state.one("select order_id from jd_orders where waybill = ?", number)
        if row is None or not hmac.compare_digest(self._token(number), request.query_params.get("sign", "")):
            return Response(status_code=403)
        label = await asyncio.to_thread(paper.draw, carrier="京东快递", number=number, order=row["order_id"])
        return Response(label, media_type="application/pdf")

    async def act(self, request: Request) -> Response:
        """Let something happen: `number`, `code`, `words`, `place`, `at` (local time); subscribed numbers are pushed, unsigned."""
        values = json.loads(await request.body())
        at = values.get("at") or f"{datetime.now(HOME):%Y-%m-%d %H:%M:%S}"
        self.state.run(
            "insert into jd_traces (waybill, code, words, place, at) values (?, ?, ?, ?, ?)",
            values["number"], values["code"], values.get("words", ""), values.get("place", ""), at,
        )  # fmt: skip
        if self.state.one("select 1 from jd_subscriptions where waybill = ?", values["number"]):
            row = self.state.the("select * from jd_traces order by id desc limit 1")
            body = json.dumps(self._detail(row), ensure_ascii=False).encode()
            await self.pusher.push(self.knobs.push_url, body, "application/json")
        return JSONResponse({"pushed": self.pusher.sent[-1:]})

    async def show(self, _request: Request) -> Response:
        """The last bookings, for people."""
        rows = self.state.all("select * from jd_orders order by made_at desc limit 50")
        cards = "".join(
            f"<section><b>{row['waybill']}</b> <small>{escape(row['order_id'])}{' 已取消' if row['cancelled'] else ''}</small></section>"
            for row in rows
        )
        return page(
            "京东物流 · JD Logistics",
            "<h1>京东物流<br><small>JD Logistics</small></h1>" + (cards or "<section>还没有运单。</section>"),
            refresh=5,
        )


def routes(folder: str, state: State) -> list[BaseRoute]:
    """The platform's addresses, to be mounted at `/jd`."""
    made = {"app_key": secret(), "app_secret": secret(), "access_token": secret(), "customer_code": "089K000001"}
    platform = Platform(ensure(folder, "jd.json", Keys, made), state)
    return [
        *(Route(path, platform.service, methods=["POST"]) for path in platform.services),
        Route("/label/{number:str}.pdf", platform.label),
        Route("/oauth/refresh", platform.tokens.renew),
        Route("/_token", platform.tokens.control, methods=["POST"]),
        Route("/_claim", platform.claims.decide, methods=["POST"]),
        Route("/_act", platform.act, methods=["POST"]),
        Route("/_control", platform.knobs.control, methods=["GET", "POST"]),
        Route("/", platform.show),
    ]
