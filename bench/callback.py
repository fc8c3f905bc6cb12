"""``callback``: signed notifications of WeChat Pay applied a second, through the door over HTTP, the inbox and the worker."""

import base64
import json
import os
import time
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_pem_public_key

from bench import load
from bench.processes import cpu_seconds
from checks.running import House, open_django
from sandbox import keys as key_store
from sandbox.wechatpay.signing import encrypt, platform_headers

COUNT, CLIENTS, SECONDS = 4000, 32, 120.0
FEN = 3800
AIM = 500
"""Applied a second."""


def callback(made: House) -> dict[str, Any]:
    """
    Send a notification for each of 4000 open payments over 32 connections and wait until all of them are paid.

    Beside the rate stands what a message costs on a processor, by who spends it: on a machine that others use as well the rate says
    little, and ``cpu_rate`` is what two processors of its own would apply.
    """
    folder = Path(made.environment["TEAHORSE_DATA"]) / "callback-keys"
    keys = key_store.ensure(folder)
    made.environment["TEAHORSE_WECHAT_PAY"] = str(folder / key_store.MERCHANT_FILE)
    open_django(made)
    from django.db import connection
    from django.utils import timezone

    from teahorse.payments.models import Notification, Payment

    numbers = _opened(COUNT, timezone.now())
    limit = _signatures_a_second(keys)
    with made.web() as web, made.worker() as worker:
        _warm_up(web.port)
        requests = [_request(keys, number) for number in numbers]
        roots = {"web": web.process.pid, "worker": worker.pid, "database": made.server.process.pid}
        before = _spent(roots)
        started = time.perf_counter()
        sent = load.run(web.port, [requests[client::CLIENTS] for client in range(CLIENTS)], seconds=SECONDS)
        kept_rate = sent["rate"]
        _wait(lambda: not Payment.objects.filter(our_number__in=numbers[-1:]).exclude(state="succeeded").exists())
        _wait(lambda: not Notification.objects.filter(verdict="accepted", applied_at=None).exists())
        value = COUNT / (time.perf_counter() - started)
        cpu_ms = {name: 1000 * (spent - before[name]) / COUNT for name, spent in _spent(roots).items()}
    paid = Payment.objects.filter(state="succeeded").count()
    connection.close()
    assert set(sent["statuses"]) == {"204"}, sent
    assert paid == COUNT, paid
    return {
        "value": value,
        "unit": "applied/s",
        "limit": limit,
        "limit_is": "signatures checked a second, on one core",
        "ratio": value / limit,
        "aim": AIM,
        "kept_a_second": kept_rate,
        "p50_ms": sent["p50_ms"],
        "p99_ms": sent["p99_ms"],
        "cpu_rate": 2000 / sum(cpu_ms.values()),
        **{f"{name}_cpu_ms": spent for name, spent in cpu_ms.items()},
    }


def _warm_up(port: int) -> None:
    """Wait until each web process has refused messages and the worker works: what they need to start is not what a message costs."""
    from teahorse.common.models import Heartbeat

    _wait(lambda: Heartbeat.objects.filter(process="worker").exists())
    rubbish = load.request("POST", "/payments/wechat_pay/notify", body=b"{}")
    load.run(port, [[rubbish] * 4] * CLIENTS, seconds=SECONDS)


def _spent(roots: dict[str, int]) -> dict[str, float]:
    """Return the seconds on a processor of each of these processes with all below them, and of this one with the load that it drove."""
    return {name: cpu_seconds(root) for name, root in roots.items()} | {"load": sum(os.times()[:4])}


def _opened(count: int, now: datetime) -> list[str]:
    """Write payments that wait for money, and return their numbers."""
    from teahorse.common.ids import new_ids
    from teahorse.payments.models import Payment, PaymentSplit

    payments = [
        Payment(
            pk=key,
            reference=reference,
            provider="wechat_pay",
            method="native",
            our_number=UUID(key).hex,
            amount_fen=FEN,
            subject="藏茶 250g",
            state=Payment.State.PAYING,
            is_open_at_provider=True,
            created_at=now,
            expires_at=now + timedelta(hours=1),
            polled_at=now + timedelta(hours=1),  # nobody asks WeChat, which does not know them
        )
        for key, reference in zip(new_ids(count), new_ids(count), strict=True)
    ]
    from django.db import transaction

    with transaction.atomic():
        Payment.objects.bulk_create(payments, batch_size=1000)
        PaymentSplit.objects.bulk_create(
            [PaymentSplit(payment=one, payee_id=UUID(int=1), reference=one.reference, amount_fen=FEN) for one in payments], batch_size=1000
        )
    return [one.our_number for one in payments]


def _request(keys: key_store.Keys, number: str) -> bytes:
    """Return a notification as the platform signs it."""
    told = {
        "appid": keys.appid,
        "mchid": keys.mchid,
        "out_trade_no": number,
        "transaction_id": f"42{number[:26]}",
        "trade_state": "SUCCESS",
        "success_time": "2026-08-15T12:00:00+08:00",
        "amount": {"total": FEN, "currency": "CNY"},
    }
    body = json.dumps(
        {
            "id": f"EV-{number}",
            "event_type": "TRANSACTION.SUCCESS",
            "resource_type": "encrypt-resource",
            "resource": encrypt(keys, plain=json.dumps(told).encode(), associated_data="transaction"),
        }
    ).encode()
    headers = platform_headers(keys, body=body, timestamp=int(time.time()), with_certificate=False)
    lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    head = f"POST /payments/wechat_pay/notify HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n{lines}"
    return f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body


def _signatures_a_second(keys: key_store.Keys) -> float:
    public: Any = load_pem_public_key(keys.platform_public_key.encode())
    body = b"x" * 800
    headers = platform_headers(keys, body=body, timestamp=1, with_certificate=False)
    message = f"1\n{headers['Wechatpay-Nonce']}\n".encode() + body + b"\n"
    signature = base64.b64decode(headers["Wechatpay-Signature"])
    checked, started = 0, time.perf_counter()
    while time.perf_counter() - started < 1:
        public.verify(signature, message, PKCS1v15(), SHA256())
        checked += 1
    return checked / (time.perf_counter() - started)


def _wait(is_so: Callable[[], bool]) -> None:
    deadline = time.monotonic() + SECONDS
    while not is_so():
        assert time.monotonic() < deadline, "not applied in time"
        time.sleep(0.05)
