"""
Statements of the busiest minute: bound and planned by the server once a connection, not once a call.

Django binds parameters into the text of a statement, which is parsed and planned anew each time. That is right for most;
a statement that runs many times a second over one connection is better prepared (psycopg prepares what a connection has run five times).

What does not wait for another's answer is sent :func:`together` with it: one round trip for all.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any
from uuid import UUID

import msgspec
import psycopg
from django.db import IntegrityError, connection
from django.db.utils import DatabaseErrorWrapper
from psycopg import Cursor

Rows = list[tuple[Any, ...]]
BY_INDEX = """
    select set_config('enable_seqscan', 'off', true),
           set_config('plan_cache_mode', 'force_generic_plan', true),
           set_config('jit', 'off', true)
"""
"""Not ``set local``: to that a pipeline without a transaction is none. Nothing here is worth compiling."""
AS_USUAL = "select set_config('enable_seqscan', 'on', true), set_config('plan_cache_mode', 'auto', true)"


def asked(sql: str, parameters: Sequence[Any] | dict[str, Any], *, in_binary: bool = False) -> Callable[[], Rows]:
    """
    Send a statement, prepared by the server, on Django's connection and within its transaction; call the answer for its rows.

    Inside :func:`together` nothing waits for them before that block ends. In binary the same values come, and times in a tenth
    of the time (Django reads their text in Python); but JSON comes as values, not as the text that Django makes of it.

    :raises django.db.DatabaseError: as Django's own cursor does.
    """
    connection.ensure_connection()
    with DatabaseErrorWrapper(connection):
        cursor = Cursor(connection.connection).execute(sql, parameters, binary=in_binary)

    def rows() -> Rows:
        with DatabaseErrorWrapper(connection):
            return list(cursor.fetchall()) if cursor.description else []

    return rows


def by_index() -> None:
    """
    Have the transaction's plans look rows up by their keys, and keep them; outside of one, those of :func:`together`.

    A plan that was made while a table was small would read the whole of it for as long as nobody analyses the table, and
    in a rush it grows to thousands of rows before that. And where the number of keys is another each time, PostgreSQL
    would rather plan anew each time, which takes longer than the looking up.
    """
    asked(BY_INDEX, [])


@contextmanager
def together(*, are_last: bool = False) -> Iterator[None]:
    """
    Send what the block asks in one go; at its end all answers are there.

    :param are_last: nothing follows in the transaction: where the block's is the outermost it is committed in the same go, so that
        nobody waits for its locks while the answers are read. Leaving it then has nothing more to do.
    :raises django.db.DatabaseError: of the first statement that failed; those after it did not run.
    """
    connection.ensure_connection()
    with DatabaseErrorWrapper(connection), connection.connection.pipeline():
        yield
        if are_last and len(connection.atomic_blocks) == 1:
            Cursor(connection.connection).execute("commit", prepare=False)


def broken_constraint(error: IntegrityError) -> str:
    """Return the name of the constraint that refused a statement; nothing where it was none."""
    cause = error.__cause__
    return (isinstance(cause, psycopg.IntegrityError) and cause.diag.constraint_name) or ""


def looked_up(sql: str, parameters: Sequence[Any] | dict[str, Any], *, in_binary: bool = False) -> Rows:
    """
    Run one statement whose plan looks rows up by their keys (:func:`by_index`); one round trip.

    What follows in the caller's transaction is planned as usual. ``in_binary`` is as in :func:`asked`, for many rows.

    :raises django.db.DatabaseError: as Django's own cursor does.
    """
    with together():
        by_index()
        rows = asked(sql, parameters, in_binary=in_binary)
        if connection.in_atomic_block:
            asked(AS_USUAL, [])
    return rows()


def array(values: Iterable[UUID | str | int]) -> str:
    """Return keys or whole numbers as the text of a PostgreSQL array; much quicker than adapting them one by one. No other texts."""
    return "{" + msgspec.json.encode(list(values))[1:-1].decode() + "}"
