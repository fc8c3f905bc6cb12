"""Several sellers collect at once: combined payments and sub-merchants', by the real client against the sandbox over HTTP."""

from datetime import timedelta

import pytest
from django.db import transaction
from django.utils import timezone

from teahorse.common.ids import new_id
from teahorse.payments import actions
from teahorse.payments.events import PaymentsSucceeded, RefundsSettled
from teahorse.payments.models import MerchantAccount, Notification, Payment
from teahorse.payments.providers import Outcome, Part, provider_by_code
from teahorse.payments.providers.wechat_pay import client
from teahorse.payments.providers.wechat_pay.messages import Combined, outcome_of_combined, read
from tests.at_once import at_once

from .conftest import wait_until
from .selling import account, asked_of, divided, facts, number_of, paid, ready, seller, settled, split_of

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.filterwarnings("ignore:No directory at"),  # whitenoise, before static files are collected
]


def poll(payment, later=timedelta()):
    actions.poll_open_payments(payment_ids=[payment.pk], now=timezone.now() + later)
    payment.refresh_from_db()
    return payment.state


def refunded(split, fen):
    return actions.request_refund(split=split, reference=new_id(), amount_fen=fen, reason="七天无理由", now=timezone.now())


# --- who collects


def test_who_collects_is_frozen_when_the_payment_begins():
    tea, barley, cloth = seller("tea"), seller("barley"), seller("cloth", collects=False)
    payment = divided((tea, 1000), (barley, 2000), (cloth, 300))

    MerchantAccount.objects.filter(organisation=tea).update(is_active=False)
    account(cloth)

    splits = {split.payee_id: split for split in payment.splits.all()}
    assert payment.is_combined
    assert [splits[one.pk].account_id is not None for one in (tea, barley, cloth)] == [True, True, False]
    assert len({split.our_number for split in splits.values()} - {"", payment.our_number}) == 3


def test_one_collector_is_no_combined_payment():
    tea, cloth, wool = seller("tea"), seller("cloth", collects=False), seller("wool", collects=False)

    houses, sellers = divided((cloth, 300), (wool, 200)), divided((tea, 1000))

    assert (houses.is_combined, sellers.is_combined) == (False, False)
    assert {split.our_number for split in (*houses.splits.all(), *sellers.splits.all())} == {""}
    assert split_of(sellers, tea).account.number == number_of(tea)


def test_an_account_elsewhere_or_with_keys_of_its_own_does_not_collect_here():
    elsewhere, own_keys = seller("elsewhere", collects=False), seller("own-keys", collects=False)
    account(elsewhere, provider="alipay")
    account(own_keys, sealed_keys=b"sealed")

    payment = divided((elsewhere, 100), (own_keys, 200))

    assert {split.account_id for split in payment.splits.all()} == {None}


def test_cash_is_collected_by_the_house():
    tea, barley = seller("tea"), seller("barley")

    payment = divided((tea, 1000), (barley, 2000), provider="cash", method="counter")

    assert not payment.is_combined
    assert {split.account_id for split in payment.splits.all()} == {None}


def test_fifty_parts_are_taken_and_one_more_is_refused_before_anything_is_written(sandbox):
    sellers = [seller(f"seller-{place}") for place in range(51)]

    fifty = ready(divided(*((one, 100) for one in sellers[:50])))
    with pytest.raises(actions.TooManyParts) as refused, transaction.atomic():
        divided(*((one, 100) for one in sellers))

    assert (fifty.state, fifty.is_combined) == ("paying", True)
    assert refused.value.numbers == {"most": 50, "parts": 51}
    assert list(Payment.objects.all()) == [fifty]


def test_the_house_collects_for_any_number_at_once():
    sellers = [seller(f"seller-{place}", collects=False) for place in range(51)]

    payment = divided(*((one, 100) for one in sellers))

    assert not payment.is_combined


# --- paying


