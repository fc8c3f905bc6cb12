"""Paying when it is handed over: who may, what is agreed, sent unpaid, paid at the counter or ahead, left, refused."""

from datetime import timedelta
from uuid import uuid4

import pytest
from django.db import ProgrammingError, transaction

from teahorse.aftersales import actions as aftersales
from teahorse.aftersales.models import AfterSaleCase
from teahorse.logistics import actions as logistics
from teahorse.logistics.models import FreightRate, Oddity, Parcel, Scan
from teahorse.orders import actions, on_delivery
from teahorse.orders.actions import pack_order, place_orders, start_payment, take_payments
from teahorse.orders.following import tracking
from teahorse.orders.models import BalanceDue, OrderGroup, SellerNotice, SellerOrder
from teahorse.payments import actions as payments
from teahorse.payments.models import Payment, Refund
from teahorse.people.models import ServicePoint
from teahorse.stock.models import StockMovement
from tests import world
from tests.world import NOW

pytestmark = pytest.mark.django_db
AN_HOUR, A_DAY = timedelta(hours=1), timedelta(days=1)


@pytest.fixture
def point():
    return world.service_point("dechen")


@pytest.fixture
def wine():
    return world.offer(world.organisation("chamchen"), on_hand=50)


def wish(wanted, point, *, now=NOW, buyer=None, **more):
    buyer = buyer or world.person()
    known = {"verified_phone": buyer.phone, "is_paid_on_delivery": True} | more
    return world.wish(wanted, buyer=buyer, pickup_point=point, now=now, **known)


def agreed(wanted, point, *, now=NOW, **more):
    [answer] = place_orders(wishes=[wish(wanted, point, now=now, **more)], now=now)
    assert isinstance(answer, actions.Placed), answer
    return OrderGroup.objects.get(pk=answer.group_id)


def refused(wanted, point, *, now=NOW, **more):
    before = OrderGroup.objects.count()
    [answer] = place_orders(wishes=[wish(wanted, point, now=now, **more)], now=now)
    assert OrderGroup.objects.count() == before
    return answer


def scan(parcel, act, place, *, at, by=None):
    draft = logistics.ScanDraft(parcel_number=parcel.number, act=act, happened_at=at, place=place, by=by)
    logistics.record_scans(scans=[draft], now=at)
    actions.follow_unpaid_parcels(order_ids=[parcel.reference], now=at)
    parcel.refresh_from_db()


def brought(order, point, *, now=NOW):
    """An order that is packed and lies at its point."""
    parcel = pack_order(order=order, weight_grams=1100, by=world.person(), now=now)
    scan(parcel, Scan.Act.ARRIVED, point, at=now + AN_HOUR)
    return parcel


def pay(group, *, now, provider="cash"):
    payment = start_payment(group=group, provider=provider, method="counter" if provider == "cash" else "native", now=now)
    if provider == "cash":
        payments.take_cash(payment_id=payment.pk, by_id=uuid4(), now=now)
    return payment


def state(order):
    order.refresh_from_db()
    return order.state


def balance_of(order):
    return BalanceDue.objects.get(order=order)


def test_what_is_agreed_is_kept_without_an_end_and_owes_its_whole_total(wine, point):
    group = agreed({wine: 2}, point)

    order = group.orders.get()
    balance = balance_of(order)
    assert (order.state, order.paid_at) == ("agreed", None)
    assert (balance.kind, balance.amount_fen, balance.state) == ("on_delivery", order.total_fen, "asked")
    assert balance.due_at == on_delivery.due_at([order])
    assert balance.due_at.date() > order.promised_to_date + timedelta(days=6)
    assert actions.expire_orders(now=NOW + A_DAY) == 0
    level = world.level_of(wine)
    assert (level.on_hand, level.reserved) == (50, 2)
    assert not Payment.objects.exists()


def test_the_seller_is_told_to_pack_and_that_no_money_is_here(wine, point):
    group = agreed({wine: 1}, point)

    actions.notice_sellers(order_ids=[group.orders.get().pk], kind=SellerNotice.Kind.AGREED, now=NOW)

    assert tracking(group).stage == "to_ship"
    assert SellerNotice.objects.get().kind == "agreed"


def test_pressing_twice_places_once_and_asks_once(wine, point):
    one = wish({wine: 1}, point)
    [first] = place_orders(wishes=[one], now=NOW)
    [again] = place_orders(wishes=[one], now=NOW)

    assert (again.group_id, again.is_new) == (first.group_id, False)
    assert BalanceDue.objects.count() == 1


