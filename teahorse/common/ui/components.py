"""
The small components that stand on every page, made without a template.

A page writes ``<c-badge tone="good">…</c-badge>`` whichever way a component is made. As a template of its own it costs
60 to 200 microseconds: its defaults are worked out and its context is stacked anew each time. As a function it costs a quarter or a tenth.

A component is given what the page says (words of people are escaped here, what came through a template is escaped
already), its slot, and the attributes that it does not know, ready to stand in its tag.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from html import escape
from typing import Any

from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _

from teahorse.common.ui import goods_card as cards
from teahorse.common.ui.drawings import drawing_url
from teahorse.common.ui.signs import band, icon

Given = Mapping[str, Any]
Draw = Callable[[Given, str, str], str]


@dataclass(frozen=True, slots=True)
class Component:
    """A component: what it knows of with what stands for it where a page says nothing, and how it is drawn."""

    defaults: Mapping[str, str]
    draw: Draw


COMPONENTS: dict[str, Component] = {}


def _component(**defaults: str) -> Callable[[Draw], Draw]:
    def known(draw: Draw) -> Draw:
        COMPONENTS[draw.__name__] = Component(defaults, draw)
        return draw

    return known


def _text(value: Any) -> str:
    """Escape what was not escaped yet."""
    return value if isinstance(value, SafeString) else escape(str(value))


def _icon(name: Any) -> str:
    return icon(str(name)) if name else ""


@_component(tone="", icon="")
def badge(given: Given, slot: str, _attrs: str) -> str:
    """Draw a word in a coloured box; tones ``good info warn alarm season solid``."""
    tone = given["tone"]
    return f'<span class="badge{f" badge--{_text(tone)}" if tone else ""}">{_icon(given["icon"])}{slot}</span>'


@_component(bo="", zh="", look="")
def bilingual(given: Given, _slot: str, _attrs: str) -> str:
    """Write Tibetan above Chinese."""
    look, bo = given["look"], given["bo"]
    above = f'<span lang="bo">{_text(bo)}</span>' if bo else ""
    style = f" bilingual--{_text(look)}" if look else ""
    return f'<span class="bilingual{style}">{above}<span lang="zh-hans">{_text(given["zh"])}</span></span>'


@_component(code="", height="20", width="2400")
def woven(given: Given, _slot: str, _attrs: str) -> str:
    """Draw a broad band with the look of cloth."""
    return f'<span class="woven">{band(str(given["code"]), width=int(given["width"]), height=int(given["height"]))}</span>'


COMPONENTS["band"] = COMPONENTS.pop("woven")


@_component(href="", tone="", icon="", type="submit", wide="", small="", busy="", disabled="")
def button(given: Given, slot: str, attrs: str) -> str:
    """Draw a button, or a link that looks like one."""
    look = "".join((f" button--{_text(given['tone'])}" if given["tone"] else "", " button--wide" if given["wide"] else ""))
    look += " button--small" if given["small"] else ""
    words = f"{_icon(given['icon'])}{slot}"
    if given["href"]:
        return f'<a class="button{look}" href="{_text(given["href"])}"{attrs}>{words}</a>'
    state = (' aria-busy="true"' if given["busy"] else "") + (" disabled" if given["disabled"] else "")
    return f'<button class="button{look}" type="{_text(given["type"])}"{state}{attrs}>{words}</button>'


@_component(href="", on="", icon="")
def chip(given: Given, slot: str, attrs: str) -> str:
    """Draw a choice of a filter; ``on`` is the one that holds."""
    on, words = given["on"], f"{_icon(given['icon'])}{slot}"
    if given["href"]:
        here = ' aria-current="true"' if on else ""
        return f'<a class="chip" href="{_text(given["href"])}"{here}{attrs}>{words}</a>'
    return f'<button type="button" class="chip" aria-pressed="{"true" if on else "false"}"{attrs}>{words}</button>'


@_component(kind="parcel", title="", href="", action="")
def empty(given: Given, slot: str, _attrs: str) -> str:
    """Say that there is nothing, and what to do next."""
    told = f"<div>{slot}</div>" if slot else ""
    leads = f'<a class="button" href="{_text(given["href"])}">{_text(given["action"])}</a>' if given["href"] else ""
    drawing = f'<img src="{escape(drawing_url(str(given["kind"])))}" alt="" width="132" height="132">'
    return f'<div class="empty">{drawing}<p class="empty__title">{_text(given["title"])}</p>{told}{leads}</div>'


@_component(name="", label="", help="", error="", optional="", value="", type="text", id="")
def field(given: Given, slot: str, attrs: str) -> str:
    """Draw a label with its input, or with the control in the slot, and what is told about it."""
    name, aid, error = _text(given["name"]), given["help"], given["error"]
    key = _text(given["id"]) or name
    optional = _("(optional)")
    word = f' <span class="field__optional">{optional}</span>' if given["optional"] else ""
    state = f' aria-describedby="{key}-told"' if aid or error else ""
    state += (' aria-invalid="true"' if error else "") + ("" if given["optional"] else " required")
    control = slot or (f'<input id="{key}" name="{name}" type="{_text(given["type"])}" value="{_text(given["value"])}"{state}{attrs}>')
    told = ""
    if aid or error:
        wrong = f'<p class="field__error">{_icon("warning")}<span>{_text(error)}</span></p>' if error else ""
        more = f'<p class="field__help">{_text(aid)}</p>' if aid else ""
        told = f'<div id="{key}-told">{wrong}{more}</div>'
    look = " field--error" if error else ""
    return f'<div class="field{look}"><label for="{key}">{_text(given["label"])}{word}</label>{control}{told}</div>'


NOTICES = {
    "alarm": ('notice notice--alarm" role="alert', "recall"),
    "warn": ("notice notice--warn", "warning"),
    "good": ("notice notice--good", "check"),
}


@_component(tone="info", title="")
def notice(given: Given, slot: str, _attrs: str) -> str:
    """Tell something; tones ``info good warn alarm``."""
    look, sign = NOTICES.get(str(given["tone"]), ("notice notice--info", "info"))
    title = f'<p class="notice__title">{_text(given["title"])}</p>' if given["title"] else ""
    return f'<div class="{look}">{_icon(sign)}{title}<div>{slot}</div></div>'


@_component(fen="", was="", style="", unit="")
def price(given: Given, _slot: str, _attrs: str) -> str:
    """Write a price in fen, and what it was before."""
    unit = f' <span class="unit">{_text(given["unit"])}</span>' if given["unit"] else ""
    if not given["was"]:
        return f"{_yuan(given['fen'], str(given['style']))}{unit}"
    was = _("before")
    before = f'<s class="price price--was"><span class="visually-hidden">{was}</span> {cards.price_plain(int(given["was"]))}</s>'
    return f'<span class="prices">{_yuan(given["fen"], "less")} {before}</span>{unit}'


def _yuan(fen: Any, style: str) -> str:
    return cards.price(int(fen), style=style) if fen != "" else ""


@_component(name="quantity", value="1", min="1", max="", label="", id="")
def stepper(given: Given, _slot: str, attrs: str) -> str:
    """Draw a number with a button below and one above it."""
    name = _text(given["name"])
    most = f' max="{_text(given["max"])}"' if given["max"] else ""
    label = _text(given["label"]) if given["label"] else _("How many")
    less, more = _("One less"), _("One more")
    return (
        f'<quantity-stepper class="stepper"><button type="button" data-step="-1" aria-label="{less}">{_icon("minus")}</button>'
        f'<input id="{_text(given["id"]) or name}" name="{name}" type="number" inputmode="numeric" value="{_text(given["value"])}"'
        f' min="{_text(given["min"])}"{most} aria-label="{label}"{attrs}>'
        f'<button type="button" data-step="1" aria-label="{more}">{_icon("plus")}</button></quantity-stepper>'
    )


def drawn(component: Component, given: Given, slot: str, attrs: str) -> SafeString:
    """Draw a component; ``attrs`` begins with a space where there are any."""
    return mark_safe(component.draw(given, slot, attrs))  # noqa: S308  # each word is escaped above, or was by its template
