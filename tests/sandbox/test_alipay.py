"""Alipay's sandbox, spoken to by the real library: what it refuses, and what it signs."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlencode

import httpx
import pytest
from alipay import AliPay
from alipay.exceptions import AliPayException, AliPayValidationError

from sandbox.keys import ensure_alipay

from .conftest import Sandbox

CODE = {"subject": "青稞饼 རྩམ་པ", "total_amount": "38.00"}


@pytest.fixture
def app(sandbox: Sandbox, tmp_path: Path) -> dict[str, str]:
    """An app of this test's own."""
    answer = sandbox.http.post("/alipay/_control", json={"reset": True, "new_app": True})
    return dict(answer.json()["new_app"])


@pytest.fixture
def library(sandbox: Sandbox, app: dict[str, str]) -> Any:
    made: Any = AliPay(
        appid=app["app_id"],
        app_notify_url="http://127.0.0.1:9/notify",
        app_private_key_string=app["app_private_key"],
        alipay_public_key_string=app["alipay_public_key"],
    )
    made._gateway = f"{sandbox.address}/alipay/gateway.do"
    return made


@pytest.fixture
def ask(sandbox: Sandbox, library: Any) -> Callable[..., dict[str, Any]]:
    """Send a signed precreate, changed on its way."""

    def send(change: Callable[[dict[str, str]], None]) -> dict[str, Any]:
        body = library.build_body("alipay.trade.precreate", {**CODE, "out_trade_no": "T1"}, notify_url="http://127.0.0.1:9/notify")
        fields = dict(parse_qsl(library.sign_data(body)))
        change(fields)
        answer = httpx.post(f"{sandbox.address}/alipay/gateway.do", content=urlencode(fields), trust_env=False)
        return dict(next(iter(answer.json().values())))

    return send


def test_a_signed_order_is_taken_and_the_answer_verified(library: Any) -> None:
    answer = library.api_alipay_trade_precreate(out_trade_no="T1", **CODE)

    assert (answer["code"], answer["out_trade_no"]) == ("10000", "T1")


@pytest.mark.parametrize(
    ("name", "value", "sub_code"),
    [
        ("biz_content", '{"subject":"x","out_trade_no":"T1","total_amount":"0.01"}', "isv.invalid-signature"),
        ("notify_url", "http://127.0.0.1:9/other", "isv.invalid-signature"),
        ("sign", "AAAA", "isv.invalid-signature"),
        ("sign", "", "isv.missing-signature"),
        ("sign_type", "RSA", "isv.invalid-signature"),
        ("app_id", "2021000000000000", "isv.invalid-app-id"),
        ("smuggled", "1", "isv.invalid-signature"),
    ],
)
def test_what_was_changed_by_a_byte_is_refused(ask: Callable[..., dict[str, Any]], name: str, value: str, sub_code: str) -> None:
    answer = ask(lambda fields: fields.update({name: value}))

    assert answer["sub_code"] == sub_code


def test_an_old_request_is_refused(sandbox: Sandbox, library: Any) -> None:
    body = library.build_body("alipay.trade.query", {"out_trade_no": "T1"})
    body["timestamp"] = "2026-01-01 00:00:00"

    answer = httpx.get(f"{sandbox.address}/alipay/gateway.do?{library.sign_data(body)}", trust_env=False).json()

    assert answer["alipay_trade_query_response"]["sub_code"] == "isv.invalid-timestamp"


@pytest.mark.parametrize("amount", ["0", "0.00", "-1.00", "1.001", "1e3", "01.00", ""])
def test_what_is_no_amount_is_refused(library: Any, amount: str) -> None:
    answer = library.api_alipay_trade_precreate(out_trade_no="T1", subject="x", total_amount=amount)

    assert answer["sub_code"] == "ACQ.INVALID_PARAMETER"


