"""The query interface over HTTP: events and resources, pages, queries with a name, and what it says of itself."""

from datetime import timedelta
from urllib.parse import quote

import pytest
from django.core import signing
from django.test import Client

from teahorse.trace.epcis.reading import read
from teahorse.trace.models import NamedQuery

from .asking_over_http import client_of, events_in, next_page, post
from .epcis_events import CONTEXT, NOW, document, full, short
from .telling import brewing, harvest, lot, told

pytestmark = pytest.mark.django_db
FIRST = "urn:epc:id:sgtin:9506000.013435.1"
COLD = "https://mall.example/voc/cooling"


@pytest.fixture(autouse=True)
def _static_files(settings):
    settings.STATIC_ROOT.mkdir(parents=True, exist_ok=True)


def seven(client):
    """Tell seven harvests, a day apart."""
    for day in range(1, 8):
        post(client, "capture", told(harvest(f"lot{day}", at=f"2026-08-{day:02}T09:00:00+08:00")))


def test_events_are_found_by_the_parameters_of_the_address():
    client = client_of()
    post(client, "capture", told(harvest("barley"), brewing("wine", "barley")))

    answer = client.get("/epcis/events", {"EQ_bizStep": "commissioning|shipping", "MATCH_anyEPCClass": lot("wine")})

    (found,) = events_in(answer)
    assert (found["type"], answer["Content-Type"], answer["GS1-EPC-Format"]) == (
        "TransformationEvent",
        "application/ld+json",
        "Never_Translates",
    )
    assert answer.json()["epcisBody"]["queryResults"]["queryName"] == "SimpleEventQuery"
    assert events_in(client_of("neighbour").get("/epcis/events")) == []
    assert Client().get("/epcis/events").status_code == 401


def test_what_is_given_can_be_captured_elsewhere_and_is_the_same_event():
    client = client_of()
    post(client, "capture", document(full("ObjectEvent", eventID="urn:uuid:374d95fc-9457-4a51-bd6a-0bba133845a8")))

    given = client.get("/epcis/events")
    again = read(given.content, now=NOW + timedelta(days=3650))

    assert [event.problems for event in again.events] == [()]
    assert CONTEXT[1]["ex"] in str(given.json()["@context"])
    neighbour = client_of("neighbour")
    answer = post(neighbour, "capture", given.content)
    assert (answer.status_code, answer.json()["captured"], answer.json()["known"]) == (202, 1, 0)
    assert len(events_in(neighbour.get("/epcis/events"))) == 1


def test_an_event_whose_prefix_means_something_else_brings_its_own_context():
    client = client_of()
    for number, address in enumerate(("https://one.example/", "https://other.example/")):
        told_so = document(short("ObjectEvent", eventID=f"urn:uuid:374d95fc-9457-4a51-bd6a-0bba1338450{number}", ilmd=..., **{"x:a": 1}))
        post(client, "capture", told_so | {"@context": [CONTEXT[0], {"x": address}]})

    given = client.get("/epcis/events")

    assert given.json()["@context"] == [CONTEXT[0], {"x": "https://one.example/"}]
    assert [event.get("@context") for event in events_in(given)] == [None, [{"x": "https://other.example/"}]]
    assert len(events_in(client.get("/epcis/events", {"EXISTS_https://other.example/a": ""}))) == 1
    assert len(events_in(client.get("/epcis/events", {"EXISTS_o:a": ""}, headers={"GS1-Extensions": "o=https://other.example/"}))) == 1


