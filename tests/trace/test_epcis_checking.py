"""Events of the right types that are not sensible all the same."""

import json

import pytest

from teahorse.trace.epcis.problems import Reason
from teahorse.trace.epcis.reading import read
from tests.trace.epcis_events import NOW, document, full, short

AT = "/epcisBody/eventList/0"
THING, LOT = "urn:epc:id:sgtin:9506000.013435.1", "urn:epc:class:lgtin:9506000.013435.L1"
THING_AS_LINK = "https://id.gs1.org/01/09506000134352/21/1"
PARENT = "urn:epc:id:sscc:9506000.0000000001"


def problems_of(event):
    (found,) = read(json.dumps(document(event)).encode(), now=NOW).events
    assert (found.event is None) is bool(found.problems)
    return [(problem.pointer.removeprefix(AT), problem.reason) for problem in found.problems]


def reports(*listed, **metadata):
    element = {"sensorReport": list(listed)} | ({"sensorMetadata": metadata} if metadata else {})
    return short("ObjectEvent", sensorElementList=[element])


@pytest.mark.parametrize(
    "event",
    [
        short("ObjectEvent", epcList=["urn:ibm:ift:product:serial:obj:1234567890123.7.1"]),
        short("ObjectEvent", epcList=["https://deqen.example.com/id/obj/coop7.barley.1"]),
        short("ObjectEvent", epcList=["urn:uuid:374d95fc-9457-4a51-bd6a-0bba133845a8"]),
        short("ObjectEvent", epcList=..., quantityList=[{"epcClass": LOT}]),
        short("ObjectEvent", bizStep="https://deqen.example.com/voc/BizStep-cooling"),
        short("ObjectEvent", action="DELETE", ilmd=...),
        full("ObjectEvent", epcList=[], quantityList=...),
        full("ObjectEvent", epcList=..., quantityList=...),
        full("ObjectEvent", epcList=[], quantityList=..., readPoint=...),
        short("AggregationEvent", action="OBSERVE", parentID=...),
        short("AggregationEvent", action="DELETE", childEPCs=..., childQuantityList=...),
        short("AssociationEvent", parentID="https://id.gs1.org/414/9506000000022"),
        short("TransactionEvent", action="DELETE", epcList=..., quantityList=..., parentID=...),
        short("TransactionEvent", epcList=[], quantityList=...),
        short("TransformationEvent", outputEPCList=..., outputQuantityList=...),
        short("TransformationEvent", transformationID=...),
        short(
            "TransformationEvent",
            inputQuantityList=[{"epcClass": "urn:epc:idpat:sgtin:9506000.013435.*", "quantity": 10, "uom": "KGM"}],
            outputQuantityList=[{"epcClass": "urn:epc:idpat:sgtin:9506000.013435.*", "quantity": 8, "uom": "KGM"}],
        ),
        reports({"type": "Temperature", "value": 299.15, "uom": "KEL"}),
        reports({"type": "Temperature", "value": 1, "uom": "ZZZ"}),
        reports({"type": "Count", "value": 1}),
        reports({"type": "Dimensionless", "exception": "ALARM_CONDITION"}),
        reports({"type": "AbsorbedDose", "value": 1, "uom": "A95"}),
    ],
)
def test_a_sensible_event_is_let_through(event):
    assert problems_of(event) == []


@pytest.mark.parametrize(
    ("event", "problems"),
    [
        (short("ObjectEvent", epcList=[], quantityList=...), [("", Reason.NOTHING_OBSERVED)]),
        (full("ObjectEvent", epcList=..., quantityList=..., readPoint=...), [("/readPoint", Reason.MISSING)]),
        (short("ObjectEvent", action="OBSERVE"), [("/ilmd", Reason.FORBIDDEN_HERE)]),
        (short("ObjectEvent", ilmd={"grade": "A"}), [("/ilmd/grade", Reason.UNKNOWN_FIELD)]),
        (short("TransformationEvent", ilmd={"nobody:grade": "A"}), [("/ilmd/nobody:grade", Reason.UNKNOWN_PREFIX)]),
        (short("ObjectEvent", epcList=[THING, THING]), [("/epcList", Reason.TWICE)]),
        (short("ObjectEvent", epcList=[LOT]), [("/epcList/0", Reason.WRONG_LEVEL)]),
        (short("ObjectEvent", quantityList=[{"epcClass": THING}]), [("/quantityList/0/epcClass", Reason.WRONG_LEVEL)]),
        (short("AggregationEvent", parentID=...), [("/parentID", Reason.MISSING)]),
        (short("AggregationEvent", action="DELETE", parentID=...), [("/parentID", Reason.MISSING)]),
        (short("AggregationEvent", childEPCs=[], childQuantityList=...), [("", Reason.NOTHING_OBSERVED)]),
        (short("AggregationEvent", childEPCs=[PARENT]), [("/parentID", Reason.LOOP)]),
        (short("AssociationEvent", parentID=...), [("/parentID", Reason.MISSING)]),
        (short("TransactionEvent", epcList=..., quantityList=...), [("", Reason.NOTHING_OBSERVED)]),
        (short("TransactionEvent", epcList=[], quantityList=..., parentID=...), [("", Reason.NOTHING_OBSERVED)]),
        (short("TransactionEvent", bizTransactionList=[]), [("/bizTransactionList", Reason.MISSING)]),
        (short("TransformationEvent", outputEPCList=[THING_AS_LINK]), [("", Reason.LOOP)]),
        (short("TransformationEvent", outputQuantityList=[{"epcClass": LOT}]), [("", Reason.LOOP)]),
        (short("TransformationEvent", transformationID=..., outputEPCList=..., outputQuantityList=[]), [("", Reason.NOTHING_OBSERVED)]),
        (
            short("TransformationEvent", inputEPCList=..., inputQuantityList=..., outputEPCList=..., outputQuantityList=...),
            [("", Reason.NOTHING_OBSERVED)],
        ),
        (short("ObjectEvent", persistentDisposition={}), [("/persistentDisposition", Reason.MISSING)]),
        (
            short("ObjectEvent", persistentDisposition={"set": ["recalled"], "unset": ["recalled"]}),
            [("/persistentDisposition", Reason.TWICE)],
        ),
        (short("ObjectEvent", **{"nobody:own": 1}), [("/nobody:own", Reason.UNKNOWN_PREFIX)]),
        (short("ObjectEvent", own=1, extensions={}), [("/extensions", Reason.UNKNOWN_FIELD), ("/own", Reason.UNKNOWN_FIELD)]),
        (short("ObjectEvent", eventTime="2026-11-20T10:00:30"), [("/eventTime", Reason.BAD_TIME)]),
        (short("ObjectEvent", eventTime="2026-11-20 10:00:30Z"), [("/eventTime", Reason.BAD_TIME)]),
        (short("ObjectEvent", eventTime="0001-01-01T00:00:00+14:00"), [("/eventTime", Reason.BAD_TIME)]),
        (short("ObjectEvent", eventTimeZoneOffset="+14:30"), [("/eventTimeZoneOffset", Reason.WRONG_TYPE)]),
        (short("ObjectEvent", eventTimeZoneOffset="+08:00\n"), [("/eventTimeZoneOffset", Reason.WRONG_TYPE)]),
        (short("ObjectEvent", type="QuantityEvent"), [("/type", Reason.UNKNOWN_WORD)]),
        (short("ObjectEvent", type=...), [("/type", Reason.MISSING)]),
        (
            short("ObjectEvent", errorDeclaration={"declarationTime": "2026-11-21T00:00:00Z", "reason": "wrong"}),
            [("/errorDeclaration/reason", Reason.UNKNOWN_WORD)],
        ),
    ],
)
def test_an_event_that_is_not_sensible_is_refused_with_place_and_reason(event, problems):
    assert problems_of(event) == problems


