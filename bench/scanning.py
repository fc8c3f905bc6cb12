"""``scan_page``: first scans of labels a second, each with its own verdict and kept, among more and more events."""

import re
import statistics
import urllib.request
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from bench import load, many_events
from bench.labels import lot_of_wine
from bench.many_events import FEWEST, MOST
from bench.processes import cpu_seconds
from checks.running import House, Web, open_django

AIM, AIM_P99_MS = 1000, 50
LOTS, CODES_OF_A_LOT, STEPS = 50, 800, 12
CLIENTS, ROUNDS, SECONDS = 24, 3, 3.0
IN_A_ROUND = 5000
TAGGED = 320
WARM_SECONDS = 60.0
"""Each process draws the page of each lot in each language first."""
HELLO = "/healthz"
CODES = """
    insert into trace_labelcode (code, county_id, lot_id, position, level, serial, uri, thing_id, hidden_hash, created_at, voided_why)
    select given.code, lot.county_id, lot.id, 0, 'piece', given.serial, given.uri, given.thing, '', lot.made_at, ''
      from unnest(%(codes)s::text[], %(lots)s::uuid[], %(serials)s::text[], %(uris)s::text[], %(things)s::uuid[])
           as given (code, lot, serial, uri, thing)
      join trace_lot lot on lot.id = given.lot
"""


def scanning(made: House) -> dict[str, Any]:
    """
    Open the page behind codes that nobody scanned before, as phones of 24 guests at a time do, each a guest of her own, in turn with
    ``/healthz``, whose p99 is what waiting for these two processors alone takes.

    Three rounds of three seconds each, the median counts. Pieces are of fifty lots; each has a story of twelve steps. ``again``: the
    same guests come back within the half hour and say which page they have (If-None-Match), so that its bytes need not be sent again.
    """
    made.django("createcachetable")
    open_django(made)
    from django.db import connection

    from teahorse.trace.models import LabelScan

    codes = _labelled()
    with connection.cursor() as cursor:
        cursor.execute("analyze trace_lot, trace_labelcode")
    found: dict[int, dict[str, Any]] = {}
    known, asked = 0, 0
    for size in (FEWEST, MOST):
        many_events.grow(known, size)
        known = size
        with made.web() as web:
            before = LabelScan.objects.count()
            found[size] = _measured(made, web, codes[asked : asked + IN_A_ROUND * (ROUNDS + 1)])
            kept = LabelScan.objects.count() - before
            assert kept == found[size]["scans"], (kept, found[size])
        asked += IN_A_ROUND * (ROUNDS + 1)
    connection.close()
    many = found[MOST]
    return {
        "value": many["rate"],
        "unit": "requests/s",
        "aim": AIM,
        **many_events.growth({size: figures["rate"] for size, figures in found.items()}, unit="requests_s"),
        "p50_ms": many["p50_ms"],
        "p99_ms": many["p99_ms"],
        "p99_ms_aim": AIM_P99_MS,
        "p99_ms_at_first": found[FEWEST]["p99_ms"],
        "cpu_ms": many["cpu_ms"],
        "postgres_cpu_ms": many["postgres_cpu_ms"],
        "cpu_rate": 2000 / (many["cpu_ms"] + many["postgres_cpu_ms"]),
        "commits_per_scan": many["commits"],
        "kb": many["bytes"] / 1000,
        "again_value": many["again_rate"],
        "again_p99_ms": many["again_p99_ms"],
        "limit": many["hello_rate"],
        "limit_is": f"{HELLO}, a view that answers one line",
        "limit_cpu_ms": many["hello_cpu_ms"],
        "limit_p99_ms": many["hello_p99_ms"],
        "ratio": many["rate"] / many["hello_rate"],
    }


def _measured(made: House, web: Web, codes: Sequence[str]) -> dict[str, Any]:
    first = _drive(made, web, [_request(code, n) for n, code in enumerate(codes[:IN_A_ROUND])], seconds=WARM_SECONDS)
    commits, hello, scans = _commits(), [], []
    for turn in range(1, ROUNDS + 1):
        hello.append(_drive(made, web, [load.request("GET", HELLO)] * CLIENTS, repeat=True))
        fresh = codes[turn * IN_A_ROUND : (turn + 1) * IN_A_ROUND]
        scans.append(_drive(made, web, [_request(code, n) for n, code in enumerate(fresh)]))
    answers = sum(row["answers"] for row in scans)
    commits = _commits() - commits
    assert all(set(row["statuses"]) == {"200"} for row in (first, *scans)), scans
    tagged = [_request(code, n, tag=_page(web, code, n)[0]) for n, code in enumerate(codes[:TAGGED])]
    again = _drive(made, web, tagged, repeat=True)
    assert set(again["statuses"]) == {"304"}, again
    return {
        **{name: _median(scans, name) for name in ("rate", "p50_ms", "p99_ms", "cpu_ms", "postgres_cpu_ms")},
        "scans": first["answers"] + answers,
        "commits": commits / answers,
        "bytes": _page(web, codes[0], 0)[1],
        "again_rate": again["rate"],
        "again_p99_ms": again["p99_ms"],
        "hello_rate": _median(hello, "rate"),
        "hello_cpu_ms": _median(hello, "cpu_ms"),
        "hello_p99_ms": _median(hello, "p99_ms"),
    }