@pytest.mark.parametrize(
    ("asked", "status", "exception", "pointers"),
    [
        ({"GE_eventDate": "2026-01-01T00:00:00Z"}, 400, "QueryParameterException", ["/GE_eventDate"]),
        ({"GE_eventTime": "soon", "EQ_action": "SHIPPED"}, 400, "QueryParameterException", ["/GE_eventTime", "/EQ_action"]),
        ({"eventCountLimit": "2", "maxEventCount": "2"}, 400, "QueryParameterException", ["/maxEventCount"]),
        ({"perPage": "none"}, 400, "QueryParameterException", ["/perPage"]),
        ({"nextPageToken": "abc"}, 400, "QueryParameterException", ["/nextPageToken"]),
        ({"maxEventCount": "6"}, 413, "QueryTooLargeException", ["/maxEventCount"]),
        ({"EQ_stringValue": "x" * 9000}, 414, "URITooLongException", None),
        ({"EQ_stringValue": "a\x00"}, 400, "QueryParameterException", ["/EQ_stringValue"]),
    ],
)
def test_a_question_that_is_none_is_refused_by_its_name(asked, status, exception, pointers):
    client = client_of()
    seven(client)

    answer = client.get("/epcis/events", asked)

    assert (answer.status_code, answer["Content-Type"]) == (status, "application/problem+json")
    assert answer.json()["type"] == f"epcisException:{exception}"
    assert pointers is None or [error["pointer"] for error in answer.json()["errors"]] == pointers


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Accept": "application/xml"}, 406),
        ({"Accept": "text/html, */*;q=0.1"}, 200),
        ({"GS1-EPCIS-Version": "1.2"}, 406),
        ({"GS1-EPCIS-Max": "1.2"}, 406),
        ({"GS1-CBV-Min": "2.1"}, 406),
        ({"GS1-EPCIS-Min": "1.0", "GS1-EPCIS-Max": "2.0"}, 200),
    ],
)
def test_only_what_is_given_here_is_promised(headers, status):
    assert client_of().get("/epcis/events", headers=headers).status_code == status


def test_json_is_given_to_who_wants_json():
    answer = client_of().get("/epcis/events", headers={"Accept": "application/json"})

    assert (answer["Content-Type"], answer["Vary"]) == ("application/json", "Accept")


# --- Pages


def test_pages_are_followed_by_their_links_while_events_come_in():
    client = client_of()
    seven(client)
    seen, address = [], "/epcis/events?perPage=3&orderBy=eventTime"

    while address:
        page = client.get(address)
        assert page.status_code == 200
        seen += [event["eventTime"] for event in events_in(page)]
        post(client, "capture", told(harvest(f"later{len(seen)}", at=f"2026-09-{len(seen):02}T09:00:00+08:00")))
        address = next_page(page)
        assert ("GS1-Next-Page-Token-Expires" in page.headers) is (address is not None)

    assert seen == [f"2026-08-{day:02}T09:00:00+08:00" for day in range(7, 0, -1)]


def test_a_token_belongs_to_its_question_and_its_asker_and_ends():
    client = client_of()
    seven(client)
    address = next_page(client.get("/epcis/events?perPage=3"))

    others = client_of("neighbour").get(address)
    another = client.get(f"{address}&EQ_bizStep=shipping")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(signing.time, "time", lambda: NOW.timestamp() + 10**9)
        late = client.get(address)

    assert {others.status_code, another.status_code, late.status_code} == {400}
    assert late.json()["errors"][0]["reason"] == "bad_time"
    assert len(events_in(client.get(address))) == 3


def test_a_token_is_let_go_of_by_who_has_it():
    client = client_of()
    seven(client)
    token = next_page(client.get("/epcis/events?perPage=3")).rpartition("nextPageToken=")[2]

    assert client.delete(f"/epcis/nextPageToken/{token}").status_code == 204
    assert client.delete("/epcis/nextPageToken/abc").status_code == 404
    assert Client().delete(f"/epcis/nextPageToken/{token}").status_code == 401


# --- Resources


