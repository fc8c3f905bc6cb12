"""What can be wrong with a document of events, said so that a machine and a person can act on it."""

from collections.abc import Sequence
from enum import StrEnum

import msgspec


class Reason(StrEnum):
    """Why something was refused; the words are stable, callers may translate them."""

    # of a document
    TOO_LARGE = "too_large"
    TOO_DEEP = "too_deep"
    TOO_MANY = "too_many"
    TOO_LONG = "too_long"
    NOT_JSON = "not_json"
    NOT_A_TEXT = "not_a_text"
    # of a field
    MISSING = "missing"
    UNKNOWN_FIELD = "unknown_field"
    WRONG_TYPE = "wrong_type"
    UNKNOWN_WORD = "unknown_word"
    NOT_A_URI = "not_a_uri"
    BAD_IDENTIFIER = "bad_identifier"
    BAD_TIME = "bad_time"
    UNKNOWN_PREFIX = "unknown_prefix"
    # of an event as a whole
    FROM_THE_FUTURE = "from_the_future"
    NOTHING_OBSERVED = "nothing_observed"
    FORBIDDEN_HERE = "forbidden_here"
    TWICE = "twice"
    LOOP = "loop"
    WRONG_LEVEL = "wrong_level"
    BAD_QUANTITY = "bad_quantity"
    BAD_UNIT = "bad_unit"
    OUT_OF_ORDER = "out_of_order"


class Problem(msgspec.Struct, frozen=True):
    """One thing that is wrong: where (RFC 6901 pointer from the document's root), why, and told in English with the values."""

    pointer: str
    reason: Reason
    told: str

    def under(self, pointer: str) -> "Problem":
        """Return the same problem seen from further up."""
        return Problem(pointer + self.pointer, self.reason, self.told)


class Unreadable(Exception):
    """The document as a whole was refused: none of its events was looked at."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        super().__init__("; ".join(f"{problem.pointer}: {problem.told}" for problem in problems))
        self.problems = tuple(problems)


def shown(value: object) -> str:
    """Return a value of JSON as a sentence quotes it: short, in quotes."""
    text = value if isinstance(value, str) else msgspec.json.encode(value).decode()
    return f"“{text[:80]}…”" if len(text) > 80 else f"“{text}”"


def pointed(key: str) -> str:
    """Return one step of a pointer, escaped as RFC 6901 asks."""
    return "/" + key.replace("~", "~0").replace("/", "~1")
