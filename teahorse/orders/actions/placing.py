"""
Placing orders, set-based.

Many wishes are placed in two round trips and an announcement, whatever their number. The first locks the levels that
are asked for, finds what was placed before, and reads the prices that the quotes are compared with; the second promises
the units (:mod:`teahorse.stock.actions.promising`) and writes groups, seller orders and lines by ``place_orders.sql``.
Each wish is placed whole or refused whole. The web asks through :mod:`teahorse.orders.dispatch`, which gathers what
waits at the same moment.

Promotions that the quotes hold are read in the first round trip, after the levels, and their uses are written at the end of the
second (:mod:`teahorse.promotions.actions.taking`), which locks them; what is left of them is dealt out together with the units, in
the order of the wishes. Wishes without a promotion ask nothing more.
"""

import hashlib
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import msgspec
from django.conf import settings
from django.db import IntegrityError, transaction
from django.utils.translation import gettext_lazy as _

from teahorse.catalog.models import Product
from teahorse.common.events import announce
from teahorse.common.ids import new_id, new_ids
from teahorse.common.money import yuan
from teahorse.common.refusals import Refusal
from teahorse.common.statements import Rows, array, asked, by_index, together
from teahorse.orders.events import OrdersPlaced
from teahorse.orders.quoting import NotSold, SoldOut
from teahorse.orders.rules import Quote, QuoteOrder, QuotePromotion
from teahorse.promotions import actions as promotions
from teahorse.stock import actions as stock

PLACE_ORDERS = (Path(__file__).parent / "place_orders.sql").read_text()
FIND_PLACED = """
    select idempotency_key, request_digest, id, number, expires_at from orders_ordergroup where idempotency_key = any(%s::uuid[])
"""
FIND_OFFERS = """
    select offer.id, price.price_fen, offer.is_active and product.published_at is not null and product.withdrawn_at is null, product.title,
           product.return_rule, sale.id, sale.state = 'open' and sale.opens_at <= %s and sale.closes_at > %s
      from catalog_offer offer
      join lateral catalog_price_at(offer.id, offer.price_fen, offer.list_price_fen, %s) price on true
      join catalog_variant variant on variant.id = offer.variant_id
      join catalog_product product on product.id = variant.product_id
      left join orders_harvestsale sale on sale.offer_id = offer.id and sale.settled_at is null
     where offer.id = any(%s::uuid[])
"""

Facts = dict[UUID, tuple[int, bool, str, str]]
"""Of an offer its price, whether it is sold, its title, and its rule for returns."""
Sales = dict[UUID, tuple[UUID, bool]]
"""Of an offer that is sold before its harvest that sale, and whether it is open now."""


class PriceChanged(Refusal):
    """A price is not what the quote said; nothing was ordered."""

    code = "price_changed"
    sentence = _("The price of “%(title)s” has changed from %(quoted)s to %(price)s yuan. Look at the new total and confirm again.")


class SaleChanged(Refusal):
    """It is sold before its harvest now, or not any more, or on other terms than the quote said; nothing was ordered."""

    code = "sale_changed"
    sentence = _("“%(title)s” is sold on other terms now. Look at them and confirm again.")


class KeyUsedForAnother(Refusal):
    """The same key came with another wish."""

    code = "key_used_for_another"
    sentence = _("This order was already placed with other contents. Look at your orders before you order again.")


class ReturnNotConfirmed(Refusal):
    """The law asks for an explicit step before such goods lose the right of return."""

    code = "return_not_confirmed"
    sentence = _("“%(title)s” cannot be given back without a reason. Tick that you know it, or take it out, and order again.")


@dataclass(frozen=True, kw_only=True, slots=True)
class Wish:
    """What a buyer confirms: a quote, who and where she is, and a key that makes the wish one however often it is sent."""

    key: UUID
    quote: Quote
    person_id: UUID | None
    contact_name: str
    contact_phone: str
    destination_line: str = ""
    origin: str = "mall"
    locale: str = "zh-hans"
    note: str = ""
    verified_phone: str = ""
    """The phone of the person who confirms, where she has proved that it is hers; what is limited for a person goes by it."""
    is_no_return_confirmed: bool = False

    @property
    def digest(self) -> str:
        """A digest of what is asked for; the moment of the quote is left out (its version names the rest)."""
        return self.digest_with(self.quote.version)

    def digest_with(self, version: str) -> str:
        """Return the digest where the version of the quote is known already; it takes longer than the rest."""
        quote = self.quote
        asked = (
            version, quote.destination_names, self.person_id, self.contact_name, self.contact_phone,
            self.destination_line, self.origin, self.locale, self.note, self.is_no_return_confirmed,
        )  # fmt: skip
        return hashlib.sha256(msgspec.json.encode(asked)).hexdigest()


