"""
What a category asks of its goods and of their forms, as data that staff may write.

A definition is ``{"key", "label": {language: text}, "kind": "text" | "number" | "choice", "unit": {language: text},
"choices": [{"key", "label": {language: text}}], "least", "most", "is_needed"}``; only key, label and (for a choice) choices must be there.
"""

import math
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

KINDS = ("text", "number", "choice")
KEY = re.compile(r"[a-z][a-z0-9_]{0,39}")
LONGEST_TEXT = 500
BASE_LANGUAGE = "zh-hans"
Definition = Mapping[str, Any]


def check_definitions(definitions: Any) -> None:
    """
    Refuse definitions that the editor could not show.

    :raises ValidationError: with everything that is wrong, each with the key that it belongs to.
    """
    if not isinstance(definitions, list):
        raise ValidationError(_("Write a list of properties."))
    faults = [fault for number, one in enumerate(definitions, start=1) for fault in _faults(number, one)]
    keys = [one.get("key") for one in definitions if isinstance(one, dict)]
    faults += [_("%(key)s stands there twice.") % {"key": key} for key in dict.fromkeys(keys) if key and keys.count(key) > 1]
    if faults:
        raise ValidationError(faults)


def _faults(number: int, one: Any) -> Iterator[str]:
    if not isinstance(one, dict):
        yield _("Property %(number)s: write an object.") % {"number": number}
        return
    name = one.get("key") if isinstance(one.get("key"), str) and KEY.fullmatch(one["key"]) else None
    if name is None:
        yield _("Property %(number)s: the key is written in small letters, digits and underscores.") % {"number": number}
    where = {"key": name or number}
    if not _has_words(one.get("label")):
        yield _("%(key)s: the label is a text by language, Chinese at least.") % where
    if one.get("kind", "text") not in KINDS:
        yield _("%(key)s: the kind is text, number or choice.") % where
    if "unit" in one and not _has_words(one["unit"]):
        yield _("%(key)s: the unit is a text by language, Chinese at least.") % where
    if any(name in one and not is_number(one[name]) for name in ("least", "most")):
        yield _("%(key)s: the bounds are numbers.") % where
    if one.get("kind") == "choice" and not _has_choices(one.get("choices")):
        yield _("%(key)s: each choice has a key and a label; there is at least one.") % where


def _has_words(words: Any) -> bool:
    return isinstance(words, dict) and bool(words.get(BASE_LANGUAGE)) and all(isinstance(text, str) for text in words.values())


def _has_choices(choices: Any) -> bool:
    if not isinstance(choices, list) or not choices:
        return False
    return all(isinstance(one, dict) and isinstance(one.get("key"), str) and one["key"] and _has_words(one.get("label")) for one in choices)


def is_number(value: Any) -> bool:
    """Return whether a value is a number that can be written down."""
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def value_fault(value: Any, definition: Definition) -> str:
    """Return what is wrong with the value of an attribute, in the reader's language; nothing where it is fine."""
    kind = definition.get("kind", "text")
    if kind == "number":
        return _number_fault(value, definition)
    if kind == "choice":
        return "" if value in [choice["key"] for choice in definition.get("choices", ())] else _("Choose one of the list.")
    texts = list(value.values()) if isinstance(value, dict) else [value]
    if not all(isinstance(text, str) for text in texts):
        return _("Write a text.")
    too_long = any(len(text) > LONGEST_TEXT for text in texts)
    return _("Too long: at most %(limit)s characters.") % {"limit": LONGEST_TEXT} if too_long else ""


def _number_fault(value: Any, definition: Definition) -> str:
    if not is_number(value):
        return _("Write a number.")
    least, most = definition.get("least"), definition.get("most")
    if least is not None and value < least:
        return _("Write a number that is not below %(least)s.") % {"least": f"{least:g}"}
    if most is not None and value > most:
        return _("Write a number that is not above %(most)s.") % {"most": f"{most:g}"}
    return ""


def said(words: Any, language: str) -> str:
    """Return a text by language in one language, else in Chinese, else in any; a plain text as it is."""
    if not isinstance(words, Mapping):
        return "" if words is None else str(words)
    return str(words.get(language) or words.get(BASE_LANGUAGE) or next(iter(words.values()), ""))


def label_of(definition: Definition, language: str) -> str:
    """Return what an attribute is called."""
    return said(definition.get("label") or definition.get("key"), language)


def value_in_words(definition: Definition, value: Any, language: str) -> str:
    """Return the value of an attribute as people read it, with its unit; nothing where there is none."""
    if value in (None, "", {}):
        return ""
    if definition.get("kind") == "choice":
        chosen = next((one for one in definition.get("choices", ()) if one.get("key") == value), None)
        return said(chosen.get("label") or chosen["key"], language) if chosen else str(value)
    if definition.get("kind") == "number" and is_number(value):
        return f"{plain_number(value)} {said(definition.get('unit'), language)}".strip()
    return said(value, language)


def plain_number(value: float) -> str:
    """Return a number without digits that say nothing: ``1000000``, ``12.5``."""
    return str(int(value)) if float(value).is_integer() else repr(float(value))


def in_words(definitions: Sequence[Definition], values: Mapping[str, Any], language: str) -> list[tuple[str, str]]:
    """Return label and value of everything that is told, in the order of the definitions."""
    told = [(label_of(one, language), value_in_words(one, values.get(one.get("key", "")), language)) for one in definitions]
    return [(label, text) for label, text in told if text]
