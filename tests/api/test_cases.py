"""After-sale cases by program: the buyer with her order's token, the seller with hers."""

from datetime import timedelta
from uuid import uuid4

import pytest
from django.utils import timezone

from teahorse.aftersales import actions
from teahorse.aftersales.models import AfterSaleCase, CasePhoto
from teahorse.catalog.models import Product
from teahorse.payments.models import Refund
from tests import world
from tests.aftersales.making import draft, picture, received, sent
from tests.api.test_orders import problem

pytestmark = pytest.mark.django_db


@pytest.fixture
def order(wine):
    """Two bottles that came yesterday."""
    now = timezone.now()
    return received({wine: 2}, now=now - timedelta(days=5), at=now - timedelta(days=1))


@pytest.fixture
def buyer(as_buyer, order):
    return as_buyer(order.group)


@pytest.fixture
def seller(as_organisation, wine):
    return as_organisation(wine.seller)


@pytest.fixture
def case(order):
    """A case over one bottle that the buyer does not want."""
    return actions.open_case(draft=draft(order, units={1: 1}), by=None, now=timezone.now())


def asked(order, kind="return_refund", reason="no_reason", *, units=1, **more):
    [line] = order.lines.all()
    wish = {"key": str(uuid4()), "seller_order_id": str(order.pk), "kind": kind, "reason": reason, "units": {str(line.pk): units}}
    return {**wish, **more}


def photograph(api, order, key, file=None):
    address = f"/api/v1/orders/{order.group_id}/cases/{key}/photos"
    return api.client.post(address, {"seller_order_id": str(order.pk), "photo": file or picture()})


# --- what may be asked


def test_an_order_says_what_may_be_asked_for_which_reasons_and_until_when(buyer, order):
    told = buyer.get(f"orders/{order.group_id}/cases")

    [part] = told.json()["parts"]
    [line] = part["lines"]
    reasons = {one["reason"]: one for one in line["reasons"]}
    assert told["Cache-Control"] == "private, no-store"
    assert (part["seller_order_id"], part["seller"]["key"], part["most_photos"]) == (str(order.pk), "chamchen", 6)
    assert (line["title"], line["quantity"], line["units_left"]) == ("强钦青稞酒", 2, 2)
    assert (reasons["no_reason"]["problem"], reasons["no_reason"]["kinds"]) == ("", ["return_refund"])
    assert (reasons["damaged"]["problem"], reasons["damaged"]["needs_photo"]) == ("", True)
    assert reasons["damaged"]["kinds"] == ["return_refund", "exchange", "refund_only", "compensation"]
    assert all(one["until"] for one in reasons.values())
    assert told.json()["cases"] == []


def test_what_the_law_leaves_out_and_what_is_not_late_is_said_before_it_is_asked(as_buyer, wine):
    Product.objects.filter(pk=wine.variant.product_id).update(return_rule="fresh")
    order = sent({wine: 1}, now=timezone.now())

    [part] = as_buyer(order.group).get(f"orders/{order.group_id}/cases").json()["parts"]

    problems = {one["reason"]: one["problem"] for one in part["lines"][0]["reasons"]}
    assert (problems["no_reason"], problems["damaged"], problems["never_came"]) == (
        "no_right_without_reason",
        "not_received_yet",
        "not_late_yet",
    )


# --- the buyer


def test_a_case_is_opened_once_by_its_key_and_read_with_its_course(buyer, order):
    wish = asked(order, story="不太喜欢")

    first, again = (buyer.post(f"orders/{order.group_id}/cases", wish) for _ in range(2))

    case = AfterSaleCase.objects.get()
    told = buyer.get(f"orders/{order.group_id}/cases/{case.pk}").json()
    assert (first.status_code, again.status_code, first.json() == again.json() == told) == (201, 200, True)
    assert (told["id"], told["number"], told["state"], told["owner"]) == (wish["key"], f"{order.number}-1", "seller_review", "seller")
    assert (told["worth_fen"], told["asked_fen"], told["agreed_fen"], told["hand_in_code"]) == (3800, 3800, None, "")
    assert [(one["title"], one["quantity"], one["worth_fen"]) for one in told["lines"]] == [("强钦青稞酒", 1, 3800)]
    assert [(one["act"], one["party"], one["words"], one["amount_fen"]) for one in told["course"]] == [
        ("opened", "buyer", "不太喜欢", 3800)
    ]
    assert [one["id"] for one in buyer.get(f"orders/{order.group_id}/cases").json()["cases"]] == [wish["key"]]


