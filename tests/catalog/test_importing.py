import csv
import io
import zipfile

import pytest
from openpyxl import Workbook, load_workbook

from teahorse.catalog import actions
from teahorse.catalog.models import ProductDraft
from teahorse.catalog.tables import COLUMNS, CatalogueIsUnreadable, read_catalogue, safe_cell, template_xlsx

HEADER = [
    "商品编号",
    "商品名称",
    "title_en",
    "类目",
    "品牌",
    "产地代码",
    "可溯源",
    "应季开始",
    "应季结束",
    "退货规则",
    "规格名称",
    "售价（元）",
    "原价（元）",
    "重量（克）",
    "条形码",
]
WINE = [
    "1",
    "手工青稞酒",
    "Barley wine",
    "粮油酒水",
    "多吉",
    "540528",
    "是",
    "7-1",
    "9月30日",
    "七天无理由",
    "一瓶",
    "38.00",
    "45",
    "900",
    "6901234567892",
]
OF_FOOD = ["酒精度（%vol）", "配料", "存放"]
JAR = ["1", "", "", "", "", "", "", "", "", "", "一坛", "99", "", "5000", ""]
TEA = ["2", "甜茶", "", "food-drink", "", "540528", "", "", "", "生鲜", "一壶", "12.5", "", "600", ""]


def as_csv(*rows, header=HEADER, encoding="utf-8", delimiter=","):
    out = io.StringIO()
    csv.writer(out, delimiter=delimiter).writerows([header, *rows])
    return io.BytesIO(out.getvalue().encode(encoding))


def as_xlsx(*rows, header=HEADER):
    book = Workbook()
    for row in (header, *rows):
        book.active.append(row)
    out = io.BytesIO()
    book.save(out)
    return io.BytesIO(out.getvalue())


def run(town, now, file, name="goods.csv"):
    return actions.import_catalogue(seller=town.seller, file=file, name=name, by=town.writer, now=now)


@pytest.mark.parametrize(
    "file",
    [
        lambda: as_csv(WINE, JAR, TEA),
        lambda: as_csv(WINE, JAR, TEA, encoding="utf-8-sig", delimiter=";"),
        lambda: as_csv(WINE, JAR, TEA, encoding="gb18030", delimiter="\t"),
        lambda: as_xlsx(WINE, JAR, TEA),
        lambda: as_xlsx([*WINE[:11], 38, 45.0, 900, 6901234567892], JAR, [], TEA),
    ],
)
def test_rows_of_one_number_make_one_submitted_draft(town, now, file):
    drafts = run(town, now, file())

    assert [(draft.state, draft.submitted_at, draft.written_by, draft.county_id) for draft in drafts] == [
        ("submitted", now, town.writer, town.seller.county_id)
    ] * 2
    wine, tea = (draft.content for draft in drafts)
    assert (wine["title"], wine["category"], wine["brand"], wine["is_traceable"]) == (
        {"zh-hans": "手工青稞酒", "en": "Barley wine"},
        "food-drink",
        "dorje",
        True,
    )
    assert (wine["season_from"], wine["season_to"], wine["return_rule"]) == (701, 930, "seven_days")
    assert [(form["name"]["zh-hans"], form["price_fen"], form["list_price_fen"], form["barcode"]) for form in wine["variants"]] == [
        ("一瓶", 3800, 4500, "6901234567892"),
        ("一坛", 9900, None, ""),
    ]
    assert (tea["return_rule"], tea["variants"][0]["price_fen"]) == ("fresh", 1250)


def test_an_imported_draft_can_be_approved(town, now):
    (draft,) = run(town, now, as_csv(TEA))

    product = actions.approve_draft(draft=draft, by=town.reviewer, now=now)

    assert (product.title, product.variants.get().offers.get().price_fen) == ("甜茶", 1250)


