"""Payments as the real client sees them: placing, querying, closing, expiry, and every refusal by its name."""

from __future__ import annotations

import datetime as dt
import json
import time
from typing import Any

import pytest
from wechatpayv3 import WeChatPay, WeChatPayType

from .conftest import Listener, Sandbox
from .driving import numbers, paid, parts, place, query

pytestmark = pytest.mark.filterwarnings("error")


def test_a_native_payment_is_placed_paid_and_found_by_both_numbers(sandbox: Sandbox, client: WeChatPay) -> None:
    number = next(numbers)

    status, placed = place(client, out_trade_no=number, attach="柜台3")
    before = query(client, number)
    sandbox.act(code_url=placed["code_url"], action="pay")
    after = query(client, number)
    by_id = json.loads(client.query(transaction_id=after["transaction_id"])[1])

    assert status == 200
    assert placed["code_url"].startswith("weixin://wxpay/bizpayurl?pr=")
    assert (before["trade_state"], before["amount"]["total"]) == ("NOTPAY", 3800)
    assert "transaction_id" not in before
    assert (after["trade_state"], after["trade_type"], after["attach"]) == ("SUCCESS", "NATIVE", "柜台3")
    assert after["amount"] == {"total": 3800, "payer_total": 3800, "currency": "CNY", "payer_currency": "CNY"}
    assert len(after["transaction_id"]) == 28
    assert by_id == after


def test_jsapi_is_opened_with_the_merchants_pay_sign_only(sandbox: Sandbox, client: WeChatPay) -> None:
    number = next(numbers)
    _, placed = place(client, out_trade_no=number, pay_type=WeChatPayType.JSAPI, payer={"openid": "oPayer1"})
    given = {
        "appId": sandbox.keys["appid"],
        "timeStamp": str(int(time.time())),
        "nonceStr": "n" * 32,
        "package": f"prepay_id={placed['prepay_id']}",
    }
    sign = client.sign(list(given.values()))

    good = sandbox.http.get("/wechatpay/pay", params={**given, "signType": "RSA", "paySign": sign})
    bad = sandbox.http.get("/wechatpay/pay", params={**given, "nonceStr": "x", "signType": "RSA", "paySign": sign})
    sandbox.act(prepay_id=placed["prepay_id"], action="pay")

    assert good.status_code == 200
    assert "¥38.00" in good.text
    assert bad.status_code == 401
    assert query(client, number)["payer"] == {"openid": "oPayer1"}


def test_h5_points_to_the_payers_page_which_goes_back_to_loopback_only(sandbox: Sandbox, client: WeChatPay) -> None:
    scene = {"payer_client_ip": "127.0.0.1", "h5_info": {"type": "Wap"}}
    _, placed = place(client, pay_type=WeChatPayType.H5, scene_info=scene)
    url = placed["h5_url"]

    safe = sandbox.http.get(url + "&redirect_url=http%3A%2F%2F127.0.0.1%3A8000%2Fdone")
    unsafe = sandbox.http.get(url + "&redirect_url=https%3A%2F%2Fevil.example%2F")
    pr = safe.text.split('name="pr" value="')[1].split('"')[0]
    sent_on = sandbox.http.post("/wechatpay/pay", data={"pr": pr, "action": "pay", "back": "http://127.0.0.1:8000/done"})

    assert url.startswith(f"{sandbox.address}/wechatpay/pay?")
    assert "http://127.0.0.1:8000/done" in safe.text
    assert "evil.example" not in unsafe.text
    assert (sent_on.status_code, sent_on.headers["location"]) == (303, "http://127.0.0.1:8000/done")


def test_a_combined_payment_shows_its_orders_and_each_gets_a_transaction(sandbox: Sandbox, client: WeChatPay) -> None:
    number, subs = next(numbers), parts(1000, 2345, 1)

    status, placed = client.combine_pay(combine_out_trade_no=number, sub_orders=subs)
    shown = sandbox.http.get("/wechatpay/pay", params={"code_url": json.loads(placed)["code_url"]})
    sandbox.act(code_url=json.loads(placed)["code_url"], action="pay")
    found = json.loads(client.combine_query(number)[1])

    assert status == 200
    assert "¥33.46" in shown.text
    assert all(sub["out_trade_no"] in shown.text for sub in subs)
    assert [sub["amount"]["total_amount"] for sub in found["sub_orders"]] == [1000, 2345, 1]
    assert {sub["trade_state"] for sub in found["sub_orders"]} == {"SUCCESS"}
    assert len({sub["transaction_id"] for sub in found["sub_orders"]}) == 3


