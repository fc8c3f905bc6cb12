"""Goods that are sold by weight: weighed when they are packed, and every fen of the difference accounted for."""

from datetime import timedelta
from uuid import uuid4

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from teahorse.common.refusals import Malformed
from teahorse.logistics.models import Parcel
from teahorse.orders import owing, weights
from teahorse.orders.actions import (
    NothingToPay,
    NotToPack,
    NotWeighed,
    WeightOff,
    cancel_order,
    confirm_receipt,
    pack_order,
    place_orders,
    start_payment,
    take_forgotten_payments,
    take_payments,
    waive_overdue,
)
from teahorse.orders.following import tracking
from teahorse.orders.models import BalanceDue, OrderGroup, OrderLine, SellerNotice, SellerOrder, Weighing
from teahorse.payments import actions as payments
from teahorse.payments.models import Payment, Refund
from tests import world
from tests.at_once import at_once
from tests.world import NOW

pytestmark = pytest.mark.django_db
SOON = NOW + timedelta(minutes=5)
IN_THREE_DAYS = SOON + timedelta(days=3)


def by_weight(seller, *, title="牦牛肉", price_fen=9600, nominal_grams=1200, on_hand=20):
    return world.offer(
        seller, title=title, price_fen=price_fen, on_hand=on_hand, weight_grams=nominal_grams + 300, nominal_grams=nominal_grams
    )


@pytest.fixture
def coop():
    return world.organisation("damxung")


@pytest.fixture
def meat(coop):
    return by_weight(coop)


def paid(*lines) -> SellerOrder:
    [placed] = place_orders(wishes=[world.wish(dict(lines))], now=NOW)
    group = OrderGroup.objects.get(pk=placed.group_id)
    pay(group)
    return group.orders.get()


def pay(group, *, now=NOW) -> Payment:
    payment = start_payment(group=group, provider="cash", method="counter", now=now)
    payments.take_cash(payment_id=payment.pk, by_id=uuid4(), now=now)
    take_payments(payment_ids=[payment.pk], now=now)
    return Payment.objects.get(pk=payment.pk)


def line_of(order, offer) -> OrderLine:
    return OrderLine.objects.get(order=order, offer_id=offer.pk)


def pack(order, grams, **more) -> Parcel:
    weighed = {line.pk: grams for line in OrderLine.objects.filter(order=order).exclude(nominal_grams=None)}
    return pack_order(order=order, weight_grams=2000, by=None, now=SOON, weighed=weighed, **more)


def test_what_a_piece_weighs_is_frozen_at_placing(meat):
    order = paid((meat, 2))
    meat.variant.nominal_grams = 700
    meat.variant.save()

    line = line_of(order, meat)

    assert (line.nominal_grams, line.expected_grams, line.quoted_fen) == (1200, 2400, 19200)


def test_what_weighs_less_gives_the_difference_back(meat):
    order = paid((meat, 2))

    pack(order, 2250)

    weighing = Weighing.objects.get()
    assert (weighing.nominal_grams, weighing.actual_grams, weighing.quoted_fen, weighing.weighed_fen) == (2400, 2250, 19200, 18000)
    refund = Refund.objects.get()
    assert (refund.amount_fen, refund.reference, refund.split.reference) == (1200, weighing.run_id, order.pk)
    assert not BalanceDue.objects.exists()


def test_what_weighs_exactly_moves_no_money(meat):
    pack(paid((meat, 1)), 1200)

    assert Weighing.objects.get().difference_fen == 0
    assert (Refund.objects.count(), BalanceDue.objects.count()) == (0, 0)


