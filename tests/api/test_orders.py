from datetime import datetime, timedelta
from uuid import UUID, uuid4

import pytest
from django.utils import timezone

from teahorse.catalog.models import Offer
from teahorse.logistics.models import Parcel
from teahorse.orders import actions, quoting
from teahorse.orders.models import OrderGroup, SellerOrder
from tests import world
from tests.api.conftest import Api

pytestmark = pytest.mark.django_db
CONTACT = {"name": "卓玛", "phone": "138 0013 8000"}


@pytest.fixture(autouse=True)
def region():
    world.freight()
    world.area(world.SHANGHAI)


@pytest.fixture
def sealed(api, wine):
    """The sealed quote of two bottles of wine to Shanghai."""
    asked = {"lines": [{"offer_id": str(wine.pk), "quantity": 2}], "destination": {"area_code": world.SHANGHAI}}
    return api.post("quotes", asked).json()["sealed"]


@pytest.fixture
def draft(sealed):
    return {"key": str(uuid4()), "quote": sealed, "contact": CONTACT, "address_line": "漕溪北路 1 号", "note": "不要辣"}


def problem(response):
    assert response["Content-Type"] == "application/problem+json"
    told = response.json()
    assert told["status"] == response.status_code
    assert told["type"] == f"/api/v1/problems/{told['code']}"
    return response.status_code, told["code"], told.get("field", "")


# --- quotes


def test_a_quote_is_split_by_seller_with_freight_and_promise(api, wine, carpet):
    lines = [
        {"offer_id": str(wine.pk), "quantity": 1},
        {"offer_id": str(carpet.pk), "quantity": 1},
        {"offer_id": str(wine.pk), "quantity": 1},
    ]
    response = api.post("quotes", {"lines": lines, "destination": {"area_code": world.SHANGHAI}})

    quote = response.json()
    parts = {part["seller"]["key"]: part for part in quote["orders"]}
    assert response.status_code == 200
    assert (quote["goods_fen"], quote["freight_fen"], quote["total_fen"]) == (135600, 1200, 136800)
    assert quote["destination"] == {"area_code": "310104", "area_name": "徐汇区, 区3101, 区31", "pickup_point_id": None}
    assert parts["chamchen"]["lines"] == [
        {
            "offer_id": str(wine.pk),
            "product_id": str(wine.variant.product_id),
            "quantity": 2,
            "unit_price_fen": 3800,
            "amount_fen": 7600,
            "discount_fen": 0,
            "discounts": [],
        }
    ]
    assert (parts["chamchen"]["freight_fen"], parts["chamchen"]["total_fen"], parts["chamchen"]["weight_grams"]) == (1200, 8800, 1000)
    assert (parts["jiangzi"]["freight_fen"], parts["jiangzi"]["total_fen"]) == (0, 128000)
    assert quoting.unseal(quote["sealed"], now=timezone.now()).version == quote["version"]


def test_a_quote_to_a_pickup_point_goes_to_its_area(api, wine):
    point = world.service_point("xuexi")

    response = api.post("quotes", {"lines": [{"offer_id": str(wine.pk), "quantity": 1}], "destination": {"pickup_point_id": str(point.pk)}})

    assert response.json()["destination"]["pickup_point_id"] == str(point.pk)
    assert response.json()["destination"]["area_code"] == "540524202202"


def test_a_quote_of_more_than_is_left_is_refused_with_the_numbers(api, carpet):
    lines = [{"offer_id": str(carpet.pk), "quantity": 4}]

    response = api.post("quotes", {"lines": lines, "destination": {"area_code": world.SHANGHAI}})

    assert response.status_code == 409
    assert response.json() == {
        "type": "/api/v1/problems/sold_out",
        "title": "Sold out",
        "status": 409,
        "code": "sold_out",
        "detail": "Of “江孜卡垫” 3 are left; you asked for 4.",
        "field": f"lines.{carpet.pk}.quantity",
        "numbers": {"title": "江孜卡垫", "available": 3, "wanted": 4},
    }


@pytest.mark.parametrize(
    ("line", "destination", "field"),
    [
        ({"offer_id": "x", "quantity": 1}, {"area_code": world.SHANGHAI}, "lines.0.offer_id"),
        ({"offer_id": str(uuid4()), "quantity": 0}, {"area_code": world.SHANGHAI}, "lines.0.quantity"),
        ({"offer_id": str(uuid4()), "quantity": 10**30}, {"area_code": world.SHANGHAI}, "lines.0.quantity"),
        ({"offer_id": str(uuid4()), "quantity": 1, "price_fen": 1}, {"area_code": world.SHANGHAI}, "lines.0.price_fen"),
        ({"offer_id": str(uuid4()), "quantity": 1}, {}, "destination"),
        ({"offer_id": str(uuid4()), "quantity": 1}, {"area_code": "31"}, "destination.area_code"),
        ({"offer_id": str(uuid4()), "quantity": 1}, {"area_code": "999999"}, "destination.area_code"),
        ({"offer_id": str(uuid4()), "quantity": 1}, {"pickup_point_id": str(uuid4())}, "destination.pickup_point_id"),
    ],
)
def test_a_quote_that_cannot_be_read_is_refused_with_the_field(api, line, destination, field):
    response = api.post("quotes", {"lines": [line], "destination": destination})

    assert problem(response) == (422, "malformed", field)


