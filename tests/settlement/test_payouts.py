"""Payouts claim what is matured, once; four eyes see them; what comes back is payable again."""

import hashlib
from datetime import timedelta

import pytest
from django.db import DatabaseError, IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext

from teahorse.common.refusals import Refusal
from teahorse.settlement import actions
from teahorse.settlement.actions import booking
from teahorse.settlement.models import Earning, FeeLine, Maturity, Payout, PayoutEvent, Sale
from tests import world
from tests.at_once import at_once

from .making import RETURN_WINDOW, are_whole, centre, close, closed, fee, paid, refund, settled, standing


def prepared(seller, clerk, *, now):
    return actions.prepare_payouts(seller_ids=[seller.pk], by=clerk, now=now)


@pytest.mark.django_db
def test_a_payout_claims_what_is_matured_once(seller, goods, clerk, now):
    at = settled([*closed({goods: 1}, now=now), *closed({goods: 1}, now=now)], now=now)
    actions.book_sales(order_ids=[order.pk for order in closed({goods: 1}, now=at)], now=at)

    first, again = (prepared(seller, clerk, now=at) for _ in range(2))

    assert [(payout.amount_fen, payout.method, payout.state) for payout in first] == [(10000, "cash", "draft")]
    assert again == []
    assert standing(seller) == {"payable": 10000, "earned": 5000}
    assert are_whole(at)


@pytest.mark.django_db
def test_nothing_is_paid_while_the_sum_is_not_positive(seller, goods, clerk, head, now):
    (order,) = closed({goods: 1}, now=now)
    at = settled([order], now=now)
    (payout,) = prepared(seller, clerk, now=at)
    actions.approve_payout(payout=payout, by=head, now=at)
    actions.pay_out_in_cash(payout=payout, given_by=head, received_by="卓玛", now=at)
    refund(order, 3000, now=at)
    actions.book_sales(order_ids=[order.pk], now=at)

    owed = standing(seller)
    nothing = prepared(seller, clerk, now=at)
    later = settled(closed({goods: 1}, now=at), now=at)
    (next_one,) = prepared(seller, clerk, now=later)

    assert owed == {"payable": -3000}
    assert nothing == []
    assert next_one.amount_fen == 2000
    assert are_whole(later)


@pytest.mark.django_db
def test_four_eyes_see_a_payout(seller, goods, clerk, head, now):
    at = settled(closed({goods: 1}, now=now), now=now)
    (payout,) = prepared(seller, clerk, now=at)

    with pytest.raises(actions.FourEyes):
        actions.approve_payout(payout=payout, by=clerk, now=at)
    with pytest.raises(IntegrityError, match="four_eyes_see_a_payout"), transaction.atomic():
        Payout.objects.filter(pk=payout.pk).update(state="approved", approved_by_id=clerk.pk, approved_at=at)
    with pytest.raises(IntegrityError, match="nothing_is_paid_that_was_not_approved"), transaction.atomic():
        Payout.objects.filter(pk=payout.pk).update(state="approved")

    approved = actions.approve_payout(payout=payout, by=head, now=at)
    assert approved.state == "approved"
    assert standing(seller) == {"in_payout": 5000}
    with pytest.raises(actions.NotADraft):
        actions.approve_payout(payout=payout, by=head, now=at)
    assert are_whole(at)


@pytest.mark.django_db
def test_cash_is_signed_for(seller, goods, clerk, head, now):
    at = settled(closed({goods: 1}, now=now), now=now)
    (payout,) = prepared(seller, clerk, now=at)
    with pytest.raises(actions.NotToSend):
        actions.pay_out_in_cash(payout=payout, given_by=head, received_by="卓玛", now=at)
    actions.approve_payout(payout=payout, by=head, now=at)

    actions.pay_out_in_cash(payout=payout, given_by=head, received_by="卓玛", now=at)

    event = PayoutEvent.objects.get(payout=payout, kind="paid")
    assert (event.by_id, event.received_by, event.reference[:8]) == (head.pk, "卓玛", "A260824-")
    assert standing(seller) == {}
    assert standing() == {"at_provider:wechat_pay": -5000, "at_provider:cash": 5000}
    assert are_whole(at)