@dataclass(frozen=True, slots=True)
class Placed:
    """A wish became this order group, to be paid before ``expires_at``; ``is_new`` is False when it already was one."""

    group_id: UUID
    number: str
    expires_at: datetime
    is_new: bool = True


def place_orders(*, wishes: Sequence[Wish], now: datetime) -> list[Placed | Refusal]:
    """
    Place wishes in their order; the answers stand in the same order.

    A wish whose key was placed before is answered with the old group (or :class:`KeyUsedForAnother`); a changed price,
    a withdrawn offer, a shortage or a promotion that is not to be had any more refuses that wish alone (:class:`PriceChanged`,
    ``NotSold``, ``SoldOut``, ``PromotionOver``, ``CouponGone``, ``BudgetSpent``, ``LimitReached``, ``PhoneNotVerified``).

    :raises django.db.IntegrityError: if another process places the same key at this very moment; nothing was placed.
    """
    if not wishes:
        return []
    try:
        return _place_orders(wishes, now, is_in_turn=False)
    except IntegrityError as error:
        if not promotions.is_spent_meanwhile(error):
            raise
        return _place_orders(wishes, now, is_in_turn=True)


@transaction.atomic
def _place_orders(wishes: Sequence[Wish], now: datetime, *, is_in_turn: bool) -> list[Placed | Refusal]:
    """Place wishes; ``is_in_turn``: whoever wants the same promotions waits from the beginning, not only where little is left of them."""
    offers = {line.offer_id for wish in wishes for part in wish.quote.orders for line in part.lines}
    drafts = [_Draft(wish) for wish in wishes]
    uses = [use for draft in drafts for use in draft.uses]
    with together():
        by_index()
        ask_levels = stock.ask_for_levels(offers)  # first: who waited for the lock sees what was placed meanwhile
        ask_purse = promotions.ask_for_purse(uses, at=now, is_locked=is_in_turn)
        ask_placed = asked(FIND_PLACED, [array(wish.key for wish in wishes)])
        ask_facts = asked(FIND_OFFERS, [now, now, now, array(offers)])
    found = ask_facts()
    facts: Facts = {offer_id: (price, is_sold, title, rule) for offer_id, price, is_sold, title, rule, *_sale in found}
    sales: Sales = {offer_id: (sale_id, is_selling) for offer_id, *_facts, sale_id, is_selling in found if sale_id is not None}
    placed = {row[0]: row[1:] for row in ask_placed()}
    answers: list[Placed | Refusal | None] = [
        _as_placed(wish, placed.get(wish.key)) or _changed(wish, facts) or _sold_otherwise(wish, facts, sales) for wish in wishes
    ]
    twins = _twins(wishes)
    fresh = {index: draft for index, draft in enumerate(drafts) if answers[index] is None and index not in twins}
    until = now + timedelta(minutes=settings.RESERVATION_MINUTES)
    purse = ask_purse()
    if not is_in_turn and not purse.is_plenty(uses):
        purse = promotions.ask_for_purse(uses, at=now)()
    dealing = _Dealing(purse, fresh.values())
    with together():
        demands = [demand for draft in fresh.values() for demand in draft.demands()]
        shortages = stock.promise(levels=ask_levels(), demands=demands, until=until, may=dealing.may)
        kept = {index: draft for index, draft in fresh.items() if draft.group_id not in {*shortages, *dealing.refused}}
        ask_numbers = _write(list(kept.values()), now=now, until=until)
        if kept:
            announce(OrdersPlaced(group_ids=tuple(draft.group_id for draft in kept.values())))
        dealing.purse.write(now=now)  # last: the rows of budgets that many want are locked from here on
    numbers: dict[UUID, str] = dict(ask_numbers())
    for index, draft in fresh.items():
        if index in kept:
            answers[index] = Placed(draft.group_id, numbers[draft.group_id], until)
        elif draft.group_id in dealing.refused:
            answers[index] = dealing.refused[draft.group_id]
        else:
            short = shortages[draft.group_id][0]
            answers[index] = SoldOut(
                field=f"lines.{short.offer_id}.quantity", title=facts[short.offer_id][2], available=short.available, wanted=short.wanted
            )
    for index, first in twins.items():
        answers[index] = _as_the_first(answers[first], is_same=wishes[index].digest == wishes[first].digest)
    return [answer for answer in answers if answer is not None]


