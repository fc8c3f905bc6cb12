"""The worker: sends notifications, tries again on WeChat's schedule, and lets the clock do its part."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import json
import secrets
import sqlite3
import time
from typing import Any

import httpx

from sandbox.wechatpay import orders, refunds, sharing
from sandbox.wechatpay.gateway import Gateway, moment
from sandbox.wechatpay.knobs import NotifyKnobs
from sandbox.wechatpay.signing import encrypt, platform_headers

RETRY_SECONDS = (15, 15, 30, 180, 600, 1200, 1800, 1800, 1800, 3600, 10800, 10800, 10800, 21600, 21600)
"""WeChat's waits between tries, 24 h 4 min in all; divided by the gateway's speed."""

ANSWER_SECONDS = 5.0
SUMMARIES = {
    "TRANSACTION.SUCCESS": "支付成功",
    "REFUND.SUCCESS": "退款成功",
    "REFUND.ABNORMAL": "退款异常",
    "REFUND.CLOSED": "退款关闭",
}
SIGNTEST = "WECHATPAY/SIGNTEST/"


async def work(gateway: Gateway) -> None:
    """Run until cancelled; what a stopped process left half sent is sent again."""
    gateway.state.run("update notifications set state = 'waiting' where state in ('sending', 'shuffled')")
    tasks: set[asyncio.Task[None]] = set()
    async with httpx.AsyncClient(timeout=ANSWER_SECONDS, trust_env=False) as client:
        try:
            while True:
                gateway.bell.clear()
                orders.settle_due(gateway)
                refunds.settle_due(gateway)
                sharing.settle_due(gateway)
                for batch in _due(gateway):
                    task = asyncio.create_task(_send_in_order(gateway, client, batch))
                    tasks.add(task)
                    task.add_done_callback(tasks.discard)
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(gateway.bell.wait(), _seconds_to_next(gateway))
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)


def _due(gateway: Gateway) -> list[list[sqlite3.Row]]:
    """Claim what must be sent now: each waiting notification for itself, the shuffled ones as one sequence."""
    state = gateway.state
    waiting = state.all("select * from notifications where state = 'waiting' and next_at <= ?", time.time())
    shuffled = state.all("select * from notifications where state = 'shuffled' order by rowid desc")
    for row in [*waiting, *shuffled]:
        state.run("update notifications set state = 'sending' where id = ?", row["id"])
    return [[row] for row in waiting] + ([shuffled] if shuffled else [])


def _seconds_to_next(gateway: Gateway) -> float:
    """Until the next thing that the clock will do, at most a minute."""
    state, now = gateway.state, gateway.now()
    moments = [60.0]
    row = state.one("select min(next_at) from notifications where state = 'waiting'")
    if row and row[0] is not None:
        moments.append(row[0] - time.time())
    open_payment = "from payments where trade_state in ('NOTPAY', 'PAYERROR')"
    for sql in (
        "select min(late_at) from payments where trade_state != 'SUCCESS'",
        f"select min(expires_at) {open_payment} and late_at is null and expires_at > {now:.6f}",
        "select min(settles_at) from refunds where status = 'PROCESSING'",
        "select min(settles_at) from sharings where settled_at is null",
        "select min(settles_at) from share_returns where settled_at is null",
    ):
        row = state.one(sql)
        if row and row[0] is not None:
            moments.append(row[0] - now)
    return max(0.005, min(moments))


async def _send_in_order(gateway: Gateway, client: httpx.AsyncClient, batch: list[sqlite3.Row]) -> None:
    for row in batch:
        await _send(gateway, client, row)


async def _send(gateway: Gateway, client: httpx.AsyncClient, row: sqlite3.Row) -> None:
    """One try of one notification, its copies and its probe included; then done, waiting again, or given up."""
    knobs = NotifyKnobs.read(json.loads(row["knobs"]))
    tries = row["sent"] + 1
    if knobs.honest_after and row["sent"] >= knobs.honest_after:
        knobs = knobs.honest()
    if knobs.probe and tries == 1 and await _post(gateway, client, row, knobs=knobs.honest(), is_probe=True):
        gateway.state.log("notification", "the merchant ACCEPTED a SIGNTEST probe", "WRONG")
    is_taken = False
    for _copy in range(1 + (knobs.repeat if tries == 1 else 0)):
        is_taken = await _post(gateway, client, row, knobs=knobs) or is_taken
    if is_taken:
        state, next_at = "done", 0.0
    elif tries > len(RETRY_SECONDS):
        state, next_at = "given up", 0.0
    else:
        state, next_at = "waiting", time.time() + RETRY_SECONDS[tries - 1] / gateway.speed
    gateway.state.run("update notifications set state = ?, sent = ?, next_at = ? where id = ?", state, tries, next_at, row["id"])
    gateway.ring()


async def _post(gateway: Gateway, client: httpx.AsyncClient, row: sqlite3.Row, *, knobs: NotifyKnobs, is_probe: bool = False) -> bool:
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
