"""
How discounts meet: the one place that says which are given, in which order, and how much each takes off. Plain Python.

1.  A price begins with the offer's own: the dated one where a window is open, else the usual one.
2.  Four stages follow, each over what the stages before it left: the seller's automatic discount, the seller's coupon, the platform's
    discount or coupon, the county's voucher. The first two are looked at for each seller apart, the others once for all that is bought.
3.  Of each stage one is given: the one that takes most off (of equal ones a percentage before a fixed sum, then the one that ends
    first). So the best combination comes by itself, and a code that another discount beats is not used up.
4.  A threshold looks at what the goods within its scope cost before any discount, so that one discount never costs a buyer another.
5.  A percentage takes whole fen, a part of one is not given. A fixed sum takes no more than is there.
6.  Each seller's goods cost one fen at least, and no line less than nothing.
7.  What is taken off stands on the lines, divided by what each still costs (largest remainder); so the parts add up.
8.  A discount whose budget does not suffice for all of it is not given.

The answer depends on what is bought and offered alone, never on the order in which either is listed.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from teahorse.common.money import allot

WHOLE_BP = 10_000
SELLER_AUTOMATIC, SELLER_COUPON, PLATFORM, COUNTY_VOUCHER = STAGES = ("seller_automatic", "seller_coupon", "platform", "county_voucher")
OF_ONE_SELLER = frozenset({SELLER_AUTOMATIC, SELLER_COUPON})
"""The stages in which each seller's goods are looked at apart."""


@dataclass(frozen=True, slots=True)
class Goods:
    """One line as a discount sees it: whose, of which kind, from where, and what it costs before any discount."""

    offer_id: UUID
    product_id: UUID
    category_id: UUID
    seller_id: UUID
    county_id: UUID
    amount_fen: int


@dataclass(frozen=True, slots=True)
class Terms:
    """
    What a discount gives, and for what: a percentage (``percent_bp``, hundredths of a percent) or a fixed sum, never both.

    ``seller_id`` is set in the stages of one seller. ``left_fen`` is what is left of its budget, if it has one.
    """

    promotion_id: UUID
    stage: str
    scope: str = "all"
    scope_ids: frozenset[UUID] = frozenset()
    percent_bp: int = 0
    off_fen: int = 0
    threshold_fen: int = 0
    seller_id: UUID | None = None
    left_fen: int | None = None
    ends_at: datetime | None = None

    def covers(self, goods: Goods) -> bool:
        """Return whether a line lies within the scope."""
        if self.seller_id is not None and goods.seller_id != self.seller_id:
            return False
        match self.scope:
            case "category":
                return goods.category_id in self.scope_ids
            case "seller":
                return goods.seller_id in self.scope_ids
            case "county":
                return goods.county_id in self.scope_ids
            case "products":
                return goods.product_id in self.scope_ids
        return self.scope == "all"

    def missing_fen(self, goods: Iterable[Goods]) -> int | None:
        """Return for how much more must be bought within the scope; nothing where nothing of what is bought lies in it."""
        covered = [line.amount_fen for line in goods if self.covers(line)]
        return max(0, self.threshold_fen - sum(covered)) if covered else None


@dataclass(frozen=True, slots=True)
class Given:
    """A discount that is given, and how it stands on the lines (offer and fen, by offer)."""

    terms: Terms
    parts: tuple[tuple[UUID, int], ...]

    @property
    def amount_fen(self) -> int:
        """What it takes off."""
        return sum(fen for _offer, fen in self.parts)


def stage_of(*, is_sellers: bool, kind: str) -> str:
    """Return the stage of a promotion from who offers it and its kind."""
    if is_sellers:
        return SELLER_AUTOMATIC if kind == "automatic" else SELLER_COUPON
    return COUNTY_VOUCHER if kind == "voucher" else PLATFORM


def price(goods: Sequence[Goods], terms: Iterable[Terms]) -> list[Given]:
    """Return the discounts that are given for some goods, in the order of the stages; see the rules above."""
    lines = sorted(goods, key=lambda line: (line.seller_id, line.offer_id))
    left = {line.offer_id: line.amount_fen for line in lines}
    by_stage: defaultdict[str, list[Terms]] = defaultdict(list)
    for each in terms:
        by_stage[each.stage].append(each)
    given: list[Given] = []
    for stage in STAGES:
        offered = by_stage[stage]
        groups = sorted({each.seller_id for each in offered if each.seller_id}) if stage in OF_ONE_SELLER else [None]
        for seller_id in groups:
            best = _best(lines, left, [each for each in offered if each.seller_id == seller_id])
            if best is None:
                continue
            for offer_id, fen in best.parts:
                left[offer_id] -= fen
            given.append(best)
    return given


def _best(lines: Sequence[Goods], left: Mapping[UUID, int], offered: Iterable[Terms]) -> Given | None:
    """Return the discount of one stage that takes most off, with its parts; nothing where none takes anything."""
    found = [(each, _takes(lines, left, each)) for each in offered]
    fitting = [(each, fen) for each, fen in found if fen > 0 and (each.left_fen is None or fen <= each.left_fen)]
    if not fitting:
        return None
    best, fen = min(fitting, key=lambda one: (-one[1], not one[0].percent_bp, _end(one[0]), one[0].promotion_id))
    return Given(best, _on_lines(lines, left, best, fen))


def _end(terms: Terms) -> float:
    return terms.ends_at.timestamp() if terms.ends_at else float("inf")


def _takes(lines: Sequence[Goods], left: Mapping[UUID, int], terms: Terms) -> int:
    """Return what a discount would take off what is left; 0 where its threshold is not reached."""
    if terms.missing_fen(lines) != 0:
        return 0
    covered = sum(left[line.offer_id] for line in lines if terms.covers(line))
    wished = covered * terms.percent_bp // WHOLE_BP if terms.percent_bp else terms.off_fen
    return min(wished, sum(_most_of(lines, left, terms).values()))


def _most_of(lines: Sequence[Goods], left: Mapping[UUID, int], terms: Terms) -> dict[UUID, int]:
    """Return what can be taken off each seller's goods at most: all that is covered, but for one fen of the whole."""
    covered: defaultdict[UUID, int] = defaultdict(int)
    whole: defaultdict[UUID, int] = defaultdict(int)
    for line in lines:
        whole[line.seller_id] += left[line.offer_id]
        if terms.covers(line):
            covered[line.seller_id] += left[line.offer_id]
    return {seller: max(0, min(fen, whole[seller] - 1)) for seller, fen in covered.items()}


def _on_lines(lines: Sequence[Goods], left: Mapping[UUID, int], terms: Terms, fen: int) -> tuple[tuple[UUID, int], ...]:
    """Divide what is taken off among the sellers, then among each one's lines; nobody is given more than is there."""
    most = _most_of(lines, left, terms)
    parts: list[tuple[UUID, int]] = []
    for seller, share in zip(most, allot(fen, list(most.values())), strict=True):
        own = [line for line in lines if line.seller_id == seller and terms.covers(line)]
        for line, part in zip(own, allot(share, [left[line.offer_id] for line in own]), strict=True):
            if part:
                parts.append((line.offer_id, part))
    return tuple(parts)


def plain_code(text: str) -> str:
    """Return a code as it is kept: capitals, without the blanks that a hand or a page put into it."""
    return "".join(text.split()).upper()
