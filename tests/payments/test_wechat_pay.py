"""The real client against the sandbox over HTTP: paying, notifications good and bad, refunds, and trouble."""

import threading
from datetime import timedelta

import pytest
from django.db import connection
from django.utils import timezone

from teahorse.common.ids import new_id
from teahorse.payments import actions, queries, tasks
from teahorse.payments.actions import inbox
from teahorse.payments.actions.jobs import APPLY, POLL, SEND
from teahorse.payments.events import PaymentsFailed, PaymentsSucceeded, PaymentsSucceededLate, RefundsSettled
from teahorse.payments.models import Notification, Payment, PaymentEvent, Refund
from teahorse.payments.providers import provider_by_code, wechat_pay
from teahorse.payments.providers.wechat_pay import client

from .conftest import wait_until
from .making import opened, prepared

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.filterwarnings("ignore:No directory at"),  # whitenoise, before static files are collected
]


def apply():
    return actions.apply_notifications(now=timezone.now())


def poll(payment, later=timedelta()):
    """Ask about one payment; ``later`` is how far on our clock is."""
    actions.poll_open_payments(payment_ids=[payment.pk], now=timezone.now() + later)
    payment.refresh_from_db()
    return payment.state


def facts(payment):
    return [(event.kind, event.amount_fen, event.source) for event in payment.events.order_by("recorded_at", "pk")]


def paid(house, kept, **wishes):
    """A payment whose money is here."""
    payment = prepared(**wishes)
    house.act(payment)
    wait_until(lambda: applied(payment).state == "succeeded")
    return payment


def applied(thing):
    """A payment or refund as it stands after what has come was applied."""
    apply()
    thing.refresh_from_db()
    return thing


def arrived(refund):
    """Wait until the inbox settles a refund."""
    wait_until(lambda: applied(refund).state in {"succeeded", "failed"})
    return refund


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


# --- notifications


def test_a_notification_is_kept_applied_and_announced(house, kept, announced, jobs):
    succeeded = announced(PaymentsSucceeded)
    payment = prepared()
    transaction_id = house.act(payment)["transaction_id"]

    (notification,) = kept()
    applied = (apply(), apply())

    payment.refresh_from_db()
    notification.refresh_from_db()
    assert (payment.state, payment.provider_number, payment.is_open_at_provider) == ("succeeded", transaction_id, False)
    assert facts(payment) == [("succeeded", 3800, "notification")]
    assert (notification.verdict, notification.outcome, notification.is_unmatched) == ("accepted", "recorded", False)
    assert bytes(notification.body).startswith(b'{"id":"')
    assert "payer" not in notification.content
    assert applied == (1, 0)
    assert jobs(APPLY) == [{}]
    assert succeeded() == [{"payment_ids": [str(payment.pk)]}]


def test_a_repeated_notification_is_one(house, kept, announced):
    succeeded = announced(PaymentsSucceeded)
    payment = prepared()
    house.act(payment, repeat=3)
    wait_until(lambda: sum(row["kind"] == "notification" and payment.our_number in row["detail"] for row in house.log()) == 4)

    apply()

    payment.refresh_from_db()
    assert (len(kept()), facts(payment), len(succeeded())) == (1, [("succeeded", 3800, "notification")], 1)
    said = [row["status"] for row in house.log() if row["kind"] == "notification" and payment.our_number in row["detail"]]
    assert said == ["204"] * 4


def test_shuffled_notifications_find_their_payments(house, kept):
    payments = [prepared(amount_fen=amount) for amount in (100, 200, 300)]
    house.control(notify={"shuffle": 3})
    for payment in payments:
        house.act(payment)
    kept(3)

    apply()

    assert [facts(payment)[0][1] for payment in payments] == [100, 200, 300]
    assert set(Payment.objects.values_list("state", flat=True)) == {"succeeded"}


@pytest.mark.parametrize(
    ("lie", "reason"),
    [
        ({"forge": True}, "signature: not WeChat's"),
        ({"edit": True}, "signature: not WeChat's"),
        ({"age_seconds": 172800}, "more than five minutes off"),
        ({"age_seconds": -400}, "more than five minutes off"),
        ({"unknown_serial": True}, "unknown serial"),
        ({"mchid": "1900999999"}, "mchid '1900999999' is not ours"),
        ({"appid": "wx0000000000000000"}, "appid 'wx0000000000000000' is not ours"),
    ],
)
def test_a_false_notification_is_refused_kept_and_changes_nothing(house, kept, lie, reason):
    payment = prepared()
    house.act(payment, **lie)

    (notification,) = kept()
    apply()

    payment.refresh_from_db()
    assert (notification.verdict, payment.state, facts(payment)) == ("refused", "paying", [])
    assert reason in notification.reason
    assert bytes(notification.body)
    wait_until(lambda: any(row["kind"] == "notification" and payment.our_number in row["detail"] for row in house.log()))
    assert [row["status"] for row in house.log() if row["kind"] == "notification"][-1] == "401"
    assert poll(payment) == "succeeded"  # the truth is found by asking


