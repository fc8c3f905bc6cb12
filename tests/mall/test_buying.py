"""From the shelf to a placed order."""

import pytest

from teahorse.catalog.models import Offer, Product
from teahorse.common.ids import short
from teahorse.logistics.models import FreightRate
from teahorse.orders.models import Cart, CartLine, OrderGroup, SellerOrder
from teahorse.stock.models import StockLevel
from tests.mall.world import ADDRESS, confirmed, group_id_of, hidden, person


def test_a_guest_buys_goods_of_two_counties(world, guest, put):
    put(world.carpet)
    put(world.incense, 2)

    answer = guest.post("/checkout/", confirmed(guest))

    assert answer.status_code == 302
    group = OrderGroup.objects.get()
    assert answer["Location"] == f"/orders/{short(group.pk)}/pay/"
    assert (group.contact_name, group.contact_phone, group.destination_code) == ("卓玛", "+8613800138000", "110101")
    assert (group.goods_fen, group.freight_fen) == (128000 + 7700, 2700 + 1200)
    assert {order.county_id for order in group.orders.all()} == {world.weavers.county_id, world.burners.county_id}
    assert (world.left(world.carpet), world.left(world.incense)) == (4, 48)
    assert CartLine.objects.count() == 0
    assert guest.cookies["cart_count"].value == "0"
    assert guest.get(answer["Location"]).status_code == 200
    assert "加麻手工地毯" in guest.get(f"/orders/{short(group.pk)}/").content.decode()


def test_who_else_bears_the_freight_is_told_before_and_after(world, guest, put):
    lane = FreightRate.objects.filter(origin_code="54", destination_code="")
    lane.update(subsidy_basis_points=2500, subsidy_payer=world.weavers)
    put(world.carpet)
    put(world.incense, 2)
    guest.cookies["language"] = "en"

    sent = confirmed(guest)
    shown = guest.post("/checkout/", {**sent, "do": "look"}).content.decode()
    placed = guest.post("/checkout/", sent)

    assert "it costs ¥27.00, of which a public budget bears ¥6.75" in shown
    assert "it costs ¥12.00, of which a public budget bears ¥3.00" in shown
    assert "it costs ¥39.00, of which a public budget bears ¥9.75" in shown
    group = OrderGroup.objects.get()
    assert group.freight_fen == 3900 - 975
    assert "it costs ¥39.00, of which a public budget bears ¥9.75" in guest.get(f"/orders/{short(group.pk)}/").content.decode()
    assert placed.status_code == 302


def test_the_same_press_again_is_the_same_order(world, guest, put):
    put(world.incense)
    sent = confirmed(guest)

    first, second = guest.post("/checkout/", sent), guest.post("/checkout/", sent)

    assert first["Location"] == second["Location"]
    assert OrderGroup.objects.count() == 1
    assert world.left(world.incense) == 49


def test_the_last_piece_bought_twice_by_one_press_is_one_order(world, guest, put):
    put(world.small_carpet, 2)
    sent = confirmed(guest)

    first, second = guest.post("/checkout/", sent), guest.post("/checkout/", sent)

    assert first["Location"] == second["Location"]
    assert world.left(world.small_carpet) == 0


def test_a_changed_price_is_shown_and_not_charged(world, guest, put):
    put(world.incense)
    sent = confirmed(guest)
    Offer.objects.filter(pk=world.incense.pk).update(price_fen=4000)

    answer = guest.post("/checkout/", sent)

    told = answer.content.decode()
    assert answer.status_code == 409
    assert OrderGroup.objects.count() == 0
    assert "38.50" in told
    assert "40.00" in told
    assert 'value="卓玛"' in told
    again = guest.post("/checkout/", {**hidden(told), **ADDRESS, "do": "place"})
    assert again.status_code == 302
    assert OrderGroup.objects.get().goods_fen == 4000


def test_what_sold_out_meanwhile_is_left_out_with_a_word(world, guest, put):
    put(world.carpet)
    put(world.incense)
    sent = confirmed(guest)
    StockLevel.objects.filter(offer=world.carpet).update(on_hand=0)

    answer = guest.post("/checkout/", sent)

    assert answer.status_code == 409
    assert OrderGroup.objects.count() == 0
    again = guest.post("/checkout/", {**hidden(answer.content.decode()), **ADDRESS, "do": "place"})
    assert again.status_code == 302
    assert [line.offer_id for line in OrderGroup.objects.get().orders.get().lines.all()] == [world.incense.pk]


