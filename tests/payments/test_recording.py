"""What became known, in any order and any number of times, makes one state and one announcement."""

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from teahorse.common.ids import new_id
from teahorse.payments import actions
from teahorse.payments.actions.recording import NOTIFICATION, POLL, Source, record, record_many
from teahorse.payments.events import PaymentsFailed, PaymentsSucceeded, PaymentsSucceededLate, RefundsSettled
from teahorse.payments.models import Payment
from teahorse.payments.providers import Outcome
from teahorse.payments.rules import Fact, payment_state

from .making import cash_taken, opened

KINDS = ("succeeded", "succeeded", "closed", "failed", "other amount")


def told(payment, kind, *, now, **more):
    """What a provider could say of a payment."""
    values = {"amount_fen": payment.amount_fen, "provider_number": f"4200-{kind}", **more}
    return Outcome(our_number=payment.our_number, kind=kind, occurred_at=now, **values)


@pytest.mark.django_db
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(kinds=st.lists(st.sampled_from(KINDS), max_size=6), cuts=st.lists(st.booleans(), min_size=6, max_size=6))
def test_the_state_does_not_depend_on_the_order(now, kinds, cuts):
    with transaction.atomic():
        states, event_sets = set(), set()
        for order in (kinds, kinds[::-1], sorted(kinds), [*kinds, *kinds]):
            payment = opened(now=now)
            Payment.objects.filter(pk=payment.pk).update(state="paying")
            batch = []
            for kind, is_cut in zip(order, cuts * 2, strict=False):
                is_other = kind == "other amount"
                batch.append(told(payment, "succeeded" if is_other else kind, now=now, **({"amount_fen": 1} if is_other else {})))
                if is_cut:
                    record(batch, source=NOTIFICATION, now=now)
                    batch = []
            record(batch, source=NOTIFICATION, now=now)
            payment.refresh_from_db()
            states.add(payment.state)
            event_sets.add(frozenset(payment.events.values_list("kind", "provider_number", "amount_fen")))
        facts = [Fact(kind, 3800) for kind in kinds if kind != "other amount"]
        assert states == {payment_state(facts, due_fen=3800, otherwise="paying")}
        assert len(event_sets) == 1
        transaction.set_rollback(True)


@pytest.mark.django_db
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    before=st.lists(st.sampled_from(("nothing", "paying", "closed by us", "paid", "at another provider")), min_size=1, max_size=5),
    kinds=st.lists(st.tuples(st.sampled_from((*KINDS, "another collector")), st.integers(0, 5)), min_size=1, max_size=8),
)
def test_many_are_recorded_as_each_would_be(now, announced, before, kinds):
    events = {kind: announced(kind) for kind in (PaymentsSucceeded, PaymentsSucceededLate, PaymentsFailed)}
    source = Source(name="notification", provider="wechat_pay")

    def outcome(payments, kind, place):
        if place >= len(payments):
            return Outcome(our_number="nobody", kind="succeeded", provider_number="1", amount_fen=1, occurred_at=now)
        if kind == "another collector":
            return told(payments[place], "succeeded", now=now, account_number="1900000001")
        if kind == "other amount":
            return told(payments[place], "succeeded", now=now, amount_fen=1)
        return told(payments[place], kind, now=now)

    with transaction.atomic():
        seen = []
        for act in (record, record_many):
            payments = [waiting(how, now=now) for how in before]
            heard = {kind: len(stored()) for kind, stored in events.items()}
            texts = act([outcome(payments, kind, place) for kind, place in kinds], source=source, now=now)
            for payment in payments:
                payment.refresh_from_db()
            keys = {str(payment.pk): place for place, payment in enumerate(payments)}
            seen.append(
                (
                    texts,
                    [(one.state, one.settled_at, one.provider_number, one.is_open_at_provider, one.trouble) for one in payments],
                    [known_of(one) for one in payments],
                    {
                        kind: sorted(keys[key] for event in stored()[heard[kind] :] for key in event["payment_ids"])
                        for kind, stored in events.items()
                    },
                )
            )
        assert seen[0] == seen[1]
        transaction.set_rollback(True)


def known_of(payment):
    """What is written down of a payment; its own number, under which we close it, is another each time."""
    events = payment.events.values_list("kind", "provider_number", "amount_fen", "source", "recorded_at")
    return sorted((kind, number.replace(payment.our_number, "ours"), *rest) for kind, number, *rest in events)


