"""Notifications as the real client verifies them, and the knobs that make them late, many, wrong or absent."""

from __future__ import annotations

import json
import time
from typing import Any

import pytest
from wechatpayv3 import WeChatPay

from .conftest import Listener, Sandbox, wait_until
from .driving import numbers, paid, parts, place, refund

pytestmark = pytest.mark.filterwarnings("error")


def read(client: WeChatPay, got: tuple[dict[str, str], bytes]) -> Any:
    """A notification as the client understands it; None if it does not verify."""
    return client.callback(*got)


def settled(sandbox: Sandbox, listener: Listener) -> bool:
    """Whether no notification is on its way to this listener."""
    rows = sandbox.http.get("/wechatpay/_notifications").json()
    return not any(row["state"] != "done" for row in rows if row["notify_url"] == listener.address)


def test_a_payment_is_told_signed_and_encrypted(sandbox: Sandbox, client: WeChatPay, listener: Listener) -> None:
    number = paid(sandbox, client, attach="柜台3")

    got = listener.wait(1)[0]
    told = read(client, got)

    assert got[0]["Wechatpay-Serial"] == sandbox.keys["platform_key_id"]
    assert (told["event_type"], told["resource_type"], told["summary"]) == (
        "TRANSACTION.SUCCESS",
        "encrypt-resource",
        "支付成功",
    )
    resource = told["resource"]
    assert (resource["out_trade_no"], resource["trade_state"], resource["attach"]) == (number, "SUCCESS", "柜台3")
    assert resource["amount"]["payer_total"] == 3800
    assert resource["transaction_id"] == json.loads(client.query(out_trade_no=number)[1])["transaction_id"]


def test_an_edited_body_does_not_verify(sandbox: Sandbox, client: WeChatPay, listener: Listener) -> None:
    paid(sandbox, client)
    headers, body = listener.wait(1)[0]

    assert client.callback(headers, body.replace(b'"summary":"', b'"summary":"!')) is None


def test_a_combined_payment_is_told_with_its_orders(sandbox: Sandbox, client: WeChatPay, listener: Listener) -> None:
    number, subs = next(numbers), parts(1000, 2000)
    placed = json.loads(client.combine_pay(combine_out_trade_no=number, sub_orders=subs)[1])
    sandbox.act(code_url=placed["code_url"], action="pay")

    resource = read(client, listener.wait(1)[0])["resource"]

    assert resource["combine_out_trade_no"] == number
    assert [(sub["out_trade_no"], sub["amount"]["payer_amount"]) for sub in resource["sub_orders"]] == [
        (subs[0]["out_trade_no"], 1000),
        (subs[1]["out_trade_no"], 2000),
    ]


@pytest.mark.parametrize("outcome", ["SUCCESS", "ABNORMAL", "CLOSED"])
def test_a_refund_is_told_with_its_outcome(sandbox: Sandbox, client: WeChatPay, listener: Listener, outcome: str) -> None:
    number, name = paid(sandbox, client), next(numbers)
    listener.wait(1)
    sandbox.control(refund={"outcome": outcome, "delay": 0})

    refund(client, number, 300, out_refund_no=name)
    told = read(client, listener.wait(2)[1])

    assert told["event_type"] == f"REFUND.{outcome}"
    assert (told["resource"]["out_refund_no"], told["resource"]["refund_status"]) == (name, outcome)
    assert told["resource"]["amount"] == {"total": 3800, "refund": 300, "payer_total": 3800, "payer_refund": 300}


def test_an_unanswered_notification_comes_again_until_it_is_taken(sandbox: Sandbox, client: WeChatPay, listener: Listener) -> None:
    listener.answers[:] = [500, 302, 201]
    paid(sandbox, client)

    got = listener.wait(4)
    wait_until(lambda: settled(sandbox, listener))

    assert len({json.loads(body)["id"] for _, body in got}) == 1
    assert len(listener.got) == 4


def test_copies_carry_the_same_id(sandbox: Sandbox, client: WeChatPay, listener: Listener) -> None:
    sandbox.control(notify={"repeat": 2})
    paid(sandbox, client)

    got = listener.wait(3)
    wait_until(lambda: settled(sandbox, listener))

    assert len(listener.got) == 3
    assert len({json.loads(body)["id"] for _, body in got}) == 1
    assert all(read(client, one) for one in got)


def test_shuffled_notifications_wait_and_come_newest_first(sandbox: Sandbox, client: WeChatPay, listener: Listener) -> None:
    sandbox.control(notify={"shuffle": 3})
    placed = [paid(sandbox, client) for _ in range(2)]
    held = sandbox.control()["notifications"]["held"], len(listener.got)

    placed.append(paid(sandbox, client))
    came = [read(client, got)["resource"]["out_trade_no"] for got in listener.wait(3)]

    assert held == (2, 0)
    assert came == placed[::-1]


def test_a_held_notification_can_be_released(sandbox: Sandbox, client: WeChatPay, listener: Listener) -> None:
    sandbox.control(notify={"shuffle": 9})
    paid(sandbox, client)

    sandbox.control(release=True)

    assert listener.wait(1)


