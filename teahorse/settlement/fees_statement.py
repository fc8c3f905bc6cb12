"""
What somebody got as fees of others' sales in a window, as the books say it: of which sale, by which rule, taken back, paid, to come.

It reads her accounts of fees and, as fees reach her by ordinary payouts, those on which a payout stands. A seller has these in her
own statement: what of her fees is handed over stands there, and is here the end of the way.
"""

from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from teahorse.common.statements import array, looked_up
from teahorse.ledger.rules import account_id
from teahorse.people.models import Organisation
from teahorse.settlement import accounts
from teahorse.settlement.models import FeeRule, Sale
from teahorse.settlement.statement import BALANCES, Statement, fee_sums, frozen_fees, paid_out

ON_ITS_WAY = ("payable", "in_payout")
FEES = "fees:"
GOT = """
    with facts as (
        select entry.id, regexp_replace(entry.kind, ' reversed$', '') as kind, entry.source_id, posting.occurred_at,
               case when account.purpose like 'fees:%%' then account.purpose else '' end as purpose, -sum(posting.amount_fen)::bigint as fen
          from ledger_posting posting
          join ledger_journalentry entry on entry.id = posting.entry_id
          join ledger_ledgeraccount account on account.id = posting.account_id
         where posting.account_id = any(%(own)s::uuid[]) and posting.occurred_at >= %(starts)s and posting.occurred_at < %(ends)s
         group by entry.id, posting.occurred_at, 5
    )
    select facts.kind, facts.source_id, facts.occurred_at, facts.purpose, facts.fen,
           case when facts.kind = 'order closed' then facts.source_id else split.reference end
      from facts
      left join payments_sharereturn back on facts.kind = 'share came back' and back.id = facts.source_id
      left join payments_refund refund on facts.kind in ('refund decided', 'share came back')
           and refund.id = coalesce(back.refund_id, facts.source_id)
      left join payments_sharing sharing on facts.kind = 'shared out' and sharing.id = facts.source_id
      left join payments_paymentsplit split on split.id = coalesce(refund.split_id, sharing.split_id)
     where facts.fen <> 0
     order by facts.occurred_at, facts.id, facts.purpose
"""
PARTS = {
    accounts.ORDER_CLOSED: "got",
    accounts.REFUND_DECIDED: "back",
    accounts.SHARED_OUT: "shared",
    accounts.SHARE_CAME_BACK: "shared",
    accounts.FEES_COLLECTED: "handed",
}
PAYOUTS = (accounts.PAYOUT_PAID, accounts.PAYOUT_RETURNED)


@dataclass(frozen=True, slots=True)
class FeeOfSale:
    """One fee of one sale in the window: what was got, and what of it went back with refunds."""

    number: str
    kind: str
    rule: FeeRule | None
    got_fen: int
    back_fen: int

    @property
    def left_fen(self) -> int:
        """What of it stands."""
        return self.got_fen - self.back_fen


@dataclass(frozen=True, kw_only=True)
class StatementOfFees(Statement):
    """
    Fees that somebody got: got - back - shared - handed + other is what the window brought her to be paid.

    ``shared_fen`` reached her at once by the provider that holds the sale's money; ``handed_fen`` stands in her statement as a seller.
    """

    got_fen: int
    back_fen: int
    shared_fen: int
    handed_fen: int
    sales: list[FeeOfSale]

    @property
    def parts(self) -> list[tuple[str, int]]:
        """What was got, less what went back and what reached her on other ways."""
        seldom = (("shared", -self.shared_fen), ("handed", -self.handed_fen), ("other", self.other_fen))
        return [("got", self.got_fen), ("back", -self.back_fen), *((name, fen) for name, fen in seldom if fen)]


def statement_of_fees(*, beneficiary: Organisation, starts_at: datetime, ends_at: datetime) -> StatementOfFees:
    """Return the statement of somebody who gets fees by when things happened; a fact that is booked late stands where it happened."""
    purposes = [f"{FEES}{kind}" for kind in FeeRule.Kind] + ([] if beneficiary.is_seller else list(ON_ITS_WAY))
    own = {account_id(purpose, beneficiary.pk): purpose for purpose in purposes}
    window = {"own": array(own), "starts": starts_at, "ends": ends_at}
    opening_fen, standing = 0, dict.fromkeys(("fees_waiting", *purposes[len(FeeRule.Kind) :]), 0)
    for account, opening, closing in looked_up(BALANCES, window):
        opening_fen -= opening
        standing["fees_waiting" if own[account].startswith(FEES) else own[account]] -= closing
    moved = looked_up(GOT, window)
    sums: dict[str, int] = defaultdict(int)
    of_sales: dict[tuple[UUID, str], dict[str, int]] = {}
    for kind, _, _, purpose, fen, order_id in moved:
        part = "paid" if kind in PAYOUTS else PARTS.get(kind, "other")
        sums[part] += fen
        if part in {"got", "back"} and order_id is not None:
            of_sales.setdefault((order_id, purpose.removeprefix(FEES)), defaultdict(int))[part] += fen
    frozen = frozen_fees(order_id for order_id, _ in of_sales)
    numbers = dict(Sale.objects.filter(pk__in={order_id for order_id, _ in of_sales}).values_list("pk", "number"))
    return StatementOfFees(
        seller=beneficiary,
        starts_at=starts_at,
        ends_at=ends_at,
        opening_fen=opening_fen,
        got_fen=sums["got"],
        back_fen=-sums["back"],
        shared_fen=-sums["shared"],
        # what moves between accounts that are all hers here comes to nothing
        handed_fen=-sums["handed"],
        other_fen=sums["other"],
        fees=fee_sums((kind, frozen.get((order_id, kind)), sum(parts.values())) for (order_id, kind), parts in of_sales.items()),
        paid=paid_out([(kind, source_id, at, -fen) for kind, source_id, at, _, fen, _ in moved if kind in PAYOUTS]),
        closing_fen=sum(standing.values()),
        standing=standing,
        sales=[
            FeeOfSale(numbers.get(order_id, ""), kind, line.rule if line else None, parts["got"], -parts["back"])
            for (order_id, kind), parts in of_sales.items()
            for line in [frozen.get((order_id, kind))]
        ],
    )