def waiting(how, *, now):
    """A payment to which something happened before."""
    payment = opened(now=now, provider="alipay", method="page") if how == "at another provider" else opened(now=now)
    if how == "paying":
        Payment.objects.filter(pk=payment.pk).update(state="paying", is_open_at_provider=True)
    if how == "closed by us":
        actions.close_payments(references=[payment.reference], now=now)
    if how == "paid":
        record([told(payment, "succeeded", now=now)], source=POLL, now=now)
    return payment


@pytest.mark.django_db
def test_what_was_expected_is_recorded_without_looking_at_each(now, sent):
    payments = [opened(now=now) for _ in range(30)]
    sent.clear()

    done = record_many(
        [told(payment, "succeeded", now=now) for payment in payments], source=Source(name="notification", provider="wechat_pay"), now=now
    )

    assert {one.text for one in done} == {"recorded"}
    assert len(sent) == 5  # plans by index, locks, records, plans as usual, announces


@pytest.mark.django_db
@pytest.mark.parametrize("order", [("refunded", "refund_failed"), ("refund_failed", "refunded"), ("refunded", "refunded")])
def test_money_that_went_back_outweighs_a_failure(now, order):
    payment = cash_taken(now=now)
    refund = actions.request_refund(split=payment.splits.get(), reference=new_id(), amount_fen=500, reason="", now=now)

    for kind in order:
        record([told(payment, kind, now=now, refund_number=refund.our_number, amount_fen=500)], source=POLL, now=now)

    refund.refresh_from_db()
    assert refund.state == "succeeded"


@pytest.mark.django_db
def test_money_is_announced_once_however_it_is_told(now, announced):
    in_time, late, failed = (announced(kind) for kind in (PaymentsSucceeded, PaymentsSucceededLate, PaymentsFailed))
    payment = opened(now=now)

    for kind in ("succeeded", "succeeded", "closed"):
        record([told(payment, kind, now=now)], source=NOTIFICATION, now=now)

    payment.refresh_from_db()
    assert payment.state == "late_succeeded"  # its provider had closed it before it took the money
    assert (in_time(), late(), failed()) == ([{"payment_ids": [str(payment.pk)]}], [], [])


@pytest.mark.django_db
def test_many_payments_are_announced_together(now, announced):
    succeeded = announced(PaymentsSucceeded)
    payments = [opened(now=now) for _ in range(3)]

    record([told(payment, "succeeded", now=now) for payment in payments], source=NOTIFICATION, now=now)

    assert [set(event["payment_ids"]) for event in succeeded()] == [{str(payment.pk) for payment in payments}]


@pytest.mark.django_db
def test_what_is_about_nothing_we_know_changes_nothing(now, announced):
    settled = announced(RefundsSettled)
    payment, stranger = opened(now=now), opened(now=now)
    refund = actions.request_refund(split=cash_taken(now=now).splits.get(), reference=new_id(), amount_fen=500, reason="", now=now)
    outcomes = [
        told(payment, "succeeded", now=now, amount_fen=3799),
        told(payment, "refunded", now=now, refund_number="nothing", amount_fen=1),
        told(stranger, "refunded", now=now, refund_number=refund.our_number, amount_fen=500),
        told(refund.payment, "refunded", now=now, refund_number=refund.our_number, amount_fen=501),
    ]
    nobody = Outcome(our_number="nobody", kind="succeeded", provider_number="1", amount_fen=1, occurred_at=now)

    done = record([*outcomes, nobody], source=NOTIFICATION, now=now)

    assert [(one.is_unmatched, one.text) for one in done] == [
        (True, "another amount: 3799 fen instead of 3800"),
        (True, "unknown refund"),
        (True, "unknown refund"),
        (True, "another amount: 501 fen instead of 500"),
        (True, "unknown payment"),
    ]
    payment.refresh_from_db()
    refund.refresh_from_db()
    assert (payment.state, payment.trouble, refund.state, settled()) == ("created", "", "requested", [])
    assert not payment.events.exists()


@pytest.mark.django_db
def test_another_amount_found_by_asking_is_flagged_for_a_person(now):
    payment = opened(now=now)

    record([told(payment, "succeeded", now=now, amount_fen=100)], source=POLL, now=now)

    payment.refresh_from_db()
    assert (payment.state, payment.trouble) == ("created", "another amount: 100 fen instead of 3800 (succeeded 4200-succeeded)")