def test_with_others_in_one_batch_each_gets_its_own_answer_in_its_own_place(wine, point):
    at_once = world.wish({wine: 1}, buyer=world.person(), pickup_point=point)
    answers = place_orders(wishes=[wish({wine: 1}, point), at_once, wish({wine: 40}, point)], now=NOW)

    assert [type(answer).__name__ for answer in answers] == ["Placed", "Placed", "TooMuchOnDelivery"]
    groups = [OrderGroup.objects.get(pk=answer.group_id) for answer in answers[:2]]
    assert [(group.is_paid_on_delivery, group.orders.get().state) for group in groups] == [(True, "agreed"), (False, "pending_payment")]


def test_only_where_cash_is_taken(wine, point):
    ServicePoint.objects.filter(pk=point.pk).update(takes_cash=False)
    answer = refused({wine: 1}, point)
    to_the_door = place_orders(
        wishes=[world.wish({wine: 1}, buyer=world.person(), verified_phone="+8619900001001", is_paid_on_delivery=True)], now=NOW
    )

    assert isinstance(answer, on_delivery.NotPaidThere)
    assert isinstance(to_the_door[0], on_delivery.NotPaidThere)


def test_only_for_a_person_whose_phone_is_hers(wine, point):
    assert isinstance(refused({wine: 1}, point, verified_phone=""), on_delivery.PhoneNotProved)


def test_a_thousand_yuan_and_no_fen_more(point):
    freight = 1200
    dear = world.offer(world.organisation("chamchen"), price_fen=100_000 - freight, on_hand=3)
    dearer = world.offer(world.organisation("chamchen"), title="马鞍", price_fen=100_001 - freight, on_hand=3)
    world.freight()
    FreightRate.objects.update(free_from_fen=None)

    assert agreed({dear: 1}, point).total_fen == 100_000
    assert isinstance(refused({dearer: 1}, point), on_delivery.TooMuchOnDelivery)


def test_two_wait_and_the_third_is_refused_until_one_is_paid(wine, point):
    first, _second = agreed({wine: 1}, point), agreed({wine: 1}, point)
    assert isinstance(refused({wine: 1}, point), on_delivery.TooManyOnDelivery)
    assert isinstance(agreed({wine: 1}, point, buyer=world.person("+8619900001002")), OrderGroup)

    take_payments(payment_ids=[pay(first, now=NOW).pk], now=NOW)

    assert isinstance(agreed({wine: 1}, point), OrderGroup)


def test_what_is_weighed_is_not_paid_on_delivery(point):
    yak = world.offer(world.organisation("chamchen"), title="牦牛肉", nominal_grams=500)

    assert isinstance(refused({yak: 1}, point), on_delivery.NotOnDelivery)


def test_its_parcel_says_what_is_to_be_taken_and_is_handed_over_for_money_alone(wine, point):
    group = agreed({wine: 2}, point)
    order = group.orders.get()
    parcel = brought(order, point)
    assert parcel.cod_due_fen == order.total_fen

    with pytest.raises(logistics.TakeMoneyFirst):
        logistics.hand_over(parcel=parcel, pickup_code=parcel.pickup_code, place=point, by=world.person(), now=NOW + 2 * AN_HOUR)
    assert not Scan.objects.filter(act="handed_over").exists()
    payment = pay(group, now=NOW + 2 * AN_HOUR)
    take_payments(payment_ids=[payment.pk], now=NOW + 2 * AN_HOUR)
    logistics.hand_over(parcel=parcel, pickup_code=parcel.pickup_code, place=point, by=world.person(), now=NOW + 3 * AN_HOUR)

    order.refresh_from_db()
    assert (order.state, order.paid_by_id, balance_of(order).state) == ("preparing", payment.pk, "paid")
    actions.confirm_receipt(orders=[order], now=NOW + 4 * AN_HOUR)
    assert state(order) == "closed"


def test_what_is_not_paid_is_never_closed(wine, point):
    order = agreed({wine: 1}, point).orders.get()
    parcel = brought(order, point)
    scan(parcel, Scan.Act.HANDED_OVER, point, at=NOW + 2 * AN_HOUR)  # a device that had no line

    with pytest.raises(actions.StillToPay):
        actions.confirm_receipt(orders=[order], now=NOW + 3 * AN_HOUR)
    assert actions.close_received(now=NOW + 8 * A_DAY) == 0
    actions.close_after_case(order=order, now=NOW + 8 * A_DAY)
    actions.end_unfetched(now=NOW + 60 * A_DAY)

    assert state(order) == "preparing"
    assert balance_of(order).state == "asked"


def test_nothing_is_given_back_of_what_is_not_paid(wine, point):
    order = agreed({wine: 1}, point).orders.get()
    brought(order, point)
    line = order.lines.get()

    with pytest.raises(aftersales.NotPaidYet):
        aftersales.open_case(
            draft=aftersales.CaseDraft(
                order=order, kind=AfterSaleCase.Kind.REFUND_ONLY, reason=AfterSaleCase.Reason.NEVER_CAME, units={line.pk: 1}
            ),
            by=world.person(),
            now=NOW + 30 * A_DAY,
        )


