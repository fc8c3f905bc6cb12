"""
From bytes to events: an EPCISDocument, an EPCISQueryDocument or one bare event (EPCIS 2.0, section 10).

Limits come first, then the document's frame, then every event for itself: a bad one never hides the others.
"""

import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Annotated, Any, TypeVar

import msgspec
from msgspec import UNSET, Meta, UnsetType
from msgspec.structs import fields

from teahorse.trace.epcis.checking import problems_of
from teahorse.trace.epcis.events import EVENT_FIELDS, TYPES, AnyEvent, Part, Text, Time, known_fields
from teahorse.trace.epcis.fields import Enough, Found, check_added_fields, check_time, check_uri
from teahorse.trace.epcis.limits import DEEPEST, MOST_BYTES, MOST_EVENTS
from teahorse.trace.epcis.problems import Problem, Reason, Unreadable, pointed, shown
from teahorse.trace.epcis.uris import is_context, prefixes_of

_DECODER = msgspec.json.Decoder()
# a text that never ends runs to the end of the body: were it no match, every quote in it would be tried as a beginning
_STRINGS = re.compile(rb'"[^"\\]*+(?:\\.[^"\\]*+)*+(?:"|\\?\Z)', re.DOTALL)
_NUL = re.compile(rb"(?<!\\)(?:\\\\)*+\\u0000")
_BRACKETS = bytes.maketrans(b"{}", b"[]")
_NO_BRACKETS = bytes(code for code in range(256) if code not in b"[]{}")


class Read(msgspec.Struct, frozen=True, kw_only=True):
    """One event of a document: as it came, and typed, or else what is wrong with it (pointers from the document's root)."""

    pointer: str
    raw: dict[str, Any]
    prefixes: Mapping[str, str]
    event: AnyEvent | None
    problems: tuple[Problem, ...] = ()


class MasterDatum(Part, frozen=True, kw_only=True):
    id: Text
    attribute: float | str | dict[str, Any] | UnsetType = UNSET


class VocabularyElement(Part, frozen=True, kw_only=True):
    """What a document's head says of one place, party or class."""

    id: Text
    attributes: tuple[MasterDatum, ...] = ()
    children: tuple[Text, ...] = ()


class VocabularyOfHead(Part, frozen=True, kw_only=True):
    type: Text
    vocabulary_element_list: tuple[VocabularyElement, ...] = ()


class Document(msgspec.Struct, frozen=True, kw_only=True):
    """A document that was read; ``ignored_fields`` are those that its sender asks to leave out of hashes."""

    type: str
    context: Any
    events: tuple[Read, ...]
    ignored_fields: frozenset[str] = frozenset()
    master_data: tuple[VocabularyOfHead, ...] = ()
    query_name: str = ""
    subscription_id: str = ""


class _MasterData(Part, frozen=True, kw_only=True):
    vocabulary_list: tuple[VocabularyOfHead, ...] = ()


class _Head(Part, frozen=True, kw_only=True):
    epcis_master_data: _MasterData | UnsetType = UNSET


class _Body(Part, frozen=True, kw_only=True):
    event_list: list[Any]


class _Results(_Body, frozen=True, kw_only=True):
    vocabulary_list: tuple[VocabularyOfHead, ...] = ()


class _QueryResults(Part, frozen=True, kw_only=True):
    query_name: str
    results_body: _Results
    subscription_id: str = msgspec.field(default="", name="subscriptionID")


class _QueryBody(Part, frozen=True, kw_only=True):
    query_results: _QueryResults


class _EpcisDocument(Part, frozen=True, kw_only=True):
    type: str
    schema_version: Annotated[str, Meta(pattern=r"^[0-9]+(\.[0-9]+)*\Z")]
    creation_date: Time
    epcis_body: _Body
    context: Any = msgspec.field(name="@context")
    id: Text = ""
    instance_identifier: str = ""
    sender: str = ""
    receiver: str = ""
    epcis_header: _Head | UnsetType = UNSET


