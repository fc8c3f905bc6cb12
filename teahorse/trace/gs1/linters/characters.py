"""Syntax tests of single characters."""

import re
from collections.abc import Callable

from teahorse.trace.gs1.character_sets import CSET39, CSET64, CSET82, DIGITS, LOWER, UPPER
from teahorse.trace.gs1.unreadable import Unreadable

MOST_PADDING = 2


def only(allowed: str, *, code: str) -> Callable[[str], None]:
    """Return a linter that refuses the first character which is not allowed."""
    find = re.compile(f"[^{re.escape(allowed)}]").search

    def lint(data: str) -> None:
        if stranger := find(data):
            raise Unreadable(stranger[0], at=stranger.start(), code=code)

    return lint


def one_of(allowed: str, *, code: str) -> Callable[[str], None]:
    """Return a linter that refuses what is not in a list, written with spaces between."""
    known = frozenset(allowed.split())

    def lint(data: str) -> None:
        if data not in known:
            raise Unreadable(data, code=code)

    return lint


csetnumeric = only(DIGITS, code="non_digit_character")
cset82 = only(CSET82, code="invalid_cset82_character")
cset39 = only(CSET39, code="invalid_cset39_character")
_unpadded = only(CSET64, code="invalid_cset64_character")
_importer = only(f"-_{DIGITS}{UPPER}{LOWER}", code="invalid_import_idx_character")
_wrong_escape = re.compile("%(?![0-9A-Fa-f]{2})").search


def cset64(data: str) -> None:
    """Refuse what is not base 64 for web addresses; padding, where there is any, fills groups of three and is at most two signs."""
    letters = data.rstrip("=")
    padding = len(data) - len(letters)
    if padding and (padding > MOST_PADDING or len(data) % 3):
        raise Unreadable(data[len(letters) :], at=len(letters), code="invalid_cset64_padding")
    _unpadded(letters)


def hasnondigit(data: str) -> None:
    """Refuse a text of digits alone."""
    if not data.strip(DIGITS):
        raise Unreadable(data, code="requires_non_digit_character")


def hyphen(data: str) -> None:
    """Refuse everything but hyphens: the sign of a temperature below zero."""
    if not data or data.strip("-"):
        raise Unreadable(data, code="not_hyphen")


def importeridx(data: str) -> None:
    """Refuse what is not the one character of an importer index."""
    if len(data) != 1:
        raise Unreadable(data, code="importer_idx_must_be_one_character")
    _importer(data)


def pcenc(data: str) -> None:
    """Refuse a percent sign without two hexadecimal digits behind it."""
    if wrong := _wrong_escape(data):
        raise Unreadable(data[wrong.start() : wrong.start() + 3], at=wrong.start(), code="invalid_percent_sequence")