@pytest.mark.parametrize(
    ("lie", "outcome"),
    [({"total_fen": 1}, "another amount: 1 fen instead of 3800"), ({"out_trade_no": "nobody-knows"}, "unknown payment")],
)
def test_a_notification_of_another_amount_or_payment_waits_for_a_person(house, kept, lie, outcome):
    payment = prepared()
    house.act(payment, **lie)
    kept()

    apply()

    payment.refresh_from_db()
    (notification,) = Notification.objects.filter(is_unmatched=True)
    assert (notification.verdict, notification.outcome) == ("accepted", outcome)
    assert (payment.state, facts(payment)) == ("paying", [])
    assert poll(payment) == "succeeded"
    assert facts(payment) == [("succeeded", 3800, "poll")]


def test_wechats_own_probe_is_refused_and_the_truth_taken(house, kept):
    payment = prepared()
    house.act(payment, probe=True)

    probe, truth = kept(2)
    apply()

    payment.refresh_from_db()
    assert (probe.verdict, probe.reason) == ("refused", "signature: WeChat's own test of whether we look")
    assert (truth.verdict, payment.state) == ("accepted", "succeeded")


def test_a_replay_is_refused(house, kept, client):
    house.act(prepared())
    (first,) = kept()

    answer = client.post("/payments/wechat_pay/notify", data=bytes(first.body), content_type="application/json", headers=first.headers)

    assert (answer.status_code, answer.json()) == (401, {"code": "FAIL", "message": "replay: this nonce came before"})
    assert kept(2)[1].verdict == "refused"


@pytest.mark.parametrize("body", [b"", b"{}", b"\xff\xfe", b"[1]", b'{"id":' + b"[" * 5000])
def test_rubbish_is_refused(sandbox, client, body):
    bare = client.post("/payments/wechat_pay/notify", data=body, content_type="application/json")
    marked = client.post(
        "/payments/wechat_pay/notify",
        data=body,
        content_type="application/json",
        headers={
            "Wechatpay-Serial": sandbox.merchant["platform_key_id"],
            "Wechatpay-Timestamp": str(int(timezone.now().timestamp())),
            "Wechatpay-Nonce": "abc",
            "Wechatpay-Signature": "not base64",
        },
    )

    assert (bare.status_code, marked.status_code) == (401, 401)
    assert set(Notification.objects.values_list("verdict", flat=True)) == {"refused"}


def signed(sandbox, body):
    """A body with the platform's genuine signature."""
    from sandbox import keys
    from sandbox.wechatpay.signing import platform_headers

    return platform_headers(
        keys.Keys(**sandbox.merchant, **sandbox.platform), body=body, timestamp=int(timezone.now().timestamp()), with_certificate=False
    )


@pytest.mark.parametrize("body", [b"{}", b"\xff\xfe", b"[1]", b'{"id":1}', b"null", b"[" * 100000])
def test_signed_rubbish_is_refused_too(sandbox, body):
    headers = signed(sandbox, body)

    kept = actions.keep_notification(provider="wechat_pay", headers=headers, body=body, now=timezone.now())

    assert (kept.verdict, kept.reason[:5]) == ("refused", "body:")


def test_only_short_posts_are_read(sandbox, client):
    long = client.post("/payments/wechat_pay/notify", data=b"x" * (64 * 1024 + 1), content_type="application/json")
    get = client.get("/payments/wechat_pay/notify")

    assert (long.status_code, get.status_code) == (413, 405)
    assert not Notification.objects.exists()


def test_a_flood_of_refused_messages_does_not_fill_the_disk(sandbox, monkeypatch, caplog):
    monkeypatch.setattr(inbox, "MOST_REFUSED", 3)

    verdicts = [actions.keep_notification(provider="wechat_pay", headers={}, body=b"x", now=timezone.now()).verdict for _ in range(5)]

    assert verdicts == ["refused"] * 5
    assert Notification.objects.count() == 3
    assert caplog.text.count("not kept") == 2


def test_refused_messages_are_forgotten_accepted_ones_are_not(house, kept):
    house.act(prepared())
    kept()
    actions.keep_notification(provider="wechat_pay", headers={}, body=b"{}", now=timezone.now())

    forgotten = actions.forget_refused_notifications(before=timezone.now() + timedelta(seconds=1))

    assert (forgotten, Notification.objects.get().verdict) == (1, "accepted")


