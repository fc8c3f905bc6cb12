"""
Reading and writing many rows at once: a day's sales are hundreds of thousands, and making Django's objects of them takes longer than
all that is worked out about them. So what a booking reads and writes in bulk are plain rows, named as the columns are.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import connection, models
from django.db.utils import DatabaseErrorWrapper

from teahorse.common.statements import array, looked_up
from teahorse.settlement.models import FeeLine, SharedFee, SubsidyLine

NULL = "null"
MARKS = str.maketrans({"\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r"})


@dataclass(slots=True)
class LockedSale:
    """A ``Sale`` that this transaction has locked, column by column."""

    pk: UUID
    county_id: UUID
    seller_id: UUID
    number: str
    held_fen: int
    paid_fen: int
    refunded_fen: int
    subsidy_fen: int
    subsidy_back_fen: int
    fees_fen: int
    fees_back_fen: int
    frozen_at: datetime | None
    closed_at: datetime | None

    @property
    def standing(self) -> tuple[object, ...]:
        """What of it changes; in the order of ``WRITE_SALES``."""
        return (
            *(self.held_fen, self.paid_fen, self.refunded_fen, self.subsidy_fen, self.subsidy_back_fen, self.fees_fen, self.fees_back_fen),
            *(self.frozen_at, self.closed_at),
        )

    @property
    def left_fen(self) -> int:
        """What of it has not gone back, fees and all."""
        return self.paid_fen - self.refunded_fen + self.subsidy_fen - self.subsidy_back_fen


@dataclass(slots=True)
class NewFee:
    """A ``FeeLine`` to be written."""

    id: UUID
    sale_id: UUID
    kind: str
    rule_id: UUID
    beneficiary_id: UUID | None
    amount_fen: int
    reason: str
    reversed_fen: int = 0

    @property
    def pk(self) -> UUID:
        """Its key, as the written ones call it."""
        return self.id

    @property
    def left_fen(self) -> int:
        """What has not gone back."""
        return self.amount_fen - self.reversed_fen


@dataclass(slots=True, kw_only=True)
class NewEarning:
    """An ``Earning`` to be written."""

    id: UUID
    county_id: UUID
    seller_id: UUID
    kind: str
    source_id: UUID
    order_id: UUID | None
    amount_fen: int
    state: str
    earned_at: datetime
    matures_at: datetime
    provider: str = ""
    payout_id: UUID | None = None


LOCK_SALES = """
    select order_id, county_id, seller_id, number, held_fen, paid_fen, refunded_fen, subsidy_fen, subsidy_back_fen, fees_fen, fees_back_fen,
           frozen_at, closed_at
      from settlement_sale where order_id = any(%s::uuid[]) order by order_id for update
"""
WRITE_SALES = """
    update settlement_sale sale
       set held_fen = new.held, paid_fen = new.paid, refunded_fen = new.refunded, subsidy_fen = new.subsidy,
           subsidy_back_fen = new.subsidy_back, fees_fen = new.fees, fees_back_fen = new.fees_back,
           frozen_at = new.frozen_at, closed_at = new.closed_at
      from unnest(%s::uuid[], %s::bigint[], %s::bigint[], %s::bigint[], %s::bigint[], %s::bigint[], %s::bigint[], %s::bigint[],
                  %s::timestamptz[], %s::timestamptz[])
        as new (id, held, paid, refunded, subsidy, subsidy_back, fees, fees_back, frozen_at, closed_at)
     where sale.order_id = new.id
"""


def lock_sales(keys: Sequence[UUID]) -> list[LockedSale]:
    """Lock sales in the order of their keys and return them."""
    return [LockedSale(*row) for row in looked_up(LOCK_SALES, [array(keys)])]


def write_sales(sales: Sequence[LockedSale]) -> None:
    """Write the sums of locked sales, all in one statement."""
    if sales:
        columns = zip(*(sale.standing for sale in sales), strict=True)
        looked_up(WRITE_SALES, [array(sale.pk for sale in sales), *map(_plain, columns)])


def _plain(values: Iterable[object]) -> str:
    """Return numbers or times as the text of a PostgreSQL array; much quicker than adapting them one by one."""
    return "{" + ",".join(NULL if value is None else f'"{value}"' for value in values) + "}"


def insert(model: type[models.Model], rows: Sequence[Any]) -> None:
    """
    Write new rows of a model, or plain ones with its columns, by COPY and within the transaction.

    :raises django.db.IntegrityError: as any insert does; nothing of them is written.
    """
    if not rows:
        return
    columns = [(field.attname, field.column) for field in model._meta.concrete_fields]  # noqa: SLF001 - Django documents it
    quoted = ", ".join(f'"{column}"' for _, column in columns)
    names = [name for name, _ in columns]
    text = "".join("\t".join([_copied(getattr(row, name)) for name in names]) + "\n" for row in rows)
    statement = f'copy "{model._meta.db_table}" ({quoted}) from stdin'  # noqa: SLF001 - Django documents it
    with connection.cursor() as cursor, DatabaseErrorWrapper(connection), cursor.copy(statement) as copy:
        copy.write(text)


def _copied(value: object) -> str:
    """Return a value as the text that COPY reads (PostgreSQL, COPY, text format)."""
    if value is None:
        return "\\N"
    return value.translate(MARKS) if isinstance(value, str) else str(value)


def update_shares(shares: Sequence[FeeLine | SharedFee | SubsidyLine]) -> None:
    """Write what of fees, of what of them was shared out, and of subsidies has gone back."""
    for model in (FeeLine, SharedFee, SubsidyLine):
        mine = [share for share in shares if isinstance(share, model)]
        if mine:
            table = model._meta.db_table  # noqa: SLF001 - Django documents it
            statement = f"update {table} share set reversed_fen = new.fen from unnest(%s::uuid[], %s::bigint[]) new (id, fen) where share.id = new.id"  # noqa: S608, E501 - our own table
            looked_up(statement, [array(share.pk for share in mine), [share.reversed_fen for share in mine]])
