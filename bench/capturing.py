"""``epcis_capture``: events told a second over HTTP in documents of 100, and one by one, among more and more events."""

import json
import threading
import time
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from bench import load, many_events
from bench.many_events import FEWEST, MOST
from bench.processes import cpu_seconds
from checks.running import House, Web, open_django

AIM, AIM_P95_MS = 3000, 50
"""Events a second in documents; of a single one."""
EACH, DOCUMENTS, CLIENTS = 100, 400, 8
SINGLE, PHONES = 600, 8
SECONDS = 10.0
COPIED, COPIERS = 10_000, 2
TABLES = {
    "trace_thing": "id in (select thing_id from trace_eventthing where event_id in (select id from chosen))",
    "trace_traceevent": "id in (select id from chosen)",
    "trace_eventthing": "event_id in (select id from chosen)",
}
CONTEXT = ["https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld", {"th": "https://mall.example/voc/"}]
SITE = "https://mall.example/id/site/valley"


def capturing(made: House) -> dict[str, Any]:
    """
    Send documents over eight connections to two web processes for ten seconds, then single events: one phone, then eight at once.

    Every event is new; a third each makes a lot, measures it, and makes another of it. What an event costs on a processor stands
    beside, and ``cpu_rate``: what two processors of their own would take, whoever else uses this machine.
    """
    open_django(made)
    from django.db import connection

    from teahorse.trace.models import TraceEvent

    token, told = _token(), _Told()
    found: dict[int, dict[str, Any]] = {}
    known = 0
    with made.web() as web:
        for size in (FEWEST, MOST):
            many_events.grow(known, size)
            known, before = size, TraceEvent.objects.count()
            warm = _send(web, token, [told.document() for _ in range(16)], clients=CLIENTS, path="/epcis/capture")
            found[size] = _measured(made, web, token, told) | {"warm": warm}
            sent = sum(part["answers"] * size for part, size in found[size]["sent"])
            assert TraceEvent.objects.count() - before == sent + warm["answers"] * EACH
    many, few = found[MOST], found[FEWEST]
    limit, read = _copied(made), _read_a_second(told)
    connection.close()
    return {
        "value": many["rate"],
        "unit": "events/s",
        "aim": AIM,
        **many_events.growth({size: figures["rate"] for size, figures in found.items()}, unit="events_s"),
        "single_p50_ms": many["alone"]["p50_ms"],
        "single_p95_ms": many["alone"]["p95_ms"],
        "single_p95_ms_aim": AIM_P95_MS,
        "single_p95_ms_at_first": few["alone"]["p95_ms"],
        "eight_phones_p95_ms": many["phones"]["p95_ms"],
        "eight_phones_rate": many["phones"]["rate"],
        "document_p95_ms": many["documents"]["p95_ms"],
        "web_cpu_us": many["web_cpu_us"],
        "postgres_cpu_us": many["postgres_cpu_us"],
        "cpu_rate": 2_000_000 / (many["web_cpu_us"] + many["postgres_cpu_us"]),
        "limit": limit,
        "limit_is": f"the same rows copied (COPY) by {EACH} over {COPIERS} connections into tables like ours, nothing read or hashed",
        "ratio": many["rate"] / limit,
        "read_and_hashed": read,
    }


class _Told:
    """Makes events that nobody told before, one after the other."""

    def __init__(self) -> None:
        self._number = 0
        self._began = datetime.now(UTC) - timedelta(days=300)

    def document(self) -> bytes:
        """Return the next hundred events as a document."""
        return json.dumps(
            {
                "@context": CONTEXT,
                "type": "EPCISDocument",
                "schemaVersion": "2.0",
                "creationDate": self._began.isoformat(),
                "epcisBody": {"eventList": [self.event() for _ in range(EACH)]},
            }
        ).encode()

    def single(self) -> bytes:
        """Return the next event as it is sent by itself."""
        return json.dumps({"@context": CONTEXT, **self.event()}).encode()

    def event(self) -> dict[str, Any]:
        """Return the next event."""
        number, self._number = self._number, self._number + 1
        lot, made = f"https://mall.example/id/lot/told.{number // 3}", f"https://mall.example/id/lot/told.{number // 3}.b"
        common = {
            "eventTime": (self._began + timedelta(seconds=number)).isoformat(timespec="milliseconds"),
            "eventTimeZoneOffset": "+08:00",
            "disposition": "in_progress",
            "readPoint": {"id": SITE},
        }
        barley = {"epcClass": lot, "quantity": 12.5, "uom": "KGM"}
        match number % 3:
            case 0:
                grown = {"quantityList": [barley], "ilmd": {"th:altitude": 3650, "th:ground": "terraced field"}}
                return {**common, "type": "ObjectEvent", "action": "ADD", "bizStep": "commissioning", **grown}
            case 1:
                warm = [{"sensorReport": [{"type": "Temperature", "value": 4.2, "uom": "CEL", "time": common["eventTime"]}]}]
                seen = {"action": "OBSERVE", "bizStep": "storing", "quantityList": [barley], "sensorElementList": warm}
                return {**common, "type": "ObjectEvent", **seen}
            case _:
                wine = [{"epcClass": made, "quantity": 9, "uom": "LTR"}]
                turned = {"bizStep": "commissioning", "inputQuantityList": [barley], "outputQuantityList": wine}
                return {**common, "type": "TransformationEvent", **turned}


