"""The seller's money, the centre's payouts, and one order's money followed on one page."""

from datetime import timedelta
from html import unescape

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from django.utils import timezone

from teahorse.console.views import settling
from teahorse.ledger.models import JournalEntry
from teahorse.logistics.models import FreightRate
from teahorse.payments import actions as payments
from teahorse.payments.models import CashMovement, MerchantAccount, Refund, Sharing
from teahorse.people import actions as people
from teahorse.settlement import actions
from teahorse.settlement.models import Difference, Payout
from tests import world
from tests.console.world import member
from tests.settlement.making import closed, fee, refund, settled
from tests.settlement.sharing import account, approved, told

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
        *parts, left = [line["fen"] for line in page.context["ledger"]]
        assert (parts, left) == ([8800, -1000, -202], 7598)  # what goes off has its sign, and they add up
        steps = page.context["steps"]
        assert [one["step"].kind for one in steps] == ["payment taken", "refund decided", "order closed"]
        assert all(text in page.content.decode() for text in ("平台服务费", "for everyone", "The buyer paid"))
    assert len(steps) == JournalEntry.objects.count()


@pytest.mark.parametrize(
    ("has_carrier", "who_gets_it"),
    [(True, "The network carries it and gets the freight's fee."), (False, "The seller sends it and keeps what is paid for it.")],
)
def test_one_orders_money_says_who_bears_the_freight(browser_of, seller, coop, centre, offer, has_carrier, who_gets_it):
    lane = {"first_kg_fen": 1800, "further_kg_fen": 800, "days_min": 1, "days_max": 2}
    FreightRate.objects.create(**lane, subsidy_basis_points=2500, subsidy_payer=centre)
    if has_carrier:
        fee("freight", rate=10_000, basis="freight", name="县中心配送")
    now = timezone.now()
    (made,) = closed({offer: 1}, now=now)
    actions.book_sales(order_ids=[made.pk], now=now)

    page = browser_of(seller).get(at("money_order", coop.key, order_id=made.pk))

    told = page.content.decode()
    assert f"Sending costs ¥18.00: the buyer ¥13.50 · {centre} ¥4.50." in told
    assert who_gets_it in unescape(told)
    assert {"label": "Paid by others for sending", "fen": 450, "note": str(centre)} in page.context["ledger"]
    assert page.context["ledger"][-1]["fen"] == made.total_fen + 450 - (1800 if has_carrier else 0)


def test_who_works_on_both_sides_of_a_payout_is_told_that_others_handle_it(browser_of, reviewer, coop, centre, matured):
    both = member(centre, "+8619900071008", name="两边都在")
    people.give_membership(person=both, organisation=coop, role="staff", now=timezone.now())
    browser_of(reviewer).post(at("payouts_prepare"))
    payout, browser = Payout.objects.get(), browser_of(both)

    page = browser.get(at("settle"))
    tried = browser.post(at("payout_move", payout_id=payout.pk), {"act": "approve"})

    assert "You belong to whom this payout is for" in page.content.decode()
    assert 'value="approve"' not in page.content.decode()
    assert [entry["count"] for entry in page.context["nav"] if entry["href"] == at("settle")] == [0]
    assert (tried.status_code, Payout.objects.get().state) == (409, "draft")
    assert f"You belong to {coop}, whom payout {payout.number} is for." in unescape(tried.content.decode())


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
    boxless = head.post(at("payout_move", payout_id=payout.pk), {"act": "cash", "reference": "卓玛"})
    head.post(at("shifts"), {"float": "200.00", "counter": "1"})
    for _ in range(2):
        head.post(at("payout_move", payout_id=payout.pk), {"act": "cash", "reference": "卓玛"})

    assert own.status_code == 409
    assert "Somebody else has to approve it" in own.content.decode()
    assert next(entry["count"] for entry in waits if entry["href"] == at("settle")) == 1
    assert nameless.status_code == 422
    assert (boxless.status_code, "Open a cash shift first" in boxless.content.decode()) == (409, True)
    payout.refresh_from_db()
    assert (payout.state, payout.amount_fen, payout.events.get(kind="paid").received_by) == ("paid", 7598, "卓玛")


