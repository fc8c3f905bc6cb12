"""Refunds by WeChat Pay over the sandbox: sent once, waited for, refused, sent again."""

from datetime import timedelta

import pytest
from django.utils import timezone

from teahorse.common.ids import new_id
from teahorse.payments import actions, queries
from teahorse.payments.actions.jobs import SEND
from teahorse.payments.events import RefundsSettled
from teahorse.payments.models import Payment, Refund

from .by_wechat import arrived, facts, paid, poll, request, send
from .conftest import wait_until
from .making import prepared

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.filterwarnings("ignore:No directory at"),  # whitenoise, before static files are collected
]


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
