"""Who is believed: signatures both ways, nonces, certificates, answers broken on purpose, a second start."""

from __future__ import annotations

import json
import time
import uuid
from pathlib import Path

import httpx
import pytest
from cryptography.hazmat.primitives.serialization import Encoding
from wechatpayv3 import WeChatPay, WeChatPayType
from wechatpayv3.utils import build_authorization

from .conftest import Listener, Process, Sandbox, make_client
from .driving import numbers, paid, place, query, refund

pytestmark = pytest.mark.filterwarnings("error")


def test_a_client_that_trusts_the_certificate_is_served_and_told_with_it(
    sandbox: Sandbox, client: WeChatPay, listener: Listener, tmp_path: Path
) -> None:
    client._core._update_certificates()
    (certificate,) = client._core._certificates
    (tmp_path / "platform.pem").write_bytes(certificate.public_bytes(Encoding.PEM))
    keys = sandbox.keys
    trusting = WeChatPay(
        wechatpay_type=WeChatPayType.NATIVE,
        mchid=keys["mchid"],
        private_key=keys["merchant_private_key"],
        cert_serial_no=keys["merchant_serial"],
        apiv3_key=keys["api_v3_key"],
        appid=keys["appid"],
        notify_url=listener.address,
        cert_dir=str(tmp_path),
    )
    trusting._core._gate_way = client._core._gate_way

    number = paid(sandbox, trusting)
    headers, body = listener.wait(1)[0]

    assert headers["Wechatpay-Serial"] == f"{certificate.serial_number:040X}"
    assert trusting.callback(headers, body)["resource"]["out_trade_no"] == number


def test_what_is_broken_on_purpose_is_broken_so_often_and_no_more(sandbox: Sandbox, client: WeChatPay) -> None:
    number = paid(sandbox, client)
    sandbox.control(
        api=[
            {"answer": "lost", "path": "/v3/refund"},
            {"answer": "SYSTEM_ERROR", "count": 2},
            {"answer": "FREQUENCY_LIMITED"},
            {"answer": "timeout", "seconds": 0.05},
            {"answer": "forge"},
        ]
    )
    name = next(numbers)

    lost = refund(client, number, 100, out_refund_no=name)
    statuses = [client.query(out_trade_no=number)[0] for _ in range(4)]
    with pytest.raises(Exception, match="failed to verify the signature"):
        client.query(out_trade_no=number)

    assert lost[0] == 500
    assert statuses == [500, 500, 429, 500]
    assert client.query_refund(name)[0] == 200
    assert sandbox.control()["api"] == []


def send_raw(
    sandbox: Sandbox,
    client: WeChatPay,
    *,
    body: bytes,
    signed: str,
    path: str = "/v3/pay/transactions/native",
    **parts: str,
) -> httpx.Response:
    """A request whose signed text and sent bytes may differ, and whose header may be changed."""
    keys = {"mchid": sandbox.keys["mchid"], "serial_no": sandbox.keys["merchant_serial"], **parts}
    nonce = keys.pop("nonce_str", uuid.uuid4().hex)
    header = build_authorization(
        "/v3/pay/transactions/native",
        "POST",
        private_key=client._core._private_key,
        data=signed,
        nonce_str=nonce,
        **keys,
    )
    headers = {"Authorization": header, "Content-Type": "application/json", "Accept": "application/json"}
    return sandbox.http.post(f"/wechatpay{path}", content=body, headers=headers)


def test_only_the_signed_bytes_by_the_known_merchant_are_taken_and_only_once(sandbox: Sandbox, client: WeChatPay) -> None:
    body = json.dumps(
        {
            "appid": sandbox.keys["appid"],
            "mchid": sandbox.keys["mchid"],
            "description": "x",
            "out_trade_no": next(numbers),
            "notify_url": "http://127.0.0.1:1/n",
            "amount": {"total": 1},
        }
    )
    nonce = uuid.uuid4().hex

    good = send_raw(sandbox, client, body=body.encode(), signed=body, nonce_str=nonce)
    refused = {
        "nonce_str": send_raw(sandbox, client, body=body.encode(), signed=body, nonce_str=nonce),
        "signature": send_raw(sandbox, client, body=body.encode() + b" ", signed=body),
        "serial_no": send_raw(sandbox, client, body=body.encode(), signed=body, serial_no="AB" * 20),
        "mchid": send_raw(sandbox, client, body=body.encode(), signed=body, mchid="1900999999"),
    }
    other_path = send_raw(sandbox, client, body=body.encode(), signed=body, path="/v3/pay/transactions/native?x=1")
    unsigned = sandbox.http.get("/wechatpay/v3/certificates")

    assert good.status_code == 200
    for field, answer in refused.items():
        assert (answer.status_code, answer.json()["code"], answer.json()["detail"]["field"]) == (
            401,
            "SIGN_ERROR",
            field,
        )
    assert other_path.json()["detail"]["sign_information"]["url"] == "/v3/pay/transactions/native?x=1"
    assert (unsigned.status_code, unsigned.json()["code"]) == (401, "SIGN_ERROR")
    assert unsigned.headers["Wechatpay-Signature-Type"] == "WECHATPAY2-SHA256-RSA2048"


def test_an_old_timestamp_is_refused(sandbox: Sandbox, client: WeChatPay, monkeypatch: pytest.MonkeyPatch) -> None:
    now = time.time()
    monkeypatch.setattr("wechatpayv3.utils.time.time", lambda: now - 301)

    status, answer = place(client)

    assert (status, answer["detail"]["field"]) == (401, "timestamp")


def test_a_second_start_keeps_keys_and_payments(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    process = Process.start(tmp_path)
    keys = json.loads((tmp_path / "keys" / "merchant.json").read_text())
    number = next(numbers)
    status, _ = place(make_client(process.address, keys, "http://127.0.0.1:1/n"), out_trade_no=number)
    process.stop()

    process = Process.start(tmp_path)
    found = query(make_client(process.address, keys, "http://127.0.0.1:1/n"), number)
    process.stop()

    assert status == 200
    assert found["trade_state"] == "NOTPAY"
    assert (tmp_path / "keys" / "merchant.json").stat().st_mode & 0o777 == 0o600
    assert (tmp_path / "keys").stat().st_mode & 0o777 == 0o700
    assert not any("platform_private" in name for name in keys)
