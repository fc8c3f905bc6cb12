"""The centre hands fees over, and who gets them reads which, of which orders, and when they were paid."""

from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from teahorse.settlement import actions
from teahorse.settlement.models import Earning, Payout
from tests import world
from tests.console.world import member
from tests.settlement.making import closed, fee

pytestmark = pytest.mark.django_db


@pytest.fixture
def order(offer, centre, point):
    """An order whose fees nothing can take back any more: 228 fen are the centre's, 50 of those who run the point."""
    fee(rate=300)
    fee("station", rate=50, basis="order", beneficiary="pickup")
    now = timezone.now()
    (made,) = closed({offer: 2}, now=now, pickup_point=point)
    actions.book_sales(order_ids=[made.pk], now=now)
    actions.mature_earnings(now=now + timedelta(days=10))
    return made


def at(name, org, **more):
    return reverse(f"console:{name}", kwargs={"org": org, **more})


def test_a_county_pays_its_stations_and_the_region_the_county(browser_of, reviewer, officer, centre, region, point, order):
    county, whole = (browser_of(who).get(at("settle", org.key)) for who, org in ((reviewer, centre), (officer, region)))

    said = [[(one.beneficiary, one.amount_fen) for one in page.context["fees_got"]] for page in (county, whole)]
    assert said[0] == [(point.organisation, 50)]
    assert sorted(said[1], key=lambda one: one[1]) == [(point.organisation, 50), (centre, 228)]


def test_fees_are_handed_over_and_paid_like_any_payout(browser_of, reviewer, centre, point, order):
    browser = browser_of(reviewer)

    answers = [browser.post(at("fees_collect", centre.key), {"beneficiary": str(point.organisation.pk)}, follow=True) for _ in range(2)]
    browser.post(at("payouts_prepare", centre.key), {"seller": str(point.organisation.pk)})

    assert [[str(one) for one in answer.context["messages"]] for answer in answers] == [
        ["Fees of 1 are to be paid out now."],
        ["There are no fees to be paid out now."],
    ]
    assert [(one.seller, one.amount_fen, one.method) for one in Payout.objects.all()] == [(point.organisation, 50, "cash")]


def test_a_county_hands_nothing_over_to_itself_or_elsewhere(browser_of, reviewer, centre, order):
    far = world.organisation("far", kind="county_centre", code="540622")

    for key in (centre.pk, far.pk):
        browser_of(reviewer).post(at("fees_collect", centre.key), {"beneficiary": str(key)})

    assert not Earning.objects.filter(kind="fees").exists()


def test_who_gets_fees_reads_of_which_orders(browser_of, operator, seller, coop, point, order):
    actions.collect_fees(beneficiary_ids=[point.organisation.pk], now=timezone.now())

    page = browser_of(operator).get(at("fees_got", point.organisation.key))

    rows = [(row["what"], row["kind"], row["sale"].number if row["sale"] else "", row["fen"]) for row in page.context["rows"]]
    assert rows == [
        ("Collected, to be paid out", "Station's fee", "", -50),
        ("The buyer has the goods", "Station's fee", order.number, 50),
    ]
    assert page.context["standing"]["payable"] == 50
    assert order.number in page.content.decode()
    assert browser_of(seller).get(at("fees_got", point.organisation.key)).status_code == 404
    assert "No fees in this month" in browser_of(seller).get(at("sellers_fees_got", coop.key)).content.decode()


def test_a_station_tells_its_account(browser_of, operator, point):
    form = {"holder": "拉玉站", "bank": "农业银行", "number": "62284800"}

    browser_of(operator).post(at("payout_account", point.organisation.key), form)

    page = browser_of(operator).get(at("payout_account", point.organisation.key))
    assert page.context["present"].holder == "拉玉站"
    assert at("fees_got", point.organisation.key) in page.content.decode()


