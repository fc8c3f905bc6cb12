"""
What makes an event of the right types a sensible one: rules of EPCIS 2.0 (section 7.4) and of CBV 2.0 beyond JSON's types.

Every check appends what it finds; pointers are those of the event's own JSON.
"""

import math
from collections import Counter
from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import datetime
from typing import Any

from msgspec import UNSET

from teahorse.trace.epcis import vocabulary as words
from teahorse.trace.epcis.checking_sensors import check_sensors
from teahorse.trace.epcis.events import (
    ERROR_FIELDS,
    EVENT_FIELDS,
    AggregationEvent,
    AnyEvent,
    AssociationEvent,
    Event,
    ObjectEvent,
    Quantity,
    TransactionEvent,
    TransformationEvent,
)
from teahorse.trace.epcis.fields import (
    Enough,
    Found,
    check_added_fields,
    check_identifier,
    check_time,
    check_uri,
    check_word,
)
from teahorse.trace.epcis.identifiers import Identifier, Level
from teahorse.trace.epcis.limits import TOLERANCE
from teahorse.trace.epcis.problems import Problem, Reason, shown

TOO_MUCH = 1e12
"""No quantity is so large in any unit; a table's column takes ten times as much."""


def problems_of(raw: Mapping[str, Any], event: AnyEvent, *, prefixes: Mapping[str, str], now: datetime) -> list[Problem]:
    """Return what is wrong with an event whose types are right; ``raw`` is the JSON that it was read from."""
    found = Found()
    with suppress(Enough):
        _check(found, raw, event, prefixes, now)
    return found


def _check(found: Found, raw: Mapping[str, Any], event: AnyEvent, prefixes: Mapping[str, str], now: datetime) -> None:
    check_added_fields(found, "", raw, EVENT_FIELDS[event.type], prefixes)
    _check_when(found, raw, event, now)
    _check_why(found, event)
    _check_where(found, raw, event, prefixes)
    _check_history(found, raw, event, prefixes)
    if isinstance(event, ObjectEvent | TransformationEvent) and event.ilmd:
        check_added_fields(found, "/ilmd", event.ilmd, frozenset(), prefixes)
    if event.sensor_element_list:
        check_sensors(found, raw["sensorElementList"], event.sensor_element_list, prefixes)
    _OF_TYPE[type(event)](found, raw, event)


def _check_when(found: Found, raw: Mapping[str, Any], event: Event, now: datetime) -> None:
    check_time(found, "/eventTime", raw["eventTime"])
    if "recordTime" in raw:
        check_time(found, "/recordTime", raw["recordTime"])
    if event.event_time > now + TOLERANCE:
        told = f"the event is of {raw['eventTime']}, which is later than now, {now.isoformat(timespec='seconds')}"
        found.append(Problem("/eventTime", Reason.FROM_THE_FUTURE, told))


def _check_why(found: Found, event: Event) -> None:
    if event.biz_step:
        check_word(found, "/bizStep", words.BIZ_STEP, event.biz_step)
    if event.disposition:
        check_word(found, "/disposition", words.DISPOSITION, event.disposition)
    if event.persistent_disposition is not UNSET:
        _check_persistent(found, event.persistent_disposition.set, event.persistent_disposition.unset)
    for number, transaction in enumerate(event.biz_transaction_list):
        if transaction.type:
            check_word(found, f"/bizTransactionList/{number}/type", words.BUSINESS_TRANSACTION, transaction.type)
        check_identifier(found, f"/bizTransactionList/{number}/bizTransaction", transaction.biz_transaction)
    for number, source in enumerate(event.source_list):
        check_word(found, f"/sourceList/{number}/type", words.SOURCE_OR_DESTINATION, source.type)
        check_identifier(found, f"/sourceList/{number}/source", source.source)
    for number, destination in enumerate(event.destination_list):
        check_word(found, f"/destinationList/{number}/type", words.SOURCE_OR_DESTINATION, destination.type)
        check_identifier(found, f"/destinationList/{number}/destination", destination.destination)


def _check_persistent(found: Found, put: tuple[str, ...], taken: tuple[str, ...]) -> None:
    if not put and not taken:
        found.append(Problem("/persistentDisposition", Reason.MISSING, "it neither sets nor unsets a disposition"))
    for name, listed in (("set", put), ("unset", taken)):
        for number, disposition in enumerate(listed):
            check_word(found, f"/persistentDisposition/{name}/{number}", words.DISPOSITION, disposition)
        _check_once(found, f"/persistentDisposition/{name}", listed)
    for disposition in set(put) & set(taken):
        found.append(Problem("/persistentDisposition", Reason.TWICE, f"{shown(disposition)} is set and unset at once"))


