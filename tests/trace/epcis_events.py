"""Events that hold every field of their type, for the tests to take and to spoil."""

from copy import deepcopy
from datetime import UTC, datetime
from typing import Any

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
CONTEXT = ["https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld", {"ex": "https://ns.example.com/epcis/"}]

_SENSORS = [
    {
        "sensorMetadata": {
            "time": "2026-11-20T10:05:00+08:00",
            "startTime": "2026-11-20T09:00:00+08:00",
            "endTime": "2026-11-20T10:00:00+08:00",
            "deviceID": "urn:epc:id:giai:9506000.111",
            "deviceMetadata": "https://id.gs1.org/8004/9506000111",
            "rawData": "https://example.com/raw/1",
            "dataProcessingMethod": "https://example.com/method/1",
            "bizRules": "https://example.com/rules/1",
            "ex:roof": "wood",
        },
        "sensorReport": [
            {
                "type": "Temperature",
                "exception": "ALARM_CONDITION",
                "deviceID": "urn:epc:id:giai:9506000.112",
                "deviceMetadata": "https://example.com/device/112",
                "rawData": "https://example.com/raw/2",
                "dataProcessingMethod": "https://example.com/method/2",
                "bizRules": "https://example.com/rules/2",
                "time": "2026-11-20T10:01:00+08:00",
                "value": 4.5,
                "minValue": 3,
                "maxValue": 6.25,
                "meanValue": 4.4,
                "sDev": 0.1,
                "percRank": 50,
                "percValue": 4.3,
                "uom": "CEL",
                "ex:shelf": 2,
            },
            {"type": "ex:Taste", "stringValue": "sour", "booleanValue": True, "hexBinaryValue": "f0", "uriValue": "https://example.com/t"},
            {
                "type": "Angle",
                "value": 27.5,
                "uom": "DD",
                "component": "latitude",
                "coordinateReferenceSystem": "http://www.opengis.net/def/crs/OGC/1.3/CRS84",
            },
            {"type": "Dimensionless", "value": 0.05, "uom": "C35", "microorganism": "https://www.ncbi.nlm.nih.gov/taxonomy/1126011"},
            {"type": "gs1:RelativeHumidity", "value": 61, "uom": "P1", "chemicalSubstance": "https://identifiers.org/inchikey:X"},
        ],
    }
]
_EVERYWHERE: dict[str, Any] = {
    "eventTime": "2026-11-20T10:00:30.000+08:00",
    "eventTimeZoneOffset": "+08:00",
    "recordTime": "2026-11-20T02:00:31Z",
    "eventID": "urn:uuid:374d95fc-9457-4a51-bd6a-0bba133845a8",
    "certificationInfo": ["https://example.com/certificates/1"],
    "errorDeclaration": {
        "declarationTime": "2026-11-21T00:00:00Z",
        "reason": "incorrect_data",
        "correctiveEventIDs": ["urn:uuid:374d95fc-9457-4a51-bd6a-0bba133845a9"],
        "ex:told_by": "the station",
    },
    "bizStep": "commissioning",
    "disposition": "active",
    "persistentDisposition": {"set": ["recalled"], "unset": ["completeness_inferred"]},
    "readPoint": {"id": "urn:epc:id:sgln:9506000.00001.0", "ex:gate": "north"},
    "bizLocation": {"id": "https://example.com/id/loc/deqen.1"},
    "bizTransactionList": [{"type": "cert", "bizTransaction": "urn:epcglobal:cbv:bt:9506000000012:C-1"}],
    "sourceList": [{"type": "owning_party", "source": "urn:epc:id:pgln:9506000.00001"}],
    "destinationList": [{"type": "location", "destination": "https://id.gs1.org/414/9506000000022"}],
    "sensorElementList": _SENSORS,
    "ex:pasture": {"ex:height_m": 4200, "ex:water": ["spring", "brook"]},
}
_THINGS = ["urn:epc:id:sgtin:9506000.013435.1", "https://example.com/id/obj/deqen.7.2"]
_OTHER_THINGS = ["urn:epc:id:sgtin:9506000.013436.1"]
_AMOUNTS = [{"epcClass": "urn:epc:class:lgtin:9506000.013435.L1", "quantity": 12.5, "uom": "KGM"}]
_OTHER_AMOUNTS = [{"epcClass": "urn:epc:idpat:sgtin:9506000.013436.*", "quantity": 3}]
_MASTER_DATA = {"ex:grade": "A", "cbvmda:lotNumber": "L1", "ex:plot": {"ex:name": "upper"}}
_SAID = {
    "ObjectEvent": {"action": "ADD", "epcList": _THINGS, "quantityList": _AMOUNTS, "ilmd": _MASTER_DATA},
    "AggregationEvent": {
        "action": "ADD",
        "parentID": "urn:epc:id:sscc:9506000.0000000001",
        "childEPCs": _THINGS,
        "childQuantityList": _AMOUNTS,
    },
    "AssociationEvent": {
        "action": "OBSERVE",
        "parentID": "urn:epc:id:sgln:9506000.00002.0",
        "childEPCs": _THINGS,
        "childQuantityList": _AMOUNTS,
    },
    "TransactionEvent": {
        "action": "ADD",
        "parentID": "urn:epc:id:sscc:9506000.0000000001",
        "epcList": _THINGS,
        "quantityList": _AMOUNTS,
    },
    "TransformationEvent": {
        "inputEPCList": _THINGS,
        "inputQuantityList": _AMOUNTS,
        "outputEPCList": _OTHER_THINGS,
        "outputQuantityList": _OTHER_AMOUNTS,
        "transformationID": "urn:epc:id:gdti:9506000.55555.1",
        "ilmd": _MASTER_DATA,
    },
}
TYPES = tuple(_SAID)


def full(kind: str, **changed: Any) -> dict[str, Any]:
    """Return an event with every field, some changed; a field changed to ``...`` is left out."""
    event = deepcopy({"type": kind, **_EVERYWHERE, **_SAID[kind]}) | changed
    return {name: value for name, value in event.items() if value is not ...}


def short(kind: str, **changed: Any) -> dict[str, Any]:
    """Return an event with what its type cannot do without."""
    event = {"type": kind, **{name: _EVERYWHERE[name] for name in ("eventTime", "eventTimeZoneOffset")}, **deepcopy(_SAID[kind])}
    if kind == "TransactionEvent":
        event["bizTransactionList"] = deepcopy(_EVERYWHERE["bizTransactionList"])
    return {name: value for name, value in (event | changed).items() if value is not ...}


def document(*events: Any, **changed: Any) -> dict[str, Any]:
    """Return a document around events."""
    return {
        "@context": CONTEXT,
        "type": "EPCISDocument",
        "schemaVersion": "2.0",
        "creationDate": "2026-11-21T00:00:00Z",
        "epcisBody": {"eventList": list(events)},
    } | changed
