"""
The whole of a product as one document, which is what a draft holds, and everything that can be wrong with it.

A draft may be half written, so the document takes what it is given; :func:`check` says what is still missing.
"""

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import msgspec
from django.utils.translation import gettext as _

from teahorse.catalog import definitions
from teahorse.catalog.models import Brand, Category, Offer, Picture, Product, Variant
from teahorse.catalog.rules import is_month_day, is_trade_number
from teahorse.places.models import Area

BASE_LANGUAGE = definitions.BASE_LANGUAGE
LANGUAGES = ("zh-hans", "bo", "en")
LONGEST = {"title": 120, "story": 4000, "keep": 1000, "name": 80, "drawing": 30, "item_number": 40}
HIGHEST_PRICE_FEN = 100_000_000
HEAVIEST_GRAMS = 1_000_000
LARGEST_CM3 = 10_000_000
LOWEST_M, HIGHEST_M = -500, 9000
MOST_VARIANTS = 50
MOST_PICTURES = 12

Words = dict[str, str]
"""A text by language: ``zh-hans``, ``bo``, ``en``."""


class VariantContent(msgspec.Struct, kw_only=True):
    """One form of the product with its price; without ``id`` it is new."""

    id: UUID | None = None
    name: Words = {}
    price_fen: int | None = None
    list_price_fen: int | None = None
    weight_grams: int | None = None
    volume_cm3: int = 0
    nominal_grams: int | None = None
    barcode: str = ""
    attributes: dict[str, Any] = {}


class ProductContent(msgspec.Struct, kw_only=True):
    """A product as its seller wants it; what is named stands by its public key (``category`` by slug, ``origin_area`` by code)."""

    item_number: str = ""
    title: Words = {}
    story: Words = {}
    keep: Words = {}
    category: str = ""
    brand: str = ""
    drawing: str = "parcel"
    origin_area: str = ""
    origin_height_m: int | None = None
    is_traceable: bool = False
    season_from: int | None = None
    season_to: int | None = None
    return_rule: str = Product.ReturnRule.SEVEN_DAYS.value
    attributes: dict[str, Any] = {}
    variants: list[VariantContent] = []
    pictures: list[UUID] = []

    @classmethod
    def from_document(cls, document: Any) -> "ProductContent":
        """
        Read a stored document.

        :raises msgspec.ValidationError: if it is of another shape.
        """
        return msgspec.convert(document, cls, strict=False)

    def to_document(self) -> dict[str, Any]:
        """Return it as plain values for a JSON column."""
        document: dict[str, Any] = msgspec.to_builtins(self)
        return document


@dataclass(frozen=True)
class Fault:
    """Something that is wrong: where (``variants.0.price_fen``), and what to do, in the reader's language."""

    field: str
    message: str


@dataclass(frozen=True)
class Known:
    """What the documents under check may name. ``None`` leaves a thing unchecked."""

    attributes: Mapping[str, Sequence[Mapping[str, Any]]] = field(default_factory=dict)
    """What products of every category tell, by its slug; see :mod:`teahorse.catalog.definitions`."""
    variant_attributes: Mapping[str, Sequence[Mapping[str, Any]]] = field(default_factory=dict)
    """What the forms of such products tell."""
    areas: Collection[str] = frozenset()
    brands: Collection[str] = frozenset()
    pictures: Collection[UUID] | None = None
    variants: Collection[UUID] | None = None
    taken_numbers: Collection[str] = frozenset()
    """Item numbers that other products of the seller have."""