def _check_where(found: Found, raw: Mapping[str, Any], event: Event, prefixes: Mapping[str, str]) -> None:
    if event.read_point is not UNSET:
        check_identifier(found, "/readPoint/id", event.read_point.id)
        check_added_fields(found, "/readPoint", raw["readPoint"], _PLACE_FIELDS, prefixes)
    if event.biz_location is not UNSET:
        check_identifier(found, "/bizLocation/id", event.biz_location.id)
        check_added_fields(found, "/bizLocation", raw["bizLocation"], _PLACE_FIELDS, prefixes)


_PLACE_FIELDS = frozenset({"id"})


def _check_history(found: Found, raw: Mapping[str, Any], event: Event, prefixes: Mapping[str, str]) -> None:
    """Check the event's own name, its certificates, and what it says of an earlier event."""
    if event.event_id:
        check_uri(found, "/eventID", event.event_id)
    if isinstance(event.certification_info, str):
        check_uri(found, "/certificationInfo", event.certification_info)
    else:
        for number, address in enumerate(event.certification_info):
            check_uri(found, f"/certificationInfo/{number}", address)
    declared = event.error_declaration
    if declared is not UNSET:
        check_time(found, "/errorDeclaration/declarationTime", raw["errorDeclaration"]["declarationTime"])
        if declared.reason:
            check_word(found, "/errorDeclaration/reason", words.ERROR_REASON, declared.reason)
        for number, event_id in enumerate(declared.corrective_event_ids):
            check_uri(found, f"/errorDeclaration/correctiveEventIDs/{number}", event_id)
        check_added_fields(found, "/errorDeclaration", raw["errorDeclaration"], ERROR_FIELDS, prefixes)


def _check_things(found: Found, name: str, epcs: tuple[str, ...]) -> set[str]:
    """Check a list of things, each named by itself, and return their canonical names."""
    named = set()
    for number, epc in enumerate(epcs):
        identifier = check_identifier(found, "", epc, name, number)
        if identifier is None:
            continue
        named.add(identifier.uri)
        if identifier.level in {Level.KIND, Level.LOT}:
            told = f"{shown(epc)} names a {identifier.level}, and this list holds single things"
            found.append(Problem(f"/{name}/{number}", Reason.WRONG_LEVEL, told))
    if len(set(epcs)) < len(epcs):
        _check_once(found, f"/{name}", epcs)
    return named


def _check_once(found: Found, pointer: str, listed: tuple[str, ...]) -> None:
    twice = [text for text, times in Counter(listed).items() if times > 1]
    if twice:
        found.append(Problem(pointer, Reason.TWICE, f"{shown(twice[0])} stands here more than once"))


def _check_quantities(found: Found, name: str, quantities: tuple[Quantity, ...]) -> set[str]:
    """Check a list of amounts of classes, and return the canonical names of lots and of what only its owner knows."""
    named = set()
    for number, quantity in enumerate(quantities):
        pointer = f"/{name}/{number}"
        identifier = check_identifier(found, f"{pointer}/epcClass", quantity.epc_class)
        if identifier is not None:
            _check_level(found, pointer, quantity.epc_class, identifier)
            if identifier.level is not Level.KIND:
                named.add(identifier.uri)
        _check_amount(found, pointer, quantity)
    return named


def _check_level(found: Found, pointer: str, epc_class: str, identifier: Identifier) -> None:
    if identifier.level is Level.INSTANCE:
        told = f"{shown(epc_class)} names a single thing, and a quantity is one of a class or a lot"
        found.append(Problem(f"{pointer}/epcClass", Reason.WRONG_LEVEL, told))


