"""
What happened to a seller's money in a window, as the books say it: what there was, sold, returned, fees and why, paid, still to come.

Each fact in the books moves something between the seller's accounts (what she will get: ``OWN``) and somebody else's. What came
from or went to others is all there is, so the parts add up with the books to the fen, whatever is booked.
"""

from abc import ABC, abstractmethod
from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from uuid import UUID

from teahorse.aftersales.models import CaseLine
from teahorse.catalog.models import Product
from teahorse.common.money import allot
from teahorse.common.statements import array, looked_up
from teahorse.ledger.rules import account_id
from teahorse.orders.models import OrderLine, SellerOrder
from teahorse.people.models import Organisation
from teahorse.settlement import accounts
from teahorse.settlement.models import Division, FeeLine, FeeRule, Payout, PayoutEvent, Sale
from teahorse.settlement.rules import WHOLE_BP, day_of

OWN = ("held", "earned", "payable", "in_payout")
"""The purposes of a seller's accounts on which stands what is still to come for her."""

BALANCES = """
    select account_id, coalesce(sum(amount_fen) filter (where occurred_at < %(starts)s), 0)::bigint, sum(amount_fen)::bigint
      from ledger_posting
     where account_id = any(%(own)s::uuid[]) and occurred_at < %(ends)s
     group by account_id
"""
MOVED = """
    with touched as (
        select distinct entry_id from ledger_posting
         where account_id = any(%(own)s::uuid[]) and occurred_at >= %(starts)s and occurred_at < %(ends)s
    ), facts as (
        select entry.id, regexp_replace(entry.kind, ' reversed$', '') as kind, entry.source_id, entry.occurred_at
          from touched join ledger_journalentry entry on entry.id = touched.entry_id
    )
    select facts.kind, facts.source_id, facts.occurred_at, account.purpose, sum(posting.amount_fen)::bigint,
           case when facts.kind in ('order closed', 'discounts granted') then facts.source_id
                else coalesce(taken.reference, given.reference) end,
           refund.reference
      from facts
      join ledger_posting posting on posting.entry_id = facts.id and posting.account_id <> all(%(own)s::uuid[])
      join ledger_ledgeraccount account on account.id = posting.account_id
      left join payments_paymentsplit taken on facts.kind = 'payment taken' and taken.id = facts.source_id
      left join payments_refund refund on facts.kind = 'refund decided' and refund.id = facts.source_id
      left join payments_paymentsplit given on given.id = refund.split_id
     group by facts.id, facts.kind, facts.source_id, facts.occurred_at, account.purpose, taken.reference, given.reference, refund.reference
     order by facts.occurred_at, facts.id, account.purpose
"""
COLLECTED = """
    select split_part(account.purpose, ':', 2), sum(posting.amount_fen)::bigint
      from ledger_ledgeraccount account join ledger_posting posting on posting.account_id = account.id
     where account.owner_id = %(seller)s and account.purpose like 'at_provider:%%' and posting.occurred_at < %(ends)s
     group by account.purpose
    having sum(posting.amount_fen) > 0
     order by account.purpose
"""
COMING = """
    select (maturity.matures_at at time zone 'Asia/Shanghai')::date as day, sum(earning.amount_fen)::bigint
      from settlement_maturity maturity join settlement_earning earning on earning.maturity_id = maturity.id
     where maturity.seller_id = %(seller)s and earning.earned_at < %(ends)s
       and (maturity.state = 'maturing' or maturity.matures_at >= %(ends)s)
     group by day
    having sum(earning.amount_fen) <> 0
     order by day
"""
"""Maturing is booked at the time at which it was due, so what was due later had not matured at the end of the window."""


@dataclass(frozen=True, slots=True)
class Moved:
    """What one fact moved to the seller (negative: from her), from whose account, and of which order it was."""

    kind: str
    source_id: UUID
    at: datetime
    purpose: str
    amount_fen: int
    order_id: UUID | None
    case_id: UUID | None
    """What a refund is for; a case where it is one."""

    @property
    def part(self) -> str:
        """Which part of a statement it belongs to."""
        if self.kind == accounts.FEES_COLLECTED:
            return "other"
        if self.purpose.startswith("fees:"):
            return "fees"
        if self.kind == accounts.PAYMENT_TAKEN:
            return "sold"
        if self.kind == accounts.DISCOUNTS_GRANTED:
            return "borne"
        if self.kind == accounts.REFUND_DECIDED:
            return "returned"
        return "paid" if self.kind in {accounts.PAYOUT_PAID, accounts.PAYOUT_RETURNED} else "other"