def test_paid_ahead_it_is_packed_as_any_other(wine, point):
    group = agreed({wine: 1}, point)
    order = group.orders.get()

    take_payments(payment_ids=[pay(group, now=NOW).pk], now=NOW)
    assert state(order) == "paid"
    parcel = brought(order, point)
    logistics.hand_over(parcel=parcel, pickup_code=parcel.pickup_code, place=point, by=world.person(), now=NOW + 2 * AN_HOUR)

    assert (parcel.cod_fen, state(order)) == (0, "preparing")


def test_no_express_partner_takes_it(wine, point):
    order = agreed({wine: 1}, point).orders.get()

    with pytest.raises(actions.PaidAtThePoint):
        pack_order(order=order, weight_grams=500, by=world.person(), now=NOW, carrier="sf", carrier_number="SF1234567890")
    parcel = pack_order(order=order, weight_grams=500, by=world.person(), now=NOW)
    with pytest.raises(actions.PaidInCash):
        actions.hand_to_carrier(parcel=parcel, carrier="sf", carrier_number="SF1234567890", now=NOW)
    with pytest.raises(actions.NotToPack):
        pack_order(order=order, weight_grams=500, by=world.person(), now=NOW)

    assert Parcel.objects.get().carrier == "network"


def test_money_whose_reaction_died_is_found(wine, point):
    group = agreed({wine: 1}, point)
    order = group.orders.get()
    parcel = brought(order, point)
    pay(group, now=NOW + 2 * AN_HOUR)  # and the process dies

    assert actions.take_forgotten_payments(now=NOW + 3 * AN_HOUR) == 1

    parcel.refresh_from_db()
    order.refresh_from_db()
    assert (parcel.cod_taken_at, order.paid_at) == (NOW + 3 * AN_HOUR, NOW + 3 * AN_HOUR)


def test_cancelled_before_it_is_packed_nothing_moves_but_the_units(wine, point):
    order = agreed({wine: 2}, point).orders.get()

    actions.cancel_order(order=order, reason="changed_mind", now=NOW + AN_HOUR)

    assert (state(order), balance_of(order).state) == ("cancelled", "lapsed")
    assert world.level_of(wine).reserved == 0
    assert not Payment.objects.exists()
    assert not Refund.objects.exists()


def test_money_that_comes_for_a_cancelled_one_goes_back(wine, point):
    group = agreed({wine: 2}, point)
    order = group.orders.get()
    payment = pay(group, now=NOW)

    actions.cancel_order(order=order, reason="changed_mind", now=NOW)
    take_payments(payment_ids=[payment.pk], now=NOW)

    assert (state(order), order.paid_at, balance_of(order).state) == ("cancelled", None, "lapsed")
    assert Refund.objects.get().amount_fen == order.total_fen


def test_what_is_never_packed_ends_at_its_deadline(wine, point):
    order = agreed({wine: 2}, point).orders.get()
    due_at = balance_of(order).due_at

    assert actions.end_unfetched(now=due_at - AN_HOUR) == 0
    assert actions.end_unfetched(now=due_at) == 1
    assert actions.end_unfetched(now=due_at) == 0

    assert (state(order), order.end_reason, world.level_of(wine).reserved) == ("cancelled", "not_sent", 0)


def test_what_nobody_fetches_goes_back_to_the_shelf(wine, point):
    order = agreed({wine: 2}, point).orders.get()
    parcel = brought(order, point)
    assert world.level_of(wine).on_hand == 48
    at = balance_of(order).due_at

    assert actions.end_unfetched(now=at) == 1
    parcel.refresh_from_db()
    assert (parcel.stage, state(order), balance_of(order).state) == ("refused", "preparing", "lapsed")
    with pytest.raises(logistics.GoesBack):
        logistics.hand_over(parcel=parcel, pickup_code=parcel.pickup_code, place=point, by=world.person(), now=at + AN_HOUR)
    centre = world.service_point("centre", kind="county_centre", level="centre", code="540524")
    scan(parcel, Scan.Act.DEPARTED, point, at=at + AN_HOUR)
    scan(parcel, Scan.Act.RECEIVED, centre, at=at + 2 * AN_HOUR)
    assert parcel.stage == "refused", "on its way back too"
    scan(parcel, Scan.Act.RETURNED, centre, at=at + 3 * AN_HOUR)

    assert (state(order), order.end_reason) == ("cancelled", "not_fetched")
    assert world.level_of(wine).on_hand == 50
    assert StockMovement.objects.get(reason="returned").delta == 2
    assert actions.end_unfetched(now=at + A_DAY) == 0
    actions.follow_unpaid_parcels(order_ids=[order.pk], now=at + A_DAY)
    assert world.level_of(wine).on_hand == 50


