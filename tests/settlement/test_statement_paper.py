"""The statement on paper and as a workbook says what the statement says; no sign is missing, no text is a formula."""

import io
import shutil
import subprocess
from datetime import date, timedelta
from decimal import Decimal

import pytest
from openpyxl import load_workbook

from teahorse.common.times import HOME
from teahorse.settlement import actions
from teahorse.settlement.paper import BASES, FEES, REASONS, WAYS, WORDS, statement_pdf, statement_xlsx, why
from teahorse.settlement.statement import FeeSum, statement_of
from tests import world
from tests.dossiers.test_paper import glyphs

from .making import centre, closed, fee, paid, refund, settled
from .test_statements import AUGUST, SEPTEMBER, divided

pytestmark = pytest.mark.django_db


@pytest.fixture
def statement(db, now):
    """A month with everything in it; a household and a product are named to hurt a workbook."""
    seller = world.organisation("coop")
    seller.i18n = {"name_bo": "རྡོ་རྗེ་མཉམ་ལས་ཁང་།"}
    seller.save()
    clerk, head = world.person("+8619900001011", name="制单"), world.person("+8619900001012", name="复核")
    fee(rate=350, seller_kind="cooperative", name="平台服务费")
    fee("station", rate=200, basis="order", beneficiary="centre", name="站点代收")
    fee("payment", rate=60, basis="paid", beneficiary="provider", name="支付通道费")
    centre()
    offer = world.offer(seller, title="=青稞酒", price_fen=3800, on_hand=1000)
    divided(seller, offer, {"=1+1家": 3333, "卓玛家": 5000}, by=clerk, now=now)
    early = now - timedelta(days=12)
    at = settled(closed({offer: 3}, now=early), now=early)
    (payout,) = actions.prepare_payouts(seller_ids=[seller.pk], by=clerk, now=at)
    actions.approve_payout(payout=payout, by=head, now=at)
    actions.pay_out_in_cash(payout=payout, given_by=head, received_by="卓玛", now=at)
    (order,) = closed({offer: 2}, now=now)
    refund(order, 1234, now=now)
    actions.book_sales(order_ids=[order.pk, *(one.pk for one in paid({offer: 1}, now=now))], now=now)
    return statement_of(seller=seller, starts_at=AUGUST, ends_at=SEPTEMBER)


def test_no_sign_of_the_paper_is_missing(statement, now):
    shown = glyphs(statement_pdf(statement, made_at=now))

    assert len(shown) > 800
    assert 0 not in shown


def test_every_word_is_in_tibetan_and_in_chinese():
    for words in (*WORDS.values(), *FEES.values(), *BASES.values(), *REASONS.values(), *WAYS.values()):
        assert any("\u0f00" <= sign <= "\u0fff" for sign in words.bo), words
        assert any("\u4e00" <= sign <= "\u9fff" for sign in words.zh), words


def test_a_fee_says_why(statement):
    commission, station, payment = statement.fees

    assert why(commission).zh == "商品金额的 3.5%；适用于本类商家"
    assert why(station).zh == "每单 2.00 元；适用于所有商家"
    assert why(payment).zh == "商品与运费合计的 0.6%；适用于所有商家"
    assert why(FeeSum("host", None, "", 1)).zh == ""


@pytest.mark.skipif(shutil.which("pdftotext") is None, reason="pdftotext (poppler-utils) is missing: make browser installs it")
def test_the_paper_says_what_the_statement_says(statement, now, tmp_path):
    (tmp_path / "statement.pdf").write_bytes(statement_pdf(statement, made_at=now))

    text = subprocess.run(["pdftotext", "-layout", "statement.pdf", "-"], cwd=tmp_path, check=True, capture_output=True).stdout.decode()

    for fen in (
        statement.sold_fen,
        statement.returned_fen,
        statement.fees_fen,
        statement.left_fen,
        statement.paid_fen,
        statement.closing_fen,
    ):
        assert f"{fen // 100:,}.{fen % 100:02d}" in text
    for words in (
        "2026-08-01 至 2026-08-31",
        "第 1 页",
        "平台服务费",
        "适用于本类商家",
        "卓玛家",
        "33.33%",
        statement.paid[0].number,
        "2026-08-23",
    ):
        assert words in text
    assert all(order.number in text for order in statement.orders)


def test_a_month_in_which_nothing_happened_is_printed(db, now):
    empty = statement_of(seller=world.organisation("coop"), starts_at=AUGUST, ends_at=SEPTEMBER)

    assert statement_pdf(empty, made_at=now).startswith(b"%PDF")
    assert load_workbook(io.BytesIO(statement_xlsx(empty)))["汇总"]["B3"].value == 0


def test_the_workbook_has_numbers_days_and_no_formula(statement):
    book = load_workbook(io.BytesIO(statement_xlsx(statement)))

    assert book.sheetnames == ["汇总", "费用与原因", "付款明细", "待收明细", "各户分成", "订单明细"]
    assert {cell.data_type for sheet in book for row in sheet for cell in row} <= {"s", "inlineStr", "n", "d"}
    sums = {row[0].value.split(" ")[-1]: row[1].value for row in book["汇总"].iter_rows(min_row=3)}
    assert Decimal(str(sums["本期归您"])) == Decimal(statement.left_fen) / 100
    assert Decimal(str(sums["已付给您"])) == -Decimal(statement.paid_fen) / 100
    assert book["付款明细"]["A2"].value.isoformat() == "2026-08-12T12:00:00"
    assert book["待收明细"]["B3"].value.isoformat() == "2026-08-23T00:00:00"
    households = list(book["各户分成"].iter_rows(min_row=2, values_only=True))
    assert {row[0] for row in households[:-1]} == {"'=1+1家", "卓玛家", "རང་གི། 自有"}
    assert {row[1] for row in households[:-1]} == {"'=青稞酒"}
    assert sum(round(row[3] * 100) for row in households[:-1]) == round(households[-1][3] * 100) == statement.left_fen
    assert sum(round(row[4] * 100) for row in book["订单明细"].iter_rows(min_row=2, values_only=True)) == statement.left_fen
    assert date(2026, 8, 23) in dict(statement.coming)
    assert statement.starts_at.tzinfo == HOME