def look_up(contents: Sequence[ProductContent], *, seller_id: UUID | None = None, product_id: UUID | None = None) -> Known:
    """Return what these documents of one seller (and one product, where there is one) may name, in six queries at most."""
    pictures = {key for content in contents for key in content.pictures}
    variants = {variant.id for content in contents for variant in content.variants if variant.id is not None}
    categories = list(Category.objects.values_list("slug", "attributes", "variant_attributes"))
    return Known(
        attributes={slug: of_product for slug, of_product, _of_variant in categories},
        variant_attributes={slug: of_variant for slug, _of_product, of_variant in categories},
        areas=_areas({content.origin_area for content in contents}),
        brands=frozenset(Brand.objects.filter(key__in={content.brand for content in contents}).values_list("key", flat=True)),
        pictures=_pictures_of(seller_id, product_id, pictures) if seller_id else None,
        variants=_variants_of(product_id, variants) if seller_id else None,
        taken_numbers=_taken_numbers(seller_id, product_id, {content.item_number for content in contents} - {""}),
    )


def _areas(codes: Collection[str]) -> frozenset[str]:
    return frozenset(Area.objects.filter(code__in=codes, until_date=None).values_list("code", flat=True))


def _pictures_of(seller_id: UUID, product_id: UUID | None, keys: Collection[UUID]) -> frozenset[UUID]:
    rows = Picture.objects.filter(seller_id=seller_id, pk__in=keys).values_list("pk", "product_id")
    return frozenset(key for key, owner in rows if owner in {None, product_id})


def _variants_of(product_id: UUID | None, keys: Collection[UUID]) -> frozenset[UUID]:
    if product_id is None:
        return frozenset()
    return frozenset(Variant.objects.filter(product_id=product_id, pk__in=keys).values_list("pk", flat=True))


def _taken_numbers(seller_id: UUID | None, product_id: UUID | None, numbers: Collection[str]) -> frozenset[str]:
    if seller_id is None or not numbers:
        return frozenset()
    others = Product.objects.filter(seller_id=seller_id, item_number__in=numbers)
    if product_id is not None:
        others = others.exclude(pk=product_id)
    return frozenset(others.values_list("item_number", flat=True))


def check(content: ProductContent, *, known: Known | None = None) -> list[Fault]:
    """Return everything that keeps a document from being listed, in the order of the form; nothing where it is fine."""
    if known is None:
        known = look_up([content])
    return [
        *_number(content, known),
        *_texts(content),
        *_place(content, known),
        *_trade(content, known),
        *_variants(content, known),
        *_pictures(content, known),
    ]


def _number(content: ProductContent, known: Known) -> Iterator[Fault]:
    if len(content.item_number) > LONGEST["item_number"]:
        yield Fault("item_number", _("Too long: at most %(limit)s characters.") % {"limit": LONGEST["item_number"]})
    if content.item_number in known.taken_numbers:
        yield Fault("item_number", _("Another product of yours has this number."))


def _texts(content: ProductContent) -> Iterator[Fault]:
    yield from _words("title", content.title, is_needed=True)
    yield from _words("story", content.story)
    yield from _words("keep", content.keep)


def _words(path: str, words: Words, *, kind: str = "", is_needed: bool = False) -> Iterator[Fault]:
    if is_needed and not words.get(BASE_LANGUAGE, "").strip():
        yield Fault(f"{path}.{BASE_LANGUAGE}", _("Write it in Chinese; the other languages may follow."))
    limit = LONGEST[kind or path]
    for language, text in words.items():
        if language not in LANGUAGES:
            yield Fault(f"{path}.{language}", _("This language is not offered."))
        elif len(text) > limit:
            yield Fault(
                f"{path}.{language}", _("Too long: %(length)s characters, at most %(limit)s.") % {"length": len(text), "limit": limit}
            )


def _place(content: ProductContent, known: Known) -> Iterator[Fault]:
    if content.category not in known.attributes:
        yield Fault("category", _("Choose a category."))
    if content.brand and content.brand not in known.brands:
        yield Fault("brand", _("This brand is not known."))
    if len(content.drawing) > LONGEST["drawing"]:
        yield Fault("drawing", _("Choose a drawing."))
    if content.origin_area not in known.areas:
        yield Fault("origin_area", _("Choose the place where it comes from."))
    if content.origin_height_m is not None and not LOWEST_M <= content.origin_height_m <= HIGHEST_M:
        yield Fault("origin_height_m", _("The height is in metres above the sea, at most %(limit)s.") % {"limit": HIGHEST_M})


