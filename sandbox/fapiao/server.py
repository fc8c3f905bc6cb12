"""
The platform: `POST open/v1/services` with `method` in the header, the document of an issued invoice, knobs and a page.

`nuonuo.OpeMplatform.requestBillingNew` takes a blue invoice (`invoiceType` 1) or a red letter (2, with `invoiceNum`), once for
each `orderNo`; `nuonuo.OpeMplatform.queryInvoiceResult` tells by `orderNos` what became of it.
"""

from __future__ import annotations

import asyncio
import hmac
import json
import re
import time
from dataclasses import dataclass, field
from datetime import datetime
from html import escape
from typing import Any
from zoneinfo import ZoneInfo

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from sandbox.fapiao import paper
from sandbox.fapiao.checks import Refused, Wanted, read, signature
from sandbox.fapiao.keys import Keys
from sandbox.frame import page
from sandbox.state import State

HOME = ZoneInfo("Asia/Shanghai")
WINDOW_SECONDS = 300
SCHEMA = """
create table if not exists fapiao (
    order_no text primary key, serial text not null unique, number text not null unique, is_red integer not null,
    seller text not null, buyer text not null, buyer_number text not null, clerk text not null, blue_number text not null,
    fen integer not null, tax_fen integer not null, lines text not null, content text not null, asked_at real not null,
    ready_at real not null, fail_cause text not null default '')
"""


@dataclass
class Knobs:
    """
    What can be made to go wrong.

    `delay` seconds until an invoice is issued; `fail` the cause for which the next `fail_count` invoices fail at the tax office;
    `answers` what the next calls get: an error code, `timeout` (hold `seconds`, do nothing, then 504) or `lost` (do it, then 504).
    """

    delay: float = 0.0
    fail: str = ""
    fail_count: int = 0
    answers: list[str] = field(default_factory=list)
    seconds: float = 0.0

    def turn(self, values: Any) -> None:
        """
        Turn knobs.

        :raises ValueError: for a name or a kind of value that is not ours; nothing is turned.
        """
        kinds: dict[str, tuple[type, ...]] = {
            "reset": (bool,), "delay": (int, float), "fail": (str,), "fail_count": (int,), "answers": (list,), "seconds": (int, float),
        }  # fmt: skip
        if not isinstance(values, dict) or any(not isinstance(value, kinds.get(name, ())) for name, value in values.items()):
            msg = f"knobs are {', '.join(kinds)}"
            raise ValueError(msg)
        if values.get("reset"):
            self.__init__()  # type: ignore[misc]  # as it was made
        for name in values.keys() - {"reset"}:
            setattr(self, name, values[name])