def _measured(made: House, web: Web, token: str, told: _Told) -> dict[str, Any]:
    assert made.server.process is not None
    roots = {"web_cpu_us": web.process.pid, "postgres_cpu_us": made.server.process.pid}
    documents = [told.document() for _ in range(DOCUMENTS)]
    before = {name: cpu_seconds(root) for name, root in roots.items()}
    sent = _send(web, token, documents, clients=CLIENTS, path="/epcis/capture")
    events = sent["answers"] * EACH
    costs = {name: (cpu_seconds(root) - before[name]) / events * 1_000_000 for name, root in roots.items()}
    alone = _send(web, token, [told.single() for _ in range(SINGLE)], clients=1, path="/epcis/events")
    phones = _send(web, token, [told.single() for _ in range(SINGLE * 4)], clients=PHONES, path="/epcis/events")
    return {
        "rate": sent["rate"] * EACH,
        "documents": sent,
        "alone": alone,
        "phones": phones,
        "sent": [(sent, EACH), (alone, 1), (phones, 1)],
        **costs,
    }


def _send(web: Web, token: str, bodies: Sequence[bytes], *, clients: int, path: str) -> dict[str, Any]:
    requests = [load.request("POST", path, body=body, headers={"Authorization": f"Bearer {token}"}) for body in bodies]
    sent = load.run(web.port, [requests[client::clients] for client in range(clients)], seconds=SECONDS)
    assert sent["statuses"], sent
    assert set(sent["statuses"]) <= {"201", "202"}, sent
    return sent


def _token() -> str:
    """Make a cooperative in an empty house and give it a key for its program."""
    from django.utils import timezone

    from bench.labels import lot_of_wine
    from teahorse.people.actions import issue_token
    from teahorse.trace.models import Lot

    maker = Lot.objects.select_related("seller").get(pk=lot_of_wine()).seller
    return issue_token(organisation=maker, name="bench", now=timezone.now())[1]


def _copied(made: House) -> float:
    """Return how many events a second PostgreSQL takes when nobody has to look at them; its own rows, given back to it."""
    import psycopg

    with psycopg.connect(made.environment["DATABASE_URL"], autocommit=True) as one:
        one.execute(f"create temp table chosen as select id from trace_traceevent order by recorded_at desc, id limit {COPIED}")
        ours = {table: _chunks(one, table, chosen) for table, chosen in TABLES.items()}
        for table in TABLES:
            one.execute(f"create table bench_{table} (like {table} including all)")
    waiting = list(zip(*ours.values(), strict=True))

    def copy(parts: Sequence[tuple[bytes, ...]]) -> None:
        with psycopg.connect(made.environment["DATABASE_URL"]) as connection:
            for part in parts:
                for table, rows in zip(ours, part, strict=True):
                    with connection.cursor().copy(f"copy bench_{table} from stdin") as into:
                        into.write(rows)
                connection.commit()

    threads = [threading.Thread(target=copy, args=(waiting[n::COPIERS],)) for n in range(COPIERS)]
    begun = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return COPIED / (time.perf_counter() - begun)


def _chunks(connection: Any, table: str, chosen: str) -> list[bytes]:
    """Return the rows of the chosen events as so many copies as there were documents."""
    with connection.cursor().copy(f"copy (select * from {table} where {chosen}) to stdout") as out:
        rows = b"".join(bytes(part) for part in out).splitlines(keepends=True)
    return [b"".join(rows[number :: COPIED // EACH]) for number in range(COPIED // EACH)]


def _read_a_second(told: _Told) -> float:
    """Return how many events a second one core reads, checks and hashes."""
    from teahorse.trace.epcis.reading import read
    from teahorse.trace.rules import digest_of

    bodies: Iterator[bytes] = iter([told.document() for _ in range(30)])
    begun = time.process_time()
    for body in bodies:
        for event in read(body, now=datetime.now(UTC)).events:
            digest_of(event.raw, event.prefixes)
    return 30 * EACH / (time.process_time() - begun)
