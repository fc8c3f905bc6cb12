"""Codes and discounts over the interface."""

from uuid import uuid4

import pytest
from django.utils import timezone

from teahorse.orders.models import OrderGroup
from tests import world
from tests.promotions.offers import platform, promotion

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def region():
    world.freight()
    world.area(world.SHANGHAI)


def asked(wine, *codes):
    return {"lines": [{"offer_id": str(wine.pk), "quantity": 2}], "destination": {"area_code": world.SHANGHAI}, "codes": list(codes)}


def test_a_code_is_taken_off_quoted_placed_and_told_with_who_bears_it(api, wine):
    house = promotion(platform(), title="减十元", kind="coupon_code", code="TASHI", off_fen=1_000, now=timezone.now())
    off = {"promotion_id": str(house.pk), "title": "减十元", "bearer": "platform", "bearer_id": None, "amount_fen": 1_000}

    quote = api.post("quotes", asked(wine, "tashi")).json()
    draft = {"key": str(uuid4()), "quote": quote["sealed"], "contact": {"name": "卓玛", "phone": "13800138000"}, "address_line": "1"}
    placed = api.post("orders", draft).json()

    group = OrderGroup.objects.get()
    line = quote["orders"][0]["lines"][0]
    assert (quote["goods_fen"], quote["discount_fen"], quote["freight_fen"], quote["total_fen"]) == (7_600, 1_000, 1_200, 7_800)
    assert quote["discounts"] == line["discounts"] == [off]
    assert (placed["discount_fen"], placed["total_fen"]) == (group.discount_fen, group.total_fen) == (1_000, 7_800)


def test_a_code_that_is_none_is_refused_by_its_place(api, wine):
    response = api.post("quotes", asked(wine, "NONE"))

    told = response.json()
    assert (response.status_code, told["code"], told["field"]) == (422, "code_unknown", "codes.0")
