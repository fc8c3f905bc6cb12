"""What buyers send back in order lies on the shelves of its lots again, once; what is recalled stays held."""

from datetime import date

import pytest
from django.db import transaction

from teahorse.aftersales import actions as aftersales
from teahorse.aftersales.actions import Actor
from teahorse.aftersales.events import GoodsTakenBack
from teahorse.common.ids import new_id
from teahorse.logistics import actions as logistics
from teahorse.logistics.models import Scan
from teahorse.orders import actions as orders
from teahorse.orders.events import GoodsCameBack
from teahorse.orders.models import SellerOrder
from teahorse.trace import actions
from teahorse.trace.actions import Chosen
from teahorse.trace.models import LotMovement, LotStock, Recall, RecalledLot
from tests import world
from tests.aftersales.making import LATER, opened, parcels_of, received, returned, sent
from tests.at_once import at_once
from tests.trace.shelf import piece, shelved

pytestmark = pytest.mark.django_db
EARLY, LATE = date(2027, 12, 1), date(2028, 6, 1)


@pytest.fixture
def wine():
    """A cooperative's wine without units but those of its lots."""
    return world.offer(world.organisation("chamchen"), on_hand=0)


@pytest.fixture
def clerk():
    return world.person("+8619900001010", name="掌柜")


@pytest.fixture
def station():
    return world.service_point("lhayu")


def on_hand(*lots):
    return [LotStock.objects.get(lot=lot).on_hand for lot in lots]


def moved(lot):
    """What came back to a lot's shelf, or was held of it."""
    rows = LotMovement.objects.filter(lot=lot, reason__in=("returned", "recalled")).order_by("moved_at", "-delta")
    return list(rows.values_list("reason", "delta"))


def looked_at(wine, clerk, station, *, bought, units):
    """A case whose goods were packed of their lots, sent back and lie on the seller's table."""
    order = received({wine: bought})
    actions.take_lots_of_packed(order_ids=[order.pk], now=LATER)
    return returned(opened(order, units={1: units}), clerk, station)


def take(order, code):
    """Pack an order's line by one piece's code."""
    [line] = order.lines.all()
    actions.take_lots(order=order, parcel=parcels_of(order.pk)[0], chosen={line.pk: Chosen(codes=[code.code])}, now=LATER)


def passed(case, clerk, *, is_sellable=True):
    return aftersales.pass_inspection(case=case, is_sellable=is_sellable, by=Actor("seller", clerk.pk), now=LATER)


def recalled(lot, *, is_drill=False):
    recall = Recall.objects.create(
        county_id=lot.county_id, number="R1", owner=lot.seller, reason="异物", asked_at=world.NOW, drafted_by_id=new_id(), state="living",
        is_drill=is_drill,
    )  # fmt: skip
    RecalledLot.objects.create(recall=recall, lot=lot, is_named=True)


def test_units_that_are_in_order_lie_on_their_lots_shelf_again(wine, clerk, station, announced):
    lot = shelved(wine, "B1", 10, best_before=LATE)
    case = looked_at(wine, clerk, station, bought=3, units=2)
    heard = announced(GoodsTakenBack)

    passed(case, clerk)
    before = on_hand(lot)
    count = actions.take_lots_back(case_ids=[case.pk], now=LATER)

    assert [one["case_ids"] for one in heard()] == [[str(case.pk)]]
    assert (before, count, on_hand(lot)) == ([7], 2, [9])
    assert world.level_of(wine).on_hand == 9
    assert moved(lot) == [("returned", 2)]


def test_what_is_heard_twice_comes_back_once(wine, clerk, station):
    lot = shelved(wine, "B1", 10)
    case = passed(looked_at(wine, clerk, station, bought=3, units=2), clerk)

    counts = [actions.take_lots_back(case_ids=[case.pk], now=LATER) for _ in range(3)]

    assert (counts, on_hand(lot)) == ([2, 0, 0], [9])


def test_a_piece_that_came_back_is_packed_again_by_its_code_and_no_other_of_a_parcel_on_its_way(wine, clerk, station):
    lot = shelved(wine, "B1", 10)
    there, away, again = piece(lot, "0001"), piece(lot, "0002"), received({wine: 1})
    elsewhere = received({wine: 1})
    take(again, there)
    take(elsewhere, away)
    case = passed(returned(opened(again, units={1: 1}), clerk, station), clerk)
    early, late = sent({wine: 1}), sent({wine: 1})

    with pytest.raises(actions.WrongCode):
        take(early, there)
    actions.take_lots_back(case_ids=[case.pk], now=LATER)
    take(early, there)
    with pytest.raises(actions.WrongCode):
        take(late, away)

    there.refresh_from_db()
    assert there.parcel_id == parcels_of(early.pk)[0].pk


