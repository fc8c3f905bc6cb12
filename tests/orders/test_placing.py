from dataclasses import replace
from datetime import timedelta
from uuid import uuid4

import pytest
from django.db import DatabaseError, IntegrityError, transaction
from procrastinate.contrib.django.models import ProcrastinateJob

from teahorse.common.ids import new_id
from teahorse.orders.actions import KeyUsedForAnother, Placed, PriceChanged, Wish, place_orders
from teahorse.orders.models import OrderGroup, OrderLine, SellerOrder
from teahorse.orders.quoting import NotSold, SoldOut
from teahorse.stock.models import Reservation
from teahorse.stock.queries import levels_that_do_not_add_up
from tests import world
from tests.world import NOW

pytestmark = pytest.mark.django_db


@pytest.fixture
def wine():
    return world.offer(world.organisation("chamchen"), title="强钦青稞酒", price_fen=3800, on_hand=10)


@pytest.fixture
def carpet():
    return world.offer(world.organisation("jiangzi", code=world.GYANGZE), title="江孜卡垫", price_fen=128000, on_hand=3, weight_grams=4200)


def place(*wishes: Wish):
    return place_orders(wishes=wishes, now=NOW)


def test_one_checkout_is_split_by_seller_and_its_parts_add_up(wine, carpet):
    [placed] = place(world.wish({wine: 2, carpet: 1}))

    group = OrderGroup.objects.get(pk=placed.group_id)
    orders = {order.seller.key: order for order in group.orders.select_related("seller")}
    assert group.number == placed.number
    assert group.number.startswith("260815")
    assert orders["chamchen"].goods_fen == 7600
    assert orders["chamchen"].freight_fen == 1200
    assert orders["jiangzi"].goods_fen == 128000
    assert orders["jiangzi"].freight_fen == 0
    assert group.total_fen == 7600 + 1200 + 128000
    assert sorted(order.number for order in orders.values()) == [f"{group.number}-1", f"{group.number}-2"]
    assert group.expires_at == NOW + timedelta(minutes=15)


def test_names_prices_and_weights_are_frozen(wine):
    [placed] = place(world.wish({wine: 2}))

    wine.price_fen = 9900
    wine.save()
    line = OrderLine.objects.get(order__group_id=placed.group_id)
    assert line.titles == {"title": {"zh-hans": "强钦青稞酒"}, "variant": {"zh-hans": "一份"}}
    assert (line.unit_price_fen, line.quantity, line.amount_fen, line.weight_grams) == (3800, 2, 7600, 1000)


def test_units_are_reserved_until_the_order_expires(wine):
    place(world.wish({wine: 4}))

    reservation = Reservation.objects.get()
    assert (reservation.quantity, reservation.state, reservation.expires_at) == (4, "held", NOW + timedelta(minutes=15))
    assert world.level_of(wine).available == 6
    assert levels_that_do_not_add_up() == []


def test_the_same_wish_twice_is_one_order(wine):
    wish = world.wish({wine: 1})

    [first] = place(wish)
    [second] = place(wish)

    assert second == replace(first, is_new=False)
    assert OrderGroup.objects.count() == 1
    assert world.level_of(wine).reserved == 1


def test_the_same_key_with_another_wish_is_refused(wine):
    key = uuid4()
    place(world.wish({wine: 1}, key=key))

    [answer] = place(world.wish({wine: 2}, key=key))

    assert isinstance(answer, KeyUsedForAnother)
    assert OrderGroup.objects.count() == 1


def test_a_changed_price_is_shown_and_never_charged(wine):
    wish = world.wish({wine: 1})
    wine.price_fen = 4200
    wine.save()

    [answer] = place(wish)

    assert isinstance(answer, PriceChanged)
    assert answer.numbers == {"title": "强钦青稞酒", "quoted": "38.00", "price": "42.00"}
    assert not OrderGroup.objects.exists()
    assert world.level_of(wine).reserved == 0


def test_a_withdrawn_offer_is_refused(wine):
    wish = world.wish({wine: 1})
    wine.is_active = False
    wine.save()

    [answer] = place(wish)

    assert isinstance(answer, NotSold)


