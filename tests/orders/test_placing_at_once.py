"""Many buyers at the same moment, over real connections."""

import threading
from concurrent.futures import ThreadPoolExecutor
from functools import partial

import pytest
from django.db import connection

from teahorse.common.events import announce
from teahorse.orders import dispatch
from teahorse.orders.actions import Placed
from teahorse.orders.models import OrderGroup, OrderLine
from teahorse.orders.quoting import SoldOut
from teahorse.stock.actions import promising
from teahorse.stock.queries import levels_that_do_not_add_up
from tests import world
from tests.at_once import at_once
from tests.world import NOW

pytestmark = pytest.mark.django_db(transaction=True)


def all_at_once(act, wishes):
    barrier = threading.Barrier(min(len(wishes), 20))

    def one(wish):
        try:
            if barrier.n_waiting < barrier.parties:
                barrier.wait(timeout=5)
            return act(wish)
        except threading.BrokenBarrierError:
            return act(wish)
        except Exception as error:
            return error
        finally:
            connection.close()

    with ThreadPoolExecutor(20) as pool:
        return list(pool.map(one, wishes))


@pytest.fixture(autouse=True)
def _end_the_dispatcher():
    yield
    dispatch.dispatcher.stop()


@pytest.mark.parametrize("through", ["dispatcher", "own transactions"])
def test_three_hundred_buyers_of_a_hundred_pieces_buy_a_hundred(through):
    wine = world.offer(world.organisation("chamchen"), on_hand=100)
    wishes = [world.wish({wine: 1}) for _ in range(300)]
    act = (lambda wish: dispatch.place(wish, now=NOW)) if through == "dispatcher" else place_alone

    answers = all_at_once(act, wishes)

    assert sum(isinstance(answer, Placed) for answer in answers) == 100
    assert sum(isinstance(answer, SoldOut) for answer in answers) == 200
    assert sum(OrderLine.objects.values_list("quantity", flat=True)) == 100
    assert world.level_of(wine).available == 0
    assert levels_that_do_not_add_up() == []


def place_alone(wish):
    from teahorse.orders.actions import place_orders

    return place_orders(wishes=[wish], now=NOW)[0]


def test_a_replay_at_the_same_moment_is_one_order():
    wine = world.offer(world.organisation("chamchen"), on_hand=100)
    wish = world.wish({wine: 1})

    answers = all_at_once(lambda same: dispatch.place(same, now=NOW), [wish] * 20)

    assert OrderGroup.objects.count() == 1
    assert {answer.group_id for answer in answers} == {OrderGroup.objects.get().pk}
    assert world.level_of(wine).reserved == 1


def test_orders_that_cross_each_other_do_not_deadlock():
    seller = world.organisation("chamchen")
    wine, oil = world.offer(seller, on_hand=500), world.offer(seller, title="菜籽油", on_hand=500)
    wishes = [world.wish({wine: 1, oil: 1} if index % 2 else {oil: 1, wine: 1}) for index in range(60)]

    answers = all_at_once(place_alone, wishes)

    assert all(isinstance(answer, Placed) for answer in answers)
    assert levels_that_do_not_add_up() == []


def test_the_last_unit_pressed_for_many_times_with_one_key_is_never_said_to_be_sold_out():
    wine = world.offer(world.organisation("chamchen"), on_hand=1)
    wish = world.wish({wine: 1})

    answers = all_at_once(lambda same: dispatch.place(same, now=NOW), [wish] * 20)
    alone = all_at_once(place_alone, [wish] * 20)

    assert {answer.group_id for answer in [*answers, *alone]} == {OrderGroup.objects.get().pk}


@pytest.fixture
def _side_by_side(monkeypatch):
    """Have two placings go on only when both have looked and begun to write."""
    barrier = threading.Barrier(2)

    def announce_together(event):
        barrier.wait(timeout=20)
        announce(event)

    monkeypatch.setattr("teahorse.orders.actions.placing.announce", announce_together)


@pytest.mark.usefixtures("_side_by_side")
def test_nobody_waits_for_another_who_orders_what_there_is_plenty_of():
    wine = world.offer(world.organisation("chamchen"), on_hand=500)

    answers = at_once(*[partial(place_alone, world.wish({wine: 1})) for _ in range(2)])

    assert all(isinstance(answer, Placed) for answer in answers)
    assert world.level_of(wine).reserved == 2
    assert levels_that_do_not_add_up() == []


@pytest.mark.usefixtures("_side_by_side")
def test_one_key_that_two_processes_place_side_by_side_is_one_order():
    wine = world.offer(world.organisation("chamchen"), on_hand=500)
    wish = world.wish({wine: 1})

    first, second = at_once(partial(place_alone, wish), partial(place_alone, wish))

    assert first.group_id == second.group_id == OrderGroup.objects.get().pk
    assert {first.is_new, second.is_new} == {True, False}
    assert world.level_of(wine).reserved == 1


def test_what_was_sold_meanwhile_is_shared_out_again_in_turn(monkeypatch):
    """Everybody believes that there is plenty: the constraint refuses, and those wishes wait for each other then."""
    monkeypatch.setattr(promising, "PLENTY", 0)
    seller = world.organisation("chamchen")
    wine, oil = world.offer(seller, on_hand=7), world.offer(seller, title="菜籽油", on_hand=9)
    wishes = [world.wish({wine: 1, oil: 1} if index % 2 else {oil: 1}) for index in range(40)]

    answers = all_at_once(place_alone, wishes)

    assert sum(isinstance(answer, Placed) for answer in answers) == 9
    assert sum(isinstance(answer, SoldOut) for answer in answers) == 31
    assert world.level_of(oil).available == 0
    assert world.level_of(wine).reserved == OrderLine.objects.filter(offer_id=wine.pk).count()
    assert levels_that_do_not_add_up() == []
