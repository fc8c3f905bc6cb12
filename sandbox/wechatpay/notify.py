"""The worker: sends notifications, tries again on WeChat's schedule, and lets the clock do its part."""

from __future__ import annotations

import base64
import json
import secrets
import sqlite3
import time
from collections.abc import Iterable
from typing import Any

import httpx

from sandbox.sending import Sender, seconds_until
from sandbox.wechatpay import orders, refunds, sharing
from sandbox.wechatpay.gateway import Gateway, moment
from sandbox.wechatpay.knobs import NotifyKnobs
from sandbox.wechatpay.outbox import TABLE
from sandbox.wechatpay.signing import encrypt, platform_headers

RETRY_SECONDS = (15, 15, 30, 180, 600, 1200, 1800, 1800, 1800, 3600, 10800, 10800, 10800, 21600, 21600)
"""WeChat's waits between tries, 24 h 4 min in all; divided by the gateway's speed."""

SUMMARIES = {
    "TRANSACTION.SUCCESS": "支付成功",
    "REFUND.SUCCESS": "退款成功",
    "REFUND.ABNORMAL": "退款异常",
    "REFUND.CLOSED": "退款关闭",
}
SIGNTEST = "WECHATPAY/SIGNTEST/"


def _settle(gateway: Gateway) -> None:
    orders.settle_due(gateway)
    refunds.settle_due(gateway)
    sharing.settle_due(gateway)


def _next_moments(gateway: Gateway) -> Iterable[float]:
    now = gateway.now()
    open_payment = "from payments where trade_state in ('NOTPAY', 'PAYERROR')"
    yield from seconds_until(
        gateway,
        now,
        (
            "select min(late_at) from payments where trade_state != 'SUCCESS'",
            f"select min(expires_at) {open_payment} and late_at is null and expires_at > {now:.6f}",
            "select min(settles_at) from refunds where status = 'PROCESSING'",
            "select min(settles_at) from sharings where settled_at is null",
            "select min(settles_at) from share_returns where settled_at is null",
        ),
    )


async def _probe(gateway: Gateway, client: httpx.AsyncClient, row: sqlite3.Row, knobs: NotifyKnobs) -> None:
    """Send WeChat's SIGNTEST first, where it is asked for; a merchant who takes it looks at no signature."""
    if knobs.probe and await _post(gateway, client, row, knobs.honest(), is_probe=True):
        gateway.state.log("notification", "the merchant ACCEPTED a SIGNTEST probe", "WRONG")


async def _post(gateway: Gateway, client: httpx.AsyncClient, row: sqlite3.Row, knobs: NotifyKnobs, *, is_probe: bool = False) -> bool:
    """Send once; whether the merchant answered 200 or 204, which is all that WeChat takes for yes."""
    body, headers = wire(gateway, row, knobs=knobs)
    if is_probe:
        headers["Wechatpay-Signature"] = SIGNTEST + headers["Wechatpay-Signature"]
    try:
        answer = await client.post(row["notify_url"], content=body, headers=headers)
        status, said = str(answer.status_code), answer.text[:500]
    except httpx.HTTPError as error:
        status, said = type(error).__name__, str(error)
    gateway.state.log(
        "notification",
        f"{'probe ' if is_probe else ''}{row['event_type']} {row['notify_url']}",
        status,
        {"knobs": knobs.set_values(), "resource": json.loads(row["resource"]), "sent": body.decode(), "answer": said},
    )
    return status in {"200", "204"}


def wire(gateway: Gateway, row: sqlite3.Row, *, knobs: NotifyKnobs) -> tuple[bytes, dict[str, str]]:
    """A notification's body and headers, with the untruths that the knobs ask for."""
    resource = json.dumps(_untrue(json.loads(row["resource"]), knobs), ensure_ascii=False).encode()
    original_type = "refund" if row["kind"] == "refund" else "transaction"
    sealed = encrypt(gateway.keys, plain=resource, associated_data=original_type)
    body = json.dumps(
        {
            "id": row["id"],
            "create_time": moment(row["created_at"]),
            "resource_type": "encrypt-resource",
            "event_type": row["event_type"],
            "summary": SUMMARIES.get(row["event_type"], ""),
            "resource": {"original_type": original_type, **sealed},
        },
        ensure_ascii=False,
        separators=(",", ":"),
    ).encode()
    headers = platform_headers(
        gateway.keys,
        body=body,
        timestamp=int(time.time()) - knobs.age_seconds,
        with_certificate=bool(row["with_certificate"]),
    )
    if knobs.unknown_serial:
        headers["Wechatpay-Serial"] = secrets.token_hex(20).upper()
    if knobs.forge:
        headers["Wechatpay-Signature"] = base64.b64encode(secrets.token_bytes(256)).decode()
    if knobs.edit:
        body = body.replace(b'"summary":"', b'"summary":"!', 1)
    return body, {"Content-Type": "application/json", "User-Agent": "Mozilla/4.0", "Accept": "*/*", **headers}


def _untrue(resource: dict[str, Any], knobs: NotifyKnobs) -> dict[str, Any]:
    """The resource with the amount, merchant, appid and order number that the knobs put in their place."""
    prefix = "combine_" if "sub_orders" in resource else ""
    for name in ("mchid", "appid", "out_trade_no"):
        value = getattr(knobs, name)
        if value and f"{prefix}{name}" in resource:
            resource[f"{prefix}{name}"] = value
    if knobs.total_fen:
        amount = resource["sub_orders"][0]["amount"] if prefix else resource["amount"]
        for name in ("total_amount", "payer_amount", "total", "payer_total", "refund", "payer_refund"):
            if name in amount:
                amount[name] = knobs.total_fen
    return resource


SENDER = Sender(
    table=TABLE,
    knobs=NotifyKnobs,
    retry_seconds=RETRY_SECONDS,
    post=_post,
    settle=_settle,
    next_moments=_next_moments,
    first=_probe,
)
