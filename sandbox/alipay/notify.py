"""The worker: sends notifications, tries again on Alipay's schedule, and lets the clock do its part."""

from __future__ import annotations

import base64
import json
import secrets
import sqlite3
import time
from collections.abc import Iterable

import httpx

from sandbox.alipay import trades
from sandbox.alipay.gateway import Gateway, moment, yuan
from sandbox.alipay.knobs import NotifyKnobs
from sandbox.alipay.outbox import TABLE
from sandbox.alipay.signing import signed_fields
from sandbox.sending import Sender, seconds_until

RETRY_SECONDS = (240, 600, 600, 3600, 7200, 21600, 54000)
"""Alipay's waits between its eight tries in 25 hours; divided by the gateway's speed. The notify_id stays, the notify_time is new."""


def _next_moments(gateway: Gateway) -> Iterable[float]:
    yield from seconds_until(
        gateway,
        gateway.now(),
        (
            "select min(late_at) from alipay_trades where status != 'TRADE_SUCCESS'",
            "select min(expires_at) from alipay_trades where status = 'WAIT_BUYER_PAY' and late_at is null",
            "select min(settles_at) from alipay_refunds where status = ''",
        ),
    )


async def _post(gateway: Gateway, client: httpx.AsyncClient, row: sqlite3.Row, knobs: NotifyKnobs) -> bool:
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


SENDER = Sender(
    table=TABLE, knobs=NotifyKnobs, retry_seconds=RETRY_SECONDS, post=_post, settle=trades.settle_due, next_moments=_next_moments
)
