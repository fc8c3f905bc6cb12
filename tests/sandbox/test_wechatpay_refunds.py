"""Refunds: never more than was paid, the same number twice is one refund."""

from __future__ import annotations

import json

import pytest
from wechatpayv3 import WeChatPay

from .conftest import Sandbox, wait_until
from .driving import numbers, paid, parts, place, query, refund

pytestmark = pytest.mark.filterwarnings("error")


def test_refunds_never_exceed_what_was_paid(sandbox: Sandbox, client: WeChatPay) -> None:
    number = paid(sandbox, client)
    name = next(numbers)

    first = refund(client, number, 1000, out_refund_no=name)
    again = refund(client, number, 1000, out_refund_no=name)
    other = refund(client, number, 999, out_refund_no=name)
    too_much = refund(client, number, 2801)
    rest = refund(client, number, 2800)
    nothing_left = refund(client, number, 1)

    assert (first[0], first[1]["status"], first[1]["amount"]["refund"]) == (200, "PROCESSING", 1000)
    assert again[1]["refund_id"] == first[1]["refund_id"]
    assert (other[0], other[1]["code"]) == (400, "INVALID_REQUEST")
    assert (too_much[0], too_much[1]["detail"]["left"]) == (400, 2800)
    assert rest[0] == 200
    assert nothing_left[1]["code"] == "INVALID_REQUEST"
    assert query(client, number)["trade_state"] == "REFUND"
    wait_until(lambda: json.loads(client.query_refund(name)[1])["status"] == "SUCCESS")


def test_refunds_are_refused_for_unpaid_orders_wrong_totals_and_an_empty_balance(sandbox: Sandbox, client: WeChatPay) -> None:
    unpaid, number = next(numbers), paid(sandbox, client)
    place(client, out_trade_no=unpaid)
    sandbox.control(refund={"balance_fen": 500})

    assert refund(client, unpaid, 1)[1]["code"] == "RESOURCE_NOT_EXISTS"
    assert refund(client, number, 1, total=3801)[1]["detail"]["field"] == "/amount/total"
    assert refund(client, number, 0)[1]["detail"]["field"] == "/amount/refund"
    assert refund(client, number, 501)[1]["code"] == "NOT_ENOUGH"
    assert refund(client, number, 500)[0] == 200


def test_one_order_of_a_combined_payment_is_refunded(sandbox: Sandbox, client: WeChatPay) -> None:
    number, subs = next(numbers), parts(1000, 2000)
    placed = json.loads(client.combine_pay(combine_out_trade_no=number, sub_orders=subs)[1])
    sandbox.act(code_url=placed["code_url"], action="pay")

    status, answer = refund(client, subs[1]["out_trade_no"], 2000, total=2000)

    assert (status, answer["amount"]["total"]) == (200, 2000)
    states = [sub["trade_state"] for sub in json.loads(client.combine_query(number)[1])["sub_orders"]]
    assert states == ["SUCCESS", "REFUND"]
