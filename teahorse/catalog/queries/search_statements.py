"""
The statements of a search.

What matches comes in three ranks: by the title, by another name (brand, seller, place, form), by the story; within a
rank what sold best comes first. A rank is asked only where the better ones do not fill the first thousand.

With words, the rows are found by the index of words: the settings see to that. The planner does not know that looking
into ``words`` of a row costs a hundred times what reading the row costs; left alone it would filter by words what it
found by a price or an order. So an operator is called dear, and it puts together what several indexes found. The index
of words knows most filters too (``catalog_search_marks``: kind, places, months of the season, traceable).

Of a word that stands in very many products the best fifth of all goods is asked first, by the order's own index; where
that does not fill the thousand, all are asked. Words that stand in nearly every product ("Tibet") are walked in the
asked order, and a thousand of them are soon together.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Literal

from django.db import connection

from teahorse.catalog.rules import month_day
from teahorse.common.keeping import kept_for
from teahorse.common.search_words import ANYWHERE, NAME, TITLE, Query
from teahorse.people.models import Organisation
from teahorse.places.rules import CODE_LENGTHS

Sort = Literal["rank", "new", "price", "price_desc", "sold"]

MOST_FOUND = 1000
EVERYWHERE = 0.8
"""The part of the products in which a word must stand to be one that is everywhere."""
MANY = 20_000
"""So many products there must be before the best fifth is asked first."""
ORDERS: Mapping[str, str] = {
    "rank": "sold_count desc",
    "sold": "sold_count desc",
    "new": "published_at desc",
    "price": "price_from_fen",
    "price_desc": "price_from_fen desc",
}


@dataclass(frozen=True)
class Statistics:
    """
    What is known of all goods; it may be ten minutes old.

    ``everywhere`` are the words that stand in nearly every product. ``edges`` tells for an order where its first fifth ends.
    """

    everywhere: Collection[str] = ()
    edges: Mapping[str, Any] = field(default_factory=dict)


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


@kept_for(600, most=1)
def statistics() -> Statistics:
    """
    Return what is known of all goods; asked again after ten minutes.

    The words are those that stand in four of five products or more, as ``ANALYZE`` counted last.
    """
    with connection.cursor() as cursor:
        cursor.execute(_STATISTICS, {"everywhere": EVERYWHERE, "many": MANY})
        words, *edges = cursor.fetchone()
    return Statistics(frozenset(words), {order: edge for order, edge in zip(_EDGES, edges, strict=True) if edge is not None})


_EDGES = tuple(dict.fromkeys(ORDERS.values()))
_EDGE = """
    (select {column} from catalog_searchentry order by {order}
     offset (select number / 5 from counted) limit (select (number >= %(many)s)::int from counted))