def test_a_combined_payment_says_who_collects_what(sandbox):
    tea, barley, cloth = seller("tea"), seller("barley"), seller("cloth", collects=False)

    payment = ready(divided((tea, 1000), (barley, 2345), (cloth, 300)))

    (asked,) = asked_of(sandbox, "/v3/combine-transactions/native")[-1:]
    said = {
        part["out_trade_no"]: (part.get("sub_mchid"), part["amount"]["total_amount"], part.get("settle_info"))
        for part in asked["sub_orders"]
    }
    frozen = {"profit_sharing": True}
    assert asked["combine_out_trade_no"] == payment.our_number
    assert {part["mchid"] for part in asked["sub_orders"]} == {asked["combine_mchid"]}
    assert said == {
        split_of(payment, tea).our_number: (number_of(tea), 1000, frozen),
        split_of(payment, barley).our_number: (number_of(barley), 2345, frozen),
        split_of(payment, cloth).our_number: (None, 300, None),
    }
    page = sandbox.http.get("/wechatpay/pay", params={"code_url": payment.prompt["code_url"]}).text
    assert "¥36.45" in page
    assert all(number in page for number in (number_of(tea), number_of(barley)))


@pytest.mark.parametrize("method", ["jsapi", "h5"])
@pytest.mark.parametrize("sellers", [1, 2])
def test_a_payment_of_sellers_opens_on_every_device(sandbox, method, sellers):
    parts = [(seller(f"seller-{place}"), 500) for place in range(sellers)]

    payment = ready(divided(*parts, method=method), openid="oPayer" if method == "jsapi" else "")

    given = payment.prompt if method == "jsapi" else {"prepay_id": payment.prompt["h5_url"].split("prepay_id=")[1].split("&")[0]}
    assert sandbox.http.get("/wechatpay/pay", params=given).status_code == 200


def test_its_money_is_told_with_the_number_of_every_part(house, kept, announced):
    succeeded = announced(PaymentsSucceeded)
    tea, barley, cloth = seller("tea"), seller("barley"), seller("cloth", collects=False)
    payment = ready(divided((tea, 1000), (barley, 2345), (cloth, 300)))
    house.act(payment)
    kept()

    settled(payment)

    numbers = [split.provider_number for split in payment.splits.order_by("our_number")]
    assert (payment.state, facts(payment)) == ("succeeded", [("succeeded", 3645, "notification")])
    assert len({*numbers} - {""}) == 3
    assert payment.provider_number == numbers[0]
    assert succeeded() == [{"payment_ids": [str(payment.pk)]}]


def test_the_same_is_found_by_asking_and_known_when_it_is_told(house, kept, announced):
    succeeded = announced(PaymentsSucceeded)
    payment = ready(divided((seller("tea"), 1000), (seller("barley"), 2000)))
    house.act(payment, delay=0.5)

    assert poll(payment) == "succeeded"
    kept()
    settled(payment)

    assert facts(payment) == [("succeeded", 3000, "poll")]
    assert [one.outcome for one in Notification.objects.all()] == ["known already"]
    assert len(succeeded()) == 1


def test_repeated_and_shuffled_they_are_each_one(house, kept):
    tea, barley = seller("tea"), seller("barley")
    payments = [ready(divided((tea, fen), (barley, 10))) for fen in (100, 200, 300)]
    house.control(notify={"shuffle": 3, "repeat": 2})
    for payment in payments:
        house.act(payment)
    kept(3)

    for payment in payments:
        wait_until(lambda payment=payment: settled(payment).state == "succeeded")

    assert Notification.objects.count() == 3
    assert [facts(payment) for payment in payments] == [[("succeeded", fen, "notification")] for fen in (110, 210, 310)]


@pytest.mark.parametrize(
    ("lie", "reason"),
    [
        ({"forge": True}, "signature: not WeChat's"),
        ({"edit": True}, "signature: not WeChat's"),
        ({"age_seconds": 172800}, "more than five minutes off"),
        ({"mchid": "1900999999"}, "mchid '1900999999' is not ours"),
        ({"appid": "wx0000000000000000"}, "appid 'wx0000000000000000' is not ours"),
    ],
)
def test_a_false_one_is_refused_and_changes_nothing(house, kept, lie, reason):
    payment = ready(divided((seller("tea"), 1000), (seller("barley"), 2000)))
    house.act(payment, **lie)

    (notification,) = kept()
    settled(payment)

    assert (notification.verdict, payment.state, facts(payment)) == ("refused", "paying", [])
    assert reason in notification.reason
    assert {split.provider_number for split in payment.splits.all()} == {""}
    assert poll(payment) == "succeeded"


