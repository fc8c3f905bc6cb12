"""``place_orders_sql`` and ``place_orders_http``: two-line orders a second."""

import json
import statistics
import time
from collections.abc import Sequence
from typing import Any
from uuid import uuid4

from bench import goods, load, processes
from checks.running import House, Web, open_django

CLIENTS, SECONDS = 64, 8.0
AIM_WITH_COUPONS = 0.75
"""Of the rate without."""
ROUNDS, ROUND_SECONDS = 5, 4.0


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
    """
    Place over HTTP with 64 clients: plain and with coupons of one budget by turns, with one hot offer; then 300 want 100 pieces.

    Plain and with coupons are the medians of five rounds of 4 s each, for a machine is not the same from one minute to the next.
    ``*_cpu_us`` is the time on a processor that an order takes: of the web processes, and of PostgreSQL with all its own.
    """
    open_django(made)
    from teahorse.orders.models import OrderLine
    from teahorse.stock.models import StockLevel
    from teahorse.stock.queries import levels_that_do_not_add_up

    offers = [*StockLevel.objects.values_list("offer_id", flat=True)] or goods.fill()
    plain, of_one = _sealed(goods.quotes(offers, count=1000)), _sealed(goods.quotes(offers, count=400, hot=offers[0]))
    with_coupons = _sealed(goods.quotes(offers, count=1000, codes=goods.promote()))  # the plain ones hold as they were agreed
    kinds = {"spread": plain, "with_coupons": with_coupons}
    rounds: dict[str, list[dict[str, Any]]] = {name: [] for name in kinds}
    with made.web(workers=workers) as web:
        for sealed in kinds.values():
            load.run(web.port, _shares(sealed, clients=CLIENTS, each=40), seconds=3)
        for _ in range(ROUNDS):
            for name, sealed in kinds.items():
                rounds[name].append(_round(made, web, sealed))
        hot = load.run(web.port, _shares(of_one, clients=CLIENTS, each=700), seconds=SECONDS)
        goods.pause()
        rare = offers[1]
        StockLevel.objects.filter(offer_id=rare).update(on_hand=StockLevel.objects.get(offer_id=rare).reserved + 100)
        before = OrderLine.objects.filter(offer_id=rare).count()
        rush = load.run(web.port, _shares(_sealed(goods.quotes(offers, count=50, hot=rare)), clients=300, each=1), seconds=20)
        sold = OrderLine.objects.filter(offer_id=rare).count() - before
    adds_up = levels_that_do_not_add_up() == []
    StockLevel.objects.filter(offer_id=rare).update(on_hand=1_000_000)  # whoever measures next finds it on the shelf again
    figures = {name: {key: statistics.median(one[key] for one in each) for key in each[0]} for name, each in rounds.items()}
    spread, couponed = figures["spread"], figures["with_coupons"]
    return {
        "value": spread["rate"],
        "unit": "orders/s",
        "with_coupons_value": couponed["rate"],
        "with_coupons_ratio": couponed["rate"] / spread["rate"],
        "with_coupons_ratio_aim": AIM_WITH_COUPONS,
        "p50_ms": spread["p50_ms"],
        "p99_ms": spread["p99_ms"],
        "with_coupons_p99_ms": couponed["p99_ms"],
        "web_cpu_us": spread["web_cpu_us"],
        "with_coupons_web_cpu_us": couponed["web_cpu_us"],
        "postgres_cpu_us": spread["postgres_cpu_us"],
        "with_coupons_postgres_cpu_us": couponed["postgres_cpu_us"],
        "hot_value": hot["rate"],
        "hot_p99_ms": hot["p99_ms"],
        "oversold": sold - 100,
        "rush_max_ms": rush["max_ms"],
        "rush_statuses": rush["statuses"],
        "adds_up": adds_up,
        "web_processes": workers,
    }


def _round(made: House, web: Web, sealed: Sequence[str]) -> dict[str, float]:
    """Place for a while; return the rate, the latencies, and what an order cost."""
    assert made.server.process is not None
    roots = {"web_cpu_us": web.process.pid, "postgres_cpu_us": made.server.process.pid}
    before = {name: processes.cpu_seconds(root) for name, root in roots.items()}
    found = load.run(web.port, _shares(sealed, clients=CLIENTS, each=300), seconds=ROUND_SECONDS)
    assert set(found["statuses"]) == {"201"}, found
    costs = {name: (processes.cpu_seconds(root) - before[name]) / found["answers"] * 1_000_000 for name, root in roots.items()}
    return {name: found[name] for name in ("rate", "p50_ms", "p99_ms")} | costs


def _sealed(quotes: Sequence[Any]) -> list[str]:
    from teahorse.orders.quoting import seal

    return [seal(quote) for quote in quotes]


def _shares(sealed: Sequence[str], *, clients: int, each: int) -> list[list[bytes]]:
    """Return the requests of each client, every one with a key of its own."""
    return [[_order(sealed[(client * each + n) % len(sealed)]) for n in range(each)] for client in range(clients)]


def _order(sealed: str) -> bytes:
    body = {
        "key": str(uuid4()),
        "quote": sealed,
        "contact": {"name": "演示买家", "phone": "+8619900001001"},
        "address_line": "漕溪北路 1 号",
    }
    return load.request("POST", "/api/v1/orders", body=json.dumps(body).encode())
