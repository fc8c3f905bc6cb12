"""The mall's pages beside a hello-world view of the same server, whole purchases, and first views in a browser."""

import json
import re
import statistics
import threading
import time
import urllib.parse
import urllib.request
from http.cookiejar import CookieJar
from typing import Any

from bench import load
from checks.running import House

CLIENTS = 32
SLOW_3G = {"offline": False, "latency": 400, "downloadThroughput": 400_000 / 8, "uploadThroughput": 400_000 / 8}


def rates(made: House, *, products: list[str], words: list[str], seconds: float = 5.0) -> dict[str, dict[str, Any]]:
    """Ask for pages as a guest, 32 clients; each beside ``/healthz``, which does nothing but answer."""
    headers = {"Accept-Language": "zh-CN", "Accept-Encoding": "gzip"}

    def measure(port: int, paths: list[str]) -> dict[str, Any]:
        requests = [load.request("GET", path, headers=headers) for path in paths]
        shares = [requests[n:] + requests[:n] for n in range(0, max(1, len(requests)), max(1, len(requests) // CLIENTS))][:CLIENTS]
        shares = (shares * CLIENTS)[:CLIENTS]
        return load.run(port, shares, seconds=seconds, repeat=True)

    rows = {}
    with made.web() as web:
        plan = {
            "product_page": products,
            "home_page": ["/"],
            "search_page": [f"/search/?q={urllib.parse.quote(word)}" for word in words],
        }
        for name, paths in plan.items():
            load.run(web.port, [[load.request("GET", path, headers=headers) for path in paths[:50]]], seconds=10)
            limit = measure(web.port, ["/healthz"])
            found = measure(web.port, paths)
            rows[name] = {
                "value": found["rate"],
                "unit": "requests/s",
                "p50_ms": found["p50_ms"],
                "p99_ms": found["p99_ms"],
                "limit": limit["rate"],
                "limit_is": "a view that answers one line",
                "ratio": found["rate"] / limit["rate"],
                "statuses": found["statuses"],
            }
    return rows


class Shopper:
    """A browser without a screen: keeps cookies, follows redirects, fills the forms that it is shown."""

    def __init__(self, port: int) -> None:
        self.base = f"http://127.0.0.1:{port}"
        self.opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(CookieJar()))
        self.opener.addheaders = [("Sec-Fetch-Site", "same-origin"), ("Origin", self.base), ("Accept-Language", "zh-CN")]

    def get(self, path: str) -> str:
        """Return a page."""
        with self.opener.open(self.base + path, timeout=60) as answer:
            return str(answer.read().decode())

    def post(self, path: str, **fields: str) -> tuple[str, str]:
        """Send a form; return where it led and the page there."""
        with self.opener.open(self.base + path, data=urllib.parse.urlencode(fields).encode(), timeout=60) as answer:
            return str(answer.url), answer.read().decode()

    def buy(self, product: str) -> None:
        """Product page, into the cart, checkout page with freight and promise, place, pay in cash, order page."""
        page = self.get(product)
        offer = re.search(r'name="offer" value="([^"]+)"', page)
        assert offer, "no offer on the product page"
        self.post(product, offer=offer[1], quantity="1", do="cart")
        self.get("/checkout/")
        who = {"name": "演示买家", "phone": "19900001001", "way": "door", "line": "演示路 1 号 201 室", "note": ""}
        where = {"province": "31", "city": "3101", "county": "310104", "township": ""}
        _, page = self.post("/checkout/", do="look", **who, **where)
        fields = dict(re.findall(r'<input type="hidden" name="([a-z_]+)" value="([^"]*)"', page))
        quote = re.search(r'name="quote" value="([^"]+)"', page)
        assert quote, "no quote on the checkout page"
        import html

        address, page = self.post("/checkout/", **{**fields, **who, **where, "quote": html.unescape(quote[1]), "do": "place"})
        assert "/pay/" in address, address
        path = address.removeprefix(self.base)
        self.post(path, provider="cash")
        self.get(path.replace("pay/", ""))


def checkout(made: House, *, products: list[str]) -> dict[str, Any]:
    """Make whole purchases as a browser does, 1, 8 and 32 clients; the load generator is this process and its share is counted in."""
    rows: dict[str, Any] = {}
    with made.web() as web:
        for clients in (1, 8, 32):
            took: list[float] = []
            failed: list[str] = []
            end = time.perf_counter() + 8

            def shop(number: int, took: list[float] = took, failed: list[str] = failed, end: float = end) -> None:
                turn = number
                while time.perf_counter() < end:
                    started = time.perf_counter()
                    try:
                        Shopper(web.port).buy(products[turn % len(products)])
                    except (OSError, AssertionError) as error:
                        failed.append(str(error)[:80])
                        continue
                    took.append(time.perf_counter() - started)
                    turn += 37

            started = time.perf_counter()
            threads = [threading.Thread(target=shop, args=(n,)) for n in range(clients)]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
            elapsed = time.perf_counter() - started
            took.sort()
            rows[str(clients)] = {
                "rate": len(took) / elapsed,
                "p50_ms": 1000 * statistics.median(took) if took else 0,
                "p99_ms": 1000 * took[int(len(took) * 0.99)] if took else 0,
                "failed": len(failed),
                "why": failed[:2],
            }
    best = rows["32"]
    return {
        "value": best["rate"],
        "unit": "purchases/s",
        "limit": 150,
        "limit_is": "the aim",
        "ratio": best["rate"] / 150,
        "p99_ms": best["p99_ms"],
        "clients": rows,
    }


def weights(made: House, *, product: str) -> dict[str, dict[str, Any]]:
    """Open home and product in Chromium for the first time, on slow 3G with a processor six times slower."""
    import shutil

    from playwright.sync_api import sync_playwright

    rows = []
    with made.web() as web, sync_playwright() as play:
        browser = play.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox", "--disable-gpu"])
        for path in ("/", product):
            load.run(web.port, [[load.request("GET", path, headers={"Accept-Language": "zh-CN"})]], seconds=5)
            lcps = []
            for _ in range(3):
                context = browser.new_context(viewport={"width": 360, "height": 640}, locale="zh-CN")
                page = context.new_page()
                line = context.new_cdp_session(page)
                line.send("Network.enable")
                line.send("Network.emulateNetworkConditions", SLOW_3G)
                line.send("Emulation.setCPUThrottlingRate", {"rate": 6})
                sizes: dict[str, int] = {}
                kinds: dict[str, str] = {}
                line.on("Network.responseReceived", lambda told, kinds=kinds: kinds.__setitem__(told["requestId"], told["type"]))
                line.on(
                    "Network.loadingFinished",
                    lambda told, sizes=sizes: sizes.__setitem__(told["requestId"], int(told["encodedDataLength"])),
                )
                page.add_init_script(
                    "window.lcp = 0; new PerformanceObserver(list => { for (const e of list.getEntries()) window.lcp = e.startTime })"
                    ".observe({type: 'largest-contentful-paint', buffered: true})"
                )
                page.goto(f"http://127.0.0.1:{web.port}{path}", wait_until="load")
                page.wait_for_timeout(1500)
                lcps.append(float(page.evaluate("window.lcp")))
                by_kind: dict[str, int] = {}
                for key, size in sizes.items():
                    by_kind[kinds.get(key, "Other")] = by_kind.get(kinds.get(key, "Other"), 0) + size
                context.close()
            rows.append({"path": path, "kb": sum(by_kind.values()) / 1000, "lcp_s": statistics.median(lcps) / 1000, "by_kind": by_kind})
        browser.close()
    heavier, slower = max(rows, key=lambda row: row["kb"]), max(rows, key=lambda row: row["lcp_s"])
    return {
        "page_weight": {
            "value": heavier["kb"],
            "unit": "kB",
            "limit": 100,
            "limit_is": "the budget",
            "ratio": heavier["kb"] / 100,
            "pages": rows,
        },
        "lcp_slow3g": {"value": slower["lcp_s"], "unit": "s", "limit": 2.6, "limit_is": "the budget", "ratio": slower["lcp_s"] / 2.6},
    }


def dump(rows: Any) -> str:
    """Return rows as JSON text."""
    return json.dumps(rows, ensure_ascii=False, indent=1)
