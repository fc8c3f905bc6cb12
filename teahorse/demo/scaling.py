"""
Synthetic goods and orders by the thousand, for measurements: seeded, loaded by COPY.

Goods come in batches that are each committed, and so do orders; very many orders come in one transaction, in which
triggers and foreign keys are looked at once for all (:mod:`teahorse.demo.bulk`).

Loading the same numbers with the same seed again adds nothing; more products with the same seed add the further ones.
Goods and orders are made in processes beside this one, which only loads. Orders that are closed have no parcels: what
is under way has them, and its units are reserved or gone as they would be.
"""

import sys
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, nullcontext
from datetime import datetime
from uuid import UUID

from django.db import connection, transaction
from django.db.models import Model
from psycopg import sql

from teahorse.catalog import actions as catalog
from teahorse.catalog.models import Brand, Offer, Product, SearchEntry, Variant
from teahorse.demo import bulk, made_goods, made_orders
from teahorse.demo.beside import beside, goods_of, orders_of
from teahorse.demo.copying import copy_lines, line
from teahorse.demo.keys import key_of
from teahorse.demo.made_goods import MadeGoods, MadeProduct
from teahorse.demo.made_orders import MadeOrders, buyer_name, buyer_phone
from teahorse.demo.market import market, world
from teahorse.logistics.models import Parcel, Scan
from teahorse.orders.models import OrderGroup, OrderLine, SellerOrder
from teahorse.payments.models import Payment, PaymentEvent, PaymentSplit, Refund
from teahorse.people.models import Organisation, Person
from teahorse.stock.models import Reservation, StockLevel, StockMovement, StockPlace

Say = Callable[[str], None]
LARGE = 5000
VERY_MANY = 50_000
"""From so many orders on, they are written in one transaction."""
ORDERS_A_BUYER = 12
MOST_BUYERS = 50_000
NO_PASSWORD = "!"  # noqa: S105 - Django's mark of a password that nothing opens
PERSONS = "id, password, is_superuser, phone, is_phone_verified, name, locale, is_active, is_staff, joined_at"
WORD_INDEX = "search_words"
MADE_BY = "made by scale_demo"

