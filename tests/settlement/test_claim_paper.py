"""A claim on paper and as a workbook says what the claim says, and no sign is missing."""

import io
from datetime import date, timedelta
from decimal import Decimal

import pytest
from openpyxl import load_workbook

from teahorse.settlement import actions, facts
from teahorse.settlement.claim_paper import WORDS, claim_pdf, claim_xlsx
from tests import world
from tests.dossiers.test_paper import glyphs

from .making import closed, refund

pytestmark = pytest.mark.django_db
A_DAY = timedelta(days=1)


@pytest.fixture
def claim(monkeypatch, now):
    """A second claim, from which something is taken off."""
    budget, region = world.organisation("budget", kind="county_centre"), world.organisation("region", kind="region_centre", code="540102")
    monkeypatch.setattr(facts, "_subsidies", lambda order_ids: {key: [(budget.pk, 700)] for key in order_ids})
    offer, by = world.offer(world.organisation("coop"), price_fen=3800, on_hand=100), world.person()
    told = {"payer": budget, "house": region, "by": by}
    orders = closed({offer: 1}, now=now)
    actions.book_sales(order_ids=[order.pk for order in orders], now=now)
    actions.claim_subsidies(until_date=date(2026, 8, 15), now=now + A_DAY, **told)
    refund(orders[0], orders[0].total_fen, now=now + A_DAY)
    more = [*closed({offer: 1}, now=now + A_DAY), *closed({offer: 1}, now=now + A_DAY)]
    actions.book_sales(order_ids=[order.pk for order in [*orders, *more]], now=now + A_DAY)
    return actions.claim_subsidies(until_date=date(2026, 8, 16), now=now + 2 * A_DAY, **told)


def test_no_sign_of_a_claim_is_missing(claim):
    shown = glyphs(claim_pdf(claim))

    assert len(shown) > 200
    assert 0 not in shown


def test_every_word_is_in_tibetan_and_in_chinese():
    for words in WORDS.values():
        assert any("\u0f00" <= sign <= "\u0fff" for sign in words.bo), words
        assert any("\u4e00" <= sign <= "\u9fff" for sign in words.zh), words


def test_a_workbook_has_numbers_and_days(claim):
    book = load_workbook(io.BytesIO(claim_xlsx(claim)))

    summary = {str(row[0].value).split()[-1]: row[1].value for row in book["汇总"].iter_rows()}
    rows = [[cell.value for cell in row] for row in book["订单明细"].iter_rows(min_row=2)]
    assert (summary["单号"], summary["价格优惠"], summary["申领金额"], summary["未到账"]) == (claim.number, 14, 7, 7)
    assert [row[3] for row in rows] == [7, 7, -7, 7]
    assert sum((Decimal(row[3]) for row in rows[:-1]), Decimal(0)) == Decimal(claim.amount_fen) / 100
    assert rows[0][1].date() == date(2026, 8, 16)
