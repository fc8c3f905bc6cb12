"""How much may go back."""

from datetime import timedelta

import pytest
from django.db import IntegrityError

from teahorse.common.ids import new_id
from teahorse.payments import actions, queries
from teahorse.payments.actions.recording import POLL, record
from teahorse.payments.events import RefundsRequested
from teahorse.payments.models import Refund
from teahorse.payments.providers import Outcome
from tests.at_once import at_once

from .making import cash_taken, halves, opened


def back(payment, amount_fen, *, now, reference=None):
    return actions.request_refund(
        split=payment.splits.get(), reference=reference or new_id(), amount_fen=amount_fen, reason="七天无理由", now=now
    )


@pytest.mark.django_db
def test_refunds_never_exceed_the_payment(now):
    payment = cash_taken(now=now)
    back(payment, 3000, now=now)

    with pytest.raises(actions.RefundTooLarge) as refused:
        back(payment, 801, now=now)

    assert refused.value.numbers == {"left_fen": 800, "asked_fen": 801}
    assert queries.refunded_fen(payment.pk) == 3000
    assert back(payment, 800, now=now).state == "requested"
    with pytest.raises(actions.RefundTooLarge):
        back(payment, 1, now=now)


@pytest.mark.django_db
def test_the_same_reference_is_the_same_refund(now):
    payment, reference = cash_taken(now=now), new_id()

    first, again = (back(payment, 1000, reference=reference, now=now) for _ in range(2))

    assert first == again
    with pytest.raises(actions.RefundDiffers):
        back(payment, 999, reference=reference, now=now)
    assert queries.refunded_fen(payment.pk) == 1000


@pytest.mark.django_db
def test_what_was_not_paid_does_not_go_back(now):
    payment = opened(now=now)

    with pytest.raises(actions.NothingToRefund):
        back(payment, 1, now=now)
    with pytest.raises(ValueError, match="nothing to refund"):
        back(payment, 0, now=now)

    assert not Refund.objects.exists()


@pytest.mark.django_db
def test_the_database_refuses_more_than_was_paid(now):
    payment = cash_taken(now=now)

    with pytest.raises(IntegrityError, match="more would be refunded than was paid"):
        Refund.objects.create(
            payment=payment,
            split=payment.splits.get(),
            reference=new_id(),
            our_number="x",
            amount_fen=3801,
            reason="",
            requested_at=now,
            due_at=now,
        )


@pytest.mark.django_db
def test_a_part_does_not_pay_for_another(now):
    payment = cash_taken(splits=halves, now=now)
    first, second = payment.splits.order_by("pk")

    with pytest.raises(actions.RefundTooLarge) as refused:
        actions.request_refund(split=first, reference=new_id(), amount_fen=1901, reason="", now=now)

    assert refused.value.numbers == {"left_fen": 1900, "asked_fen": 1901}
    assert actions.request_refund(split=second, reference=new_id(), amount_fen=1900, reason="", now=now).state == "requested"


@pytest.mark.django_db
def test_what_is_left_of_a_payment_goes_back_part_by_part_once(now, announced):
    asked = announced(RefundsRequested)
    payment = cash_taken(splits=halves, now=now)
    first, second = payment.splits.order_by("pk")
    earlier = actions.request_refund(split=first, reference=new_id(), amount_fen=1900, reason="", now=now)

    sent, again = (actions.send_payment_back(payment=payment, reason="迟到", now=now) for _ in range(2))

    assert [(refund.split, refund.reference, refund.amount_fen) for refund in sent] == [(second, second.reference, 1900)]
    assert again == []
    assert asked() == [{"refund_ids": [str(refund.pk)]} for refund in (earlier, *sent)]


@pytest.mark.django_db(transaction=True)
def test_clerks_at_once_do_not_refund_too_much(now):
    payments, outcomes = [cash_taken(now=now) for _ in range(8)], []

    for payment in payments:
        outcomes += at_once(*[lambda payment=payment: back(payment, 1500, now=now)] * 4)

    assert [type(one) for one in outcomes].count(actions.RefundTooLarge) == 16
    assert [queries.refunded_fen(payment.pk) for payment in payments] == [3000] * 8


@pytest.mark.django_db
def test_a_failed_refund_is_tried_again_under_a_new_number(now):
    refund = back(cash_taken(now=now), 500, now=now)
    number = refund.our_number
    failure = Outcome(
        our_number=refund.payment.our_number,
        refund_number=number,
        kind="refund_failed",
        provider_number="5030",
        amount_fen=500,
        occurred_at=now,
        trouble="WeChat Pay: CLOSED",
        is_number_spent=True,
    )
    record([failure], source=POLL, now=now)
    refund.refresh_from_db()
    was = (refund.state, refund.trouble)

    again = actions.retry_refund(refund_id=refund.pk, now=now + timedelta(hours=1))

    assert was == ("failed", "WeChat Pay: CLOSED")
    assert (again.state, again.our_number, again.trouble) == ("requested", f"{number}-2", "")
    with pytest.raises(actions.RefundNotFailed):
        actions.retry_refund(refund_id=refund.pk, now=now)
