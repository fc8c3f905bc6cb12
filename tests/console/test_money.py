"""The seller's money, the centre's payouts, and one order's money followed on one page."""

from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from django.utils import timezone

from teahorse.ledger.models import JournalEntry
from teahorse.payments.models import MerchantAccount
from teahorse.settlement import actions
from teahorse.settlement.models import Difference, Payout
from tests import world
from tests.console.world import member
from tests.settlement.making import closed, fee, refund

pytestmark = pytest.mark.django_db


@pytest.fixture
def colleague(centre):
    return member(centre, "+8619900071005", name="复核")


@pytest.fixture
def order(offer, centre):
    """An order that is closed and partly refunded, all of it booked, its earnings matured."""
    fee(rate=300, name="平台服务费")
    now = timezone.now()
    (made,) = closed({offer: 2}, now=now)
    refund(made, 1000, now=now)
    actions.book_sales(order_ids=[made.pk], now=now)
    return made


@pytest.fixture
def matured(order):
    actions.mature_earnings(now=timezone.now() + timedelta(days=10))
    return order


def at(name, org="centre-qonggyai", **more):
    return reverse(f"console:{name}", kwargs={"org": org, **more})


def test_a_seller_sees_sold_returned_fees_and_what_is_to_come(browser_of, seller, coop, order):
    page = browser_of(seller).get(at("money", coop.key))

    month = page.context["month"]
    assert (month.sold_fen, month.returned_fen, month.fees_fen, month.left_fen) == (8800, 1000, 202, 7598)
    assert page.context["standing"] == {"held": 0, "earned": 7598, "payable": 0, "in_payout": 0}
    assert order.number in page.content.decode()


def test_a_month_without_sales_says_so(browser_of, seller, coop):
    page = browser_of(seller).get(at("money", coop.key), {"month": "nonsense"})

    assert page.status_code == 200
    assert "Nothing was paid in this month" in page.content.decode()


def test_one_order_is_followed_by_its_seller_and_its_centre(browser_of, seller, reviewer, coop, order):
    own = browser_of(seller).get(at("money_order", coop.key, order_id=order.pk))
    centres = browser_of(reviewer).get(at("settle_order", order_id=order.pk))

    for page in (own, centres):
        steps = page.context["steps"]
        assert [one["step"].kind for one in steps] == ["payment taken", "refund decided", "order closed"]
        assert all(text in page.content.decode() for text in ("平台服务费", "for everyone", "The buyer paid"))
    assert len(steps) == JournalEntry.objects.count()


def test_other_centres_find_nothing(browser_of, order):
    other = world.organisation("centre-gyangze", kind="county_centre", code=world.GYANGZE)
    stranger = browser_of(member(other, "+8619900071006"))

    assert stranger.get(at("settle_order", other.key, order_id=order.pk)).status_code == 404
    assert stranger.get(at("settle")).status_code == 404


def test_a_payout_goes_from_one_to_the_other_and_to_the_seller(browser_of, reviewer, colleague, matured):
    clerk, head = browser_of(reviewer), browser_of(colleague)

    for _ in range(2):
        clerk.post(at("payouts_prepare"))
    payout = Payout.objects.get()
    own = clerk.post(at("payout_move", payout_id=payout.pk), {"act": "approve"})
    waits = head.get(at("settle")).context["nav"]
    head.post(at("payout_move", payout_id=payout.pk), {"act": "approve"})
    nameless = head.post(at("payout_move", payout_id=payout.pk), {"act": "cash", "reference": " "})
    for _ in range(2):
        head.post(at("payout_move", payout_id=payout.pk), {"act": "cash", "reference": "卓玛"})

    assert own.status_code == 409
    assert "Somebody else has to approve it" in own.content.decode()
    assert next(entry["count"] for entry in waits if entry["href"] == at("settle")) == 1
    assert nameless.status_code == 422
    payout.refresh_from_db()
    assert (payout.state, payout.amount_fen, payout.events.get(kind="paid").received_by) == ("paid", 7598, "卓玛")


def test_the_bank_gets_a_file_and_answers(browser_of, reviewer, colleague, coop, matured):
    now = timezone.now()
    actions.tell_account(seller=coop, holder="合作社", bank="农业银行", number="6228480011", by=reviewer, now=now)
    (payout,) = actions.prepare_payouts(seller_ids=[coop.pk], by=reviewer, now=now)
    actions.approve_payout(payout=payout, by=colleague, now=now)
    clerk = browser_of(reviewer)

    file = clerk.get(clerk.post(at("bank_file_make")).url)
    wrong = clerk.post(at("bank_answer"), {"answer": SimpleUploadedFile("a.csv", b"nonsense")})
    lines = f"payout,amount,result,reference,date,reason\r\n{payout.number},75.98,paid,BK1,2026-08-25,\r\n"
    clerk.post(at("bank_answer"), {"answer": SimpleUploadedFile("a.csv", lines.encode())})

    assert file["Content-Type"] == "text/csv; charset=utf-8"
    assert payout.number in file.content.decode()
    assert wrong.status_code == 422
    payout.refresh_from_db()
    assert payout.state == "paid"


def test_what_a_seller_collects_is_paid_by_its_provider_and_nobody_marks_it(browser_of, reviewer, colleague, seller, coop, offer, centre):
    fee(rate=300, name="平台服务费")
    now = timezone.now()
    MerchantAccount.objects.create(organisation=coop, provider="wechat_pay", number="1900000109", since_at=now, changed_at=now)
    (made,) = closed({offer: 2}, now=now)
    actions.book_sales(order_ids=[made.pk], now=now)
    actions.mature_earnings(now=now + timedelta(days=10))
    clerk, head = browser_of(reviewer), browser_of(colleague)

    to_pay = clerk.get(at("settle")).content.decode()
    clerk.post(at("payouts_prepare"))
    payout = Payout.objects.get()
    head.post(at("payout_move", payout_id=payout.pk), {"act": "approve"})
    actions.share_payouts(now=now)
    sent = head.get(at("settle")).content.decode()
    refused = head.post(at("payout_move", payout_id=payout.pk), {"act": "paid", "reference": "1"})
    hers = browser_of(seller).get(at("money", coop.key))

    assert "by WeChat Pay, where the seller collects" in to_pay
    assert ("Give up" in sent, "The bank&#x27;s number" in sent) == (True, False)
    assert refused.status_code == 409
    payout.refresh_from_db()
    assert payout.state == "sent"
    assert hers.context["collected"] == [("WeChat Pay", payout.amount_fen)]
    assert "of this on your own account at WeChat Pay" in hers.content.decode()


def test_a_difference_is_explained_with_a_name(browser_of, reviewer, centre):
    now = timezone.now()
    row = Difference.objects.create(
        kind="bill of wechat_pay", subject="1", expected_fen=1, found_fen=2, owner_id=centre.pk, found_at=now, seen_at=now, due_at=now
    )
    clerk = browser_of(reviewer)

    silent = clerk.post(at("explain", difference_id=row.pk), {"reason": " "})
    clerk.post(at("explain", difference_id=row.pk), {"reason": "微信的账单晚了一天"})

    assert silent.status_code == 422
    row.refresh_from_db()
    assert (row.state, row.reason, row.explained_by_id) == ("explained", "微信的账单晚了一天", reviewer.pk)
