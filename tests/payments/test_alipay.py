"""The real library against the sandbox over HTTP: paying at Alipay, notifications good and bad, refunds, and trouble."""

import json
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qsl, urlsplit

import httpx
import pytest
from django.utils import timezone

from sandbox.alipay.signing import signed_fields
from teahorse.common.money import decimal
from teahorse.common.times import HOME
from teahorse.payments import actions
from teahorse.payments.events import PaymentsSucceeded, RefundsSettled
from teahorse.payments.models import Notification, Payment, PaymentEvent, UnmatchedMoney
from teahorse.payments.providers import alipay, provider_by_code
from teahorse.payments.providers.alipay import amounts, client
from tests.at_once import at_once

from .by_alipay import applied, apply, paid, poll, ready, refund_of, sent
from .conftest import wait_until
from .making import CLERK, opened

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.filterwarnings("ignore:No directory at"),  # whitenoise, before static files are collected
]
BEIJING = HOME


# --- opening


@pytest.mark.parametrize("method", ["page", "wap", "precreate"])
def test_each_way_to_pay_is_opened_paid_and_announced(house, method, announced):
    succeeded = announced(PaymentsSucceeded)
    payment = ready(method)

    trade = house.alipay_act(payment)
    wait_until(lambda: applied(payment).state == "succeeded")

    assert payment.provider_number == trade["trade_no"]
    assert [(event.kind, event.amount_fen, event.source) for event in payment.events.all()] == [("succeeded", 3800, "notification")]
    assert [fact["payment_ids"] for fact in succeeded()] == [[str(payment.pk)]]


def test_a_browser_carries_our_signed_words_and_comes_back(sandbox):
    payment = opened(provider="alipay", method="wap")
    actions.prepare_payment(payment_id=payment.pk, payer_ip="10.0.0.7", back_url="http://127.0.0.1:8000/me/orders/7/", now=timezone.now())
    payment.refresh_from_db()

    asked = dict(parse_qsl(urlsplit(payment.prompt["pay_url"]).query))
    back = sandbox.alipay_act(payment)["back"]

    content = json.loads(asked["biz_content"])
    assert (content["total_amount"], content["subject"], content["quit_url"]) == (
        "38.00",
        payment.subject,
        "http://127.0.0.1:8000/me/orders/7/",
    )
    assert content["time_expire"] == payment.expires_at.astimezone(BEIJING).strftime("%Y-%m-%d %H:%M:%S")
    assert back.startswith("http://127.0.0.1:8000/me/orders/7/?")


def test_an_order_that_was_changed_on_its_way_is_refused(sandbox):
    payment = ready("page")

    answer = sandbox.http.get(payment.prompt["pay_url"].replace("38.00", "0.01"))

    assert "isv.invalid-signature" in answer.text


def test_the_same_number_for_another_amount_is_refused(sandbox):
    payment = ready()
    Payment.objects.filter(pk=payment.pk).update(amount_fen=3900)
    payment.refresh_from_db()

    with pytest.raises(actions.ProviderRefuses, match="CONTEXT_INCONSISTENT"):
        provider_by_code("alipay").open(payment)


# --- trouble


@pytest.mark.parametrize(
    "trouble", ["refused connection", "500", "time-out", "forged answer", "unsigned answer", "system error", "not set up"]
)
def test_a_silent_provider_is_a_clear_refusal_and_no_half_state(sandbox, settings, monkeypatch, trouble):
    if trouble == "refused connection":
        settings.SANDBOX_URL = "http://127.0.0.1:9"
    if trouble == "time-out":
        monkeypatch.setattr(client, "TIMEOUT", (0.2, 0.2))
    knob = {
        "500": {"answer": "500"},
        "time-out": {"answer": "timeout", "seconds": 0.5},
        "forged answer": {"answer": "forge"},
        "unsigned answer": {"answer": "unsigned"},
        "system error": {"answer": "ACQ.SYSTEM_ERROR"},
    }.get(trouble)
    if knob:
        sandbox.alipay_control(api=[{**knob, "count": 3}])
    if trouble == "not set up":
        settings.SANDBOX_URL = ""
    payment = opened(provider="alipay", method="precreate")

    with pytest.raises(actions.ProviderUnavailable) as refused:
        actions.prepare_payment(payment_id=payment.pk, payer_ip="10.0.0.7", now=timezone.now())

    payment.refresh_from_db()
    assert (refused.value.status, refused.value.code) == (503, "provider_unavailable")
    assert (payment.state, payment.prompt) == ("created", {})
    settings.SANDBOX_URL = sandbox.address
    sandbox.alipay_control(reset=True)
    again = actions.prepare_payment(payment_id=payment.pk, payer_ip="10.9.9.9", now=timezone.now())
    assert again.state == "paying"


