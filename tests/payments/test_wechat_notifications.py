"""What WeChat Pay tells us, over the sandbox: kept, applied once, and refused where it is false."""

from datetime import timedelta

import pytest
from django.utils import timezone

from teahorse.common.ids import new_id
from teahorse.payments import actions
from teahorse.payments.actions import inbox
from teahorse.payments.actions.jobs import APPLY
from teahorse.payments.events import PaymentsSucceeded
from teahorse.payments.models import Notification, Payment
from tests.at_once import at_once

from .by_wechat import apply, facts, poll
from .conftest import wait_until
from .making import prepared

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.filterwarnings("ignore:No directory at"),  # whitenoise, before static files are collected
]


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

    def work():
        while actions.apply_notifications(limit=3, now=timezone.now()):
            pass

    at_once(work, work, work)
    apply()

    told = [key for event in succeeded() for key in event["payment_ids"]]
    assert Notification.objects.filter(applied_at=None).count() == 0
    assert [facts(payment) for payment in payments] == [[("succeeded", 3800, "notification")]] * 5
    assert sorted(told) == sorted(str(payment.pk) for payment in payments)
