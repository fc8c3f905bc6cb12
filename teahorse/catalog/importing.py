"""
A catalogue in a table: one row a form of a product; rows with the same product number make one product.

A number or a bar code that the seller has used already means that product: what the table says is laid over its open draft, or over
what is listed. Whatever is wrong is told at once, by row and column.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any, TypeVar
from uuid import UUID

import msgspec
from django.db.models import Q
from django.utils.translation import gettext as _

from teahorse.catalog import cells
from teahorse.catalog.content import BASE_LANGUAGE, Fault, ProductContent, VariantContent, Words, check, look_up
from teahorse.catalog.models import Brand, Category
from teahorse.catalog.own_goods import Known, OwnGoods
from teahorse.catalog.tables import (
    ATTRIBUTES,
    COLUMNS,
    OF_FORM,
    AttributePlace,
    CatalogueIsUnreadable,
    Row,
    Table,
    attribute_places,
    heading_of,
    missing_columns,
    place_of,
)

T = TypeVar("T")
MOST_FAULTS = 500
MOST_CHANGES = 100
EMPTIES = "-"
"""What a cell says to empty a place; an empty cell leaves it."""
NAMES = frozenset(column.name for column in COLUMNS)
OF_VARIANT = frozenset(column.name for column in COLUMNS if column.path.startswith("variant."))
BY_PATH = {column.path: column.name for column in COLUMNS if column.path}
SHORT = {"zh-hans": "zh", "bo": "bo", "en": "en"}


@dataclass(frozen=True)
class ImportFault:
    """Something wrong in the table: the row as the program shows it (the header is row 1), the column, what to do, and what stood there."""

    row: int
    column: str
    message: str
    value: str = ""


@dataclass(frozen=True)
class ImportChange:
    """A product of the seller's that a table changes; ``is_being_written``: somebody's draft of it is handed in with the change."""

    item_number: str
    title: Words
    is_being_written: bool


@dataclass(frozen=True)
class ImportReport:
    """What a table holds: how many rows and products, which of them are new or change, and everything that is wrong (the first 500)."""

    rows: int
    products: int
    new: int = 0
    changed: int = 0
    changes: list[ImportChange] = field(default_factory=list)
    faults: list[ImportFault] = field(default_factory=list)

    @property
    def is_fine(self) -> bool:
        """Whether it can be imported."""
        return self.products > 0 and not self.faults

    @property
    def unchanged(self) -> int:
        """How many products are already as the table says."""
        return self.products - self.new - self.changed


# --- Putting products together


def read_products(table: Table, *, seller_id: UUID, lock: bool = False) -> tuple[list["Reading"], ImportReport]:
    """
    Return the products of a table with a report of everything that is wrong with them.

    :raises CatalogueIsUnreadable: if it has new products and lacks a column that they need.
    """
    own, names = OwnGoods(table, seller_id=seller_id, lock=lock), Names.of(table)
    readings, faults = _readings(table, own, names)
    missing = missing_columns(table)
    if missing and any(reading.known is None for reading in readings):
        raise CatalogueIsUnreadable(_("These columns are missing: %(names)s.") % {"names": ", ".join(missing)})
    known = look_up([reading.content for reading in readings])
    for reading in readings:
        told = {(fault.row, fault.column) for fault in reading.faults}
        checked = [reading.placed(fault) for fault in check(reading.content, known=known)]
        faults += [*reading.faults, *(fault for fault in checked if (fault.row, fault.column) not in told)]
    order = {name: place for place, name in enumerate((*(column.name for column in COLUMNS), *table.columns))}
    faults.sort(key=lambda fault: (fault.row, order.get(fault.column, len(order))))
    changed = [reading for reading in readings if reading.is_changed]
    report = ImportReport(
        len(table.rows),
        len(readings),
        new=sum(reading.known is None for reading in readings),
        changed=len(changed),
        changes=[reading.change() for reading in changed[:MOST_CHANGES]],
        faults=faults[:MOST_FAULTS],
    )
    return readings, report


def _readings(table: Table, own: OwnGoods, names: "Names") -> tuple[list["Reading"], list[ImportFault]]:
    by_key: dict[str, list[Row]] = {}
    for row in table.rows:
        by_key.setdefault(row.cells["product_key"] or f"\0{row.cells.get('barcode', '')}", []).append(row)
    readings, faults = [], []
    taken: dict[int, int] = {}
    for key, rows in by_key.items():
        try:
            known = own.meant_by(rows)
        except ValueError as error:
            faults.append(ImportFault(rows[0].number, "product_key", str(error), rows[0].cells["product_key"]))
            continue
        if known is None and key.startswith("\0"):
            faults += [_numberless(row) for row in rows]
            continue
        first = taken.setdefault(id(known), rows[0].number) if known else rows[0].number
        if first != rows[0].number:
            reason = _("Row %(row)s means the same product; give both its number.") % {"row": first}
            faults.append(ImportFault(rows[0].number, "product_key", reason, rows[0].cells["product_key"]))
        readings.append(Reading(rows, names, known))
    return readings, faults


def _numberless(row: Row) -> ImportFault:
    if code := row.cells.get("barcode", ""):
        return ImportFault(row.number, "barcode", _("None of your products bears this bar code. Give the product a number."), code)
    return ImportFault(row.number, "product_key", _("Give the product a number."), "")


@dataclass(frozen=True)
class Names:
    """What a table may name: categories by slug or name, brands by key or name; and what the headings mean for each category."""

    categories: Mapping[str, str]
    brands: Mapping[str, str]
    places: Mapping[str, Mapping[str, AttributePlace]]

    @classmethod
    def of(cls, table: Table) -> "Names":
        """Look up what a table names, in two queries."""
        written = {row.cells.get("brand", "") for row in table.rows} - {""}
        named = Q(key__in=written) | Q(name__in=written) | Q(i18n__name_bo__in=written) | Q(i18n__name_en__in=written)
        kinds = list(Category.objects.order_by("pk"))
        return cls(
            {name: kind.slug for kind in kinds for name in (*_names_of(kind), kind.slug)},
            {name: brand.key for brand in Brand.objects.filter(named).order_by("pk") for name in (*_names_of(brand), brand.key)},
            {kind.slug: attribute_places(kind) for kind in kinds},
        )

    def category(self, text: str) -> str:
        """Return the slug of a category."""
        if text and text not in self.categories:
            raise ValueError(_("There is no such category."))
        return self.categories.get(text, "")

    def brand(self, text: str) -> str:
        """Return the key of a brand."""
        if text and text not in self.brands:
            raise ValueError(_("There is none of this name."))
        return self.brands.get(text, "")


def _names_of(row: Category | Brand) -> list[str]:
    return [row.name, *(value for key, value in (row.i18n or {}).items() if key.startswith("name_"))]


class Reading:
    """One product as it is put together from its rows and what the seller has of it, and the faults found on the way."""

    def __init__(self, rows: Sequence[Row], names: Names, known: Known | None = None) -> None:
        self.rows = rows
        self.known = known
        self.faults: list[ImportFault] = []
        before, first = known.content if known else ProductContent(), rows[0]
        category = self._cell(first, "category", names.category, before.category)
        self.places = names.places.get(category, {})
        self.row_of: list[Row | None] = [None for _variant in before.variants]
        variants = self._variants(before)
        self.content = msgspec.structs.replace(
            before,
            item_number=first.cells["product_key"] or before.item_number,
            title=_languages(first, "title", before.title),
            story=_languages(first, "story", before.story),
            keep=_languages(first, "keep", before.keep),
            category=category,
            brand=self._cell(first, "brand", names.brand, before.brand),
            origin_area=self._cell(first, "origin_area", str, before.origin_area),
            origin_height_m=self._cell(first, "origin_height_m", cells.whole, before.origin_height_m),
            is_traceable=self._cell(first, "is_traceable", cells.yes, before.is_traceable),
            season_from=self._cell(first, "season_from", cells.day, before.season_from),
            season_to=self._cell(first, "season_to", cells.day, before.season_to),
            return_rule=self._cell(first, "return_rule", cells.return_rule, before.return_rule),
            attributes=self._attributes(first, ATTRIBUTES, before.attributes),
            variants=variants,
        )
        self.faults += [*self._contradictions(), *(self._not_told() if category else ())]

    @property
    def is_changed(self) -> bool:
        """Whether the table says something else than what the seller has."""
        return self.known is not None and self.known.content != self.content

    def change(self) -> ImportChange:
        """Return the change in words."""
        return ImportChange(self.content.item_number, self.content.title, self.known is not None and self.known.is_being_written)

    # --- The forms

    def _variants(self, before: ProductContent) -> list[VariantContent]:
        """Return the forms: those that are there, as the rows that mean them say, then the new ones."""
        variants = list(before.variants)
        for row in self.rows:
            place = self._form_meant(row, before.variants)
            if place is None:
                self.row_of.append(row)
                variants.append(self._variant(row, VariantContent()))
            elif (other := self.row_of[place]) is not None:
                reason = _("Row %(row)s tells of the same form.") % {"row": other.number}
                self.faults.append(ImportFault(row.number, "variant_name_zh", reason, row.cells.get("variant_name_zh", "")))
            else:
                self.row_of[place] = row
                variants[place] = self._variant(row, variants[place])
        return variants

    def _form_meant(self, row: Row, variants: Sequence[VariantContent]) -> int | None:
        """Return which form that is there a row means: that of its bar code, else of its name, else the only one."""
        barcode, name = row.cells.get("barcode", ""), row.cells.get("variant_name_zh", "")
        bearing = [place for place, variant in enumerate(variants) if barcode and variant.barcode == barcode]
        named = [place for place, variant in enumerate(variants) if name and variant.name.get(BASE_LANGUAGE) == name]
        if bearing or named:
            return (bearing or named)[0]
        if name or not variants:
            return None
        if len(variants) > 1:
            reason = _("Which form is it? Write its name as it is listed, or its bar code.")
            self.faults.append(ImportFault(row.number, "variant_name_zh", reason, ""))
        return 0

    def _variant(self, row: Row, before: VariantContent) -> VariantContent:
        return msgspec.structs.replace(
            before,
            name=_languages(row, "variant_name", before.name),
            price_fen=self._cell(row, "price_yuan", cells.fen, before.price_fen),
            list_price_fen=self._cell(row, "list_price_yuan", cells.fen, before.list_price_fen),
            weight_grams=self._cell(row, "weight_grams", cells.whole, before.weight_grams),
            volume_cm3=self._cell(row, "volume_cm3", lambda text: cells.whole(text) or 0, before.volume_cm3),
            nominal_grams=self._cell(row, "nominal_grams", cells.whole, before.nominal_grams),
            barcode=self._cell(row, "barcode", str, before.barcode),
            attributes=self._attributes(row, OF_FORM, before.attributes),
        )

    # --- The cells

    def _cell(self, row: Row, column: str, convert: Callable[[str], T], before: T) -> T:
        text = row.cells.get(column, "")
        if not text:
            return before
        try:
            return convert("" if text == EMPTIES else text)
        except ValueError as error:
            self.faults.append(ImportFault(row.number, column, str(error), text))
            return before

    def _attributes(self, row: Row, path: str, before: Mapping[str, Any]) -> dict[str, Any]:
        """Return what is told of the product, or of its form, with what a row tells laid over it."""
        asked = {place.key for place in self.places.values() if place.path == path}
        told = {key: value for key, value in before.items() if key in asked}
        for heading in row.cells.keys() - NAMES:
            place = place_of(heading, self.places)
            if place is None or place.path != path or not row.cells[heading]:
                continue
            value = self._cell(row, heading, partial(cells.attribute, definition=place.definition), told.get(place.key))
            if place.definition.get("kind", "text") == "text":
                words = told.get(place.key) if isinstance(told.get(place.key), dict) else {}
                value = {**(words or {}), place.language: value} if value else {}
            if value in (None, "", {}):
                told.pop(place.key, None)
            else:
                told[place.key] = value
        return told

    # --- The faults

    def _contradictions(self) -> Iterator[ImportFault]:
        first, *others = self.rows
        for row in others:
            for column, text in row.cells.items():
                if not self._is_of_form(column) and text and text != first.cells.get(column):
                    reason = _("Row %(row)s says something else about the same product.") % {"row": first.number}
                    yield ImportFault(row.number, column, reason, text)

    def _is_of_form(self, column: str) -> bool:
        place = None if column in NAMES else place_of(column, self.places)
        return column in OF_VARIANT or (place is not None and place.path == OF_FORM)

    def _not_told(self) -> Iterator[ImportFault]:
        for row in self.rows:
            for heading in row.cells.keys() - NAMES:
                if row.cells[heading] and place_of(heading, self.places) is None:
                    yield ImportFault(row.number, heading, _("Goods of this category do not tell this."), row.cells[heading])

    def placed(self, fault: Fault) -> ImportFault:
        """Return where in the table a fault of the document stands; that of a form without a row stands at the first, with its name."""
        row, path, message = self.rows[0], fault.field, fault.message
        if path.startswith("variants."):
            _variants, index, path = path.split(".", 2)
            path, its_row = f"variant.{path}", self.row_of[int(index)]
            if its_row is None:
                message = f"{self.content.variants[int(index)].name.get(BASE_LANGUAGE, '')}: {message}"
            row = its_row or row
        column = BY_PATH.get(path) or self._attribute_column(row, path) or "product_key"
        return ImportFault(row.number, column, message, row.cells.get(column, ""))

    def _attribute_column(self, row: Row, path: str) -> str:
        """Return the heading of an attribute as it stands in the table, or, where it is missing there, as the table to fill in has it."""
        meant = [place for place in self.places.values() if f"{place.path}.{place.key}" == path]
        for heading in row.cells.keys() - NAMES:
            place = place_of(heading, self.places)
            if place is not None and place in meant and place.language == BASE_LANGUAGE:
                return heading
        return heading_of(meant[0].definition) if meant else ""


def _languages(row: Row, name: str, before: Words) -> Words:
    texts = {language: row.cells.get(f"{name}_{short}", "") or before.get(language, "") for language, short in SHORT.items()}
    return {language: text for language, text in texts.items() if text not in {"", EMPTIES}}