def test_the_key_of_a_case_may_come_in_the_header_and_is_of_one_wish(buyer, order):
    wish = asked(order)
    key = wish.pop("key")

    none = buyer.post(f"orders/{order.group_id}/cases", wish)
    opened = buyer.post(f"orders/{order.group_id}/cases", wish, **{"Idempotency-Key": f'"{key}"'})
    other = buyer.post(f"orders/{order.group_id}/cases", {**asked(order, units=2), "key": key})

    assert problem(none) == (422, "malformed", "key")
    assert (opened.status_code, opened.json()["id"]) == (201, key)
    assert problem(other) == (409, "case_key_used", "key")
    assert AfterSaleCase.objects.count() == 1


def test_a_photograph_is_sent_under_the_key_before_its_case(buyer, seller, order):
    wish = asked(order, "compensation", "damaged", asked_fen=1000)
    without = buyer.post(f"orders/{order.group_id}/cases", wish)

    kept = photograph(buyer, order, wish["key"])
    again = photograph(buyer, order, wish["key"])
    opened = buyer.post(f"orders/{order.group_id}/cases", wish)

    address = f"orders/{order.group_id}/cases/{wish['key']}/photos/{kept.json()['id']}"
    assert problem(without) == (422, "picture_needed", "photos")
    assert (kept.status_code, again.json() == kept.json(), CasePhoto.objects.count()) == (201, True, 1)
    assert (opened.status_code, opened.json()["asked_fen"], [one["by_seller"] for one in opened.json()["photos"]]) == (201, 1000, [False])
    shown = buyer.get(address)
    assert (shown["Content-Type"], shown.content[8:12]) == ("image/webp", b"WEBP")
    assert seller.get(f"seller/cases/{wish['key']}/photos/{kept.json()['id']}").content == shown.content


def test_what_is_no_picture_and_what_is_no_form_are_refused(buyer, order):
    key, address = uuid4(), f"/api/v1/orders/{order.group_id}/cases/{uuid4()}/photos"
    text = picture()
    text.seek(0)
    text.truncate()
    text.write(b"nothing to see")
    text.seek(0)

    assert problem(photograph(buyer, order, key, text)) == (422, "picture_refused", "file")
    assert problem(buyer.client.post(address, {"seller_order_id": str(order.pk)})) == (422, "malformed", "photo")
    broken = buyer.client.post(address, b"--x", content_type="multipart/form-data")
    assert problem(broken) == (400, "not_a_form", "")
    assert not CasePhoto.objects.exists()


def test_a_seventh_photograph_and_one_for_a_case_that_has_ended_are_refused(buyer, order, case):
    for number in range(6):
        assert photograph(buyer, order, case.pk, picture((40 * number, 0, 0))).status_code == 201

    assert problem(photograph(buyer, order, case.pk, picture("blue"))) == (422, "too_many_photos", "photos")
    buyer.post(f"orders/{order.group_id}/cases/{case.pk}/withdraw")
    assert problem(photograph(buyer, order, case.pk, picture("blue"))) == (409, "case_not_now", "")


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"kind": "exchange"}, (422, "malformed", "kind")),
        ({"kind": "gift"}, (422, "malformed", "kind")),
        ({"units": {}}, (422, "malformed", "units")),
        ({"units": {str(uuid4()): 1}}, (422, "malformed", "units")),
        ({"seller_order_id": str(uuid4())}, (404, "not_there", "seller_order_id")),
        ({"story": "\x00"}, (422, "malformed", "story")),
        ({"worth_fen": 1}, (422, "malformed", "worth_fen")),
    ],
)
def test_what_cannot_be_asked_is_refused_with_the_field(buyer, order, change, told):
    assert problem(buyer.post(f"orders/{order.group_id}/cases", {**asked(order), **change})) == told
    assert not AfterSaleCase.objects.exists()


