"""What a quote is, and how it is sealed. Plain Python."""

import hashlib
from datetime import date, datetime
from uuid import UUID

import msgspec

from teahorse.common.times import HOME

MOST_LINES = 50
MOST_UNITS = 999
WHOLE = 10_000
NOT_KEPT = -1


class QuotePromotion(msgspec.Struct, frozen=True, array_like=True):
    """
    Something that takes fen off the lines of a quote: its names by language, who bears it, and the coupon by which it comes.

    ``bearer`` is ``seller``, ``platform`` or ``budget``, ``bearer_id`` the organisation (none: the house itself).
    """

    promotion_id: UUID
    titles: dict[str, str]
    bearer: str
    bearer_id: UUID | None = None
    coupon_id: UUID | None = None
    code: str = ""


class QuoteLine(msgspec.Struct, frozen=True, array_like=True):
    """So many units of an offer at a price; weights are grams a unit. ``discounts``: which of the quote's promotions takes how many fen."""

    offer_id: UUID
    product_id: UUID
    quantity: int
    price_fen: int
    weight_grams: int
    discounts: tuple[tuple[int, int], ...] = ()

    @property
    def amount_fen(self) -> int:
        """Price times quantity."""
        return self.price_fen * self.quantity

    @property
    def discount_fen(self) -> int:
        """What is taken off."""
        return sum(fen for _promotion, fen in self.discounts) if self.discounts else 0


class PromiseBasis(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """
    Why goods are promised as they are: ``percent`` of the ``parcels`` that went this way came as fast (None: too few did, so the
    freight rate's days hold), and what is closed on the way, which makes them come ``later_days`` later.
    """

    percent: int | None = None
    parcels: int = 0
    closed: str = ""
    reason: str = ""
    closed_until: date | None = None
    """The last day; None, where something is closed: until further notice."""
    later_days: int = 0


class QuoteOrder(msgspec.Struct, frozen=True, array_like=True):
    """One seller's part of a quote."""

    seller_id: UUID
    county_id: UUID
    lines: tuple[QuoteLine, ...]
    freight_fen: int
    promised_from: date
    promised_to: date
    harvest_sale_id: UUID | None = None
    deposit_fen: int | None = None
    """What is paid first, where it is sold before its harvest and not paid whole."""
    freight_cost_fen: int = NOT_KEPT
    """What sending costs, whoever bears it; in a quote that was sealed before this was kept, what the buyer pays."""
    freight_subsidy_fen: int = 0
    freight_payer_id: UUID | None = None
    """Who bears the subsidy. What neither it nor the buyer bears, the seller does."""
    promise_basis: PromiseBasis | None = None

    def __post_init__(self) -> None:
        """Read a quote of before the cost was kept as it was then: the buyer bears all of it."""
        if self.freight_cost_fen == NOT_KEPT:
            msgspec.structs.force_setattr(self, "freight_cost_fen", self.freight_fen)

    @property
    def first_fen(self) -> int:
        """What is to be paid first."""
        return self.total_fen if self.deposit_fen is None else self.deposit_fen

    @property
    def goods_fen(self) -> int:
        """What the goods cost."""
        return sum(line.amount_fen for line in self.lines)

    @property
    def discount_fen(self) -> int:
        """What is taken off the goods."""
        return sum(line.discount_fen for line in self.lines)

    @property
    def total_fen(self) -> int:
        """Goods less discounts, and freight."""
        return self.goods_fen - self.discount_fen + self.freight_fen

    @property
    def weight_grams(self) -> int:
        """What the goods weigh."""
        return sum(line.weight_grams * line.quantity for line in self.lines)


class Quote(msgspec.Struct, frozen=True, array_like=True):
    """
    What the house asks for a set of goods at a place, made at a time; the buyer sends it back sealed.

    ``version`` names its content: two quotes with the same prices, discounts, freight and promise have the same.
    """

    orders: tuple[QuoteOrder, ...]
    destination_code: str
    destination_names: str
    pickup_point_id: UUID | None
    made_at: datetime
    promotions: tuple[QuotePromotion, ...] = ()

    @property
    def goods_fen(self) -> int:
        """What all goods cost."""
        return sum(order.goods_fen for order in self.orders)

    @property
    def discount_fen(self) -> int:
        """What is taken off all goods."""
        return sum(order.discount_fen for order in self.orders)

    @property
    def freight_fen(self) -> int:
        """What the buyer pays for sending."""
        return sum(order.freight_fen for order in self.orders)

    @property
    def freight_cost_fen(self) -> int:
        """What sending costs, whoever bears it."""
        return sum(order.freight_cost_fen for order in self.orders)

    @property
    def freight_subsidy_fen(self) -> int:
        """What others than the buyer and the sellers bear of that."""
        return sum(order.freight_subsidy_fen for order in self.orders)

    @property
    def total_fen(self) -> int:
        """What is to be paid."""
        return self.goods_fen - self.discount_fen + self.freight_fen

    @property
    def taken_off(self) -> list[tuple[QuotePromotion, int]]:
        """Each promotion of the quote with what it takes off, in the order in which they are given."""
        totals = [0] * len(self.promotions)
        for order in self.orders:
            for line in order.lines:
                for index, fen in line.discounts:
                    totals[index] += fen
        return list(zip(self.promotions, totals, strict=True))

    @property
    def first_fen(self) -> int:
        """What is to be paid first; the rest of a pre-sale follows its harvest."""
        return sum(order.first_fen for order in self.orders)

    @property
    def version(self) -> str:
        """Sixteen hexadecimal digits that name the content."""
        content = msgspec.json.encode((self.orders, self.destination_code, self.pickup_point_id, self.promotions))
        return hashlib.sha256(content).hexdigest()[:16]


def deposit_of(goods_fen: int, *, basis_points: int, total_fen: int) -> int | None:
    """Return what is paid first of goods that are sold before their harvest, rounded up to the fen; nothing where that is the whole."""
    deposit = -(-goods_fen * basis_points // WHOLE)
    return None if basis_points == WHOLE or deposit >= total_fen else deposit


def may_leave(promised_to: date, *, is_rest_asked: bool, now: datetime) -> bool:
    """Return whether a buyer may cancel what waits for its harvest: it is late, or the rest is asked of her."""
    return is_rest_asked or now.astimezone(HOME).date() > promised_to


_decoder = msgspec.json.Decoder(Quote)


def encode_quote(quote: Quote) -> str:
    """Return a quote as text, to be sealed."""
    return msgspec.json.encode(quote).decode()


def decode_quote(text: str) -> Quote:
    """Return the quote that :func:`encode_quote` wrote."""
    return _decoder.decode(text)
