"""The demo region's goods: categories, brands, products with stock, drafts that wait for the centre, stories."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

from teahorse.catalog import actions as catalog
from teahorse.catalog.models import Brand, Category, CountyLine, Offer, Product, Story, Variant
from teahorse.demo.keys import key_of
from teahorse.demo.reading import Row, attribute_definitions, attribute_values, month_day, products, read, translated
from teahorse.demo.writing import write_missing
from teahorse.people.models import Organisation
from teahorse.places.models import Area
from teahorse.stock.models import StockLevel, StockMovement, StockPlace

SEASONS = ("spring", "summer", "autumn", "winter")
PUBLISHED_APART = timedelta(hours=7)
"""The newest product was listed this long ago, the one before it twice as long ago, and so on."""


def load_goods(*, now: datetime) -> None:
    """Write everything about goods and put it on show; what is there is left as it is."""
    sellers = {seller.key: seller for seller in Organisation.objects.filter(kind__in=Organisation.SELLERS)}
    areas = _areas()
    write_missing(Category, (_category(row, position) for position, row in enumerate(read("categories.toml")["category"])))
    write_missing(Brand, (_brand(row, sellers[row["owner"]]) for row in read("brands.toml")["brand"]))
    missing = set(_missing_products())
    for_sale = [row for row in products() if row["key"] in missing]
    write_missing(
        Product,
        (_product(row, sellers[row["seller"]], areas, now - PUBLISHED_APART * age) for age, row in enumerate(reversed(for_sale), start=1)),
    )
    write_missing(Variant, _variants(for_sale, sellers))
    write_missing(Offer, _offers(for_sale, sellers))
    load_stock(for_sale, sellers, now)
    catalog.write_search_entries(product_ids=[key_of("product", row["key"]) for row in for_sale])
    write_missing(Story, _stories(areas, now))
    write_missing(CountyLine, _county_lines(areas))


def _missing_products() -> Iterator[str]:
    known = set(Product.objects.values_list("pk", flat=True))
    yield from (row["key"] for row in products() if key_of("product", row["key"]) not in known)


def _areas() -> dict[str, Area]:
    codes = {row["origin_area"] for row in products()} | {row["area"] for row in read("counties.toml")["county"]}
    codes |= {row["area"] for row in read("stories.toml")["story"] if "area" in row}
    return {area.code: area for area in Area.objects.filter(code__in=codes, until_date=None)}


def _category(row: Row, position: int) -> Category:
    return Category(
        id=key_of("category", row["key"]),
        slug=row["key"],
        drawing=row["drawing"],
        attributes=attribute_definitions(row["attributes"]),
        variant_attributes=attribute_definitions(row["variant_attributes"]),
        position=position,
        **translated(name=row["name"]),
    )


def _brand(row: Row, owner: Organisation) -> Brand:
    return Brand(
        id=key_of("brand", row["key"]),
        county_id=owner.county_id,
        key=row["key"],
        owner=owner,
        is_village_brand=row["is_village_brand"],
        has_gi_mark=row["gi_mark"],
        **translated(name=row["name"]),
    )


def _product(row: Row, seller: Organisation, areas: dict[str, Area], published_at: datetime) -> Product:
    season: dict[str, Any] = row.get("season", {})
    return Product(
        id=key_of("product", row["key"]),
        county_id=seller.county_id,
        seller=seller,
        brand_id=key_of("brand", row["brand"]),
        category_id=key_of("category", row["category"]),
        drawing=row["drawing"],
        origin_area=areas[row["origin_area"]],
        origin_height_m=row["origin_height_m"],
        is_traceable=row["traceable"],
        season_from=month_day(season["from"]) if season else None,
        season_to=month_day(season["to"]) if season else None,
        return_rule=row["return_rule"],
        attributes=attribute_values(row.get("attributes", {})),
        published_at=published_at,
        **translated(title=row["title"], story=row["story"], keep=row["keep"]),
    )


def _variants(rows: list[Row], sellers: dict[str, Organisation]) -> Iterator[Variant]:
    for product in rows:
        for position, row in enumerate(product["variants"]):
            yield Variant(
                id=key_of("variant", row["key"]),
                county_id=sellers[product["seller"]].county_id,
                product_id=key_of("product", product["key"]),
                barcode=row.get("barcode", ""),
                weight_grams=row["weight_grams"],
                volume_cm3=row["volume_cm3"],
                nominal_grams=row.get("nominal_grams"),
                attributes=attribute_values(row.get("attributes", {})),
                position=position,
                **translated(name=row["name"]),
            )


def _offers(rows: list[Row], sellers: dict[str, Organisation]) -> Iterator[Offer]:
    for product in rows:
        seller = sellers[product["seller"]]
        for row in product["variants"]:
            yield Offer(
                id=key_of("offer", row["key"]),
                county_id=seller.county_id,
                variant_id=key_of("variant", row["key"]),
                seller=seller,
                price_fen=row["price_fen"],
                list_price_fen=row.get("list_price_fen"),
            )


def load_stock(rows: list[Row], sellers: dict[str, Organisation], now: datetime) -> None:
    """Give each seller a warehouse and each offer its units there, received by a movement."""
    variants = [(sellers[product["seller"]], row) for product in rows for row in product["variants"]]
    write_missing(StockPlace, (_warehouse(seller) for seller in dict.fromkeys(seller for seller, _ in variants)))
    write_missing(StockLevel, (_level(seller, row) for seller, row in variants))
    write_missing(StockMovement, (_received(seller, row, now) for seller, row in variants))


def _warehouse(seller: Organisation) -> StockPlace:
    return StockPlace(
        id=key_of("stock_place", seller.key),
        county_id=seller.county_id,
        organisation=seller,
        kind=StockPlace.Kind.WAREHOUSE,
        name=f"{seller.name} 库房",
    )


def _level(seller: Organisation, row: Row) -> StockLevel:
    return StockLevel(
        id=key_of("stock_level", row["key"]),
        county_id=seller.county_id,
        offer_id=key_of("offer", row["key"]),
        place_id=key_of("stock_place", seller.key),
        on_hand=row["stock"],
    )


def _received(seller: Organisation, row: Row, now: datetime) -> StockMovement:
    return StockMovement(
        county_id=seller.county_id,
        id=key_of("stock_movement", row["key"]),
        level_id=key_of("stock_level", row["key"]),
        delta=row["stock"],
        reason=StockMovement.Reason.RECEIVED,
        moved_at=now - timedelta(days=60),
    )


def _stories(areas: dict[str, Area], now: datetime) -> Iterator[Story]:
    organisations = Organisation.objects.in_bulk(field_name="key")
    for position, row in enumerate(read("stories.toml")["story"]):
        organisation, area = organisations.get(row.get("organisation", "")), areas.get(row.get("area", ""))
        yield Story(
            id=key_of("story", row["key"]),
            county_id=organisation.county_id if organisation else areas[row["area"]].county_id,
            drawing=row["drawing"],
            organisation=organisation,
            area=area,
            position=position,
            published_at=now,
            **translated(title=row["title"], text=row["text"]),
        )


def _county_lines(areas: dict[str, Area]) -> Iterator[CountyLine]:
    for row in read("counties.toml")["county"]:
        for season in SEASONS:
            yield CountyLine(
                id=key_of("county_line", f"{row['area']} {season}"),
                county_id=areas[row["area"]].county_id,
                area=areas[row["area"]],
                season=season,
                **translated(text=row[season]),
            )
