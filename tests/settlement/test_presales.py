"""What is sold before its harvest, in the books: held while it waits, a sale when the rest is paid, given back whole when it is not."""

from datetime import timedelta

import pytest

from teahorse.aftersales import actions as cases
from teahorse.aftersales.actions.moving import BY_HOUSE
from teahorse.ledger import queries as books
from teahorse.orders import actions as orders
from teahorse.orders.models import BalanceDue, SellerOrder
from teahorse.payments.models import Refund
from teahorse.settlement import actions, heard
from teahorse.settlement.models import FeeLine, Sale
from tests import world
from tests.aftersales.making import opened
from tests.promotions.offers import promotion as offered

from .making import are_whole, arrive, book, centre, close, fee, money_for, paid, settled, standing

pytestmark = pytest.mark.django_db


@pytest.fixture
def mushrooms(seller):
    return world.offer(seller, title="松茸", price_fen=10_000, on_hand=0)


def sold_early(offer, *, now, capacity=5):
    return orders.open_harvest_sale(
        level=world.level_of(offer),
        capacity=capacity,
        opens_at=now,
        closes_at=now + timedelta(days=2),
        ship_by_date=(now + timedelta(days=20)).date(),
        deposit_basis_points=3000,
        by=None,
        now=now,
    )


def harvested(sale, units, *, now):
    orders.declare_harvest(sale=sale, units=units, by=None, now=now)
    while orders.settle_harvests(now=now):
        pass


def rest_paid(order, *, now):
    payment = orders.start_payment(group=order.group, provider="wechat_pay", method="native", now=now)
    money_for(payment, now=now)
    orders.take_payments(payment_ids=[payment.pk], now=now)
    return payment


def all_arrive(*, now):
    for refund in Refund.objects.order_by("pk"):
        arrive(refund, now=now)


def test_a_deposit_is_held_and_is_no_sale_yet(seller, mushrooms, now):
    fee(rate=300)
    centre()
    sale = sold_early(mushrooms, now=now)

    (order,) = paid({mushrooms: 1}, now=now)
    book(now)
    harvested(sale, 5, now=now + timedelta(days=3))
    book(now + timedelta(days=3))

    assert (order.state, order.deposit_fen, order.total_fen) == ("presale_wait", 3000, 11_200)
    assert standing(seller) == {"held": 3000}
    assert standing() == {"at_provider:wechat_pay": -3000}
    assert Sale.objects.get().frozen_at is None
    assert not FeeLine.objects.exists()
    assert are_whole(now + timedelta(days=3))


def test_with_its_rest_it_is_a_sale_over_the_whole(seller, mushrooms, now):
    fee(rate=300)
    centre()
    sale = sold_early(mushrooms, now=now)
    (order,) = paid({mushrooms: 1}, now=now)
    book(now)
    harvested(sale, 5, now=now + timedelta(days=3))

    rest_paid(order, now=now + timedelta(days=4))
    order.refresh_from_db()
    close(order, now=now + timedelta(days=5))
    later = settled([order], now=now + timedelta(days=5))

    assert Sale.objects.get().paid_fen == 11_200
    assert standing(centre()) == {"fees:commission": 300}
    assert standing(seller) == {"payable": 10_900}
    assert standing() == {"at_provider:wechat_pay": -11_200}
    assert are_whole(later)


@pytest.mark.parametrize("booked_early", [True, False])
def test_a_lapse_leaves_nothing_behind(seller, mushrooms, now, booked_early):
    fee(rate=300)
    centre()
    sale = sold_early(mushrooms, now=now)
    (order,) = paid({mushrooms: 1}, now=now)
    if booked_early:
        book(now)
    harvested(sale, 5, now=now + timedelta(days=3))
    deadline = now + timedelta(days=6)

    assert orders.lapse_overdue(now=deadline) == 1
    book(deadline)
    all_arrive(now=deadline)
    book(deadline)

    order.refresh_from_db()
    assert (order.state, BalanceDue.objects.get().state, Refund.objects.get().amount_fen) == ("cancelled", "lapsed", 3000)
    assert (standing(seller), standing(centre()), standing()) == ({}, {}, {})
    assert list(books.balances_that_do_not_add_up()) == []
    assert are_whole(deadline)


