from datetime import timedelta
from uuid import uuid4

import pytest

from teahorse.orders.actions import (
    NothingToPay,
    TooLateToCancel,
    cancel_order,
    expire_orders,
    pack_order,
    paying,
    place_orders,
    start_payment,
    take_forgotten_payments,
    take_payments,
)
from teahorse.orders.actions.fulfilling import UnitsGone
from teahorse.orders.models import OrderGroup, SellerOrder
from teahorse.payments import actions as payments
from teahorse.payments.models import Payment, PaymentSplit, Refund
from teahorse.stock.actions import release_overdue
from teahorse.stock.models import Reservation
from teahorse.stock.queries import levels_that_do_not_add_up
from tests import world
from tests.world import LATER, NOW

pytestmark = pytest.mark.django_db
SOON = NOW + timedelta(minutes=1)


@pytest.fixture
def wine():
    return world.offer(world.organisation("chamchen"), price_fen=3800, on_hand=2)


@pytest.fixture
def carpet():
    return world.offer(world.organisation("jiangzi", code=world.GYANGZE), price_fen=128000, on_hand=3)


def placed(*lines, now=NOW) -> OrderGroup:
    [answer] = place_orders(wishes=[world.wish(dict(lines), now=now)], now=now)
    return OrderGroup.objects.get(pk=answer.group_id)


def paid_at_the_counter(group, *, now=SOON) -> Payment:
    payment = start_payment(group=group, provider="cash", method="counter", now=now)
    payments.take_cash(payment_id=payment.pk, by_id=uuid4(), now=now)
    return Payment.objects.get(pk=payment.pk)


def states(group):
    return set(SellerOrder.objects.filter(group=group).values_list("state", flat=True))


def test_a_payment_is_split_by_seller_and_ends_with_the_reservation(wine, carpet):
    group = placed((wine, 1), (carpet, 1))

    payment = start_payment(group=group, provider="cash", method="counter", now=SOON)

    assert payment.amount_fen == group.total_fen
    assert payment.expires_at == group.expires_at
    assert sum(payment.splits.values_list("amount_fen", flat=True)) == group.total_fen
    assert set(payment.splits.values_list("reference", flat=True)) == set(group.orders.values_list("pk", flat=True))


def test_money_makes_all_orders_of_a_group_paid_and_keeps_their_units(wine, carpet):
    group = placed((wine, 1), (carpet, 1))
    payment = paid_at_the_counter(group)

    take_payments(payment_ids=[payment.pk], now=SOON)

    assert states(group) == {"paid"}
    assert set(Reservation.objects.values_list("state", "expires_at")) == {("committed", None)}


def test_the_same_money_told_twice_pays_once(wine):
    group = placed((wine, 1))
    payment = paid_at_the_counter(group)

    take_payments(payment_ids=[payment.pk], now=SOON)
    take_payments(payment_ids=[payment.pk], now=SOON)

    assert states(group) == {"paid"}
    assert not Refund.objects.exists()
    assert levels_that_do_not_add_up() == []


def test_an_order_that_is_not_paid_in_time_gives_its_units_back(wine):
    group = placed((wine, 2))

    assert expire_orders(now=NOW + LATER) == 1

    assert states(group) == {"expired"}
    assert world.level_of(wine).available == 2
    assert expire_orders(now=NOW + LATER) == 0


def test_nothing_can_be_paid_for_an_expired_order(wine):
    group = placed((wine, 1))

    with pytest.raises(NothingToPay):
        start_payment(group=group, provider="cash", method="counter", now=NOW + LATER)


def test_late_money_gets_the_units_again_when_they_are_left(wine):
    group = placed((wine, 2))
    payment = paid_at_the_counter(group)
    expire_orders(now=NOW + LATER)

    take_payments(payment_ids=[payment.pk], now=NOW + LATER)

    assert states(group) == {"paid"}
    assert world.level_of(wine).available == 0
    assert levels_that_do_not_add_up() == []


def test_late_money_goes_back_when_somebody_else_has_the_units(wine):
    group = placed((wine, 2))
    payment = paid_at_the_counter(group)
    expire_orders(now=NOW + LATER)
    placed((wine, 1), now=NOW + LATER)

    take_payments(payment_ids=[payment.pk], now=NOW + LATER)
    take_payments(payment_ids=[payment.pk], now=NOW + LATER)

    assert states(group) == {"expired"}
    refund = Refund.objects.get()
    assert (refund.amount_fen, refund.reference) == (group.total_fen, group.orders.get().pk)
    assert levels_that_do_not_add_up() == []


def test_late_money_that_was_sent_back_does_not_pay_when_units_come_free(wine):
    group = placed((wine, 2))
    payment = paid_at_the_counter(group)
    expire_orders(now=NOW + LATER)
    other = placed((wine, 1), now=NOW + LATER)
    take_payments(payment_ids=[payment.pk], now=NOW + LATER)
    cancel_order(order=other.orders.get(), reason="changed my mind", now=NOW + LATER)

    take_payments(payment_ids=[payment.pk], now=NOW + LATER)

    assert states(group) == {"expired"}
    assert Refund.objects.count() == 1


def test_cancelling_one_paid_part_refunds_that_part_alone(wine, carpet):
    group = placed((wine, 1), (carpet, 1))
    take_payments(payment_ids=[paid_at_the_counter(group).pk], now=SOON)
    part = group.orders.get(seller__key="chamchen")

    cancel_order(order=part, reason="changed my mind", now=SOON)
    cancel_order(order=part, reason="changed my mind", now=SOON)

    assert sorted(group.orders.values_list("state", flat=True)) == ["cancelled", "paid"]
    assert Refund.objects.get().amount_fen == part.total_fen
    assert world.level_of(wine).available == 2