def test_a_shortage_of_one_line_refuses_the_whole_order_and_reserves_nothing(wine, carpet):
    wish = world.wish({wine: 2, carpet: 3})
    place(world.wish({carpet: 1}))

    [answer] = place(wish)

    assert isinstance(answer, SoldOut)
    assert answer.numbers == {"title": "江孜卡垫", "available": 2, "wanted": 3}
    assert world.level_of(wine).reserved == 0
    assert world.level_of(carpet).reserved == 1


def test_a_refused_order_does_not_stand_in_the_way_of_a_later_smaller_one(wine):
    first, too_much, small = world.wish({wine: 6}), world.wish({wine: 7}), world.wish({wine: 4})

    answers = place(first, too_much, small)

    assert [type(answer) for answer in answers] == [Placed, SoldOut, Placed]
    assert world.level_of(wine).available == 0


def test_a_batch_is_answered_in_its_order(wine, carpet):
    wishes = [world.wish({wine: 1}), world.wish({carpet: 1}), world.wish({wine: 1})]

    answers = place(*wishes)

    keys = [OrderGroup.objects.get(pk=answer.group_id).idempotency_key for answer in answers]
    assert keys == [wish.key for wish in wishes]


def test_placing_announces_all_groups_of_a_batch_at_once(wine):
    answers = place(*[world.wish({wine: 1}) for _ in range(3)])

    [job] = [job for job in ProcrastinateJob.objects.all() if job.args["reaction"].endswith("notice_placed")]
    assert job.args["event"]["group_ids"] == [str(answer.group_id) for answer in answers]


def test_the_database_refuses_parts_that_do_not_add_up(wine):
    place(world.wish({wine: 1}))
    line = OrderLine.objects.get()

    with pytest.raises(IntegrityError, match="do not add up"), transaction.atomic():
        OrderLine.objects.create(
            county_id=line.county_id, order=line.order, position=2, offer_id=line.offer_id, product_id=line.product_id,
            titles={}, drawing="x", unit_price_fen=1, quantity=1, amount_fen=1, weight_grams=1,
        )  # fmt: skip

    assert SellerOrder.objects.get().lines.count() == 1


def test_the_database_refuses_a_part_of_another_sum_and_a_part_that_comes_later(wine):
    place(world.wish({wine: 1}))
    order = SellerOrder.objects.get()
    group = order.group

    def more(group_id, **changed):
        fields = {f.attname: getattr(order, f.attname) for f in SellerOrder._meta.fields} | {
            "id": new_id(),
            "group_id": group_id,
            **changed,
        }
        with pytest.raises(IntegrityError, match="do not add up to the group"), transaction.atomic():
            SellerOrder.objects.bulk_create([SellerOrder(**fields)])

    more(group.pk, seller_id=new_id())  # the sum of all is twice the group's
    more(new_id())  # there is no such group


def test_the_database_refuses_lines_without_an_order_and_keeps_orders(wine):
    place(world.wish({wine: 1}))
    line = OrderLine.objects.get()

    with pytest.raises(IntegrityError, match="do not add up to the order"), transaction.atomic():
        OrderLine.objects.create(
            county_id=line.county_id, order_id=new_id(), position=1, offer_id=line.offer_id, product_id=line.product_id,
            titles={}, drawing="x", unit_price_fen=1, quantity=1, amount_fen=1, weight_grams=1,
        )  # fmt: skip
    for rows in (SellerOrder.objects.all(), OrderGroup.objects.all()):
        with pytest.raises(DatabaseError, match="Cannot delete"), transaction.atomic():
            rows._raw_delete(rows.db)


def test_the_same_wish_twice_in_one_batch_is_one_order_even_of_the_last_unit():
    last = world.offer(world.organisation("chamchen"), on_hand=1)
    wish = world.wish({last: 1})

    first, second = place(wish, wish)

    assert second == replace(first, is_new=False)
    assert OrderGroup.objects.count() == 1


def test_one_key_with_two_wishes_in_one_batch_places_the_first(wine):
    key = uuid4()

    answers = place(world.wish({wine: 1}, key=key), world.wish({wine: 2}, key=key))

    assert [type(answer) for answer in answers] == [Placed, KeyUsedForAnother]
    assert world.level_of(wine).reserved == 1
