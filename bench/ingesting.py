"""``scan_ingest``: scans of parcels a second by HTTP in batches, and of a bag that many parcels lie in."""

import json
import statistics
import threading
import time
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from bench import load
from bench.labels import lot_of_wine
from bench.processes import cpu_seconds
from checks.running import House, Web, open_django

AIM = 3000
PARCELS, EACH, CLIENTS, ROUNDS, SECONDS = 24_000, 100, 8, 3, 5.0
ACTS = ("received", "departed", "arrived")
IN_THE_BAG, BAG_SCANS = 200, 30
COPIED, COPIERS = 10_000, 2
PACK = """
    insert into logistics_parcel (id, county_id, number, reference, sender_id, recipient_name, recipient_phone, destination_code,
                                  destination_names, destination_line, pickup_point_id, pickup_code, carrier, carrier_number, weight_grams,
                                  stage, stage_at, packed_at, stopped_why)
    select gen_random_uuid(), %(county)s, numbers.number, gen_random_uuid(), %(sender)s, '演示买家', '+8619900000000', '540524201',
           '琼结县', '', %(point)s, '', 'network', '', 1200, 'packed', %(now)s, %(now)s, ''
      from unnest(%(numbers)s::text[]) as numbers (number)
"""


def ingesting(made: House) -> dict[str, Any]:
    """
    Send scans of a station over eight connections to two web processes: each parcel is received, departs and arrives.

    Three rounds of five seconds, the median counts; batches of a hundred scans of a hundred parcels. ``bag_ms``: what one scan of a bag
    costs that two hundred parcels lie in, each of which is derived anew.
    """
    made.django("createcachetable")
    open_django(made)
    from django.db import connection

    from teahorse.logistics.models import Scan

    token, place, numbers = _station()
    with made.web() as web:
        sent = _batches(place, numbers)
        roots = {"web_cpu_us": web.process.pid, "postgres_cpu_us": _pid(made)}
        _send(web, token, sent[:CLIENTS])
        before = {name: cpu_seconds(root) for name, root in roots.items()}
        share = (len(sent) - CLIENTS) // ROUNDS
        rounds = [_send(web, token, sent[CLIENTS + turn * share : CLIENTS + (turn + 1) * share]) for turn in range(ROUNDS)]
        scans = EACH * sum(row["answers"] for row in rounds)
        costs = {name: 1_000_000 * (cpu_seconds(root) - before[name]) / scans for name, root in roots.items()}
        assert Scan.objects.count() == scans + CLIENTS * EACH
        bag = _bag(web, token, place, numbers)
    limit = _copied(made)
    connection.close()
    rate = EACH * statistics.median(row["rate"] for row in rounds)
    return {
        "value": rate,
        "unit": "scans/s",
        "aim": AIM,
        "batch_p95_ms": statistics.median(row["p95_ms"] for row in rounds),
        **costs,
        "cpu_rate": 2_000_000 / sum(costs.values()),
        "bag_ms": bag,
        "bag_parcels": IN_THE_BAG,
        "limit": limit,
        "limit_is": f"the same rows copied (COPY) by {EACH} over {COPIERS} connections into a table like ours, nothing derived",
        "ratio": rate / limit,
    }


def _station() -> tuple[str, UUID, list[str]]:
    """Make a station with a key for its program, and parcels that are packed; return key, place and numbers."""
    from django.db import connection
    from django.utils import timezone

    from teahorse.logistics.rules import parcel_number
    from teahorse.people.actions import issue_token
    from teahorse.people.models import Organisation, ServicePoint
    from teahorse.trace.models import Lot

    seller = Lot.objects.select_related("seller__area").get(pk=lot_of_wine()).seller
    station = Organisation.objects.create(
        key="station-bench", kind="township_station", name="拉玉乡服务站", area=seller.area, county_id=seller.county_id
    )
    place = ServicePoint.objects.create(
        organisation=station, level="station", name=station.name, area=seller.area, county_id=seller.county_id
    )
    numbers = [parcel_number(f"{number:011}") for number in range(PARCELS)]
    now = timezone.now() - timedelta(days=1)
    with connection.cursor() as cursor:
        cursor.execute(PACK, {"county": seller.county_id, "sender": seller.pk, "point": place.pk, "now": now, "numbers": numbers})
        cursor.execute("analyze logistics_parcel")
    return issue_token(organisation=station, name="bench", now=timezone.now())[1], place.pk, numbers