class _EpcisQueryDocument(Part, frozen=True, kw_only=True):
    type: str
    epcis_body: _QueryBody
    context: Any = msgspec.field(name="@context")
    id: Text = ""
    schema_version: Annotated[str, Meta(pattern=r"^[0-9]+(\.[0-9]+)*\Z")] = ""
    creation_date: Time | UnsetType = UNSET


def read(body: bytes, *, now: datetime) -> Document:
    """
    Return the events of a document, each typed and checked or with its problems; ``now`` shows which are from the future.

    :raises Unreadable: if the document is too large or too deep, is not JSON, or its frame is wrong.
    """
    _refuse_what_is_too_much(body)
    try:
        raw = _DECODER.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise Unreadable([Problem("", Reason.NOT_JSON, f"the document is not JSON: {error}")]) from error
    try:
        return _document_of_any_type(raw, now)
    except Enough as error:
        raise Unreadable(error.found) from error


def _document_of_any_type(raw: Any, now: datetime) -> Document:
    kind = raw.get("type") if isinstance(raw, dict) else None
    if kind == "EPCISDocument":
        return _document(raw, now)
    if kind == "EPCISQueryDocument":
        return _query_document(raw, now)
    if isinstance(kind, str) and kind in TYPES:
        return _bare_event(raw, now)
    told = f"the document is an EPCISDocument, an EPCISQueryDocument or an event, its type says so; here it is {shown(kind)}"
    raise Unreadable([Problem("/type", Reason.UNKNOWN_WORD, told)])


def _refuse_what_is_too_much(body: bytes) -> None:
    """Look at size and depth without parsing."""
    if len(body) > MOST_BYTES:
        told = f"the document has {len(body)} bytes, more than {MOST_BYTES}; send it in parts"
        raise Unreadable([Problem("", Reason.TOO_LARGE, told)])
    outside = _STRINGS.sub(b"", body) if b"\\" in body else b"".join(body.split(b'"')[::2])
    brackets = outside.translate(_BRACKETS, _NO_BRACKETS)
    for _level in range(DEEPEST):  # each round takes the innermost pairs away
        brackets = brackets.replace(b"[]", b"")
    if b"[]" in brackets:
        told = f"the document nests deeper than {DEEPEST} levels"
        raise Unreadable([Problem("", Reason.TOO_DEEP, told)])
    if b"\\u0000" in body and _NUL.search(body):  # JSON allows it, databases do not
        raise Unreadable([Problem("", Reason.NOT_A_TEXT, "a text in the document holds the character U+0000")])


def _document(raw: dict[str, Any], now: datetime) -> Document:
    frame = _framed(raw, _EpcisDocument)
    found = Found()
    prefixes = _check_frame(found, raw, _EpcisDocument)
    check_time(found, "/creationDate", raw["creationDate"])
    master_data: tuple[VocabularyOfHead, ...] = ()
    if frame.epcis_header is not UNSET:
        check_added_fields(found, "/epcisHeader", raw["epcisHeader"], known_fields(_Head), prefixes)
        if frame.epcis_header.epcis_master_data is not UNSET:
            master_data = frame.epcis_header.epcis_master_data.vocabulary_list
            _check_master_data(found, "/epcisHeader/epcisMasterData/vocabularyList", master_data)
    events = frame.epcis_body.event_list
    _refuse(found, events, "/epcisBody/eventList")
    return Document(
        type="EPCISDocument",
        context=frame.context,
        events=_each(events, "/epcisBody/eventList", prefixes, now),
        ignored_fields=_ignored(raw),
        master_data=master_data,
    )