def test_what_weighs_more_is_asked_for_and_paid(meat):
    order = paid((meat, 1))

    pack(order, 1300, asks_difference=True)
    balance = BalanceDue.objects.get()
    payment = pay(order.group, now=SOON)

    assert (balance.state, balance.amount_fen, balance.due_at) == ("asked", 800, IN_THREE_DAYS)
    assert (payment.reference, payment.amount_fen, payment.splits.get().reference) == (balance.pk, 800, order.pk)
    balance.refresh_from_db()
    assert (balance.state, balance.paid_by_id, balance.settled_at) == ("paid", payment.pk, SOON)
    assert SellerNotice.objects.filter(kind="topped_up", order_id=order.pk).count() == 1
    assert owing.due_of(order.group, now=SOON) is None
    with pytest.raises(NothingToPay):
        start_payment(group=order.group, provider="cash", method="counter", now=SOON)


def test_what_weighs_more_is_the_sellers_gift_where_she_does_not_ask(meat):
    order = paid((meat, 1))

    pack(order, 1300)

    balance = BalanceDue.objects.get()
    assert (balance.state, balance.amount_fen, balance.settled_at) == ("waived", 800, SOON)
    assert owing.due_of(order.group, now=SOON) is None


def test_light_and_heavy_lines_of_an_order_meet_before_money_moves(coop, meat):
    mushrooms = by_weight(coop, title="松茸", price_fen=30000, nominal_grams=500)
    order = paid((meat, 1), (mushrooms, 1))

    pack_order(
        order=order,
        weight_grams=2000,
        by=None,
        now=SOON,
        weighed={line_of(order, meat).pk: 1300, line_of(order, mushrooms).pk: 480},
        asks_difference=True,
    )

    assert Refund.objects.get().amount_fen == 1200 - 800
    assert not BalanceDue.objects.exists()


def test_an_order_is_not_packed_before_all_is_weighed(coop, meat):
    wine = world.offer(coop)
    order = paid((meat, 1), (wine, 1))

    with pytest.raises(NotWeighed) as missing:
        pack_order(order=order, weight_grams=2000, by=None, now=SOON)
    with pytest.raises(Malformed) as wrong:
        pack_order(order=order, weight_grams=2000, by=None, now=SOON, weighed={line_of(order, wine).pk: 500})

    assert missing.value.field == f"weighed.{line_of(order, meat).pk}"
    assert wrong.value.field == f"weighed.{line_of(order, wine).pk}"
    order.refresh_from_db()
    assert (order.state, Weighing.objects.count(), Parcel.objects.count(), world.level_of(meat).reserved) == ("paid", 0, 0, 1)


@pytest.mark.parametrize(("grams", "is_taken"), [(599, False), (600, True), (1800, True), (1801, False)])
def test_a_slip_of_the_finger_is_refused(meat, grams, is_taken):
    order = paid((meat, 1))

    if is_taken:
        pack(order, grams)
    else:
        with pytest.raises(WeightOff, match=r"0\.60 .* 1\.80"):
            pack(order, grams)

    assert Weighing.objects.count() == is_taken


def test_packing_twice_weighs_once(meat):
    order = paid((meat, 1))
    pack(order, 1000)

    with pytest.raises(NotToPack):
        pack(order, 900)

    assert (Weighing.objects.get().actual_grams, Refund.objects.get().amount_fen) == (1000, 1600)


def test_a_difference_that_nobody_pays_is_waived_at_its_deadline_and_late_money_goes_back(meat):
    order = paid((meat, 1))
    pack(order, 1300, asks_difference=True)
    payment = start_payment(group=order.group, provider="cash", method="counter", now=IN_THREE_DAYS - timedelta(minutes=30))

    too_early = waive_overdue(now=IN_THREE_DAYS - timedelta(seconds=1))
    waived = [waive_overdue(now=IN_THREE_DAYS) for _ in range(2)]

    assert (too_early, waived) == (0, [1, 0])
    assert BalanceDue.objects.get().state == "waived"
    assert SellerNotice.objects.filter(kind="waived").count() == 1
    payment.refresh_from_db()
    assert payment.state == "closed"
    with pytest.raises(NothingToPay):
        start_payment(group=order.group, provider="cash", method="counter", now=IN_THREE_DAYS)
    came_late(payment, now=IN_THREE_DAYS + timedelta(hours=1))
    assert [(refund.amount_fen, refund.split.reference) for refund in Refund.objects.all()] == [(800, order.pk)]
    assert BalanceDue.objects.get().state == "waived"


