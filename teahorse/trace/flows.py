"""
What a flow says: the parts that it speaks of, and its steps, each of which becomes one event (EPCIS 2.0, section 7.4).

A flow is data that a centre writes. Words of events are those of the CBV; a step of our own is written ``voc:cooling``, or as the full
address of whoever defined it. Fields are written as a category's attributes are (:mod:`teahorse.catalog.definitions`), with where they go.
"""

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final, Literal, TypeVar

import msgspec
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from teahorse.catalog.definitions import BASE_LANGUAGE, value_fault
from teahorse.trace.epcis.units import QUANTITY_OF, UNITS
from teahorse.trace.epcis.uris import is_uri
from teahorse.trace.epcis.vocabulary import BIZ_STEP, DISPOSITION, MEASUREMENT, Vocabulary

KEY = re.compile(r"[a-z][a-z0-9-]{0,18}")
MOST_PARTS, MOST_STEPS, MOST_FIELDS = 20, 40, 20
CERTIFICATES: Final = (
    "commitment",
    "animal_quarantine",
    "meat_inspection",
    "test_report",
    "organic",
    "geographical_indication",
    "production_licence",
    "other",
)
MOST_CONTENT: Final = 100_000
MOST_YIELD_BP: Final = 100_000_000
"""Ten tonnes of one animal: nobody means more."""
MEASURED: Final = frozenset({"mass", "volume", "length", "area"})
Words = dict[str, str]


