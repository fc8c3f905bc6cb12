"""What a dossier says: its window, its shares, its digest and its code. Plain Python."""

import hashlib
import json
import secrets
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from teahorse.common.money import allot

FEWEST_MONTHS, MOST_MONTHS = 3, 36
VALID_DAYS = (7, 30, 90)
DEFAULT_DAYS = 30
TOP_GOODS = 10
SHIPPED_WITHIN_HOURS = 48
SHARES = 10_000
"""Shares are whole basis points, so that they add up to exactly one."""

CODE_SIGNS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
"""Crockford's 32: nothing that can be read as something else."""
CODE_LENGTH = 20
SAME = str.maketrans({"O": "0", "I": "1", "L": "1"})


def new_code() -> str:
    """Return a code of 100 random bits that nobody guesses."""
    return "".join(secrets.choice(CODE_SIGNS) for _ in range(CODE_LENGTH))


def normal_code(text: str) -> str:
    """Return a code however somebody typed it: spaces and dashes fall out, O is 0, I and L are 1; nothing if it is none."""
    code = "".join(text.split()).replace("-", "").upper().translate(SAME)
    return code if len(code) == CODE_LENGTH and all(sign in CODE_SIGNS for sign in code) else ""


def spaced_code(code: str) -> str:
    """Return a code in groups of four, to be read and typed."""
    return "-".join(code[start : start + 4] for start in range(0, len(code), 4))


def first_day(until: date, *, months: int) -> date:
    """Return the first day of a window of so many calendar months, of which the last is the one of ``until``."""
    count = until.year * 12 + until.month - months
    return date(count // 12, count % 12 + 1, 1)


def months_between(first: date, until: date) -> list[str]:
    """Return the months of a window as ``2026-08``, the one of ``until`` too."""
    span = range(first.year * 12 + first.month - 1, until.year * 12 + until.month)
    return [f"{count // 12:04}-{count % 12 + 1:02}" for count in span]


def shares_of(amounts: Sequence[int]) -> list[int]:
    """Return each amount's share in basis points; they add up to 10,000, or are all 0 where there is nothing."""
    return allot(SHARES, amounts) if sum(amounts) else [0] * len(amounts)


def share_of(part: int, whole: int) -> int | None:
    """Return a part in basis points of the whole, to the nearest; nothing where there is no whole."""
    return (2 * part * SHARES + whole) // (2 * whole) if whole else None


def seasonality(sold_by_month: Mapping[str, int]) -> list[int]:
    """
    Return the share of each calendar month, January first, in basis points.

    A calendar month that the window holds twice or three times counts by its average, so that a window of 18 months does
    not make the months that it holds twice look twice as good.
    """
    sold, times = [0] * 12, [0] * 12
    for month, fen in sold_by_month.items():
        place = int(month[5:7]) - 1
        sold[place] += fen
        times[place] += 1
    averages = [total // count if count else 0 for total, count in zip(sold, times, strict=True)]
    return shares_of(averages)


def canonical(figures: Mapping[str, Any]) -> bytes:
    """Return figures as the bytes that are hashed: JSON in UTF-8, keys in order, no spaces, whole numbers only (as RFC 8785 has it)."""
    return json.dumps(figures, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()


def digest_of(figures: Mapping[str, Any]) -> str:
    """Return the SHA-256 of figures, hexadecimal."""
    return hashlib.sha256(canonical(figures)).hexdigest()