def came_late(payment, *, now):
    """Have the provider say that a closed payment was paid after all."""
    comes(payment, now=now)
    for _ in range(2):
        take_payments(payment_ids=[payment.pk], now=now)


def comes(payment, *, now):
    """Have the provider say that a payment was paid; nobody has taken it yet."""
    from teahorse.payments.actions.recording import POLL, record
    from teahorse.payments.providers import Outcome

    money = Outcome(our_number=payment.our_number, kind="succeeded", provider_number="P1", amount_fen=payment.amount_fen, occurred_at=now)
    record([money], source=POLL, now=now)


def test_money_that_came_before_the_deadline_counts_though_nobody_took_it_yet(meat):
    order = paid((meat, 1))
    pack(order, 1300, asks_difference=True)
    payment = start_payment(group=order.group, provider="cash", method="counter", now=SOON)
    payments.take_cash(payment_id=payment.pk, by_id=uuid4(), now=IN_THREE_DAYS - timedelta(minutes=5))

    waived = waive_overdue(now=IN_THREE_DAYS)
    found = take_forgotten_payments(now=IN_THREE_DAYS)

    assert (waived, found) == (0, 1)
    assert BalanceDue.objects.get().state == "paid"
    assert not Refund.objects.exists()


def test_a_second_payment_of_a_difference_whose_reaction_was_lost_goes_back_by_the_clock(meat):
    order = paid((meat, 1))
    pack(order, 1300, asks_difference=True)
    by_phone = start_payment(group=order.group, provider="wechat_pay", method="native", now=SOON)
    in_cash = pay(order.group, now=SOON)
    comes(by_phone, now=SOON)

    found, again = (take_forgotten_payments(now=SOON + timedelta(minutes=minutes)) for minutes in (3, 6))

    assert (found, again, BalanceDue.objects.get().paid_by_id) == (1, 0, in_cash.pk)
    assert [(refund.payment_id, refund.amount_fen) for refund in Refund.objects.all()] == [(by_phone.pk, 800)]


def test_a_difference_is_paid_once_by_two_ways_of_paying(meat):
    order = paid((meat, 1))
    pack(order, 1300, asks_difference=True)
    by_phone = start_payment(group=order.group, provider="wechat_pay", method="native", now=SOON)

    in_cash = pay(order.group, now=SOON)
    came_late(by_phone, now=SOON + timedelta(minutes=1))

    assert BalanceDue.objects.get().paid_by_id == in_cash.pk
    assert [(refund.payment_id, refund.amount_fen) for refund in Refund.objects.all()] == [(by_phone.pk, 800)]


def test_who_has_her_goods_is_asked_for_nothing_more(meat):
    order = paid((meat, 1))
    pack(order, 1300, asks_difference=True)
    Parcel.objects.update(stage=Parcel.Stage.HANDED_OVER)

    confirm_receipt(orders=[order], now=SOON)

    assert BalanceDue.objects.get().state == "waived"


def test_the_buyer_follows_weight_and_money(meat):
    order = paid((meat, 1))
    pack(order, 1300, asks_difference=True)
    pay(order.group, now=SOON)

    followed = tracking(order.group)

    [part] = followed.orders
    assert [(weighing.actual_grams, weighing.weighed_fen) for weighing in part.weighings.values()] == [(1300, 10400)]
    assert [(balance.kind, balance.state) for balance in part.balances] == [("weight", "paid")]
    assert [payment.amount_fen for payment in followed.payments] == [11600, 800]
    assert part.owed is None