def _batches(place: UUID, numbers: Sequence[str]) -> list[bytes]:
    began = datetime.now(UTC) - timedelta(hours=12)
    return [
        _batch([_scan(number, act, place, began + timedelta(hours=hours)) for number in numbers[first : first + EACH]])
        for hours, act in enumerate(ACTS)
        for first in range(0, PARCELS, EACH)
    ]


def _batch(scans: Sequence[dict[str, Any]]) -> bytes:
    return json.dumps({"scans": scans}).encode()


def _scan(code: str, act: str, place: UUID, at: datetime, *, into: str = "") -> dict[str, Any]:
    scan = {"id": str(uuid4()), "parcel_number": code, "act": act, "happened_at": at.isoformat(), "place_id": str(place)}
    return scan | ({"into": into} if into else {})


def _send(web: Web, token: str, bodies: Sequence[bytes]) -> dict[str, Any]:
    headers = {"Authorization": f"Bearer {token}"}
    requests = [load.request("POST", "/api/v1/parcels/scans", body=body, headers=headers) for body in bodies]
    sent = load.run(web.port, [requests[client::CLIENTS] for client in range(CLIENTS)], seconds=SECONDS)
    assert set(sent["statuses"]) == {"200"}, sent["statuses"]
    return sent


def _bag(web: Web, token: str, place: UUID, numbers: Sequence[str]) -> float:
    """Return the milliseconds that one scan of a full bag takes by itself."""
    from django.utils import timezone

    from teahorse.logistics.actions import make_units
    from teahorse.people.models import ServicePoint

    organisation = ServicePoint.objects.select_related("organisation").get(pk=place).organisation
    [bag] = make_units(kind="bag", count=1, organisation=organisation, now=timezone.now())
    now = datetime.now(UTC) - timedelta(hours=2)
    for first in range(0, IN_THE_BAG, EACH):
        _send(web, token, [_batch([_scan(number, "put_in", place, now, into=bag.code) for number in numbers[first : first + EACH]])])
    moves = [
        _batch([_scan(bag.code, ("departed", "arrived")[turn % 2], place, now + timedelta(minutes=1 + turn))]) for turn in range(BAG_SCANS)
    ]
    took = [_send(web, token, [move])["p50_ms"] for move in moves]
    return statistics.median(took)


def _pid(made: House) -> int:
    assert made.server.process is not None
    return made.server.process.pid


def _copied(made: House) -> float:
    """Return how many scans a second PostgreSQL takes when nobody has to look at them; its own rows, given back to it."""
    import psycopg

    with psycopg.connect(made.environment["DATABASE_URL"], autocommit=True) as one:
        with one.cursor().copy(f"copy (select * from logistics_scan limit {COPIED}) to stdout") as out:
            rows = b"".join(bytes(part) for part in out).splitlines(keepends=True)
        one.execute("create table bench_scan (like logistics_scan including all)")
    parts = [b"".join(rows[number :: COPIED // EACH]) for number in range(COPIED // EACH)]

    def copy(mine: Sequence[bytes]) -> None:
        with psycopg.connect(made.environment["DATABASE_URL"]) as connection:
            for part in mine:
                with connection.cursor().copy("copy bench_scan from stdin") as into:
                    into.write(part)
                connection.commit()

    threads = [threading.Thread(target=copy, args=(parts[number::COPIERS],)) for number in range(COPIERS)]
    begun = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return COPIED / (time.perf_counter() - begun)