class _Row(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    key: str


class Part(_Row, frozen=True, kw_only=True):
    """
    What a flow speaks of, such as seed, oil and cake; sellers have a trade item for each. Without a unit it is counted in pieces.

    ``content`` is what is in one piece, net, in ``content_unit``.
    """

    name: Words
    stage: Literal["raw", "made", "by_product", "sold"] = "made"
    unit: str = ""
    is_serialised: bool = False
    tolerance_bp: int = 500
    content: float | None = None
    content_unit: str = ""
    shelf_days: int | None = None
    certificates: tuple[str, ...] = ()


class Choice(_Row, frozen=True, kw_only=True):
    """One of the answers that a field offers."""

    label: Words


class Field(_Row, frozen=True, kw_only=True):
    """
    What is asked beside lots and amounts.

    It goes into the lot's own data (``ilmd``), into a sensor's report (``sensor``: then it ``measures`` a type in a ``uom`` as its
    value, least, greatest or mean), or stands in the event itself.
    """

    label: Words
    kind: Literal["text", "number", "choice", "date"] = "text"
    unit: Words = {}
    choices: tuple[Choice, ...] = ()
    least: float | None = None
    most: float | None = None
    is_needed: bool = False
    goes: Literal["event", "ilmd", "sensor"] = "event"
    measures: str = ""
    uom: str = ""
    reads: Literal["value", "minValue", "maxValue", "meanValue"] = "value"

    def fault(self, value: Any) -> str:
        """Return what is wrong with an answer, in the reader's language; nothing where it is fine."""
        if self.kind == "date":
            return "" if isinstance(value, str) and re.fullmatch(r"\d{4}-\d\d-\d\d", value) else _("Choose a day.")
        return value_fault(value, msgspec.to_builtins(self))


class Step(_Row, frozen=True, kw_only=True):
    """
    One step: which event it becomes, what it takes and gives, and what is asked.

    Steps of one ``process`` are tellings of one long transformation, such as brewing. With ``from_households`` the amount is the sum of
    what several brought; with ``hands_over`` the goods go to another organisation.
    """

    name: Words
    event: Literal["object", "transformation", "aggregation"]
    biz_step: str
    action: Literal["ADD", "OBSERVE", "DELETE"] = "ADD"
    help: Words = {}
    disposition: str = ""
    takes: tuple[str, ...] = ()
    gives: tuple[str, ...] = ()
    process: str = ""
    fields: tuple[Field, ...] = ()
    certificates: tuple[str, ...] = ()
    wants_photo: bool = False
    wants_voice: bool = False
    from_households: bool = False
    hands_over: bool = False
    least_yield_bp: int | None = None
    most_yield_bp: int | None = None
    yield_unit: str = ""

    @property
    def uses_up(self) -> bool:
        """Whether what it takes is gone afterwards: made into something, or ended."""
        return self.event == "transformation" or (self.event == "object" and self.action == "DELETE")


class Recipe(msgspec.Struct, frozen=True):
    """A flow that was read."""

    parts: Mapping[str, Part]
    steps: Mapping[str, Step]

    def after(self, step: Step) -> list[Step]:
        """Return the steps that may come next: those that take what this one gave or only looked at, else the ones written after it."""
        at_hand = set(step.gives) or (set() if step.uses_up else set(step.takes))
        listed = list(self.steps.values())
        later = listed[listed.index(step) + 1 :]
        return [one for one in later if at_hand & set(one.takes) or (step.process and one.process == step.process)] or later[:1]


def read(parts: Any, steps: Any) -> Recipe:
    """
    Return what a flow says.

    :raises msgspec.ValidationError: if it was never checked.
    """
    return Recipe(
        {part.key: part for part in msgspec.convert(parts, tuple[Part, ...])},
        {step.key: step for step in msgspec.convert(steps, tuple[Step, ...])},
    )


def check(parts: Any, steps: Any) -> None:
    """
    Refuse a flow by which nobody could tell anything.

    :raises ValidationError: with everything that is wrong, each with the part or step that it belongs to.
    """
    if not isinstance(parts, list) or not isinstance(steps, list):
        raise ValidationError(_("Write a list of parts and a list of steps."))
    faults: list[str] = []
    read_parts = _each(parts, Part, _("Part %(number)s"), faults)
    read_steps = _each(steps, Step, _("Step %(number)s"), faults)
    if len(parts) > MOST_PARTS or len(steps) > MOST_STEPS:
        faults.append(_("A flow has at most %(parts)s parts and %(steps)s steps.") % {"parts": MOST_PARTS, "steps": MOST_STEPS})
    if not steps:
        faults.append(_("A flow has at least one step."))
    for part in read_parts:
        faults += [f"{part.key}: {fault}" for fault in _faults_of_part(part)]
    for step in read_steps:
        faults += [f"{step.key}: {fault}" for fault in _faults_of_step(step, {part.key: part for part in read_parts})]
    if not faults:
        faults += _faults_together(read_parts, read_steps)
    if faults:
        raise ValidationError(faults)


R = TypeVar("R", bound=_Row)


def _each(rows: Sequence[Any], kind: type[R], numbered: str, faults: list[str]) -> list[R]:
    """Read rows one by one, so that the first bad one hides no other."""
    found: list[R] = []
    for number, row in enumerate(rows, start=1):
        key = row.get("key") if isinstance(row, dict) else None
        where = key if isinstance(key, str) and KEY.fullmatch(key) else numbered % {"number": number}
        try:
            one = msgspec.convert(row, kind)
        except msgspec.ValidationError as error:
            faults.append(_("%(where)s: this cannot be read: %(why)s.") % {"where": where, "why": error})
            continue
        if not KEY.fullmatch(one.key):
            faults.append(_("%(where)s: the key is written in at most 19 small letters, digits and hyphens.") % {"where": where})
            continue
        found.append(one)
    faults += [_("%(key)s stands there twice.") % {"key": key} for key in _twice(one.key for one in found)]
    return found


def _twice(keys: Iterator[str]) -> list[str]:
    return [key for key, times in Counter(keys).items() if times > 1]


def _faults_of_part(part: Part) -> Iterator[str]:
    if not part.name.get(BASE_LANGUAGE):
        yield _("the name is a text by language, Chinese at least.")
    yield from _unknown_units(part.unit, part.content_unit)
    if (part.content is None) != (not part.content_unit) or (part.content is not None and not 0 < part.content < MOST_CONTENT):
        yield _("what is in one piece is more than nothing and has a unit.")
    if part.is_serialised and part.unit:
        yield _("what has numbers of its own is counted in pieces, without a unit.")
    if not 0 <= part.tolerance_bp <= 10_000:
        yield _("the tolerance lies between 0 and 100 percent.")
    if part.shelf_days is not None and not 0 < part.shelf_days <= 36_500:
        yield _("the days that it keeps are more than none.")
    yield from _unknown_certificates(part.certificates)


def _unknown_units(*units: str) -> Iterator[str]:
    for unit in units:
        if unit and (unit not in UNITS or UNITS[unit].quantity not in MEASURED):
            yield _("%(unit)s is no unit of weight, volume, length or area.") % {"unit": unit}


def _unknown_certificates(kinds: Sequence[str]) -> Iterator[str]:
    for kind in kinds:
        if kind not in CERTIFICATES:
            yield _("%(kind)s is no kind of certificate.") % {"kind": kind}


def _faults_of_step(step: Step, parts: Mapping[str, Part]) -> Iterator[str]:
    if not step.name.get(BASE_LANGUAGE):
        yield _("the name is a text by language, Chinese at least.")
    for key in (*step.takes, *step.gives):
        if key not in parts:
            yield _("%(part)s is none of the parts.") % {"part": key}
    for key in (*_twice(iter(step.takes)), *_twice(iter(step.gives))):
        yield _("%(key)s stands there twice.") % {"key": key}
    if not _is_word(step.biz_step, BIZ_STEP):
        yield _("%(word)s is no step of the CBV; write one of ours as voc:word.") % {"word": step.biz_step or "“”"}
    if step.disposition and not _is_word(step.disposition, DISPOSITION):
        yield _("%(word)s is no disposition of the CBV.") % {"word": step.disposition}
    yield from _faults_of_event(step)
    if step.from_households and not (
        step.event == "object" and len(step.gives) == 1 and all(parts[k].unit for k in step.gives if k in parts)
    ):
        yield _("what households bring is one part with a unit, and nothing is taken.")
    if step.hands_over and not (step.event == "object" and step.action == "OBSERVE"):
        yield _("goods are handed over by an object event that observes.")
    yield from _unknown_certificates(step.certificates)
    yield from _faults_of_yield(step)
    yield from _faults_of_fields(step)


def _faults_of_yield(step: Step) -> Iterator[str]:
    yield from _unknown_units(step.yield_unit)
    least, most = step.least_yield_bp, step.most_yield_bp
    if least is None and most is None:
        if step.yield_unit:
            yield _("a yield says how much comes out at least and at most.")
    elif least is None or most is None or not 0 <= least <= most <= MOST_YIELD_BP or not most:
        yield _("a yield says how much comes out at least and at most.")
    elif step.event != "transformation" or not step.gives:
        yield _("only where something is made of something else there is a yield.")


def _is_word(text: str, vocabulary: Vocabulary) -> bool:
    return vocabulary.allows(text) and (":" not in text or is_uri(text))


def _faults_of_event(step: Step) -> Iterator[str]:
    """Say where what a step takes and gives does not make the event that it says."""
    if step.process and step.event != "transformation":
        yield _("only a transformation goes on for long.")
    if step.process and not KEY.fullmatch(step.process):
        yield _("the process is named in small letters, digits and hyphens.")
    match step.event, step.action:
        case "object", "ADD":
            if step.takes or not step.gives:
                yield _("an object event that adds gives something and takes nothing.")
        case "object", _action:
            if step.gives or not step.takes:
                yield _("an object event that observes or deletes takes something and gives nothing.")
        case "transformation", _action:
            if not (step.takes and step.gives) and not (step.process and (step.takes or step.gives)):
                yield _("a transformation takes and gives; one that goes on for long does at least one of it.")
        case _:
            if step.gives or not step.takes or step.action != "ADD":
                yield _("packing takes something, gives nothing and adds.")


def _faults_of_fields(step: Step) -> Iterator[str]:
    if len(step.fields) > MOST_FIELDS:
        yield _("a step asks at most %(limit)s things.") % {"limit": MOST_FIELDS}
    for key in _twice(field.key for field in step.fields):
        yield _("%(key)s stands there twice.") % {"key": key}
    for field in step.fields:
        where = {"field": field.key}
        if not KEY.fullmatch(field.key) or not field.label.get(BASE_LANGUAGE):
            yield _("%(field)s: a field has a key in small letters and a label by language, Chinese at least.") % where
        if field.kind == "choice" and not (field.choices and all(choice.label.get(BASE_LANGUAGE) for choice in field.choices)):
            yield _("%(field)s: each choice has a key and a label; there is at least one.") % where
        if None not in (field.least, field.most) and field.least > field.most:  # type: ignore[operator]  # neither is None
            yield _("%(field)s: the least is above the most.") % where
        if field.goes == "ilmd" and not step.gives:
            yield _("%(field)s: there is no new lot of which it could be said.") % where
        if field.goes == "sensor" and not _is_measure(field):
            yield _("%(field)s: a sensor's value is a number, with a type of the CBV and a unit that fits.") % where


def _is_measure(field: Field) -> bool:
    quantity = QUANTITY_OF.get(field.measures)
    unit = UNITS.get(field.uom)
    return (
        field.kind == "number" and field.measures in MEASUREMENT.words and unit is not None and unit.quantity == (quantity or unit.quantity)
    )


def _faults_together(parts: Sequence[Part], steps: Sequence[Step]) -> Iterator[str]:
    given = {key for step in steps for key in step.gives}
    used = given | {key for step in steps for key in step.takes}
    for part in parts:
        if part.key not in used:
            yield _("%(key)s: no step takes or gives it.") % {"key": part.key}
        elif part.key not in given:
            yield _("%(key)s: it is taken, and no step gives it.") % {"key": part.key}
