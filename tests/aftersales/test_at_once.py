"""Two people at the same moment, on connections of their own: one of them is first."""

import threading
from datetime import timedelta
from uuid import uuid4

import pytest
from django.db import connection, transaction
from django.db.models import Sum

from teahorse.aftersales import actions
from teahorse.aftersales.actions import Actor
from teahorse.aftersales.models import AfterSaleCase, CaseLine
from teahorse.payments.actions import pay_back_cash
from teahorse.payments.models import Refund
from teahorse.promotions.models import CouponUse
from tests import world
from tests.aftersales.making import BUYER, LATER, draft, opened, received
from tests.at_once import at_once
from tests.promotions.offers import promotion

pytestmark = pytest.mark.django_db(transaction=True)
SELLER = Actor("seller")
ROUNDS = 5


@pytest.fixture
def wine():
    return world.offer(world.organisation("chamchen"), on_hand=100)


def test_two_cases_of_one_line_become_one(wine):
    for _ in range(ROUNDS):
        order = received({wine: 2})
        wishes = [draft(order, units={1: 1}) for _ in range(4)]

        outcomes = at_once(*(lambda wish=wish: actions.open_case(draft=wish, by=None, now=LATER) for wish in wishes))

        assert sum(isinstance(one, AfterSaleCase) for one in outcomes) == 1
        assert sum(isinstance(one, actions.AlreadyInACase) for one in outcomes) == 3
        assert CaseLine.objects.filter(case__order=order).aggregate(units=Sum("quantity"))["units"] == 1


def test_the_same_form_sent_twice_is_one_case(wine):
    for _ in range(ROUNDS):
        order = received({wine: 1})
        wish = draft(order)

        first, second = at_once(*[lambda wish=wish: actions.open_case(draft=wish, by=None, now=LATER)] * 2)

        assert first == second
        assert AfterSaleCase.objects.filter(order=order).count() == 1


def test_granted_or_withdrawn_never_both(wine):
    for _ in range(ROUNDS):
        case = opened(received({wine: 1}), "refund_only", "damaged")

        outcomes = at_once(
            lambda case=case: actions.agree(case=case, by=SELLER, now=LATER),
            lambda case=case: actions.withdraw(case=case, by=BUYER, now=LATER),
        )

        case.refresh_from_db()
        assert [type(one) for one in outcomes].count(actions.NotNow) == 1
        assert Refund.objects.filter(reference=case.pk).count() == (1 if case.state == "refunding" else 0)
        assert case.state in {"refunding", "closed"}


def test_cases_of_one_seller_do_not_wait_for_each_other(wine):
    """Whoever opens or moves a case locks its order; the seller is everybody's."""
    case, other = opened(received({wine: 1}), "refund_only", "damaged"), received({wine: 1})
    waiting = []

    def with_the_seller_in_use():
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("select from people_organisation where id = %s for no key update", [wine.seller_id])
            for act in (
                lambda: actions.agree(case=case, by=SELLER, now=LATER),
                lambda: actions.open_case(draft=draft(other), by=None, now=LATER),
            ):
                thread = threading.Thread(target=lambda act=act: (act(), connection.close()), daemon=True)
                thread.start()
                thread.join(20)
                waiting.append(thread.is_alive())

    with_the_seller_in_use()

    assert waiting == [False, False]


def test_a_case_is_paid_back_once_however_often_it_is_pressed(wine):
    for _ in range(ROUNDS):
        case = opened(received({wine: 1}), "refund_only", "damaged")
        late = LATER + timedelta(hours=48)

        outcomes = at_once(
            *[lambda case=case: actions.agree(case=case, by=SELLER, now=LATER)] * 2,
            *[lambda late=late: actions.let_time_decide(now=late)] * 2,
        )

        assert sum(1 for one in outcomes if isinstance(one, AfterSaleCase) or one == 1) == 1
        [refund] = Refund.objects.filter(reference=case.pk)
        assert refund.amount_fen == case.asked_fen


def test_two_clocks_decide_each_case_once(wine):
    cases = [opened(received({wine: 1}), "refund_only", "damaged") for _ in range(6)]
    late = LATER + timedelta(hours=48)

    outcomes = at_once(*[lambda: actions.let_time_decide(now=late)] * 3)
    while actions.let_time_decide(now=late):
        pass

    assert sum(outcomes) <= 6
    assert AfterSaleCase.objects.filter(state="refunding").count() == 6
    assert Refund.objects.filter(reference__in=[case.pk for case in cases]).count() == 6


def test_money_that_arrives_twice_at_once_ends_a_case_once(wine):
    for _ in range(ROUNDS):
        case = opened(received({wine: 1}), "refund_only", "damaged")
        actions.agree(case=case, by=SELLER, now=LATER)
        refund = Refund.objects.get(reference=case.pk)
        pay_back_cash(refund_id=refund.pk, by_id=uuid4(), now=LATER)

        at_once(*[lambda key=refund.pk: actions.settle_refunds(refund_ids=[key], now=LATER)] * 3)

        case.refresh_from_db()
        assert (case.state, case.events.filter(act="refunded").count()) == ("done", 1)


def test_cases_that_share_a_promotion_are_settled_side_by_side(coop_wine, monkeypatch):
    """Two workers hear of the same refunds: neither holds the promotion of one order while it waits for another order."""
    from teahorse.aftersales.actions import paying

    first, second = sorted((case_with_its_money_back(coop_wine) for _ in range(2)), key=lambda case: case.order_id)
    refunds = {case.pk: Refund.objects.get(reference=case.pk).pk for case in (first, second)}
    released, locked = threading.Event(), threading.Event()
    real_release, real_locked = paying.promotions.release_uses, paying.locked

    def release_uses(*, references, now):
        real_release(references=references, now=now)
        if first.order.group_id in references:
            released.set()
            locked.wait(5)  # until the other one has the second order

    def lock(case):
        if threading.current_thread().name == "of the second":
            released.wait(5)
            found = real_locked(case)
            locked.set()
            return found
        return real_locked(case)

    monkeypatch.setattr(paying.promotions, "release_uses", release_uses)
    monkeypatch.setattr(paying, "locked", lock)

    def of_the_second():
        threading.current_thread().name = "of the second"
        actions.settle_refunds(refund_ids=[refunds[second.pk]], now=LATER)

    outcomes = at_once(lambda: actions.settle_refunds(refund_ids=list(refunds.values()), now=LATER), of_the_second)

    assert outcomes == [None, None]
    assert set(AfterSaleCase.objects.values_list("state", flat=True)) == {"done"}
    assert set(CouponUse.objects.values_list("state", flat=True)) == {"released"}


@pytest.fixture
def coop_wine(wine):
    promotion(wine.seller, off_fen=100, most_uses=50)
    return wine


def case_with_its_money_back(wine):
    """A case over all of an order whose refund has arrived and of which nobody has heard yet."""
    case = opened(received({wine: 1}), "refund_only", "damaged")
    actions.agree(case=case, by=SELLER, now=LATER)
    pay_back_cash(refund_id=Refund.objects.get(reference=case.pk).pk, by_id=uuid4(), now=LATER)
    return case
