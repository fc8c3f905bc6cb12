"""Synthetic goods and orders."""

import re
from collections import Counter

import pytest
from django.db import IntegrityError, connection, transaction
from django.db.models import F, Sum

from teahorse.catalog import actions as catalog
from teahorse.catalog import queries
from teahorse.catalog.models import Product, SearchEntry, Variant
from teahorse.demo import bulk, made_goods, made_orders
from teahorse.demo.market import market, world
from teahorse.demo.scaling import RULES, scale_demo
from teahorse.orders.models import OrderGroup, OrderLine, SellerOrder
from teahorse.payments.models import Payment, PaymentEvent, PaymentSplit, Refund
from teahorse.people.models import Organisation, Person
from teahorse.stock import queries as stock
from teahorse.stock.models import Reservation, StockLevel, StockMovement
from tests.demo.conftest import NOW

SOME = {"products": 200, "orders": 300}
MANY = 2000


@pytest.fixture(scope="module")
def scaled_region(region, django_db_blocker):
    """The demo region with some goods and orders more; the value is what was told of the progress."""
    told = []
    with django_db_blocker.unblock(), transaction.atomic():
        scale_demo(**SOME, now=NOW, say=told.append)
        yield told
        transaction.set_rollback(True)


@pytest.fixture
def scaled(scaled_region, db):
    """The same, in a savepoint of the test's own."""
    return scaled_region


def made_products():
    return Product.objects.filter(seller__key__startswith="made-1-")


def scaled_groups():
    return OrderGroup.objects.filter(contact_phone__startswith="+86100")


def test_as_many_come_as_were_asked_for(scaled):
    assert made_products().count() == 200
    assert scaled_groups().count() == 300
    assert Organisation.objects.filter(key__startswith="made-1-").count() == 25
    assert Person.objects.filter(phone__startswith="+86100").count() == 25
    assert SearchEntry.objects.filter(product__in=made_products()).count() == 200


def test_progress_is_told(scaled):
    assert [re.sub(r"[\d.]+ s$", "_ s", line) for line in scaled] == [
        "200 of 200 products after _ s",
        "300 of 300 orders after _ s",
        "what was sold is counted",
    ]


def test_the_same_again_adds_nothing(scaled):
    titles = sorted(made_products().values_list("title", "i18n__title_bo", "i18n__title_en"))
    movements = StockMovement.objects.count()

    scale_demo(**SOME, now=NOW, say=str)

    assert sorted(made_products().values_list("title", "i18n__title_bo", "i18n__title_en")) == titles
    assert scaled_groups().count() == 300
    assert StockMovement.objects.count() == movements


def test_more_products_begin_with_the_same(house):
    few = made_goods.make_goods(world=world(), seed=1, batch=0, size=20, now=NOW)
    more = made_goods.make_goods(world=world(), seed=1, batch=0, size=40, now=NOW)
    others = made_goods.make_goods(world=world(), seed=2, batch=0, size=20, now=NOW)

    assert [product.title for product in more.products[:20]] == [product.title for product in few.products]
    assert [product.title for product in others.products] != [product.title for product in few.products]
    assert [product.entry for product in more.products[:20]] == [product.entry for product in few.products]


def test_titles_are_brand_quality_and_thing_in_three_languages(house):
    titles = [product.title for product in made_goods.make_goods(world=world(), seed=1, batch=0, size=400, now=NOW).products]

    assert all(re.search("[\u4e00-\u9fff]", title["zh"]) and re.search("[\u0f40-\u0fbc]", title["bo"]) for title in titles)
    assert all(title["en"].isascii() for title in titles)
    assert len({title["zh"] for title in titles}) > 350


def test_no_title_keeps_the_brand_of_the_content(house):
    things = [thing["thing"] for thing in world().things]
    brands = ("多吉", "强钦", "红色阿里", "Dorje", "Chamchen", "Ngari")

    assert not [thing for thing in things for brand in brands if brand in (*thing["zh"].split(" "), *thing["en"].split(" "))]
    assert {"zh": "青稞酒 低度", "bo": "ནས་ཆང་། གར་ཚད་ཆུང་བ", "en": "barley wine, light"} in things


def test_made_entries_are_what_the_catalogue_itself_would_write(scaled):
    ids = list(made_products().values_list("pk", flat=True))
    columns = [each.attname for each in SearchEntry._meta.concrete_fields]
    before = list(SearchEntry.objects.filter(product__in=ids).order_by("pk").values(*columns))

    catalog.write_search_entries(product_ids=ids)

    assert list(SearchEntry.objects.filter(product__in=ids).order_by("pk").values(*columns)) == before


def test_made_goods_are_found(scaled):
    product = made_products().order_by("pk").first()

    found = queries.search(on=NOW.date(), text=product.title)

    assert product.pk in {card.product_id for card in found.cards}


