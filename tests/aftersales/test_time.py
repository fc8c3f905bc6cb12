"""What time decides of cases when nobody does."""

from datetime import timedelta

import pytest

from teahorse.aftersales import actions, queries
from teahorse.aftersales.models import AfterSaleCase
from teahorse.aftersales.rules import CENTRE_GRACE
from teahorse.payments.models import Refund
from tests import world
from tests.aftersales.making import BUYER, LATER, NOW, SELLER, opened, received, refund_of, returned, sent, state

pytestmark = pytest.mark.django_db
LONG_AFTER = LATER + timedelta(days=30)


def decided(case, now):
    moved = actions.let_time_decide(now=now)
    again = actions.let_time_decide(now=now)
    assert (moved, again) == (1, 0)
    return state(case)


def test_nothing_is_decided_before_its_time(wine):
    case = opened(received({wine: 1}))

    assert actions.let_time_decide(now=case.due_at - timedelta(seconds=1)) == 0
    assert state(case) == ("seller_review", "seller", "")


def test_a_silent_seller_has_agreed(wine):
    case = opened(received({wine: 1}))

    assert decided(case, case.due_at) == ("await_return", "buyer", "")
    assert case.events.order_by("-id").first().party == "time"


def test_a_buyer_who_sends_nothing_back_lets_it_be(wine):
    case = opened(received({wine: 1}))
    actions.agree(case=case, by=SELLER, now=LATER)

    assert decided(case, LONG_AFTER) == ("closed", "", "lapsed")
    assert not Refund.objects.exists()


def test_an_offer_that_nobody_answers_is_paid(wine, clerk):
    case = opened(received({wine: 1}), "return_refund", "damaged")
    actions.offer(case=case, amount_fen=700, words="", by=clerk, now=LATER)

    assert decided(case, LONG_AFTER) == ("refunding", "buyer", "")
    assert refund_of(case).amount_fen == 700


def test_what_nobody_looks_at_is_paid_and_the_shelf_left_alone(wine, clerk, station):
    case = returned(opened(received({wine: 1})), clerk, station)
    before = world.level_of(wine).on_hand

    assert decided(case, LONG_AFTER) == ("refunding", "buyer", "")
    assert world.level_of(wine).on_hand == before


def test_a_silent_centre_is_overdue_and_then_it_is_for_the_buyer(wine, clerk):
    case = opened(received({wine: 1}), "refund_only", "damaged")
    actions.refuse(case=case, words="照片看不出问题", by=clerk, now=LATER)
    actions.escalate(case=case, words="请看第二张照片", by=BUYER, now=LATER)
    case.refresh_from_db()
    late = case.due_at + CENTRE_GRACE

    assert actions.let_time_decide(now=late - timedelta(seconds=1)) == 0
    assert list(queries.to_decide(AfterSaleCase.objects.all(), now=late)) == [case]
    assert decided(case, late) == ("refunding", "buyer", "")


def test_a_return_that_never_arrives_goes_to_the_centre(wine, clerk, station):
    case = opened(received({wine: 1}))
    actions.agree(case=case, by=SELLER, now=LATER)
    actions.hand_in(case=case, weight_grams=900, place=station, by=clerk, now=LATER)

    assert decided(case, LONG_AFTER) == ("escalated", "centre", "")
    assert decided(case, LONG_AFTER + timedelta(days=30)) == ("refunding", "buyer", "")  # she has handed it in


def test_a_refused_case_that_nobody_pursues_ends(wine, clerk):
    case = opened(received({wine: 1}))
    actions.refuse(case=case, words="已经使用过了", by=clerk, now=LATER)

    assert decided(case, LONG_AFTER) == ("closed", "", "refused")


def test_goods_that_are_not_sent_in_time_are_paid(wine):
    later = NOW + timedelta(days=30)
    case = opened(sent({wine: 1}), "send_again", "never_came", now=later)
    actions.agree(case=case, by=SELLER, now=later)

    assert decided(case, later + timedelta(days=4)) == ("refunding", "buyer", "")
