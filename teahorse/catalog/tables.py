"""
A catalogue as a table on paper: which columns there are, reading a file into rows of cells, and the table to fill in.

XLSX and CSV are read (UTF-8, GB 18030), with Chinese or English headers. What goods of a category tell has columns too, named by its
label in any language, with or without its unit.
"""

import csv
import io
import zipfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from openpyxl import Workbook, load_workbook  # type: ignore[import-untyped]  # it has no types of its own
from openpyxl.styles import Font  # type: ignore[import-untyped]  # as above

from teahorse.catalog.cells import RETURN_RULES
from teahorse.catalog.definitions import Definition, label_of, said
from teahorse.catalog.models import Category
from teahorse.catalog.pictures import Readable
from teahorse.common.decoding import text_of
from teahorse.common.refusals import Refusal

LARGEST_FILE = 5 * 1024 * 1024
LARGEST_UNPACKED = 80 * 1024 * 1024
MOST_PARTS = 200
MOST_ROWS = 5000
MOST_COLUMNS = 160
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")
EXAMPLE = "示例"
OTHER_LANGUAGES = {"bo": "藏文", "en": "英文"}
ATTRIBUTES, OF_FORM = "attributes", "variant.attributes"


@dataclass(frozen=True)
class Column:
    """A column: its name (which is its English header too), its Chinese header, the place of the document that it fills."""

    name: str
    chinese: str
    path: str
    example: str = ""
    is_needed: bool = False


COLUMNS = (
    Column("product_key", "商品编号", "item_number", EXAMPLE, is_needed=True),
    Column("title_zh", "商品名称", "title.zh-hans", "琼结手工青稞酒", is_needed=True),
    Column("title_bo", "商品名称（藏文）", "title.bo", "འཕྱོངས་རྒྱས་ནས་ཆང"),
    Column("title_en", "商品名称（英文）", "title.en", "Qonggyai barley wine"),
    Column("story_zh", "商品故事", "story.zh-hans", "村里的老窖，冬天酿，春天开。"),
    Column("story_bo", "商品故事（藏文）", "story.bo"),
    Column("story_en", "商品故事（英文）", "story.en"),
    Column("keep_zh", "保存与使用", "keep.zh-hans", "阴凉处存放。"),
    Column("keep_bo", "保存与使用（藏文）", "keep.bo"),
    Column("keep_en", "保存与使用（英文）", "keep.en"),
    Column("category", "类目", "category", "food-drink", is_needed=True),
    Column("brand", "品牌", "brand"),
    Column("origin_area", "产地代码", "origin_area", "540528", is_needed=True),
    Column("origin_height_m", "产地海拔（米）", "origin_height_m", "3900"),
    Column("is_traceable", "可溯源", "is_traceable", "是"),
    Column("season_from", "应季开始", "season_from", "7-1"),
    Column("season_to", "应季结束", "season_to", "9-30"),
    Column("return_rule", "退货规则", "return_rule", "七天无理由"),
    Column("variant_name_zh", "规格名称", "variant.name.zh-hans", "一瓶 500 毫升", is_needed=True),
    Column("variant_name_bo", "规格名称（藏文）", "variant.name.bo"),
    Column("variant_name_en", "规格名称（英文）", "variant.name.en"),
    Column("price_yuan", "售价（元）", "variant.price_fen", "38.00", is_needed=True),
    Column("list_price_yuan", "原价（元）", "variant.list_price_fen"),
    Column("weight_grams", "重量（克）", "variant.weight_grams", "900", is_needed=True),
    Column("volume_cm3", "体积（立方厘米）", "variant.volume_cm3", "1200"),
    Column("nominal_grams", "按重计价：每件净重（克）", "variant.nominal_grams"),
    Column("barcode", "条形码", "variant.barcode"),
)


class CatalogueIsUnreadable(Refusal):
    """The file is not a table that can be read; ``reason`` says why."""

    code = "catalogue_is_unreadable"
    status = 422
    sentence = gettext_lazy("%(reason)s")

    def __init__(self, reason: str) -> None:
        super().__init__(field="file", reason=reason)


@dataclass(frozen=True)
class Row:
    """One row under the header: its number as the program shows it, and its cells by column name (an attribute's is its heading)."""

    number: int
    cells: Mapping[str, str]


@dataclass(frozen=True)
class Table:
    """A table as it was read: the names of its columns from the left, and its rows without the empty ones and the example."""

    columns: list[str]
    rows: list[Row]


# --- Reading the file


