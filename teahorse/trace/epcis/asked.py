"""The value of one parameter of a question, read as what the parameter is of; who reads says precisely what is wrong with it."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from decimal import Decimal, InvalidOperation
from typing import Final

import msgspec

from teahorse.trace.epcis.events import Time
from teahorse.trace.epcis.patterns import forms_of
from teahorse.trace.epcis.problems import Reason, shown
from teahorse.trace.epcis.uris import is_uri
from teahorse.trace.epcis.vocabulary import Vocabulary

MOST_VALUES: Final = 1_000  # of one parameter
MOST_SHOWN: Final = 5  # of them in a sentence


class Wrong(Exception):
    """The value cannot be read; ``told`` says why, with the value."""

    def __init__(self, reason: Reason, told: str) -> None:
        super().__init__(told)
        self.reason, self.told = reason, told


class Asked:
    """The value of one parameter, read as what the parameter is of."""

    def __init__(self, value: object, prefixes: Mapping[str, str]) -> None:
        self.value, self.prefixes = value, prefixes
        if any(isinstance(text, str) and "\x00" in text for text in self.listed()):
            raise Wrong(Reason.NOT_A_TEXT, "a text in it holds the character U+0000")

    def listed(self) -> list[object]:
        """Return the values: those of a list, or the only one."""
        return list(self.value) if isinstance(self.value, list) else [self.value]

    def shown(self) -> str:
        """Return the values as a sentence quotes them, each for itself."""
        return ", ".join(shown(value) for value in self.listed()[:MOST_SHOWN]) or "an empty list"

    def texts(self) -> tuple[str, ...]:
        """Return a list of texts."""
        listed = self.listed()
        texts = tuple(text for text in listed if isinstance(text, str) and text)
        if not listed or len(texts) != len(listed):
            raise Wrong(Reason.WRONG_TYPE, f"{self.shown()} is not a list of texts")
        if len(texts) > MOST_VALUES:
            raise Wrong(Reason.TOO_MANY, f"{len(texts)} values are more than {MOST_VALUES}")
        return texts

    def one(self) -> object:
        """Return the only value."""
        if isinstance(self.value, list):
            if len(self.value) != 1:
                raise Wrong(Reason.WRONG_TYPE, "one value is wanted here, not a list")
            return self.value[0]
        return self.value

    def among(self, words: Iterable[str]) -> tuple[str, ...]:
        """Return texts, all of them out of a list."""
        allowed = sorted(words)
        for text in self.texts():
            if text not in allowed:
                raise Wrong(Reason.UNKNOWN_WORD, f"{shown(text)} is none of {', '.join(allowed)}")
        return self.texts()

    def words(self, vocabulary: Vocabulary) -> tuple[str, ...]:
        """Return words of a vocabulary, or of somebody else's, in all forms in which events may write them."""
        return tuple(form for text in self.texts() for form in written_forms(vocabulary, text))

    def identifiers(self) -> tuple[str, ...]:
        """Return names of things, places, parties or papers in all forms in which events may write them."""
        for text in self.texts():
            if not is_uri(text):
                raise Wrong(Reason.NOT_A_URI, f"{shown(text)} is not a URI")
        return tuple(form for text in self.texts() for form in forms_of(text))

    def time(self) -> datetime:
        """Return a time."""
        value = self.one()
        try:
            return msgspec.convert(value, Time)
        except msgspec.ValidationError:
            told = f"{shown(value)} is not a time like 2026-11-22T09:30:00+08:00 (in an address the + is written %2B)"
            raise Wrong(Reason.BAD_TIME, told) from None

    def numbers(self) -> tuple[Decimal, ...]:
        """Return a list of numbers."""
        listed = self.listed()
        found = tuple(number for value in listed if (number := number_of(value)) is not None)
        if len(found) != len(listed) or not found:
            raise Wrong(Reason.WRONG_TYPE, f"{self.shown()} is not a number")
        return found

    def count(self) -> int:
        """Return a whole number from 1 on."""
        (number, *more) = self.numbers()
        if more or number != int(number) or not 1 <= number <= 2**31:
            raise Wrong(Reason.WRONG_TYPE, f"{self.shown()} is not a whole number from 1 on")
        return int(number)

    def flag(self) -> bool:
        """Return true or false."""
        value = self.one()
        if isinstance(value, bool):
            return value
        if value not in ("true", "false"):
            raise Wrong(Reason.WRONG_TYPE, f"{shown(value)} is neither true nor false")
        return value == "true"

    def nothing(self) -> None:
        """Take the empty value of a parameter that only asks whether something is there."""
        if self.one() not in (None, "", 1, "1", "true"):
            raise Wrong(Reason.WRONG_TYPE, f"this parameter has no value, {shown(self.one())} says nothing")


def number_of(value: object) -> Decimal | None:
    """Return a finite number of bearable size, also where a text says it; None for anything else."""
    try:
        number = Decimal(str(value)) if isinstance(value, int | float | str) and not isinstance(value, bool) else None
    except InvalidOperation:
        return None
    return number if number is not None and number.is_finite() and abs(number.adjusted()) < 100 else None


def written_forms(vocabulary: Vocabulary, text: str) -> tuple[str, ...]:
    """Return a word in all forms in which events may write it."""
    word = vocabulary.bare(text)
    if not word:
        if not (vocabulary.allows(text) and is_uri(text)):
            told = f"{shown(text)} is not a {vocabulary.name} of the standard; other words are written as URIs of their owner"
            raise Wrong(Reason.UNKNOWN_WORD, told)
        return (text,)
    prefix, _slash, head = vocabulary.web.rpartition("/")
    short = "cbv" if prefix.endswith("cbv") else "gs1"
    return (word, vocabulary.web + word, f"{short}:{head}{word}")