def test_one_with_another_amount_of_a_part_waits_for_a_person(house, kept):
    payment = ready(divided((seller("tea"), 1000), (seller("barley"), 2000)))
    house.act(payment, total_fen=1)
    kept()

    settled(payment)

    (notification,) = Notification.objects.filter(is_unmatched=True)
    assert notification.outcome == "other parts: 1 of 2 not paid as asked"
    assert (payment.state, facts(payment)) == ("paying", [])
    assert poll(payment) == "succeeded"


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        (lambda first, second: (first, second), "recorded"),
        (lambda first, second: (second, first), "recorded"),
        (lambda first, second: (first,), "other parts: 1 of 2 not paid as asked"),
        (lambda first, second: (first, first), "other parts: 1 of 2 not paid as asked"),
        (lambda first, second: (first, second, second), "other parts: 0 of 2 not paid as asked"),
    ],
    ids=["as asked", "in another order", "one only", "one twice", "one too many"],
)
def test_money_counts_when_it_came_for_exactly_the_parts(change, problem, now):
    from teahorse.payments.actions.recording import NOTIFICATION, record

    tea, barley = seller("tea"), seller("barley")
    payment = divided((tea, 1000), (barley, 2000))
    parts = [
        Part(
            our_number=split.our_number,
            provider_number=f"42{split.amount_fen}",
            amount_fen=split.amount_fen,
            account_number=split.account.number,
        )
        for split in payment.splits.select_related("account").order_by("pk")
    ]
    outcome = Outcome(
        our_number=payment.our_number,
        kind="succeeded",
        provider_number="421000",
        amount_fen=3000,
        occurred_at=now,
        parts=change(*parts),
    )

    (recorded,) = record([outcome], source=NOTIFICATION, now=now)

    payment.refresh_from_db()
    assert (recorded.text, payment.state == "succeeded") == (problem, problem == "recorded")


def test_money_that_another_merchant_collected_waits_for_a_person(now):
    from teahorse.payments.actions.recording import POLL, record

    sold = divided((seller("tea"), 1000))
    told = Outcome(our_number=sold.our_number, kind="succeeded", provider_number="42", amount_fen=1000, occurred_at=now)

    (recorded,) = record([told], source=POLL, now=now)

    sold.refresh_from_db()
    assert (recorded.text, recorded.is_unmatched, sold.state) == ("another collector: the house", True, "created")
    assert sold.trouble.startswith("another collector: the house")


def test_a_part_alone_that_was_paid_is_no_payment(now):
    """WeChat pays all parts or none; were it otherwise, nobody may take it for the whole."""
    part = {"mchid": "1900000001", "trade_state": "NOTPAY", "amount": {"total_amount": 100}}
    whole = {"combine_appid": "wx", "combine_mchid": "1900000001", "combine_out_trade_no": "C1"}
    happy = {"trade_state": "SUCCESS", "transaction_id": "42", "success_time": "2026-08-15T12:00:00+08:00"}
    states = {
        "open": [{**part, "out_trade_no": "A"}, {**part, "out_trade_no": "B"}],
        "half": [{**part, "out_trade_no": "A", **happy}, {**part, "out_trade_no": "B"}],
        "closed": [{**part, "out_trade_no": "A", "trade_state": "CLOSED"}, {**part, "out_trade_no": "B", "trade_state": "CLOSED"}],
    }

    told = {name: outcome_of_combined(read({**whole, "sub_orders": parts}, Combined), now=now) for name, parts in states.items()}

    assert told["open"] is None
    assert (told["half"].kind, told["half"].amount_fen, len(told["half"].parts)) == ("succeeded", 100, 1)
    assert told["closed"].kind == "closed"


# --- closing