def _query_document(raw: dict[str, Any], now: datetime) -> Document:
    frame = _framed(raw, _EpcisQueryDocument)
    results = frame.epcis_body.query_results
    found = Found()
    prefixes = _check_frame(found, raw, _EpcisQueryDocument)
    if "creationDate" in raw:
        check_time(found, "/creationDate", raw["creationDate"])
    body, queried = raw["epcisBody"], raw["epcisBody"]["queryResults"]
    check_added_fields(found, "/epcisBody", body, known_fields(_QueryBody), prefixes)
    check_added_fields(found, "/epcisBody/queryResults", queried, known_fields(_QueryResults), prefixes)
    check_added_fields(found, "/epcisBody/queryResults/resultsBody", queried["resultsBody"], known_fields(_Results), prefixes)
    pointer = "/epcisBody/queryResults/resultsBody"
    _check_master_data(found, f"{pointer}/vocabularyList", results.results_body.vocabulary_list)
    events = results.results_body.event_list
    _refuse(found, events, f"{pointer}/eventList")
    return Document(
        type="EPCISQueryDocument",
        context=frame.context,
        events=_each(events, f"{pointer}/eventList", prefixes, now),
        ignored_fields=_ignored(raw) | _ignored(queried),
        master_data=results.results_body.vocabulary_list,
        query_name=results.query_name,
        subscription_id=results.subscription_id,
    )


def _bare_event(raw: dict[str, Any], now: datetime) -> Document:
    if "@context" not in raw:
        raise Unreadable([Problem("/@context", Reason.MISSING, "an event that stands alone brings its own @context")])
    return Document(type=raw["type"], context=raw["@context"], events=(_one(raw, "", prefixes_of(None), now),))


Frame = _EpcisDocument | _EpcisQueryDocument
F = TypeVar("F", _EpcisDocument, _EpcisQueryDocument)


def _framed(raw: dict[str, Any], kind: type[F]) -> F:
    try:
        return msgspec.convert(raw, kind)
    except msgspec.ValidationError as error:
        raise Unreadable([_told(error, raw)]) from error


def _check_frame(found: Found, raw: dict[str, Any], kind: type[Frame]) -> dict[str, str]:
    """Check what all documents have in common and return their prefixes."""
    prefixes = prefixes_of(raw["@context"])
    _check_context(found, raw["@context"])
    check_added_fields(found, "", raw, known_fields(kind), prefixes)
    if "id" in raw:
        check_uri(found, "/id", raw["id"])
    return prefixes


def _check_context(found: Found, context: object) -> None:
    if not is_context(context):
        told = f"a @context is an address, an object or a list of these, each once; this one is {shown(context)}"
        found.append(Problem("/@context", Reason.WRONG_TYPE, told))


def _check_master_data(found: Found, pointer: str, master_data: Sequence[VocabularyOfHead]) -> None:
    for number, vocabulary in enumerate(master_data):
        here = f"{pointer}/{number}"
        check_uri(found, f"{here}/type", vocabulary.type)
        for place, element in enumerate(vocabulary.vocabulary_element_list):
            there = f"{here}/vocabularyElementList/{place}"
            check_uri(found, f"{there}/id", element.id)
            for name, listed in (("attributes", [datum.id for datum in element.attributes]), ("children", element.children)):
                for which, text in enumerate(listed):
                    check_uri(found, f"{there}/{name}/{which}", text)


def _refuse(found: Found, events: list[Any], pointer: str) -> None:
    if len(events) > MOST_EVENTS:
        told = f"the document has {len(events)} events, more than {MOST_EVENTS}; send it in parts"
        found.append(Problem(pointer, Reason.TOO_MANY, told))
    if found:
        raise Unreadable(found)


def _ignored(raw: Mapping[str, Any]) -> frozenset[str]:
    """Return the fields that a sender, whatever his prefix, asks to leave out of hashes."""
    listed = next((raw[key] for key in raw if key.endswith(":ignoreFields")), ())
    return frozenset(name for name in listed if isinstance(name, str)) if isinstance(listed, list) else frozenset()


