"""Quotes, and what a buyer does with her order: look at it, pay it, cancel it, confirm that it came."""

from collections import Counter
from datetime import date, datetime
from typing import Annotated, Self
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from ninja import Router, Schema
from ninja.responses import Status
from pydantic import Field, StringConstraints, model_validator

from teahorse.api.capabilities import Caller, OrderLink, OrderToken
from teahorse.api.fields import NO_NUL, Asked, DiscountShown, Named, Quantity, Word, named
from teahorse.api.showing import OrderShown, PaymentShown, group_of_buyer, group_seen_by, order_shown, payment_shown
from teahorse.common.refusals import Malformed, NotThere
from teahorse.common.visitors import client_address
from teahorse.orders import actions, explaining, quoting
from teahorse.orders.models import OrderGroup, SellerOrder
from teahorse.orders.rules import MOST_LINES, Quote, QuoteOrder
from teahorse.payments import actions as payments
from teahorse.payments.providers import METHODS
from teahorse.people.models import Organisation, ServicePoint
from teahorse.places import queries as places
from teahorse.promotions.rules import plain_code

router = Router(tags=["orders"])
Reason = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=80, pattern=NO_NUL)]
CountyCode = Annotated[str, StringConstraints(pattern=r"^([0-9]{6}|[0-9]{9}|[0-9]{12})$")]


CodeAsked = Annotated[str, StringConstraints(min_length=1, max_length=40, pattern=NO_NUL)]


class LineAsked(Asked):
    """So many units of an offer; the same offer twice counts together."""

    offer_id: UUID
    quantity: Quantity


class DestinationAsked(Asked):
    """Where the goods are to go: an area (county or below), or a pickup point; one of the two."""

    area_code: CountyCode | None = None
    pickup_point_id: UUID | None = None

    @model_validator(mode="after")
    def _is_one_place(self) -> Self:
        if (self.area_code is None) == (self.pickup_point_id is None):
            raise ValueError(_("Name an area or a pickup point: one of the two."))
        return self


class QuoteAsked(Asked):
    """What is to be bought, and where it is to go."""

    lines: list[LineAsked] = Field(min_length=1, max_length=MOST_LINES)
    destination: DestinationAsked
    codes: list[CodeAsked] = Field(default=[], max_length=5, description="codes of coupons; what holds for everybody needs none")


class QuotedLine(Schema):
    """Units of an offer at today's price."""

    offer_id: UUID
    product_id: UUID
    quantity: int
    unit_price_fen: int
    amount_fen: int
    discount_fen: int
    discounts: list[DiscountShown]


class QuotedPart(Schema):
    """What is bought from one seller, what sending it costs, and between which days it comes."""

    seller: Named
    lines: list[QuotedLine]
    goods_fen: int
    discount_fen: int
    freight_fen: int
    freight_cost_fen: int = Field(description="what sending costs; the seller bears what the buyer's freight and the subsidy leave of it")
    freight_subsidy_fen: int = Field(description="what a public budget bears of it")
    total_fen: int
    weight_grams: int
    promised_from_date: date
    promised_to_date: date
    harvest_sale_id: UUID | None = Field(description="not null: it is sold before its harvest, and sent by the day promised")
    deposit_fen: int | None = Field(description="what is paid first of a pre-sale; null: all of it")


class QuotedDestination(Schema):
    """Where the goods are to go."""

    area_code: str
    area_name: str
    pickup_point_id: UUID | None


class QuoteShown(Schema):
    """
    What the house asks: goods less discounts, and freight.

    Two quotes with the same prices, discounts, freight and promise have the same ``version``.

    ``sealed`` is sent back to order: it is good until ``good_until``, and nothing is reserved by it.
    """

    version: str
    sealed: str
    goods_fen: int
    discount_fen: int
    freight_fen: int
    total_fen: int
    good_until: datetime
    destination: QuotedDestination
    discounts: list[DiscountShown]
    orders: list[QuotedPart]


class PaymentAsked(Asked):
    """How the order is to be paid; ``openid`` is needed inside WeChat."""

    provider: Word
    method: Word
    openid: Annotated[str, StringConstraints(max_length=128, pattern=r"^[-_0-9A-Za-z]*$")] = ""


class PartAsked(Asked):
    """Which part is meant; all of them where none is named."""

    seller_order_id: UUID | None = None


class CancelAsked(PartAsked):
    """What is cancelled, and why."""

    reason: Reason = "buyer"


@router.post("/quotes", response=QuoteShown)
def make_quote(request: HttpRequest, response: HttpResponse, asked: QuoteAsked) -> QuoteShown:  # noqa: ARG001
    """Price goods for a place: split by seller, with freight and the days between which they come."""
    wanted: Counter[UUID] = Counter()
    for line in asked.lines:
        wanted[line.offer_id] += line.quantity
    buyer = quoting.Buyer(codes=tuple(dict.fromkeys(plain_code(code) for code in asked.codes)))
    quote = quoting.quote(wanted=wanted, destination=_destination(asked.destination), now=timezone.now(), buyer=buyer)
    response.headers["Cache-Control"] = "private, no-store"
    return _quote_shown(quote)


@router.get("/orders/{order_id}", response=OrderShown, auth=[OrderToken(), OrderLink()])
def show_order(request: HttpRequest, response: HttpResponse, order_id: UUID) -> OrderShown:
    """Return an order: all of it to the holder of its access token, her own part to one of its sellers."""
    return _private(response, order_shown(group_seen_by(_caller(request), group_id=order_id)))