def test_one_stumble_is_not_noticed_and_a_lost_answer_is_asked_for_again(sandbox):
    sandbox.alipay_control(api=[{"answer": "500"}, {"answer": "isp.unknow-error"}])
    stumbled = ready()
    sandbox.alipay_control(api=[{"answer": "lost"}])
    lost = ready()

    assert (stumbled.state, lost.state) == ("paying", "paying")


def test_the_librarys_clock_is_beijings_whatever_the_machines_is(sandbox):
    asked = dict(parse_qsl(urlsplit(ready("page").prompt["pay_url"]).query))

    told = datetime.strptime(asked["timestamp"], "%Y-%m-%d %H:%M:%S").replace(tzinfo=BEIJING)

    assert abs(told - datetime.now(UTC)) < timedelta(seconds=30)


# --- notifications


@pytest.mark.parametrize(
    ("knobs", "reason"),
    [
        ({"forge": True}, "signature: not Alipay's"),
        ({"edit": True}, "signature: not Alipay's"),
        ({"age_seconds": 301}, "more than five minutes off"),
        ({"age_seconds": -360}, "more than five minutes off"),
        ({"app_id": "2021000000000001"}, "app_id '2021000000000001' is not ours"),
        ({"seller_id": "2088000000000001"}, "seller_id '2088000000000001' is not ours"),
    ],
)
def test_what_is_not_alipays_or_not_for_us_is_refused_and_kept(house, kept, knobs, reason):
    payment = ready()

    house.alipay_act(payment, **knobs)
    (notification,) = kept()
    apply()

    payment.refresh_from_db()
    assert (notification.verdict, payment.state) == ("refused", "paying")
    assert reason in notification.reason
    assert poll(payment) == "succeeded"  # the money is found all the same


def test_repeated_and_shuffled_notifications_count_once(house):
    house.alipay_control(notify={"shuffle": 3})
    payments = [ready() for _ in range(3)]
    for payment in payments:
        house.alipay_act(payment, repeat=2, shuffle=3)

    wait_until(lambda: all(applied(payment).state == "succeeded" for payment in payments))

    assert PaymentEvent.objects.count() == 3
    assert Notification.objects.count() == 3


def test_a_try_that_is_repeated_with_a_fresh_time_is_the_same_notification(house, kept):
    payment = ready()
    house.alipay_act(payment, age_seconds=400)
    (refused,) = kept()
    platform = json.loads((house.keys / "alipay_platform.json").read_text())
    fields = {name: value for name, value in parse_qsl(bytes(refused.body).decode()) if name not in {"sign", "sign_type"}}

    def tried(seconds_ago):
        fields["notify_time"] = (datetime.now(BEIJING) - timedelta(seconds=seconds_ago)).strftime("%Y-%m-%d %H:%M:%S")
        body = str(httpx.QueryParams(signed_fields(platform["alipay_private_key"], fields))).encode()
        return actions.keep_notification(provider="alipay", headers={}, body=body, now=timezone.now())

    first, second = tried(240), tried(0)

    assert (refused.verdict, first.verdict, second.pk) == ("refused", "accepted", first.pk)
    assert applied(payment).state == "succeeded"
    assert Notification.objects.filter(verdict="accepted").count() == 1


