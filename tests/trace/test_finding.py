"""Every parameter of SimpleEventQuery finds what it asks for and leaves out the rest (EPCIS 2.0, section 8.2.7.1)."""

from datetime import timedelta

import msgspec
import pytest

from teahorse.trace import actions, queries
from teahorse.trace.epcis.asking import ask
from teahorse.trace.epcis.reading import read
from teahorse.trace.models import TraceEvent
from tests import world

from .epcis_events import CONTEXT, NOW, document, full, short

pytestmark = pytest.mark.django_db

RICH, POOR, PACKED, JOINED, PAID, MADE = (f"urn:uuid:374d95fc-9457-4a51-bd6a-0bba1338450{number}" for number in range(6))
ALL = {RICH, POOR, PACKED, JOINED, PAID, MADE}
EVERY_FULL = ALL - {POOR}
STEP = "https://ref.gs1.org/cbv/BizStep-commissioning"
FIRST, LOT = "urn:epc:id:sgtin:9506000.013435.1", "urn:epc:class:lgtin:9506000.013435.L1"
LATER = "2026-11-20T02:01:00Z"


def tell(*events, by="chamchen", now=NOW):
    """Capture events; return the job."""
    job = actions.capture(document=read(msgspec.json.encode(document(*events)), now=now), by=world.organisation(by), now=now)
    assert not job.errors
    return job


def six():
    """Tell one event of each kind that holds every field, and one that holds hardly any."""
    kinds = {PACKED: "AggregationEvent", JOINED: "AssociationEvent", PAID: "TransactionEvent", MADE: "TransformationEvent"}
    poor = short("ObjectEvent", eventID=POOR, action="OBSERVE", epcList=["urn:epc:id:sgtin:9506000.099999.9"], quantityList=..., ilmd=...)
    tell(
        full("ObjectEvent", eventID=RICH),
        poor | {"eventTime": "2026-11-19T10:00:00+08:00", "bizStep": "shipping", "readPoint": {"id": "https://example.com/id/loc/other"}},
        *(full(kind, eventID=name) for name, kind in kinds.items()),
    )


def found(parameters, *, by="chamchen"):
    question = ask(parameters, prefixes={"ex": CONTEXT[1]["ex"]})
    return {event.told_as for event in queries.found(question, organisation_id=world.organisation(by).pk)}