ORDER_TABLES = (
    ("groups", OrderGroup, made_orders.GROUPS),
    ("orders", SellerOrder, made_orders.ORDERS),
    ("order_lines", OrderLine, made_orders.ORDER_LINES),
    ("payments", Payment, made_orders.PAYMENTS),
    ("splits", PaymentSplit, made_orders.SPLITS),
    ("events", PaymentEvent, made_orders.EVENTS),
    ("refunds", Refund, made_orders.REFUNDS),
    ("reservations", Reservation, made_orders.RESERVATIONS),
    ("parcels", Parcel, made_orders.PARCELS),
    ("scans", Scan, made_orders.SCANS),
)
PROMISE = """
    with received as (
        insert into stock_stockmovement (county_id, id, level_id, delta, reason, note, moved_at)
        select county_id, gen_random_uuid(), level_id, quantity, 'received', %(note)s, %(now)s
          from unnest(%(levels)s::uuid[], %(counties)s::uuid[], %(quantities)s::int[]) as promised (level_id, county_id, quantity)
        returning level_id, delta
    )
    update stock_stocklevel level set on_hand = level.on_hand + received.delta, reserved = level.reserved + received.delta
      from received where level.id = received.level_id
"""
TELL_WHAT_WAS_SOLD = """
    with sold as (
        select level.id, level.county_id, sum(line.quantity) as units
          from orders_orderline line
          join orders_sellerorder o on o.id = line.order_id and o.state in ('preparing', 'closed')
          join stock_stocklevel level on level.offer_id = line.offer_id and level.is_online
         group by level.id, level.county_id
    ), told as (
        select level_id, -sum(delta) as units from stock_stockmovement where reason = 'sold' group by level_id
    ), untold as (
        select sold.id, sold.county_id, sold.units - coalesce(told.units, 0) as units
          from sold left join told on told.level_id = sold.id
         where sold.units > coalesce(told.units, 0)
    )
    insert into stock_stockmovement (county_id, id, level_id, delta, reason, note, moved_at)
    select county_id, gen_random_uuid(), untold.id, units * sign, reason, %(note)s, %(now)s
      from untold, (values (1, 'received'), (-1, 'sold')) as both_ways (sign, reason)
"""
RULES = (
    """
    select 'the lines do not add up to the order: ' || o.number
      from orders_sellerorder o
      left join (select order_id, sum(amount_fen) as goods from orders_orderline group by order_id) lines on lines.order_id = o.id
     where o.goods_fen is distinct from lines.goods
     limit 10
    """,
    """
    select 'the seller orders do not add up to the group: ' || g.number
      from orders_ordergroup g
      left join (select group_id, sum(total_fen) as total from orders_sellerorder group by group_id) parts on parts.group_id = g.id
     where g.total_fen is distinct from parts.total
     limit 10
    """,
    """
    select 'the splits do not add up to the payment: ' || splits.payment_id
      from (select payment_id, sum(amount_fen) as split from payments_paymentsplit group by payment_id) splits
      left join payments_payment p on p.id = splits.payment_id
     where p.amount_fen is distinct from splits.split
     limit 10
    """,
    """
    select 'more is refunded than was paid: ' || given.split_id
      from (select split_id, sum(amount_fen) as back from payments_refund group by split_id) given
      left join payments_paymentsplit split on split.id = given.split_id
     where split.amount_fen is null or split.amount_fen < given.back
     limit 10
    """,
    """
    select 'not as much is reserved as is promised: ' || level.id
      from stock_stocklevel level
      left join (
            select level_id, sum(quantity) as units from stock_reservation where state in ('held', 'committed') group by level_id
           ) open_ones on open_ones.level_id = level.id
     where level.reserved <> coalesce(open_ones.units, 0)
     limit 10
    """,
)
"""What the triggers of these tables look at row by row, asked of all rows at once."""
SOLD_BY_PRODUCT = """
    select line.product_id, least(sum(line.quantity), 2000000000)::int
      from orders_orderline line
      join orders_sellerorder o on o.id = line.order_id and o.state in ('paid', 'preparing', 'closed')
     group by line.product_id order by line.product_id
"""


def to_stderr(text: str) -> None:
    """Show how far it is."""
    sys.stderr.write(f"{text}\n")
    sys.stderr.flush()


def scale_demo(*, products: int, orders: int, now: datetime, seed: int = 1, say: Say = to_stderr) -> None:
    """
    Add synthetic goods and orders of the past year to the demo region, which must be loaded.

    The same arguments again add nothing.
    """
    goods = missing_goods(count=products, seed=seed)
    firsts = missing_orders(count=orders, seed=seed)
    is_large = sum(goods.values()) + sum(min(made_orders.BATCH, orders - first) for first in firsts) >= LARGE
    with word_index_built_at_the_end(say) if is_large else nullcontext():
        if products:
            load_goods(count=products, missing=goods, seed=seed, now=now, say=say)
        if orders:
            load_orders(count=orders, missing=firsts, seed=seed, now=now, say=say)


@contextmanager
def word_index_built_at_the_end(say: Say) -> Iterator[None]:
    """
    Take the index of the search words away while very many entries are written, and build it once at the end.

    Entry by entry it costs some milliseconds each, also where only a count changes. How it is built is told to the
    database's comment on the table, so that the next large load builds it should the process be killed meanwhile.
    """
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(
            "select coalesce(pg_get_indexdef(to_regclass(%(name)s)), obj_description('catalog_searchentry'::regclass))",
            {"name": WORD_INDEX},
        )
        (definition,) = cursor.fetchone()
        cursor.execute(sql.SQL("comment on table catalog_searchentry is {}").format(sql.Literal(definition)))
        cursor.execute(f"drop index if exists {WORD_INDEX}")
    try:
        yield
    finally:
        started = time.monotonic()
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("set local maintenance_work_mem = '512MB'")
            cursor.execute(definition)
            cursor.execute("comment on table catalog_searchentry is null")
        _analyze(SearchEntry)
        say(f"the index of the search words is built, {time.monotonic() - started:.1f} s")