@pytest.fixture
def in_cash(reviewer, colleague, coop, matured):
    """An approved payout of 75.98 in cash."""
    (payout,) = actions.prepare_payouts(seller_ids=[coop.pk], by=reviewer, now=timezone.now())
    return actions.approve_payout(payout=payout, by=colleague, now=timezone.now())


def test_a_station_gives_a_payout_out_of_its_box(browser_of, operator, point, in_cash):
    station, org = browser_of(operator), point.organisation.key
    page = station.get(at("cash_payouts", org))
    boxless = station.post(at("payout_give", org, payout_id=in_cash.pk), {"received_by": "卓玛"})
    shift = payments.open_shift(organisation=point.organisation, person_id=operator.pk, float_fen=20_000, now=timezone.now())
    nameless = station.post(at("payout_give", org, payout_id=in_cash.pk), {"received_by": " "})

    given = [station.post(at("payout_give", org, payout_id=in_cash.pk), {"received_by": "卓玛"}) for _ in range(2)]
    paper = station.get(given[0].url)

    assert in_cash.number in page.content.decode()
    assert next(entry["count"] for entry in page.context["nav"] if entry["href"] == at("cash_payouts", org)) == 1
    assert (boxless.status_code, nameless.status_code) == (409, 422)
    assert {answer.url for answer in given} == {at("receipt", org, subject_id=in_cash.pk)}
    assert in_cash.events.get(kind="paid").reference in paper.content.decode()
    assert payments.expected_fen(shift) == 20_000 - 7598
    assert "No payout waits" in station.get(at("cash_payouts", org)).content.decode()
    assert "-" in station.get(at("cash", org)).content.decode()


def test_another_countys_station_does_not_see_it(browser_of, in_cash):
    station = world.organisation("station-elsewhere", kind="village_point", code=world.GYANGZE)
    stranger = browser_of(member(station, "+8619900071016"))

    page = stranger.get(at("cash_payouts", station.key))
    tried = stranger.post(at("payout_give", station.key, payout_id=in_cash.pk), {"received_by": "卓玛"})

    assert in_cash.number not in page.content.decode()
    assert tried.status_code == 404
    in_cash.refresh_from_db()
    assert in_cash.state == "approved"


def test_cash_that_comes_back_lies_in_the_box_again(browser_of, colleague, centre, in_cash):
    head = browser_of(colleague)
    shift = payments.open_shift(organisation=centre, person_id=colleague.pk, float_fen=20_000, now=timezone.now())
    head.post(at("payout_move", payout_id=in_cash.pk), {"act": "cash", "reference": "卓玛"})

    for _ in range(2):
        head.post(at("payout_move", payout_id=in_cash.pk), {"act": "returned", "note": "不要现金"})
    payments.close_shift(shift_id=shift.pk, counted_fen=20_000, by_id=colleague.pk, now=timezone.now())
    page = head.get(at("shift", shift_id=shift.pk))

    assert list(CashMovement.objects.order_by("amount_fen").values_list("amount_fen", flat=True)) == [-7598, 7598]
    assert [row["paper_id"] for row in page.context["rows"]] == [in_cash.pk, in_cash.pk]
    in_cash.refresh_from_db()
    assert in_cash.state == "returned"


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


def test_no_list_of_payouts_or_differences_hides_its_rest(browser_of, reviewer, centre, monkeypatch):
    monkeypatch.setattr(settling, "PER_PAGE", 2)
    now = timezone.now()
    rows = [
        Difference.objects.create(
            kind="bill of wechat_pay", subject=f"no {number}", expected_fen=1, found_fen=2, owner_id=centre.pk, found_at=now, seen_at=now,
            due_at=now + timedelta(days=number),
        )
        for number in range(3)
    ]  # fmt: skip
    clerk = browser_of(reviewer)

    first, second = (clerk.get(at("settle"), {"differences": number}).content.decode() for number in (1, 2))
    silent = clerk.post(f"{at('explain', difference_id=rows[2].pk)}?differences=2", {"reason": " "})

    assert '<span class="count">3</span>' in first
    assert [row.subject in first for row in rows] == [True, True, False]
    assert [row.subject in second for row in rows] == [False, False, True]
    assert silent.status_code == 422
    assert "no 2" in silent.content.decode()
    assert f'href="{at("settle")}?differences=1"' in silent.content.decode()  # not to the form's own address


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


