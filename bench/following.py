"""``tracking_page``: the page on which a buyer follows an order of several parcels, and the part of it that her browser asks for anew."""

import statistics
import urllib.request
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from bench import load
from bench.pages import CLIENTS, HEADERS, HELLO, SECONDS
from bench.processes import cpu_seconds
from checks.running import House, Web, open_django

ROUNDS = 3
BACKEND = "allauth.account.auth_backends.AuthenticationBackend"
ACTS = ("received", "departed", "arrived", "received", "departed", "arrived", "held", "arrived")
PARCELS_SENT = 3


def following(made: House) -> dict[str, Any]:
    """
    Ask for the page of an order of three parcels with eight scans each as its buyer, 32 connections, in turn with ``/healthz``.

    Three rounds of three seconds, the median counts. ``fragment_value``: what the open page asks for while it is looked at;
    ``bytes``: of the page, as it goes over the wire.
    """
    made.environment["TEAHORSE_DEMO"] = "1"
    made.django("demo")
    made.django("createcachetable")
    open_django(made)
    address, cookie = _order()
    with made.web() as web:
        hello, page, part = [], [], []
        _drive(web, address, cookie)
        for _ in range(ROUNDS):
            hello.append(_drive(web, HELLO, cookie))
            page.append(_drive(web, address, cookie))
            part.append(_drive(web, f"{address}fragment/", cookie))
        size = _bytes(web, address, cookie)
    limit, rate = _median(hello, "rate"), _median(page, "rate")
    return {
        "value": rate,
        "unit": "requests/s",
        "p50_ms": _median(page, "p50_ms"),
        "p99_ms": _median(page, "p99_ms"),
        "cpu_ms": _median(page, "cpu_ms"),
        "fragment_value": _median(part, "rate"),
        "bytes": size,
        "limit": limit,
        "limit_is": f"{HELLO}, a view that answers one line",
        "ratio": rate / limit,
        "statuses": page[-1]["statuses"],
    }


def _order() -> tuple[str, str]:
    """Give a demo buyer's order three parcels that came a long way; return its address and her cookie."""
    from django.test import Client

    from teahorse.common.ids import new_id, short
    from teahorse.logistics.models import Parcel, Scan
    from teahorse.logistics.rules import parcel_number
    from teahorse.orders.models import SellerOrder
    from teahorse.people.models import ServicePoint

    known = Parcel.objects.filter(reference__in=SellerOrder.objects.filter(group__person__isnull=False, state="preparing").values("pk"))
    first = known.order_by("pk").first()
    assert first is not None
    order = SellerOrder.objects.select_related("group__person").get(pk=first.reference)
    points = list(ServicePoint.objects.order_by("pk")[: len(ACTS)])
    for place in range(Parcel.objects.filter(reference=order.pk).count(), PARCELS_SENT):
        first.pk, first.number, first._state.adding = new_id(), parcel_number(f"{place:010}"), True  # noqa: SLF001 - a copy
        first.pickup_code = ""
        first.save(force_insert=True)
    for parcel in Parcel.objects.filter(reference=order.pk):
        Scan.objects.bulk_create(
            Scan(county_id=parcel.county_id, thing_id=parcel.pk, act=act, place_id=point.pk, happened_at=at, recorded_at=at)
            for number, (act, point) in enumerate(zip(ACTS, points, strict=True))
            for at in [parcel.packed_at + timedelta(hours=number + 1)]
        )
    client = Client()
    client.force_login(order.group.person, backend=BACKEND)
    cookie = "; ".join(f"{name}={morsel.value}" for name, morsel in client.cookies.items())
    return f"/orders/{short(order.group.pk)}/", cookie


def _bytes(web: Web, address: str, cookie: str) -> int:
    asked = urllib.request.Request(f"http://127.0.0.1:{web.port}{address}", headers={**HEADERS, "Cookie": cookie})
    with urllib.request.urlopen(asked, timeout=30) as answer:
        return len(answer.read())


def _drive(web: Web, path: str, cookie: str) -> dict[str, Any]:
    """Ask over all connections; ``cpu_ms`` is what an answer takes of the web processes' processors."""
    request = load.request("GET", path, headers={**HEADERS, "Cookie": cookie})
    before = cpu_seconds(web.process.pid)
    row = load.run(web.port, [[request]] * CLIENTS, seconds=SECONDS, repeat=True)
    row["cpu_ms"] = 1000 * (cpu_seconds(web.process.pid) - before) / max(1, row["answers"])
    return row


def _median(rows: Sequence[dict[str, Any]], name: str) -> float:
    return statistics.median(float(row[name]) for row in rows)
