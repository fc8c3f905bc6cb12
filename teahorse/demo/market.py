"""Reading from the house what synthetic goods and orders are made from."""

import json
import re
from datetime import datetime
from typing import Any

from django.db import connection

from teahorse.catalog.content import words_of
from teahorse.catalog.models import Category
from teahorse.demo.copying import field
from teahorse.demo.loading import areas_by_code
from teahorse.demo.made_goods import Home, Words, World
from teahorse.demo.made_orders import Market, Place, Shop, Ware
from teahorse.demo.reading import Row, attribute_values, month_day, products, read
from teahorse.logistics import queries as logistics
from teahorse.people.models import Organisation, ServicePoint
from teahorse.places import queries as places
from teahorse.places import rules as place_rules
from teahorse.places.models import Area

SUFFIXES = re.compile("(村民委员会|居民委员会|社区居委会|村委会|居委会|社区)$")
GENITIVE = re.compile("^(འི|ཡི|གི|ཀྱི|གྱི)་")
WARES = """
    select offer.id::text, product.id::text, level.id::text, product.title, product.i18n, variant.name, variant.i18n, product.drawing,
           offer.price_fen, variant.weight_grams, offer.seller_id::text, product.season_from, product.season_to
      from catalog_offer offer
      join catalog_variant variant on variant.id = offer.variant_id
      join catalog_product product on product.id = variant.product_id
      join stock_stocklevel level on level.offer_id = offer.id and level.is_online
     where offer.is_active and product.published_at is not null and product.withdrawn_at is null
     order by offer.id
"""
LANGUAGES = ("bo", "en")
NO_QUALITY: Words = {"zh": "", "bo": "", "en": ""}


def world() -> World:
    """Return what goods are made from: every village and township of the own regions, and the content's products and words."""
    words = read("scaling.toml")
    return World(
        homes=_homes(),
        things=[_thing(row) for row in products()],
        categories={row.slug: (row.pk, tuple(words_of(row, "name").values())) for row in Category.objects.all()},
        names=words["name"],
        qualities=[NO_QUALITY, *words["quality"]],
        sellers=words["seller"],
    )


def _homes() -> list[Home]:
    areas = {area.code: area for area in Area.objects.filter(until_date=None, code__regex="^(54|5334)").order_by("code")}
    areas |= areas_by_code(["53"])
    return [
        Home(
            id=area.pk,
            county_id=area.county_id,
            code=code,
            name=SUFFIXES.sub("", area.name),
            english=places.name_in(area, "en"),
            names=tuple(name for part in place_rules.prefixes(code) if part in areas for name in words_of(areas[part], "name").values()),
        )
        for code, area in areas.items()
        if len(code) > 6
    ]


def _thing(row: Row) -> dict[str, Any]:
    season = row.get("season")
    return {
        "thing": {language: _without_brand(row, language) for language in ("zh", *LANGUAGES)},
        "category": row["category"],
        "story": row["story"],
        "keep": row["keep"],
        "drawing": row["drawing"],
        "is_traceable": row["traceable"],
        "season": (month_day(season["from"]), month_day(season["to"])) if season else (None, None),
        "return_rule": row["return_rule"],
        "attributes": attribute_values(row.get("attributes", {})),
        "variants": [
            {
                "name": variant["name"],
                "price_fen": variant["price_fen"],
                "is_reduced": "list_price_fen" in variant,
                "weight_grams": variant["weight_grams"],
                "volume_cm3": variant["volume_cm3"],
                "attributes": attribute_values(variant.get("attributes", {})),
            }
            for variant in row["variants"]
        ],
    }


def _without_brand(row: Row, language: str) -> str:
    """Return what a product is: its title without the brand that it begins with."""
    title: str = row["title"][language]
    brands: dict[str, Words] = {brand["key"]: brand["name"] for brand in read("brands.toml")["brand"]}
    beginnings = [*read("scaling.toml")["strip"][language], brands[row["brand"]][language]]
    brand = next((each for each in sorted(beginnings, key=len, reverse=True) if title.startswith(each)), "")
    return GENITIVE.sub("", title.removeprefix(brand).lstrip(" ་།")).strip()


def market(*, buyers: list[str], now: datetime) -> Market:
    """Return what orders are made from: everything on show with its sellers, the pickup points, the freight rates."""
    with connection.cursor() as cursor:
        cursor.execute(WARES)
        rows = cursor.fetchall()
    sellers = {str(seller.pk): seller for seller in Organisation.objects.filter(kind__in=Organisation.SELLERS).select_related("area")}
    numbers = {key: number for number, key in enumerate(dict.fromkeys(row[10] for row in rows))}
    words = read("scaling.toml")
    return Market(
        wares=[
            Ware(row[0], row[1], row[2], _titles(*row[3:7]), row[7], row[8], row[9], numbers[row[10]], row[11], row[12]) for row in rows
        ],
        shops=_shops([sellers[key] for key in numbers]),
        cities=[Place(city["code"], city["names"], city["share"]) for city in words["city"]],
        points=[
            Place(point.area.code, places.full_name(point.area.code, "zh-hans"), point_id=str(point.pk))
            for point in ServicePoint.objects.filter(accepts_pickup=True).select_related("area").order_by("pk")
        ],
        rates=logistics.all_rates(),
        buyers=buyers,
        now=now,
    )


def _titles(title: str, product: str | None, variant: str, of_variant: str | None) -> str:
    """Return the names of a line as an order keeps them, as COPY reads them."""
    names = {"title": (title, "title", product), "variant": (variant, "name", of_variant)}
    by_language = {
        name: {
            "zh-hans": base,
            **{language: text for language in LANGUAGES if (text := json.loads(i18n or "{}").get(f"{column}_{language}"))},
        }
        for name, (base, column, i18n) in names.items()
    }
    return field(json.dumps(by_language, ensure_ascii=False))


def _shops(sellers: list[Organisation]) -> list[Shop]:
    centres = {point.area.code[:6]: point for point in ServicePoint.objects.filter(level=ServicePoint.Level.CENTRE).select_related("area")}
    region = ServicePoint.objects.get(organisation__kind=Organisation.Kind.REGION_CENTRE)
    return [
        Shop(str(seller.pk), str(seller.county_id), seller.area.code, str(centres.get(seller.area.code[:6], region).pk))
        for seller in sellers
    ]