def test_a_county_does_not_confirm_its_own_payout(browser_of, reviewer, officer, centre, region, order):
    """The bank's answer about the centre's own fees is taken by the region's centre alone, and nothing of a file by the county's."""
    now = timezone.now()
    actions.tell_account(seller=centre, holder="县中心", bank="农业银行", number="6228480011", by=reviewer, now=now)
    actions.collect_fees(beneficiary_ids=[centre.pk], now=now)
    (payout,) = actions.prepare_payouts(seller_ids=[centre.pk], by=officer, now=now)
    actions.approve_payout(payout=payout, by=member(region, "+8619900071007"), now=now)
    actions.make_bank_file(payouts=[payout], by=officer, now=now)
    lines = f"payout,amount,result,reference,date,reason\r\n{payout.number},2.28,paid,BK1,2026-08-25,\r\n".encode()

    own = browser_of(reviewer).post(at("bank_answer", centre.key), {"answer": SimpleUploadedFile("a.csv", lines)})
    states = [Payout.objects.get().state]
    browser_of(officer).post(at("bank_answer", region.key), {"answer": SimpleUploadedFile("a.csv", lines)})
    states.append(Payout.objects.get().state)

    assert own.status_code == 409
    assert f"Payout {payout.number} is for your own house." in own.content.decode()
    assert states == ["sent", "paid"]


def test_a_station_finds_no_cash_for_itself_at_its_counter(browser_of, reviewer, operator, officer, centre, point, order):
    now = timezone.now()
    actions.collect_fees(beneficiary_ids=[point.organisation.pk], now=now)
    (payout,) = actions.prepare_payouts(seller_ids=[point.organisation.pk], by=reviewer, now=now)
    actions.approve_payout(payout=payout, by=officer, now=now)

    own, centres = (browser_of(who).get(at("cash_payouts", org.key)) for who, org in ((operator, point.organisation), (reviewer, centre)))

    assert payout.number not in own.content.decode()
    assert payout.number in centres.content.decode()


def test_who_gets_fees_prints_a_months_statement(browser_of, operator, seller, coop, point, order):
    browser, key = browser_of(operator), point.organisation.key
    page = browser.get(at("fees_got", key)).content.decode()

    pdf, table = (browser.get(at(name, key)) for name in ("fees_statement", "fees_table"))

    assert at("fees_statement", key) in page
    assert (pdf["Content-Type"], pdf.content[:5]) == ("application/pdf", b"%PDF-")
    assert table["Content-Disposition"] == f'attachment; filename="{key}-fees-{timezone.localdate():%Y-%m}.xlsx"'
    assert browser.get(at("fees_statement", key), {"month": "2001-01"}).status_code == 404
    assert browser_of(seller).get(at("fees_statement", key)).status_code == 404
    assert browser_of(seller).get(at("sellers_fees_statement", coop.key)).content[:5] == b"%PDF-"


def test_only_what_moved_in_a_month_is_read(browser_of, operator, point, order):
    browser, where = browser_of(operator), at("fees_got", point.organisation.key)
    months = [name for name, _ in browser.get(where).context["months"]]

    pages = [browser.get(where, {"month": month}) for month in (months[0], months[1], "nonsense")]

    assert [[row["fen"] for row in page.context["rows"]] for page in pages] == [[50], [], [50]]
    assert f"{at('fees_statement', point.organisation.key)}?month={months[1]}" in pages[1].content.decode()


def test_more_fees_are_read_by_as_many_queries(browser_of, operator, point, offer, order):
    browser, where = browser_of(operator), at("fees_got", point.organisation.key)
    browser.get(where)
    with CaptureQueriesContext(connection) as few:
        browser.get(where)
    now = timezone.now()
    made = [one for _ in range(3) for one in closed({offer: 1}, now=now, pickup_point=point)]
    actions.book_sales(order_ids=[one.pk for one in made], now=now)

    with CaptureQueriesContext(connection) as many:
        page = browser.get(where)

    assert [row["fen"] for row in page.context["rows"]] == [50] * 4
    assert (page.context["got"].amount_fen, page.context["got"].waiting_fen) == (50, 150)
    assert len(many) == len(few)