def test_a_parameter_without_a_value_is_verified_as_it_was_signed(house):
    payment = ready()

    house.alipay_act(payment, empty=True)

    wait_until(lambda: applied(payment).state == "succeeded")


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"\xff\xfe",
        b"sign_type=RSA2",
        b"a=1&a=2",
        b"sign_type=RSA&notify_id=1",
        b"&".join(b"n%d=1" % number for number in range(80)),
        b"sign_type=RSA2&charset=gbk&notify_id=1&notify_time=2026-08-15+12:00:00",
    ],
)
def test_rubbish_is_refused_without_an_error(sandbox, body):
    kept = actions.keep_notification(provider="alipay", headers={}, body=body, now=timezone.now())

    assert kept.verdict == "refused"
    assert kept.reason


@pytest.mark.parametrize("sign", ["", "***", "c2hvcnQ=", "=" * 20])
def test_a_signature_that_is_none_is_refused_without_an_error(sandbox, sign):
    app_id = alipay.credentials().app_id
    sent_at = datetime.now(BEIJING).strftime("%Y-%m-%d %H:%M:%S")
    body = str(httpx.QueryParams(app_id=app_id, notify_id="abc", notify_time=sent_at, sign_type="RSA2", sign=sign)).encode()

    kept = actions.keep_notification(provider="alipay", headers={}, body=body, now=timezone.now())

    assert kept.reason.startswith("signature: ")


def test_the_door_answers_success_and_else_failure(house, live_server):
    payment = ready()
    house.alipay_act(payment)
    wait_until(lambda: applied(payment).state == "succeeded")

    said = [row for row in house.log() if row["kind"] == "notification" and "Alipay" in row["title"]][-1]
    forged = httpx.post(f"{live_server.url}/payments/alipay/notify", data={"app_id": "1"}, trust_env=False)

    assert json.loads(said["detail"])["answer"] == "success"
    assert (forged.status_code, forged.text) == (401, "failure")


# --- closing and expiry


def test_what_nobody_has_seen_is_left_open_there_until_it_expires(sandbox):
    payment = ready()
    actions.close_payments(references=[payment.reference], now=timezone.now())

    poll(payment)
    sandbox.alipay_act(payment)  # the code still takes money

    payment.refresh_from_db()
    assert (payment.state, payment.is_open_at_provider) == ("closed", True)
    assert poll(payment) == "late_succeeded"


def test_what_was_seen_is_closed_there_and_takes_no_money_any_more(sandbox):
    payment = ready()
    sandbox.alipay_act(payment, "never")
    actions.close_payments(references=[payment.reference], now=timezone.now())

    poll(payment)

    payment.refresh_from_db()
    assert (payment.state, payment.is_open_at_provider) == ("closed", False)
    refused = sandbox.http.post(
        "/alipay/pay", json={"qr_code": payment.prompt["qr_code"], "action": "pay"}, headers={"Accept": "application/json"}
    )
    assert (refused.status_code, "ACQ.TRADE_HAS_CLOSE" in refused.text) == (400, True)


def test_money_that_comes_after_the_expiry_is_late(sandbox):
    payment = ready()
    sandbox.alipay_act(payment, "late", seconds=5)
    actions.close_payments(references=[payment.reference], now=timezone.now())

    poll(payment)
    sandbox.alipay_control(advance_seconds=16 * 60)

    assert poll(payment) == "late_succeeded"


def test_what_was_never_seen_is_over_when_its_time_is(sandbox):
    payment = ready()
    Payment.objects.filter(pk=payment.pk).update(expires_at=timezone.now() - timedelta(seconds=1))

    assert poll(payment) == "closed"


def test_another_amount_changes_no_state(house):
    payment = ready()

    house.alipay_act(payment, total_fen=1)
    wait_until(lambda: Notification.objects.filter(verdict="accepted").exists())
    apply()

    payment.refresh_from_db()
    assert payment.state == "paying"
    assert Notification.objects.get().is_unmatched


# --- refunds


