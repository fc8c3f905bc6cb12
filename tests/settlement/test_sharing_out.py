"""What a seller collected herself is shared out when its payout is approved, and comes back for refunds."""

import io
from datetime import date, datetime

import pytest
from openpyxl import load_workbook
from procrastinate.contrib.django.models import ProcrastinateJob

from teahorse.common.refusals import Refusal
from teahorse.ledger import queries as books
from teahorse.payments import actions as payments
from teahorse.payments.actions.sharing import _write_returns, _write_sharings
from teahorse.payments.models import Refund, ShareLine, ShareReturn, Sharing
from teahorse.payments.providers import SharingTold, Told
from teahorse.settlement import actions, queries, reactions, rules
from teahorse.settlement.comparing import differences
from teahorse.settlement.models import FeeReversal, Maturity, PayoutEvent, SharedFee
from teahorse.settlement.paper import statement_pdf, statement_xlsx
from teahorse.settlement.statement import statement_of
from tests import world
from tests.at_once import at_once

from .making import A_DAY, are_whole, centre, closed, fee, refund, settled, standing
from .sharing import LATER, account, approved, collector, given_back, shares, told


@pytest.fixture
def seller(db):
    """A cooperative that collects at WeChat Pay herself."""
    return collector()


@pytest.mark.django_db
def test_an_approved_payout_shares_the_fees_out_and_is_paid_when_that_is_done(seller, goods, clerk, head, now):
    fee()
    fee("station", rate=100, basis="order", beneficiary="pickup")
    fee("payment", rate=60, basis="paid", beneficiary="provider")
    county, station = centre(), world.service_point("st-2", code=world.GYANGZE)
    account(station.organisation, number="1900000200")
    (order,) = closed({goods: 1}, now=now, pickup_point=station)
    at = settled([order], now=now)

    payout = approved(seller, clerk, head, now=at)
    waiting = (payout.state, shares(), standing(seller))
    (sharing,) = Sharing.objects.all()
    told(sharing, now=at + LATER)
    payout.refresh_from_db()

    jobs = ProcrastinateJob.objects.filter(task_name="settlement.share_payouts", args={"payout_ids": [str(payout.pk)]})
    assert jobs.count() == 1
    assert waiting == ("sent", [("house", 144), ("1900000200", 100)], {"in_payout": 4756, "at_provider:wechat_pay": -5000})
    event = PayoutEvent.objects.get(payout=payout, kind="paid")
    assert (payout.state, payout.amount_fen, event.reference, event.by_id) == ("paid", 4756, sharing.our_number, None)
    assert standing(seller) == {}
    assert standing() == {"at_provider:wechat_pay": -144, "fees:payment": 30}
    assert (standing(county), standing(station.organisation)) == ({"fees:commission": 114}, {})
    assert are_whole(at + LATER)


@pytest.mark.django_db
def test_a_refund_after_the_payout_takes_back_of_each_fee_what_its_receiver_gives_back(seller, goods, clerk, head, now):
    fee()
    fee("station", rate=101, basis="order", beneficiary="pickup")
    fee("host", rate=53, basis="order", beneficiary="platform")
    county, station = centre(), world.service_point("st-2", code=world.GYANGZE)
    account(station.organisation, number="1900000200")
    (order,) = closed({goods: 1}, now=now, pickup_point=station)
    at = settled([order], now=now)
    approved(seller, clerk, head, now=at)
    told(Sharing.objects.get(), now=at)

    for fen in (1001, 333, 3666):
        back = refund(order, fen, now=at + LATER)
        actions.book_sales(order_ids=[order.pk], now=at + LATER)
        rows = {one.line.account_id is None: one.amount_fen for one in ShareReturn.objects.filter(refund=back).select_related("line")}
        reversed_fen = {one.fee.kind: one.amount_fen for one in reversals_of(back)}
        assert reversed_fen.get("station", 0) == rows.get(False, 0)
        assert reversed_fen.get("commission", 0) + reversed_fen.get("host", 0) == rows.get(True, 0)
        assert are_whole(at + LATER)
        given_back(back, now=at + LATER)
        assert are_whole(at + LATER)

    # all went back: she paid it out of what the provider had let go, and her next payout there will be less by it
    assert standing(county) == standing(station.organisation) == standing() == {}
    assert standing(seller) == {"payable": -4732, "at_provider:wechat_pay": 4732}
    assert [line.left_fen for line in SharedFee.objects.all()] == [0, 0, 0]
    assert Maturity.objects.filter(payout=None, provider="").count() == 0


def reversals_of(back):
    return FeeReversal.objects.filter(refund_id=back.pk).select_related("fee")


