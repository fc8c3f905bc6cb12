"""Notifications that wait to be sent, with the knobs that they will be sent under."""

from __future__ import annotations

import json
import sqlite3
import time
import uuid
from typing import Any

from sandbox.wechatpay.gateway import Gateway
from sandbox.wechatpay.knobs import NotifyKnobs


def enqueue(
    gateway: Gateway,
    *,
    payment: sqlite3.Row,
    notify_url: str,
    event_type: str,
    kind: str,
    resource: dict[str, Any],
    own: NotifyKnobs | None = None,
) -> None:
    """Store the truth; a payment's own knobs, laid over the global ones, say how it will be told."""
    own_values = own.set_values() if own else {}
    knobs = NotifyKnobs(**{**gateway.knobs.notify.set_values(), **own_values})
    state = "dropped" if knobs.drop else "held" if knobs.shuffle else "waiting"
    now = time.time()
    gateway.state.run(
        "insert into notifications (id, pr, notify_url, event_type, kind, resource, with_certificate, created_at,"
        " state, next_at, knobs) values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        str(uuid.uuid4()), payment["pr"], notify_url, event_type, kind, json.dumps(resource, ensure_ascii=False),
        payment["with_certificate"], now, state, now + knobs.delay, json.dumps(knobs.set_values()),
    )  # fmt: skip
    if knobs.drop:
        gateway.state.log("notification", f"{event_type} {notify_url}", "dropped", resource)
    held = gateway.state.number("select count(*) from notifications where state = 'held'")
    if knobs.shuffle and held >= knobs.shuffle:
        release(gateway)
    gateway.ring()


def release(gateway: Gateway) -> None:
    """Let every held notification go; they are sent newest first."""
    gateway.state.run("update notifications set state = 'shuffled' where state = 'held'")
    gateway.ring()
