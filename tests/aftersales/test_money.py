"""The money of cases: decided, moved, refused and sent again, and what goes back to others who bore a part of the price."""

from datetime import timedelta
from uuid import uuid4

import pytest

from teahorse.aftersales import actions, queries
from teahorse.aftersales.actions import timing
from teahorse.aftersales.events import CasesClosed, CasesDecided
from teahorse.aftersales.models import AfterSaleCase
from teahorse.aftersales.rules import CENTRE_GRACE
from teahorse.payments.actions import pay_back_cash
from teahorse.payments.models import Refund
from tests.aftersales.making import BUYER, LATER, SELLER, arrive, opened, received, refund_of, state

pytestmark = pytest.mark.django_db
LONG_AFTER = LATER + timedelta(days=30)


# --- Money


def test_money_is_decided_and_moves_apart(wine, announced):
    told, ended = announced(CasesDecided), announced(CasesClosed)
    case = opened(received({wine: 1}), "refund_only", "damaged")

    actions.agree(case=case, by=SELLER, now=LATER)

    assert (told(), ended()) == ([{"case_ids": [str(case.pk)]}], [])
    assert queries.to_decide(AfterSaleCase.objects.all(), now=LATER).count() == 0
    arrive(case)
    actions.settle_refunds(refund_ids=[refund_of(case).pk], now=LATER)
    assert ended() == [{"case_ids": [str(case.pk)]}]
    assert case.events.filter(act="refunded").count() == 1


def test_money_that_was_refused_stands_on_the_overdue_list_and_is_sent_again(wine, clerk):
    case = opened(received({wine: 1}), "refund_only", "damaged")
    actions.agree(case=case, by=SELLER, now=LATER)
    Refund.objects.filter(reference=case.pk).update(state="failed", trouble="账户已注销")

    for _ in range(2):
        actions.settle_refunds(refund_ids=[refund_of(case).pk], now=LATER)

    assert state(case) == ("refunding", "centre", "")
    assert case.refund_trouble == "账户已注销"
    assert list(queries.to_decide(AfterSaleCase.objects.all(), now=LATER)) == [case]
    actions.retry_refund(case=case, by=clerk, now=LATER)
    assert (refund_of(case).state, state(case)[0]) == ("requested", "refunding")
    assert state(arrive(case)) == ("done", "", "refunded")
    assert case.events.filter(act="refund_failed").count() == 1


def test_money_whose_reaction_was_lost_is_taken_into_its_case_by_the_clock(wine):
    case = opened(received({wine: 1}), "refund_only", "damaged")
    waiting = opened(received({wine: 1}), "refund_only", "damaged")
    for one in (case, waiting):
        actions.agree(case=one, by=SELLER, now=LATER)
    pay_back_cash(refund_id=refund_of(case).pk, by_id=uuid4(), now=LATER)
    soon = LATER + timedelta(minutes=3)

    assert actions.settle_forgotten_refunds(now=LATER + timedelta(minutes=1)) == 0
    assert actions.settle_forgotten_refunds(now=soon, since=soon - timedelta(minutes=2)) == 0  # before what is looked at
    assert state(case)[0] == "refunding"
    assert actions.settle_forgotten_refunds(now=soon, since=soon - timedelta(hours=1)) == 1
    assert actions.settle_forgotten_refunds(now=soon) == 0

    assert state(case) == ("done", "", "refunded")
    assert case.events.filter(act="refunded").count() == 1
    assert state(waiting) == ("refunding", "buyer", "")


def test_a_refusal_whose_reaction_was_lost_is_brought_to_the_centre_by_the_clock_once(wine):
    case = opened(received({wine: 1}), "refund_only", "damaged")
    actions.agree(case=case, by=SELLER, now=LATER)
    Refund.objects.filter(reference=case.pk).update(state="failed", trouble="账户已注销", settled_at=LATER)

    moved = [actions.settle_forgotten_refunds(now=LATER + timedelta(minutes=minutes)) for minutes in (3, 4)]

    assert moved == [1, 0]
    assert (state(case), case.refund_trouble) == (("refunding", "centre", ""), "账户已注销")


def test_more_than_was_paid_is_refused_and_nothing_changes(wine):
    from teahorse.payments.actions import RefundTooLarge, request_refund
    from teahorse.payments.models import PaymentSplit

    order = received({wine: 1})
    case = opened(order, "refund_only", "damaged")
    split = PaymentSplit.objects.get(reference=order.pk)
    request_refund(split=split, reference=uuid4(), amount_fen=4000, reason="别的", now=LATER)

    with pytest.raises(RefundTooLarge):
        actions.agree(case=case, by=SELLER, now=LATER)

    assert state(case) == ("seller_review", "seller", "")
    assert case.events.count() == 1
    late = case.due_at
    assert actions.let_time_decide(now=late) == 0
    case.refresh_from_db()
    assert (case.state, case.refund_trouble, case.due_at) == ("seller_review", "refund_too_large", late + timedelta(days=1))
    assert list(queries.to_decide(AfterSaleCase.objects.all(), now=late)) == [case]


