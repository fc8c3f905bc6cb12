"""Money that fits nothing is seen, owned and resolved; nothing of it is lost."""

from datetime import timedelta

import pytest
from django.db import DatabaseError, transaction
from django.utils import timezone
from django.utils.translation import override

from teahorse.common.ids import new_id
from teahorse.common.refusals import Malformed
from teahorse.payments import actions
from teahorse.payments.actions.recording import POLL, Source, record
from teahorse.payments.events import PaymentsSucceeded, PaymentsSucceededLate
from teahorse.payments.models import Notification, Payment, PaymentEvent, UnmatchedMoney, UnmatchedStep
from teahorse.payments.providers import Outcome
from teahorse.payments.words import problem_in_words
from tests import world
from tests.at_once import at_once

from .conftest import wait_until
from .making import CLERK, opened, prepared

pytestmark = pytest.mark.django_db
ALIPAY = Source(name="notification", provider="alipay")


def money(our_number="nobody", *, fen=3800, number="2026081522001", now, **more):
    return Outcome(
        **{"our_number": our_number, "kind": "succeeded", "provider_number": number, "amount_fen": fen, "occurred_at": now, **more}
    )


def unmatched(now, **more):
    record([money(now=now, **more)], source=ALIPAY, now=now)
    return UnmatchedMoney.objects.get()


def steps(row):
    return [(step.what, step.by_id) for step in row.steps.order_by("at", "pk")]


def test_money_for_an_unknown_payment_waits_for_the_region_centre(now):
    region = world.organisation("region", kind="region_centre")

    for _ in range(3):
        record([money(now=now)], source=ALIPAY, now=now)

    row = UnmatchedMoney.objects.get()
    assert (row.provider, row.amount_fen, row.owner, row.state, row.source) == ("alipay", 3800, region, "open", "notification")
    assert (row.due_at - now, row.problem) == (timedelta(days=3), "unknown payment")
    assert steps(row) == [("found", None)]


def test_another_amount_waits_for_the_county_centre_of_its_seller(now):
    world.organisation("region", kind="region_centre")
    centre = world.organisation("centre", kind="county_centre")
    coop = world.organisation("coop")
    splits = [actions.Split(payee_id=coop.pk, reference=new_id(), amount_fen=3800)]
    payment = opened(now=now, splits=lambda _: splits)

    record([money(payment.our_number, fen=1, now=now)], source=POLL, now=now)

    row = UnmatchedMoney.objects.get()
    assert (row.owner, row.payment, row.provider, row.source) == (centre, payment, "wechat_pay", "poll")
    payment.refresh_from_db()
    assert (payment.state, "another amount" in payment.trouble) == ("created", True)


def test_sellers_of_two_counties_make_it_the_regions(now):
    region = world.organisation("region", kind="region_centre")
    world.organisation("centre", kind="county_centre")
    coops = [world.organisation("coop"), world.organisation("far-coop", code="540222")]
    splits = [actions.Split(payee_id=coop.pk, reference=new_id(), amount_fen=1900) for coop in coops]
    payment = opened(now=now, splits=lambda _: splits)

    record([money(payment.our_number, fen=1, now=now)], source=POLL, now=now)

    assert UnmatchedMoney.objects.get().owner == region


def test_what_moves_no_money_is_no_money(now):
    record([money(now=now, kind="closed")], source=ALIPAY, now=now)

    assert not UnmatchedMoney.objects.exists()


def test_a_refund_that_nobody_asked_for_is_seen(now):
    payment = opened(now=now)
    record([money(payment.our_number, now=now)], source=POLL, now=now)

    record([money(payment.our_number, now=now, kind="refunded", refund_number="strange")], source=POLL, now=now)

    row = UnmatchedMoney.objects.get()
    assert (row.kind, row.refund_number, row.problem) == ("refunded", "strange", "unknown refund")
    with pytest.raises(Malformed):
        actions.say_unmatched_was_refunded(unmatched_id=row.pk, reason="退回去了", by_id=CLERK, now=now)


@pytest.mark.parametrize("resolve", [actions.explain_unmatched, actions.say_unmatched_was_refunded])
def test_resolving_needs_a_reason_and_is_done_once(now, resolve):
    row = unmatched(now)
    with pytest.raises(Malformed):
        resolve(unmatched_id=row.pk, reason="  啊 ", by_id=CLERK, now=now)
    actions.note_on_unmatched(unmatched_id=row.pk, note="问了支付宝客服", by_id=CLERK, now=now)

    resolve(unmatched_id=row.pk, reason="测试用的一分钱", by_id=CLERK, now=now)

    with pytest.raises(actions.UnmatchedResolved):
        resolve(unmatched_id=row.pk, reason="再来一次", by_id=CLERK, now=now)
    row.refresh_from_db()
    assert row.resolved_at == now
    assert [what for what, _by in steps(row)] == ["found", "noted", row.state]


def test_it_is_counted_for_the_payment_that_it_was_meant_for(now, announced):
    succeeded = announced(PaymentsSucceeded)
    row, payment = unmatched(now), opened(provider="alipay", method="page", now=now)

    actions.assign_unmatched(unmatched_id=row.pk, our_number=payment.our_number, reason="买家付到了旧订单", by_id=CLERK, now=now)

    row.refresh_from_db()
    payment.refresh_from_db()
    event = PaymentEvent.objects.get()
    assert (payment.state, payment.provider_number) == ("succeeded", row.provider_number)
    assert (event.source, event.by_id, event.amount_fen) == ("assigned", CLERK, 3800)
    assert (row.state, row.assigned_to) == ("assigned", payment)
    assert len(succeeded()) == 1


