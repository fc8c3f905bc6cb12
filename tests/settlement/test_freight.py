"""Who pays for sending, who gets it, and what of it goes back, to the fen."""

from datetime import timedelta

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from teahorse.aftersales import actions as aftersales
from teahorse.aftersales.actions import Actor
from teahorse.logistics.models import FreightRate, Parcel
from teahorse.orders import actions as orders
from teahorse.payments.models import Refund
from teahorse.settlement import actions
from teahorse.settlement.comparing import differences
from teahorse.settlement.models import FeeLine, Sale, SubsidyLine
from tests import world
from tests.aftersales.making import opened

from .making import are_whole, arrive, book, centre, close, closed, fee, paid, refund, settled, standing
from .test_reconciling import unguarded


@pytest.fixture
def goods(seller):
    return world.offer(seller, price_fen=10_000, on_hand=1000)


@pytest.fixture
def budget(db):
    return world.organisation("budget", kind="county_centre", code=world.GYANGZE)


def lane(*, payer=None, basis_points=0, free_from_fen=None):
    """The one freight rate for everywhere: 18 yuan."""
    return FreightRate.objects.create(
        first_kg_fen=1800,
        further_kg_fen=800,
        free_from_fen=free_from_fen,
        subsidy_basis_points=basis_points,
        subsidy_payer=payer,
        days_min=1,
        days_max=2,
    )


def carried():
    """Have the seller's county centre carry for her, for all that it costs."""
    centre()
    return fee("freight", rate=10_000, basis="freight")


def given_back(order, kind, reason, *, now, units=None):
    """Have a case about an order granted, the goods come back where they have to, and the money arrive."""
    seller, clerk = Actor("seller"), world.person("+8619900001013")
    case = opened(order, kind, reason, now=now, units=units)
    aftersales.agree(case=case, by=seller, now=now)
    if kind == "return_refund":
        aftersales.send_back(case=case, carrier="sf", number="SF12345678", by=Actor("buyer"), now=now)
        aftersales.receive_return(case=case, by=clerk, now=now)
        aftersales.pass_inspection(case=case, is_sellable=True, by=Actor("seller", clerk.pk), now=now)
    found = Refund.objects.get(reference=case.pk)
    arrive(found, now=now)
    aftersales.settle_refunds(refund_ids=[found.pk], now=now)
    actions.book_sales(order_ids=[order.pk], now=now)
    case.refresh_from_db()
    return case


@pytest.mark.django_db
def test_a_seller_who_sends_herself_keeps_what_is_paid_for_it(seller, goods, budget, now):
    lane(payer=budget, basis_points=3333)

    settled(closed({goods: 1}, now=now), now=now)

    (line,) = SubsidyLine.objects.all()
    assert (line.kind, line.bearer_id, line.amount_fen) == ("freight", budget.pk, 599)
    assert standing(budget) == {"subsidy": -599}
    assert standing(seller) == {"payable": 10_000 + 1201 + 599}
    assert FeeLine.objects.count() == 0
    assert are_whole(now)


@pytest.mark.django_db
def test_who_carries_gets_what_sending_costs(seller, goods, budget, now):
    lane(payer=budget, basis_points=3333)
    carried()

    settled(closed({goods: 1}, now=now), now=now)

    assert standing(centre()) == {"fees:freight": 1800}
    assert standing(budget) == {"subsidy": -599}
    assert standing(seller) == {"payable": 10_000}
    assert are_whole(now)


@pytest.mark.django_db
def test_who_sends_free_bears_what_the_budget_does_not(seller, goods, budget, now):
    lane(payer=budget, basis_points=2500, free_from_fen=5000)
    carried()
    fee(rate=300)

    (order,) = closed({goods: 1}, now=now)
    actions.book_sales(order_ids=[order.pk], now=now)

    assert (order.total_fen, order.freight_fen, order.freight_seller_fen) == (10_000, 0, 1350)
    assert standing(centre()) == {"fees:commission": 300, "fees:freight": 1800}  # a commission is of the goods alone
    assert standing(seller) == {"earned": 10_000 + 450 - 300 - 1800}
    assert are_whole(now)


