"""
Tokens of access: made, renewed and ended. `GET /jd/oauth/refresh` is the platform's; `POST /jd/_token` is the hand of who tries it.

The tokens of the keys' file never end. A token of renewal is good once; what it renews lets nobody in from then on.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import time
from datetime import datetime
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from sandbox.carrying import secret

if TYPE_CHECKING:
    from sandbox.jd.server import Keys
    from sandbox.state import State

HOME = ZoneInfo("Asia/Shanghai")
WINDOW_SECONDS = 600
LIVES_SECONDS, RENEWABLE_SECONDS = 365 * 86400, 730 * 86400
SCHEMA = "create table if not exists jd_tokens (access text primary key, refresh text not null unique, until real, renewable_until real)"


class Tokens:
    """All that were given out."""

    def __init__(self, keys: Keys, state: State) -> None:
        self.keys, self.state = keys, state
        state.run(SCHEMA)

    def lets_in(self, token: str) -> bool:
        """Whether a token of access does now."""
        row = self.state.one("select until from jd_tokens where access = ?", token)
        return token == self.keys.access_token or (row is not None and row["until"] > time.time())

    def made(self, seconds: float) -> dict[str, Any]:
        """A new pair, as the platform tells it."""
        access, refresh, now = secret(), secret(), time.time()
        self.state.run("insert into jd_tokens values (?, ?, ?, ?)", access, refresh, now + seconds, now + RENEWABLE_SECONDS)
        told = {"accessToken": access, "accessExpire": _written(now + seconds)}
        return {**told, "refreshToken": refresh, "refreshExpire": _written(now + RENEWABLE_SECONDS)}

    async def renew(self, request: Request) -> Response:
        """The platform's renewal."""
        asked = request.query_params
        names = ("app_key", "refresh_token", "timestamp")
        content = "".join(name + asked.get(name, "") for name in names)
        expected = hashlib.md5(f"{self.keys.app_secret}{content}{self.keys.app_secret}".encode(), usedforsecurity=False).hexdigest()
        row = self.state.one("select * from jd_tokens where refresh = ?", asked.get("refresh_token", ""))
        if asked.get("app_key") != self.keys.app_key or not hmac.compare_digest(expected, asked.get("sign", "")):
            return _refused("12", "无效签名")
        if not _is_now(asked["timestamp"]):
            return _refused("23", "非法的时间戳")
        if row is None or row["renewable_until"] <= time.time():
            return _refused("20", "无效refresh_token")
        told = self.made(LIVES_SECONDS)
        self.state.run("delete from jd_tokens where access = ?", row["access"])
        return JSONResponse(told)

    async def control(self, request: Request) -> Response:
        """Give a pair out (`lives` seconds), or end one on demand: `end` a token of access, `end_renewal` one of renewal."""
        values = json.loads(await request.body())
        if "end" in values:
            self.state.run("update jd_tokens set until = 0 where access = ?", values["end"])
        if "end_renewal" in values:
            self.state.run("update jd_tokens set renewable_until = 0 where refresh = ?", values["end_renewal"])
        return JSONResponse(self.made(values["lives"]) if "lives" in values else {})


def _refused(code: str, words: str) -> Response:
    return JSONResponse({"error_response": {"code": code, "zh_desc": words}})


def _written(moment: float) -> str:
    return f"{datetime.fromtimestamp(moment, HOME):%Y-%m-%d %H:%M:%S}"


def _is_now(text: str) -> bool:
    try:
        sent = datetime.strptime(text, "%Y-%m-%d %H:%M:%S").replace(tzinfo=HOME)
    except ValueError:
        return False
    return abs(time.time() - sent.timestamp()) < WINDOW_SECONDS
