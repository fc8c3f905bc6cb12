"""Keys: UUIDv7 (RFC 9562, section 5.7), so that new rows stand side by side in an index."""

from datetime import datetime
from uuid import UUID
from zoneinfo import ZoneInfo

import uuid_utils
import uuid_utils.compat


def new_id() -> UUID:
    """Return a new key; later keys of one process sort after earlier ones."""
    return uuid_utils.compat.uuid7()


def new_ids(count: int) -> list[str]:
    """Return so many new keys as text, in their order: for rows that go to the database as JSON."""
    return [str(uuid_utils.uuid7()) for _ in range(count)]


def readable(letter: str, key: UUID, *, at: datetime, length: int = 12) -> str:
    """Return a number for papers, of the day of Beijing and the end of a key, that can be read aloud: ``C260815-0123456789AB``."""
    return f"{letter}{at.astimezone(ZoneInfo('Asia/Shanghai')):%y%m%d}-{key.hex[-length:].upper()}"


DIGITS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
SHORT_LENGTH = 22


def short(key: UUID) -> str:
    """Return a key as 22 letters and digits, for addresses and codes."""
    number, letters = key.int, ""
    while number:
        number, digit = divmod(number, len(DIGITS))
        letters = DIGITS[digit] + letters
    return letters.rjust(SHORT_LENGTH, DIGITS[0])


def from_short(letters: str) -> UUID:
    """
    Return the key that :func:`short` wrote.

    :raises ValueError: if the letters are no such key.
    """
    if len(letters) != SHORT_LENGTH:
        raise ValueError(letters)
    number = 0
    for letter in letters:
        number = number * len(DIGITS) + DIGITS.index(letter)
    return UUID(int=number)


class ShortKey:
    """A path converter: ``<key:product_id>`` is a key in 22 letters and digits."""

    regex = f"[0-9A-Za-z]{{{SHORT_LENGTH}}}"

    def to_python(self, value: str) -> UUID:
        return from_short(value)

    def to_url(self, value: UUID) -> str:
        return short(value)