def test_every_wrong_field_is_told_at_once(api):
    response = api.post("quotes", {"lines": [{"offer_id": "x", "quantity": "2"}], "destination": {}})

    assert response.json()["errors"] == [
        {"field": "lines.0.offer_id", "detail": "This is no UUID."},
        {"field": "lines.0.quantity", "detail": "This is no whole number."},
        {"field": "destination", "detail": "Name an area or a pickup point: one of the two."},
    ]


def test_what_was_never_sold_is_refused(api):
    lines = [{"offer_id": str(uuid4()), "quantity": 1}]

    response = api.post("quotes", {"lines": lines, "destination": {"area_code": world.SHANGHAI}})

    assert problem(response) == (409, "not_sold", f"lines.{lines[0]['offer_id']}")


# --- placing


def test_an_order_is_placed_and_opened_by_its_access_token(api, draft, wine):
    response = api.post("orders", draft)

    told = response.json()
    group = OrderGroup.objects.get()
    assert response.status_code == 201
    assert response["Location"] == f"/api/v1/orders/{group.pk}"
    assert response["Cache-Control"] == "private, no-store"
    assert {name: told[name] for name in ("id", "number", "goods_fen", "freight_fen", "total_fen")} == {
        "id": str(group.pk),
        "number": group.number,
        "goods_fen": 7600,
        "freight_fen": 1200,
        "total_fen": 8800,
    }
    assert abs(datetime.fromisoformat(told["pay_before"]) - group.expires_at) < timedelta(seconds=1)
    assert told["tracking_url"].endswith(f"/api/v1/orders/{group.pk}/tracking?access={told['access_token']}")
    assert (group.contact_name, group.contact_phone, group.destination_line) == ("卓玛", "+8613800138000", "漕溪北路 1 号")
    assert (group.note, group.origin, group.locale, group.person_id) == ("不要辣", "api", "en", None)
    assert world.level_of(wine).reserved == 2
    assert Api(told["access_token"]).get(f"orders/{told['id']}").json()["number"] == group.number


def test_the_same_key_again_is_the_same_order(api, draft):
    first = api.post("orders", draft)

    second = api.post("orders", draft)

    assert (first.status_code, second.status_code) == (201, 200)
    assert {**second.json(), "pay_before": ""} == {**first.json(), "pay_before": ""}
    assert OrderGroup.objects.count() == 1


def test_the_same_key_with_other_contents_is_refused(api, draft):
    api.post("orders", draft)

    response = api.post("orders", {**draft, "note": "要辣"})

    assert problem(response) == (409, "key_used_for_another", "key")
    assert OrderGroup.objects.count() == 1


@pytest.mark.parametrize("form", ["{}", '"{}"'])
def test_the_key_may_come_in_the_header(api, draft, form):
    key = draft.pop("key")

    response = api.post("orders", draft, **{"Idempotency-Key": form.format(key)})

    assert response.status_code == 201
    assert OrderGroup.objects.get().idempotency_key == UUID(key)


@pytest.mark.parametrize(
    ("change", "headers", "field"),
    [
        ({"key": None}, {}, "key"),
        ({"key": "x"}, {}, "key"),
        ({}, {"Idempotency-Key": "x"}, "Idempotency-Key"),
        ({}, {"Idempotency-Key": str(uuid4())}, "key"),
        ({"quote": 1}, {}, "quote"),
        ({"contact": {"name": "卓玛", "phone": "12345"}}, {}, "contact.phone"),
        ({"contact": {"name": " ", "phone": "13800138000"}}, {}, "contact.name"),
        ({"contact": {"name": "卓\x00玛", "phone": "13800138000"}}, {}, "contact.name"),
        ({"contact": {"name": "卓" * 81, "phone": "13800138000"}}, {}, "contact.name"),
        ({"contact": {"phone": "13800138000"}}, {}, "contact.name"),
        ({"address_line": "  "}, {}, "address_line"),
        ({"address_line": "漕\x00"}, {}, "address_line"),
        ({"note": "\x00"}, {}, "note"),
        ({"total_fen": 1}, {}, "total_fen"),
    ],
)
def test_an_order_that_cannot_be_read_is_refused_with_the_field(api, draft, change, headers, field):
    response = api.post("orders", {**draft, **change}, **headers)

    assert problem(response) == (422, "malformed", field)
    assert not OrderGroup.objects.exists()