def test_a_paid_order_is_cancelled_before_it_is_weighed_and_all_goes_back(meat):
    order = paid((meat, 1))

    cancel_order(order=order, reason="changed_mind", now=SOON)

    assert Refund.objects.get().amount_fen == order.total_fen


@settings(max_examples=300, deadline=None)
@given(
    st.integers(1, 10**9),
    st.integers(1, 10**6),
    st.integers(1, 999),
    st.data(),
)
def test_a_price_by_weight_is_never_more_than_its_share_and_less_by_less_than_a_fen(fen, nominal, units, data):
    expected = nominal * units
    least, most = weights.bounds(expected)
    actual = data.draw(st.integers(least, max(least, most)))

    cost = weights.by_weight(fen, nominal_grams=expected, actual_grams=actual)

    assert cost * expected <= fen * actual < (cost + 1) * expected
    assert cost >= 0
    assert (cost - fen) * (actual - expected) >= 0
    assert fen - cost <= fen


@settings(max_examples=12, deadline=None)
@given(
    st.lists(st.tuples(st.integers(1, 5000), st.integers(2, 3000), st.integers(1, 5), st.integers(50, 150)), min_size=1, max_size=4),
    st.booleans(),
)
def test_quoted_weighed_refunded_and_asked_add_up_to_the_fen(lines, asks):
    coop = world.organisation("damxung")
    offers = [(by_weight(coop, price_fen=fen, nominal_grams=grams), units, percent) for fen, grams, units, percent in lines]
    order = paid(*((offer, units) for offer, units, _percent in offers))
    weighed = {}
    for offer, _units, percent in offers:
        line = line_of(order, offer)
        least, most = weights.bounds(line.expected_grams)
        weighed[line.pk] = min(max(least, line.expected_grams * percent // 100), most)

    pack_order(order=order, weight_grams=1000, by=None, now=SOON, weighed=weighed, asks_difference=asks)

    rows = Weighing.objects.filter(line__order=order)
    quoted, cost = sum(row.quoted_fen for row in rows), sum(row.weighed_fen for row in rows)
    back = sum(refund.amount_fen for refund in Refund.objects.filter(split__reference=order.pk))
    more = {balance.state: balance.amount_fen for balance in BalanceDue.objects.filter(order=order)}
    assert quoted == order.goods_fen
    assert quoted - back + sum(more.values()) == cost
    assert not (back and more)
    assert more.keys() <= {"asked" if asks else "waived"}


@pytest.mark.django_db(transaction=True)
def test_two_tablets_at_once_weigh_once():
    meat = by_weight(world.organisation("damxung"))
    orders = [paid((meat, 1)) for _ in range(4)]

    outcomes = [at_once(*[lambda order=order, grams=grams: pack(order, grams) for grams in (1000, 1100)]) for order in orders]

    assert all({type(one) for one in pair} == {Parcel, NotToPack} for pair in outcomes)
    assert (Weighing.objects.count(), Refund.objects.count(), Parcel.objects.count()) == (4, 4, 4)


@pytest.mark.django_db(transaction=True)
def test_a_payment_and_the_deadline_at_once_give_one_outcome():
    meat = by_weight(world.organisation("damxung"))
    orders = [paid((meat, 1)) for _ in range(4)]
    tries = []
    for order in orders:
        pack(order, 1300, asks_difference=True)
        payment = start_payment(group=order.group, provider="cash", method="counter", now=IN_THREE_DAYS - timedelta(minutes=1))
        payments.take_cash(payment_id=payment.pk, by_id=uuid4(), now=IN_THREE_DAYS)
        tries.append(payment)

    for payment in tries:
        at_once(lambda key=payment.pk: take_payments(payment_ids=[key], now=IN_THREE_DAYS), lambda: waive_overdue(now=IN_THREE_DAYS))

    assert set(BalanceDue.objects.values_list("state", flat=True)) == {"paid"}
    assert not Refund.objects.exists()
