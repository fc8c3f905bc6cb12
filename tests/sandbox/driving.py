"""Short ways to drive the sandbox with the real client: place, pay, query, refund."""

from __future__ import annotations

import itertools
import json
import uuid
from typing import Any

from wechatpayv3 import WeChatPay

from .conftest import Sandbox

SELLER, OTHER_SELLER = "1900100001", "1900100002"
numbers = (f"T{uuid.uuid4().hex[:20]}" for _ in itertools.count())


def place(client: WeChatPay, **changes: Any) -> tuple[int, dict[str, Any]]:
    """A native payment of 38 yuan, with changes."""
    request = {
        "description": "青稞饼 རྩམ་པ",
        "out_trade_no": next(numbers),
        "amount": {"total": 3800, "currency": "CNY"},
    }
    status, answer = client.pay(**{**request, **changes})
    return status, json.loads(answer)


def parts(*totals: int) -> list[dict[str, Any]]:
    """Orders of a combined payment, one per sum."""
    return [
        {
            "mchid": SELLER if place % 2 else OTHER_SELLER,
            "attach": "柳梧",
            "amount": {"total_amount": total, "currency": "CNY"},
            "out_trade_no": next(numbers),
            "description": f"货 {place}",
        }
        for place, total in enumerate(totals)
    ]


def paid(sandbox: Sandbox, client: WeChatPay, **changes: Any) -> str:
    """The number of a payment that the payer has paid."""
    number = changes.setdefault("out_trade_no", next(numbers))
    status, answer = place(client, **changes)
    assert status == 200, answer
    assert sandbox.act(code_url=answer["code_url"], action="pay").json()["trade_state"] == "SUCCESS"
    return str(number)


def query(client: WeChatPay, number: str) -> dict[str, Any]:
    return dict(json.loads(client.query(out_trade_no=number)[1]))


def refund(client: WeChatPay, number: str, fen: int, *, out_refund_no: str = "", total: int = 3800) -> tuple[int, Any]:
    status, answer = client.refund(
        out_refund_no=out_refund_no or next(numbers),
        amount={"refund": fen, "total": total, "currency": "CNY"},
        out_trade_no=number,
    )
    return status, json.loads(answer)
