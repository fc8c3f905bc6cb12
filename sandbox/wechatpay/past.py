"""
What happened here before the sandbox was there: payments and refunds that a demonstration tells of.

They lie in the folder of the keys as `past.json`: `payments` with `out_trade_no`, `transaction_id`, `fen`, `at` (seconds since 1970) and
`description`, `refunds` with `out_trade_no`, `refund_id`, `out_refund_no`, `fen` and `at`. They stand on the bills of their days and
can be queried and refunded like any other; nobody is notified of them.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from sandbox.wechatpay.gateway import Gateway

FILE = "past.json"


def take(gateway: Gateway, folder: str) -> int:
    """Write down what the file of a folder tells and is not known yet; how many. Without a file nothing happened."""
    path = Path(folder) / FILE
    if not path.exists():
        return 0
    past = json.loads(path.read_text(encoding="utf-8"))
    with gateway.state.transaction():
        return sum(_pay(gateway, payment) for payment in past["payments"]) + sum(_refund(gateway, refund) for refund in past["refunds"])


def _pay(gateway: Gateway, payment: dict[str, Any]) -> int:
    state, keys, number = gateway.state, gateway.keys, payment["out_trade_no"]
    if state.one("select 1 from orders where mchid = ? and out_trade_no = ?", keys.mchid, number):
        return 0
    pr, at = f"past-{number}", payment["at"]
    state.run(
        "insert into payments (pr, prepay_id, is_combined, trade_type, appid, mchid, number, content, notify_url, openid, created_at,"
        " expires_at, trade_state, transaction_id, paid_at, with_certificate)"
        " values (?, ?, 0, 'NATIVE', ?, ?, ?, '', '', ?, ?, ?, 'SUCCESS', ?, ?, 0)",
        pr, gateway.prepay_id(), keys.appid, keys.mchid, number, gateway.openid(), at, at, payment["transaction_id"], at,
    )  # fmt: skip
    return state.run(
        "insert into orders (pr, mchid, out_trade_no, description, attach, total_fen, transaction_id) values (?, ?, ?, ?, '', ?, ?)",
        pr, keys.mchid, number, payment["description"], payment["fen"], payment["transaction_id"],
    )  # fmt: skip


def _refund(gateway: Gateway, refund: dict[str, Any]) -> int:
    state, mchid, at = gateway.state, gateway.keys.mchid, refund["at"]
    order = state.the("select id from orders where mchid = ? and out_trade_no = ?", mchid, refund["out_trade_no"])
    return state.run(
        "insert or ignore into refunds (refund_id, order_id, mchid, out_refund_no, content, refund_fen, notify_url, status, outcome,"
        " created_at, settles_at, settled_at) values (?, ?, ?, ?, '', ?, '', 'SUCCESS', 'SUCCESS', ?, ?, ?)",
        refund["refund_id"], order["id"], mchid, refund["out_refund_no"], refund["fen"], at, at, at,
    )  # fmt: skip
