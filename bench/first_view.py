"""``page_weight`` and ``lcp_slow3g``: home and a product, opened for the first time in Chromium on a slow line."""

import shutil
import statistics
from typing import Any

from bench import load
from checks.running import House

SLOW_3G = {"offline": False, "latency": 400, "downloadThroughput": 400_000 / 8, "uploadThroughput": 400_000 / 8}
"""400 ms and 400 kbit/s, as WebPageTest and Chromium call it."""
PROCESSOR_SLOWER = 6
VIEWS = 3
BUDGET_KB, BUDGET_S = 100, 2.6
WATCH = """
    window.lcp = 0
    new PerformanceObserver(list => { for (const entry of list.getEntries()) window.lcp = entry.startTime })
        .observe({ type: "largest-contentful-paint", buffered: true })
"""


def first_views(made: House, *, product: str) -> dict[str, dict[str, Any]]:
    """Open both pages three times, each time with nothing kept; the page's answer is warm, the browser is not."""
    from playwright.sync_api import sync_playwright

    rows = []
    with made.web() as web, sync_playwright() as play:
        browser = play.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox", "--disable-gpu"])
        for path in ("/", product):
            load.run(web.port, [[load.request("GET", path, headers={"Accept-Language": "zh-CN"})] * 4] * 4, seconds=20)
            views = [_view(browser, f"http://127.0.0.1:{web.port}{path}") for _ in range(VIEWS)]
            kinds = views[-1][0]
            rows.append(
                {
                    "path": path,
                    "kb": sum(kinds.values()) / 1000,
                    "lcp_s": statistics.median(lcp for _, lcp in views) / 1000,
                    "kb_by_kind": {kind: round(size / 1000, 1) for kind, size in sorted(kinds.items())},
                }
            )
        browser.close()
    heavier, slower = max(rows, key=lambda row: row["kb"]), max(rows, key=lambda row: row["lcp_s"])
    return {
        "page_weight": {
            "value": heavier["kb"],
            "unit": "kB",
            "limit": BUDGET_KB,
            "limit_is": "the budget",
            "ratio": heavier["kb"] / BUDGET_KB,
            "pages": rows,
        },
        "lcp_slow3g": {
            "value": slower["lcp_s"],
            "unit": "s",
            "limit": BUDGET_S,
            "limit_is": "the budget",
            "ratio": slower["lcp_s"] / BUDGET_S,
            "pages": rows,
        },
    }


def _view(browser: Any, address: str) -> tuple[dict[str, int], float]:
    """Return the bytes that came over the line by kind, and when the largest part of the page stood there, in ms."""
    context = browser.new_context(viewport={"width": 360, "height": 640}, locale="zh-CN")
    page = context.new_page()
    line = context.new_cdp_session(page)
    line.send("Network.enable")
    line.send("Network.emulateNetworkConditions", SLOW_3G)
    line.send("Emulation.setCPUThrottlingRate", {"rate": PROCESSOR_SLOWER})
    sizes: dict[str, int] = {}
    kinds: dict[str, str] = {}
    line.on("Network.responseReceived", lambda told: kinds.__setitem__(told["requestId"], told["type"]))
    line.on("Network.loadingFinished", lambda told: sizes.__setitem__(told["requestId"], int(told["encodedDataLength"])))
    page.add_init_script(WATCH)
    page.goto(address, wait_until="load", timeout=90_000)
    page.wait_for_timeout(1500)
    lcp = float(page.evaluate("window.lcp"))
    context.close()
    by_kind: dict[str, int] = {}
    for key, size in sizes.items():
        kind = kinds.get(key, "Other")
        by_kind[kind] = by_kind.get(kind, 0) + size
    return by_kind, lcp