@pytest.mark.parametrize("totals", [(100,), (1,) * 51])
def test_a_combined_payment_has_two_to_fifty_orders(client: WeChatPay, totals: tuple[int, ...]) -> None:
    status, answer = client.combine_pay(combine_out_trade_no=next(numbers), sub_orders=parts(*totals))

    assert (status, json.loads(answer)["detail"]["field"]) == (400, "/sub_orders")


@pytest.mark.parametrize(
    ("change", "code", "field"),
    [
        ({"amount": {"total_amount": 0, "currency": "CNY"}}, "PARAM_ERROR", "/sub_orders/1/amount/total_amount"),
        ({"amount": {"total_amount": 1}}, "PARAM_ERROR", "/sub_orders/1/amount/currency"),
        ({"description": ""}, "PARAM_ERROR", "/sub_orders/1/description"),
        ({"out_trade_no": "x"}, "PARAM_ERROR", "/sub_orders/1/out_trade_no"),
        ({"mchid": "1"}, "MCH_NOT_EXISTS", "/sub_orders/1/mchid"),
        ({"description": "\ud800"}, "PARAM_ERROR", "/"),
    ],
)
def test_an_order_of_a_combined_payment_is_refused_by_its_place(client: WeChatPay, change: dict[str, Any], code: str, field: str) -> None:
    first, second = parts(10, 20)

    status, answer = client.combine_pay(combine_out_trade_no=next(numbers), sub_orders=[first, {**second, **change}])

    assert (status, json.loads(answer)["code"], json.loads(answer)["detail"]["field"]) == (400, code, field)


def test_a_combined_payment_is_closed_by_naming_exactly_its_orders(client: WeChatPay) -> None:
    number, subs = next(numbers), parts(10, 20)
    client.combine_pay(combine_out_trade_no=number, sub_orders=subs)
    names = [{"mchid": sub["mchid"], "out_trade_no": sub["out_trade_no"]} for sub in subs]

    some = client.combine_close(number, names[:1])
    every = client.combine_close(number, names)

    assert (some[0], json.loads(some[1])["code"]) == (400, "INVALID_REQUEST")
    assert every[0] == 204
    assert json.loads(client.combine_query(number)[1])["sub_orders"][0]["trade_state"] == "CLOSED"


def test_the_same_request_gets_the_same_answer_and_another_content_is_refused(client: WeChatPay) -> None:
    number = next(numbers)

    first = place(client, out_trade_no=number)
    again = place(client, out_trade_no=number)
    other = place(client, out_trade_no=number, amount={"total": 3801, "currency": "CNY"})

    assert first == again
    assert (other[0], other[1]["code"]) == (403, "OUT_TRADE_NO_USED")
    assert query(client, number)["amount"]["total"] == 3800


@pytest.mark.parametrize(
    ("changes", "status", "code", "field"),
    [
        ({"amount": {"total": 0}}, 400, "PARAM_ERROR", "/amount/total"),
        ({"amount": {"total": 38.5}}, 400, "PARAM_ERROR", "/amount/total"),
        ({"amount": {"total": "3800"}}, 400, "PARAM_ERROR", "/amount/total"),
        ({"amount": {"total": True}}, 400, "PARAM_ERROR", "/amount/total"),
        ({"amount": {"currency": "CNY"}}, 400, "PARAM_ERROR", "/amount/total"),
        ({"amount": {"total": 1, "currency": "USD"}}, 400, "PARAM_ERROR", "/amount/currency"),
        ({"description": "长" * 128}, 400, "PARAM_ERROR", "/description"),
        ({"out_trade_no": "T1234"}, 400, "PARAM_ERROR", "/out_trade_no"),
        ({"out_trade_no": "T" * 33}, 400, "PARAM_ERROR", "/out_trade_no"),
        ({"out_trade_no": "T 123456"}, 400, "PARAM_ERROR", "/out_trade_no"),
        ({"time_expire": "tomorrow"}, 400, "PARAM_ERROR", "/time_expire"),
        ({"time_expire": "2099-01-01T00:00:00"}, 400, "PARAM_ERROR", "/time_expire"),
        ({"time_expire": "2020-01-01T00:00:00+08:00"}, 400, "PARAM_ERROR", "/time_expire"),
        ({"notify_url": "http://127.0.0.1/notify?order=1"}, 400, "PARAM_ERROR", "/notify_url"),
        ({"notify_url": "notify"}, 400, "PARAM_ERROR", "/notify_url"),
        ({"notify_url": "https://shop.example/notify"}, 400, "PARAM_ERROR", "/notify_url"),
        ({"attach": "附" * 129}, 400, "PARAM_ERROR", "/attach"),
        ({"appid": "wx0000000000000000"}, 400, "APPID_MCHID_NOT_MATCH", "/appid"),
        ({"mchid": "1900999999"}, 403, "NO_AUTH", "/mchid"),
        ({"mchid": "77"}, 400, "MCH_NOT_EXISTS", "/mchid"),
    ],
)
def test_a_field_out_of_bounds_is_refused_by_its_name(
    client: WeChatPay, changes: dict[str, Any], status: int, code: str, field: str
) -> None:
    answer = place(client, **changes)

    assert (answer[0], answer[1]["code"], answer[1]["detail"]["field"]) == (status, code, field)


