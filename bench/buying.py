"""
``checkout_http``: whole purchases, as a guest's browser makes them.

The buyers run in a process of their own (``python -m bench.buying``): each has a connection, cookies for one purchase,
and fills in the forms that it is shown.
"""

import asyncio
import html
import json
import re
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from statistics import median
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from bench.processes import cpu_seconds
from checks.running import House, open_django

AIM, AIM_P99_MS, AIM_RUSH_MS = 150, 500, 2000
SECONDS = 10.0
CLIENTS = (1, 8, 32)
RUSH_BUYERS, RUSH_PIECES = 300, 100
PLENTY = 100_000
STEPS = (
    "product page",
    "into the cart",
    "checkout page",
    "freight and promise",
    "place",
    "pay page",
    "pay",
    "pay page again",
    "order page",
)
OFFER = re.compile(r'name="offer" value="([^"]+)"( checked)?')
HIDDEN = re.compile(r'<input type="hidden" name="([a-z_]+)" value="([^"]*)"')
WHO = {"name": "演示买家", "phone": "19900001001", "way": "door", "line": "演示路 1 号 201 室", "note": ""}
WHERE = {"province": "31", "city": "3101", "county": "310104", "township": ""}

FILL_UP = """
    with added as (
        insert into stock_stockmovement (county_id, id, level_id, delta, reason, note, moved_at)
        select county_id, gen_random_uuid(), id, %(units)s, 'received', 'bench', now() from stock_stocklevel where is_online
        returning level_id, delta
    )
    update stock_stocklevel level set on_hand = on_hand + delta from added where level.id = added.level_id
"""


# --- One buyer


class DidNotWork(Exception):
    """A page was not what a buyer expects; the purchase is counted as failed."""


