"""
EPC URNs (EPC Tag Data Standard 2.0, section 6) and the GS1 Digital Link URIs that say the same (GS1 Digital Link URI Syntax).

Every scheme is a row of one table. A company prefix has six to twelve digits; prefix and reference together always have the
scheme's number of digits, so the longer the prefix, the shorter the reference.
"""

import re
from collections.abc import Iterator
from functools import lru_cache
from urllib.parse import quote, unquote

import msgspec

from teahorse.trace.gs1.check_digits import check_digit

DIGITAL_LINK = "https://id.gs1.org"
PREFIX_DIGITS = range(6, 13)
_SERIAL = re.compile(r"(?:[!'()*+,\-.0-9:;=A-Z_a-z]|%(?:2[125-9A-Fa-f]|3[0-9A-Fa-f]|4[1-9A-Fa-f]|5[0-9AaFf]|6[1-9A-Fa-f]|7[0-9Aa]))+")
_COMPONENT = re.compile(r"(?:[0-9A-Z\-]|%2[3fF])+")


class NotAnEpc(ValueError):
    """The text begins like an EPC's URN but is none; the words of the exception say what is wrong."""


class Scheme(msgspec.Struct, frozen=True, kw_only=True):
    """
    One EPC scheme.

    ``digits`` are those of prefix and reference without check digit; 0: the reference is of letters, both together up to ``longest``.
    The last part, if any, has up to ``serial`` characters and stands behind ``qualifier`` or, without one, right behind the key.
    """

    ai: str
    digits: int = 0
    longest: int = 0
    has_indicator: bool = False  # the reference's first digit stands before the prefix in the number
    leading: str = ""
    counted: int = 0  # two-digit parts between key and serial: piece and total
    serial: int = 0
    serial_is_number: bool = False
    qualifier: str = ""
    letters: re.Pattern[str] = _SERIAL


SCHEMES = {
    "sgtin": Scheme(ai="01", digits=13, has_indicator=True, serial=20, qualifier="21"),
    "sscc": Scheme(ai="00", digits=17, has_indicator=True),
    "sgln": Scheme(ai="414", digits=12, serial=20, qualifier="254"),
    "grai": Scheme(ai="8003", digits=12, leading="0", serial=16),
    "giai": Scheme(ai="8004", longest=30),
    "gsrn": Scheme(ai="8018", digits=17),
    "gsrnp": Scheme(ai="8017", digits=17),
    "gdti": Scheme(ai="253", digits=12, serial=17),
    "cpi": Scheme(ai="8010", longest=30, serial=12, serial_is_number=True, qualifier="8011", letters=_COMPONENT),
    "sgcn": Scheme(ai="255", digits=12, serial=12, serial_is_number=True),
    "ginc": Scheme(ai="401", longest=30),
    "gsin": Scheme(ai="402", digits=16),
    "itip": Scheme(ai="8006", digits=13, has_indicator=True, counted=2, serial=20, qualifier="21"),
    "upui": Scheme(ai="01", digits=13, has_indicator=True, serial=28, qualifier="235"),
    "pgln": Scheme(ai="417", digits=12),
}
LOTS = {"lgtin": Scheme(ai="01", digits=13, has_indicator=True, serial=20, qualifier="10")}
PATTERNS = {name: SCHEMES[name] for name in ("sgtin", "grai", "gdti", "sgcn", "cpi", "itip", "upui")}
# identifiers of others, which GS1's numbers do not express: they stay URNs
FOREIGN = frozenset({"gid", "usdod", "adi", "bic", "imovn"})
_KINDS = {"id": SCHEMES, "class": LOTS, "idpat": PATTERNS}


def digital_link_of(urn: str) -> str:
    """
    Return the canonical GS1 Digital Link URI of an EPC, EPC class or pattern URN; of a foreign scheme the URN itself.

    :raises NotAnEpc: with a sentence that says why.
    """
    _urn, _epc, kind, name, body = (*urn.split(":", 4), "", "", "")[:5]
    scheme = _KINDS.get(kind, {}).get(name)
    if scheme is None:
        if kind == "id" and name in FOREIGN and body:
            return urn
        msg = f"urn:epc:{kind}:{name} is not one of the schemes of identifiers in events"
        raise NotAnEpc(msg)
    wanted = 2 + scheme.counted + bool(scheme.serial)
    parts = body.split(".", wanted - 1)
    if len(parts) != wanted:
        msg = f"an identifier of {name} has {wanted} parts between its dots, this one has {len(parts)}"
        raise NotAnEpc(msg)
    key = _key(name, scheme, parts[0], parts[1])
    if scheme.counted:
        key += _counted(parts[2:-1])
    tail = _tail_of_pattern(parts[-1]) if kind == "idpat" else _tail(name, scheme, parts[-1])
    return f"{DIGITAL_LINK}/{scheme.ai}/{key}{tail}"


