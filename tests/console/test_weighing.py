"""The packing table weighs what is sold by weight; the counter takes what it weighed more."""

from uuid import uuid4

import pytest
from django.urls import reverse
from django.utils import timezone

from teahorse.console.models import CashReceipt
from teahorse.orders import actions as orders
from teahorse.orders.models import BalanceDue, OrderLine, SellerOrder, Weighing
from teahorse.payments import actions as payments
from teahorse.payments.models import Payment, Refund
from tests import world
from tests.console.world import member, paid, placed

pytestmark = pytest.mark.django_db


@pytest.fixture
def order(coop, buyer):
    meat = world.offer(coop, title="牦牛肉", price_fen=9600, weight_grams=1500, nominal_grams=1200)
    return paid(buyer, meat, units=2)


@pytest.fixture
def desk(browser_of, seller):
    return browser_of(seller)


@pytest.fixture
def counter(browser_of, point, operator):
    """A counter with an open box."""
    payments.open_shift(organisation=point.organisation, person_id=operator.pk, float_fen=20000, now=timezone.now())
    return browser_of(operator)


def at(name, *, org="coop-dorje", **more):
    return reverse(f"console:{name}", kwargs={"org": org, **more})


def line(order):
    return OrderLine.objects.get(order=order)


def sent(desk, order, kilograms, **more):
    typed = {"order": order.pk, f"weight.{order.pk}": "2.90", f"carrier.{order.pk}": "network"}
    return desk.post(at("pack"), {**typed, f"weighed.{line(order).pk}": kilograms, **more})


def test_the_table_asks_for_the_net_weight_with_what_is_expected(desk, order):
    page = desk.get(at("pack"), {"order": order.pk}).content.decode()

    assert f'name="weighed.{line(order).pk}"' in page
    assert "about 2.40 kg were ordered" in page
    assert "ask the buyer for the difference" in page


def test_the_price_is_reckoned_before_anything_is_packed(desk, order):
    answer = sent(desk, order, "2,25", do="reckon")

    page = answer.content.decode()
    assert answer.status_code == 200
    assert "¥12.00 go back to the buyer." in page
    assert 'value="2,25"' in page
    assert (SellerOrder.objects.get().state, Weighing.objects.count()) == ("paid", 0)


def test_packing_writes_the_weight_down_and_says_what_it_did(desk, order):
    answer = sent(desk, order, "2.25")

    weighing, refund = Weighing.objects.get(), Refund.objects.get()
    assert (weighing.actual_grams, weighing.weighed_fen, refund.amount_fen) == (2250, 18000, 1200)
    assert "¥12.00 go back to the buyer." in desk.get(answer.url).content.decode()
    assert "weighed 2.25 kg (about 2.40 kg ordered)" in desk.get(at("order", order_id=order.pk)).content.decode()


@pytest.mark.parametrize(("typed", "told"), [("", "about 2.40 kg are expected"), ("24", "24.00 kg is too far"), ("two", "are expected")])
def test_a_missing_or_impossible_weight_keeps_what_was_typed(desk, order, typed, told):
    answer = sent(desk, order, typed, **{f"asks_difference.{order.pk}": "1"})

    page = answer.content.decode()
    assert answer.status_code == 422
    assert told in page
    assert f'name="asks_difference.{order.pk}" value="1" checked' in page
    assert 'value="2.90"' in page
    assert (SellerOrder.objects.get().state, Weighing.objects.count()) == ("paid", 0)


def test_the_difference_is_paid_in_cash_once_with_a_receipt(desk, counter, order):
    sent(desk, order, "2.50", **{f"asks_difference.{order.pk}": "1"})
    balance, group = BalanceDue.objects.get(), order.group
    found = counter.get(at("cash", org="station-lhayu"), {"q": group.number})

    take = at("cash_take", org="station-lhayu", group_id=group.pk)
    typed = {"number": group.number, "balance": balance.pk}
    answers = [counter.post(take, typed) for _ in range(2)]

    payment = Payment.objects.get(reference=balance.pk)
    assert [(due.fen, due.balance) for due in found.context["dues"]] == [(800, balance)]
    assert [answer.url for answer in answers] == [at("receipt", org="station-lhayu", subject_id=payment.pk)] * 2
    assert (payment.amount_fen, CashReceipt.objects.filter(subject_id=payment.pk).count()) == (800, 1)
    receipt = counter.get(answers[0].url).content.decode()
    assert group.number in receipt
    assert "¥8.00" in receipt
    orders.take_payments(payment_ids=[payment.pk], now=timezone.now())
    assert BalanceDue.objects.get().state == "paid"
    assert counter.post(take, typed).url == answers[0].url
    assert "Paid by the buyer" in desk.get(at("order", order_id=order.pk)).content.decode()


def test_a_difference_that_cannot_be_taken_is_refused_and_shows_no_older_receipt(desk, counter, browser_of, point, coop, buyer):
    meat = world.offer(coop, title="牦牛肉", price_fen=9600, weight_grams=1500, nominal_grams=1200)
    group = placed(buyer, meat, units=2)
    take = at("cash_take", org="station-lhayu", group_id=group.pk)
    first = counter.post(take, {"number": group.number})
    orders.take_payments(payment_ids=[Payment.objects.get().pk], now=timezone.now())
    order = SellerOrder.objects.get()
    sent(desk, order, "2.50", **{f"asks_difference.{order.pk}": "1"})
    balance = BalanceDue.objects.get()
    colleague = browser_of(member(point.organisation, "+8619900071099"))  # who has counted no box here

    rest = colleague.post(take, {"number": group.number, "balance": balance.pk})
    told = colleague.get(rest.url).content.decode()
    again = counter.post(take, {"number": group.number})

    assert rest.url == at("cash", org="station-lhayu")
    assert "Open a cash shift first" in told
    assert not Payment.objects.filter(reference=balance.pk, state__in=Payment.TAKEN).exists()
    assert again.url == first.url  # her own second click still finds the first one's


def test_a_balance_of_another_order_is_not_there(counter, order):
    typed = {"number": order.group.number, "balance": uuid4()}

    assert counter.post(at("cash_take", org="station-lhayu", group_id=order.group.pk), typed).status_code == 404


def test_a_click_from_before_the_weighing_takes_no_difference(desk, counter, order):
    sent(desk, order, "2.50", **{f"asks_difference.{order.pk}": "1"})

    counter.post(at("cash_take", org="station-lhayu", group_id=order.group.pk), {"number": order.group.number})

    assert not Payment.objects.filter(reference=BalanceDue.objects.get().pk).exists()