def test_more_units_than_were_bought_are_refused_with_the_number(buyer, order):
    response = buyer.post(f"orders/{order.group_id}/cases", asked(order, units=3))

    assert problem(response) == (409, "already_in_a_case", "units")
    assert response.json()["numbers"] == {"title": "强钦青稞酒", "left": 2}


# --- to and fro


def test_an_offer_is_made_and_taken(buyer, seller, order, case):
    offered = seller.post(f"seller/cases/{case.pk}/offer", {"amount_fen": 1500, "words": "补您一些"})
    taken = buyer.post(f"orders/{order.group_id}/cases/{case.pk}/accept")

    assert (offered.json()["state"], offered.json()["offered_fen"]) == ("offered", 1500)
    assert (taken.json()["state"], taken.json()["agreed_fen"]) == ("refunding", 1500)
    assert [(one["amount_fen"], one["state"]) for one in taken.json()["refunds"]] == [(1500, Refund.objects.get().state)]
    assert [(one["act"], one["party"]) for one in taken.json()["course"]] == [
        ("opened", "buyer"),
        ("offered", "seller"),
        ("accepted", "buyer"),
    ]
    assert problem(seller.post(f"seller/cases/{case.pk}/agree")) == (409, "case_not_now", "")


def test_what_is_refused_goes_before_the_centre_and_may_be_let_be(buyer, seller, order, case):
    address = f"orders/{order.group_id}/cases/{case.pk}"

    without = seller.post(f"seller/cases/{case.pk}/refuse", {"words": ""})
    refused = seller.post(f"seller/cases/{case.pk}/refuse", {"words": "酒已经开封了"})
    escalated = buyer.post(f"{address}/escalate", {"words": "没有开封过"})
    withdrawn = buyer.post(f"{address}/withdraw")

    assert problem(without) == (422, "malformed", "words")
    assert (refused.json()["state"], escalated.json()["state"], escalated.json()["owner"]) == ("refused", "escalated", "centre")
    assert (withdrawn.json()["state"], withdrawn.json()["outcome"]) == ("closed", "withdrawn")


def test_goods_go_back_and_are_found_in_order(buyer, seller, order, case, wine):
    granted = seller.post(f"seller/cases/{case.pk}/agree", {"words": "好的"})
    wrong = buyer.post(f"orders/{order.group_id}/cases/{case.pk}/send-back", {"carrier": "sf", "number": "1"})
    sent_back = buyer.post(f"orders/{order.group_id}/cases/{case.pk}/send-back", {"carrier": "sf", "number": "sf 1234567890"})
    received_ = seller.post(f"seller/cases/{case.pk}/receive")
    passed = seller.post(f"seller/cases/{case.pk}/inspect", {"is_in_order": True})

    code = AfterSaleCase.objects.get().hand_in_code
    assert (granted.json()["state"], granted.json()["hand_in_code"], len(code)) == ("await_return", "", 8)
    assert problem(wrong) == (422, "malformed", "number")
    assert (sent_back.json()["state"], sent_back.json()["return_number"]) == ("return_in_transit", "SF1234567890")
    assert sent_back.json()["hand_in_code"] == code
    assert received_.json()["state"] == "inspect"
    assert (passed.json()["state"], passed.json()["agreed_fen"]) == ("refunding", 3800)
    assert world.level_of(wine).on_hand == 9


def test_goods_that_came_back_broken_are_refused_with_a_word(buyer, seller, order, case):
    seller.post(f"seller/cases/{case.pk}/agree")
    buyer.post(f"orders/{order.group_id}/cases/{case.pk}/send-back", {"carrier": "jd", "number": "JD12345678"})
    seller.post(f"seller/cases/{case.pk}/receive")

    without = seller.post(f"seller/cases/{case.pk}/inspect", {"is_in_order": False})
    failed = seller.post(f"seller/cases/{case.pk}/inspect", {"is_in_order": False, "words": "瓶子碎了"})

    assert problem(without) == (422, "malformed", "words")
    assert (failed.json()["state"], failed.json()["course"][-1]["words"]) == ("refused", "瓶子碎了")


