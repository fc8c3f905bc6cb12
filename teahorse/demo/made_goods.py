"""
Making synthetic sellers and goods: lines for COPY, the same for the same seed. No database and no Django here.

Goods are made a thousand at a time by 25 makers of their own, so that a batch can be made by itself and in any process.
"""

import json
import random
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from teahorse.common.search_words import index_words
from teahorse.demo.copying import line
from teahorse.demo.keys import key_of

BATCH = 1000
MAKERS = 25
OTHERS = ("bo", "en")
OLDEST_DAYS = 500
Words = dict[str, str]
"""A text by the languages of the content: ``zh``, ``bo``, ``en``."""

SELLERS = "id, county_id, key, kind, name, about, area_id, phone, joined_at, i18n"
BRANDS = "id, county_id, key, name, owner_id, is_village_brand, has_gi_mark, i18n"
PLACES = "id, county_id, organisation_id, kind, name"
PRODUCTS = (
    "id, county_id, seller_id, brand_id, category_id, title, story, keep, drawing, origin_area_id, origin_height_m, is_traceable,"
    " season_from, season_to, return_rule, attributes, created_at, published_at, i18n"
)
VARIANTS = "id, county_id, product_id, name, barcode, weight_grams, volume_cm3, attributes, position, i18n"
OFFERS = "id, county_id, variant_id, seller_id, price_fen, list_price_fen, is_active"
LEVELS = "id, county_id, offer_id, place_id, on_hand, reserved, is_online"
MOVEMENTS = "county_id, id, level_id, delta, reason, note, moved_at"
ENTRIES = (
    "product_id, words, category_id, area_code, seller_id, price_from_fen, is_traceable, season_from, season_to, sold_count, published_at"
)


@dataclass(frozen=True, slots=True)
class Home:
    """An area where a maker may be at home; ``names`` are those of all areas it lies in, in every language."""

    id: UUID
    county_id: UUID
    code: str
    name: str
    english: str
    names: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class World:
    """What goods are made from. ``things`` are the content's products, with ``thing``: the title without its brand."""

    homes: Sequence[Home]
    things: Sequence[dict[str, Any]]
    categories: dict[str, tuple[UUID, tuple[str, ...]]]
    names: Sequence[Words]
    qualities: Sequence[Words]
    sellers: Sequence[dict[str, Any]]


@dataclass(frozen=True, slots=True)
class Maker:
    """A synthetic seller with its brand and warehouse."""

    number: int
    id: UUID
    brand_id: UUID
    place_id: UUID
    home: Home
    name: Words
    brand: Words
    kind: str


@dataclass(slots=True)
class MadeProduct:
    """One product as lines for COPY."""

    id: UUID
    title: Words
    product: str
    entry: str
    variants: list[str] = field(default_factory=list)
    offers: list[str] = field(default_factory=list)
    levels: list[str] = field(default_factory=list)
    movements: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class MadeGoods:
    """A batch: its makers, and its products in their order."""

    makers: Sequence[Maker]
    products: list[MadeProduct]


def make_goods(*, world: World, seed: int, batch: int, size: int, now: datetime) -> MadeGoods:
    """Make the first ``size`` products of a batch; a smaller number gives the beginning of a larger one."""
    chance = random.Random(f"goods {seed} {batch}")
    makers = [_maker(world, seed, batch * MAKERS + number, chance) for number in range(MAKERS)]
    products = [_product(world, seed, batch * BATCH + number, makers, chance, now) for number in range(size)]
    return MadeGoods(makers, products)


def _maker(world: World, seed: int, number: int, chance: random.Random) -> Maker:
    home = chance.choice(world.homes)
    first, second = chance.sample(world.names, 2)
    kind = chance.choices(world.sellers, weights=[kind["share"] for kind in world.sellers])[0]
    brand = {"zh": first["zh"] + second["zh"], "bo": f"{first['bo']}་{second['bo']}", "en": f"{first['en']} {second['en']}"}
    called = f"{seed}-{number}"
    return Maker(
        number=number,
        id=key_of("made_seller", called),
        brand_id=key_of("made_brand", called),
        place_id=key_of("made_place", called),
        home=home,
        name={
            "zh": f"{home.name}{brand['zh']}{kind['zh']}",
            "bo": f"{brand['bo']}་{kind['bo']}",
            "en": f"{home.english} {brand['en']} {kind['en']}",
        },
        brand=brand,
        kind=kind["kind"],
    )


