"""The design system in templates; known to every template without ``{% load %}``."""

from collections.abc import Iterable, Sequence
from functools import lru_cache
from html import escape
from typing import Any

from django import template
from django.core.paginator import Paginator
from django.template.base import Parser, Token
from django.utils.html import format_html
from django.utils.http import urlencode
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import get_language

from teahorse.common.money import FEN_PER_YUAN
from teahorse.common.ui import goods_card as cards
from teahorse.common.ui import nodes, plots, profile, signs
from teahorse.common.ui.band import Direction
from teahorse.common.ui.drawings import drawing_url
from teahorse.common.ui.said import said

register = template.Library()
register.tag("translate", nodes.translate)
register.tag("trans", nodes.translate)
register.tag("url", nodes.address)
register.tag("cotton", nodes.component)


@register.filter
def yuan(fen: int | str | None, style: str = "") -> SafeString:
    """``{{ fen|yuan }}``: a price with a large yuan; styles ``large``, ``small``, ``less`` (reduced). Nothing for no amount."""
    return mark_safe("") if fen is None or fen == "" else cards.price(int(fen), style=style)


@register.filter
def yuan_plain(fen: int | str | None) -> str:
    """``{{ fen|yuan_plain }}``: ``¥1,280.50`` as plain text, for tables and sentences."""
    return "" if fen is None or fen == "" else cards.price_plain(int(fen))


@register.filter
def spoken(number: int | str | None) -> str:
    """``{{ n|spoken }}``: the number as people say it, ``18.97 亿`` or ``1.2 万`` in Chinese, grouped in English."""
    return "" if number is None or number == "" else said(int(number), get_language() or "zh-hans")


@register.filter
def yuan_spoken(fen: int | str | None) -> str:
    """``{{ fen|yuan_spoken }}``: an amount as people say it, ``¥18.97 亿``; whole yuan."""
    if fen is None or fen == "":
        return ""
    return f"¥{said(int(fen) // FEN_PER_YUAN, get_language() or 'zh-hans')}"


@register.simple_tag
def exactly(number: int | str, sign: str = "") -> SafeString:
    """``{% exactly n %}``: the number as said, with the exact one on a tap; ``sign`` stands before both."""
    number = int(number)
    return format_html(
        '<data class="spoken" value="{}" title="{}{}">{}{}</data>',
        number,
        sign,
        f"{number:,}",
        sign,
        said(number, get_language() or "zh-hans"),
    )


@register.simple_tag
def band(code: str, height: int = 8, direction: Direction = "across", width: int = 320) -> SafeString:
    """``{% band code height=8 direction="across" %}``: the woven band of a maker, inline."""
    return signs.band(str(code), width=int(width), height=int(height), direction=direction)


@register.simple_tag
def drawing(kind: str) -> str:
    """``{% drawing kind %}``: the address of the drawing of a kind of goods; unknown kinds get the parcel."""
    return drawing_url(kind)


@register.simple_tag
def icon(name: str, label: str = "", look: str = "") -> SafeString:
    """``{% icon "cart" %}``: an icon of the sprite; with a label it is read aloud, without one it is decoration."""
    return signs.icon(name, str(label), look)


@register.simple_tag
def height_profile(points: Iterable[Any], reached_km: float | None = None, title: str = "") -> SafeString:
    """
    ``{% height_profile points reached_km=312 title=… %}``: the profile of a way.

    Points are :class:`teahorse.common.ui.profile.Point` or tuples ``(km, height_m, name, is_pass)``.
    """
    way = tuple(point if isinstance(point, profile.Point) else profile.Point(*point) for point in points)
    return _height_profile(way, reached_km, title, get_language())


@lru_cache(maxsize=512)
def _height_profile(way: tuple[profile.Point, ...], reached_km: float | None, title: str, language: str | None) -> SafeString:  # noqa: ARG001  # the language tells kept drawings apart
    return mark_safe(profile.profile_figure(way, reached_km=reached_km, title=title))  # noqa: S308  # escapes its names


