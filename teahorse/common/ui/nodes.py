"""
Template nodes that do a thing once and keep it: pieces of a page, words in a language, addresses; and components in Python.

A page of the mall has dozens of them. Django's own ``{% translate %}`` and ``{% url %}`` find out anew each time what
cannot have changed since the process began.
"""

from collections.abc import Hashable, Sequence
from typing import Any
from uuid import UUID

from django import template
from django.conf import settings
from django.template.base import FilterExpression, Node, NodeList, Parser, Token
from django.template.defaulttags import URLNode, url
from django.templatetags.i18n import TranslateNode, do_translate
from django.urls import get_script_prefix
from django.utils.html import escape
from django.utils.safestring import SafeString
from django.utils.translation import get_language
from django_cotton.templatetags import compile_inline_template, strip_quotes_with_status
from django_cotton.templatetags._component import CottonComponentNode, cotton_component
from django_cotton.utils import ensure_quoted

from teahorse.common.ui.components import COMPONENTS, Component, drawn

Key = tuple[Hashable, ...]


class Kept:
    """What a node drew, by what it depends on; when there is too much of it all is let go."""

    most = 1024
    longest = 200
    """Letters of a value that somebody may choose; what depends on longer ones is drawn each time."""

    def __init__(self) -> None:
        self._drawn: dict[Key, SafeString] = {}

    def find(self, key: Key) -> SafeString | None:
        """Return what was drawn for a key."""
        return self._drawn.get(key)

    def keep(self, key: Key, text: SafeString) -> SafeString:
        """Keep what was drawn, and return it."""
        if any(isinstance(part, str) and len(part) > self.longest for part in key):
            return text
        if len(self._drawn) >= self.most:
            self._drawn.clear()
        self._drawn[key] = text
        return text


class KeepNode(Node):
    """Renders its content once for a language and the values that it names, and keeps it with the template."""

    def __init__(self, content: NodeList, names: Sequence[FilterExpression]) -> None:
        self.content = content
        self.names = names
        self.kept = Kept()

    def render(self, context: template.Context) -> SafeString:
        key = (get_language(), *[name.resolve(context) for name in self.names])
        return self.kept.find(key) or self.kept.keep(key, self.content.render(context))


class WordsNode(Node):
    """A literal in ``{% translate %}``: looked up once for a language."""

    def __init__(self, inner: TranslateNode) -> None:
        self.inner = inner
        self.kept = Kept()

    def render(self, context: template.Context) -> SafeString:
        language = (get_language(),)
        return self.kept.find(language) or self.kept.keep(language, SafeString(self.inner.render(context)))


def translate(parser: Parser, token: Token) -> Node:
    """Do as Django's tag does; a literal without filters, context or ``as`` is looked up once for a language."""
    inner: TranslateNode = do_translate(parser, token)
    words = inner.filter_expression
    is_literal = isinstance(words.var, template.Variable) and words.var.literal is not None
    if not is_literal or words.filters or inner.asvar or inner.message_context:
        return inner
    return WordsNode(inner)


class AddressNode(Node):
    """A ``{% url %}`` whose arguments are text and keys: found once for them."""

    def __init__(self, inner: URLNode) -> None:
        self.inner = inner
        self.kept = Kept()

    def render(self, context: template.Context) -> str:
        values = [argument.resolve(context) for argument in (*self.inner.args, *self.inner.kwargs.values())]
        if not all(isinstance(value, str | UUID) for value in values):
            return self.inner.render(context)
        key = (settings.ROOT_URLCONF, get_script_prefix(), context.autoescape, *values)
        return self.kept.find(key) or self.kept.keep(key, SafeString(self.inner.render(context)))


def address(parser: Parser, token: Token) -> Node:
    """Do as Django's ``{% url %}`` does; an address of a named view is found once for the same arguments."""
    inner = url(parser, token)
    if inner.asvar or not isinstance(inner.view_name.var, str):
        return inner
    return AddressNode(inner)


class ComponentNode(Node):
    """A component in Python (:mod:`teahorse.common.ui.components`) with what a page says to it."""

    child_nodelists = ("slot",)

    def __init__(self, component: Component, slot: NodeList, said: dict[str, Any]) -> None:
        self.component = component
        self.slot = slot
        self.given = {**component.defaults, **{key: value for key, value in said.items() if key in component.defaults}}
        self.asked = [(key, value) for key, value in self.given.items() if isinstance(value, _Words | FilterExpression)]
        self.attrs = [(key, value) for key, value in said.items() if key not in component.defaults]

    def render(self, context: template.Context) -> SafeString:
        given = self.given
        if self.asked:
            given = dict(given)
            for key, value in self.asked:
                said = value.resolve(context)
                given[key] = self.component.defaults[key] if said is None else said
        attrs = "".join([self._attr(key, value, context) for key, value in self.attrs]) if self.attrs else ""
        return drawn(self.component, given, self.slot.render(context) if self.slot else "", attrs)

    @staticmethod
    def _attr(key: str, value: Any, context: template.Context) -> str:
        if isinstance(value, _Words):
            value = value.resolve(context)
        elif isinstance(value, FilterExpression):
            value = value.resolve(context)
            if value is None or value is False:
                return ""
            value = value if value is True else escape(value)
        if value is True:
            return f" {key}"
        return f" {key}={ensure_quoted(value)}"  # type: ignore[no-untyped-call]  # django-cotton says no types


class _Words:
    """An attribute's value that is a template of its own, such as ``"{{ typed.name }}"``."""

    def __init__(self, text: str, library: template.Library | None) -> None:
        self.nodes: NodeList = compile_inline_template(text, library).nodelist

    def resolve(self, context: template.Context) -> SafeString:
        if len(self.nodes) == 1:
            return SafeString(self.nodes[0].render_annotated(context))
        return self.nodes.render(context)


def component(parser: Parser, token: Token) -> Node:
    """``<c-field …>``, which django-cotton writes as ``{% cotton field … %}``: in Python where it is known there, else its template."""
    inner: CottonComponentNode = cotton_component(parser, token)  # type: ignore[no-untyped-call]  # django-cotton says no types
    found = COMPONENTS.get(inner.component_name)
    if found is None:
        return inner
    return ComponentNode(
        found, inner.nodelist, {key.removeprefix(":"): _said(parser, inner, key, value) for key, value in inner.attrs.items()}
    )


def _said(parser: Parser, inner: CottonComponentNode, key: str, raw: Any) -> Any:
    value, is_quoted = strip_quotes_with_status(raw)
    if key.startswith(":") or (not is_quoted and isinstance(value, str) and value):
        return parser.compile_filter(value)
    if isinstance(value, str) and ("{{" in value or "{%" in value):
        return _Words(value, inner.active_library)
    return value
