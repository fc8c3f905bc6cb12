"""What is packed unpaid and lies with its seller may be cancelled: its label is void, its units are on the shelf again."""

import threading
import time
from datetime import timedelta
from uuid import uuid4

import pytest
from django.db import transaction

from teahorse.logistics import actions as logistics
from teahorse.logistics.models import Oddity, Parcel, Scan
from teahorse.orders import actions
from teahorse.orders.events import GoodsCameBack, OrdersCancelled
from teahorse.orders.following import tracking
from teahorse.orders.models import BalanceDue, OrderGroup
from teahorse.payments import actions as payments
from teahorse.payments.models import Payment, Refund
from teahorse.stock.models import StockMovement
from tests import world
from tests.at_once import at_once, wait_until_somebody_waits
from tests.settlement.making import are_whole
from tests.world import NOW

pytestmark = pytest.mark.django_db
AN_HOUR = timedelta(hours=1)
LATER = NOW + 2 * AN_HOUR


@pytest.fixture
def station():
    return world.service_point("lhayu")


@pytest.fixture
def wine():
    world.organisation("centre", kind="county_centre")
    return world.offer(world.organisation("chamchen"), on_hand=20)


@pytest.fixture
def order(wine):
    buyer, point = world.person(), world.service_point("dechen")
    wished = world.wish({wine: 2}, buyer=buyer, pickup_point=point, verified_phone=buyer.phone, is_paid_on_delivery=True)
    [placed] = actions.place_orders(wishes=[wished], now=NOW)
    return OrderGroup.objects.get(pk=placed.group_id).orders.get()


@pytest.fixture
def parcel(order):
    return actions.pack_order(order=order, weight_grams=900, by=None, now=NOW)


def cancel(order, *, now=LATER):
    return actions.cancel_order(order=order, reason="changed_mind", now=now)


def hand_in(parcel, station, *, at=LATER, act=Scan.Act.RECEIVED, now=None):
    """Have a device tell that it was handed in, or something else, at a station."""
    told = logistics.ScanDraft(parcel_number=parcel.number, act=act, happened_at=at, place=station, by=None)
    return logistics.take_scans(scans=[told], now=now or at)


def standing(order, wine):
    """The order, what it is asked for, its parcel, and what lies on the shelf."""
    order.refresh_from_db()
    level = world.level_of(wine)
    return order.state, BalanceDue.objects.get(order=order).state, Parcel.objects.get().stage, level.on_hand, level.reserved


def test_its_units_are_on_the_shelf_and_nothing_is_asked_any_more(order, parcel, wine, announced):
    cancelled, came_back = announced(OrdersCancelled), announced(GoodsCameBack)
    assert tracking(order.group).orders[0].is_unpaid_with_its_seller

    for _ in range(2):
        cancel(order)

    assert standing(order, wine) == ("cancelled", "lapsed", "returned", 20, 0)
    assert StockMovement.objects.get(reason="returned").delta == 2
    assert [one["order_ids"] for one in (*cancelled(), *came_back())] == [[str(order.pk)]] * 2
    assert order.end_reason == "changed_mind"
    assert not Payment.objects.exists()
    assert are_whole(LATER)


def test_whoever_scans_its_label_later_finds_it_void(order, parcel, station):
    cancel(order)

    told = hand_in(parcel, station, at=LATER + AN_HOUR)
    hand_in(parcel, order.group.pickup_point, at=LATER + 2 * AN_HOUR, act=Scan.Act.HANDED_OVER)

    assert list(told.odd.values()) == [["after_the_end"]]
    assert set(Oddity.objects.values_list("kind", "place")) == {
        ("after_the_end", station.pk),
        ("after_the_end", order.group.pickup_point_id),
    }
    parcel.refresh_from_db()
    assert (parcel.stage, parcel.held_by_id) == ("returned", None)


def test_a_handing_in_that_is_told_after_it_was_cancelled_stands_as_odd_where_it_was(order, parcel, station):
    cancel(order)

    hand_in(parcel, station, at=LATER - AN_HOUR, now=LATER + AN_HOUR)

    odd = Oddity.objects.get()
    assert (odd.kind, odd.place_id, odd.explained_at) == ("after_the_end", station.pk, None)
    parcel.refresh_from_db()
    assert parcel.stage == "returned"


def test_what_was_handed_in_is_not_cancelled(order, parcel, station, wine):
    hand_in(parcel, station)

    with pytest.raises(actions.SentUnpaid):
        cancel(order)

    assert not tracking(order.group).orders[0].is_unpaid_with_its_seller
    assert standing(order, wine) == ("preparing", "asked", "in_transit", 18, 0)


def test_what_was_paid_after_it_was_packed_is_not_cancelled(order, parcel, wine):
    pay(order)

    with pytest.raises(actions.TooLateToCancel):
        cancel(order)

    assert standing(order, wine) == ("preparing", "paid", "packed", 18, 0)


def test_money_that_is_here_and_was_not_heard_of_goes_back(order, parcel, wine):
    payment = pay(order, is_heard=False)

    cancel(order)
    actions.take_payments(payment_ids=[payment.pk], now=LATER)

    assert standing(order, wine) == ("cancelled", "lapsed", "returned", 20, 0)
    assert Refund.objects.get().amount_fen == order.total_fen


def pay(order, *, is_heard=True, now=NOW + AN_HOUR):
    payment = actions.start_payment(group=order.group, provider="cash", method="counter", now=now)
    payments.take_cash(payment_id=payment.pk, by_id=uuid4(), now=now)
    if is_heard:
        actions.take_payments(payment_ids=[payment.pk], now=now)
    return payment


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("first", ["handed in", "cancelled"])
def test_handed_in_and_cancelled_at_once_one_of_them_is_so(order, parcel, station, wine, first):
    acts = {"handed in": lambda: hand_in(parcel, station), "cancelled": lambda: cancel(order)}
    begins, follows = acts.pop(first), acts.popitem()[1]
    locked, second = threading.Event(), threading.Event()

    def hold_both_back():
        """Have the first wait for the parcel, and then the other behind it."""
        with transaction.atomic():
            Parcel.objects.select_for_update().get(pk=parcel.pk)
            locked.set()
            wait_until_somebody_waits()
            second.set()
            time.sleep(0.3)

    outcomes = at_once(hold_both_back, lambda: locked.wait(10) and begins(), lambda: second.wait(10) and follows())

    if first == "handed in":
        assert isinstance(outcomes[2], actions.SentUnpaid)
        assert standing(order, wine) == ("preparing", "asked", "in_transit", 18, 0)
        assert not Oddity.objects.exists()
    else:
        assert standing(order, wine) == ("cancelled", "lapsed", "returned", 20, 0)
        assert Oddity.objects.get().kind == "after_the_end"


@pytest.mark.django_db(transaction=True)
def test_packed_handed_in_paid_and_cancelled_all_at_once_the_units_are_in_one_place(order, station, wine):
    def pack_and_hand_in():
        hand_in(actions.pack_order(order=order, weight_grams=900, by=None, now=NOW), station)

    outcomes = at_once(lambda: cancel(order), pack_and_hand_in, lambda: pay(order))
    actions.take_forgotten_payments(now=LATER)

    order.refresh_from_db()
    if order.state == "cancelled":
        assert world.level_of(wine).on_hand == 20
        assert BalanceDue.objects.get().state == "lapsed"
    else:
        assert isinstance(outcomes[0], (actions.SentUnpaid, actions.TooLateToCancel))
        assert (world.level_of(wine).on_hand, Parcel.objects.get().stage) == (18, "in_transit")
    assert world.level_of(wine).reserved == 0