@dataclass(frozen=True, slots=True)
class _Sums:
    """What the goods of a seller's part cost, what is taken off each line, and off all."""

    goods_fen: int
    of_lines: list[int]
    discount_fen: int

    @classmethod
    def of(cls, part: QuoteOrder) -> "_Sums":
        of_lines = [line.discount_fen for line in part.lines]
        return cls(part.goods_fen, of_lines, sum(of_lines))


class _Draft:
    """A wish with the keys of the rows that it becomes."""

    def __init__(self, wish: Wish) -> None:
        self.wish = wish
        self.group_id = new_id()
        self.order_ids = [new_id() for _ in wish.quote.orders]
        self.line_ids = [new_ids(len(part.lines)) for part in wish.quote.orders]
        self.sums = [_Sums.of(part) for part in wish.quote.orders]
        self.uses = self._uses() if wish.quote.promotions else []

    def _uses(self) -> list[promotions.Use]:
        """Return what its promotions take off; none of them takes part where it takes nothing."""
        wish = self.wish
        return [
            promotions.Use(
                reference=self.group_id,
                promotion_id=one.promotion_id,
                amount_fen=fen,
                title=one.titles.get(wish.locale) or one.titles.get("zh-hans", ""),
                coupon_id=one.coupon_id,
                phone=wish.verified_phone,
            )
            for one, fen in wish.quote.taken_off
        ]

    def demands(self) -> list[stock.Demand]:
        return [
            stock.Demand(self.group_id, order_id, line.offer_id, line.quantity)
            for order_id, part in zip(self.order_ids, self.wish.quote.orders, strict=True)
            for line in part.lines
        ]

    def group(self, ord_: int) -> dict[str, Any]:
        wish, quote = self.wish, self.wish.quote
        goods_fen, discount_fen = sum(part.goods_fen for part in self.sums), sum(part.discount_fen for part in self.sums)
        freight_fen, version = quote.freight_fen, quote.version
        return {
            "ord": ord_,
            "id": self.group_id,
            "key": wish.key,
            "digest": wish.digest_with(version),
            "person_id": wish.person_id,
            "contact_name": wish.contact_name,
            "contact_phone": wish.contact_phone,
            "destination_code": quote.destination_code,
            "destination_names": quote.destination_names,
            "destination_line": wish.destination_line,
            "pickup_point_id": quote.pickup_point_id,
            "goods_fen": goods_fen,
            "discount_fen": discount_fen,
            "freight_fen": freight_fen,
            "total_fen": goods_fen - discount_fen + freight_fen,
            "origin": wish.origin,
            "locale": wish.locale,
            "quote_version": version,
            "note": wish.note,
            "no_return": wish.is_no_return_confirmed,
        }

    def orders(self) -> list[dict[str, Any]]:
        return [
            {
                "id": order_id,
                "group_id": self.group_id,
                "county_id": part.county_id,
                "seller_id": part.seller_id,
                "position": position,
                "goods_fen": sums.goods_fen,
                "discount_fen": sums.discount_fen,
                "freight_fen": part.freight_fen,
                "freight_cost_fen": part.freight_cost_fen,
                "freight_subsidy_fen": part.freight_subsidy_fen,
                "freight_payer_id": part.freight_payer_id,
                "weight_grams": part.weight_grams,
                "promised_from": part.promised_from,
                "promised_to": part.promised_to,
                "harvest_sale_id": part.harvest_sale_id,
                "deposit_fen": part.deposit_fen,
            }
            for position, (order_id, part, sums) in enumerate(zip(self.order_ids, self.wish.quote.orders, self.sums, strict=True), start=1)
        ]

    def lines(self) -> list[dict[str, Any]]:
        return [
            {
                "id": key,
                "county_id": part.county_id,
                "order_id": order_id,
                "position": position,
                "offer_id": line.offer_id,
                "price_fen": line.price_fen,
                "quantity": line.quantity,
                "discount_fen": discount_fen,
            }
            for order_id, keys, part, sums in zip(self.order_ids, self.line_ids, self.wish.quote.orders, self.sums, strict=True)
            for position, (key, line, discount_fen) in enumerate(zip(keys, part.lines, sums.of_lines, strict=True), start=1)
        ]


