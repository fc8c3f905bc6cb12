"""Units of lots: onto the shelf, into parcels, and never twice."""

from datetime import date

import pytest
from django.db import transaction

from teahorse.common.ids import new_id
from teahorse.common.refusals import Malformed
from teahorse.orders import actions as orders
from teahorse.stock.actions import LevelTooLow
from teahorse.stock.models import StockMovement
from teahorse.trace import actions
from teahorse.trace.actions import Chosen
from teahorse.trace.gs1.short_codes import make_code
from teahorse.trace.models import EventThing, LabelCode, LotMovement, LotStock, PackedLot, Recall, RecalledLot, TraceEvent
from tests import world
from tests.at_once import at_once
from tests.console.world import paid
from tests.trace.goods import lot_of
from tests.trace.shelf import piece, shelved, trade_item

pytestmark = pytest.mark.django_db
EARLY, LATE = date(2026, 12, 1), date(2027, 6, 1)


@pytest.fixture
def wine():
    """A cooperative's wine without units but those of its lots."""
    return world.offer(world.organisation("chamchen"), on_hand=0)


def on_hand(*lots):
    return [LotStock.objects.get(lot=lot).on_hand for lot in lots]


def pack(order):
    return orders.pack_order(order=order, weight_grams=900, by=None, now=world.NOW)


def lines_of(order):
    return list(order.lines.order_by("position"))


# --- Onto the shelf


def test_bottled_units_are_sold_by_the_mall(wine):
    lot = shelved(wine, "B1", 24)

    assert (world.level_of(wine).on_hand, *on_hand(lot)) == (24, 24)
    assert "B1" in StockMovement.objects.get(level_id=world.level_of(wine).pk).note


def test_the_same_bottling_is_counted_once(wine):
    lot, event = lot_of(trade_item(wine, wine.seller), "B1"), new_id()

    for _ in range(2):
        actions.shelve(lot=lot, units=24, by=None, now=world.NOW, reference=event)

    assert (world.level_of(wine).on_hand, *on_hand(lot)) == (24, 24)


def test_what_is_not_sold_comes_on_no_shelf(wine):
    lot = lot_of(trade_item(None, wine.seller, key="barley", unit="KGM"), "G1")

    with pytest.raises(actions.NotSold):
        actions.shelve(lot=lot, units=5, by=None, now=world.NOW)

    assert not LotStock.objects.exists()


def test_no_unit_is_no_bottling(wine):
    with pytest.raises(Malformed):
        actions.shelve(lot=lot_of(trade_item(wine, wine.seller), "B1"), units=0, by=None, now=world.NOW)


def test_what_is_promised_to_buyers_is_not_written_off(wine):
    lot = shelved(wine, "B1", 3)
    paid(world.person(), wine, units=2)

    with pytest.raises(LevelTooLow):
        actions.write_off(lot=lot, units=2, by=None, now=world.NOW)

    assert (world.level_of(wine).on_hand, *on_hand(lot)) == (3, 3)


def test_more_than_there_is_is_not_written_off(wine):
    lot = shelved(wine, "B1", 3)

    with pytest.raises(actions.NoUnits, match="3"):
        actions.write_off(lot=lot, units=4, by=None, now=world.NOW)


# --- Into parcels


def test_what_expires_first_is_packed_first(wine):
    late, early = shelved(wine, "B1", 5, best_before=LATE), shelved(wine, "B2", 2, best_before=EARLY)
    order = paid(world.person(), wine, units=3)

    rows = actions.take_lots(order=order, parcel=pack(order), now=world.NOW)

    assert {row.lot_id: row.quantity for row in rows} == {early.pk: 2, late.pk: 1}
    assert on_hand(early, late) == [0, 4]


def test_whoever_packs_may_take_another_lot(wine):
    late, early = shelved(wine, "B1", 5, best_before=LATE), shelved(wine, "B2", 2, best_before=EARLY)
    order = paid(world.person(), wine, units=2)
    (line,) = lines_of(order)

    actions.take_lots(order=order, parcel=pack(order), chosen={line.pk: Chosen(lots={late.pk: 2})}, now=world.NOW)

    assert on_hand(early, late) == [2, 3]