def _check_amount(found: Found, pointer: str, quantity: Quantity) -> None:
    amount = quantity.quantity
    if amount is UNSET:
        if quantity.uom:
            found.append(Problem(f"{pointer}/uom", Reason.BAD_UNIT, f"a unit, {quantity.uom}, stands without a quantity"))
    elif not (math.isfinite(amount) and amount > 0):
        found.append(Problem(f"{pointer}/quantity", Reason.BAD_QUANTITY, f"a quantity is more than nothing, this one is {amount:g}"))
    elif amount >= TOO_MUCH:
        told = f"a quantity is less than {TOO_MUCH:g}, this one is {amount:g}"
        found.append(Problem(f"{pointer}/quantity", Reason.BAD_QUANTITY, told))
    elif not quantity.uom and not amount.is_integer():
        told = f"without a unit a quantity counts whole things, and {amount:g} is not whole"
        found.append(Problem(f"{pointer}/quantity", Reason.BAD_QUANTITY, told))


def _check_object(found: Found, raw: Mapping[str, Any], event: ObjectEvent) -> None:
    _check_things(found, "epcList", event.epc_list)
    _check_quantities(found, "quantityList", event.quantity_list)
    if not event.epc_list and not event.quantity_list:
        if not event.sensor_element_list:
            told = "the event names no thing, no class and no sensor's report"
            found.append(Problem("", Reason.NOTHING_OBSERVED, told))
        elif "epcList" not in raw and event.read_point is UNSET:
            found.append(Problem("/readPoint", Reason.MISSING, "sensors that report of nothing but a place need a readPoint"))
    if "ilmd" in raw and event.action != "ADD":
        told = f"master data of a lot is said when it comes to be, with action ADD; here the action is {event.action}"
        found.append(Problem("/ilmd", Reason.FORBIDDEN_HERE, told))


def _check_family(found: Found, _raw: Mapping[str, Any], event: AggregationEvent | AssociationEvent) -> None:
    children = _check_things(found, "childEPCs", event.child_epcs)
    children |= _check_quantities(found, "childQuantityList", event.child_quantity_list)
    if event.parent_id:
        parent = check_identifier(found, "/parentID", event.parent_id)
        if parent is not None and parent.uri in children:
            found.append(Problem("/parentID", Reason.LOOP, f"{shown(event.parent_id)} is its own child"))
    elif event.action != "OBSERVE":
        found.append(Problem("/parentID", Reason.MISSING, f"with action {event.action} the parent is named"))
    if not (event.child_epcs or event.child_quantity_list) and event.action != "DELETE":
        told = f"with action {event.action} at least one child is named, in childEPCs or childQuantityList"
        found.append(Problem("", Reason.NOTHING_OBSERVED, told))


def _check_transaction(found: Found, raw: Mapping[str, Any], event: TransactionEvent) -> None:
    _check_things(found, "epcList", event.epc_list)
    _check_quantities(found, "quantityList", event.quantity_list)
    if event.parent_id:
        check_identifier(found, "/parentID", event.parent_id)
    if event.epc_list or event.quantity_list or event.action == "DELETE":
        return
    if "epcList" not in raw or not (event.parent_id or event.sensor_element_list):
        told = f"with action {event.action} at least one thing or class is named, in epcList or quantityList"
        found.append(Problem("", Reason.NOTHING_OBSERVED, told))


def _check_transformation(found: Found, _raw: Mapping[str, Any], event: TransformationEvent) -> None:
    inputs = _check_things(found, "inputEPCList", event.input_epc_list)
    inputs |= _check_quantities(found, "inputQuantityList", event.input_quantity_list)
    outputs = _check_things(found, "outputEPCList", event.output_epc_list)
    outputs |= _check_quantities(found, "outputQuantityList", event.output_quantity_list)
    for uri in sorted(inputs & outputs):
        found.append(Problem("", Reason.LOOP, f"{shown(uri)} is used up and made in the same transformation"))
    has_input = bool(event.input_epc_list or event.input_quantity_list)
    has_output = bool(event.output_epc_list or event.output_quantity_list)
    if event.transformation_id:
        check_identifier(found, "/transformationID", event.transformation_id)
        if not has_input and not has_output:
            found.append(Problem("", Reason.NOTHING_OBSERVED, "a part of a transformation names an input or an output"))
    elif not (has_input and has_output):
        told = "a transformation names inputs and outputs, or else a transformationID that joins it to its other parts"
        found.append(Problem("", Reason.NOTHING_OBSERVED, told))


_OF_TYPE: dict[type[Event], Callable[[Found, Mapping[str, Any], Any], None]] = {
    ObjectEvent: _check_object,
    AggregationEvent: _check_family,
    AssociationEvent: _check_family,
    TransactionEvent: _check_transaction,
    TransformationEvent: _check_transformation,
}