def _request(code: str, number: int, *, tag: str = "") -> bytes:
    return load.request("GET", f"/t/{code}", headers=_headers(number) | ({"If-None-Match": tag} if tag else {}))


def _headers(number: int) -> dict[str, str]:
    language = ("zh-CN", "zh-CN", "bo", "en")[number % 4]
    return {"Accept-Language": language, "User-Agent": f"Mozilla/5.0 (Linux; Android 13; phone {number}) MicroMessenger/8.0"}


def _page(web: Web, code: str, number: int) -> tuple[str, int]:
    """Return a page's tag and length; the same guest looks again, which is no scan of its own."""
    asked = urllib.request.Request(f"http://127.0.0.1:{web.port}/t/{code}", headers=_headers(number))
    with urllib.request.urlopen(asked, timeout=10) as answer:
        body = answer.read()
        assert re.search(rb"timeline__what", body), "no story"
        return answer.headers["ETag"], len(body)


def _drive(made: House, web: Web, requests: Sequence[bytes], *, repeat: bool = False, seconds: float = SECONDS) -> dict[str, Any]:
    assert made.server.process is not None
    roots = {"cpu_ms": web.process.pid, "postgres_cpu_ms": made.server.process.pid}
    before = {name: cpu_seconds(root) for name, root in roots.items()}
    row = load.run(web.port, [requests[n::CLIENTS] for n in range(CLIENTS)], seconds=seconds, repeat=repeat)
    return row | {name: 1000 * (cpu_seconds(root) - before[name]) / max(1, row["answers"]) for name, root in roots.items()}


def _commits() -> int:
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("select pg_stat_force_next_flush(), xact_commit from pg_stat_database where datname = current_database()")
        return int(cursor.fetchone()[1])


def _median(rows: Sequence[dict[str, Any]], name: str) -> float:
    return statistics.median(float(row[name]) for row in rows)


def _labelled() -> list[str]:
    """Make fifty lots with a story each and give out codes for pieces of them; return the codes, lot after lot in turn."""
    from django.db import connection

    from teahorse.common.statements import array
    from teahorse.trace.gs1.short_codes import make_code
    from teahorse.trace.models import Lot
    from teahorse.trace.naming import piece_uri
    from teahorse.trace.rules import key_of

    lots = _lots(Lot.objects.select_related("seller", "item").get(pk=lot_of_wine()))
    given = [(make_code(), lot, f"{number:05}") for number in range(CODES_OF_A_LOT) for lot in lots]
    uris = [piece_uri(lot, serial) for _, lot, serial in given]
    with connection.cursor() as cursor:
        cursor.execute(
            CODES,
            {
                "codes": [code for code, _, _ in given],
                "lots": array(lot.pk for _, lot, _ in given),
                "serials": [serial for _, _, serial in given],
                "uris": uris,
                "things": array(key_of(uri) for uri in uris),
            },
        )
    return [code for code, _, _ in given]


def _lots(first: Any) -> list[Any]:
    """Tell the story of fifty lots of one maker: grown in a valley, measured on the way, each made of one before it."""
    from django.utils import timezone

    from teahorse.common.ids import new_id
    from teahorse.trace import naming
    from teahorse.trace.actions.capturing import capture_own
    from teahorse.trace.models import Lot, Site
    from teahorse.trace.rules import key_of

    maker, now = first.seller, timezone.now()
    site = Site.objects.create(
        county_id=maker.county_id, owner=maker, key="valley", kind="field", name="上青稞地", area=maker.area, height_m=3900,
        shown_as="county", water="雪山水", ground="高山梯田", about="每年六月浇一次雪水。",
    )  # fmt: skip
    place = {"id": naming.site_uri(site)}
    lots = []
    for number in range(LOTS):
        uri = naming.lot_uri(first.item, f"B{number:03}")
        named = {"number": f"B{number:03}", "uri": uri, "thing_id": key_of(uri), "told_by_id": new_id()}
        lots.append(
            Lot(county_id=maker.county_id, seller=maker, item=first.item, site=site, amount=300, made_at=now, created_at=now, **named)
        )
        capture_own(_story(uri, place, now - timedelta(days=200)), by=maker, now=now)
    return Lot.objects.bulk_create(lots)


def _story(uri: str, place: dict[str, str], began: datetime) -> list[dict[str, Any]]:
    """Return twelve steps that end with a lot."""
    names = [f"{uri}.{step}" for step in range(STEPS)] + [uri]
    events = []
    for step in range(STEPS):
        at = (began + timedelta(days=15 * step)).isoformat(timespec="milliseconds")
        took, gave = ([{"epcClass": name, "quantity": 120, "uom": "KGM"}] for name in (names[step], names[step + 1]))
        warm = [{"sensorReport": [{"type": "Temperature", "minValue": 3.5, "maxValue": 12.25, "uom": "CEL"}]}]
        event = {"eventTime": at, "eventTimeZoneOffset": "+08:00", "bizStep": "commissioning", "readPoint": place, "bizLocation": place}
        turned = {"inputQuantityList": took, "outputQuantityList": gave, "sensorElementList": warm}
        events.append({"type": "TransformationEvent", **event, **turned})
    return events