class Platform:
    """One running platform."""

    def __init__(self, keys: Keys, state: State) -> None:
        self.keys, self.state, self.knobs = keys, state, Knobs()
        state.run(SCHEMA)

    async def services(self, request: Request) -> Response:
        """Answer one call; HTTP is always 200, but for the trouble that a knob makes."""
        body, method = await request.body(), request.headers.get("method", "")
        knob = self.knobs.answers.pop(0) if self.knobs.answers else ""
        if knob == "timeout":
            await asyncio.sleep(self.knobs.seconds)
            return Response(status_code=504)
        try:
            answer = {"code": "E0000", "describe": "成功", "result": self._done(request, body, method, knob=knob)}
        except Refused as refusal:
            answer = {"code": refusal.code, "describe": refusal.describe, "result": None}
        self.state.log("fapiao", method, str(answer["code"]), body.decode(errors="replace"))
        if knob == "lost":
            await asyncio.sleep(self.knobs.seconds)
            return Response(status_code=504)
        return JSONResponse(answer)

    def _done(self, request: Request, body: bytes, method: str, *, knob: str) -> Any:
        if knob and knob != "lost":
            raise Refused(code=knob, describe="系统繁忙")
        self._check(request, body)
        try:
            content = json.loads(body)
        except ValueError:
            raise Refused(code="E9002", describe="报文不是JSON") from None
        if method == "nuonuo.OpeMplatform.requestBillingNew":
            return self._take(body.decode(), read(content, user_tax=request.headers.get("usertax", "")))
        if method == "nuonuo.OpeMplatform.queryInvoiceResult":
            return self._tell(content, str(request.base_url).rstrip("/") + request.scope["root_path"])
        raise Refused(code="E9003", describe="方法不存在")

    def _check(self, request: Request, body: bytes) -> None:
        query = {name: request.query_params.get(name, "") for name in ("senid", "nonce", "timestamp", "appkey")}
        if query["appkey"] != self.keys.app_key or request.headers.get("accesstoken", "") != self.keys.access_token:
            raise Refused(code="070102", describe="appKey或accessToken错误")
        if not re.fullmatch(r"\d{10}", query["timestamp"]) or abs(time.time() - int(query["timestamp"])) > WINDOW_SECONDS:
            raise Refused(code="070303", describe="时间戳超出范围")
        expected = signature(secret=self.keys.app_secret, query=query, body=body)
        if not hmac.compare_digest(expected, request.headers.get("x-nuonuo-sign", "")):
            raise Refused(code="070302", describe="签名校验失败")
        if not self.state.is_fresh_nonce(owner="fapiao", nonce=f"{query['senid']}{query['nonce']}", now=time.time()):
            raise Refused(code="070304", describe="重复请求")

    def _take(self, text: str, wanted: Wanted) -> Any:
        known = self.state.one("select serial, content from fapiao where order_no = ?", wanted.order_no)
        if known is not None:
            if known["content"] != text:
                raise Refused(code="E9107", describe="订单号已被其他发票使用")
            raise Refused(code="E9106", describe="订单编号不能重复")
        with self.state.transaction():
            if wanted.is_red:
                self._check_red(wanted)
            fail = self.knobs.fail if self.knobs.fail_count > 0 else ""
            self.knobs.fail_count = max(0, self.knobs.fail_count - 1)
            now = time.time()
            count = self.state.number("select count(*) from fapiao") + 1
            serial, number = f"{int(now)}{count:010d}", f"{datetime.fromtimestamp(now, HOME):%y}540{count:015d}"
            self.state.run(
                "insert into fapiao values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                wanted.order_no, serial, number, wanted.is_red, wanted.seller, wanted.buyer, wanted.buyer_tax_number, wanted.clerk,
                wanted.blue_number, wanted.fen, wanted.tax_fen, json.dumps(wanted.lines, ensure_ascii=False), text, now,
                now + self.knobs.delay, fail,
            )  # fmt: skip
        return {"invoiceSerialNum": serial}

    def _check_red(self, wanted: Wanted) -> None:
        blue = self.state.one("select * from fapiao where number = ? and is_red = 0", wanted.blue_number)
        if blue is None or blue["fail_cause"] or blue["seller"] != wanted.seller or blue["buyer"] != wanted.buyer:
            raise Refused(code="E9401", describe="找不到对应的蓝字发票")
        back = self.state.number("select sum(fen) from fapiao where blue_number = ? and fail_cause = ''", wanted.blue_number)
        if blue["fen"] + back + wanted.fen < 0:
            raise Refused(code="E9402", describe="红字金额超过蓝字发票剩余金额")

    def _tell(self, content: Any, address: str) -> Any:
        numbers = content.get("orderNos") if isinstance(content, dict) else None
        if not isinstance(numbers, list) or not 1 <= len(numbers) <= 50:
            raise Refused(code="E9101", describe="orderNos应为1至50个")
        found = [self.state.one("select * from fapiao where order_no = ?", str(number)) for number in numbers]
        if not any(found):
            raise Refused(code="E9108", describe="查询不到发票")
        return [self._told(row, address) for row in found if row is not None]

    def _told(self, row: Any, address: str) -> dict[str, Any]:
        told = {"serialNo": row["serial"], "orderNo": row["order_no"], "orderAmount": _amount(row["fen"])}
        if time.time() < row["ready_at"]:
            return {**told, "status": "20", "statusMsg": "开票中"}
        if row["fail_cause"]:
            return {**told, "status": "22", "statusMsg": "开票失败", "failCause": row["fail_cause"]}
        return {
            **told,
            "status": "2",
            "statusMsg": "开票完成（最终状态）",
            "allElectronicInvoiceNumber": row["number"],
            "invoiceTime": int(row["ready_at"] * 1000),
            "pdfUrl": f"{address}/paper/{row['serial']}.pdf",
        }

    async def document(self, request: Request) -> Response:
        """The PDF of an issued invoice."""
        row = self.state.one("select * from fapiao where serial = ?", request.path_params["serial"])
        if row is None or row["fail_cause"] or time.time() < row["ready_at"]:
            return Response(status_code=404)
        values = {
            "title": "电子发票（普通发票）" if not row["is_red"] else "电子发票（红字普通发票）",
            "number": row["number"],
            "day": f"{datetime.fromtimestamp(row['ready_at'], HOME):%Y年%m月%d日}",
            "buyer": row["buyer"],
            "buyer_number": row["buyer_number"],
            "seller": row["seller"],
            "clerk": row["clerk"],
            "blue": row["blue_number"],
            "total": _amount(row["fen"]),
            "lines": [
                {
                    "name": line.get("goodsName", ""),
                    "num": line.get("num", ""),
                    "net": line["taxExcludedAmount"],
                    "rate": "免税" if line.get("favouredPolicyName") else line.get("taxRate", ""),
                    "tax": line["tax"],
                }
                for line in json.loads(row["lines"])
            ],
        }
        return Response(await asyncio.to_thread(paper.draw, values), media_type="application/pdf")

    async def control(self, request: Request) -> Response:
        """Turn knobs (POST), or show them."""
        if request.method == "POST":
            try:
                self.knobs.turn(json.loads(await request.body()))
            except ValueError as error:
                return JSONResponse({"code": "UNKNOWN_KNOB", "message": str(error)}, 400)
        return JSONResponse(vars(self.knobs))

    async def show(self, _request: Request) -> Response:
        """The last invoices, for people."""
        rows = self.state.all("select * from fapiao order by asked_at desc limit 50")
        cards = "".join(map(_card, rows))
        return page("发票 · Invoices", "<h1>发票<br><small>Invoices</small></h1>" + (cards or "<section>还没有发票。</section>"), refresh=5)


def routes(keys: Keys, state: State) -> list[BaseRoute]:
    """The platform's addresses, to be mounted at `/fapiao`."""
    platform = Platform(keys, state)
    return [
        Route("/open/v1/services", platform.services, methods=["POST"]),
        Route("/paper/{serial:str}.pdf", platform.document),
        Route("/_control", platform.control, methods=["GET", "POST"]),
        Route("/", platform.show),
    ]


def _card(row: Any) -> str:
    told = escape(row["fail_cause"]) or f'<a href="paper/{row["serial"]}.pdf">PDF</a>'
    tone = "bad" if row["is_red"] else "good"
    buyer = f"{escape(row['buyer'])} {escape(row['buyer_number'])}"
    return f'<section><b>{row["number"]}</b> <b class="{tone}">¥{_amount(row["fen"])}</b><br>{buyer}<br><small>{told}</small></section>'


def _amount(fen: int) -> str:
    sign = "-" if fen < 0 else ""
    return f"{sign}{abs(fen) // 100}.{abs(fen) % 100:02d}"
