"""
What GS1's JSON schema refuses we refuse: events of all types, spoilt in every place, are shown to both.

The other way round we are stricter, and every reason for it stands in ``STRICTER``.
"""

from collections import Counter
from random import Random

import jsonschema_rs
import msgspec
import pytest

from teahorse.trace.epcis.problems import Reason, Unreadable
from teahorse.trace.epcis.reading import read
from tests.trace.epcis_events import CONTEXT, NOW, TYPES, document, full, short
from tests.trace.vectors import foreign, needs_vectors

pytestmark = needs_vectors
SCHEMA = jsonschema_rs.Draft7Validator(foreign("openepcis-validation-schemas/epcis-json-schema.json"))

WRONG = [
    None,
    True,
    -1,
    0,
    0.5,
    "",
    "nonsense",
    "KGM",
    "ADD",
    "DELETE",
    "OBSERVE",
    "shipping",
    "in_transit",
    "ex:word",
    "cbv:BizStep-shipping",
    "urn:epcglobal:cbv:bizstep:shipping",
    "https://ref.gs1.org/cbv/Disp-in_transit",
    "https://gs1.org/voc/Temperature",
    "gs1:Temperature",
    "https://example.com/step",
    "https://example.com/with a space",
    "urn:epc:id:sgtin:9506000.013435.1",
    "urn:epc:class:lgtin:9506000.013435.L1",
    "2026-11-20T10:00:30Z",
    "2026-11-20T10:00:30",
    "2026-11-20 10:00:30Z",
    "2026-11-20T10:00:30+0800",
    "2026-13-20T10:00:30Z",
    "+08:00",
    "+15:00",
    "8",
    [],
    ["nonsense"],
    [5],
    [None],
    {},
    {"id": "nonsense"},
    {"ex:own": 1},
]
ADDED = {
    "nonsense": 1,
    "ex:own": 1,
    "unknown:own": 1,
    "https://ns.example.com/own": {"a": 1},
    "ex:with a space": 1,
    "type": "po",
    "id": "x",
}

# why we refuse what the schema lets through
STRICTER = {
    Reason.UNKNOWN_PREFIX: "the schema does not look a prefix up in the @context; without its meaning the event cannot be hashed",
    Reason.UNKNOWN_FIELD: "readPoint and bizLocation have no list of names in the schema; a field without a prefix means nothing",
    Reason.UNKNOWN_WORD: "words that nobody defined under the standard's own address; types of events of somebody else's",
    Reason.NOT_A_URI: "the names of what users add to places",
    Reason.BAD_IDENTIFIER: "the schema takes any URI for an identifier, also a broken EPC URN",
    Reason.WRONG_LEVEL: "a class in a list of things, a thing in a list of classes",
    Reason.WRONG_TYPE: "three types leave the persistent disposition without a type; a sensor's unit is any text",
    Reason.BAD_QUANTITY: "negative amounts, half things, percentiles beyond 100",
    Reason.BAD_UNIT: "a unit without an amount, a unit that does not measure what the sensor says",
    Reason.OUT_OF_ORDER: "a smallest value above the largest",
    Reason.TWICE: "children are unique in the schema only for objects and transformations",
    Reason.LOOP: "a thing that is its own parent or its own raw material",
    Reason.MISSING: "an aggregation without its parent; a value without its unit; a field that is there but empty",
    Reason.NOTHING_OBSERVED: "an empty list of things is enough for the schema",
    Reason.FROM_THE_FUTURE: "the schema has no clock",
    Reason.FORBIDDEN_HERE: "an extension under a name of the standard's",
}


_MASTER_DATA = [
    {
        "type": "urn:epcglobal:epcis:vtype:Location",
        "vocabularyElementList": [
            {
                "id": "urn:epc:id:sgln:9506000.00001.0",
                "attributes": [{"id": "cbvmda:name", "attribute": "Upper pasture"}, {"id": "ex:height_m", "attribute": 4200}],
                "children": ["urn:epc:id:sgln:9506000.00001.1"],
            }
        ],
    }
]
FRAMES = {
    "EPCISDocument": document(
        id="https://example.com/documents/1",
        instanceIdentifier="1",
        sender="urn:epc:id:pgln:9506000.00001",
        receiver="urn:epc:id:pgln:9506000.00002",
        epcisHeader={"epcisMasterData": {"vocabularyList": _MASTER_DATA}, "ex:head": 1},
    ),
    "EPCISQueryDocument": document(
        type="EPCISQueryDocument",
        epcisBody={
            "queryResults": {
                "queryName": "SimpleEventQuery",
                "subscriptionID": "1",
                "ex:own": 1,
                "resultsBody": {"eventList": [], "vocabularyList": _MASTER_DATA},
            }
        },
    ),
}


