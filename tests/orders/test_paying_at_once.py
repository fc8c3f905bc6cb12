"""Starting to pay, at once and over again: over real connections."""

import pytest
from django.db import transaction

from teahorse.orders.actions import NothingToPay, cancel_order, place_orders, start_payment
from teahorse.orders.models import OrderGroup
from teahorse.payments import actions as payments
from teahorse.payments.models import Payment, PaymentEvent, PaymentSplit
from tests import world
from tests.at_once import at_once
from tests.world import LATER, NOW

pytestmark = pytest.mark.django_db(transaction=True)
CASH, NATIVE, H5 = ("cash", "counter"), ("wechat_pay", "native"), ("wechat_pay", "h5")
PAYER = payments.Payer(ip="10.0.0.7", back_url="https://mall.example/")


@pytest.fixture
def group() -> OrderGroup:
    wine = world.offer(world.organisation("chamchen"), price_fen=3800)
    carpet = world.offer(world.organisation("jiangzi", code=world.GYANGZE), price_fen=128000)
    [placed] = place_orders(wishes=[world.wish({wine: 1, carpet: 1})], now=NOW)
    return OrderGroup.objects.get(pk=placed.group_id)


def start(group, way, *, payer=PAYER, now=NOW) -> Payment:
    return start_payment(group=group, provider=way[0], method=way[1], payer=payer, now=now)


@pytest.mark.parametrize("way", [CASH, NATIVE])
def test_callers_at_once_get_one_payment_with_one_set_of_splits(group, way):
    found = at_once(*[lambda: start(group, way) for _ in range(6)])

    payment = Payment.objects.get()
    assert found == [payment] * 6
    assert sorted(PaymentSplit.objects.values_list("amount_fen", flat=True)) == sorted(group.orders.values_list("total_fen", flat=True))


def test_of_two_ways_at_once_one_stays_open(group):
    found = at_once(*[lambda way=way: start(group, way) for way in (CASH, NATIVE, H5, CASH)])

    assert all(isinstance(payment, Payment) for payment in found)
    states = list(Payment.objects.order_by("attempt").values_list("state", flat=True))
    assert set(states[:-1]) <= {"closed"}
    assert states[-1] in Payment.OPEN
    assert PaymentEvent.objects.filter(kind="closed", source="house").count() == len(states) - 1


def test_who_pays_and_who_cancels_at_once_do_not_both_succeed_in_the_end(group):
    at_once(lambda: start(group, CASH), lambda: cancel_order(order=group.orders.first(), reason="other", now=NOW))

    assert set(group.orders.values_list("state", flat=True)) == {"cancelled"}
    assert set(Payment.objects.values_list("state", flat=True)) <= {"closed"}


def test_cash_with_its_payer_is_prepared_as_if_it_had_been_asked_for(group):
    at_a_go = start(group, CASH)
    again = payments.prepare_payment(payment_id=at_a_go.pk, payer_ip="10.9.9.9", now=NOW)
    payments.close_payments(references=[group.pk], now=NOW)

    opened = start(group, CASH, payer=None)
    prepared = payments.prepare_payment(payment_id=opened.pk, payer_ip=PAYER.ip, back_url=PAYER.back_url, now=NOW)

    def told(payment):
        shown = {field.attname: getattr(payment, field.attname) for field in Payment._meta.concrete_fields}
        assert shown["prompt"] == {"number": payment.our_number}
        return {name: value for name, value in shown.items() if name not in {"id", "our_number", "prompt", "attempt"}}

    assert opened.state == "created"
    assert told(at_a_go) == told(again) == told(prepared)
    assert at_a_go.state == "paying"


def test_another_provider_is_not_prepared_by_starting(group):
    payment = start(group, NATIVE)

    assert (payment.state, payment.asked, payment.prompt, payment.polled_at) == ("created", {}, {}, None)


def test_what_was_paid_or_ended_is_not_started(group):
    payment = start(group, CASH)
    with pytest.raises(NothingToPay):
        start(group, CASH, now=NOW + LATER)
    payments.take_cash(payment_id=payment.pk, by_id=payment.pk, now=NOW)

    with pytest.raises(payments.AlreadyPaid):
        start(group, NATIVE)

    assert list(Payment.objects.values_list("state", flat=True)) == ["succeeded"]


def test_attempts_are_locked_in_a_transaction_only(group):
    with pytest.raises(transaction.TransactionManagementError):
        payments.ask_for_attempts(group.pk)


def test_a_payment_is_started_by_statements_of_its_own(group, django_assert_num_queries):
    with django_assert_num_queries(2):  # Django's own begin and commit
        start(group, CASH)
