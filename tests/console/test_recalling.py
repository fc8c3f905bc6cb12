"""Tracing a lot and taking lots back at the workbench."""

import re
from decimal import Decimal

import pytest
from django.urls import reverse
from django.utils import timezone

from teahorse.logistics import actions as logistics
from teahorse.logistics.models import Parcel
from teahorse.orders.models import SellerOrder
from teahorse.trace.models import LotStock, PackedLot, Recall
from tests import world
from tests.console.world import arrived, packed
from tests.trace.goods import item_of, lot_of, tell_made

pytestmark = pytest.mark.django_db


@pytest.fixture
def now():
    """Pages read the clock themselves."""
    return timezone.now()


@pytest.fixture
def barley(coop):
    return lot_of(item_of(coop, "barley", unit="KGM"), "B1", amount=120)


@pytest.fixture
def wine(coop, offer, barley, buyer, seller, point, now):
    """Bottles of barley on the shelf, one of them on its way."""
    lot = lot_of(item_of(coop, "wine", variant=offer.variant), "W1", amount=24)
    tell_made(lot, 24, {barley: 40}, by=coop, now=now)
    LotStock.objects.create(lot=lot, offer=offer, on_hand=6)
    order, parcel = packed(buyer, offer, seller, pickup_point=point)
    PackedLot.objects.create(
        county_id=coop.county_id, lot=lot, order_id=order.pk, line_id=order.lines.get().pk, parcel_id=parcel.pk, quantity=1, packed_at=now
    )
    return lot


@pytest.fixture
def desk(browser_of, seller):
    return browser_of(seller)


def at(name, *, org="coop-dorje", **more):
    return reverse(f"console:{name}", kwargs={"org": org, **more})


def drafted(desk, *lots, org="coop-dorje", **more):
    form = desk.get(at("recall_new", org=org)).content.decode()
    ticket = re.search(r'name="ticket" value="([^"]+)"', form)[1]
    return desk.post(at("recall_new", org=org), {"lot": [lot.pk for lot in lots], "reason": "化验发现霉菌", "ticket": ticket, **more})


def test_both_ways_of_a_lot_are_drawn_with_its_balance_and_neighbours(desk, barley, wine):
    page = desk.get(at("lot_trace", lot_id=barley.pk)).content.decode()

    assert "wine · W1" in page
    assert at("lot_trace", lot_id=wine.pk) in page
    assert "It adds up" in desk.get(at("lot_trace", lot_id=wine.pk)).content.decode()
    listed = desk.get(at("lot_list", lot_id=barley.pk))
    assert listed["Content-Type"] == "text/csv; charset=utf-8"
    assert wine.uri in listed.content.decode()


def test_the_preview_of_a_recall_says_of_a_lot_what_the_lots_page_says(desk, barley, wine, buyer, point):
    wine.item.content, wine.item.content_unit = Decimal("1.5"), "KGM"
    wine.item.save(update_fields=["content", "content_unit"])
    preview = desk.get(drafted(desk, wine).url).content.decode()

    for page in (preview, desk.get(at("lot_trace", lot_id=wine.pk)).content.decode()):
        assert "In 40 kg, out 36 kg in 24 pieces of 1.5 kg. Loss 10 %." in page


def test_a_recall_is_drafted_looked_at_started_and_ended(desk, barley, wine, buyer, point, operator, browser_of):
    answer = drafted(desk, barley)
    recall = Recall.objects.get()
    assert answer.url == at("recall", recall_id=recall.pk)
    page = desk.get(answer.url).content.decode()
    assert "wine · W1" in page
    assert "still holds 6" in page
    assert buyer.name not in page

    desk.post(answer.url, {"do": "start"})
    again = desk.post(answer.url, {"do": "start"})

    assert again.status_code == 409
    assert "moved on meanwhile" in again.content.decode()
    assert LotStock.objects.get(lot=wine).on_hand == 0
    row = recall.parcels.get()
    order = browser_of(buyer).get(reverse("mall:order", args=[SellerOrder.objects.get(pk=row.order_id).group_id])).content.decode()
    assert "This is being recalled" in order
    assert "化验发现霉菌" in order
    desk.post(answer.url, {"do": "account", "row": row.pk, "state": "back"})
    desk.post(answer.url, {"do": "end"})
    recall.refresh_from_db()
    assert (recall.state, recall.parcels.get().state) == ("ended", "given_back")
    assert desk.get(at("recall_record", recall_id=recall.pk)).content.startswith(b"%PDF")
    assert "W1" in desk.get(at("recall_list", recall_id=recall.pk)).content.decode()
    assert recall.number in desk.get(at("recalls")).content.decode()


