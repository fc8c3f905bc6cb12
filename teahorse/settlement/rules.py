"""How a sale is divided: which fee rule wins, what each fee is, what a refund takes back, when earnings mature. No Django here."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from functools import lru_cache
from itertools import pairwise
from typing import NamedTuple
from uuid import UUID

from teahorse.common.luhn import check_digit
from teahorse.common.money import allot
from teahorse.common.times import HOME

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
    reason: str = field(init=False, compare=False)
    """By which conditions it wins: ``seller county``, or ``everyone``."""

    def __post_init__(self) -> None:
        """Say the reason once, for all the sales for which it holds."""
        object.__setattr__(self, "reason", " ".join(name for name in CONDITIONS if getattr(self, name)) or EVERYONE)


@dataclass(slots=True, kw_only=True)
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
    freight_cost_fen: int = 0
    """What sending costs, whoever bears it."""

    @property
    def asked(self) -> tuple[object, ...]:
        """All of it that a rule may ask for: the same rules hold for deals of which it is the same."""
        # keys as numbers: a day's sales are hundreds of thousands, and Python compares keys slowly
        return (self.seller.int, self.county.int, self.seller_kind, self.provider, self.pickup_level, self.day, *self.beneficiaries)


class Fee(NamedTuple):
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


def in_order(rules: Iterable[Rule]) -> list[Rule]:
    """Return rules kind by kind in the order of ``KINDS``, of each kind the one first that goes before the others."""
    return sorted(rules, key=lambda rule: (KINDS.index(rule.kind), _rank(rule)))


def may_hold_for(rule: Rule, *, seller: UUID, county: UUID, seller_kind: str) -> bool:
    """Return whether a rule could hold for some sale of a seller, whatever the way of paying and fetching."""
    asked = ((rule.seller, seller), (rule.county, county), (rule.seller_kind, seller_kind))
    return all(not wanted or wanted == has for wanted, has in asked)


def _rank(rule: Rule) -> tuple[object, ...]:
    """Return what rules are compared by; the least holds."""
    return (*(not getattr(rule, name) for name in CONDITIONS), rule.position, -rule.since_date.toordinal(), -rule.id.int)


def fee_fen(rule: Rule, deal: Deal) -> int:
    """Return what a rule takes of a sale, half a fen rounded up, before it is cut."""
    match rule.basis:
        case "goods":
            return (deal.goods_fen * rule.rate + WHOLE_BP // 2) // WHOLE_BP
        case "paid":
            return (deal.total_fen * rule.rate + WHOLE_BP // 2) // WHOLE_BP
        case "kg":
            return -(-deal.weight_grams // GRAMS_PER_KG) * rule.rate
        case "freight":
            return (deal.freight_cost_fen * rule.rate + WHOLE_BP // 2) // WHOLE_BP
        case _:
            return rule.rate


def fees(holding: Iterable[Rule], deal: Deal) -> list[Fee]:
    """Return the fees of a sale by the rules that hold for it; none is nothing, and together they are never more than the sale."""
    found: list[Fee] = []
    left = deal.total_fen
    for rule in holding:
        amount = min(fee_fen(rule, deal), left)
        if amount > 0:
            found.append(Fee(rule.kind, rule.id, deal.beneficiaries[rule.beneficiary], amount, rule.reason))
            left -= amount
    return found


@dataclass(frozen=True, slots=True)
class Reversal:
    """How a refund is borne: by whom of the subsidies (they get it back), the seller, and each fee."""

    subsidies_fen: list[int]
    seller_fen: int
    fees_fen: list[int]


@dataclass(frozen=True, slots=True)
class Sending:
    """
    Which of a sale's subsidies and fees are for sending it, what the buyer paid for that, and which part of it all a refund takes
    back: so many of so many.

    What was carried was carried: goods that come back leave what was paid for their way where it is, unless the freight goes back too.
    """

    subsidies: Sequence[bool]
    fees: Sequence[bool]
    paid_fen: int = 0
    back: tuple[int, int] = (0, 1)

    @property
    def is_carried(self) -> bool:
        """Whether somebody else than the seller gets what is paid for the way."""
        return any(self.fees)

    def part(self, fen: int) -> int:
        """Return what of an amount goes back."""
        part, whole = self.back
        return fen * part // whole

    def of_the_way(self, left: Sequence[int], are_for_it: Sequence[bool]) -> list[int]:
        """Return what goes back of those shares that are for sending, nothing of the others."""
        return [self.part(fen) if is_for_it else 0 for fen, is_for_it in zip(left, are_for_it, strict=True)]


def of_the_goods(left: Sequence[int], are_for_sending: Sequence[bool]) -> list[int]:
    """Return what is left of those shares that are not for sending, nothing of the others."""
    return [0 if is_for_sending else fen for fen, is_for_sending in zip(left, are_for_sending, strict=True)]


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
    sending: Sending | None = None,
    shared: Sequence[SharedPart] = (),
) -> Reversal:
    """
    Divide a refund over what is left of a sale; ``refund_fen`` is of the ``paid_left_fen`` that the buyer has not got back.

    With the buyer's part goes back to those who gave the subsidies what a case has said (``given_back``, as far as it is left),
    else the same part of each. Seller and fees bear all of it in the proportion of what each has left, so that the last refund
    clears the rest of each to the fen. Of what is for sending goes back what ``sending`` says; where somebody carries, the other
    fees are of the goods alone, and the seller owes what sending cost her more than was paid for it. Without it all are alike. A
    refund of nothing is of goods that had cost the buyer nothing. Of what
    of the fees was shared out (``shared``, fee by fee) goes back what comes back, whatever it was for.

    :raises ValueError: if more would go back than is left.
    """
    if not 0 <= refund_fen <= paid_left_fen:
        msg = f"{refund_fen} of {paid_left_fen} fen cannot go back"
        raise ValueError(msg)
    shared = shared or [NOT_SHARED] * len(fees_left)
    kept = [fen - one.left_fen for fen, one in zip(fees_left, shared, strict=True)]
    come_back = [one.back_fen for one in shared]
    is_last = 0 < refund_fen == paid_left_fen
    if is_last and sending is None:
        # who carried may have more than is left of the sale: earlier refunds were of the goods alone
        fees = [sum(parts) for parts in zip(kept, come_back, strict=True)]
        return Reversal(list(subsidies_left), paid_left_fen + sum(subsidies_left) - sum(fees), fees)
    sending = sending or Sending([False] * len(subsidies_left), [False] * len(fees_left))
    granted, taken = of_the_goods(subsidies_left, sending.subsidies), of_the_goods(fees_left, sending.fees)
    if given_back is None or is_last:
        given = allot(sum(granted) * refund_fen // paid_left_fen, granted)
    else:
        given = [min(fen, left) for fen, left in zip(given_back, granted, strict=True)]
    way_back = sending.of_the_way(subsidies_left, sending.subsidies)
    whole_fen = paid_left_fen + sum(granted)
    if sending.is_carried:
        whole_fen -= sending.paid_fen - sending.part(sending.paid_fen)
    else:
        whole_fen += sum(subsidies_left) - sum(granted) - sum(way_back)
    bearing = [max(0, whole_fen - sum(taken)), *of_the_goods(kept, sending.fees)]
    borne_fen = refund_fen + sum(given) - sum(of_the_goods(come_back, sending.fees))
    _seller, *taken_back = allot(max(0, min(borne_fen, sum(bearing))), bearing)
    subsidies = [goods + way for goods, way in zip(given, way_back, strict=True)]
    ways = sending.of_the_way(kept, sending.fees)
    fees = [sum(parts) for parts in zip(taken_back, ways, come_back, strict=True)]
    return Reversal(subsidies, refund_fen + sum(subsidies) - sum(fees), fees)


def fees_taken(most: Sequence[int], taken: Sequence[int | None], fees_left_fen: int) -> list[int]:
    """
    Return what of a sale's fees is taken out of each part that its seller collected, ``most`` being what may be taken out of each.

    Of a part that was shared out it is what was (``taken``), of the others in turn as much as may be; what of the fees is
    more than that is owed to the house.
    """
    left = fees_left_fen - sum(fen for fen in taken if fen is not None)
    found = []
    for fen, shared_fen in zip(most, taken, strict=True):
        if shared_fen is None:
            found.append(max(0, min(fen, left)))
            left -= found[-1]
        else:
            found.append(shared_fen)
    return found


def matures_at(closed_at: datetime) -> datetime:
    """Return when a sale's earning matures: the return window counts whole days from the day after receipt."""
    return _window_ends_at(closed_at.astimezone(HOME).date())


