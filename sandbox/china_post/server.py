"""
The platform: `POST china_post/amp-prod-api/f/amp/api/open`, a form with sealed content; `_act` lets something happen to a number.

Prices: 10 yuan for the first kilogram and 4 for each started further one. Numbers: thirteen digits inland, UPU S10 for EMS (product 1).
"""

from __future__ import annotations

import asyncio
import base64
import hmac
import json
import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from html import escape
from typing import Any
from urllib.parse import parse_qs
from zoneinfo import ZoneInfo

from cryptography.hazmat.primitives import padding
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from sandbox import label as paper
from sandbox.carrying import Knobs, Pusher, ensure, secret
from sandbox.claims import Claims
from sandbox.frame import page
from sandbox.state import State

HOME = ZoneInfo("Asia/Shanghai")
WINDOW_SECONDS = 600
SCHEMA = (
    """create table if not exists post_orders (order_id text primary key, waybill text not null unique, content text not null,
    made_at real not null, cancelled integer not null default 0)""",
    """create table if not exists post_traces (id integer primary key, waybill text not null, code text not null, words text not null,
    place text not null, at text not null)""",
)
PARTS = ("name", "mobile", "prov", "city", "county", "address")


@dataclass(frozen=True)
class Keys:
    """What a customer is given."""

    sender_no: str
    authorization: str
    sign_key: str