def test_an_unpaid_one_is_closed_there_too(sandbox):
    payment = ready(divided((seller("tea"), 1000), (seller("cloth", collects=False), 2000)))
    actions.close_payments(references=[payment.reference], now=timezone.now())

    poll(payment)

    assert (payment.state, payment.is_open_at_provider) == ("closed", False)
    answer = sandbox.http.post(
        "/wechatpay/pay", json={"code_url": payment.prompt["code_url"], "action": "pay"}, headers={"Accept": "application/json"}
    )
    assert answer.json()["code"] == "ORDER_CLOSED"


def test_a_sellers_own_payment_is_opened_asked_for_and_closed_in_her_name(house, kept):
    tea = seller("tea")
    taken, left = ready(divided((tea, 1000))), ready(divided((tea, 2000)))
    house.act(taken, drop=True)
    actions.close_payments(references=[left.reference], now=timezone.now())

    states = (poll(taken), poll(left))

    assert states == ("succeeded", "closed")
    assert not left.is_open_at_provider
    assert {one["sub_mchid"] for one in asked_of(house, "/v3/pay/partner/transactions/native")[-2:]} == {number_of(tea)}


def test_a_sellers_own_payment_is_told_in_her_name(house):
    payment = paid(house, (seller("tea"), 1000))

    assert facts(payment) == [("succeeded", 1000, "notification")]


def test_paid_while_it_was_being_closed_is_late_money(house):
    payment = ready(divided((seller("tea"), 1000), (seller("barley"), 2000)))
    house.act(payment, drop=True)
    actions.close_payments(references=[payment.reference], now=timezone.now())

    assert poll(payment) == "late_succeeded"


# --- trouble


@pytest.mark.parametrize("trouble", ["500", "time-out", "forged answer"])
def test_a_silent_provider_leaves_no_half_state_and_the_same_numbers_are_asked_again(sandbox, monkeypatch, trouble):
    from teahorse.payments.providers import wechat_pay

    wechat_pay._provider.cache_clear()
    if trouble == "500":
        sandbox.control(api=[{"answer": "SYSTEM_ERROR", "count": 3}])
    if trouble == "time-out":
        monkeypatch.setattr(client, "TIMEOUT", (0.2, 0.2))
        sandbox.control(api=[{"answer": "lost", "count": 3, "seconds": 0.5}])
    if trouble == "forged answer":
        sandbox.control(api=[{"answer": "forge", "count": 3}])
    payment = divided((seller("tea"), 1000), (seller("barley"), 2000))

    with pytest.raises(actions.ProviderUnavailable):
        ready(payment)
    sandbox.control(reset=True)
    monkeypatch.undo() if trouble == "time-out" else None
    wechat_pay._provider.cache_clear()
    payment = ready(payment)

    asked = [one for one in asked_of(sandbox, "/v3/combine-transactions/native") if one["combine_out_trade_no"] == payment.our_number]
    assert payment.state == "paying"
    assert len({tuple(sorted(part["out_trade_no"] for part in one["sub_orders"])) for one in asked}) == 1


# --- refunds


def test_each_part_is_refunded_out_of_its_own_order(house, announced):
    settled_refunds = announced(RefundsSettled)
    tea, barley, cloth = seller("tea"), seller("barley"), seller("cloth", collects=False)
    payment = paid(house, (tea, 1000), (barley, 2345), (cloth, 300))
    refunds = [refunded(split_of(payment, one), fen) for one, fen in ((tea, 400), (barley, 2345), (cloth, 1))]

    actions.send_refunds(now=timezone.now())
    for refund in refunds:
        wait_until(lambda refund=refund: settled(refund).state == "succeeded")

    asked = {
        one["out_refund_no"]: (one["transaction_id"], one["amount"]["total"], one.get("sub_mchid")) for one in asked_of(house, "/v3/refund")
    }
    assert [asked[refund.our_number] for refund in refunds] == [
        (split_of(payment, tea).provider_number, 1000, number_of(tea)),
        (split_of(payment, barley).provider_number, 2345, number_of(barley)),
        (split_of(payment, cloth).provider_number, 300, None),
    ]
    assert sorted(facts(payment)) == [
        ("refunded", 1, "notification"),
        ("refunded", 400, "notification"),
        ("refunded", 2345, "notification"),
        ("succeeded", 3645, "notification"),
    ]
    assert len(settled_refunds()) in {1, 2, 3}


