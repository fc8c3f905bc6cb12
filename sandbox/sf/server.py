"""
The platform: `POST sf/std/service` with a signed form; `_act` lets something happen to a number, `_control` turns knobs.

Prices: 18 yuan for the first kilogram and 5 for each started further one, by weight or by volume (6000 cm3 count as a kilogram).
"""

from __future__ import annotations

import asyncio
import base64
import hashlib
import hmac
import json
import re
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from html import escape
from typing import Any
from urllib.parse import parse_qs, quote_plus
from zoneinfo import ZoneInfo

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from sandbox import label as paper
from sandbox.carrying import Knobs, Pusher, ensure, secret
from sandbox.claims import Claims
from sandbox.frame import page
from sandbox.state import State

HOME = ZoneInfo("Asia/Shanghai")
WINDOW_SECONDS = 300
SCHEMA = (
    """create table if not exists sf_orders (order_id text primary key, waybill text not null unique, content text not null,
    made_at real not null, cancelled integer not null default 0)""",
    """create table if not exists sf_routes (id integer primary key, waybill text not null, code text not null, words text not null,
    place text not null, at text not null)""",
)


@dataclass(frozen=True)
class Keys:
    """What a customer is given."""

    partner_id: str
    checkword: str
    monthly_card: str


class Refused(Exception):
    """A service says no, with SF's code."""

    def __init__(self, *, code: str, words: str) -> None:
        super().__init__(words)
        self.code, self.words = code, words