class Buyer:
    """A browser without a screen over one connection: keeps cookies, fills the forms that it is shown."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.cookies: dict[str, str] = {}
        self.streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None
        self.took: list[float] = []

    def forget(self) -> None:
        """Be somebody else."""
        self.cookies.clear()
        self.took = []

    async def ask(self, method: str, path: str, fields: dict[str, str] | None = None, *, expect: int = 200, fragment: bool = False) -> str:
        """Ask once; return the page, or where a redirect leads."""
        status, where, page = await self.answer(method, path, fields, fragment=fragment)
        if status != expect:
            msg = f"{method} {path.partition('?')[0].split('/')[1]}: {status}"
            raise DidNotWork(msg)
        return where if 300 <= status < 400 else page

    async def answer(self, method: str, path: str, fields: dict[str, str] | None = None, *, fragment: bool = False) -> tuple[int, str, str]:
        """Ask once; return status, ``Location`` and page."""
        started = time.perf_counter()
        if self.streams is None:
            self.streams = await asyncio.open_connection("127.0.0.1", self.port, limit=1 << 20)
        reader, writer = self.streams
        body = urlencode(fields).encode() if fields else b""
        lines = [f"{method} {path} HTTP/1.1", f"Host: 127.0.0.1:{self.port}", "Accept-Language: zh-CN", "Sec-Fetch-Site: same-origin"]
        if self.cookies:
            lines.append("Cookie: " + "; ".join(f"{name}={value}" for name, value in self.cookies.items()))
        if body:
            lines += [f"Origin: http://127.0.0.1:{self.port}", "Content-Type: application/x-www-form-urlencoded"]
            lines += [f"Content-Length: {len(body)}", *(["X-Fragment: 1"] if fragment else [])]
        writer.write("\r\n".join(lines).encode() + b"\r\n\r\n" + body)
        try:
            status, headers = self._head(await reader.readuntil(b"\r\n\r\n"))
            page = (await reader.readexactly(int(headers.get("content-length", "0")))).decode()
        except (OSError, EOFError) as error:
            await self.leave()
            msg = f"the connection ended: {error}"
            raise DidNotWork(msg) from error
        self.took.append(time.perf_counter() - started)
        return status, headers.get("location", ""), page

    def _head(self, head: bytes) -> tuple[int, dict[str, str]]:
        first, *lines = head.decode("latin-1").split("\r\n")
        headers: dict[str, str] = {}
        for line in lines:
            name, _, value = line.partition(": ")
            if name.lower() == "set-cookie":
                cookie, _, text = value.partition(";")[0].partition("=")
                self.cookies[cookie] = text
            headers[name.lower()] = value
        return int(first.split()[1]), headers

    async def leave(self) -> None:
        """Close the connection."""
        if self.streams is not None:
            self.streams[1].close()
            self.streams = None

    async def go_to_checkout(self, product: str) -> dict[str, str]:
        """Look at a product, put it into the cart, open the checkout, choose the area; return the form that is shown then."""
        offers = OFFER.findall(await self.ask("GET", product))
        if not offers:
            msg = "no offer on the product page"
            raise DidNotWork(msg)
        offer = next((key for key, is_chosen in offers if is_chosen), offers[0][0])
        await self.ask("POST", product, {"offer": offer, "quantity": "1", "do": "cart"}, fragment=True)
        first = dict(HIDDEN.findall(await self.ask("GET", "/checkout/")))
        page = await self.ask("POST", "/checkout/", {**first, **WHO, **WHERE, "do": "look"})
        form = {name: html.unescape(value) for name, value in HIDDEN.findall(page)}
        if not form.get("quote"):
            msg = "no quote on the checkout page"
            raise DidNotWork(msg)
        return {**form, **WHO, **WHERE, "do": "place"}

    async def buy(self, product: str) -> None:
        """Make the whole purchase; it ends on the order's page, to be paid in cash at the village's station."""
        form = await self.go_to_checkout(product)
        pay = await self.ask("POST", "/checkout/", form, expect=302)
        if "/pay/" not in pay:
            raise DidNotWork(pay)
        await self.ask("GET", pay)
        await self.ask("POST", pay, {"provider": "cash"}, expect=302)
        await self.ask("GET", pay)
        await self.ask("GET", pay.removesuffix("pay/"))


# --- Many buyers, in their own process


async def shop(port: int, products: Sequence[str], *, clients: int, seconds: float) -> dict[str, Any]:
    """Buy until the time is over; a purchase that has begun is finished, and the time until the last one ends counts."""
    took: list[float] = []
    steps: list[list[float]] = [[] for _ in STEPS]
    failed: Counter[str] = Counter()
    end = time.perf_counter() + seconds

    async def one(number: int) -> None:
        buyer, turn = Buyer(port), number
        while time.perf_counter() < end:
            buyer.forget()
            started = time.perf_counter()
            try:
                await buyer.buy(products[turn % len(products)])
            except DidNotWork as error:
                failed[str(error)] += 1
            else:
                took.append(time.perf_counter() - started)
                for step, seconds_of_step in zip(steps, buyer.took, strict=True):
                    step.append(seconds_of_step)
            turn += 37
        await buyer.leave()

    started = time.perf_counter()
    await asyncio.gather(*(one(number) for number in range(clients)))
    return {
        "rate": len(took) / (time.perf_counter() - started),
        "purchases": len(took),
        **_percentiles(took),
        "steps_p50_ms": {name: 1000 * median(times) for name, times in zip(STEPS, steps, strict=True) if times},
        "slowest_step_p99_ms": max((_percentiles(times)["p99_ms"] for times in steps), default=0),
        "failed": dict(failed),
    }


async def rush(port: int, product: str, *, buyers: int) -> dict[str, Any]:
    """Let many buyers come to the checkout with the same goods, then let all press at the same moment."""
    crowd = [Buyer(port) for _ in range(buyers)]
    forms: list[dict[str, str]] = []
    for start in range(0, buyers, 20):
        forms += await asyncio.gather(*(buyer.go_to_checkout(product) for buyer in crowd[start : start + 20]))
    for buyer in crowd:
        buyer.took = []
    started = time.perf_counter()
    answers = await asyncio.gather(*(buyer.answer("POST", "/checkout/", form) for buyer, form in zip(crowd, forms, strict=True)))
    elapsed = time.perf_counter() - started
    await asyncio.gather(*(buyer.leave() for buyer in crowd))
    statuses = Counter(status for status, _, _ in answers)
    return {"max_ms": 1000 * elapsed, "statuses": {str(status): count for status, count in sorted(statuses.items())}}


def _percentiles(took: Sequence[float]) -> dict[str, float]:
    ranked = sorted(took)
    return {
        "p50_ms": 1000 * median(ranked) if ranked else 0.0,
        "p99_ms": 1000 * ranked[int(len(ranked) * 0.99)] if ranked else 0.0,
        "max_ms": 1000 * ranked[-1] if ranked else 0.0,
    }


def _in_its_own_process(what: str, port: int, products: Sequence[str], number: int, seconds: float) -> dict[str, Any]:
    with tempfile.NamedTemporaryFile("w", suffix=".json") as file:
        json.dump(list(products), file)
        file.flush()
        words = [sys.executable, "-m", "bench.buying", what, str(port), file.name, str(number), str(seconds)]
        done = subprocess.run(words, stdout=subprocess.PIPE, check=True)
    return dict(json.loads(done.stdout))


# --- The measurement


def checkout(made: House, *, products: Sequence[str], offers: Sequence[UUID]) -> dict[str, Any]:
    """
    Measure purchases a second with 1, 8 and 32 clients, then 300 buyers for 100 pieces.

    ``products`` are addresses, of which ``offers`` has the first offer each. What a purchase takes on the processors is
    told for the web processes and the database, so that figures of a busy machine can be judged.
    """
    open_django(made)
    from django.db import connection

    from teahorse.orders.models import OrderLine
    from teahorse.stock.models import StockLevel
    from teahorse.stock.queries import levels_that_do_not_add_up

    with connection.cursor() as cursor:
        cursor.execute(FILL_UP, {"units": PLENTY})
    rows: dict[str, dict[str, Any]] = {}
    assert made.server.process
    with made.web() as web:
        _in_its_own_process("shop", web.port, products, 8, 3.0)  # templates are compiled, connections open
        for clients in CLIENTS:
            before = cpu_seconds(web.process.pid), cpu_seconds(made.server.process.pid)
            row = _in_its_own_process("shop", web.port, products, clients, SECONDS)
            done = max(1, row["purchases"])
            row["web_cpu_ms"] = 1000 * (cpu_seconds(web.process.pid) - before[0]) / done
            row["database_cpu_ms"] = 1000 * (cpu_seconds(made.server.process.pid) - before[1]) / done
            rows[str(clients)] = row
        rare = offers[-1]
        StockLevel.objects.filter(offer_id=rare).update(on_hand=StockLevel.objects.get(offer_id=rare).reserved + RUSH_PIECES)
        sold_before = OrderLine.objects.filter(offer_id=rare).count()
        crowd = _in_its_own_process("rush", web.port, [products[-1]], RUSH_BUYERS, 0)
        sold = OrderLine.objects.filter(offer_id=rare).count() - sold_before
    connection.close()
    best = rows[str(CLIENTS[-1])]
    return {
        "value": best["rate"],
        "unit": "purchases/s",
        "limit": AIM,
        "limit_is": "the aim",
        "ratio": best["rate"] / AIM,
        "p50_ms": best["p50_ms"],
        "p99_ms": best["p99_ms"],
        "oversold": max(0, sold - RUSH_PIECES),
        "rush_sold": sold,
        "rush_max_ms": crowd["max_ms"],
        "rush_statuses": crowd["statuses"],
        "adds_up": levels_that_do_not_add_up() == [],
        "failed": sum(sum(row["failed"].values()) for row in rows.values()),
        "clients": rows,
    }


def main(what: str, port: str, file: str, number: str, seconds: str) -> None:
    """Buy in this process and print what was measured."""
    products = json.loads(Path(file).read_text())
    plans: dict[str, Callable[[], Awaitable[dict[str, Any]]]] = {
        "shop": lambda: shop(int(port), products, clients=int(number), seconds=float(seconds)),
        "rush": lambda: rush(int(port), products[0], buyers=int(number)),
    }

    async def run() -> dict[str, Any]:
        return await plans[what]()

    print(json.dumps(asyncio.run(run()), ensure_ascii=False))


if __name__ == "__main__":
    main(*sys.argv[1:])
