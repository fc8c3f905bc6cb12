"""Notifications that wait to be sent, with the knobs that they will be sent under."""

from __future__ import annotations

import json
import sqlite3
import time
import uuid
from typing import Any

from sandbox import sending
from sandbox.wechatpay.gateway import Gateway
from sandbox.wechatpay.knobs import NotifyKnobs

TABLE = "notifications"


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
    knobs = NotifyKnobs(**{**gateway.knobs.notify.set_values(), **(own.set_values() if own else {})})
    columns = {
        "id": str(uuid.uuid4()),
        "pr": payment["pr"],
        "notify_url": notify_url,
        "event_type": event_type,
        "kind": kind,
        "resource": json.dumps(resource, ensure_ascii=False),
        "with_certificate": payment["with_certificate"],
        "created_at": time.time(),
    }
    sending.store(gateway, TABLE, columns, knobs=knobs, subject=f"{event_type} {notify_url}", told=resource)