class Platform:
    """One running platform."""

    def __init__(self, keys: Keys, state: State) -> None:
        self.keys, self.state, self.knobs = keys, state, Knobs()
        self.pusher = Pusher(self.knobs)
        for statement in SCHEMA:
            state.run(statement)
        self.claims = Claims(
            "sf",
            state,
            refused=Refused,
            is_booked=lambda number: state.one("select 1 from sf_orders where waybill = ?", number) is not None,
        )

    async def service(self, request: Request) -> Response:
        """Answer one call; HTTP is always 200, but for the trouble that a knob makes."""
        body = await request.body()
        knob = self.knobs.answers.pop(0) if self.knobs.answers else ""
        if knob == "timeout":
            await asyncio.sleep(self.knobs.seconds)
            return Response(status_code=504)
        code, words, data = self._platform(body, request, knob="" if knob == "lost" else knob)
        self.state.log("sf", code, words or "", body.decode(errors="replace"))
        if knob == "lost":
            await asyncio.sleep(self.knobs.seconds)
            return Response(status_code=504)
        told = json.dumps(data, ensure_ascii=False) if data is not None else None
        return JSONResponse({"apiErrorMsg": words, "apiResponseID": secret(), "apiResultCode": code, "apiResultData": told})

    def _platform(self, body: bytes, request: Request, *, knob: str) -> tuple[str, str, Any]:
        """The platform's code and words, and the service's own answer behind a good signature."""
        form = {name: values[0] for name, values in parse_qs(body.decode(errors="replace"), keep_blank_values=True).items()}
        if knob.startswith("A"):
            return knob, "系统繁忙", None
        if wrong := self._wrong(form):
            return wrong
        try:
            told = self._serve(knob or form["serviceCode"], json.loads(form["msgData"]), request)
        except Refused as refused:
            return "A1000", "", {"success": False, "errorCode": refused.code, "errorMsg": refused.words, "msgData": None}
        except (ValueError, KeyError, TypeError):
            return "A1000", "", {"success": False, "errorCode": "S0001", "errorMsg": "非法的JSON格式", "msgData": None}
        return "A1000", "", {"success": True, "errorCode": "S0000", "errorMsg": None, "msgData": told}

    def _wrong(self, form: dict[str, str]) -> tuple[str, str, None] | None:
        """What the platform refuses before it asks a service."""
        if any(not form.get(name) for name in ("partnerID", "requestID", "serviceCode", "timestamp", "msgDigest", "msgData")):
            return "A1001", "必传参数不可为空", None
        encoded = quote_plus(form["msgData"] + form["timestamp"] + self.keys.checkword, safe="*").replace("~", "%7E")
        expected = base64.b64encode(hashlib.md5(encoded.encode(), usedforsecurity=False).digest())
        is_now = re.fullmatch(r"\d{13}", form["timestamp"]) and abs(time.time() - int(form["timestamp"]) / 1000) < WINDOW_SECONDS
        if form["partnerID"] != self.keys.partner_id or not is_now or not hmac.compare_digest(expected, form["msgDigest"].encode()):
            return "A1006", "数字签名无效", None
        if not self.state.is_fresh_nonce(owner="sf", nonce=form["requestID"], now=time.time()):
            return "A1007", "重复请求", None
        return None

    def _serve(self, service: str, content: Any, request: Request) -> Any:
        serve: dict[str, Callable[[], Any]] = {
            "EXP_RECE_CREATE_ORDER": lambda: self._create(content),
            "EXP_RECE_SEARCH_ORDER_RESP": lambda: self._order(self._known(content["orderId"])),
            "EXP_RECE_UPDATE_ORDER": lambda: self._update(content),
            "EXP_RECE_SEARCH_ROUTES": lambda: {"routeResps": [self._routes(number) for number in content["trackingNumber"]]},
            "EXP_RECE_QUERY_DELIVERTM": lambda: self._rate(content),
            "EXP_RECE_CREATE_CLAIM": lambda: self.claims.take(content),
            "EXP_RECE_QUERY_CLAIM": lambda: self.claims.tell(content),
            "COM_RECE_CLOUD_PRINT_WAYBILLS": lambda: self._printed(content, request),
        }
        if service in serve:
            return serve[service]()
        raise Refused(code=service if service[-4:].isdigit() else "S0003", words="业务异常")  # a knob's code comes as a service

    def _printed(self, content: Any, request: Request) -> Any:
        address = str(request.base_url).rstrip("/") + request.scope["root_path"]
        number = content["documents"][0]["masterWaybillNo"]
        return {"obj": {"files": [{"url": f"{address}/label/{number}.pdf", "token": self._token(number), "waybillNo": number}]}}

    def _create(self, content: Any) -> Any:
        kinds = sorted(one["contactType"] for one in content["contactInfoList"])
        if kinds != [1, 2] or any(not (one["contact"] and one["mobile"] and one["address"]) for one in content["contactInfoList"]):
            raise Refused(code="S0002", words="寄收件人信息不能为空")
        if not 0 < content["totalWeight"] <= 100 or content["monthlyCard"] != self.keys.monthly_card:
            raise Refused(code="S0005", words="重量或月结卡号错误")
        if self.state.one("select 1 from sf_orders where order_id = ?", content["orderId"]):
            raise Refused(code="8016", words="重复下单")
        count = self.state.number("select count(*) from sf_orders") + 1
        number = f"SF{int(time.time()) % 10**7:07d}{count:06d}"
        told = json.dumps(content, ensure_ascii=False)
        self.state.run(
            "insert into sf_orders (order_id, waybill, content, made_at) values (?, ?, ?, ?)", content["orderId"], number, told, time.time()
        )
        return self._order(self._known(content["orderId"]))

    def _known(self, order_id: str) -> Any:
        row = self.state.one("select * from sf_orders where order_id = ?", order_id)
        if row is None:
            raise Refused(code="8024", words="未下单")
        return row

    def _order(self, row: Any) -> Any:
        return {
            "orderId": row["order_id"],
            "filterResult": 2,
            "waybillNoInfoList": [{"waybillType": 1, "waybillNo": row["waybill"]}],
        }

    def _update(self, content: Any) -> Any:
        row = self._known(content["orderId"])
        if content["dealType"] != 2:
            raise Refused(code="S0007", words="dealType错误")
        if row["cancelled"]:
            raise Refused(code="8037", words="已消单")
        if self.state.one("select 1 from sf_routes where waybill = ?", row["waybill"]):
            raise Refused(code="8252", words="已揽收，不可取消")
        self.state.run("update sf_orders set cancelled = 1 where order_id = ?", row["order_id"])
        return {"orderId": row["order_id"], "resStatus": 2, "waybillNoInfoList": []}

    def _routes(self, number: str) -> Any:
        rows = [] if self.knobs.silent else self.state.all("select * from sf_routes where waybill = ? order by id", number)
        return {
            "mailNo": number,
            "routes": [
                {"acceptTime": row["at"], "acceptAddress": row["place"], "remark": row["words"], "opCode": row["code"]} for row in rows
            ],
        }

    def _rate(self, content: Any) -> Any:
        kilograms = max(content["weight"], content.get("volume", 0) / 6000)
        steps = max(0, -(-int(round(kilograms * 1000) - 1000) // 1000))
        by = datetime.strptime(content["consignedTime"], "%Y-%m-%d %H:%M:%S").replace(tzinfo=HOME) + timedelta(days=4)
        window = f"{by:%Y-%m-%d} 12:00:00,{by:%Y-%m-%d} 18:00:00"
        return {
            "deliverTmDto": [
                {"businessType": "2", "businessTypeDesc": "顺丰标快", "deliverTime": window, "fee": 18 + 5 * steps, "searchPrice": "1"}
            ]
        }

    def _token(self, number: str) -> str:
        return hmac.new(self.keys.checkword.encode(), number.encode(), hashlib.sha256).hexdigest()

    async def label(self, request: Request) -> Response:
        """The label of a booking, for who has the token."""
        number = request.path_params["number"]
        row = self.state.one("select * from sf_orders where waybill = ?", number)
        if row is None or not hmac.compare_digest(self._token(number), request.headers.get("x-auth-token", "")):
            return Response(status_code=403)
        label = await asyncio.to_thread(paper.draw, carrier="顺丰速运", number=number, order=row["order_id"])
        return Response(label, media_type="application/pdf")

    async def act(self, request: Request) -> Response:
        """Let something happen: `number`, `code`, `words`, `place`, `at` (local time); it is pushed, unsigned as SF's are."""
        values = json.loads(await request.body())
        at = values.get("at") or f"{datetime.now(HOME):%Y-%m-%d %H:%M:%S}"
        row = self.state.one("select order_id from sf_orders where waybill = ?", values["number"])
        self.state.run(
            "insert into sf_routes (waybill, code, words, place, at) values (?, ?, ?, ?, ?)",
            values["number"], values["code"], values.get("words", ""), values.get("place", ""), at,
        )  # fmt: skip
        route = {
            "mailno": values["number"],
            "orderid": row["order_id"] if row else "",
            "acceptTime": at,
            "acceptAddress": values.get("place", ""),
            "remark": values.get("words", ""),
            "opCode": values["code"],
            "id": str(time.time_ns()),
            "reasonCode": "",
            "reasonName": "",
        }
        body = json.dumps({"Body": {"WaybillRoute": [route]}}, ensure_ascii=False).encode()
        await self.pusher.push(self.knobs.push_url, body, "application/json")
        return JSONResponse({"pushed": self.pusher.sent[-1:]})

    async def show(self, _request: Request) -> Response:
        """The last bookings, for people."""
        rows = self.state.all("select * from sf_orders order by made_at desc limit 50")
        cards = "".join(
            f"<section><b>{row['waybill']}</b> <small>{escape(row['order_id'])}{' 已取消' if row['cancelled'] else ''}</small></section>"
            for row in rows
        )
        return page(
            "顺丰 · SF Express", "<h1>顺丰速运<br><small>SF Express</small></h1>" + (cards or "<section>还没有运单。</section>"), refresh=5
        )


def routes(folder: str, state: State) -> list[BaseRoute]:
    """The platform's addresses, to be mounted at `/sf`."""
    keys = ensure(folder, "sf.json", Keys, {"partner_id": f"TH{secret(6).upper()}", "checkword": secret(), "monthly_card": "7551234567"})
    platform = Platform(keys, state)
    return [
        Route("/std/service", platform.service, methods=["POST"]),
        Route("/label/{number:str}.pdf", platform.label),
        Route("/_claim", platform.claims.decide, methods=["POST"]),
        Route("/_act", platform.act, methods=["POST"]),
        Route("/_control", platform.knobs.control, methods=["GET", "POST"]),
        Route("/", platform.show),
    ]
