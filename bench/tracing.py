"""``trace_back`` and ``recall_forward``: a lot's way 100 steps back, and a recall of one of which 10,000 were made, among many events."""

import os
import statistics
import time
from collections.abc import Callable
from typing import Any

from bench import many_events
from bench.labels import lot_of_wine
from bench.many_events import FEWEST, MOST, ONE_CHAIN, SIZES, tell
from bench.processes import cpu_seconds
from checks.running import House, open_django

ROUNDS = 9
AIM_SECONDS = 1.0
DEEP, WIDE, EACH = 100, 10_000, 10
TREE = f"(number - 1) / {EACH}"
LOTS = """
    insert into trace_lot (id, county_id, seller_id, item_id, number, uri, thing_id, amount, made_at, told_by_id, created_at)
    select md5('lot' || nth)::uuid, county_id, seller_id, item_id, 'T' || nth, %(address)s || 'tree' || nth,
           md5('tree' || nth)::uuid, 10, made_at, told_by_id, created_at
      from trace_lot, generate_series(0, %(wide)s) nth
"""


def tracing(made: House) -> dict[str, dict[str, Any]]:
    """
    Trace among 10,000, 100,000 and 1,000,000 events; the value is with the most.

    A recall is drafted as a maker does it: all that was made of the lot is found and written down. ``forward`` is the finding
    alone, ``shown`` what the page of the draft asks then.
    """
    open_django(made)
    from django.db import connection

    from teahorse.trace.models import Lot
    from teahorse.trace.queries import backward, forward
    from teahorse.trace.queries.recalling import reach_of

    lot_of_wine()
    tell(ONE_CHAIN, "chain", 1, DEEP)
    tell(TREE, "tree", 1, WIDE)
    with connection.cursor() as cursor:
        cursor.execute(LOTS, {"address": many_events.ADDRESS, "wide": WIDE})
        cursor.execute("analyze trace_lot")
    last, root = many_events.key("chain", DEEP), Lot.objects.get(number="T0")
    known, back, wide, drafts = 0, {}, {}, {}
    for size in SIZES:
        many_events.grow(known, size)
        known = size
        found = backward([last])
        assert len(found.events) == DEEP
        assert len(forward([root.thing_id]).thing_ids) == WIDE + 1
        back[size], wide[size] = _seconds(lambda: backward([last])), _seconds(lambda: forward([root.thing_id]))
        spent = _spent(made)
        drafts[size] = _seconds(lambda: _drafted(root))
        cpu = (_spent(made) - spent) / ROUNDS
    drafted = _drafted(root)
    assert drafted.lots.count() == WIDE + 1
    written, by_key = _seconds(lambda: _written(drafted)), _seconds(lambda: _read(list(found.events)))
    return {
        "trace_back": {
            "value": back[MOST] * 1000,
            "unit": "ms",
            "deep": DEEP,
            **many_events.growth({size: seconds * 1000 for size, seconds in back.items()}, unit="ms"),
            "limit": by_key * 1000,
            "limit_is": "the same events read by their keys at once",
            "ratio": back[MOST] / by_key,
        },
        "recall_forward": {
            "value": drafts[MOST],
            "unit": "s",
            "aim": AIM_SECONDS,
            "lots": WIDE,
            **many_events.growth(drafts, unit="s"),
            "cpu_s": cpu,
            "forward_s": wide[MOST],
            "forward_growth": wide[MOST] / wide[FEWEST],
            "shown_s": _seconds(lambda: reach_of(drafted)),
            "limit": written,
            "limit_is": "the same rows of a recall copied by one statement",
            "ratio": drafts[MOST] / written,
        },
    }


def _drafted(root: Any) -> Any:
    from django.utils import timezone

    from teahorse.people.models import Person
    from teahorse.trace.actions.recalling import draft_recall

    person, _ = Person.objects.get_or_create(phone="+8619900001001", defaults={"name": "掌柜"})
    return draft_recall(owner=root.seller, lot_ids=[root.pk], reason="速度的演练", by=person, now=timezone.now(), is_drill=True)


def _written(recall: Any) -> None:
    """Write as many rows as a draft has, for another recall, with all that the database checks of them."""
    from django.db import connection

    from teahorse.common.ids import new_id
    from teahorse.trace.models import Recall

    copy = Recall.objects.get(pk=recall.pk)
    copy.pk, copy.number = new_id(), f"{new_id().hex[-20:]}"
    copy.save(force_insert=True)
    with connection.cursor() as cursor:
        cursor.execute(
            "insert into trace_recalledlot (id, recall_id, lot_id, is_named, is_within, held_units, left_out_why)"
            " select gen_random_uuid(), %s, lot_id, is_named, is_within, 0, '' from trace_recalledlot where recall_id = %s",
            [copy.pk, recall.pk],
        )


def _read(keys: list[Any]) -> None:
    from teahorse.common.statements import array, looked_up

    looked_up("select id, body from trace_traceevent where id = any(%(keys)s::uuid[])", {"keys": array(keys)}, in_binary=True)


def _spent(made: House) -> float:
    """Return the seconds on a processor of the database and of this process."""
    assert made.server.process is not None
    return cpu_seconds(made.server.process.pid) + sum(os.times()[:2])


def _seconds(ask: Callable[[], object]) -> float:
    taken = []
    for _round in range(ROUNDS):
        started = time.perf_counter()
        ask()
        taken.append(time.perf_counter() - started)
    return statistics.median(taken)
