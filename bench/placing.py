"""``place_orders_sql`` and ``place_orders_http``: two-line orders a second."""

import json
import time
from typing import Any
from uuid import uuid4

from bench import goods, load
from checks.running import House, open_django

CLIENTS, SECONDS = 64, 8.0
AIM_WITH_COUPONS = 0.75
"""Of the rate without."""


def sql(made: House) -> dict[str, Any]:
    """Place batches of 100 over one connection; beside the rate of a plain insert of one small row per transaction."""
    open_django(made)
    from django.db import connection
    from django.utils import timezone

    from teahorse.orders.actions import Placed, Wish, place_orders

    offers = goods.fill()
    quotes = goods.quotes(offers, count=400)

    def wish(index: int) -> Wish:
        return Wish(
            key=uuid4(),
            quote=quotes[index % 400],
            person_id=None,
            contact_name="演示",
            contact_phone="+8619900001001",
            destination_line="1",
        )  # type: ignore[arg-type]

    def rate(size: int, seconds: float) -> float:
        placed, started = 0, time.perf_counter()
        while time.perf_counter() - started < seconds:
            answers = place_orders(wishes=[wish(placed + n) for n in range(size)], now=timezone.now())
            assert all(isinstance(answer, Placed) for answer in answers)
            placed += size
        return placed / (time.perf_counter() - started)

    rate(100, 1)
    value, alone = rate(100, 4), rate(1, 2)
    with connection.cursor() as cursor:
        cursor.execute("create table bench_insert (id bigserial primary key, at timestamptz default now())")
        inserted, started = 0, time.perf_counter()
        while time.perf_counter() - started < 2:
            cursor.execute("insert into bench_insert default values")
            inserted += 1
        limit = inserted / (time.perf_counter() - started)
    return {
        "value": value,
        "unit": "orders/s",
        "limit": limit,
        "limit_is": "single-row inserts/s, one a transaction",
        "ratio": value / limit,
        "one_by_one": alone,
    }


def http(made: House, *, workers: int = 2) -> dict[str, Any]:
    """Place over HTTP with 64 clients for 8 s: spread, with coupons of one budget, with one hot offer; then 300 want 100 pieces."""
    open_django(made)
    from teahorse.orders.models import OrderLine
    from teahorse.stock.models import StockLevel
    from teahorse.stock.queries import levels_that_do_not_add_up

    offers = [*StockLevel.objects.values_list("offer_id", flat=True)] or goods.fill()

    def shares(quotes: list[Any], clients: int, each: int) -> list[list[bytes]]:
        from teahorse.orders.quoting import seal

        sealed = [seal(quote) for quote in quotes]
        return [[_order(sealed[(client * each + n) % len(sealed)]) for n in range(each)] for client in range(clients)]

    with made.web(workers=workers) as web:
        port = web.port
        load.run(port, shares(goods.quotes(offers, count=200), CLIENTS, 20), seconds=3)
        spread = load.run(port, shares(goods.quotes(offers, count=1000), CLIENTS, 700), seconds=SECONDS)
        hot = load.run(port, shares(goods.quotes(offers, count=400, hot=offers[0]), CLIENTS, 700), seconds=SECONDS)
        promoted = goods.promote()
        load.run(port, shares(goods.quotes(offers, count=200, codes=promoted), CLIENTS, 20), seconds=3)
        with_coupons = load.run(port, shares(goods.quotes(offers, count=1000, codes=promoted), CLIENTS, 700), seconds=SECONDS)
        goods.pause()
        rare = offers[1]
        StockLevel.objects.filter(offer_id=rare).update(on_hand=StockLevel.objects.get(offer_id=rare).reserved + 100)
        before = OrderLine.objects.filter(offer_id=rare).count()
        rush = load.run(port, shares(goods.quotes(offers, count=50, hot=rare), 300, 1), seconds=20)
        sold = OrderLine.objects.filter(offer_id=rare).count() - before
    adds_up = levels_that_do_not_add_up() == []
    StockLevel.objects.filter(offer_id=rare).update(on_hand=1_000_000)  # whoever measures next finds it on the shelf again
    assert set(spread["statuses"]) == {"201"}, spread
    assert set(with_coupons["statuses"]) == {"201"}, with_coupons
    return {
        "value": spread["rate"],
        "unit": "orders/s",
        "p50_ms": spread["p50_ms"],
        "p99_ms": spread["p99_ms"],
        "with_coupons_value": with_coupons["rate"],
        "with_coupons_p99_ms": with_coupons["p99_ms"],
        "with_coupons_ratio": with_coupons["rate"] / spread["rate"],
        "with_coupons_ratio_aim": AIM_WITH_COUPONS,
        "hot_value": hot["rate"],
        "hot_p99_ms": hot["p99_ms"],
        "oversold": sold - 100,
        "rush_max_ms": rush["max_ms"],
        "rush_statuses": rush["statuses"],
        "adds_up": adds_up,
        "web_processes": workers,
    }


def _order(sealed: str) -> bytes:
    body = {
        "key": str(uuid4()),
        "quote": sealed,
        "contact": {"name": "演示买家", "phone": "+8619900001001"},
        "address_line": "漕溪北路 1 号",
    }
    return load.request("POST", "/api/v1/orders", body=json.dumps(body).encode())