@pytest.mark.django_db
def test_part_of_the_cost_can_be_a_fee(seller, goods, now):
    lane()
    centre()
    fee("freight", rate=3333, basis="freight")

    settled(closed({goods: 1}, now=now), now=now)

    assert standing(centre()) == {"fees:freight": 600}
    assert standing(seller) == {"payable": 11_200}


@pytest.mark.django_db
def test_a_budget_pays_a_discount_and_the_way_of_one_order(seller, goods, budget, now, monkeypatch):
    lane(payer=budget, basis_points=5000)
    monkeypatch.setattr("teahorse.settlement.facts._subsidies", lambda keys: {key: [(budget.pk, 700)] for key in keys})

    (order,) = closed({goods: 1}, now=now)
    actions.book_sales(order_ids=[order.pk], now=now)

    assert sorted(SubsidyLine.objects.values_list("kind", "amount_fen")) == [("discount", 700), ("freight", 900)]
    assert standing(budget) == {"subsidy": -1600}
    assert are_whole(now)


# --- Back


@pytest.mark.django_db
@pytest.mark.parametrize("free_from_fen", [None, 0])
def test_what_was_never_sent_costs_nobody_anything(seller, goods, budget, now, free_from_fen):
    lane(payer=budget, basis_points=2500, free_from_fen=free_from_fen)
    carried()
    fee(rate=300)
    (order,) = paid({goods: 1}, now=now)
    book(now)
    orders.cancel_order(order=order, reason="改主意了", now=now)

    arrive(Refund.objects.get(), now=now)
    book(now)

    assert (standing(), standing(seller), standing(budget), standing(centre())) == ({}, {}, {}, {})
    assert are_whole(now)


@pytest.mark.django_db
@pytest.mark.parametrize("is_booked", [True, False])
def test_goods_that_come_back_leave_the_way_paid(seller, goods, budget, now, is_booked):
    """The centre carried them all the same, and the budget paid for that; a commission of the goods goes back with them."""
    lane(payer=budget, basis_points=2500)
    carried()
    fee(rate=300)
    (order,) = closed({goods: 2}, now=now)
    if is_booked:
        actions.book_sales(order_ids=[order.pk], now=now)

    given_back(order, "refund_only", "damaged", now=now, units={1: 1})
    half = (standing(centre()), standing(seller))
    given_back(order, "return_refund", "no_reason", now=now, units={1: 1})

    assert half == ({"fees:commission": 300, "fees:freight": 1800}, {"earned": 9700})
    assert (standing(centre()), standing(seller)) == ({"fees:freight": 1800}, {})
    assert standing(budget) == {"subsidy": -450}
    assert standing() == {"at_provider:wechat_pay": -1350}
    assert are_whole(now)


@pytest.mark.django_db
def test_who_sends_herself_keeps_what_was_paid_for_the_way(seller, goods, budget, now):
    lane(payer=budget, basis_points=2500)
    (order,) = closed({goods: 1}, now=now)
    actions.book_sales(order_ids=[order.pk], now=now)

    given_back(order, "return_refund", "no_reason", now=now)

    assert (standing(seller), standing(budget)) == ({"earned": 1800}, {"subsidy": -450})
    assert are_whole(now)


@pytest.mark.django_db
@pytest.mark.parametrize("is_closed", [True, False])
def test_a_seller_who_sent_free_owes_the_way_of_what_came_back(seller, goods, budget, now, is_closed):
    """The buyer has all her money back, and yet not everything has gone back: the way was not the buyer's to pay."""
    lane(payer=budget, basis_points=2500, free_from_fen=0)
    carried()
    fee(rate=300)
    (order,) = (closed if is_closed else paid)({goods: 1}, now=now)
    if not is_closed:
        orders.pack_order(order=order, weight_grams=500, by=None, now=now)
        Parcel.objects.update(stage=Parcel.Stage.HANDED_OVER, stage_at=now)
        order.refresh_from_db()
    actions.book_sales(order_ids=[order.pk], now=now)

    case = given_back(order, "return_refund", "no_reason", now=now)
    if not is_closed:
        orders.confirm_receipt(orders=[order], now=now)
        actions.book_sales(order_ids=[order.pk], now=now)

    assert (case.is_freight_back, case.freight_subsidy_fen) == (False, 0)
    assert standing(centre()) == {"fees:freight": 1800}
    assert standing(seller) == {"earned": 450 - 1800}
    assert standing(budget) == {"subsidy": -450}
    assert are_whole(now)


