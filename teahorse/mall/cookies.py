"""What a guest's browser keeps for her: her cart's key, her last orders, the area she orders to."""

from collections.abc import Iterable
from uuid import UUID

from django.conf import settings
from django.http import HttpRequest, HttpResponse

from teahorse.common.context import CART_COUNT
from teahorse.common.ids import from_short, short
from teahorse.places.rules import CODE_LENGTHS

CART, ORDERS, AREA = "cart", "orders", "area"
COUNT = CART_COUNT
CART_DAYS, ORDERS_DAYS, AREA_DAYS = 30, 180, 365
MOST_ORDERS = 20
MOST_LETTERS = 1000
SALT = "teahorse.mall"
DAY = 24 * 3600


def cart_key(request: HttpRequest) -> UUID | None:
    """Return the key of the guest's cart that this browser keeps."""
    keys = _keys(request, CART)
    return keys[0] if keys else None


def keep_cart(response: HttpResponse, key: UUID, *, count: int) -> None:
    """Let the browser keep a guest's cart and how much is in it."""
    _keep(response, CART, [key], CART_DAYS)
    keep_count(response, count)


def keep_count(response: HttpResponse, count: int) -> None:
    """Let the page's script know how much is in the cart; pages themselves are kept for all guests."""
    response.set_cookie(COUNT, str(count), max_age=CART_DAYS * DAY, samesite="Lax", secure=settings.SECURE)


def forget_cart(response: HttpResponse) -> None:
    """Let the guest's cart go: it became a person's."""
    response.delete_cookie(CART, samesite="Lax")


def count_kept(request: HttpRequest) -> int:
    """Return how much the browser thinks is in the cart."""
    text = request.COOKIES.get(COUNT, "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 6 else 0


def order_keys(request: HttpRequest) -> list[UUID]:
    """Return the order groups placed in this browser, the newest first."""
    return _keys(request, ORDERS)


def keep_order(request: HttpRequest, response: HttpResponse, key: UUID) -> None:
    """Let this browser see an order group that was placed in it."""
    keys = [key, *(kept for kept in order_keys(request) if kept != key)][:MOST_ORDERS]
    _keep(response, ORDERS, keys, ORDERS_DAYS)


def area_code(request: HttpRequest) -> str:
    """Return the code of the area that the buyer last ordered or asked for, or nothing."""
    code = request.COOKIES.get(AREA, "")
    return code if code.isascii() and code.isdigit() and len(code) in CODE_LENGTHS else ""


def keep_area(response: HttpResponse, code: str) -> None:
    """Remember the area for the freight that product pages show."""
    response.set_cookie(AREA, code, max_age=AREA_DAYS * DAY, samesite="Lax", secure=settings.SECURE, httponly=True)


def _keys(request: HttpRequest, name: str) -> list[UUID]:
    if len(request.COOKIES.get(name, "")) > MOST_LETTERS:
        return []
    text = request.get_signed_cookie(name, "", salt=SALT) or ""
    try:
        return [from_short(letters) for letters in text.split(".") if letters]
    except ValueError:
        return []


def _keep(response: HttpResponse, name: str, keys: Iterable[UUID], days: int) -> None:
    text = ".".join(short(key) for key in keys)
    response.set_signed_cookie(name, text, salt=SALT, max_age=days * DAY, samesite="Lax", secure=settings.SECURE, httponly=True)