def test_withdrawn_goods_are_not_ordered(world, guest, put, now):
    put(world.incense)
    sent = confirmed(guest)
    Product.objects.filter(pk=world.incense.variant.product_id).update(withdrawn_at=now)

    answer = guest.post("/checkout/", sent)

    assert answer.status_code == 409
    assert OrderGroup.objects.count() == 0


@pytest.mark.parametrize(
    ("field", "typed"), [("name", ""), ("phone", "123"), ("line", ""), ("province", ""), ("note", "x" * 201), ("name", "x" * 81)]
)
def test_what_is_missing_is_marked_and_what_was_typed_is_kept(world, guest, put, field, typed):
    put(world.incense)
    sent = {**confirmed(guest), "line": "后山小路 7 号", field: typed}

    answer = guest.post("/checkout/", sent)

    told = answer.content.decode()
    assert answer.status_code == 422
    assert "field--error" in told
    assert OrderGroup.objects.count() == 0
    if field != "line":
        assert "后山小路 7 号" in told


def test_another_address_than_the_quoted_one_is_priced_first(world, guest, put):
    put(world.incense)
    sent = {**confirmed(guest), "province": "54", "city": "5401", "county": "540123"}

    answer = guest.post("/checkout/", sent)

    assert answer.status_code == 409
    assert "¥6.00" in answer.content.decode()
    assert OrderGroup.objects.count() == 0


def test_a_forged_quote_is_refused(world, guest, put):
    put(world.incense)
    sent = confirmed(guest)
    sent["quote"] = sent["quote"][0].replace("3850", "1")

    answer = guest.post("/checkout/", sent)

    assert answer.status_code == 409
    assert OrderGroup.objects.count() == 0


def test_the_checkout_keeps_the_order_of_the_cart_when_another_address_is_priced(world, guest, put):
    first, second = sorted((world.carpet, world.incense), key=lambda offer: offer.pk, reverse=True)
    put(first)
    put(second)

    opened = guest.get("/checkout/").content.decode()
    looked = guest.post("/checkout/", {**hidden(opened), **ADDRESS, "do": "look"}).content.decode()

    asked = [f"{short(first.pk)}*1", f"{short(second.pk)}*1"]
    assert hidden(opened)["line_wanted"] == asked
    assert hidden(looked)["line_wanted"] == asked


def test_where_it_goes_is_said_in_the_pages_language(world, guest, put):
    put(world.incense)
    guest.cookies["language"] = "en"
    to = {**ADDRESS, "province": "54", "city": "5401", "county": "540123"}

    looked = guest.post("/checkout/", {**hidden(guest.get("/checkout/").content.decode()), **to, "do": "look"})

    assert "<small>Tibet Lhasa Nyemo · " in looked.content.decode()


def test_buy_now_leaves_the_cart_alone(world, guest, put):
    put(world.carpet)
    to = guest.post(world.page(world.incense), {"offer": short(world.incense.pk), "quantity": "3", "do": "buy"})

    answer = guest.post("/checkout/", confirmed(guest, at=to["Location"]))

    assert answer.status_code == 302
    assert OrderGroup.objects.get().goods_fen == 3 * 3850
    assert CartLine.objects.get().offer_id == world.carpet.pk


def test_goods_of_a_hall_are_fetched_there_and_the_hall_is_remembered(world, guest, put):
    put(world.carpet, hall=world.hall)
    page = guest.get("/checkout/").content.decode()

    answer = guest.post(
        "/checkout/",
        {
            **hidden(page),
            "name": "卓玛",
            "phone": "13800138000",
            "way": "point",
            "province": "54",
            "city": "5405",
            "county": "540524",
            "point": short(world.hall.pk),
            "do": "place",
        },
    )

    assert answer.status_code == 302
    group = OrderGroup.objects.get()
    assert (group.pickup_point_id, group.origin) == (world.hall.pk, f"hall:{short(world.hall.pk)}")
    assert group.freight_fen == 600 + 3 * 200


