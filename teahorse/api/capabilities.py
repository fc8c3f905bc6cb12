"""
Who asks: an organisation by its token, a buyer by the capability that the house gave her.

A capability is a key with a signature over it. It does not end: it is good for one order or one cart only.
"""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.core.signing import BadSignature, Signer
from django.http import HttpRequest
from django.utils import timezone
from ninja.security import APIKeyQuery, HttpBearer

from teahorse.common.ids import from_short, short
from teahorse.people.actions import use_token
from teahorse.people.models import Organisation

ORDER_PREFIX, CART_PREFIX = "to_", "tc_"
_orders = Signer(salt="teahorse.api.order", sep=".")
_carts = Signer(salt="teahorse.api.cart", sep=".")


def order_access(group_id: UUID) -> str:
    """Return the token that opens one order group to whoever holds it."""
    return ORDER_PREFIX + _orders.sign(short(group_id))


def group_of(token: str) -> UUID | None:
    """Return the order group that a token opens."""
    return _key(_orders, token.removeprefix(ORDER_PREFIX)) if token.startswith(ORDER_PREFIX) else None


def cart_access(cart_id: UUID) -> str:
    """Return the token of a guest's cart."""
    return CART_PREFIX + _carts.sign(short(cart_id))


def cart_of(token: str) -> UUID | None:
    """Return the cart that a token opens."""
    return _key(_carts, token.removeprefix(CART_PREFIX)) if token.startswith(CART_PREFIX) else None


def _key(signer: Signer, text: str) -> UUID | None:
    try:
        return from_short(signer.unsign(text))
    except (BadSignature, ValueError):
        return None


@dataclass(frozen=True)
class Caller:
    """Who asks: an organisation, or the holder of an order's access token."""

    organisation: Organisation | None = None
    group_id: UUID | None = None


class OrganisationToken(HttpBearer):
    """``Authorization: Bearer th_…``, the token of an organisation."""

    def authenticate(self, request: HttpRequest, token: str) -> Organisation | None:  # noqa: ARG002 - ninja's signature
        return use_token(secret=token, now=timezone.now())


class OrderToken(HttpBearer):
    """``Authorization: Bearer …`` with the access token of an order (``to_…``) or the token of an organisation (``th_…``)."""

    def authenticate(self, request: HttpRequest, token: str) -> Caller | None:  # noqa: ARG002 - ninja's signature
        if group_id := group_of(token):
            return Caller(group_id=group_id)
        organisation = use_token(secret=token, now=timezone.now())
        return Caller(organisation=organisation) if organisation else None


class OrderLink(APIKeyQuery):
    """``?access=to_…``: the access token of an order in a link."""

    param_name = "access"

    def authenticate(self, request: HttpRequest, key: str | None) -> Any:  # noqa: ARG002 - ninja's signature
        group_id = group_of(key) if key else None
        return Caller(group_id=group_id) if group_id else None