def test_what_is_past_its_date_is_only_packed_when_somebody_says_so(wine):
    old = shelved(wine, "B1", 5, best_before=date(2026, 8, 1))
    silent, told = paid(world.person(), wine), paid(world.person(), wine)

    unsaid = actions.take_lots(order=silent, parcel=pack(silent), now=world.NOW)
    said = actions.take_lots(order=told, parcel=pack(told), chosen={lines_of(told)[0].pk: Chosen(lots={old.pk: 1})}, now=world.NOW)

    assert (unsaid, [row.lot_id for row in said]) == ([], [old.pk])


def test_units_without_a_lot_go_without_one(wine):
    lot = shelved(wine, "B1", 1)
    level = world.level_of(wine)
    level.on_hand = 4
    level.save()
    order = paid(world.person(), wine, units=3)

    rows = actions.take_lots(order=order, parcel=pack(order), now=world.NOW)

    assert [(row.lot_id, row.quantity) for row in rows] == [(lot.pk, 1)]


def test_a_parcel_takes_its_lots_once(wine):
    lot = shelved(wine, "B1", 5)
    order = paid(world.person(), wine, units=2)
    parcel = pack(order)

    for _ in range(2):
        actions.take_lots(order=order, parcel=parcel, now=world.NOW)

    assert on_hand(lot) == [3]
    assert LotMovement.objects.filter(lot=lot, reason="packed").count() == 1


@pytest.mark.parametrize("quantity", [3, -1])
def test_no_more_is_chosen_than_was_ordered(wine, quantity):
    lot = shelved(wine, "B1", 5)
    order = paid(world.person(), wine, units=2)
    parcel = pack(order)

    with pytest.raises(Malformed) as refused:
        actions.take_lots(order=order, parcel=parcel, chosen={lines_of(order)[0].pk: Chosen(lots={lot.pk: quantity})}, now=world.NOW)

    assert (refused.value.field, on_hand(lot)) == ("lots", [5])


def test_a_lot_with_too_few_units_is_refused_whole(wine):
    few, many = shelved(wine, "B1", 1), shelved(wine, "B2", 9)
    order = paid(world.person(), wine, units=3)
    parcel = pack(order)

    with pytest.raises(actions.LotGone, match="B1"):
        actions.take_lots(order=order, parcel=parcel, chosen={lines_of(order)[0].pk: Chosen(lots={many.pk: 1, few.pk: 2})}, now=world.NOW)

    assert on_hand(few, many) == [1, 9]
    assert not PackedLot.objects.exists()


def test_a_neighbours_lot_is_not_packed(wine):
    other = world.offer(world.organisation("neighbour"), on_hand=0)
    theirs = shelved(other, "N1", 9)
    order_wine = shelved(wine, "B1", 1)
    order = paid(world.person(), wine)
    parcel = pack(order)

    with pytest.raises(actions.LotGone, match="N1"):
        actions.take_lots(order=order, parcel=parcel, chosen={lines_of(order)[0].pk: Chosen(lots={theirs.pk: 1})}, now=world.NOW)

    assert on_hand(theirs, order_wine) == [9, 1]


def test_a_recalled_lot_is_not_packed(wine):
    good, bad = shelved(wine, "B1", 1, best_before=LATE), shelved(wine, "B2", 1, best_before=EARLY)
    recall = Recall.objects.create(
        county_id=wine.county_id, number="R1", owner=wine.seller, reason="异物", asked_at=world.NOW, drafted_by_id=new_id(), state="living"
    )
    RecalledLot.objects.create(recall=recall, lot=bad, is_named=True)
    order = paid(world.person(), wine)
    parcel = pack(order)

    with pytest.raises(actions.LotGone):
        actions.take_lots(order=order, parcel=parcel, chosen={lines_of(order)[0].pk: Chosen(lots={bad.pk: 1})}, now=world.NOW)
    (row,) = actions.take_lots(order=order, parcel=parcel, now=world.NOW)

    assert row.lot_id == good.pk


# --- Single pieces