def test_for_an_ended_payment_it_is_late_money(now, announced):
    late = announced(PaymentsSucceededLate)
    row, payment = unmatched(now), opened(provider="alipay", method="page", now=now)
    actions.close_payments(references=[payment.reference], now=now)

    actions.assign_unmatched(unmatched_id=row.pk, our_number=payment.our_number, reason="过期后才付", by_id=CLERK, now=now)

    assert len(late()) == 1


@pytest.mark.parametrize("wrong", ["unknown", "other sum", "other provider", "paid"])
def test_it_is_not_counted_for_what_does_not_fit(now, wrong):
    row = unmatched(now)
    payment = opened(
        provider="wechat_pay" if wrong == "other provider" else "alipay",
        method="native" if wrong == "other provider" else "page",
        amount_fen=3801 if wrong == "other sum" else 3800,
        now=now,
    )
    if wrong == "paid":
        record([money(payment.our_number, number="another", now=now)], source=ALIPAY, now=now)
    number = "0" * 32 if wrong == "unknown" else payment.our_number
    events = PaymentEvent.objects.count()

    with pytest.raises(actions.CannotBeAssigned):
        actions.assign_unmatched(unmatched_id=row.pk, our_number=number, reason="应该是这笔", by_id=CLERK, now=now)

    row.refresh_from_db()
    assert (row.state, PaymentEvent.objects.count()) == ("open", events)


def test_what_nobody_resolves_in_time_is_the_regions_once(now):
    region = world.organisation("region", kind="region_centre")
    centre = world.organisation("centre", kind="county_centre")
    row = unmatched(now)
    UnmatchedMoney.objects.update(owner=centre)
    just_before, due = now + timedelta(days=3, seconds=-1), now + timedelta(days=3)

    counts = [actions.escalate_unmatched(now=moment) for moment in (just_before, due, due)]

    row.refresh_from_db()
    assert counts == [0, 1, 0]
    assert (row.owner, row.escalated_at, row.state) == (region, due, "open")
    assert steps(row) == [("found", None), ("escalated", None)]


def test_nothing_of_it_is_deleted_or_rewritten(now):
    row = unmatched(now)
    actions.explain_unmatched(unmatched_id=row.pk, reason="测试用的一分钱", by_id=CLERK, now=now)

    for wrong in (
        lambda: UnmatchedStep.objects.all()._raw_delete("default"),
        lambda: UnmatchedMoney.objects.all()._raw_delete("default"),
        lambda: UnmatchedStep.objects.update(note="x"),
        lambda: UnmatchedMoney.objects.update(state="open", resolved_at=None),
        lambda: UnmatchedMoney.objects.update(resolved_at=None),
    ):
        with pytest.raises(DatabaseError), transaction.atomic():
            wrong()


@pytest.mark.django_db(transaction=True)
@pytest.mark.filterwarnings("ignore:No directory at")
def test_a_genuine_notification_with_another_amount_or_number_is_in_the_queue(house):
    other_amount, other_number = (prepared(provider="alipay", method="precreate") for _ in range(2))

    house.alipay_act(other_amount, total_fen=1)
    house.alipay_act(other_number, out_trade_no="0" * 32)
    wait_until(lambda: Notification.objects.filter(verdict="accepted").count() == 2)
    actions.apply_notifications(now=timezone.now())

    found = {row.problem: row for row in UnmatchedMoney.objects.all()}
    assert sorted(found) == ["another amount: 1 fen instead of 3800", "unknown payment"]
    assert found["unknown payment"].provider == "alipay"
    assert found["another amount: 1 fen instead of 3800"].payment == other_amount
    assert not Payment.objects.filter(state="succeeded").exists()


@pytest.mark.django_db(transaction=True)
def test_of_two_who_decide_at_once_one_wins_and_the_money_counts_once(now):
    row = unmatched(now)
    payments = [opened(provider="alipay", method="page", now=now) for _ in range(3)]

    def assign(payment):
        return actions.assign_unmatched(unmatched_id=row.pk, our_number=payment.our_number, reason="应该是这笔", by_id=CLERK, now=now)

    told = at_once(*(lambda payment=payment: assign(payment) for payment in payments))

    assert [type(one) for one in told].count(actions.UnmatchedResolved) == 2
    assert Payment.objects.filter(state="succeeded").count() == PaymentEvent.objects.count() == 1


@pytest.mark.parametrize(
    ("problem", "words"),
    [
        ("unknown payment", "No payment of ours has this number"),
        ("unknown refund", "No refund of ours has this number"),
        ("another amount: 1 fen instead of 39800", "Another amount: ¥0.01 instead of ¥398.00"),
        ("another collector: 1900000109", "Another account has collected it (1900000109)"),
        ("another collector: the house", "Another account has collected it (The house)"),
        ("other parts: 1 of 2 not paid as asked", "Its parts are not those that were asked for"),
        ("怪", "怪"),
    ],
)
def test_why_money_fits_nothing_is_said_in_words(problem, words):
    with override("en"):
        assert problem_in_words(problem) == words
