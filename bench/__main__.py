"""Runs the benchmarks (``ONLY=name,name`` selects), prints a table and writes ``bench/results.json``."""

import json
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any
from uuid import UUID

from bench import books, buying, capturing, first_view, following, ingesting, labels, pages, placing, promising, scanning, tracing
from bench.callback import callback
from bench.opening import opening
from checks.running import House, house, open_django

RESULTS = Path(__file__).parent / "results.json"
PRODUCTS = int(os.environ.get("PRODUCTS", "100000"))
IN_THE_CHECKOUT = int(os.environ.get("IN_THE_CHECKOUT", "1000"))
Rows = dict[str, dict[str, Any]]


def placed() -> Rows:
    """Measure placing orders: SQL alone, over HTTP, and over HTTP with three web processes."""
    with house() as made:
        rows = {"place_orders_sql": placing.sql(made)}
        rows["place_orders_http"] = placing.http(made)
        rows["place_orders_http"]["limit"] = rows["place_orders_sql"]["value"]
        rows["place_orders_http"]["limit_is"] = "the SQL alone, batches of 100"
        rows["place_orders_http"]["ratio"] = rows["place_orders_http"]["value"] / rows["place_orders_sql"]["value"]
        rows["place_orders_http_3"] = placing.http(made, workers=3)
        return rows


def shop() -> Rows:
    """Measure the mall's pages over many products."""
    with house() as made:
        products, _ = _stocked(made, PRODUCTS)
        return pages.rates(made, products=products) | first_view.first_views(made, product=products[0])


def bought() -> Rows:
    """Measure whole purchases over a thousand products."""
    with house() as made:
        products, offers = _stocked(made, IN_THE_CHECKOUT)
        return {"checkout_http": buying.checkout(made, products=products, offers=offers)}


def _stocked(made: House, count: int) -> tuple[list[str], list[UUID]]:
    """Fill a house with the demo region and synthetic goods; return a thousand products' addresses and the first offer of each."""
    made.environment["TEAHORSE_DEMO"] = "1"
    made.django("demo", "--products", str(count))
    made.django("createcachetable")
    open_django(made)
    from django.db import connection

    from teahorse.catalog.models import Offer
    from teahorse.common.ids import short

    listed = Offer.objects.filter(is_active=True, variant__product__published_at__isnull=False, variant__product__withdrawn_at=None)
    first: dict[UUID, UUID] = {}
    for offer, product in listed.order_by("variant__product_id", "variant__position", "pk").values_list("pk", "variant__product_id")[:4000]:
        first.setdefault(product, offer)
    connection.close()
    keys = list(first)[:1000]
    return [f"/goods/{short(key)}/" for key in keys], [first[key] for key in keys]


def told() -> Rows:
    """Measure the notifications of a provider."""
    with house() as made:
        return {"callback": callback(made)}


def searched() -> Rows:
    """Measure searching inside the database with 100,000 products."""
    from bench import search_sql

    return dict(search_sql.main())


def booked() -> Rows:
    """Measure posting in bulk."""
    with house() as made:
        return {"ledger_posting": books.posting(made)}


def settled() -> Rows:
    """Measure a day of orders in the books."""
    with house() as made:
        return books.day(made)


def traced() -> Rows:
    """Measure tracing among more and more events."""
    with house() as made:
        return tracing.tracing(made)


def captured() -> Rows:
    """Measure telling events among more and more of them."""
    with house() as made:
        return {"epcis_capture": capturing.capturing(made)}


def scanned() -> Rows:
    """Measure the page of a scanned label among more and more events."""
    with house() as made:
        return {"scan_page": scanning.scanning(made)}


def ingested() -> Rows:
    """Measure scans of parcels."""
    with house() as made:
        return {"scan_ingest": ingesting.ingesting(made)}


def followed() -> Rows:
    """Measure the page on which a buyer follows an order."""
    with house() as made:
        return {"tracking_page": following.following(made)}


def promised() -> Rows:
    """Measure promising a day of arrival."""
    with house() as made:
        return {"promise": promising.promising(made)}


def labelled() -> Rows:
    """Measure making labels."""
    with house() as made:
        return labels.sheets(made)


def planned() -> Rows:
    """Measure planning a county's day."""
    from bench.county_day import plan_county

    return {"plan_county": plan_county()}


def planned_in_public() -> Rows:
    """Measure planning instances whose best known answers are published."""
    from bench.public_instances import plan_public

    return {"plan_public": plan_public()}


GROUPS: dict[tuple[str, ...], Callable[[], Rows]] = {
    ("place_orders_sql", "place_orders_http", "place_orders_http_3"): placed,
    ("checkout_http",): bought,
    ("product_page", "home_page", "search_page", "page_weight", "lcp_slow3g"): shop,
    ("search_sql",): searched,
    ("callback",): told,
    ("ledger_posting",): booked,
    ("settle_day", "reconcile_day"): settled,
    ("trace_back", "recall_forward"): traced,
    ("epcis_capture",): captured,
    ("scan_page",): scanned,
    ("scan_ingest",): ingested,
    ("promise",): promised,
    ("tracking_page",): followed,
    ("plan_county",): planned,
    ("plan_public",): planned_in_public,
    ("label_sheet_a4", "label_sheet_roll"): labelled,
    ("cold_start", "memory"): opening,
}


def main() -> int:
    """Run what is asked for; each group in a process of its own, because each opens Django over a house of its own."""
    if len(sys.argv) > 1:
        rows = next(group for names, group in GROUPS.items() if names[0] == sys.argv[1])()
        Path(sys.argv[2]).write_text(json.dumps(rows))
        return 0
    only = {name.strip() for name in os.environ.get("ONLY", "").split(",") if name.strip()}
    unknown = only - {name for names in GROUPS for name in names}
    if unknown:
        print(f"not a benchmark: {', '.join(sorted(unknown))}", file=sys.stderr)
        return 2
    results: Rows = json.loads(RESULTS.read_text()) if RESULTS.exists() else {}
    for names in GROUPS:
        if not only or only & set(names):
            results |= _in_its_own_process(names[0])
            RESULTS.write_text(json.dumps(results, ensure_ascii=False, indent=1))
    _print({name: row for name, row in results.items() if not only or name in only})
    return 0


def _in_its_own_process(name: str) -> Rows:
    import subprocess
    import tempfile

    with tempfile.NamedTemporaryFile(suffix=".json") as file:
        subprocess.run([sys.executable, "-m", "bench", name, file.name], check=True)
        return dict(json.loads(Path(file.name).read_text()))


def _print(rows: Rows) -> None:
    print(f"\n{'benchmark':<22}{'value':>12} {'unit':<14}{'limit':>12}{'ratio':>8}  more")
    for name, row in rows.items():
        more = " ".join(
            f"{key}={value:.1f}" if isinstance(value, float) else f"{key}={value}"
            for key, value in row.items()
            if key not in {"value", "unit", "limit", "limit_is", "ratio"} and not isinstance(value, dict | list)
        )
        limit = f"{row['limit']:>12,.1f}" if row.get("limit") is not None else f"{'':>12}"
        ratio = f"{row['ratio']:>8.2f}" if row.get("ratio") is not None else f"{'':>8}"
        print(f"{name:<22}{row['value']:>12,.1f} {row['unit']:<14}{limit}{ratio}  {more[:150]}")


if __name__ == "__main__":
    sys.exit(main())