def _trade(content: ProductContent, known: Known) -> Iterator[Fault]:
    if (content.season_from is None) != (content.season_to is None):
        missing = "season_from" if content.season_from is None else "season_to"
        yield Fault(missing, _("A season has a first and a last day."))
    for path in ("season_from", "season_to"):
        day = getattr(content, path)
        if day is not None and not is_month_day(day):
            yield Fault(path, _("There is no such day."))
    if content.return_rule not in Product.ReturnRule.values:
        yield Fault("return_rule", _("Choose a rule for returns."))
    yield from _attributes("attributes", content.attributes, known.attributes.get(content.category))


def _attributes(path: str, given: Mapping[str, Any], asked: Sequence[Mapping[str, Any]] | None) -> Iterator[Fault]:
    if asked is None:  # the category is the fault
        return
    by_key = {definition["key"]: definition for definition in asked}
    for key, value in given.items():
        if key not in by_key:
            yield Fault(f"{path}.{key}", _("Goods of this category do not tell this."))
        elif reason := definitions.value_fault(value, by_key[key]):
            yield Fault(f"{path}.{key}", reason)
    for key, rule in by_key.items():
        if rule.get("is_needed") and given.get(key) in (None, "", {}):
            yield Fault(f"{path}.{key}", _("Fill this in."))


def _variants(content: ProductContent, known: Known) -> Iterator[Fault]:
    if not content.variants:
        yield Fault("variants", _("Add at least one form in which it is sold."))
    if len(content.variants) > MOST_VARIANTS:
        yield Fault("variants", _("At most %(limit)s forms of one product.") % {"limit": MOST_VARIANTS})
    seen: set[UUID] = set()
    for index, variant in enumerate(content.variants):
        path = f"variants.{index}"
        if variant.id is not None and (variant.id in seen or (known.variants is not None and variant.id not in known.variants)):
            yield Fault(f"{path}.id", _("This form belongs to another product."))
        seen |= {variant.id} if variant.id else set()
        yield from _variant(path, variant, known.variant_attributes.get(content.category))


def _variant(path: str, variant: VariantContent, asked: Sequence[Mapping[str, Any]] | None) -> Iterator[Fault]:
    yield from _words(f"{path}.name", variant.name, kind="name", is_needed=True)
    if variant.price_fen is None or not 1 <= variant.price_fen <= HIGHEST_PRICE_FEN:
        yield Fault(f"{path}.price_fen", _("A price lies between 0.01 and 1,000,000 yuan."))
    if variant.list_price_fen is not None and (
        variant.list_price_fen > HIGHEST_PRICE_FEN or variant.list_price_fen <= (variant.price_fen or 0)
    ):
        yield Fault(f"{path}.list_price_fen", _("The price before the reduction is higher than the price."))
    if variant.weight_grams is None or not 1 <= variant.weight_grams <= HEAVIEST_GRAMS:
        yield Fault(f"{path}.weight_grams", _("The weight with its packing is between 1 gram and 1,000 kilograms."))
    if not 0 <= variant.volume_cm3 <= LARGEST_CM3:
        yield Fault(f"{path}.volume_cm3", _("The volume is at most 10 cubic metres."))
    if variant.nominal_grams is not None and not 1 <= variant.nominal_grams <= (variant.weight_grams or HEAVIEST_GRAMS):
        yield Fault(
            f"{path}.nominal_grams",
            _("A piece weighs at least 1 gram, and no more than with its packing. Leave this empty if it is not sold by weight."),
        )
    if variant.barcode and not is_trade_number(variant.barcode):
        yield Fault(f"{path}.barcode", _("This is no bar code of 8, 12, 13 or 14 digits, or a digit of it is wrong."))
    yield from _attributes(f"{path}.attributes", variant.attributes, asked)


