"""Paying, following, cancelling; and who may see it."""

import pytest
from django.test import Client
from django.utils import timezone

from teahorse.common.ids import short
from teahorse.logistics import actions as logistics
from teahorse.logistics.models import Parcel
from teahorse.mall.following import ParcelShown
from teahorse.orders import actions
from teahorse.orders.models import CartLine, OrderGroup, SellerOrder
from teahorse.payments import actions as payments
from teahorse.payments.models import Payment, Refund
from tests.mall.world import confirmed, person

BACKEND = "allauth.account.auth_backends.AuthenticationBackend"


@pytest.fixture
def placed(world, guest, put) -> OrderGroup:
    put(world.carpet)
    put(world.incense, 2)
    guest.post("/checkout/", confirmed(guest))
    return OrderGroup.objects.get()


@pytest.fixture
def order(placed) -> str:
    return f"/orders/{short(placed.pk)}/"


@pytest.fixture
def paid(placed) -> OrderGroup:
    return pay(placed)


def pay(group: OrderGroup) -> OrderGroup:
    now = timezone.now()
    payment = actions.start_payment(group=group, provider="cash", method="counter", now=now)
    payments.prepare_payment(payment_id=payment.pk, payer_ip="127.0.0.1", now=now)
    payments.take_cash(payment_id=payment.pk, by_id=person("+8613800138009", "站长").pk, now=now)
    actions.take_payments(payment_ids=[payment.pk], now=now)
    return group


def test_nobody_else_sees_a_guests_order(order):
    stranger = Client(HTTP_SEC_FETCH_SITE="same-origin")
    her = Client(HTTP_SEC_FETCH_SITE="same-origin")
    her.force_login(person("+8613800138077"), backend=BACKEND)

    for client in (stranger, her):
        for rest in ("", "pay/", "fragment/", "pay/fragment/"):
            assert client.get(order + rest).status_code == 404
        assert client.post(order, {"do": "cancel"}).status_code == 404
        assert client.post(order + "pay/", {"provider": "cash"}).status_code == 404
    assert set(SellerOrder.objects.values_list("state", flat=True)) == {"pending_payment"}


def test_the_person_of_the_verified_phone_sees_the_order_that_she_placed_as_a_guest(order):
    her = Client()
    her.force_login(person("+8613800138000"), backend=BACKEND)

    assert her.get(order).status_code == 200
    assert her.get("/me/orders/").content.decode().count("order-row__goods") == 1


def test_a_forged_cookie_opens_no_order(order, placed):
    stranger = Client()
    stranger.cookies["orders"] = f"{short(placed.pk)}:xxxx:yyyy"

    assert stranger.get(order).status_code == 404


def test_a_persons_order_is_not_opened_by_the_browsers_cookie_after_she_has_left(world, put):
    shared = Client(HTTP_SEC_FETCH_SITE="same-origin")
    shared.force_login(person(), backend=BACKEND)
    put(world.incense, client=shared)
    shared.post("/checkout/", confirmed(shared))
    address = f"/orders/{short(OrderGroup.objects.get().pk)}/"
    assert shared.get(address).status_code == 200

    shared.logout()

    assert shared.get(address).status_code == 404


def test_cash_is_paid_by_a_code_at_a_station(guest, order, placed):
    answer = guest.post(f"{order}pay/", {"provider": "cash"})

    assert answer["Location"] == f"{order}pay/"
    page = guest.get(f"{order}pay/").content.decode()
    assert "<svg" in page
    assert placed.number in page
    assert Payment.objects.get().method == "counter"


def test_when_the_provider_is_down_the_page_says_so_and_tries_again(guest, order):
    answer = guest.post(f"{order}pay/", {"provider": "wechat_pay"})

    assert answer.status_code == 503
    assert 'value="wechat_pay"' in answer.content.decode()
    assert guest.post(f"{order}pay/", {"provider": "cash"}).status_code == 302
    assert guest.post(f"{order}pay/", {"provider": "gold"}).status_code == 422


