"""The small picture beside a line of a cart, a checkout or an order."""

from collections.abc import Iterable, Mapping
from uuid import UUID

from django.utils.html import format_html
from django.utils.safestring import SafeString

from teahorse.catalog.models import Picture
from teahorse.catalog.pictures import PictureUrls, picture_urls
from teahorse.common.ui.drawings import drawing_url

Pictures = Mapping[UUID, PictureUrls]


def first_pictures(product_ids: Iterable[UUID]) -> dict[UUID, PictureUrls]:
    """Return the first published picture of each product that has one; one query, none where nothing is asked for."""
    wanted = set(product_ids)
    if not wanted:
        return {}
    found = Picture.objects.filter(product_id__in=wanted, position__isnull=False).order_by("product_id", "position", "pk")
    return {picture.product_id: picture_urls(picture) for picture in found.distinct("product_id") if picture.product_id}


def thumb(picture: PictureUrls | None, *, drawing: str, title: str) -> SafeString:
    """Draw the photograph of a product in its smallest size, or the drawing of its kind, with words for who cannot see it."""
    return format_html(
        '<img class="thumb" src="{}" alt="{}" width="64" height="64" loading="lazy" decoding="async">',
        picture.small if picture else drawing_url(drawing),
        (picture.alt if picture else "") or title,
    )