@dataclass(frozen=True, slots=True)
class FeeSum:
    """What was taken of a kind by one rule; ``reason`` says by what it won. What refunds gave back is taken off."""

    kind: str
    rule: FeeRule | None
    reason: str
    amount_fen: int


@dataclass(frozen=True, slots=True)
class PaidOut:
    """A payout that arrived, or (negative) came back."""

    at: datetime
    number: str
    method: str
    provider: str
    reference: str
    received_by: str
    amount_fen: int


@dataclass(frozen=True, slots=True)
class OrderSum:
    """What one order brought in the window: what was paid for it, given back, taken as fees (less what was given back of them)."""

    number: str
    sold_fen: int
    returned_fen: int
    fees_fen: int

    @property
    def left_fen(self) -> int:
        """What of it is the seller's."""
        return self.sold_fen - self.returned_fen - self.fees_fen


@dataclass(frozen=True, slots=True)
class HouseholdPart:
    """What of the window's goods comes from one household (nobody: the seller's own), by product."""

    name: str
    goods: list[tuple[str, int, int]]
    """Each product's title, the household's share of it in basis points, and what that is in fen."""

    @property
    def amount_fen(self) -> int:
        """All of it."""
        return sum(fen for _, _, fen in self.goods)


@dataclass(frozen=True, kw_only=True)
class Statement(ABC):
    """Somebody's money over a half-open window: opening + what the window brought - paid = closing."""

    seller: Organisation
    """Whose statement it is."""
    starts_at: datetime
    ends_at: datetime
    opening_fen: int
    fees: list[FeeSum]
    other_fen: int
    paid: list[PaidOut]
    closing_fen: int
    standing: dict[str, int]
    """What is still to come as of the window's end, by where it stands."""
    coming: Sequence[tuple[date | None, int]] = ()
    """What is received and waits for the end of the return window, by the day on which that is over."""
    collected: dict[str, int] = field(default_factory=dict)
    """What her own accounts at providers hold for her, by provider, fees that are to be shared out with it."""
    households: Sequence[HouseholdPart] = ()
    """Whose it is, each household by name and at last the seller herself; empty where she has divided nothing."""

    @property
    def fees_fen(self) -> int:
        """All fees together."""
        return sum(fee.amount_fen for fee in self.fees)

    @property
    def paid_fen(self) -> int:
        """What was paid out, less what came back."""
        return sum(one.amount_fen for one in self.paid)

    @property
    @abstractmethod
    def parts(self) -> list[tuple[str, int]]:
        """What the window brought, part by part; what is taken off is negative, what is nothing and seldom something is left out."""

    @property
    def left_fen(self) -> int:
        """What the window brought her."""
        return sum(fen for _, fen in self.parts)


@dataclass(frozen=True, kw_only=True)
class StatementOfSeller(Statement):
    """
    A seller's money: sold + borne - returned - fees + other is what the window brought; of this the households have their shares.

    ``sold_fen`` was paid by buyers, ``borne_fen`` by others of the price.
    """

    sold_fen: int
    borne_fen: int
    returned_fen: int
    orders: list[OrderSum]

    @property
    def parts(self) -> list[tuple[str, int]]:
        """What was sold, less what went back and what was taken as fees."""
        return [
            ("sold", self.sold_fen),
            *([("borne", self.borne_fen)] if self.borne_fen else []),
            ("returned", -self.returned_fen),
            ("fees", -self.fees_fen),
            *([("other", self.other_fen)] if self.other_fen else []),
        ]


