"""What a buyer reads and does about goods that are sold by weight."""

import re
from datetime import timedelta

import pytest
from django.utils import timezone

from teahorse.catalog.models import Variant
from teahorse.common.ids import short
from teahorse.orders import actions
from teahorse.orders.models import BalanceDue, OrderGroup, OrderLine
from teahorse.payments.models import Payment
from teahorse.promotions import actions as promotions
from tests.mall.test_following import pay
from tests.mall.world import confirmed, person

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


def test_cart_checkout_and_order_say_the_same_of_what_is_still_to_be_weighed(by_weight, guest, put):
    put(by_weight, 2)

    cart, checkout = read(guest, "/cart/"), read(guest, "/checkout/")
    guest.post("/checkout/", confirmed(guest))
    order = read(guest, f"/orders/{short(OrderGroup.objects.get().pk)}/")

    told = "about 6.40 kg, about ¥2,560.00; weighed when packed, the difference goes back or is asked for"
    assert [page.count(told) for page in (cart, checkout, order)] == [1, 1, 1]


def test_what_is_taken_off_is_off_the_estimate_too(world, by_weight, guest, put):
    now = timezone.now()
    terms = {"percent_bp": 1000, "starts_at": now - timedelta(days=1), "ends_at": now + timedelta(days=1)}
    draft = promotions.Draft(kind="automatic", titles={"zh-hans": "九折"}, **terms)
    promotions.offer_promotion(owner=world.weavers, draft=draft, by=person(), now=now - timedelta(days=1))
    put(by_weight)

    checkout = read(guest, "/checkout/")
    guest.post("/checkout/", confirmed(guest))
    order = read(guest, f"/orders/{short(OrderGroup.objects.get().pk)}/")

    assert ["about 3.20 kg, about ¥1,152.00;" in page for page in (checkout, order)] == [True, True]


def test_goods_by_the_piece_and_an_order_that_ended_say_nothing_of_weight(world, by_weight, guest, put):
    put(world.incense)
    by_the_piece = read(guest, "/cart/"), read(guest, "/checkout/")
    put(by_weight)
    guest.post("/checkout/", confirmed(guest))
    actions.cancel_order(order=OrderGroup.objects.get().orders.first(), reason="changed_mind", now=timezone.now())

    ended = read(guest, f"/orders/{short(OrderGroup.objects.get().pk)}/")

    assert not any("weighed when packed" in page for page in (*by_the_piece, ended))


def test_the_order_says_what_it_weighed_and_asks_for_the_difference(group, address, guest):
    before = read(guest, address)
    packed(group, 3300)

    page = read(guest, address)

    assert "about 3.20 kg, about ¥1,280.00; weighed when packed" in before
    assert "weighed when packed" not in page
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
