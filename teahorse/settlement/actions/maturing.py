"""Earnings mature when the return window is over."""

from datetime import datetime

from django.db import transaction

from teahorse.aftersales.models import AfterSaleCase
from teahorse.common.collecting import uncollected
from teahorse.common.side_by_side import MOST, side_by_side
from teahorse.common.statements import looked_up
from teahorse.ledger import actions as ledger
from teahorse.ledger.rules import Entry, lines
from teahorse.settlement import accounts
from teahorse.settlement.actions.reconciling import UNBOOKABLE

BATCH = 10_000
MATURED = """
    with due as materialized (
        select id, seller_id, county_id, matures_at, amount_fen from settlement_earning earning
         where state = 'maturing' and matures_at <= %(now)s
           and not exists (select from aftersales_aftersalecase disputed
                            where disputed.order_id = earning.order_id and disputed.state <> all(%(ended)s))
           and not exists (select from settlement_difference unbooked join settlement_sale sale on sale.number = unbooked.subject
                            where unbooked.kind = %(unbookable)s and unbooked.state <> 'gone' and sale.order_id = earning.order_id)
         order by matures_at, id
         limit %(limit)s
           for update skip locked
    ), of_a_day as materialized (
        select gen_random_uuid() as key, seller_id, county_id, matures_at, sum(amount_fen)::bigint as fen, count(*) as earnings
          from due group by seller_id, county_id, matures_at
    ), moved as (
        update settlement_earning earning set state = 'payable', matured_in = of_a_day.key
          from due join of_a_day using (seller_id, county_id, matures_at) where earning.id = due.id
    )
    select key, seller_id, county_id, matures_at, fen, earnings from of_a_day order by key
"""


def mature_earnings(*, now: datetime) -> int:
    """
    Move all earnings whose return window is over to what is payable; return how many. Harmless twice.

    What matures of one seller on one day is one entry; ``matured_in`` of each earning says which.
    What somebody disputes waits, and what is of an order that cannot be booked: something may lessen it.
    """
    matured = _mature_some(now=now, limit=BATCH)
    if matured == BATCH:  # a busy day's: each of several takes those that the others have not taken
        matured += sum(side_by_side(lambda _: _mature_all(now), range(MOST)))
    return matured


def _mature_all(now: datetime) -> int:
    matured = 0
    while moved := _mature_some(now=now, limit=BATCH):
        matured += moved
    return matured


@uncollected()
@transaction.atomic
def _mature_some(*, now: datetime, limit: int) -> int:
    ended = [state.value for state in AfterSaleCase.ENDED]
    rows = looked_up(MATURED, {"now": now, "ended": ended, "unbookable": UNBOOKABLE, "limit": limit}, in_binary=True)
    entries = []
    for key, seller_id, county_id, matures_at, fen, _ in rows:
        earned, payable = (accounts.of_seller(purpose, seller_id, county_id) for purpose in ("earned", "payable"))
        if fen:  # what is sold and what goes back may come to nothing
            entries.append(Entry(accounts.EARNING_MATURED, key, matures_at, lines((earned, fen), (payable, -fen))))
    ledger.post(entries=entries, now=now)
    return sum(earnings for *_, earnings in rows)