def _pictures(content: ProductContent, known: Known) -> Iterator[Fault]:
    if len(content.pictures) > MOST_PICTURES:
        yield Fault("pictures", _("At most %(limit)s pictures of one product.") % {"limit": MOST_PICTURES})
    for index, key in enumerate(content.pictures):
        if key in content.pictures[:index] or (known.pictures is not None and key not in known.pictures):
            yield Fault(f"pictures.{index}", _("This picture is not there any more; add it again."))


def content_of(product: Product) -> ProductContent:
    """Return the document of a product as it is listed now."""
    return contents_of([product])[product.pk]


def contents_of(products: Collection[Product]) -> dict[UUID, ProductContent]:
    """Return the documents of products as they are listed now, by their keys, in six queries."""
    keys = [product.pk for product in products]
    variants: defaultdict[UUID, list[Variant]] = defaultdict(list)
    for variant in Variant.objects.filter(product__in=keys, withdrawn_at=None).order_by("position", "pk"):
        variants[variant.product_id].append(variant)
    offers = {(offer.variant_id, offer.seller_id): offer for offer in Offer.objects.filter(variant__product__in=keys)}
    pictures: defaultdict[UUID | None, list[UUID]] = defaultdict(list)
    shown = Picture.objects.filter(product__in=keys, position__isnull=False).order_by("position", "pk")
    for picture_id, product_id in shown.values_list("pk", "product_id"):
        pictures[product_id].append(picture_id)
    areas = dict(Area.objects.filter(pk__in={product.origin_area_id for product in products}).values_list("pk", "code"))
    categories = dict(Category.objects.filter(pk__in={product.category_id for product in products}).values_list("pk", "slug"))
    brands = dict(Brand.objects.filter(pk__in={product.brand_id for product in products}).values_list("pk", "key"))
    return {
        product.pk: ProductContent(
            item_number=product.item_number,
            title=words_of(product, "title"),
            story=words_of(product, "story"),
            keep=words_of(product, "keep"),
            category=categories[product.category_id],
            brand=brands[product.brand_id] if product.brand_id else "",
            drawing=product.drawing,
            origin_area=areas[product.origin_area_id],
            origin_height_m=product.origin_height_m,
            is_traceable=product.is_traceable,
            season_from=product.season_from,
            season_to=product.season_to,
            return_rule=product.return_rule,
            attributes=product.attributes,
            variants=[_variant_content(variant, offers.get((variant.pk, product.seller_id))) for variant in variants[product.pk]],
            pictures=pictures[product.pk],
        )
        for product in products
    }


def _variant_content(variant: Variant, offer: Offer | None) -> VariantContent:
    return VariantContent(
        id=variant.pk,
        name=words_of(variant, "name"),
        price_fen=offer.price_fen if offer else None,
        list_price_fen=offer.list_price_fen if offer else None,
        weight_grams=variant.weight_grams,
        volume_cm3=variant.volume_cm3,
        nominal_grams=variant.nominal_grams,
        barcode=variant.barcode,
        attributes=variant.attributes,
    )


def words_of(row: Any, name: str) -> Words:
    """Return a translated field of a row by language; a language in which nothing is written is left out."""
    others = {language: (row.i18n or {}).get(f"{name}_{language.replace('-', '_')}", "") for language in LANGUAGES[1:]}
    return {language: text for language, text in {BASE_LANGUAGE: getattr(row, name), **others}.items() if text}


def translations(**fields: Words) -> dict[str, str]:
    """Return what the column ``i18n`` keeps of some texts: every language but the base."""
    return {
        f"{name}_{language.replace('-', '_')}": text.strip()
        for name, words in fields.items()
        for language, text in words.items()
        if language != BASE_LANGUAGE and text.strip()
    }