def test_one_fault_and_nothing_is_imported(town, now):
    bad_wine = [*WINE[:11], "free", "", "heavy", "6901234567893"]
    other_title = ["1", "另一种酒", *JAR[2:]]
    no_number = ["", *TEA[1:]]
    file = as_csv(bad_wine, other_title, TEA, no_number, ["3", "", "", "茶", "没有", "1", "也许", "13-1", "x", "?", "", "", "", "", ""])

    with pytest.raises(actions.NothingImported) as refusal:
        run(town, now, file)

    report = refusal.value.report
    assert ProductDraft.objects.count() == 0
    assert (report.rows, report.products) == (5, 3)
    assert [(fault.row, fault.column, fault.value) for fault in report.faults] == [
        (2, "price_yuan", "free"),
        (2, "weight_grams", "heavy"),
        (2, "barcode", "6901234567893"),
        (3, "title_zh", "另一种酒"),
        (5, "product_key", ""),
        (6, "title_zh", ""),
        (6, "category", "茶"),
        (6, "brand", "没有"),
        (6, "origin_area", "1"),
        (6, "is_traceable", "也许"),
        (6, "season_from", "13-1"),
        (6, "season_to", "x"),
        (6, "return_rule", "?"),
        (6, "variant_name_zh", ""),
        (6, "price_yuan", ""),
        (6, "weight_grams", ""),
    ]


def test_a_trial_says_the_same_and_writes_nothing(town):
    fine = actions.dry_run(seller=town.seller, file=as_csv(WINE, TEA), name="goods.csv")
    wrong = actions.dry_run(seller=town.seller, file=as_csv([*TEA[:11], "-1", *TEA[12:]]), name="goods.csv")

    assert (fine.rows, fine.products, fine.is_fine) == (2, 2, True)
    assert [(fault.row, fault.column, fault.value) for fault in wrong.faults] == [(2, "price_yuan", "-1")]
    assert ProductDraft.objects.count() == 0


def test_an_empty_table_imports_nothing(town, now):
    with pytest.raises(actions.NothingImported):
        run(town, now, as_csv())


def test_a_formula_is_a_text(town, now):
    (draft,) = run(town, now, as_xlsx(["9", "=1+1", *TEA[2:]]))

    assert draft.content["title"] == {"zh-hans": "=1+1"}


@pytest.mark.parametrize(("text", "cell"), [("=1+1", "'=1+1"), ("@a", "'@a"), ("-5", "'-5"), ("茶", "茶"), ("", "")])
def test_an_export_quotes_what_looks_like_a_formula(text, cell):
    assert safe_cell(text) == cell


def packed_bomb():
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr("xl/worksheets/sheet1.xml", b"0" * 90 * 1024 * 1024)
    return io.BytesIO(out.getvalue())


@pytest.mark.parametrize(
    ("file", "reason"),
    [
        (lambda: io.BytesIO(b""), "空|empty"),
        (lambda: io.BytesIO(b"x" * (5 * 1024 * 1024 + 1)), "5 MB"),
        (packed_bomb, "too large|过大|太大"),
        (lambda: io.BytesIO(b"PK\x03\x04broken"), "XLSX"),
        (lambda: io.BytesIO(b"\xd0\xcf\x11\xe0\0\0"), "XLSX"),
        (lambda: io.BytesIO(b"\x81\x20\xff\xfe"), "UTF-8"),
        (lambda: as_csv(header=HEADER[1:]), "商品编号"),
        (lambda: as_csv(header=[*HEADER, "颜色"]), "颜色"),
        (lambda: as_csv(header=[*HEADER, "类目"]), "category"),
        (lambda: as_csv(*[TEA] * 5001), "5000"),
    ],
)
def test_what_is_no_table_is_refused_with_its_reason(town, now, file, reason):
    with pytest.raises(CatalogueIsUnreadable, match=reason):
        run(town, now, file())

    assert ProductDraft.objects.count() == 0


def test_a_whole_table_is_read_in_few_queries(town, now, django_assert_max_num_queries):
    rows = [[str(number), *TEA[1:]] for number in range(1000)]

    with django_assert_max_num_queries(12):
        drafts = run(town, now, as_csv(*rows))

    assert len(drafts) == 1000


def test_the_template_can_be_filled_in(town, now):
    book = load_workbook(io.BytesIO(template_xlsx()))

    sheet = book.worksheets[0]
    assert [cell.value for cell in sheet[1]] == [*(column.chinese for column in COLUMNS), *OF_FOOD]
    assert read_catalogue(io.BytesIO(template_xlsx()), "template.xlsx").rows == []
    sheet["A2"] = "77"
    out = io.BytesIO()
    book.save(out)
    (draft,) = run(town, now, io.BytesIO(out.getvalue()), "template.xlsx")
    assert draft.content["title"]["zh-hans"] == "琼结手工青稞酒"
    assert draft.content["variants"][0]["price_fen"] == 3800
