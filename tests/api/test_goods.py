from uuid import uuid4

import pytest

from teahorse.catalog.actions.searching import write_search_entries
from teahorse.catalog.models import Product, Variant
from teahorse.places.models import Area
from tests import world
from tests.api.conftest import Api
from tests.api.test_orders import problem

pytestmark = pytest.mark.django_db


@pytest.fixture
def shop(wine, carpet):
    write_search_entries(product_ids=[wine.variant.product_id, carpet.variant.product_id])


# --- areas


@pytest.fixture
def tree():
    for code in ("540524202202", world.GYANGZE, world.SHANGHAI):
        world.area(code)
    Area.objects.filter(code="540524").update(i18n={"name_en": "Qonggyai", "name_bo": "འཕྱོངས་རྒྱས།"})


def test_the_picker_chooses_from_below_an_area_in_its_own_language(tree):
    response = Api().get("areas", parent="5405")

    assert response.json() == [{"code": "540524", "name": "Qonggyai", "level": "county"}]
    assert response["Cache-Control"] == "public, max-age=3600"
    assert response["Vary"] == "Accept-Language, Cookie"
    in_tibetan = Api()
    in_tibetan.client.cookies["language"] = "bo"
    assert in_tibetan.get("areas", parent="5405").json()[0]["name"] == "འཕྱོངས་རྒྱས།"
    assert [area["code"] for area in Api().get("areas").json()] == ["31", "54"]


def test_a_village_has_nothing_below_and_an_unknown_area_is_not_there(api, tree):
    assert api.get("areas", parent="540524202202").json() == []
    assert problem(api.get("areas", parent="99")) == (404, "no_such_area", "area")
    assert problem(api.get("areas", parent="5")) == (422, "malformed", "parent")


def test_areas_are_searched_with_their_whole_names(api, tree):
    found = api.get("areas", q="qong").json()

    assert found == [{"code": "540524", "name": "Qonggyai", "level": "county", "full_name": "Qonggyai, 区5405, 区54"}]
    assert problem(api.get("areas", q="qong", parent="54")) == (422, "malformed", "q")
    assert problem(api.get("areas", q="\x00")) == (422, "malformed", "q")
    assert problem(api.get("areas", q="qong", limit=101)) == (422, "malformed", "limit")


def test_an_area_is_shown_with_what_it_lies_in(api, tree):
    area = api.get("areas/540524").json()

    assert area["names"] == {"zh-hans": "琼结县", "bo": "འཕྱོངས་རྒྱས།", "en": "Qonggyai"}
    assert [above["code"] for above in area["path"]] == ["54", "5405", "540524"]
    assert problem(api.get("areas/540599")) == (404, "no_such_area", "area")


def test_pickup_points_are_found_near_an_area(api):
    point = world.service_point("xuexi")

    assert api.get("pickup-points", area="540524").json() == [
        {
            "id": str(point.pk),
            "name": "xuexi服务点",
            "area_code": "540524202202",
            "area_name": "区540524202202",
            "address_line": "",
            "hours": "",
            "takes_cash": True,
        }
    ]
    assert problem(api.get("pickup-points")) == (422, "malformed", "area")


# --- goods


def test_categories_are_listed(api, shop):
    assert api.get("categories").json() == [{"slug": "food-drink", "name": "food-drink", "attributes": [], "variant_attributes": []}]


def test_goods_are_listed_by_filter_and_page(api, shop, wine, carpet):
    page = api.get("products", sort="price", per_page=1).json()

    assert (page["total"], page["is_more"], page["page"], page["per_page"]) == (2, False, 1, 1)
    assert [(card["title"], card["price_from_fen"], card["offer_id"]) for card in page["products"]] == [("强钦青稞酒", 3800, str(wine.pk))]
    assert [card["title"] for card in api.get("products", sort="price", per_page=1, page=2).json()["products"]] == ["江孜卡垫"]
    assert [card["title"] for card in api.get("products", area="540222").json()["products"]] == ["江孜卡垫"]
    assert [card["title"] for card in api.get("products", seller="chamchen").json()["products"]] == ["强钦青稞酒"]
    assert [card["title"] for card in api.get("products", price_from_fen=3801).json()["products"]] == ["江孜卡垫"]
    assert api.get("products", seller="nobody").json()["products"] == []


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ({"per_page": 101}, "per_page"),
        ({"page": 0}, "page"),
        ({"page": 10**30}, "page"),
        ({"price_from_fen": 10**20}, "price_from_fen"),
        ({"sort": "best"}, "sort"),
        ({"area": "54%"}, "area"),
        ({"q": "\x00"}, "q"),
        ({"category": "a\x00"}, "category"),
    ],
)
def test_a_filter_that_cannot_be_read_is_refused(api, query, field):
    assert problem(api.get("products", **query)) == (422, "malformed", field)


def test_a_search_tells_where_more_lies(api, shop):
    found = api.get("search", q="青稞酒").json()

    assert [card["title"] for card in found["products"]] == ["强钦青稞酒"]
    assert found["categories"] == [{"key": "food-drink", "name": "food-drink", "count": 1}]
    assert found["counties"] == [{"key": "540524", "name": "琼结县", "count": 1}]
    assert problem(api.get("search")) == (422, "malformed", "q")


