"""The page of a product: all that the catalogue tells of it, in the current language, by one statement."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

from teahorse.catalog.pictures import PictureUrls, urls
from teahorse.catalog.queries.showing import season_of
from teahorse.common.refusals import NotThere
from teahorse.common.statements import Rows, asked
from teahorse.common.translated import in_language
from teahorse.places import queries as places
from teahorse.places.models import Area

PRODUCT_PAGE = (Path(__file__).parent / "product_page.sql").read_text()


class NoSuchProduct(NotThere):
    """There is no such product, or it was never on show."""

    code = "no_such_product"


@dataclass(frozen=True, slots=True)
class ProductTold:
    """The product itself; see :class:`teahorse.catalog.models.Product`."""

    id: UUID
    title: str
    story: str
    keep: str
    drawing: str
    attributes: dict[str, Any]
    origin_height_m: int | None
    is_traceable: bool
    return_rule: str
    season_from: int | None
    season_to: int | None
    published_at: datetime
    is_listed: bool


@dataclass(frozen=True, slots=True)
class SellerTold:
    """Who sells it, and where that is."""

    key: str
    name: str
    about: str
    area_code: str
    area_name: str


@dataclass(frozen=True, slots=True)
class CategoryTold:
    """What kind of goods it is; the attributes are definitions (:mod:`teahorse.catalog.definitions`)."""

    slug: str
    name: str
    attributes: list[dict[str, Any]]
    variant_attributes: list[dict[str, Any]]


@dataclass(frozen=True, slots=True)
class BrandTold:
    """The name under which it is sold."""

    key: str
    name: str
    is_village_brand: bool
    has_gi_mark: bool


@dataclass(frozen=True, slots=True)
class OfferTold:
    """The seller's price of a form, in fen."""

    id: UUID
    price_fen: int
    list_price_fen: int | None


@dataclass(frozen=True, slots=True)
class VariantTold:
    """One form of a product with its price; ``offer`` is missing where it cannot be bought."""

    id: UUID
    name: str
    barcode: str
    weight_grams: int
    volume_cm3: int
    nominal_grams: int | None
    attributes: dict[str, Any]
    offer: OfferTold | None


@dataclass(frozen=True, slots=True)
class ProductPage:
    """Everything of the catalogue that the page of a product shows. A withdrawn product has a page too: old links lead there."""

    product: ProductTold
    seller: SellerTold
    category: CategoryTold
    brand: BrandTold | None
    variants: list[VariantTold]
    pictures: list[PictureUrls]
    areas: list[Area]
    """From the region down to the place where it comes from; shared with others, not to be changed."""

    @property
    def is_listed(self) -> bool:
        """Whether it can be bought."""
        return self.product.is_listed and any(variant.offer for variant in self.variants)

    @property
    def price_from_fen(self) -> int | None:
        """The price of its cheapest form."""
        return min((variant.offer.price_fen for variant in self.variants if variant.offer), default=None)

    def season(self, on: date) -> bool | None:
        """Return whether a day lies in its season; ``None`` for what has no season."""
        return season_of(self.product.season_from, self.product.season_to, on)


def product_page(*, product_id: UUID) -> ProductPage:
    """
    Return what the page of a product shows, in the current language.

    :raises NoSuchProduct: if it was never on show.
    """
    return ask_for_product_page(product_id=product_id)()


def ask_for_product_page(*, product_id: UUID) -> Callable[[], ProductPage]:
    """
    Ask for what :func:`product_page` returns; call the answer for it.

    Asked within :func:`teahorse.common.statements.together`, it travels with what else is asked there.
    """
    texts = in_language("title", "story", "keep", "name", "about", "alt")
    rows = asked(PRODUCT_PAGE, {"product_id": product_id, **texts})

    def page() -> ProductPage:
        found: Rows = rows()
        if not found:
            raise NoSuchProduct
        return _page(found[0])

    return page


def _page(row: Sequence[Any]) -> ProductPage:
    brand, (origin_code, variants, pictures) = row[22:26], row[26:]
    return ProductPage(
        product=ProductTold(*row[:13]),
        seller=SellerTold(*row[13:18]),
        category=CategoryTold(*row[18:22]),
        brand=BrandTold(*brand) if brand[0] is not None else None,
        variants=[_variant(*variant) for variant in variants or ()],
        pictures=[urls(sha256, width=width, height=height, alt=alt) for sha256, width, height, alt in pictures or ()],
        areas=places.path(origin_code),
    )


def _variant(  # the columns as they stand in the statement
    key: str,
    name: str,
    barcode: str,
    weight_grams: int,
    volume_cm3: int,
    nominal_grams: int | None,
    attributes: dict[str, Any],
    offer_id: str | None,
    price_fen: int,
    list_price_fen: int | None,
) -> VariantTold:
    offer = OfferTold(UUID(offer_id), price_fen, list_price_fen) if offer_id else None
    return VariantTold(UUID(key), name, barcode, weight_grams, volume_cm3, nominal_grams, attributes, offer)
