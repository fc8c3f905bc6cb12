"""Discounts on the pages from the cart to the order, and codes at the checkout."""

import re

import pytest
from django.test import Client
from django.utils import timezone

from teahorse.catalog import actions as catalog
from teahorse.common.ids import short
from teahorse.mall.guest_pages import pages
from teahorse.orders.models import OrderGroup
from teahorse.promotions.actions import fetch_voucher, pause_promotion
from teahorse.promotions.models import Coupon
from tests.mall.test_buying import confirmed, hidden, person
from tests.promotions.offers import platform, promotion

pytestmark = pytest.mark.django_db
BACKEND = "allauth.account.auth_backends.AuthenticationBackend"


@pytest.fixture
def guest():
    """A guest who reads English."""
    return Client(HTTP_SEC_FETCH_SITE="same-origin", HTTP_ACCEPT_LANGUAGE="en")


def offered(owner, **more):
    return promotion(owner, now=timezone.now(), **more)


def placed(guest, **more):
    """Order what is in the cart, as the page has it; return the group."""
    answer = guest.post("/checkout/", {**confirmed(guest), "do": "place", **more})
    assert answer.status_code == 302, answer.content.decode()
    return OrderGroup.objects.latest("placed_at")


def test_what_holds_for_everybody_is_taken_off_from_the_cart_to_the_order(world, guest, put):
    offered(world.incense.seller, title="藏香九五折", percent_bp=500)
    put(world.incense, 2)
    off = world.incense.price_fen * 2 * 500 // 10_000

    cart, checkout = guest.get("/cart/").content.decode(), guest.get("/checkout/").content.decode()
    group = placed(guest)
    pay, order = guest.get(f"/orders/{short(group.pk)}/pay/").content.decode(), guest.get(f"/orders/{short(group.pk)}/").content.decode()

    assert group.discount_fen == off
    assert group.total_fen == group.goods_fen - off + group.freight_fen
    for told in (cart, checkout, pay, order):
        assert "藏香九五折" in told
        assert "the seller bears it" in told


def test_a_code_is_typed_kept_and_left_out_again(world, guest, put):
    offered(platform(), title="开业优惠", kind="coupon_code", code="TASHI", off_fen=1_000)
    put(world.incense, 2)
    form = confirmed(guest)

    used = guest.post("/checkout/", {**form, "do": "look", "new_code": " tashi "}).content.decode()
    left = guest.post("/checkout/", {**form, "codes": "TASHI", "without": "TASHI"}).content.decode()

    assert hidden(used)["codes"] == ["TASHI"]
    assert "开业优惠" in used
    assert "the platform bears it" in used
    assert hidden(left)["codes"] == [""]
    assert "开业优惠" not in left


def test_a_code_that_is_none_stays_in_its_field_with_the_reason_and_nothing_typed_is_lost(world, guest, put):
    put(world.incense)
    form = confirmed(guest)

    answer = guest.post("/checkout/", {**form, "do": "place", "new_code": "WRONG"})
    page = answer.content.decode()

    assert answer.status_code == 422
    assert "There is no code WRONG." in page
    assert 'value="WRONG"' in page
    assert f'value="{form["name"]}"' in page
    assert not OrderGroup.objects.exists()


def test_a_code_that_was_written_down_is_shown_in_the_total_before_anything_is_ordered(world, guest, put):
    offered(platform(), title="开业优惠", kind="coupon_code", code="TASHI", off_fen=1_000)
    put(world.incense, 2)

    answer = guest.post("/checkout/", {**confirmed(guest), "do": "place", "new_code": "TASHI"})
    form = {**confirmed(guest), **hidden(answer.content.decode())}
    guest.post("/checkout/", {**form, "do": "place"})

    assert answer.status_code == 409
    assert OrderGroup.objects.get().discount_fen == 1_000


def by_enter(form, page):
    """Return what Enter in a field of a form sends: the form's values with its first button, as HTML has it."""
    button = re.search(r'<form[^>]*id="checkout".*?<button[^>]*name="(\w+)" value="(\w+)"', page, re.DOTALL)
    return {**form, button[1]: button[2]}


def test_enter_in_the_field_of_the_code_takes_it_off_and_orders_nothing(world, guest, put):
    offered(platform(), title="开业优惠", kind="coupon_code", code="TASHI", off_fen=1_000)
    put(world.incense, 2)
    form, page = confirmed(guest), guest.get("/checkout/").content.decode()

    answer = guest.post("/checkout/", by_enter({**form, "new_code": "TASHI"}, page))

    assert answer.status_code == 200
    assert hidden(answer.content.decode())["codes"] == ["TASHI"]
    assert "Nothing was ordered yet" not in answer.content.decode()
    assert not OrderGroup.objects.exists()


