"""Notifications that wait to be sent, with the knobs that they will be sent under."""

from __future__ import annotations

import json
import secrets
import sqlite3
import time

from sandbox.alipay.gateway import Gateway
from sandbox.alipay.knobs import NotifyKnobs


def enqueue(gateway: Gateway, *, trade: sqlite3.Row, fields: dict[str, str], own: NotifyKnobs | None = None) -> None:
    """Store the truth; a trade's own knobs, laid over the global ones, say how it will be told."""
    if not trade["notify_url"]:
        return
    knobs = NotifyKnobs(**{**gateway.knobs.notify.set_values(), **(own.set_values() if own else {})})
    state, now = "dropped" if knobs.drop else "held" if knobs.shuffle else "waiting", time.time()
    gateway.state.run(
        "insert into alipay_notifications (id, trade, notify_url, fields, state, next_at, knobs) values (?, ?, ?, ?, ?, ?, ?)",
        f"{secrets.token_hex(16)}ub", trade["id"], trade["notify_url"], json.dumps(fields, ensure_ascii=False), state,
        now + knobs.delay, json.dumps(knobs.set_values()),
    )  # fmt: skip
    if knobs.drop:
        gateway.state.log("notification", f"Alipay {fields['trade_status']} {trade['notify_url']}", "dropped", fields)
    if knobs.shuffle and gateway.state.number("select count(*) from alipay_notifications where state = 'held'") >= knobs.shuffle:
        release(gateway)
    gateway.ring()


def release(gateway: Gateway) -> None:
    """Let every held notification go; they are sent newest first."""
    gateway.state.run("update alipay_notifications set state = 'shuffled' where state = 'held'")
    gateway.ring()
