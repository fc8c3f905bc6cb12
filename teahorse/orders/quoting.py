"""Asking the house what goods cost at a place, and sealing the answer so that it can travel with the buyer."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from django.core.signing import BadSignature, Signer
from django.utils.translation import gettext_lazy as _

from teahorse.catalog.models import Offer
from teahorse.common.refusals import Malformed, Refusal
from teahorse.common.translated import translated
from teahorse.logistics import queries as logistics
from teahorse.logistics import rules as freight
from teahorse.orders.rules import MOST_LINES, MOST_UNITS, Quote, QuoteLine, QuoteOrder, decode_quote, encode_quote
from teahorse.people.models import ServicePoint
from teahorse.stock import queries as stock

GOOD_FOR = timedelta(minutes=30)
HOME = ZoneInfo("Asia/Shanghai")
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


class NoRoadThere(Refusal):
    """No freight rate reaches the destination."""

    code = "no_road_there"
    sentence = _("We cannot send to this place yet. Choose another address or a pickup point.")


class QuoteNotOurs(Refusal):
    """The sealed quote is damaged, or too old."""

    code = "quote_not_ours"
    sentence = _("The prices shown are too old. Look at the new ones and confirm again.")


OFFERS = Offer.objects.select_related("variant__product", "seller__area")
"""Offers with all that pricing them asks for."""


@dataclass(frozen=True, slots=True)
class Destination:
    """Where goods go: an area with its names, and a pickup point when they are fetched there."""

    code: str
    names: str
    pickup_point: ServicePoint | None = None


def quote(*, wanted: Mapping[UUID, int], destination: Destination, now: datetime, offers: Iterable[Offer] | None = None) -> Quote:
    """
    Price units of offers for a destination: split by seller, with freight and a promise for each; three queries.

    :param offers: the rows, where the caller has just read them (with variant, product, seller and area) and asked what is
        left of each; then one query.

    :raises NothingToBuy: without a line; :raises Malformed: for more than 50 lines or a quantity outside 1..999;
    :raises NotSold: :raises SoldOut: :raises NoRoadThere: as they say.
    """
    if not wanted:
        raise NothingToBuy(field="lines")
    if len(wanted) > MOST_LINES:
        raise Malformed(field="lines", reason=_("At most 50 different goods fit into one order."))
    for offer_id, units in wanted.items():
        if not 1 <= units <= MOST_UNITS:
            raise Malformed(field=f"lines.{offer_id}.quantity", reason=_("A quantity is a number from 1 to 999."))
    sold = _sold(wanted, OFFERS.filter(pk__in=list(wanted)) if offers is None else offers)
    if offers is None:
        _check_left(wanted, sold)
    by_seller: dict[UUID, list[Offer]] = defaultdict(list)
    for offer in sold:
        by_seller[offer.seller_id].append(offer)
    rates = logistics.freight_rates(origin_codes={offer.seller.area.code for offer in sold}, destination_code=destination.code)
    parts = []
    for seller_id in sorted(by_seller):
        own = by_seller[seller_id]
        rate = freight.rate_for(rates, origin=own[0].seller.area.code, destination=destination.code)
        if rate is None:
            raise NoRoadThere(field="destination")
        parts.append(_part(own, wanted, rate, now))
    return Quote(
        orders=tuple(parts),
        destination_code=destination.code,
        destination_names=destination.names,
        pickup_point_id=destination.pickup_point.pk if destination.pickup_point else None,
        made_at=now,
    )


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


def _sold(wanted: Iterable[UUID], offers: Iterable[Offer]) -> list[Offer]:
    """Return the offers, each sold and listed, in key order."""
    found = {offer.pk: offer for offer in sorted(offers, key=lambda offer: offer.pk)}
    for offer_id in wanted:
        offer = found.get(offer_id)
        if offer is None:
            raise NotSold(field=f"lines.{offer_id}", title="?")
        if not (offer.is_active and offer.variant.product.is_listed):
            raise NotSold(field=f"lines.{offer_id}", title=translated(offer.variant.product, "title"))
    return list(found.values())


def _check_left(wanted: Mapping[UUID, int], offers: Iterable[Offer]) -> None:
    left = stock.available(wanted)
    for offer in offers:
        if left.get(offer.pk, 0) < wanted[offer.pk]:
            raise SoldOut(
                field=f"lines.{offer.pk}.quantity",
                title=translated(offer.variant.product, "title"),
                available=left.get(offer.pk, 0),
                wanted=wanted[offer.pk],
            )


def _part(offers: list[Offer], wanted: Mapping[UUID, int], rate: freight.Rate, now: datetime) -> QuoteOrder:
    lines = tuple(
        QuoteLine(offer.pk, offer.variant.product_id, wanted[offer.pk], offer.price_fen, offer.variant.weight_grams) for offer in offers
    )
    weight = sum(line.weight_grams * line.quantity for line in lines)
    goods = sum(line.amount_fen for line in lines)
    promised = freight.promise(rate, placed_on=now.astimezone(HOME).date())
    return QuoteOrder(
        seller_id=offers[0].seller_id,
        county_id=offers[0].seller.county_id,
        lines=lines,
        freight_fen=freight.freight_fen(rate, weight_grams=weight, goods_fen=goods),
        promised_from=promised.from_date,
        promised_to=promised.to_date,
    )
