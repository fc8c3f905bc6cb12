"""Fees that organisations have got, and the rules by which they are taken."""

from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from uuid import UUID

from django.db.models import F, Q, QuerySet

from teahorse.common.statements import array, looked_up
from teahorse.ledger.models import JournalEntry, LedgerAccount, Posting
from teahorse.people.models import Organisation
from teahorse.settlement import accounts, rules
from teahorse.settlement.models import (
    FeeRule,
    Sale,
)
from teahorse.settlement.queries.orders import orders_of_keys

FEES = """
    with sums as (
        select owner_id, split_part(purpose, ':', 2) as kind, -balance_fen as stands_fen, 0::bigint as waits_fen
          from ledger_ledgeraccount
         where owner_id = any(%(owners)s::uuid[]) and purpose like 'fees:%%' and balance_fen <> 0
        union all
        -- what an order's own earning waits for its fees wait for too, and for a provider that holds them until it has shared them out;
        -- those who wait are looked for among what came to these accounts since the oldest that waits, not in everybody's orders
        select fee.beneficiary_id, fee.kind, 0, fee.amount_fen - fee.reversed_fen
          from (select earning.order_id
                  from ledger_ledgeraccount account
                  join ledger_posting posting on posting.account_id = account.id
                  join ledger_journalentry entry on entry.id = posting.entry_id and entry.kind = %(closed)s
                  join settlement_earning earning on earning.order_id = entry.source_id
                  join settlement_maturity maturity on maturity.id = earning.maturity_id and maturity.state = 'maturing'
                 where account.owner_id = any(%(owners)s::uuid[]) and account.purpose like 'fees:%%' and account.balance_fen < 0
                   and posting.occurred_at >= (select min(matures_at) - %(window)s from settlement_maturity where state = 'maturing')
                union
                select earning.order_id
                  from (select id from settlement_maturity where state = 'payable' and payout_id is null and provider <> ''
                         union all
                        select matured.id from settlement_payout payout join settlement_maturity matured on matured.payout_id = payout.id
                         where payout.state in ('draft', 'approved', 'sent') and payout.provider <> '') maturity
                  join settlement_earning earning on earning.maturity_id = maturity.id) waiting
          join settlement_feeline fee on fee.sale_id = waiting.order_id and fee.beneficiary_id = any(%(owners)s::uuid[])
    )
    select owner_id, kind, sum(stands_fen)::bigint, sum(waits_fen)::bigint from sums group by owner_id, kind order by owner_id, kind
"""


LONGEST_WAIT = timedelta(days=rules.RETURN_DAYS + 1)
"""From when a buyer has her goods until what is earned by it matures."""


@dataclass(frozen=True)
class FeesOf:
    """What an organisation has got as fees and not collected: ``kinds`` by kind is to be had now, ``waiting_fen`` not yet."""

    beneficiary: Organisation
    kinds: list[tuple[str, int]]
    waiting_fen: int

    @property
    def amount_fen(self) -> int:
        """All kinds together; less than nothing where refunds took back what was collected before."""
        return sum(fen for _, fen in self.kinds)


def who_gets_fees(payee_ids: Collection[UUID]) -> QuerySet[Organisation]:
    """
    Return those of some organisations for whom fees stand, or stand against them, in the order of their keys.

    A region's centre is the house: its fees are where they belong.
    """
    standing = LedgerAccount.objects.filter(owner_id__in=payee_ids, purpose__startswith="fees:").exclude(balance_fen=0)
    found = Organisation.objects.filter(pk__in=standing.values("owner_id"))
    return found.exclude(kind=Organisation.Kind.REGION_CENTRE).order_by("pk")


def fees_to_collect(beneficiary_ids: Collection[UUID]) -> list[FeesOf]:
    """Return what of fees stands for those of some organisations who get any (:func:`who_gets_fees`), in their order."""
    getting = list(who_gets_fees(beneficiary_ids))
    kinds: dict[UUID, list[tuple[str, int]]] = defaultdict(list)
    waiting: dict[UUID, int] = defaultdict(int)
    asked = {"owners": array(one.pk for one in getting), "closed": accounts.ORDER_CLOSED, "window": LONGEST_WAIT}
    for owner, kind, stands_fen, waits_fen in looked_up(FEES, asked):
        # an order of several parts may wait with a part of its fees already gone to her: what waits is never more than stands
        waits = min(waits_fen, max(stands_fen, 0))
        waiting[owner] += waits
        if stands_fen != waits:
            kinds[owner].append((kind, stands_fen - waits))
    return [FeesOf(one, kinds[one.pk], waiting[one.pk]) for one in getting]


def fee_postings_of(beneficiary_id: UUID) -> QuerySet[Posting]:
    """Return everything that moved an organisation's accounts of fees, the newest first; credits, which are negative, are hers."""
    hers = Posting.objects.filter(account__owner_id=beneficiary_id, account__purpose__startswith="fees:")
    return hers.select_related("entry", "account").order_by("-occurred_at", "-entry_id", "position")


def sales_of_entries(entries: Iterable[JournalEntry]) -> dict[UUID, Sale]:
    """Return the sales that entries are of, by the entries' keys; what is of no single sale is left out."""
    sources = {entry.pk: entry.source_id for entry in entries}
    orders = orders_of_keys(set(sources.values()))
    sales = Sale.objects.in_bulk({orders.get(source, source) for source in sources.values()})
    found = {key: sales.get(orders.get(source, source)) for key, source in sources.items()}
    return {key: sale for key, sale in found.items() if sale is not None}


def fee_rules_of(sellers: QuerySet[Organisation]) -> QuerySet[FeeRule]:
    """Return the fee rules that are for some sellers or their counties, or for everybody."""
    for_them = Q(seller=None) | Q(seller__in=sellers.values("pk"))
    there = Q(county_id=None) | Q(county_id__in=sellers.values("county_id"))
    return FeeRule.objects.filter(for_them, there)


def fee_rules_in_order(sellers: QuerySet[Organisation], *, day: date, seller: Organisation | None = None) -> list[FeeRule]:
    """
    Return the fee rules of some sellers that hold on a day or later, kind by kind; of a kind the first one that fits an order holds.

    For one seller only those that could hold for her.
    """
    living = fee_rules_of(sellers).filter(Q(until_date=None) | Q(until_date__gt=day)).exclude(until_date=F("since_date"))
    rows = {row.pk: row for row in living.select_related("seller").order_by("pk")}
    found = rules.in_order(row.terms for row in rows.values())
    if seller is not None:
        key, county, kind = seller.pk, seller.county_id, seller.kind
        found = [rule for rule in found if rules.may_hold_for(rule, seller=key, county=county, seller_kind=kind)]
    return [rows[rule.id] for rule in found]


def ended_fee_rules(sellers: QuerySet[Organisation], *, day: date) -> QuerySet[FeeRule]:
    """Return the fee rules of some sellers that hold no more, the last one first."""
    return fee_rules_of(sellers).filter(until_date__lte=day).select_related("seller").order_by("-until_date", "pk")
