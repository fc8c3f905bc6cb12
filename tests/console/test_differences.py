"""What differs is named in words, and leads to where it can be seen."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from teahorse.common.ids import new_id
from teahorse.ledger.models import LedgerAccount
from teahorse.payments.models import PaymentSplit
from teahorse.settlement import actions
from teahorse.settlement.models import Difference
from tests import world
from tests.console.world import member
from tests.settlement.making import closed, fee

pytestmark = pytest.mark.django_db


@pytest.fixture
def order(offer, centre):
    fee(rate=300)
    now = timezone.now()
    (made,) = closed({offer: 2}, now=now)
    actions.book_sales(order_ids=[made.pk], now=now)
    return made


def at(name, org, **more):
    return reverse(f"console:{name}", kwargs={"org": org, **more})


def differs(kind, subject, owner=None):
    now = timezone.now()
    sums = {"expected_fen": 100, "found_fen": 99}
    return Difference.objects.create(
        kind=kind, subject=subject, owner_id=owner and owner.pk, **sums, found_at=now, seen_at=now, due_at=now + timedelta(days=1)
    )


def account_of(owner, purpose):
    return LedgerAccount.objects.get(purpose=purpose, owner_id=owner and owner.pk)


def told(browser, org):
    return [(one["words"], one["href"]) for one in browser.get(at("settle", org.key)).context["differences"]]


def test_an_account_is_named_and_opened(house, region, coop, centre, order):
    differs("account and what it stands for", f"earned {coop.pk}")
    differs("balance and its postings", f"fees:commission {centre.pk}")
    differs("balance and its postings", "at_provider:wechat_pay ")

    found = told(house, region)

    earned, fees = account_of(coop, "earned"), account_of(centre, "fees:commission")
    ours = account_of(None, "at_provider:wechat_pay")
    assert found == [
        (f"Earned, return window open · {coop}", at("ledger_account", region.key, ledger_account_id=earned.pk)),
        (f"Commission · {centre}", at("ledger_account", region.key, ledger_account_id=fees.pk)),
        ("Held by WeChat Pay", at("ledger_account", region.key, ledger_account_id=ours.pk)),
    ]


def test_an_order_is_named_by_its_number_whatever_of_it_differs(browser_of, reviewer, centre, order):
    part = PaymentSplit.objects.get(reference=order.pk)
    differs("payment not booked", str(part.pk), centre)
    differs("order paid, not frozen", order.number, centre)
    differs("money held, order not paid", f"{part.our_number or 'T1'} {order.number}", centre)

    assert told(browser_of(reviewer), centre) == [(order.number, at("settle_order", centre.key, order_id=order.pk))] * 3


def test_what_is_not_found_stays_as_it_was_told(house, region):
    key = str(new_id())
    for kind, subject in (("booked without a payment", key), ("balance and its postings", f"held {key}"), ("going back", "all refunds")):
        differs(kind, subject)

    assert told(house, region) == [(key, ""), (f"held {key}", ""), ("all refunds", "")]


def test_an_account_shows_what_moved_it_in_a_month(house, region, coop, centre, order):
    page = house.get(at("ledger_account", region.key, ledger_account_id=account_of(coop, "earned").pk))
    before = house.get(page.request["PATH_INFO"], {"month": page.context["months"][1][0]})

    assert page.context["balance_fen"] == 8572
    assert [(what, sale.number, fen) for _one, what, sale, fen in page.context["rows"]] == [("The buyer has the goods", order.number, 8572)]
    assert at("settle_order", region.key, order_id=order.pk) in page.content.decode()
    assert (before.context["balance_fen"], before.context["rows"]) == (8572, [])


def test_an_account_is_shown_to_who_pays_its_owner_alone(house, browser_of, reviewer, region, centre, coop, order):
    elsewhere = world.organisation("centre-gyangze", kind="county_centre", code=world.GYANGZE)
    browsers = [(house, region), (browser_of(reviewer), centre), (browser_of(member(elsewhere, "+8619900071007")), elsewhere)]
    hers, houses = account_of(coop, "earned"), account_of(None, "at_provider:wechat_pay")

    seen = [
        [browser.get(at("ledger_account", org.key, ledger_account_id=one.pk)).status_code for one in (hers, houses)]
        for browser, org in browsers
    ]

    assert seen == [[200, 200], [200, 404], [404, 404]]