def test_enter_in_any_other_field_orders(world, guest, put):
    put(world.incense, 2)
    form, page = confirmed(guest), guest.get("/checkout/").content.decode()

    answer = guest.post("/checkout/", by_enter({**form, "new_code": " "}, page))

    assert answer.status_code == 302
    assert OrderGroup.objects.count() == 1


def test_a_sixth_code_is_refused_at_its_field_and_kept_there(world, guest, put):
    codes = [f"TASHI{number}" for number in range(6)]
    for code in codes:
        offered(platform(), title=f"优惠{code}", kind="coupon_code", code=code, off_fen=100)
    put(world.carpet, 2)
    form = {**confirmed(guest), "codes": " ".join(codes[:5])}

    answer = guest.post("/checkout/", {**form, "do": "place", "new_code": codes[5]})
    known = guest.post("/checkout/", {**form, "do": "look", "new_code": codes[0]})

    page = answer.content.decode()
    assert answer.status_code == 422
    assert "At most 5 codes at a time" in page
    assert f'value="{codes[5]}"' in page
    assert hidden(page)["codes"] == [" ".join(codes[:5])]
    assert "At most 5 codes" not in known.content.decode()
    assert not OrderGroup.objects.exists()


def test_a_budget_that_is_spent_meanwhile_refuses_and_shows_the_new_total(world, guest, put):
    of_budget = offered(platform(), title="限额", off_fen=1_000, budget_fen=1_000)
    put(world.incense, 2)
    form = confirmed(guest)
    type(of_budget).objects.filter(pk=of_budget.pk).update(spent_fen=1)

    answer = guest.post("/checkout/", {**form, "do": "place"})

    assert answer.status_code == 409
    assert "Of “限额” only 9.99 yuan are left" in answer.content.decode()
    assert not OrderGroup.objects.exists()


def test_her_voucher_is_taken_off_by_itself(world, guest, put):
    her = person()
    her.is_phone_verified = True
    her.save()
    voucher = offered(platform(), title="消费券", kind="voucher", off_fen=2_000)
    fetch_voucher(promotion_id=voucher.pk, person=her, now=timezone.now())
    guest.force_login(her, backend=BACKEND)
    put(world.carpet)

    assert placed(guest).discount_fen == 2_000
    assert "消费券" not in guest.get("/checkout/").content.decode()


def test_a_price_that_holds_now_is_on_the_page_with_the_one_before(world, guest):
    now = timezone.now()
    usual = guest.get(world.page(world.incense)).content.decode()
    catalog.plan_price(offer=world.incense, price_fen=1_234, starts_at=now, ends_at=now + timezone.timedelta(days=1), by=None, now=now)
    pages.clear()

    told = guest.get(world.page(world.incense)).content.decode()

    assert "12<" in told or "12." in told
    assert "price--was" in told
    assert "price--was" not in usual


def test_she_fetches_a_voucher_and_sees_what_she_has(world, guest):
    her = person()
    her.is_phone_verified = True
    her.save()
    voucher = offered(platform(), title="消费券", kind="voucher", off_fen=2_000, budget_fen=200_000)
    guest.force_login(her, backend=BACKEND)

    before = guest.get("/me/coupons/").content.decode()
    answer = guest.post("/me/coupons/", {"voucher": short(voucher.pk)})
    guest.post("/me/coupons/", {"voucher": short(voucher.pk)})
    after = guest.get("/me/coupons/").content.decode()

    coupon = Coupon.objects.get()
    assert answer.status_code == 302
    assert "消费券" in before
    assert coupon.code not in before
    assert coupon.code in after


def test_a_paused_voucher_is_not_called_over(world, guest):
    her = person()
    her.is_phone_verified = True
    her.save()
    voucher = offered(platform(), title="消费券", kind="voucher", off_fen=2_000)
    fetch_voucher(promotion_id=voucher.pk, person=her, now=timezone.now())
    guest.force_login(her, backend=BACKEND)
    pause_promotion(promotion=voucher, now=timezone.now())

    page = guest.get("/me/coupons/").content.decode()

    assert "paused for now" in page
    assert ">over<" not in page


def test_a_guest_is_asked_to_log_in_for_vouchers(world, guest):
    offered(platform(), title="消费券", kind="voucher", off_fen=2_000)

    assert "/me/log-in/?next=/me/coupons/" in guest.get("/me/coupons/").content.decode()
    assert guest.post("/me/coupons/", {"voucher": "x"}).status_code == 302


def test_a_running_discount_stands_on_the_goods_page_until_it_is_paused(world, guest):
    running = offered(world.incense.seller, title="藏香九五折", percent_bp=500)
    offered(world.carpet.seller, title="地毯优惠", percent_bp=500)
    before = guest.get(world.page(world.incense)).content.decode()
    pause_promotion(promotion=running, now=timezone.now())
    pages.clear()

    after = guest.get(world.page(world.incense)).content.decode()

    assert "藏香九五折" in before
    assert "地毯优惠" not in before
    assert "藏香九五折" not in after
