"""
Every total opens into its lines: the goods, each discount with its name and who bears it, freight with the words of its rule.

It is made from what is read already - a quote, a cart's lines, an order - and asks nothing itself. Pages show its lines with
the component ``ledger``, the interface its parts.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from uuid import UUID

from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _

from teahorse.common.money import yuan
from teahorse.orders.models import LineDiscount, OrderGroup, SellerOrder
from teahorse.orders.quoting import Discounts
from teahorse.orders.rules import Quote, QuoteLine, QuoteOrder, QuotePromotion

GRAMS_PER_KG = 1000
BEARERS = {
    "seller": gettext_lazy("the seller bears it"),
    "platform": gettext_lazy("the platform bears it"),
    "budget": gettext_lazy("a public budget bears it"),
}


@dataclass(frozen=True, slots=True)
class TakenOff:
    """What one promotion takes off: its names by language, and who bears it (``bearer_id`` is None for the house itself)."""

    promotion_id: UUID
    titles: dict[str, str]
    bearer: str
    bearer_id: UUID | None
    amount_fen: int

    @property
    def title(self) -> str:
        """Its name in the language of the moment, else in Chinese."""
        return self.titles.get(get_language() or "") or self.titles.get("zh-hans", "")

    @property
    def bearer_words(self) -> str:
        """Who bears it, in words."""
        return str(BEARERS[self.bearer])


@dataclass(frozen=True, slots=True)
class PriceLine:
    """One line of a total; ``fen`` is negative where something is taken off."""

    label: str
    fen: int
    note: str = ""
    is_less: bool = False
    is_sum: bool = False


@dataclass(frozen=True, slots=True)
class Explained:
    """A total in its parts; ``freight_fen`` is None while nobody knows where the goods go."""

    goods_fen: int
    taken_off: tuple[TakenOff, ...]
    freight_fen: int | None
    freight_words: str
    total_label: str

    @property
    def discount_fen(self) -> int:
        """What all discounts take off."""
        return sum(one.amount_fen for one in self.taken_off)

    @property
    def total_fen(self) -> int:
        """Goods less discounts, and freight where it is known."""
        return self.goods_fen - self.discount_fen + (self.freight_fen or 0)

    @property
    def lines(self) -> list[PriceLine]:
        """The lines in the order in which they are reckoned; the last one is the sum of those before it."""
        freight = [] if self.freight_fen is None else [PriceLine(_("Freight"), self.freight_fen, self.freight_words)]
        return [
            PriceLine(_("Goods"), self.goods_fen),
            *(PriceLine(one.title, -one.amount_fen, one.bearer_words, is_less=True) for one in self.taken_off),
            *freight,
            PriceLine(self.total_label, self.total_fen, is_sum=True),
        ]


def of_quote(quote: Quote, *, goes_to: str = "") -> Explained:
    """Explain all of a quote; ``goes_to`` names the place in the reader's words."""
    words = freight_words(sending_of(quote.orders))
    told = " · ".join(part for part in (goes_to, words) if part)
    return Explained(
        quote.goods_fen,
        _of_promotions(quote.taken_off),
        quote.freight_fen,
        told,
        _("Total") if quote.first_fen < quote.total_fen else _("To pay"),
    )


def of_quoted_line(quote: Quote, line: QuoteLine) -> list[TakenOff]:
    """Return what is taken off one line of a quote."""
    return list(_of_promotions((quote.promotions[index], fen) for index, fen in line.discounts))


def of_goods(*, goods_fen: int, discounts: Discounts) -> Explained:
    """Explain goods of which nobody knows yet where they go."""
    return Explained(goods_fen, _of_promotions(discounts.with_totals), None, "", _("Together"))


def of_order(order: SellerOrder, discounts: Iterable[LineDiscount]) -> Explained:
    """Explain one seller's order as it was agreed."""
    return Explained(order.goods_fen, taken_off(discounts), order.freight_fen, freight_words(sending_of([order])), _("Together"))


def of_group(group: OrderGroup, discounts: Iterable[LineDiscount], *, orders: Sequence[SellerOrder] = ()) -> Explained:
    """Explain what one checkout cost; how freight is reckoned is told where its orders are given."""
    words = freight_words(sending_of(orders)) if orders else ""
    return Explained(group.goods_fen, taken_off(discounts), group.freight_fen, words, _("Total"))


def taken_off(discounts: Iterable[LineDiscount]) -> tuple[TakenOff, ...]:
    """Return the discounts of lines, those of one promotion and bearer together, the largest first."""
    found: dict[tuple[UUID, str, UUID | None], list[LineDiscount]] = {}
    for discount in discounts:
        found.setdefault((discount.promotion_id, discount.bearer, discount.bearer_id), []).append(discount)
    told = [TakenOff(key[0], own[0].titles, key[1], key[2], sum(one.amount_fen for one in own)) for key, own in found.items()]
    return tuple(sorted(told, key=lambda one: (-one.amount_fen, one.promotion_id)))


@dataclass(frozen=True, slots=True)
class Sending:
    """What sending costs, and what of it the buyer, a budget and the seller bear; they add up to it."""

    weight_grams: int
    cost_fen: int
    buyer_fen: int
    subsidy_fen: int

    @property
    def seller_fen(self) -> int:
        """What the seller gives away by sending free."""
        return self.cost_fen - self.buyer_fen - self.subsidy_fen

    @property
    def borne_words(self) -> str:
        """Who else than the buyer bears what of it, in words; nothing where she bears all."""
        amounts = {"cost": yuan(self.cost_fen), "subsidy": yuan(self.subsidy_fen), "seller": yuan(self.seller_fen)}
        if self.subsidy_fen and self.seller_fen:
            return _("it costs ¥%(cost)s, of which a public budget bears ¥%(subsidy)s, the seller ¥%(seller)s") % amounts
        if self.subsidy_fen:
            return _("it costs ¥%(cost)s, of which a public budget bears ¥%(subsidy)s") % amounts
        if self.seller_fen:
            return _("it costs ¥%(cost)s, of which the seller bears ¥%(seller)s") % amounts
        return ""


def sending_of(parts: Sequence[QuoteOrder] | Sequence[SellerOrder]) -> Sending:
    """Return what sending parts of a quote, or orders, costs all together."""
    return Sending(
        weight_grams=sum(part.weight_grams for part in parts),
        cost_fen=sum(part.freight_cost_fen for part in parts),
        buyer_fen=sum(part.freight_fen for part in parts),
        subsidy_fen=sum(part.freight_subsidy_fen for part in parts),
    )


def freight_words(sending: Sending) -> str:
    """Return by what rule freight is reckoned, and who else than the buyer bears it."""
    weight = f"{sending.weight_grams / GRAMS_PER_KG:.3f}".rstrip("0").rstrip(".")
    rule = _("%(weight)s kg; each started kilogram counts") % {"weight": weight} if sending.buyer_fen else _("sent free")
    return " · ".join(part for part in (rule, sending.borne_words) if part)


def _of_promotions(found: Iterable[tuple[QuotePromotion, int]]) -> tuple[TakenOff, ...]:
    return tuple(TakenOff(one.promotion_id, one.titles, one.bearer, one.bearer_id, fen) for one, fen in found)