@pytest.mark.parametrize(
    ("agent", "method"),
    [("Mozilla/5.0 (X11)", "native"), ("Mozilla/5.0 (Linux; Android 14) Mobile", "h5"), ("Mobile MicroMessenger/8.0", "native")],
)
def test_the_way_to_pay_fits_the_device(guest, order, agent, method):
    guest.post(f"{order}pay/", {"provider": "wechat_pay"}, HTTP_USER_AGENT=agent)

    assert Payment.objects.get().method == method


def test_the_payers_address_is_what_our_own_proxy_saw(guest, order, settings):
    settings.PROXIES = 1

    guest.post(f"{order}pay/", {"provider": "cash"}, HTTP_X_FORWARDED_FOR="10.9.9.9, 203.0.113.7")

    assert Payment.objects.get().asked["payer_ip"] == "203.0.113.7"


def test_once_paid_the_pay_page_leads_to_the_order(guest, order, paid):
    assert guest.get(f"{order}pay/")["Location"] == order
    assert guest.post(f"{order}pay/", {"provider": "cash"})["Location"] == order
    assert "data-go" in guest.get(f"{order}pay/fragment/").content.decode()


def test_a_parcel_is_followed_to_the_hall_and_its_code_is_shown_there_only(world, put):
    guest = Client(HTTP_SEC_FETCH_SITE="same-origin")
    put(world.carpet, client=guest, hall=world.hall)
    point = {"way": "point", "province": "54", "city": "5405", "county": "540524", "point": short(world.hall.pk)}
    guest.post("/checkout/", confirmed(guest, address=point))
    group = pay(OrderGroup.objects.get())
    part, now, seller = group.orders.get(), timezone.now(), person("+8613800138010", "织女")
    parcel = actions.pack_order(order=part, weight_grams=4200, by=seller, now=now)
    address = f"/orders/{short(group.pk)}/"

    assert parcel.pickup_code not in guest.get(address).content.decode().replace(parcel.number, "")
    scan = logistics.ScanDraft(parcel_number=parcel.number, act="arrived", happened_at=now, place=world.hall, by=None)
    logistics.record_scans(scans=[scan], now=now)
    page = guest.get(address).content.decode()
    assert parcel.pickup_code in page
    assert "琼结展厅" in page
    assert parcel.pickup_code in guest.get("/me/orders/?show=fetch").content.decode()

    early = guest.post(address, {"do": "receive", "order": part.number})
    assert early.status_code == 409
    parcel.refresh_from_db()
    logistics.hand_over(parcel=parcel, pickup_code=parcel.pickup_code, place=world.hall, by=seller, now=now)
    assert guest.post(address, {"do": "receive", "order": part.number}).status_code == 302
    assert SellerOrder.objects.get().state == "closed"
    assert guest.get("/me/orders/?show=done").content.decode().count("order-row__goods") == 1


def test_a_paid_part_is_cancelled_with_a_reason_and_its_money_goes_back(guest, order, paid):
    part = paid.orders.order_by("number").first()

    assert guest.post(order, {"do": "cancel", "order": part.number, "reason": ""}).status_code == 422
    assert guest.post(order, {"do": "cancel", "order": part.number, "reason": "changed_mind"}).status_code == 302

    part.refresh_from_db()
    assert (part.state, part.end_reason) == ("cancelled", "changed_mind")
    assert Refund.objects.get().amount_fen == part.total_fen
    assert guest.get(order).status_code == 200


@pytest.mark.parametrize(
    ("carrier", "number", "shown"), [("network", "", ""), ("SF", "SF2611", "SF2611"), ("EMS", "1055", "EMS 1055"), ("SF", "", "SF")]
)
def test_the_express_partner_is_named_once(carrier, number, shown):
    assert ParcelShown(Parcel(carrier=carrier, carrier_number=number), []).express == shown


def test_a_packed_part_is_not_cancelled(guest, order, paid):
    part = paid.orders.order_by("number").first()
    actions.pack_order(order=part, weight_grams=100, by=person("+8613800138010"), now=timezone.now())

    answer = guest.post(order, {"do": "cancel", "order": part.number, "reason": "other"})

    assert answer.status_code == 409
    assert not Refund.objects.exists()


