"""Documents as they arrive: limits, frames, and what is wrong with which event."""

import json
import time
from datetime import timedelta

import msgspec
import pytest

from teahorse.trace.epcis.events import ObjectEvent, Quantity, TransformationEvent
from teahorse.trace.epcis.limits import (
    DEEPEST,
    LONGEST_IDENTIFIER,
    LONGEST_TEXT,
    MOST_BYTES,
    MOST_EPCS,
    MOST_EVENTS,
    MOST_PROBLEMS,
    TOLERANCE,
)
from teahorse.trace.epcis.problems import Problem, Reason, Unreadable
from teahorse.trace.epcis.reading import read
from teahorse.trace.epcis.writing import Answered
from teahorse.trace.epcis.writing import document as written
from tests.trace.epcis_events import CONTEXT, NOW, TYPES, document, full, short
from tests.trace.vectors import VECTORS

DOCUMENTS = sorted((VECTORS / "epcis-event-hash/tests/examples").glob("*.jsonld"))
AT = "/epcisBody/eventList/0"


def read_one(event):
    return read(json.dumps(document(event)).encode(), now=NOW).events[0]


def reasons_of(event):
    return [(problem.pointer.removeprefix(AT), problem.reason) for problem in read_one(event).problems]


def refused(body):
    with pytest.raises(Unreadable) as error:
        read(body if isinstance(body, bytes) else json.dumps(body).encode(), now=NOW)
    return [(problem.pointer, problem.reason) for problem in error.value.problems]


def test_an_event_is_read_with_the_standards_fields_typed_and_the_users_kept():
    found = read_one(full("ObjectEvent"))

    event = found.event
    assert isinstance(event, ObjectEvent)
    assert event.type == "ObjectEvent"
    assert event.event_time.isoformat() == "2026-11-20T10:00:30+08:00"
    assert event.biz_step == "commissioning"
    assert event.epc_list == ("urn:epc:id:sgtin:9506000.013435.1", "https://example.com/id/obj/deqen.7.2")
    assert event.quantity_list == (Quantity(epc_class="urn:epc:class:lgtin:9506000.013435.L1", quantity=12.5, uom="KGM"),)
    assert event.error_declaration.corrective_event_ids == ("urn:uuid:374d95fc-9457-4a51-bd6a-0bba133845a9",)
    assert event.sensor_element_list[0].sensor_report[0].mean_value == 4.4
    assert event.sensor_element_list[0].sensor_metadata.device_id == "urn:epc:id:giai:9506000.111"
    assert event.ilmd == {"ex:grade": "A", "cbvmda:lotNumber": "L1", "ex:plot": {"ex:name": "upper"}}
    assert event.extensions == {"ex:pasture": {"ex:height_m": 4200, "ex:water": ["spring", "brook"]}}
    assert found.raw == full("ObjectEvent")
    assert found.prefixes["ex"] == "https://ns.example.com/epcis/"


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: path.stem)
def test_the_foreign_documents_events_are_good(path):
    problems = [problem for event in read(path.read_bytes(), now=NOW).events for problem in event.problems]

    # it shows the canonical forms of all sorts of identifiers, two of classes among them, in a list of things
    expected = {"epclist_normalisation": [Reason.WRONG_LEVEL, Reason.WRONG_LEVEL]}
    assert [problem.reason for problem in problems] == expected.get(path.stem, [])


def test_one_bad_event_does_not_hide_the_others():
    bad = short("ObjectEvent", bizStep="transforming", action="MAKE", epcList="not a list")
    body = document(short("ObjectEvent"), bad, 7, short("TransformationEvent"))

    good, spoilt, number, last = read(json.dumps(body).encode(), now=NOW).events

    assert isinstance(good.event, ObjectEvent)
    assert isinstance(last.event, TransformationEvent)
    assert spoilt.event is None
    assert [(problem.pointer, problem.reason, problem.told) for problem in spoilt.problems] == [
        ("/epcisBody/eventList/1/action", Reason.UNKNOWN_WORD, "“MAKE” does not do here: invalid enum value 'MAKE'"),
        ("/epcisBody/eventList/1/epcList", Reason.WRONG_TYPE, "“not a list” does not do here: expected `array`, got `str`"),
    ]
    assert number.problems == (Problem("/epcisBody/eventList/2", Reason.WRONG_TYPE, "an event is an object, this is “7”"),)