@router.post("/orders/{order_id}/payments", response={201: PaymentShown, 200: PaymentShown}, auth=OrderToken())
def pay_order(request: HttpRequest, response: HttpResponse, order_id: UUID, asked: PaymentAsked) -> Status[PaymentShown]:
    """Begin to pay an order (201), or return the payment that is open in the same way (200)."""
    group = group_of_buyer(_caller(request), group_id=order_id)
    if asked.provider not in METHODS:
        raise Malformed(field="provider", reason=_("Nobody pays this way here."))
    if asked.method not in METHODS[asked.provider]:
        raise Malformed(field="method", reason=_("Nobody pays this way here."))
    now = timezone.now()
    opened = actions.start_payment(group=group, provider=asked.provider, method=asked.method, now=now)
    prepared = payments.prepare_payment(
        payment_id=opened.pk, payer_ip=client_address(request), openid=asked.openid, back_url=settings.SITE_URL, now=now
    )
    return Status(201 if opened.created_at == now else 200, _private_payment(response, payment_shown(prepared)))


@router.post("/orders/{order_id}/cancel", response=OrderShown, auth=OrderToken())
def cancel_order(request: HttpRequest, response: HttpResponse, order_id: UUID, asked: CancelAsked) -> OrderShown:
    """Cancel an order, or one seller's part of a paid one; all that is named is cancelled, or nothing. Harmless twice."""
    group = group_of_buyer(_caller(request), group_id=order_id)
    with transaction.atomic():
        for order in _parts(group, asked):
            actions.cancel_order(order=order, reason=asked.reason, now=timezone.now())
    return _private(response, order_shown(group_seen_by(_caller(request), group_id=order_id)))


@router.post("/orders/{order_id}/confirm", response=OrderShown, auth=OrderToken())
def confirm_order(request: HttpRequest, response: HttpResponse, order_id: UUID, asked: PartAsked) -> OrderShown:
    """Confirm that the goods came; what was cancelled does not count. Harmless twice."""
    group = group_of_buyer(_caller(request), group_id=order_id)
    parts = _parts(group, asked)
    gone = {SellerOrder.State.CANCELLED, SellerOrder.State.EXPIRED}
    received = [order for order in parts if order.state not in gone]
    if not received:
        raise actions.NotReceived
    actions.confirm_receipt(orders=received, now=timezone.now())
    return _private(response, order_shown(group_seen_by(_caller(request), group_id=order_id)))


def _caller(request: HttpRequest) -> Caller:
    caller: Caller = request.auth  # type: ignore[attr-defined]  # ninja puts there what the token's check returned
    return caller


def _parts(group: OrderGroup, asked: PartAsked) -> list[SellerOrder]:
    parts = SellerOrder.objects.filter(group=group).order_by("pk")
    if asked.seller_order_id is None:
        return list(parts)
    found = list(parts.filter(pk=asked.seller_order_id))
    if not found:
        raise NotThere(field="seller_order_id")
    return found


def _private(response: HttpResponse, shown: OrderShown) -> OrderShown:
    response.headers["Cache-Control"] = "private, no-store"
    return shown


def _private_payment(response: HttpResponse, shown: PaymentShown) -> PaymentShown:
    response.headers["Cache-Control"] = "private, no-store"
    return shown


def _destination(asked: DestinationAsked) -> quoting.Destination:
    language = translation.get_language() or "zh-hans"
    if asked.pickup_point_id is not None:
        open_points = ServicePoint.objects.filter(accepts_pickup=True, organisation__left_at=None)
        point = open_points.select_related("area").filter(pk=asked.pickup_point_id).first()
        if point is None:
            raise Malformed(field="destination.pickup_point_id", reason=_("There is no pickup point of this key."))
        return quoting.Destination(point.area.code, places.full_name(point.area.code, language), point)
    code = asked.area_code or ""
    try:
        places.area_by_code(code)
    except NotThere as error:
        raise Malformed(field="destination.area_code", reason=_("There is no area of this code.")) from error
    return quoting.Destination(code, places.full_name(code, language))


def _quote_shown(quote: Quote) -> QuoteShown:
    sellers = Organisation.objects.in_bulk([part.seller_id for part in quote.orders])
    return QuoteShown(
        version=quote.version,
        sealed=quoting.seal(quote),
        goods_fen=quote.goods_fen,
        discount_fen=quote.discount_fen,
        freight_fen=quote.freight_fen,
        total_fen=quote.total_fen,
        good_until=quote.made_at + quoting.GOOD_FOR,
        destination=QuotedDestination(
            area_code=quote.destination_code, area_name=quote.destination_names, pickup_point_id=quote.pickup_point_id
        ),
        discounts=[DiscountShown.of(one) for one in explaining.of_quote(quote).taken_off],
        orders=[_quoted_part(quote, part, sellers[part.seller_id]) for part in quote.orders],
    )


def _quoted_part(quote: Quote, part: QuoteOrder, seller: Organisation) -> QuotedPart:
    return QuotedPart(
        seller=named(seller),
        lines=[
            QuotedLine(
                offer_id=line.offer_id,
                product_id=line.product_id,
                quantity=line.quantity,
                unit_price_fen=line.price_fen,
                amount_fen=line.amount_fen,
                discount_fen=line.discount_fen,
                discounts=[DiscountShown.of(one) for one in explaining.of_quoted_line(quote, line)],
            )
            for line in part.lines
        ],
        goods_fen=part.goods_fen,
        discount_fen=part.discount_fen,
        freight_fen=part.freight_fen,
        freight_cost_fen=part.freight_cost_fen,
        freight_subsidy_fen=part.freight_subsidy_fen,
        total_fen=part.total_fen,
        weight_grams=part.weight_grams,
        promised_from_date=part.promised_from,
        promised_to_date=part.promised_to,
        harvest_sale_id=part.harvest_sale_id,
        deposit_fen=part.deposit_fen,
    )
