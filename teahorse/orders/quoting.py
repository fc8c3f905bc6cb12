"""Asking the house what goods cost at a place, and sealing the answer so that it can travel with the buyer."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

import msgspec
from django.core.signing import BadSignature, Signer
from django.utils.translation import gettext_lazy as _

from teahorse.common.money import yuan
from teahorse.common.refusals import Malformed, Refusal
from teahorse.logistics import promising
from teahorse.logistics import queries as logistics
from teahorse.logistics import rules as freight
from teahorse.orders.rules import (
    MOST_LINES,
    MOST_UNITS,
    PromiseBasis,
    Quote,
    QuoteLine,
    QuoteOrder,
    QuotePromotion,
    decode_quote,
    deposit_of,
    encode_quote,
)
from teahorse.orders.wanted import Sale, Wanted, by_seller, wanted_of
from teahorse.people.models import ServicePoint
from teahorse.promotions import actions as promotions
from teahorse.promotions import queries as offered
from teahorse.promotions import rules as discounting

GOOD_FOR = timedelta(minutes=30)
SALT = "teahorse.quote"
_signer = Signer(salt=SALT)


class NothingToBuy(Refusal):
    """There is no line, or none that is still sold."""

    code = "nothing_to_buy"
    status = 422
    sentence = _("There is nothing to buy here yet.")


class NotSold(Refusal):
    """An offer is not sold any more, or never was."""

    code = "not_sold"
    sentence = _("“%(title)s” is not sold any more. Take it out of the cart to go on.")


class SoldOut(Refusal):
    """Fewer units are left than were asked for."""

    code = "sold_out"
    sentence = _("Of “%(title)s” %(available)d are left; you asked for %(wanted)d.")


class PresaleClosed(Refusal):
    """It is sold before its harvest, and not now."""

    code = "presale_closed"
    sentence = _("“%(title)s” cannot be ordered now: it is sold before its harvest, and that sale is not open.")


class PresaleAlone(Refusal):
    """What is sold before its harvest is ordered alone, for it is paid and sent at other times."""

    code = "presale_alone"
    sentence = _("“%(title)s” is sold before its harvest and is ordered alone. Order it by itself, and the rest in another order.")


class NoRoadThere(Refusal):
    """No freight rate reaches the destination."""

    code = "no_road_there"
    sentence = _("We cannot send to this place yet. Choose another address or a pickup point.")


class QuoteNotOurs(Refusal):
    """The sealed quote is damaged, or too old."""

    code = "quote_not_ours"
    sentence = _("The prices shown are too old. Look at the new ones and confirm again.")


class CodeOver(Refusal):
    """The code's promotion has ended, is paused, or has not begun."""

    code = "code_over"
    sentence = _("“%(title)s” does not hold now.")


class CodeUnknown(Refusal):
    """There is no such code."""

    code = "code_unknown"
    status = 422
    sentence = _("There is no code %(code)s. Look at how it is written.")


class CodeDoesNotFit(Refusal):
    """Nothing of what is bought lies in the scope of the code."""

    code = "code_does_not_fit"
    sentence = _("“%(title)s” is for other goods than these.")


class ThresholdMissed(Refusal):
    """Too little is bought for the code; ``missing`` in yuan."""

    code = "threshold_missed"
    sentence = _("“%(title)s” holds from %(threshold)s yuan on: %(missing)s yuan are missing.")


CODE_TROUBLES: dict[str, type[Refusal]] = {
    "over": CodeOver,
    "gone": promotions.CouponGone,
    "limit": promotions.LimitReached,
    "phone": promotions.PhoneNotVerified,
}


@dataclass(frozen=True, slots=True)
class Buyer:
    """What a price may depend on of a buyer: her verified phone, and the codes that she names."""

    phone: str = ""
    codes: tuple[str, ...] = ()


NOBODY = Buyer()


@dataclass(frozen=True, slots=True)
class Destination:
    """Where goods go: an area with its names, and a pickup point when they are fetched there."""

    code: str
    names: str
    pickup_point: ServicePoint | None = None


