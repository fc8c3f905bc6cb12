"""Reading the demo's texts: TOML files in ``content/``, with languages ``zh``, ``bo`` and ``en``."""

import tomllib
from functools import cache
from pathlib import Path
from typing import Any

from teahorse.catalog.content import BASE_LANGUAGE, translations

CONTENT = Path(__file__).parent / "content"
Row = dict[str, Any]


@cache
def read(name: str) -> Row:
    """Return the content of one file; it is shared, so nobody changes it."""
    return tomllib.loads((CONTENT / name).read_text(encoding="utf-8"))


@cache
def products() -> list[Row]:
    """Return the products of all files, in the order of their files."""
    return [
        row for path in sorted((CONTENT / "products").glob("*.toml")) for row in tomllib.loads(path.read_text(encoding="utf-8"))["product"]
    ]


def words(text: Row) -> dict[str, str]:
    """Return a text of the content by the languages of the house: ``zh-hans``, ``bo``, ``en``."""
    return {BASE_LANGUAGE: text["zh"], **{language: text[language] for language in ("bo", "en") if text.get(language)}}


def translated(**texts: Row) -> Row:
    """Return the columns of some translated fields: each base column, and ``i18n`` with the other languages."""
    by_language = {name: words(text) for name, text in texts.items()}
    return {**{name: text[BASE_LANGUAGE] for name, text in by_language.items()}, "i18n": translations(**by_language)}


def attribute_definitions(attributes: list[Row]) -> list[Row]:
    """
    Return what goods of a category, or their forms, tell, as :class:`teahorse.catalog.models.Category` keeps it.

    ``{"key", "label": {language: text}, "kind": "text" | "number" | "choice", "unit": {language: text},
    "choices": [{"key", "label": {language: text}}], "least", "most"}``; the last four only where there are some.
    """
    return [
        {
            "key": attribute["key"],
            "label": words(attribute["label"]),
            "kind": attribute["kind"],
            **({"unit": words(attribute["unit"])} if "unit" in attribute else {}),
            **(
                {"choices": [{"key": choice["key"], "label": words(choice)} for choice in attribute["choices"]]}
                if "choices" in attribute
                else {}
            ),
            **{name: attribute[name] for name in ("least", "most") if name in attribute},
        }
        for attribute in attributes
    ]


def attribute_values(attributes: Row) -> Row:
    """Return a product's attributes as its table keeps them: a text by language, anything else as it is."""
    return {key: words(value) if isinstance(value, dict) else value for key, value in attributes.items()}


def month_day(text: str) -> int:
    """Return a day of the content (``07-01``) as a season writes it (701)."""
    month, day = text.split("-")
    return int(month) * 100 + int(day)