def statement_of(*, seller: Organisation, starts_at: datetime, ends_at: datetime) -> StatementOfSeller:
    """Return a seller's statement by when things happened; a fact that is booked late stands where it happened."""
    own = {account_id(purpose, seller.pk): purpose for purpose in OWN}
    window = {"own": array(own), "starts": starts_at, "ends": ends_at}
    balances = {own[account]: (-opening, -closing) for account, opening, closing in looked_up(BALANCES, window)}
    moved = [Moved(*row) for row in looked_up(MOVED, window)]
    sums: dict[str, int] = defaultdict(int)
    for one in moved:
        sums[one.part] += one.amount_fen
    return StatementOfSeller(
        seller=seller,
        starts_at=starts_at,
        ends_at=ends_at,
        opening_fen=sum(opening for opening, _ in balances.values()),
        sold_fen=sums["sold"],
        borne_fen=sums["borne"],
        returned_fen=-sums["returned"],
        fees=_fees([one for one in moved if one.part == "fees"]),
        other_fen=sums["other"],
        paid=paid_out([(one.kind, one.source_id, one.at, -one.amount_fen) for one in moved if one.part == "paid"]),
        closing_fen=sum(closing for _, closing in balances.values()),
        standing={purpose: balances.get(purpose, (0, 0))[1] for purpose in OWN},
        coming=[(day, fen) for day, fen in looked_up(COMING, {"seller": seller.pk, "ends": ends_at})],
        collected=dict(looked_up(COLLECTED, {"seller": seller.pk, "ends": ends_at})),
        orders=_orders(moved),
        households=_households(seller, [one for one in moved if one.part != "paid"]),
    )


def _fees(moved: list[Moved]) -> list[FeeSum]:
    """Sum fees by the rule that took them."""
    frozen = frozen_fees(one.order_id for one in moved)
    return fee_sums(
        (kind, frozen.get((one.order_id, kind)), -one.amount_fen) for one in moved for kind in [one.purpose.removeprefix("fees:")]
    )


def frozen_fees(order_ids: Iterable[UUID | None]) -> dict[tuple[UUID | None, str], FeeLine]:
    """Return the fees of orders with their rules, by order and kind."""
    wanted = {key for key in order_ids if key}
    return {(line.sale_id, line.kind): line for line in FeeLine.objects.filter(sale__in=wanted).select_related("rule")}


def fee_sums(taken: Iterable[tuple[str, FeeLine | None, int]]) -> list[FeeSum]:
    """Return what was taken of each kind by each rule, those that come to nothing left out."""
    sums: dict[tuple[str, UUID | None, str], int] = defaultdict(int)
    rules: dict[UUID, FeeRule] = {}
    for kind, line, fen in taken:
        if line is not None:
            rules[line.rule_id] = line.rule
        sums[kind, line.rule_id if line else None, line.reason if line else ""] += fen
    places = {kind.value: place for place, kind in enumerate(FeeRule.Kind)}
    found = [FeeSum(kind, rules.get(rule_id) if rule_id else None, reason, fen) for (kind, rule_id, reason), fen in sums.items() if fen]
    return sorted(found, key=lambda fee: (places.get(fee.kind, len(places)), str(fee.rule), fee.reason, -fee.amount_fen))


def paid_out(moved: Sequence[tuple[str, UUID, datetime, int]]) -> list[PaidOut]:
    """Return payouts by what was booked of them: kind, payout, when, how much (negative where it came back)."""
    payouts = Payout.objects.in_bulk({source_id for _, source_id, *_ in moved})
    events = {(event.payout_id, event.kind): event for event in PayoutEvent.objects.filter(payout__in=payouts)}
    found = []
    for kind, source_id, at, amount_fen in moved:
        payout = payouts[source_id]
        event = events.get((payout.pk, Payout.State.PAID if kind == accounts.PAYOUT_PAID else Payout.State.RETURNED))
        reference, received_by = (event.reference, event.received_by) if event else ("", "")
        found.append(PaidOut(at, payout.number, payout.method, payout.provider, reference, received_by, amount_fen))
    return found


def _orders(moved: Iterable[Moved]) -> list[OrderSum]:
    sums: dict[UUID, dict[str, int]] = {}
    for one in moved:
        if one.order_id is not None:
            parts = sums.setdefault(one.order_id, defaultdict(int))
            parts[one.part] += one.amount_fen
    numbers = dict(Sale.objects.filter(pk__in=sums).values_list("pk", "number"))
    return [
        OrderSum(numbers.get(key, ""), parts["sold"] + parts["borne"], -parts["returned"], -parts["fees"]) for key, parts in sums.items()
    ]


# --- Whose goods it was


