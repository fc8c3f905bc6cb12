"""
A catalogue in a table: one row a form of a product; rows with the same product number make one product.

Whatever is wrong is told at once, by row and column.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any, TypeVar
from uuid import UUID

from django.db.models import Q
from django.utils.translation import gettext as _

from teahorse.catalog import cells
from teahorse.catalog.content import Fault, ProductContent, VariantContent, Words, check, look_up
from teahorse.catalog.models import Brand, Category
from teahorse.catalog.tables import ATTRIBUTES, COLUMNS, OF_FORM, AttributePlace, Row, Table, attribute_places, heading_of, place_of

T = TypeVar("T")
MOST_FAULTS = 500
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
class ImportReport:
    """What a table holds: how many rows and products, and everything that is wrong (the first 500)."""

    rows: int
    products: int
    faults: list[ImportFault] = field(default_factory=list)

    @property
    def is_fine(self) -> bool:
        """Whether it can be imported."""
        return self.products > 0 and not self.faults


def read_products(table: Table, *, seller_id: UUID) -> tuple[list[ProductContent], ImportReport]:
    """Return the products of a table with a report of everything that is wrong with them."""
    by_key: dict[str, list[Row]] = {}
    for row in table.rows:
        by_key.setdefault(row.cells["product_key"], []).append(row)
    names = Names.of(table)
    readings = [Reading(group, names) for key, group in by_key.items() if key]
    known = look_up([reading.content for reading in readings], seller_id=seller_id)
    faults = [ImportFault(row.number, "product_key", _("Give the product a number."), "") for row in by_key.get("", ())]
    for reading in readings:
        told = {(fault.row, fault.column) for fault in reading.faults}
        checked = [reading.placed(fault) for fault in check(reading.content, known=known)]
        faults += [*reading.faults, *(fault for fault in checked if (fault.row, fault.column) not in told)]
    order = {name: place for place, name in enumerate((*(column.name for column in COLUMNS), *table.columns))}
    faults.sort(key=lambda fault: (fault.row, order.get(fault.column, len(order))))
    return [reading.content for reading in readings], ImportReport(len(table.rows), len(readings), faults[:MOST_FAULTS])


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
    """One product as it is put together from its rows, and the faults found on the way."""

    def __init__(self, rows: Sequence[Row], names: Names) -> None:
        self.rows = rows
        self.faults: list[ImportFault] = []
        first = rows[0]
        category = self._cell(first, "category", names.category)
        self.places = names.places.get(category, {})
        self.content = ProductContent(
            title=_languages(first, "title"),
            story=_languages(first, "story"),
            keep=_languages(first, "keep"),
            category=category,
            brand=self._cell(first, "brand", names.brand),
            origin_area=first.cells.get("origin_area", ""),
            origin_height_m=self._cell(first, "origin_height_m", cells.whole),
            is_traceable=self._cell(first, "is_traceable", cells.yes),
            season_from=self._cell(first, "season_from", cells.day),
            season_to=self._cell(first, "season_to", cells.day),
            return_rule=self._cell(first, "return_rule", cells.return_rule),
            attributes=self._attributes(first, ATTRIBUTES),
            variants=[self._variant(row) for row in rows],
        )
        self.faults += [*self._contradictions(), *(self._not_told() if category else ())]

    def _variant(self, row: Row) -> VariantContent:
        return VariantContent(
            name=_languages(row, "variant_name"),
            price_fen=self._cell(row, "price_yuan", cells.fen),
            list_price_fen=self._cell(row, "list_price_yuan", cells.fen),
            weight_grams=self._cell(row, "weight_grams", cells.whole),
            volume_cm3=self._cell(row, "volume_cm3", cells.whole) or 0,
            barcode=row.cells.get("barcode", ""),
            attributes=self._attributes(row, OF_FORM),
        )

    def _cell(self, row: Row, column: str, convert: Callable[[str], T]) -> T:
        text = row.cells.get(column, "")
        try:
            return convert(text)
        except ValueError as error:
            self.faults.append(ImportFault(row.number, column, str(error), text))
            return convert("")

    def _attributes(self, row: Row, path: str) -> dict[str, Any]:
        """Return what a row tells of the product, or of its form."""
        told: dict[str, Any] = {}
        for heading in row.cells.keys() - NAMES:
            place = place_of(heading, self.places)
            if place is None or place.path != path or not row.cells[heading]:
                continue
            value = self._cell(row, heading, partial(cells.attribute, definition=place.definition))
            if value is None:
                continue
            if place.definition.get("kind", "text") == "text":
                told[place.key] = {**told.get(place.key, {}), place.language: value}
            else:
                told[place.key] = value
        return told

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
        """Return where in the table a fault of the document stands."""
        row, path = self.rows[0], fault.field
        if path.startswith("variants."):
            _variants, index, path = path.split(".", 2)
            row, path = self.rows[int(index)], f"variant.{path}"
        column = BY_PATH.get(path) or self._attribute_column(row, path) or "product_key"
        return ImportFault(row.number, column, fault.message, row.cells.get(column, ""))

    def _attribute_column(self, row: Row, path: str) -> str:
        """Return the heading of an attribute as it stands in the table, or, where it is missing there, as the table to fill in has it."""
        meant = [place for place in self.places.values() if f"{place.path}.{place.key}" == path]
        for heading in row.cells.keys() - NAMES:
            place = place_of(heading, self.places)
            if place is not None and place in meant and place.language == "zh-hans":
                return heading
        return heading_of(meant[0].definition) if meant else ""


def _languages(row: Row, name: str) -> Words:
    texts = {language: row.cells.get(f"{name}_{short}", "") for language, short in SHORT.items()}
    return {language: text for language, text in texts.items() if text}