def test_scanned_pieces_are_known_by_their_parcel(wine):
    lot = shelved(wine, "B1", 5)
    first, second = piece(lot, "0001"), piece(lot, "0002")
    order = paid(world.person(), wine, units=2)
    parcel = pack(order)
    scanned = [first.code.lower(), f"https://mall.example/t/{second.code}"]

    (row,) = actions.take_lots(order=order, parcel=parcel, chosen={lines_of(order)[0].pk: Chosen(codes=scanned)}, now=world.NOW)

    assert (row.lot_id, row.quantity) == (lot.pk, 2)
    assert set(LabelCode.objects.filter(parcel_id=parcel.pk)) == {first, second}


@pytest.mark.parametrize("spoiled", ["voided", "in another parcel", "of other goods", "nobody's", "no code"])
def test_a_wrong_label_is_not_packed(wine, spoiled):
    lot = shelved(wine, "B1", 5)
    code = piece(lot, "0001")
    if spoiled == "voided":
        LabelCode.objects.filter(pk=code.pk).update(voided_at=world.NOW)
    elif spoiled == "in another parcel":
        LabelCode.objects.filter(pk=code.pk).update(parcel_id=new_id())
    elif spoiled == "of other goods":
        code = piece(lot_of(trade_item(None, wine.seller, key="carpet"), "C1"), "0001")
    typed = {"nobody's": make_code(), "no code": "hello"}.get(spoiled, code.code)
    order = paid(world.person(), wine)
    parcel = pack(order)

    with pytest.raises(actions.WrongCode):
        actions.take_lots(order=order, parcel=parcel, chosen={lines_of(order)[0].pk: Chosen(codes=[typed])}, now=world.NOW)

    assert on_hand(lot) == [5]


# --- What the story says of it


def test_a_packed_order_takes_its_lots_and_is_told_once(wine):
    lot = shelved(wine, "B1", 5)
    order = paid(world.person(), wine, units=2)
    pack(order)

    for _ in range(2):
        actions.take_lots_of_packed(order_ids=[order.pk], now=world.NOW)

    (edge,) = EventThing.objects.filter(thing_id=lot.thing_id).select_related("event")
    assert (edge.quantity, edge.event.step, edge.event.organisation_id) == (2, "shipping", wine.seller_id)
    assert order.number in str(edge.event.body)
    assert "19900001001" not in str(edge.event.body)
    assert TraceEvent.objects.count() == 1


def test_an_order_without_lots_tells_nothing(wine):
    level = world.level_of(wine)
    level.on_hand = 4
    level.save()
    order = paid(world.person(), wine)
    pack(order)

    assert actions.take_lots_of_packed(order_ids=[order.pk], now=world.NOW) == 0
    assert not TraceEvent.objects.exists()


def test_an_order_that_is_not_packed_takes_nothing(wine):
    lot = shelved(wine, "B1", 5)
    order = paid(world.person(), wine)

    assert actions.take_lots_of_packed(order_ids=[order.pk], now=world.NOW) == 0
    assert on_hand(lot) == [5]


@pytest.mark.django_db(transaction=True)
def test_of_two_who_take_the_last_unit_at_once_one_goes_without_the_lot(wine):
    lot = shelved(wine, "B1", 1)
    level = world.level_of(wine)
    level.on_hand = 2
    level.save()
    one, other = paid(world.person(), wine), paid(world.person(), wine)
    parcels = {order.pk: pack(order) for order in (one, other)}

    found = at_once(
        *[lambda order=order: actions.take_lots(order=order, parcel=parcels[order.pk], now=world.NOW) for order in (one, other)]
    )

    assert sorted(len(rows) for rows in found) == [0, 1]
    assert on_hand(lot) == [0]


@pytest.mark.django_db(transaction=True)
def test_who_packs_and_who_writes_off_wait_for_each_other_in_one_order(wine):
    lot = shelved(wine, "B1", 40)
    orders_to_pack = [paid(world.person(), wine) for _ in range(4)]

    def pack_with_lots(order):
        with transaction.atomic():
            actions.take_lots(order=order, parcel=pack(order), now=world.NOW)

    for order in orders_to_pack:
        at_once(
            lambda order=order: pack_with_lots(order),
            lambda: actions.write_off(lot=lot, units=1, by=None, now=world.NOW),
            lambda: actions.shelve(lot=lot, units=2, by=None, now=world.NOW),
        )

    assert (world.level_of(wine).on_hand, *on_hand(lot)) == (40, 40)
