"""The figures of a dossier are those of single orders, added up slowly and another way."""

import random
from collections import defaultdict
from datetime import UTC, date, datetime, timedelta
from fractions import Fraction

import pytest

from teahorse.common.times import HOME
from teahorse.dossiers import queries, rules
from teahorse.orders import actions as orders
from teahorse.orders.models import OrderLine, SellerOrder
from teahorse.payments.models import PaymentSplit, Refund
from tests import world

from .making import given_back, out_of, paid, paid_besides, paid_in_two, received, sold

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 22, 4, 0, tzinfo=UTC)
BEIJING = HOME


@pytest.fixture
def coop(db):
    return world.organisation("coop-dorje")


@pytest.fixture
def buyers(db):
    return [world.person(f"+861990000300{number}", name="买家") for number in range(3)]


def slowly(seller, first, until):
    """Walk over every order of a seller, one by one."""
    sold_fen, back_fen, number, buyers, in_time = defaultdict(int), defaultdict(int), 0, defaultdict(set), 0
    for order in SellerOrder.objects.filter(seller=seller):
        if order.state != "closed" or order.paid_by_id is None:
            continue
        part = PaymentSplit.objects.get(payment=order.paid_by_id, reference=order.pk)
        day = order.paid_at.astimezone(BEIJING).date()
        if first <= day and order.paid_at < until:
            sold_fen[f"{day:%Y-%m}"] += part.amount_fen
            number += 1
            buyers[order.group.person_id].add(order.group_id)
            in_time += order.packed_at - order.paid_at <= timedelta(hours=48)
        for refund in Refund.objects.filter(split=part, state="succeeded"):
            day = refund.settled_at.astimezone(BEIJING).date()
            if first <= day and refund.settled_at < until:
                back_fen[f"{day:%Y-%m}"] += refund.amount_fen
    return dict(sold_fen), dict(back_fen), number, len(buyers), sum(len(groups) > 1 for groups in buyers.values()), in_time


def test_every_figure_is_that_of_single_orders(coop, buyers):
    rng = random.Random(42)
    offers = [world.offer(coop, title=title, price_fen=price, on_hand=500) for title, price in (("青稞酒", 3800), ("糌粑", 1299))]
    others = world.offer(world.organisation("coop-other"), price_fen=777, on_hand=500)
    for _ in range(24):
        at = NOW - timedelta(hours=rng.randint(10 * 24, 420 * 24))
        wanted = {offer: rng.randint(1, 4) for offer in rng.sample([*offers, others], rng.randint(1, 3))}
        for order in sold(wanted, at=at, buyer=rng.choice(buyers), packed_after=timedelta(hours=rng.choice((5, 47, 48, 49, 90)))):
            if rng.random() < 0.4:
                given_back(
                    order, rng.randint(1, order.total_fen), at=min(at + timedelta(days=rng.randint(7, 70)), NOW - timedelta(hours=1))
                )
    first, _last = queries.window(months=12, now=NOW)

    found = queries.figures_of(seller=coop, first_date=first, until=NOW)

    sold_fen, back_fen, number, count, again, in_time = slowly(coop, first, NOW)
    assert number > 10
    assert {row["month"]: row["sold_fen"] for row in found["months"] if row["sold_fen"]} == sold_fen
    assert {row["month"]: row["returned_fen"] for row in found["months"] if row["returned_fen"]} == back_fen
    assert (found["orders"], found["buyers"], found["buyers_again"]) == (number, count, again)
    assert (found["sold_fen"], found["returned_fen"]) == (sum(sold_fen.values()), sum(back_fen.values()))
    assert found["net_fen"] == sum(row["net_fen"] for row in found["months"])
    assert found["average_fen"] == sum(sold_fen.values()) // number
    assert (found["shipped"], found["shipped_in_time"]) == (number, in_time)
    assert len(found["months"]) == 12
    within = SellerOrder.objects.filter(seller=coop, paid_at__gte=datetime(2025, 12, 1, tzinfo=BEIJING))
    goods = sum(OrderLine.objects.filter(order__in=within).values_list("amount_fen", flat=True))
    assert sum(row["amount_fen"] for row in found["goods"]) == goods


def test_a_refund_falls_in_the_month_in_which_it_arrived_also_of_an_earlier_sale(coop, buyers):
    offer = world.offer(coop)
    (before,) = sold({offer: 1}, at=datetime(2026, 6, 20, 4, tzinfo=UTC), buyer=buyers[0])
    (within,) = sold({offer: 2}, at=datetime(2026, 9, 5, 4, tzinfo=UTC), buyer=buyers[0])
    given_back(before, 500, at=datetime(2026, 10, 1, 4, tzinfo=UTC))
    given_back(within, 300, at=datetime(2026, 11, 2, 4, tzinfo=UTC))

    found = queries.figures_of(seller=coop, first_date=date(2026, 9, 1), until=NOW)

    assert [(row["month"], row["sold_fen"], row["returned_fen"], row["net_fen"]) for row in found["months"]] == [
        ("2026-09", within.total_fen, 0, within.total_fen),
        ("2026-10", 0, 500, -500),
        ("2026-11", 0, 300, -300),
    ]
    assert found["returned_share"] == round(Fraction(800 * 10_000, within.total_fen))
    assert found["orders_returned"] == 2