def test_suggestions_come_while_one_types(api, shop, wine):
    assert api.get("search/suggestions", q="青").json() == [{"kind": "product", "key": str(wine.variant.product_id), "text": "强钦青稞酒"}]
    assert problem(api.get("search/suggestions", q="")) == (422, "malformed", "q")


def test_a_product_is_shown_with_forms_prices_and_what_is_left(api, wine):
    product = api.get(f"products/{wine.variant.product_id}").json()

    assert (product["title"], product["is_listed"], product["price_from_fen"]) == ("强钦青稞酒", True, 3800)
    assert product["variants"][0]["offer"] == {"id": str(wine.pk), "price_fen": 3800, "list_price_fen": None, "available": 10}
    assert [area["code"] for area in product["origin"]["areas"]] == ["54", "5405", "540524"]
    assert problem(api.get(f"products/{uuid4()}")) == (404, "no_such_product", "")
    assert problem(api.get("products/x")) == (422, "malformed", "product_id")


def test_a_product_that_was_never_on_show_is_not_there(api, wine):
    Product.objects.update(published_at=None)

    assert problem(api.get(f"products/{wine.variant.product_id}")) == (404, "no_such_product", "")


def test_goods_are_found_by_bar_code(api, wine):
    Variant.objects.update(barcode="6901234567892")

    assert api.get("barcodes/6901234567892").json() == [
        {
            "product_id": str(wine.variant.product_id),
            "variant_id": str(wine.variant_id),
            "title": "强钦青稞酒",
            "variant": "一份",
            "seller": {"key": "chamchen", "name": "chamchen合作社"},
        }
    ]
    assert api.get("barcodes/6901234567893").json() == []
    assert problem(api.get("barcodes/x")) == (422, "malformed", "barcode")


# --- carts


def test_a_cart_is_opened_filled_and_emptied_by_its_token(api, wine):
    opened = api.post("carts")
    token = opened.json()["token"]

    api.put(f"carts/{token}/lines/{wine.pk}", {"quantity": 3})
    held = api.put(f"carts/{token}/lines/{wine.pk}", {"quantity": 2}).json()
    emptied = api.delete(f"carts/{token}/lines/{wine.pk}")

    assert (opened.status_code, opened.json()["sellers"]) == (201, [])
    assert held == {
        "token": token,
        "units": 2,
        "goods_fen": 7600,
        "sellers": [
            {
                "seller": {"key": "chamchen", "name": "chamchen合作社"},
                "lines": [
                    {
                        "offer_id": str(wine.pk),
                        "product_id": str(wine.variant.product_id),
                        "title": "强钦青稞酒",
                        "variant": "一份",
                        "quantity": 2,
                        "unit_price_fen": 3800,
                        "amount_fen": 7600,
                        "available": 10,
                        "trouble": "",
                    }
                ],
            }
        ],
    }
    assert (emptied.status_code, emptied.json()["units"]) == (200, 0)
    assert api.get(f"carts/{token}").json()["units"] == 0


def test_a_cart_of_others_is_not_there(api, wine):
    token = api.post("carts").json()["token"]

    assert problem(api.get(f"carts/{token}x")) == (404, "no_such_cart", "token")
    assert problem(api.put(f"carts/tc_x/lines/{wine.pk}", {"quantity": 1})) == (404, "no_such_cart", "token")
    assert problem(api.delete(f"carts/tc_x/lines/{wine.pk}")) == (404, "no_such_cart", "token")


def test_a_cart_holds_only_what_is_sold_in_whole_numbers(api, wine):
    token = api.post("carts").json()["token"]

    assert problem(api.put(f"carts/{token}/lines/{uuid4()}", {"quantity": 1})) == (409, "not_sold", "offer_id")
    assert problem(api.put(f"carts/{token}/lines/{wine.pk}", {"quantity": 1000})) == (422, "malformed", "quantity")
    assert problem(api.put(f"carts/{token}/lines/{wine.pk}", {"quantity": 1.5})) == (422, "malformed", "quantity")
    assert api.get(f"carts/{token}").json()["units"] == 0


# --- the house


def test_nothing_answers_elsewhere(api):
    assert problem(api.get("nowhere")) == (404, "no_such_address", "")
    assert problem(api.get("")) == (404, "no_such_address", "")
    assert problem(api.post("areas")) == (405, "wrong_method", "")
    assert api.post("areas")["Allow"] == "GET"


def test_head_is_answered_as_get(api):
    assert api.client.head("/api/v1/areas").status_code == 200


def test_the_type_of_a_problem_explains_it(api):
    kind = api.get("problems/sold_out").json()

    assert kind == {"code": "sold_out", "status": 409, "sentence": "Of “%(title)s” %(available)d are left; you asked for %(wanted)d."}
    assert kind in api.get("problems").json()
    assert problem(api.get("problems/nothing")) == (404, "not_there", "code")


def test_a_fault_of_ours_is_written_down_and_told_as_a_problem(api, monkeypatch, caplog):
    monkeypatch.setattr("teahorse.api.products.catalog.categories", lambda: 1 / 0)

    assert problem(api.get("categories")) == (500, "broken", "")
    assert "ZeroDivisionError" in caplog.text
