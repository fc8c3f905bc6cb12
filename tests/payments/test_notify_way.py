"""The short way of notifications: the same promises as the views', for many at the same moment."""

import io
import json

import pytest
from django.db import OperationalError
from django.utils import timezone

from sandbox import keys as key_store
from sandbox.wechatpay.signing import encrypt, platform_headers
from teahorse.payments import actions, notify
from teahorse.payments.actions import inbox
from teahorse.payments.actions.jobs import APPLY
from teahorse.payments.models import Notification, Payment
from teahorse.payments.short_way import NotifyWay
from tests.at_once import at_once

from .making import opened

pytestmark = pytest.mark.django_db(transaction=True)
APPLICATION = NotifyWay(lambda *_request: [b"the long way"])
WECHAT, ALIPAY = "/payments/wechat_pay/notify", "/payments/alipay/notify"


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("keys")


@pytest.fixture
def keys(folder, monkeypatch):
    """The keys of a merchant that is set up here, and of the platform that signs."""
    monkeypatch.setenv("TEAHORSE_WECHAT_PAY", str(folder / key_store.MERCHANT_FILE))
    return key_store.ensure(folder)


def ask(path, body=b"", *, method="POST", **environ):
    """Ask the WSGI application; its status, headers and content, or the one word of the long way."""
    told = []
    asked = {"REQUEST_METHOD": method, "PATH_INFO": path, "CONTENT_LENGTH": str(len(body)), "wsgi.input": io.BytesIO(body), **environ}
    content = b"".join(APPLICATION(asked, lambda status, headers: told.extend([status, dict(headers)])))
    return (*told, content)


def said(keys, payment, *, event="EV", **other):
    """A notification of money for a payment as WSGI hands it over: its body and its headers."""
    told = {
        "appid": keys.appid,
        "mchid": keys.mchid,
        "out_trade_no": payment.our_number,
        "transaction_id": f"42{payment.our_number[:20]}",
        "trade_state": "SUCCESS",
        "success_time": "2026-08-15T12:00:00+08:00",
        "amount": {"total": payment.amount_fen, "currency": "CNY"},
    }
    resource = encrypt(keys, plain=json.dumps(told).encode(), associated_data="transaction")
    told = {"id": event, "event_type": "TRANSACTION.SUCCESS", "resource_type": "encrypt-resource", "resource": resource, **other}
    return signed(keys, json.dumps(told).encode())


def signed(keys, body):
    headers = platform_headers(keys, body=body, timestamp=int(timezone.now().timestamp()), with_certificate=False)
    return body, {f"HTTP_{name.upper().replace('-', '_')}": value for name, value in headers.items()}


def all_at_once(requests):
    """What each request is answered when all of them come at the same moment."""
    return at_once(*(lambda body=body, headers=headers: ask(WECHAT, body, **headers) for body, headers in requests))


def test_a_notification_takes_the_short_way(keys, jobs):
    payment = opened()
    body, headers = said(keys, payment)

    answer = ask(WECHAT, body, CONTENT_TYPE="application/json", HTTP_COOKIE="sessionid=1", **headers)

    kept = Notification.objects.get()
    assert answer == ("204 No Content", {"X-Content-Type-Options": "nosniff"}, b"")
    assert (kept.verdict, kept.reason, kept.provider_event_id) == ("accepted", "TRANSACTION.SUCCESS", "EV")
    assert (bytes(kept.body), kept.content["our_number"]) == (body, payment.our_number)
    assert kept.headers["Wechatpay-Nonce"] == kept.nonce == headers["HTTP_WECHATPAY_NONCE"]
    assert "Cookie" not in kept.headers
    assert jobs(APPLY) == [{}]
    assert (actions.apply_notifications(now=timezone.now()), Payment.objects.get().state) == (1, "succeeded")


