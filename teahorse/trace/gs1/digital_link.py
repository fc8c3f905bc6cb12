"""
GS1 Digital Link: identification keys as web addresses (GS1 Digital Link Standard: URI Syntax, 1.4), uncompressed.

``https://example.com/01/09506000134352/10/L-7/21/42?17=271231``: any stem, one primary key, its qualifiers in their order, attributes in
the query. Query parameters that are no application identifiers are other people's and passed over.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from urllib.parse import quote, quote_plus, unquote, unquote_plus

from .application_identifiers import IDENTIFIERS, ApplicationIdentifier, identifier
from .associations import check_associations
from .element_strings import Element, check_values
from .keys import is_restricted
from .unreadable import Unreadable

CANONICAL_STEM = "https://id.gs1.org"
GTIN = "01"
DOT_SEGMENTS = (".", "..")
"""Parts of a path that browsers take away, escaped or not."""
CARRY_A_GTIN = ("01", "02", "03", "8006", "8026")
SHORT_GTIN_LENGTHS = (8, 12, 13)
_MOST_SLASHES = 20
_SLASH = "%2F"
_A_PAIR = 2
CONVENIENCE_ALPHAS = {
    "sscc": "00",
    "gtin": "01",
    "cpv": "22",
    "lot": "10",
    "ser": "21",
    "gdti": "253",
    "glnx": "254",
    "gcn": "255",
    "ginc": "401",
    "gsin": "402",
    "gln": "414",
    "payTo": "415",
    "party": "417",
    "grai": "8003",
    "giai": "8004",
    "itip": "8006",
    "cpid": "8010",
    "cpsn": "8011",
    "gmn": "8013",
    "gsrnp": "8017",
    "gsrn": "8018",
    "srin": "8019",
    "refno": "8020",
}
"""Words for keys and qualifiers that versions 1.0 and 1.1 allowed in the path; nobody prints them any more."""

_address = re.compile(
    r"(?P<origin>(?:https?|HTTPS?)://[A-Za-z0-9.:\[\]-]+)(?P<path>/[^?#]*)(?:\?(?P<query>[^#]*))?(?:#.*)?",
).fullmatch
_illegal = re.compile(r"[^A-Za-z0-9._~:/?#\[\]@!$&'()*+,;=%-]").search
_stem = re.compile(r"(?:https?|HTTPS?)://[A-Za-z0-9.:\[\]-]+(?:/[A-Za-z0-9._~:@!$&'()*+,;=%-]+)*").fullmatch


@dataclass(frozen=True, slots=True)
class DigitalLink:
    """What a Digital Link says: a primary key with its value, qualifiers from coarse to fine, attributes; and under which stem."""

    key: Element
    qualifiers: tuple[Element, ...] = ()
    attributes: tuple[Element, ...] = ()
    stem: str = CANONICAL_STEM

    @property
    def elements(self) -> tuple[Element, ...]:
        """All elements in the order of the address."""
        return (self.key, *self.qualifiers, *self.attributes)

    @property
    def is_restricted(self) -> bool:
        """Whether it is about a number that means something at one till or in one region only."""
        return any(map(_is_restricted, self.elements))

    def uri(self) -> str:
        """Return the address under its stem."""
        path = "".join(f"/{ai}/{escape_path(value)}" for ai, value in (self.key, *self.qualifiers))
        query = "&".join(f"{ai}={escape_query(value)}" for ai, value in self.attributes)
        return f"{self.stem}{path}{'?' if query else ''}{query}"

    def canonical(self) -> str:
        """Return the one address of all that say the same: under id.gs1.org, attributes by their identifiers."""
        return replace(self, stem=CANONICAL_STEM, attributes=tuple(sorted(self.attributes))).uri()

    def levels(self) -> tuple["DigitalLink", ...]:
        """Return the things that it is about, without attributes, from the finest to the key: item, lot, trade item."""
        return tuple(replace(self, qualifiers=self.qualifiers[:count], attributes=()) for count in range(len(self.qualifiers), -1, -1))


def parse(
    uri: str, *, convenience_alphas: bool = False, zero_suppressed_gtin: bool = False, unknown_attributes: bool = False
) -> DigitalLink:
    """
    Read a Digital Link and check each element by itself; what goes together :func:`check_associations` says.

    ``convenience_alphas`` reads ``/gtin/`` as ``/01/``, ``zero_suppressed_gtin`` fills a GTIN of 8, 12 or 13 digits with zeros,
    ``unknown_attributes`` keeps numbers in the query that are in no table of ours.

    :raises Unreadable: ``illegal_character``, ``not_an_address``, ``no_primary_key``, ``not_a_path_ai``, ``wrong_order`` of qualifiers,
        ``not_an_attribute``, ``belongs_in_path``, ``ai_repeated``, ``unknown_ai``, or what is wrong in the data.
    """
    if stranger := _illegal(uri):
        raise Unreadable(stranger[0], at=stranger.start(), code="illegal_character")
    address = _address(uri)
    if not address:
        raise Unreadable(uri, code="not_an_address")
    alphas = CONVENIENCE_ALPHAS if convenience_alphas else {}
    stem, written = _split_path(address["path"], alphas)
    in_path = [Element(ai, unescape_path(value)) for ai, value in written]
    attributes = _split_query(address["query"] or "", in_path, unknown=unknown_attributes)
    if zero_suppressed_gtin:
        in_path, attributes = [_filled(element) for element in in_path], [_filled(element) for element in attributes]
    check_values((*in_path, *attributes), unknown=unknown_attributes)
    key, *qualifiers = in_path
    return DigitalLink(key, tuple(qualifiers), tuple(attributes), address["origin"] + stem)


def readings(path: str) -> list[str]:
    """
    Return what a path may have been before a web server took its escapes away: a lot's or a serial number may have a slash in it.

    The ``path`` begins with a primary key. Each is a path with escapes whose identifiers may stand there in this order, the fewest slashes
    in its data first; not the one that has none.
    """
    key, value, *rest = [*path.strip("/").split("/"), ""]
    found = _read_from(rest[:-1], (key,)) if path.count("/") <= _MOST_SLASHES and is_path((key,)) else []
    written = ["".join(f"/{ai}/{escape_path(data)}" for ai, data in ((key, value), *pairs)) for pairs in found]
    return sorted((one for one in written if _SLASH in one), key=lambda one: one.count(_SLASH))


def _read_from(segments: Sequence[str], before: tuple[str, ...]) -> list[list[tuple[str, str]]]:
    """Return each way to read the rest of a path, behind the identifiers ``before``, as pairs of identifiers and data."""
    if len(segments) < _A_PAIR or not is_path(ais := (*before, segments[0])):
        return []
    rest = segments[1:]
    found: list[list[tuple[str, str]]] = [[(segments[0], "/".join(rest))]]
    for end in range(1, len(rest)):
        found += [[(segments[0], "/".join(rest[:end])), *more] for more in _read_from(rest[end:], ais)]
    return found


def build(
    elements: Iterable[Element], *, stem: str = CANONICAL_STEM, restricted: bool = False, unknown_attributes: bool = False
) -> DigitalLink:
    """
    Make the Digital Link of an element string: its first primary key, that key's qualifiers in their order, all else as attributes.

    Attributes whose length is fixed come first, otherwise the order stays. ``restricted`` builds links of restricted circulation
    numbers too, which lead nowhere outside their shop or region.

    :raises Unreadable: ``not_a_stem``, ``no_primary_key``, ``qualifiers_mixed``, ``not_an_attribute``, ``dot_segment``,
        ``restricted_number``, what does not go together, or what is wrong in the data.
    """
    if not _stem(stem := stem.removesuffix("/")):
        raise Unreadable(stem, code="not_a_stem")
    rest = list(dict.fromkeys(elements))
    check_values(rest, unknown=unknown_attributes)
    check_associations(rest)
    key = next((element for element in rest if _is_key(element.ai)), None)
    if not key:
        raise Unreadable("".join(f"({ai})" for ai, _value in rest), code="no_primary_key")
    rest.remove(key)
    qualifiers = _qualifiers(identifier(key.ai), rest)
    attributes = sorted((element for element in rest if element not in qualifiers), key=lambda element: not element.is_predefined)
    for ai, _value in attributes:
        _check_attribute(ai, unknown=unknown_attributes)
    for ai, value in (key, *qualifiers):
        if value in DOT_SEGMENTS:
            raise Unreadable(value, code="dot_segment", ai=ai)
    for element in (key, *attributes):
        if not restricted and _is_restricted(element):
            raise Unreadable(element.value, code="restricted_number", ai=element.ai)
    return DigitalLink(key, qualifiers, tuple(attributes), stem)


def is_path(ais: Sequence[str]) -> bool:
    """Return whether these identifiers may stand in a path in this order: a primary key, then qualifiers of one of its sequences."""
    if not ais or not _is_key(ais[0]):
        return False
    qualifiers = list(ais[1:])
    return any([ai for ai in sequence if ai in qualifiers] == qualifiers for sequence in identifier(ais[0]).qualifier_sequences or ())


def escape_path(value: str) -> str:
    """Return data as it stands in a path."""
    return quote(value, safe="")


def escape_query(value: str) -> str:
    """Return data as it stands in a query: a space is a plus sign."""
    return quote_plus(value, safe="")


def unescape_path(text: str) -> str:
    """Return the data of a part of a path, each escape as one character; what is no escape stays as it is."""
    return unquote(text, encoding="latin-1")


def unescape_query(text: str) -> str:
    """Return the data of a query's value, each escape as one character; a plus sign is a space."""
    return unquote_plus(text, encoding="latin-1")


