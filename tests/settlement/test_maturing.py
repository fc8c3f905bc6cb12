"""What of a seller becomes payable at one moment matures as one; what is disputed waits, and holds nothing else up."""

import threading

import pytest
from django.db import DatabaseError, IntegrityError, connection, transaction

from teahorse.aftersales import actions as aftersales
from teahorse.ledger.models import JournalEntry
from teahorse.settlement import actions, queries
from teahorse.settlement.actions import entries, maturing
from teahorse.settlement.models import Earning, Maturity
from tests import world
from tests.aftersales.making import draft, picture
from tests.at_once import PATIENCE, at_once

from .making import A_DAY, RETURN_WINDOW, are_whole, closed, refund, settled, standing

pytestmark = pytest.mark.django_db


@pytest.fixture
def coop(db):
    return world.organisation("coop")


@pytest.fixture
def goods(coop):
    return world.offer(coop, price_fen=3800, on_hand=1000)


def disputed(order, *, now):
    wish = draft(order, "refund_only", "damaged")
    aftersales.add_photo(order=order, case_id=wish.key, file=picture(), by_seller=False, now=now)
    return aftersales.open_case(draft=wish, by=None, now=now)


def sums():
    """What matures and what has matured: how much of how many earnings."""
    found = Maturity.objects.order_by("matures_at", "-state", "pk")
    return [(one.state, one.amount_fen, one.earnings.count()) for one in found]


def test_an_order_in_dispute_waits_and_holds_no_other_up(coop, goods, now, monkeypatch):
    monkeypatch.setattr(maturing, "BATCH", 1)
    (disputed_one,), (quiet,) = closed({goods: 1}, now=now), closed({goods: 1}, now=now)
    actions.book_sales(order_ids=[disputed_one.pk, quiet.pk], now=now)
    later = now + RETURN_WINDOW
    case = disputed(disputed_one, now=later)

    first = actions.mature_earnings(now=later)
    during = standing(coop)
    apart = sums()
    nothing = actions.mature_earnings(now=later)
    aftersales.withdraw(case=case, by=aftersales.Actor("buyer"), now=later)
    second = actions.mature_earnings(now=later)

    assert (first, during, nothing, second) == (1, {"earned": 5000, "payable": 5000}, 0, 1)
    assert apart == [("payable", 5000, 1), ("maturing", 5000, 1)]
    assert sums() == [("payable", 5000, 1), ("payable", 5000, 1)]
    assert standing(coop) == {"payable": 10000}
    assert are_whole(later)


def test_what_is_refunded_of_an_order_in_dispute_goes_with_it(coop, goods, now):
    (disputed_one,), (quiet,) = closed({goods: 1}, now=now), closed({goods: 2}, now=now)
    actions.book_sales(order_ids=[disputed_one.pk, quiet.pk], now=now)
    later = now + RETURN_WINDOW
    refund(disputed_one, 300, now=now)
    actions.book_sales(order_ids=[disputed_one.pk], now=now)
    together = sums()
    case = disputed(disputed_one, now=later)
    actions.mature_earnings(now=later)
    refund(disputed_one, 400, now=later)
    actions.book_sales(order_ids=[disputed_one.pk], now=later)
    apart = sums()
    aftersales.withdraw(case=case, by=aftersales.Actor("buyer"), now=later)
    actions.mature_earnings(now=later)

    assert together == [("maturing", 5000 - 300 + 8800, 3)]
    assert apart == [("payable", 8800, 1), ("maturing", 5000 - 300 - 400, 3)]
    assert standing(coop) == {"payable": 5000 - 700 + 8800}
    assert are_whole(later)


def test_what_matures_of_a_seller_on_one_day_is_one_entry(coop, goods, now):
    (first,), (second,), (later_one,) = (closed({goods: units}, now=at) for units, at in ((1, now), (2, now), (1, now + A_DAY)))
    actions.book_sales(order_ids=[first.pk, second.pk, later_one.pk], now=now + A_DAY)

    matured = actions.mature_earnings(now=now + RETURN_WINDOW + A_DAY)

    booked = list(JournalEntry.objects.filter(kind="earning matured").order_by("occurred_at"))
    earnings = {earning.order_id: earning for earning in Earning.objects.all()}
    assert matured == 2
    assert [entry.source_id for entry in booked] == [earnings[first.pk].maturity_id, earnings[later_one.pk].maturity_id]
    assert earnings[second.pk].maturity_id == earnings[first.pk].maturity_id
    step = next(step for step in queries.money_of_order(second.pk).steps if step.kind == "earning matured")
    assert (step.amount_fen, step.of_order_fen) == (
        earnings[first.pk].amount_fen + earnings[second.pk].amount_fen,
        earnings[second.pk].amount_fen,
    )
    assert are_whole(now + RETURN_WINDOW + A_DAY)


def test_what_comes_to_nothing_matures_without_an_entry(coop, goods, now):
    (order,) = closed({goods: 1}, now=now)
    actions.book_sales(order_ids=[order.pk], now=now)
    refund(order, 5000, now=now)
    later = settled([order], now=now)

    assert sums() == [("payable", 0, 2)]
    assert not JournalEntry.objects.filter(kind="earning matured").exists()
    assert actions.prepare_payouts(seller_ids=[coop.pk], by=world.person(), now=later) == []
    assert are_whole(later)


def test_who_comes_late_for_a_day_that_has_matured_matures_by_herself(coop, goods, now):
    (early,), (late,) = closed({goods: 1}, now=now), closed({goods: 1}, now=now)
    later = settled([early], now=now)

    actions.book_sales(order_ids=[late.pk], now=later)
    before = sums()
    matured = actions.mature_earnings(now=later)

    assert before == [("payable", 5000, 1), ("maturing", 5000, 1)]
    assert matured == 1
    assert standing(coop) == {"payable": 10000}
    assert are_whole(later)


