"""Paying on delivery at the same moment as everything that it may meet: over real connections."""

import threading
import time
from datetime import timedelta

import pytest
from django.db import connection, transaction

from teahorse.console.actions import take_cash_for
from teahorse.console.models import CashReceipt
from teahorse.logistics import actions as logistics
from teahorse.logistics.models import Parcel, Scan
from teahorse.orders import actions, on_delivery
from teahorse.orders.actions import pack_order, place_orders, start_payment, take_forgotten_payments, take_payments
from teahorse.orders.models import BalanceDue, OrderGroup, SellerOrder
from teahorse.payments import actions as payments
from teahorse.payments.models import CashMovement, Payment, Refund
from teahorse.people.models import ServicePoint
from teahorse.settlement import actions as settlement
from tests import world
from tests.at_once import at_once, wait_until_somebody_waits
from tests.settlement.making import are_whole, arrive, money_for
from tests.world import NOW

pytestmark = pytest.mark.django_db(transaction=True)
AN_HOUR = timedelta(hours=1)


@pytest.fixture
def point():
    return world.service_point("dechen")


@pytest.fixture
def wine():
    world.organisation("centre", kind="county_centre")
    return world.offer(world.organisation("chamchen"), on_hand=20)


def wish(wine, point, **more):
    buyer = world.person()
    return world.wish({wine: 1}, buyer=buyer, pickup_point=point, verified_phone=buyer.phone, is_paid_on_delivery=True, **more)


@pytest.fixture
def group(wine, point) -> OrderGroup:
    [placed] = place_orders(wishes=[wish(wine, point)], now=NOW)
    return OrderGroup.objects.get(pk=placed.group_id)


@pytest.fixture
def parcel(group, point) -> Parcel:
    made = pack_order(order=group.orders.get(), weight_grams=900, by=None, now=NOW)
    come = logistics.ScanDraft(parcel_number=made.number, act=Scan.Act.ARRIVED, happened_at=NOW + AN_HOUR, place=point, by=None)
    logistics.record_scans(scans=[come], now=NOW + AN_HOUR)
    made.refresh_from_db()
    return made


def counter(key):
    """An organisation's counter with an open shift: where, and who stands there."""
    place: ServicePoint = world.service_point(key)
    keeper = world.person(f"+86199000{sum(map(ord, key)):05}")
    payments.open_shift(organisation=place.organisation, person_id=keeper.pk, float_fen=0, now=NOW)
    return place.organisation, keeper


def take_at(where, group, *, now):
    organisation, keeper = where
    return take_cash_for(group=group, organisation=organisation, by=keeper, now=now)


def in_the_end(now):
    """Finish what is under way, and see that nothing differs anywhere and no money is held for nothing."""
    take_forgotten_payments(now=now + AN_HOUR)
    for refund in Refund.objects.exclude(state="succeeded"):
        if refund.payment.provider == "cash":
            payments.pay_back_cash(refund_id=refund.pk, by_id=refund.pk, now=now + AN_HOUR)
        else:
            arrive(refund, now=now + AN_HOUR)
    settlement.book_forgotten(now=now + 2 * AN_HOUR)
    assert are_whole(now + 2 * AN_HOUR)


def kept_fen():
    """What of all money was not given back."""
    came = sum(payment.amount_fen for payment in Payment.objects.filter(state__in=Payment.TAKEN))
    return came - sum(refund.amount_fen for refund in Refund.objects.all())


def test_two_counters_take_the_same_money_once(group, parcel):
    counters = [counter("station-a"), counter("station-b")]
    at = NOW + 2 * AN_HOUR

    outcomes = at_once(*[lambda where=where: take_at(where, group, now=at) for where in counters])

    assert sum(isinstance(outcome, Payment) for outcome in outcomes) == 1
    assert {type(outcome) for outcome in outcomes} <= {Payment, actions.NothingToPay, payments.AlreadyPaid}
    assert (CashMovement.objects.count(), CashReceipt.objects.count()) == (1, 1)
    parcel.refresh_from_db()
    assert parcel.cod_due_fen == 0
    in_the_end(at)