class _Dealing:
    """Deals promotions out to the wishes whose units are there, in their order; ``refused`` says why others get none."""

    def __init__(self, purse: promotions.Purse, drafts: Iterable[_Draft]) -> None:
        self.purse = purse
        self.refused: dict[UUID, Refusal] = {}
        self._uses = {draft.group_id: draft.uses for draft in drafts if draft.uses}

    def may(self, group_id: UUID) -> bool:
        """Take the promotions of a wish, all or none; return whether it has them."""
        uses = self._uses.get(group_id)
        if not uses:
            return True
        refusal = self.purse.refusal(uses)
        if refusal is not None:
            self.refused[group_id] = refusal
            return False
        self.purse.take(uses)
        return True


def _twins(wishes: Sequence[Wish]) -> dict[int, int]:
    """Return, for each wish whose key stands earlier in the same batch, where it stands first."""
    first: dict[UUID, int] = {}
    return {index: first[wish.key] for index, wish in enumerate(wishes) if first.setdefault(wish.key, index) != index}


def _as_the_first(answer: Placed | Refusal | None, *, is_same: bool) -> Placed | Refusal | None:
    if not is_same:
        return KeyUsedForAnother(field="key")
    return replace(answer, is_new=False) if isinstance(answer, Placed) else answer


def _as_placed(wish: Wish, row: tuple[str, UUID, str, datetime] | None) -> Placed | Refusal | None:
    if row is None:
        return None
    digest, group_id, number, expires_at = row
    return Placed(group_id, number, expires_at, is_new=False) if digest == wish.digest else KeyUsedForAnother(field="key")


def _changed(wish: Wish, facts: Facts) -> Refusal | None:
    for part in wish.quote.orders:
        for line in part.lines:
            price, is_sold, title, rule = facts.get(line.offer_id, (0, False, "?", ""))
            if not is_sold:
                return NotSold(field=f"lines.{line.offer_id}", title=title)
            if price != line.price_fen:
                return PriceChanged(field=f"lines.{line.offer_id}", title=title, quoted=yuan(line.price_fen), price=yuan(price))
            if rule == Product.ReturnRule.CONFIRMED and not wish.is_no_return_confirmed:
                return ReturnNotConfirmed(field="no_return", title=title)
    return None


def _sold_otherwise(wish: Wish, facts: Facts, sales: Sales) -> Refusal | None:
    for part in wish.quote.orders:
        for line in part.lines:
            sale_id, is_selling = sales.get(line.offer_id, (None, True))
            if sale_id != part.harvest_sale_id or not is_selling:
                return SaleChanged(field=f"lines.{line.offer_id}", title=facts[line.offer_id][2])
    return None


def _write(drafts: Sequence[_Draft], *, now: datetime, until: datetime) -> Callable[[], Rows]:
    """Write groups with their parts; the numbers of the groups are there when they are asked for."""
    if not drafts:
        return list
    rows = {
        "groups": [draft.group(ord_) for ord_, draft in enumerate(drafts)],
        "orders": [row for draft in drafts for row in draft.orders()],
        "lines": [row for draft in drafts for row in draft.lines()],
    }
    texts = {name: msgspec.json.encode(value).decode() for name, value in rows.items()}
    return asked(PLACE_ORDERS, {**texts, **_discounts(drafts), "now": now, "until": until})


def _discounts(drafts: Iterable[_Draft]) -> dict[str, str]:
    """Return what is taken off the lines, as columns: each names its promotion by the place in ``promotions``, where it stands once."""
    places: dict[bytes, int] = {}
    rows: list[tuple[UUID, str, UUID, int, int]] = []
    for draft in drafts:
        quote = draft.wish.quote
        if not quote.promotions:
            continue
        of_quote = [places.setdefault(msgspec.json.encode(_given(one)), len(places)) for one in quote.promotions]
        for order_id, keys, part in zip(draft.order_ids, draft.line_ids, quote.orders, strict=True):
            for key, line in zip(keys, part.lines, strict=True):
                rows += [(part.county_id, key, order_id, of_quote[index], fen) for index, fen in line.discounts]
    counties, lines, orders, promotion_places, fens = zip(*rows, strict=True) if rows else ((),) * 5
    return {
        "promotions": f"[{b','.join(places).decode()}]",
        "discount_ids": array(new_ids(len(rows))),
        "discount_counties": array(counties),
        "discount_lines": array(lines),
        "discount_orders": array(orders),
        "discount_places": array(promotion_places),
        "discount_fens": array(fens),
    }


def _given(one: QuotePromotion) -> dict[str, Any]:
    return {"promotion_id": one.promotion_id, "titles": one.titles, "bearer": one.bearer, "bearer_id": one.bearer_id}
