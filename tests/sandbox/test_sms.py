"""The short-message partner: signed messages are shown, everything else is refused."""

from __future__ import annotations

import hashlib
import hmac
import json
import time
import uuid
from typing import Any

import httpx
import pytest

from .conftest import Sandbox

pytestmark = pytest.mark.filterwarnings("error")


def send(sandbox: Sandbox, message: Any, *, key: str = "", age: int = 0, nonce: str = "", extra: bytes = b"") -> httpx.Response:
    """Send a message signed by hand, as a client in another language would."""
    body = json.dumps(message).encode()
    nonce, timestamp = nonce or uuid.uuid4().hex, str(int(time.time()) - age)
    text = f"{timestamp}\n{nonce}\n".encode() + body
    sign = hmac.new((key or sandbox.keys["sms_key"]).encode(), text, hashlib.sha256).hexdigest()
    headers = {"X-Timestamp": timestamp, "X-Nonce": nonce, "X-Signature": sign}
    return sandbox.http.post("/sms/send", content=body + extra, headers=headers)


def test_a_message_is_shown_to_people_and_to_tests(sandbox: Sandbox) -> None:
    answer = send(sandbox, {"phone": "+8613900000001", "text": "登录码 482913 <b>", "code": "482913"})

    shown = sandbox.http.get("/sms/").text
    last = sandbox.http.get("/sms/last", params={"phone": "+8613900000001"}).json()

    assert (answer.status_code, answer.json()["code"]) == (200, "OK")
    assert "482913" in shown
    assert "&lt;b&gt;" in shown
    assert 'http-equiv="refresh"' in shown
    assert (last["text"], last["code"]) == ("登录码 482913 <b>", "482913")
    assert sandbox.http.get("/sms/last", params={"phone": "+8600000000"}).status_code == 404


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"key": "0" * 64}, "SIGNATURE_WRONG"),
        ({"extra": b" "}, "SIGNATURE_WRONG"),
        ({"age": 301}, "TIMESTAMP_OUT_OF_WINDOW"),
        ({"age": -301}, "TIMESTAMP_OUT_OF_WINDOW"),
        ({"nonce": "short"}, "NONCE_MALFORMED"),
    ],
)
def test_a_message_that_is_not_ours_is_refused(sandbox: Sandbox, changes: dict[str, Any], code: str) -> None:
    answer = send(sandbox, {"phone": "13900000002", "text": "x", "code": "1"}, **changes)

    assert (answer.status_code, answer.json()["code"]) == (401, code)
    assert sandbox.http.get("/sms/last", params={"phone": "13900000002"}).status_code == 404


def test_a_replay_is_refused(sandbox: Sandbox) -> None:
    message = {"phone": "13900000003", "text": "x", "code": "1"}

    first = send(sandbox, message, nonce="once-only")
    again = send(sandbox, message, nonce="once-only")

    assert (first.status_code, again.status_code, again.json()["code"]) == (200, 401, "REPLAYED")


@pytest.mark.parametrize(
    ("message", "field"),
    [
        ({"phone": "139 0000", "text": "x"}, "phone"),
        ({"phone": "13900000004", "text": ""}, "text"),
        ({"phone": "13900000004", "text": "x", "code": 123456}, "code"),
        ([], "body"),
    ],
)
def test_a_malformed_message_is_refused_by_its_field(sandbox: Sandbox, message: Any, field: str) -> None:
    answer = send(sandbox, message)

    assert (answer.status_code, answer.json()["field"]) == (400, field)
