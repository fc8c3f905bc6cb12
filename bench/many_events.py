"""A house with ever more events: chains of lots written by one statement each, as capturing would have written them."""

from typing import Any

SIZES = (10_000, 100_000, 1_000_000)
FEWEST, MOST = SIZES[0], SIZES[-1]
AT_ONCE = 100_000
NOBODY = "00000000-0000-0000-0000-000000000000"
ADDRESS = "https://mall.example/id/lot/bench."
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
        select md5(%(mark)s || number)::uuid, %(address)s || %(mark)s || number, 'private' from told
    )
    insert into trace_eventthing (thing_id, event_id, role, quantity, unit, happened_at)
    select md5(%(mark)s || case role when 'output' then number else {parent} end)::uuid, id, role, 10, 'KGM', at
      from told, (values ('input'), ('output')) part (role)
"""
SHORT_CHAINS = "number / 20 * 20 + greatest(number %% 20 - 1, 0) + case number %% 20 when 0 then 100000000 else 0 end"
ONE_CHAIN = "number - 1"


def tell(parent: str, mark: str, first: int, last: int) -> None:
    """Tell that thing ``mark`` + number was made of that whose number is ``parent`` (SQL), for each number of a span."""
    from django.db import connection

    with connection.cursor() as cursor:
        for begin in range(first, last + 1, AT_ONCE):
            span = {"mark": mark, "first": begin, "last": min(begin + AT_ONCE - 1, last)}
            cursor.execute(TELL.format(parent=parent), {**span, "nobody": NOBODY, "address": ADDRESS})


def grow(known: int, size: int) -> None:
    """
    Have so many events that nobody asks for in a house that has ``known`` of them.

    They are vacuumed and written out before anything is measured, as those of a house are that grew over years.
    """
    from django.db import connection

    tell(SHORT_CHAINS, "other", known, size - 1)
    with connection.cursor() as cursor:
        cursor.execute("vacuum analyze trace_traceevent, trace_eventthing, trace_thing")
        cursor.execute("checkpoint")


def key(mark: str, number: int) -> Any:
    """Return the key of a thing that :func:`tell` wrote."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("select md5(%s)::uuid", [f"{mark}{number}"])
        return cursor.fetchone()[0]


def growth(figures: dict[int, float], *, unit: str) -> dict[str, float]:
    """Return a figure by how many events there were, and how much it grew from the fewest to the most."""
    return {f"at_{size}_{unit}": figure for size, figure in figures.items()} | {"growth": figures[MOST] / figures[FEWEST]}
