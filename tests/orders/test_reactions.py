"""Reactions may run twice and in any order."""

import pytest

from teahorse.common.events import carry_out
from teahorse.orders.actions import place_orders, start_payment
from teahorse.orders.models import OrderGroup, SellerNotice, SellerOrder
from teahorse.payments import actions as payments
from teahorse.payments.models import Refund
from tests import world
from tests.world import NOW

pytestmark = pytest.mark.django_db


@pytest.fixture
def group():
    wine = world.offer(world.organisation("chamchen"))
    [placed] = place_orders(wishes=[world.wish({wine: 1})], now=NOW)
    return OrderGroup.objects.get(pk=placed.group_id)


def test_a_seller_is_told_once_of_an_order_however_often_the_job_runs(group):
    for _ in range(3):
        carry_out("teahorse.orders.reactions.notice_placed", {"group_ids": [str(group.pk)]})

    assert list(SellerNotice.objects.values_list("order_id", "kind")) == [(group.orders.get().pk, "placed")]


def test_money_that_is_told_twice_pays_an_order_once(group):
    payment = start_payment(group=group, provider="cash", method="counter", now=NOW)
    payments.take_cash(payment_id=payment.pk, by_id=world.person().pk, now=NOW)

    for reaction in ("take_payments", "take_late_payments", "take_payments"):
        carry_out(f"teahorse.orders.reactions.{reaction}", {"payment_ids": [str(payment.pk)]})

    assert SellerOrder.objects.get().state == "paid"
    assert not Refund.objects.exists()
