"""A seller's statement to take away, her households, and what of each product comes from whom."""

import io
from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone
from openpyxl import load_workbook

from teahorse.settlement import actions
from teahorse.settlement.models import Division, OpenBook, SubSeller, SubSellerShare
from tests import world
from tests.console.world import member
from tests.settlement.making import closed

pytestmark = pytest.mark.django_db


def at(name, org, **more):
    return reverse(f"console:{name}", kwargs={"org": org.key, **more})


@pytest.fixture
def household(coop, seller):
    return actions.add_sub_seller(seller=coop, name="次仁家", note="每斤三元", by=seller, now=timezone.now())


@pytest.fixture
def product(offer):
    return offer.variant.product


def test_the_month_is_taken_away_as_paper_and_as_a_table(browser_of, seller, coop, offer):
    actions.book_sales(order_ids=[order.pk for order in closed({offer: 1}, now=timezone.now())], now=timezone.now())
    browser, month = browser_of(seller), f"{timezone.localtime():%Y-%m}"

    page = browser.get(at("money", coop), {"month": month}).content.decode()
    paper = browser.get(at("statement", coop), {"month": month})
    table = browser.get(at("statement_table", coop))

    assert all(f"{at(name, coop)}?month={month}" in page for name in ("statement", "statement_table"))
    assert paper.content.startswith(b"%PDF")
    assert paper["Content-Disposition"] == f'attachment; filename="coop-dorje-{month}.pdf"'
    assert "no-store" in paper["Cache-Control"]
    assert load_workbook(io.BytesIO(table.content))["汇总"]["B4"].value == 50
    assert browser.get(at("statement", coop), {"month": "2001-01"}).status_code == 404


def test_others_take_no_statement_away(browser_of, coop):
    stranger = browser_of(member(world.organisation("neighbour"), "+8619900071006"))

    assert [stranger.get(at(name, coop)).status_code for name in ("statement", "statement_table", "households")] == [404, 404, 404]


def test_a_household_is_added_once_and_ended(browser_of, seller, coop):
    browser = browser_of(seller)

    nameless = browser.post(at("households", coop), {"name": " ", "note": "每斤三元"})
    for _ in range(2):
        browser.post(at("households", coop), {"name": "次仁家", "note": "每斤三元"})
    (made,) = SubSeller.objects.all()
    shown = browser.get(at("households", coop)).content.decode()
    for _ in range(2):
        browser.post(at("household_end", coop, sub_seller_id=made.pk))

    assert nameless.status_code == 422
    assert "每斤三元" in nameless.content.decode()
    assert "次仁家" in shown
    assert "次仁家" not in browser.get(at("households", coop)).context["households"].values_list("name", flat=True)


def test_shares_are_entered_once_from_a_form(browser_of, seller, coop, household, product):
    browser, address = browser_of(seller), at("household_shares", coop, product_id=product.pk)
    key = browser.get(address).context["typed"]["form_key"]

    for _ in range(2):
        browser.post(address, {"form_key": key, "since": "2026-08-01", f"share.{household.pk}": "33.33%"})

    assert Division.objects.get().since_date.isoformat() == "2026-08-01"
    assert SubSellerShare.objects.get().share_bp == 3333
    assert browser.get(address).context["rows"] == [(household, "33.33")]
    assert "次仁家 33.33 %" in browser.get(at("households", coop)).content.decode()


@pytest.mark.parametrize(
    "wrong", [{"share": "x"}, {"share": "100.01"}, {"share": "-1"}, {"share": "1.234"}, {"share": "1e999999"}, {"share": "5", "since": "x"}]
)
def test_what_is_wrong_with_shares_is_said_and_nothing_typed_is_lost(browser_of, seller, coop, household, product, wrong):
    typed = {"since": wrong.get("since", "2026-08-01"), f"share.{household.pk}": wrong["share"]}

    answer = browser_of(seller).post(at("household_shares", coop, product_id=product.pk), typed)

    assert answer.status_code == 422
    assert answer.context["rows"] == [(household, wrong["share"])]
    assert answer.context["typed"]["since"] == typed["since"]
    assert not Division.objects.exists()


def test_together_they_are_no_more_than_the_whole(browser_of, seller, coop, household, product):
    other = actions.add_sub_seller(seller=coop, name="卓玛家", note="", by=seller, now=timezone.now())
    typed = {"since": "2026-08-01", f"share.{household.pk}": "60", f"share.{other.pk}": "50"}

    answer = browser_of(seller).post(at("household_shares", coop, product_id=product.pk), typed)

    assert answer.status_code == 422
    assert "110.00 %" in answer.content.decode()


def test_a_division_from_tomorrow_does_not_hold_today(browser_of, seller, coop, household, product):
    now = timezone.localtime()
    actions.divide_product(
        key=household.pk, seller=coop, product_id=product.pk, since_date=(now + timedelta(days=1)).date(),
        shares_bp={household.pk: 5000}, by=seller, now=now,
    )  # fmt: skip
    browser = browser_of(seller)

    assert browser.get(at("households", coop)).context["rows"][0]["shares"] == []
    assert browser.get(at("household_shares", coop, product_id=product.pk)).context["rows"] == [(household, "")]


def test_a_neighbours_goods_are_not_there(browser_of, seller, coop, household):
    theirs = world.offer(world.organisation("neighbour"), title="别家的").variant.product

    assert browser_of(seller).get(at("household_shares", coop, product_id=theirs.pk)).status_code == 404


def test_a_seller_shows_buyers_who_earned_what_and_shows_it_no_more(browser_of, seller, coop, product):
    browser, here = browser_of(seller), at("household_shares", coop, product_id=product.pk)
    book = at("household_book", coop, product_id=product.pk)

    closed_before = browser.get(here).content.decode()
    browser.post(book, {"show": "1"})
    is_open = browser.get(here).content.decode()
    foreign = browser_of(member(world.organisation("neighbour"), "+8619900071006")).post(book.replace("coop-dorje", "neighbour"), {})
    browser.post(book)

    assert ("Buyers see it" in closed_before, "Buyers see it" in is_open) == (False, True)
    assert foreign.status_code == 404
    assert list(OpenBook.objects.values_list("product_id", "opened_by_id")) == [(product.pk, seller.pk)]
    assert OpenBook.objects.get().closed_at is not None