@pytest.mark.django_db
def test_a_dropped_draft_lets_its_earnings_go(seller, goods, clerk, head, now):
    at = settled(closed({goods: 1}, now=now), now=now)
    (payout,) = prepared(seller, clerk, now=at)

    actions.drop_payout(payout=payout, by=head, note="账号不对", now=at)

    (next_one,) = prepared(seller, clerk, now=at)
    assert next_one.amount_fen == 5000
    with pytest.raises(actions.NotADraft):
        actions.drop_payout(payout=payout, by=head, note="", now=at)
    assert are_whole(at)


@pytest.mark.django_db
def test_a_payout_is_the_sum_of_its_earnings(seller, goods, clerk, head, now):
    at = settled(closed({goods: 1}, now=now), now=now)
    (payout,) = prepared(seller, clerk, now=at)
    earning, matured = Earning.objects.get(), Maturity.objects.get()
    with pytest.raises(DatabaseError), transaction.atomic():
        Payout.objects.filter(pk=payout.pk).update(amount_fen=1)
    actions.approve_payout(payout=payout, by=head, now=at)

    with pytest.raises(IntegrityError, match="an earning stays with the payout"), transaction.atomic():
        Maturity.objects.filter(pk=matured.pk).update(payout=None)
    with pytest.raises(DatabaseError), transaction.atomic():
        Maturity.objects.filter(pk=matured.pk).update(amount_fen=1)
    with pytest.raises(DatabaseError), transaction.atomic():
        Earning.objects.filter(pk=earning.pk).update(amount_fen=1)


# --- The bank


def _answer(*rows):
    return "\r\n".join(["payout,amount,result,reference,date,reason", *(",".join(row) for row in rows)]) + "\r\n"


@pytest.fixture
def sent(seller, goods, clerk, head, now):
    """A payout that the bank has, and when that was."""
    actions.tell_account(seller=seller, holder="琼结合作社", bank="农业银行", number="6228480402564890018", by=clerk, now=now)
    at = settled(closed({goods: 1}, now=now), now=now)
    (payout,) = prepared(seller, clerk, now=at)
    actions.approve_payout(payout=payout, by=head, now=at)
    file = actions.make_bank_file(payouts=[payout], by=clerk, now=at)
    payout.refresh_from_db()
    return payout, file, at


@pytest.mark.django_db
def test_the_bank_gets_each_payout_in_one_file(sent, clerk):
    payout, file, at = sent

    with pytest.raises(actions.NothingToSend):
        actions.make_bank_file(payouts=[payout], by=clerk, now=at)

    head, line, tail, end = file.content.split("\r\n")
    assert head == f"H,teahorse-payouts,1,{file.number},2026-08-24T12:00:00+08:00,1,50.00"
    assert line == f"P,{payout.number},琼结合作社,农业银行,6228480402564890018,50.00,coop合作社"
    assert (tail, end) == (f"T,{file.digest}", "")
    assert file.digest == hashlib.sha256((head + "\r\n" + line + "\r\n").encode()).hexdigest()
    assert payout.state == "sent"


@pytest.mark.django_db
def test_what_the_bank_paid_may_come_back(sent, seller, clerk, now):
    payout, _file, at = sent
    arrived = _answer((payout.number, "50.00", "paid", "BK1", "2026-08-25", ""))
    actions.import_bank_answer(content=arrived, by=clerk, now=at)
    when_paid = (standing(seller), standing())

    for _ in range(2):
        actions.import_bank_answer(content=_answer((payout.number, "50.00", "returned", "BK2", "2026-08-26", "户名不符")), by=clerk, now=at)
        actions.import_bank_answer(content=arrived, by=clerk, now=at)

    assert when_paid == ({}, {"at_provider:wechat_pay": -5000, "bank": 5000})
    assert standing(seller) == {"payable": 5000}
    assert standing() == {"at_provider:wechat_pay": -5000}
    (again,) = prepared(seller, clerk, now=at)
    assert again.amount_fen == 5000
    assert are_whole(at + timedelta(days=9))


