"""What a category asks of the forms of its goods: as data, in the document, in a table, until it is listed."""

import pytest
from django.core.exceptions import ValidationError
from django.utils import translation

from teahorse.catalog import actions, queries
from teahorse.catalog.content import check, content_of
from teahorse.catalog.definitions import check_definitions, in_words, value_fault
from tests.catalog.conftest import put_on_show, wine
from tests.catalog.test_content import form
from tests.catalog.test_importing import HEADER, TEA, WINE, as_csv, as_xlsx, run

VOLUME = {"key": "volume_ml", "label": {"zh-hans": "净容量", "bo": "ཤོང་ཚད", "en": "Volume"}, "kind": "number", "unit": {"zh-hans": "毫升"}}
GRADE = {
    "key": "grade",
    "label": {"zh-hans": "等级", "en": "Grade"},
    "kind": "choice",
    "choices": [{"key": "first", "label": {"zh-hans": "一级", "en": "First"}}, {"key": "second", "label": {"zh-hans": "二级"}}],
}
BOTTLE = {"key": "bottle", "label": {"zh-hans": "瓶子"}, "kind": "text"}


@pytest.fixture
def asking(town):
    """The town, where food tells of its forms how much it is, and may tell grade and bottle."""
    town.food.variant_attributes = [{**VOLUME, "least": 0, "is_needed": True}, GRADE, BOTTLE]
    town.food.full_clean()
    town.food.save()
    return town


@pytest.mark.parametrize(
    ("definition", "reason"),
    [
        ("volume", "object"),
        ({"label": {"zh-hans": "容量"}}, "key"),
        ({"key": "Volume ml", "label": {"zh-hans": "容量"}}, "small letters"),
        ({"key": "volume", "label": {"en": "Volume"}}, "Chinese at least"),
        ({**VOLUME, "kind": "colour"}, "text, number or choice"),
        ({**VOLUME, "unit": "ml"}, "unit"),
        ({**VOLUME, "least": "0"}, "bounds"),
        ({**GRADE, "choices": []}, "at least one"),
        ({**GRADE, "choices": [{"key": "first"}]}, "label"),
    ],
)
def test_what_the_editor_could_not_show_is_refused(definition, reason):
    with translation.override("en"), pytest.raises(ValidationError, match=reason):
        check_definitions([definition])


def test_a_key_stands_once_and_either_at_the_product_or_at_its_forms(town):
    with translation.override("en"), pytest.raises(ValidationError, match="twice"):
        check_definitions([VOLUME, VOLUME])

    town.food.variant_attributes = [{"key": "alcohol", "label": {"zh-hans": "酒精度"}, "kind": "number"}]
    town.food.attributes = [one for one in town.food.attributes if one["key"] == "alcohol"]
    with translation.override("en"), pytest.raises(ValidationError, match="alcohol"):
        town.food.full_clean()


@pytest.mark.parametrize(
    ("attributes", "fields"),
    [
        ({"volume_ml": 0}, []),
        ({"volume_ml": 330.5, "grade": "first", "bottle": {"zh-hans": "陶", "en": "Clay"}}, []),
        ({}, ["volume_ml"]),
        ({"volume_ml": -1}, ["volume_ml"]),
        ({"volume_ml": "much", "grade": "third", "bottle": 5}, ["volume_ml", "grade", "bottle"]),
        ({"volume_ml": 330, "alcohol": 12}, ["alcohol"]),
    ],
)
def test_each_fault_of_a_form_names_its_field(asking, attributes, fields):
    faults = check(wine(variants=[form(attributes={"volume_ml": 1}), form(attributes=attributes)]))

    assert [fault.field for fault in faults] == [f"variants.1.attributes.{field}" for field in fields]


def test_bounds_are_told():
    with translation.override("en"):
        told = [value_fault(value, {**VOLUME, "least": 1, "most": 9}) for value in (0, 1, 9, 9.5)]

    assert told == ["Write a number that is not below 1.", "", "", "Write a number that is not above 9."]


def test_what_is_told_is_read_in_the_readers_language():
    values = {"grade": "first", "volume_ml": 500.0, "bottle": {"zh-hans": "陶"}}

    assert in_words([VOLUME, GRADE, BOTTLE], values, "en") == [("Volume", "500 毫升"), ("Grade", "First"), ("瓶子", "陶")]
    assert in_words([VOLUME, GRADE], {"grade": "second"}, "bo") == [("等级", "二级")]


def test_it_goes_the_way_of_a_draft_and_is_listed_when_approved(asking, now):
    product = put_on_show(asking, now, wine(variants=[form(attributes={"volume_ml": 500, "grade": "first"})]))
    listed = content_of(product)
    draft = actions.start_draft(seller=asking.seller, product=product, by=asking.writer, now=now)

    listed.variants[0].attributes = {"volume_ml": 750, "grade": "first"}
    draft = actions.write_draft(draft=draft, content=listed, by=asking.writer, now=now)
    waiting = product.variants.get().attributes
    changes = [(change.field.split(".")[-1], change.before, change.after) for change in queries.changes_of(draft)]
    actions.approve_draft(draft=actions.submit_draft(draft=draft, by=asking.writer, now=now), by=asking.reviewer, now=now)

    assert waiting == {"volume_ml": 500, "grade": "first"}
    assert changes == [("volume_ml", 500, 750)]
    assert product.variants.get().attributes == {"volume_ml": 750, "grade": "first"}


MORE = [*HEADER, "净容量（毫升）", "Grade", "瓶子", "瓶子（英文）", "酒精度"]


@pytest.mark.parametrize("write", [as_csv, as_xlsx])
def test_a_table_has_columns_for_it_by_any_of_its_names(asking, now, write):
    wine_row = [*WINE, "500", "一级", "陶", "Clay", "12.5"]
    second = ["1", *[""] * 9, "一坛", "99", "", "5000", "", "1000", "second", "", "", ""]

    (draft,) = run(asking, now, write(wine_row, second, header=MORE), "goods.xlsx")

    assert draft.content["attributes"] == {"alcohol": 12.5}
    assert [one["attributes"] for one in draft.content["variants"]] == [
        {"volume_ml": 500, "grade": "first", "bottle": {"zh-hans": "陶", "en": "Clay"}},
        {"volume_ml": 1000, "grade": "second"},
    ]


def test_a_table_tells_faults_by_row_and_heading(asking, now):
    craft = ["3", "藏刀", "", "crafts", "", "540528", "", "", "", "", "一把", "9", "", "500", "", "5", "", "", "", ""]

    report = actions.dry_run(
        seller=asking.seller,
        file=as_csv([*WINE, "much", "third", "", "", "strong"], [*TEA, "", "first", "", "", ""], craft, header=MORE),
        name="goods.csv",
    )

    assert [(fault.row, fault.column, fault.value) for fault in report.faults] == [
        (2, "净容量（毫升）", "much"),
        (2, "Grade", "third"),
        (2, "酒精度", "strong"),
        (3, "净容量（毫升）", ""),
        (4, "净容量（毫升）", "5"),
    ]


def test_a_needed_column_that_is_missing_is_named(asking):
    report = actions.dry_run(seller=asking.seller, file=as_csv(TEA), name="goods.csv")

    assert [(fault.row, fault.column) for fault in report.faults] == [(2, "净容量（毫升）")]