@pytest.mark.parametrize("body", [b"", b"{", b"\xff", b'{"note": "\xed\xa0\x80"}', b'{"note": "\\ud800"}'])
def test_a_body_that_is_no_json_is_refused(api, body):
    assert problem(api.post("orders", body)) == (400, "not_json", "")
    assert problem(api.post("quotes", body or b"{")) == (400, "not_json", "")


def test_a_body_that_is_too_large_is_refused(api, settings):
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 1000

    assert problem(api.post("orders", b" " * 1001)) == (413, "too_large", "")
    assert problem(api.post("quotes", b" " * 1001)) == (413, "too_large", "")


def test_a_forged_quote_is_refused(api, draft):
    response = api.post("orders", {**draft, "quote": draft["quote"].replace("3800", "1")})

    assert problem(response) == (409, "quote_not_ours", "quote")


def test_a_changed_price_is_refused_with_both_prices(api, draft, wine):
    Offer.objects.filter(pk=wine.pk).update(price_fen=3900)

    response = api.post("orders", draft)

    assert problem(response) == (409, "price_changed", f"lines.{wine.pk}")
    assert response.json()["numbers"] == {"title": "强钦青稞酒", "quoted": "38.00", "price": "39.00"}


def test_what_sold_out_since_the_quote_is_refused(api, draft, wine):
    level = world.level_of(wine)
    level.on_hand = 1
    level.save()

    assert problem(api.post("orders", draft)) == (409, "sold_out", f"lines.{wine.pk}.quantity")


def test_orders_are_placed_and_not_listed(api):
    response = api.get("orders")

    assert problem(response) == (405, "wrong_method", "")
    assert response["Allow"] == "POST"


def test_problems_speak_the_language_of_the_reader(draft):
    told = Api(language="zh-hans").post("orders", {**draft, "quote": "x"}).json()

    assert told["code"] == "quote_not_ours"


# --- seeing


def test_a_buyer_sees_all_of_her_order(as_buyer, placed, wine, carpet):
    group = placed({wine: 2, carpet: 1})

    order = as_buyer(group).get(f"orders/{group.pk}").json()

    assert (order["id"], order["number"], order["stage"], order["total_fen"]) == (str(group.pk), group.number, "to_pay", group.total_fen)
    assert order["contact"] == {"name": "演示买家", "phone": "+8619900001001"}
    assert [part["number"] for part in order["orders"]] == [f"{group.number}-1", f"{group.number}-2"]
    assert {part["seller"]["key"]: part["lines"][0]["title"] for part in order["orders"]} == {
        "chamchen": "强钦青稞酒",
        "jiangzi": "江孜卡垫",
    }


def test_a_seller_sees_her_own_part_and_no_more_of_the_buyer_than_she_needs(as_organisation, placed, wine, carpet):
    group = placed({wine: 2, carpet: 1})

    order = as_organisation(wine.seller).get(f"orders/{group.pk}").json()

    assert [part["seller"]["key"] for part in order["orders"]] == ["chamchen"]
    assert (order["goods_fen"], order["freight_fen"], order["total_fen"], order["payments"]) == (7600, 1200, 8800, [])
    assert order["contact"] == {"name": "演**家", "phone": "199******01"}
    assert order["destination"]["address_line"] == "漕溪北路 * 号 *** 室"


@pytest.mark.parametrize("path", ["orders/{}", "orders/{}/tracking"])
def test_an_order_of_others_is_not_there(api, as_buyer, as_organisation, placed, wine, carpet, path):
    group, another = placed({wine: 1}), placed({wine: 1})

    assert problem(as_buyer(another).get(path.format(group.pk))) == (404, "not_there", "order_id")
    assert problem(as_organisation(carpet.seller).get(path.format(group.pk))) == (404, "not_there", "order_id")
    assert problem(as_buyer(group).get(path.format(uuid4()))) == (404, "not_there", "order_id")
    assert problem(api.get(path.format(group.pk))) == (401, "not_known", "")
    assert problem(Api("th_wrong").get(path.format(group.pk))) == (401, "not_known", "")
    assert problem(Api("to_wrong").get(path.format(group.pk))) == (401, "not_known", "")
    assert api.get(path.format(group.pk))["WWW-Authenticate"] == "Bearer"
    assert problem(as_buyer(group).get(path.format("x"))) == (422, "malformed", "order_id")


