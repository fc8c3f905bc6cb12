"""The page of a product: look, put it into the cart, share it by a code or a poster."""

from datetime import datetime
from uuid import UUID

from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from teahorse.catalog import queries as catalog
from teahorse.common.ids import from_short, short
from teahorse.common.refusals import Refusal
from teahorse.mall import checkout as desks
from teahorse.mall import cookies, goods
from teahorse.mall.guest_pages import kept_for_guests
from teahorse.mall.pay import qr_svg
from teahorse.mall.show import page, refusals_told
from teahorse.mall.views.buying import put_into_cart
from teahorse.people.models import ServicePoint
from teahorse.places import queries as places

DAY = 24 * 3600


@refusals_told
@require_http_methods(["GET", "HEAD", "POST"])
def product(request: HttpRequest, product_id: UUID) -> HttpResponse:
    """Show a product; its form puts it into the cart, or goes to the checkout with it alone."""
    if request.method != "POST":
        return _kept_product(request, product_id)
    hall = _hall(request)
    try:
        return put_into_cart(request, origin=f"hall:{short(hall.pk)}" if hall else "mall", back=request.get_full_path())
    except Refusal as refusal:
        if request.headers.get("X-Fragment"):
            return JsonResponse({"said": str(refusal), "field": refusal.field}, status=refusal.status)
        response = _product_page(request, product_id, now=timezone.now(), refusal=refusal)
        response.headers["Cache-Control"] = "private, no-store"
        return response


@kept_for_guests
def _kept_product(request: HttpRequest, product_id: UUID) -> HttpResponse:
    return _product_page(request, product_id, now=timezone.now())


def _product_page(request: HttpRequest, product_id: UUID, *, now: datetime, refusal: Refusal | None = None) -> HttpResponse:
    typed = request.POST if request.method == "POST" else request.GET
    try:
        chosen = from_short(typed.get("offer", ""))
    except ValueError:
        chosen = None
    shown = goods.product_shown(product_id=product_id, area_code=cookies.area_code(request), chosen=chosen, now=now)
    context = {
        "shown": shown,
        "product": shown.product,
        "seller": shown.catalogue.seller,
        "hall": _hall(request),
        "refusal": refusal,
        "quantity": typed.get("quantity", "1"),
        "places": goods.path_links(shown.catalogue.areas[1:]),
        "season_from": goods.next_season(shown.product, goods.today()),
        "share_url": settings.SITE_URL + reverse("mall:product", args=[product_id]),
    }
    return page(request, "product", context, status=refusal.status if refusal else 200)


def _hall(request: HttpRequest) -> ServicePoint | None:
    """Return the hall in which the visitor stands, as the code on its shelf says."""
    letters = request.GET.get("hall", "")
    return desks.point_by_key(letters) if letters else None


def product_qr(request: HttpRequest, product_id: UUID) -> HttpResponse:
    """Answer the product's QR code as a picture, for a hall's shelf (``?hall=``) too."""
    address = settings.SITE_URL + reverse("mall:product", args=[product_id])
    hall = request.GET.get("hall", "")
    if desks.is_origin(f"hall:{hall}"):
        address += f"?hall={hall}"
    response = HttpResponse(qr_svg(address), content_type="image/svg+xml")
    response.headers["Cache-Control"] = f"public, max-age={DAY}"
    return response


@require_safe
@kept_for_guests
@refusals_told
def poster(request: HttpRequest, product_id: UUID) -> HttpResponse:
    """Show a sheet to share or print: picture, price, band and code."""
    found = catalog.product_page(product_id=product_id)
    address = settings.SITE_URL + reverse("mall:product", args=[product_id])
    context = {
        "product": found.product,
        "seller": found.seller,
        "price_fen": found.price_from_fen,
        "is_from": sum(1 for variant in found.variants if variant.offer) > 1,
        "picture": found.pictures[0] if found.pictures else None,
        "origin": " ".join(places.name_in(area, goods.language()) for area in found.areas[2:]),
        "qr": qr_svg(address),
        "address": address.split("://", 1)[-1],
    }
    return page(request, "poster", context)