def _households(seller: Organisation, moved: list[Moved]) -> list[HouseholdPart]:
    """
    Divide what the window brought among the households whose goods it was; together it is all of it, to the fen.

    A refund that a case decided is of the lines of the case; everything else of an order is of its lines by what they cost.
    What was sold comes from whom the division of its product says that held on the day of the order.
    """
    divisions = _divisions(seller.pk)
    if not divisions:
        return []
    own_fen, of_product = _by_product(moved, divisions)
    titles = dict(Product.objects.filter(pk__in={product for product, _ in of_product}).values_list("pk", "title"))
    parts: dict[tuple[str, UUID | None], list[tuple[str, int, int]]] = defaultdict(list)
    for (product_id, division), fen in sorted(of_product.items(), key=lambda one: (titles.get(one[0][0], ""), str(one[0]))):
        title, shares = titles.get(product_id, ""), division.shares if division else ()
        left_bp = WHOLE_BP - sum(share for _, _, share in shares)
        for (key, name, share), part in zip(
            [*shares, (None, "", left_bp)], allot(fen, [*(share for _, _, share in shares), left_bp]), strict=True
        ):
            if share:
                parts[name, key].append((title, share, part))
    if own_fen:
        parts["", None].append(("", WHOLE_BP, own_fen))
    return [HouseholdPart(name, goods) for (name, _), goods in sorted(parts.items(), key=lambda one: (one[0][1] is None, one[0][0]))]


@dataclass(frozen=True, slots=True)
class _Division:
    """The shares of a product from a day on: household, name, basis points."""

    since: date
    shares: tuple[tuple[UUID, str, int], ...]


def _divisions(seller_id: UUID) -> dict[UUID, list[_Division]]:
    """Return a seller's divisions by product, the one that holds first."""
    found: dict[UUID, list[_Division]] = defaultdict(list)
    rows = Division.objects.filter(seller=seller_id).prefetch_related("shares__sub_seller").order_by("-since_date", "-written_at", "-pk")
    for row in rows:
        shares = sorted((share.sub_seller.name, share.sub_seller_id, share.share_bp) for share in row.shares.all())
        found[row.product_id].append(_Division(row.since_date, tuple((key, name, share) for name, key, share in shares)))
    return found


def _by_product(moved: list[Moved], divisions: dict[UUID, list[_Division]]) -> tuple[int, dict[tuple[UUID, _Division | None], int]]:
    """Return what belongs to no product, and what belongs to each under each of its divisions."""
    of_order: dict[tuple[UUID, UUID | None], int] = defaultdict(int)
    own_fen = 0
    case_lines = _case_lines({one.case_id for one in moved if one.case_id})
    for one in moved:
        if one.order_id is None:
            own_fen += one.amount_fen
        else:
            of_order[one.order_id, one.case_id if one.case_id in case_lines else None] += one.amount_fen
    orders = {order_id for order_id, _ in of_order}
    days = {key: day_of(at) for key, at in SellerOrder.objects.filter(pk__in=orders).values_list("pk", "placed_at")}
    lines: dict[UUID, list[tuple[UUID, UUID, int, int]]] = defaultdict(list)
    rows = OrderLine.objects.filter(order__in=orders).order_by("order_id", "position")
    for order_id, *line, amount, discount, quantity in rows.values_list(
        "order_id", "pk", "product_id", "amount_fen", "discount_fen", "quantity"
    ):
        lines[order_id].append((line[0], line[1], amount - discount, quantity))
    of_product: dict[tuple[UUID, _Division | None], int] = defaultdict(int)
    for (order_id, case_id), fen in of_order.items():
        worth = case_lines.get(case_id, {}) if case_id else {}
        weights = [worth.get(line, 0) if worth else cost for line, _, cost, _ in lines[order_id]]
        if not sum(weights):
            weights = [quantity for *_, quantity in lines[order_id]]  # nothing of it cost anything: freight only
        for (_line, product_id, *_), part in zip(lines[order_id], allot(fen, weights), strict=True):
            held = next((one for one in divisions.get(product_id, ()) if one.since <= days[order_id]), None)
            of_product[product_id, held] += part
    return own_fen, of_product


def _case_lines(references: Collection[UUID]) -> dict[UUID, dict[UUID, int]]:
    """Return what goes back for each line of cases, where it is something."""
    found: dict[UUID, dict[UUID, int]] = defaultdict(dict)
    for case_id, line_id, fen in CaseLine.objects.filter(case__in=references, buyer_fen__gt=0).values_list(
        "case_id", "line_id", "buyer_fen"
    ):
        found[case_id][line_id] = fen
    return dict(found)
