"""
The parameters of SimpleEventQuery, and how each becomes a condition (EPCIS 2.0, section 8.2.7.1).

Most stand in a table by their names. Four families have names that the standard cannot list: measured values with their unit, typed lists,
attributes of master data, and fields of the users' own.
"""

import re
from collections.abc import Callable, Mapping
from typing import Any, get_args

from teahorse.trace.epcis.asked import Asked, Wrong, number_of, written_forms
from teahorse.trace.epcis.events import TYPES, Action
from teahorse.trace.epcis.identifiers import NotAnEpc
from teahorse.trace.epcis.patterns import pattern_of
from teahorse.trace.epcis.problems import Reason, shown
from teahorse.trace.epcis.questions import (
    Added,
    Among,
    Amount,
    Compared,
    Condition,
    Described,
    Listed,
    Operator,
    Part,
    Said,
    Sensed,
    Tells,
    Timed,
    Within,
)
from teahorse.trace.epcis.units import limits_of
from teahorse.trace.epcis.vocabulary import (
    BIZ_STEP,
    BUSINESS_TRANSACTION,
    COMPONENT,
    DISPOSITION,
    ERROR_REASON,
    MEASUREMENT,
    SENSOR_ALERT,
    SOURCE_OR_DESTINATION,
)

# what drafts of the standard, and its own test cases, call some parameters
OTHER_NAMES = {
    "EXISTS_sensorElement": "EXISTS_sensorElementList",
    "EQ_setPersistentDisposition": "EQ_persistentDisposition_set",
    "EQ_unsetPersistentDisposition": "EQ_persistentDisposition_unset",
    "GE_errorDeclarationTime": "GE_errorDeclaration_Time",
    "LT_errorDeclarationTime": "LT_errorDeclaration_Time",
    "EQ_deviceMetaData": "EQ_deviceMetadata",
}


Reader = Callable[[Asked], Condition]
THINGS, CLASSES = ("instance", "private"), ("class", "lot", "private")
HERE, PARENTS, USED, MADE = ("object", "child"), ("parent",), ("input",), ("output",)


def _tells(roles: tuple[str, ...], levels: tuple[str, ...]) -> Reader:
    def read(asked: Asked) -> Tells:
        found = []
        for text in asked.texts():
            try:
                found.append(pattern_of(text, of_classes=levels is CLASSES))
            except NotAnEpc as error:
                raise Wrong(Reason.BAD_IDENTIFIER, f"{shown(text)} is neither an identifier nor a pattern: {error}") from None
        return Tells(roles, levels, tuple(found))

    return read


def _sensed(field: str, of: Any, **how: Any) -> Reader:
    def read(asked: Asked) -> Sensed:
        return Sensed(field=field, of=of, **{name: read_as(asked) for name, read_as in how.items()})

    return read


def _timed_sensor(field: str, of: Any, operator: Operator) -> Reader:
    return lambda asked: Sensed(field=field, of=of, operator=operator, times=(asked.time(),))


