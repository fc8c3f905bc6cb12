"""What makes a sensor's report a sensible one (EPCIS 2.0, section 7.3.7): words, addresses, units that fit, values in order."""

import math
from collections.abc import Mapping, Sequence
from typing import Any

from msgspec import UNSET

from teahorse.trace.epcis import vocabulary as words
from teahorse.trace.epcis.events import SENSOR_FIELDS, SensorElement, SensorMetadata, SensorReport
from teahorse.trace.epcis.fields import Found, check_added_fields, check_identifier, check_time, check_word
from teahorse.trace.epcis.limits import LONGEST_TEXT
from teahorse.trace.epcis.problems import Problem, Reason
from teahorse.trace.epcis.units import QUANTITY_OF, UNITS

_NAMED_BY_METADATA = ("deviceID", "deviceMetadata", "rawData", "dataProcessingMethod", "bizRules")
_NAMED_BY_REPORT = (*_NAMED_BY_METADATA, "microorganism", "chemicalSubstance", "coordinateReferenceSystem", "uriValue")
_TIMES = ("time", "startTime", "endTime")
_MEASURED = ("value", "minValue", "maxValue", "meanValue", "percValue")
_NUMBERS = (*_MEASURED, "sDev", "percRank")


def check_sensors(found: Found, raw: Sequence[Mapping[str, Any]], elements: Sequence[SensorElement], prefixes: Mapping[str, str]) -> None:
    """Check the sensor elements of an event; ``raw`` is the JSON that they were read from."""
    for number, element in enumerate(elements):
        pointer = f"/sensorElementList/{number}"
        check_added_fields(found, pointer, raw[number], SENSOR_FIELDS[SensorElement], prefixes)
        if element.sensor_metadata is not UNSET:
            _check_metadata(found, f"{pointer}/sensorMetadata", raw[number]["sensorMetadata"], element.sensor_metadata, prefixes)
        for place, report in enumerate(element.sensor_report):
            _check_report(found, f"{pointer}/sensorReport/{place}", raw[number]["sensorReport"][place], report, prefixes)


def _check_metadata(found: Found, pointer: str, raw: Mapping[str, Any], metadata: SensorMetadata, prefixes: Mapping[str, str]) -> None:
    check_added_fields(found, pointer, raw, SENSOR_FIELDS[SensorMetadata], prefixes)
    _check_named(found, pointer, raw, _NAMED_BY_METADATA)
    start, end = metadata.start_time, metadata.end_time
    if start is not UNSET and end is not UNSET and start > end:
        told = f"it starts at {raw['startTime']}, after it ends at {raw['endTime']}"
        found.append(Problem(f"{pointer}/startTime", Reason.OUT_OF_ORDER, told))


def _check_named(found: Found, pointer: str, raw: Mapping[str, Any], names: Sequence[str]) -> None:
    for name in names:
        if name in raw:
            check_identifier(found, f"{pointer}/{name}", raw[name])
    for name in _TIMES:
        if name in raw:
            check_time(found, f"{pointer}/{name}", raw[name])


def _check_report(found: Found, pointer: str, raw: Mapping[str, Any], report: SensorReport, prefixes: Mapping[str, str]) -> None:
    check_added_fields(found, pointer, raw, SENSOR_FIELDS[SensorReport], prefixes)
    check_word(found, f"{pointer}/type", words.MEASUREMENT, report.type)
    if report.exception:
        check_word(found, f"{pointer}/exception", words.SENSOR_ALERT, report.exception)
    if report.component:
        check_word(found, f"{pointer}/component", words.COMPONENT, report.component)
    _check_named(found, pointer, raw, _NAMED_BY_REPORT)
    if report.string_value is not UNSET and len(report.string_value) > LONGEST_TEXT:
        told = f"the text has {len(report.string_value)} characters, more than {LONGEST_TEXT}"
        found.append(Problem(f"{pointer}/stringValue", Reason.TOO_LONG, told))
    _check_numbers(found, pointer, raw)
    _check_unit(found, pointer, raw, report)


def _check_numbers(found: Found, pointer: str, raw: Mapping[str, Any]) -> None:
    for name in _NUMBERS:
        if name in raw and not math.isfinite(raw[name]):
            found.append(Problem(f"{pointer}/{name}", Reason.BAD_QUANTITY, f"{name} is not a finite number"))
    smallest, mean, largest = raw.get("minValue", -math.inf), raw.get("meanValue"), raw.get("maxValue", math.inf)
    if smallest > largest:
        told = f"the smallest value, {smallest:g}, is above the largest, {largest:g}"
        found.append(Problem(f"{pointer}/minValue", Reason.OUT_OF_ORDER, told))
    elif mean is not None and not smallest <= mean <= largest:
        told = f"the mean, {mean:g}, is not between the smallest and the largest value, {smallest:g} and {largest:g}"
        found.append(Problem(f"{pointer}/meanValue", Reason.OUT_OF_ORDER, told))
    if not 0 <= raw.get("percRank", 0) <= 100:
        told = f"a percentile lies between 0 and 100, {raw['percRank']:g} does not"
        found.append(Problem(f"{pointer}/percRank", Reason.BAD_QUANTITY, told))


def _check_unit(found: Found, pointer: str, raw: Mapping[str, Any], report: SensorReport) -> None:
    """Check that a unit of our table measures what the type says; codes that are not in the table are let through."""
    quantity = QUANTITY_OF.get(words.MEASUREMENT.bare(report.type))
    if quantity is None:
        return
    if report.uom:
        unit = UNITS.get(report.uom)
        if unit is not None and unit.quantity != quantity:
            told = f"{report.type} is a measure of {quantity}, and {report.uom} is a unit of {unit.quantity}"
            found.append(Problem(f"{pointer}/uom", Reason.BAD_UNIT, told))
    elif quantity != "number" and any(name in raw for name in _MEASURED):
        found.append(Problem(f"{pointer}/uom", Reason.MISSING, f"a value of {report.type} needs its unit"))
