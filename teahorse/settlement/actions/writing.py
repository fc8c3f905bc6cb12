"""
Reading and writing many rows at once: a day's sales are hundreds of thousands, and making Django's objects of them takes longer than
all that is worked out about them. So what a booking reads and writes in bulk are plain rows, named as the columns are.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from operator import attrgetter
from typing import Any
from uuid import UUID

from django.db import connection, models
from django.db.utils import DatabaseErrorWrapper

from teahorse.common.ids import new_id, new_ids
from teahorse.common.statements import array, looked_up
from teahorse.settlement.models import Earning, FeeLine, Maturity, SharedFee, SubsidyLine


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
    is_new: bool = False
    """Whether it is not written yet, and so not locked either; see ``open_sales``."""

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
    """An ``Earning`` to be written; without ``matures_at`` it is payable at once."""

    id: UUID
    county_id: UUID
    seller_id: UUID
    kind: str
    source_id: UUID
    order_id: UUID | None
    amount_fen: int
    earned_at: datetime
    provider: str = ""
    matures_at: datetime | None = None
    joins_id: UUID | None = None
    """What has to be maturing still when it is written, because it was worked out as a part of that."""
    maturity_id: UUID | None = None


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
                  %b::timestamptz[], %b::timestamptz[])
        as new (id, held, paid, refunded, subsidy, subsidy_back, fees, fees_back, frozen_at, closed_at)
     where sale.order_id = new.id
"""
OPEN_SALES = """
    with opened as (
        insert into settlement_sale (order_id, county_id, seller_id, number, held_fen, paid_fen, refunded_fen, subsidy_fen,
                                     subsidy_back_fen, fees_fen, fees_back_fen, frozen_at, closed_at)
        select * from unnest(%s::uuid[], %s::uuid[], %s::uuid[], %b::text[], %s::bigint[], %s::bigint[], %s::bigint[], %s::bigint[],
                             %s::bigint[], %s::bigint[], %s::bigint[], %b::timestamptz[], %b::timestamptz[])
        on conflict do nothing
        returning 1
    )
    select count(*) from opened
"""
# who grows what has just matured waits here and finds that it is no more the one that matures: he begins the next one
GROW = """
    insert into settlement_maturity (id, county_id, seller_id, provider, matures_at, amount_fen, state)
    select *, 'maturing'
      from unnest(%s::uuid[], %s::uuid[], %s::uuid[], %b::text[], %b::timestamptz[], %s::bigint[])
    on conflict (seller_id, provider, matures_at) where state = 'maturing'
    do update set amount_fen = settlement_maturity.amount_fen + excluded.amount_fen
    returning id, seller_id, provider, matures_at
"""
Moment = tuple[UUID, str, datetime]
"""What of whom, where, becomes payable when: of each there is one ``Maturity`` at most that is maturing."""


class Crossed(Exception):
    """Somebody else has opened a sale, or what matures has matured, since we looked; what was worked out has to be worked out again."""


def lock_sales(keys: Sequence[UUID]) -> list[LockedSale]:
    """Lock sales in the order of their keys and return them."""
    return [LockedSale(*row) for row in looked_up(LOCK_SALES, [array(keys)], in_binary=True)]


def open_sales(sales: Sequence[LockedSale]) -> None:
    """
    Write new sales as they stand, in the order in which they come: that of their keys.

    Whoever books a fact of an order after we read its facts comes to this row too: he waits here, or we do. So who gets it
    in has seen all that was booked.

    :raises Crossed: if one of them was there already, when the other's transaction is through.
    """
    if not sales:
        return
    keys = ([getattr(sale, name) for sale in sales] for name in ("pk", "county_id", "seller_id"))
    parameters = [*map(array, keys), [sale.number for sale in sales], *_standing(sales)]
    ((opened,),) = looked_up(OPEN_SALES, parameters)
    if opened < len(sales):
        raise Crossed


def write_sales(sales: Sequence[LockedSale]) -> None:
    """Write the sums of locked sales, all in one statement."""
    if sales:
        looked_up(WRITE_SALES, [array(sale.pk for sale in sales), *_standing(sales)])