READERS: dict[str, Reader] = {
    "eventType": lambda asked: Among("eventType", asked.among(TYPES)),
    "EQ_action": lambda asked: Among("action", asked.among(get_args(Action))),
    "EQ_bizStep": lambda asked: Among("bizStep", asked.words(BIZ_STEP)),
    "EQ_disposition": lambda asked: Among("disposition", asked.words(DISPOSITION)),
    "EQ_readPoint": lambda asked: Among("readPoint", asked.identifiers()),
    "EQ_bizLocation": lambda asked: Among("bizLocation", asked.identifiers()),
    "EQ_transformationID": lambda asked: Among("transformationID", asked.identifiers()),
    "EQ_eventID": lambda asked: Among("eventID", asked.texts()),
    "WD_readPoint": lambda asked: Within("readPoint", asked.identifiers()),
    "WD_bizLocation": lambda asked: Within("bizLocation", asked.identifiers()),
    "EQ_persistentDisposition_set": lambda asked: Said("$.persistentDisposition.set[*]", asked.words(DISPOSITION)),
    "EQ_persistentDisposition_unset": lambda asked: Said("$.persistentDisposition.unset[*]", asked.words(DISPOSITION)),
    "EQ_errorReason": lambda asked: Said("$.errorDeclaration.reason", asked.words(ERROR_REASON)),
    "EQ_correctiveEventID": lambda asked: Said("$.errorDeclaration.correctiveEventIDs[*]", asked.texts()),
    "MATCH_epc": _tells(HERE, THINGS),
    "MATCH_parentID": _tells(PARENTS, THINGS),
    "MATCH_inputEPC": _tells(USED, THINGS),
    "MATCH_outputEPC": _tells(MADE, THINGS),
    "MATCH_anyEPC": _tells((*HERE, *PARENTS, *USED, *MADE), THINGS),
    "MATCH_epcClass": _tells(HERE, CLASSES),
    "MATCH_inputEPCClass": _tells(USED, CLASSES),
    "MATCH_outputEPCClass": _tells(MADE, CLASSES),
    "MATCH_anyEPCClass": _tells((*HERE, *USED, *MADE), CLASSES),
    "EQ_type": _sensed("type", "report", texts=lambda asked: asked.words(MEASUREMENT)),
    "EQ_exception": _sensed("exception", "report", texts=lambda asked: asked.words(SENSOR_ALERT)),
    "EQ_component": _sensed("component", "report", texts=lambda asked: asked.words(COMPONENT)),
    "EQ_stringValue": _sensed("stringValue", "report", texts=Asked.texts),
    "EQ_hexBinaryValue": _sensed(
        "hexBinaryValue", "report", texts=lambda asked: tuple(form for text in asked.texts() for form in (text.lower(), text.upper()))
    ),
    "EQ_booleanValue": _sensed("booleanValue", "report", flag=Asked.flag),
    "EQ_time": lambda asked: Sensed(field="time", of="either", times=(asked.time(),)),
}
READERS |= {
    f"EQ_{field}": _sensed(field, of, texts=Asked.identifiers)
    for of, fields in {
        "either": ("deviceID", "deviceMetadata", "rawData", "dataProcessingMethod", "bizRules"),
        "report": ("microorganism", "chemicalSubstance", "coordinateReferenceSystem", "uriValue"),
    }.items()
    for field in fields
}


def _there(path: str) -> Reader:
    def read(asked: Asked) -> Said:
        asked.nothing()
        return Said(path)

    return read


READERS |= {
    "EXISTS_errorDeclaration": _there("$.errorDeclaration"),
    "EXISTS_sensorElementList": _there("$.sensorElementList[*]"),
    "EXISTS_ilmd": _there("$.ilmd"),
}


def _time_reader(name: str, operator: Operator) -> Reader:
    def read(asked: Asked) -> Timed:
        return Timed(name, operator, asked.time())  # type: ignore[arg-type]  # one of the three names below

    return read


READERS |= {
    f"{operator}_{written}": _time_reader(name, operator)
    for operator in (Operator.GT, Operator.GE, Operator.LT, Operator.LE)
    for written, name in (("eventTime", "eventTime"), ("recordTime", "recordTime"), ("errorDeclaration_Time", "declarationTime"))
}
READERS |= {
    f"{operator}_{field}": _timed_sensor(field, of, operator)
    for operator in (Operator.GT, Operator.GE, Operator.LT, Operator.LE)
    for field, of in (("time", "either"), ("startTime", "metadata"), ("endTime", "metadata"))
}

_OPERATOR = r"(?P<operator>EQ|GT|GE|LT|LE)_"
_MEASURED = re.compile(
    _OPERATOR + r"(?P<field>value|minValue|maxValue|meanValue|percValue|percRank|sDev|quantity)(?:_(?P<unit>[A-Z0-9]{2,4}))?"
)
_LISTED = re.compile(r"EQ_(?P<list>bizTransaction|source|destination)_(?P<type>.+)")
_DESCRIBED = re.compile(r"HASATTR_(?P<field>[A-Za-z]+)|EQ_?ATTR_(?P<of>[A-Za-z]+)_(?P<attribute>.+)")
_PARTS = "|".join(part for part in Part if part)
_ADDED = re.compile(rf"(?P<operator>EQ|GT|GE|LT|LE|EXISTS)_(?P<inner>INNER_)?(?:(?P<part>{_PARTS})_)?(?P<field>[^_:][^:]*:.+)")