@pytest.mark.parametrize(("quantity", "status"), [("0", 422), ("1000", 422), ("-1", 422), ("x", 422), ("", 422), ("999", 302)])
def test_a_quantity_is_a_number_from_1_to_999(world, guest, quantity, status):
    answer = guest.post(world.page(world.incense), {"offer": short(world.incense.pk), "quantity": quantity, "do": "cart"})

    assert answer.status_code == status
    if status == 422:
        assert "field__error" in answer.content.decode()
        assert Cart.objects.count() == 0 or CartLine.objects.count() == 0


def test_a_line_of_the_cart_is_changed_taken_out_and_put_back(world, guest, put):
    put(world.carpet, 2)
    offer = short(world.carpet.pk)

    guest.post("/cart/", {"offer": offer, "quantity": "3"})
    assert CartLine.objects.get().quantity == 3

    gone = guest.post("/cart/", {"offer": offer, "do": "remove"})
    assert CartLine.objects.count() == 0
    page = guest.get(gone["Location"]).content.decode()

    guest.post("/cart/", {**hidden(page), "do": "put_back"})
    assert CartLine.objects.get().quantity == 3
    assert guest.cookies["cart_count"].value == "3"


def test_the_cart_marks_what_cannot_be_had(world, guest, put):
    put(world.small_carpet, 2)
    StockLevel.objects.filter(offer=world.small_carpet).update(on_hand=1)
    guest.cookies["language"] = "en"

    assert "Only 1 left" in guest.get("/cart/").content.decode()
    StockLevel.objects.filter(offer=world.small_carpet).update(on_hand=0)
    assert "Sold out" in guest.get("/cart/").content.decode()


def test_a_guests_cart_becomes_hers_when_she_logs_in(world, guest, put):
    put(world.carpet)
    her = person()
    guest.force_login(her, backend="allauth.account.auth_backends.AuthenticationBackend")

    answer = guest.get("/me/arrived/?next=/cart/")

    assert answer["Location"] == "/cart/"
    assert Cart.objects.get().person == her
    assert CartLine.objects.get().offer_id == world.carpet.pk
    assert guest.cookies["cart"].value == ""


@pytest.mark.parametrize("wish", ["https://evil.example/", "//evil.example/", "javascript:alert(1)"])
def test_arriving_leads_nowhere_else(world, guest, wish):
    guest.force_login(person(), backend="allauth.account.auth_backends.AuthenticationBackend")

    assert guest.get("/me/arrived/", {"next": wish})["Location"] == "/me/"


def test_nobody_takes_another_guests_cart_by_its_key(world, guest, put, client):
    put(world.carpet)
    client.cookies["cart"] = short(Cart.objects.get().pk)

    assert "加麻手工地毯" not in client.get("/cart/").content.decode()


def test_the_checkout_asks_few_questions(world, guest, put, questions):
    StockLevel.objects.filter(offer__in=[world.carpet, world.incense]).update(on_hand=100)  # where little is left it looks twice
    put(world.carpet)
    put(world.incense)
    form = confirmed(guest)

    with questions() as to_open:
        guest.get("/checkout/")
    with questions() as to_price:
        guest.post("/checkout/", {**form, "do": "look"})
    with questions() as to_place:
        guest.post("/checkout/", {**form, "do": "place"})

    assert len(to_open) <= 6  # two round trips: what is bought, what is taken off
    assert len(to_price) <= 9
    assert len(to_place) <= 12


def test_a_cart_that_is_changed_is_kept_for_another_30_days(world, guest, put):
    put(world.carpet, 2)

    answer = guest.post("/cart/", {"offer": short(world.carpet.pk), "quantity": "3"})

    assert answer.cookies["cart"]["max-age"] == 30 * 24 * 3600


def test_a_point_that_has_moved_is_priced_first(world, guest, put):
    put(world.carpet, hall=world.hall)
    form = {**hidden(guest.get("/checkout/").content.decode()), "name": "卓玛", "phone": "13800138000", "way": "point"}
    form |= {"province": "54", "city": "5405", "county": "540524", "point": short(world.hall.pk), "do": "place"}
    world.hall.area = world.burners.area
    world.hall.save()

    answer = guest.post("/checkout/", form)

    assert answer.status_code == 409
    assert not OrderGroup.objects.exists()


def test_placing_is_one_order_for_each_seller_and_waits_for_money(world, guest, put):
    put(world.carpet)
    put(world.incense)

    group_id = group_id_of(guest.post("/checkout/", confirmed(guest)))

    assert [order.state for order in SellerOrder.objects.filter(group_id=group_id)] == ["pending_payment", "pending_payment"]
