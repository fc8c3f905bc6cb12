"""What stands on which account after each fact, to the fen, in whatever order the facts are told."""

import itertools
import random
from datetime import timedelta

import pytest

from teahorse.aftersales import actions as cases
from teahorse.aftersales.actions.moving import BY_HOUSE
from teahorse.aftersales.events import CasesDecided
from teahorse.ledger import queries as books
from teahorse.ledger.models import JournalEntry
from teahorse.logistics.models import Parcel
from teahorse.orders import actions as orders
from teahorse.orders.models import SellerOrder
from teahorse.payments.models import Payment, Refund
from teahorse.settlement import actions, facts, reactions
from teahorse.settlement.models import FeeLine, FeeReversal, Maturity, Sale
from tests import world
from tests.aftersales.making import opened
from tests.promotions.offers import platform, promotion

from .making import are_whole, arrive, book, centre, close, closed, fee, paid, pay, placed, refund, settled, standing


@pytest.mark.django_db
def test_paid_money_is_held(seller, goods, now):
    (order,) = paid({goods: 1}, now=now)

    book(now)

    assert standing(seller) == {"held": 5000}
    assert standing() == {"at_provider:wechat_pay": -5000}
    sale = Sale.objects.get(pk=order.pk)
    assert (sale.held_fen, sale.paid_fen, sale.frozen_at) == (5000, 5000, now)
    assert are_whole(now)


@pytest.mark.django_db
def test_a_closed_order_gives_everybody_her_part(seller, goods, now):
    fee(rate=300)
    fee("payment", rate=60, basis="paid", beneficiary="provider")
    centre()

    settled(closed({goods: 1}, now=now), now=now)

    assert standing(centre()) == {"fees:commission": 114}
    assert standing(seller) == {"payable": 4856}
    assert standing() == {"at_provider:wechat_pay": -5000, "fees:payment": 30}
    assert are_whole(now + timedelta(days=9))


@pytest.mark.django_db
def test_an_earning_waits_for_the_end_of_the_return_window(seller, goods, now):
    actions.book_sales(order_ids=[order.pk for order in closed({goods: 1}, now=now)], now=now)
    (maturing,) = Maturity.objects.all()

    too_early = actions.mature_earnings(now=maturing.matures_at - timedelta(seconds=1))
    matured, again = (actions.mature_earnings(now=maturing.matures_at) for _ in range(2))

    assert maturing.matures_at.isoformat() == "2026-08-22T16:00:00+00:00"  # eight days on, midnight in Shanghai
    assert (too_early, matured, again) == (0, 1, 0)
    assert standing(seller) == {"payable": 5000}


@pytest.mark.django_db
def test_a_cancelled_order_leaves_nothing_with_its_seller(seller, goods, now):
    fee()
    centre()
    (order,) = paid({goods: 1}, now=now)
    orders.cancel_order(order=order, reason="改主意了", now=now)
    book(now)
    between = standing()

    arrive(Refund.objects.get(), now=now)
    book(now)

    assert between == {"at_provider:wechat_pay": -5000, "going_back": 5000}
    assert (standing(), standing(seller), standing(centre())) == ({}, {}, {})
    line = FeeLine.objects.get()
    assert (line.amount_fen, line.reversed_fen) == (114, 114)
    assert are_whole(now)


@pytest.mark.django_db
@pytest.mark.parametrize("parts", [(1, 4999), (3333, 1667), (1, 1, 1, 4997), (2500, 2499, 1)])
@pytest.mark.parametrize("when", ["before closing", "after closing", "after maturing"])
def test_refunds_in_parts_clear_the_whole_to_the_fen(seller, goods, now, parts, when):
    fee()
    fee("payment", rate=60, basis="paid", beneficiary="provider")
    centre()
    found = paid({goods: 1}, now=now)
    if when != "before closing":
        close(found[0], now=now)
    at = settled(found, now=now) if when == "after maturing" else now

    for fen in parts:
        arrive(refund(found[0], fen, now=at), now=at)
        actions.book_sales(order_ids=[found[0].pk], now=at)

    assert (standing(), standing(seller), standing(centre())) == ({}, {}, {})
    assert sum(FeeReversal.objects.values_list("amount_fen", flat=True)) == 144
    assert are_whole(at)


