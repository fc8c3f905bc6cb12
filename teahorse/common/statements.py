"""
Statements of the busiest minute: bound and planned by the server once a connection, not once a call.

Django binds parameters into the text of a statement, which is parsed and planned anew each time. That is right for most;
a statement that runs many times a second over one connection is better prepared (psycopg prepares what it has seen five times).
"""

from collections.abc import Iterable, Sequence
from typing import Any
from uuid import UUID

from django.db import connection
from django.db.utils import DatabaseErrorWrapper
from psycopg import Cursor


def prepared(sql: str, parameters: Sequence[Any] | dict[str, Any]) -> list[tuple[Any, ...]]:
    """
    Run a statement with server-side parameters on Django's connection, within its transaction; return its rows.

    :raises django.db.DatabaseError: as Django's own cursor does.
    """
    connection.ensure_connection()
    with DatabaseErrorWrapper(connection):
        cursor = Cursor(connection.connection).execute(sql, parameters)
        return list(cursor.fetchall()) if cursor.description else []


def array(keys: Iterable[UUID]) -> str:
    """Return keys as the text of a PostgreSQL array; much quicker than adapting them one by one."""
    return "{" + ",".join(map(str, keys)) + "}"