def _each(events: list[Any], pointer: str, prefixes: Mapping[str, str], now: datetime) -> tuple[Read, ...]:
    return tuple([_one(event, f"{pointer}/{number}", prefixes, now) for number, event in enumerate(events)])


def _one(raw: Any, pointer: str, prefixes: Mapping[str, str], now: datetime) -> Read:
    """Read one event; what is wrong with its types keeps us from asking whether it is sensible."""
    found = Found()
    event = None
    if not isinstance(raw, dict):
        found.append(Problem("", Reason.WRONG_TYPE, f"an event is an object, this is {shown(raw)}"))
        raw = {}
    else:
        if "@context" in raw:
            _check_context(found, raw["@context"])
            prefixes = {**prefixes, **prefixes_of(raw["@context"])}
        event = _typed(found, raw)
        if event is not None:
            found += problems_of(raw, event, prefixes=prefixes, now=now)
    problems = tuple([problem.under(pointer) for problem in found]) if found else ()
    return Read(pointer=pointer, raw=raw, prefixes=prefixes, event=None if found else event, problems=problems)


def _typed(found: Found, raw: dict[str, Any]) -> AnyEvent | None:
    kind = raw.get("type")
    if not isinstance(kind, str) or kind not in TYPES:
        told = f"{shown(kind)} is not one of the five event types" if kind is not None else "an event says its type"
        found.append(Problem("/type", Reason.UNKNOWN_WORD if kind is not None else Reason.MISSING, told))
        return None
    added = raw.keys() - EVENT_FIELDS[kind]
    try:
        whole = {**raw, "extensions": {key: raw[key] for key in added}} if added else raw
        return msgspec.convert(whole, TYPES[kind])
    except msgspec.ValidationError:
        found += _field_by_field(raw, TYPES[kind])
        return None


def _field_by_field(raw: dict[str, Any], kind: type[AnyEvent]) -> Found:
    """Return what is wrong with each field, where the whole told only the first."""
    found = Found()
    for field in fields(kind):
        name = field.encode_name
        if name in raw:
            try:
                msgspec.convert(raw[name], field.type)
            except msgspec.ValidationError as error:
                found.append(_told(error, raw[name]).under(pointed(name)))
        elif field.required:
            found.append(Problem(pointed(name), Reason.MISSING, f"{name} is missing"))
    return found


_STEP = re.compile(r"\.(?P<key>[^.\[\]]+)|\[(?P<number>\d+)\]|\[\.\.\.\]")
_REASONS = (
    ("missing required field", Reason.MISSING),
    ("unknown field", Reason.UNKNOWN_FIELD),
    ("`array` of length <=", Reason.TOO_MANY),
    ("`array` of length >=", Reason.MISSING),
    ("`str` of length <=", Reason.TOO_LONG),
    ("RFC3339", Reason.BAD_TIME),
    ("timezone", Reason.BAD_TIME),
    ("enum value", Reason.UNKNOWN_WORD),
)


def _told(error: msgspec.ValidationError, raw: object) -> Problem:
    """Turn what the decoder says into a problem: where, why, and with the value that stands there."""
    message, _at, path = str(error).partition(" - at `$")
    pointer, value = "", raw
    for step in _STEP.finditer(path.rstrip("`")):
        key: Any = step["key"] if step["number"] is None else int(step["number"])
        if key is None:
            break
        pointer += pointed(str(key))
        value = value[key] if isinstance(value, dict | list) else None
    reason = next((reason for words, reason in _REASONS if words in message), Reason.WRONG_TYPE)
    if reason in {Reason.MISSING, Reason.UNKNOWN_FIELD} and "`" in message and "field" in message:
        name = message.split("`")[1]
        return Problem(pointer + pointed(name), reason, f"{name} is missing" if reason is Reason.MISSING else f"{name} is not a field here")
    return Problem(pointer, reason, f"{shown(value)} does not do here: {message[0].lower()}{message[1:]}")
