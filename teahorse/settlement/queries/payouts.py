"""What is to be paid out, what is under way, what providers refuse, and what reached the bank."""

from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from uuid import UUID

from django.db.models import F, OuterRef, QuerySet, Subquery, Sum
from django.db.models.functions import Coalesce

from teahorse.common.statements import looked_up
from teahorse.ledger import queries as books
from teahorse.payments.models import Refund, Sharing
from teahorse.people.models import Organisation
from teahorse.settlement.models import (
    Earning,
    Maturity,
    Payout,
    PayoutAccount,
    Sale,
    Transfer,
)


@dataclass(frozen=True)
class ToPay:
    """What is matured for a seller at one place and claimed by no payout; ``provider`` has it, or the house (nothing)."""

    seller: Organisation
    amount_fen: int
    account: PayoutAccount | None
    provider: str = ""


def sellers_to_pay(seller_ids: Collection[UUID]) -> list[ToPay]:
    """Return the sellers with matured earnings that no payout has claimed, those who owe too, by name and by where the money stands."""
    waiting = Maturity.objects.filter(seller_id__in=seller_ids, state=Maturity.State.PAYABLE, payout=None)
    sums: dict[UUID, dict[str, int]] = defaultdict(dict)
    rows = waiting.values_list("seller_id", "provider").annotate(fen=Sum("amount_fen")).order_by("seller_id", "provider")
    for seller_id, provider, fen in rows:
        sums[seller_id][provider] = int(fen)
    told = {account.seller_id: account for account in PayoutAccount.objects.filter(seller__in=sums, until_at=None)}
    found = Organisation.objects.filter(pk__in=sums).order_by("name", "pk")
    return [
        ToPay(seller, fen, None if provider else told.get(seller.pk), provider)
        for seller in found
        for provider, fen in sums[seller.pk].items()
        if fen
    ]


def payouts_of(seller_ids: Iterable[UUID]) -> QuerySet[Payout]:
    """Return the payouts of sellers, the newest first."""
    return (
        Payout.objects.filter(seller__in=list(seller_ids)).select_related("seller", "account", "bank_file").order_by("-prepared_at", "-pk")
    )


ORDERS_OF_PAYOUT = """
    with recursive claimed (id) as (
        select %s::uuid
        union
        select earning.source_id from claimed
          join settlement_maturity matured on matured.payout_id = claimed.id
          join settlement_earning earning on earning.maturity_id = matured.id and earning.kind = 'returned'
    )
    select distinct earning.order_id
      from claimed
      join settlement_maturity matured on matured.payout_id = claimed.id
      join settlement_earning earning on earning.maturity_id = matured.id
     where earning.order_id is not null
     order by earning.order_id
"""


def orders_of_payout(payout_id: UUID) -> list[UUID]:
    """Return the orders whose earnings a payout claims, those of payouts that came back to it with them."""
    return [order_id for (order_id,) in looked_up(ORDERS_OF_PAYOUT, [payout_id])]


@dataclass(frozen=True)
class FailedSharing:
    """A part that a provider refused to share out, of which order and payout it is; ``trouble`` is what the provider said."""

    sharing: Sharing
    sale: Sale
    payout: Payout | None
    amount_fen: int
    trouble: str


def failed_sharings(seller_ids: Collection[UUID]) -> list[FailedSharing]:
    """
    Return what providers refused to share out for sellers, the oldest first; ``actions.retry_share`` asks once more.

    What was refunded whole meanwhile waits for nothing and is not among it.
    """
    back = Refund.objects.filter(split=OuterRef("split")).order_by().values("split").annotate(fen=Sum("amount_fen")).values("fen")
    refused = Sharing.objects.filter(state=Sharing.State.FAILED, split__payee_id__in=seller_ids)
    refused = refused.annotate(back_fen=Coalesce(Subquery(back), 0)).filter(back_fen__lt=F("split__amount_fen"))
    found = list(refused.select_related("split__payment").order_by("requested_at", "pk"))
    sales = Sale.objects.in_bulk([sharing.split.reference for sharing in found])
    earned = Earning.objects.filter(order_id__in=sales, maturity__payout__isnull=False).select_related("maturity__payout__seller")
    payouts = {(earning.order_id, earning.provider): earning.maturity.payout for earning in earned.order_by("earned_at", "pk")}
    return [
        FailedSharing(
            sharing=sharing,
            sale=sales[sharing.split.reference],
            payout=payouts.get((sharing.split.reference, sharing.split.payment.provider)),
            amount_fen=sharing.split.amount_fen,
            trouble=sharing.trouble,
        )
        for sharing in found
        if sharing.split.reference in sales
    ]


def transfers(*, organisation: Organisation | None = None) -> QuerySet[Transfer]:
    """Return what was moved to the house's bank account, or what a house has brought there, the newest first; what was undone too."""
    found = Transfer.objects.select_related("organisation", "claim__payer").order_by("-day", "-written_at", "-pk")
    return found if organisation is None else found.filter(organisation=organisation)


def house_at_providers() -> dict[str, int]:
    """Return what of the house's money stands at each provider (cash: in the counters' boxes), and at the bank as ``bank``."""
    found = books.balances(owner_id=None)
    stands = {purpose.removeprefix("at_provider:"): fen for purpose, fen in found.items() if purpose.startswith("at_provider:") and fen}
    return {**stands, "bank": found.get("bank", 0)}
