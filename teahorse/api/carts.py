"""Carts of guests, opened by their token."""

from typing import Annotated
from uuid import UUID

from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from ninja import Router, Schema
from pydantic import Field, StringConstraints

from teahorse.api.capabilities import cart_access, cart_of
from teahorse.api.fields import Asked, Named, Quantity, choice
from teahorse.common.refusals import NotThere
from teahorse.orders import actions, queries
from teahorse.orders.models import Cart
from teahorse.orders.wanted import Wanted, Whose, by_seller, wanted_in_cart

router = Router(tags=["carts"])
CartToken = Annotated[str, StringConstraints(max_length=200)]
ORIGIN = "api"


class NoSuchCart(NotThere):
    """The token opens no cart; a cart that became a person's is not a guest's any more."""

    code = "no_such_cart"


class Units(Asked):
    """How many units of an offer the cart is to hold."""

    quantity: Quantity


class CartLineShown(Schema):
    """A line with how many units can be had now; ``trouble`` says why it cannot be ordered as it is."""

    offer_id: UUID
    product_id: UUID
    title: str
    variant: str
    quantity: int
    unit_price_fen: int
    amount_fen: int
    available: int
    trouble: Annotated[str, choice("", "not_sold", "sold_out", "too_few")]


class CartPart(Schema):
    """What is bought from one seller."""

    seller: Named
    lines: list[CartLineShown]


class CartShown(Schema):
    """A cart by seller; ``token`` opens it."""

    token: str
    units: int
    goods_fen: int = Field(description="of the lines that can be ordered; freight is told by a quote")
    sellers: list[CartPart]


@router.post("/carts", response={201: CartShown})
def open_cart(request: HttpRequest, response: HttpResponse) -> CartShown:  # noqa: ARG001
    """Open an empty cart; whoever has its token may change it."""
    cart = actions.open_cart(person=None, now=timezone.now())
    return _private(response, cart)


@router.get("/carts/{token}", response=CartShown)
def show_cart(request: HttpRequest, response: HttpResponse, token: CartToken) -> CartShown:  # noqa: ARG001
    """Return a cart with what its lines cost and how many units can be had now."""
    return _private(response, _cart(token))


@router.put("/carts/{token}/lines/{offer_id}", response=CartShown)
def hold_in_cart(request: HttpRequest, response: HttpResponse, token: CartToken, offer_id: UUID, asked: Units) -> CartShown:  # noqa: ARG001
    """Hold so many units of an offer in the cart, whatever it held of it before."""
    cart, now = _cart(token), timezone.now()
    whose = Whose(key=cart.pk)
    with transaction.atomic():
        actions.put_into_cart(whose=whose, offer_id=offer_id, quantity=asked.quantity, origin=ORIGIN, now=now)
        actions.set_quantity(whose=whose, offer_id=offer_id, quantity=asked.quantity, now=now)
    return _private(response, cart)


@router.delete("/carts/{token}/lines/{offer_id}", response=CartShown)
def take_out(request: HttpRequest, response: HttpResponse, token: CartToken, offer_id: UUID) -> CartShown:  # noqa: ARG001
    """Take an offer out of the cart; harmless twice."""
    cart = _cart(token)
    actions.take_out(whose=Whose(key=cart.pk), offer_ids=[offer_id], now=timezone.now())
    return _private(response, cart)


def _cart(token: str) -> Cart:
    key = cart_of(token)
    cart = queries.guest_cart(key) if key else None
    if cart is None:
        raise NoSuchCart(field="token")
    return cart


def _private(response: HttpResponse, cart: Cart) -> CartShown:
    response.headers["Cache-Control"] = "private, no-store"
    lines = wanted_in_cart(Whose(key=cart.pk))
    return CartShown(
        token=cart_access(cart.pk),
        units=sum(line.quantity for line in lines),
        goods_fen=sum(line.amount_fen for line in lines if not line.trouble),
        sellers=[_part(own) for own in by_seller(lines)],
    )


def _part(lines: list[Wanted]) -> CartPart:
    return CartPart(seller=Named(key=lines[0].seller_key, name=lines[0].seller_name), lines=[_line(line) for line in lines])


def _line(line: Wanted) -> CartLineShown:
    return CartLineShown(
        offer_id=line.offer_id,
        product_id=line.product_id,
        title=line.title,
        variant=line.form,
        quantity=line.quantity,
        unit_price_fen=line.price_fen,
        amount_fen=line.amount_fen,
        available=line.available,
        trouble=line.trouble,
    )