def test_refused_at_the_counter_it_is_asked_for_no_more_and_the_sweep_finds_what_came_back(wine, point):
    group = agreed({wine: 2}, point)
    order = group.orders.get()
    parcel = brought(order, point)

    scan(parcel, Scan.Act.REFUSED, point, at=NOW + 2 * AN_HOUR, by=world.person())
    assert balance_of(order).state == "lapsed"
    with pytest.raises(actions.NothingToPay):
        start_payment(group=group, provider="cash", method="counter", now=NOW + 3 * AN_HOUR)
    draft = logistics.ScanDraft(parcel_number=parcel.number, act=Scan.Act.RETURNED, happened_at=NOW + A_DAY, place=point, by=None)
    logistics.record_scans(scans=[draft], now=NOW + A_DAY)  # and nobody hears of it
    assert actions.end_unfetched(now=NOW + 2 * A_DAY) == 1

    assert (state(order), order.end_reason, world.level_of(wine).on_hand) == ("cancelled", "not_taken", 50)


def test_who_left_two_pays_first_for_half_a_year(wine, point):
    for _ in range(2):
        order = agreed({wine: 1}, point).orders.get()
        parcel = brought(order, point)
        scan(parcel, Scan.Act.REFUSED, point, at=NOW + 2 * AN_HOUR)
        scan(parcel, Scan.Act.RETURNED, point, at=NOW + 3 * AN_HOUR)

    answer = refused({wine: 1}, point, now=NOW + A_DAY)
    assert isinstance(answer, on_delivery.LeftTooOften)
    assert answer.numbers["left"] == 2
    assert isinstance(refused({wine: 1}, point, now=NOW + 3 * AN_HOUR + 180 * A_DAY - AN_HOUR), on_delivery.LeftTooOften)
    assert isinstance(agreed({wine: 1}, point, now=NOW + 181 * A_DAY), OrderGroup)


def test_who_was_late_herself_is_not_blamed_for_a_closed_road(wine, point):
    order = agreed({wine: 1}, point).orders.get()
    parcel = pack_order(order=order, weight_grams=1100, by=world.person(), now=NOW)
    scan(parcel, Scan.Act.DEPARTED, None, at=NOW + AN_HOUR)
    at = balance_of(order).due_at

    assert actions.end_unfetched(now=at) == 1
    assert (balance_of(order).state, balance_of(order).due_at) == ("asked", at + on_delivery.KEPT_AT_POINT)
    scan(parcel, Scan.Act.ARRIVED, point, at=at + 3 * A_DAY)

    assert balance_of(order).due_at == at + 3 * A_DAY + on_delivery.KEPT_AT_POINT


def test_a_deadline_is_moved_on_and_never_back(wine, point):
    balance = balance_of(agreed({wine: 1}, point).orders.get())

    BalanceDue.objects.filter(pk=balance.pk).update(due_at=balance.due_at + A_DAY)
    with pytest.raises(ProgrammingError), transaction.atomic():
        BalanceDue.objects.filter(pk=balance.pk).update(due_at=balance.due_at)

    assert balance_of(balance.order).due_at == balance.due_at + A_DAY


def test_two_sellers_orders_are_paid_each_by_itself(wine, point):
    other = world.offer(world.organisation("lhayu-coop"), title="藏毯", price_fen=9900)
    group = agreed({wine: 1, other: 1}, point)
    first, second = group.orders.order_by("number")
    parcel = brought(second, point)
    balance = balance_of(second)

    payment = start_payment(group=group, provider="cash", method="counter", now=NOW + 2 * AN_HOUR, balance_id=balance.pk)
    payments.take_cash(payment_id=payment.pk, by_id=uuid4(), now=NOW + 2 * AN_HOUR)
    take_payments(payment_ids=[payment.pk], now=NOW + 2 * AN_HOUR)

    parcel.refresh_from_db()
    assert (payment.amount_fen, parcel.cod_due_fen) == (second.total_fen, 0)
    assert (state(first), state(second)) == ("agreed", "preparing")
    assert [one.paid_at is not None for one in SellerOrder.objects.order_by("number")] == [False, True]


def test_what_was_handed_over_without_a_line_and_unpaid_stands_as_odd_until_its_money_is_here(point, wine):
    group = agreed({wine: 1}, point)
    parcel = brought(group.orders.get(), point)

    scan(parcel, Scan.Act.HANDED_OVER, point, at=NOW + 2 * AN_HOUR)
    noticed = Oddity.objects.get()
    take_payments(payment_ids=[pay(group, now=NOW + 3 * AN_HOUR).pk], now=NOW + 3 * AN_HOUR)

    assert (noticed.kind, noticed.thing_id, noticed.place_id, noticed.explained_at) == ("not_paid", parcel.pk, point.pk, None)
    assert Oddity.objects.get().explained_at == NOW + 3 * AN_HOUR
