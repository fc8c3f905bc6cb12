"""What a buyer reads and does about goods that are sold by weight."""

import re

import pytest
from django.utils import timezone

from teahorse.catalog.models import Variant
from teahorse.common.ids import short
from teahorse.orders import actions
from teahorse.orders.models import BalanceDue, OrderGroup, OrderLine
from teahorse.payments.models import Payment
from tests.mall.test_following import pay
from tests.mall.world import confirmed

pytestmark = pytest.mark.django_db


@pytest.fixture
def by_weight(world):
    Variant.objects.filter(pk=world.carpet.variant_id).update(nominal_grams=3200)
    return world.carpet


@pytest.fixture
def group(world, by_weight, guest, put) -> OrderGroup:
    put(by_weight)
    guest.post("/checkout/", confirmed(guest))
    return pay(OrderGroup.objects.get())


@pytest.fixture
def address(group) -> str:
    return f"/orders/{short(group.pk)}/"


def packed(group, grams, *, asks=True):
    weighed = {OrderLine.objects.get().pk: grams}
    order = group.orders.get()
    actions.pack_order(order=order, weight_grams=4000, by=None, now=timezone.now(), weighed=weighed, asks_difference=asks)


def read(guest, address) -> str:
    page = guest.get(address, headers={"accept-language": "en"}).content.decode()
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", page))


def test_the_page_of_the_goods_says_the_price_of_a_kilogram(world, by_weight, guest):
    page = read(guest, world.page(by_weight))

    assert "about 3.20 kg, ¥400.00 a kilogram" in page
    assert "It is weighed when it is packed." in page


def test_the_order_says_what_it_weighed_and_asks_for_the_difference(group, address, guest):
    before = read(guest, address)
    packed(group, 3300)

    page = read(guest, address)

    assert "about 3.20 kg, weighed when it is packed" in before
    assert "Weighed 3.30 kg (ordered about 3.20 kg): costs ¥1,320.00" in page
    assert "¥40.00 are still to be paid" in page
    assert "the seller gives it to you" in page


def test_the_difference_is_paid_on_the_pay_page(group, address, guest):
    packed(group, 3300)
    asked = read(guest, f"{address}pay/")

    answer = guest.post(f"{address}pay/", {"provider": "cash"})

    payment = Payment.objects.get(reference=BalanceDue.objects.get().pk)
    assert "It weighs more than ordered" in asked
    assert answer["Location"] == f"{address}pay/"
    assert (payment.amount_fen, payment.state) == (4000, "paying")
    assert "Show this code at any station" in read(guest, f"{address}pay/")


def test_a_gift_is_told_and_nothing_is_to_pay(group, address, guest):
    packed(group, 3300, asks=False)

    page = read(guest, address)

    assert "a gift of the seller ¥" in page  # it stands below the total and is not added to it
    assert guest.get(f"{address}pay/").status_code == 302


def test_what_weighed_less_stands_as_money_on_its_way_back(group, address, guest):
    packed(group, 3000)

    page = read(guest, address)

    assert "On its way back to you −¥80.00" in page
