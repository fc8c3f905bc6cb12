"""Goods: lists, search, one product, bar codes."""

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from django.http import HttpRequest
from django.utils import timezone, translation
from ninja import Query, Router, Schema
from pydantic import Field, StringConstraints

from teahorse.api.fields import NO_NUL, AreaCode, Fen, Named, PageNumber, PageSize, Text, Word, choice, named, told
from teahorse.catalog import queries as catalog
from teahorse.catalog.models import Product, Variant
from teahorse.catalog.pictures import PictureUrls
from teahorse.people.models import Organisation
from teahorse.places.queries import name_in
from teahorse.stock import queries as stock

router = Router(tags=["products"])
SearchWords = Annotated[str, StringConstraints(min_length=1, max_length=200, pattern=NO_NUL)]
Barcode = Annotated[str, StringConstraints(pattern=r"^[0-9]{8,14}$")]


class CategoryShown(Schema):
    """A kind of goods; ``attributes`` is what a product of it tells, ``variant_attributes`` what each of its forms tells."""

    slug: str
    name: str
    attributes: list[dict[str, Any]]
    variant_attributes: list[dict[str, Any]]


class PictureShown(Schema):
    """A photograph: two sets of sizes (``srcset``), one address for those who want only one."""

    avif: str
    webp: str
    src: str
    width: int
    height: int
    alt: str


class ProductCard(Schema):
    """A product in a list; ``offer_id`` is its cheapest offer."""

    id: UUID
    title: str
    category: str
    seller: Named
    brand: str
    has_gi_mark: bool
    is_village_brand: bool
    is_traceable: bool
    is_in_season: bool | None
    area_code: str
    area_name: str
    county_name: str
    height_m: int | None
    offer_id: UUID
    price_from_fen: int
    list_price_fen: int | None
    forms: int
    sold_count: int
    published_at: datetime
    picture: PictureShown | None


class ProductList(Schema):
    """A page of goods. ``total`` counts to a thousand; beyond that ``is_more`` is true."""

    products: list[ProductCard]
    total: int
    is_more: bool
    page: int
    per_page: int


class FacetShown(Schema):
    """How many of the found goods are of a category, or come from a county."""

    key: str
    name: str
    count: int


class SearchResult(ProductList):
    """A page of what was found, and where more of it lies."""

    categories: list[FacetShown]
    counties: list[FacetShown]


class SuggestionShown(Schema):
    """Something to look for: a category, a brand or a product by its key."""

    kind: Literal["category", "brand", "product"]
    key: str
    text: str


class OfferShown(Schema):
    """What a form costs, and how many units can be had now."""

    id: UUID
    price_fen: int
    list_price_fen: int | None
    available: int


class VariantForm(Schema):
    """One form of a product; without an offer it cannot be bought."""

    id: UUID
    name: str
    barcode: str
    weight_grams: int
    volume_cm3: int
    nominal_grams: int | None = Field(
        description="not null: it is weighed when it is packed; the price is that of a piece of so many grams without packing"
    )
    attributes: dict[str, Any]
    offer: OfferShown | None


class OriginArea(Schema):
    """An area on the way to where the goods come from."""

    code: str
    name: str


class Origin(Schema):
    """Where goods come from: the areas from the region down, and the height."""

    areas: list[OriginArea]
    height_m: int | None


class BrandShown(Schema):
    """A name under which goods are sold."""

    key: str
    name: str
    is_village_brand: bool
    has_gi_mark: bool


class ProductShown(Schema):
    """A product with its forms, prices, origin and pictures. One that is not ``is_listed`` cannot be bought any more."""

    id: UUID
    title: str
    story: str
    keep: str
    category: str
    attributes: dict[str, Any]
    seller: Named
    brand: BrandShown | None
    is_listed: bool
    is_traceable: bool
    return_rule: Annotated[str, choice(*Product.ReturnRule.values)]
    season_from: int | None = Field(description="month and day: 701 is 1 July")
    season_to: int | None
    is_in_season: bool | None
    origin: Origin
    price_from_fen: int | None
    variants: list[VariantForm]
    pictures: list[PictureShown]
    published_at: datetime | None


class BarcodeMatch(Schema):
    """A form on show that bears a bar code."""

    product_id: UUID
    variant_id: UUID
    title: str
    variant: str
    seller: Named


class Filters(Schema):
    """What the goods must be."""

    area: AreaCode | None = Field(None, description="from this area or below it")
    category: Word | None = Field(None, description="the slug of a category")
    seller: Word | None = Field(None, description="the key of a seller")
    price_from_fen: Fen | None = None
    price_to_fen: Fen | None = None
    is_traceable: bool | None = None
    in_season: bool = Field(default=False, description="only what is in season today")
    sort: Literal["rank", "new", "price", "price_desc", "sold"] = "rank"
    page: PageNumber = 1
    per_page: PageSize = 24


@router.get("/categories", response=list[CategoryShown])
def list_categories(request: HttpRequest) -> list[CategoryShown]:  # noqa: ARG001
    """Return the kinds of goods in the order of the mall."""
    return [
        CategoryShown(slug=row.slug, name=told(row, "name"), attributes=row.attributes, variant_attributes=row.variant_attributes)
        for row in catalog.categories()
    ]


@router.get("/products", response=ProductList)
def list_products(request: HttpRequest, filters: Query[Filters], q: Text = "") -> dict[str, Any]:  # noqa: ARG001
    """Return a page of the goods on show."""
    return _listed(_search(filters, q))