def test_a_forged_and_an_unsigned_answer_are_seen_by_the_library(sandbox: Sandbox, library: Any) -> None:
    sandbox.http.post("/alipay/_control", json={"api": [{"answer": "forge"}, {"answer": "unsigned"}]})

    with pytest.raises(AliPayValidationError):
        library.api_alipay_trade_query(out_trade_no="T1")
    with pytest.raises(AliPayException):
        library.api_alipay_trade_query(out_trade_no="T1")


def test_after_alipays_key_was_changed_the_old_one_verifies_nothing(sandbox: Sandbox, app: dict[str, str], library: Any) -> None:
    fresh = sandbox.http.post("/alipay/_control", json={"rotate": True}).json()["alipay_public_key"]

    with pytest.raises(AliPayValidationError):
        library.api_alipay_trade_query(out_trade_no="T1")
    library._alipay_public_key_string = fresh
    library._load_key()
    assert library.api_alipay_trade_query(out_trade_no="T1")["sub_code"] == "ACQ.TRADE_NOT_EXIST"


def test_a_trade_is_unknown_until_somebody_has_seen_it(sandbox: Sandbox, library: Any) -> None:
    code = library.api_alipay_trade_precreate(out_trade_no="T2", **CODE)["qr_code"]
    before = library.api_alipay_trade_query(out_trade_no="T2")

    sandbox.http.get("/alipay/pay", params={"qr_code": code})

    assert before["sub_code"] == "ACQ.TRADE_NOT_EXIST"
    assert library.api_alipay_trade_query(out_trade_no="T2")["trade_status"] == "WAIT_BUYER_PAY"
    assert library.api_alipay_trade_close(out_trade_no="T2")["code"] == "10000"
    assert library.api_alipay_trade_query(out_trade_no="T2")["trade_status"] == "TRADE_CLOSED"


def test_refunds_are_never_more_than_was_paid_and_a_number_is_one_refund(sandbox: Sandbox, library: Any) -> None:
    code = library.api_alipay_trade_precreate(out_trade_no="T3", **CODE)["qr_code"]
    sandbox.http.post("/alipay/pay", json={"qr_code": code, "action": "pay"}, headers={"Accept": "application/json"})

    def refund(amount: str, number: str) -> tuple[str, str, str]:
        answer = library.api_alipay_trade_refund(refund_amount=amount, out_trade_no="T3", out_request_no=number)
        return answer["code"], answer.get("sub_code", ""), answer.get("refund_fee", "")

    assert refund("30.00", "R1") == ("10000", "", "30.00")
    assert refund("30.00", "R1") == ("10000", "", "30.00")
    assert refund("31.00", "R1")[1] == "ACQ.DISCORDANT_REPEAT_REQUEST"
    assert refund("8.01", "R2")[1] == "ACQ.REFUND_AMT_NOT_EQUAL_TOTAL"
    assert refund("8.00", "R2") == ("10000", "", "38.00")
    assert library.api_alipay_trade_query(out_trade_no="T3")["trade_status"] == "TRADE_CLOSED"


@pytest.mark.parametrize(
    "knobs", [{"notify": {"forgery": True}}, {"api": [{"answer": "maybe"}]}, {"unknown": 1}, {"refund": {"delay": "x"}}]
)
def test_an_unknown_knob_is_refused_and_nothing_is_turned(sandbox: Sandbox, knobs: dict[str, Any]) -> None:
    sandbox.http.post("/alipay/_control", json={"reset": True})

    answer = sandbox.http.post("/alipay/_control", json=knobs)

    assert answer.status_code == 400
    assert sandbox.http.get("/alipay/_control").json()["notify"] == {}


def test_keys_are_made_once_and_the_platforms_stay_with_it(tmp_path: Path) -> None:
    first, again = ensure_alipay(tmp_path), ensure_alipay(tmp_path)

    client = json.loads((tmp_path / "alipay.json").read_text())
    assert first == again
    assert sorted(client) == ["alipay_public_key", "app_id", "app_private_key", "seller_id"]
    assert (tmp_path / "alipay_platform.json").stat().st_mode & 0o777 == 0o600