def condition(name: str, asked: Asked) -> Condition:
    """
    Return what a parameter asks.

    :raises Wrong: if nobody knows the parameter, or its value says nothing to it.
    """
    if name in READERS:
        return READERS[name](asked)
    for family, read in FAMILIES:
        if found := family.fullmatch(name):
            return read(asked, found)
    raise Wrong(Reason.UNKNOWN_FIELD, f"there is no parameter {shown(name)}")


def _measured(asked: Asked, found: re.Match[str]) -> Condition:
    """Read what is compared with a measured value; a number with a unit is compared in every unit of its quantity."""
    field, operator, unit = found["field"], Operator(found["operator"]), found["unit"] or ""
    numbers = asked.numbers()
    if operator is not Operator.EQ and len(numbers) > 1:
        raise Wrong(Reason.WRONG_TYPE, "one number is wanted here, not a list")
    limits = tuple(limits_of(number, unit) for number in numbers)
    if field == "quantity":
        return Amount(operator, limits)
    return Sensed(field=field, of="report", operator=operator, limits=limits)


def _listed(asked: Asked, found: re.Match[str]) -> Listed:
    listed, kind = found["list"], _expanded(found["type"], asked.prefixes)
    vocabulary = BUSINESS_TRANSACTION if listed == "bizTransaction" else SOURCE_OR_DESTINATION
    return Listed(f"{listed}List", listed, written_forms(vocabulary, kind), asked.identifiers())


def _described(asked: Asked, found: re.Match[str]) -> Described:
    field, attribute = found["field"] or found["of"], found["attribute"]
    if field not in {"readPoint", "bizLocation", "epcClass"}:
        raise Wrong(Reason.UNKNOWN_FIELD, f"master data is kept of readPoint, bizLocation and epcClass, not of {shown(field)}")
    named = asked.texts() if attribute is None else (attribute,)
    attributes = tuple(form for name in named for form in {name, _expanded(name, asked.prefixes)})
    return Described(field, attributes, () if attribute is None else asked.texts())  # type: ignore[arg-type]  # looked at above


def _added(asked: Asked, found: re.Match[str]) -> Added:
    written, operator = found["field"], found["operator"]
    prefix = written.partition(":")[0]
    known = prefix in asked.prefixes or written.startswith(("https://", "http://", "urn:"))
    if operator == "EXISTS":
        asked.nothing()
    return Added(
        part=Part(found["part"] or ""),
        written=written,
        address=_expanded(written, asked.prefixes) if known else "",
        inner=bool(found["inner"]),
        compared=Compared() if operator == "EXISTS" else _compared(asked, Operator(operator)),
    )


def _compared(asked: Asked, operator: Operator) -> Compared:
    """Read what a field of the users' own is compared with; a text that reads as a number is meant as one too."""
    listed = asked.listed()
    numbers = tuple(number for value in listed if (number := number_of(value)) is not None)
    if operator is Operator.EQ:
        texts = tuple(str(value).lower() if isinstance(value, bool) else str(value) for value in listed if isinstance(value, str | bool))
        if not numbers and not texts:
            raise Wrong(Reason.WRONG_TYPE, f"{asked.shown()} is neither a text, a number nor a time")
        return Compared(operator=operator, texts=texts, numbers=numbers)
    if len(listed) == len(numbers) == 1:
        return Compared(operator=operator, numbers=numbers)
    return Compared(operator=operator, time=asked.time())


def _expanded(name: str, prefixes: Mapping[str, str]) -> str:
    prefix, colon, local = name.partition(":")
    return prefixes[prefix] + local if colon and prefix in prefixes and not local.startswith("//") else name


FAMILIES: tuple[tuple[re.Pattern[str], Callable[[Asked, re.Match[str]], Condition]], ...] = (
    (_MEASURED, _measured),
    (_LISTED, _listed),
    (_DESCRIBED, _described),
    (_ADDED, _added),
)
