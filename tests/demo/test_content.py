"""The demo region's texts and figures hold together: keys, codes, languages, prices, codes on the label."""

import csv
import tomllib
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from teahorse.demo.stories import told_stories

ROOT = Path(__file__).resolve().parents[2]
CONTENT = ROOT / "teahorse" / "demo" / "content"
AREAS = ROOT / "teahorse" / "places" / "data" / "areas.csv"

LANGUAGES = {"zh", "bo", "en"}
DRAWINGS = {
    "oil",
    "carpet",
    "matsutake",
    "incense",
    "butter",
    "wine",
    "boots",
    "knife",
    "ironware",
    "yoghurt",
    "potatoes",
    "eggs",
    "crystal",
    "honey",
    "yak-meat",
    "tsampa",
    "cashmere",
    "water",
    "buckwheat",
    "garlic",
    "biscuits",
    "clothing",
    "mushrooms",
    "herbs",
    "paper",
    "tea",
    "lamp",
}
ORGANISATION_KINDS = {
    "region_centre",
    "county_centre",
    "township_station",
    "village_point",
    "cooperative",
    "company",
    "department_store",
}
LEVEL_OF_KIND = {
    "region_centre": "centre",
    "county_centre": "centre",
    "township_station": "station",
    "village_point": "point",
}
COUNTIES_WITH_A_CENTRE = {
    "540524",
    "540222",
    "540123",
    "540421",
    "540426",
    "542527",
    "540627",
    "533401",
    "533422",
}
TITLE_LENGTH = 24


def read(name: str) -> dict[str, Any]:
    return tomllib.loads((CONTENT / name).read_text(encoding="utf-8"))


