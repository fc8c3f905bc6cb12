"""Opening, replacing and closing attempts."""

from datetime import timedelta

import pytest
from django.db import IntegrityError, connection, transaction

from teahorse.common.ids import new_id
from teahorse.payments import actions, queries
from teahorse.payments.actions.jobs import POLL
from teahorse.payments.events import PaymentsFailed
from teahorse.payments.models import Payment, PaymentEvent, PaymentSplit
from tests.at_once import at_once

from .making import cash_taken, halves, opened


@pytest.mark.django_db
def test_a_payment_is_opened_with_its_splits(now):
    payment = opened(amount_fen=3801, splits=halves, now=now)

    assert (payment.state, payment.attempt, payment.amount_fen, payment.our_number) == ("created", 1, 3801, payment.pk.hex)
    assert list(payment.splits.order_by("pk").values_list("amount_fen", flat=True)) == [1900, 1901]


@pytest.mark.django_db
@pytest.mark.parametrize(
    "wrong",
    [
        {"amount_fen": 0},
        {"splits": halves(3799)},
        {"splits": ()},
        {"provider": "gold"},
        {"method": "counter"},
        {"minutes": 0},
    ],
)
def test_a_payment_that_cannot_be_is_not_opened(now, wrong):
    minutes = wrong.pop("minutes", 15)
    values = {"amount_fen": 3800, "splits": halves(3800), "provider": "wechat_pay", "method": "native", **wrong}

    with pytest.raises(ValueError, match=r"."):
        actions.open_payment(reference=new_id(), subject="松茸", expires_at=now + timedelta(minutes=minutes), now=now, **values)

    assert not Payment.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_the_database_refuses_splits_that_do_not_add_up(now):
    payment = opened(now=now)

    with pytest.raises(IntegrityError, match="splits do not add up"):
        PaymentSplit.objects.filter(payment=payment).update(amount_fen=1)


@pytest.mark.django_db
def test_the_same_wish_is_the_same_attempt(now):
    reference = new_id()

    assert opened(reference=reference, now=now) == opened(reference=reference, now=now + timedelta(minutes=14))


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("wish", "later"),
    [
        ({"method": "h5"}, timedelta()),
        ({"amount_fen": 3900}, timedelta()),
        ({"provider": "cash", "method": "counter"}, timedelta()),
        ({}, timedelta(minutes=15)),
    ],
)
def test_another_wish_closes_the_open_attempt(now, wish, later, announced, jobs):
    failed = announced(PaymentsFailed)
    reference = new_id()
    before = opened(reference=reference, now=now)

    after = opened(reference=reference, now=now + later, **wish)

    before.refresh_from_db()
    assert (before.state, after.state, after.attempt) == ("closed", "created", 2)
    assert failed() == []  # the caller knows
    assert jobs(POLL) == []  # its provider had never heard of it
    assert queries.payment_of(reference) == after


@pytest.mark.django_db
def test_what_was_paid_is_not_paid_again(now):
    paid = cash_taken(now=now)

    with pytest.raises(actions.AlreadyPaid):
        opened(reference=paid.reference, now=now)

    assert queries.payment_of(paid.reference) == paid
    assert list(Payment.objects.filter(reference=paid.reference, state__in=Payment.TAKEN)) == [paid]


@pytest.mark.django_db
def test_closing_leaves_ended_payments_alone(now):
    paid, waiting = cash_taken(now=now), opened(now=now)

    actions.close_payments(references=[paid.reference, waiting.reference, new_id()], now=now)
    actions.close_payments(references=[waiting.reference], now=now)

    paid.refresh_from_db()
    waiting.refresh_from_db()
    assert (paid.state, waiting.state, waiting.settled_at) == ("succeeded", "closed", now)
    assert [(event.kind, event.source) for event in waiting.events.all()] == [("closed", "house")]


@pytest.mark.django_db
def test_an_expired_payment_that_nobody_prepared_is_closed_and_announced(now, announced):
    failed = announced(PaymentsFailed)
    payment = opened(now=now)
    later = now + timedelta(minutes=15)

    asked = [actions.poll_open_payments(now=moment) for moment in (now, later, later + timedelta(minutes=1))]

    payment.refresh_from_db()
    assert (asked, payment.state, payment.settled_at) == ([0, 1, 0], "closed", later)
    assert failed() == [{"payment_ids": [str(payment.pk)]}]


@pytest.mark.django_db(transaction=True)
def test_callers_at_the_same_time_get_one_attempt(now):
    reference = new_id()

    got = at_once(*[lambda: opened(reference=reference, splits=halves, now=now).pk] * 4)

    assert len(set(got)) == 1
    assert Payment.objects.filter(reference=reference).count() == 1
    assert PaymentSplit.objects.filter(payment__reference=reference).count() == 2


@pytest.mark.django_db
def test_an_event_is_never_changed(now):
    event = cash_taken(now=now).events.get()

    with pytest.raises(Exception, match="payment_events_are_never_changed"), transaction.atomic():
        PaymentEvent.objects.filter(pk=event.pk).update(amount_fen=1)
    with pytest.raises(Exception, match="payment_events_are_never_changed"), transaction.atomic():
        event.delete()


@pytest.mark.django_db
def test_the_parts_that_pay_an_order_are_found_by_an_index():
    with connection.cursor() as cursor:
        cursor.execute("set local enable_seqscan = off")

    plan = PaymentSplit.objects.filter(reference__in=[new_id(), new_id()]).explain()

    assert "split_of_reference" in plan