def test_an_unknown_number_is_not_found(client: WeChatPay) -> None:
    answers = [
        client.query(out_trade_no="T00000000"),
        client.query(transaction_id="4200"),
        client.combine_query("T0000000"),
    ]
    unknown_refund = client.query_refund("T00000000")

    assert [(status, json.loads(text)["code"]) for status, text in answers] == [(404, "ORDER_NOT_EXIST")] * 3
    assert (unknown_refund[0], json.loads(unknown_refund[1])["code"]) == (404, "RESOURCE_NOT_EXISTS")


def test_a_closed_payment_stays_closed_and_a_paid_one_cannot_be_closed(sandbox: Sandbox, client: WeChatPay) -> None:
    closed, number = next(numbers), paid(sandbox, client)
    _, placed = place(client, out_trade_no=closed)

    first, again = client.close(closed), client.close(closed)
    tried = sandbox.act(code_url=placed["code_url"], action="pay")
    too_late = client.close(number)

    assert (first[0], again[0]) == (204, 204)
    assert (tried.status_code, tried.json()["code"]) == (400, "ORDER_CLOSED")
    assert place(client, out_trade_no=closed)[1]["code"] == "ORDER_CLOSED"
    assert query(client, closed)["trade_state"] == "CLOSED"
    assert (too_late[0], json.loads(too_late[1])["code"]) == (400, "ORDERPAID")
    assert query(client, number)["trade_state"] == "SUCCESS"


def in_an_hour() -> str:
    when = dt.datetime.now(dt.timezone(dt.timedelta(hours=8))) + dt.timedelta(hours=1)
    return when.isoformat(timespec="seconds")


def test_expiry_closes_and_late_money_still_comes(sandbox: Sandbox, client: WeChatPay, listener: Listener) -> None:
    lapsed, late = next(numbers), next(numbers)
    place(client, out_trade_no=lapsed, time_expire=in_an_hour())
    _, placed = place(client, out_trade_no=late, time_expire=in_an_hour())
    sandbox.act(code_url=placed["code_url"], action="late", seconds=30, even_if_closed=True)

    sandbox.control(advance_seconds=3610)
    after_expiry = query(client, lapsed)["trade_state"]
    closing = client.close(late)
    closed = query(client, late)["trade_state"]
    sandbox.control(advance_seconds=30)
    listener.wait(1)

    assert after_expiry == "CLOSED"
    assert (closing[0], closed) == (204, "CLOSED")
    assert query(client, late)["trade_state"] == "SUCCESS"
    assert client.callback(*listener.got[0])["resource"]["out_trade_no"] == late


def test_without_the_knob_of_closing_an_expired_payment_only_cannot_be_paid(sandbox: Sandbox, client: WeChatPay) -> None:
    number = next(numbers)
    _, placed = place(client, out_trade_no=number, time_expire=in_an_hour())

    sandbox.control(expiry_closes=False, advance_seconds=3610)
    tried = sandbox.act(code_url=placed["code_url"], action="pay")

    assert tried.json()["code"] == "ORDER_CLOSED"
    assert query(client, number)["trade_state"] == "NOTPAY"


def test_a_payer_who_is_paying_late_keeps_the_payment_open(sandbox: Sandbox, client: WeChatPay) -> None:
    number = next(numbers)
    _, placed = place(client, out_trade_no=number)
    sandbox.act(code_url=placed["code_url"], action="late")

    status, answer = client.close(number)

    assert (status, json.loads(answer)["code"]) == (202, "USER_PAYING")


def test_a_failed_payment_may_be_tried_again(sandbox: Sandbox, client: WeChatPay) -> None:
    number = next(numbers)
    _, placed = place(client, out_trade_no=number)

    sandbox.act(code_url=placed["code_url"], action="fail")
    failed = query(client, number)["trade_state"]
    sandbox.act(code_url=placed["code_url"], action="pay")

    assert failed == "PAYERROR"
    assert query(client, number)["trade_state"] == "SUCCESS"