def test_what_came_back_spoiled_is_on_no_shelf(wine, clerk, station, announced):
    lot = shelved(wine, "B1", 10)
    case, heard = looked_at(wine, clerk, station, bought=3, units=2), announced(GoodsTakenBack)

    passed(case, clerk, is_sellable=False)

    assert heard() == []
    assert (on_hand(lot), world.level_of(wine).on_hand) == ([7], 7)


def test_of_several_lots_what_expires_first_comes_back_first_and_no_more_than_was_packed(wine, clerk, station):
    late, early = shelved(wine, "B1", 5, best_before=LATE), shelved(wine, "B2", 2, best_before=EARLY)
    case = passed(looked_at(wine, clerk, station, bought=4, units=3), clerk)
    taken = on_hand(early, late)

    actions.take_lots_back(case_ids=[case.pk], now=LATER)

    assert (taken, on_hand(early, late)) == ([0, 3], [2, 4])


def test_units_without_a_lot_come_back_without_one(wine, clerk, station):
    level = world.level_of(wine)
    level.on_hand = 5
    level.save()
    case = passed(looked_at(wine, clerk, station, bought=2, units=2), clerk)

    assert actions.take_lots_back(case_ids=[case.pk], now=LATER) == 0
    assert not LotMovement.objects.exists()


@pytest.mark.parametrize(("is_drill", "shelf", "mall"), [(False, 7, 7), (True, 9, 9)])
def test_a_recalled_lots_units_stay_held_and_off_the_mall(wine, clerk, station, is_drill, shelf, mall):
    lot = shelved(wine, "B1", 10)
    case = looked_at(wine, clerk, station, bought=3, units=2)
    recalled(lot, is_drill=is_drill)
    passed(case, clerk)

    for _ in range(2):
        actions.take_lots_back(case_ids=[case.pk], now=LATER)

    assert (on_hand(lot), world.level_of(wine).on_hand) == ([shelf], mall)
    assert moved(lot) == ([("returned", 2)] if is_drill else [("returned", 2), ("recalled", -2)])


def test_a_decision_that_was_cut_off_has_put_nothing_back(wine, clerk, station, announced):
    lot = shelved(wine, "B1", 10)
    case, heard = looked_at(wine, clerk, station, bought=3, units=2), announced(GoodsTakenBack)

    with pytest.raises(KeyboardInterrupt), transaction.atomic():
        passed(case, clerk)
        actions.take_lots_back(case_ids=[case.pk], now=LATER)
        raise KeyboardInterrupt

    case.refresh_from_db()
    assert (case.state, heard(), on_hand(lot), moved(lot)) == ("inspect", [], [7], [])


@pytest.mark.django_db(transaction=True)
def test_the_same_heard_at_once_and_raced_by_packers_comes_back_once(wine, clerk, station):
    lot = shelved(wine, "B1", 10)
    case = looked_at(wine, clerk, station, bought=3, units=2)

    decided = at_once(*[lambda: passed(case, clerk)] * 2)
    back = at_once(
        *[lambda: actions.take_lots_back(case_ids=[case.pk], now=LATER)] * 3,
        lambda: actions.shelve(lot=lot, units=5, by=None, now=LATER),
        lambda: actions.write_off(lot=lot, units=1, by=None, now=LATER),
    )

    assert sorted(type(one).__name__ for one in decided) == ["AfterSaleCase", "NotNow"]
    assert sorted(back[:3]) == [0, 0, 2]
    assert (on_hand(lot), world.level_of(wine).on_hand) == ([13], 13)
    assert moved(lot) == [("returned", 2)]


@pytest.mark.django_db(transaction=True)
def test_a_recall_that_starts_at_the_same_moment_finds_or_holds_what_came_back(wine, clerk, station):
    lot = shelved(wine, "B1", 10)
    case = passed(looked_at(wine, clerk, station, bought=3, units=2), clerk)
    recall = actions.draft_recall(owner=lot.seller, lot_ids=[lot.pk], reason="瓶中有异物", asked_at=LATER, by=clerk, now=LATER)

    at_once(
        lambda: actions.take_lots_back(case_ids=[case.pk], now=LATER),
        lambda: actions.start_recall(recall=recall, by=clerk, now=LATER),
    )

    assert (on_hand(lot), world.level_of(wine).on_hand) == ([0], 0)


def unpaid(wine, station, *, units, phone="+8619900001030"):
    """An order that is to be paid where it is fetched, in its parcel."""
    buyer = world.person(phone)
    wished = world.wish({wine: units}, buyer=buyer, pickup_point=station, verified_phone=phone, is_paid_on_delivery=True)
    [placed] = orders.place_orders(wishes=[wished], now=world.NOW)
    order = SellerOrder.objects.get(group=placed.group_id)
    orders.pack_order(order=order, weight_grams=900, by=None, now=world.NOW)
    return order


