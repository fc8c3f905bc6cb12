"""The editor of a flow: parts and steps as rows of a form, read into what :mod:`teahorse.trace.flows` checks."""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Any

from django.conf import settings
from django.http import QueryDict
from django.utils.translation import gettext as _

from teahorse.catalog.content import BASE_LANGUAGE
from teahorse.common.refusals import Malformed

LANGUAGES = (BASE_LANGUAGE, "bo", "en")
MOST_ROWS = 60
EVENTS = ("object ADD", "object OBSERVE", "object DELETE", "transformation", "aggregation")
FLAGS = ("wants_photo", "wants_voice", "from_households", "hands_over")
YIELDS = ("least_yield", "most_yield")
Row = dict[str, Any]


def flow_typed(typed: QueryDict) -> tuple[dict[str, str], list[Row], list[Row]]:
    """
    Return the names, the parts and the steps of a form; rows whose key is empty are left out.

    :raises Malformed: with its field, where a number or a list of fields cannot be read.
    """
    names = {language: typed.get(f"name.{language}", "").strip() for language in LANGUAGES}
    parts = [_part(typed, f"part.{row}") for row in _rows(typed, "part")]
    steps = [_step(typed, f"step.{row}") for row in _rows(typed, "step")]
    return names, parts, steps


def _rows(typed: QueryDict, kind: str) -> Iterator[int]:
    """Return the rows that have a key, in the order of what stands in their fields of order."""
    rows = [row for row in range(MOST_ROWS) if _text(typed, f"{kind}.{row}.key")]
    yield from sorted(rows, key=lambda row: (_whole(typed.get(f"{kind}.{row}.place", ""), f"{kind}.{row}.place") or 0, row))


def _text(typed: QueryDict, field: str) -> str:
    return str(typed.get(field, "")).strip()


def _part(typed: QueryDict, at: str) -> Row:
    days, tolerance = _whole(typed.get(f"{at}.shelf_days", ""), f"{at}.shelf_days"), _percent(typed, f"{at}.tolerance")
    part = {
        "key": _text(typed, f"{at}.key"),
        "name": _words(typed, f"{at}.name"),
        "stage": typed.get(f"{at}.stage", "made"),
        "unit": _text(typed, f"{at}.unit"),
        "is_serialised": typed.get(f"{at}.is_serialised") == "yes",
        "certificates": typed.getlist(f"{at}.certificates"),
    }
    content = _decimal(typed, f"{at}.content", digits=4)
    known: Row = {"tolerance_bp": tolerance, "shelf_days": days or None, "content": None if content is None else float(content)}
    if content is not None:
        known["content_unit"] = _text(typed, f"{at}.content_unit")
    return _without_nothing(part) | {name: value for name, value in known.items() if value is not None}


def _step(typed: QueryDict, at: str) -> Row:
    event, _space, action = typed.get(f"{at}.event", "").partition(" ")
    step = {
        "key": _text(typed, f"{at}.key"),
        "name": _words(typed, f"{at}.name"),
        "help": _words(typed, f"{at}.help"),
        "event": event,
        "action": action,
        "biz_step": _text(typed, f"{at}.biz_step"),
        "disposition": _text(typed, f"{at}.disposition"),
        "takes": typed.getlist(f"{at}.takes"),
        "gives": typed.getlist(f"{at}.gives"),
        "process": _text(typed, f"{at}.process"),
        "certificates": typed.getlist(f"{at}.certificates"),
        "fields": _fields(typed.get(f"{at}.fields", ""), f"{at}.fields"),
        **{flag: typed.get(f"{at}.{flag}") == "yes" for flag in FLAGS},
    }
    return _without_nothing(step) | _yield(typed, at)


def _yield(typed: QueryDict, at: str) -> Row:
    """Return what usually comes out: percent of what goes in, or so much of a unit for each of what goes in."""
    unit = _text(typed, f"{at}.yield_unit")
    typed_bounds = {name: _decimal(typed, f"{at}.{name}", digits=4 if unit else 2) for name in YIELDS}
    parts = 10_000 if unit else 100
    bounds: Row = {f"{name}_bp": int(value * parts) for name, value in typed_bounds.items() if value is not None}
    return bounds | ({"yield_unit": unit} if unit else {})


def _without_nothing(row: Row) -> Row:
    return {name: value for name, value in row.items() if value not in ("", [], {}, False)}


def _words(typed: QueryDict, at: str) -> dict[str, str]:
    return {language: text for language in LANGUAGES if (text := typed.get(f"{at}.{language}", "").strip())}


def _whole(text: str, field: str) -> int | None:
    if not text.strip():
        return None
    if not (text.strip().isascii() and text.strip().isdigit() and len(text.strip()) < 6):
        raise Malformed(field=field, reason=_("Write a whole number."))
    return int(text)


def _percent(typed: QueryDict, field: str) -> int | None:
    text = typed.get(field, "").strip().replace(",", ".")
    if not text:
        return None
    whole, _point, rest = text.partition(".")
    if not (whole.isascii() and whole.isdigit() and len(whole) <= 3 and len(rest) <= 2 and (not rest or rest.isdigit())):
        raise Malformed(field=field, reason=_("Write a percentage between 0 and 100."))
    return int(whole) * 100 + int(rest.ljust(2, "0") or 0)


def _decimal(typed: QueryDict, field: str, *, digits: int) -> Decimal | None:
    text = _text(typed, field).replace(",", ".")
    if not text:
        return None
    if not re.fullmatch(rf"[0-9]{{1,5}}(\.[0-9]{{1,{digits}}})?", text):
        raise Malformed(field=field, reason=_("Write a number with at most %(digits)s digits after the point.") % {"digits": digits})
    return Decimal(text)


def _fields(text: str, field: str) -> Any:
    if not text.strip():
        return []
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        raise Malformed(field=field, reason=_("The list of questions is not JSON.")) from None


# --- What stands in the form


def shown_parts(parts: Sequence[Any]) -> list[tuple[int, Row]]:
    """Return the rows of parts with their numbers, and an empty one for the next."""
    rows = [{**part, "tolerance": f"{part.get('tolerance_bp', 500) / 100:g}"} for part in parts if isinstance(part, Mapping)]
    return list(enumerate([*rows, {}]))


def shown_steps(steps: Sequence[Any]) -> list[tuple[int, Row]]:
    """Return the rows of steps with their numbers, and an empty one for the next."""
    return list(enumerate([*(_shown_step(step) for step in steps if isinstance(step, Mapping)), {}]))


def _shown_step(step: Mapping[str, Any]) -> Row:
    event = step.get("event", "")
    what = f"{event} {step.get('action', 'ADD')}" if event == "object" else event
    fields = json.dumps(step["fields"], ensure_ascii=False, indent=1) if step.get("fields") else ""
    parts = 10_000 if step.get("yield_unit") else 100
    bounds = {name: f"{Decimal(step[f'{name}_bp']) / parts:f}" for name in YIELDS if step.get(f"{name}_bp") is not None}
    return {**step, **bounds, "what": what, "fields_text": fields}


def languages() -> list[tuple[str, str]]:
    """Return the languages in which names are written, with what they are called."""
    names = dict(settings.LANGUAGES)
    return [(language, str(names.get(language, language))) for language in LANGUAGES]