@pytest.mark.django_db
@pytest.mark.parametrize(
    "wrong",
    [{"amount": "49.99"}, {"amount": "x"}, {"number": "P000000-X"}, {"result": "lost"}, {"reference": ""}, {"date": "25.8."}],
)
def test_an_answer_that_does_not_fit_is_not_taken(sent, clerk, wrong):
    payout, _file, at = sent
    good = {"number": payout.number, "amount": "50.00", "result": "paid", "reference": "BK1", "date": "2026-08-25", "reason": ""}

    with pytest.raises(actions.AnswerUnreadable) as refused:
        actions.import_bank_answer(content=_answer(tuple(good.values()), tuple((good | wrong).values())), by=clerk, now=at)

    assert refused.value.numbers["line"] == 3
    payout.refresh_from_db()
    assert payout.state == "sent"


@pytest.mark.django_db
def test_the_line_that_is_named_is_the_files(sent, clerk):
    payout, _file, at = sent
    good = (payout.number, "50.00", "paid", "BK1", "2026-08-25", "")
    other = (payout.number, "50.00", "paid", "BK9", "2026-08-25", "")

    with pytest.raises(actions.AnswerUnreadable) as refused:
        actions.import_bank_answer(content=_answer(good, ("",) * 6, other), by=clerk, now=at)

    assert refused.value.numbers["line"] == 4
    payout.refresh_from_db()
    assert payout.state == "sent"


@pytest.mark.django_db
def test_who_gets_the_money_does_not_say_that_it_arrived(sent, seller, clerk):
    payout, _file, at = sent
    answer = _answer((payout.number, "50.00", "paid", "BK1", "2026-08-25", ""))
    other = world.organisation("coop-hongxing")

    with pytest.raises(actions.OwnPayout) as refused:
        actions.import_bank_answer(content=answer, house=seller, payee_ids={seller.pk}, by=clerk, now=at)
    with pytest.raises(actions.AnswerUnreadable):
        actions.import_bank_answer(content=answer, house=other, payee_ids={other.pk}, by=clerk, now=at)

    payout.refresh_from_db()
    assert (refused.value.numbers["number"], payout.state) == (payout.number, "sent")
    actions.import_bank_answer(content=answer, house=other, payee_ids={seller.pk}, by=clerk, now=at)
    payout.refresh_from_db()
    assert payout.state == "paid"


@pytest.mark.django_db
def test_nobody_gives_cash_to_her_own_house(seller, goods, clerk, head, now):
    at = settled(closed({goods: 1}, now=now), now=now)
    (payout,) = actions.prepare_payouts(seller_ids=[seller.pk], by=clerk, now=at)
    actions.approve_payout(payout=payout, by=head, now=at)

    with pytest.raises(actions.OwnPayout):
        actions.pay_out_in_cash(payout=payout, given_by=head, received_by="卓玛", house=seller, now=at)

    payout.refresh_from_db()
    assert payout.state == "approved"


@pytest.mark.django_db
def test_a_long_answer_asks_no_more_than_a_short_one(clerk, head, now):
    sellers = [world.organisation(f"coop-{name}") for name in "abc"]
    at = now
    for seller in sellers:
        actions.tell_account(seller=seller, holder="合作社", bank="农业银行", number="62284800", by=clerk, now=now)
        at = settled(closed({world.offer(seller, price_fen=3800, on_hand=5): 1}, now=now), now=now)
    payouts = actions.prepare_payouts(seller_ids=[seller.pk for seller in sellers], by=clerk, now=at)
    for payout in payouts:
        actions.approve_payout(payout=payout, by=head, now=at)
    actions.make_bank_file(payouts=payouts, by=clerk, now=at)
    lines = [(payout.number, "50.00", "paid", f"BK{index}", "2026-08-25", "") for index, payout in enumerate(payouts)]

    with CaptureQueriesContext(connection) as short:
        actions.import_bank_answer(content=_answer(lines[0]), by=clerk, now=at)
    with CaptureQueriesContext(connection) as long:
        actions.import_bank_answer(content=_answer(*reversed(lines)), by=clerk, now=at)

    assert len(long) == len(short)
    assert list(Payout.objects.values_list("state", flat=True)) == ["paid"] * 3
    assert standing()["bank"] == 15000
    assert are_whole(at + timedelta(days=9))