@pytest.mark.parametrize(
    ("amount", "problems"),
    [
        ({"quantity": 0, "uom": "KGM"}, [("/quantity", Reason.BAD_QUANTITY)]),
        ({"quantity": -3}, [("/quantity", Reason.BAD_QUANTITY)]),
        ({"quantity": 1.5}, [("/quantity", Reason.BAD_QUANTITY)]),
        ({"quantity": 1e14}, [("/quantity", Reason.BAD_QUANTITY)]),
        ({"quantity": 1e308, "uom": "KGM"}, [("/quantity", Reason.BAD_QUANTITY)]),
        ({"uom": "KGM"}, [("/uom", Reason.BAD_UNIT)]),
        ({"quantity": 1, "uom": "kg"}, [("/uom", Reason.WRONG_TYPE)]),
        ({"quantity": True}, [("/quantity", Reason.WRONG_TYPE)]),
        ({"quantity": "3"}, [("/quantity", Reason.WRONG_TYPE)]),
    ],
)
def test_an_amount_is_more_than_nothing_and_has_a_unit_or_is_whole(amount, problems):
    event = short("ObjectEvent", quantityList=[{"epcClass": LOT, **amount}])

    assert problems_of(event) == [(f"/quantityList/0{pointer}", reason) for pointer, reason in problems]


@pytest.mark.parametrize(
    ("report", "problems"),
    [
        ({"type": "Temperature", "value": 4}, [("/uom", Reason.MISSING)]),
        ({"type": "Temperature", "value": 4, "uom": "KGM"}, [("/uom", Reason.BAD_UNIT)]),
        ({"type": "gs1:Mass", "value": 4, "uom": "CEL"}, [("/uom", Reason.BAD_UNIT)]),
        ({"type": "Taste", "value": 4}, [("/type", Reason.UNKNOWN_WORD)]),
        ({"type": "Count", "exception": "FIRE"}, [("/exception", Reason.UNKNOWN_WORD)]),
        ({"type": "Angle", "value": 4, "uom": "DD", "component": "up"}, [("/component", Reason.UNKNOWN_WORD)]),
        ({"type": "Count", "minValue": 4, "maxValue": 3}, [("/minValue", Reason.OUT_OF_ORDER)]),
        ({"type": "Count", "minValue": 4, "meanValue": 3}, [("/meanValue", Reason.OUT_OF_ORDER)]),
        ({"type": "Count", "percRank": 101}, [("/percRank", Reason.BAD_QUANTITY)]),
        ({"type": "Count", "deviceID": "urn:epc:id:giai:1.2"}, [("/deviceID", Reason.BAD_IDENTIFIER)]),
        ({"type": "Count", "time": "2026-11-20T10:00:30+0800"}, [("/time", Reason.BAD_TIME)]),
        ({"type": "Count", "stringValue": "x" * 10_001}, [("/stringValue", Reason.TOO_LONG)]),
        ({"type": "Count", "hexBinaryValue": "xyz"}, [("/hexBinaryValue", Reason.WRONG_TYPE)]),
    ],
)
def test_a_report_says_what_it_measures_in_a_unit_of_it(report, problems):
    place = "/sensorElementList/0/sensorReport/0"

    assert problems_of(reports(report)) == [(place + pointer, reason) for pointer, reason in problems]


def test_a_series_does_not_end_before_it_starts():
    event = reports({"type": "Count", "value": 1}, startTime="2026-11-20T10:00:00Z", endTime="2026-11-20T09:00:00Z")

    assert problems_of(event) == [("/sensorElementList/0/sensorMetadata/startTime", Reason.OUT_OF_ORDER)]
