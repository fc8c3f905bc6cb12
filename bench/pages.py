"""``product_page``, ``home_page``, ``search_page``: the mall's pages beside a hello-world view of the same server."""

import statistics
import urllib.parse
from collections.abc import Sequence
from typing import Any

from bench import load
from bench.processes import cpu_seconds
from checks.running import House, Web

CLIENTS = 32
ROUNDS, SECONDS = 3, 3.0
WARM_ROUNDS = 2
HELLO = "/healthz"
HEADERS = {"Accept-Language": "zh-CN", "Accept-Encoding": "gzip"}
WORDS = ("青稞酒", "牦牛肉", "qkj", "氆氇", "chang", "松茸", "གོས", "carpet", "西藏", "手工 地毯")


def rates(made: House, *, products: Sequence[str]) -> dict[str, dict[str, Any]]:
    """
    Ask for pages as guests, 32 clients, in turn with ``/healthz``, which passes every middleware and answers one line.

    Three rounds of three seconds each, the median counts: whoever else uses the machine slows both. ``anew`` is the same
    page with an address of its own each time, so that it cannot come from those kept for guests,
    who look at a thousand products; each process has drawn them before.
    """
    plan = {
        "product_page": list(products),
        "home_page": ["/"],
        "search_page": [f"/search/?q={urllib.parse.quote(word)}" for word in WORDS],
    }
    with made.web() as web:
        return {name: _measure(web, paths) for name, paths in plan.items()}


def _measure(web: Web, paths: Sequence[str]) -> dict[str, Any]:
    fresh = [f"{path}{'&' if '?' in path else '?'}n={turn}" for turn in range(-(-20_000 // len(paths))) for path in paths]
    _drive(web, fresh[-400:], seconds=20, repeat=False)
    for _ in range(WARM_ROUNDS):
        _drive(web, paths, seconds=60, repeat=False)  # each process draws the pages that guests have just looked at
    hello, found, anew = [], [], []
    for turn in range(ROUNDS):
        hello.append(_drive(web, [HELLO]))
        found.append(_drive(web, paths))
        anew.append(_drive(web, fresh[turn * 6000 : (turn + 1) * 6000], repeat=False))
    limit, rate = _median(hello, "rate"), _median(found, "rate")
    return {
        "value": rate,
        "unit": "requests/s",
        "p50_ms": _median(found, "p50_ms"),
        "p99_ms": _median(found, "p99_ms"),
        "cpu_ms": _median(found, "cpu_ms"),
        "anew_value": _median(anew, "rate"),
        "anew_p99_ms": _median(anew, "p99_ms"),
        "anew_cpu_ms": _median(anew, "cpu_ms"),
        "limit": limit,
        "limit_is": f"{HELLO}, a view that answers one line",
        "limit_cpu_ms": _median(hello, "cpu_ms"),
        "ratio": rate / limit,
        "statuses": found[-1]["statuses"],
    }


def _drive(web: Web, paths: Sequence[str], *, seconds: float = SECONDS, repeat: bool = True) -> dict[str, Any]:
    """Share the addresses among the clients and ask; ``cpu_ms`` is what an answer takes of the web processes' processors."""
    requests = [load.request("GET", path, headers=HEADERS) for path in paths]
    shares = [requests] * CLIENTS if len(requests) < CLIENTS else [requests[n::CLIENTS] for n in range(CLIENTS)]
    before = cpu_seconds(web.process.pid)
    row = load.run(web.port, shares, seconds=seconds, repeat=repeat)
    row["cpu_ms"] = 1000 * (cpu_seconds(web.process.pid) - before) / max(1, row["answers"])
    return row


def _median(rows: Sequence[dict[str, Any]], name: str) -> float:
    return statistics.median(float(row[name]) for row in rows)
