from datetime import timedelta
from uuid import uuid4

import pytest

from teahorse.logistics.actions import NotAtThisPoint, ScanDraft, WrongPickupCode, hand_over, record_scans
from teahorse.logistics.models import Parcel
from teahorse.logistics.rules import is_parcel_number
from teahorse.orders.actions import (
    NotReceived,
    NotToPack,
    close_received,
    confirm_receipt,
    pack_order,
    place_orders,
    start_payment,
    take_payments,
)
from teahorse.orders.following import tracking
from teahorse.orders.models import OrderGroup
from teahorse.orders.queries import find_at_desk
from teahorse.payments import actions as payments
from teahorse.people.models import Membership
from teahorse.stock.models import StockMovement
from tests import world
from tests.world import NOW

pytestmark = pytest.mark.django_db


@pytest.fixture
def point():
    return world.service_point("dechen")


@pytest.fixture
def wine():
    return world.offer(world.organisation("chamchen"), on_hand=5)


@pytest.fixture
def order(wine, point):
    [placed] = place_orders(wishes=[world.wish({wine: 2}, pickup_point=point)], now=NOW)
    group = OrderGroup.objects.get(pk=placed.group_id)
    payment = start_payment(group=group, provider="cash", method="counter", now=NOW)
    payments.take_cash(payment_id=payment.pk, by_id=uuid4(), now=NOW)
    take_payments(payment_ids=[payment.pk], now=NOW)
    return group.orders.get()


def scan(parcel, act, point, *, at=NOW):
    return ScanDraft(parcel_number=parcel.number, act=act, happened_at=at, place=point, by=None)


def stage(order):
    return tracking(order.group).orders[0].stage


def test_packing_makes_a_parcel_and_lets_the_units_go(order, wine):
    parcel = pack_order(order=order, weight_grams=1100, by=world.person(), now=NOW)

    assert is_parcel_number(parcel.number)
    assert len(parcel.pickup_code) == 6
    level = world.level_of(wine)
    assert (level.on_hand, level.reserved) == (3, 0)
    movement = StockMovement.objects.get(reason="sold")
    assert (movement.delta, movement.reference) == (-2, order.pk)
    assert stage(order) == "packed"


def test_packing_twice_is_refused_and_makes_no_second_parcel(order):
    pack_order(order=order, weight_grams=1100, by=world.person(), now=NOW)

    with pytest.raises(NotToPack):
        pack_order(order=order, weight_grams=1100, by=world.person(), now=NOW)

    assert Parcel.objects.count() == 1


def test_a_parcel_goes_from_the_seller_to_the_point_and_into_the_buyers_hands(order, point):
    parcel = pack_order(order=order, weight_grams=1100, by=world.person(), now=NOW)
    station = world.service_point("lhayu", kind="township_station", level="station", code="540524202")

    record_scans(scans=[scan(parcel, "received", station)], now=NOW)
    assert stage(order) == "in_transit"
    record_scans(scans=[scan(parcel, "departed", station, at=NOW + timedelta(hours=1))], now=NOW + timedelta(hours=1))
    record_scans(scans=[scan(parcel, "arrived", point, at=NOW + timedelta(hours=3))], now=NOW + timedelta(hours=3))
    assert stage(order) == "to_fetch"
    hand_over(parcel=parcel, pickup_code=parcel.pickup_code, place=point, by=world.person(), now=NOW + timedelta(hours=4))
    assert stage(order) == "handed_over"
    confirm_receipt(orders=[order], now=NOW + timedelta(hours=5))
    assert stage(order) == "done"


def test_scans_told_out_of_order_and_twice_give_the_same_stage(order, point):
    parcel = pack_order(order=order, weight_grams=1100, by=world.person(), now=NOW)
    station = world.service_point("lhayu", kind="township_station", level="station", code="540524202")
    late = scan(parcel, "received", station, at=NOW)
    early = scan(parcel, "arrived", point, at=NOW + timedelta(hours=3))

    record_scans(scans=[early], now=NOW + timedelta(hours=3))
    record_scans(scans=[late, late], now=NOW + timedelta(hours=4))
    record_scans(scans=[early], now=NOW + timedelta(hours=4))

    assert stage(order) == "to_fetch"
    assert len(tracking(order.group).orders[0].scans) == 2