@pytest.mark.django_db
def test_a_refund_after_closing_takes_its_part_of_every_fee(seller, goods, now):
    fee(rate=1000)
    centre()
    (order,) = closed({goods: 1}, now=now)
    actions.book_sales(order_ids=[order.pk], now=now)
    before = (standing(seller), standing(centre()))

    refund(order, 1000, now=now)
    actions.book_sales(order_ids=[order.pk], now=now)

    assert before == ({"earned": 4620}, {"fees:commission": 380})
    assert (standing(seller), standing(centre())) == ({"earned": 3696}, {"fees:commission": 304})
    assert standing()["going_back"] == 1000
    assert are_whole(now)


@pytest.mark.django_db
def test_money_that_pays_for_no_order_is_unexplained(now):
    from tests.payments.making import cash_taken

    payment = cash_taken(now=now)
    book(now)
    was = standing()

    from teahorse.payments import actions as payments

    payments.send_payment_back(payment=payment, reason="不知为何", now=now)
    book(now)

    assert was == {"at_provider:cash": -3800, "unexplained": 3800}
    assert standing() == {"at_provider:cash": -3800, "going_back": 3800}
    assert are_whole(now)


@pytest.mark.django_db
def test_a_second_payment_goes_back_whole(seller, goods, now):
    fee()
    centre()
    group = placed({goods: 1}, now=now)
    late = orders.start_payment(group=group, provider="wechat_pay", method="native", now=now)
    cash = pay(group, now=now, provider="cash")
    orders.take_payments(payment_ids=[cash.pk], now=now)
    from .making import money_for

    money_for(late, now=now)
    orders.take_payments(payment_ids=[late.pk], now=now)
    (order,) = SellerOrder.objects.filter(group=group)
    close(order, now=now)
    book(now)

    assert standing(seller) == {"earned": 4886}
    assert standing() == {"at_provider:cash": -5000, "at_provider:wechat_pay": -5000, "going_back": 5000}
    assert FeeLine.objects.get().reversed_fen == 0
    assert are_whole(now)


# --- Others bear a part


@pytest.fixture
def budget(monkeypatch):
    """A county's budget that pays 700 fen of every order."""
    made = world.organisation("budget", kind="county_centre")
    monkeypatch.setattr(facts, "_subsidies", lambda keys: {key: [(made.pk, 700)] for key in keys})
    return made


@pytest.mark.django_db
def test_what_a_budget_pays_is_the_sellers(seller, goods, budget, now):
    (order,) = closed({goods: 1}, now=now)
    actions.book_sales(order_ids=[order.pk], now=now)

    assert standing(seller) == {"earned": 5700}
    assert standing(budget) == {"subsidy": -700}
    assert are_whole(now)


@pytest.mark.django_db
@pytest.mark.parametrize("parts", [(5000,), (1, 4999), (1234, 3000, 766)])
@pytest.mark.parametrize("is_closed", [True, False])
def test_a_budget_gets_back_what_the_buyer_does(seller, goods, budget, now, parts, is_closed):
    fee(rate=250)
    (order,) = closed({goods: 1}, now=now) if is_closed else paid({goods: 1}, now=now)

    for fen in parts:
        actions.book_sales(order_ids=[order.pk], now=now)
        arrive(refund(order, fen, now=now), now=now)
    actions.book_sales(order_ids=[order.pk], now=now)

    assert (standing(), standing(seller), standing(budget)) == ({}, {}, {})
    assert are_whole(now)


@pytest.mark.django_db
@pytest.mark.parametrize("is_closed", [True, False])
def test_goods_that_cost_the_buyer_nothing_go_back_to_who_paid_for_them(seller, goods, now, is_closed):
    fee(rate=250)
    centre()
    gift = world.offer(seller, title="赠品", price_fen=2000)
    region = platform()
    promotion(
        region, kind="automatic", off_fen=2000, scope="products", scope_ids=[gift.variant.product_id], budget_fen=9000,
        is_public_budget=True, now=now,
    )  # fmt: skip
    (order,) = paid({goods: 1, gift: 1}, now=now)
    before = order.total_fen
    orders.pack_order(order=order, weight_grams=500, by=None, now=now)
    Parcel.objects.filter(reference=order.pk).update(stage=Parcel.Stage.HANDED_OVER, stage_at=now)
    if is_closed:
        orders.confirm_receipt(orders=[order], now=now)
    actions.book_sales(order_ids=[order.pk], now=now)
    order.refresh_from_db()
    case = opened(order, "refund_only", "damaged", units={line_of(order, gift).position: 1}, now=now)

    cases.agree(case=case, by=BY_HOUSE, now=now)
    assert standing(region) == {"subsidy": -2000}
    for _ in range(2):
        reactions.book_cases(CasesDecided(case_ids=(case.pk,)))

    case.refresh_from_db()
    assert (case.agreed_fen, case.outcome, Refund.objects.count()) == (0, "refunded", 0)
    assert standing(region) == {}
    charged = FeeLine.objects.get()
    assert (charged.amount_fen, charged.reversed_fen) == (145, 41)  # of 58 yuan of goods, and its part of 20 of 70 yuan
    assert standing(seller) == ({"earned": before - 104} if is_closed else {"held": before})
    assert are_whole(now)
    assert actions.book_forgotten(now=now + timedelta(minutes=5)) == 0