def test_forged_and_edited_ones_do_not_verify_and_the_truth_comes_after(sandbox: Sandbox, client: WeChatPay, listener: Listener) -> None:
    listener.answers[:] = [401, 200, 401, 200]
    for knob in ({"forge": True}, {"edit": True}):
        sandbox.control(notify={**knob, "honest_after": 1})
        paid(sandbox, client)
        wait_until(lambda: settled(sandbox, listener))

    assert [bool(read(client, got)) for got in listener.wait(4)] == [False, True, False, True]


@pytest.mark.parametrize(
    ("knob", "field", "value"),
    [
        ({"total_fen": 1}, ("amount", "total"), 1),
        ({"mchid": "1900999999"}, ("mchid",), "1900999999"),
        ({"appid": "wxother"}, ("appid",), "wxother"),
        ({"out_trade_no": "TOTHER0001"}, ("out_trade_no",), "TOTHER0001"),
    ],
)
def test_a_lie_is_properly_signed(
    sandbox: Sandbox,
    client: WeChatPay,
    listener: Listener,
    knob: dict[str, Any],
    field: tuple[str, ...],
    value: Any,
) -> None:
    sandbox.control(notify=knob)
    paid(sandbox, client)

    found = read(client, listener.wait(1)[0])["resource"]
    for name in field:
        found = found[name]

    assert found == value


def test_an_old_timestamp_and_an_unknown_serial_are_sent(sandbox: Sandbox, client: WeChatPay, listener: Listener) -> None:
    sandbox.control(notify={"age_seconds": 172800})
    paid(sandbox, client)
    old = listener.wait(1)[0]
    sandbox.control(notify={"unknown_serial": True})
    paid(sandbox, client)
    unknown = listener.wait(2)[1]

    assert time.time() - int(old[0]["Wechatpay-Timestamp"]) >= 172800
    assert read(client, old) is not None
    assert len(unknown[0]["Wechatpay-Serial"]) == 40


def test_a_probe_comes_first_and_does_not_verify(sandbox: Sandbox, client: WeChatPay, listener: Listener) -> None:
    listener.answers[:] = [401]
    sandbox.control(notify={"probe": True})
    paid(sandbox, client)

    probe, real = listener.wait(2)

    assert probe[0]["Wechatpay-Signature"].startswith("WECHATPAY/SIGNTEST/")
    assert read(client, probe) is None
    assert read(client, real)["event_type"] == "TRANSACTION.SUCCESS"


def test_a_delayed_one_waits_and_a_dropped_one_never_comes(sandbox: Sandbox, client: WeChatPay, listener: Listener) -> None:
    sandbox.control(notify={"drop": True})
    dropped = paid(sandbox, client)
    sandbox.control(notify={"delay": 0.3})
    started = time.monotonic()
    delayed = paid(sandbox, client)

    came = read(client, listener.wait(1)[0])["resource"]["out_trade_no"]

    assert time.monotonic() - started >= 0.3
    assert came == delayed
    assert json.loads(client.query(out_trade_no=dropped)[1])["trade_state"] == "SUCCESS"


def test_knobs_on_the_page_hold_for_one_payment(sandbox: Sandbox, client: WeChatPay, listener: Listener) -> None:
    _, odd = place(client)
    form = {"code_url": odd["code_url"], "action": "pay", "total_fen": "7", "repeat": "1", "probe": "on"}

    sent_on = sandbox.http.post("/wechatpay/pay", data=form)
    three = listener.wait(3)
    paid(sandbox, client)
    honest = listener.wait(4)[3]

    assert sent_on.status_code == 303
    assert [got[0]["Wechatpay-Signature"].startswith("WECHATPAY/") for got in three] == [True, False, False]
    assert read(client, three[1])["resource"]["amount"]["total"] == 7
    assert read(client, honest)["resource"]["amount"]["total"] == 3800


@pytest.mark.parametrize(
    "wrong",
    [
        {"notify": {"forgery": True}},
        {"notify": {"repeat": "2"}},
        {"api": [{"answer": "OK"}]},
        {"refund": {"outcome": "x"}},
        {"x": 1},
        [],
    ],
)
def test_an_unknown_knob_is_refused_and_nothing_is_turned(sandbox: Sandbox, wrong: Any) -> None:
    before = sandbox.control()

    answer = sandbox.http.post("/wechatpay/_control", json=wrong)

    assert (answer.status_code, answer.json()["code"]) == (400, "UNKNOWN_KNOB")
    assert sandbox.control() == before


def test_the_pages_open_and_the_log_tells_what_was_said(sandbox: Sandbox, client: WeChatPay, listener: Listener) -> None:
    number = paid(sandbox, client, description="<b>毯</b>")
    listener.wait(1)
    wait_until(lambda: settled(sandbox, listener))

    pages = {path: sandbox.http.get(path).text for path in ("/", "/wechatpay/", "/wechatpay/_log", "/sms/")}
    log = sandbox.http.get("/wechatpay/_log", headers={"Accept": "application/json"}).json()

    assert number in pages["/wechatpay/"]
    assert "TRANSACTION.SUCCESS" in pages["/wechatpay/_log"]
    assert all("<b>毯" not in text for text in pages.values())
    assert (log[-1]["kind"], log[-1]["status"]) == ("notification", "200")