def test_the_clock_runs_from_the_question_not_from_the_open_form(desk, barley):
    form = desk.get(at("recall_new")).content.decode()
    ticket = re.search(r'name="ticket" value="([^"]+)"', form)[1]
    put_at = timezone.now()

    for _ in range(2):
        desk.post(at("recall_new"), {"lot": [barley.pk], "reason": "每季演练一次", "is_drill": "yes", "ticket": ticket})

    recall = Recall.objects.get()
    assert put_at < recall.asked_at < recall.found_at < timezone.now()


def test_the_counter_reads_why_a_parcel_is_stopped(wine, point, operator, browser_of):
    parcel_id = PackedLot.objects.get().parcel_id
    logistics.stop_parcels(parcel_ids=[parcel_id], why="这批酒召回")
    arrived(Parcel.objects.get(pk=parcel_id), point, operator)

    counter = browser_of(operator)
    page = counter.get(reverse("console:parcel", kwargs={"org": point.organisation.key, "parcel_id": parcel_id})).content.decode()
    assert "这批酒召回" in page


def test_what_is_wrong_with_the_form_is_said_at_the_field(desk, barley):
    answer = drafted(desk, reason="发霉了吗")
    assert answer.status_code == 422
    assert "Choose a lot." in answer.content.decode()
    assert "in 4 to 300" in drafted(desk, barley, reason="无").content.decode()
    assert desk.post(at("recall_new"), {"lot": barley.pk, "reason": "化验发现霉菌", "ticket": "forged"}).status_code == 404
    assert not Recall.objects.exists()


def test_a_lot_is_left_out_on_the_page_and_taken_in_again(desk, barley, wine):
    drafted(desk, barley)
    recall = Recall.objects.get()
    address = at("recall", recall_id=recall.pk)

    desk.post(address, {"do": "leave_out", "lot": wine.pk, "why": "检测合格"})
    assert "检测合格" in desk.get(address).content.decode()
    desk.post(address, {"do": "leave_out", "lot": wine.pk, "why": ""})

    assert recall.lots.get(lot=wine).left_out_why == ""
    assert desk.post(address, {"do": "leave_out", "lot": "none"}).status_code == 404
    assert desk.post(address, {"do": "what"}).status_code == 404


def test_a_centre_recalls_for_a_maker_who_sees_it_and_changes_nothing(desk, barley, wine, reviewer, centre, browser_of):
    official = browser_of(reviewer)
    drafted(official, barley, org=centre.key)
    recall = Recall.objects.get()
    hers = at("recall", recall_id=recall.pk)
    assert desk.get(hers).status_code == 404  # a draft is its owner's

    official.post(at("recall", org=centre.key, recall_id=recall.pk), {"do": "start"})

    assert "wine · W1" in desk.get(hers).content.decode()
    assert desk.post(hers, {"do": "end"}).status_code == 404
    assert desk.get(at("recall_list", recall_id=recall.pk)).status_code == 404


def test_strangers_find_neither_lot_nor_recall(desk, barley):
    other = lot_of(item_of(world.organisation("stranger", code=world.GYANGZE), "oil", unit="KGM"), "O1", amount=1)

    assert desk.get(at("lot_trace", lot_id=other.pk)).status_code == 404
    assert drafted(desk, other).status_code == 422
