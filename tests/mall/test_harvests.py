"""What a buyer reads and does about goods that are sold before their harvest."""

from datetime import timedelta

import pytest
from django.utils import timezone

from teahorse.common.ids import short
from teahorse.common.money import yuan
from teahorse.orders import actions
from teahorse.orders.models import BalanceDue, OrderGroup, SellerOrder
from teahorse.payments.models import Payment
from teahorse.stock.models import StockLevel
from tests.mall.test_following import pay
from tests.mall.test_weighing import read
from tests.mall.world import confirmed

pytestmark = pytest.mark.django_db


@pytest.fixture
def sale(world):
    now = timezone.now()
    StockLevel.objects.filter(offer=world.carpet).update(on_hand=0)
    return actions.open_harvest_sale(
        level=StockLevel.objects.get(offer=world.carpet),
        capacity=3,
        opens_at=now - timedelta(hours=1),
        closes_at=now + timedelta(days=5),
        ship_by_date=(now + timedelta(days=20)).date(),
        deposit_basis_points=2000,
        note="剪毛后织",
        by=None,
        now=now,
    )


@pytest.fixture
def order(world, sale, guest, put) -> SellerOrder:
    put(world.carpet)
    guest.post("/checkout/", confirmed(guest))
    pay(OrderGroup.objects.get())
    return SellerOrder.objects.get()


@pytest.fixture
def address(order) -> str:
    return f"/orders/{short(order.group_id)}/"


def settled():
    while actions.settle_harvests(now=timezone.now()):
        pass


def test_the_page_of_the_goods_tells_the_terms_before_anything_is_bought(world, sale, guest):
    page = read(guest, world.page(world.carpet))

    assert "Sold before its harvest, sent by" in page
    assert "A deposit of 20 % now" in page
    assert "the deposit goes back" in page
    assert "剪毛后织" in page


def test_a_sale_that_is_over_cannot_be_bought_and_says_so(world, sale, guest):
    actions.declare_harvest(sale=sale, units=2, by=None, now=timezone.now())

    page = read(guest, world.page(world.carpet))

    assert "the sale is over" in page
    assert "sold out" in page


def test_the_checkout_asks_for_the_deposit_and_says_what_follows(world, sale, guest, put):
    put(world.carpet)

    asked = guest.post("/checkout/", {**confirmed(guest), "do": "look"}, headers={"accept-language": "en"}).content.decode()

    assert "Deposit to pay now" in asked
    assert "¥256.00" in asked
    assert "If you do not pay the rest in time, the order ends and the deposit goes back to you." in asked


def test_what_is_ordered_alone_stays_in_the_cart_and_has_a_way_of_its_own(world, sale, guest, put):
    put(world.carpet)
    put(world.incense, 2)

    cart = guest.get("/cart/", headers={"accept-language": "en"}).content.decode()
    page = read(guest, "/checkout/")
    guest.post("/checkout/", confirmed(guest))

    assert f"?buy={short(world.carpet.pk)}&amp;quantity=1" in cart
    assert "is ordered alone; it stays in the cart" in page
    assert [line.offer_id for line in SellerOrder.objects.get().lines.all()] == [world.incense.pk]


def test_the_order_waits_for_the_harvest_and_then_asks_for_the_rest(order, address, guest, sale):
    waiting = read(guest, address)
    refused = guest.post(address, {"do": "cancel", "order": order.number, "reason": "changed_mind"})
    actions.declare_harvest(sale=sale, units=3, by=None, now=timezone.now())
    settled()

    page = read(guest, address)
    answer = guest.post(f"{address}pay/", {"provider": "cash"})

    assert "Waiting for the harvest" in waiting
    assert "You have paid the deposit." in waiting
    assert refused.status_code == 409
    assert "It is harvested" in page
    assert "the order ends and your deposit goes back to you" in page
    payment = Payment.objects.get(reference=BalanceDue.objects.get().pk)
    assert answer["Location"] == f"{address}pay/"
    assert payment.amount_fen == order.total_fen - order.deposit_fen
    assert "This is the rest for order no." in read(guest, f"{address}pay/")


def test_the_rest_of_a_pre_sale_is_a_part_of_its_total_and_not_more(order, address, guest, sale):
    actions.declare_harvest(sale=sale, units=3, by=None, now=timezone.now())
    settled()
    rest = BalanceDue.objects.get()

    page = read(guest, address)

    assert f"Deposit ¥{yuan(order.deposit_fen)}" in page
    assert f"Still to be paid ¥{yuan(rest.amount_fen)}" in page
    assert order.deposit_fen + rest.amount_fen == order.total_fen


def test_a_failed_harvest_is_said_with_an_apology_and_the_money_is_on_its_way(order, address, guest, sale):
    actions.declare_harvest(sale=sale, units=0, by=None, now=timezone.now())
    settled()

    page = read(guest, address)

    assert "The harvest failed. We are sorry; your money goes back." in page
    assert "On its way back to you −¥256.00" in page
