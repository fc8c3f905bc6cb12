"""Which elements go together (GS1 General Specifications, section 4, data relationships)."""

from collections.abc import Collection, Iterable, Mapping

from .application_identifiers import IDENTIFIERS
from .element_strings import Element
from .unreadable import Unreadable

DIGITAL_SIGNATURE = "8030"
LENGTH_WITHOUT_SERIAL = {"253": 13, "255": 13, "8003": 14}
"""Keys whose serial part may be missing, and how long they are then; a digital signature stands for one thing and needs it."""


def check_associations(elements: Iterable[Element]) -> None:
    """
    Check the elements of all symbols of one thing together.

    :raises Unreadable: ``ai_repeated`` for an identifier with two values, ``ai_excluded`` with one that must not be beside ``ai``,
        ``ai_missing`` with what ``ai`` needs (``01+21 | 03+21``), ``serial_missing`` for a signed key without its serial part.
    """
    values = _unique(elements)
    for ai in values:
        if known := IDENTIFIERS.get(ai):
            _check_bars(ai, known.bars, values)
    for ai in values:
        if (known := IDENTIFIERS.get(ai)) and known.needs and not any(all(_is_in(values, one) for one in group) for group in known.needs):
            raise Unreadable(" | ".join("+".join(group) for group in known.needs), code="ai_missing", ai=ai)
    if DIGITAL_SIGNATURE in values:
        for ai, length in LENGTH_WITHOUT_SERIAL.items():
            if len(values.get(ai, "")) == length:
                raise Unreadable(values[ai], code="serial_missing", ai=ai)


def _unique(elements: Iterable[Element]) -> Mapping[str, str]:
    values: dict[str, str] = {}
    for ai, value in elements:
        if values.setdefault(ai, value) != value:
            raise Unreadable(value, code="ai_repeated", ai=ai)
    return values


def _check_bars(ai: str, bars: Iterable[str], present: Collection[str]) -> None:
    for pattern in bars:
        for other in _matching(pattern, present):
            if other != ai:
                raise Unreadable(other, code="ai_excluded", ai=ai)


def _is_in(present: Collection[str], pattern: str) -> bool:
    return bool(_matching(pattern, present))


def _matching(pattern: str, present: Collection[str]) -> list[str]:
    """Return the identifiers that a pattern means: 35nn is every one of four digits that begins so."""
    if pattern in present:
        return [pattern]
    if not pattern.endswith("n"):
        return []
    prefix = pattern.rstrip("n")
    return [ai for ai in present if len(ai) == len(pattern) and ai.startswith(prefix)]
