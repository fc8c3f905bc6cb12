"""What happened to one order's money, in the books."""

from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import Manager

from teahorse.common.translated import translated
from teahorse.ledger import queries as books
from teahorse.ledger.models import JournalEntry
from teahorse.orders import owing
from teahorse.orders.models import SellerOrder
from teahorse.payments.models import PaymentSplit, Refund, ShareReturn, Sharing
from teahorse.people.models import Organisation
from teahorse.settlement import accounts
from teahorse.settlement.claims import claims_of_order
from teahorse.settlement.models import (
    Earning,
    FeeLine,
    Sale,
    SubsidyClaimLine,
    SubsidyLine,
)


@dataclass(frozen=True)
class Change:
    """What one fact did to one account: more for its party where positive (money that a provider or bank holds: for the house)."""

    purpose: str
    owner_id: UUID | None
    owner: str
    amount_fen: int


@dataclass(frozen=True)
class Step:
    """
    One fact of an order's money in the books.

    What matures, and a payout, is of many orders: ``of_order_fen`` says how much of it is this one's, ``number`` which payout it was.
    """

    kind: str
    at: datetime
    booked_at: datetime
    amount_fen: int
    changes: list[Change]
    number: str = ""
    of_order_fen: int | None = None


@dataclass(frozen=True)
class MoneyOfOrder:
    """Everything that happened to one order's money, in the order in which it happened, and how it stands."""

    sale: Sale
    fees: list[FeeLine]
    steps: list[Step]
    earnings: list[Earning]
    subsidies: list[SubsidyLine]
    claims: list[SubsidyClaimLine]
    """What was claimed of those who bear its subsidies."""
    order: SellerOrder
    """What was agreed, with what sending costs and who bears it."""
    freight_payer: str
    """Who bears the freight's subsidy, by name."""


def money_of_order(order_id: UUID) -> MoneyOfOrder | None:
    """Return everything that is booked of one seller order's money, or nothing where none has come yet."""
    sale = Sale.objects.filter(pk=order_id).first()
    if sale is None:
        return None
    order = SellerOrder.objects.select_related("group").get(pk=order_id)
    parts = PaymentSplit.objects.filter(reference=order_id, payment__reference__in=owing.references_of(order.group))
    splits = list(parts.values_list("pk", flat=True))
    refunds = list(Refund.objects.filter(split__in=splits).values_list("pk", flat=True))
    earnings = list(Earning.objects.filter(order_id=order_id).select_related("maturity__payout").order_by("earned_at", "pk"))
    matured = {earning.maturity_id for earning in earnings}
    payouts = {earning.maturity.payout_id for earning in earnings if earning.maturity.payout_id is not None}
    sources = {
        accounts.PAYMENT_TAKEN: splits,
        accounts.DISCOUNTS_GRANTED: [order_id],
        accounts.ORDER_CLOSED: [order_id],
        accounts.BALANCE_EARNED: splits,
        accounts.REFUND_DECIDED: refunds,
        accounts.REFUND_ARRIVED: refunds,
        accounts.SHARED_OUT: list(Sharing.objects.filter(split__in=splits).values_list("pk", flat=True)),
        accounts.SHARE_CAME_BACK: list(ShareReturn.objects.filter(refund__in=refunds).values_list("pk", flat=True)),
        accounts.EARNING_MATURED: sorted(matured),
        **dict.fromkeys((accounts.PAYOUT_APPROVED, accounts.PAYOUT_PAID, accounts.PAYOUT_RETURNED), sorted(payouts)),
    }
    entries = books.entries_of((kind, key) for kind, keys in sources.items() for key in keys)
    fees = FeeLine.objects.filter(sale=sale).select_related("rule").order_by("pk")
    payer = Organisation.objects.filter(pk=order.freight_payer_id).first() if order.freight_payer_id else None
    return MoneyOfOrder(
        sale=sale,
        fees=list(fees),
        steps=_steps(entries, _of_order(earnings)),
        earnings=earnings,
        subsidies=list(SubsidyLine.objects.filter(sale=sale).order_by("pk")),
        claims=claims_of_order(order_id),
        order=order,
        freight_payer=translated(payer, "name") if payer else "",
    )


ORDER_OF: tuple[tuple[Manager[Any], str], ...] = (
    (PaymentSplit.objects, "reference"),
    (Refund.objects, "split__reference"),
    (Sharing.objects, "split__reference"),
    (ShareReturn.objects, "refund__split__reference"),
    (FeeLine.objects, "sale_id"),
)
"""What is of one order, and where that order's key stands. No key is of two of them."""


def orders_of_keys(keys: Collection[UUID]) -> dict[UUID, UUID]:
    """Return the order's key for each of some keys that is a payment's part's, a refund's, a sharing's, a returned share's or a fee's."""
    if not keys:
        return {}
    return {key: order_id for rows, path in ORDER_OF for key, order_id in rows.filter(pk__in=keys).values_list("pk", path)}


def _of_order(earnings: list[Earning]) -> dict[UUID, int]:
    """Return what of the facts that are of many orders is this one's, by what is their source."""
    found: dict[UUID, int] = defaultdict(int)
    for earning in earnings:
        for source in (earning.maturity_id, earning.maturity.payout_id):
            if source is not None:
                found[source] += earning.amount_fen
    return found


def _steps(entries: list[JournalEntry], of_order: dict[UUID, int]) -> list[Step]:
    postings = {entry.pk: sorted(entry.postings.all(), key=lambda one: one.position) for entry in entries}
    owners = {one.account.owner_id for parts in postings.values() for one in parts}
    found = Organisation.objects.filter(pk__in=[key for key in owners if key])
    names = {owner.pk: translated(owner, "name") for owner in found}
    return [
        Step(
            kind=entry.kind,
            at=entry.occurred_at,
            booked_at=entry.booked_at,
            amount_fen=sum(one.amount_fen for one in postings[entry.pk] if one.amount_fen > 0),
            changes=[
                Change(
                    purpose=one.account.purpose,
                    owner_id=one.account.owner_id,
                    owner=names.get(one.account.owner_id, "") if one.account.owner_id else "",
                    amount_fen=one.amount_fen if accounts.is_kept_for_us(one.account.purpose) else -one.amount_fen,
                )
                for one in postings[entry.pk]
            ],
            number=entry.memo if entry.kind.startswith("payout") else "",
            of_order_fen=of_order.get(entry.source_id),
        )
        for entry in entries
    ]