# --- At once


@pytest.mark.django_db(transaction=True)
def test_of_two_approvals_at_once_one_counts(seller, goods, clerk, head, now):
    other = world.person("+8619900001013")
    for _ in range(5):
        at = settled(closed({goods: 1}, now=now), now=now)
        (payout,) = prepared(seller, clerk, now=at)

        answers = at_once(
            *(lambda by=by, payout=payout, at=at: actions.approve_payout(payout=payout, by=by, now=at).state for by in (head, other))
        )

        assert [type(answer) for answer in answers].count(actions.NotADraft) == 1
    assert standing(seller) == {"in_payout": 25000}
    assert are_whole(now + RETURN_WINDOW)


@pytest.mark.django_db(transaction=True)
def test_of_two_who_prepare_at_once_one_claims(seller, goods, clerk, head, now):
    for _ in range(5):
        at = settled(closed({goods: 1}, now=now), now=now)

        answers = at_once(*(lambda by=by, at=at: sum(one.amount_fen for one in prepared(seller, by, now=at)) for by in (clerk, head)))

        assert sorted(answers) == [0, 5000]
        actions.drop_payout(payout=Payout.objects.get(state="draft"), by=head, note="", now=at)
        (payout,) = prepared(seller, clerk, now=at)
        actions.approve_payout(payout=payout, by=head, now=at)
    assert are_whole(now + RETURN_WINDOW)


@pytest.mark.django_db(transaction=True)
def test_a_refund_and_a_payout_at_once_lose_no_fen(seller, goods, clerk, head, now):
    for turn in range(8):
        (order,) = closed({goods: 1}, now=now)
        actions.book_sales(order_ids=[order.pk], now=now)
        at = now + RETURN_WINDOW
        refund(order, 1000 + turn, now=at)

        def pay_out(at=at):
            actions.mature_earnings(now=at)
            for payout in prepared(seller, clerk, now=at):
                actions.approve_payout(payout=payout, by=head, now=at)

        answers = at_once(
            pay_out,
            lambda order=order, at=at: actions.book_sales(order_ids=[order.pk], now=at),
            lambda at=at: actions.mature_earnings(now=at),
        )
        actions.mature_earnings(now=at)

        assert not [answer for answer in answers if isinstance(answer, Refusal)]
    stood = standing(seller)
    assert stood.get("payable", 0) + stood.get("in_payout", 0) == sum(5000 - 1000 - turn for turn in range(8))
    assert are_whole(at)


@pytest.mark.django_db(transaction=True)
def test_many_reactions_to_one_order_at_once_book_it_once(seller, goods, now):
    for _ in range(5):
        (order,) = paid({goods: 1}, now=now)
        close(order, now=now)
        refund(order, 1234, now=now)

        answers = at_once(*(lambda order=order: actions.book_sales(order_ids=[order.pk], now=now) for _ in range(4)))

        assert sum(answers) == 3
    assert Sale.objects.count() == 5
    assert are_whole(now)


@pytest.mark.django_db(transaction=True)
def test_workers_that_book_the_same_and_other_orders_at_once_book_each_once(seller, goods, now, monkeypatch):
    monkeypatch.setattr(booking, "BATCH", 3)
    fee()
    centre()
    found = [order.pk for _ in range(12) for order in closed({goods: 1}, now=now)]

    answers = at_once(
        lambda: actions.book_sales(order_ids=found[:8], now=now),
        lambda: actions.book_sales(order_ids=found[4:], now=now),
        lambda: actions.book_sales(order_ids=reversed(found), now=now),
    )

    assert sum(answers) == 24
    assert standing(seller) == {"earned": 12 * 4886}
    assert (Sale.objects.count(), FeeLine.objects.count(), Earning.objects.count()) == (12, 12, 12)
    assert are_whole(now)
