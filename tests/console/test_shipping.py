"""From the seller's day to the waybill."""

import pytest
from django.urls import reverse

from teahorse.catalog.models import Product
from teahorse.common.ids import short
from teahorse.logistics.models import Parcel
from teahorse.logistics.rules import Marks
from teahorse.orders.actions import notice_sellers
from teahorse.orders.models import SellerNotice, SellerOrder
from teahorse.stock.models import StockLevel
from tests import world
from tests.console.world import member, packed, paid, placed

pytestmark = pytest.mark.django_db


@pytest.fixture
def desk(browser_of, seller):
    return browser_of(seller)


def at(name, **more):
    return reverse(f"console:{name}", kwargs={"org": "coop-dorje", **more})


def sent(client, order, **more):
    return client.post(at("pack"), {"order": order.pk, f"weight.{order.pk}": "1.25", f"carrier.{order.pk}": "network", **more})


def test_the_day_counts_what_is_to_do(desk, buyer, offer, now):
    placed(buyer, offer)
    order = paid(buyer, offer, units=2)
    notice_sellers(order_ids=[order.pk], kind=SellerNotice.Kind.PAID, now=now)

    page = desk.get(at("day"))

    day = page.context["day"]
    assert (day.to_ship, day.packed, day.waiting_for_payment, day.sold_today_fen) == (1, 0, 1, 7600)
    assert order.number in page.content.decode()
    assert "Paid: please pack" in desk.get(at("day_live")).content.decode()


def test_notices_are_taken_as_read_once(desk, buyer, offer, now):
    notice_sellers(order_ids=[paid(buyer, offer).pk], kind=SellerNotice.Kind.PAID, now=now)

    answers = [desk.post(at("day_read")) for _ in range(2)]

    assert [answer.status_code for answer in answers] == [302, 302]
    assert SellerNotice.objects.filter(read_at=None).count() == 0


def test_orders_to_ship_stand_with_their_goods_and_a_masked_name(desk, buyer, offer):
    paid(buyer, offer, units=3, contact_name="扎西卓玛")

    page = desk.get(at("ship")).content.decode()

    assert "青稞酒" in page
    assert "3 ×" in page
    assert "扎**玛" in page
    assert "扎西卓玛" not in page


def test_the_pick_list_sums_the_chosen_orders_by_form(desk, buyer, offer, coop):
    other = world.offer(coop, title="糌粑")
    one, two = paid(buyer, offer, units=2), paid(buyer, offer, units=3)
    paid(buyer, other)

    chosen = desk.get(at("pick"), {"order": [one.pk, two.pk]}).context["picks"]
    everything = desk.get(at("pick")).context["picks"]

    assert [(pick.line.offer_id, pick.quantity, len(pick.orders)) for pick in chosen] == [(offer.pk, 5, 2)]
    assert sorted(pick.quantity for pick in everything) == [1, 5]


def test_packing_asks_with_the_weight_filled_in_and_says_that_it_cannot_be_undone(desk, buyer, offer):
    order = paid(buyer, offer, units=2)

    page = desk.get(at("pack"), {"order": order.pk})

    assert page.context["table"][0].weight == "1.00"
    assert "Packing cannot be undone" in page.content.decode()


def test_packing_makes_the_parcel_and_takes_the_units(desk, buyer, offer):
    order = paid(buyer, offer, units=2)

    answer = sent(desk, order)

    parcel = Parcel.objects.get(reference=order.pk)
    assert answer.status_code == 302
    assert answer.url == f"{at('packed')}?new={parcel.pk}"
    assert (parcel.weight_grams, parcel.carrier) == (1250, "network")
    assert StockLevel.objects.get(offer=offer).on_hand == 8


def test_the_table_asks_how_it_is_handled_and_keeps_what_is_ticked(desk, buyer, offer, operator, point):
    order = paid(buyer, offer, pickup_point=point)
    Product.objects.update(attributes={"storage": "frozen"})

    asked = desk.get(at("pack"), {"order": order.pk})
    sent(desk, order, **{f"is_fragile.{order.pk}": "1"})

    parcel = Parcel.objects.get()
    assert asked.context["table"][0].marks == Marks(is_cold=True)
    assert (parcel.is_cold, parcel.is_fragile, parcel.size) == (False, True, "small")