def _is_key(ai: str) -> bool:
    return ai in IDENTIFIERS and IDENTIFIERS[ai].is_key


def _is_restricted(element: Element) -> bool:
    return element.ai in CARRY_A_GTIN and is_restricted(element.value[:14])


def _split_path(path: str, alphas: dict[str, str]) -> tuple[str, list[tuple[str, str]]]:
    """Return the rest of the stem and the pairs from the primary key on; the key is the last one in the path."""
    segments = path.split("/")
    start = len(segments)
    while start > 2:
        start -= 2
        ai = alphas.get(segments[start], segments[start])
        if ai not in IDENTIFIERS:
            break
        if IDENTIFIERS[ai].is_key:
            pairs = [(alphas.get(ai, ai), value) for ai, value in zip(segments[start::2], segments[start + 1 :: 2], strict=True)]
            _check_path([ai for ai, _value in pairs])
            return "/".join(segments[:start]), pairs
    raise Unreadable(path, code="no_primary_key")


def _check_path(ais: list[str]) -> None:
    if is_path(ais):
        return
    allowed = {ai for sequence in IDENTIFIERS[ais[0]].qualifier_sequences or () for ai in sequence}
    for ai in ais[1:]:
        if ai not in allowed:
            raise Unreadable(ai, code="not_a_path_ai")
    raise Unreadable("/".join(ais), code="wrong_order")