def quote(
    *,
    wanted: Mapping[UUID, int],
    destination: Destination,
    now: datetime,
    lines: Sequence[Wanted] | None = None,
    buyer: Buyer = NOBODY,
    discounts: "Discounts | None" = None,
) -> Quote:
    """
    Price units of offers for a destination: split by seller, with discounts, freight and a promise for each; three queries.

    Which discounts are given say :mod:`teahorse.promotions.rules`; freight goes by what the goods cost before them.

    :param lines: the same units as :func:`teahorse.orders.wanted.wanted_of` reads them, where the caller has just done so
        and has looked at what is left of each; then two queries.
    :param discounts: what :func:`taken_off` has just found for these very lines; then one query less.

    :raises NothingToBuy: without a line; :raises Malformed: for more than 50 lines or a quantity outside 1..999;
    :raises NotSold: :raises SoldOut: :raises NoRoadThere: as they say; of a code: :raises CodeUnknown: :raises CodeOver:
    :raises CodeDoesNotFit: :raises ThresholdMissed: and the refusals of :mod:`teahorse.promotions.actions.taking`.
    """
    if not wanted:
        raise NothingToBuy(field="lines")
    if len(wanted) > MOST_LINES:
        raise Malformed(field="lines", reason=_("At most 50 different goods fit into one order."))
    for offer_id, units in wanted.items():
        if not 1 <= units <= MOST_UNITS:
            raise Malformed(field=f"lines.{offer_id}.quantity", reason=_("A quantity is a number from 1 to 999."))
    sold = _sold(wanted, wanted_of(wanted, now=now) if lines is None else lines)
    _check_presale(sold, now)
    if lines is None:
        _check_left(sold)
    rates = logistics.freight_rates(origin_codes={line.seller_area for line in sold}, destination_code=destination.code)
    if discounts is None:
        discounts = taken_off(sold, buyer=buyer, now=now)
    parts = []
    for own in sorted(by_seller(sold), key=lambda own: own[0].seller_id):
        rate = freight.rate_for(rates, origin=own[0].seller_area, destination=destination.code)
        if rate is None:
            raise NoRoadThere(field="destination")
        promised = promising.promise(rate, origin=own[0].seller_area, destination=destination.code, now=now)
        parts.append(_part(own, rate, promised, discounts))
    return Quote(
        orders=tuple(parts),
        destination_code=destination.code,
        destination_names=destination.names,
        pickup_point_id=destination.pickup_point.pk if destination.pickup_point else None,
        made_at=now,
        promotions=discounts.promotions,
    )


@dataclass(frozen=True, slots=True)
class Discounts:
    """The promotions that take something off, and for each offer which of them (by place) takes how many fen."""

    promotions: tuple[QuotePromotion, ...] = ()
    by_offer: Mapping[UUID, tuple[tuple[int, int], ...]] = field(default_factory=dict)

    @property
    def total_fen(self) -> int:
        """What all of them take off."""
        return sum(fen for parts in self.by_offer.values() for _promotion, fen in parts)

    @property
    def with_totals(self) -> list[tuple[QuotePromotion, int]]:
        """Each promotion with what it takes off."""
        totals = [0] * len(self.promotions)
        for parts in self.by_offer.values():
            for index, fen in parts:
                totals[index] += fen
        return list(zip(self.promotions, totals, strict=True))


def taken_off(lines: Sequence[Wanted], *, buyer: Buyer, now: datetime) -> Discounts:
    """
    Return what promotions take off these lines for this buyer; one query.

    :raises Refusal: of a code, as :func:`quote` says.
    """
    on_offer = offered.on_offer(seller_ids={line.seller_id for line in lines}, codes=buyer.codes, phone=buyer.phone, now=now)
    if not on_offer and not buyer.codes:
        return Discounts()
    goods = [
        discounting.Goods(line.offer_id, line.product_id, line.category_id, line.seller_id, line.county_id, line.amount_fen)
        for line in lines
    ]
    for place, code in enumerate(buyer.codes):
        _check_code(place, code, goods, next((one for one in on_offer if one.typed == code), None))
    by_key = {one.terms.promotion_id: one for one in sorted(on_offer, key=lambda one: one.code) if not one.trouble}
    given = discounting.price(goods, [one.terms for one in by_key.values()])
    parts: defaultdict[UUID, list[tuple[int, int]]] = defaultdict(list)
    for place, each in enumerate(given):
        for offer_id, fen in each.parts:
            parts[offer_id].append((place, fen))
    return Discounts(
        promotions=tuple(_promotion(by_key[each.terms.promotion_id]) for each in given),
        by_offer={offer_id: tuple(each) for offer_id, each in parts.items()},
    )


def _check_code(place: int, code: str, goods: Sequence[discounting.Goods], found: offered.OnOffer | None) -> None:
    field_name = f"codes.{place}"
    if found is None:
        raise CodeUnknown(field=field_name, code=code)
    if found.trouble:
        raise CODE_TROUBLES[found.trouble](field=field_name, title=found.title)
    missing = found.terms.missing_fen(goods)
    if missing is None:
        raise CodeDoesNotFit(field=field_name, title=found.title)
    if missing:
        raise ThresholdMissed(field=field_name, title=found.title, threshold=yuan(found.terms.threshold_fen), missing=yuan(missing))


