"""A table that names what the seller has already changes it, and leaves alone what it does not speak of."""

from datetime import timedelta

import pytest

from teahorse.catalog import actions
from teahorse.catalog.content import ProductContent, VariantContent, content_of
from teahorse.catalog.models import Product, ProductDraft
from teahorse.catalog.tables import CatalogueIsUnreadable
from tests.catalog.conftest import put_on_show, wine
from tests.catalog.test_importing import HEADER, TEA, WINE, as_csv, run

PRICES = ["商品编号", "规格名称", "售价（元）", "条形码"]
ONE, TWO = "6901234567892", "96385074"


@pytest.fixture
def shelf(town, now):
    """The town with a product on show in two forms, numbered QJ-1."""
    forms = [
        VariantContent(name={"zh-hans": "一瓶", "en": "Bottle"}, price_fen=3800, list_price_fen=4500, weight_grams=900, barcode=ONE),
        VariantContent(name={"zh-hans": "一坛"}, price_fen=9900, weight_grams=5000),
    ]
    return put_on_show(town, now, wine(item_number="QJ-1", variants=forms))


def looked_through(town, *rows, header=HEADER):
    return actions.dry_run(seller=town.seller, file=as_csv(*rows, header=header), name="goods.csv")


def prices(content):
    return [(form["name"]["zh-hans"], form["price_fen"]) for form in content["variants"]]


def test_a_number_that_is_known_changes_the_product_and_keeps_what_is_not_said(town, shelf, now):
    before = content_of(shelf)

    (draft,) = run(town, now, as_csv(["QJ-1", "一瓶", "42", ""], header=PRICES))

    wanted = content_of(shelf)
    wanted.variants[0].price_fen = 4200
    assert (draft.product, draft.state) == (shelf, "submitted")
    assert ProductContent.from_document(draft.content) == wanted
    assert content_of(shelf) == before
    assert actions.approve_draft(draft=draft, by=town.reviewer, now=now).pk == shelf.pk
    assert content_of(shelf) == wanted


def test_a_bar_code_that_is_known_means_its_product_and_its_form(town, shelf, now):
    (draft,) = run(town, now, as_csv(["", "", "42", ONE], header=PRICES))

    assert draft.product == shelf
    assert draft.content["item_number"] == "QJ-1"
    assert prices(draft.content) == [("一瓶", 4200), ("一坛", 9900)]


def test_a_bar_code_gives_a_product_without_a_number_one(town, shelf, now):
    Product.objects.update(item_number="")

    (draft,) = run(town, now, as_csv(["A7", "一瓶", "42", ONE], header=PRICES))

    assert (draft.product, draft.content["item_number"]) == (shelf, "A7")


def test_the_dry_run_says_how_many_are_new_and_how_many_change(town, shelf):
    report = looked_through(town, ["QJ-1", *WINE[1:]], TEA)

    assert (report.products, report.new, report.changed, report.unchanged) == (2, 1, 1, 0)
    assert [(one.item_number, one.title["zh-hans"], one.is_being_written) for one in report.changes] == [("QJ-1", "手工青稞酒", False)]
    assert report.faults == []
    assert ProductDraft.objects.filter(state__in=ProductDraft.OPEN).count() == 0


def test_what_is_as_the_table_says_is_left_alone(town, shelf, now):
    rows = [["QJ-1", "一瓶", "38", ONE], ["QJ-1", "一坛", "99", ""]]

    report = looked_through(town, *rows, header=PRICES)

    assert (report.is_fine, report.new, report.changed, report.unchanged) == (True, 0, 0, 1)
    assert run(town, now, as_csv(*rows, header=PRICES)) == []


@pytest.mark.parametrize("state", ["drafting", "submitted", "sent_back"])
def test_the_open_draft_of_the_product_is_changed_wherever_it_lies(town, shelf, now, state):
    draft = actions.start_draft(seller=town.seller, product=shelf, by=town.writer, now=now)
    content = content_of(shelf)
    content.story = {"zh-hans": "正在写的故事"}
    draft = actions.write_draft(draft=draft, content=content, by=town.writer, now=now)
    if state != "drafting":
        draft = actions.submit_draft(draft=draft, by=town.writer, now=now)
    if state == "sent_back":
        actions.send_back_draft(draft=draft, reason="价格", by=town.reviewer, now=now)
    report = looked_through(town, ["QJ-1", "一瓶", "42", ""], header=PRICES)

    later = now + timedelta(hours=1)
    (changed,) = run(town, later, as_csv(["QJ-1", "一瓶", "42", ""], header=PRICES))

    changed.refresh_from_db()
    assert report.changes[0].is_being_written == (state != "submitted")
    assert changed.pk == draft.pk
    assert (changed.state, changed.submitted_at, changed.reason) == ("submitted", later, "")
    assert changed.content["story"] == {"zh-hans": "正在写的故事"}
    assert prices(changed.content)[0] == ("一瓶", 4200)


