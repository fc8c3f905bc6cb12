"""
Placing an order, the address that is asked most in the busiest minute.

It stands outside ninja: the body is decoded by msgspec into a struct, becomes one wish, is placed together with those
that wait (:mod:`teahorse.orders.dispatch`), and the answer is written by msgspec.
"""

import re
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

import msgspec
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt
from msgspec import Meta

from teahorse.api.capabilities import order_access
from teahorse.api.fields import NO_NUL, once_key
from teahorse.api.problems import NotJson, WrongMethod, answer_to, refused
from teahorse.common.refusals import Malformed
from teahorse.orders import dispatch
from teahorse.orders.actions import Placed, Wish
from teahorse.orders.quoting import unseal
from teahorse.orders.rules import Quote
from teahorse.people.rules import NotAPhone, normal_phone

ORIGIN = "api"


class ContactAsked(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Who gets the goods; the phone is a mobile one, read as Chinese where no country is named."""

    name: Annotated[str, Meta(min_length=1, max_length=80, pattern=NO_NUL)]
    phone: Annotated[str, Meta(min_length=5, max_length=24)]


class OrderDraft(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """
    What is ordered: a sealed quote, who gets it and where.

    ``key`` makes it one order however often it is sent; it may come as the header ``Idempotency-Key`` instead.
    ``address_line`` is needed unless the goods are fetched at a pickup point.
    """

    quote: Annotated[str, Meta(max_length=100_000, description="`sealed` of a quote")]
    contact: ContactAsked
    address_line: Annotated[str, Meta(max_length=200, pattern=NO_NUL)] = ""
    note: Annotated[str, Meta(max_length=200, pattern=NO_NUL)] = ""
    no_return_confirmed: Annotated[bool, Meta(description="the buyer ticked that goods of the rule `confirmed` do not go back")] = False
    key: UUID | None = None


class OrderPlaced(msgspec.Struct, frozen=True, kw_only=True):
    """A placed order; its units are reserved until ``pay_before``. The access token opens it to whoever holds it."""

    id: UUID
    number: str
    goods_fen: int
    discount_fen: int
    freight_fen: int
    total_fen: int
    pay_before: datetime
    access_token: str
    tracking_url: str


_decoder = msgspec.json.Decoder(OrderDraft)
_encoder = msgspec.json.Encoder()


@csrf_exempt
def place_order(request: HttpRequest) -> HttpResponse:
    """Place an order: 201, or 200 where the same key placed it before, or a problem and nothing was ordered."""
    if request.method != "POST":
        response = refused(WrongMethod(method=request.method))
        response.headers["Allow"] = "POST"
        return response
    try:
        locale = translation.get_language() or "zh-hans"
        told = place(request.body, key_header=request.META.get("HTTP_IDEMPOTENCY_KEY", ""), locale=locale)
    except Exception as error:  # every error is answered as a problem; answer_to writes down what nobody expected
        return answer_to(error)
    response = HttpResponse(told.body, status=told.status)
    for name, value in told.headers:
        response.headers[name] = value
    return response


@dataclass(frozen=True, slots=True)
class Told:
    """The answer to who has placed an order."""

    status: int
    headers: list[tuple[str, str]]
    body: bytes


def place(body: bytes, *, key_header: str, locale: str) -> Told:
    """
    Place the order that the body of a request asks for, in the buyer's language.

    :raises Refusal: whatever is wrong with it; nothing was ordered then.
    """
    now = timezone.now()
    wish = _wish(_draft(body), header=key_header, locale=locale, now=now)
    return _told(dispatch.place(wish, now=now), wish.quote)


def _draft(body: bytes) -> OrderDraft:
    try:
        return _decoder.decode(body)
    except msgspec.ValidationError as error:
        reason, _at, path = str(error).partition(" - at `$")
        raise Malformed(field=_field(path, reason), reason=reason) from error
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise NotJson from error


def _field(path: str, reason: str) -> str:
    """Return the input that msgspec speaks of: its path, and the name of a field that is missing or unknown."""
    name = re.search(r"(?:field|required field) `([^`]*)`", reason)
    parts = [part for part in re.split(r"[.\[\]`]+", path) if part]
    return ".".join([*parts, *([name[1]] if name else [])]) or "body"


def _wish(draft: OrderDraft, *, header: str, locale: str, now: datetime) -> Wish:
    key = once_key(draft.key, header=header)
    quote = unseal(draft.quote, now=now)
    address_line, name = draft.address_line.strip(), draft.contact.name.strip()
    if not name:
        raise Malformed(field="contact.name", reason=_("Who gets the goods?"))
    if not (address_line or quote.pickup_point_id):
        raise Malformed(field="address_line", reason=_("Street and house number are needed, or a pickup point."))
    try:
        phone = normal_phone(draft.contact.phone)
    except NotAPhone as error:
        raise Malformed(field="contact.phone", reason=_("This is no mobile number.")) from error
    return Wish(
        key=key,
        quote=quote,
        person_id=None,
        contact_name=name,
        contact_phone=phone,
        destination_line=address_line,
        origin=ORIGIN,
        locale=locale,
        note=draft.note,
        is_no_return_confirmed=draft.no_return_confirmed,
    )


def _told(placed: Placed, quote: Quote) -> Told:
    token = order_access(placed.group_id)
    address = f"/api/v1/orders/{placed.group_id}"
    goods_fen, discount_fen, freight_fen = quote.goods_fen, quote.discount_fen, quote.freight_fen
    told = OrderPlaced(
        id=placed.group_id,
        number=placed.number,
        goods_fen=goods_fen,
        discount_fen=discount_fen,
        freight_fen=freight_fen,
        total_fen=goods_fen - discount_fen + freight_fen,
        pay_before=placed.expires_at,
        access_token=token,
        tracking_url=f"{settings.SITE_URL}{address}/tracking?access={token}",
    )
    headers = [("Content-Type", "application/json"), ("Location", address), ("Cache-Control", "private, no-store")]
    return Told(201 if placed.is_new else 200, headers, _encoder.encode(told))


def description(*, asked: Any, answered: Any) -> dict[str, Any]:
    """Return the description of the address for OpenAPI."""
    content = {"application/json": {"schema": answered}}
    return {
        "operationId": "place_order",
        "summary": "Place Order",
        "description": "Place an order of a sealed quote. The same key gives the same order (200), with other contents it is refused.",
        "tags": ["orders"],
        "parameters": [
            {
                "in": "header",
                "name": "Idempotency-Key",
                "required": False,
                "schema": {"type": "string", "maxLength": 60},
                "description": "the key, where the body has none",
            }
        ],
        "requestBody": {"required": True, "content": {"application/json": {"schema": asked}}},
        "responses": {
            "201": {"description": "Placed", "content": content},
            "200": {"description": "Placed before, by the same key", "content": content},
        },
    }