def _split_query(query: str, in_path: Sequence[Element], *, unknown: bool) -> list[Element]:
    key, *qualifiers = [element.ai for element in in_path]
    sequences = identifier(key).qualifier_sequences or ()
    seen, found = {key, *qualifiers}, []
    for parameter in query.split("&"):
        ai, _equals, value = parameter.partition("=")
        if not (ai.isascii() and ai.isdigit()):
            continue
        _check_attribute(ai, unknown=unknown)
        if ai in seen:
            raise Unreadable(ai, code="ai_repeated")
        if any(ai in sequence and all(one in sequence for one in qualifiers) for sequence in sequences):
            raise Unreadable(ai, code="belongs_in_path")
        seen.add(ai)
        found.append(Element(ai, unescape_query(value)))
    return found


def _check_attribute(ai: str, *, unknown: bool) -> None:
    if unknown and ai not in IDENTIFIERS:
        return
    if not identifier(ai).is_attribute:
        raise Unreadable(ai, code="not_an_attribute")


def _qualifiers(key: ApplicationIdentifier, rest: Sequence[Element]) -> tuple[Element, ...]:
    by_ai = {element.ai: element for element in rest}
    sequences = key.qualifier_sequences or ()
    most = max(([by_ai[ai] for ai in sequence if ai in by_ai] for sequence in sequences), key=len, default=[])
    for sequence in sequences:
        for ai in sequence:
            if ai in by_ai and by_ai[ai] not in most:
                raise Unreadable(ai, code="qualifiers_mixed")
    return tuple(most)


def _filled(element: Element) -> Element:
    if element.ai == GTIN and len(element.value) in SHORT_GTIN_LENGTHS:
        return Element(GTIN, element.value.zfill(14))
    return element
