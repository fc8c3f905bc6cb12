"""
Writing very many rows in one transaction without looking at each: indexes and triggers are put aside, and before the
transaction ends the indexes are built and one question for each rule is asked of all rows together.

Nobody else can use the tables meanwhile. Whatever is wrong, or a process that dies, leaves everything as it was.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from django.db import IntegrityError, connection, transaction
from django.db.models import ForeignKey, Model

PLAIN_INDEXES = """
    select quote_ident(of_index.relname), pg_get_indexdef(of_index.oid)
      from pg_index join pg_class of_index on of_index.oid = indexrelid
     where indrelid = any(%s::regclass[]) and not exists (select from pg_constraint where conindid = indexrelid)
     order by of_index.relname
"""


def is_allowed() -> bool:
    """Return whether this role of the database may put triggers aside: a superuser, or who was granted it."""
    with connection.cursor() as cursor:
        cursor.execute("select has_parameter_privilege(current_user, 'session_replication_role', 'set')")
        return bool(cursor.fetchone()[0])


@contextmanager
def unwatched(models: Sequence[type[Model]], *, rules: Sequence[str]) -> Iterator[None]:
    """
    Let many rows of these models be written in the block.

    ``rules`` are questions that answer what breaks a rule, as text; foreign keys of the models are asked without being named.

    :raises IntegrityError: if anything answers; nothing was written then.
    """
    tables = [model._meta.db_table for model in models]  # noqa: SLF001 - Django's API
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("set local synchronous_commit = off; set local maintenance_work_mem = '256MB'; set local work_mem = '64MB'")
        cursor.execute("set local session_replication_role = replica")
        for table in tables:
            cursor.execute(f"lock table {table} in access exclusive mode")
        cursor.execute(PLAIN_INDEXES, [tables])
        indexes = cursor.fetchall()
        for name, _ in indexes:
            cursor.execute(f"drop index {name}")
        yield
        for _, definition in indexes:
            cursor.execute(definition)
        for table in tables:
            cursor.execute(f"analyze {table}")
        for rule in (*rules, *(question for model in models for question in orphans(model))):
            cursor.execute(rule)
            if broken := cursor.fetchall():
                msg = f"{broken[0][0]}, and {len(broken) - 1} more"
                raise IntegrityError(msg)
        cursor.execute("set local session_replication_role = origin")


def orphans(model: type[Model]) -> list[str]:
    """Return for each foreign key of a model the question for keys that lead nowhere."""
    own = model._meta.db_table  # noqa: SLF001 - Django's API
    return [
        f"select '{own}.{key.column} leads nowhere: ' || {key.column} from {own} where {key.column} is not null and not exists ("  # noqa: S608 - names of our tables
        f"select from {key.related_model._meta.db_table} there where there.{key.target_field.column} = {own}.{key.column}) limit 10"  # noqa: SLF001
        for key in model._meta.concrete_fields  # noqa: SLF001
        if isinstance(key, ForeignKey) and is_watched(key)
    ]


def is_watched(key: ForeignKey[Any, Any]) -> bool:
    """Return whether the database minds where a key leads: by a constraint, or, within one app, by a trigger over whole sets of rows."""
    return bool(getattr(key, "db_constraint", True) or key.related_model._meta.app_label == key.model._meta.app_label)  # noqa: SLF001 - Django's API