def failed(order, fen=700):
    """A refund of late money, or of a cancelled order: nobody's case."""
    back = refund(order, fen, now=timezone.now())
    Refund.objects.filter(pk=back.pk).update(state="failed", trouble="ACCOUNT_CLOSED", is_number_spent=True)
    return back


def test_a_refund_that_failed_waits_for_its_centre_which_has_it_sent_once_more(browser_of, reviewer, order):
    back = failed(order)
    other = world.organisation("centre-gyangze", kind="county_centre", code=world.GYANGZE)
    stranger, clerk = browser_of(member(other, "+8619900071017")), browser_of(reviewer)

    page = clerk.get(at("refunds"))
    tried = stranger.post(at("refund_retry", other.key, refund_id=back.pk))
    answers = [clerk.post(at("refund_retry", refund_id=back.pk), follow=True).content.decode() for _ in range(2)]

    assert next(entry["count"] for entry in page.context["nav"] if entry["href"] == at("refunds")) == 1
    assert all(text in page.content.decode() for text in ("ACCOUNT_CLOSED", order.number, "Send once more"))
    assert order.number not in stranger.get(at("refunds", other.key)).content.decode()
    assert tried.status_code == 404
    assert "It is sent once more" in answers[0]
    assert "It is on its way already" in answers[1]
    back.refresh_from_db()
    assert (back.state, back.our_number) == ("requested", f"{back.pk.hex}-2")


def test_a_refund_that_takes_days_is_shown(browser_of, reviewer, order):
    back = refund(order, 700, now=timezone.now())
    quick = browser_of(reviewer).get(at("refunds")).content.decode()
    Refund.objects.filter(pk=back.pk).update(requested_at=timezone.now() - timedelta(days=4))

    page = browser_of(reviewer).get(at("refunds")).content.decode()

    assert "Every refund reaches its buyer" in quick
    assert "Slow, tried again by itself" in page
    assert "Send once more" not in page


# --- What a payment service does not share out


@pytest.fixture
def collected(coop, offer, reviewer, colleague):
    """An order whose payment its seller collected, and its sharing, which her payout asked for and WeChat refused."""
    account(coop)
    fee("commission", rate=4000, basis="paid")
    now = timezone.now() - timedelta(days=20)
    orders = closed({offer: 1}, now=now)
    payout = approved(coop, reviewer, colleague, now=settled(orders, now=now))
    told(Sharing.objects.get(), now=timezone.now(), refusal="RULE_LIMIT: 分账金额超过最大分账比例")
    assert payout.state == "sent"
    return orders[0]


def test_what_a_payment_service_refuses_is_said_in_words_and_asked_for_once_more(browser_of, reviewer, collected):
    clerk, sharing = browser_of(reviewer), Sharing.objects.get()

    before = clerk.get(at("settle"))
    asked = [clerk.post(at("share_again", sharing_id=sharing.pk)) for _ in range(2)]
    after = clerk.get(at("settle"))

    assert "Ask the payment service for a higher limit" in before.content.decode()
    assert [(why[:10], row.sale.number) for why, row in before.context["refused"]] == [("Fewer fees", collected.number)]
    assert ([answer.status_code for answer in asked], list(after.context["refused"])) == ([302, 404], [])
    sharing.refresh_from_db()
    assert sharing.state == "requested"


def test_a_stranger_has_nothing_shared_out_again(browser_of, collected):
    other = world.organisation("centre-gyangze", kind="county_centre", code=world.GYANGZE)
    stranger = browser_of(member(other, "+8619900071006"))

    answer = stranger.post(at("share_again", other.key, sharing_id=Sharing.objects.get().pk))

    assert (answer.status_code, Sharing.objects.get().state) == (404, "failed")


def test_an_orders_money_says_what_of_its_fees_may_not_be_taken_out_of_the_payment(browser_of, reviewer, collected):
    page = browser_of(reviewer).get(at("settle_order", order_id=collected.pk))

    owed = collected.total_fen * 10 // 100  # of 40 %, of which 30 % may be
    assert page.context["owed_of_fees"] == owed
    assert "lets at most 30 % be taken out of a payment" in page.content.decode()
