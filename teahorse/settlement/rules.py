"""How a sale is divided: which fee rule wins, what each fee is, what a refund takes back, when earnings mature. No Django here."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from teahorse.common.money import allot

HOME = ZoneInfo("Asia/Shanghai")
RETURN_DAYS = 7
WHOLE_BP = 10_000
GRAMS_PER_KG = 1000

CONDITIONS = ("seller", "county", "seller_kind", "provider", "pickup_level")
"""
What a fee rule may ask for, the most specific first.

Of the rules of one kind that fit a sale, the one holds that asks for this seller; of several such, or of none, the one
that asks for her county; then for her kind; then for the way of paying; then for the kind of pickup point. Among rules
that ask for the same things the lowest ``position`` holds, then the youngest ``since_date``, then the later written.
"""
EVERYONE = "everyone"
KINDS = ("commission", "station", "host", "packing", "payment", "freight")
"""In this order fees are taken; together they are never more than the sale, the last ones are cut."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """A fee rule as the division needs it; what is None or empty is not asked for."""

    id: UUID
    kind: str
    basis: str
    rate: int
    beneficiary: str
    seller: UUID | None = None
    county: UUID | None = None
    seller_kind: str = ""
    provider: str = ""
    pickup_level: str = ""
    position: int = 0
    since_date: date
    until_date: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Deal:
    """What is known of a sale when its fees are frozen; who gets them is by the name of the beneficiary."""

    seller: UUID
    county: UUID
    seller_kind: str
    provider: str
    pickup_level: str
    day: date
    goods_fen: int
    total_fen: int
    weight_grams: int
    beneficiaries: dict[str, UUID | None]

    @property
    def asked(self) -> tuple[object, ...]:
        """All of it that a rule may ask for: the same rules hold for deals of which it is the same."""
        return (self.seller, self.county, self.seller_kind, self.provider, self.pickup_level, self.day, *self.beneficiaries)


@dataclass(frozen=True, slots=True)
class Fee:
    """One fee of a sale, with the rule that won and why."""

    kind: str
    rule_id: UUID
    beneficiary_id: UUID | None
    amount_fen: int
    reason: str


def fits(rule: Rule, deal: Deal) -> bool:
    """Return whether a rule holds on the day of a sale and everything that it asks for is so."""
    if rule.since_date > deal.day or (rule.until_date is not None and rule.until_date <= deal.day):
        return False
    if rule.beneficiary not in deal.beneficiaries:
        return False
    return all(not (wanted := getattr(rule, name)) or wanted == getattr(deal, name) for name in CONDITIONS)


def winners(rules: Iterable[Rule], deal: Deal) -> list[Rule]:
    """Return the rule that holds of each kind, in the order of ``KINDS``."""
    best: dict[str, tuple[tuple[object, ...], Rule]] = {}
    for rule in rules:
        if fits(rule, deal):
            rank = _rank(rule)
            if rule.kind not in best or rank < best[rule.kind][0]:
                best[rule.kind] = (rank, rule)
    return [best[kind][1] for kind in KINDS if kind in best]


def _rank(rule: Rule) -> tuple[object, ...]:
    """Return what rules are compared by; the least holds."""
    return (*(not getattr(rule, name) for name in CONDITIONS), rule.position, -rule.since_date.toordinal(), -rule.id.int)


def why(rule: Rule) -> str:
    """Return by which conditions a rule won: ``seller county``, or ``everyone``."""
    return " ".join(name for name in CONDITIONS if getattr(rule, name)) or EVERYONE


def fee_fen(rule: Rule, deal: Deal) -> int:
    """Return what a rule takes of a sale, half a fen rounded up, before it is cut."""
    match rule.basis:
        case "goods":
            return (deal.goods_fen * rule.rate + WHOLE_BP // 2) // WHOLE_BP
        case "paid":
            return (deal.total_fen * rule.rate + WHOLE_BP // 2) // WHOLE_BP
        case "kg":
            return -(-deal.weight_grams // GRAMS_PER_KG) * rule.rate
        case _:
            return rule.rate


def fees(holding: Iterable[Rule], deal: Deal) -> list[Fee]:
    """Return the fees of a sale by the rules that hold for it; none is nothing, and together they are never more than the sale."""
    found: list[Fee] = []
    left = deal.total_fen
    for rule in holding:
        amount = min(fee_fen(rule, deal), left)
        if amount > 0:
            found.append(Fee(rule.kind, rule.id, deal.beneficiaries[rule.beneficiary], amount, why(rule)))
            left -= amount
    return found


@dataclass(frozen=True, slots=True)
class Reversal:
    """How a refund is borne: by whom of the subsidies (they get it back), the seller, and each fee."""

    subsidies_fen: list[int]
    seller_fen: int
    fees_fen: list[int]


@dataclass(frozen=True, slots=True)
class SharedPart:
    """What of a fee is in shares that others have (``left_fen``), and what of that comes back for a refund."""

    left_fen: int = 0
    back_fen: int = 0


NOT_SHARED = SharedPart()


def reversal(
    *,
    refund_fen: int,
    paid_left_fen: int,
    subsidies_left: Sequence[int],
    fees_left: Sequence[int],
    given_back: Sequence[int] | None = None,
    shared: Sequence[SharedPart] = (),
) -> Reversal:
    """
    Divide a refund over what is left of a sale; ``refund_fen`` is of the ``paid_left_fen`` that the buyer has not got back.

    With the buyer's part goes back to those who gave the subsidies what a case has said (``given_back``, as far as it is left),
    else the same part of each. Seller and fees bear all of it in the proportion of what each has left, so that the last refund
    clears the rest of each to the fen. Of what of the fees was shared out (``shared``, fee by fee) goes back what comes back.

    :raises ValueError: if more would go back than is left.
    """
    if not 0 < refund_fen <= paid_left_fen:
        msg = f"{refund_fen} of {paid_left_fen} fen cannot go back"
        raise ValueError(msg)
    if given_back is None or refund_fen == paid_left_fen:
        given = allot(sum(subsidies_left) * refund_fen // paid_left_fen, subsidies_left)
    else:
        given = [min(fen, left) for fen, left in zip(given_back, subsidies_left, strict=True)]
    whole_left = paid_left_fen + sum(subsidies_left)
    shared = shared or [NOT_SHARED] * len(fees_left)
    not_shared = [fen - one.left_fen for fen, one in zip(fees_left, shared, strict=True)]
    whole = refund_fen + sum(given) - sum(one.back_fen for one in shared)
    seller, *fee_parts = allot(whole, [whole_left - sum(fees_left), *not_shared])
    return Reversal(given, seller, [fen + one.back_fen for fen, one in zip(fee_parts, shared, strict=True)])


def fees_taken(own: Sequence[int], taken: Sequence[int | None], fees_left_fen: int) -> list[int]:
    """
    Return what of a sale's fees is taken out of each part that its seller collected, ``own`` being what is left of the parts.

    Of a part that was shared out it is what was (``taken``), of the others in turn as much as there is; what of the fees is
    more than all of them is owed to the house.
    """
    left = fees_left_fen - sum(fen for fen in taken if fen is not None)
    found = []
    for fen, shared_fen in zip(own, taken, strict=True):
        if shared_fen is None:
            found.append(max(0, min(fen, left)))
            left -= found[-1]
        else:
            found.append(shared_fen)
    return found


def matures_at(closed_at: datetime) -> datetime:
    """Return when a sale's earning matures: the return window counts whole days from the day after receipt."""
    day = closed_at.astimezone(HOME).date() + timedelta(days=RETURN_DAYS + 1)
    return datetime.combine(day, time(), HOME)


def matured_before(now: datetime) -> datetime:
    """Return before when a sale was closed whose return window is over."""
    return datetime.combine(day_of(now) - timedelta(days=RETURN_DAYS), time(), HOME)


def day_of(moment: datetime) -> date:
    """Return the day of the place at a moment."""
    return moment.astimezone(HOME).date()
