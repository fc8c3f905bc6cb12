"""Finding goods: a page of what was found, and what may be meant by what was typed so far."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Literal
from uuid import UUID

from django.db import connection
from django.utils import translation

from teahorse.catalog.models import Brand, Category
from teahorse.catalog.queries.search_statements import MOST_FOUND, Filters, Sort, search_sql, statistics
from teahorse.catalog.queries.showing import GoodsCard, categories, goods_cards
from teahorse.common.search_words import NAME, Query, folded, query_words
from teahorse.people.models import Organisation
from teahorse.places.models import Area
from teahorse.places.queries import name_in

MOST_PER_PAGE = 100


@dataclass(frozen=True)
class Facet:
    """How many of the found goods are of a category, or come from a county."""

    key: str
    name: str
    count: int


@dataclass(frozen=True)
class SearchPage:
    """One page of what was found. ``total`` counts to a thousand; beyond that ``is_more`` is true."""

    cards: list[GoodsCard]
    total: int
    page: int
    per_page: int
    is_more: bool = False
    categories: list[Facet] = field(default_factory=list)
    counties: list[Facet] = field(default_factory=list)

    @property
    def total_text(self) -> str:
        """The total as it is shown: ``87``, ``1000+``."""
        return f"{self.total}+" if self.is_more else str(self.total)

    @property
    def pages(self) -> int:
        """How many pages there are; one where nothing was found."""
        return max(1, -(-self.total // self.per_page))


@dataclass(frozen=True)
class Suggestion:
    """Something to look for, while a person types: a ``category``, a ``brand`` or a ``product`` by its key."""

    kind: Literal["category", "brand", "product"]
    key: str
    text: str


def search(  # every filter of the page is one argument
    *,
    on: date,
    text: str = "",
    area_code: str = "",
    category: str = "",
    price_from: int | None = None,
    price_to: int | None = None,
    in_season_on: date | None = None,
    is_traceable: bool | None = None,
    seller: Organisation | None = None,
    sort: Sort = "rank",
    page: int = 1,
    per_page: int = 24,
) -> SearchPage:
    """
    Return a page of the goods on show that match every word of ``text`` and every filter.

    ``on`` is the day for which a card says whether its goods are in season; prices are in fen, both ends included.
    Without ``text`` the goods are those of the filters; a text in which there is no word finds nothing.
    """
    page, per_page = max(1, page), min(max(1, per_page), MOST_PER_PAGE)
    query = query_words(text)
    if text.strip() and not query:
        return SearchPage([], 0, page, per_page)
    filters = Filters(
        area_code=area_code,
        category=category,
        price_from=price_from,
        price_to=price_to,
        in_season_on=in_season_on,
        is_traceable=is_traceable,
        seller=seller,
    )
    sql, values = search_sql(query=query, filters=filters, sort=sort, page=page, per_page=per_page, known=statistics())
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
        while cursor.description is None:  # the settings answer nothing
            cursor.nextset()
        total, by_category, by_county, product_ids = cursor.fetchone()
    return SearchPage(
        cards=goods_cards(product_ids=product_ids or [], on=on),
        total=min(total, MOST_FOUND),
        page=page,
        per_page=per_page,
        is_more=total > MOST_FOUND,
        categories=_category_facets(by_category or {}),
        counties=_county_facets(by_county or {}),
    )


def _category_facets(counts: Mapping[str, int]) -> list[Facet]:
    named = [(category, counts.get(str(category.pk), 0)) for category in categories()] if counts else []
    return [Facet(category.slug, _name(category), count) for category, count in named if count]


def _county_facets(counts: Mapping[str, int]) -> list[Facet]:
    language = translation.get_language() or "zh-hans"
    areas = {area.code: name_in(area, language) for area in Area.objects.filter(code__in=list(counts), until_date=None)} if counts else {}
    return [Facet(code, areas[code], count) for code, count in counts.items() if code in areas]


def _name(row: Category | Brand) -> str:
    language = (translation.get_language() or "zh-hans").replace("-", "_")
    return str((row.i18n or {}).get(f"name_{language}") or row.name)


def suggest(*, text: str, limit: int = 8) -> list[Suggestion]:
    """Return what a person may mean who has typed ``text`` so far: categories and brands by name, then goods by how they sell."""
    query = query_words(text, shortest_prefix=1)
    if not query or limit < 1:
        return []
    named = [*_named("category", Category.objects.order_by("position", "pk"), text), *_named("brand", Brand.objects.order_by("pk"), text)]
    room = limit - len(named[: limit // 2])
    return [*named[: limit // 2], *_products_suggested(query, room)]


def _named(kind: Literal["category", "brand"], rows: Any, text: str) -> list[Suggestion]:
    """Return the few categories or brands one of whose names starts with what was typed, or holds it."""
    wanted = folded(text.strip())
    found = []
    for row in rows:
        names = [row.name, *(value for key, value in (row.i18n or {}).items() if key.startswith("name_"))]
        if any(wanted in folded(name) for name in names):
            found.append(Suggestion(kind, row.slug if kind == "category" else row.key, _name(row)))
    return found


def _products_suggested(query: Query, limit: int) -> list[Suggestion]:
    title = f"title_{(translation.get_language() or 'zh-hans').replace('-', '_')}"
    with connection.cursor() as cursor:
        cursor.execute(
            "set local enable_seqscan = off;"
            "with found as materialized (select product_id, sold_count from catalog_searchentry where words @@ %(name)s::tsquery"
            " order by sold_count + 0 desc limit %(limit)s)"
            " select found.product_id, coalesce(nullif(product.i18n ->> %(title)s, ''), product.title)"
            " from found join catalog_product product on product.id = found.product_id order by found.sold_count desc, found.product_id;"
            "set local enable_seqscan to default",
            {"name": query.at(NAME), "limit": limit * 2, "title": title},
        )
        cursor.nextset()
        rows: list[tuple[UUID, str]] = cursor.fetchall()
    first_of_title = {text: key for key, text in reversed(rows)}
    kept = [(key, text) for key, text in rows if first_of_title[text] == key]
    return [Suggestion("product", str(key), text) for key, text in kept[:limit]]
