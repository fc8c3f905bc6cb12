"""What a hand scanner sends: an AIM symbology identifier, then the data (ISO/IEC 15424; GS1 General Specifications, section 5)."""

from dataclasses import dataclass

from .element_strings import Element, parse_fnc1
from .keys import gtin14
from .linters.characters import csetnumeric
from .unreadable import Unreadable

GS = "\x1d"
"""The control character that scanners send for FNC1."""
COMPOSITE = "|]e0"
"""What announces the two-dimensional part above a linear symbol."""

PLAIN = {"]Q1": "QR Code", "]d1": "Data Matrix", "]J0": "DotCode"}
ELEMENTS = {
    "]Q3": "GS1 QR Code",
    "]d2": "GS1 DataMatrix",
    "]J1": "GS1 DotCode",
    "]e0": "GS1 DataBar Expanded",
    "]C1": "GS1-128",
}
TRADE_ITEMS = {"]E0": ("EAN-13", 13), "]E4": ("EAN-8", 8)}


@dataclass(frozen=True, slots=True)
class Scan:
    """A symbol that was read: of which kind, its text, and its elements if it has any; an EAN's number is its element 01."""

    symbology: str
    text: str
    elements: tuple[Element, ...] = ()


def parse(scanned: str) -> Scan:
    """
    Read what a scanner sends with symbology identifiers switched on. Web addresses stay text: a Digital Link is one of many.

    :raises Unreadable: ``unknown_symbology``, ``not_a_gtin_length``, or what is wrong in an element string.
    """
    symbology, data = scanned[:3], scanned[3:]
    if symbology in PLAIN:
        return Scan(PLAIN[symbology], data)
    if symbology in ELEMENTS:
        return Scan(ELEMENTS[symbology], data, parse_fnc1(GS + data, fnc1=GS))
    if symbology not in TRADE_ITEMS:
        raise Unreadable(symbology, code="unknown_symbology")
    name, length = TRADE_ITEMS[symbology]
    number, composite, above = data.partition(COMPOSITE)
    csetnumeric(number)
    if len(number) != length:
        raise Unreadable(number, code="not_a_gtin_length")
    item = Element("01", gtin14(number))
    return Scan(name, number, (item, *(parse_fnc1(GS + above, fnc1=GS) if composite else ())))