def test_a_double_click_packs_once(desk, buyer, offer):
    order = paid(buyer, offer)

    first, second = sent(desk, order), sent(desk, order)

    assert (first.status_code, second.status_code) == (302, 302)
    assert first.url == second.url
    assert Parcel.objects.count() == 1


def test_several_are_packed_at_once(desk, buyer, offer):
    orders = [paid(buyer, offer) for _ in range(3)]

    desk.post(at("pack"), {"order": [o.pk for o in orders], **{f"weight.{o.pk}": "0.5" for o in orders}})

    assert Parcel.objects.filter(weight_grams=500).count() == 3


@pytest.mark.parametrize(
    ("typed", "field", "said"),
    [
        ({"weight": "heavy"}, "weight", "The weight of the parcel in kilograms"),
        ({"weight": "0"}, "weight", "The weight of the parcel in kilograms"),
        ({"weight": "NaN"}, "weight", "The weight of the parcel in kilograms"),
        ({"weight": "1e999999"}, "weight", "The weight of the parcel in kilograms"),
        ({"weight": "500"}, "weight", "The weight of the parcel in kilograms"),
        ({"carrier": "sf"}, "number", "Copy the number from the carrier"),
        ({"carrier": "sf", "carrier_number": "x y"}, "number", "Copy the number from the carrier"),
        ({"carrier": "pigeon"}, "number", "Choose who takes it on"),
    ],
)
def test_what_is_wrong_is_told_at_the_field_and_nothing_is_packed(desk, buyer, offer, typed, field, said):
    fine, wrong = paid(buyer, offer), paid(buyer, offer)

    answer = desk.post(
        at("pack"),
        {
            "order": [fine.pk, wrong.pk],
            f"weight.{fine.pk}": "1",
            f"weight.{wrong.pk}": "2.5",
            **{f"{k}.{wrong.pk}": v for k, v in typed.items()},
        },
    )

    rows = {packing.order.pk: packing for packing in answer.context["table"]}
    assert answer.status_code == 422
    assert said in getattr(rows[wrong.pk], f"{field}_fault")
    assert rows[wrong.pk].weight == typed.get("weight", "2.5")
    assert rows[fine.pk].weight_fault == ""
    assert Parcel.objects.count() == 0


def test_an_express_number_is_kept_as_it_stands_on_the_label(desk, buyer, offer):
    order = paid(buyer, offer)

    sent(desk, order, **{f"carrier.{order.pk}": "sf", f"carrier_number.{order.pk}": "sf 1234-567890"})

    assert Parcel.objects.get().carrier_number == "SF1234567890"


def test_a_foreign_order_is_not_packed_with_ones_own(desk, buyer, offer):
    own = paid(buyer, offer)
    foreign = paid(buyer, world.offer(world.organisation("coop-other")))

    answer = desk.post(at("pack"), {"order": [own.pk, foreign.pk], f"weight.{own.pk}": "1", f"weight.{foreign.pk}": "1"})

    assert answer.status_code == 404
    assert Parcel.objects.count() == 0


def test_the_waybills_come_as_one_pdf(desk, buyer, offer, seller):
    parcels = [packed(buyer, offer, seller)[1] for _ in range(2)]

    answer = desk.get(at("waybills"), {"parcel": [p.pk for p in parcels]})

    assert answer.headers["Content-Type"] == "application/pdf"
    assert answer.content.startswith(b"%PDF-")


def test_the_waybill_of_a_foreign_parcel_is_not_there(desk, buyer):
    other = world.organisation("coop-other")
    _order, parcel = packed(buyer, world.offer(other), member(other, "+8619900071055"))

    assert desk.get(at("waybills"), {"parcel": parcel.pk}).status_code == 404


def test_an_order_page_shows_its_parcel_and_no_whole_name(desk, buyer, offer, seller):
    order, parcel = packed(buyer, offer, seller, contact_name="扎西卓玛")

    page = desk.get(at("order", order_id=order.pk)).content.decode()

    assert short(order.pk) in at("order", order_id=order.pk)
    assert parcel.number[:4] in page
    assert "扎西卓玛" not in page
    assert SellerOrder.objects.get().state == "preparing"


def test_an_empty_list_says_what_comes(desk, offer):
    assert "New orders appear here as soon as they are paid" in desk.get(at("ship")).content.decode()
    assert desk.get(at("pack")).status_code == 302
    assert desk.get(at("waybills")).status_code == 302