PARAMETERS = {
    "eventType": (["ObjectEvent"], {RICH, POOR}, ...),
    "EQ_action": (["OBSERVE"], {POOR, JOINED}, ["DELETE"]),
    "EQ_bizStep": ([STEP], EVERY_FULL, ["urn:epcglobal:cbv:bizstep:receiving"]),
    "EQ_disposition": (["urn:epcglobal:cbv:disp:active"], EVERY_FULL, ["destroyed"]),
    "EQ_persistentDisposition_set": (["recalled"], EVERY_FULL, ["completeness_inferred"]),
    "EQ_persistentDisposition_unset": (["completeness_inferred"], EVERY_FULL, ["recalled"]),
    "EQ_setPersistentDisposition": (["recalled"], EVERY_FULL, ["damaged"]),
    "EQ_readPoint": (["https://id.gs1.org/414/9506000000015"], EVERY_FULL, ["urn:epc:id:sgln:9506000.00001.7"]),
    "EQ_bizLocation": (["https://example.com/id/loc/deqen.1"], EVERY_FULL, ["https://example.com/id/loc/deqen"]),
    "EQ_transformationID": (["urn:epc:id:gdti:9506000.55555.1"], {MADE}, ["urn:epc:id:gdti:9506000.55555.2"]),
    "EQ_eventID": ([RICH, MADE], {RICH, MADE}, ["urn:uuid:374d95fc-9457-4a51-bd6a-0bba13384509"]),
    "EQ_bizTransaction_cert": (["urn:epcglobal:cbv:bt:9506000000012:C-1"], EVERY_FULL, ["urn:epcglobal:cbv:bt:9506000000012:C-2"]),
    "EQ_bizTransaction_po": (None, None, ["urn:epcglobal:cbv:bt:9506000000012:C-1"]),
    "EQ_source_owning_party": (["https://id.gs1.org/417/9506000000015"], EVERY_FULL, ["urn:epc:id:pgln:9506000.00002"]),
    "EQ_destination_location": (["urn:epc:id:sgln:9506000.00002.0"], EVERY_FULL, ["urn:epc:id:sgln:9506000.00003.0"]),
    "MATCH_epc": ([FIRST], {RICH, PACKED, JOINED, PAID}, ["urn:epc:id:sgtin:9506000.013435.2"]),
    "MATCH_parentID": (["urn:epc:id:sscc:9506000.0000000001"], {PACKED, PAID}, ["urn:epc:id:sscc:9506000.0000000002"]),
    "MATCH_inputEPC": ([FIRST], {MADE}, ["urn:epc:id:sgtin:9506000.013436.1"]),
    "MATCH_outputEPC": (["urn:epc:id:sgtin:9506000.013436.1"], {MADE}, [FIRST]),
    "MATCH_anyEPC": (["https://id.gs1.org/01/09506000134352/21/1"], EVERY_FULL, ["https://id.gs1.org/01/09506000134352/21/3"]),
    "MATCH_epcClass": ([LOT], EVERY_FULL - {MADE}, ["urn:epc:class:lgtin:9506000.013435.L2"]),
    "MATCH_inputEPCClass": ([LOT], {MADE}, ["urn:epc:idpat:sgtin:9506000.013436.*"]),
    "MATCH_outputEPCClass": (["urn:epc:idpat:sgtin:9506000.013436.*"], {MADE}, [LOT]),
    "MATCH_anyEPCClass": (["https://id.gs1.org/01/09506000134352/10/L1"], EVERY_FULL, [FIRST]),
    "GE_eventTime": ("2026-11-20T10:00:30+08:00", EVERY_FULL, LATER),
    "GT_eventTime": ("2026-11-20T10:00:29+08:00", EVERY_FULL, "2026-11-20T10:00:30+08:00"),
    "LT_eventTime": ("2026-11-20T00:00:00Z", {POOR}, "2026-11-19T10:00:00+08:00"),
    "LE_eventTime": ("2026-11-19T10:00:00+08:00", {POOR}, "2026-11-19T09:59:59+08:00"),
    "GE_recordTime": ("2026-11-22T12:00:00Z", ALL, "2026-11-22T12:00:01Z"),
    "LT_recordTime": ("2026-11-22T12:00:01Z", ALL, "2026-11-22T12:00:00Z"),
    "EXISTS_errorDeclaration": (None, EVERY_FULL, ...),
    "GE_errorDeclaration_Time": ("2026-11-21T00:00:00Z", EVERY_FULL, "2026-11-21T00:00:01Z"),
    "LT_errorDeclarationTime": ("2026-11-21T00:00:01Z", EVERY_FULL, "2026-11-21T00:00:00Z"),
    "EQ_errorReason": (["https://ref.gs1.org/cbv/ER-incorrect_data"], EVERY_FULL, ["did_not_occur"]),
    "EQ_correctiveEventID": (["urn:uuid:374d95fc-9457-4a51-bd6a-0bba133845a9"], EVERY_FULL, [RICH]),
    "EQ_quantity": ([12.5], EVERY_FULL, [13]),
    "EQ_quantity_GRM": ([12500], EVERY_FULL, [12501]),
    "GT_quantity_KGM": (12.4, EVERY_FULL, 12.5),
    "LE_quantity_GRM": (12500, EVERY_FULL, 12499),
    "LT_quantity": (4, {MADE}, 3),
    "EXISTS_sensorElementList": (None, EVERY_FULL, ...),
    "EXISTS_sensorElement": (None, EVERY_FULL, ...),
    "EQ_type": (["https://gs1.org/voc/Temperature"], EVERY_FULL, ["Pressure"]),
    "EQ_exception": (["ALARM_CONDITION"], EVERY_FULL, ["ERROR_CONDITION"]),
    "EQ_component": (["latitude"], EVERY_FULL, ["longitude"]),
    "EQ_deviceID": (["https://id.gs1.org/8004/9506000111"], EVERY_FULL, ["urn:epc:id:giai:9506000.113"]),
    "EQ_deviceMetadata": (["https://example.com/device/112"], EVERY_FULL, ["https://example.com/device/113"]),
    "EQ_rawData": (["https://example.com/raw/2"], EVERY_FULL, ["https://example.com/raw/3"]),
    "EQ_dataProcessingMethod": (["https://example.com/method/1"], EVERY_FULL, ["https://example.com/method/3"]),
    "EQ_bizRules": (["https://example.com/rules/2"], EVERY_FULL, ["https://example.com/rules/3"]),
    "EQ_time": ("2026-11-20T10:01:00+08:00", EVERY_FULL, "2026-11-20T10:02:00+08:00"),
    "GE_time": ("2026-11-20T10:05:00+08:00", EVERY_FULL, "2026-11-20T10:06:00+08:00"),
    "LT_time": ("2026-11-20T10:02:00+08:00", EVERY_FULL, "2026-11-20T10:01:00+08:00"),
    "GE_startTime": ("2026-11-20T01:00:00Z", EVERY_FULL, "2026-11-20T01:00:01Z"),
    "LT_startTime": ("2026-11-20T01:00:01Z", EVERY_FULL, "2026-11-20T01:00:00Z"),
    "GE_endTime": ("2026-11-20T02:00:00Z", EVERY_FULL, "2026-11-20T02:00:01Z"),
    "LT_endTime": ("2026-11-20T02:00:01Z", EVERY_FULL, "2026-11-20T02:00:00Z"),
    "EQ_microorganism": (["https://www.ncbi.nlm.nih.gov/taxonomy/1126011"], EVERY_FULL, ["https://www.ncbi.nlm.nih.gov/taxonomy/1"]),
    "EQ_chemicalSubstance": (["https://identifiers.org/inchikey:X"], EVERY_FULL, ["https://identifiers.org/inchikey:Y"]),
    "EQ_stringValue": (["sour", "sweet"], EVERY_FULL, ["sweet"]),
    "EQ_booleanValue": (True, EVERY_FULL, False),
    "EQ_hexBinaryValue": (["F0"], EVERY_FULL, ["0f"]),
    "EQ_uriValue": (["https://example.com/t"], EVERY_FULL, ["https://example.com/u"]),
    "EQ_coordinateReferenceSystem": (
        ["http://www.opengis.net/def/crs/OGC/1.3/CRS84"],
        EVERY_FULL,
        ["http://www.opengis.net/def/crs/OGC/1.3/CRS83"],
    ),
    "EQ_value_KEL": ([277.65], EVERY_FULL, [4.5]),
    "GE_value_CEL": (4.5, EVERY_FULL, 4.6),
    "GE_value_KEL": (277.65, EVERY_FULL, 277.66),
    "LT_value_FAH": (40.2, EVERY_FULL, 40.1),
    "GT_minValue_CEL": (2, EVERY_FULL, 3),
    "LE_maxValue_KEL": (279.4, EVERY_FULL, 279.3),
    "GE_meanValue_FAH": (39.9, EVERY_FULL, 40),
    "LT_sDev": (0.2, EVERY_FULL, 0.1),
    "GE_sDev_CEL": (0.1, EVERY_FULL, 0.2),
    "GE_percRank": (50, EVERY_FULL, 51),
    "LT_percValue_CEL": (4.4, EVERY_FULL, 4.3),
    "EQ_ex:pasture": (None, None, ["spring"]),
    "EQ_INNER_ex:water": (["brook"], EVERY_FULL, ["ex:water"]),
    "GE_INNER_ex:height_m": (4200, EVERY_FULL, 4201),
    "GE_ex:height_m": (None, None, 1),
    "EXISTS_ex:pasture": (None, EVERY_FULL, ...),
    "EXISTS_INNER_ex:height_m": (None, EVERY_FULL, ...),
    "EQ_ILMD_ex:grade": (["A"], {RICH, MADE}, ["B"]),
    "EQ_ILMD_cbvmda:lotNumber": (["L1"], {RICH, MADE}, ["L2"]),
    "EXISTS_ILMD_ex:plot": (None, {RICH, MADE}, ...),
    "EQ_INNER_ILMD_ex:name": (["upper"], {RICH, MADE}, ["lower"]),
    "EQ_ERROR_DECLARATION_ex:told_by": (["the station"], EVERY_FULL, ["the centre"]),
    "EQ_readPoint_ex:gate": (["north"], EVERY_FULL, ["south"]),
    "EQ_SENSORMETADATA_ex:roof": (["wood"], EVERY_FULL, ["stone"]),
    "GT_SENSORREPORT_ex:shelf": (1, EVERY_FULL, 2),
    "EXISTS_SENSORREPORT_ex:shelf": (None, EVERY_FULL, ...),
    "EXISTS_SENSORELEMENT_ex:shelf": (None, set(), ...),
    f"EQ_ILMD_{CONTEXT[1]['ex']}grade": (["A"], {RICH, MADE}, ["B"]),
}
"""Of each what is asked and found, what is found, and what is asked and finds nothing; ``...``: no value does."""


