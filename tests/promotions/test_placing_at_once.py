"""Many buyers of the last coupon at the same moment, over real connections."""

import threading
from functools import partial

import pytest

from teahorse.common.events import announce
from teahorse.orders import dispatch
from teahorse.orders.actions import Placed, expire_orders, place_orders
from teahorse.orders.models import LineDiscount, OrderGroup
from teahorse.promotions.actions import BudgetSpent, CouponGone, LimitReached, fetch_voucher, taking
from teahorse.promotions.models import CouponUse
from teahorse.stock.queries import levels_that_do_not_add_up
from tests import world
from tests.at_once import at_once
from tests.orders.test_placing_at_once import all_at_once
from tests.promotions.offers import centre, platform, promotion
from tests.promotions.test_placing import wish
from tests.world import LATER, NOW

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def _end_the_dispatcher():
    yield
    dispatch.dispatcher.stop()


@pytest.fixture
def wine():
    return world.offer(world.organisation("chamchen"), price_fen=3800, on_hand=500)


@pytest.fixture
def _clock(monkeypatch):
    """Have the dispatcher place at the time of the tests' promotions."""
    monkeypatch.setattr(dispatch.timezone, "now", lambda: NOW)


def alone(placing):
    return place_orders(wishes=[placing], now=NOW)[0]


WAYS = {"dispatcher": partial(dispatch.place, now=NOW), "own transactions": alone}
through_both = pytest.mark.parametrize("way", WAYS)


@through_both
@pytest.mark.usefixtures("_clock")
def test_the_last_fen_of_a_budget_is_spent_once(wine, way):
    of_budget = promotion(platform(), off_fen=1_000, budget_fen=30_500)
    wishes = [wish({wine: 1}) for _ in range(80)]

    answers = all_at_once(WAYS[way], wishes)

    assert sum(isinstance(answer, Placed) for answer in answers) == 30
    assert sum(isinstance(answer, BudgetSpent) for answer in answers) == 50
    of_budget.refresh_from_db()
    assert (of_budget.spent_fen, of_budget.uses) == (30_000, 30)
    assert sum(LineDiscount.objects.values_list("amount_fen", flat=True)) == 30_000
    assert world.level_of(wine).reserved == 30
    assert levels_that_do_not_add_up() == []


@through_both
@pytest.mark.usefixtures("_clock")
def test_the_last_coupon_is_had_once(wine, way):
    limited = promotion(wine.seller, kind="coupon_code", code="LAST", percent_bp=1_000, most_uses=7)
    wishes = [wish({wine: 1}, codes=["LAST"]) for _ in range(40)]

    answers = all_at_once(WAYS[way], wishes)

    assert sum(isinstance(answer, Placed) for answer in answers) == 7
    assert sum(isinstance(answer, LimitReached) for answer in answers) == 33
    limited.refresh_from_db()
    assert limited.uses == 7


@through_both
@pytest.mark.usefixtures("_clock")
def test_one_voucher_in_twenty_tabs_is_used_once(wine, way):
    voucher = promotion(centre(), kind="voucher", off_fen=2_000, budget_fen=200_000)
    buyer = world.person()
    fetch_voucher(promotion_id=voucher.pk, person=buyer, now=NOW)
    wishes = [wish({wine: 1}, buyer=buyer) for _ in range(20)]

    answers = all_at_once(WAYS[way], wishes)

    assert sum(isinstance(answer, Placed) for answer in answers) == 1
    assert sum(isinstance(answer, CouponGone) for answer in answers) == 19
    assert CouponUse.objects.count() == 1


@through_both
@pytest.mark.usefixtures("_clock")
def test_a_person_with_two_carts_stays_within_her_limit(wine, way):
    promotion(platform(), off_fen=100, per_person=2)
    buyer, other = world.person(), world.person("+8619900001002")
    wishes = [wish({wine: 1}, buyer=buyer if number % 2 else other) for number in range(20)]

    answers = all_at_once(WAYS[way], wishes)

    assert sum(isinstance(answer, Placed) for answer in answers) == 4
    assert sorted(CouponUse.objects.values_list("phone", "turn")) == [
        (phone, turn) for phone in (buyer.phone, other.phone) for turn in (1, 2)
    ]