class Refused(Exception):
    """A service says no, with the platform's code."""

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
            "china_post",
            state,
            refused=Refused,
            is_booked=lambda number: state.one("select 1 from post_orders where waybill = ?", number) is not None,
        )
        self.services: dict[str, Callable[[Any], Any]] = {
            "020003": self._create,
            "020006": self._cancel,
            "010004": self._label,
            "040001": self._trace,
            "050005": self._rate,
            "070001": self.claims.take,
            "070002": self.claims.tell,
        }

    async def service(self, request: Request) -> Response:
        """Answer one call; HTTP is always 200, but for the trouble that a knob makes."""
        body = (await request.body()).decode(errors="replace")
        knob = self.knobs.answers.pop(0) if self.knobs.answers else ""
        if knob == "timeout":
            await asyncio.sleep(self.knobs.seconds)
            return Response(status_code=504)
        form = {name: values[0] for name, values in parse_qs(body, keep_blank_values=True).items()}
        code, words, told = await asyncio.to_thread(self._answer, form, "" if knob == "lost" else knob)
        self.state.log("china_post", form.get("apiCode", ""), code, words)
        if knob == "lost":
            await asyncio.sleep(self.knobs.seconds)
            return Response(status_code=504)
        text = told if isinstance(told, str) or told is None else json.dumps(told, ensure_ascii=False)
        at = f"{datetime.now(HOME):%Y-%m-%d %H:%M:%S}"
        return JSONResponse(
            {"serialNo": secret(), "retCode": code, "retMsg": words, "retBody": text, "retDate": at, "success": code == "00000"}
        )

    def _answer(self, form: dict[str, str], knob: str) -> tuple[str, str, Any]:
        try:
            return "00000", "成功", self._serve(form, knob)
        except Refused as refused:
            return refused.code, refused.words, None
        except (ValueError, KeyError, TypeError):
            return "B00001", "报文格式错误", None

    def _serve(self, form: dict[str, str], knob: str) -> Any:
        if knob:
            raise Refused(code=knob, words="系统繁忙")
        if form.get("senderNo") != self.keys.sender_no or not hmac.compare_digest(self.keys.authorization, form.get("authorization", "")):
            raise Refused(code="A00001", words="授权码错误")
        sent = datetime.strptime(form["timeStamp"], "%Y-%m-%d %H:%M:%S").replace(tzinfo=HOME).timestamp()
        if abs(time.time() - sent) > WINDOW_SECONDS:
            raise Refused(code="A00003", words="时间戳失效")
        return self.services[form["apiCode"]](self._open(form["logitcsInterface"]))

    def _open(self, text: str) -> Any:
        """What was sealed with the customer's key, which stands at its end."""
        mark, _, sealed = text.rpartition("|")
        if mark != "|$4":
            raise Refused(code="A00002", words="报文解密失败")
        try:
            decryptor = self._cipher().decryptor()
            unpadder = padding.PKCS7(128).unpadder()
            padded = decryptor.update(base64.b64decode(sealed)) + decryptor.finalize()
            plain = (unpadder.update(padded) + unpadder.finalize()).decode()
        except ValueError as error:
            raise Refused(code="A00002", words="报文解密失败") from error
        if not plain.endswith(self.keys.sign_key):
            raise Refused(code="A00002", words="报文解密失败")
        return json.loads(plain[: -len(self.keys.sign_key)])

    def _seal(self, text: str) -> str:
        padder, encryptor = padding.PKCS7(128).padder(), self._cipher().encryptor()
        padded = padder.update(text.encode()) + padder.finalize()
        return "|$4|" + base64.b64encode(encryptor.update(padded) + encryptor.finalize()).decode()

    def _cipher(self) -> Cipher[modes.ECB]:
        return Cipher(algorithms.SM4(base64.b64decode(self.keys.sign_key)), modes.ECB())  # noqa: S305 - as the platform has it

    def _create(self, content: Any) -> Any:
        (order,) = content
        for party in (order["sender"], order["receiver"]):
            if not all(party[part] for part in PARTS):
                raise Refused(code="B00005", words="寄收件人信息不能为空")
        if not 0 < int(order["weight"]) <= 50_000 or order["contentsAttribute"] != "3" or order["senderNo"] != self.keys.sender_no:
            raise Refused(code="B00006", words="重量超限")
        known = self.state.one("select * from post_orders where order_id = ?", order["logisticsOrderNo"])
        if known is None:
            self.state.run(
                "insert into post_orders (order_id, waybill, content, made_at) values (?, ?, ?, ?)",
                order["logisticsOrderNo"], self._number(order["bizProductNo"]), json.dumps(order, ensure_ascii=False), time.time(),
            )  # fmt: skip
        row = self.state.the("select * from post_orders where order_id = ?", order["logisticsOrderNo"])
        return {"waybillNo": row["waybill"], "logisticsOrderNo": row["order_id"]}

    def _number(self, product: str) -> str:
        count = self.state.number("select count(*) from post_orders") + 1
        if product != "1":
            return f"98{int(time.time()) % 10**5:05d}{count:06d}"
        digits = f"{(int(time.time()) * 1000 + count) % 10**8:08d}"
        rest = 11 - sum(int(digit) * weight for digit, weight in zip(digits, (8, 6, 4, 2, 3, 5, 9, 7), strict=True)) % 11
        return f"EA{digits}{ {10: 0, 11: 5}.get(rest, rest) }CN"

    def _known(self, content: Any) -> Any:
        row = self.state.one("select * from post_orders where order_id = ?", content["logisticsOrderNo"])
        if row is None:
            raise Refused(code="B00002", words="订单不存在")
        return row

    def _cancel(self, content: Any) -> Any:
        row = self._known(content)
        if row["cancelled"]:
            raise Refused(code="B00003", words="订单已取消")
        if content["waybillNo"] not in {row["waybill"], ""}:
            raise Refused(code="B00007", words="运单号与订单号不符")
        if self.state.one("select 1 from post_traces where waybill = ?", row["waybill"]):
            raise Refused(code="B00004", words="已收寄，不可取消")
        self.state.run("update post_orders set cancelled = 1 where order_id = ?", row["order_id"])
        return ""

    def _label(self, content: Any) -> str:
        row = self.state.one("select * from post_orders where waybill = ?", content["waybillNo"])
        if row is None or content["type"] != "129":
            raise Refused(code="B00002", words="运单不存在")
        return base64.b64encode(paper.draw(carrier="中国邮政", number=row["waybill"], order=row["order_id"])).decode()

    def _trace(self, content: Any) -> Any:
        number = content["waybillNo"]
        rows = [] if self.knobs.silent else self.state.all("select * from post_traces where waybill = ? order by id", number)
        return {"responseItems": [self._event(row) for row in rows]}

    def _event(self, row: Any) -> dict[str, Any]:
        return {
            "traceNo": row["waybill"],
            "waybillNo": row["waybill"],
            "opTime": row["at"],
            "opOrgName": row["place"],
            "opCode": row["code"],
            "opName": row["words"][:20],
            "opDesc": row["words"],
        }

    def _rate(self, content: Any) -> Any:
        if content["productCode"] != "115104300000691" or not (content["senderInfo"] and content["receiveInfo"]):
            raise Refused(code="B00001", words="报文格式错误")
        return {"totalFee": 10 + 4 * max(0, -(-(int(content["weight"]) - 1000) // 1000))}

    async def act(self, request: Request) -> Response:
        """Let something happen: `number`, `code`, `words`, `place`, `at` (local time); it is pushed, sealed with the customer's key."""
        values = json.loads(await request.body())
        at = values.get("at") or f"{datetime.now(HOME):%Y-%m-%d %H:%M:%S}"
        self.state.run(
            "insert into post_traces (waybill, code, words, place, at) values (?, ?, ?, ?, ?)",
            values["number"], values["code"], values.get("words", ""), values.get("place", ""), at,
        )  # fmt: skip
        row = self.state.the("select * from post_traces order by id desc limit 1")
        told = {
            "serialNo": secret(),
            "senderNo": self.keys.sender_no,
            "logitcsInterface": self._seal(json.dumps(self._event(row), ensure_ascii=False)),
        }
        await self.pusher.push(self.knobs.push_url, json.dumps(told).encode(), "application/json")
        return JSONResponse({"pushed": self.pusher.sent[-1:]})

    async def show(self, _request: Request) -> Response:
        """The last bookings, for people."""
        rows = self.state.all("select * from post_orders order by made_at desc limit 50")
        cards = "".join(
            f"<section><b>{row['waybill']}</b> <small>{escape(row['order_id'])}{' 已取消' if row['cancelled'] else ''}</small></section>"
            for row in rows
        )
        return page(
            "中国邮政 · China Post",
            "<h1>中国邮政<br><small>China Post</small></h1>" + (cards or "<section>还没有运单。</section>"),
            refresh=5,
        )


def routes(folder: str, state: State) -> list[BaseRoute]:
    """The platform's addresses, to be mounted at `/china_post`."""
    made = {
        "sender_no": "1100000000001",
        "authorization": secret(16),
        "sign_key": base64.b64encode(secrets.token_bytes(16)).decode(),
    }
    platform = Platform(ensure(folder, "china_post.json", Keys, made), state)
    return [
        Route("/amp-prod-api/f/amp/api/open", platform.service, methods=["POST"]),
        Route("/_claim", platform.claims.decide, methods=["POST"]),
        Route("/_act", platform.act, methods=["POST"]),
        Route("/_control", platform.knobs.control, methods=["GET", "POST"]),
        Route("/", platform.show),
    ]
