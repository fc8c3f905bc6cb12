"""Cash at the counter."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from teahorse.console.models import CashReceipt
from teahorse.orders import actions as orders
from teahorse.orders.models import OrderGroup, SellerOrder
from teahorse.payments import actions as payments
from teahorse.payments.models import CashShift, Payment, Refund
from tests import world
from tests.console.world import member, paid, placed

pytestmark = pytest.mark.django_db


@pytest.fixture
def counter(browser_of, operator, point):
    """The browser of somebody with an open shift."""
    payments.open_shift(organisation=point.organisation, person_id=operator.pk, float_fen=20000, now=timezone.now())
    return browser_of(operator)


def at(name="cash", org="station-lhayu", **more):
    return reverse(f"console:{name}", kwargs={"org": org, **more})


def take(counter, group, **more):
    return counter.post(at("cash_take", group_id=group.pk), {"number": group.number, **more})


def test_an_order_is_found_by_its_whole_number_only(counter, buyer, offer):
    group = placed(buyer, offer)

    page = counter.get(at(), {"q": f"{group.number[:6]} {group.number[6:]}"})
    half = counter.get(at(), {"q": group.number[-6:]})

    assert [due.fen for due in page.context["dues"]] == [group.total_fen]
    assert "I have taken" in page.content.decode()
    assert half.context["group"] is None
    assert "No order has the number" in half.content.decode()


def test_cash_is_taken_once_and_gives_a_receipt(counter, buyer, offer, operator):
    group = placed(buyer, offer, units=2)

    answers = [take(counter, group) for _ in range(2)]

    payment = Payment.objects.get()
    assert [answer.url for answer in answers] == [at("receipt", subject_id=payment.pk)] * 2
    assert (payment.state, payment.provider, payment.amount_fen) == ("succeeded", "cash", group.total_fen)
    assert CashReceipt.objects.get().person == operator
    assert payments.expected_fen(CashShift.objects.get()) == 20000 + group.total_fen
    assert CashShift.objects.get().number in counter.get(answers[0].url).content.decode()


def test_the_receipt_is_in_tibetan_and_chinese(counter, buyer, offer):
    group = placed(buyer, offer, contact_name="扎西卓玛")

    page = counter.get(take(counter, group).url).content.decode()

    assert all(text in page for text in ("དངུལ་འཛིན།", "收据", group.number, "扎**玛", Payment.objects.get().provider_number))
    assert "扎西卓玛" not in page


def test_a_receipt_is_printed_again_by_a_colleague_and_by_nobody_else(browser_of, counter, buyer, offer, point):
    where = take(counter, placed(buyer, offer)).url
    other = world.service_point("dechen")

    colleague = browser_of(member(point.organisation, "+8619900071071"))
    stranger = browser_of(member(other.organisation, "+8619900071072"))

    assert colleague.get(where).status_code == 200
    assert stranger.get(where.replace("station-lhayu", "dechen")).status_code == 404


def test_what_is_paid_already_is_not_taken_again(counter, buyer, offer):
    order = paid(buyer, offer)

    answer = take(counter, order.group)

    assert answer.url == at()
    assert Payment.objects.count() == 1
    assert CashReceipt.objects.count() == 0


def test_nothing_is_taken_for_an_order_whose_time_is_over(counter, buyer, offer):
    group = placed(buyer, offer)
    OrderGroup.objects.filter(pk=group.pk).update(expires_at=timezone.now() - timedelta(minutes=1))

    page = counter.get(at(), {"q": group.number})
    take(counter, group)

    assert page.context["dues"] == []
    assert Payment.objects.count() == 0


def test_an_order_is_not_paid_by_its_key_without_its_number(counter, buyer, offer):
    group = placed(buyer, offer)

    assert take(counter, group, number="").status_code == 404
    assert Payment.objects.count() == 0


def test_money_is_given_back_where_it_was_taken_once(browser_of, counter, buyer, offer):
    group = placed(buyer, offer)
    take(counter, group)
    payment = Payment.objects.get()
    orders.take_payments(payment_ids=[payment.pk], now=timezone.now())
    orders.cancel_order(order=SellerOrder.objects.get(), reason="改主意", now=timezone.now())
    refund = Refund.objects.get()
    stranger = browser_of(member(world.service_point("dechen").organisation, "+8619900071073"))

    elsewhere = stranger.post(at("cash_give_back", org="dechen", refund_id=refund.pk))
    offered = counter.get(at(), {"q": group.number}).content.decode()
    answers = [counter.post(at("cash_give_back", refund_id=refund.pk)) for _ in range(2)]

    refund.refresh_from_db()
    assert elsewhere.status_code == 404
    assert "Money is to be given back" in offered
    assert [answer.url for answer in answers] == [at("receipt", subject_id=refund.pk)] * 2
    assert refund.state == "succeeded"
    assert payments.expected_fen(CashShift.objects.get()) == 20000
    assert "退款收据" in counter.get(answers[0].url).content.decode()
    assert [row["fen"] for row in counter.get(at()).context["receipts"]] == [-group.total_fen, group.total_fen]
