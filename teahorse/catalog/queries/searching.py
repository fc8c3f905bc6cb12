"""
Finding goods.

What matches comes in three ranks: by the title, by another name (brand, seller, place, form), by the story; within a
rank what sold best comes first. A rank is asked only where the better ones do not fill the first thousand.

With words, the rows are found by the index of words and by nothing else: the settings and the filters, which are put
so that no index answers them, see to that. The planner does not know that looking into ``words`` of a row costs a
hundred times what reading the row costs; left alone it would filter by words what it found by a price or an order.

Words that stand in nearly every product ("Tibet") are the exception: their rows are walked in the asked order, and a
thousand of them are soon together.
"""

import functools
import time
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Literal
from uuid import UUID

from django.db import connection
from django.utils import translation

from teahorse.catalog.models import Brand, Category
from teahorse.catalog.queries.showing import GoodsCard, categories, goods_cards
from teahorse.catalog.rules import month_day
from teahorse.common.search_words import ANYWHERE, NAME, TITLE, Query, folded, query_words
from teahorse.people.models import Organisation
from teahorse.places.models import Area
from teahorse.places.queries import name_in

Sort = Literal["rank", "new", "price", "price_desc", "sold"]

MOST_FOUND = 1000
MOST_PER_PAGE = 100
EVERYWHERE = 0.8
"""The part of the products in which a word must stand to be one that is everywhere."""
ORDERS: Mapping[str, str] = {
    "rank": "sold_count desc",
    "sold": "sold_count desc",
    "new": "published_at desc",
    "price": "price_from_fen",
    "price_desc": "price_from_fen desc",
}


@dataclass(frozen=True, kw_only=True)
class Filters:
    """What the goods must be; an empty filter lets everything pass. ``area_code`` holds for all that lies below it."""

    area_code: str = ""
    category: str = ""
    price_from: int | None = None
    price_to: int | None = None
    in_season_on: date | None = None
    is_traceable: bool | None = None
    seller: Organisation | None = None


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
    sql, values = search_sql(
        query=query, filters=filters, sort=sort, page=page, per_page=per_page, everywhere=words_everywhere() if query else ()
    )
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


def search_sql(
    *, query: Query, filters: Filters, sort: Sort, page: int, per_page: int, everywhere: Collection[str] = ()
) -> tuple[str, dict[str, Any]]:
    """
    Return the statements of a search, of which one answers, and their values; apart, so that it can be measured.

    ``everywhere`` are the words that stand in nearly every product.
    """
    conditions, values = _conditions(filters)
    values |= {"title": query.at(TITLE), "name": query.at(NAME), "anywhere": query.at(ANYWHERE), "limit": MOST_FOUND + 1}
    values |= {"offset": (page - 1) * per_page, "per_page": max(0, min(per_page, MOST_FOUND - (page - 1) * per_page))}
    order = ORDERS.get(sort, ORDERS["rank"])
    if not query:
        found = _FOUND.format(where=" and ".join(conditions) or "true", order=order)
        walk = "off" if filters.in_season_on else "on"  # out of season a walk in order would read every row, one page each
        return _SEARCH.format(found=found, order=f"{order}, product_id", seqscan="on", indexscan=walk), values
    filtered = "".join(f" and ({condition}) is true" for condition in conditions)
    if not filters.in_season_on and _is_everywhere(query, everywhere):
        where = " and ".join([*conditions, "words @@ %(anywhere)s::tsquery"])
        found = (_WALKED if sort == "rank" else _FOUND).format(where=where, filters=filtered, order=order)
        ranking = f"tier, {order}" if sort == "rank" else order
        return _SEARCH.format(found=found, order=f"{ranking}, product_id", seqscan="off", indexscan="on"), values
    if sort == "rank":
        found, ranking = _RANKED.format(filters=filtered, order=order), f"tier, {order}"
    else:
        found, ranking = _FOUND.format(where=f"words @@ %(anywhere)s::tsquery{filtered}", order=order), order
    return _SEARCH.format(found=found, order=f"{ranking}, product_id", seqscan="off", indexscan="off"), values


def _is_everywhere(query: Query, everywhere: Collection[str]) -> bool:
    """Return whether each word is one that stands in nearly every product."""
    return all(
        any(term.lexeme in everywhere or (term.is_prefix and any(word.startswith(term.lexeme) for word in everywhere)) for (term,) in lone)
        for lone in ([way for way in ways if len(way) == 1] for ways in query.words)
    )