@pytest.mark.django_db
def test_a_case_without_a_refund_is_found_by_the_sweep(seller, goods, now):
    gift = world.offer(seller, title="赠品", price_fen=2000)
    region = platform()
    promotion(
        region, kind="automatic", off_fen=2000, scope="products", scope_ids=[gift.variant.product_id], budget_fen=9000,
        is_public_budget=True, now=now,
    )  # fmt: skip
    (order,) = closed({goods: 1, gift: 1}, now=now)
    book(now)
    case = opened(order, "refund_only", "damaged", units={line_of(order, gift).position: 1}, now=now)
    cases.agree(case=case, by=BY_HOUSE, now=now)

    found = actions.book_forgotten(now=now + timedelta(minutes=5))

    assert (found, standing(region)) == (1, {})
    assert are_whole(now)


def line_of(order, offer):
    return order.lines.get(offer_id=offer.pk)


# --- In any order, and again


@pytest.mark.django_db
def test_facts_in_any_order_make_the_same_books(seller, goods, now):
    """Every order of telling, each fact told when all or only some of the others are there."""
    fee()
    fee("payment", rate=60, basis="paid", beneficiary="provider")
    centre()
    (order,) = closed({goods: 2}, now=now)
    first, second = refund(order, 1111, now=now), refund(order, 2345, now=now + timedelta(seconds=1))
    arrive(first, now=now + timedelta(hours=1))
    payment = Payment.objects.get()
    tellings = [
        lambda: actions.book_payments(payment_ids=[payment.pk], now=now),
        lambda: actions.book_sales(order_ids=[order.pk], now=now),
        lambda: actions.book_refunds(refund_ids=[first.pk], now=now),
        lambda: actions.book_refunds(refund_ids=[second.pk], now=now),
    ]
    seen = set()

    from django.db import transaction

    for telling in itertools.permutations(tellings):
        with transaction.atomic():
            for tell in telling:
                tell()
                tell()
            seen.add(str((standing(), standing(seller), standing(centre()), JournalEntry.objects.count())))
            transaction.set_rollback(True)

    assert len(seen) == 1


@pytest.mark.django_db
@pytest.mark.parametrize("seed", range(6))
def test_booking_late_or_at_once_makes_the_same_balances(seller, goods, now, seed):
    """The same story, booked after every step, after some, or only at the end."""
    fee()
    centre()
    chance, results = random.Random(seed), []
    from django.db import transaction

    for diligence in (1.0, 0.5, 0.0):
        with transaction.atomic():
            (order,) = paid({goods: 1}, now=now)

            def heard(order=order, diligence=diligence):
                if chance.random() < diligence:
                    actions.book_sales(order_ids=[order.pk], now=now)

            heard()
            one = refund(order, 777, now=now)
            heard()
            close(order, now=now + timedelta(seconds=1))
            heard()
            refund(order, 999, now=now + timedelta(seconds=2))
            heard()
            arrive(one, now=now + timedelta(seconds=3))
            actions.book_sales(order_ids=[order.pk], now=now)
            results.append((standing(), standing(seller), standing(centre())))
            transaction.set_rollback(True)

    assert results[0] == results[1] == results[2]


@pytest.mark.django_db
def test_a_lost_reaction_is_made_up_for(seller, goods, now):
    (order,) = closed({goods: 1}, now=now)

    too_early = actions.book_forgotten(now=now + timedelta(minutes=1))
    found, again = (actions.book_forgotten(now=now + timedelta(minutes=3)) for _ in range(2))

    assert (too_early, again) == (0, 0)
    assert found > 0
    assert books.booked([("order closed", order.pk)]) == {("order closed", order.pk)}
