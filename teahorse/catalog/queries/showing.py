"""What buyers are shown in lists, and what is found by a bar code."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

from django.db.models import Q, QuerySet

from teahorse.catalog.models import Brand, Category, Product, Variant
from teahorse.catalog.pictures import PictureUrls, urls
from teahorse.catalog.rules import is_in_season
from teahorse.common.statements import array, asked
from teahorse.common.translated import in_language
from teahorse.people.models import Organisation

CARDS = (Path(__file__).parent / "cards.sql").read_text()


@dataclass(frozen=True, slots=True)
class GoodsCard:
    """A product in a list."""

    product_id: UUID
    title: str
    drawing: str
    height_m: int | None
    is_traceable: bool
    is_in_season: bool | None
    published_at: datetime
    category: str
    brand_name: str
    has_gi_mark: bool
    is_village_brand: bool
    seller_key: str
    seller_name: str
    area_code: str
    area_name: str
    county_name: str
    offer_id: UUID
    price_from_fen: int
    list_price_fen: int | None
    forms: int
    picture: PictureUrls | None
    sold_count: int


def listed_products() -> QuerySet[Product]:
    """Return the products on show."""
    return Product.objects.filter(published_at__isnull=False, withdrawn_at=None)


def goods_cards(*, product_ids: Sequence[UUID], on: date) -> list[GoodsCard]:
    """Return a card of each of these products that is on show, in their order, in the current language, by one query."""
    if not product_ids:
        return []
    rows = asked(CARDS, {"product_ids": array(product_ids), **in_language("title", "name", "alt")})
    return [_card(row, on) for row in rows()]


def _card(row: Sequence[Any], on: date) -> GoodsCard:
    (product_id, title, drawing, height_m, is_traceable, season_from, season_to, published_at, *middle) = row
    (category, brand_name, has_gi_mark, is_village_brand, seller_key, seller_name, *middle) = middle
    (area_code, area_name, county_name, offer_id, price_from_fen, list_price_fen, forms, *middle) = middle
    (sha256, width, height, alt, sold_count) = middle
    return GoodsCard(
        product_id=product_id,
        title=title,
        drawing=drawing,
        height_m=height_m,
        is_traceable=is_traceable,
        is_in_season=season_of(season_from, season_to, on),
        published_at=published_at,
        category=category,
        brand_name=brand_name,
        has_gi_mark=has_gi_mark,
        is_village_brand=is_village_brand,
        seller_key=seller_key,
        seller_name=seller_name,
        area_code=area_code,
        area_name=area_name,
        county_name=county_name,
        offer_id=offer_id,
        price_from_fen=price_from_fen,
        list_price_fen=list_price_fen,
        forms=forms,
        picture=urls(sha256, width=width, height=height, alt=alt) if sha256 else None,
        sold_count=sold_count,
    )


def season_of(season_from: int | None, season_to: int | None, on: date) -> bool | None:
    """Return whether a day lies in a season; ``None`` where there is no season."""
    if season_from is None or season_to is None:
        return None
    return is_in_season(season_from=season_from, season_to=season_to, on=on)


def find_by_barcode(code: str) -> list[Variant]:
    """Return the forms on show that bear a bar code, with their product and seller; sellers may number alike."""
    if not code:
        return []
    listed = Q(product__published_at__isnull=False, product__withdrawn_at=None, withdrawn_at=None)
    return list(Variant.objects.filter(listed, barcode=code).exclude(barcode="").select_related("product__seller").order_by("pk"))


def brands_of(seller: Organisation) -> QuerySet[Brand]:
    """Return the brands that a seller may choose from: its own, and those that nobody owns."""
    return Brand.objects.filter(Q(owner=seller) | Q(owner=None)).order_by("name", "pk")


def categories() -> list[Category]:
    """Return all categories in the order of the mall."""
    return list(Category.objects.order_by("position", "pk"))