def missing_goods(*, count: int, seed: int) -> dict[int, int]:
    """Return the batches of the first ``count`` synthetic products that are not all there, with their sizes."""
    sizes = {batch: min(made_goods.BATCH, count - batch * made_goods.BATCH) for batch in range(-(-count // made_goods.BATCH))}
    return {batch: size for batch, size in sizes.items() if not _are_there(seed, batch, size)}


def missing_orders(*, count: int, seed: int) -> list[int]:
    """Return the first number of each batch of ``count`` synthetic orders that is not there."""
    return [first for first in range(0, count, made_orders.BATCH) if not _is_placed(made_orders.order_key(seed, count, first))]


def load_goods(*, count: int, missing: dict[int, int], seed: int, now: datetime, say: Say) -> None:
    """Write synthetic products with makers, stock and search entries, a thousand in a transaction."""
    progress = Progress("products", count, say)
    progress.add(count - sum(missing.values()))
    with beside(world(), len(missing) * made_goods.BATCH) as run:
        for made in run(goods_of, [(seed, batch, size, now) for batch, size in missing.items()]):
            write_goods(made, seed=seed, now=now)
            progress.add(len(made.products))
    _analyze(Product, Variant, Offer, SearchEntry, StockLevel)


def _are_there(seed: int, batch: int, size: int) -> bool:
    """Return whether the last product of a batch, and so all of it, is there."""
    return Product.objects.filter(pk=key_of("made_product", f"{seed}-{batch * made_goods.BATCH + size - 1}")).exists()


@transaction.atomic
def write_goods(made: MadeGoods, *, seed: int, now: datetime) -> None:
    """Write a batch of goods; makers and products that are there are left as they are."""
    there = set(Organisation.objects.filter(pk__in=[maker.id for maker in made.makers]).values_list("pk", flat=True))
    makers = [made_goods.maker_lines(maker, seed=seed, now=now) for maker in made.makers if maker.id not in there]
    known = set(Product.objects.filter(pk__in=[product.id for product in made.products]).values_list("pk", flat=True))
    fresh = [product for product in made.products if product.id not in known]
    copy_lines(Organisation, made_goods.SELLERS, (lines[0] for lines in makers))
    copy_lines(Brand, made_goods.BRANDS, (lines[1] for lines in makers))
    copy_lines(StockPlace, made_goods.PLACES, (lines[2] for lines in makers))
    copy_lines(Product, made_goods.PRODUCTS, (product.product for product in fresh))
    copy_lines(Variant, made_goods.VARIANTS, _all(fresh, "variants"))
    copy_lines(Offer, made_goods.OFFERS, _all(fresh, "offers"))
    copy_lines(StockLevel, made_goods.LEVELS, _all(fresh, "levels"))
    copy_lines(StockMovement, made_goods.MOVEMENTS, _all(fresh, "movements"))
    copy_lines(SearchEntry, made_goods.ENTRIES, (product.entry for product in fresh))


def _all(products: Iterable[MadeProduct], name: str) -> Iterator[str]:
    return (each for product in products for each in getattr(product, name))


def load_orders(*, count: int, missing: list[int], seed: int, now: datetime, say: Say) -> None:
    """Write synthetic orders of the past year with their money, ten thousand in a transaction, and count what was sold."""
    progress = Progress("orders", count, say)
    buyers = load_buyers(count=min(MOST_BUYERS, -(-count // ORDERS_A_BUYER)), seed=seed, now=now)
    progress.add(count - sum(min(made_orders.BATCH, count - first) for first in missing))
    adding = sum(min(made_orders.BATCH, count - first) for first in missing)
    if adding >= VERY_MANY and bulk.is_allowed():
        with bulk.unwatched([*(model for _, model, _ in ORDER_TABLES), StockMovement], rules=RULES):
            _write_all(count, missing, buyers, seed, now, progress, write=copy_orders)
            tell_what_was_sold(now=now)
            say("indexes are built and rules are looked at")
        say(f"all of it is written after {time.monotonic() - progress.started:.1f} s")
    else:
        _write_all(count, missing, buyers, seed, now, progress, write=write_orders)
        tell_what_was_sold(now=now)
    count_what_was_sold()
    say("what was sold is counted")
    _analyze(OrderGroup, SellerOrder, OrderLine, Payment, PaymentSplit, PaymentEvent, StockMovement)


def _write_all(
    count: int, missing: list[int], buyers: list[str], seed: int, now: datetime, progress: "Progress", *, write: Callable[..., None]
) -> None:
    with beside(market(buyers=buyers, now=now), len(missing) * made_orders.BATCH) as run:
        batches = ((seed, count, first, _order_numbers(min(made_orders.BATCH, count - first))) for first in missing)
        for done, made in enumerate(run(orders_of, batches)):
            write(made, now=now)
            progress.add(len(made.keys))
            if write is write_orders and done in {0, 3, 15}:
                _analyze(OrderGroup, SellerOrder, OrderLine, Payment, PaymentSplit)


def _is_placed(key: str) -> bool:
    return OrderGroup.objects.filter(idempotency_key=key).exists()


@transaction.atomic
def load_buyers(*, count: int, seed: int, now: datetime) -> list[str]:
    """Write the first ``count`` synthetic buyers that are not there; return the keys of all."""
    keys = [key_of("made_buyer", f"{seed}-{number}") for number in range(count)]
    there: set[UUID] = set(Person.objects.filter(pk__in=keys).values_list("pk", flat=True))
    lines = (
        line(key, NO_PASSWORD, False, buyer_phone(seed, number), True, buyer_name(number), "zh-hans", True, False, now)  # noqa: FBT003 - a row
        for number, key in enumerate(keys)
        if key not in there
    )
    copy_lines(Person, PERSONS, lines)
    return [str(key) for key in keys]


def _order_numbers(count: int) -> list[int]:
    with connection.cursor() as cursor:
        cursor.execute("select nextval('orders_number') from generate_series(1, %s)", [count])
        return [number for (number,) in cursor.fetchall()]


@transaction.atomic
def write_orders(made: MadeOrders, *, now: datetime) -> None:
    """Write a batch of orders; every trigger and constraint of the house looks at it."""
    with connection.cursor() as cursor:
        # The triggers look up what was just written; by the statistics of an empty table they would read all of it each time.
        cursor.execute("set local enable_seqscan = off")
        cursor.execute("set local synchronous_commit = off")
    copy_orders(made, now=now)
    with connection.cursor() as cursor:
        cursor.execute("set constraints all immediate")
        cursor.execute("set constraints all deferred")
        cursor.execute("set local enable_seqscan = on")


def copy_orders(made: MadeOrders, *, now: datetime) -> None:
    """Write a batch of orders and promise their units."""
    for name, model, columns in ORDER_TABLES:
        copy_lines(model, columns, made.lines[name])
    promised = sorted(made.promised.items())
    with connection.cursor() as cursor:
        cursor.execute(
            PROMISE,
            {
                "levels": [level for (level, _), _ in promised],
                "counties": [county for (_, county), _ in promised],
                "quantities": [quantity for _, quantity in promised],
                "note": MADE_BY,
                "now": now,
            },
        )


def tell_what_was_sold(*, now: datetime) -> None:
    """Write a movement in and one out for what was sold of each level and not told yet."""
    with connection.cursor() as cursor:
        cursor.execute(TELL_WHAT_WAS_SOLD, {"note": MADE_BY, "now": now})


def count_what_was_sold() -> None:
    """Tell the catalogue how often each product was sold."""
    with connection.cursor() as cursor:
        cursor.execute(SOLD_BY_PRODUCT)
        counts: dict[UUID, int] = dict(cursor.fetchall())
    catalog.write_sold_counts(counts=counts)


def _analyze(*models: type[Model]) -> None:
    with connection.cursor() as cursor:
        for model in models:
            cursor.execute(f"analyze {model._meta.db_table}")  # noqa: SLF001 - Django's API


class Progress:
    """Tells how many there are, at every tenth of the whole, and how long it took."""

    def __init__(self, name: str, whole: int, say: Say) -> None:
        self.name, self.whole, self.say = name, whole, say
        self.done, self.told, self.started = 0, 0, time.monotonic()

    def add(self, count: int) -> None:
        """Count what is done."""
        self.done += count
        if self.done * 10 // self.whole > self.told:
            self.told = self.done * 10 // self.whole
            self.say(f"{self.done:,} of {self.whole:,} {self.name} after {time.monotonic() - self.started:.1f} s")
