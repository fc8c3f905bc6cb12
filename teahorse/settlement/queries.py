"""Questions about money of orders, sellers and payouts; nothing is changed."""

from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from django.db.models import Count, F, OuterRef, Q, QuerySet, Subquery, Sum
from django.db.models.functions import Coalesce

from teahorse.common.statements import array, looked_up
from teahorse.ledger import queries as books
from teahorse.ledger.models import JournalEntry, Posting
from teahorse.orders.models import SellerOrder
from teahorse.payments.models import PaymentSplit, Refund, ShareReturn, Sharing
from teahorse.people.models import Organisation
from teahorse.settlement import accounts, rules
from teahorse.settlement.models import (
    Comparison,
    Difference,
    Division,
    Earning,
    FeeLine,
    FeeRule,
    Payout,
    PayoutAccount,
    Sale,
    SubSeller,
    SubsidyLine,
    Transfer,
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
    order: SellerOrder
    """What was agreed, with what sending costs and who bears it."""
    freight_payer: str
    """Who bears the freight's subsidy, by name."""


def money_of_order(order_id: UUID) -> MoneyOfOrder | None:
    """Return everything that is booked of one seller order's money, or nothing where none has come yet."""
    sale = Sale.objects.filter(pk=order_id).first()
    if sale is None:
        return None
    splits = list(PaymentSplit.objects.filter(reference=order_id).values_list("pk", flat=True))
    refunds = list(Refund.objects.filter(split__in=splits).values_list("pk", flat=True))
    earnings = list(Earning.objects.filter(order_id=order_id).select_related("payout").order_by("earned_at", "pk"))
    payouts = {earning.payout_id for earning in earnings if earning.payout_id is not None}
    sources = {
        accounts.PAYMENT_TAKEN: splits,
        accounts.DISCOUNTS_GRANTED: [order_id],
        accounts.ORDER_CLOSED: [order_id],
        accounts.BALANCE_EARNED: splits,
        accounts.REFUND_DECIDED: refunds,
        accounts.REFUND_ARRIVED: refunds,
        accounts.SHARED_OUT: list(Sharing.objects.filter(split__in=splits).values_list("pk", flat=True)),
        accounts.SHARE_CAME_BACK: list(ShareReturn.objects.filter(refund__in=refunds).values_list("pk", flat=True)),
        accounts.EARNING_MATURED: sorted({earning.matured_in for earning in earnings if earning.matured_in is not None}),
        **dict.fromkeys((accounts.PAYOUT_APPROVED, accounts.PAYOUT_PAID, accounts.PAYOUT_RETURNED), sorted(payouts)),
    }
    entries = books.entries_of((kind, key) for kind, keys in sources.items() for key in keys)
    fees = FeeLine.objects.filter(sale=sale).select_related("rule").order_by("pk")
    order = SellerOrder.objects.get(pk=order_id)
    payer = Organisation.objects.filter(pk=order.freight_payer_id).first() if order.freight_payer_id else None
    return MoneyOfOrder(
        sale=sale,
        fees=list(fees),
        steps=_steps(entries, _of_order(earnings)),
        earnings=earnings,
        subsidies=list(SubsidyLine.objects.filter(sale=sale).order_by("pk")),
        order=order,
        freight_payer=str(payer or ""),
    )


def _of_order(earnings: list[Earning]) -> dict[UUID, int]:
    """Return what of the facts that are of many orders is this one's, by what is their source."""
    found: dict[UUID, int] = defaultdict(int)
    for earning in earnings:
        for source in (earning.matured_in, earning.payout_id):
            if source is not None:
                found[source] += earning.amount_fen
    return found


def _steps(entries: list[JournalEntry], of_order: dict[UUID, int]) -> list[Step]:
    postings = {entry.pk: sorted(entry.postings.all(), key=lambda one: one.position) for entry in entries}
    owners = {one.account.owner_id for parts in postings.values() for one in parts}
    names = {owner.pk: owner for owner in Organisation.objects.filter(pk__in=[key for key in owners if key])}
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
                    owner=str(names.get(one.account.owner_id, "")) if one.account.owner_id else "",
                    amount_fen=one.amount_fen if _is_kept_for_us(one.account.purpose) else -one.amount_fen,
                )
                for one in postings[entry.pk]
            ],
            number=entry.memo if entry.kind.startswith("payout") else "",
            of_order_fen=of_order.get(entry.source_id),
        )
        for entry in entries
    ]


def _is_kept_for_us(purpose: str) -> bool:
    """Whether more on the debit is more for the house: money somewhere, or owed to it."""
    return purpose == "bank" or purpose.startswith("at_provider")


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
    found = Earning.objects.filter(is_open, seller_id=seller_id).exclude(provider="")
    sums = found.values_list("provider").annotate(fen=Sum("amount_fen")).order_by("provider")
    return [(provider, int(fen)) for provider, fen in sums if fen]


def sale_of_seller(*, seller_id: UUID, order_id: UUID) -> Sale | None:
    """Return a sale if it is this seller's."""
    return Sale.objects.filter(pk=order_id, seller_id=seller_id).first()


@dataclass(frozen=True)
class ToPay:
    """What is matured for a seller at one place and claimed by no payout; ``provider`` has it, or the house (nothing)."""

    seller: Organisation
    amount_fen: int
    account: PayoutAccount | None
    provider: str = ""


def sellers_to_pay(seller_ids: Collection[UUID]) -> list[ToPay]:
    """Return the sellers with matured earnings that no payout has claimed, those who owe too, by name and by where the money stands."""
    waiting = Earning.objects.filter(seller_id__in=seller_ids, state=Earning.State.PAYABLE, payout=None)
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