def _promotion(one: offered.OnOffer) -> QuotePromotion:
    return QuotePromotion(one.terms.promotion_id, one.titles, one.bearer, one.bearer_id, one.coupon_id, one.code)


def seal(quote: Quote) -> str:
    """Return a quote as text that nobody else can make or change."""
    return _signer.sign(encode_quote(quote))


def unseal(text: str, *, now: datetime) -> Quote:
    """
    Return the quote of a sealed text.

    :raises QuoteNotOurs: if it was not sealed here, or more than half an hour ago.
    """
    try:
        found = decode_quote(_signer.unsign(text))
    except (BadSignature, ValueError) as error:
        raise QuoteNotOurs(field="quote") from error
    if not timedelta(minutes=-1) <= now - found.made_at <= GOOD_FOR:
        raise QuoteNotOurs(field="quote")
    return found


def _sold(wanted: Iterable[UUID], lines: Iterable[Wanted]) -> list[Wanted]:
    """Return the lines, each sold and listed, in the order of the offers' keys."""
    found = {line.offer_id: line for line in sorted(lines, key=lambda line: line.offer_id)}
    for offer_id in wanted:
        line = found.get(offer_id)
        if line is None or not line.is_sold:
            raise NotSold(field=f"lines.{offer_id}", title=line.title if line else "?")
    return list(found.values())


def _check_left(lines: Iterable[Wanted]) -> None:
    for line in lines:
        if line.available < line.quantity:
            raise SoldOut(field=f"lines.{line.offer_id}.quantity", title=line.title, available=line.available, wanted=line.quantity)


def _check_presale(lines: Sequence[Wanted], now: datetime) -> None:
    for line in lines:
        if line.sale is not None and not line.sale.is_selling(now):
            raise PresaleClosed(field=f"lines.{line.offer_id}", title=line.title)
        if line.sale is not None and len(lines) > 1:
            raise PresaleAlone(field=f"lines.{line.offer_id}", title=line.title)


def _part(wanted: Sequence[Wanted], rate: freight.Rate, promised: freight.Promise, discounts: Discounts) -> QuoteOrder:
    lines = tuple(
        QuoteLine(
            line.offer_id, line.product_id, line.quantity, line.price_fen, line.weight_grams, discounts.by_offer.get(line.offer_id, ())
        )
        for line in wanted
    )
    weight = sum(line.weight_grams * line.quantity for line in lines)
    volume = sum(line.volume_cm3 * line.quantity for line in wanted)
    goods = sum(line.amount_fen for line in lines)
    sending = freight.freight(rate, weight_grams=weight, volume_cm3=volume, goods_fen=goods)
    part = QuoteOrder(
        seller_id=wanted[0].seller_id,
        county_id=wanted[0].county_id,
        lines=lines,
        freight_fen=sending.buyer_fen,
        promised_from=promised.from_date,
        promised_to=promised.to_date,
        freight_cost_fen=sending.cost_fen,
        freight_subsidy_fen=sending.subsidy_fen,
        freight_payer_id=UUID(rate.subsidy_payer_id) if sending.subsidy_fen and rate.subsidy_payer_id else None,
        promise_basis=_basis(promised),
    )
    return _before_harvest(part, wanted[0].sale) if wanted[0].sale else part


def _basis(promised: freight.Promise) -> PromiseBasis | None:
    if promised.percent is None and promised.delay is None:
        return None
    delay = promised.delay
    return PromiseBasis(
        percent=promised.percent,
        parcels=promised.parcels,
        closed=delay.name if delay else "",
        reason=delay.reason if delay else "",
        closed_until=delay.until if delay else None,
        later_days=delay.days if delay else 0,
    )


def _before_harvest(part: QuoteOrder, sale: Sale) -> QuoteOrder:
    """Return a part as it is sold before the harvest: promised by the day of sending, its deposit first."""
    deposit = deposit_of(part.total_fen - part.freight_fen, basis_points=sale.deposit_basis_points, total_fen=part.total_fen)
    return msgspec.structs.replace(
        part,
        promised_from=sale.ship_by_date,
        promised_to=sale.ship_by_date,
        promise_basis=None,
        harvest_sale_id=sale.id,
        deposit_fen=deposit,
    )
