"""A buyer's after-sale pages: from the order to the money, and nobody else's."""

from uuid import uuid4

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone

from teahorse.aftersales import actions
from teahorse.aftersales.actions import Actor
from teahorse.aftersales.models import AfterSaleCase, CasePhoto
from teahorse.common.ids import short
from teahorse.logistics.actions import ScanDraft, record_scans
from teahorse.logistics.models import Parcel
from teahorse.orders.actions import pack_order, start_payment, take_payments
from teahorse.orders.models import OrderGroup
from teahorse.payments import actions as payments
from tests.aftersales.making import picture
from tests.mall.world import confirmed, group_id_of, hidden


@pytest.fixture
def order(world, guest, put):
    """A guest's order of two boxes of incense, handed over just now."""
    put(world.incense, 2)
    return received(guest)


def received(guest):
    """Buy what is in the cart, have it paid, sent and handed over."""
    group = OrderGroup.objects.get(pk=group_id_of(guest.post("/checkout/", confirmed(guest))))
    now = timezone.now()
    payment = start_payment(group=group, provider="cash", method="counter", now=now)
    payments.take_cash(payment_id=payment.pk, by_id=uuid4(), now=now)
    take_payments(payment_ids=[payment.pk], now=now)
    order = group.orders.get()
    parcel = pack_order(order=order, weight_grams=700, by=None, now=now)
    record_scans(scans=[ScanDraft(parcel_number=parcel.number, act="handed_over", happened_at=now, place=None, by=None)], now=now)
    return order


@pytest.fixture
def base(order):
    return f"/orders/{short(order.group_id)}/"


def photograph(name="red"):
    return SimpleUploadedFile(f"{name}.jpg", picture(name).read(), "image/jpeg")


def form(guest, base, order, *, reason="no_reason", units=1, **more):
    """Choose goods and reason, and return what the second page would send."""
    shown = guest.get(f"{base}problem/", {"part": order.number, "units.1": units, "reason": reason})
    assert shown.status_code == 200, shown.content.decode()
    return {**{name: values[0] for name, values in hidden(shown.content.decode()).items()}, "do": "send", **more}


def test_the_order_leads_to_the_form_and_says_until_when(guest, order, base):
    shown = guest.get(base).content.decode()
    assert f"{base}problem/?part={order.number}" in shown

    asked = guest.get(f"{base}problem/", {"part": order.number})

    assert asked.status_code == 200
    assert '<option value="2" selected>' in asked.content.decode()  # one thing alone is what it is about
    assert 'value="no_reason"' in asked.content.decode()


def test_what_comes_back_is_shown_before_it_is_sent(guest, order, base):
    shown = guest.get(f"{base}problem/", {"part": order.number, "units.1": 2, "reason": "damaged"}).content.decode()

    assert shown.count("¥77.00") == 4  # what was paid for them in three choices, and the most that a compensation can be
    assert f"¥{(7700 + order.freight_fen) / 100:.2f}" in shown
    assert not AfterSaleCase.objects.exists()


def test_a_case_is_opened_once_however_often_it_is_pressed(guest, order, base):
    sent = form(guest, base, order, kind="return_refund", story="颜色不喜欢")

    answers = [guest.post(f"{base}problem/", sent) for _ in range(2)]

    case = AfterSaleCase.objects.get()
    assert [answer.status_code for answer in answers] == [302, 302]
    assert {answer["Location"] for answer in answers} == {f"{base}cases/{short(case.pk)}/"}
    assert (case.reason, case.asked_fen, case.story, case.opened_by_id) == ("no_reason", 3850, "颜色不喜欢", None)
    assert case.number in guest.get(base).content.decode() or f"cases/{short(case.pk)}/" in guest.get(base).content.decode()
    assert f"cases/{short(case.pk)}/" in guest.get("/me/cases/").content.decode()


