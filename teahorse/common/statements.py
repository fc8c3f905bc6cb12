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

from django.db import connection
from django.db.utils import DatabaseErrorWrapper
from psycopg import Cursor

Rows = list[tuple[Any, ...]]


def asked(sql: str, parameters: Sequence[Any] | dict[str, Any]) -> Callable[[], Rows]:
    """
    Send a statement, prepared by the server, on Django's connection and within its transaction; call the answer for its rows.

    Inside :func:`together` nothing waits for them before that block ends.

    :raises django.db.DatabaseError: as Django's own cursor does.
    """
    connection.ensure_connection()
    with DatabaseErrorWrapper(connection):
        cursor = Cursor(connection.connection).execute(sql, parameters)

    def rows() -> Rows:
        with DatabaseErrorWrapper(connection):
            return list(cursor.fetchall()) if cursor.description else []

    return rows


def by_index() -> None:
    """
    Have the transaction's plans look rows up by their keys; outside of one, those of :func:`together`.

    A prepared statement's plan is kept; one that was made while a table was small would read the whole of it for as long
    as nobody analyses the table, and in a rush it grows to thousands of rows before that.
    """
    asked("select set_config('enable_seqscan', 'off', true)", [])  # a pipeline without a transaction is one, to "set local" it is none


@contextmanager
def together() -> Iterator[None]:
    """
    Send what the block asks in one go; at its end all answers are there.

    :raises django.db.DatabaseError: of the first statement that failed; those after it did not run.
    """
    connection.ensure_connection()
    with DatabaseErrorWrapper(connection), connection.connection.pipeline():
        yield


def array(keys: Iterable[UUID]) -> str:
    """Return keys as the text of a PostgreSQL array; much quicker than adapting them one by one."""
    return "{" + ",".join(map(str, keys)) + "}"
