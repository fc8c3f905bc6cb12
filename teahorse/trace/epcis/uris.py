"""URIs (RFC 3986), and the prefixes that JSON-LD contexts give to them."""

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from teahorse.trace.epcis.limits import LONGEST_IDENTIFIER
from teahorse.trace.epcis.vocabulary import STANDARD_PREFIXES

_PLAIN = r"A-Za-z0-9\-._~!$&'()*+,;="
_ESCAPED = r"%[0-9A-Fa-f]{2}"


def _run(characters: str) -> str:
    return rf"(?:[{characters}]++|{_ESCAPED})*+"


# the authority is written with host names and addresses of version 4; no identifier of goods stands on a bracketed one
_URI = re.compile(
    r"[A-Za-z][A-Za-z0-9+.\-]*:"
    rf"(?://(?:{_run(_PLAIN + ':')}@)?{_run(_PLAIN)}(?::[0-9]*)?(?=[/?#]|\Z)|(?!//))"
    rf"{_run(_PLAIN + ':@/')}(?:\?{_run(_PLAIN + ':@/?')})?(?:\#{_run(_PLAIN + ':@/?')})?"
)


@lru_cache(maxsize=8192)
def is_uri(text: str) -> bool:
    """Say whether ``text`` is an absolute URI of bearable length; a compact one (``cbv:Comp-x``) has the same form."""
    return len(text) <= LONGEST_IDENTIFIER and _URI.fullmatch(text) is not None


def prefixes_of(context: object) -> dict[str, str]:
    """
    Return what the prefixes of a JSON-LD ``@context`` stand for, with those of the standard's own context.

    Contexts that are addresses are never fetched: a prefix counts where the document itself says what it means.
    """
    prefixes = dict(STANDARD_PREFIXES)
    for part in context if isinstance(context, list) else [context]:
        if isinstance(part, Mapping):
            prefixes.update(_of_object(part))
    return prefixes


def _of_object(context: Mapping[str, Any]) -> dict[str, str]:
    said = {}
    for prefix, meaning in context.items():
        address = meaning.get("@id") if isinstance(meaning, Mapping) else meaning
        if isinstance(address, str) and not prefix.startswith("@"):
            said[prefix] = address
    return said


def is_context(context: object) -> bool:
    """Say whether ``context`` is an address, an object or a list of such, none of them twice."""
    if isinstance(context, list):
        distinct = {repr(part) for part in context}
        return len(distinct) == len(context) and all(isinstance(part, Mapping) or _is_address(part) for part in context)
    return isinstance(context, Mapping) or _is_address(context)


def _is_address(part: object) -> bool:
    return isinstance(part, str) and is_uri(part)
