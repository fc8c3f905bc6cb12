"""What sellers have earned matures when the return window is over."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import transaction

from teahorse.aftersales.models import AfterSaleCase
from teahorse.common.ids import new_id
from teahorse.common.side_by_side import side_by_side
from teahorse.common.statements import array, asked, looked_up
from teahorse.ledger import actions as ledger
from teahorse.ledger.rules import Entry, lines
from teahorse.settlement import accounts
from teahorse.settlement.actions.reconciling import UNBOOKABLE
from teahorse.settlement.models import Maturity

BATCH = 200
LOCK_DUE = """
    select id, county_id, seller_id, provider, matures_at, amount_fen from settlement_maturity
     where id = any(%s::uuid[]) and state = 'maturing' order by id for update skip locked
"""
# from the side of what is disputed, which is little: a day's earnings are many
HELD_UP = """
    with disputed as materialized (
        select order_id from aftersales_aftersalecase where state <> all(%(ended)s)
        union
        select sale.order_id from settlement_difference unbooked join settlement_sale sale on sale.number = unbooked.subject
         where unbooked.kind = %(unbookable)s and unbooked.state <> 'gone'
    ), held_up as (
        select earning.maturity_id, sum(earning.amount_fen)::bigint as fen, count(*) as earnings, array_agg(earning.id)::text as ids
          from disputed join settlement_earning earning on earning.order_id = disputed.order_id
         where earning.maturity_id = any(%(due)s::uuid[])
         group by earning.maturity_id
    )
    select maturity_id, fen, ids, earnings = (select count(*) from settlement_earning where maturity_id = held_up.maturity_id) as is_all
      from held_up
"""
MOVE_ON = """
    update settlement_earning earning set maturity_id = later.id
      from (select id, unnest(earnings::uuid[]) as earning from unnest(%s::uuid[], %b::text[]) as moving (id, earnings)) later
     where earning.id = later.earning
"""
MATURE = """
    update settlement_maturity maturity set state = 'payable', amount_fen = matured.fen
      from unnest(%s::uuid[], %s::bigint[]) as matured (id, fen)
     where maturity.id = matured.id
"""


@dataclass(slots=True)
class _Due:
    """What is due, locked; and what of it does not mature, because somebody disputes it or it cannot be booked."""

    id: UUID
    county_id: UUID
    seller_id: UUID
    provider: str
    matures_at: datetime
    amount_fen: int
    held_up_fen: int = 0
    held_up: str = ""
    """Which of its earnings, as the text of an array."""
    is_all_held_up: bool = False

    @property
    def matured_fen(self) -> int:
        return self.amount_fen - self.held_up_fen

    def rest(self) -> Maturity:
        """Return what goes on maturing, not written yet."""
        return Maturity(
            id=new_id(),
            county_id=self.county_id,
            seller_id=self.seller_id,
            provider=self.provider,
            matures_at=self.matures_at,
            amount_fen=self.held_up_fen,
        )


def mature_earnings(*, now: datetime) -> int:
    """
    Let be payable what sellers have earned and whose return window is over; return of how many days and places. Harmless twice.

    What of a seller matures on one day at one place is one entry in the books. What of it somebody disputes goes on maturing by
    itself, and what is of an order that cannot be booked: something may lessen it. What somebody else has in hand is left to the next time.
    """
    due = Maturity.objects.filter(state=Maturity.State.MATURING, matures_at__lte=now).order_by("pk")
    keys = list(due.values_list("pk", flat=True))
    return sum(side_by_side(lambda batch: _mature(batch, now), [keys[start : start + BATCH] for start in range(0, len(keys), BATCH)]))


@transaction.atomic
def _mature(keys: Sequence[UUID], now: datetime) -> int:
    maturing = [one for one in _locked(keys) if not one.is_all_held_up]
    split = [(one, one.rest()) for one in maturing if one.held_up]
    # those that move on first: while theirs still matures, and before its sum is weighed
    looked_up(MOVE_ON, [array(rest.pk for _, rest in split), [one.held_up for one, _ in split]])
    looked_up(MATURE, [array(one.id for one in maturing), array(one.matured_fen for one in maturing)])
    Maturity.objects.bulk_create([rest for _, rest in split])  # of one moment only one is maturing
    ledger.post(entries=[_entry(one) for one in maturing if one.matured_fen], now=now)  # what is sold and goes back may come to nothing
    return len(maturing)


def _locked(keys: Sequence[UUID]) -> list[_Due]:
    """Lock what is due and not in anybody's hands, and see what holds it up: in that order, so that what was booked before is seen."""
    due = {row[0]: _Due(*row) for row in looked_up(LOCK_DUE, [array(keys)], in_binary=True)}
    ended = [state.value for state in AfterSaleCase.ENDED]
    held_up = asked(HELD_UP, {"ended": ended, "unbookable": UNBOOKABLE, "due": array(due)}, in_binary=True)
    for key, fen, earnings, is_all in held_up():
        due[key].held_up_fen, due[key].held_up, due[key].is_all_held_up = fen, earnings, is_all
    return list(due.values())


def _entry(one: _Due) -> Entry:
    earned, payable = (accounts.of_seller(purpose, one.seller_id, one.county_id) for purpose in ("earned", "payable"))
    return Entry(accounts.EARNING_MATURED, one.id, one.matures_at, lines((earned, one.matured_fen), (payable, -one.matured_fen)))
