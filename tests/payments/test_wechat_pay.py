"""The real client against the sandbox over HTTP: paying, trouble, polling and late money."""

from datetime import timedelta

import pytest
from django.utils import timezone

from teahorse.common.ids import new_id
from teahorse.payments import actions, queries, tasks
from teahorse.payments.actions.jobs import POLL
from teahorse.payments.events import PaymentsFailed, PaymentsSucceeded, PaymentsSucceededLate
from teahorse.payments.models import Payment, PaymentEvent
from teahorse.payments.providers import provider_by_code, wechat_pay
from teahorse.payments.providers.wechat_pay import client

from .by_wechat import apply, facts, poll, request
from .making import opened, prepared

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.filterwarnings("ignore:No directory at"),  # whitenoise, before static files are collected
]


# --- opening


def test_a_code_to_scan_is_prepared_once(sandbox):
    payment = prepared()

    again = actions.prepare_payment(payment_id=payment.pk, payer_ip="10.0.0.8", now=timezone.now())

    assert (payment.state, payment.is_open_at_provider) == ("paying", True)
    assert payment.prompt["code_url"].startswith("weixin://wxpay/bizpayurl?pr=")
    assert again.prompt == payment.prompt


def test_inside_wechat_the_prompt_is_signed(sandbox):
    payment = opened(method="jsapi")

    ready = actions.prepare_payment(payment_id=payment.pk, payer_ip="10.0.0.7", openid="oPayer", now=timezone.now())

    page = sandbox.http.get("/wechatpay/pay", params=ready.prompt)
    assert sorted(ready.prompt) == ["appId", "nonceStr", "package", "paySign", "signType", "timeStamp"]
    assert page.status_code == 200, page.text
    with pytest.raises(actions.AnotherPayer):
        actions.prepare_payment(payment_id=payment.pk, payer_ip="10.0.0.7", openid="oOther", now=timezone.now())


def test_on_a_phone_the_browser_is_sent_there_and_back(sandbox):
    payment = opened(method="h5")

    ready = actions.prepare_payment(payment_id=payment.pk, payer_ip="10.0.0.7", back_url="http://127.0.0.1:8000/me/", now=timezone.now())

    assert ready.prompt["h5_url"].startswith(f"{sandbox.address}/wechatpay/pay?prepay_id=")
    assert ready.prompt["h5_url"].endswith("&redirect_url=http%3A%2F%2F127.0.0.1%3A8000%2Fme%2F")


def test_an_ended_or_expired_payment_is_not_prepared(sandbox):
    closed, expired = opened(), opened(minutes=1)
    actions.close_payments(references=[closed.reference], now=timezone.now())

    for payment, later in ((closed, 0), (expired, 2)):
        with pytest.raises(actions.PaymentNotOpen):
            actions.prepare_payment(payment_id=payment.pk, payer_ip="", now=timezone.now() + timedelta(minutes=later))


# --- trouble


@pytest.mark.parametrize("trouble", ["refused connection", "500", "time-out", "forged answer", "not set up"])
def test_a_silent_provider_is_a_clear_refusal_and_no_half_state(sandbox, settings, monkeypatch, trouble):
    address, keys = settings.SANDBOX_URL, settings.SANDBOX_KEYS
    wechat_pay._provider.cache_clear()
    if trouble == "refused connection":
        settings.SANDBOX_URL = "http://127.0.0.1:9"
    if trouble == "500":
        sandbox.control(api=[{"answer": "SYSTEM_ERROR", "count": 3}])
    if trouble == "time-out":
        monkeypatch.setattr(client, "TIMEOUT", (0.2, 0.2))
        sandbox.control(api=[{"answer": "timeout", "count": 3, "seconds": 0.5}])
    if trouble == "forged answer":
        sandbox.control(api=[{"answer": "forge", "count": 3}])
    if trouble == "not set up":
        settings.SANDBOX_URL = ""
    payment = opened()

    with pytest.raises(actions.ProviderUnavailable) as refused:
        actions.prepare_payment(payment_id=payment.pk, payer_ip="10.0.0.7", now=timezone.now())

    payment.refresh_from_db()
    assert (refused.value.status, refused.value.code) == (503, "provider_unavailable")
    assert (payment.state, payment.prompt) == ("created", {})
    assert not PaymentEvent.objects.exists()

    sandbox.control(reset=True)
    settings.SANDBOX_URL, settings.SANDBOX_KEYS = address, keys
    wechat_pay._provider.cache_clear()
    ready = actions.prepare_payment(payment_id=payment.pk, payer_ip="10.9.9.9", now=timezone.now())
    assert ready.state == "paying"