def test_refunds_go_back_in_parts_and_each_once(house, announced):
    settled = announced(RefundsSettled)
    payment = paid(house)
    small, rest = refund_of(payment, 1), refund_of(payment, 3799)

    states = [sent(small), sent(rest)]

    assert states == ["succeeded", "succeeded"]
    assert sorted(event.amount_fen for event in payment.events.filter(kind="refunded")) == [1, 3799]
    assert sorted(key for fact in settled() for key in fact["refund_ids"]) == sorted([str(small.pk), str(rest.pk)])
    assert payment.state == "succeeded"  # Alipay calls a trade closed whose money is all back; it was paid all the same
    wait_until(lambda: house.alipay_control()["notifications"].get("done", 0) >= 3)
    assert applied(payment).state == "succeeded"


def test_a_refund_whose_answer_was_lost_is_one_refund(house):
    payment = paid(house)
    refund = refund_of(payment, 1200)
    house.alipay_control(api=[{"answer": "lost", "count": 3, "method": "alipay.trade.refund"}])

    first = sent(refund)
    second = sent(refund, later=timedelta(seconds=10))

    assert (first, second) == ("requested", "succeeded")
    assert PaymentEvent.objects.filter(kind="refunded").get().amount_fen == 1200


def test_a_refund_on_its_way_is_asked_about(house):
    payment = paid(house)
    refund = refund_of(payment, 1200)
    house.alipay_control(refund={"delay": 60})

    first = sent(refund)
    house.alipay_control(advance_seconds=61)
    second = sent(refund, later=timedelta(seconds=10))

    assert (first, second) == ("sent", "succeeded")


def test_an_empty_account_is_tried_again_and_a_refusal_for_good_is_not(house):
    payment = paid(house)
    waiting, spent = refund_of(payment, 1200), refund_of(payment, 100)
    house.alipay_control(refund={"balance_fen": 0})
    first = sent(waiting)
    house.alipay_control(reset=True, api=[{"answer": "ACQ.TRADE_NOT_ALLOW_REFUND", "method": "alipay.trade.refund"}])

    refused = sent(spent)
    second = sent(waiting, later=timedelta(seconds=10))

    assert (first, second, refused) == ("requested", "succeeded", "failed")
    spent.refresh_from_db()
    assert spent.trouble.startswith("ACQ.TRADE_NOT_ALLOW_REFUND")


def test_five_senders_at_once_send_one_refund(house):
    payment = paid(house)
    refund = refund_of(payment, 3800)

    at_once(*[lambda: alipay.AlipayProvider().refund(refund, now=timezone.now())] * 5)

    assert sent(refund) == "succeeded"
    assert PaymentEvent.objects.filter(kind="refunded").get().amount_fen == 3800


def test_assigned_money_goes_back_by_alipays_number(house):
    lost, meant = ready(), opened(provider="alipay", method="precreate")
    Payment.objects.filter(pk=lost.pk).update(our_number="forgotten")
    house.alipay_act(lost)
    wait_until(lambda: applied(lost) and UnmatchedMoney.objects.exists())
    row = UnmatchedMoney.objects.get()
    actions.assign_unmatched(unmatched_id=row.pk, our_number=meant.our_number, reason="顾客说的", by_id=CLERK, now=timezone.now())
    meant.refresh_from_db()

    refund = refund_of(meant, 1200)

    assert sent(refund) == "succeeded"
    assert meant.provider_number == row.provider_number


# --- amounts


@pytest.mark.parametrize(("fen", "yuan"), [(1, "0.01"), (10, "0.10"), (3800, "38.00"), (100_000_000_01, "100000000.01"), (-5, "-0.05")])
def test_yuan_and_fen_are_exact_both_ways(fen, yuan):
    assert (decimal(fen), amounts.fen(yuan)) == (yuan, fen)


@pytest.mark.parametrize("text", ["", "1.", ".5", "1.005", "1e3", " 1", "1,000", "٣٨", "-", "NaN"])
def test_what_is_no_amount_is_refused(text):
    with pytest.raises(ValueError, match="no amount"):
        amounts.fen(text)
