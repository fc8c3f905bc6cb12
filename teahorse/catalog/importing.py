"""
A catalogue in a table: one row a form of a product; rows with the same product number make one product.

XLSX and CSV are read (UTF-8, GB 18030), with Chinese or English headers. Whatever is wrong is told at once, by row and column.
"""

import csv
import io
import zipfile
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.db.models import Q
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from openpyxl import Workbook, load_workbook  # type: ignore[import-untyped]  # it has no types of its own
from openpyxl.styles import Font  # type: ignore[import-untyped]  # as above

from teahorse.catalog.content import ProductContent, VariantContent, check, look_up
from teahorse.catalog.models import Brand, Category
from teahorse.catalog.pictures import Readable
from teahorse.common.money import NotAnAmount, fen_of
from teahorse.common.refusals import Refusal

LARGEST_FILE = 5 * 1024 * 1024
LARGEST_UNPACKED = 80 * 1024 * 1024
MOST_PARTS = 200
MOST_ROWS = 5000
MOST_COLUMNS = 60
MOST_FAULTS = 500
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")
EXAMPLE = "示例"


@dataclass(frozen=True)
class Column:
    """A column: its name (which is its English header too), its Chinese header, the place of the document that it fills."""

    name: str
    chinese: str
    path: str
    example: str = ""
    is_needed: bool = False


COLUMNS = (
    Column("product_key", "商品编号", "", EXAMPLE, is_needed=True),
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
    Column("barcode", "条形码", "variant.barcode"),
)
OF_VARIANT = frozenset(column.name for column in COLUMNS if column.path.startswith("variant."))
BY_PATH = {column.path: column.name for column in COLUMNS if column.path}
RETURN_RULES = {"七天无理由": "seven_days", "七天": "seven_days", "生鲜": "fresh", "定制": "custom", "": "seven_days"}
YES = {
    "是": True,
    "有": True,
    "yes": True,
    "true": True,
    "1": True,
    "否": False,
    "无": False,
    "no": False,
    "false": False,
    "0": False,
    "": False,
}


class CatalogueIsUnreadable(Refusal):
    """The file is not a table that can be read; ``reason`` says why."""

    code = "catalogue_is_unreadable"
    status = 422
    sentence = gettext_lazy("%(reason)s")

    def __init__(self, reason: str) -> None:
        super().__init__(field="file", reason=reason)


@dataclass(frozen=True)
class ImportFault:
    """Something wrong in the table: the row as the program shows it (the header is row 1), the column, what to do, and what stood there."""

    row: int
    column: str
    message: str
    value: str = ""


@dataclass(frozen=True)
class ImportReport:
    """What a table holds: how many rows and products, and everything that is wrong (the first 500)."""

    rows: int
    products: int
    faults: list[ImportFault] = field(default_factory=list)

    @property
    def is_fine(self) -> bool:
        """Whether it can be imported."""
        return self.products > 0 and not self.faults


@dataclass(frozen=True)
class Row:
    """One row under the header: its number as the program shows it, and its cells by column name."""

    number: int
    cells: Mapping[str, str]


@dataclass
class Reading:
    """One product as it is put together from its rows, and the faults found on the way."""

    content: ProductContent
    rows: list[Row]
    faults: list[ImportFault] = field(default_factory=list)


# --- Reading the file