def test_what_troubled_time_is_over_when_somebody_decides(wine, clerk):
    from teahorse.payments.actions import request_refund
    from teahorse.payments.models import PaymentSplit

    order = received({wine: 1})
    case = opened(order, "refund_only", "damaged")
    split = PaymentSplit.objects.get(reference=order.pk)
    request_refund(split=split, reference=uuid4(), amount_fen=4000, reason="别的", now=LATER)
    actions.let_time_decide(now=case.due_at)

    actions.offer(case=case, amount_fen=500, words="", by=clerk, now=case.due_at)
    actions.accept_offer(case=case, by=BUYER, now=case.due_at)

    case.refresh_from_db()
    assert (case.state, case.refund_trouble) == ("refunding", "")
    arrive(case)
    AfterSaleCase.objects.filter(pk=case.pk).update(refund_trouble="of long ago")
    assert not queries.to_decide(AfterSaleCase.objects.all(), now=LONG_AFTER).exists()


def test_what_the_centre_left_and_time_cannot_decide_is_tried_again_the_next_day(wine, clerk, monkeypatch):
    case = opened(received({wine: 1}), "refund_only", "damaged")
    actions.refuse(case=case, words="照片看不出问题", by=clerk, now=LATER)
    actions.escalate(case=case, words="请看第二张照片", by=BUYER, now=LATER)
    case.refresh_from_db()
    late = case.due_at + CENTRE_GRACE

    def refused(case, now):
        raise actions.NotNow(state=case.state)

    with monkeypatch.context() as patch:
        patch.setitem(timing.DEFAULTS, "for_buyer", refused)
        first = actions.let_time_decide(now=late)
    too_early, next_day = (actions.let_time_decide(now=late + timedelta(days=days)) for days in (0.9, 1))

    assert (first, too_early, next_day) == (0, 0, 1)
    assert state(case) == ("refunding", "buyer", "")


def test_one_case_that_time_cannot_decide_stops_no_other(wine, monkeypatch, caplog):
    first, second = (opened(received({wine: 1}), "refund_only", "damaged") for _ in range(2))
    real = timing.agree

    def fails_once(*, case, **more):
        if case.pk == first.pk:
            raise RuntimeError
        return real(case=case, **more)

    monkeypatch.setattr(timing, "agree", fails_once)

    moved = actions.let_time_decide(now=first.due_at)

    assert (moved, state(first)[0], state(second)[0]) == (1, "seller_review", "refunding")
    assert str(first.pk) in caplog.text


def test_time_leaves_money_on_its_way_alone(wine):
    case = opened(received({wine: 1}), "refund_only", "damaged")
    actions.agree(case=case, by=SELLER, now=LATER)

    assert actions.let_time_decide(now=LONG_AFTER + timedelta(days=90)) == 0


# --- Others who bore a part of the price


def test_what_others_bore_goes_back_to_them_by_what_is_left(wine, monkeypatch):
    """Three bottles at 38 yuan, of which a budget bore 10 and the platform 0.05: every fen finds its way back in three cases."""
    from teahorse.aftersales.rules import Borne

    order, county = received({wine: 3}), uuid4()
    line = order.lines.get()
    borne = (Borne("budget", county, 1000), Borne("platform", None, 5))
    monkeypatch.setattr(queries, "borne_by_others", lambda lines: {line.pk: borne})
    back = []

    for _ in range(3):
        case = opened(order, "refund_only", "damaged", units={1: 1})
        actions.agree(case=case, by=SELLER, now=LATER)
        arrive(case)
        shares = {share.bearer: share.amount_fen for share in queries.shares_of(case)}
        back.append((case.agreed_fen - case.freight_fen, shares["budget"], shares["platform"]))

    assert [sum(parts) for parts in zip(*back, strict=True)] == [11400 - 1005, 1000, 5]
    assert case.freight_fen == order.freight_fen  # the last one takes the way along
    assert Refund.objects.filter(split__reference=order.pk).count() == 3


def test_a_part_of_the_money_takes_the_same_part_of_what_others_bore(wine, clerk, monkeypatch):
    from teahorse.aftersales.rules import Borne

    order = received({wine: 1})
    line = order.lines.get()
    monkeypatch.setattr(queries, "borne_by_others", lambda lines: {line.pk: (Borne("budget", None, 800),)})
    case = opened(order, "compensation", "weight_short", asked_fen=750)

    actions.agree(case=case, by=SELLER, now=LATER)

    [share] = queries.shares_of(case)
    assert (case.worth_fen, share.worth_fen, share.amount_fen) == (3000, 800, 200)
