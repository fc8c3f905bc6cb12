"""What budgets owe for the orders of which they bear a part, what of it can be claimed, and what was; nothing is changed."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from uuid import UUID

from django.db.models import QuerySet, Sum
from django.db.models.functions import Coalesce

from teahorse.common.statements import array, looked_up
from teahorse.common.times import HOME
from teahorse.ledger.models import LedgerAccount
from teahorse.people.models import Organisation
from teahorse.settlement.models import SubsidyClaim, SubsidyClaimLine

CLAIMABLE = """
    select line.bearer_id, line.id, (sale.closed_at at time zone 'Asia/Shanghai')::date,
           line.amount_fen - line.reversed_fen - coalesce(claimed.fen, 0), coalesce(claimed.fen, 0)
      from settlement_subsidyline line
      join settlement_sale sale on sale.order_id = line.sale_id
      left join (
          select part.subsidy_id, sum(part.amount_fen)::bigint as fen
            from settlement_subsidyclaim claim join settlement_subsidyclaimline part on part.claim_id = claim.id
           where claim.payer_id = any(%(payers)s::uuid[]) and not part.is_withdrawn
           group by part.subsidy_id
      ) claimed on claimed.subsidy_id = line.id
     where line.bearer_id = any(%(payers)s::uuid[])
       and line.amount_fen - line.reversed_fen <> coalesce(claimed.fen, 0)
       and (sale.closed_at < %(until)s or claimed.subsidy_id is not null)
     order by sale.closed_at, line.id
"""
"""Orders that buyers have had by a time and that were not claimed, and what refunds took back of claimed ones."""


@dataclass(frozen=True, slots=True)
class Claimable:
    """What of one subsidy can be claimed (negative: is taken off), with the order's last day and what was claimed before."""

    payer_id: UUID
    subsidy_id: UUID
    day: date
    amount_fen: int
    before_fen: int


def claimable(payer_ids: Collection[UUID], *, until_date: date) -> list[Claimable]:
    """Return what payers can be asked for: of orders that buyers have had by the end of a day, in that order, as they stand now."""
    until = datetime.combine(until_date + timedelta(days=1), time(), HOME)
    return [Claimable(*row) for row in looked_up(CLAIMABLE, {"payers": array(payer_ids), "until": until})]


@dataclass(frozen=True)
class Owing:
    """
    What a payer owes: ``waiting_fen`` for orders that buyers had not received by a day, ``to_claim_fen`` for those that they had
    (less than nothing where goods came back since), ``claimed_fen`` is claimed and has not come.
    """

    payer: Organisation
    waiting_fen: int
    to_claim_fen: int
    count: int
    claimed_fen: int


def owing(payers: QuerySet[Organisation], *, until_date: date) -> list[Owing]:
    """Return what of some organisations bears, or has borne, a part of others' orders, with what it owes, by name."""
    stands: dict[UUID, dict[str, int]] = {}
    held = LedgerAccount.objects.filter(purpose__in=("subsidy", "claimed"), owner_id__in=payers.values("pk"))
    for owner_id, purpose, fen in held.values_list("owner_id", "purpose", "balance_fen"):
        if owner_id is not None:
            stands.setdefault(owner_id, {})[purpose] = fen
    sums = {key: [0, 0] for key in stands}
    for one in claimable(list(stands), until_date=until_date) if stands else []:
        sums[one.payer_id][0] += one.amount_fen
        sums[one.payer_id][1] += 1
    return [
        Owing(
            payer=payer,
            waiting_fen=stands[payer.pk].get("subsidy", 0) - sums[payer.pk][0],
            to_claim_fen=sums[payer.pk][0],
            count=sums[payer.pk][1],
            claimed_fen=stands[payer.pk].get("claimed", 0),
        )
        for payer in payers.filter(pk__in=stands).order_by("name", "pk")
    ]


def claims_of(payers: QuerySet[Organisation]) -> QuerySet[SubsidyClaim]:
    """Return the claims of payers, the newest first."""
    return SubsidyClaim.objects.filter(payer__in=payers.values("pk")).select_related("payer", "house").order_by("-made_at", "-pk")


def lines_of_claim(claim: SubsidyClaim) -> QuerySet[SubsidyClaimLine]:
    """Return a claim's lines with their orders, what is taken off at the end."""
    return claim.lines.select_related("subsidy__sale").order_by("before_fen", "subsidy__sale__closed_at", "pk")


def claims_of_order(order_id: UUID) -> list[SubsidyClaimLine]:
    """Return what claims ask for of an order's subsidies, or take off, with the claim, the oldest first; withdrawn ones are left out."""
    lines = SubsidyClaimLine.objects.filter(subsidy__sale=order_id, is_withdrawn=False)
    return list(lines.select_related("subsidy", "claim__payer").order_by("claim__made_at", "subsidy__kind", "pk"))


@dataclass(frozen=True)
class ClaimSums:
    """A claim's sums: what is asked for by kind of subsidy, and (negative) what is taken off."""

    kinds: dict[str, int]
    taken_off_fen: int


def sums_of_claim(claim: SubsidyClaim) -> ClaimSums:
    """Return what a claim is the sum of."""
    asked = claim.lines.filter(amount_fen__gt=0).values_list("subsidy__kind").annotate(fen=Sum("amount_fen")).order_by("subsidy__kind")
    off = claim.lines.filter(amount_fen__lt=0).aggregate(fen=Coalesce(Sum("amount_fen"), 0))
    return ClaimSums({kind: int(fen) for kind, fen in asked}, int(off["fen"]))