@lru_cache(maxsize=64)
def _window_ends_at(day: date) -> datetime:
    return datetime.combine(day + timedelta(days=RETURN_DAYS + 1), time(), HOME)


def matured_before(now: datetime) -> datetime:
    """Return before when a sale was closed whose return window is over."""
    return datetime.combine(day_of(now) - timedelta(days=RETURN_DAYS), time(), HOME)


def day_of(moment: datetime) -> date:
    """Return the day of the place at a moment."""
    return moment.astimezone(HOME).date()


def is_account_number(number: str) -> bool:
    """Return whether a bank could have given this number to an account."""
    return number.isascii() and number.isdigit() and 8 <= len(number) <= 30


def is_card_number(number: str) -> bool:
    """Return whether it is the number of a UnionPay card: 62 and 16 to 19 digits in all (ISO/IEC 7812)."""
    return is_account_number(number) and number.startswith("62") and 16 <= len(number) <= 19


def is_right_card_number(number: str) -> bool:
    """Return whether the last digit of a card's number checks the others."""
    return check_digit(number[:-1]) == number[-1]


# --- Months that are told

MONTHS_TOLD = 13
Month = tuple[str, datetime, datetime]
"""A month as ``2026-08``, and its half-open window in local time."""


def months_until(now: datetime) -> list[Month]:
    """Return this month and the twelve before it; ``now`` is in local time."""
    end = now.replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    count = end.year * 12 + end.month - 1
    starts = [end.replace(year=index // 12, month=index % 12 + 1) for index in range(count + 1, count - MONTHS_TOLD, -1)]
    return [(f"{start:%Y-%m}", start, after) for after, start in pairwise(starts)]
