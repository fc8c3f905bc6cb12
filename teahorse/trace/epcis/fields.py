"""Checks of single fields: a word, an identifier, an address, a time, what users add. They append what they find."""

from collections.abc import Mapping
from typing import Any

from teahorse.trace.epcis.identifiers import Identifier, NotAnEpc, identify
from teahorse.trace.epcis.limits import LONGEST_TEXT, MOST_PROBLEMS
from teahorse.trace.epcis.problems import Problem, Reason, pointed, shown
from teahorse.trace.epcis.uris import is_uri
from teahorse.trace.epcis.vocabulary import Vocabulary

EARLIEST_YEAR, LATEST_YEAR = 1000, 9000
"""Old wine and far dates of expiry; beyond them no clock of ours can reckon."""


class Enough(Exception):
    """So much is wrong that nobody reads on; ``found`` is what was found so far."""

    def __init__(self, found: "Found") -> None:
        super().__init__(f"{len(found)} problems")
        self.found = found


class Found(list[Problem]):
    """What was found in one event or in a document's frame."""

    def append(self, problem: Problem) -> None:
        """
        Add a problem.

        :raises Enough: with the last one that is told; a list of a million wrong names costs no more than one of a hundred.
        """
        super().append(problem)
        if len(self) >= MOST_PROBLEMS:
            raise Enough(self)


_ABSOLUTE = ("https://", "http://", "urn:")


def check_word(found: Found, pointer: str, vocabulary: Vocabulary, text: str) -> None:
    """Check that a text is a word of the vocabulary, or a URI that somebody else defined."""
    if text in vocabulary.words:
        return
    if not vocabulary.allows(text):
        told = f"{shown(text)} is not a {vocabulary.name} of the standard; other words are written as URIs of their owner"
        found.append(Problem(pointer, Reason.UNKNOWN_WORD, told))
    elif not is_uri(text):
        found.append(Problem(pointer, Reason.NOT_A_URI, f"{shown(text)} is neither a word of the standard nor a URI"))


def check_identifier(found: Found, pointer: str, text: str, *steps: str | int) -> Identifier | None:
    """Check the name of a thing, class, place, party or paper and return what it names; ``steps`` complete the pointer."""
    try:
        return identify(text)
    except NotAnEpc as error:
        whole = pointer + "".join(f"/{step}" for step in steps)
        found.append(Problem(whole, Reason.BAD_IDENTIFIER, f"{shown(text)} is not an identifier: {error}"))
        return None


def check_uri(found: Found, pointer: str, text: str) -> None:
    """Check that a text is an absolute URI."""
    if not is_uri(text):
        found.append(Problem(pointer, Reason.NOT_A_URI, f"{shown(text)} is not a URI"))


def check_time(found: Found, pointer: str, text: str) -> None:
    """Check that a time, which has been read already, is written as RFC 3339 asks: with a T, and with a colon in its offset."""
    if text[10] not in "Tt" or not (text[-1] in "Zz" or (text[-3] == ":" and text[-6] in "+-")):
        told = f"{shown(text)} is not written like 2026-11-22T09:30:00+08:00"
        found.append(Problem(pointer, Reason.BAD_TIME, told))
    elif not EARLIEST_YEAR <= int(text[:4]) <= LATEST_YEAR:
        told = f"{shown(text)} is not of our days, {EARLIEST_YEAR} to {LATEST_YEAR}"
        found.append(Problem(pointer, Reason.BAD_TIME, told))


def check_added_fields(found: Found, pointer: str, raw: Mapping[str, Any], known: frozenset[str], prefixes: Mapping[str, str]) -> None:
    """Check that what is not the standard's stands under a prefix of the document's context, or under a full address."""
    added = raw.keys() - known
    if not added:
        return
    for key in sorted(added):
        here = pointer + pointed(key)
        prefix, colon, _local = key.partition(":")
        if not colon:
            told = f"the standard knows no field {shown(key)} here; your own ones stand under a prefix"
            found.append(Problem(here, Reason.UNKNOWN_FIELD, told))
        elif not is_uri(key):
            found.append(Problem(here, Reason.NOT_A_URI, f"the name {shown(key)} is not a URI"))
        elif prefix not in prefixes and not key.startswith(_ABSOLUTE):
            told = f"the prefix {shown(prefix)} is not in the @context"
            found.append(Problem(here, Reason.UNKNOWN_PREFIX, told))
        check_extension(found, here, raw[key])


def check_extension(found: Found, pointer: str, value: object) -> None:
    """Check that no text in a value of the users' own is longer than a text may be."""
    if isinstance(value, str):
        if len(value) > LONGEST_TEXT:
            told = f"the text has {len(value)} characters, more than {LONGEST_TEXT}"
            found.append(Problem(pointer, Reason.TOO_LONG, told))
    elif isinstance(value, dict):
        for key, part in value.items():
            check_extension(found, pointer + pointed(key), part)
    elif isinstance(value, list):
        for number, part in enumerate(value):
            check_extension(found, f"{pointer}/{number}", part)