def test_paid_ahead_against_the_counter_one_pays_and_the_other_goes_back_or_was_never_taken(group, parcel):
    where, at = counter("station-a"), NOW + 2 * AN_HOUR
    ahead = start_payment(group=group, provider="wechat_pay", method="native", now=at)

    def pays_ahead():
        money = money_for(ahead, now=at)
        take_payments(payment_ids=[money.pk], now=at)

    at_once(pays_ahead, lambda: take_at(where, group, now=at))

    order = group.orders.get()
    balance = BalanceDue.objects.get()
    in_the_end(at)
    assert balance.state == "paid"
    assert order.paid_by_id == balance.paid_by_id
    assert kept_fen() == order.total_fen


@pytest.mark.parametrize("first", ["lapse", "money"])
def test_money_in_the_moment_of_the_lapse_is_kept_or_goes_back_never_both(group, parcel, first):
    where, balance = counter("station-a"), BalanceDue.objects.get()
    due_at = balance.due_at

    def lapses():
        return actions.end_unfetched(now=due_at)

    def pays():
        return take_at(where, group, now=due_at - timedelta(seconds=1))

    begins, follows = (lapses, pays) if first == "lapse" else (pays, lapses)
    locked, second = threading.Event(), threading.Event()

    def hold_both_back():
        """Have the first wait for the order, and then the other behind it."""
        with transaction.atomic():
            SellerOrder.objects.select_for_update().get(group=group)
            locked.set()
            wait_until_somebody_waits()
            second.set()
            time.sleep(0.3)

    at_once(hold_both_back, lambda: locked.wait(10) and begins(), lambda: second.wait(10) and follows())

    balance.refresh_from_db()
    parcel.refresh_from_db()
    order = group.orders.get()
    assert balance.state == ("lapsed" if first == "lapse" else "paid")
    if balance.state == "paid":
        assert (parcel.stage, parcel.cod_due_fen, order.paid_by_id) == ("at_point", 0, balance.paid_by_id)
        assert kept_fen() == order.total_fen
    else:
        assert (balance.state, parcel.stage, order.paid_at) == ("lapsed", "refused", None)
        assert kept_fen() == 0
    in_the_end(due_at)


def test_money_that_was_taken_before_the_lapse_and_heard_of_after_it_pays(group, parcel):
    due_at = BalanceDue.objects.get().due_at
    ahead = start_payment(group=group, provider="wechat_pay", method="native", now=due_at - AN_HOUR)
    money_for(ahead, now=due_at - timedelta(minutes=30))  # and the reaction has not run

    actions.end_unfetched(now=due_at)
    in_the_end(due_at)

    parcel.refresh_from_db()
    assert (BalanceDue.objects.get().state, parcel.stage, parcel.cod_due_fen) == ("paid", "at_point", 0)


def test_money_that_comes_for_a_lapsed_one_goes_back(group, parcel):
    due_at = BalanceDue.objects.get().due_at
    ahead = start_payment(group=group, provider="wechat_pay", method="native", now=due_at - AN_HOUR)

    actions.end_unfetched(now=due_at)
    money_for(ahead, now=due_at + timedelta(minutes=1))
    in_the_end(due_at)

    assert BalanceDue.objects.get().state == "lapsed"
    assert kept_fen() == 0
    assert Refund.objects.get().state == "succeeded"


def test_who_cancels_and_who_pays_at_once_do_not_both_win(group):
    where, order = counter("station-a"), group.orders.get()

    at_once(lambda: actions.cancel_order(order=order, reason="other", now=NOW), lambda: take_at(where, group, now=NOW))

    order.refresh_from_db()
    assert order.state == "cancelled"
    in_the_end(NOW)
    assert kept_fen() == 0


def test_packed_and_paid_at_once_its_parcel_asks_for_nothing(group):
    where, order = counter("station-a"), group.orders.get()

    at_once(lambda: pack_order(order=order, weight_grams=900, by=None, now=NOW), lambda: take_at(where, group, now=NOW))

    order.refresh_from_db()
    assert order.state == "preparing"
    assert order.paid_at == NOW
    assert Parcel.objects.get().cod_due_fen == 0
    in_the_end(NOW)


def test_of_three_wishes_at_once_two_are_agreed(wine, point):
    wishes = [wish(wine, point) for _ in range(3)]

    answers = at_once(*[lambda one=one: place_orders(wishes=[one], now=NOW)[0] for one in wishes])

    assert sorted(type(answer).__name__ for answer in answers) == ["Placed", "Placed", "TooManyOnDelivery"]
    assert SellerOrder.objects.filter(state="agreed").count() == on_delivery.MOST_OPEN
    assert world.level_of(wine).reserved == 2
    assert not connection.in_atomic_block