def read_catalogue(file: Readable, name: str) -> list[Row]:
    """
    Return the rows of a table, cells as text.

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
    return rows


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
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        try:
            text = content.decode("gb18030")
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
    columns = [known.get(_plain(heading), "") for heading in header]
    if unknown := [heading for heading, column in zip(header, columns, strict=True) if heading and not column]:
        raise CatalogueIsUnreadable(_("These columns are not known: %(names)s.") % {"names": ", ".join(unknown[:8])})
    if twice := {column for column in columns if column and columns.count(column) > 1}:
        raise CatalogueIsUnreadable(_("These columns stand there twice: %(names)s.") % {"names": ", ".join(sorted(twice))})
    if missing := [column.chinese for column in COLUMNS if column.is_needed and column.name not in columns]:
        raise CatalogueIsUnreadable(_("These columns are missing: %(names)s.") % {"names": ", ".join(missing)})
    return columns


def _plain(heading: str) -> str:
    return heading.casefold().replace("（", "(").replace("）", ")").replace(" ", "").replace("*", "").replace("_", "").replace("-", "")


# --- Putting products together


def read_products(rows: Sequence[Row], *, seller_id: UUID) -> tuple[list[ProductContent], ImportReport]:
    """Return the products of a table with a report of everything that is wrong with them."""
    by_key: dict[str, list[Row]] = {}
    for row in rows:
        by_key.setdefault(row.cells["product_key"], []).append(row)
    names = _names(rows)
    readings = [_read(group, names) for key, group in by_key.items() if key]
    keyless = [ImportFault(row.number, "product_key", _("Give the product a number."), "") for row in by_key.get("", ())]
    known = look_up([reading.content for reading in readings], seller_id=seller_id)
    faults = keyless
    for reading in readings:
        told = {(fault.row, fault.column) for fault in reading.faults}
        checked = (_placed(fault.field, fault.message, reading.rows) for fault in check(reading.content, known=known))
        faults += [*reading.faults, *(fault for fault in checked if (fault.row, fault.column) not in told)]
    order = {column.name: place for place, column in enumerate(COLUMNS)}
    faults.sort(key=lambda fault: (fault.row, order.get(fault.column, 0)))
    return [reading.content for reading in readings], ImportReport(len(rows), len(readings), faults[:MOST_FAULTS])


def _names(rows: Sequence[Row]) -> dict[str, str]:
    """Return the key of each category and brand by its names; the kind, a NUL and the name are the key of the dictionary."""
    written = {row.cells.get("brand", "") for row in rows} - {""}
    brands = Brand.objects.filter(Q(key__in=written) | Q(name__in=written) | Q(i18n__name_bo__in=written) | Q(i18n__name_en__in=written))
    found = {
        f"category\0{name}": category.slug for category in Category.objects.order_by("pk") for name in (*_names_of(category), category.slug)
    }
    return found | {f"brand\0{name}": brand.key for brand in brands.order_by("pk") for name in (*_names_of(brand), brand.key)}


def _names_of(row: Category | Brand) -> list[str]:
    return [row.name, *(value for key, value in (row.i18n or {}).items() if key.startswith("name_"))]


def _read(rows: list[Row], names: Mapping[str, str]) -> Reading:
    reading = Reading(ProductContent(), rows)
    first = rows[0]

    def cell(row: Row, column: str, convert: Callable[[str], Any]) -> Any:
        text = row.cells.get(column, "")
        try:
            return convert(text)
        except ValueError as error:
            reading.faults.append(ImportFault(row.number, column, str(error), text))
            return convert("")

    reading.content = ProductContent(
        title=_languages(first, "title"),
        story=_languages(first, "story"),
        keep=_languages(first, "keep"),
        category=cell(first, "category", lambda text: _named(names, "category", text)),
        brand=cell(first, "brand", lambda text: _named(names, "brand", text)),
        origin_area=first.cells.get("origin_area", ""),
        origin_height_m=cell(first, "origin_height_m", _whole),
        is_traceable=cell(first, "is_traceable", _yes),
        season_from=cell(first, "season_from", _day),
        season_to=cell(first, "season_to", _day),
        return_rule=cell(first, "return_rule", _return_rule),
        variants=[
            VariantContent(
                name=_languages(row, "variant_name"),
                price_fen=cell(row, "price_yuan", _fen),
                list_price_fen=cell(row, "list_price_yuan", _fen),
                weight_grams=cell(row, "weight_grams", _whole),
                volume_cm3=cell(row, "volume_cm3", _whole) or 0,
                barcode=row.cells.get("barcode", ""),
            )
            for row in rows
        ],
    )
    reading.faults += _contradictions(first, rows[1:])
    return reading


def _contradictions(first: Row, others: Iterable[Row]) -> Iterator[ImportFault]:
    for row in others:
        for column, text in row.cells.items():
            if column not in OF_VARIANT and text and text != first.cells.get(column):
                reason = _("Row %(row)s says something else about the same product.") % {"row": first.number}
                yield ImportFault(row.number, column, reason, text)


def _placed(path: str, message: str, rows: Sequence[Row]) -> ImportFault:
    row, place = rows[0], path
    if path.startswith("variants."):
        _variants, index, place = path.split(".", 2)
        row, place = rows[int(index)], f"variant.{place}"
    column = BY_PATH.get(place, "product_key")
    return ImportFault(row.number, column, message, row.cells.get(column, ""))


def _languages(row: Row, name: str) -> dict[str, str]:
    texts = {language: row.cells.get(f"{name}_{short}", "") for language, short in (("zh-hans", "zh"), ("bo", "bo"), ("en", "en"))}
    return {language: text for language, text in texts.items() if text}


def _named(names: Mapping[str, str], kind: str, text: str) -> str:
    if text and f"{kind}\0{text}" not in names:
        raise ValueError(_("There is none of this name.") if kind == "brand" else _("There is no such category."))
    return names[f"{kind}\0{text}"] if text else ""


def _whole(text: str) -> int | None:
    if not text:
        return None
    plain = text.replace(",", "")
    if not (plain.removeprefix("-").isascii() and plain.removeprefix("-").isdigit() and len(plain) <= 9):
        raise ValueError(_("Write a whole number."))
    return int(plain)


def _fen(text: str) -> int | None:
    if not text:
        return None
    try:
        return fen_of(text)
    except NotAnAmount:
        raise ValueError(_("Write an amount in yuan, such as 38.00.")) from None


def _yes(text: str) -> bool:
    if text.casefold() not in YES:
        raise ValueError(_("Write yes or no."))
    return YES[text.casefold()]


def _day(text: str) -> int | None:
    if not text:
        return None
    plain = text.replace("月", "-").replace("/", "-").removesuffix("日")
    month, has_day, day = plain.partition("-")
    if has_day and month.isdecimal() and day.isdecimal() and len(plain) <= 5:
        return int(month) * 100 + int(day)
    if plain.isdecimal() and len(plain) <= 4:
        return int(plain)
    raise ValueError(_("Write month and day, such as 7-1."))


def _return_rule(text: str) -> str:
    rule = RETURN_RULES.get(text, text)
    if rule not in RETURN_RULES.values():
        raise ValueError(_("Write one of: %(names)s.") % {"names": ", ".join(name for name in RETURN_RULES if name)})
    return rule


# --- Writing tables


def safe_cell(text: str) -> str:
    """Return a text for a cell of an export: what a program could take for a formula begins with an apostrophe (OWASP, CSV injection)."""
    return f"'{text}" if text.startswith(FORMULA_STARTS) else text


def template_xlsx() -> bytes:
    """Return a workbook to fill in: the headers, an example (left out when it is imported), and a sheet of notes."""
    book = Workbook()
    goods = book.active
    goods.title = "商品"
    goods.append([column.chinese for column in COLUMNS])
    goods.append([safe_cell(column.example) for column in COLUMNS])
    goods.freeze_panes = "C2"
    for place, column in enumerate(COLUMNS, start=1):
        heading = goods.cell(row=1, column=place)
        heading.font = Font(bold=True, color="B03020" if column.is_needed else "000000")
        letter = heading.column_letter
        goods.column_dimensions[letter].width = 18
        goods.column_dimensions[letter].number_format = "@"
    notes = book.create_sheet("说明")
    notes.column_dimensions["A"].width = 24
    notes.column_dimensions["C"].width = 90
    categories = "、".join(f"{category.slug}（{category.name}）" for category in Category.objects.order_by("position", "pk"))
    for line in (
        (_("Column"), "Column", _("What to write")),
        (
            "商品编号",
            "product_key",
            _("Any number of your own. Rows with the same number are the forms of one product; its texts stand in its first row."),
        ),
        ("类目", "category", categories),
        ("产地代码", "origin_area", _("The official code of the county (6 digits), township (9) or village (12).")),
        (
            "应季开始 / 应季结束",
            "season_from / season_to",
            _("Month and day, such as 7-1 and 9-30; leave both empty for what is there all year."),
        ),
        ("退货规则", "return_rule", "、".join(name for name in RETURN_RULES if name)),
        ("售价（元）", "price_yuan", _("In yuan with at most two decimals.")),
        (_("Red headers"), "", _("must be filled in. The example row is left out when the table is read.")),
    ):
        notes.append([safe_cell(str(text)) for text in line])
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()