@pytest.mark.django_db
def test_what_was_refunded_after_a_payout_is_taken_off_the_next_one_there(seller, goods, clerk, head, now):
    fee()
    centre()
    (first,) = closed({goods: 1}, now=now)
    at = settled([first], now=now)
    approved(seller, clerk, head, now=at)
    told(Sharing.objects.get(), now=at)
    given_back(refund(first, 1000, now=at), now=at)
    (second,) = closed({goods: 1}, now=at)
    later = settled([second], now=at)

    payout = approved(seller, clerk, head, now=later)
    told(Sharing.objects.get(split__reference=second.pk), now=later)

    payout.refresh_from_db()
    assert (payout.state, payout.amount_fen) == ("paid", 4886 - 977)
    assert standing(seller) == {}
    assert are_whole(later)


@pytest.mark.django_db
def test_a_sharing_that_is_told_twice_or_by_nobody_counts_once(seller, goods, clerk, head, now):
    fee()
    centre()
    orders = [*closed({goods: 1}, now=now), *closed({goods: 1}, now=now)]
    at = settled(orders, now=now)
    payout = approved(seller, clerk, head, now=at)
    first, second = Sharing.objects.order_by("pk")
    event = reactions.SharingsSettled(sharing_ids=(first.pk,))
    _write_sharings([(one, SharingTold(is_finished=True, lines=(Told(our_number="", done=True),))) for one in (first, second)], now=at)

    for _ in range(2):
        reactions.book_sharings(event)
    payout.refresh_from_db()
    by_event = (payout.state, books.balance(purpose="at_provider:wechat_pay"))
    found = actions.book_forgotten(now=at + LATER)
    again = actions.book_forgotten(now=at + LATER)
    paid_now = actions.share_payouts(now=at + LATER)

    assert by_event == ("paid", 114)  # the money is let go, whoever told of it; the other one's books follow
    assert (found, again, paid_now) == (1, 0, 0)
    assert books.balance(purpose="at_provider:wechat_pay") == 228
    assert standing(seller) == {}
    assert are_whole(at + LATER)


@pytest.mark.django_db
def test_what_the_provider_refuses_waits_with_its_words_until_it_is_asked_again(seller, goods, clerk, head, now):
    fee(rate=3000)
    centre()
    (order,) = closed({goods: 1}, now=now)
    at = settled([order], now=now)
    payout = approved(seller, clerk, head, now=at)
    sharing = told(Sharing.objects.get(), now=at, refusal="RULE_LIMIT: 分账比例超限")
    (shown,) = queries.failed_sharings([seller.pk])
    given_back(refund(order, 1000, now=at), now=at)

    again = actions.retry_share(sharing_id=sharing.pk, now=at)
    with pytest.raises(payments.SharingNotFailed):
        actions.retry_share(sharing_id=sharing.pk, now=at)
    told(again, now=at)

    assert (shown.trouble, shown.payout, shown.sale.number, shown.amount_fen) == ("RULE_LIMIT: 分账比例超限", payout, order.number, 5000)
    payout.refresh_from_db()
    # of the fee of 1140 a fifth went back meanwhile
    assert (payout.state, shares(), queries.failed_sharings([seller.pk])) == ("paid", [("house", 912)], [])
    assert standing(seller) == {"payable": -772, "at_provider:wechat_pay": 772}
    assert are_whole(at)


@pytest.mark.django_db
def test_a_payout_that_is_given_up_is_asked_for_anew_by_the_next(seller, goods, clerk, head, now):
    fee()
    centre()
    (order,) = closed({goods: 1}, now=now)
    at = settled([order], now=now)
    payout = approved(seller, clerk, head, now=at)
    told(Sharing.objects.get(), now=at, refusal="NO_AUTH: 无权限")
    with pytest.raises(actions.NotOnItsWay):
        actions.confirm_payout(payout=payout, reference="1", at=at, by_id=head.pk, now=at)

    actions.return_payout(payout=payout, reference="", note="无权限", at=at, by_id=head.pk, now=at)
    returned = standing(seller)
    next_one = approved(seller, clerk, head, now=at)
    told(Sharing.objects.get(), now=at)

    assert returned == {"payable": 4886, "at_provider:wechat_pay": -5000}
    next_one.refresh_from_db()
    assert (next_one.state, next_one.amount_fen, next_one.provider) == ("paid", 4886, "wechat_pay")
    with pytest.raises(actions.NotOnItsWay):
        actions.return_payout(payout=next_one, reference="", note="", at=at, by_id=head.pk, now=at)
    assert standing(seller) == {}
    assert are_whole(at)