def rows(name: str, table: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = read(name)[table]
    return found


def product_files() -> list[Path]:
    return sorted((CONTENT / "products").glob("*.toml"))


def all_products() -> list[dict[str, Any]]:
    return [product for path in product_files() for product in tomllib.loads(path.read_text(encoding="utf-8"))["product"]]


ORGANISATIONS = rows("organisations.toml", "organisation")
SERVICE_POINTS = rows("organisations.toml", "service_point")
GRANTS = rows("organisations.toml", "grant")
PEOPLE = rows("people.toml", "person")
CATEGORIES = rows("categories.toml", "category")
BRANDS = rows("brands.toml", "brand")
STORIES = rows("stories.toml", "story")
COUNTIES = rows("counties.toml", "county")
PRODUCTS = all_products()

KIND_OF = {one["key"]: one["kind"] for one in ORGANISATIONS}


def toml_files() -> list[Path]:
    return sorted(CONTENT.rglob("*.toml"))


def triples(node: object, path: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """Every table that holds at least one language, with the way to it."""
    if isinstance(node, dict):
        if LANGUAGES & node.keys():
            yield path, node
        for key, child in node.items():
            yield from triples(child, f"{path}.{key}")
    elif isinstance(node, list):
        for index, child in enumerate(node):
            yield from triples(child, f"{path}[{index}]")


def texts() -> list[tuple[str, dict[str, Any]]]:
    return [found for path in toml_files() for found in triples(tomllib.loads(path.read_text(encoding="utf-8")), path.name)]


def is_tibetan(character: str) -> bool:
    return "\u0f00" <= character <= "\u0fff"


def is_chinese(character: str) -> bool:
    return "\u4e00" <= character <= "\u9fff"


def repeated(values: list[str]) -> list[str]:
    return [value for value, count in Counter(values).items() if count > 1]


def is_whole(number: object, *, at_most: int) -> bool:
    return type(number) is int and 0 < number <= at_most


def ean13_is_valid(code: str) -> bool:
    if len(code) != 13 or not code.isdigit():
        return False
    weighted = sum(int(digit) * (3 if index % 2 else 1) for index, digit in enumerate(code[:12]))
    return (10 - weighted % 10) % 10 == int(code[12])


def area_codes_used() -> set[str]:
    return (
        {one["area"] for one in ORGANISATIONS}
        | {one["origin_area"] for one in PRODUCTS}
        | {one["area"] for one in STORIES if "area" in one}
        | {one["area"] for one in COUNTIES}
    )


# --- languages ---------------------------------------------------------------------------------------------------


def test_every_text_is_there_in_all_three_languages() -> None:
    wanting = [where for where, text in texts() if any(not str(text.get(one, "")).strip() for one in LANGUAGES)]

    assert wanting == []
    assert len(texts()) > 800


UNIT_SIGNS = ("℃", "%vol")
"""Signs of units, which every language writes alike."""


def test_tibetan_texts_are_tibetan() -> None:
    wrong = [
        (where, text["bo"])
        for where, text in texts()
        if text["bo"] not in UNIT_SIGNS
        and (
            not any(map(is_tibetan, text["bo"]))
            or any(one.isalpha() and not is_tibetan(one) for one in text["bo"])
            or any(map(is_chinese, text["bo"]))
        )
    ]

    assert wrong == []


def test_chinese_texts_are_chinese_and_english_texts_are_latin() -> None:
    chinese_wrong = [(where, text["zh"]) for where, text in texts() if not where.endswith(".unit") and not any(map(is_chinese, text["zh"]))]
    english_wrong = [(where, text["en"]) for where, text in texts() if any(is_chinese(one) or is_tibetan(one) for one in text["en"])]

    assert chinese_wrong == []
    assert english_wrong == []


def test_titles_fit_a_card_and_stories_say_something() -> None:
    too_long = [one["key"] for one in PRODUCTS if len(one["title"]["zh"]) > TITLE_LENGTH]
    too_short = [one["key"] for one in PRODUCTS if len(one["story"]["zh"]) < 20]

    assert too_long == []
    assert too_short == []


def test_no_two_products_tell_the_same_story() -> None:
    for language in sorted(LANGUAGES):
        assert repeated([one["story"][language] for one in PRODUCTS]) == []
        assert repeated([one["title"][language] for one in PRODUCTS]) == []


# --- organisations, service points, rights ----------------------------------------------------------------------


def test_organisations_have_unique_keys_and_known_kinds() -> None:
    assert repeated([one["key"] for one in ORGANISATIONS]) == []
    assert {one["kind"] for one in ORGANISATIONS} == ORGANISATION_KINDS


def test_the_nine_counties_have_a_centre_a_station_and_a_point() -> None:
    for county in sorted(COUNTIES_WITH_A_CENTRE):
        kinds = Counter(one["kind"] for one in ORGANISATIONS if one["area"].startswith(county))

        assert kinds["county_centre"] == 1, county
        assert kinds["township_station"] >= 1, county
        assert kinds["village_point"] >= 1, county


def test_an_organisation_stands_on_the_level_of_its_kind() -> None:
    digits = {"region_centre": 6, "county_centre": 6, "township_station": 9, "village_point": 12}
    wrong = [one["key"] for one in ORGANISATIONS if len(one["area"]) != digits.get(one["kind"], len(one["area"]))]

    assert wrong == []


def test_every_centre_station_and_point_is_one_service_point() -> None:
    expected = {key: LEVEL_OF_KIND[kind] for key, kind in KIND_OF.items() if kind in LEVEL_OF_KIND}

    assert repeated([one["organisation"] for one in SERVICE_POINTS]) == []
    assert {one["organisation"]: one["level"] for one in SERVICE_POINTS} == expected


def test_service_points_lie_on_the_plateau_and_villages_admit_their_invented_place() -> None:
    for point in SERVICE_POINTS:
        assert 26.5 < point["lat"] < 33, point["organisation"]
        assert 78 < point["lon"] < 101, point["organisation"]
        assert point["hours"], point["organisation"]
        assert point["address_line"], point["organisation"]
        assert isinstance(point["accepts_pickup"], bool), point["organisation"]
        assert isinstance(point["takes_cash"], bool), point["organisation"]
    assert all(one["invented"] for one in SERVICE_POINTS if one["level"] == "point")


def test_grants_join_a_seller_to_a_place_that_may_help() -> None:
    seen = [(one["from"], one["to"], one["right"]) for one in GRANTS]

    assert len(seen) == len(set(seen))
    for grantor, grantee, right in seen:
        assert KIND_OF[grantor] in {"cooperative", "company"}
        assert KIND_OF[grantee] in LEVEL_OF_KIND
        assert right in {"list_goods", "ship_orders"}


# --- people ------------------------------------------------------------------------------------------------------


def test_people_have_unique_keys_and_phones_that_look_reserved() -> None:
    phones = [one["phone"] for one in PEOPLE]

    assert repeated([one["key"] for one in PEOPLE]) == []
    assert repeated(phones) == []
    assert all(len(one) == 11 and one.isdigit() and one.startswith("1990000") for one in phones)


def test_every_name_says_that_it_is_a_demo() -> None:
    assert [one["name"] for one in PEOPLE if "演示" not in one["name"]] == []


def test_people_act_for_known_organisations_and_buyers_have_no_password() -> None:
    for person in PEOPLE:
        for membership in person["memberships"]:
            assert membership["organisation"] in KIND_OF
            assert membership["role"] in {"manager", "staff"}
        assert ("password" in person) == bool(person["memberships"])
        assert person.get("password", "teahorse-demo") == "teahorse-demo"
        assert person["locale"] in {"zh-hans", "bo", "en"}


def test_log_ins_cover_the_roles_and_the_start_table_stays_short() -> None:
    acting_for = Counter(KIND_OF[membership["organisation"]] for person in PEOPLE for membership in person["memberships"])
    sellers = {
        membership["organisation"]
        for person in PEOPLE
        for membership in person["memberships"]
        if KIND_OF[membership["organisation"]] in {"cooperative", "company"}
    }
    centres = {
        membership["organisation"]
        for person in PEOPLE
        for membership in person["memberships"]
        if KIND_OF[membership["organisation"]] == "county_centre"
    }

    assert sum(not person["memberships"] for person in PEOPLE) == 3
    assert len(sellers) >= 4
    assert len(centres) >= 2
    assert acting_for["township_station"] >= 2
    assert acting_for["village_point"] >= 2
    assert acting_for["region_centre"] >= 2
    assert 8 <= sum(person["show"] for person in PEOPLE) <= 11


def test_the_maker_of_every_story_that_is_told_is_in_the_start_table() -> None:
    shown = {membership["organisation"] for person in PEOPLE if person["show"] for membership in person["memberships"]}

    assert {story["maker"] for story in told_stories()} <= shown


# --- categories and products -------------------------------------------------------------------------------------


def test_there_are_six_categories_and_all_are_used() -> None:
    keys = [one["key"] for one in CATEGORIES]

    assert sorted(keys) == sorted(["food-drink", "meat-dairy", "crafts", "clothing-carpets", "incense-herbs", "season"])
    assert {one["category"] for one in PRODUCTS} == set(keys)


def test_drawings_are_known_and_all_are_used() -> None:
    used = {one["drawing"] for one in [*PRODUCTS, *CATEGORIES, *STORIES]}

    assert used - DRAWINGS == set()
    assert DRAWINGS - {one["drawing"] for one in PRODUCTS} == set()


def test_brands_have_unique_keys_and_an_owner() -> None:
    assert repeated([one["key"] for one in BRANDS]) == []
    assert {one["owner"] for one in BRANDS} <= KIND_OF.keys()
    assert {one["key"] for one in BRANDS} == {one["brand"] for one in PRODUCTS}
    assert all(isinstance(one["is_village_brand"], bool) and isinstance(one["gi_mark"], bool) for one in BRANDS)


def test_the_hall_is_full() -> None:
    assert len(PRODUCTS) >= 78
    assert repeated([one["key"] for one in PRODUCTS]) == []


def test_every_seller_shows_something() -> None:
    sellers = {key for key, kind in KIND_OF.items() if kind in {"cooperative", "company", "department_store"}}

    assert {one["seller"] for one in PRODUCTS} == sellers


def test_a_product_belongs_to_the_owner_of_its_brand() -> None:
    owner_of = {one["key"]: one["owner"] for one in BRANDS}
    wrong = [one["key"] for one in PRODUCTS if owner_of[one["brand"]] != one["seller"]]

    assert wrong == []


def test_variants_have_unique_keys_positive_prices_and_believable_sizes() -> None:
    variants = [variant for product in PRODUCTS for variant in product["variants"]]

    assert repeated([one["key"] for one in variants]) == []
    assert all(one["price_fen"] % 10 == 0 for one in variants)
    assert all(1 <= len(product["variants"]) <= 4 for product in PRODUCTS)
    for variant in variants:
        assert is_whole(variant["price_fen"], at_most=500_000), variant["key"]
        assert variant.get("list_price_fen", variant["price_fen"] + 1) > variant["price_fen"], variant["key"]
        assert is_whole(variant["weight_grams"], at_most=30_000), variant["key"]
        assert is_whole(variant["volume_cm3"], at_most=50_000), variant["key"]
        assert "nominal_grams" not in variant or is_whole(variant["nominal_grams"], at_most=variant["weight_grams"]), variant["key"]
        assert is_whole(variant["stock"], at_most=1_000), variant["key"]


def test_barcodes_are_valid_in_house_numbers() -> None:
    codes = [variant["barcode"] for product in PRODUCTS for variant in product["variants"] if "barcode" in variant]

    assert len(codes) > 100
    assert repeated(codes) == []
    assert [one for one in codes if not ean13_is_valid(one) or not 20 <= int(one[:2]) <= 29] == []


def test_fresh_goods_come_fresh_and_goods_made_to_order_do_not_come_back() -> None:
    assert {one["return_rule"] for one in PRODUCTS} == {"seven_days", "fresh", "custom"}
    assert [one["key"] for one in PRODUCTS if one["category"] == "season" and one["return_rule"] != "fresh"] == []
    assert [one["key"] for one in PRODUCTS if "season" not in one and one["category"] == "season"] == []


def test_seasons_are_days_of_the_year_in_order() -> None:
    for product in PRODUCTS:
        if "season" in product:
            months = [int(product["season"][end][:2]) for end in ("from", "to")]
            days = [int(product["season"][end][3:]) for end in ("from", "to")]

            assert all(1 <= month <= 12 for month in months), product["key"]
            assert all(1 <= day <= 31 for day in days), product["key"]
            assert product["season"]["from"] < product["season"]["to"], product["key"]


def test_heights_are_those_of_the_plateau() -> None:
    assert [one["key"] for one in PRODUCTS if not 1_500 <= one["origin_height_m"] <= 5_100] == []


@pytest.mark.parametrize("name", ["attributes", "variant_attributes"])
def test_attributes_are_defined_by_the_category_and_fit_their_kind(name) -> None:
    defined = {category["key"]: {attribute["key"]: attribute for attribute in category[name]} for category in CATEGORIES}
    for product in PRODUCTS:
        told = [product] if name == "attributes" else product["variants"]
        for key, value in (pair for one in told for pair in one.get("attributes", {}).items()):
            attribute = defined[product["category"]][key]
            where = f"{product['key']}.{key}"
            if attribute["kind"] == "choice":
                assert value in {one["key"] for one in attribute["choices"]}, where
            elif attribute["kind"] == "number":
                assert type(value) in {int, float}, where
                assert value > 0, where
                assert attribute["unit"], where
            else:
                assert attribute["kind"] == "text", where
                assert value.keys() == LANGUAGES, where


# --- stories, counties, areas ------------------------------------------------------------------------------------


def test_stories_speak_of_somebody_or_somewhere() -> None:
    assert len(STORIES) == 6
    assert repeated([one["key"] for one in STORIES]) == []
    for story in STORIES:
        assert ("organisation" in story) != ("area" in story), story["key"]
        assert story.get("organisation", "region-centre") in KIND_OF


def test_each_county_has_a_line_for_every_season() -> None:
    assert 10 <= len(COUNTIES) <= 12
    assert repeated([one["area"] for one in COUNTIES]) == []
    assert {one["area"] for one in COUNTIES} >= COUNTIES_WITH_A_CENTRE
    assert all({"spring", "summer", "autumn", "winter"} <= one.keys() for one in COUNTIES)


def test_every_area_code_is_official() -> None:
    if not AREAS.exists():
        pytest.skip(f"{AREAS.relative_to(ROOT)} is not there yet: area codes cannot be compared with the official list")
    with AREAS.open(encoding="utf-8", newline="") as lines:
        official = {row["code"] for row in csv.DictReader(lines)}

    assert sorted(area_codes_used() - official) == []