@pytest.mark.django_db
@pytest.mark.parametrize("free_from_fen", [None, 0])
def test_where_the_freight_goes_back_it_goes_back_to_all(seller, goods, budget, now, free_from_fen):
    """A fault, and everything goes back: also where the buyer paid nothing for the way, so that no fen of it tells."""
    lane(payer=budget, basis_points=2500, free_from_fen=free_from_fen)
    carried()
    fee(rate=300)
    (order,) = closed({goods: 2}, now=now)
    actions.book_sales(order_ids=[order.pk], now=now)

    case = given_back(order, "refund_only", "damaged", now=now)

    assert (case.is_freight_back, case.freight_subsidy_fen) == (True, 450)
    assert (standing(), standing(seller), standing(budget), standing(centre())) == ({}, {}, {}, {})
    assert are_whole(now)


@pytest.mark.django_db
def test_half_of_it_granted_is_half_of_the_way(seller, goods, budget, now):
    lane(payer=budget, basis_points=2500)
    carried()
    (order,) = closed({goods: 1}, now=now)
    actions.book_sales(order_ids=[order.pk], now=now)
    case = opened(order, "refund_only", "damaged", now=now)
    aftersales.offer(case=case, amount_fen=5675, words="各承担一半", by=world.person("+8619900001013"), now=now)
    aftersales.accept_offer(case=case, by=Actor("buyer"), now=now)
    actions.book_sales(order_ids=[order.pk], now=now)

    assert (standing(centre()), standing(budget)) == ({"fees:freight": 900}, {"subsidy": -225})
    assert standing(seller) == {"earned": 5000}
    assert are_whole(now)


@pytest.mark.django_db
def test_the_reconciler_sees_a_subsidy_that_is_not_booked_as_agreed(seller, goods, budget, now):
    lane(payer=budget, basis_points=2500)
    paid({goods: 1}, now=now)
    book(now)
    unguarded("update settlement_subsidyline set amount_fen = 449")

    found = {(one.kind, one.expected_fen, one.found_fen) for one in differences(now=now + timedelta(hours=1))}

    assert {("freight and its subsidy", 450, 449), ("sale and its subsidies", 450, 449)} <= found


# --- In any division


@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    basis_points=st.integers(0, 10_000),
    free_from_fen=st.none() | st.just(0),
    rate=st.none() | st.integers(1, 10_000),
    commission=st.integers(1, 10_000),
    parts=st.lists(st.integers(1, 99), max_size=3),
    is_closed=st.booleans(),
)
@pytest.mark.django_db
def test_the_parts_of_the_way_add_up(seller, goods, budget, now, basis_points, free_from_fen, rate, commission, parts, is_closed):
    """However freight is borne and whoever carries: the books balance, and when everything has gone back nothing is left anywhere."""
    with transaction.atomic():
        lane(payer=budget if basis_points else None, basis_points=basis_points, free_from_fen=free_from_fen)
        centre()
        fee(rate=commission)
        if rate:
            fee("freight", rate=rate, basis="freight")
        (order,) = closed({goods: 1}, now=now) if is_closed else paid({goods: 1}, now=now)
        actions.book_sales(order_ids=[order.pk], now=now)
        sale = Sale.objects.get(pk=order.pk)
        assert order.freight_cost_fen == order.freight_fen + order.freight_subsidy_fen + order.freight_seller_fen == 1800
        assert sale.net_fen + sale.fees_fen == order.total_fen + order.freight_subsidy_fen

        left = order.total_fen
        for part in parts:
            fen = max(1, left * part // 100)
            arrive(refund(order, fen, now=now), now=now)
            actions.book_sales(order_ids=[order.pk], now=now)
            left -= fen
        assert are_whole(now)
        if left:
            arrive(refund(order, left, now=now), now=now)
            actions.book_sales(order_ids=[order.pk], now=now)

        if not is_closed:
            close(order, now=now)
            actions.book_sales(order_ids=[order.pk], now=now)
        assert (standing(), standing(seller), standing(budget), standing(centre())) == ({}, {}, {}, {})
        assert are_whole(now)
        transaction.set_rollback(True)