def test_what_was_typed_and_sent_survives_a_refusal(guest, order, base):
    sent = form(guest, base, order, reason="weight_short", kind="compensation", asked="99", story="少了半盒")

    refused = guest.post(f"{base}problem/", sent)
    missing = guest.post(f"{base}problem/", {**sent, "asked": "5"})
    bad = guest.post(f"{base}problem/", {**sent, "asked": "5", "photos": SimpleUploadedFile("a.jpg", b"no picture", "image/jpeg")})

    assert [answer.status_code for answer in (refused, missing, bad)] == [422, 422, 422]
    assert "38.50" in refused.content.decode()
    assert all("少了半盒" in answer.content.decode() for answer in (refused, missing, bad))
    assert 'value="99"' in refused.content.decode()
    assert not AfterSaleCase.objects.exists()


def test_photographs_survive_too_and_lose_what_the_camera_told(guest, order, base):
    from PIL import Image

    exif = Image.Exif()
    exif[0x8825] = {1: "N", 2: (29.0, 0.0, 0.0)}
    file = SimpleUploadedFile("gps.jpg", picture("blue", exif=exif).read(), "image/jpeg")
    sent = form(guest, base, order, reason="weight_short", kind="compensation", asked="", story="香断了几根")

    refused = guest.post(f"{base}problem/", {**sent, "photos": file})
    opened = guest.post(f"{base}problem/", {**sent, "asked": "5"})

    assert (refused.status_code, opened.status_code) == (422, 302)
    [photo] = CasePhoto.objects.all()
    assert photo.case_id == AfterSaleCase.objects.get().pk
    assert b"Exif" not in bytes(photo.content)
    seen = guest.get(f"{base}cases/{short(photo.case_id)}/photos/{short(photo.pk)}/")
    assert (seen.status_code, seen["Content-Type"], seen["Cache-Control"]) == (200, "image/webp", "private, no-store")


def test_the_key_of_another_orders_case_keeps_no_photograph(world, guest, put, order, base):
    case = opened_case(guest, order, base)
    put(world.incense)
    other = received(guest)
    there = f"/orders/{short(other.group_id)}/"
    sent = form(guest, there, other, reason="other", kind="refund_only", story="香断了几根", key=str(case.pk))

    refused = guest.post(f"{there}problem/", {**sent, "photos": photograph("green")})

    assert (refused.status_code, "香断了几根" in refused.content.decode()) == (404, True)
    assert not CasePhoto.objects.exists()
    assert AfterSaleCase.objects.count() == 1


def test_nothing_chosen_is_said_at_its_place(guest, order, base):
    asked = guest.get(f"{base}problem/", {"part": order.number, "units.1": 0, "reason": "damaged"})

    assert asked.status_code == 422
    assert "field--error" in asked.content.decode()


def test_the_page_shows_the_code_and_takes_the_carriers_number(guest, order, base):
    case = opened_case(guest, order, base)
    actions.agree(case=case, by=Actor("seller"), now=timezone.now())
    case.refresh_from_db()
    address = f"{base}cases/{short(case.pk)}/"
    assert case.hand_in_code in guest.get(address).content.decode()

    wrong = guest.post(address, {"do": "send_back", "carrier": "sf", "number": "12"})
    right = guest.post(address, {"do": "send_back", "carrier": "sf", "number": "SF1234567890"})

    assert (wrong.status_code, right.status_code) == (422, 302)
    assert 'value="12"' in wrong.content.decode()
    case.refresh_from_db()
    assert case.state == "return_in_transit"


def test_the_open_page_fetches_what_moves_and_stands_still_where_something_was_refused(guest, order, base):
    case = opened_case(guest, order, base)
    address = f"{base}cases/{short(case.pk)}/"
    shown = guest.get(address).content.decode()
    actions.agree(case=case, by=Actor("seller"), now=timezone.now())
    case.refresh_from_db()

    moved = guest.get(f"{address}fragment/")
    refused = guest.post(address, {"do": "send_back", "carrier": "sf", "number": "12"}).content.decode()

    assert f'fragment="{address}fragment/"' in shown
    assert (case.hand_in_code in moved.content.decode(), "<nav" in moved.content.decode()) == (True, False)
    assert moved["Cache-Control"] == "private, no-store"
    assert "<live-order" not in refused


