"""Questions about goods: what is on show, and how it is found."""

from teahorse.catalog.queries.drafts import Change, changes_of, drafts_of, drafts_to_review
from teahorse.catalog.queries.product_page import (
    BrandTold,
    NoSuchProduct,
    OfferTold,
    ProductPage,
    ProductTold,
    VariantTold,
    ask_for_product_page,
    product_page,
)
from teahorse.catalog.queries.search_statements import Filters, Sort, Statistics, search_sql, statistics
from teahorse.catalog.queries.searching import Facet, SearchPage, Suggestion, search, suggest
from teahorse.catalog.queries.showing import (
    GoodsCard,
    brands_of,
    categories,
    find_by_barcode,
    goods_cards,
    listed_products,
)

__all__ = [
    "BrandTold",
    "Change",
    "Facet",
    "Filters",
    "GoodsCard",
    "NoSuchProduct",
    "OfferTold",
    "ProductPage",
    "ProductTold",
    "SearchPage",
    "Sort",
    "Statistics",
    "Suggestion",
    "VariantTold",
    "ask_for_product_page",
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