def test_everything_that_is_not_sensible_is_told_at_once():
    event = short("ObjectEvent", bizStep="transforming", disposition="gone", epcList=["urn:epc:id:sgtin:1.2.3"])

    assert [(problem.pointer, problem.told) for problem in read_one(event).problems] == [
        (f"{AT}/bizStep", "“transforming” is not a bizStep of the standard; other words are written as URIs of their owner"),
        (f"{AT}/disposition", "“gone” is not a disposition of the standard; other words are written as URIs of their owner"),
        (
            f"{AT}/epcList/0",
            "“urn:epc:id:sgtin:1.2.3” is not an identifier: a company prefix has 6 to 12 digits, “1” has not",
        ),
    ]


def test_a_field_deep_inside_is_pointed_at():
    event = full("ObjectEvent")
    event["sensorElementList"][0]["sensorReport"][1]["booleanValue"] = "yes"
    del event["quantityList"][0]["epcClass"]
    event["sourceList"][0]["ex:own"] = 1

    assert reasons_of(event) == [
        ("/sourceList/0/ex:own", Reason.UNKNOWN_FIELD),
        ("/sensorElementList/0/sensorReport/1/booleanValue", Reason.WRONG_TYPE),
        ("/quantityList/0/epcClass", Reason.MISSING),
    ]


# limits


def test_a_document_that_is_too_large_is_refused_unread():
    assert refused(b"[" + b" " * MOST_BYTES) == [("", Reason.TOO_LARGE)]
    assert refused(b"x" * 10_000_000) == [("", Reason.TOO_LARGE)]


@pytest.mark.parametrize("opening", [b"[", b'{"a":', b'[{"]":'])
def test_a_document_that_is_too_deep_is_refused_unread(opening):
    closing = {b"[": b"]", b'{"a":': b"}", b'[{"]":': b"}]"}[opening]

    assert refused(opening * 5000 + b"1" + closing * 5000) == [("", Reason.TOO_DEEP)]


def test_brackets_in_texts_do_not_count():
    text = "[" * (DEEPEST + 1) + '\\"]' * 3

    assert reasons_of(short("ObjectEvent", **{"ex:text": text})) == []
    assert reasons_of(short("ObjectEvent", **{"ex:text": "[" * (DEEPEST + 1)})) == []


def test_an_extension_may_nest_up_to_the_limit():
    nested = 1
    for _level in range(DEEPEST - 4):
        nested = [nested]

    assert reasons_of(short("ObjectEvent", **{"ex:deep": nested})) == []
    assert refused(document(short("ObjectEvent", **{"ex:deep": [nested]}))) == [("", Reason.TOO_DEEP)]


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"not json",
        b'{"type": "EPCISDocument"',
        b"\xff\xfe",
        b'{"a": NaN}',
        b"[" * 100_000,
        b'"' + b"\\" * 9,
        b"<xml/>",
        b'{"type": "\xff"}',
    ],
)
def test_what_is_not_json_is_refused(body):
    assert refused(body) in ([("", Reason.NOT_JSON)], [("", Reason.TOO_DEEP)])


def test_more_events_than_fit_are_refused():
    assert refused(document(*[0] * (MOST_EVENTS + 1))) == [("/epcisBody/eventList", Reason.TOO_MANY)]
    assert len(read(json.dumps(document(*[0] * MOST_EVENTS)).encode(), now=NOW).events) == MOST_EVENTS


