"""Writing many rows at once: a day's sales are hundreds of thousands, and building an INSERT of them takes longer than keeping them."""

from collections.abc import Sequence
from typing import Any

from django.db import connection, models

from teahorse.common.statements import array, looked_up
from teahorse.settlement.models import FeeLine, SubsidyLine

FEW = 20


def insert(model: type[models.Model], rows: Sequence[models.Model]) -> None:
    """
    Write new rows of a model, many of them by COPY, within the transaction.

    :raises django.db.IntegrityError: as any insert does; nothing of them is written.
    """
    if len(rows) < FEW:
        model._default_manager.bulk_create(rows)  # noqa: SLF001 - Django documents it
        return
    fields = model._meta.concrete_fields  # noqa: SLF001 - Django documents it
    names = [field.attname for field in fields]
    quoted = ", ".join(f'"{field.column}"' for field in fields)
    with connection.cursor() as cursor, cursor.copy(f'copy "{model._meta.db_table}" ({quoted}) from stdin') as copy:  # noqa: SLF001
        for row in rows:
            values: dict[str, Any] = row.__dict__
            copy.write_row([values[name] for name in names])


def update_shares(shares: Sequence[FeeLine | SubsidyLine]) -> None:
    """Write what of fees and subsidies has gone back."""
    for model in (FeeLine, SubsidyLine):
        mine = [share for share in shares if isinstance(share, model)]
        if mine:
            table = model._meta.db_table  # noqa: SLF001 - Django documents it
            statement = f"update {table} share set reversed_fen = new.fen from unnest(%s::uuid[], %s::bigint[]) new (id, fen) where share.id = new.id"  # noqa: S608, E501 - our own table
            looked_up(statement, [array(share.pk for share in mine), [share.reversed_fen for share in mine]])
