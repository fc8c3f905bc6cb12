"""The region claims what budgets owe and writes down what comes; a county reads what is claimed of it, and nobody else anything."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from teahorse.settlement import actions, facts
from teahorse.settlement.models import SubsidyClaim, Transfer
from tests import world
from tests.console.world import member
from tests.settlement.making import closed, standing

pytestmark = pytest.mark.django_db


@pytest.fixture
def county(browser_of, reviewer):
    return browser_of(reviewer)


@pytest.fixture
def sold(offer, centre, monkeypatch):
    """An order of which the county's budget bears 700 fen; its buyer has it since yesterday."""
    monkeypatch.setattr(facts, "_subsidies", lambda order_ids: {key: [(centre.pk, 700)] for key in order_ids})
    then = timezone.now() - timedelta(days=1)
    (order,) = closed({offer: 1}, now=then)
    actions.book_sales(order_ids=[order.pk], now=then)
    return order


@pytest.fixture
def made(house, region, centre, sold):
    house.post(at("claim_make", region.key), {"payer": centre.key, "until": yesterday()})
    return SubsidyClaim.objects.get()


def at(name, org, **more):
    return reverse(f"console:{name}", kwargs={"org": org, **more})


def yesterday():
    return (timezone.localdate() - timedelta(days=1)).isoformat()


def form(**other):
    return {"amount": "7.00", "reference": "BK1", "day": timezone.localdate().isoformat(), **other}


def test_the_region_claims_and_writes_down_what_comes(house, region, centre, sold):
    where = at("claims", region.key)
    before = house.get(where)

    answer = house.post(at("claim_make", region.key), {"payer": centre.key, "until": yesterday()}, follow=True)
    (made,) = SubsidyClaim.objects.all()
    one = {"claim_id": made.pk}
    house.post(at("claim_receive", region.key, **one), form(amount="4.00"))
    partly = house.get(at("claim", region.key, **one))
    (transfer,) = Transfer.objects.all()
    nothing = house.post(at("claim_undo", region.key, transfer_id=transfer.pk, **one), {"reason": ""})
    house.post(at("claim_undo", region.key, transfer_id=transfer.pk, **one), {"reason": "金额写错"})
    house.post(at("claim_receive", region.key, **one), form())

    assert [(row.payer, row.to_claim_fen, row.count) for row in before.context["owing"]] == [(centre, 700, 1)]
    assert sold.number in answer.content.decode()
    assert (partly.context["claim"].open_fen, "paid in part" in partly.content.decode()) == (300, True)
    assert (nothing.status_code, "Write why" in nothing.content.decode()) == (422, True)
    assert standing()["bank"] == -700
    assert (standing(centre), SubsidyClaim.objects.get().state) == ({}, "received")
    assert centre.name in house.get(at("transfers", region.key)).content.decode()


def test_what_was_typed_stays_where_the_house_refuses(house, region, made):
    answer = house.post(at("claim_receive", region.key, claim_id=made.pk), form(amount="7.01"))
    late = house.post(at("claim_make", region.key), {"payer": made.payer.key, "until": timezone.localdate().isoformat()})
    again = house.post(at("claim_make", region.key), {"payer": made.payer.key, "until": yesterday()})

    page = answer.content.decode()
    assert answer.status_code == 422
    assert all(text in page for text in ('value="7.01"', 'value="BK1"', "¥7.00 is open."))
    assert (late.status_code, "Choose a day that is over" in late.content.decode()) == (422, True)
    assert (again.status_code, "there is nothing to claim" in again.content.decode()) == (409, True)
    assert not Transfer.objects.exists()


def test_a_wrong_claim_is_withdrawn_with_a_reason(house, region, centre, made):
    where = at("claim_withdraw", region.key, claim_id=made.pk)

    nothing = house.post(where, {"reason": ""})
    answer = house.post(where, {"reason": "期间选错了"}, follow=True)
    shown = house.get(at("claim", region.key, claim_id=made.pk)).content.decode()

    assert nothing.status_code == 422
    assert "claim withdrawn" in answer.content.decode()
    assert ("期间选错了" in shown, "Money has come" in shown) == (True, False)
    assert standing(centre) == {"subsidy": -700}


def test_a_county_reads_what_is_claimed_of_it_and_changes_nothing(county, region, centre, made):
    one = {"claim_id": made.pk}
    listed, shown = county.get(at("claims", centre.key)), county.get(at("claim", centre.key, **one))

    tried = [
        county.post(at("claim_make", centre.key), {"payer": centre.key, "until": yesterday()}),
        county.post(at("claim_receive", centre.key, **one), form()),
        county.post(at("claim_withdraw", centre.key, **one), {"reason": "期间选错了"}),
    ]

    assert made.number in listed.content.decode()
    assert ("¥7" in shown.content.decode(), "Money has come" in shown.content.decode()) == (True, False)
    assert [answer.status_code for answer in tried] == [404, 404, 404]
    assert (Transfer.objects.count(), SubsidyClaim.objects.get().state) == (0, "claimed")


def test_another_county_finds_nothing(browser_of, made):
    other = world.organisation("centre-gyangze", kind="county_centre", code=world.GYANGZE)
    browser = browser_of(member(other, "+8619900071008"))

    pages = [browser.get(at(name, other.key, claim_id=made.pk)).status_code for name in ("claim", "claim_paper", "claim_table")]

    assert pages == [404, 404, 404]
    assert "Nothing was claimed yet" in browser.get(at("claims", other.key)).content.decode()


def test_a_claim_is_printed_for_who_pays(county, house, region, centre, made):
    pdf, table = (county.get(at(name, centre.key, claim_id=made.pk)) for name in ("claim_paper", "claim_table"))

    assert (pdf["Content-Type"], pdf.content[:5]) == ("application/pdf", b"%PDF-")
    assert table["Content-Disposition"] == f'attachment; filename="{made.number}.xlsx"'
    assert house.get(at("claim_paper", region.key, claim_id=made.pk)).status_code == 200


def test_an_orders_money_names_the_claim_that_it_is_in(house, county, browser_of, seller, region, centre, coop, sold, made):
    pages = [
        house.get(at("settle_order", region.key, order_id=sold.pk)),
        county.get(at("settle_order", centre.key, order_id=sold.pk)),
        browser_of(seller).get(at("money_order", coop.key, order_id=sold.pk)),
    ]

    told = [[(one["claim"], one["line"].amount_fen, one["what"], one["may_open"]) for one in page.context["claims"]] for page in pages]
    assert told == [[(made, 700, "Price reduction", may_open)] for may_open in (True, True, False)]
    texts = [page.content.decode() for page in pages]
    assert [f'href="{at("claim", org.key, claim_id=made.pk)}"' in text for org, text in zip((region, centre), texts[:2], strict=True)] == [
        True,
        True,
    ]
    assert (made.number in texts[2], "/settle/claims/" in texts[2]) == (True, False)


def test_a_withdrawn_claim_is_no_claim_of_its_orders_any_more(house, region, sold, made):
    house.post(at("claim_withdraw", region.key, claim_id=made.pk), {"reason": "金额写错"})
    house.get(at("claims", region.key))  # what was said of making and withdrawing it is read

    page = house.get(at("settle_order", region.key, order_id=sold.pk))

    assert page.context["claims"] == []
    assert made.number not in page.content.decode()
