"""
Telling the apps above that something happened.

``announce`` is called inside the transaction that made the fact true. It stores one job for each reaction
through Django's own connection, so the fact and its jobs are saved together or not at all. A job may run
twice and in any order; reactions are written so that this does no harm.
"""

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields
from typing import Any, TypeVar

import msgspec
from django.db import transaction

from teahorse.common.statements import asked

QUEUE = "reactions"
JOB = "teahorse.react"
STORE = """
    select procrastinate_defer_jobs_v1(
               array_agg((%(queue)s, %(task)s, 0, null, null, arguments, null)::procrastinate_job_to_defer_v1 order by place))
      from jsonb_array_elements(%(arguments)s::jsonb) with ordinality as stored(arguments, place)
"""


@dataclass(frozen=True, kw_only=True)
class Event:
    """A fact, named in the past tense; its fields are ids (many at once) and plain values."""


E = TypeVar("E", bound=Event)
Reaction = Callable[[Any], None]
_reactions: dict[type[Event], list[str]] = defaultdict(list)
_by_name: dict[str, tuple[type[Event], Reaction]] = {}


def reacts_to(event_type: type[E]) -> Callable[[Callable[[E], None]], Callable[[E], None]]:
    """Run the decorated function, in a job of its own, for each such event."""

    def register(react: Callable[[E], None]) -> Callable[[E], None]:
        name = f"{react.__module__}.{react.__name__}"
        if name not in _by_name:
            _reactions[event_type].append(name)
        _by_name[name] = (event_type, react)
        return react

    return register


def announce(event: Event) -> None:
    """
    Store the jobs of everyone who reacts to ``event``, in one statement, which can be sent together with others.

    :raises RuntimeError: outside a transaction, where the fact and its jobs could part.
    """
    if not transaction.get_connection().in_atomic_block:
        msg = f"{event!r} announced outside a transaction"
        raise RuntimeError(msg)
    names = _reactions[type(event)]
    if names:
        store_jobs(JOB, [{"reaction": name, "event": event} for name in names], queue=QUEUE)


def store_jobs(task: str, arguments: Sequence[dict[str, Any]], *, queue: str) -> None:
    """
    Store jobs of a task, one for each set of arguments, on Django's connection and within its transaction.

    procrastinate's own function in the database does it; called like this it is planned once a connection.
    """
    asked(STORE, {"queue": queue, "task": task, "arguments": msgspec.json.encode(arguments).decode()})


def carry_out(reaction: str, event: dict[str, Any]) -> None:
    """Run one stored reaction; a field that this version does not know is left out."""
    event_type, react = _by_name[reaction]
    known = {field.name for field in fields(event_type)}
    react(msgspec.convert({name: value for name, value in event.items() if name in known}, event_type))