@lru_cache(maxsize=4096)  # many serials, few kinds
def _key(name: str, scheme: Scheme, prefix: str, reference: str) -> str:
    """Return the GS1 key, with its check digit where it has one."""
    if not _is_number(prefix) or len(prefix) not in PREFIX_DIGITS:
        msg = f"a company prefix has 6 to 12 digits, “{prefix}” has not"
        raise NotAnEpc(msg)
    if not scheme.digits:
        return prefix + _encoded(name, reference, scheme.letters, scheme.longest - len(prefix))
    if len(prefix) + len(reference) != scheme.digits or (reference and not _is_number(reference)):
        msg = f"prefix and reference of {name} have {scheme.digits} digits together, “{prefix}.{reference}” has not"
        raise NotAnEpc(msg)
    number = reference[:1] + prefix + reference[1:] if scheme.has_indicator else prefix + reference
    return scheme.leading + number + check_digit(number)


def _counted(parts: list[str]) -> str:
    if any(len(part) != 2 or not _is_number(part) for part in parts):
        msg = f"piece and total have two digits each, “{'.'.join(parts)}” has not"
        raise NotAnEpc(msg)
    return "".join(parts)


def _tail(name: str, scheme: Scheme, serial: str) -> str:
    """Return what stands behind the key."""
    if not scheme.serial or (scheme.ai == "414" and serial == "0"):  # an extension of 0 says: the place itself
        return ""
    if scheme.serial_is_number and not (_is_number(serial) and len(serial) <= scheme.serial):
        msg = f"the serial number of {name} has up to {scheme.serial} digits, “{serial}” has not"
        raise NotAnEpc(msg)
    written = serial if scheme.serial_is_number else _encoded(name, serial, _SERIAL, scheme.serial)
    return f"/{scheme.qualifier}/{written}" if scheme.qualifier else written


def _tail_of_pattern(serial: str) -> str:
    if serial != "*":
        msg = f"a pattern ends with “*”, not with “{serial}”"
        raise NotAnEpc(msg)
    return ""


def _encoded(name: str, text: str, letters: re.Pattern[str], longest: int) -> str:
    """Return a serial or reference as a Digital Link writes it."""
    if letters is _SERIAL and text.isalnum() and text.isascii():  # most are
        plain = written = text
    elif letters.fullmatch(text):
        plain = unquote(text)
        written = escaped(plain)
    else:
        msg = f"“{text}” is empty or has a character that {name} does not allow"
        raise NotAnEpc(msg)
    if len(plain) > longest:
        msg = f"“{text}” is longer than the {longest} characters that {name} allows here"
        raise NotAnEpc(msg)
    return written


def escaped(text: str) -> str:
    """Return a value as it stands in a Digital Link's path (URI Syntax, section 4.2)."""
    return quote(text, safe="';=")


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdigit()


def urn_of(digital_link: str, prefix_digits: int) -> str:
    """
    Return the EPC, EPC class or pattern URN of a canonical Digital Link URI; where the company prefix ends is not in the number.

    :raises NotAnEpc: if no scheme writes it, or not with such a prefix.
    """
    ai, key, qualifier, value = (*digital_link.removeprefix(DIGITAL_LINK + "/").split("/"), "", "", "")[:4]
    if prefix_digits not in PREFIX_DIGITS:
        msg = f"a company prefix has 6 to 12 digits, not {prefix_digits}"
        raise NotAnEpc(msg)
    for kind, name, scheme in _writing(ai, qualifier):
        urn = f"urn:epc:{kind}:{name}:{_body(kind, scheme, key, value, prefix_digits)}"
        if digital_link_of(urn) == digital_link:
            return urn
    msg = f"no EPC scheme writes {digital_link}"
    raise NotAnEpc(msg)


def _writing(ai: str, qualifier: str) -> Iterator[tuple[str, str, Scheme]]:
    """Return the schemes that may write such a link: those with this qualifier; a pattern where a serial is absent."""
    for kind, schemes in _KINDS.items():
        for name, scheme in schemes.items():
            if scheme.ai == ai and (kind == "idpat" or scheme.qualifier == qualifier or (ai == "414" and not qualifier)):
                yield kind, name, scheme


def _body(kind: str, scheme: Scheme, key: str, value: str, prefix_digits: int) -> str:
    """Return prefix, reference and serial with their dots; nonsense for a scheme that does not fit, which the caller finds out."""
    key = key.removeprefix(scheme.leading)
    if not scheme.digits:
        parts = [key[:prefix_digits], key[prefix_digits:]]
    else:
        number, behind = key[: scheme.digits], key[scheme.digits + 1 :]
        indicator, number = (number[:1], number[1:]) if scheme.has_indicator else ("", number)
        parts = [number[:prefix_digits], indicator + number[prefix_digits:]]
        parts += [behind[start : start + 2] for start in range(0, 2 * scheme.counted, 2)]
        value = value if scheme.qualifier else behind
    if scheme.serial:
        parts.append("*" if kind == "idpat" else _in_urn(value) or "0")
    return ".".join(parts)


def _in_urn(value: str) -> str:
    """Return a Digital Link's value as a URN writes it, where fewer characters are escaped (Tag Data Standard, table A-1)."""
    return quote(unquote(value), safe="!'()*+,:;=")