def problems_of_document(whole):
    try:
        return tuple(problem for event in read(msgspec.json.encode(whole), now=NOW).events for problem in event.problems)
    except Unreadable as error:
        return error.problems


def ours(event):
    return problems_of_document(document(event))


def schemas(event):
    return SCHEMA.is_valid(document(event))


def places(part, path=()):
    """Yield the path to everything in an event."""
    steps = part.items() if isinstance(part, dict) else enumerate(part) if isinstance(part, list) else ()
    for step, value in steps:
        yield (*path, step)
        yield from places(value, (*path, step))


def spoilt(event, path, change):
    """Return an event with another value at a place; ``...`` takes the place away, a function makes the value."""
    event = msgspec.json.decode(msgspec.json.encode(event))
    *way, last = path
    part = event
    for step in way:
        part = part[step]
    if change is ...:
        del part[last]
    else:
        part[last] = change(part[last]) if callable(change) else change
    return event


def everywhere(kind):
    """Yield events of a type with the places to spoil; what all types share is spoilt in depth in one of them."""
    whole = full(kind)
    yield from ((short(kind), path) for path in places(short(kind)))
    yield from ((whole, path) for path in places(whole) if kind == "ObjectEvent" or len(path) == 1)


def changes_of(value):
    more = [..., *WRONG]
    if isinstance(value, list):
        more += [lambda it: it + it, lambda it: [*it, 5]]
    if isinstance(value, dict):
        more += [lambda it, name=name, added=added: {**it, name: added} for name, added in ADDED.items()]
    return more


def value_at(event, path):
    for step in path:
        event = event[step]
    return event


@pytest.mark.parametrize("kind", TYPES)
def test_the_events_to_be_spoilt_are_good_ones(kind):
    assert ours(full(kind)) == ()
    assert ours(short(kind)) == ()
    assert schemas(full(kind))
    assert schemas(short(kind))


@pytest.mark.parametrize("kind", TYPES)
def test_what_the_schema_refuses_we_refuse(kind):
    counted = Counter()
    accepted, unexplained = [], []
    for event, path in everywhere(kind):
        for change in changes_of(value_at(event, path)):
            changed = spoilt(event, path, change)
            problems, valid = ours(changed), schemas(changed)
            counted[not problems, valid] += 1
            if not valid and not problems:
                accepted.append((path, changed))
            if valid and not {problem.reason for problem in problems} <= STRICTER.keys():
                unexplained.append((path, problems))

    assert accepted == []
    assert unexplained == []
    assert counted[False, False] > 500
    assert counted[True, True] > 100


def test_what_is_spoilt_in_several_places_is_refused_as_well():
    chance = Random(20261122)
    accepted = []
    for _time in range(2000):
        event = chance.choice((full, short))(chance.choice(TYPES))
        for _change in range(chance.randint(2, 3)):
            path = chance.choice(list(places(event)))
            event = spoilt(event, path, chance.choice(changes_of(value_at(event, path))))
        if not schemas(event) and not ours(event):
            accepted.append(event)

    assert accepted == []


@pytest.mark.parametrize("name", ["EPCISDocument", "EPCISQueryDocument"])
def test_a_frame_that_the_schema_refuses_we_refuse(name):
    frame = FRAMES[name]
    accepted, unexplained = [], []
    for path in places(frame):
        for change in changes_of(value_at(frame, path)):
            changed = spoilt(frame, path, change)
            problems, valid = problems_of_document(changed), SCHEMA.is_valid(changed)
            if not valid and not problems:
                accepted.append(path)
            if valid and not {problem.reason for problem in problems} <= STRICTER.keys():
                unexplained.append((path, problems))

    assert problems_of_document(frame) == ()
    assert SCHEMA.is_valid(frame)
    assert accepted == []
    assert unexplained == []


def test_an_event_that_stands_alone_needs_its_context():
    alone = {"@context": CONTEXT, **full("ObjectEvent")}
    without = full("ObjectEvent")

    assert (problems_of_document(alone), SCHEMA.is_valid(alone)) == ((), True)
    assert ([problem.pointer for problem in problems_of_document(without)], SCHEMA.is_valid(without)) == (["/@context"], False)