@pytest.mark.parametrize("name", PARAMETERS)
def test_a_parameter_finds_what_it_asks_for_and_leaves_out_the_rest(name):
    six()
    asked, wanted, missed = PARAMETERS[name]

    assert wanted is None or found({name: asked}) == wanted
    assert missed is ... or found({name: missed}) == set()


@pytest.mark.parametrize(
    ("parameter", "pattern", "wanted"),
    [
        ("MATCH_epc", "urn:epc:idpat:sgtin:9506000.013435.*", {RICH, PACKED, JOINED, PAID}),
        ("MATCH_epc", "urn:epc:idpat:sgtin:9506000.*.*", ALL - {MADE}),
        ("MATCH_epc", "urn:epc:idpat:sgtin:*.*.*", ALL - {MADE}),
        ("MATCH_epc", "urn:epc:idpat:sgtin:950601.*.*", set()),
        ("MATCH_epc", "urn:epc:idpat:sscc:9506000.*", set()),
        ("MATCH_parentID", "urn:epc:idpat:sscc:9506000.*", {PACKED, PAID}),
        ("MATCH_parentID", "urn:epc:idpat:sgln:9506000.00002.*", {JOINED}),
        ("MATCH_epc", "https://any.example/01/09506000134352/21/*", {RICH, PACKED, JOINED, PAID}),
        ("MATCH_epc", "https://example.com/id/obj/deqen.7.*", {RICH, PACKED, JOINED, PAID}),
        ("MATCH_epc", "https://example.com/id/obj/deqen.8.*", set()),
        ("MATCH_epcClass", "urn:epc:idpat:sgtin:9506000.*.*", set()),
        ("MATCH_outputEPCClass", "urn:epc:idpat:sgtin:9506000.*.*", {MADE}),
        ("MATCH_epcClass", "https://id.gs1.org/01/09506000134352/10/*", EVERY_FULL - {MADE}),
    ],
)
def test_a_pattern_finds_all_that_it_means(parameter, pattern, wanted):
    six()

    assert found({parameter: [pattern]}) == wanted


