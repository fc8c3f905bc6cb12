"""Carts: what is put in, changed and taken out, by guests and by persons, also at the same moment."""

from datetime import timedelta
from threading import Thread
from uuid import uuid4

import pytest
from django.db import connection, transaction

from teahorse.common.refusals import Malformed
from teahorse.orders import actions, queries
from teahorse.orders.models import Cart, CartLine
from teahorse.orders.quoting import NotSold
from teahorse.orders.rules import MOST_LINES, MOST_UNITS
from teahorse.orders.wanted import Whose, by_seller, wanted_in_cart, wanted_of
from tests import world
from tests.at_once import at_once, wait_until_somebody_waits
from tests.world import NOW

pytestmark = pytest.mark.django_db


@pytest.fixture
def wine():
    return world.offer(world.organisation("chamchen"), title="青稞酒", on_hand=5)


@pytest.fixture
def somebody():
    return world.person()


def put(whose, offer, quantity=1, **more):
    return actions.put_into_cart(whose=whose, offer_id=offer.pk, quantity=quantity, now=NOW, **more)


def held(whose):
    return {line.offer_id: line.quantity for line in wanted_in_cart(whose)}


def test_a_guest_gets_a_cart_and_the_units_add_up(wine):
    first = put(Whose(), wine, 2)
    again = put(Whose(key=first.cart_id), wine, 3, origin="hall:x")

    assert (first.quantity, first.units) == (2, 2)
    assert (again.cart_id, again.quantity, again.units) == (first.cart_id, 5, 5)
    assert [(line.quantity, line.origin) for line in wanted_in_cart(Whose(key=first.cart_id))] == [(5, "hall:x")]


def test_a_line_never_holds_more_than_it_may(wine):
    first = put(Whose(), wine, MOST_UNITS)

    assert put(Whose(key=first.cart_id), wine, 1).quantity == MOST_UNITS


def test_a_person_has_one_cart_wherever_she_logs_in(wine, somebody):
    carpet = world.offer(world.organisation("chamchen"), title="卡垫")
    one = put(Whose(person_id=somebody.pk), wine)
    two = put(Whose(person_id=somebody.pk), carpet, 2)

    assert one.cart_id == two.cart_id == queries.cart_of(somebody).pk
    assert two.units == 3
    assert held(Whose(person_id=somebody.pk)) == {wine.pk: 1, carpet.pk: 2}


def test_a_persons_cart_cannot_be_reached_by_its_key(wine, somebody):
    own = put(Whose(person_id=somebody.pk), wine)

    other = put(Whose(key=own.cart_id), wine, 4)

    assert wanted_in_cart(Whose(key=own.cart_id)) == []
    assert other.cart_id != own.cart_id
    assert actions.set_quantity(whose=Whose(key=own.cart_id), offer_id=wine.pk, quantity=0, now=NOW).taken_out == 0
    assert held(Whose(person_id=somebody.pk)) == {wine.pk: 1}


def test_nobody_has_nothing(wine):
    put(Whose(), wine)

    assert wanted_in_cart(Whose()) == []
    assert actions.take_out(whose=Whose(), offer_ids=[wine.pk], now=NOW).units == 0
    assert CartLine.objects.count() == 1


def test_what_is_not_sold_is_refused_and_leaves_no_cart(wine):
    wine.is_active = False
    wine.save()

    with pytest.raises(NotSold) as refused:
        put(Whose(), wine)
    with pytest.raises(NotSold):
        actions.put_into_cart(whose=Whose(), offer_id=uuid4(), quantity=1, now=NOW)

    assert "青稞酒" in str(refused.value)
    assert not Cart.objects.exists()


@pytest.mark.parametrize("quantity", [0, -1, MOST_UNITS + 1])
def test_a_quantity_that_cannot_be_names_its_field(wine, quantity):
    with pytest.raises(Malformed) as refused:
        put(Whose(), wine, quantity)

    assert refused.value.field == "quantity"


def test_a_full_cart_takes_more_of_what_it_holds_and_nothing_else(wine):
    cart = put(Whose(), wine).cart_id
    maker = world.organisation("chamchen")
    for number in range(MOST_LINES - 1):
        put(Whose(key=cart), world.offer(maker, title=f"货 {number}"))

    with pytest.raises(actions.CartFull):
        put(Whose(key=cart), world.offer(maker, title="多的"))

    assert put(Whose(key=cart), wine).quantity == 2
    assert len(held(Whose(key=cart))) == MOST_LINES


