"""
Links of a thing, and which of them is meant (GS1-Conformant Resolver Standard, RFC 9264). Plain Python.

Each thing has exactly one default link; the others have a type of the GS1 Web Vocabulary, and may say for whom they are.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

VOCABULARY: Final = "https://ref.gs1.org/voc/"
PREFIXES = ("gs1:", VOCABULARY, "https://gs1.org/voc/", "https://www.gs1.org/voc/")
"""How people write that a link's type is of this vocabulary."""
DEFAULT: Final = "defaultLink"
WHOLE: Final = frozenset({"linkset", "all"})
"""Types by which somebody asks for all links; the second is of old versions."""
CONTEXT: Final = "https://ref.gs1.org/standards/resolver/linkset-context"


@dataclass(frozen=True, slots=True)
class Link:
    """A link of a type: where to, what it is, and for whom: languages (two letters), media type, context (a country, a trade)."""

    type: str
    href: str
    title: str
    languages: tuple[str, ...] = ()
    media_type: str = ""
    context: tuple[str, ...] = ()

    @property
    def for_whom(self) -> tuple[object, ...]:
        """What tells links of one type apart."""
        return self.languages, self.media_type, self.context

    def written(self) -> dict[str, Any]:
        """Return it as a link object of a linkset."""
        made: dict[str, Any] = {"href": self.href, "title": self.title}
        if self.media_type:
            made["type"] = self.media_type
        if self.languages:
            made["hreflang"] = list(self.languages)
        if self.context:
            made["context"] = list(self.context)
        return made


@dataclass(frozen=True, slots=True)
class Anchor:
    """A thing at one level, a piece, its lot, its kind, with the links that it has there."""

    uri: str
    description: str
    default: Link
    links: tuple[Link, ...] = field(default=())

    def written(self) -> dict[str, Any]:
        """Return it as a context object of a linkset."""
        made: dict[str, Any] = {"anchor": self.uri, "itemDescription": self.description}
        made[VOCABULARY + DEFAULT] = [{"href": self.default.href, "title": self.default.title}]
        for link in self.links:
            made.setdefault(VOCABULARY + link.type, []).append(link.written())
        return made


def type_of(text: str) -> str:
    """Return a link's type without what stands before it."""
    for prefix in PREFIXES:
        if text.startswith(prefix):
            return text[len(prefix) :]
    return text


def of_type(anchors: Sequence[Anchor], type_name: str) -> list[Link]:
    """Return the links of a type at the finest level that has any."""
    if type_name == DEFAULT:
        return [anchors[0].default]
    for anchor in anchors:
        found = [link for link in anchor.links if link.type == type_name]
        if found:
            return found
    return []


def chosen(links: Sequence[Link], *, languages: Iterable[str] = (), media_type: str = "", context: str = "") -> list[Link]:
    """
    Return the link that fits best, or several that fit alike; ``languages`` from the best liked on.

    A wish narrows what there is; a wish that nothing fits leaves what is for everybody, else all.
    """
    found = _narrowed(list(links), context, lambda link: link.context)
    found = _narrowed(found, media_type, lambda link: (link.media_type,) if link.media_type else ())
    for language in languages:
        fitting = [link for link in found if language in link.languages]
        if fitting:
            found = fitting
            break
    else:
        found = [link for link in found if not link.languages] or found
    return [link for link in found if link.for_whom == found[0].for_whom]


def _narrowed(links: list[Link], wish: str, says: Callable[[Link], Sequence[str]]) -> list[Link]:
    return [link for link in links if wish and wish in says(link)] or [link for link in links if not says(link)] or links


def linkset(anchors: Iterable[Anchor]) -> dict[str, Any]:
    """Return things with their links as a linkset."""
    return {"linkset": [anchor.written() for anchor in anchors]}