def opened_case(guest, order, base, **more):
    guest.post(f"{base}problem/", form(guest, base, order, kind="return_refund", **more))
    return AfterSaleCase.objects.get()


def test_an_offer_is_taken_on_the_page(guest, order, base):
    from tests.mall.world import person

    case = opened_case(guest, order, base)
    actions.offer(case=case, amount_fen=1000, words="不用寄回", by=person(), now=timezone.now())
    address = f"{base}cases/{short(case.pk)}/"
    shown = guest.get(address).content.decode()
    assert "¥10.00" in shown
    assert "不用寄回" in shown

    first, second = (guest.post(address, {"do": "accept"}) for _ in range(2))

    assert (first.status_code, second.status_code) == (302, 409)
    case.refresh_from_db()
    assert (case.state, case.agreed_fen) == ("refunding", 1000)


def test_who_does_not_agree_goes_to_the_centre_or_lets_it_be(guest, order, base):
    from tests.mall.world import person

    case = opened_case(guest, order, base)
    actions.refuse(case=case, words="已经拆封", by=person(), now=timezone.now())
    address = f"{base}cases/{short(case.pk)}/"

    short_word = guest.post(address, {"do": "escalate", "words": "不"})
    guest.post(address, {"do": "escalate", "words": "没有拆封"})
    case.refresh_from_db()
    assert (short_word.status_code, case.state) == (422, "escalated")
    guest.post(address, {"do": "withdraw"})

    case.refresh_from_db()
    assert (case.state, case.outcome) == ("closed", "withdrawn")


def test_a_stranger_finds_nothing(guest, order, base):
    case = opened_case(guest, order, base)
    stranger = Client(HTTP_SEC_FETCH_SITE="same-origin")
    address = f"{base}cases/{short(case.pk)}/"

    read = [stranger.get(f"{base}problem/", {"part": order.number}), stranger.get(address), stranger.get(f"{address}fragment/")]
    answers = [*read, stranger.post(address, {"do": "withdraw"})]

    assert [answer.status_code for answer in answers] == [404] * 4
    assert case.number not in stranger.get("/me/cases/").content.decode()
    case.refresh_from_db()
    assert case.state == "seller_review"


def test_what_is_not_sent_says_so(world, guest, put):
    put(world.incense)
    group = OrderGroup.objects.get(pk=group_id_of(guest.post("/checkout/", confirmed(guest))))
    part = group.orders.get()

    asked = guest.get(f"/orders/{short(group.pk)}/problem/", {"part": part.number})

    assert asked.status_code == 200
    assert 'name="reason"' not in asked.content.decode()
    assert not Parcel.objects.exists()


# --- Before buying


def confirmed_goods(offer):
    product = offer.variant.product
    product.return_rule = "confirmed"
    product.save()


def test_what_is_confirmed_at_the_purchase_is_asked_for(world, guest, put):
    confirmed_goods(world.incense)
    put(world.incense)
    sent = confirmed(guest)

    refused = guest.post("/checkout/", sent)
    ticked = guest.post("/checkout/", {**sent, "no_return": "yes"})

    assert 'name="no_return"' in guest.get("/cart/").content.decode() + refused.content.decode()
    assert (refused.status_code, ticked.status_code) == (409, 302)
    group = OrderGroup.objects.get()
    assert group.is_no_return_confirmed is True
    assert group.orders.get().lines.get().return_rule == "confirmed"


def test_other_goods_ask_for_nothing_and_say_nothing(world, guest, put):
    put(world.incense)

    shown = guest.get("/checkout/").content.decode()

    assert 'name="no_return"' not in shown
    assert guest.post("/checkout/", confirmed(guest)).status_code == 302
    assert OrderGroup.objects.get().is_no_return_confirmed is False


def test_the_page_of_the_goods_says_it_before(world, guest):
    confirmed_goods(world.incense)

    shown = guest.get(world.page(world.incense), headers={"accept-language": "en"}).content.decode()

    assert "once you have confirmed it at the checkout" in shown