def read_catalogue(file: Readable, name: str) -> Table:
    """
    Return a table, cells as text.

    :raises CatalogueIsUnreadable: if it is too large, of another kind, or lacks a column; a packed file is measured before it is unpacked.
    """
    content = file.read(LARGEST_FILE + 1)
    if len(content) > LARGEST_FILE:
        raise CatalogueIsUnreadable(_("The file is larger than %(limit)s MB.") % {"limit": LARGEST_FILE // 1024 // 1024})
    table = _xlsx(content) if content[:4] == b"PK\x03\x04" else _csv(content, name)
    header = next(table, None)
    if header is None:
        raise CatalogueIsUnreadable(_("The table is empty."))
    columns = _columns(header)
    rows = []
    for number, cells in enumerate(table, start=2):
        if number > MOST_ROWS + 1:
            raise CatalogueIsUnreadable(_("The table has more than %(limit)s rows.") % {"limit": MOST_ROWS})
        named = {column: _unquoted(cell) for column, cell in zip(columns, cells, strict=False) if column}
        if any(named.values()) and named["product_key"] != EXAMPLE:
            rows.append(Row(number, named))
    return Table(columns, rows)


def _xlsx(content: bytes) -> Iterator[list[str]]:
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as packed:
            parts = packed.infolist()
        _measure(parts)
        book = load_workbook(io.BytesIO(content), read_only=True, keep_links=False)
        sheet = book.worksheets[0]
        sheet.reset_dimensions()  # the size that the file claims is not believed
        for row in sheet.iter_rows(max_col=MOST_COLUMNS, max_row=MOST_ROWS + 2, values_only=True):
            yield [_text(cell) for cell in row]
    except CatalogueIsUnreadable:
        raise
    except Exception as error:  # a reader fails in any way on a file made to hurt it
        raise CatalogueIsUnreadable(_("This is no workbook that can be read. Save it as XLSX again.")) from error


def _measure(parts: Sequence[zipfile.ZipInfo]) -> None:
    if len(parts) > MOST_PARTS or sum(part.file_size for part in parts) > LARGEST_UNPACKED:
        raise CatalogueIsUnreadable(_("Unpacked, the file is too large."))


def _csv(content: bytes, name: str) -> Iterator[list[str]]:
    if name.lower().endswith((".xls", ".et", ".numbers", ".pdf", ".ods")) or b"\0" in content:
        raise CatalogueIsUnreadable(_("Save the table as XLSX or CSV first."))
    try:
        text = text_of(content)
    except UnicodeDecodeError:
        raise CatalogueIsUnreadable(_("The writing of this file is neither UTF-8 nor GB 18030. Save it as XLSX.")) from None
    first = text.split("\n", 1)[0]
    delimiter = max(",\t;", key=first.count)
    try:
        for row in csv.reader(io.StringIO(text, newline=""), delimiter=delimiter):
            yield [cell.strip() for cell in row[:MOST_COLUMNS]]
    except csv.Error as error:
        raise CatalogueIsUnreadable(_("This is no table that can be read.")) from error


def _text(cell: object) -> str:
    if cell is None:
        return ""
    if isinstance(cell, bool):
        return "1" if cell else "0"
    if isinstance(cell, float):
        return str(int(cell)) if cell.is_integer() else repr(cell)
    if isinstance(cell, datetime | date):
        return f"{cell.month}-{cell.day}"
    return str(cell).strip()


def _unquoted(cell: str) -> str:
    return cell[1:] if cell.startswith("'") and cell[1:2] in FORMULA_STARTS else cell


def _columns(header: Sequence[str]) -> list[str]:
    known = {_plain(heading): column.name for column in COLUMNS for heading in (column.name, column.chinese)}
    attributes = {plain for category in Category.objects.order_by("pk") for plain in attribute_places(category)}
    columns = [known.get(_plain(heading)) or (heading if _plain(heading) in attributes else "") for heading in header]
    if unknown := [heading for heading, column in zip(header, columns, strict=True) if heading and not column]:
        raise CatalogueIsUnreadable(_("These columns are not known: %(names)s.") % {"names": ", ".join(unknown[:8])})
    if twice := {column for column in columns if column and columns.count(column) > 1}:
        raise CatalogueIsUnreadable(_("These columns stand there twice: %(names)s.") % {"names": ", ".join(sorted(twice))})
    if "product_key" not in columns:
        raise CatalogueIsUnreadable(_("These columns are missing: %(names)s.") % {"names": COLUMNS[0].chinese})
    return columns


def missing_columns(table: Table) -> list[str]:
    """Return the columns that a new product cannot do without and that a table has not."""
    return [column.chinese for column in COLUMNS if column.is_needed and column.name not in table.columns]


def _plain(heading: str) -> str:
    return heading.casefold().replace("（", "(").replace("）", ")").replace(" ", "").replace("*", "").replace("_", "").replace("-", "")


# --- What goods of a category tell


@dataclass(frozen=True)
class AttributePlace:
    """Where a cell of a column goes for goods of one category: into the product or into its form, under which key, in which language."""

    path: str
    definition: Definition
    language: str = ""

    @property
    def key(self) -> str:
        """The key of the attribute."""
        return str(self.definition["key"])


def attribute_places(category: Category) -> dict[str, AttributePlace]:
    """Return what a heading means for goods of a category, by the heading as :func:`plain` writes it."""
    places: dict[str, AttributePlace] = {}
    for path, definitions in ((ATTRIBUTES, category.attributes), (OF_FORM, category.variant_attributes)):
        for definition in definitions:
            for name in _names(definition):
                places.setdefault(_plain(name), AttributePlace(path, definition, "zh-hans"))
                if definition.get("kind", "text") == "text":
                    for language, chinese in OTHER_LANGUAGES.items():
                        for suffix in (chinese, language):
                            places.setdefault(_plain(f"{name}({suffix})"), AttributePlace(path, definition, language))
    return places


def place_of(heading: str, places: Mapping[str, AttributePlace]) -> AttributePlace | None:
    """Return where a cell under a heading goes, given the places of its row's category."""
    return places.get(_plain(heading))


def _names(definition: Definition) -> Iterator[str]:
    units = set((definition.get("unit") or {}).values())
    for name in (definition["key"], *definition["label"].values()):
        yield name
        yield from (f"{name}({unit})" for unit in units)


def heading_of(definition: Definition) -> str:
    """Return the Chinese heading of an attribute's column, with its unit."""
    label, unit = label_of(definition, "zh-hans"), said(definition.get("unit"), "zh-hans")
    return f"{label}（{unit}）" if unit else label


# --- Writing tables


def safe_cell(text: str) -> str:
    """Return a text for a cell of an export: what a program could take for a formula begins with an apostrophe (OWASP, CSV injection)."""
    return f"'{text}" if text.startswith(FORMULA_STARTS) else text


def template_xlsx(categories: Sequence[Category] | None = None) -> bytes:
    """
    Return a workbook to fill in: the headers, an example (left out when it is imported), and a sheet of notes.

    It has the columns of what goods of these categories tell, of all where none are given.
    """
    categories = list(Category.objects.order_by("position", "pk")) if categories is None else categories
    asked = _asked(categories)
    book = Workbook()
    goods = book.active
    goods.title = "商品"
    goods.append([*(column.chinese for column in COLUMNS), *asked])
    goods.append([safe_cell(column.example) for column in COLUMNS])
    goods.freeze_panes = "C2"
    needed = [*(column.is_needed for column in COLUMNS), *(any(one.get("is_needed") for one, _name in told) for told in asked.values())]
    for place, is_needed in enumerate(needed, start=1):
        heading = goods.cell(row=1, column=place)
        heading.font = Font(bold=True, color="B03020" if is_needed else "000000")
        letter = heading.column_letter
        goods.column_dimensions[letter].width = 18
        goods.column_dimensions[letter].number_format = "@"
    notes = book.create_sheet("说明")
    notes.column_dimensions["A"].width = 24
    notes.column_dimensions["C"].width = 90
    slugs = "、".join(f"{category.slug}（{category.name}）" for category in categories)
    for line in (
        (_("Column"), "Column", _("What to write")),
        (
            "商品编号",
            "product_key",
            _("Your own number of the product. Rows with the same number are its forms; its texts stand in the first of them."),
        ),
        (
            "",
            "",
            _(
                "A number or a bar code that you have used before changes that product. There an empty cell leaves what is"
                " written, and a cell with “-” empties it; a form that the table does not name stays."
            ),
        ),
        ("类目", "category", slugs),
        ("产地代码", "origin_area", _("The official code of the county (6 digits), township (9) or village (12).")),
        (
            "应季开始 / 应季结束",
            "season_from / season_to",
            _("Month and day, such as 7-1 and 9-30; leave both empty for what is there all year."),
        ),
        ("退货规则", "return_rule", "、".join(name for name in RETURN_RULES if name)),
        ("售价（元）", "price_yuan", _("In yuan with at most two decimals.")),
        (
            "按重计价：每件净重（克）",
            "nominal_grams",
            _("Only for what you weigh when you pack it, without packing. The price is that of such a piece."),
        ),
        (_("Red headers"), "", _("must be filled in. The example row is left out when the table is read.")),
        *((heading, told[0][0]["key"], _attribute_note(told)) for heading, told in asked.items()),
    ):
        notes.append([safe_cell(str(text)) for text in line])
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def _asked(categories: Sequence[Category]) -> dict[str, list[tuple[Definition, str]]]:
    """Return the headings of what goods of some categories tell, each with its definitions and the names of their categories."""
    asked: dict[str, list[tuple[Definition, str]]] = {}
    for category in categories:
        for definition in (*category.attributes, *category.variant_attributes):
            asked.setdefault(heading_of(definition), []).append((definition, category.name))
    return asked


def _attribute_note(told: Iterable[tuple[Definition, str]]) -> str:
    """Return for which categories a column is, and what may be chosen there."""
    notes = []
    for definition, name in told:
        choices = "、".join(said(choice["label"], "zh-hans") for choice in definition.get("choices", ()))
        notes.append(f"{name}：{choices}" if choices else name)
    return "；".join(dict.fromkeys(notes))