def come_back(order, station, *acts):
    """Refuse its parcel at the station and give it back to its seller there, unless something else happens to it."""
    [parcel] = parcels_of(order.pk)
    for act in acts or (Scan.Act.ARRIVED, Scan.Act.REFUSED, Scan.Act.RETURNED):
        told = logistics.ScanDraft(parcel_number=parcel.number, act=act, happened_at=LATER, place=station, by=None)
        logistics.record_scans(scans=[told], now=LATER)
        orders.follow_unpaid_parcels(order_ids=[order.pk], now=LATER)


def test_what_nobody_paid_for_lies_on_its_lots_shelf_again_once(wine, station, announced):
    late, early = shelved(wine, "B1", 5, best_before=LATE), shelved(wine, "B2", 2, best_before=EARLY)
    order, heard = unpaid(wine, station, units=3), announced(GoodsCameBack)
    actions.take_lots_of_packed(order_ids=[order.pk], now=LATER)
    packed = on_hand(early, late)

    come_back(order, station)
    counts = [actions.take_unpaid_lots_back(order_ids=[order.pk], now=LATER) for _ in range(2)]

    assert heard()[0]["order_ids"] == [str(order.pk)]
    assert (packed, counts, on_hand(early, late)) == ([0, 4], [3, 0], [2, 5])
    assert world.level_of(wine).on_hand == 7
    assert (moved(early), moved(late)) == ([("returned", 2)], [("returned", 1)])


def test_what_came_back_before_anybody_heard_that_it_was_packed_is_counted_once(wine, station):
    lot = shelved(wine, "B1", 10)
    order = unpaid(wine, station, units=3)
    come_back(order, station)

    actions.take_unpaid_lots_back(order_ids=[order.pk], now=LATER)
    actions.take_lots_of_packed(order_ids=[order.pk], now=LATER)

    assert (on_hand(lot), world.level_of(wine).on_hand) == ([10], 10)


def test_a_piece_that_nobody_paid_for_is_packed_again_by_its_code(wine, station):
    there = piece(shelved(wine, "B1", 10), "0001")
    order, again = unpaid(wine, station, units=1), sent({wine: 1})
    take(order, there)
    come_back(order, station)

    with pytest.raises(actions.WrongCode):
        take(again, there)
    actions.take_unpaid_lots_back(order_ids=[order.pk], now=LATER)
    take(again, there)

    there.refresh_from_db()
    assert there.parcel_id == parcels_of(again.pk)[0].pk


def test_unpaid_units_of_a_recalled_lot_stay_held_and_off_the_mall(wine, station):
    lot = shelved(wine, "B1", 10)
    order = unpaid(wine, station, units=3)
    actions.take_lots_of_packed(order_ids=[order.pk], now=LATER)
    recalled(lot)
    come_back(order, station)

    for _ in range(2):
        actions.take_unpaid_lots_back(order_ids=[order.pk], now=LATER)

    assert (on_hand(lot), world.level_of(wine).on_hand) == ([7], 7)
    assert moved(lot) == [("returned", 3), ("recalled", -3)]


@pytest.mark.parametrize("acts", [(Scan.Act.DAMAGED, Scan.Act.ARRIVED, Scan.Act.REFUSED, Scan.Act.RETURNED), (Scan.Act.LOST,)])
def test_unpaid_goods_that_are_spoiled_or_gone_are_on_no_shelf(wine, station, announced, acts):
    lot = shelved(wine, "B1", 10)
    order, heard = unpaid(wine, station, units=3), announced(GoodsCameBack)
    actions.take_lots_of_packed(order_ids=[order.pk], now=LATER)

    come_back(order, station, *acts)

    assert heard() == []
    assert (on_hand(lot), world.level_of(wine).on_hand) == ([7], 7)


@pytest.mark.django_db(transaction=True)
def test_heard_at_once_that_it_was_packed_and_that_it_came_back_unpaid(wine, station):
    lot = shelved(wine, "B1", 10)
    order = unpaid(wine, station, units=3)
    come_back(order, station)

    at_once(
        *[lambda: actions.take_unpaid_lots_back(order_ids=[order.pk], now=LATER)] * 2,
        lambda: actions.take_lots_of_packed(order_ids=[order.pk], now=LATER),
        lambda: actions.shelve(lot=lot, units=5, by=None, now=LATER),
    )

    assert (on_hand(lot), world.level_of(wine).on_hand) == ([15], 15)
    assert moved(lot) == [("returned", 3)]
