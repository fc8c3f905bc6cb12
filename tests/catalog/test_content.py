import pytest
from django.utils import translation

from teahorse.catalog.content import ProductContent, VariantContent, check
from teahorse.catalog.rules import is_in_season, is_month_day, is_trade_number
from tests.catalog.conftest import wine


def form(**changes):
    return VariantContent(**({"name": {"zh-hans": "一瓶"}, "price_fen": 3800, "weight_grams": 900} | changes))


def test_a_whole_document_has_no_fault(town):
    assert check(wine()) == []


def test_an_empty_document_tells_everything_that_is_missing(town):
    assert [fault.field for fault in check(ProductContent())] == ["title.zh-hans", "category", "origin_area", "variants"]


@pytest.mark.parametrize(
    ("changes", "fields"),
    [
        ({"title": {"zh-hans": " ", "bo": "ཆང"}}, ["title.zh-hans"]),
        ({"title": {"zh-hans": "酒" * 121}}, ["title.zh-hans"]),
        ({"story": {"xx": "?"}}, ["story.xx"]),
        ({"category": "unknown"}, ["category"]),
        ({"brand": "unknown"}, ["brand"]),
        ({"origin_area": "999999"}, ["origin_area"]),
        ({"origin_height_m": 9001}, ["origin_height_m"]),
        ({"season_from": 701}, ["season_to"]),
        ({"season_from": 230, "season_to": 1301}, ["season_from", "season_to"]),
        ({"return_rule": "never"}, ["return_rule"]),
        ({"attributes": {"colour": "red"}}, ["attributes.colour"]),
        (
            {"attributes": {"alcohol": "strong", "storage": "sunny", "ingredients": 5}},
            ["attributes.alcohol", "attributes.storage", "attributes.ingredients"],
        ),
        ({"attributes": {"alcohol": True}}, ["attributes.alcohol"]),
        (
            {"variants": [form(), form(name={}, price_fen=None, weight_grams=0)]},
            ["variants.1.name.zh-hans", "variants.1.price_fen", "variants.1.weight_grams"],
        ),
        ({"variants": [form(price_fen=100_000_001)]}, ["variants.0.price_fen"]),
        ({"variants": [form(list_price_fen=3800)]}, ["variants.0.list_price_fen"]),
        ({"variants": [form(barcode="6901234567893")]}, ["variants.0.barcode"]),
        ({"variants": [form(volume_cm3=-1)]}, ["variants.0.volume_cm3"]),
        ({"variants": [form()] * 51}, ["variants"]),
    ],
)
def test_each_fault_is_told_with_its_place(town, changes, fields):
    assert [fault.field for fault in check(wine(**changes))] == fields


@pytest.mark.parametrize("price", [1, 100_000_000])
def test_the_lowest_and_the_highest_price_are_taken(town, price):
    assert check(wine(variants=[form(price_fen=price)])) == []


def test_a_fault_is_a_sentence(town):
    with translation.override("en"):
        (fault,) = check(wine(variants=[]))

    assert fault.message == "Add at least one form in which it is sold."


def test_a_document_is_kept_and_read_without_loss():
    assert ProductContent.from_document(wine().to_document()) == wine()


@pytest.mark.parametrize(("code", "is_right"), [
    ("6901234567892", True), ("6901234567893", False), ("96385074", True), ("036000291452", True), ("10614141000415", True),
    ("690123456789", False), ("", False), ("６９０１２３４５６７８９２", False),
])  # fmt: skip
def test_a_trade_number_has_a_check_digit(code, is_right):
    assert is_trade_number(code) is is_right


def test_a_season_may_run_over_the_new_year(now):
    assert is_in_season(season_from=701, season_to=930, on=now.date())
    assert not is_in_season(season_from=1101, season_to=228, on=now.date())
    assert is_in_season(season_from=1101, season_to=228, on=now.date().replace(month=1))


def test_the_29th_of_february_is_a_day():
    assert [is_month_day(day) for day in (229, 230, 0, 1231, 1301, 431)] == [True, False, False, True, False, False]