@register.simple_tag
def sparkline(values: Sequence[float], label: str = "") -> SafeString:
    """``{% sparkline values label %}``: a small line beside a figure."""
    return mark_safe(plots.sparkline(values, label=label))  # noqa: S308  # escapes its label


@register.simple_tag
def county_map(counties: Sequence[plots.County], label: str = "") -> SafeString:
    """``{% county_map counties label %}``: discs at the county seats, sized by value."""
    return _county_map(tuple(counties), label)


@lru_cache(maxsize=64)
def _county_map(counties: tuple[plots.County, ...], label: str) -> SafeString:
    return mark_safe(plots.county_map(counties, label=label))  # noqa: S308  # escapes its names


@register.simple_tag
def goods_card(**card: Any) -> SafeString:
    """``{% goods_card href=… name=… price_fen=… %}``: see :func:`teahorse.common.ui.goods_card.goods_card`."""
    return cards.goods_card(**card)


@register.simple_tag
def options(choices: Iterable[tuple[str, str]], chosen: str = "") -> SafeString:
    """``{% options choices chosen %}``: the options of a select, from pairs of value and name."""
    words = [f'<option value="{escape(key)}"{" selected" if key == chosen else ""}>{escape(name)}</option>' for key, name in choices]
    return mark_safe("".join(words))  # noqa: S308  # both are escaped


@register.simple_tag(takes_context=True)
def language_url(context: template.Context, code: str) -> str:
    """``{% language_url "bo" %}``: this page in another language, keeping what was asked for."""
    request = context.get("request")
    asked = [] if request is None else [(key, value) for key, values in request.GET.lists() if key != "lang" for value in values]
    return f"?{urlencode([*asked, ('lang', code)])}"


@register.simple_tag(takes_context=True)
def page_url(context: template.Context, number: int, name: str = "page") -> str:
    """
    ``{% page_url 3 %}``: this list at another page, keeping its filters.

    A list that is shown at the address of a refused form says by ``list_url`` where it stands.
    """
    request = context.get("request")
    asked = [] if request is None else [(key, value) for key, values in request.GET.lists() if key != name for value in values]
    return f"{context.get('list_url', '')}?{urlencode([*asked, (name, number)])}"


@register.filter
def stands_at(path: str, place: str) -> SafeString:
    """``{{ path|stands_at:"/me/" }}``: ``aria-current="page"`` where the path is at or below a place (home: only at it)."""
    here = path == place if place == "/" else bool(path) and path.startswith(place)
    return SafeString(' aria-current="page"' if here else "")


@register.filter
def section(path: str) -> str:
    """``{{ path|section }}``: the first step of an address, ``/me/`` for ``/me/orders/``."""
    first = str(path or "").strip("/").partition("/")[0]
    return f"/{first}/" if first else "/"


@register.tag
def keep(parser: Parser, token: Token) -> nodes.KeepNode:
    """
    ``{% keep path|section cart_count %}…{% endkeep %}``: rendered once for a language and these values, then remembered.

    The content may depend on nothing else: it is shown to everybody. A frame of thirty translations costs as much as
    the rest of a page, which is why it is kept.
    """
    names = [parser.compile_filter(name) for name in token.split_contents()[1:]]
    content = parser.parse(("endkeep",))
    parser.delete_first_token()
    return nodes.KeepNode(content, names)


@register.filter
def page_numbers(paginator: "Paginator[Any]", here: int) -> list[int]:
    """``{{ paginator|page_numbers:3 }}``: first, last and the neighbours of a page; 0 stands for a gap."""
    last = paginator.num_pages
    shown = sorted({1, last, *range(max(1, here - 1), min(last, here + 1) + 1)})
    numbers: list[int] = []
    for number in shown:
        if numbers and number - numbers[-1] == 2:
            numbers.append(number - 1)
        elif numbers and number - numbers[-1] > 2:
            numbers.append(0)
        numbers.append(number)
    return numbers