def test_a_refund_that_is_not_told_of_is_found_by_asking(house):
    tea = seller("tea")
    single, combined = paid(house, (tea, 1000)), paid(house, (tea, 1000), (seller("barley"), 2000))
    refunds = [refunded(split_of(payment, tea), 600) for payment in (single, combined)]
    before = house.control(notify={"drop": True})["notifications"].get("dropped", 0)

    actions.send_refunds(now=timezone.now())
    wait_until(lambda: house.control()["notifications"].get("dropped", 0) == before + 2)
    actions.send_refunds(now=timezone.now() + timedelta(minutes=1))

    for refund in refunds:
        refund.refresh_from_db()
    assert [(refund.state, refund.tries) for refund in refunds] == [("succeeded", 2)] * 2


def test_a_refund_notice_of_another_part_changes_nothing(now):
    from teahorse.payments.actions.recording import NOTIFICATION, record

    tea, barley = seller("tea"), seller("barley")
    payment = divided((tea, 1000), (barley, 1000))
    hers, others = split_of(payment, tea), split_of(payment, barley)
    numbers = tuple(
        Part(our_number=split.our_number, provider_number=f"4{split.pk.int}"[:28], amount_fen=1000, account_number=split.account.number)
        for split in (hers, others)
    )
    money = {"our_number": payment.our_number, "kind": "succeeded", "provider_number": "42", "amount_fen": 2000, "occurred_at": now}
    record([Outcome(**money, parts=numbers)], source=NOTIFICATION, now=now)
    refund = refunded(hers, 500)
    told = {"refund_number": refund.our_number, "kind": "refunded", "provider_number": "50", "amount_fen": 500, "occurred_at": now}

    problems = [
        record([Outcome(our_number=number, account_number=collector, **told)], source=NOTIFICATION, now=now)[0].text
        for number, collector in (
            (others.our_number, others.account.number),
            (hers.our_number, others.account.number),
            (hers.our_number, hers.account.number),
        )
    ]

    refund.refresh_from_db()
    assert problems == ["unknown refund", f"another collector: {others.account.number}", "recorded"]
    assert refund.state == "succeeded"


# --- at once


def test_notification_and_poll_at_once_are_one_payment(house, kept, announced):
    succeeded = announced(PaymentsSucceeded)
    payment = ready(divided((seller("tea"), 1000), (seller("barley"), 2000)))
    house.act(payment)
    kept()

    at_once(*[lambda: actions.apply_notifications(now=timezone.now()), lambda: poll(Payment.objects.get(pk=payment.pk))] * 2)

    payment.refresh_from_db()
    assert (payment.state, len(facts(payment)), len(succeeded())) == ("succeeded", 1, 1)


# --- the platform's key


def test_a_new_key_of_the_platform_is_taken_without_a_restart_and_the_old_one_refused(house, kept):
    tea = seller("tea")
    payment = ready(divided((tea, 1000), (seller("barley"), 2000)))
    old = provider_by_code("wechat_pay").client.credentials.platform_key_id
    house.act(payment, delay=0.4)
    house.control(rotate=True)

    (notification,) = kept()
    again = ready(divided((tea, 1000)))

    new = provider_by_code("wechat_pay").client.credentials.platform_key_id
    assert (notification.verdict, notification.headers["Wechatpay-Serial"]) == ("accepted", new)
    assert new != old
    assert (settled(payment).state, again.state) == ("succeeded", "paying")


def test_what_the_old_key_signed_is_refused_after_the_change(house, kept, client):
    payment = ready(divided((seller("tea"), 1000), (seller("barley"), 2000)))
    house.act(payment)
    (first,) = kept()
    house.control(rotate=True)

    replayed = {
        f"HTTP_{name.upper().replace('-', '_')}": value for name, value in first.headers.items() if name.lower().startswith("wechatpay")
    }
    answer = client.post("/payments/wechat_pay/notify", bytes(first.body), content_type="application/json", **replayed)

    assert (answer.status_code, "unknown serial" in answer.json()["message"]) == (401, True)