def test_all_that_is_asked_of_a_sensor_holds_for_one_report():
    six()

    assert found({"EQ_type": ["Temperature"], "GE_value_KEL": 270, "LT_value_KEL": 280}) == EVERY_FULL
    assert found({"EQ_type": ["Angle"], "GE_value_KEL": 270}) == set()
    assert found({"EQ_deviceID": ["urn:epc:id:giai:9506000.111"], "EQ_type": ["RelativeHumidity"]}) == EVERY_FULL  # of its metadata
    assert found({"EQ_deviceID": ["urn:epc:id:giai:9506000.111"], "EQ_type": ["Temperature"]}) == set()  # it has a device of its own


def test_a_field_is_the_same_under_another_prefix_for_the_same_address():
    other = full("ObjectEvent", eventID=RICH, errorDeclaration=..., sensorElementList=..., readPoint=..., ilmd=..., **{"ex:pasture": ...})
    body = document(other | {"farm:height_m": 4300}) | {"@context": [CONTEXT[0], {"farm": CONTEXT[1]["ex"]}]}
    actions.capture(document=read(msgspec.json.encode(body), now=NOW), by=world.organisation("chamchen"), now=NOW)

    assert found({"GE_ex:height_m": 4300}) == {RICH}
    assert found({"GE_ex:height_m": 4300, "@context": {"ex": "https://other.example/"}}) == {RICH}  # the asker's own prefixes go before
    assert found({"EXISTS_https://other.example/height_m": None}) == set()