def test_one_stumble_is_not_noticed(sandbox):
    sandbox.control(api=[{"answer": "SYSTEM_ERROR", "count": 1}, {"answer": "FREQUENCY_LIMITED", "count": 1}])

    assert prepared().state == "paying"


def test_a_lost_answer_is_asked_for_again_with_the_same_words(sandbox):
    sandbox.control(api=[{"answer": "lost", "count": 3}])
    payment = opened(method="h5")
    with pytest.raises(actions.ProviderUnavailable):
        actions.prepare_payment(payment_id=payment.pk, payer_ip="10.0.0.7", now=timezone.now())

    ready = actions.prepare_payment(payment_id=payment.pk, payer_ip="10.0.0.8", now=timezone.now())

    assert (ready.state, ready.asked["payer_ip"]) == ("paying", "10.0.0.7")


def test_a_refusal_is_told_in_the_providers_words(sandbox):
    sandbox.control(api=[{"answer": "NO_AUTH"}])
    payment = opened()

    with pytest.raises(actions.ProviderRefuses, match="NO_AUTH") as refused:
        actions.prepare_payment(payment_id=payment.pk, payer_ip="10.0.0.7", now=timezone.now())

    payment.refresh_from_db()
    assert (refused.value.reason, payment.state) == ("NO_AUTH", "created")


def test_nothing_is_asked_inside_a_transaction(sandbox):
    from django.db import transaction

    payment = opened()

    with pytest.raises(RuntimeError, match="durable"), transaction.atomic():
        actions.prepare_payment(payment_id=payment.pk, payer_ip="10.0.0.7", now=timezone.now())


def test_an_answer_by_an_unknown_key_does_not_make_the_library_call_out(sandbox, tmp_path):
    provider = provider_by_code("wechat_pay")

    with pytest.raises(client.UnknownSerial):
        provider.client.library.callback(
            {"Wechatpay-Serial": "AB12", "Wechatpay-Signature": "x", "Wechatpay-Signature-Type": "WECHATPAY2-SHA256-RSA2048"},
            b"{}",
        )


# --- polling, expiry, late money


def test_a_payment_that_nobody_told_us_of_is_found_by_asking(house, announced):
    succeeded = announced(PaymentsSucceeded)
    payment = prepared()
    house.act(payment, "forget")

    too_early = actions.poll_open_payments(now=timezone.now())
    asked = actions.poll_open_payments(now=timezone.now() + timedelta(seconds=16))

    payment.refresh_from_db()
    assert (too_early, asked, payment.state) == (0, 1, "succeeded")
    assert facts(payment) == [("succeeded", 3800, "poll")]
    assert succeeded() == [{"payment_ids": [str(payment.pk)]}]
    assert actions.poll_open_payments(now=timezone.now() + timedelta(minutes=9)) == 0


def test_an_open_payment_stays_open(sandbox):
    payment = prepared()
    sandbox.act(payment, "fail")

    assert poll(payment) == "paying"  # the payer may try again


def test_an_expired_payment_is_closed_here_and_there(sandbox, announced):
    failed = announced(PaymentsFailed)
    payment = prepared()

    state = poll(payment, later=timedelta(minutes=16))

    assert (state, payment.is_open_at_provider) == ("closed", False)
    assert facts(payment) == [("closed", 3800, "poll")]
    assert failed() == [{"payment_ids": [str(payment.pk)]}]
    assert sandbox.http.get("/wechatpay/pay", params={"code_url": payment.prompt["code_url"]}).text.count("已关闭") == 1


