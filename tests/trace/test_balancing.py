"""Whether what became of a lot, and what it was made of, adds up; and who stood one step before and after."""

from decimal import Decimal

import pytest

from teahorse.trace.models import PackedLot
from teahorse.trace.queries.balancing import balance_of, card_of
from tests import world
from tests.console.world import packed
from tests.trace.goods import item_of, lot_of, tell, tell_made

pytestmark = pytest.mark.django_db
NOW = world.NOW


@pytest.fixture
def coop(db):
    return world.organisation("chamchen")


@pytest.fixture
def seed(coop):
    lot = lot_of(item_of(coop, "seed", unit="KGM", stage="raw"), "S1", amount=100)
    tell(object_event(lot, 100, "ADD", "commissioning"), by=coop, now=NOW)
    return lot


def object_event(lot, quantity, action, step, unit="KGM"):
    return {
        "type": "ObjectEvent",
        "eventTime": NOW.isoformat(timespec="milliseconds"),
        "eventTimeZoneOffset": "+08:00",
        "action": action,
        "bizStep": step,
        "quantityList": [{"epcClass": lot.uri, "quantity": quantity} | ({"uom": unit} if unit else {})],
    }


def oil_of(coop, seed, *, oil, cake, unit="KGM"):
    made = lot_of(item_of(coop, "oil", unit=unit), "O1", amount=oil)
    rest = lot_of(item_of(coop, "cake", unit="KGM", stage="by_product"), "K1", amount=cake)
    tell_made(made, oil, {seed: 90}, by=coop, now=NOW, beside={rest: cake})
    return made


def test_what_was_pressed_adds_up_with_its_cake_and_loss(coop, seed):
    oil = oil_of(coop, seed, oil=30, cake=55)

    making = balance_of(oil).making
    assert (making.measure, making.put_in, making.made, making.by_products, making.lost) == ("kg", 90, 30, 55, 5)
    assert (making.verdict, making.yield_percent) == ("right", Decimal("33.3"))
    account = balance_of(seed).account
    assert (account.came, account.used, account.left, account.verdict) == (100, 90, 10, "right")
    assert balance_of(seed).making is None


@pytest.mark.parametrize(("oil", "verdict"), [(39.5, "right"), (39.6, "too_much")])
def test_no_more_comes_out_than_went_in_within_the_tolerance(coop, seed, oil, verdict):
    assert balance_of(oil_of(coop, seed, oil=oil, cake=55)).making.verdict == verdict  # 5 % of 90 kg above it


def test_other_units_of_weight_are_brought_together_and_litres_are_no_kilograms(coop, seed):
    assert balance_of(oil_of(coop, seed, oil=30000, cake=55, unit="GRM")).making.made == 30


def test_kilograms_and_litres_are_not_compared(coop, seed):
    assert balance_of(oil_of(coop, seed, oil=30, cake=55, unit="LTR")).making.verdict == "not_comparable"


def test_more_than_there_was_is_told(coop, seed):
    oil_of(coop, seed, oil=30, cake=55)
    tell(object_event(seed, 16, "DELETE", "destroying"), by=coop, now=NOW)

    account = balance_of(seed).account
    assert (account.lost, account.left, account.verdict) == (16, -6, "too_much")


def test_a_lot_of_which_nobody_told_has_no_verdict(coop):
    assert balance_of(lot_of(item_of(coop, "seed", unit="KGM"), "S9", amount=1)).account.verdict == "nothing_told"


def test_pieces_count_by_what_one_weighs_and_sold_ones_are_gone(coop, seed):
    offer = world.offer(coop, weight_grams=900)
    bottles = lot_of(item_of(coop, "bottle", variant=offer.variant, content=Decimal(500), content_unit="GRM"), "F1", amount=60)
    tell_made(bottles, 60, {seed: 40}, by=coop, now=NOW)
    order, parcel = packed(world.person(), offer, world.person("+8619900001002"))
    PackedLot.objects.create(
        county_id=coop.county_id, lot=bottles, order_id=order.pk, line_id=order.lines.get().pk, parcel_id=parcel.pk,
        quantity=1, packed_at=NOW,
    )  # fmt: skip

    balance = balance_of(bottles)
    assert (balance.making.measure, balance.making.made, balance.making.verdict) == ("kg", 30, "right")
    assert (balance.account.measure, balance.account.sold, balance.account.left) == ("pieces", 1, 59)
    card = card_of(bottles)
    assert [(one.number, one.what) for one in card.before] == [("S1", "seed")]
    assert [(one.number, one.amount) for one in card.after] == [(order.number, 1)]
    assert "演示买家" not in card.after[0].name
    assert [one.number for one in card_of(seed).after] == ["F1"]
