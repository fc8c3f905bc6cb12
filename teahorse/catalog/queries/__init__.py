"""Questions about goods: what is on show, and how it is found."""

from teahorse.catalog.queries.drafts import Change, changes_of, drafts_of, drafts_to_review
from teahorse.catalog.queries.search_statements import Filters, Sort, Statistics, search_sql, statistics
from teahorse.catalog.queries.searching import Facet, SearchPage, Suggestion, search, suggest
from teahorse.catalog.queries.showing import (
    GoodsCard,
    NoSuchProduct,
    ProductPage,
    VariantShown,
    brands_of,
    categories,
    find_by_barcode,
    goods_cards,
    listed_products,
    product_page,
)

__all__ = [
    "Change",
    "Facet",
    "Filters",
    "GoodsCard",
    "NoSuchProduct",
    "ProductPage",
    "SearchPage",
    "Sort",
    "Statistics",
    "Suggestion",
    "VariantShown",
    "brands_of",
    "categories",
    "changes_of",
    "drafts_of",
    "drafts_to_review",
    "find_by_barcode",
    "goods_cards",
    "listed_products",
    "product_page",
    "search",
    "search_sql",
    "statistics",
    "suggest",
]
