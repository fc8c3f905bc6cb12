"""Reading one cell of a table; what cannot be read raises ``ValueError`` with a word to the writer, an empty cell reads as nothing."""

import math

from django.utils.translation import gettext as _

from teahorse.catalog.definitions import Definition, plain_number
from teahorse.common.money import NotAnAmount, fen_of

RETURN_RULES = {
    "七天无理由": "seven_days",
    "七天": "seven_days",
    "生鲜": "fresh",
    "定制": "custom",
    "购买时确认": "confirmed",
    "": "seven_days",
}
YES = {
    "是": True,
    "有": True,
    "yes": True,
    "true": True,
    "1": True,
    "否": False,
    "无": False,
    "no": False,
    "false": False,
    "0": False,
    "": False,
}


def whole(text: str) -> int | None:
    """Read a whole number."""
    if not text:
        return None
    plain = text.replace(",", "")
    if not (plain.removeprefix("-").isascii() and plain.removeprefix("-").isdigit() and len(plain) <= 9):
        raise ValueError(_("Write a whole number."))
    return int(plain)


def fen(text: str) -> int | None:
    """Read an amount in yuan."""
    if not text:
        return None
    try:
        return fen_of(text)
    except NotAnAmount:
        raise ValueError(_("Write an amount in yuan, such as 38.00.")) from None


def yes(text: str) -> bool:
    """Read yes or no."""
    if text.casefold() not in YES:
        raise ValueError(_("Write yes or no."))
    return YES[text.casefold()]


def day(text: str) -> int | None:
    """Read month and day as a season writes them: 701 is 1 July."""
    if not text:
        return None
    plain = text.replace("月", "-").replace("/", "-").removesuffix("日")
    month, has_day, day = plain.partition("-")
    if has_day and month.isdecimal() and day.isdecimal() and len(plain) <= 5:
        return int(month) * 100 + int(day)
    if plain.isdecimal() and len(plain) <= 4:
        return int(plain)
    raise ValueError(_("Write month and day, such as 7-1."))


def return_rule(text: str) -> str:
    """Read a rule for returns."""
    rule = RETURN_RULES.get(text, text)
    if rule not in RETURN_RULES.values():
        raise ValueError(_("Write one of: %(names)s.") % {"names": ", ".join(name for name in RETURN_RULES if name)})
    return rule


def attribute(text: str, definition: Definition) -> str | int | float | None:
    """Read what goods tell: a number, a choice by its key or by its name in any language, or a text."""
    if not text:
        return None
    if definition.get("kind") == "number":
        return _number(text)
    if definition.get("kind") == "choice":
        return _choice(text, definition)
    return text


def _number(text: str) -> int | float:
    try:
        value = float(text.replace(",", ""))
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        raise ValueError(_("Write a number."))
    return int(plain_number(value)) if value.is_integer() else value


def _choice(text: str, definition: Definition) -> str:
    named = {name.casefold(): choice["key"] for choice in definition["choices"] for name in (choice["key"], *choice["label"].values())}
    if text.casefold() not in named:
        names = "、".join(next(iter(choice["label"].values())) for choice in definition["choices"])
        raise ValueError(_("Write one of: %(names)s.") % {"names": names})
    return str(named[text.casefold()])
