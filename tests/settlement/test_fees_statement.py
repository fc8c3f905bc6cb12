"""Who gets fees has a statement too: of which sale and by which rule, taken back, paid, still to come; it is the books to the fen."""

import io
from datetime import datetime

import pytest
from openpyxl import load_workbook

from teahorse.common.times import HOME
from teahorse.payments.models import Sharing
from teahorse.settlement import actions
from teahorse.settlement.fees_statement import statement_of_fees
from teahorse.settlement.models import FeeRule
from teahorse.settlement.paper import statement_pdf, statement_xlsx
from tests import world
from tests.dossiers.test_paper import glyphs

from .making import centre, closed, fee, refund, settled, standing
from .sharing import account, approved
from .sharing import told as finished

pytestmark = pytest.mark.django_db
AUGUST, SEPTEMBER, OCTOBER = (datetime(2026, month, 1, tzinfo=HOME) for month in (8, 9, 10))


@pytest.fixture
def goods(db):
    return world.offer(world.organisation("coop"), price_fen=3800, on_hand=1000)


@pytest.fixture
def office(db):
    fee(rate=300, name="县中心服务费")
    return centre()


def told(whose, starts_at=AUGUST, ends_at=SEPTEMBER):
    """A statement, held against the books."""
    found = statement_of_fees(beneficiary=whose, starts_at=starts_at, ends_at=ends_at)
    assert found.opening_fen + found.left_fen - found.paid_fen == found.closing_fen
    assert sum(one.left_fen for one in found.sales) == found.got_fen - found.back_fen == found.fees_fen
    assert found.other_fen == 0
    return found


@pytest.fixture
def paid_out(office, goods, clerk, head, now):
    """In August 342 fen were got, of which 57 went back before they were collected; 285 were paid, and then 114 more were got."""
    first, second = (*closed({goods: 1}, now=now), *closed({goods: 2}, now=now))
    at = settled([first, second], now=now)
    refund(second, 1900, now=at)
    actions.book_sales(order_ids=[second.pk], now=at)
    actions.collect_fees(beneficiary_ids=[office.pk], now=at)
    (payout,) = actions.prepare_payouts(seller_ids=[office.pk], by=clerk, now=at)
    actions.approve_payout(payout=payout, by=head, now=at)
    actions.pay_out_in_cash(payout=payout, given_by=head, received_by="站长", now=at)
    (third,) = closed({goods: 1}, now=at)
    actions.book_sales(order_ids=[third.pk], now=at)
    return first, second, third


def test_it_says_of_which_sale_and_by_which_rule(office, paid_out):
    found = told(office)

    numbers = [order.number for order in paid_out]
    by_number = {one.number: (one.kind, one.rule.name, one.got_fen, one.left_fen) for one in found.sales}
    back = by_number[numbers[1]][2] - by_number[numbers[1]][3]
    assert by_number[numbers[0]] == ("commission", "县中心服务费", 114, 114)
    assert by_number[numbers[1]][:3] == ("commission", "县中心服务费", 228)
    assert (found.got_fen, found.back_fen, found.paid_fen) == (456, back, 342 - back)
    assert [(one.kind, one.rule.name, one.amount_fen) for one in found.fees] == [("commission", "县中心服务费", 456 - back)]
    assert [one.received_by for one in found.paid] == ["站长"]
    assert found.standing == {"fees_waiting": 114, "payable": 0, "in_payout": 0}
    assert (found.opening_fen, found.closing_fen) == (0, 114)


def test_months_follow_each_other(office, paid_out):
    september = told(office, SEPTEMBER, OCTOBER)

    assert (september.opening_fen, september.got_fen, september.closing_fen) == (114, 0, 114)
    assert (september.sales, september.paid, september.fees) == ([], [], [])


def test_what_a_provider_shared_out_has_reached_her(goods, clerk, head, now):
    """The seller collects herself; the centre has an account there and gets its fee at once."""
    fee(rate=300, name="县中心服务费")
    office = centre()
    account(world.organisation("coop"), number="1900000111")
    account(office, number="1900000222")
    at = settled(closed({goods: 1}, now=now), now=now)
    approved(world.organisation("coop"), clerk, head, now=at)
    finished(Sharing.objects.get(), now=at)

    found = told(office)

    assert (found.got_fen, found.shared_fen, found.closing_fen) == (114, 114, 0)
    assert standing(office) == {}


def test_a_seller_who_runs_a_point_reads_what_is_handed_over_to_her(now):
    fee("station", rate=50, basis="order", beneficiary="pickup", name="自提点")
    coop, point = world.organisation("coop"), world.service_point("host", kind="cooperative", level="point")
    at = settled(closed({world.offer(coop, on_hand=9): 1}, now=now, pickup_point=point), now=now)
    actions.collect_fees(beneficiary_ids=[point.organisation.pk], now=at)

    found = told(point.organisation)

    assert (found.got_fen, found.handed_fen, found.closing_fen) == (50, 50, 0)
    assert found.standing == {"fees_waiting": 0}
    assert standing(point.organisation) == {"payable": 50}


def test_the_paper_and_the_workbook_say_the_same(office, paid_out, now):
    found = told(office)

    shown = glyphs(statement_pdf(found, made_at=now))
    book = load_workbook(io.BytesIO(statement_xlsx(found)))

    orders = [[cell.value for cell in row] for row in book["订单明细"].iter_rows(min_row=2)]
    assert (len(shown) > 300, 0 in shown) == (True, False)
    assert [row[0] for row in orders] == [one.number for one in found.sales]
    assert orders[0][1:] == ["佣金 · 县中心服务费", 1.14, 0, 1.14]
    assert {row[0].value.split()[-1] for row in book["待收明细"].iter_rows(min_row=2)} >= {"尚未转付的服务费（含退货期内）", "付款途中"}


def test_a_fee_of_the_freight_is_explained_on_paper(office, goods, now):
    """Its rule is a part of what sending costs."""
    FeeRule.objects.create(
        kind="freight", basis="freight", rate=10_000, beneficiary="centre", since_date=now.date().replace(month=1), name="运费归中心"
    )
    settled(closed({goods: 1}, now=now), now=now)

    found = told(office)

    assert {one.kind for one in found.fees} == {"commission", "freight"}
    assert statement_pdf(found, made_at=now)[:5] == b"%PDF-"