def test_refusals_are_told_in_the_providers_words(keys):
    body, headers = said(keys, opened())

    forged = ask(WECHAT, body + b" ", **headers)
    rubbish = ask(ALIPAY, b"a=1")

    assert forged[0] == rubbish[0] == "401 Unauthorized"
    assert json.loads(forged[2]) == {"code": "FAIL", "message": "signature: not WeChat's"}
    assert (rubbish[1]["Content-Type"], rubbish[2]) == ("text/plain", b"failure")
    assert list(Notification.objects.values_list("verdict", flat=True)) == ["refused", "refused"]


@pytest.mark.parametrize(
    ("method", "path", "length"),
    [("GET", WECHAT, "0"), ("POST", "/payments/", "0"), ("POST", WECHAT, ""), ("POST", WECHAT, "65537"), ("POST", WECHAT, "-1")],
)
def test_everything_else_takes_the_long_way(method, path, length):
    assert ask(path, method=method, CONTENT_LENGTH=length) == (b"the long way",)


def test_what_comes_at_the_same_moment_is_kept_together_and_each_once(keys, jobs, monkeypatch):
    batches = []

    def counted(messages):
        batches.append(len(messages))
        return inbox.keep_genuine(messages)

    monkeypatch.setattr(notify.gatherer, "_act", counted)
    payments = [opened() for _ in range(8)]
    requests = [said(keys, payment, event=f"EV{index}") for index, payment in enumerate(payments)]
    twins = [said(keys, payments[0], event="EV0") for _ in range(4)]  # the same message, signed anew for each try

    answers = all_at_once([*requests, *twins])

    assert {answer[0] for answer in answers} == {"204 No Content"}
    assert sorted(Notification.objects.values_list("provider_event_id", flat=True)) == [f"EV{index}" for index in range(8)]
    assert 1 <= len(jobs(APPLY)) <= len(batches) <= 12
    assert (actions.apply_notifications(now=timezone.now()), set(Payment.objects.values_list("state", flat=True))) == (8, {"succeeded"})


def test_of_one_nonce_at_the_same_moment_one_message_comes_in(keys, monkeypatch):
    payments = [opened() for _ in range(4)]
    monkeypatch.setattr("sandbox.wechatpay.signing.secrets.token_hex", lambda count: "a" * 2 * count)
    requests = [said(keys, payment, event=f"EV{index}") for index, payment in enumerate(payments)]

    answers = all_at_once(requests)

    assert sorted(answer[0] for answer in answers) == ["204 No Content", *["401 Unauthorized"] * 3]
    reasons = sorted(Notification.objects.values_list("verdict", "reason"))
    assert reasons == [("accepted", "TRANSACTION.SUCCESS"), *[("refused", "replay: this nonce came before")] * 3]


def test_what_could_not_be_kept_is_not_answered_as_if_it_were(keys, monkeypatch):
    def broken(_messages):
        raise OperationalError

    body, headers = said(keys, opened())
    monkeypatch.setattr(notify.gatherer, "_act", broken)

    failed = ask(WECHAT, body, **headers)

    assert failed[0] == "500 Internal Server Error"
    assert json.loads(failed[2]) == {"code": "FAIL", "message": "try again"}
    assert not Notification.objects.exists()


@pytest.mark.parametrize(
    "change",
    [
        {"resource_type": "plain"},
        {"resource": {}},
        {"resource": {"algorithm": "AES", "nonce": "n", "ciphertext": ""}},
        {"resource": {"algorithm": "AEAD_AES_256_GCM", "nonce": "short", "ciphertext": "YWJj"}},
        {"resource": {"algorithm": "AEAD_AES_256_GCM", "nonce": "a" * 12, "ciphertext": "***"}},
        {"resource": {"algorithm": "AEAD_AES_256_GCM", "nonce": "a" * 12, "ciphertext": "YWJj" * 20}},
    ],
)
def test_a_genuine_envelope_that_cannot_be_opened_is_refused(keys, change):
    body, headers = said(keys, opened(), **change)

    answer = ask(WECHAT, body, **headers)

    assert (answer[0], Notification.objects.get().reason[:5]) == ("401 Unauthorized", "body:")