def test_the_same_table_twice_makes_one_draft_of_a_new_product(town, now):
    (first,) = run(town, now, as_csv(TEA))
    (second,) = run(town, now, as_csv([*TEA[:11], "13", *TEA[12:]]))

    assert second.pk == first.pk
    assert ProductDraft.objects.count() == 1
    assert prices(second.content) == [("一壶", 1300)]


def test_a_dash_empties_a_place_and_a_new_form_is_added(town, shelf, now):
    header = [*PRICES, "原价（元）", "品牌", "商品名称（英文）", "重量（克）"]

    (draft,) = run(
        town, now, as_csv(["QJ-1", "一瓶", "", "", "-", "-", "-", ""], ["QJ-1", "一桶", "60", "", "", "", "", "2000"], header=header)
    )

    assert (draft.content["brand"], draft.content["title"]) == ("", {"zh-hans": "手工青稞酒", "bo": "ནས་ཆང་།"})
    assert [(form["name"]["zh-hans"], form["list_price_fen"]) for form in draft.content["variants"]] == [
        ("一瓶", None), ("一坛", None), ("一桶", None),
    ]  # fmt: skip


def test_a_needed_place_cannot_be_emptied(town, shelf):
    report = looked_through(town, ["QJ-1", "一瓶", "-", ""], header=PRICES)

    assert [(fault.row, fault.column) for fault in report.faults] == [(2, "price_yuan")]


def test_what_cannot_be_told_apart_is_a_fault(town, shelf, now):
    put_on_show(town, now, wine(item_number="QJ-2", title={"zh-hans": "同码"}))

    report = looked_through(
        town,
        ["QJ-1", "", "40", ""],  # which form?
        ["QJ-1", "一坛", "90", ""],
        ["QJ-1", "一坛", "91", ""],  # the same form again
        ["", "", "50", ONE],  # two products bear it
        ["", "", "50", "2600000010917"],  # nobody's
        header=PRICES,
    )

    assert [(fault.row, fault.column) for fault in report.faults] == [
        (2, "variant_name_zh"),
        (4, "variant_name_zh"),
        (5, "product_key"),
        (6, "barcode"),
    ]


def test_two_numbers_for_one_product_are_a_fault(town, shelf):
    report = looked_through(town, ["QJ-1", "一坛", "90", ""], ["A7", "一瓶", "42", ONE], header=PRICES)

    assert [(fault.row, fault.column) for fault in report.faults] == [(3, "product_key")]


def test_new_products_need_their_columns(town, shelf):
    with pytest.raises(CatalogueIsUnreadable, match="商品名称, 类目, 产地代码, 重量"):
        looked_through(town, ["QJ-1", "一坛", "90", ""], ["new", "一份", "42", ""], header=PRICES)


def test_the_numbers_and_bar_codes_of_another_seller_mean_nothing(town, shelf, now):
    (draft,) = actions.import_catalogue(seller=town.other_seller, file=as_csv(["QJ-1", *WINE[1:]]), name="a.csv", by=town.writer, now=now)

    assert (draft.product, draft.seller) == (None, town.other_seller)


def test_a_seller_numbers_a_product_once(town, shelf, now):
    draft = actions.start_draft(seller=town.seller, by=town.writer, now=now)
    draft = actions.write_draft(draft=draft, content=wine(item_number="QJ-1"), by=town.writer, now=now)

    with pytest.raises(actions.DraftHasFaults) as refusal:
        actions.submit_draft(draft=draft, by=town.writer, now=now)

    assert [fault.field for fault in refusal.value.faults] == ["item_number"]


def test_a_thousand_known_products_are_changed_in_few_queries(town, now, django_assert_max_num_queries):
    run(town, now, as_csv(*([str(number), *TEA[1:]] for number in range(1000))))
    rows = [[str(number), "一壶", "13", ""] for number in range(1000)]

    with django_assert_max_num_queries(20):
        drafts = run(town, now, as_csv(*rows, header=PRICES))

    assert len(drafts) == 1000
