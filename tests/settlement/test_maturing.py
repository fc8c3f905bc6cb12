"""What is disputed waits, and holds nothing else up."""

import pytest

from teahorse.aftersales import actions as aftersales
from teahorse.ledger import queries as books
from teahorse.settlement import actions
from teahorse.settlement.actions import maturing
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