def test_what_was_not_received_or_was_another_sellers_is_no_sale(coop, buyers):
    offer, other = world.offer(coop), world.offer(world.organisation("coop-other"), price_fen=99900)
    paid({offer: 1}, at=NOW - timedelta(days=3), buyer=buyers[0])
    sold({other: 1}, at=NOW - timedelta(days=30), buyer=buyers[0])

    found = queries.figures_of(seller=coop, first_date=date(2026, 9, 1), until=NOW)

    assert (found["sold_fen"], found["orders"], found["buyers"], found["goods"]) == (0, 0, 0, [])
    assert (found["returned_share"], found["shipped_in_time_share"], found["season_shares"]) == (None, None, [0] * 12)


def test_what_was_paid_in_two_steps_is_sold_whole_and_comes_back_of_either(coop, buyers):
    at = datetime(2026, 9, 5, 4, tzinfo=UTC)
    order = paid_in_two(world.offer(coop, price_fen=10_000, on_hand=0), at=at, buyer=buyers[0])
    received(order, packed_at=at + timedelta(hours=55), at=at + timedelta(days=6))  # on the day that was promised for it
    deposit, rest = PaymentSplit.objects.filter(reference=order.pk).order_by("amount_fen")
    out_of(rest, 700, at=datetime(2026, 10, 1, 4, tzinfo=UTC))
    out_of(deposit, 50, at=datetime(2026, 11, 2, 4, tzinfo=UTC))

    found = queries.figures_of(seller=coop, first_date=date(2026, 9, 1), until=NOW)

    assert (deposit.amount_fen, rest.amount_fen) == (3000, 8200)
    assert [(row["sold_fen"], row["returned_fen"]) for row in found["months"]] == [(11_200, 0), (0, 700), (0, 50)]
    assert (found["orders"], found["orders_returned"], found["average_fen"]) == (1, 1, 11_200)
    assert (found["shipped"], found["shipped_in_time"], found["version"]) == (1, 1, 2)


def test_what_weighed_more_and_was_paid_is_sold(coop, buyers):
    at = datetime(2026, 9, 5, 4, tzinfo=UTC)
    (order,) = paid({world.offer(coop, price_fen=9600, weight_grams=1500, nominal_grams=1200): 1}, at=at, buyer=buyers[0])
    packed = {"weighed": {order.lines.get().pk: 1300}, "asks_difference": True}
    orders.pack_order(order=order, weight_grams=1500, by=None, now=at, **packed)
    paid_besides(order, at=at + timedelta(hours=1), buyer=buyers[0])
    SellerOrder.objects.filter(pk=order.pk).update(state="closed", ended_at=at + timedelta(days=6))

    found = queries.figures_of(seller=coop, first_date=date(2026, 9, 1), until=NOW)

    assert found["sold_fen"] == order.total_fen + 800


def test_what_is_received_after_the_signature_is_no_sale_of_it(coop, buyers):
    (order,) = sold({world.offer(coop): 1}, at=NOW - timedelta(days=30), buyer=buyers[0])

    before = queries.figures_of(seller=coop, first_date=date(2026, 9, 1), until=order.ended_at)
    after = queries.figures_of(seller=coop, first_date=date(2026, 9, 1), until=order.ended_at + timedelta(seconds=1))

    assert (before["orders"], after["orders"]) == (0, 1)


def test_a_month_is_one_of_the_sellers_own_clock(coop, buyers):
    at = datetime(2026, 9, 30, 16, 30, tzinfo=UTC)  # half past midnight of 1 October in Lhasa
    sold({world.offer(coop): 1}, at=at, buyer=buyers[0])

    found = queries.figures_of(seller=coop, first_date=date(2026, 9, 1), until=NOW)

    assert [row["month"] for row in found["months"] if row["orders"]] == ["2026-10"]


def test_nothing_of_any_buyer_is_in_the_figures(coop, buyers):
    sold({world.offer(coop): 1}, at=NOW - timedelta(days=30), buyer=buyers[0])

    text = rules.canonical(queries.figures_of(seller=coop, first_date=date(2026, 9, 1), until=NOW)).decode()

    assert all(word not in text for word in ("19900003000", "买家", "漕溪北路", "徐汇", str(buyers[0].pk)))


def test_a_sellers_figures_are_one_question(coop, buyers, django_assert_num_queries):
    sold({world.offer(coop): 1}, at=NOW - timedelta(days=30), buyer=buyers[0])
    _ = coop.area

    with django_assert_num_queries(1):
        queries.figures_of(seller=coop, first_date=date(2026, 9, 1), until=NOW)
