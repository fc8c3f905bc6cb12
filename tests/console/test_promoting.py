"""Offering promotions and planning prices at the workbench."""

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from teahorse.catalog.models import OfferPrice
from teahorse.common.ids import short
from teahorse.promotions.models import Coupon, Promotion
from tests import world
from tests.console.world import member

pytestmark = pytest.mark.django_db
TODAY = timezone.localtime()


@pytest.fixture
def coop():
    return world.organisation("chamchen")


def of(organisation, phone="+8619900007001"):
    client = Client(HTTP_SEC_FETCH_SITE="same-origin")
    client.force_login(member(organisation, phone), backend="allauth.account.auth_backends.AuthenticationBackend")
    return client


def form(**more):
    return {
        "kind": "automatic", "title_zh": "藏香九五折", "title_bo": "", "title_en": "", "percent": "5", "off": "", "threshold": "",
        "scope": "all", "starts": f"{TODAY:%F}", "ends": f"{TODAY + timedelta(days=9):%F}", "per_person": "", "most_uses": "",
        "budget": "", "code": "", "bearer": "platform", "once": "01a20000-0000-7000-8000-000000000001", **more,
    }  # fmt: skip


def test_a_seller_offers_a_percentage_on_her_own_goods(coop):
    client = of(coop)

    first = client.post("/console/chamchen/promotions/new/", form())
    again = client.post("/console/chamchen/promotions/new/", form())

    made = Promotion.objects.get()
    assert first["Location"] == again["Location"] == f"/console/chamchen/promotions/{short(made.pk)}/"
    assert (made.owner, made.stage, made.percent_bp, made.bearer, made.scope) == (coop, "seller_automatic", 500, "seller", "all")
    assert "藏香九五折" in client.get("/console/chamchen/promotions/").content.decode()
    assert client.get(first["Location"]).status_code == 200


def test_a_county_offers_vouchers_out_of_its_budget(coop):
    world.organisation("centre", kind="county_centre")
    client = of(world.organisation("centre"), "+8619900007002")
    sent = form(kind="voucher", percent="", off="20", threshold="100")

    refused = client.post("/console/centre/promotions/new/", sent)
    client.post("/console/centre/promotions/new/", {**sent, "budget": "2000"})

    made = Promotion.objects.get()
    assert refused.status_code == 422
    assert "藏香九五折" in refused.content.decode()
    assert (made.stage, made.off_fen, made.threshold_fen, made.budget_fen) == ("county_voucher", 2_000, 10_000, 200_000)
    assert (made.bearer, made.bearer_party, made.scope, made.scope_ids) == ("budget", made.owner, "county", [coop.county_id])


@pytest.mark.parametrize(
    "wrong",
    [
        {"percent": "95"},
        {"percent": "5", "off": "5"},
        {"percent": "x"},
        {"title_zh": ""},
        {"ends": "2020-01-01"},
        {"ends": "soon"},
        {"kind": "coupon_code", "code": "ab"},
        {"scope": "products"},
        {"kind": "voucher"},
        {"per_person": "0"},
        {"budget": "much"},
    ],
)
def test_what_is_wrong_is_said_and_nothing_is_offered(coop, wrong):
    answer = of(coop).post("/console/chamchen/promotions/new/", form(**wrong))

    assert answer.status_code == 422
    assert not Promotion.objects.exists()
    assert not Coupon.objects.exists()


def test_it_is_paused_runs_again_and_its_budget_grows(coop):
    client = of(coop)
    address = client.post("/console/chamchen/promotions/new/", form(kind="coupon_code", code="tashi", budget="100"))["Location"]

    states = []
    for act in ({"do": "pause"}, {"do": "pause"}, {"do": "resume"}, {"do": "raise", "budget": "150"}):
        client.post(address, act)
        states.append(Promotion.objects.get().paused_at is not None)
    smaller = client.post(address, {"do": "raise", "budget": "10"})

    assert states == [True, True, False, False]
    assert Promotion.objects.get().budget_fen == 15_000
    assert smaller.status_code == 422
    assert "TASHI" in client.get(address).content.decode()


def test_a_price_is_planned_for_some_days_and_ended(coop):
    offer, client = world.offer(coop, price_fen=3_800), of(coop)
    address = f"/console/chamchen/goods/{short(offer.variant.product_id)}/prices/"
    sent = {"offer": str(offer.pk), "price": "30", "starts": f"{TODAY:%F}", "ends": f"{TODAY + timedelta(days=2):%F}", "reason": "望果节"}

    first, again = client.post(address, sent), client.post(address, sent)

    planned = OfferPrice.objects.get()
    assert (first.status_code, again.status_code) == (302, 422)
    assert (planned.price_fen, planned.reason) == (3_000, "望果节")
    assert "望果节" in client.get(address).content.decode()
    assert client.post(address, {"end": str(planned.pk)}).status_code == 302
    assert OfferPrice.objects.get().ends_at <= timezone.now()


def test_a_station_has_no_promotions(coop):
    world.service_point("station", kind="township_station", level="station")

    assert of(world.organisation("station"), "+8619900007003").get("/console/station/promotions/").status_code == 404