@router.get("/search", response=SearchResult)
def search(request: HttpRequest, filters: Query[Filters], q: SearchWords) -> dict[str, Any]:  # noqa: ARG001
    """Return what matches every word, with how much of it is of which category and county."""
    found = _search(filters, q)
    return {**_listed(found), "categories": found.categories, "counties": found.counties}


@router.get("/search/suggestions", response=list[SuggestionShown])
def suggest(
    request: HttpRequest,  # noqa: ARG001
    q: SearchWords,
    limit: Annotated[int, Field(ge=1, le=20)] = 8,
) -> list[catalog.Suggestion]:
    """Return what a person may mean who has typed so far."""
    return catalog.suggest(text=q, limit=limit)


@router.get("/products/{product_id}", response=ProductShown)
def show_product(request: HttpRequest, product_id: UUID) -> ProductShown:  # noqa: ARG001
    """Return a product with its forms, prices, units that can be had, origin and pictures."""
    page = catalog.product_page(product_id=product_id)
    left = stock.available(variant.offer.id for variant in page.variants if variant.offer)
    product = page.product
    return ProductShown(
        id=product.id,
        title=product.title,
        story=product.story,
        keep=product.keep,
        category=page.category.slug,
        attributes=product.attributes,
        seller=Named(key=page.seller.key, name=page.seller.name),
        brand=_brand(page.brand),
        is_listed=page.is_listed,
        is_traceable=product.is_traceable,
        return_rule=product.return_rule,
        season_from=product.season_from,
        season_to=product.season_to,
        is_in_season=page.season(timezone.localdate()),
        origin=Origin(
            areas=[OriginArea(code=area.code, name=name_in(area, _language())) for area in page.areas], height_m=product.origin_height_m
        ),
        price_from_fen=page.price_from_fen,
        variants=[_variant(variant, left) for variant in page.variants],
        pictures=[_picture(picture) for picture in page.pictures],
        published_at=product.published_at,
    )


@router.get("/barcodes/{barcode}", response=list[BarcodeMatch])
def find_by_barcode(request: HttpRequest, barcode: Barcode) -> list[BarcodeMatch]:  # noqa: ARG001
    """Return the forms on show that bear a bar code; sellers may number alike."""
    return [_match(variant) for variant in catalog.find_by_barcode(barcode)]


def _language() -> str:
    return translation.get_language() or "zh-hans"


def _search(filters: Filters, text: str) -> catalog.SearchPage:
    seller = Organisation.objects.filter(key=filters.seller).first() if filters.seller else None
    if filters.seller and seller is None:
        return catalog.SearchPage([], 0, filters.page, filters.per_page)
    today = timezone.localdate()
    return catalog.search(
        on=today,
        text=text,
        area_code=filters.area or "",
        category=filters.category or "",
        price_from=filters.price_from_fen,
        price_to=filters.price_to_fen,
        in_season_on=today if filters.in_season else None,
        is_traceable=filters.is_traceable,
        seller=seller,
        sort=filters.sort,
        page=filters.page,
        per_page=filters.per_page,
    )


def _listed(found: catalog.SearchPage) -> dict[str, Any]:
    return {
        "products": [_card(card) for card in found.cards],
        "total": found.total,
        "is_more": found.is_more,
        "page": found.page,
        "per_page": found.per_page,
    }


def _card(card: catalog.GoodsCard) -> ProductCard:
    return ProductCard(
        id=card.product_id,
        title=card.title,
        category=card.category,
        seller=Named(key=card.seller_key, name=card.seller_name),
        brand=card.brand_name or "",
        has_gi_mark=card.has_gi_mark,
        is_village_brand=card.is_village_brand,
        is_traceable=card.is_traceable,
        is_in_season=card.is_in_season,
        area_code=card.area_code,
        area_name=card.area_name,
        county_name=card.county_name,
        height_m=card.height_m,
        offer_id=card.offer_id,
        price_from_fen=card.price_from_fen,
        list_price_fen=card.list_price_fen,
        forms=card.forms,
        sold_count=card.sold_count,
        published_at=card.published_at,
        picture=_picture(card.picture) if card.picture else None,
    )


def _picture(picture: PictureUrls) -> PictureShown:
    return PictureShown(
        avif=picture.avif, webp=picture.webp, src=picture.src, width=picture.width, height=picture.height, alt=picture.alt or ""
    )


def _brand(brand: catalog.BrandTold | None) -> BrandShown | None:
    if brand is None:
        return None
    return BrandShown(key=brand.key, name=brand.name, is_village_brand=brand.is_village_brand, has_gi_mark=brand.has_gi_mark)


def _variant(variant: catalog.VariantTold, left: Mapping[UUID, int]) -> VariantForm:
    offer = variant.offer
    return VariantForm(
        id=variant.id,
        name=variant.name,
        barcode=variant.barcode,
        weight_grams=variant.weight_grams,
        volume_cm3=variant.volume_cm3,
        nominal_grams=variant.nominal_grams,
        attributes=variant.attributes,
        offer=OfferShown(id=offer.id, price_fen=offer.price_fen, list_price_fen=offer.list_price_fen, available=left.get(offer.id, 0))
        if offer
        else None,
    )


def _match(variant: Variant) -> BarcodeMatch:
    product = variant.product
    return BarcodeMatch(
        product_id=product.pk,
        variant_id=variant.pk,
        title=told(product, "title"),
        variant=told(variant, "name"),
        seller=named(product.seller),
    )
