"""What a seller sold, has coming and told: her months, accounts and households."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from django.db.models import Count, F, Q, QuerySet, Sum

from teahorse.ledger import queries as books
from teahorse.settlement.models import (
    Division,
    FeeLine,
    Maturity,
    Payout,
    PayoutAccount,
    Sale,
    SubSeller,
)


@dataclass(frozen=True)
class Month:
    """
    A seller's money over a half-open window, by the day of payment: sold - returned - fees = left.

    ``fees`` are what stands of each kind; ``paid_fen`` is what was paid out in the window.
    """

    sold_fen: int
    returned_fen: int
    fees: list[tuple[str, int]]
    left_fen: int
    paid_fen: int
    count: int

    @property
    def fees_fen(self) -> int:
        """All fees together."""
        return sum(fen for _, fen in self.fees)


def month_of_seller(*, seller_id: UUID, starts_at: datetime, ends_at: datetime) -> Month:
    """Return what a seller sold in a window, and what became of it until now."""
    sales = Sale.objects.filter(seller_id=seller_id, frozen_at__gte=starts_at, frozen_at__lt=ends_at)
    sums = sales.aggregate(
        sold=Sum(F("paid_fen") + F("subsidy_fen"), default=0),
        returned=Sum(F("refunded_fen") + F("subsidy_back_fen"), default=0),
        count=Count("pk"),
    )
    lines = FeeLine.objects.filter(sale__in=sales).values("kind").annotate(fen=Sum(F("amount_fen") - F("reversed_fen"))).order_by("kind")
    fees = [(row["kind"], int(row["fen"])) for row in lines if row["fen"]]
    paid = Payout.objects.filter(seller=seller_id, state=Payout.State.PAID, ended_at__gte=starts_at, ended_at__lt=ends_at)
    sold, returned = int(sums["sold"]), int(sums["returned"])
    return Month(
        sold_fen=sold,
        returned_fen=returned,
        fees=fees,
        left_fen=sold - returned - sum(fen for _, fen in fees),
        paid_fen=int(paid.aggregate(fen=Sum("amount_fen", default=0))["fen"]),
        count=int(sums["count"]),
    )


def sales_of_seller(*, seller_id: UUID, starts_at: datetime, ends_at: datetime) -> QuerySet[Sale]:
    """Return a seller's sales by the day of payment, the newest first."""
    return Sale.objects.filter(seller_id=seller_id, frozen_at__gte=starts_at, frozen_at__lt=ends_at).order_by("-frozen_at", "pk")


def standing_of_seller(seller_id: UUID) -> dict[str, int]:
    """Return what is still to come for a seller: ``held``, ``earned``, ``payable``, ``in_payout``; negative where she owes it."""
    found = books.balances(owner_id=seller_id)
    return {purpose: -found.get(purpose, 0) for purpose in ("held", "earned", "payable", "in_payout")}


def collected_by_seller(seller_id: UUID) -> list[tuple[str, int]]:
    """Return what of what is to come for a seller stands at providers where she collects, by provider, fees taken off."""
    is_open = Q(payout=None) | Q(payout__state__in=(Payout.State.DRAFT, *Payout.ON_ITS_WAY))
    found = Maturity.objects.filter(is_open, seller_id=seller_id).exclude(provider="")
    sums = found.values_list("provider").annotate(fen=Sum("amount_fen")).order_by("provider")
    return [(provider, int(fen)) for provider, fen in sums if fen]


def sale_of_seller(*, seller_id: UUID, order_id: UUID) -> Sale | None:
    """Return a sale if it is this seller's."""
    return Sale.objects.filter(pk=order_id, seller_id=seller_id).first()


def payout_accounts_of(seller_id: UUID) -> list[PayoutAccount]:
    """Return where a seller's money goes and went, the present account first."""
    return list(PayoutAccount.objects.filter(seller=seller_id).order_by("-since_at", "-pk"))


def sub_sellers_of(seller_id: UUID) -> QuerySet[SubSeller]:
    """Return the households that a seller buys from, by name; not those that have left."""
    return SubSeller.objects.filter(seller=seller_id, left_at=None).order_by("name", "pk")


def divisions_of(*, seller_id: UUID, product_id: UUID) -> list[Division]:
    """Return a product's divisions with their shares; of those up to a day the first one holds on it."""
    found = Division.objects.filter(seller=seller_id, product_id=product_id).prefetch_related("shares__sub_seller")
    return list(found.order_by("-since_date", "-written_at", "-pk"))


def divisions_on(*, seller_id: UUID, day: date, product_ids: Collection[UUID]) -> dict[UUID, Division]:
    """Return the division of each product that holds on a day, with its shares."""
    begun = Division.objects.filter(seller=seller_id, product_id__in=product_ids, since_date__lte=day)
    held = begun.order_by("product_id", "-since_date", "-written_at", "-pk").distinct("product_id")
    return {one.product_id: one for one in held.prefetch_related("shares__sub_seller")}