def test_there_are_the_words_of_the_standard_and_those_that_events_name():
    client = client_of()
    post(client, "capture", document(short("ObjectEvent", bizStep=COLD, readPoint={"id": "https://mall.example/id/loc/shed"})))

    assert "eventTypes" in client.get("/epcis/").json()
    assert {COLD, "shipping"} <= set(client.get("/epcis/bizSteps?perPage=100").json()["member"])
    assert COLD not in client_of("neighbour").get("/epcis/bizSteps?perPage=100").json()["member"]
    assert client.get("/epcis/readPoints").json()["member"] == ["https://mall.example/id/loc/shed"]
    assert client.get("/epcis/bizLocations").json() == {"@context": CONTEXT[0], "type": "Collection", "member": []}
    assert len(client.get("/epcis/eventTypes").json()["member"]) == 5
    assert "recalled" in client.get("/epcis/dispositions?perPage=100").json()["member"]
    assert "https://id.gs1.org/01/09506000134352/21/1" in client.get("/epcis/epcs").json()["member"]
    assert client_of("neighbour").get("/epcis/epcs").json()["member"] == []


@pytest.mark.parametrize("kind", ["bizSteps", "epcs"])
def test_resources_come_in_pages(kind):
    client = client_of()
    seven(client)
    seen, address = [], f"/epcis/{kind}?perPage=2"

    while address:
        page = client.get(address)
        seen += page.json()["member"]
        address = next_page(page)

    assert seen == sorted(set(seen))
    assert len(seen) == (41 if kind == "bizSteps" else 7)


@pytest.mark.parametrize(
    ("resource", "found"),
    [
        ("eventTypes/ObjectEvent", 1),
        ("eventTypes/TransactionEvent", 0),
        (f"bizSteps/{quote(COLD, safe='')}", 1),
        ("bizSteps/shipping", 0),
        ("dispositions/active", 1),
        ("readPoints/urn:epc:id:sgln:9506000.00001.0", 1),
        (f"bizLocations/{quote('https://example.com/id/loc/deqen.1', safe='')}", 1),
        (f"epcs/{FIRST}", 1),
        ("epcs/https:%2f%2fany.example%2f01%2f09506000134352%2f10%2fL1", 1),
    ],
)
def test_a_resource_gives_its_events(resource, found):
    client = client_of()
    post(client, "capture", document(full("ObjectEvent", bizStep=COLD)))

    assert client.get(f"/epcis/{resource}").json()["member"] == ["events"]
    assert len(events_in(client.get(f"/epcis/{resource}/events"))) == found
    assert events_in(client.get(f"/epcis/{resource}/events?LT_eventTime=2020-01-01T00:00:00Z")) == []


@pytest.mark.parametrize(
    "resource",
    [
        "eventTypes/PartyEvent",
        "bizSteps/transforming",
        "dispositions/https:%2f%2fexample.com%2fx",
        "epcs/urn:epc:id:sgtin:9506000.013435.5",
    ],
)
def test_a_resource_that_nobody_names_is_not_there(resource):
    client = client_of()
    post(client, "capture", document(full("ObjectEvent")))

    for address in (f"/epcis/{resource}", f"/epcis/{resource}/events"):
        answer = client.get(address)
        assert (answer.status_code, answer.json()["type"]) == (404, "epcisException:NoSuchNameException")


def test_what_a_neighbour_told_is_not_there_by_any_resource():
    post(client_of("neighbour"), "capture", document(full("ObjectEvent", bizStep=COLD)))
    client = client_of()

    for resource in (f"epcs/{FIRST}", f"bizSteps/{quote(COLD, safe='')}", "readPoints/urn:epc:id:sgln:9506000.00001.0"):
        assert client.get(f"/epcis/{resource}").status_code == 404
        assert client.get(f"/epcis/{resource}/events").status_code == 404


# --- Queries with a name

QUERY = {"name": "harvests", "query": {"EQ_bizStep": ["commissioning"], "orderBy": "eventTime", "eventCountLimit": 5}}