def test_two_workers_apply_an_inbox_once(house, kept, announced):
    succeeded = announced(PaymentsSucceeded)
    payments = [prepared() for _ in range(5)]
    for payment in payments:
        house.act(payment)
    for first in kept(5):
        for turn in range(4):
            first.pk, first.provider_event_id, first.nonce = new_id(), f"{first.pk}-{turn}"[-64:], f"n{new_id().hex}"
            first.save(force_insert=True)
    start, applied = threading.Barrier(3), []

    def work():
        try:
            start.wait(10)
            while count := actions.apply_notifications(limit=3, now=timezone.now()):
                applied.append(count)
        finally:
            connection.close()

    threads = [threading.Thread(target=work) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    apply()

    told = [key for event in succeeded() for key in event["payment_ids"]]
    assert Notification.objects.filter(applied_at=None).count() == 0
    assert [facts(payment) for payment in payments] == [[("succeeded", 3800, "notification")]] * 5
    assert sorted(told) == sorted(str(payment.pk) for payment in payments)


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


# --- refunds


def send(refund, later=timedelta()):
    actions.send_refunds(now=timezone.now() + later)
    refund.refresh_from_db()
    return refund.state


def request(payment, amount_fen, reference=None):
    return actions.request_refund(
        split=payment.splits.get(), reference=reference or new_id(), amount_fen=amount_fen, reason="七天无理由", now=timezone.now()
    )


def test_a_whole_refund_settles_by_notification(house, kept, announced, jobs):
    settled = announced(RefundsSettled)
    payment = paid(house, kept)
    refund = request(payment, 3800)
    stored = jobs(SEND)

    sent = send(refund)
    arrived(refund)

    assert stored == [{"refund_ids": [str(refund.pk)]}]
    assert (sent, refund.state) == ("sent", "succeeded")
    assert settled() == [{"refund_ids": [str(refund.pk)]}]
    assert facts(payment)[1:] == [("refunded", 3800, "notification")]


def test_parts_go_back_and_are_found_by_asking(house, kept):
    house.control(notify={"drop": True})
    payment = prepared()
    house.act(payment)
    poll(payment)
    house.control(refund={"delay": 0})
    first, second = request(payment, 1000), request(payment, 2800)
    sent = [send(first), send(second)]

    wait_until(lambda: send(first, timedelta(minutes=1)) == "succeeded" and send(second, timedelta(minutes=2)) == "succeeded")

    assert set(sent) <= {"sent", "succeeded"}
    assert queries.refunded_fen(payment.pk) == 3800
    assert sorted(facts(payment)[1:]) == [("refunded", 1000, "poll"), ("refunded", 2800, "poll")]


def test_a_refund_is_sent_once_however_often_it_is_sent(house, kept):
    payment, reference = paid(house, kept), new_id()
    refund = request(payment, 500, reference)
    house.control(api=[{"answer": "lost", "count": 3, "path": "/v3/refund"}])

    lost = send(refund)
    again = send(request(payment, 500, reference), timedelta(seconds=6))
    arrived(refund)

    assert lost == "requested"
    assert again in {"sent", "succeeded"}
    assert refund.state == "succeeded"
    assert [fact[:2] for fact in facts(payment)[1:]] == [("refunded", 500)]


def test_a_refund_waits_for_a_provider_that_is_down(house, kept):
    refund = request(paid(house, kept), 500)
    house.control(api=[{"answer": "SYSTEM_ERROR", "count": 3, "path": "/v3/refund"}])

    down, too_early, later = send(refund), send(refund), send(refund, timedelta(seconds=6))

    assert (down, too_early, later) == ("requested", "requested", "sent")


def test_a_refund_waits_for_money_in_the_merchants_account(house, kept):
    refund = request(paid(house, kept), 500)
    house.control(refund={"balance_fen": 0})
    poor = send(refund)
    house.control(refund={"balance_fen": -1})

    rich = send(refund, timedelta(seconds=6))

    assert (poor, rich) == ("requested", "sent")


@pytest.mark.parametrize("outcome", ["ABNORMAL", "CLOSED"])
def test_a_refund_that_fails_waits_for_a_person(house, kept, announced, outcome):
    settled = announced(RefundsSettled)
    house.control(refund={"outcome": outcome, "delay": 0})
    refund = request(paid(house, kept), 500)
    send(refund)

    arrived(refund)

    assert (refund.state, refund.trouble) == ("failed", f"WeChat Pay: {outcome}")
    assert list(Refund.objects.filter(state=Refund.State.FAILED)) == [refund]
    assert len(settled()) == 1


def test_a_refund_that_the_provider_never_takes_is_failed(house, kept, announced):
    settled = announced(RefundsSettled)
    payment = paid(house, kept)
    Payment.objects.filter(pk=payment.pk).update(provider_number="4200000000000000000000000000")
    refund = request(payment, 500)

    state = send(refund)

    assert (state, len(settled())) == ("failed", 1)
    assert refund.trouble.startswith("RESOURCE_NOT_EXISTS")


@pytest.mark.parametrize(("outcome", "state"), [("CLOSED", "succeeded"), ("ABNORMAL", "failed")])
def test_a_closed_refund_is_sent_again_a_stuck_one_is_not_paid_twice(house, kept, outcome, state):
    house.control(refund={"outcome": outcome, "delay": 0})
    refund = request(paid(house, kept), 500)
    send(refund)
    number = arrived(refund).our_number
    house.control(refund={"outcome": "SUCCESS", "delay": 0})

    actions.retry_refund(refund_id=refund.pk, now=timezone.now())
    send(refund)
    arrived(refund)

    assert (refund.state, refund.our_number) == (state, number + ("-2" if outcome == "CLOSED" else ""))
    assert Refund.objects.get(payment=refund.payment_id).amount_fen == 500


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
