"""The worker: sends notifications, tries again on Alipay's schedule, and lets the clock do its part."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import json
import secrets
import sqlite3
import time

import httpx

from sandbox.alipay import trades
from sandbox.alipay.gateway import Gateway, moment, yuan
from sandbox.alipay.knobs import NotifyKnobs
from sandbox.alipay.signing import signed_fields

RETRY_SECONDS = (240, 600, 600, 3600, 7200, 21600, 54000)
"""Alipay's waits between its eight tries in 25 hours; divided by the gateway's speed. The notify_id stays, the notify_time is new."""

ANSWER_SECONDS = 5.0


async def work(gateway: Gateway) -> None:
    """Run until cancelled; what a stopped process left half sent is sent again."""
    gateway.state.run("update alipay_notifications set state = 'waiting' where state in ('sending', 'shuffled')")
    tasks: set[asyncio.Task[None]] = set()
    async with httpx.AsyncClient(timeout=ANSWER_SECONDS, trust_env=False) as client:
        try:
            while True:
                gateway.bell.clear()
                trades.settle_due(gateway)
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
    waiting = state.all("select * from alipay_notifications where state = 'waiting' and next_at <= ?", time.time())
    shuffled = state.all("select * from alipay_notifications where state = 'shuffled' order by rowid desc")
    for row in [*waiting, *shuffled]:
        state.run("update alipay_notifications set state = 'sending' where id = ?", row["id"])
    return [[row] for row in waiting] + ([shuffled] if shuffled else [])


def _seconds_to_next(gateway: Gateway) -> float:
    """Until the next thing that the clock will do, at most a minute."""
    now = gateway.now()
    moments = [60.0]
    for sql, clock in (
        ("select min(next_at) from alipay_notifications where state = 'waiting'", time.time()),
        ("select min(late_at) from alipay_trades where status != 'TRADE_SUCCESS'", now),
        ("select min(expires_at) from alipay_trades where status = 'WAIT_BUYER_PAY' and late_at is null", now),
        ("select min(settles_at) from alipay_refunds where status = ''", now),
    ):
        row = gateway.state.one(sql)
        if row and row[0] is not None:
            moments.append(row[0] - clock)
    return max(0.005, min(moments))


async def _send_in_order(gateway: Gateway, client: httpx.AsyncClient, batch: list[sqlite3.Row]) -> None:
    for row in batch:
        await _send(gateway, client, row)


async def _send(gateway: Gateway, client: httpx.AsyncClient, row: sqlite3.Row) -> None:
    """One try of one notification, its copies included; then done, waiting again, or given up."""
    knobs = NotifyKnobs.read(json.loads(row["knobs"]))
    tries = row["sent"] + 1
    if knobs.honest_after and row["sent"] >= knobs.honest_after:
        knobs = knobs.honest()
    is_taken = False
    for _copy in range(1 + (knobs.repeat if tries == 1 else 0)):
        is_taken = await _post(gateway, client, row, knobs=knobs) or is_taken
    if is_taken:
        state, next_at = "done", 0.0
    elif tries > len(RETRY_SECONDS):
        state, next_at = "given up", 0.0
    else:
        state, next_at = "waiting", time.time() + RETRY_SECONDS[tries - 1] / gateway.speed
    gateway.state.run("update alipay_notifications set state = ?, sent = ?, next_at = ? where id = ?", state, tries, next_at, row["id"])
    gateway.ring()


async def _post(gateway: Gateway, client: httpx.AsyncClient, row: sqlite3.Row, *, knobs: NotifyKnobs) -> bool:
    """Send once; whether the merchant answered with the seven letters `success`, which is all that Alipay takes for yes."""
    fields = wire(gateway, row, knobs=knobs)
    try:
        answer = await client.post(row["notify_url"], data=fields)
        status, said = str(answer.status_code), answer.text[:500]
    except httpx.HTTPError as error:
        status, said = type(error).__name__, str(error)
    gateway.state.log(
        "notification",
        f"Alipay {fields['trade_status']} {row['notify_url']}",
        status,
        {"knobs": knobs.set_values(), "sent": fields, "answer": said},
    )
    return status == "200" and said == "success"


def wire(gateway: Gateway, row: sqlite3.Row, *, knobs: NotifyKnobs) -> dict[str, str]:
    """A notification's fields, with the untruths that the knobs ask for."""
    fields = {**json.loads(row["fields"]), "notify_id": row["id"], "notify_time": moment(time.time() - knobs.age_seconds)}
    for name in ("app_id", "seller_id", "out_trade_no"):
        if getattr(knobs, name):
            fields[name] = getattr(knobs, name)
    if knobs.total_fen:
        fields["total_amount"] = yuan(knobs.total_fen)
    if knobs.empty:
        fields["passback_params"] = ""
    signed = signed_fields(gateway.private_key, fields)
    if knobs.forge:
        signed["sign"] = base64.b64encode(secrets.token_bytes(256)).decode()
    if knobs.edit:
        signed["total_amount"] = "0.01"
    return signed
