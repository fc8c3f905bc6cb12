"""
How an identifier that is asked for may be written in events, and which identifiers a pattern means (EPCIS 2.0, section 8.2.7.1.1).

A pattern is an EPC pattern URN (Tag Data Standard, section 8: ``urn:epc:idpat:sgtin:9506000.013435.*``), a Digital Link whose last value is
``*``, or a name of its owner's making that ends with ``*``.
"""

import re
from functools import lru_cache

import msgspec

from teahorse.trace.epcis.epc_urns import DIGITAL_LINK, PATTERNS, PREFIX_DIGITS, SCHEMES, NotAnEpc, Scheme, urn_of
from teahorse.trace.epcis.identifiers import canonical, identify
from teahorse.trace.epcis.uris import is_uri

_STAND_IN = "1"  # a serial number that every scheme allows
_ENDS = ("/*", ":*", ".*")


class Pattern(msgspec.Struct, frozen=True):
    """Canonical identifiers: exactly ``uri``, or those that begin with it and, where it is given, match ``regex`` as a whole."""

    uri: str
    is_prefix: bool = False
    regex: str = ""

    def fits(self, uri: str) -> bool:
        """Say whether a canonical identifier is one of those that are meant."""
        if not self.is_prefix:
            return uri == self.uri
        return uri.startswith(self.uri) and (not self.regex or re.fullmatch(self.regex, uri) is not None)


def pattern_of(text: str, *, of_classes: bool = False) -> Pattern:
    """
    Return which identifiers ``text`` means: of things, or of classes, for which ``…sgtin:9506000.013435.*`` is itself a name.

    :raises NotAnEpc: with a sentence that says why, for what is neither an identifier nor a pattern.
    """
    if text.startswith("urn:epc:idpat:"):
        return _epc_pattern(text, of_classes=of_classes)
    if not text.endswith(_ENDS):
        return Pattern(identify(text).uri)
    link = canonical(text[:-1] + _STAND_IN)
    if link is not None and link.endswith(f"/{_STAND_IN}"):
        return Pattern(link.removesuffix(_STAND_IN), is_prefix=True)
    if not is_uri(text):
        msg = "it is not a URI"
        raise NotAnEpc(msg)
    return Pattern(text[:-1], is_prefix=True)


def _epc_pattern(text: str, *, of_classes: bool) -> Pattern:
    """Return what an EPC pattern means: with one star at its end a kind's pieces, with more of them a company's, or the whole scheme's."""
    _urn, _epc, _idpat, name, body = (*text.split(":", 4), "", "")[:5]
    scheme = SCHEMES.get(name)
    parts = body.split(".")
    whole = 2 + scheme.counted + bool(scheme.serial) if scheme else 0
    stars = parts.index("*") if "*" in parts else len(parts)
    if scheme is None or len(parts) != whole or set(parts[stars:]) - {"*"}:
        msg = f"“{text}” is no pattern of a scheme of identifiers, whose last parts are “*”"
        raise NotAnEpc(msg)
    if of_classes and stars == whole - 1 and name in PATTERNS:
        return Pattern(identify(text).uri)
    if stars == whole:
        return Pattern(identify(f"urn:epc:id:{name}:{body}").uri)
    head = f"{DIGITAL_LINK}/{scheme.ai}/"
    if stars < 2:
        return _of_company(scheme, head, parts[0] if stars else "", of_classes=of_classes)
    told = [*parts[:stars], *["01"] * (2 + scheme.counted - stars), *([_STAND_IN] if scheme.serial else [])]
    link = identify(f"urn:epc:id:{name}:{'.'.join(told)}").uri.removesuffix(_STAND_IN)
    if stars < 2 + scheme.counted or name == "sgln":  # the pieces are open too; a place without an extension is meant as well
        link = link[: len(head) + scheme.digits + 1 + 2 * (stars - 2) * bool(scheme.counted)]
    return Pattern(link, is_prefix=True)


def _of_company(scheme: Scheme, head: str, prefix: str, *, of_classes: bool) -> Pattern:
    """Return what a pattern means of which no more than a company prefix is known."""
    if prefix and not (prefix.isdecimal() and len(prefix) in PREFIX_DIGITS):
        msg = f"a company prefix has 6 to 12 digits, “{prefix}” has not"
        raise NotAnEpc(msg)
    tail = f"[^/]+/{scheme.qualifier}/[^/]+" if scheme.qualifier not in {"", "254"} and not of_classes else "[^/]+(/254/[^/]+)?"
    before = scheme.leading + ("[0-9]" if scheme.has_indicator and prefix else "")
    known = head + scheme.leading + ("" if scheme.has_indicator else prefix)
    return Pattern(known, is_prefix=True, regex=f"^{re.escape(head)}{before}{prefix}{tail}$")


@lru_cache(maxsize=4096)
def forms_of(text: str) -> tuple[str, ...]:
    """Return every way in which an event may write an identifier: as it was asked, as a canonical Digital Link, as URNs of any prefix."""
    link = canonical(text)
    forms = {text} if link is None else {text, link}
    for digits in PREFIX_DIGITS if link else ():
        try:
            forms.add(urn_of(link or "", digits))
        except NotAnEpc:
            continue
    return tuple(sorted(forms))
