"""
The CBV event hash: one ``ni`` address (RFC 6920) of what an event says, however it was written (CBV 2.0, section 8.9).

The event is written out as one string, the pre-hash, in a fixed order with every value in one form; its SHA-256 is the hash.
When it was recorded, its own name and an error declaration are no part of it, so that a correction still names the same event.

Where the published implementation's vectors and the standard's table differ we agree with the vectors: certificates follow the
offset, sensors follow the places, destinations stand before sources, and a type stands before what it is the type of. A text is
hashed as it is, also if it looks like a number: only JSON's numbers lose their trailing zeros, so a lot 007 is not a lot 7.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence, Set
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from hashlib import sha256
from typing import Any

from teahorse.trace.epcis import vocabulary as words
from teahorse.trace.epcis.events import EVENT_FIELDS, SENSOR_FIELDS, SensorElement, SensorMetadata, SensorReport
from teahorse.trace.epcis.identifiers import canonical
from teahorse.trace.epcis.limits import LONGEST_IDENTIFIER
from teahorse.trace.epcis.vocabulary import STANDARD_PREFIXES, Vocabulary

VERSION = "CBV2.0"
COMMENT = "rdfs:comment"  # words to readers of the JSON, which the published implementation leaves out
_PLACE_FIELDS = frozenset({"id"})
Form = Callable[[Any], str]


def event_hash(raw: Mapping[str, Any], prefixes: Mapping[str, str], *, ignored: Set[str] = frozenset()) -> str:
    """
    Return the hash of an event in its JSON form; ``prefixes`` are those of its document's context.

    ``ignored`` names fields of users' own that are left out. Whoever keeps events as evidence ignores none.

    :raises ValueError: if the event has no readable time; hash what was checked.
    """
    digest = sha256(prehash(raw, prefixes, ignored=ignored).encode()).hexdigest()
    return f"ni:///sha-256;{digest}?ver={VERSION}"


def prehash(raw: Mapping[str, Any], prefixes: Mapping[str, str], *, ignored: Set[str] = frozenset()) -> str:
    """Return the string that is hashed."""
    said = [f"eventType={raw['type']}"]
    for name, write in _ORDER:
        value = raw.get(name)
        if value is not None:
            said.append(write(name, value, prefixes))
    if "ilmd" in raw:
        said.append(_group("ilmd", _added(raw["ilmd"], frozenset(), prefixes)))
    known = EVENT_FIELDS[raw["type"]]
    said.extend(_added(raw, known | ignored if ignored else known, prefixes))
    return "".join(said)


# the forms of values


def utc_milliseconds(text: str) -> str:
    """Return a time in UTC to the millisecond, half a millisecond rounded up."""
    moment = datetime.fromisoformat(text.upper())
    behind = text[20:24]
    if len(behind) == 4 and behind.isdigit() and behind[3] >= "5":
        moment += timedelta(milliseconds=1)
    return moment.astimezone(UTC).isoformat(timespec="milliseconds")[:-6] + "Z"  # which cuts what is finer


def number(value: float) -> str:
    """Return a number in plain decimals without trailing zeros."""
    if value == (whole := int(value)):
        return str(whole)
    text = repr(value)
    return format(Decimal(text), "f") if "e" in text else text


def text_of(value: object) -> str:
    """Return a value of no certain type in its one form; what names something of GS1's as its web address."""
    if isinstance(value, str):
        return _text(value.strip())
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return number(value)
    return ""


def _text(text: str) -> str:
    if text.startswith(("urn:epc:", "http")):
        return (canonical(text) or text) if len(text) <= LONGEST_IDENTIFIER else text
    if text.startswith(words.CBV_URN):
        return words.modern(text)
    prefix, colon, local = text.partition(":")
    if colon and prefix in STANDARD_PREFIXES:
        return STANDARD_PREFIXES[prefix] + local
    return text


def _word(vocabulary: Vocabulary) -> Form:
    addresses = {word: vocabulary.web + word for word in vocabulary.words}

    def form(value: Any) -> str:
        return addresses.get(value) or text_of(value)

    return form


# the parts of an event

Writer = Callable[[str, Any, Mapping[str, str]], str]


def _single(form: Form) -> Writer:
    """Write a value, or every value of a list, behind its key."""

    def write(name: str, value: Any, _prefixes: Mapping[str, str]) -> str:
        if isinstance(value, list):
            return "".join(sorted(f"{name}={form(one)}" for one in value))
        return f"{name}={form(value)}"

    return write


def _list_of(key: str) -> Writer:
    """Write a list of identifiers."""

    def write(name: str, value: Sequence[str], _prefixes: Mapping[str, str]) -> str:
        return _group(name, [f"{key}={_text(one.strip())}" for one in value])

    return write


def _list_of_parts(key: str, fields: Sequence[tuple[str, Form]]) -> Writer:
    """Write a list of parts without extensions, each with its fields in order."""

    def write(name: str, value: Sequence[Mapping[str, Any]], _prefixes: Mapping[str, str]) -> str:
        return _group(name, [key + _fields(part, fields) for part in value])

    return write


def _place(name: str, value: Mapping[str, Any], prefixes: Mapping[str, str]) -> str:
    return "".join([name, f"id={text_of(value['id'])}", *_added(value, _PLACE_FIELDS, prefixes)])


