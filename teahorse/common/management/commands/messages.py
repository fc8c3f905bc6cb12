"""The languages' catalogues without gettext: gathered by Babel from code and templates, merged and compiled."""

import io
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from babel.messages.catalog import Catalog
from babel.messages.extract import extract
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po
from django.core.management.base import BaseCommand, CommandParser
from django.utils.translation.template import templatize

from teahorse.environment import ROOT

KEYWORDS: dict[str, Any] = {
    "gettext": None,
    "gettext_lazy": None,
    "gettext_noop": None,
    "ngettext": (1, 2),
    "ngettext_lazy": (1, 2),
    "pgettext": ((1, "c"), 2),
    "pgettext_lazy": ((1, "c"), 2),
    "_": None,
}
FOLDERS = ("teahorse",)
LOCALES = ("zh_Hans", "bo")


class Command(BaseCommand):
    help = "gather: update locale/*/django.po from the sources; compile: write the .mo files; coverage: how much is translated."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("what", choices=["gather", "compile", "coverage"])

    def handle(self, *args: Any, what: str, **options: Any) -> None:  # noqa: ARG002 - Django's signature
        if what == "gather":
            template = gather()
            for locale in LOCALES:
                update(locale, template)
        elif what == "compile":
            for locale in LOCALES:
                compile_one(locale)
        else:
            template = gather()
            for locale in LOCALES:
                wanted = {(message.context, message.id) for message in template if message.id}
                self.stdout.write(f"{locale}: {len(translated(locale) & wanted)} of {len(wanted)}")


def gather() -> Catalog:
    """Return every message of code and templates with the places where it stands."""
    catalog = Catalog(project="teahorse", charset="utf-8")
    for path, text, method in _sources():
        name = path.relative_to(ROOT).as_posix()
        for line, message, _comments, context in extract(method, io.BytesIO(text.encode()), keywords=KEYWORDS):
            catalog.add(message, locations=[(name, line)], context=context)
    return catalog


def _sources() -> Iterator[tuple[Path, str, str]]:
    for folder in FOLDERS:
        for path in sorted((ROOT / folder).rglob("*.py")):
            if "migrations" not in path.parts:
                yield path, path.read_text(), "python"
        for path in sorted((ROOT / folder).rglob("*.html")):
            yield path, templatize(path.read_text(), origin=str(path)), "python"


def po_path(locale: str) -> Path:
    """Return where a language's catalogue stands."""
    return ROOT / "locale" / locale / "LC_MESSAGES" / "django.po"


def read(locale: str) -> Catalog:
    """Return a language's catalogue; an empty one where there is none."""
    path = po_path(locale)
    if not path.exists():
        return Catalog(locale=locale, project="teahorse", charset="utf-8")
    with path.open("rb") as file:
        return read_po(file, locale=locale)


def update(locale: str, template: Catalog) -> None:
    """Bring a language's catalogue up to the sources; translations stay, what is gone is dropped."""
    catalog = read(locale)
    catalog.update(template, no_fuzzy_matching=True)
    catalog.obsolete.clear()
    catalog.revision_date = datetime(2026, 1, 1, tzinfo=UTC)
    catalog.creation_date = datetime(2026, 1, 1, tzinfo=UTC)
    path = po_path(locale)
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("wb") as file:
        write_po(file, catalog, sort_output=True, width=120, include_lineno=False, omit_header=False)


def translated(locale: str) -> set[tuple[Any, Any]]:
    """Return the messages that a language has words for, each with its context."""
    return {(message.context, message.id) for message in read(locale) if message.id and message.string and all(_strings(message.string))}


def _strings(string: Any) -> list[str]:
    return list(string) if isinstance(string, (list, tuple)) else [string]


def compile_one(locale: str) -> None:
    """Write a language's compiled catalogue when it is missing or older than its source."""
    source, target = po_path(locale), po_path(locale).with_suffix(".mo")
    if source.exists() and (not target.exists() or target.stat().st_mtime < source.stat().st_mtime):
        with target.open("wb") as file:
            write_mo(file, read(locale), use_fuzzy=True)
