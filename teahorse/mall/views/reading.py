"""Pages that are only read."""

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from teahorse.mall.guest_pages import kept_for_guests
from teahorse.mall.show import page

ROBOTS = """User-agent: *
Disallow: /cart/
Disallow: /checkout/
Disallow: /orders/
Disallow: /me/
Disallow: /console/
Disallow: /search/
Disallow: /scan/
Disallow: /area/
"""


@require_safe
@kept_for_guests
def returns(request: HttpRequest) -> HttpResponse:
    """Say how goods are given back."""
    return page(request, "returns", {})


@require_safe
@kept_for_guests
def privacy(request: HttpRequest) -> HttpResponse:
    """Say what is kept of a person."""
    return page(request, "privacy", {})


@require_safe
def robots(request: HttpRequest) -> HttpResponse:  # noqa: ARG001 - a view
    """Tell search engines what is no page of theirs."""
    return HttpResponse(ROBOTS, content_type="text/plain", headers={"Cache-Control": "public, max-age=3600"})