def test_taking_out_tells_what_was_there(wine):
    cart = Whose(key=put(Whose(), wine, 3, origin="hall:x").cart_id)
    carpet = world.offer(world.organisation("chamchen"), title="卡垫")
    put(cart, carpet)

    assert actions.set_quantity(whose=cart, offer_id=wine.pk, quantity=2, now=NOW) == actions.Changed(units=3, taken_out=0, origin="")
    assert actions.set_quantity(whose=cart, offer_id=wine.pk, quantity=0, now=NOW) == actions.Changed(1, 2, "hall:x")
    assert actions.take_out(whose=cart, offer_ids=[wine.pk], now=NOW) == actions.Changed(1, 0, "")


def test_what_is_wanted_stands_in_its_order_and_by_seller(wine):
    iron = world.offer(world.organisation("dorje", code=world.GYANGZE), title="铁勺", on_hand=0)
    carpet = world.offer(world.organisation("chamchen"), title="卡垫")

    lines = wanted_of({carpet.pk: 2, uuid4(): 1, iron.pk: 1, wine.pk: 9})

    assert [(line.title, line.quantity, line.trouble) for line in lines] == [
        ("卡垫", 2, ""),
        ("铁勺", 1, "sold_out"),
        ("青稞酒", 9, "too_few"),
    ]
    assert [[line.title for line in own] for own in by_seller(lines)] == [["卡垫", "青稞酒"], ["铁勺"]]


@pytest.mark.django_db(transaction=True)
def test_two_tabs_at_the_same_moment_lose_nothing(wine):
    cart = Whose(key=put(Whose(), wine).cart_id)

    at_once(*[lambda: put(cart, wine, 2)] * 8)

    assert held(cart) == {wine.pk: 17}


def test_a_guests_cart_becomes_hers_when_she_logs_in(wine):
    her = world.person()
    carpet = world.offer(world.organisation("chamchen"), title="卡垫")
    guest = put(Whose(), wine, 5).cart_id
    put(Whose(key=guest), carpet)
    put(Whose(person_id=her.pk), wine, 2)

    for _ in range(2):
        actions.merge_carts(guest_cart_id=guest, person=her, now=NOW)

    assert held(Whose(person_id=her.pk)) == {wine.pk: 5, carpet.pk: 1}
    assert wanted_in_cart(Whose(key=guest)) == []


def test_a_merged_cart_is_not_larger_than_an_order(wine):
    her, maker = world.person(), world.organisation("chamchen")
    own = [world.offer(maker, title=f"她的 {number}") for number in range(MOST_LINES - 2)]
    for offer in own:
        put(Whose(person_id=her.pk), offer)
    guest = put(Whose(), own[0], 3).cart_id
    brought = [world.offer(maker, title=f"带来 {number}") for number in range(4)]
    for place, offer in enumerate(brought):
        actions.put_into_cart(whose=Whose(key=guest), offer_id=offer.pk, quantity=1, now=NOW + timedelta(minutes=place))

    actions.merge_carts(guest_cart_id=guest, person=her, now=NOW)

    lines = held(Whose(person_id=her.pk))
    assert len(lines) == MOST_LINES
    assert lines[own[0].pk] == 3
    assert [offer.pk in lines for offer in brought] == [True, True, False, False]


@pytest.mark.django_db(transaction=True)
def test_logging_in_while_another_device_fills_the_cart_waits_for_it(wine):
    her = world.person()
    cart = put(Whose(person_id=her.pk), wine).cart_id
    guest = put(Whose(), wine, 4).cart_id
    done = []

    def log_in():
        try:
            done.append(actions.merge_carts(guest_cart_id=guest, person=her, now=NOW))
        finally:
            connection.close()

    with transaction.atomic():  # the other device: the cart first, then its line
        Cart.objects.select_for_update().get(pk=cart)
        merging = Thread(target=log_in)
        merging.start()
        wait_until_somebody_waits()
        CartLine.objects.filter(cart_id=cart).update(quantity=2)
    merging.join(timeout=20)

    assert len(done) == 1
    assert held(Whose(person_id=her.pk)) == {wine.pk: 4}