def test_money_that_came_before_the_close_counts(house, announced):
    in_time, late, failed = (announced(kind) for kind in (PaymentsSucceeded, PaymentsSucceededLate, PaymentsFailed))
    payment = prepared()
    house.act(payment, "forget")

    state = poll(payment, later=timedelta(minutes=16))

    assert (state, len(in_time()), late(), failed()) == ("succeeded", 1, [], [])


def test_a_payer_who_is_just_paying_is_waited_for(house, announced):
    succeeded = announced(PaymentsSucceeded)
    payment = prepared(minutes=2)
    house.act(payment, "late", seconds=30, drop=True)

    waiting = poll(payment, later=timedelta(minutes=3))
    house.control(advance_seconds=200)

    assert waiting == "paying"
    assert (poll(payment, later=timedelta(minutes=4)), len(succeeded())) == ("succeeded", 1)


def test_closing_tells_the_provider_by_a_job(sandbox, jobs):
    payment = prepared()

    actions.close_payments(references=[payment.reference], now=timezone.now())

    payment.refresh_from_db()
    assert (payment.state, payment.is_open_at_provider) == ("closed", True)
    assert jobs(POLL) == [{"payment_ids": [str(payment.pk)]}]
    assert poll(payment) == "closed"
    assert payment.is_open_at_provider is False
    assert facts(payment) == [("closed", 3800, "house")]


def test_money_for_a_payment_closed_here_is_late(house, announced):
    in_time, late = announced(PaymentsSucceeded), announced(PaymentsSucceededLate)
    payment = prepared()
    house.act(payment, "forget")
    actions.close_payments(references=[payment.reference], now=timezone.now())

    state = poll(payment)

    assert (state, in_time(), late()) == ("late_succeeded", [], [{"payment_ids": [str(payment.pk)]}])
    assert queries.payment_of(payment.reference) == payment


def test_money_after_the_provider_closed_too_is_late(house, kept, announced):
    late = announced(PaymentsSucceededLate)
    payment = prepared(minutes=2)
    house.act(payment, "late", seconds=5, even_if_closed=True)
    closed = poll(payment, later=timedelta(minutes=3))
    house.control(advance_seconds=200)
    kept()

    apply()

    payment.refresh_from_db()
    assert (closed, payment.state, len(late())) == ("closed", "late_succeeded", 1)


def test_a_replaced_attempt_that_was_paid_counts(house, announced):
    late = announced(PaymentsSucceededLate)
    reference = new_id()
    first = prepared(reference=reference)
    house.act(first, "forget")
    second = opened(reference=reference, method="h5")

    state = poll(first)

    second.refresh_from_db()
    assert (state, second.state, second.attempt, len(late())) == ("late_succeeded", "created", 2, 1)
    assert queries.payment_of(reference) == first


def test_a_provider_that_is_down_is_asked_later(sandbox, settings):
    payments = [prepared() for _ in range(3)]
    settings.SANDBOX_URL = "http://127.0.0.1:9"

    asked = actions.poll_open_payments(now=timezone.now() + timedelta(seconds=20))

    assert (asked, set(Payment.objects.values_list("state", flat=True))) == (3, {"paying"})
    settings.SANDBOX_URL = sandbox.address
    assert poll(payments[0], later=timedelta(seconds=40)) == "paying"


# --- the clock


def test_the_clock_and_the_jobs_do_the_same(house, kept):
    payment = prepared()
    house.act(payment)
    kept()
    tasks.sweep_inbox(timestamp=0)
    refund = request(payment, 500)

    tasks.send_refunds(refund_ids=[str(refund.pk)])
    tasks.poll_payments(payment_ids=[str(payment.pk)])
    for task in (tasks.poll_due_payments, tasks.send_due_refunds, tasks.forget_refused_notifications):
        task(timestamp=0)
    tasks.apply_notifications()

    payment.refresh_from_db()
    refund.refresh_from_db()
    assert (payment.state, refund.state in {"sent", "succeeded"}) == ("succeeded", True)