def test_new_goods_are_sent_by_a_carrier_and_arrive(buyer, seller, order, wine):
    wish = asked(order, "exchange", "damaged")
    photograph(buyer, order, wish["key"])
    buyer.post(f"orders/{order.group_id}/cases", wish)
    seller.post(f"seller/cases/{wish['key']}/agree")
    buyer.post(f"orders/{order.group_id}/cases/{wish['key']}/send-back", {"carrier": "sf", "number": "SF12345678"})
    seller.post(f"seller/cases/{wish['key']}/receive")
    seller.post(f"seller/cases/{wish['key']}/inspect", {"is_in_order": True, "is_sellable": False})

    again = seller.post(f"seller/cases/{wish['key']}/send", {"weight_grams": 900, "carrier": "sf", "carrier_number": "SF87654321"})
    arrived = buyer.post(f"orders/{order.group_id}/cases/{wish['key']}/arrived")

    assert (again.json()["state"], [one["carrier_number"] for one in again.json()["parcels"]]) == ("sent_again", ["SF87654321"])
    assert (arrived.json()["state"], arrived.json()["outcome"]) == ("done", "sent")


# --- the seller's list, and whose they are


def test_a_seller_lists_her_cases_page_by_page_by_state_and_what_is_overdue(seller, order, wine):
    now = timezone.now()
    orders = [order, received({wine: 1}, now=now - timedelta(days=5), at=now - timedelta(days=2))]
    late, fresh = (
        actions.open_case(draft=draft(one), by=None, now=now - timedelta(hours=hours)) for one, hours in zip(orders, (50, 1), strict=True)
    )

    first = seller.get("seller/cases", limit=1).json()
    second = seller.get("seller/cases", limit=1, after=first["next"]).json()
    overdue = seller.get("seller/cases", is_overdue="true").json()

    assert ([one["id"] for one in first["cases"]], first["next"]) == ([str(late.pk)], str(late.pk))
    assert ([one["id"] for one in second["cases"]], second["next"]) == ([str(fresh.pk)], None)
    assert [one["id"] for one in overdue["cases"]] == [str(late.pk)]
    assert seller.get("seller/cases", state="refused").json() == {"cases": [], "next": None}
    assert problem(seller.get("seller/cases", after=str(uuid4()))) == (422, "malformed", "after")


def test_a_list_asks_as_often_for_many_cases_as_for_one(seller, wine, django_assert_max_num_queries):
    now = timezone.now()
    for _ in range(3):
        order = received({wine: 1}, now=now - timedelta(days=5), at=now - timedelta(days=1))
        actions.open_case(draft=draft(order), by=None, now=now)

    with django_assert_max_num_queries(5):
        assert len(seller.get("seller/cases").json()["cases"]) == 3


def test_cases_of_others_are_not_there(api, as_buyer, as_organisation, placed, seller, order, case, carpet, buyer):
    stranger, other_seller = as_buyer(placed({carpet: 1})), as_organisation(carpet.seller)
    address = f"orders/{order.group_id}/cases"

    assert problem(stranger.get(address)) == (404, "not_there", "order_id")
    assert problem(stranger.post(f"{address}/{case.pk}/withdraw")) == (404, "not_there", "order_id")
    assert problem(seller.get(address)) == (404, "not_there", "order_id")
    assert problem(photograph(stranger, order, case.pk)) == (404, "not_there", "order_id")
    assert problem(buyer.get(f"{address}/{uuid4()}")) == (404, "not_there", "case_id")
    assert problem(other_seller.get(f"seller/cases/{case.pk}")) == (404, "not_there", "case_id")
    assert problem(other_seller.post(f"seller/cases/{case.pk}/agree")) == (404, "not_there", "case_id")
    assert other_seller.get("seller/cases").json() == {"cases": [], "next": None}
    assert problem(api.get("seller/cases")) == (401, "not_known", "")
    assert problem(api.get(address)) == (401, "not_known", "")
    assert api.get(address, access=buyer.token).status_code == 200
    assert problem(api.client.post(f"/api/v1/{address}/{case.pk}/withdraw?access={buyer.token}")) == (401, "not_known", "")
    assert AfterSaleCase.objects.get().state == "seller_review"
