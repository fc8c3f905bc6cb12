r"""
The short-message partner: `POST send` with a signature, a page for people, `last` for tests.

The signature is `X-Signature: hex(HMAC-SHA256(sms_key, timestamp + "\n" + nonce + "\n" + raw body))` beside
`X-Timestamp` (Unix seconds, at most five minutes off) and `X-Nonce` (8 to 64 signs, used once).
"""

from __future__ import annotations

import hashlib
import hmac
import json
import re
import time
from datetime import datetime
from html import escape
from zoneinfo import ZoneInfo

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from sandbox.frame import page
from sandbox.keys import Keys
from sandbox.state import State

WINDOW_SECONDS = 300


class Refused(Exception):
    """The message was not taken; carries the HTTP status, a code and the field at fault."""

    def __init__(self, *, status: int, code: str, field: str) -> None:
        super().__init__(f"{code}: {field}")
        self.status, self.code, self.field = status, code, field


def signature(*, key: str, timestamp: str, nonce: str, body: bytes) -> str:
    """The signature of a message's raw body, lower-case hexadecimal."""
    return hmac.new(key.encode(), f"{timestamp}\n{nonce}\n".encode() + body, hashlib.sha256).hexdigest()


def routes(keys: Keys, state: State) -> list[BaseRoute]:
    """The partner's addresses, to be mounted at `/sms`."""

    async def send(request: Request) -> Response:
        try:
            phone, text, code = _checked(request, await request.body(), keys=keys, state=state)
        except Refused as refusal:
            state.log("sms", "POST /sms/send", refusal.status, f"{refusal.code} {refusal.field}")
            return JSONResponse({"code": refusal.code, "field": refusal.field}, refusal.status)
        state.run("insert into messages (phone, text, code, sent_at) values (?, ?, ?, ?)", phone, text, code, time.time())
        state.log("sms", f"POST /sms/send {phone}", 200, text)
        return JSONResponse({"code": "OK", "id": str(state.number("select max(id) from messages"))})

    async def last(request: Request) -> Response:
        row = state.one("select * from messages where phone = ? order by id desc limit 1", request.query_params.get("phone", ""))
        if row is None:
            return JSONResponse({"code": "NOTHING_SENT", "field": "phone"}, 404)
        return JSONResponse({name: row[name] for name in ("id", "phone", "text", "code", "sent_at")})

    async def show(_request: Request) -> Response:
        rows = state.all("select * from messages order by id desc limit 30")
        cards = "".join(
            f"<section><b>{escape(row['phone'])}</b> <small>{_clock(row['sent_at'])}</small>"
            f'<div class="code">{escape(row["code"])}</div><div>{escape(row["text"])}</div></section>'
            for row in rows
        )
        empty = "<section>还没有短信。<br><small>No message has been sent yet; this page looks again every 3 seconds."
        return page(
            "短信 · Messages",
            "<h1>短信<br><small>Messages</small></h1>" + (cards or empty + "</small></section>"),
            refresh=3,
        )

    return [
        Route("/send", send, methods=["POST"]),
        Route("/last", last),
        Route("/", show),
    ]


def _checked(request: Request, body: bytes, *, keys: Keys, state: State) -> tuple[str, str, str]:
    """The fields of a message that is signed, fresh and new. :raises Refused: with what is wrong."""
    timestamp, nonce = request.headers.get("x-timestamp", ""), request.headers.get("x-nonce", "")
    if not re.fullmatch(r"\d{1,12}", timestamp) or abs(time.time() - int(timestamp)) > WINDOW_SECONDS:
        raise Refused(status=401, code="TIMESTAMP_OUT_OF_WINDOW", field="X-Timestamp")
    if not re.fullmatch(r"[\x21-\x7e]{8,64}", nonce):
        raise Refused(status=401, code="NONCE_MALFORMED", field="X-Nonce")
    expected = signature(key=keys.sms_key, timestamp=timestamp, nonce=nonce, body=body)
    if not hmac.compare_digest(expected.encode(), request.headers.get("x-signature", "").encode()):
        raise Refused(status=401, code="SIGNATURE_WRONG", field="X-Signature")
    if not state.is_fresh_nonce(owner="sms", nonce=nonce, now=time.time()):
        raise Refused(status=401, code="REPLAYED", field="X-Nonce")
    return _fields(body)


def _fields(body: bytes) -> tuple[str, str, str]:
    """Phone, text and code of a message (the code may be empty)."""
    try:
        values = json.loads(body)
        json.dumps(values, ensure_ascii=False).encode()  # half a surrogate pair is JSON, but no text that could be kept
    except (ValueError, RecursionError):
        raise Refused(status=400, code="NOT_JSON", field="body") from None
    if not isinstance(values, dict):
        raise Refused(status=400, code="NOT_JSON", field="body")
    phone, text, code = values.get("phone"), values.get("text"), values.get("code", "")
    if not isinstance(phone, str) or not re.fullmatch(r"\+?\d{5,15}", phone):
        raise Refused(status=400, code="PARAM_ERROR", field="phone")
    if not isinstance(text, str) or not 1 <= len(text) <= 500:
        raise Refused(status=400, code="PARAM_ERROR", field="text")
    if not isinstance(code, str) or len(code) > 16:
        raise Refused(status=400, code="PARAM_ERROR", field="code")
    return phone, text, code


def _clock(seconds: float) -> str:
    return f"{datetime.fromtimestamp(seconds, ZoneInfo('Asia/Shanghai')):%m-%d %H:%M:%S}"