"""
_STATISTICS = f"""
with counted as materialized (select greatest(reltuples, 0)::bigint as number from pg_class where oid = 'catalog_searchentry'::regclass)
select array(
    select word from pg_stats, unnest(most_common_elems::text::text[], most_common_elem_freqs) as counted(word, part)
     where schemaname = current_schema and tablename = 'catalog_searchentry' and attname = 'words' and part >= %(everywhere)s and word <> ''
), {", ".join(_EDGE.format(column=order.removesuffix(" desc"), order=order) for order in _EDGES)}
"""  # noqa: S608 - the parts are constants of this module


def search_sql(
    *, query: Query, filters: Filters, sort: Sort, page: int, per_page: int, known: Statistics | None = None
) -> tuple[str, dict[str, Any]]:
    """Return the statements of a search, of which one answers, and their values; apart, so that it can be measured."""
    known = known or Statistics()
    conditions, values = _conditions(filters)
    values |= {"title": query.at(TITLE), "name": query.at(NAME), "anywhere": query.at(ANYWHERE), "limit": MOST_FOUND + 1}
    values |= {"offset": (page - 1) * per_page, "per_page": max(0, min(per_page, MOST_FOUND - (page - 1) * per_page))}
    order = ORDERS.get(sort, ORDERS["rank"])
    by_rank = sort == "rank" and bool(query)
    marked = [*_marks(filters, values), *conditions]
    if not query and not filters.in_season_on:
        plan = _WALK
        found = _FOUND.format(where=" and ".join(conditions) or "true", order=order)
    elif query and not filters.in_season_on and _is_everywhere(query, known.everywhere):
        plan = _WALK_WORDS
        where = " and ".join([*conditions, "words @@ %(anywhere)s::tsquery"])
        filtered = "".join(f" and ({condition}) is true" for condition in conditions)
        found = (_WALKED if by_rank else _FOUND).format(where=where, filters=filtered, order=order)
    else:
        plan = _BY_INDEXES
        found = _found_by_indexes(query, marked, values, order=order, by_rank=by_rank, edge=known.edges.get(order))
    ranking = f"tier, {order}" if by_rank else order
    return _SEARCH.format(found=found, order=f"{ranking}, product_id", **plan), values


def _found_by_indexes(query: Query, marked: list[str], values: dict[str, Any], *, order: str, by_rank: bool, edge: Any) -> str:
    """Return how rows are found that the indexes bring together; a word without filters is asked of the best fifth first."""
    place = "title" if by_rank else "anywhere"
    words = f"words @@ %({place})s::tsquery" if query else "true"
    filtered = "".join(f" and {condition}" for condition in marked)
    template = _FIRST
    if edge is not None and not marked:
        template, values["edge"] = _BEST_FIRST, edge
    compare = ">=" if order.endswith("desc") else "<="
    first = template.format(words=words, filters=filtered, order=order, best=f"{order.removesuffix(' desc')} {compare} %(edge)s")
    return first + (_RANKED.format(filters=filtered, order=order) if by_rank else ", found as (table first)")


def _is_everywhere(query: Query, everywhere: Collection[str]) -> bool:
    """Return whether each word is one that stands in nearly every product."""
    return all(
        any(term.lexeme in everywhere or (term.is_prefix and any(word.startswith(term.lexeme) for word in everywhere)) for (term,) in lone)
        for lone in ([way for way in ways if len(way) == 1] for ways in query.words)
    )


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


def _marks(filters: Filters, values: dict[str, Any]) -> list[str]:
    """Return the condition on the marks that the index of words holds, and add its values; see migration 0005."""
    marks: list[str] = []
    if filters.category:
        marks.append("'c' || (select id from catalog_category where slug = %(category)s)")
    area = values.get("area", "%")[:-1]
    if length := max((length for length in CODE_LENGTHS if 2 < length <= len(area)), default=0):
        values["area_mark"] = f"a{area[:length]}"
        marks.append("%(area_mark)s")
    if filters.is_traceable is not None:
        values["trace_mark"] = f"t{int(filters.is_traceable)}"
        marks.append("%(trace_mark)s")
    if filters.in_season_on is not None:
        values["month_mark"] = f"m{filters.in_season_on.month}"
        marks.append("%(month_mark)s")
    return [f"{_MARKS} @> array[{', '.join(marks)}]"] if marks else []


_MARKS = "catalog_search_marks(category_id, area_code, is_traceable, season_from, season_to)"
_WALK = {"seqscan": "on", "indexscan": "on", "operator": "0.0025"}
_WALK_WORDS = {"seqscan": "off", "indexscan": "on", "operator": "0.0025"}
_BY_INDEXES = {"seqscan": "off", "indexscan": "off", "operator": "0.5"}
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
_FIRST = f"""
first as materialized (
    select 1 as tier, {_COLUMNS} from catalog_searchentry where {{words}}{{filters}} order by {{order}} limit %(limit)s
)
"""  # noqa: S608 - as above
_BEST_FIRST = f"""
best as materialized (
    select 1 as tier, {_COLUMNS} from catalog_searchentry where {{words}} and {{best}} order by {{order}} limit %(limit)s
),
first as materialized (
    (select * from best where (select count(*) from best) = %(limit)s)
    union all (
        select 1 as tier, {_COLUMNS} from catalog_searchentry
         where {{words}} and (select count(*) from best) < %(limit)s order by {{order}} limit %(limit)s
    )
)
"""  # noqa: S608 - as above
_RANKED = f"""
, titled as (table first),
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
set local cpu_operator_cost = {operator};
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
set local cpu_operator_cost to default;
set local max_parallel_workers_per_gather to default
"""