def _standing(sales: Sequence[LockedSale]) -> list[object]:
    """Return what changes of sales, column by column: numbers as the text of an array, which is quick; times as they are."""
    *sums, frozen_at, closed_at = zip(*[sale.standing for sale in sales], strict=True)
    return [*("{" + ",".join(map(str, column)) + "}" for column in sums), list(frozen_at), list(closed_at)]


def write_earnings(earnings: Sequence[NewEarning]) -> None:
    """
    Write new earnings, and what each is a part of: what matures with it grows by it, what is payable at once is born so.

    What grows is locked in one order by everybody, and only after all sales: of two who book at once the second waits for the end
    of the first one. So this comes last, before the books.

    :raises Crossed: if what one of them joins has matured meanwhile.
    """
    growing: dict[Moment, list[NewEarning]] = defaultdict(list)
    born = []
    for earning in earnings:
        if earning.matures_at is not None:
            growing[earning.seller_id, earning.provider, earning.matures_at].append(earning)
        else:
            earning.maturity_id = new_id()
            born.append(_born_payable(earning))
    for moment, key in _grown(growing).items():
        for earning in growing[moment]:
            if earning.joins_id not in {None, key}:
                raise Crossed
            earning.maturity_id = key
    insert(Maturity, born)
    insert(Earning, earnings)


def _grown(growing: Mapping[Moment, Sequence[NewEarning]]) -> dict[Moment, UUID]:
    """Let what matures grow; return the key of each."""
    if not growing:
        return {}
    moments = sorted(growing, key=lambda moment: (moment[0].int, *moment[1:]))
    sellers, providers, times = zip(*moments, strict=True)
    parameters = [
        array(new_ids(len(moments))),
        array(growing[moment][0].county_id for moment in moments),
        array(sellers),
        list(providers),
        list(times),
        array(sum(earning.amount_fen for earning in growing[moment]) for moment in moments),
    ]
    return {(seller_id, provider, at): key for key, seller_id, provider, at in looked_up(GROW, parameters, in_binary=True)}


def _born_payable(earning: NewEarning) -> Maturity:
    return Maturity(
        id=earning.maturity_id,
        county_id=earning.county_id,
        seller_id=earning.seller_id,
        provider=earning.provider,
        matures_at=earning.earned_at,
        amount_fen=earning.amount_fen,
        state=Maturity.State.PAYABLE,
    )


def insert(model: type[models.Model], rows: Sequence[Any]) -> None:
    """
    Write new rows of a model, or plain ones with its columns, by COPY and within the transaction.

    :raises django.db.IntegrityError: as any insert does; nothing of them is written.
    """
    if not rows:
        return
    fields = model._meta.concrete_fields  # noqa: SLF001 - Django documents it
    quoted = ", ".join(f'"{field.column}"' for field in fields)
    columns_of = attrgetter(*(field.attname for field in fields))
    statement = f'copy "{model._meta.db_table}" ({quoted}) from stdin (format binary)'  # noqa: SLF001 - Django documents it
    with connection.cursor() as cursor, DatabaseErrorWrapper(connection), cursor.copy(statement) as copy:
        copy.set_types([str(field.rel_db_type(connection)).partition("(")[0] for field in fields])
        for row in rows:
            copy.write_row(columns_of(row))


def update_shares(shares: Sequence[FeeLine | SharedFee | SubsidyLine]) -> None:
    """Write what of fees, of what of them was shared out, and of subsidies has gone back."""
    for model in (FeeLine, SharedFee, SubsidyLine):
        mine = [share for share in shares if isinstance(share, model)]
        if mine:
            table = model._meta.db_table  # noqa: SLF001 - Django documents it
            statement = f"update {table} share set reversed_fen = new.fen from unnest(%s::uuid[], %s::bigint[]) new (id, fen) where share.id = new.id"  # noqa: S608, E501 - our own table
            looked_up(statement, [array(share.pk for share in mine), [share.reversed_fen for share in mine]])