def test_a_failed_harvest_leaves_nothing_behind_and_gives_the_promotion_back(seller, mushrooms, now):
    promotion = offered(seller, percent_bp=1000, budget_fen=100_000)
    sale = sold_early(mushrooms, now=now)
    (order,) = paid({mushrooms: 1}, now=now)
    book(now)
    promotion.refresh_from_db()
    spent_fen = promotion.spent_fen

    harvested(sale, 0, now=now + timedelta(days=3))
    all_arrive(now=now + timedelta(days=3))
    book(now + timedelta(days=3))

    promotion.refresh_from_db()
    assert (order.discount_fen, order.deposit_fen) == (1000, 2700)  # of what the buyer pays for the goods
    assert (spent_fen, promotion.spent_fen, promotion.uses) == (1000, 0, 0)
    assert SellerOrder.objects.get().state == "cancelled"
    assert (standing(seller), standing()) == ({}, {})
    assert are_whole(now + timedelta(days=3))


def test_a_case_over_all_of_it_goes_back_out_of_both_payments(seller, mushrooms, now):
    sale = sold_early(mushrooms, now=now)
    (order,) = paid({mushrooms: 1}, now=now)
    harvested(sale, 5, now=now + timedelta(days=3))
    rest_paid(order, now=now + timedelta(days=4))
    order.refresh_from_db()
    close(order, now=now + timedelta(days=5))
    after = now + timedelta(days=5, hours=1)
    case = opened(order, "refund_only", "damaged", now=after)

    cases.agree(case=case, by=BY_HOUSE, now=after)
    first, second = Refund.objects.order_by("amount_fen")
    arrive(first, now=after)
    cases.settle_refunds(refund_ids=[first.pk], now=after)
    case.refresh_from_db()
    halfway = case.state
    arrive(second, now=after)
    cases.settle_refunds(refund_ids=[second.pk], now=after)
    book(after)

    case.refresh_from_db()
    assert first.reference == second.reference == case.pk
    assert (first.amount_fen + second.amount_fen, first.payment_id != second.payment_id) == (case.agreed_fen, True)
    assert (halfway, case.state) == ("refunding", "done")
    assert list(books.balances_that_do_not_add_up()) == []
    assert are_whole(after)


def test_what_waits_for_its_balance_is_not_forgotten(mushrooms, now):
    sold_early(mushrooms, now=now)
    paid({mushrooms: 1}, now=now)
    book(now)

    assert heard.forgotten(since=now, until=now + timedelta(hours=1), limit=10) == []


def test_a_balance_whose_reaction_was_lost_is_found(seller, mushrooms, now):
    sale = sold_early(mushrooms, now=now)
    (order,) = paid({mushrooms: 1}, now=now)
    book(now)
    later = now + timedelta(days=40)
    harvested(sale, 5, now=later)
    payment = orders.start_payment(group=order.group, provider="wechat_pay", method="native", now=later)
    money_for(payment, now=later)
    actions.book_payments(payment_ids=[payment.pk], now=later)
    orders.take_payments(payment_ids=[payment.pk], now=later)

    actions.book_forgotten(now=later + timedelta(minutes=3), since=later - timedelta(hours=1))

    assert (Sale.objects.get().paid_fen, Sale.objects.get().frozen_at) == (11_200, now)
    assert heard.forgotten(since=now, until=later + timedelta(hours=1), limit=10) == []
    assert are_whole(later)


def test_a_balance_of_weight_whose_reaction_was_lost_is_found(seller, now):
    (order,) = paid({world.offer(seller, price_fen=3800, on_hand=5): 1}, now=now)
    book(now)
    BalanceDue.objects.create(
        order=order, county_id=order.county_id, kind="weight", amount_fen=300, asked_at=now, due_at=now + timedelta(days=3)
    )
    payment = orders.start_payment(group=order.group, provider="wechat_pay", method="native", now=now)
    money_for(payment, now=now)
    actions.book_payments(payment_ids=[payment.pk], now=now)
    orders.take_payments(payment_ids=[payment.pk], now=now)

    book(now)

    assert Sale.objects.get().paid_fen == 5300
    assert are_whole(now)