def test_who_cancels_before_paying_is_not_told_of_money_that_comes_back(guest, order, placed):
    guest.cookies["language"] = "en"
    part = placed.orders.order_by("number").first()

    answer = guest.post(order, {"do": "cancel", "order": part.number, "reason": "changed_mind"}, follow=True)

    assert "The order is cancelled. Nothing was paid for it." in answer.content.decode()
    assert set(placed.orders.values_list("state", flat=True)) == {"cancelled"}


def test_another_orders_part_cannot_be_named(world, guest, put, order, paid):
    stranger = Client(HTTP_SEC_FETCH_SITE="same-origin")
    put(world.incense, client=stranger)
    stranger.post("/checkout/", confirmed(stranger))
    other = SellerOrder.objects.exclude(group=paid).get()

    answer = guest.post(order, {"do": "cancel", "order": other.number, "reason": "other"})

    other.refresh_from_db()
    assert answer.status_code == 422
    assert other.state == "pending_payment"


def test_the_same_goods_are_put_into_the_cart_again(guest, order):
    assert guest.post(order, {"do": "again"})["Location"] == "/cart/"
    assert sorted(CartLine.objects.values_list("quantity", flat=True)) == [1, 2]


def test_what_was_not_paid_in_time_says_so(guest, order, placed):
    OrderGroup.objects.update(expires_at=timezone.now() - timezone.timedelta(minutes=1))
    assert guest.post(f"{order}pay/", {"provider": "cash"})["Location"] == order
    assert guest.get(f"{order}pay/").status_code == 200
    actions.expire_orders(now=timezone.now())

    assert guest.get(f"{order}pay/")["Location"] == order
    assert guest.get(order).status_code == 200


@pytest.mark.parametrize("language", ["zh-hans", "bo", "en"])
def test_personal_pages_open_in_every_language_and_are_kept_by_nobody(guest, order, language):
    guest.cookies["language"] = language

    for address in (order, f"{order}pay/", f"{order}fragment/", "/me/", "/me/orders/?show=pay", "/cart/", "/checkout/"):
        answer = guest.get(address)
        assert answer.status_code == 200
        assert answer["Cache-Control"] == "private, no-store"


def test_a_list_of_orders_asks_few_questions(guest, order, django_assert_max_num_queries):
    with django_assert_max_num_queries(6):
        guest.get("/me/orders/")


def test_paying_and_following_ask_few_questions(guest, order, questions):
    for address in (order, f"{order}fragment/", f"{order}pay/", f"{order}pay/fragment/"):
        with questions() as asked:
            assert guest.get(address).status_code == 200
        assert len(asked) <= 8  # who rests is asked along in the same round trip; merchant accounts are read every two seconds


# --- codes


def test_a_bar_code_leads_to_the_goods(world, guest):
    assert guest.get("/scan/?code=2600000010917")["Location"] == world.page(world.carpet)


def test_a_scanned_address_of_this_mall_leads_there_and_another_houses_does_not(world, guest):
    page = f"{world.page(world.carpet)}?hall={short(world.hall.pk)}"

    assert guest.get("/scan/", {"code": f"https://mall.example{page}"})["Location"] == page
    assert guest.get("/scan/", {"code": "https://evil.example/phish"}).status_code == 404
    assert guest.get("/scan/", {"code": "//evil.example/me/log-out/"}).status_code == 404


def test_a_number_of_an_order_leads_to_it_for_its_buyer_only(guest, order, placed):
    assert guest.get("/scan/", {"code": placed.number})["Location"] == order
    assert guest.get("/scan/", {"code": f"{placed.number}-1"})["Location"] == order
    refused = Client().get("/scan/", {"code": placed.number})
    assert refused.status_code == 404
    assert placed.number in refused.content.decode()


def test_a_parcels_number_leads_to_the_order_for_its_buyer_only(guest, order, paid):
    part = paid.orders.order_by("number").first()
    parcel = actions.pack_order(order=part, weight_grams=100, by=person("+8613800138010"), now=timezone.now())

    assert guest.get("/scan/", {"code": parcel.number.lower()})["Location"] == order
    assert Client().get("/scan/", {"code": parcel.number}).status_code == 404