def test_a_value_is_found_in_a_list_and_in_a_typed_value():
    typed = {"@type": "xsd:dateTime", "@value": "2026-11-01T00:00:00Z"}
    tell(short("ObjectEvent", eventID=RICH, **{"ex:seen": ["yak", 7], "ex:dipped": typed, "ex:free": True, "ex:day": "not a time"}))

    assert found({"EQ_ex:seen": ["yak"]}) == found({"EQ_ex:seen": [7]}) == found({"GE_ex:seen": 7}) == {RICH}
    assert found({"GE_ex:dipped": "2026-11-01T08:00:00+08:00"}) == {RICH}
    assert found({"GT_ex:dipped": "2026-11-01T08:00:00+08:00"}) == found({"GT_ex:day": "2020-01-01T00:00:00Z"}) == set()
    assert found({"EQ_ex:free": [True]}) == {RICH}
    assert found({"EQ_ex:free": [False]}) == set()


def test_another_organisation_finds_nothing():
    six()

    assert found({}) == ALL
    assert found({}, by="neighbour") == set()
    assert found({"MATCH_anyEPC": [FIRST]}, by="neighbour") == set()


def test_an_event_is_found_by_its_hash():
    six()
    event = TraceEvent.objects.get(told_as=RICH)

    assert found({"EQ_eventID": [f"ni:///sha-256;{bytes(event.digest).hex()}?ver=CBV2.0"]}) == {RICH}
    assert found({"EQ_eventID": [f"ni:///sha-256;{bytes(event.digest).hex()[:-1]}0?ver=CBV2.0"]}) in ({RICH}, set())


# --- Places and master data

REGION, COUNTY, FARM = "https://example.com/id/loc/region", "https://example.com/id/loc/county", "https://example.com/id/loc/farm"
HEAD = {
    "epcisMasterData": {
        "vocabularyList": [
            {
                "type": "urn:epcglobal:epcis:vtype:BusinessLocation",
                "vocabularyElementList": [
                    {"id": REGION, "children": [COUNTY]},
                    {
                        "id": COUNTY,
                        "children": [FARM, REGION],
                        "attributes": [{"id": "urn:epcglobal:cbv:mda:countryCode", "attribute": "CN"}],
                    },
                    {"id": FARM, "attributes": [{"id": "urn:epcglobal:cbv:mda:city", "attribute": "Gyangze"}]},
                ],
            }
        ]
    }
}


def farmed(*, by="chamchen"):
    event = short("ObjectEvent", eventID=RICH, bizLocation={"id": FARM}, readPoint={"id": "urn:epc:id:sgln:9506000.00001.shed"})
    body = document(event, epcisHeader=HEAD)
    actions.capture(document=read(msgspec.json.encode(body), now=NOW), by=world.organisation(by), now=NOW)


def test_a_place_lies_in_what_master_data_named_its_parent_however_far_up():
    farmed()

    for place, is_found in ((REGION, True), (COUNTY, True), (FARM, True), ("https://example.com/id/loc/other", False)):
        assert (found({"WD_bizLocation": [place]}) == {RICH}) is is_found
    assert found({"EQ_bizLocation": [REGION]}) == set()


def test_an_extension_of_a_gln_lies_in_it():
    farmed()

    assert found({"WD_readPoint": ["urn:epc:id:sgln:9506000.00001.0"]}) == {RICH}
    assert found({"WD_readPoint": ["https://id.gs1.org/414/9506000000015"]}) == {RICH}
    assert (
        found({"WD_readPoint": ["urn:epc:id:sgln:9506000.00002.0"]})
        == found({"EQ_readPoint": ["urn:epc:id:sgln:9506000.00001.0"]})
        == set()
    )


