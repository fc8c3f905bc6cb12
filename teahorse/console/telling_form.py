"""A step's form, as it was typed on a phone, read into answers; and what stands in it when it is shown."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.http import HttpRequest, QueryDict
from django.utils.translation import gettext as _

from teahorse.common.refusals import Malformed
from teahorse.trace.answers import Answers, Given, Household, Paper, Taken
from teahorse.trace.flows import Field, Recipe, Step

NUMBER = re.compile(r"-?\d{1,9}([.,]\d{1,6})?")
HOUSEHOLD_ROWS = 6
FILES = {"photos": "photo", "voice": "voice", "papers": "paper"}
"""The form's fields of files with the kind of attachment that each brings."""


@dataclass
class StepForm:
    """What was typed, and what is wrong with it by field."""

    typed: QueryDict = field(default_factory=QueryDict)
    faults: dict[str, str] = field(default_factory=dict)


def answers_typed(step: Step, recipe: Recipe, typed: QueryDict) -> Answers:
    """
    Return what was answered.

    :raises Malformed: with its field, for what is no number or no key.
    """
    return Answers(
        takes=tuple(_taken(typed)),
        gives=tuple(_given(step, recipe, typed)),
        households=tuple(_households(typed)) if step.from_households else (),
        values=dict(_values(step, typed)),
        papers=tuple(Paper(kind, number) for kind in step.certificates if (number := typed.get(f"paper.{kind}", "").strip())),
        process=_key(text, field="process") if step.process and (text := typed.get("process", "")) else None,
        is_last=typed.get("is_last") == "yes",
        to=typed.get("to", "").strip() if step.hands_over else "",
        note=typed.get("note", "").strip(),
    )


def typed_of(answers: Mapping[str, Any], names: Mapping[str, str]) -> QueryDict:
    """Return the form as it was when these answers (:meth:`Answers.kept`) were typed; ``names``: what households' tokens stand for."""
    typed = QueryDict(mutable=True)
    typed.setlist("take", [one["lot"] for one in answers["takes"]])
    typed.setlist("household", [names.get(one["name"], "") for one in answers["households"]])
    typed.setlist("weight", [one["amount"] for one in answers["households"]])
    for one in answers["takes"]:
        typed[f"amount.{one['lot']}"] = one["amount"] or ""
    for one in answers["gives"]:
        typed[f"give.{one['part']}"], typed[f"serials.{one['part']}"] = one["amount"], "\n".join(one["serials"])
    for key, value in answers["values"].items():
        typed[f"field.{key}"] = str(value)
    for one in answers["papers"]:
        typed[f"paper.{one['kind']}"] = one["number"]
    typed["process"], typed["is_last"] = answers["process"] or "", "yes" if answers["is_last"] else ""
    typed["to"], typed["note"] = answers["to"], answers["note"]
    return typed


def amount_typed(text: str, *, field: str) -> Decimal:
    """Return an amount as it was typed, with a point or a comma. :raises Malformed: if it is none."""
    plain = text.strip()
    if not plain.isascii() or not NUMBER.fullmatch(plain):
        raise Malformed(field=field, reason=_("Write a number."))
    return Decimal(plain.replace(",", "."))


def moment_typed(text: str) -> datetime | None:
    """Return what the phone's clock said; nothing where it said nothing that can be read."""
    try:
        moment = datetime.fromisoformat(text[:40])
    except ValueError:
        return None
    return moment if moment.tzinfo else None


def files_of(request: HttpRequest) -> Iterator[tuple[str, Any]]:
    """Yield the kind and the file of everything that was sent with a step."""
    for name, kind in FILES.items():
        for file in request.FILES.getlist(name):
            if file.size:
                yield kind, file


def _key(text: str, *, field: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        raise Malformed(field=field, reason=_("Choose one of the list.")) from None


def _taken(typed: QueryDict) -> Iterator[Taken]:
    for text in typed.getlist("take"):
        key = _key(text, field="take")
        amount = typed.get(f"amount.{text}", "").strip()
        yield Taken(key, amount_typed(amount, field=f"amount.{text}") if amount else None)


def _given(step: Step, recipe: Recipe, typed: QueryDict) -> Iterator[Given]:
    for part in step.gives:
        serials = tuple(line.strip() for line in typed.get(f"serials.{part}", "").splitlines() if line.strip())
        amount = typed.get(f"give.{part}", "").strip()
        if amount or serials:
            counted = amount_typed(amount, field=f"give.{part}") if amount else Decimal(len(serials))
            yield Given(part, counted, serials if recipe.parts[part].is_serialised else ())


def _households(typed: QueryDict) -> Iterator[Household]:
    for row, (name, text) in enumerate(zip(typed.getlist("household"), typed.getlist("weight"), strict=False)):
        if name.strip() or text.strip():
            yield Household(name.strip(), amount_typed(text, field=f"household.{row}.amount"))


def _values(step: Step, typed: QueryDict) -> Iterator[tuple[str, str | float]]:
    for one in step.fields:
        text = typed.get(f"field.{one.key}", "").strip()
        if text:
            yield one.key, _value(one, text)


def _value(one: Field, text: str) -> str | float:
    if one.kind != "number":
        return text
    number = amount_typed(text, field=f"field.{one.key}")
    return int(number) if number == number.to_integral_value() else float(number)
