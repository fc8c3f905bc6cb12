"""
What an organisation's question finds: events, a page at a time, and the resources by which they are browsed.

A page after the first begins behind the last event of the one before, and sees nothing that came after the first page was asked for: events
that are told meanwhile neither shift it nor stand in it twice.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

import msgspec
from django.db import OperationalError, connection, transaction
from django.db.models import BooleanField, Exists, F, JSONField, OuterRef, QuerySet
from django.db.models.expressions import RawSQL
from psycopg.errors import QueryCanceled

from teahorse.trace.epcis.questions import Question
from teahorse.trace.models import EventThing, Thing, TraceEvent
from teahorse.trace.queries.conditions import COLUMNS, holding
from teahorse.trace.queries.seeing import seen_by

LONGEST: Final = timedelta(seconds=10)
"""How long the database looks before a question is called too complex."""
RESOURCES = {
    "eventTypes": "kind",
    "bizSteps": "step",
    "bizLocations": "location",
    "readPoints": "read_point",
    "dispositions": "disposition",
}


class TooLarge(Exception):
    """More events are found than the asker wanted; ``most`` is what she said."""

    def __init__(self, most: int) -> None:
        super().__init__(f"more than {most}")
        self.most = most


class TooComplex(Exception):
    """The database looked for as long as it may."""


@dataclass(frozen=True, slots=True)
class Cursor:
    """Where a page ended: the last event's value in the order, its key, when the first page was asked for, how many were given."""

    value: Any
    event_id: UUID
    asked_at: datetime
    given: int


@dataclass(frozen=True, slots=True)
class Page:
    """Events, and where the next page begins; None on the last one."""

    events: list[TraceEvent]
    following: Cursor | None


def found(question: Question, *, organisation_id: UUID) -> QuerySet[TraceEvent]:
    """Return the events that a question finds, of those that an organisation sees; in no order."""
    return seen_by(organisation_id).filter(*holding(question.conditions, organisation_id=organisation_id))


@contextmanager
def not_longer() -> Iterator[None]:
    """
    Let the database look for :data:`LONGEST` and no longer; in a transaction of its own.

    :raises TooComplex: if that was not enough.
    """
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("select set_config('statement_timeout', %s, true)", [str(int(LONGEST.total_seconds() * 1000))])
            yield
            cursor.execute("select set_config('statement_timeout', '0', true)")
    except OperationalError as error:
        if isinstance(error.__cause__, QueryCanceled):
            raise TooComplex from error
        raise


def page(question: Question, *, organisation_id: UUID, size: int, now: datetime, after: Cursor | None = None) -> Page:
    """
    Return a page of what a question finds.

    :raises TooLarge: if it finds more than its ``most``; :raises TooComplex: if it takes too long.
    """
    asked_at, given = (after.asked_at, after.given) if after else (now, 0)
    wanted = min(size, question.first - given) if question.first else size
    with not_longer():
        events = found(question, organisation_id=organisation_id).filter(recorded_at__lte=asked_at)
        if question.most and not after and events[: question.most + 1].count() > question.most:
            raise TooLarge(question.most)
        ordered = _ordered(events, question)
        shown = list((ordered.filter(_behind(question, after)) if after else ordered)[: wanted + 1])
    is_more = len(shown) > wanted and not (question.first and given + wanted >= question.first)
    shown = shown[:wanted]
    if not is_more or not shown:
        return Page(shown, None)
    last = shown[-1]
    return Page(shown, Cursor(last.value_in_order, last.pk, asked_at, given + wanted))  # type: ignore[attr-defined]  # annotated


def _ordered(events: QuerySet[TraceEvent], question: Question) -> QuerySet[TraceEvent]:
    """Return events in the asked order, each with its value in it; a field of the users' own is ordered as JSON is, absent ones first."""
    column = COLUMNS.get(question.order_by or "recordTime")
    value = F(column) if column else RawSQL("""coalesce("trace_traceevent"."body" -> %s, 'null')""", [question.order_by], JSONField())
    sign = "-" if question.is_descending else ""
    return events.annotate(value_in_order=value).order_by(f"{sign}value_in_order", f"{sign}pk")


def _behind(question: Question, after: Cursor) -> RawSQL:
    """Return what comes after a page's last event, as one comparison of rows, which an index answers."""
    sign = "<" if question.is_descending else ">"
    column = COLUMNS.get(question.order_by or "recordTime")
    if column:
        text, parameters = f'("trace_traceevent"."{column}", "trace_traceevent"."id") {sign} (%s, %s)', [after.value, after.event_id]
    else:
        value = """coalesce("trace_traceevent"."body" -> %s, 'null')"""
        text = f'({value}, "trace_traceevent"."id") {sign} (%s::jsonb, %s)'
        parameters = [question.order_by, msgspec.json.encode(after.value).decode(), after.event_id]
    return RawSQL(text, parameters, output_field=BooleanField())  # noqa: S611 - the text is of constants


# --- By which events are browsed


def resources(kind: str, *, organisation_id: UUID, size: int, after: str = "") -> list[str]:
    """Return the words, places or kinds of events that an organisation's events name, in their order, from one on."""
    column = RESOURCES[kind]
    named = seen_by(organisation_id).filter(**{f"{column}__gt": after}).order_by(column)
    with not_longer():
        return list(named.values_list(column, flat=True).distinct()[:size])


def things(*, organisation_id: UUID, size: int, after: str = "") -> list[str]:
    """Return the names of the things that an organisation's events tell of, in their order, from one on."""
    told = EventThing.objects.filter(thing_id=OuterRef("pk"), event__in=seen_by(organisation_id))
    with not_longer():
        return list(Thing.objects.filter(Exists(told), uri__gt=after).order_by("uri").values_list("uri", flat=True)[:size])


def finds_any(question: Question, *, organisation_id: UUID) -> bool:
    """Return whether a question finds anything."""
    with not_longer():
        return found(question, organisation_id=organisation_id).exists()