def maker_lines(maker: Maker, *, seed: int, now: datetime) -> tuple[str, str, str]:
    """Return a maker's organisation, brand and warehouse as lines for COPY."""
    home, joined_at = maker.home, now - timedelta(days=OLDEST_DAYS + maker.number % 900)
    key = f"made-{seed}-{maker.number}"
    about = "压力测试用的卖家，不是真的。"
    return (
        line(maker.id, home.county_id, key, maker.kind, maker.name["zh"], about, home.id, "", joined_at, _i18n(name=maker.name)),
        line(maker.brand_id, home.county_id, key, maker.brand["zh"], maker.id, False, False, _i18n(name=maker.brand)),  # noqa: FBT003 - a row
        line(maker.place_id, home.county_id, maker.id, "warehouse", f"{maker.name['zh']} 库房"),
    )


def _i18n(**texts: Words) -> str:
    return _json({f"{name}_{language}": text[language] for name, text in texts.items() for language in OTHERS if text[language]})


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def _product(world: World, seed: int, number: int, makers: Sequence[Maker], chance: random.Random, now: datetime) -> MadeProduct:
    maker = makers[int(MAKERS * chance.random() ** 1.5)]
    thing, quality = chance.choice(world.things), chance.choice(world.qualities)
    height = chance.randrange(2700, 4800, 10)
    published_at = now - timedelta(minutes=chance.randrange(60, OLDEST_DAYS * 1440))
    title = {
        "zh": f"{maker.brand['zh']} {quality['zh']}{thing['thing']['zh']}",
        "bo": " ".join(filter(None, (maker.brand["bo"], thing["thing"]["bo"], quality["bo"]))),
        "en": " ".join(filter(None, (maker.brand["en"], quality["en"], thing["thing"]["en"]))),
    }
    story = {
        "zh": f"{thing['story']['zh']}做在{maker.home.name}，海拔 {height} 米。",
        "bo": f"{thing['story']['bo']} མཐོ་ཚད་སྨི་ {height} ཡིན།",
        "en": f"{thing['story']['en']} Made at {maker.home.english}, {height} m above the sea.",
    }
    product_id = key_of("made_product", f"{seed}-{number}")
    category_id, category_names = world.categories[thing["category"]]
    variants = chance.sample(thing["variants"], chance.randint(1, min(3, len(thing["variants"]))))
    factor = chance.uniform(0.75, 1.3)
    prices = [max(100, round(variant["price_fen"] * factor / 100) * 100) for variant in variants]
    words = index_words(
        # the title's pieces between spaces give the words of the title, and are known from the goods before
        titles=[
            maker.brand["zh"],
            quality["zh"] + thing["thing"]["zh"],
            *(part[language] for part in (maker.brand, thing["thing"], quality) for language in OTHERS),
        ],
        names=[
            *category_names,
            *maker.brand.values(),
            *(text for variant in variants for text in variant["name"].values()),
            *maker.name.values(),
            *maker.home.names,
        ],
        texts=[*story.values(), *(text for value in thing["attributes"].values() if isinstance(value, dict) for text in value.values())],
    )
    county_id, season = maker.home.county_id, thing["season"]
    made = MadeProduct(
        id=product_id,
        title=title,
        product=line(
            *(
                product_id,
                county_id,
                maker.id,
                maker.brand_id,
                category_id,
                title["zh"],
                story["zh"],
                thing["keep"]["zh"],
                thing["drawing"],
            ),
            *(maker.home.id, height, thing["is_traceable"], *season, thing["return_rule"], _json(thing["attributes"])),
            *(published_at, published_at, _i18n(title=title, story=story, keep=thing["keep"])),
        ),
        entry=line(
            *(product_id, words, category_id, maker.home.code, maker.id, min(prices)),
            *(thing["is_traceable"], *season, 0, published_at),
        ),
    )
    for position, (variant, price_fen) in enumerate(zip(variants, prices, strict=True)):
        units = 0 if chance.random() < 0.03 else int(chance.lognormvariate(4, 0.8)) + 1
        _variant(made, maker, f"{seed}-{number}-{position}", position, variant, price_fen, units, published_at)
    return made


def _variant(
    made: MadeProduct, maker: Maker, called: str, position: int, variant: dict[str, Any], price_fen: int, units: int, published_at: datetime
) -> None:
    county_id = maker.home.county_id
    variant_id, offer_id, level_id = key_of("made_variant", called), key_of("made_offer", called), key_of("made_level", called)
    list_price_fen = price_fen * 11 // 10 if variant["is_reduced"] else None
    made.variants.append(
        line(
            variant_id, county_id, made.id, variant["name"]["zh"], "", variant["weight_grams"], variant["volume_cm3"],
            _json(variant["attributes"]), position,
            _i18n(name=variant["name"]),
        )
    )  # fmt: skip
    made.offers.append(line(offer_id, county_id, variant_id, maker.id, price_fen, list_price_fen, True))  # noqa: FBT003 - a row
    made.levels.append(line(level_id, county_id, offer_id, maker.place_id, units, 0, True))  # noqa: FBT003 - a row
    if units:
        made.movements.append(line(county_id, key_of("made_movement", called), level_id, units, "received", "", published_at))
