"""
Application identifiers: what may stand behind (01), (10), (21) and the others, and what each asks of the rest of the message.

``IDENTIFIERS`` holds all of them by their digits (GS1 General Specifications, section 3).
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from .ai_table import ROWS, Row
from .linters import LINTERS, Linter
from .unreadable import Unreadable

PREDEFINED_LENGTH = {"00", "01", "02", "03", "04", *map(str, range(11, 21)), *map(str, range(31, 37)), "41"}
"""Identifiers that begin so need no separator behind their data (section 7.8.5)."""

_CHARACTERS = {"N": "csetnumeric", "X": "cset82", "Y": "cset39", "Z": "cset64"}
_component = re.compile(r"(?P<open>\[?)(?P<kind>[NXYZ])(?P<up_to>\.\.)?(?P<length>\d+)(?P<linters>( \w+)*)\]?").fullmatch


@dataclass(frozen=True, slots=True)
class Component:
    """A part of the data: its kind (N digits, X 82 characters, Y 39, Z base 64), lengths in characters, and its syntax tests."""

    kind: str
    shortest: int
    longest: int
    is_optional: bool
    linters: tuple[str, ...]
    checks: tuple[Linter, ...]


@dataclass(frozen=True, slots=True)
class ApplicationIdentifier:
    """
    One application identifier.

    ``needs``: one of these groups has to be in the message, whole (none: nothing is needed); ``bars``: none of these may be.
    Both name identifiers, with ``n`` for any digit. ``qualifier_sequences`` is there for primary keys of Digital Link.
    """

    ai: str
    title: str
    components: tuple[Component, ...]
    needs: tuple[tuple[str, ...], ...]
    bars: tuple[str, ...]
    qualifier_sequences: tuple[tuple[str, ...], ...] | None
    is_attribute: bool

    @property
    def is_key(self) -> bool:
        """Whether it is a primary key of Digital Link."""
        return self.qualifier_sequences is not None

    @property
    def has_predefined_length(self) -> bool:
        """Whether the next identifier may follow without a separator."""
        return self.ai[:2] in PREDEFINED_LENGTH

    @property
    def longest(self) -> int:
        """How many characters the data may have."""
        return sum(component.longest for component in self.components)

    def check(self, value: str) -> None:
        """
        Check data: lengths, characters, check digits and whatever else its components ask.

        :raises Unreadable: ``too_short``, ``too_long``, or what a linter finds.
        """
        at, length = 0, len(value)
        for component in self.components:
            if at == length and component.is_optional:
                return
            end = min(at + component.longest, length)
            if end - at < component.shortest:
                raise Unreadable(value, code="too_short", ai=self.ai)
            part = value[at:end]
            for check in component.checks:
                try:
                    check(part)
                except Unreadable as why:
                    raise why.of(self.ai, behind=at) from None
            at = end
        if at < length:
            raise Unreadable(value[at:], at=at, code="too_long", ai=self.ai)


def identifier(ai: str) -> ApplicationIdentifier:
    """
    Return an application identifier by its two to four digits.

    :raises Unreadable: ``unknown_ai``.
    """
    try:
        return IDENTIFIERS[ai]
    except KeyError:
        raise Unreadable(ai, code="unknown_ai") from None


def _read_component(text: str) -> Component:
    parts = _component(text)
    if not parts:
        raise ValueError(text)
    length, linters = int(parts["length"]), tuple(parts["linters"].split())
    checks = tuple(LINTERS[name] for name in (_CHARACTERS[parts["kind"]], *linters))
    return Component(parts["kind"], 1 if parts["up_to"] else length, length, bool(parts["open"]), linters, checks)


def _read_row(row: Row) -> Iterator[ApplicationIdentifier]:
    first, _dash, last = row.codes.partition("-")
    components = tuple(map(_read_component, row.form.split(" + ")))
    needs = tuple(tuple(group.split("+")) for group in row.needs.split(" | ")) if row.needs else ()
    sequences = None if row.qualifiers is None else tuple(tuple(sequence.split()) for sequence in row.qualifiers.split("|"))
    for count, number in enumerate(range(int(first), int(last or first) + 1)):
        title = row.title.format(from_0=count, from_1=count + 1)
        ai = str(number).zfill(len(first))
        yield ApplicationIdentifier(ai, title, components, needs, tuple(row.bars.split()), sequences, row.attribute)


IDENTIFIERS: Mapping[str, ApplicationIdentifier] = MappingProxyType(
    {identifier.ai: identifier for row in ROWS for identifier in _read_row(row)}
)
AI_LENGTHS: Mapping[str, int] = MappingProxyType({ai[:2]: len(ai) for ai in IDENTIFIERS})
"""How many digits an identifier has, by its first two."""
