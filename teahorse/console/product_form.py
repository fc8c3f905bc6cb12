"""
The editor's form: a product's document as fields that hold what was typed, and back.

What cannot be read (a price "abc") stays in its field with a word about it; nothing is written then.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, TypeVar
from uuid import UUID

from django.http import Http404, QueryDict
from django.utils.translation import gettext as _

from teahorse.catalog.content import LANGUAGES, MOST_VARIANTS, ProductContent, VariantContent, Words
from teahorse.catalog.models import Category, Product
from teahorse.common.money import NotAnAmount, fen_of, yuan
from teahorse.console.words import named, said

T = TypeVar("T")
LANGUAGE_NAMES = {"zh-hans": "中文", "bo": "བོད་ཡིག", "en": "English"}
Typed = dict[str, str]


@dataclass(frozen=True)
class Field:
    """One field of the form: its place in the document is its name."""

    path: str
    label: str
    value: str = ""
    error: str = ""
    help: str = ""
    kind: str = "text"
    """``text``, ``long``, ``number``, ``money``, ``choice``, ``check``."""
    lang: str = ""
    choices: Sequence[tuple[str, str]] = ()
    is_optional: bool = True

    @property
    def key(self) -> str:
        """Its id on the page."""
        return self.path.replace(".", "-")


@dataclass(frozen=True)
class LanguageTab:
    """The texts of a product in one language."""

    language: str
    name: str
    fields: list[Field]
    is_open: bool

    @property
    def faults(self) -> int:
        """How many of its fields are wrong."""
        return sum(1 for field in self.fields if field.error)


@dataclass(frozen=True)
class VariantForm:
    """One form of the product."""

    index: int
    key: str
    names: list[Field]
    figures: list[Field]
    attributes: list[Field] = field(default_factory=list)


# --- From a document to what stands in the fields


def typed_of(content: ProductContent) -> Typed:
    """Return what stands in the fields for a document."""
    typed: Typed = {
        "item_number": content.item_number,
        "category": content.category,
        "brand": content.brand,
        "drawing": content.drawing,
        "origin_area": content.origin_area,
        "origin_height_m": _text(content.origin_height_m),
        "is_traceable": "1" if content.is_traceable else "",
        "season_from": _day_text(content.season_from),
        "season_to": _day_text(content.season_to),
        "return_rule": content.return_rule,
    }
    for name in ("title", "story", "keep"):
        typed |= _words_typed(name, getattr(content, name))
    typed |= _attributes_typed("attributes", content.attributes)
    for index, variant in enumerate(content.variants):
        typed |= _variant_typed(f"variants.{index}", variant)
    return typed


def _variant_typed(path: str, variant: VariantContent) -> Typed:
    return {
        f"{path}.id": str(variant.id or ""),
        f"{path}.price_fen": _yuan_text(variant.price_fen),
        f"{path}.list_price_fen": _yuan_text(variant.list_price_fen),
        f"{path}.weight_grams": _text(variant.weight_grams),
        f"{path}.volume_cm3": _text(variant.volume_cm3 or None),
        f"{path}.nominal_grams": _text(variant.nominal_grams),
        f"{path}.barcode": variant.barcode,
        **_words_typed(f"{path}.name", variant.name),
        **_attributes_typed(f"{path}.attributes", variant.attributes),
    }


def _words_typed(path: str, words: Words) -> Typed:
    return {f"{path}.{language}": words.get(language, "") for language in LANGUAGES}


def _attributes_typed(path: str, attributes: Mapping[str, Any]) -> Typed:
    typed: Typed = {}
    for key, value in attributes.items():
        if isinstance(value, dict):
            typed |= {f"{path}.{key}.{language}": str(value.get(language, "")) for language in LANGUAGES}
        else:
            typed[f"{path}.{key}"] = str(value)
    return typed


def _text(number: int | None) -> str:
    return "" if number is None else str(number)


def _yuan_text(fen: int | None) -> str:
    return "" if fen is None else yuan(fen).replace(",", "")


def _day_text(day: int | None) -> str:
    return "" if day is None else f"{day // 100}-{day % 100}"


# --- From what was typed to a document


def typed_from(post: QueryDict) -> Typed:
    """Return what was typed, by the place in the document."""
    return {name: value.replace("\r\n", "\n") for name, value in post.items() if isinstance(value, str)}


class Reader:
    """Reads what was typed; what cannot be read becomes a fault."""

    def __init__(self, typed: Typed, before: ProductContent, categories: Sequence[Category]) -> None:
        self.typed = typed
        self.before = before
        self.category = next((one for one in categories if one.slug == self._get("category")), None)
        self.faults: dict[str, str] = {}

    def content(self) -> ProductContent:
        """Return the document that was typed; pictures stand as they were."""
        return ProductContent(
            item_number=self._get("item_number"),
            title=self._words("title"),
            story=self._words("story"),
            keep=self._words("keep"),
            category=self._get("category"),
            brand=self._get("brand"),
            drawing=self._get("drawing") or "parcel",
            origin_area=self._get("origin_area"),
            origin_height_m=self._read("origin_height_m", whole),
            is_traceable=bool(self._get("is_traceable")),
            season_from=self._read("season_from", month_and_day),
            season_to=self._read("season_to", month_and_day),
            return_rule=self._get("return_rule") or Product.ReturnRule.SEVEN_DAYS.value,
            attributes=self._attributes("attributes", self.category.attributes if self.category else ()),
            variants=[self._variant(f"variants.{index}", old) for index, old in enumerate(self._variants())],
            pictures=list(self.before.pictures),
        )

    def _variants(self) -> list[VariantContent]:
        """Return as many forms as the page showed; the keys that it names are taken from the draft, not believed."""
        known: dict[UUID | None, VariantContent] = {variant.id: variant for variant in self.before.variants if variant.id}
        count = min(sum(1 for name in self.typed if name.startswith("variants.") and name.endswith(".weight_grams")), MOST_VARIANTS + 1)
        return [known.get(_uuid(self._get(f"variants.{index}.id")), VariantContent()) for index in range(count)]

    def _variant(self, path: str, old: VariantContent) -> VariantContent:
        return VariantContent(
            id=old.id,
            name=self._words(f"{path}.name"),
            price_fen=self._read(f"{path}.price_fen", fen),
            list_price_fen=self._read(f"{path}.list_price_fen", fen),
            weight_grams=self._read(f"{path}.weight_grams", whole),
            volume_cm3=self._read(f"{path}.volume_cm3", whole) or 0,
            nominal_grams=self._read(f"{path}.nominal_grams", whole),
            barcode=self._get(f"{path}.barcode").replace(" ", ""),
            attributes=self._attributes(f"{path}.attributes", self.category.variant_attributes if self.category else ()),
        )

    def _attributes(self, path: str, definitions: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for definition in definitions:
            key, kind = definition["key"], definition.get("kind", "text")
            here = f"{path}.{key}"
            value: Any
            if kind == "text":
                value = self._words(here)
            elif kind == "number":
                value = self._read(here, number)
            else:
                value = self._get(here)
            if value not in (None, "", {}):
                found[key] = value
        return found

    def _words(self, path: str) -> Words:
        return {language: text for language in LANGUAGES if (text := self._get(f"{path}.{language}"))}

    def _read(self, path: str, convert: Callable[[str], T]) -> T | None:
        text = self._get(path)
        if not text:
            return None
        try:
            return convert(text)
        except ValueError as error:
            self.faults[path] = str(error)
            return None

    def _get(self, path: str) -> str:
        return self.typed.get(path, "").strip()


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text) if text else None
    except ValueError as error:
        raise Http404 from error


def whole(text: str) -> int:
    """
    Read a whole number.

    :raises ValueError: with a word to the writer, if it is none.
    """
    plain = text.replace(",", "")
    if not (plain.removeprefix("-").isascii() and plain.removeprefix("-").isdigit() and len(plain) <= 9):
        raise ValueError(_("Write a whole number."))
    return int(plain)


def number(text: str) -> int | float:
    """
    Read a number with or without decimals.

    :raises ValueError: with a word to the writer, if it is none.
    """
    plain = text.replace(",", ".")
    before, point, after = plain.partition(".")
    if not (before.removeprefix("-") + after).isascii() or not (before.removeprefix("-") + after).isdigit() or len(plain) > 12:
        raise ValueError(_("Write a number."))
    return float(plain) if point else int(plain)


def fen(text: str) -> int:
    """
    Read an amount in yuan.

    :raises ValueError: with a word to the writer, if it is none.
    """
    try:
        amount = fen_of(text)
    except NotAnAmount as error:
        raise ValueError(_("Write an amount in yuan, such as 38.00.")) from error
    if amount > 10**12:
        raise ValueError(_("Write an amount in yuan, such as 38.00."))
    return amount


def month_and_day(text: str) -> int:
    """
    Read month and day, ``7-1``.

    :raises ValueError: with a word to the writer, if it is none.
    """
    month, dash, day = text.replace("/", "-").replace("月", "-").removesuffix("日").partition("-")
    if not (dash and month.isascii() and day.isascii() and month.isdigit() and day.isdigit() and len(month) <= 2 and len(day) <= 2):
        raise ValueError(_("Write month and day, such as 7-1."))
    return int(month) * 100 + int(day)


# --- What the page shows


class ProductForm:
    """The fields of the editor, in the order of the page."""

    def __init__(self, typed: Typed, faults: Mapping[str, str], categories: Sequence[Category], content: ProductContent) -> None:
        self.typed = typed
        self.faults = faults
        self.categories = categories
        self.content = content
        self.category = next((one for one in categories if one.slug == typed.get("category")), None)

    def tabs(self) -> list[LanguageTab]:
        """The texts, by language; the first with a fault is open."""
        tabs = [(language, name, self._texts(language)) for language, name in LANGUAGE_NAMES.items()]
        first = next((language for language, _name, fields in tabs if any(f.error for f in fields)), "zh-hans")
        return [LanguageTab(language, name, fields, language == first) for language, name, fields in tabs]

    def _texts(self, language: str) -> list[Field]:
        is_base = language == "zh-hans"
        return [
            self._field(f"title.{language}", _("Title"), lang=language, is_optional=not is_base),
            self._field(
                f"story.{language}", _("Story"), kind="long", lang=language, help=_("Who makes it, where and how. Buyers read this.")
            ),
            self._field(f"keep.{language}", _("Keeping and using"), kind="long", lang=language),
        ]

    def kind(self) -> Field:
        """The category."""
        choices = [("", _("Choose")), *((one.slug, named(one)) for one in self.categories)]
        return self._field("category", _("Category"), kind="choice", choices=choices, is_optional=False)

    def number(self) -> Field:
        """The seller's own number."""
        return self._field("item_number", _("Item number"), help=_("Your own number; a table that you import finds the product by it."))

    def attributes(self) -> list[Field]:
        """What a product of its category tells."""
        fields: list[Field] = []
        for definition in self.category.attributes if self.category else ():
            fields += self._attribute("attributes", definition)
        return fields

    def _attribute(self, path: str, definition: Mapping[str, Any]) -> list[Field]:
        here, kind, label = f"{path}.{definition['key']}", definition.get("kind", "text"), said(definition["label"])
        unit = said(definition.get("unit") or {})
        is_optional = not definition.get("is_needed")
        if kind == "number":
            return [self._field(here, f"{label} ({unit})" if unit else label, kind="number", is_optional=is_optional)]
        if kind == "choice":
            choices = [("", "—"), *((choice["key"], said(choice["label"])) for choice in definition.get("choices", ()))]
            return [self._field(here, label, kind="choice", choices=choices, is_optional=is_optional)]
        fault = self.faults.get(here, "")
        return [
            self._field(
                f"{here}.{language}",
                f"{label} · {name}",
                lang=language,
                error=fault if language == "zh-hans" else "",
                is_optional=is_optional or language != "zh-hans",
            )
            for language, name in LANGUAGE_NAMES.items()
        ]

    def place(self) -> list[Field]:
        """Height; the area has its own search."""
        return [self._field("origin_height_m", _("Height (m)"), kind="number")]

    def season(self) -> list[Field]:
        """First and last day."""
        return [
            self._field("season_from", _("Season from"), help=_("Month and day, such as 7-1")),
            self._field("season_to", _("Season to"), help=_("Empty: all year")),
        ]

    def variants(self) -> list[VariantForm]:
        """The forms in which it is sold."""
        return [self._variant(index, variant) for index, variant in enumerate(self.content.variants)]

    def _variant(self, index: int, variant: VariantContent) -> VariantForm:
        path = f"variants.{index}"
        names = [
            self._field(f"{path}.name.{language}", " · ".join((_("Form"), name)), lang=language, is_optional=language != "zh-hans")
            for language, name in LANGUAGE_NAMES.items()
        ]
        figures = [
            self._field(f"{path}.price_fen", _("Price (yuan)"), kind="money", is_optional=False),
            self._field(f"{path}.list_price_fen", _("Before the reduction (yuan)"), kind="money"),
            self._field(f"{path}.weight_grams", _("Weight with packing (g)"), kind="number", is_optional=False),
            self._field(f"{path}.volume_cm3", _("Volume (cm³)"), kind="number"),
            self._field(
                f"{path}.nominal_grams",
                _("Sold by weight: a piece weighs about (g)"),
                kind="number",
                help=_("Only for what you weigh when you pack it, without packing. The price is that of such a piece."),
            ),
            self._field(f"{path}.barcode", _("Bar code"), kind="number"),
        ]
        asked = self.category.variant_attributes if self.category else ()
        attributes = [field for definition in asked for field in self._attribute(f"{path}.attributes", definition)]
        return VariantForm(index, str(variant.id or ""), names, figures, attributes)

    def _field(
        self,
        path: str,
        label: str,
        *,
        kind: str = "text",
        lang: str = "",
        help: str = "",  # noqa: A002 - what the component calls it
        error: str = "",
        choices: Sequence[tuple[str, str]] = (),
        is_optional: bool = True,
    ) -> Field:
        return Field(
            path,
            label,
            self.typed.get(path, ""),
            error or self.faults.get(path, ""),
            help,
            kind,
            lang,
            choices,
            is_optional,
        )

    def told(self, path: str, message: str) -> tuple[str, str]:
        """Return where on the page a fault stands, and what is wrong there under the name of its field."""
        field = self._by_path.get(path) or self._by_path.get(f"{path}.zh-hans")
        if field is None:
            return path.replace(".", "-"), message
        parts = path.split(".")
        form = _("Form %(n)s") % {"n": int(parts[1]) + 1} if parts[0] == "variants" else ""
        return field.key, f"{' · '.join(filter(None, (form, field.label)))}: {message}"

    @cached_property
    def _by_path(self) -> dict[str, Field]:
        fields = [
            *(field for tab in self.tabs() for field in tab.fields),
            self.kind(),
            self.number(),
            *self.attributes(),
            *self.place(),
            *self.season(),
        ]
        forms = [field for form in self.variants() for field in (*form.names, *form.figures, *form.attributes)]
        return {field.path: field for field in (*fields, *forms)}
