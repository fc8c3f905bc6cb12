"""What a buyer confirms, and the rows that it becomes."""

import hashlib
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import msgspec

from teahorse.common.ids import new_id, new_ids
from teahorse.common.statements import Rows, array, asked
from teahorse.orders.rules import Quote, QuoteOrder, QuotePromotion
from teahorse.promotions import actions as promotions
from teahorse.stock import actions as stock

PLACE_ORDERS = (Path(__file__).parent / "place_orders.sql").read_text()


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
    is_paid_on_delivery: bool = False
    """Whether it is paid in cash where it is fetched; what may be stands in :mod:`teahorse.orders.on_delivery`."""

    @property
    def digest(self) -> str:
        """A digest of what is asked for; the moment of the quote is left out (its version names the rest)."""
        return self.digest_with(self.quote.version)

    def digest_with(self, version: str) -> str:
        """Return the digest where the version of the quote is known already; it takes longer than the rest."""
        quote = self.quote
        asked: tuple[object, ...] = (
            version, quote.destination_names, self.person_id, self.contact_name, self.contact_phone,
            self.destination_line, self.origin, self.locale, self.note, self.is_no_return_confirmed,
        )  # fmt: skip
        if self.is_paid_on_delivery:  # else as it always was: presses of before are known again
            asked = (*asked, True)
        return hashlib.sha256(msgspec.json.encode(asked)).hexdigest()


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


class Draft:
    """A wish with the keys of the rows that it becomes."""

    def __init__(self, wish: Wish) -> None:
        self.wish = wish
        self.group_id = new_id()
        self.order_ids = [new_id() for _ in wish.quote.orders]
        self.line_ids = [new_ids(len(part.lines)) for part in wish.quote.orders]
        self.sums = [_Sums.of(part) for part in wish.quote.orders]
        self.demands = [
            stock.Demand(self.group_id, order_id, line.offer_id, line.quantity)
            for order_id, part in zip(self.order_ids, wish.quote.orders, strict=True)
            for line in part.lines
        ]
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
            "on_delivery": wish.is_paid_on_delivery,
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
                "promise_basis": part.promise_basis,
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


def write(drafts: Sequence[Draft], *, now: datetime, until: datetime) -> Callable[[], Rows]:
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


def _discounts(drafts: Iterable[Draft]) -> dict[str, str]:
    """Return what is taken off the lines, as columns: each names its promotion by the place in ``promotions``, where it stands once."""
    places: dict[UUID, int] = {}
    given: list[dict[str, Any]] = []
    rows: list[tuple[UUID, str, UUID, int, int]] = []
    for draft in drafts:
        quote = draft.wish.quote
        if not quote.promotions:
            continue
        for one in quote.promotions:  # its terms stay as they were offered: whose quote it is from does not matter
            if places.setdefault(one.promotion_id, len(given)) == len(given):
                given.append(_given(one))
        of_quote = [places[one.promotion_id] for one in quote.promotions]
        for order_id, keys, part in zip(draft.order_ids, draft.line_ids, quote.orders, strict=True):
            for key, line in zip(keys, part.lines, strict=True):
                rows += [(part.county_id, key, order_id, of_quote[index], fen) for index, fen in line.discounts]
    counties, lines, orders, promotion_places, fens = zip(*rows, strict=True) if rows else ((),) * 5
    return {
        "promotions": msgspec.json.encode(given).decode(),
        "discount_ids": array(new_ids(len(rows))),
        "discount_counties": array(counties),
        "discount_lines": array(lines),
        "discount_orders": array(orders),
        "discount_places": array(promotion_places),
        "discount_fens": array(fens),
    }


def _given(one: QuotePromotion) -> dict[str, Any]:
    return {"promotion_id": one.promotion_id, "titles": one.titles, "bearer": one.bearer, "bearer_id": one.bearer_id}