def test_a_query_is_kept_under_its_name_asked_and_forgotten():
    client = client_of()
    seven(client)

    made = post(client, "queries", QUERY)

    assert (made.status_code, made["Location"]) == (201, "/epcis/queries/harvests")
    shown = client.get("/epcis/queries/harvests").json()
    assert {name: shown[name] for name in QUERY} == QUERY
    assert [query["name"] for query in client.get("/epcis/queries").json()] == ["harvests"]
    first = client.get("/epcis/queries/harvests/events?perPage=4")
    second = client.get(next_page(first))
    assert (len(events_in(first)), len(events_in(second)), next_page(second)) == (4, 1, None)
    assert first.json()["epcisBody"]["queryResults"]["queryName"] == "harvests"
    assert client.get("/epcis/queries/harvests/events?EQ_action=ADD").json()["type"] == "epcisException:QueryParameterException"
    assert client.delete("/epcis/queries/harvests").status_code == 204
    assert client.get("/epcis/queries/harvests").status_code == 404


def test_a_neighbours_query_is_not_there_and_its_name_is_free():
    post(client_of("neighbour"), "queries", QUERY)
    client = client_of()

    assert client.get("/epcis/queries").json() == []
    assert client.get("/epcis/queries/harvests/events").status_code == 404
    assert client.delete("/epcis/queries/harvests").status_code == 404
    assert post(client, "queries", QUERY).status_code == 201


@pytest.mark.parametrize(
    ("body", "status", "exception"),
    [
        ({"name": "a", "query": {"GE_eventDate": "x"}}, 400, "QueryValidationException"),
        ({"name": "a b", "query": {}}, 400, "QueryValidationException"),
        ({"name": "a"}, 400, "QueryValidationException"),
        ({"name": "a", "query": {}, "more": 1}, 400, "QueryValidationException"),
        ({"name": "a", "query": {"@context": {"x": "\x00"}}}, 400, "QueryValidationException"),
        (b"[" * 100_000, 400, "QueryValidationException"),
        (b"{", 400, "QueryValidationException"),
        (QUERY, 409, "DuplicateNameException"),
    ],
)
def test_a_query_that_cannot_be_kept_is_refused(body, status, exception):
    client = client_of()
    post(client, "queries", QUERY)

    answer = post(client, "queries", body)

    assert (answer.status_code, answer.json()["type"]) == (status, f"epcisException:{exception}")
    assert NamedQuery.objects.count() == 1


def test_a_query_of_another_media_type_is_refused():
    assert post(client_of(), "queries", b"<query/>", kind="application/xml").status_code == 415


# --- What it says of itself


@pytest.mark.parametrize(
    ("address", "allowed"),
    [
        ("", "GET, HEAD, OPTIONS"),
        ("capture", "GET, HEAD, OPTIONS, POST"),
        ("events", "GET, HEAD, OPTIONS, POST"),
        ("epcs", "GET, HEAD, OPTIONS"),
        ("bizSteps/shipping/events", "GET, HEAD, OPTIONS"),
        ("queries", "GET, HEAD, OPTIONS, POST"),
        ("queries/any", "DELETE, GET, HEAD, OPTIONS"),
        ("queries/any/subscriptions", "GET, HEAD, OPTIONS, POST"),
    ],
)
def test_every_address_says_what_it_does_and_by_which_versions(address, allowed):
    answer = Client().options(f"/epcis/{address}")

    assert (answer.status_code, answer["Allow"]) == (204, allowed)
    for name in ("EPCIS-Min", "EPCIS-Max", "CBV-Min", "CBV-Max", "EPCIS-Version", "CBV-Version"):
        assert answer[f"GS1-{name}"] == "2.0"
    for name in ("EPC-Format", "CBV-XML-Format", "Vendor-Version", "EPCIS-Capture-Limit", "EPCIS-Capture-File-Size-Limit"):
        assert answer[f"GS1-{name}"]


def test_a_strangers_request_is_refused_by_the_standards_name():
    assert Client().get("/epcis/bizSteps").json()["type"] == "epcisException:SecurityException"