FEES = """
    with sums as (
        select owner_id, split_part(purpose, ':', 2) as kind, -balance_fen as stands_fen, 0::bigint as waits_fen
          from ledger_ledgeraccount
         where owner_id = any(%(owners)s::uuid[]) and purpose like 'fees:%%' and balance_fen <> 0
        union all
        -- what an order's own earning waits for its fees wait for too, and for a provider that holds them until it has shared them out
        select fee.beneficiary_id, fee.kind, 0, fee.amount_fen - fee.reversed_fen
          from (select order_id from settlement_earning where state = 'maturing'
                union
                select order_id from settlement_earning where state = 'payable' and payout_id is null and provider <> ''
                union
                select earning.order_id from settlement_payout payout join settlement_earning earning on earning.payout_id = payout.id
                 where payout.state in ('draft', 'approved', 'sent') and payout.provider <> '') waiting
          join settlement_feeline fee on fee.sale_id = waiting.order_id and fee.beneficiary_id = any(%(owners)s::uuid[])
    )
    select owner_id, kind, sum(stands_fen)::bigint, sum(waits_fen)::bigint from sums group by owner_id, kind order by owner_id, kind
"""


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


def fees_to_collect(beneficiary_ids: Collection[UUID]) -> list[FeesOf]:
    """
    Return what of fees stands for organisations, those without any left out, in the order of their keys.

    A region's centre is the house: its fees are where they belong.
    """
    kinds: dict[UUID, list[tuple[str, int]]] = defaultdict(list)
    waiting: dict[UUID, int] = defaultdict(int)
    for owner, kind, stands_fen, waits_fen in looked_up(FEES, {"owners": array(beneficiary_ids)}):
        # an order of several parts may wait with a part of its fees already gone to her: what waits is never more than stands
        waits = min(waits_fen, max(stands_fen, 0))
        waiting[owner] += waits
        if stands_fen != waits:
            kinds[owner].append((kind, stands_fen - waits))
    found = Organisation.objects.filter(pk__in=waiting).exclude(kind=Organisation.Kind.REGION_CENTRE).order_by("pk")
    return [FeesOf(one, kinds[one.pk], waiting[one.pk]) for one in found if kinds[one.pk] or waiting[one.pk]]


def fee_postings_of(beneficiary_id: UUID) -> QuerySet[Posting]:
    """Return everything that moved an organisation's accounts of fees, the newest first; credits, which are negative, are hers."""
    hers = Posting.objects.filter(account__owner_id=beneficiary_id, account__purpose__startswith="fees:")
    return hers.select_related("entry", "account").order_by("-occurred_at", "-entry_id", "position")


def sales_of_entries(entries: Iterable[JournalEntry]) -> dict[UUID, Sale]:
    """Return the sales that entries about fees are of, by the entries' keys; what is of no single sale is left out."""
    found = list(entries)
    sources: dict[str, list[UUID]] = defaultdict(list)
    for entry in found:
        sources[entry.kind].append(entry.source_id)
    orders = {key: key for key in sources[accounts.ORDER_CLOSED]}
    orders |= dict(Refund.objects.filter(pk__in=sources[accounts.REFUND_DECIDED]).values_list("pk", "split__reference"))
    orders |= dict(Sharing.objects.filter(pk__in=sources[accounts.SHARED_OUT]).values_list("pk", "split__reference"))
    back = ShareReturn.objects.filter(pk__in=sources[accounts.SHARE_CAME_BACK])
    orders |= dict(back.values_list("pk", "refund__split__reference"))
    sales = Sale.objects.in_bulk(orders.values())
    return {entry.pk: sales[orders[entry.source_id]] for entry in found if orders.get(entry.source_id) in sales}


def transfers(*, organisation: Organisation | None = None) -> QuerySet[Transfer]:
    """Return what was moved to the house's bank account, or what a house has brought there, the newest first; what was undone too."""
    found = Transfer.objects.select_related("organisation").order_by("-day", "-written_at", "-pk")
    return found if organisation is None else found.filter(organisation=organisation)


def house_at_providers() -> dict[str, int]:
    """Return what of the house's money stands at each provider (cash: in the counters' boxes), and at the bank as ``bank``."""
    found = books.balances(owner_id=None)
    stands = {purpose.removeprefix("at_provider:"): fen for purpose, fen in found.items() if purpose.startswith("at_provider:") and fen}
    return {**stands, "bank": found.get("bank", 0)}


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
          join settlement_earning earning on earning.payout_id = claimed.id and earning.kind = 'returned'
    )
    select distinct earning.order_id from claimed join settlement_earning earning on earning.payout_id = claimed.id
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
    earned = Earning.objects.filter(order_id__in=sales, payout__isnull=False).select_related("payout").order_by("earned_at", "pk")
    payouts = {(earning.order_id, earning.provider): earning.payout for earning in earned}
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


def open_differences(*, owner_ids: Collection[UUID], is_house: bool) -> QuerySet[Difference]:
    """Return the differences that organisations have to look at, the most urgent first; the house's too where asked."""
    whose = Q(owner_id__in=owner_ids)
    if is_house:
        whose |= Q(owner_id=None)
    return Difference.objects.filter(whose, state=Difference.State.OPEN).order_by("due_at", "pk")


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


def payout_accounts_of(seller_id: UUID) -> list[PayoutAccount]:
    """Return where a seller's money goes and went, the present account first."""
    return list(PayoutAccount.objects.filter(seller=seller_id).order_by("-since_at", "-pk"))


def last_comparison() -> Comparison | None:
    """Return the comparing of the books that is under way, else the last one."""
    return Comparison.objects.order_by("-asked_at", "-pk").first()


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
