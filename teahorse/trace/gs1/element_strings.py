r"""
Element strings: application identifiers with their data, as people write them and as bar codes carry them.

Bracketed, ``(01)09506000134352(10)L-7``, for people; ``\(`` is a bracket of the data itself. With FNC1, ``^010950600013435210L-7``, for
machines: FNC1 stands at the beginning and behind all data whose length the identifier does not fix (GS1 General Specifications, 7.8).
"""

import re
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from .application_identifiers import AI_LENGTHS, IDENTIFIERS, identifier
from .linters.characters import cset82
from .unreadable import Unreadable

FNC1 = "^"
"""How FNC1 is written in text; no data may have this character. Scanners send the control character GS in its place."""
LONGEST_UNKNOWN = 90
LENGTHS_OF_AN_AI = (2, 3, 4)

_bracketed = re.compile(r"\(([0-9]{2,4})\)((?:[^(\\]|\\\()*)").match


class Element(NamedTuple):
    """An application identifier and its data."""

    ai: str
    value: str

    @property
    def is_predefined(self) -> bool:
        """Whether the data's end is known without a separator."""
        known = IDENTIFIERS.get(self.ai)
        return known is not None and known.has_predefined_length


def check_values(elements: Iterable[Element], *, unknown: bool = False) -> None:
    """
    Check the data of each element by itself; ``unknown`` lets identifiers pass that are not in our table.

    :raises Unreadable: ``unknown_ai``, or what :meth:`ApplicationIdentifier.check` finds.
    """
    for ai, value in elements:
        if unknown and ai not in IDENTIFIERS:
            _check_unknown(ai, value)
        else:
            identifier(ai).check(value)


def parse_bracketed(text: str, *, unknown: bool = False) -> tuple[Element, ...]:
    """
    Read ``(01)09506000134352(10)L-7`` and check each element by itself.

    :raises Unreadable: ``not_an_element_string`` with what cannot be read; ``unknown_ai``; what is wrong in the data.
    """
    elements = tuple(_split_bracketed(text))
    check_values(elements, unknown=unknown)
    return elements


def parse_fnc1(text: str, *, fnc1: str = FNC1) -> tuple[Element, ...]:
    """
    Read ``^010950600013435210L-7`` and check each element by itself.

    An identifier that is not in our table is refused: nobody could say how long it is.

    :raises Unreadable: ``not_an_element_string`` with what cannot be read; ``unknown_ai``; what is wrong in the data.
    """
    elements = tuple(_split_fnc1(text, fnc1=fnc1))
    check_values(elements)
    return elements


def build_bracketed(elements: Iterable[Element], *, unknown: bool = False) -> str:
    """
    Return the elements as people read them, in their order.

    :raises Unreadable: what is wrong in the data of one.
    """
    elements = tuple(elements)
    check_values(elements, unknown=unknown)
    return "".join(f"({ai}){value.replace('(', chr(92) + '(')}" for ai, value in elements)


def build_fnc1(elements: Iterable[Element], *, fnc1: str = FNC1, unknown: bool = False) -> str:
    """
    Return the elements as a bar code carries them, in their order, with FNC1 only where it is needed.

    :raises Unreadable: what is wrong in the data of one.
    """
    elements = tuple(elements)
    check_values(elements, unknown=unknown)
    parts = [f"{element.ai}{element.value}{'' if element.is_predefined else fnc1}" for element in elements]
    return (fnc1 + "".join(parts)).removesuffix(fnc1)


def _split_bracketed(text: str) -> Iterator[Element]:
    at = 0
    while at < len(text) or not at:
        part = _bracketed(text, at)
        if not part:
            raise Unreadable(text[at:], at=at, code="not_an_element_string")
        yield Element(part[1], part[2].replace("\\(", "("))
        at = part.end()


def _split_fnc1(text: str, *, fnc1: str) -> Iterator[Element]:
    if not text.startswith(fnc1) or text == fnc1:
        raise Unreadable(text, code="not_an_element_string")
    at = len(fnc1)
    while at < len(text):
        ai = text[at : at + AI_LENGTHS.get(text[at : at + 2], 2)]
        known = IDENTIFIERS.get(ai)
        if not known:
            raise Unreadable(ai, at=at, code="unknown_ai")
        at += len(ai)
        end = text.find(fnc1, at)
        if end < 0:
            end = len(text)
        if known.has_predefined_length:
            end = min(end, at + known.longest)
        yield Element(ai, text[at:end])
        at = end + len(fnc1) if text.startswith(fnc1, end) else end


def _check_unknown(ai: str, value: str) -> None:
    if not value or len(value) > LONGEST_UNKNOWN:
        raise Unreadable(value, code="too_long" if value else "too_short", ai=ai)
    if len(ai) not in LENGTHS_OF_AN_AI or AI_LENGTHS.get(ai[:2], len(ai)) != len(ai):
        raise Unreadable(ai, code="unknown_ai")
    try:
        cset82(value)
    except Unreadable as why:
        raise why.of(ai) from None