def test_every_sum_adds_up(scaled):
    with connection.cursor() as cursor:
        cursor.execute("set constraints all immediate")
    groups = scaled_groups()
    orders = SellerOrder.objects.filter(group__in=groups)

    goods = dict(OrderLine.objects.filter(order__in=orders).values("order").annotate(fen=Sum("amount_fen")).values_list("order", "fen"))
    totals = dict(orders.values("group").annotate(fen=Sum("total_fen")).values_list("group", "fen"))
    payments = Payment.objects.filter(reference__in=groups.values("pk"))
    splits = dict(
        PaymentSplit.objects.filter(payment__in=payments).values("payment").annotate(fen=Sum("amount_fen")).values_list("payment", "fen")
    )
    events = dict(PaymentEvent.objects.filter(payment__in=payments, kind="succeeded").values_list("payment", "amount_fen"))

    assert goods == dict(orders.values_list("pk", "goods_fen"))
    assert totals == dict(groups.values_list("pk", "total_fen"))
    assert splits == events == dict(payments.values_list("pk", "amount_fen"))
    assert {payment.reference: payment.amount_fen for payment in payments}.items() <= totals.items()
    assert set(orders.exclude(paid_at=None).values_list("group", flat=True)) == set(payments.values_list("reference", flat=True))


def test_stock_adds_up(scaled):
    moved = dict(StockMovement.objects.values("level_id").annotate(units=Sum("delta")).values_list("level_id", "units"))

    assert stock.levels_that_do_not_add_up() == []
    assert {level.pk: level.on_hand for level in StockLevel.objects.filter(on_hand__gt=0)}.items() <= moved.items()


def test_what_waits_is_reserved_and_what_was_given_up_is_refunded(scaled):
    scale_demo(products=0, orders=MANY, now=NOW, say=str)

    waiting = SellerOrder.objects.filter(group__in=scaled_groups(), state="paid")
    wanted = OrderLine.objects.filter(order__in=waiting).aggregate(units=Sum("quantity"))["units"]
    refunds = Refund.objects.filter(payment__reference__in=scaled_groups().values("pk"))
    refunded = dict(SellerOrder.objects.filter(pk__in=refunds.values("reference"), state="cancelled").values_list("pk", "total_fen"))

    assert scaled_groups().count() == SOME["orders"] + MANY
    assert wanted
    assert (
        Reservation.objects.filter(reference__in=waiting.values("pk"), state="committed").aggregate(units=Sum("quantity"))["units"]
        == wanted
    )
    assert stock.levels_that_do_not_add_up() == []
    assert refunded
    assert dict(refunds.values_list("reference", "amount_fen")) == refunded


def test_goods_tell_how_often_they_were_sold(scaled):
    sold = dict(
        OrderLine.objects.filter(order__state__in=("paid", "preparing", "closed"))
        .values("product_id")
        .annotate(units=Sum("quantity"))
        .values_list("product_id", "units")
    )

    assert dict(SearchEntry.objects.filter(sold_count__gt=0).values_list("product_id", "sold_count")) == sold


def test_orders_follow_the_year(house):
    known = market(buyers=[], now=NOW)
    made = made_orders.make_orders(market=known, seed=1, whole=4000, first=0, numbers=range(4000))
    days = Counter(line.split("\t")[18][5:10] for line in made.lines["groups"])

    assert days["11-11"] > 4 * days["11-20"]
    assert days["06-18"] > 2 * days["05-18"]
    assert sum(count for day, count in days.items() if day.startswith("08")) > sum(
        count for day, count in days.items() if day.startswith("04")
    )


def test_fresh_goods_are_sold_in_their_season(scaled):
    sold = OrderLine.objects.filter(order__group__in=scaled_groups(), product_id__in=Product.objects.filter(season_from=701).values("pk"))

    assert sold.exists()
    assert {line.order.placed_at.month for line in sold.select_related("order")} <= {6, 7, 8, 9, 10}  # UTC, and the edges of the season


def test_synthetic_phones_are_nobodys(scaled):
    assert not scaled_groups().exclude(contact_phone__regex=r"^\+8610001\d{6}$").exists()
    assert Variant.objects.filter(product__in=made_products(), offers__price_fen__lte=F("offers__list_price_fen")).exists()


def indexes():
    with connection.cursor() as cursor:
        cursor.execute(
            "select tablename, indexname from pg_indexes where tablename like 'orders_%' or tablename like 'payments_%' order by 1, 2"
        )
        return cursor.fetchall()


def test_very_many_orders_are_looked_at_once_for_all_and_leave_triggers_and_indexes_as_they_were(scaled, monkeypatch):
    monkeypatch.setattr("teahorse.demo.scaling.VERY_MANY", MANY)
    before, told = indexes(), []

    scale_demo(products=0, orders=MANY, now=NOW, say=told.append)

    assert "indexes are built and rules are looked at" in told
    assert scaled_groups().count() == SOME["orders"] + MANY
    assert indexes() == before
    assert stock.levels_that_do_not_add_up() == []
    with connection.cursor() as cursor:
        cursor.execute("select current_setting('session_replication_role')")
        assert cursor.fetchone() == ("origin",)


def test_a_broken_rule_leaves_nothing_behind(scaled):
    before, orders = indexes(), SellerOrder.objects.count()

    with pytest.raises(IntegrityError, match="the lines do not add up to the order"), bulk.unwatched([SellerOrder], rules=RULES):
        order = SellerOrder.objects.order_by("pk").first()
        order.seller_id, order.pk, order.number = order.pk, order.group_id, "999999-9"
        SellerOrder.objects.bulk_create([order])

    assert SellerOrder.objects.count() == orders
    assert indexes() == before


def test_a_key_that_leads_nowhere_is_found(scaled):
    with pytest.raises(IntegrityError, match="group_id leads nowhere"), bulk.unwatched([SellerOrder], rules=()):
        order = SellerOrder.objects.order_by("pk").first()
        order.group_id, order.pk, order.number = order.pk, order.group_id, "999999-9"
        SellerOrder.objects.bulk_create([order])