@pytest.mark.django_db
def test_a_statement_says_what_stands_on_her_own_account_and_how_it_was_paid(seller, goods, clerk, head, now):
    fee()
    centre()
    (order,) = closed({goods: 1}, now=now)
    actions.book_sales(order_ids=[order.pk], now=now)
    september = datetime(2026, 9, 1, tzinfo=rules.HOME)
    month = {"seller": seller, "starts_at": september - 31 * A_DAY, "ends_at": september}
    before = statement_of(**month)
    coming = queries.collected_by_seller(seller.pk)

    at = settled([order], now=now)
    payout = approved(seller, clerk, head, now=at)
    on_its_way = queries.collected_by_seller(seller.pk)
    told(Sharing.objects.get(), now=at)

    after = statement_of(**month)
    assert (before.collected, before.coming, before.closing_fen) == ({"wechat_pay": 5000}, [(date(2026, 8, 23), 4886)], 4886)
    assert (coming, on_its_way, queries.collected_by_seller(seller.pk)) == ([("wechat_pay", 4886)], [("wechat_pay", 4886)], [])
    assert (after.collected, after.closing_fen) == ({}, 0)
    assert [(one.number, one.method, one.provider, one.amount_fen) for one in after.paid] == [
        (payout.number, "provider", "wechat_pay", 4886)
    ]
    texts = [cell.value for row in load_workbook(io.BytesIO(statement_xlsx(after)))["付款明细"].iter_rows() for cell in row]
    assert "支付机构分账（微信支付）" in texts
    assert len(statement_pdf(before, made_at=at)) > 1000


@pytest.mark.django_db
def test_shares_that_are_not_booked_are_a_difference_until_they_are(seller, goods, clerk, head, now):
    fee()
    centre()
    (order,) = closed({goods: 1}, now=now)
    at = settled([order], now=now)
    approved(seller, clerk, head, now=at)
    later = at + 2 * A_DAY

    def differing():
        return [(one.kind, one.expected_fen, one.found_fen) for one in differences(now=later)]

    _write_sharings([(Sharing.objects.get(), SharingTold(is_finished=True, lines=(Told(our_number="", done=True),)))], now=at)
    not_shared = differing()
    actions.book_forgotten(now=later)
    back = refund(order, 2500, now=at)
    actions.book_refunds(refund_ids=[back.pk], now=at)
    _write_returns([(ShareReturn.objects.select_related("refund").get(), Told(our_number="", done=True))], now=at)
    not_back = differing()
    actions.book_forgotten(now=later)

    assert not_shared == [("shared out, not booked", 114, 0)]
    assert not_back == [("share came back, not booked", 57, 0)]
    assert are_whole(later)
    ShareLine.objects.update(amount_fen=113)
    assert differing() == [("share and its fees", 113, 114), ("shared out, not booked", 113, 114)]


# --- At once


@pytest.mark.django_db(transaction=True)
def test_a_refund_and_a_payout_by_a_provider_at_once_lose_no_fen(seller, goods, clerk, head, now):
    fee()
    centre()
    for turn in range(6):
        (order,) = closed({goods: 1}, now=now)
        at = settled([order], now=now)
        (payout,) = actions.prepare_payouts(seller_ids=[seller.pk], by=clerk, now=at)
        actions.approve_payout(payout=payout, by=head, now=at)

        answers = at_once(
            lambda at=at: actions.share_payouts(now=at),
            lambda order=order, at=at, turn=turn: refund(order, 1000 + turn, now=at).amount_fen,
            lambda order=order, at=at: actions.book_sales(order_ids=[order.pk], now=at),
        )

        assert not [answer for answer in answers if isinstance(answer, Refusal)]
        actions.share_payouts(now=at)
        told(Sharing.objects.get(split__reference=order.pk), now=at)
        given_back(Refund.objects.get(split__reference=order.pk), now=at)
        payout.refresh_from_db()
        assert payout.state == "paid"
    stood = standing(seller)
    assert stood.get("payable", 0) + stood.get("at_provider:wechat_pay", 0) == 0
    assert books.balance(purpose="at_provider:wechat_pay") == sum(line.left_fen for line in SharedFee.objects.all())
    assert are_whole(at)


@pytest.mark.django_db(transaction=True)
def test_two_workers_share_a_payout_out_once(seller, goods, clerk, head, now):
    fee()
    centre()
    at = settled([*closed({goods: 1}, now=now), *closed({goods: 1}, now=now)], now=now)
    (payout,) = actions.prepare_payouts(seller_ids=[seller.pk], by=clerk, now=at)
    actions.approve_payout(payout=payout, by=head, now=at)

    answers = at_once(*(lambda: actions.share_payouts(now=at) for _ in range(3)))

    assert all(answer == 0 or isinstance(answer, actions.NotToSend) for answer in answers)
    payout.refresh_from_db()
    assert (payout.state, Sharing.objects.count(), SharedFee.objects.count()) == ("sent", 2, 2)
    assert are_whole(at)
