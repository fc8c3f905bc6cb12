"""
What an identifier in an event names, and its one canonical form (CBV 2.0, section 8.9: constrained canonical Digital Link).

Things have EPC URNs, GS1 Digital Link URIs on any host, or names of their owner's making: private URNs and web addresses
(CBV 2.0, section 8.2), which makers without a GS1 number use. The last are left as they are.
"""

from enum import StrEnum
from functools import lru_cache
from urllib.parse import unquote

import msgspec

from teahorse.trace.epcis.epc_urns import DIGITAL_LINK, NotAnEpc, digital_link_of, escaped, urn_of
from teahorse.trace.epcis.uris import is_uri
from teahorse.trace.gs1.check_digits import check_digit

__all__ = ["Identifier", "Level", "NotAnEpc", "canonical", "identify", "urn_of"]


class Level(StrEnum):
    """How finely something is named."""

    KIND = "class"
    LOT = "lot"
    INSTANCE = "instance"
    PRIVATE = "private"  # only its owner knows


class Identifier(msgspec.Struct, frozen=True):
    """An identifier in its canonical form; ``ai`` is the GS1 key's application identifier, "" for what is not GS1's."""

    uri: str
    level: Level = Level.PRIVATE
    ai: str = ""


class Key(msgspec.Struct, frozen=True, kw_only=True):
    """A primary key in a Digital Link: its digits, what may follow them, and its qualifiers from coarse to fine."""

    digits: tuple[int, ...] = ()
    tail: int = 0
    tail_is_number: bool = False
    letters: int = 0
    qualifiers: tuple[str, ...] = ()
    kept: tuple[str, ...] = ()  # qualifiers that identify, the finest first
    is_kind: bool = False  # without a qualifier or a tail it names a kind, not a thing
    checked: int = 0  # how many leading digits end with a check digit


KEYS = {
    "00": Key(digits=(18,), checked=18),
    "01": Key(digits=(8, 12, 13, 14), qualifiers=("22", "10", "21", "235"), kept=("21", "235", "10"), is_kind=True, checked=14),
    "253": Key(digits=(13,), tail=17, is_kind=True, checked=13),
    "255": Key(digits=(13,), tail=12, tail_is_number=True, is_kind=True, checked=13),
    "401": Key(letters=30),
    "402": Key(digits=(17,), checked=17),
    "414": Key(digits=(13,), qualifiers=("254", "7040"), kept=("254",), checked=13),
    "417": Key(digits=(13,), qualifiers=("7040",), checked=13),
    "8003": Key(digits=(14,), tail=16, is_kind=True, checked=14),
    "8004": Key(letters=30, qualifiers=("7040",)),
    "8006": Key(digits=(18,), qualifiers=("22", "10", "21"), kept=("21", "10"), is_kind=True, checked=14),
    "8010": Key(letters=30, qualifiers=("8011",), kept=("8011",), is_kind=True),
    "8017": Key(digits=(18,), qualifiers=("8019",), checked=18),
    "8018": Key(digits=(18,), qualifiers=("8019",), checked=18),
}
# the short names that Digital Link 1.1 had for them
NAMED = {
    "sscc": "00",
    "gtin": "01",
    "gdti": "253",
    "gcn": "255",
    "ginc": "401",
    "gsin": "402",
    "gln": "414",
    "party": "417",
    "grai": "8003",
    "giai": "8004",
    "itip": "8006",
    "cpid": "8010",
    "gsrnp": "8017",
    "gsrn": "8018",
    "lot": "10",
    "ser": "21",
    "cpv": "22",
    "tpx": "235",
    "glnx": "254",
    "uic-ext": "7040",
    "cpsn": "8011",
    "srin": "8019",
}


@lru_cache(maxsize=16384)
def identify(text: str) -> Identifier:
    """
    Return what ``text`` names.

    :raises NotAnEpc: with a sentence that says why, for what is no URI, a malformed EPC URN, a Digital Link's wrong check digit.
    """
    if text.startswith("urn:epc:"):
        return _of_link(canonical(text) or digital_link_of(text))
    if not is_uri(text):
        msg = "it is not a URI"
        raise NotAnEpc(msg)
    found = canonical(text)
    if found is None:
        return Identifier(text)
    _check(found)
    return _of_link(found)


@lru_cache(maxsize=16384)
def canonical(text: str) -> str | None:
    """Return the constrained canonical Digital Link of an EPC URN or a Digital Link on any host; None for anything else."""
    if text.startswith("urn:epc:"):
        try:
            found = digital_link_of(text)
        except NotAnEpc:
            return None
        return found if found.startswith(DIGITAL_LINK) else None
    if not text.startswith(("https://", "http://")):
        return None
    path = text.split("?", 1)[0].split("#", 1)[0].split("/")[3:]
    for place in range(len(path) - 1):
        ai = NAMED.get(path[place], path[place])
        if ai in KEYS:
            return _constrained(ai, path[place + 1 :])
    return None


def _constrained(ai: str, path: list[str]) -> str | None:
    """Return the link with the finest qualifier alone, None if the path does not read as this key and its qualifiers."""
    key = KEYS[ai]
    value, said = _value(key, path[0]), path[1:]
    if not value or len(said) % 2:
        return None
    names = [NAMED.get(name, name) for name in said[::2]]
    order = [key.qualifiers.index(name) if name in key.qualifiers else -1 for name in names]
    if -1 in order or order != sorted(set(order)) or not all(said[1::2]):
        return None
    qualified = dict(zip(names, said[1::2], strict=True))
    for name in key.kept:
        if name in qualified:
            return f"{DIGITAL_LINK}/{ai}/{value}/{name}/{_written(qualified[name])}"
    return f"{DIGITAL_LINK}/{ai}/{value}"


def _value(key: Key, text: str) -> str:
    """Return the key as it is written canonically, "" if its length or its letters are wrong."""
    if key.letters:
        plain = unquote(text)
        return _written(text) if 0 < len(plain) <= key.letters else ""
    whole = max(key.digits)
    digits, tail = (text, "") if len(text) <= whole else (text[:whole], text[whole:])
    if not (digits.isascii() and digits.isdigit() and len(digits) in key.digits):
        return ""
    if tail and (len(unquote(tail)) > key.tail or (key.tail_is_number and not (tail.isascii() and tail.isdigit()))):
        return ""
    return digits.rjust(whole, "0") + _written(tail)


def _written(text: str) -> str:
    return text if text.isascii() and text.isalnum() else escaped(unquote(text))


def _of_link(link: str) -> Identifier:
    """Read off a canonical link how finely it names."""
    if not link.startswith(DIGITAL_LINK):
        return Identifier(link, Level.INSTANCE)
    _https, _empty, _host, ai, value, *qualified = link.split("/")
    key = KEYS[ai]
    if qualified:
        level = Level.LOT if qualified[0] == "10" else Level.INSTANCE
    elif key.is_kind and (not key.tail or len(value) == max(key.digits)):
        level = Level.KIND
    else:
        level = Level.INSTANCE
    return Identifier(link, level, ai)


def _check(link: str) -> None:
    """:raises NotAnEpc: if the number's check digit is wrong."""
    ai, value = link.split("/")[3:5]
    number = value[: KEYS[ai].checked]
    if number and check_digit(number[:-1]) != number[-1]:
        msg = f"the check digit of {number} is {number[-1]} and should be {check_digit(number[:-1])}"
        raise NotAnEpc(msg)