def test_a_session_gives_no_rights(client, placed, wine):
    buyer = world.person()
    group = placed({wine: 1}, buyer=buyer)
    client.force_login(buyer, backend="allauth.account.auth_backends.AuthenticationBackend")

    assert problem(client.get(f"/api/v1/orders/{group.pk}")) == (401, "not_known", "")


# --- paying, cancelling, confirming


def test_a_payment_is_begun_once(as_buyer, placed, wine):
    group = placed({wine: 2})

    first, second = (as_buyer(group).post(f"orders/{group.pk}/payments", {"provider": "cash", "method": "counter"}) for _ in range(2))

    told = first.json()
    assert (first.status_code, second.status_code) == (201, 200)
    assert second.json() == told
    assert (told["provider"], told["method"], told["state"], told["amount_fen"]) == ("cash", "counter", "paying", 8800)
    assert told["prompt"] == {"number": told["number"]}
    assert [payment["id"] for payment in as_buyer(group).get(f"orders/{group.pk}").json()["payments"]] == [told["id"]]


@pytest.mark.parametrize(
    ("asked", "field"), [({"provider": "gold", "method": "bar"}, "provider"), ({"provider": "cash", "method": "jsapi"}, "method")]
)
def test_nobody_pays_in_a_way_that_is_not_known(as_buyer, placed, wine, asked, field):
    group = placed({wine: 2})

    assert problem(as_buyer(group).post(f"orders/{group.pk}/payments", asked)) == (422, "malformed", field)


def test_there_is_nothing_to_pay_for_a_paid_order(as_buyer, paid, wine):
    group = paid({wine: 2})

    response = as_buyer(group).post(f"orders/{group.pk}/payments", {"provider": "cash", "method": "counter"})

    assert problem(response) == (409, "nothing_to_pay", "")


def test_a_buyer_cancels_an_unpaid_order_as_often_as_she_likes(as_buyer, placed, wine, carpet):
    group = placed({wine: 2, carpet: 1})

    answers = [as_buyer(group).post(f"orders/{group.pk}/cancel", {"reason": "changed my mind"}) for _ in range(2)]

    assert [answer.status_code for answer in answers] == [200, 200]
    assert answers[1].json()["stage"] == "cancelled"
    assert set(group.orders.values_list("state", "end_reason")) == {("cancelled", "changed my mind")}
    assert world.level_of(wine).reserved == 0


def test_nothing_is_cancelled_where_a_part_is_packed(as_buyer, paid, placed, wine):
    group = paid({wine: 2})
    actions.pack_order(order=group.orders.get(), weight_grams=1, by=None, now=timezone.now())

    assert problem(as_buyer(group).post(f"orders/{group.pk}/cancel")) == (409, "too_late_to_cancel", "")
    assert group.orders.get().state == SellerOrder.State.PREPARING


def test_a_part_of_another_order_is_not_cancelled(as_buyer, placed, wine):
    group, another = placed({wine: 1}), placed({wine: 1})

    response = as_buyer(group).post(f"orders/{group.pk}/cancel", {"seller_order_id": str(another.orders.get().pk)})

    assert problem(response) == (404, "not_there", "seller_order_id")
    assert another.orders.get().state == SellerOrder.State.PENDING_PAYMENT


@pytest.mark.parametrize("verb", ["cancel", "confirm", "payments"])
def test_an_organisation_does_not_act_for_a_buyer(as_organisation, placed, wine, verb):
    group = placed({wine: 1})
    body = {"provider": "cash", "method": "counter"} if verb == "payments" else {}

    assert problem(as_organisation(wine.seller).post(f"orders/{group.pk}/{verb}", body)) == (404, "not_there", "order_id")
    assert group.orders.get().state == SellerOrder.State.PENDING_PAYMENT


def test_a_buyer_confirms_what_was_handed_over(as_buyer, paid, wine):
    group = paid({wine: 2})
    parcel = actions.pack_order(order=group.orders.get(), weight_grams=1, by=None, now=timezone.now())
    before = as_buyer(group).post(f"orders/{group.pk}/confirm")
    Parcel.objects.filter(pk=parcel.pk).update(stage=Parcel.Stage.HANDED_OVER)

    after = [as_buyer(group).post(f"orders/{group.pk}/confirm") for _ in range(2)]

    assert problem(before) == (409, "not_received", "")
    assert [(answer.status_code, answer.json()["stage"]) for answer in after] == [(200, "done"), (200, "done")]


def test_nobody_confirms_an_order_that_is_gone(as_buyer, placed, wine):
    group = placed({wine: 1})
    as_buyer(group).post(f"orders/{group.pk}/cancel")

    assert problem(as_buyer(group).post(f"orders/{group.pk}/confirm")) == (409, "not_received", "")
