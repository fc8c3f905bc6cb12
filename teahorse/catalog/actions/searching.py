"""Keeping what products are found by."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

from django.db import connection, transaction

from teahorse.catalog.content import words_of
from teahorse.catalog.models import Product, SearchEntry, Variant
from teahorse.common.search_words import index_words
from teahorse.places.models import LENGTHS, Area

UPSERT = (Path(__file__).parent / "write_search_entries.sql").read_text()
AT_ONCE = 1000
LOOKED_BACK = timedelta(days=1)
LEAST_PRICES = """
    select variant.product_id, min(price.price_fen) as price_fen
      from catalog_variant variant
      join catalog_offer offer on offer.variant_id = variant.id and offer.is_active
      join lateral catalog_price_at(
               offer.id, offer.price_fen, offer.list_price_fen, coalesce(%(at)s::timestamptz, statement_timestamp())) price on true
     where variant.withdrawn_at is null and variant.product_id {}
     group by variant.product_id
"""
"""The price of the cheapest form of some products, at a moment or now."""
LEAST_PRICES_OF = LEAST_PRICES.format("= any(%(products)s)")
LEAST_PRICES_THAT_MAY_HAVE_CHANGED = LEAST_PRICES.format("""in (
           select own.product_id
             from catalog_offerprice dated
             join catalog_offer had on had.id = dated.offer_id
             join catalog_variant own on own.id = had.variant_id
            where dated.ends_at > %(since)s and dated.starts_at <= %(at)s)""")
FOLLOW_PRICES = f"""
    update catalog_searchentry entry set price_from_fen = least.price_fen
      from ({LEAST_PRICES_THAT_MAY_HAVE_CHANGED}) least
     where entry.product_id = least.product_id and entry.price_from_fen <> least.price_fen
"""  # noqa: S608 - of our own words


@transaction.atomic
def write_search_entries(*, product_ids: Sequence[UUID]) -> int:
    """
    Write anew what these products are found by, and forget those that are not on show; return how many can be found.

    A thousand at a time in five statements, so a whole catalogue may be given; how often they were sold is kept.
    """
    found = 0
    for start in range(0, len(product_ids), AT_ONCE):
        found += _write(product_ids[start : start + AT_ONCE])
    return found


@transaction.atomic
def write_sold_counts(*, counts: Mapping[UUID, int]) -> None:
    """Keep how many units of each product were sold, as whole numbers and not as differences: twice does no harm."""
    with connection.cursor() as cursor:
        cursor.execute(
            "update catalog_searchentry entry set sold_count = given.sold"
            " from unnest(%s::uuid[], %s::int[]) as given(product_id, sold)"
            " where entry.product_id = given.product_id and entry.sold_count <> given.sold",
            [list(counts), list(counts.values())],
        )


def _write(product_ids: Sequence[UUID]) -> int:
    on_show = Product.objects.filter(pk__in=product_ids, published_at__isnull=False, withdrawn_at=None)
    products = list(on_show.select_related("brand", "category", "seller", "origin_area").order_by("pk"))
    variants = Variant.objects.filter(product__in=[product.pk for product in products], withdrawn_at=None, offers__is_active=True)
    names: defaultdict[UUID, list[Variant]] = defaultdict(list)
    for variant in variants.distinct():
        names[variant.product_id].append(variant)
    prices = _least_prices([product.pk for product in products])
    areas = _area_names({product.origin_area.code for product in products})
    rows = [_row(product, prices[product.pk], names[product.pk], areas) for product in products if product.pk in prices]
    SearchEntry.objects.filter(product__in=product_ids).exclude(product__in=[row[0] for row in rows]).delete()
    if rows:
        with connection.cursor() as cursor:
            cursor.execute(UPSERT, [list(column) for column in zip(*rows, strict=True)])
    return len(rows)


@transaction.atomic
def follow_prices(*, now: datetime) -> int:
    """
    Have searching find by the prices of the moment what has a price window that began or ended of late; return how many changed.

    It looks at every window that is not over for longer than a day, so a clock that stood still for a night catches up.
    """
    with connection.cursor() as cursor:
        cursor.execute(FOLLOW_PRICES, {"at": now, "since": now - LOOKED_BACK})
        return int(cursor.rowcount)


def _least_prices(product_ids: Sequence[UUID]) -> dict[UUID, int]:
    """Return the price of the cheapest form of each product, as it is now."""
    with connection.cursor() as cursor:
        cursor.execute(LEAST_PRICES_OF, {"at": None, "products": list(product_ids)})
        return dict(cursor.fetchall())


def _row(product: Product, price_from_fen: int, variants: Iterable[Variant], areas: Mapping[str, Sequence[str]]) -> tuple[Any, ...]:
    return (
        product.pk,
        _words(product, variants, areas),
        product.category_id,
        product.origin_area.code,
        product.seller_id,
        price_from_fen,
        product.is_traceable,
        product.season_from,
        product.season_to,
        product.published_at,
    )


def _words(product: Product, variants: Iterable[Variant], areas: Mapping[str, Sequence[str]]) -> str:
    return index_words(
        titles=words_of(product, "title").values(),
        names=[
            *words_of(product.category, "name").values(),
            *(words_of(product.brand, "name").values() if product.brand else ()),
            *(name for variant in variants for name in words_of(variant, "name").values()),
            *words_of(product.seller, "name").values(),
            *(name for code in _path(product.origin_area.code) for name in areas.get(code, ())),
            *(variant.barcode for variant in variants if variant.barcode),
        ],
        texts=[*words_of(product, "story").values(), *_attribute_texts(product.attributes)],
    )


def _attribute_texts(attributes: Mapping[str, Any]) -> Iterator[str]:
    for value in attributes.values():
        if isinstance(value, dict):
            yield from (text for text in value.values() if isinstance(text, str))


def _path(code: str) -> list[str]:
    return [code[:length] for length in LENGTHS.values() if length <= len(code)]


def _area_names(codes: Iterable[str]) -> dict[str, list[str]]:
    wanted = {part for code in codes for part in _path(code)}
    areas = Area.objects.filter(code__in=wanted, until_date=None).only("code", "name", "i18n")
    return {area.code: list(words_of(area, "name").values()) for area in areas}
