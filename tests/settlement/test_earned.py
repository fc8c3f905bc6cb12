"""Who earned what of one piece: from what was frozen of the last sales, to the fen, and only where the maker opens her book."""

from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction

from teahorse.common.ids import new_id
from teahorse.common.refusals import NotThere
from teahorse.settlement import actions
from teahorse.settlement.models import OpenBook
from teahorse.settlement.queries import earned as module
from teahorse.settlement.queries.earned import earned
from tests import world

from .making import centre, closed, fee, refund

pytestmark = pytest.mark.django_db


@pytest.fixture
def product(goods):
    return goods.variant.product


@pytest.fixture
def opened(seller, product, clerk, now):
    return actions.open_book(seller=seller, product_id=product.pk, by=clerk, now=now)


def sold(*wanted, now):
    orders = [order for one in wanted for order in closed(one, now=now)]
    actions.book_sales(order_ids=[order.pk for order in orders], now=now)
    return orders


def told(seller, *offers):
    return earned(seller_id=seller.pk, product_id=offers[0].variant.product_id, offer_ids={one.pk for one in offers})


def divided(seller, product, shares, *, by, now, since):
    households = {actions.add_sub_seller(seller=seller, name=name, note="", by=by, now=now).pk: bp for name, bp in shares.items()}
    actions.divide_product(key=new_id(), seller=seller, product_id=product.pk, since_date=since, shares_bp=households, by=by, now=now)


def test_nothing_is_said_until_the_maker_opens_her_book_and_after_she_closes_it(seller, goods, product, clerk, now):
    sold({goods: 1}, now=now)

    before = told(seller, goods)
    actions.open_book(seller=seller, product_id=product.pk, by=clerk, now=now)
    actions.open_book(seller=seller, product_id=product.pk, by=clerk, now=now)
    meanwhile = told(seller, goods)
    actions.close_book(seller=seller, product_id=product.pk, now=now)

    assert (before, told(seller, goods)) == (None, None)
    assert (meanwhile.price_fen, meanwhile.parts) == (5000, [("maker", 5000)])
    assert OpenBook.objects.count() == 1


def test_nobody_opens_the_book_of_another(product, clerk, now):
    with pytest.raises(NotThere):
        actions.open_book(seller=world.organisation("neighbour"), product_id=product.pk, by=clerk, now=now)

    assert not OpenBook.objects.exists()


def test_a_book_is_open_once(opened, seller, product, now):
    with pytest.raises(IntegrityError), transaction.atomic():
        OpenBook.objects.create(seller=seller, product_id=product.pk, since_at=now, opened_by_id=new_id())


def test_what_was_never_sold_is_not_said(opened, seller, goods):
    assert told(seller, goods) is None


def test_the_parts_are_those_of_the_books_and_add_up_to_the_fen(opened, seller, goods, product, clerk, now):
    fee(rate=333)
    fee("payment", rate=60, basis="paid", beneficiary="provider")
    fee("freight", rate=10_000, basis="freight", beneficiary="platform")
    centre()
    world.organisation("region", kind="region_centre", code="540102")
    divided(seller, product, {"次仁家": 5000, "卓玛家": 2500}, by=clerk, now=now, since=now.date())
    orders = sold({goods: 1}, {goods: 3}, {goods: 7}, now=now)

    found = told(seller, goods)

    parts = dict(found.parts)
    books = [order.pk for order in orders]
    whole = sum(sale.sold_fen for sale in module.Sale.objects.filter(pk__in=books))
    commission = sum(line.amount_fen for line in module.FeeLine.objects.filter(sale__in=books, kind="commission"))
    assert found.pieces == 11
    assert found.price_fen == round(whole / 11) == sum(parts.values())
    assert parts.keys() == {"households", "maker", "freight", "commission", "payment"}
    assert abs(parts["commission"] - commission / 11) < 1
    assert abs(parts["households"] - 3 * parts["maker"]) <= 4


def test_of_an_order_of_several_goods_each_bears_its_part(opened, seller, goods, now):
    other = world.offer(seller, title="糌粑", price_fen=1900, on_hand=100)
    fee(rate=1000)
    centre()
    (order,) = sold({goods: 1, other: 2}, now=now)

    found = told(seller, goods)

    sale = module.Sale.objects.get(pk=order.pk)
    assert found.pieces == 1
    assert found.price_fen == sale.sold_fen // 2
    assert dict(found.parts) == {"maker": sale.sold_fen // 2 - 380, "commission": 380}


def test_what_was_given_back_is_no_sale_and_only_the_last_ones_count(opened, seller, goods, now, monkeypatch):
    monkeypatch.setattr(module, "SALES", 2)
    old = sold({goods: 2}, now=now)
    returned = sold({goods: 1}, now=now + timedelta(hours=1))[0]
    refund(returned, 1000, now=now + timedelta(hours=2))
    actions.book_sales(order_ids=[returned.pk], now=now + timedelta(hours=2))
    only_old = told(seller, goods)
    sold({goods: 3}, {goods: 4}, now=now + timedelta(hours=3))

    assert only_old.pieces == 2
    assert told(seller, goods).pieces == 7
    assert old[0].pk not in module._last_sales(seller.pk, {goods.pk})


def test_what_came_from_households_is_by_the_division_of_the_day_of_the_order(opened, seller, goods, product, clerk, now):
    divided(seller, product, {"次仁家": 10_000}, by=clerk, now=now, since=now.date() + timedelta(days=1))
    sold({goods: 1}, now=now)
    before = told(seller, goods)
    sold({goods: 1}, now=now + timedelta(days=1))

    assert dict(before.parts) == {"maker": 5000}
    assert dict(told(seller, goods).parts) == {"households": 2500, "maker": 2500}


def test_a_handful_of_questions_is_asked(opened, seller, goods, now, django_assert_num_queries):
    sold(*[{goods: 1}] * 5, now=now)

    with django_assert_num_queries(7):
        told(seller, goods)