def test_more_identifiers_than_fit_are_refused():
    things = [f"urn:epc:id:sgtin:9506000.013435.{number}" for number in range(MOST_EPCS + 1)]

    assert reasons_of(short("ObjectEvent", epcList=things)) == [("/epcList", Reason.TOO_MANY)]
    assert reasons_of(short("ObjectEvent", epcList=things[:-1])) == []


def test_of_very_much_that_is_wrong_a_hundred_problems_are_told():
    crowd = ["x"] * MOST_EPCS
    found = read(json.dumps(document(short("ObjectEvent", epcList=crowd), short("ObjectEvent", bizStep="x"))).encode(), now=NOW)
    master_data = {"epcisMasterData": {"vocabularyList": [{"type": "x"}] * 5000}}

    assert [len(event.problems) for event in found.events] == [MOST_PROBLEMS, 1]
    assert len(refused(document(epcisHeader=master_data))) == MOST_PROBLEMS


@pytest.mark.parametrize("piece", [b'"', b'"\\', b'\\"', b"[", b"[]", b'"a', b"\\\\u0000"])
def test_a_body_made_to_be_slow_is_refused_as_fast_as_any(piece):
    started = time.process_time()

    assert refused(piece * (1_000_000 // len(piece)))

    assert time.process_time() - started < 5


def test_texts_that_are_too_long_are_refused():
    long = "https://example.com/" + "x" * LONGEST_IDENTIFIER

    assert reasons_of(short("ObjectEvent", bizStep=long)) == [("/bizStep", Reason.TOO_LONG)]
    assert reasons_of(short("ObjectEvent", **{"ex:text": {"ex:a": ["x" * (LONGEST_TEXT + 1)]}})) == [("/ex:text/ex:a/0", Reason.TOO_LONG)]
    assert reasons_of(short("ObjectEvent", ilmd={"ex:a/b": "x" * (LONGEST_TEXT + 1)})) == [("/ilmd/ex:a~1b", Reason.TOO_LONG)]


@pytest.mark.parametrize("number", ["1e999", "-1e999", "123456789012345678901234567890"])
def test_numbers_beyond_all_bounds_do_no_harm(number):
    body = json.dumps(document(full("ObjectEvent"))).replace("12.5", number).replace("4.4", number).encode()

    try:
        problems = [problem for event in read(body, now=NOW).events for problem in event.problems]
    except Unreadable as error:
        problems = error.problems

    assert problems


def test_a_character_that_no_database_keeps_is_refused():
    body = json.dumps(document(short("ObjectEvent", **{"ex:text": "?"}))).encode()

    assert refused(body.replace(b"?", b"\\u0000")) == [("", Reason.NOT_A_TEXT)]
    assert refused(body.replace(b"?", b"\\\\\\u0000")) == [("", Reason.NOT_A_TEXT)]
    assert refused(body.replace(b"?", b"\\ud800")) == [("", Reason.NOT_JSON)]
    assert read(body.replace(b"?", b"\\\\u0000"), now=NOW).events[0].raw["ex:text"] == "\\u0000"


# frames


@pytest.mark.parametrize(
    ("changed", "problems"),
    [
        ({"type": "EPCISMasterData"}, [("/type", Reason.UNKNOWN_WORD)]),
        ({"type": 5}, [("/type", Reason.UNKNOWN_WORD)]),
        ({"schemaVersion": 2.0}, [("/schemaVersion", Reason.WRONG_TYPE)]),
        ({"creationDate": "yesterday"}, [("/creationDate", Reason.BAD_TIME)]),
        ({"epcisBody": {}}, [("/epcisBody/eventList", Reason.MISSING)]),
        ({"epcisBody": {"eventList": {}}}, [("/epcisBody/eventList", Reason.WRONG_TYPE)]),
        ({"@context": "no address"}, [("/@context", Reason.WRONG_TYPE)]),
        ({"own": 1, "other:own": 1}, [("/other:own", Reason.UNKNOWN_PREFIX), ("/own", Reason.UNKNOWN_FIELD)]),
    ],
)
def test_a_frame_that_is_wrong_is_refused_with_its_place(changed, problems):
    assert refused(document(short("ObjectEvent"), **changed)) == problems


def test_a_document_of_nothing_readable_is_refused():
    assert refused([]) == [("/type", Reason.UNKNOWN_WORD)]
    assert refused(None) == [("/type", Reason.UNKNOWN_WORD)]


def test_master_data_of_the_head_is_read():
    listed = [{"type": "urn:epcglobal:epcis:vtype:Location", "vocabularyElementList": [{"id": "https://example.com/id/loc/1"}]}]
    body = document(epcisHeader={"epcisMasterData": {"vocabularyList": listed}})

    found = read(json.dumps(body).encode(), now=NOW)

    assert found.master_data[0].vocabulary_element_list[0].id == "https://example.com/id/loc/1"
    listed[0]["vocabularyElementList"][0]["id"] = "no uri"
    place = "/epcisHeader/epcisMasterData/vocabularyList/0/vocabularyElementList/0/id"
    assert refused(body) == [(place, Reason.NOT_A_URI)]


def test_an_events_own_context_adds_to_the_documents():
    event = short("ObjectEvent", **{"@context": {"own": "https://own.example.com/"}, "own:a": 1, "ex:b": 2})

    found = read_one(event)

    assert found.problems == ()
    assert found.prefixes["own"] == "https://own.example.com/"


def test_prefixes_may_be_told_as_objects_and_contexts_are_not_fetched():
    context = ["https://unreachable.invalid/", {"own": {"@id": "https://own.example.com/"}, "@vocab": "https://x/", "odd": 5}]
    body = document(short("ObjectEvent", ilmd=..., **{"own:a": 1, "odd:b": 1}), **{"@context": context})

    (event,) = read(json.dumps(body).encode(), now=NOW).events

    assert [(problem.pointer, problem.reason) for problem in event.problems] == [(f"{AT}/odd:b", Reason.UNKNOWN_PREFIX)]


def test_fields_to_be_ignored_are_named_by_the_sender():
    body = document(short("ObjectEvent"), **{"ex:ignoreFields": ["ex:hash", 5]})

    assert read(json.dumps(body).encode(), now=NOW).ignored_fields == {"ex:hash"}


# writing


@pytest.mark.parametrize("answered", [None, Answered(query_name="SimpleEventQuery", subscription_id="7")])
def test_what_is_written_is_read_again(answered):
    events = [full(kind) for kind in TYPES]

    body = written(
        [events[0], *(msgspec.Raw(json.dumps(event).encode()) for event in events[1:])],
        created_at=NOW,
        prefixes={"ex": "https://ns.example.com/epcis/"},
        answered=answered,
        document_id="https://example.com/documents/1",
    )

    found = read(body, now=NOW)
    assert [event.raw for event in found.events] == events
    assert [event.problems for event in found.events] == [()] * 5
    assert found.type == ("EPCISQueryDocument" if answered else "EPCISDocument")
    assert (found.query_name, found.subscription_id) == (("SimpleEventQuery", "7") if answered else ("", ""))
    assert found.context == CONTEXT
    assert json.loads(body)["creationDate"] == "2026-11-22T12:00:00Z"


def test_a_clock_may_run_a_little_ahead():
    ahead = short("ObjectEvent", eventTime=(NOW + TOLERANCE).isoformat())
    far_ahead = short("ObjectEvent", eventTime=(NOW + TOLERANCE + timedelta(seconds=1)).isoformat())

    assert reasons_of(ahead) == []
    assert [problem.told for problem in read_one(far_ahead).problems] == [
        "the event is of 2026-11-22T12:10:01+00:00, which is later than now, 2026-11-22T12:00:00+00:00"
    ]