def test_an_earning_stays_with_what_it_matured_with(goods, now):
    (order,), (other,) = closed({goods: 1}, now=now), closed({goods: 1}, now=now + A_DAY)
    settled([order], now=now)
    actions.book_sales(order_ids=[other.pk], now=now + A_DAY)
    matured, maturing_one = Maturity.objects.get(state="payable"), Maturity.objects.get(state="maturing")

    with pytest.raises(IntegrityError, match="stays with that by which it matured"), transaction.atomic():
        Earning.objects.filter(maturity=matured).update(maturity=maturing_one)
    with pytest.raises(IntegrityError, match="stays with that by which it matured"), transaction.atomic():
        Earning.objects.filter(maturity=maturing_one).update(maturity=matured)
    for change in ({"state": "maturing"}, {"amount_fen": 1}, {"matures_at": now}):
        with pytest.raises(DatabaseError, match="Cannot update rows"), transaction.atomic():
            Maturity.objects.filter(pk=matured.pk).update(**change)


def test_an_earning_moves_on_only_to_the_same_moment(goods, now):
    found = [order.pk for at in (now, now + A_DAY) for order in closed({goods: 1}, now=at)]
    actions.book_sales(order_ids=found, now=now + A_DAY)
    first, second = Maturity.objects.order_by("matures_at")

    with pytest.raises(IntegrityError, match="to what matures at the same moment"), transaction.atomic():
        Earning.objects.filter(maturity=first).update(maturity=second)
        _weigh()


def test_what_is_payable_is_the_sum_of_its_earnings(goods, now):
    (order,) = closed({goods: 1}, now=now)
    actions.book_sales(order_ids=[order.pk], now=now)

    with pytest.raises(IntegrityError, match="not the sum of its earnings"), transaction.atomic():
        Maturity.objects.update(state="payable", amount_fen=4999)
        _weigh()
    with pytest.raises(IntegrityError, match="what_matures_at_one_moment_and_place_is_one"), transaction.atomic():
        one = Maturity.objects.get()
        Maturity.objects.create(county_id=one.county_id, seller_id=one.seller_id, matures_at=one.matures_at, amount_fen=0)


def _weigh():
    with connection.cursor() as cursor:
        cursor.execute("set constraints all immediate")


# --- At once


@pytest.mark.django_db(transaction=True)
def test_a_refund_that_is_booked_while_its_day_matures_is_payable_at_once(coop, goods, now, monkeypatch):
    (order,), (other,) = closed({goods: 1}, now=now), closed({goods: 1}, now=now)
    actions.book_sales(order_ids=[order.pk, other.pk], now=now)
    later = now + RETURN_WINDOW
    refund(order, 700, now=later)
    write, matured = entries.write_earnings, []

    def matures_meanwhile(earnings):
        if not matured:
            other_hand = threading.Thread(target=lambda: (matured.append(actions.mature_earnings(now=later)), connection.close()))
            other_hand.start()
            other_hand.join(PATIENCE)
        write(earnings)

    monkeypatch.setattr(entries, "write_earnings", matures_meanwhile)
    actions.book_sales(order_ids=[order.pk], now=later)

    assert matured == [1]
    assert sums() == [("payable", 10000, 2), ("payable", -700, 1)]
    assert standing(coop) == {"payable": 9300}
    assert are_whole(later)


@pytest.mark.django_db(transaction=True)
def test_of_two_who_let_mature_at_once_each_sum_matures_once(goods, now, monkeypatch):
    monkeypatch.setattr(maturing, "BATCH", 2)
    for turn in range(3):
        at = now + turn * 10 * A_DAY
        found = [order for day in range(4) for order in closed({goods: 1}, now=at + day * A_DAY)]
        actions.book_sales(order_ids=[order.pk for order in found], now=at)
        later = at + RETURN_WINDOW + 3 * A_DAY

        answers = at_once(*(lambda later=later: actions.mature_earnings(now=later) for _ in range(3)))

        assert sum(answers) + actions.mature_earnings(now=later) == 4
    assert JournalEntry.objects.filter(kind="earning matured").count() == 12
    assert are_whole(later)


@pytest.mark.django_db(transaction=True)
def test_who_books_sales_and_refunds_of_one_day_at_once_waits_for_nobody_in_a_ring(coop, goods, now):
    other = world.organisation("coop-hongxing")
    offers = {goods: 1}, {world.offer(other, price_fen=3800, on_hand=1000): 1}
    booked = [order for _ in range(3) for wanted in offers for order in closed(wanted, now=now)]
    actions.book_sales(order_ids=[order.pk for order in booked], now=now)
    for _ in range(4):
        new = [order for _ in range(2) for wanted in offers for order in closed(wanted, now=now)]
        for order in booked:
            refund(order, 100, now=now)
        keys = [order.pk for order in (*booked, *new)]

        at_once(
            lambda keys=keys: actions.book_sales(order_ids=keys[::2], now=now),
            lambda keys=keys: actions.book_sales(order_ids=keys[1::2], now=now),
            lambda keys=keys: actions.book_sales(order_ids=reversed(keys), now=now),
            lambda: actions.mature_earnings(now=now + RETURN_WINDOW),
        )
    actions.mature_earnings(now=now + RETURN_WINDOW)

    whole = sum(standing(one)["payable"] for one in (coop, other))
    assert whole == (6 + 4 * 4) * 5000 - 4 * 6 * 100
    assert not Maturity.objects.filter(state="maturing").exists()
    assert are_whole(now + RETURN_WINDOW)
