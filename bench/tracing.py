"""``trace_back`` and ``recall_forward``: a lot's way 100 steps back, and all 10,000 lots that were made of one, among many events."""

import statistics
import time
from collections.abc import Callable
from typing import Any

from checks.running import House, open_django

SIZES = (10_000, 100_000, 1_000_000)
ROUNDS = 9
AIM_SECONDS = 1.0
DEEP, WIDE, EACH = 100, 10_000, 10
TELL = """
    with told as (
        select number, md5('event ' || %(mark)s || number)::uuid as id, timestamptz '2026-01-01 00:00Z' + number * interval '1 minute' as at
          from generate_series(%(first)s, %(last)s) number
    ), kept as (
        insert into trace_traceevent (id, county_id, digest, organisation_id, job_id, recorded_at, happened_at, kind, action, step,
                                      disposition, read_point, location, transformation, told_as, body, context)
        select id, %(nobody)s, sha256(id::text::bytea), %(nobody)s, %(nobody)s, at, at, 'TransformationEvent', '', 'commissioning', '', '',
               '', '', '', jsonb_build_object('type', 'TransformationEvent', 'eventTime', at, 'bizStep', 'commissioning',
                                              'ilmd', repeat('0123456789', 60)), '{{}}'
          from told
    ), made as (
        insert into trace_thing (id, uri, level)
        select md5(%(mark)s || number)::uuid, 'https://mall.example/id/lot/bench.' || %(mark)s || number, 'private' from told
    )
    insert into trace_eventthing (thing_id, event_id, role, quantity, unit, happened_at)
    select md5(%(mark)s || case role when 'output' then number else {parent} end)::uuid, id, role, 10, 'KGM', at
      from told, (values ('input'), ('output')) part (role)
"""
SHORT_CHAINS = "number / 20 * 20 + greatest(number %% 20 - 1, 0) + case number %% 20 when 0 then 100000000 else 0 end"
ONE_CHAIN = "number - 1"
TREE = f"(number - 1) / {EACH}"


def tracing(made: House) -> dict[str, dict[str, Any]]:
    """Trace among 10,000, 100,000 and 1,000,000 events; the value is with the most."""
    open_django(made)
    from django.db import connection

    from teahorse.trace.queries import backward, forward

    def tell(parent: str, mark: str, first: int, last: int) -> None:
        with connection.cursor() as cursor:
            nobody = "00000000-0000-0000-0000-000000000000"
            cursor.execute(TELL.format(parent=parent), {"mark": mark, "first": first, "last": last, "nobody": nobody})

    def key(mark: str, number: int) -> Any:
        with connection.cursor() as cursor:
            cursor.execute("select md5(%s)::uuid", [f"{mark}{number}"])
            return cursor.fetchone()[0]

    tell(ONE_CHAIN, "chain", 1, DEEP)
    tell(TREE, "tree", 1, WIDE)
    last, root = key("chain", DEEP), key("tree", 0)
    known, back, wide = 0, {}, {}
    for size in SIZES:
        tell(SHORT_CHAINS, "other", known, size - 1)
        known = size
        with connection.cursor() as cursor:
            cursor.execute("analyze trace_traceevent, trace_eventthing, trace_thing")
        assert len(backward([last]).events) == DEEP
        assert len(forward([root]).thing_ids) == WIDE + 1
        back[size], wide[size] = _seconds(lambda: backward([last])), _seconds(lambda: forward([root]))
    return {
        "trace_back": {"value": back[SIZES[-1]] * 1000, "unit": "ms", "deep": DEEP, "by_events_ms": {n: s * 1000 for n, s in back.items()}},
        "recall_forward": {"value": wide[SIZES[-1]], "unit": "s", "aim": AIM_SECONDS, "lots": WIDE, "by_events": wide},
    }


def _seconds(ask: Callable[[], object]) -> float:
    taken = []
    for _round in range(ROUNDS):
        started = time.perf_counter()
        ask()
        taken.append(time.perf_counter() - started)
    return statistics.median(taken)
