"""Texts by language, in the reader's."""

from collections.abc import Mapping
from typing import Any

from django.utils.translation import get_language

from teahorse.catalog.content import BASE_LANGUAGE, words_of


def said(texts: Mapping[str, str]) -> str:
    """Return a text by language in the reader's, else in Chinese, else in any."""
    return texts.get(get_language() or BASE_LANGUAGE) or texts.get(BASE_LANGUAGE) or next(iter(texts.values()), "")


def named(row: Any, name: str = "name") -> str:
    """Return a row's translated field in the reader's language."""
    return said(words_of(row, name))