@pytest.mark.usefixtures("_clock")
def test_what_was_spent_meanwhile_is_dealt_out_again_in_turn(wine, monkeypatch):
    """Everybody believes that there is plenty: the constraints refuse, and those wishes wait for each other then."""
    monkeypatch.setattr(taking, "PLENTY", 1)
    of_budget = promotion(platform(), off_fen=1_000, budget_fen=7_500)
    limited = promotion(wine.seller, kind="coupon_code", code="LAST", percent_bp=1_000, most_uses=5)
    wishes = [wish({wine: 1}, codes=["LAST"]) for _ in range(40)]

    answers = all_at_once(alone, wishes)

    assert sum(isinstance(answer, Placed) for answer in answers) == 5
    assert sum(isinstance(answer, BudgetSpent | LimitReached) for answer in answers) == 35
    for one, spent in ((of_budget, 5_000), (limited, 1_900)):
        one.refresh_from_db()
        assert (one.spent_fen, one.uses) == (spent, 5)
    assert world.level_of(wine).reserved == 5
    assert levels_that_do_not_add_up() == []


def test_the_rest_of_a_budget_that_two_processes_want_side_by_side_is_spent_once(wine, monkeypatch):
    """Both have looked at a budget that is enough for either before one of them has written."""
    monkeypatch.setattr(taking, "PLENTY", 1)
    of_budget = promotion(platform(), off_fen=1_000, budget_fen=1_500)
    barrier = threading.Barrier(2)

    def announce_together(event):
        barrier.wait(timeout=20)
        announce(event)

    monkeypatch.setattr("teahorse.orders.actions.placing.announce", announce_together)

    answers = at_once(*[partial(alone, wish({wine: 1})) for _ in range(2)])

    assert {type(answer) for answer in answers} == {Placed, BudgetSpent}
    of_budget.refresh_from_db()
    assert (of_budget.spent_fen, of_budget.uses) == (1_000, 1)
    assert OrderGroup.objects.count() == 1
    assert world.level_of(wine).reserved == 1


def test_placing_and_expiring_at_once_neither_deadlock_nor_lose_a_fen(wine):
    of_budget = promotion(platform(), off_fen=1_000, budget_fen=10_000)
    wishes = [wish({wine: 1}) for _ in range(30)]
    place_orders(wishes=wishes[:5], now=NOW - LATER)

    def act(placing):
        if placing is wishes[7]:
            return expire_orders(now=NOW)
        return alone(placing)

    answers = all_at_once(act, wishes[5:])

    assert not [answer for answer in answers if isinstance(answer, Exception) and not isinstance(answer, BudgetSpent)]
    of_budget.refresh_from_db()
    held = list(CouponUse.objects.filter(state="held").values_list("amount_fen", flat=True))
    assert (of_budget.spent_fen, of_budget.uses) == (sum(held), len(held))
    assert of_budget.spent_fen <= 10_000


def test_a_transaction_that_dies_between_leaves_nothing(wine, monkeypatch):
    of_budget = promotion(platform(), off_fen=1_000, budget_fen=10_000)
    placing = wish({wine: 1})

    def dies(*_args, **_more):
        raise ConnectionError

    with monkeypatch.context() as broken:
        broken.setattr("teahorse.orders.actions.placing.announce", dies)
        with pytest.raises(ConnectionError):
            alone(placing)

    of_budget.refresh_from_db()
    assert (of_budget.spent_fen, of_budget.uses) == (0, 0)
    assert not CouponUse.objects.exists()
    assert not OrderGroup.objects.exists()
    assert isinstance(alone(placing), Placed)