@functools.lru_cache(maxsize=1)
def _words_everywhere(span: int) -> frozenset[str]:  # noqa: ARG001 - the span of time for which the answer is kept
    """Return the words that stand in four of five products or more, as PostgreSQL counted last (its ``ANALYZE`` keeps the count)."""
    with connection.cursor() as cursor:
        cursor.execute(
            "select word from pg_stats, unnest(most_common_elems::text::text[], most_common_elem_freqs) as counted(word, part)"
            " where schemaname = current_schema and tablename = 'catalog_searchentry' and attname = 'words' and part >= %s",
            [EVERYWHERE],
        )
        return frozenset(word for (word,) in cursor.fetchall() if word)


def words_everywhere() -> frozenset[str]:
    """Return the words that stand in nearly every product; asked again after ten minutes."""
    return _words_everywhere(int(time.monotonic() // 600))


def _conditions(filters: Filters) -> tuple[list[str], dict[str, Any]]:
    conditions: list[str] = []
    values: dict[str, Any] = {}

    def ask(value: object, name: str, condition: str) -> None:
        conditions.append(condition)
        values[name] = value

    if filters.area_code:
        ask(filters.area_code.replace("%", "").replace("_", "") + "%", "area", "area_code like %(area)s")
    if filters.category:
        ask(filters.category, "category", "category_id = (select id from catalog_category where slug = %(category)s)")
    if filters.price_from is not None:
        ask(filters.price_from, "price_from", "price_from_fen >= %(price_from)s")
    if filters.price_to is not None:
        ask(filters.price_to, "price_to", "price_from_fen <= %(price_to)s")
    if filters.is_traceable is not None:
        ask(filters.is_traceable, "is_traceable", "is_traceable = %(is_traceable)s")
    if filters.seller is not None:
        ask(filters.seller.pk, "seller", "seller_id = %(seller)s")
    if filters.in_season_on is not None:
        ask(month_day(filters.in_season_on), "day", _IN_SEASON)
    return conditions, values


_IN_SEASON = (
    "(season_from <= %(day)s and season_to >= %(day)s or season_from > season_to and (season_from <= %(day)s or season_to >= %(day)s))"
)
_COLUMNS = "product_id, category_id, area_code, sold_count, published_at, price_from_fen"
_FOUND = f"""
found as materialized (
    select 1 as tier, {_COLUMNS} from catalog_searchentry where {{where}} order by {{order}} limit %(limit)s
)
"""  # noqa: S608 - the parts are constants of this module
_WALKED = f"""
titled as materialized (
    select 1 as tier, {_COLUMNS} from catalog_searchentry
     where words @@ %(title)s::tsquery{{filters}} order by sold_count + 0 desc limit %(limit)s
),
walked as materialized (select 2 as tier, {_COLUMNS} from catalog_searchentry where {{where}} order by {{order}} limit 2 * %(limit)s),
found as materialized (
    table titled union all (select * from walked where product_id not in (select product_id from titled)) limit %(limit)s
)
"""  # noqa: S608 - as above
_RANKED = f"""
titled as materialized (
    select 1 as tier, {_COLUMNS} from catalog_searchentry
     where words @@ %(title)s::tsquery{{filters}} order by {{order}} limit %(limit)s
),
named as materialized (
    select 2 as tier, {_COLUMNS} from catalog_searchentry
     where words @@ %(name)s::tsquery and (select count(*) from titled) < %(limit)s{{filters}} order by {{order}} limit 2 * %(limit)s
),
named_only as materialized (select * from named where product_id not in (select product_id from titled)),
told as materialized (
    select 3 as tier, {_COLUMNS} from catalog_searchentry
     where words @@ %(anywhere)s::tsquery and (select count(*) from titled) + (select count(*) from named_only) < %(limit)s{{filters}}
     order by {{order}} limit 2 * %(limit)s
),
found as materialized (
    table titled union all table named_only union all (
        select * from told where product_id not in (select product_id from titled union all select product_id from named_only)
    ) limit %(limit)s
)
"""  # noqa: S608 - as above
_SEARCH = """
set local enable_seqscan = {seqscan};
set local enable_indexscan = {indexscan};
set local max_parallel_workers_per_gather = 0;
with {found}
, by_category as (
    select json_object_agg(category_id, number) as counts
      from (select category_id, count(*) as number from found group by 1) counted
)
, by_county as (
    select json_object_agg(county, number) as counts
      from (select left(area_code, 6) as county, count(*) as number from found group by 1 order by 2 desc, 1 limit 8) counted
)
select (select count(*) from found),
       (table by_category),
       (table by_county),
       array(select product_id from found order by {order} limit %(per_page)s offset %(offset)s);
set local enable_seqscan to default;
set local enable_indexscan to default;
set local max_parallel_workers_per_gather to default
"""


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
