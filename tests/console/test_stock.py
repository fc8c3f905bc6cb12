"""What came, was counted, spoiled."""

from uuid import uuid4

import pytest
from django.urls import reverse

from teahorse.stock.models import StockLevel, StockMovement, StockPlace
from tests import world
from tests.console.world import paid

pytestmark = pytest.mark.django_db


@pytest.fixture
def shelf(browser_of, seller, offer):
    address = reverse("console:stock", kwargs={"org": "coop-dorje", "product_id": offer.variant.product_id})
    client = browser_of(seller)

    def write(**typed):
        return client.post(address, {"offer": offer.pk, "once": uuid4(), **typed})

    write.page = lambda: client.get(address)
    return write


def on_hand(offer):
    return world.level_of(offer).on_hand


@pytest.mark.parametrize(
    ("act", "quantity", "left"), [("received", "5", 15), ("counted", "7", 7), ("counted", "0", 0), ("spoiled", "3", 7)]
)
def test_units_are_written_down_with_their_reason(shelf, offer, act, quantity, left):
    answer = shelf(act=act, quantity=quantity, note="后院")

    assert answer.status_code == 302
    assert on_hand(offer) == left
    assert StockMovement.objects.filter(reason=act, note="后院").count() == 1
    assert "后院" in shelf.page().content.decode()


def test_a_double_click_moves_once(shelf, offer):
    once = uuid4()

    answers = [shelf(act="received", quantity="5", once=once) for _ in range(2)]

    assert [answer.status_code for answer in answers] == [302, 302]
    assert on_hand(offer) == 15


def test_promised_units_are_not_counted_away(shelf, offer, buyer):
    paid(buyer, offer, units=4)

    answer = shelf(act="counted", quantity="3", note="少了")

    assert answer.status_code == 422
    assert "4 units are promised to buyers" in answer.content.decode()
    assert 'value="少了"' in answer.content.decode()
    assert on_hand(offer) == 10


@pytest.mark.parametrize("quantity", ["", "-1", "1.5", "many", "0", "99999999999"])
def test_what_is_no_number_of_units_is_told_at_the_field(shelf, offer, quantity):
    answer = shelf(act="received", quantity=quantity)

    assert answer.status_code == 422
    assert "Write how many units" in answer.content.decode()
    assert on_hand(offer) == 10


def test_the_first_units_open_the_sellers_warehouse(shelf, offer):
    StockLevel.objects.all().delete()
    StockPlace.objects.all().delete()

    shelf(act="received", quantity="6")

    assert on_hand(offer) == 6
    assert StockPlace.objects.get().kind == "warehouse"


def test_a_foreign_offer_is_not_there(shelf):
    foreign = world.offer(world.organisation("coop-other"))

    assert shelf(act="received", quantity="5", offer=foreign.pk).status_code == 404
    assert on_hand(foreign) == 10
