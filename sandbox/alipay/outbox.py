"""Notifications that wait to be sent, with the knobs that they will be sent under."""

from __future__ import annotations

import json
import secrets
import sqlite3

from sandbox import sending
from sandbox.alipay.gateway import Gateway
from sandbox.alipay.knobs import NotifyKnobs

TABLE = "alipay_notifications"


def enqueue(gateway: Gateway, *, trade: sqlite3.Row, fields: dict[str, str], own: NotifyKnobs | None = None) -> None:
    """Store the truth; a trade's own knobs, laid over the global ones, say how it will be told."""
    if not trade["notify_url"]:
        return
    knobs = NotifyKnobs(**{**gateway.knobs.notify.set_values(), **(own.set_values() if own else {})})
    told = {"trade": trade["id"], "notify_url": trade["notify_url"], "fields": json.dumps(fields, ensure_ascii=False)}
    columns = {"id": f"{secrets.token_hex(16)}ub", **told}
    sending.store(gateway, TABLE, columns, knobs=knobs, subject=f"Alipay {fields['trade_status']} {trade['notify_url']}", told=fields)
