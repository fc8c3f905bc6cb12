"""What is disputed waits, and holds nothing else up."""

from datetime import timedelta

import pytest
from django.db import ProgrammingError, transaction

from teahorse.aftersales import actions as aftersales
from teahorse.ledger import queries as books
from teahorse.ledger.models import JournalEntry
from teahorse.settlement import actions, queries
from teahorse.settlement.actions import maturing
from teahorse.settlement.models import Earning
from tests import world
from tests.aftersales.making import draft, picture

from .making import RETURN_WINDOW, are_whole, closed

pytestmark = pytest.mark.django_db


def test_an_order_in_dispute_waits_and_holds_no_other_up(now, monkeypatch):
    monkeypatch.setattr(maturing, "BATCH", 1)
    coop = world.organisation("coop")
    goods = world.offer(coop, price_fen=3800, on_hand=10)
    (disputed,), (quiet,) = closed({goods: 1}, now=now), closed({goods: 1}, now=now)
    actions.book_sales(order_ids=[disputed.pk, quiet.pk], now=now)
    later = now + RETURN_WINDOW
    wish = draft(disputed, "refund_only", "damaged")
    aftersales.add_photo(order=disputed, case_id=wish.key, file=picture(), by_seller=False, now=later)
    case = aftersales.open_case(draft=wish, by=None, now=later)

    first = actions.mature_earnings(now=later)
    during = {purpose: -fen for purpose, fen in books.balances(owner_id=coop.pk).items() if fen}
    aftersales.withdraw(case=case, by=aftersales.Actor("buyer"), now=later)
    second = actions.mature_earnings(now=later)

    assert (first, during, second) == (1, {"earned": 5000, "payable": 5000}, 1)
    assert are_whole(later)


def test_what_matures_of_a_seller_on_one_day_is_one_entry(now):
    coop = world.organisation("coop")
    goods = world.offer(coop, price_fen=3800, on_hand=10)
    (first,), (second,), (later_one,) = (closed({goods: units}, now=at) for units, at in ((1, now), (2, now), (1, now + timedelta(days=1))))
    actions.book_sales(order_ids=[first.pk, second.pk, later_one.pk], now=now + timedelta(days=1))

    matured = actions.mature_earnings(now=now + RETURN_WINDOW + timedelta(days=1))

    entries = list(JournalEntry.objects.filter(kind="earning matured").order_by("occurred_at"))
    earnings = {earning.order_id: earning for earning in Earning.objects.all()}
    assert matured == 3
    assert [entry.source_id for entry in entries] == [earnings[first.pk].matured_in, earnings[later_one.pk].matured_in]
    assert earnings[second.pk].matured_in == earnings[first.pk].matured_in
    step = next(step for step in queries.money_of_order(second.pk).steps if step.kind == "earning matured")
    assert (step.amount_fen, step.of_order_fen) == (
        earnings[first.pk].amount_fen + earnings[second.pk].amount_fen,
        earnings[second.pk].amount_fen,
    )
    assert are_whole(now + RETURN_WINDOW + timedelta(days=1))


def test_an_earning_matures_once_and_stays_in_its_entry(now):
    coop = world.organisation("coop")
    (order,) = closed({world.offer(coop, price_fen=3800, on_hand=10): 1}, now=now)
    actions.book_sales(order_ids=[order.pk], now=now)
    actions.mature_earnings(now=now + RETURN_WINDOW)

    with pytest.raises(ProgrammingError, match="Cannot update rows"), transaction.atomic():
        Earning.objects.update(matured_in=order.pk)
