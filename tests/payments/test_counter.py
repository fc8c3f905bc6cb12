"""Cash."""

from datetime import timedelta

import pytest

from teahorse.common.ids import new_id
from teahorse.payments import actions, queries
from teahorse.payments.actions.jobs import SEND
from teahorse.payments.events import PaymentsSucceeded, RefundsSettled
from teahorse.payments.models import Refund

from .making import CLERK, cash_taken, opened


@pytest.mark.django_db
def test_a_clerk_takes_cash_and_gives_a_receipt(now, announced):
    succeeded = announced(PaymentsSucceeded)

    payment = cash_taken(now=now)

    event = payment.events.get()
    assert (payment.state, payment.settled_at) == ("succeeded", now)
    assert payment.provider_number == f"C260815-{payment.pk.hex[-12:].upper()}"
    assert (event.kind, event.amount_fen, event.source, event.by_id) == ("succeeded", 3800, "counter", CLERK)
    assert succeeded() == [{"payment_ids": [str(payment.pk)]}]


@pytest.mark.django_db
def test_a_counter_needs_no_network(now):
    payment = opened(provider="cash", method="counter", now=now)

    ready = actions.prepare_payment(payment_id=payment.pk, payer_ip="", now=now)

    assert (ready.state, ready.prompt, ready.is_open_at_provider) == ("paying", {"number": payment.our_number}, False)
    assert actions.poll_open_payments(now=now + timedelta(minutes=14)) == 0


@pytest.mark.django_db
def test_cash_is_not_taken_twice(now):
    payment = cash_taken(now=now)

    with pytest.raises(actions.AlreadyPaid) as refused:
        actions.take_cash(payment_id=payment.pk, by_id=new_id(), now=now)

    assert refused.value.numbers == {"receipt": payment.provider_number}
    assert payment.events.count() == 1


@pytest.mark.django_db
def test_cash_is_not_taken_for_a_closed_payment_nor_for_another_provider(now):
    closed, wechat = opened(provider="cash", method="counter", now=now), opened(now=now)
    actions.close_payments(references=[closed.reference], now=now)

    with pytest.raises(actions.PaymentNotOpen):
        actions.take_cash(payment_id=closed.pk, by_id=CLERK, now=now)
    with pytest.raises(actions.NotAtACounter):
        actions.take_cash(payment_id=wechat.pk, by_id=CLERK, now=now)

    assert not wechat.events.exists()


@pytest.mark.django_db
def test_a_clerk_pays_cash_back(now, announced, jobs):
    settled = announced(RefundsSettled)
    payment = cash_taken(now=now)
    refund = actions.request_refund(split=payment.splits.get(), reference=new_id(), amount_fen=800, reason="坏了一包", now=now)
    waiting = list(Refund.objects.filter(payment__provider="cash", state__in=Refund.OPEN))
    sent = actions.send_refunds(now=now)

    refund = actions.pay_back_cash(refund_id=refund.pk, by_id=CLERK, now=now)

    assert (waiting, sent, jobs(SEND)) == ([refund], 0, [])
    assert (refund.state, refund.settled_at) == ("succeeded", now)
    assert settled() == [{"refund_ids": [str(refund.pk)]}]
    assert queries.refunded_fen(payment.pk) == 800
    with pytest.raises(actions.RefundNotOpen):
        actions.pay_back_cash(refund_id=refund.pk, by_id=CLERK, now=now)
    assert payment.events.filter(kind="refunded", by_id=CLERK).count() == 1