def test_master_data_of_another_organisation_say_nothing():
    tell(short("ObjectEvent", eventID=POOR, bizLocation={"id": FARM}))
    farmed(by="neighbour")

    assert found({"WD_bizLocation": [REGION]}) == set()
    assert found({"HASATTR_bizLocation": ["cbvmda:city"]}) == set()


def test_master_data_are_asked_by_attribute_and_value():
    farmed()

    assert found({"HASATTR_bizLocation": ["cbvmda:city"]}) == {RICH}
    assert found({"HASATTR_bizLocation": ["cbvmda:countryCode"]}) == set()  # the county has it
    assert found({"EQATTR_bizLocation_cbvmda:city": ["Gyangze"]}) == {RICH}
    assert found({"EQATTR_bizLocation_urn:epcglobal:cbv:mda:city": ["Lhasa"]}) == set()
    assert found({"HASATTR_readPoint": ["cbvmda:city"]}) == set()


def test_what_is_said_of_a_place_again_takes_the_place_of_what_was_said():
    farmed()
    said = msgspec.json.decode(msgspec.json.encode(HEAD))
    said["epcisMasterData"]["vocabularyList"][0]["vocabularyElementList"] = [{"id": FARM, "attributes": []}]
    body = document(short("ObjectEvent", eventID=POOR), epcisHeader=said)

    actions.capture(document=read(msgspec.json.encode(body), now=NOW), by=world.organisation("chamchen"), now=NOW)

    assert found({"HASATTR_bizLocation": ["cbvmda:city"]}) == set()
    assert found({"WD_bizLocation": [REGION]}) == {RICH}


# --- Pages


def test_pages_hold_every_event_once_though_more_come_in():
    for number in range(7):
        tell(short("ObjectEvent", eventID=f"urn:uuid:00000000-0000-4000-8000-00000000000{number}", **{"ex:number": number}))
    question, organisation_id = ask({}), world.organisation("chamchen").pk
    seen, after, now = [], None, NOW + timedelta(seconds=1)

    while True:
        page = queries.page(question, organisation_id=organisation_id, size=3, now=now, after=after)
        seen += [event.body["ex:number"] for event in page.events]
        after, now = page.following, now + timedelta(seconds=1)
        if after is None:
            break
        tell(short("ObjectEvent", eventID=f"urn:uuid:00000000-0000-4000-8000-0000000000{len(seen) + 10}"), now=now)

    assert sorted(seen) == list(range(7))


@pytest.mark.parametrize(
    ("parameters", "wanted"),
    [
        ({"orderBy": "ex:number", "orderDirection": "ASC"}, [1, 2, 3, 10]),
        ({"orderBy": "ex:number"}, [10, 3, 2, 1]),
        ({"orderBy": "eventTime", "orderDirection": "ASC"}, [10, 3, 2, 1]),
        ({"orderBy": "eventTime"}, [1, 2, 3, 10]),
        ({"orderBy": "eventTime", "eventCountLimit": 3}, [1, 2, 3]),
        ({"orderBy": "eventTime", "eventCountLimit": 2}, [1, 2]),
        ({"orderBy": "ex:number", "maxEventCount": 4}, [10, 3, 2, 1]),
    ],
)
def test_events_come_in_the_order_that_is_asked_for(parameters, wanted):
    for number in (3, 1, 10, 2):
        tell(short("ObjectEvent", eventTime=f"2026-11-{20 - number:02}T00:00:00Z", **{"ex:number": number}))
    question, organisation_id = ask(parameters), world.organisation("chamchen").pk
    given, after = [], None

    for _page in range(4):
        page = queries.page(question, organisation_id=organisation_id, size=2, now=NOW, after=after)
        given += [event.body["ex:number"] for event in page.events]
        after = page.following
        if after is None:
            break

    assert given == wanted


def test_more_than_the_asker_wants_is_refused():
    six()

    with pytest.raises(queries.TooLarge) as refused:
        queries.page(ask({"maxEventCount": 5}), organisation_id=world.organisation("chamchen").pk, size=2, now=NOW)

    assert refused.value.most == 5
