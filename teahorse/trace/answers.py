"""What was told of a step on a phone, as plain values, held against what the step asks."""

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Any
from uuid import UUID

import msgspec
from django.utils.translation import gettext as _

from teahorse.common.refusals import Malformed
from teahorse.trace.flows import Part, Recipe, Step

MOST_AMOUNT = Decimal(10_000_000)
SMALLEST_DIGIT = -3
MOST_LOTS, MOST_HOUSEHOLDS, MOST_SERIALS = 100, 200, 500
LONGEST_NUMBER, LONGEST_NAME, LONGEST_NOTE = 60, 80, 500


class Taken(msgspec.Struct, frozen=True):
    """So much of a lot was taken; nothing said: all that is left."""

    lot: UUID
    amount: Decimal | None = None


class Given(msgspec.Struct, frozen=True):
    """So much of a part came of it, with the numbers of its pieces where they have some."""

    part: str
    amount: Decimal
    serials: tuple[str, ...] = ()


class Household(msgspec.Struct, frozen=True):
    """What one household brought. A token is kept in the place of its name (:mod:`.actions.redacting`); the event holds a hash of that."""

    name: str
    amount: Decimal


class Paper(msgspec.Struct, frozen=True):
    """A certificate that goes with it, by its number."""

    kind: str
    number: str


class Answers(msgspec.Struct, frozen=True, kw_only=True):
    """Everything that was told of a step. ``process`` is the telling with which a long transformation began."""

    takes: tuple[Taken, ...] = ()
    gives: tuple[Given, ...] = ()
    households: tuple[Household, ...] = ()
    values: Mapping[str, str | float] = {}
    papers: tuple[Paper, ...] = ()
    process: UUID | None = None
    is_last: bool = False
    to: str = ""
    note: str = ""

    def kept(self) -> dict[str, Any]:
        """Return it as JSON keeps it."""
        kept: dict[str, Any] = msgspec.to_builtins(self)
        return kept


def digest_of_told(*parts: object) -> str:
    """Return the SHA-256 of what was sent, however it is taken apart again."""
    return hashlib.sha256(msgspec.json.encode(parts, order="sorted")).hexdigest()


def check_answers(step: Step, recipe: Recipe, answers: Answers) -> Answers:
    """
    Return answers that fit the step, amounts of households added up.

    :raises Malformed: with the field of the form and a sentence, for the first that does not fit.
    """
    _limit(answers)
    if step.from_households:
        for number, household in enumerate(answers.households):
            _check_amount(household.amount, recipe.parts[step.gives[0]], f"household.{number}.amount")
            if not household.name:
                raise Malformed(field=f"household.{number}.name", reason=_("Write whose it is."))
        if answers.households:
            total = sum((household.amount for household in answers.households), Decimal(0))
            answers = msgspec.structs.replace(answers, gives=(Given(step.gives[0], total),))
    elif answers.households:
        raise Malformed(field="household.0.name", reason=_("This step is not about households."))
    _check_taken(step, answers)
    _check_given(step, recipe, answers)
    _check_values(step, answers.values)
    if any(paper.kind not in step.certificates for paper in answers.papers):
        raise Malformed(field="paper", reason=_("This step asks for no such certificate."))
    if step.hands_over and not answers.to:
        raise Malformed(field="to", reason=_("Choose to whom it goes."))
    return answers


def _limit(answers: Answers) -> None:
    too_many = (
        ("take", answers.takes, MOST_LOTS),
        ("household.0.name", answers.households, MOST_HOUSEHOLDS),
        *((f"serials.{given.part}", given.serials, MOST_SERIALS) for given in answers.gives),
    )
    for field, listed, most in too_many:
        if len(listed) > most:
            raise Malformed(field=field, reason=_("At most %(limit)s at once.") % {"limit": most})
    for field, text, most in _texts(answers):
        if len(text) > most:
            raise Malformed(field=field, reason=_("Too long: at most %(limit)s characters.") % {"limit": most})
        if "\x00" in text:
            raise Malformed(field=field, reason=_("Write a text."))


def _texts(answers: Answers) -> Iterator[tuple[str, str, int]]:
    yield "note", answers.note, LONGEST_NOTE
    for number, household in enumerate(answers.households):
        yield f"household.{number}.name", household.name, LONGEST_NAME
    for paper in answers.papers:
        yield f"paper.{paper.kind}", paper.number, LONGEST_NUMBER
    for key, value in answers.values.items():
        yield f"field.{key}", str(value), LONGEST_NOTE


def _check_taken(step: Step, answers: Answers) -> None:
    if answers.takes and not step.takes:
        raise Malformed(field="take", reason=_("This step takes nothing."))
    if step.takes and not answers.takes and not (step.process and step.gives):
        raise Malformed(field="take", reason=_("Choose at least one lot."))
    if len({taken.lot for taken in answers.takes}) < len(answers.takes):
        raise Malformed(field="take", reason=_("A lot is taken once."))


def _check_given(step: Step, recipe: Recipe, answers: Answers) -> None:
    parts = [given.part for given in answers.gives]
    if len(set(parts)) < len(parts) or not set(parts) <= set(step.gives):
        raise Malformed(field="give", reason=_("This step gives no such part, or not twice."))
    if step.gives and not answers.gives and not (step.process and step.takes and answers.takes):
        raise Malformed(field=f"give.{step.gives[0]}", reason=_("Write how much it is."))
    for given in answers.gives:
        part, field = recipe.parts[given.part], f"give.{given.part}"
        _check_amount(given.amount, part, field)
        if given.serials and (not part.is_serialised or len(given.serials) != given.amount):
            raise Malformed(field=f"serials.{part.key}", reason=_("There are as many numbers as pieces."))
        _check_serials(part, given.serials)


def _check_serials(part: Part, serials: Sequence[str]) -> None:
    if len(set(serials)) < len(serials):
        raise Malformed(field=f"serials.{part.key}", reason=_("A number is given to one piece."))
    if any(not serial.isascii() or not serial.isprintable() or not 0 < len(serial) <= 20 for serial in serials):
        raise Malformed(field=f"serials.{part.key}", reason=_("A piece's number has at most 20 letters and digits."))


def _check_amount(amount: Decimal, part: Part, field: str) -> None:
    check_amount(amount, unit=part.unit, field=field)


def check_amount(amount: Decimal, *, unit: str, field: str) -> None:
    """:raises Malformed: unless an amount is more than nothing, bearable, of at most three decimals, and whole where pieces are counted."""
    if not amount.is_finite() or amount <= 0:
        raise Malformed(field=field, reason=_("An amount is more than nothing."))
    if amount >= MOST_AMOUNT:
        raise Malformed(field=field, reason=_("This is too much for one step."))
    exponent = amount.normalize().as_tuple().exponent
    if not unit and exponent < 0:  # type: ignore[operator]  # finite: a number
        raise Malformed(field=field, reason=_("Pieces are counted in whole numbers."))
    if exponent < SMALLEST_DIGIT:  # type: ignore[operator]  # as above
        raise Malformed(field=field, reason=_("Write at most three digits after the point."))


def _check_values(step: Step, values: Mapping[str, Any]) -> None:
    known = {field.key: field for field in step.fields}
    if not values.keys() <= known.keys():
        raise Malformed(field="field", reason=_("This step does not ask that."))
    for key, field in known.items():
        value = values.get(key, "")
        if value == "":
            if field.is_needed:
                raise Malformed(field=f"field.{key}", reason=_("This is needed."))
        elif fault := field.fault(value):
            raise Malformed(field=f"field.{key}", reason=fault)