def _persistent(name: str, value: Mapping[str, Any], _prefixes: Mapping[str, str]) -> str:
    return name + "".join(
        f"{change}={disposition}" for change in ("set", "unset") for disposition in sorted(map(_DISPOSITION, value.get(change, ())))
    )


def _sensors(name: str, value: Sequence[Mapping[str, Any]], prefixes: Mapping[str, str]) -> str:
    return _group(name, [_sensor(element, prefixes) for element in value])


def _sensor(element: Mapping[str, Any], prefixes: Mapping[str, str]) -> str:
    said = ["sensorElement"]
    metadata = element.get("sensorMetadata")
    if metadata:
        said += ["sensorMetadata", _fields(metadata, _METADATA), *_added(metadata, SENSOR_FIELDS[SensorMetadata], prefixes)]
    said += sorted(_report(report, prefixes) for report in element["sensorReport"])
    said += _added(element, SENSOR_FIELDS[SensorElement], prefixes)
    return "".join(said)


def _report(report: Mapping[str, Any], prefixes: Mapping[str, str]) -> str:
    return "".join(["sensorReport", _fields(report, _REPORT), *_added(report, SENSOR_FIELDS[SensorReport], prefixes)])


def _fields(part: Mapping[str, Any], order: Sequence[tuple[str, Form]]) -> str:
    return "".join([f"{name}={form(part[name])}" for name, form in order if name in part])


def _group(name: str, members: Sequence[str]) -> str:
    """Return a list's members in the order of their code points behind its name, nothing for an empty list."""
    return name + "".join(sorted(members)) if members else ""


# what users add


def _added(part: Mapping[str, Any], known: Set[str], prefixes: Mapping[str, str]) -> list[str]:
    """Return the fields that are not the standard's, each with its full name, sorted."""
    if part.keys() <= known:
        return []
    own = [(key, value) for key, value in part.items() if key not in known and key != COMMENT]
    return sorted([entry for key, value in own for entry in _entries(key, value, prefixes)])


def _entries(key: str, value: object, prefixes: Mapping[str, str]) -> Iterable[str]:
    """Return a field once for each of its values."""
    if isinstance(value, list):
        for one in value:
            yield from _entries(key, one, prefixes)
        return
    name = expanded(key, prefixes)
    if isinstance(value, Mapping):
        yield name + "".join(_added(value, frozenset(), prefixes))
    else:
        text = text_of(value)
        yield f"{name}={text}" if text else name


def expanded(key: str, prefixes: Mapping[str, str]) -> str:
    """Return a field's name with its namespace in braces, whether a prefix or a full address said it."""
    prefix, colon, local = key.partition(":")
    if not colon:
        return key
    if prefix in prefixes:
        return f"{{{prefixes[prefix]}}}{local}"
    cut = max(key.rfind(mark) for mark in "/#:") + 1
    return f"{{{key[:cut]}}}{key[cut:]}"


# the order of things

_DISPOSITION = _word(words.DISPOSITION)
_PARTY = _word(words.SOURCE_OR_DESTINATION)
_AMOUNTS = _list_of_parts("quantityElement", [("epcClass", text_of), ("quantity", number), ("uom", str)])
_DEVICE = [(name, text_of) for name in ("deviceID", "deviceMetadata", "rawData", "dataProcessingMethod")]
_METADATA: list[tuple[str, Form]] = [
    *((name, utc_milliseconds) for name in ("time", "startTime", "endTime")),
    *_DEVICE,
    ("bizRules", text_of),
]
_REPORT: list[tuple[str, Form]] = [
    ("type", _word(words.MEASUREMENT)),
    ("exception", _word(words.SENSOR_ALERT)),
    *_DEVICE,
    ("bizRules", text_of),
    ("time", utc_milliseconds),
    ("microorganism", text_of),
    ("chemicalSubstance", text_of),
    ("value", number),
    ("component", _word(words.COMPONENT)),
    *((name, text_of) for name in ("stringValue", "booleanValue", "hexBinaryValue", "uriValue")),
    *((name, number) for name in ("minValue", "maxValue", "meanValue", "sDev", "percRank", "percValue")),
    ("uom", str),
    ("coordinateReferenceSystem", text_of),
]
_ORDER: list[tuple[str, Writer]] = [
    ("eventTime", _single(utc_milliseconds)),
    ("eventTimeZoneOffset", _single(str)),
    ("certificationInfo", _single(text_of)),
    ("epcList", _list_of("epc")),
    ("parentID", _single(text_of)),
    ("inputEPCList", _list_of("epc")),
    ("childEPCs", _list_of("epc")),
    ("quantityList", _AMOUNTS),
    ("childQuantityList", _AMOUNTS),
    ("inputQuantityList", _AMOUNTS),
    ("outputEPCList", _list_of("epc")),
    ("outputQuantityList", _AMOUNTS),
    ("action", _single(str)),
    ("transformationID", _single(text_of)),
    ("bizStep", _single(_word(words.BIZ_STEP))),
    ("disposition", _single(_DISPOSITION)),
    ("persistentDisposition", _persistent),
    ("readPoint", _place),
    ("bizLocation", _place),
    ("sensorElementList", _sensors),
    ("bizTransactionList", _list_of_parts("", [("type", _word(words.BUSINESS_TRANSACTION)), ("bizTransaction", text_of)])),
    ("destinationList", _list_of_parts("", [("type", _PARTY), ("destination", text_of)])),
    ("sourceList", _list_of_parts("", [("type", _PARTY), ("source", text_of)])),
]