def test_cancelling_an_unpaid_part_cancels_the_whole_group(wine, carpet):
    group = placed((wine, 1), (carpet, 1))

    cancel_order(order=group.orders.first(), reason="", now=SOON)

    assert states(group) == {"cancelled"}
    assert not Refund.objects.exists()
    assert levels_that_do_not_add_up() == []


def test_a_packed_order_is_too_late_to_cancel(wine):
    group = placed((wine, 1))
    take_payments(payment_ids=[paid_at_the_counter(group).pk], now=SOON)
    order = group.orders.get()
    pack_order(order=order, weight_grams=600, by=world.person(), now=SOON)

    with pytest.raises(TooLateToCancel):
        cancel_order(order=order, reason="", now=SOON)

    assert states(group) == {"preparing"}


def settled(group, *, state, at=SOON) -> Payment:
    """Return another payment of a group, of one seller, that brought its money."""
    payment = Payment.objects.create(
        reference=group.pk, attempt=Payment.objects.count() + 1, provider="cash", method="counter", our_number=uuid4().hex,
        amount_fen=group.total_fen, subject="x", state=state, created_at=NOW, expires_at=group.expires_at, settled_at=at,
    )  # fmt: skip
    order = group.orders.get()
    PaymentSplit.objects.create(payment=payment, payee_id=order.seller_id, reference=order.pk, amount_fen=payment.amount_fen)
    return payment


@pytest.mark.parametrize("order_of_jobs", [(0, 1), (1, 0)])
def test_of_two_payments_settled_at_once_one_pays_and_the_other_goes_back(wine, order_of_jobs):
    group = placed((wine, 1))
    both = [settled(group, state="late_succeeded"), settled(group, state="succeeded")]

    for index in (*order_of_jobs, *order_of_jobs):
        take_payments(payment_ids=[both[index].pk], now=SOON)

    paid_by, sent_back = both[order_of_jobs[0]], both[order_of_jobs[1]]
    assert SellerOrder.objects.get(group=group).paid_by_id == paid_by.pk
    assert [refund.payment_id for refund in Refund.objects.all()] == [sent_back.pk]


def test_money_whose_reaction_was_lost_is_taken_by_the_clock(wine):
    group = placed((wine, 1))
    payment = paid_at_the_counter(group)

    assert take_forgotten_payments(now=SOON) == 0
    assert take_forgotten_payments(now=SOON + timedelta(minutes=3)) == 1

    assert states(group) == {"paid"}
    assert SellerOrder.objects.get(group=group).paid_by_id == payment.pk
    assert take_forgotten_payments(now=SOON + timedelta(minutes=6)) == 0


def test_the_sweep_looks_back_as_far_as_it_is_told(wine):
    group = placed((wine, 1))
    paid_at_the_counter(group)
    later = SOON + timedelta(hours=2)

    last_hour, last_days = take_forgotten_payments(now=later, since=later - timedelta(hours=1)), take_forgotten_payments(now=later)

    assert (last_hour, last_days) == (0, 1)
    assert states(group) == {"paid"}


def test_one_payment_that_cannot_be_taken_stops_no_other(wine, monkeypatch, caplog):
    poisoned, good = placed((wine, 1)), placed((wine, 1))
    first, _second = paid_at_the_counter(poisoned), paid_at_the_counter(good)

    def take(payment, orders, now, *, real=paying._take):
        if payment.pk == first.pk:
            raise RuntimeError
        return real(payment, orders, now)

    monkeypatch.setattr(paying, "_take", take)

    found = take_forgotten_payments(now=SOON + timedelta(minutes=3))

    assert (found, states(poisoned), states(good)) == (2, {"pending_payment"}, {"paid"})
    assert str(first.pk) in caplog.text


def test_lost_money_for_a_cancelled_order_goes_back_by_the_clock(wine):
    group = placed((wine, 1))
    cancel_order(order=SellerOrder.objects.get(group=group), reason="改主意了", now=SOON)
    late = settled(group, state="late_succeeded")

    found, again = (take_forgotten_payments(now=SOON + timedelta(minutes=minutes)) for minutes in (3, 6))

    assert (found, again) == (1, 0)
    assert [(refund.payment_id, refund.amount_fen) for refund in Refund.objects.all()] == [(late.pk, group.total_fen)]


def test_a_lost_second_payment_goes_back_by_the_clock(wine):
    group = placed((wine, 1))
    first, second = settled(group, state="late_succeeded"), settled(group, state="succeeded")
    take_payments(payment_ids=[first.pk], now=SOON)

    found, again = (take_forgotten_payments(now=SOON + timedelta(minutes=minutes)) for minutes in (3, 6))

    assert (found, again) == (1, 0)
    assert [refund.payment_id for refund in Refund.objects.all()] == [second.pk]


def test_a_paid_order_without_units_is_not_packed(wine):
    group = placed((wine, 1))
    take_payments(payment_ids=[paid_at_the_counter(group).pk], now=SOON)
    Reservation.objects.update(state="released")

    with pytest.raises(UnitsGone):
        pack_order(order=group.orders.get(), weight_grams=600, by=world.person(), now=SOON)

    assert states(group) == {"paid"}


def test_the_sweep_of_the_forgotten_leaves_what_is_paid(wine):
    group = placed((wine, 1))
    take_payments(payment_ids=[paid_at_the_counter(group).pk], now=SOON)
    Reservation.objects.update(expires_at=NOW)

    release_overdue(now=NOW + timedelta(hours=1))

    assert set(Reservation.objects.values_list("state", flat=True)) == {"committed"}