def test_a_wrong_code_or_a_wrong_place_hands_nothing_over(order, point):
    parcel = pack_order(order=order, weight_grams=1100, by=world.person(), now=NOW)
    elsewhere = world.service_point("gyaimain", code="540524203")

    with pytest.raises(NotAtThisPoint):
        hand_over(parcel=parcel, pickup_code=parcel.pickup_code, place=point, by=world.person(), now=NOW)
    record_scans(scans=[scan(parcel, "arrived", point)], now=NOW)
    with pytest.raises(NotAtThisPoint):
        hand_over(parcel=parcel, pickup_code=parcel.pickup_code, place=elsewhere, by=world.person(), now=NOW)
    wrong = f"{(int(parcel.pickup_code) + 1) % 1_000_000:06d}"
    with pytest.raises(WrongPickupCode):
        hand_over(parcel=parcel, pickup_code=wrong, place=point, by=world.person(), now=NOW)

    assert Parcel.objects.get().stage == "at_point"


def test_receipt_cannot_be_confirmed_before_the_hand_over(order):
    pack_order(order=order, weight_grams=1100, by=world.person(), now=NOW)

    with pytest.raises(NotReceived):
        confirm_receipt(orders=[order], now=NOW)


def test_an_order_closes_by_itself_seven_days_after_the_hand_over(order, point):
    parcel = pack_order(order=order, weight_grams=1100, by=world.person(), now=NOW)
    record_scans(scans=[scan(parcel, "arrived", point)], now=NOW)
    hand_over(parcel=parcel, pickup_code=parcel.pickup_code, place=point, by=world.person(), now=NOW)

    assert close_received(now=NOW + timedelta(days=6)) == 0
    assert close_received(now=NOW + timedelta(days=7)) == 1
    assert stage(order) == "done"


def test_the_desk_of_the_county_finds_an_order_by_what_people_know(order, point):
    parcel = pack_order(order=order, weight_grams=1100, by=world.person(), now=NOW)
    clerk, stranger = world.person("+8619900004001"), world.person("+8619900004002")
    Membership.objects.create(person=clerk, organisation=world.organisation("centre", kind="county_centre"), role="staff")
    Membership.objects.create(
        person=stranger, organisation=world.organisation("centre-gyangze", kind="county_centre", code=world.GYANGZE), role="staff"
    )

    for text in ("1001", order.group.number, order.number, order.group.number[-6:], parcel.pickup_code, parcel.number):
        assert find_at_desk(person=clerk, text=text, now=NOW) == [order], text
        assert find_at_desk(person=stranger, text=text, now=NOW) == [], text
    assert find_at_desk(person=clerk, text="0000", now=NOW) == []


def test_tracking_asks_few_questions(order, django_assert_max_num_queries):
    pack_order(order=order, weight_grams=1100, by=world.person(), now=NOW)

    with django_assert_max_num_queries(0):
        tracking(order.group)


def test_a_scan_after_the_hand_over_moves_nothing(order, point):
    parcel = pack_order(order=order, weight_grams=1100, by=world.person(), now=NOW)
    record_scans(scans=[scan(parcel, "arrived", point)], now=NOW)
    hand_over(parcel=parcel, pickup_code=parcel.pickup_code, place=point, by=world.person(), now=NOW + timedelta(hours=1))

    record_scans(scans=[scan(parcel, "arrived", point, at=NOW + timedelta(hours=2))], now=NOW + timedelta(hours=2))

    kept = Parcel.objects.get()
    assert (kept.stage, kept.held_by_id, kept.stage_at) == ("handed_over", None, NOW + timedelta(hours=1))
