"""Parameters are read into a question, and what is wrong with one is told with its name."""

import jsonschema_rs
import pytest

from teahorse.trace.epcis.asking import MOST_CONDITIONS, NotAQuestion, ask, of_address
from teahorse.trace.epcis.patterns import forms_of, pattern_of
from teahorse.trace.epcis.problems import Reason
from teahorse.trace.epcis.questions import Among

from .vectors import foreign, needs_vectors

GOOD = [
    {
        "@context": "https://ref.gs1.org/standards/epcis/2.0.0/query-schema.json",
        "eventType": ["ObjectEvent", "AggregationEvent"],
        "GE_eventTime": "2026-01-01T00:00:00+01:00",
        "EQ_action": ["ADD"],
        "EQ_bizStep": ["https://example.com/step/cooling", "shipping"],
        "EQ_disposition": ["in_transit"],
        "EQ_bizLocation": ["https://id.gs1.org/414/9521141123452"],
        "MATCH_epc": ["https://id.gs1.org/01/09521141012345/21/2017"],
        "GE_quantity": 1,
        "LT_quantity": 500,
        "orderBy": "eventTime",
        "orderDirection": "DESC",
        "eventCountLimit": 100,
    },
    {"EQ_bizTransaction_po": ["urn:epcglobal:cbv:bt:9521141000011:1"], "EQ_source_location": ["urn:epc:id:sgln:9521141.00001.0"]},
    {"GE_value_CEL": 4, "EQ_type": ["Temperature"], "EXISTS_sensorElementList": 1, "EQ_booleanValue": True, "GE_percRank": 5.5},
    {"EQ_persistentDisposition_set": ["recalled"], "EQ_errorReason": ["did_not_occur"], "LT_errorDeclaration_Time": "2026-01-01T00:00:00Z"},
    {},
]
BAD = [
    ({"GE_eventDate": "2026-01-01T00:00:00Z"}, ["/GE_eventDate unknown_field"]),
    (
        {"GE_eventTime": "not-a-date", "EQ_action": ["SHIPPED"], "orderDirection": "SIDEWAYS"},
        ["/GE_eventTime bad_time", "/EQ_action unknown_word", "/orderDirection unknown_word"],
    ),
    ({"GE_eventTime": "2026-01-01T00:00:00"}, ["/GE_eventTime bad_time"]),
    ({"EQ_bizStep": ["transforming"]}, ["/EQ_bizStep unknown_word"]),
    ({"EQ_bizStep": "shipping", "EQ_disposition": [1]}, ["/EQ_disposition wrong_type"]),
    ({"EQ_bizLocation": ["not a uri"]}, ["/EQ_bizLocation not_a_uri"]),
    ({"MATCH_epc": ["urn:epc:id:sgtin:1.2.3"]}, ["/MATCH_epc bad_identifier"]),
    ({"MATCH_epc": ["urn:epc:idpat:sgtin:9506000.*.7"]}, ["/MATCH_epc bad_identifier"]),
    ({"GE_quantity": "many"}, ["/GE_quantity wrong_type"]),
    ({"GE_quantity": [1, 2]}, ["/GE_quantity wrong_type"]),
    ({"eventCountLimit": 0}, ["/eventCountLimit wrong_type"]),
    ({"eventCountLimit": 5, "maxEventCount": 5}, ["/maxEventCount forbidden_here"]),
    ({"EXISTS_sensorElement": None, "EXISTS_sensorElementList": None}, ["/EXISTS_sensorElementList twice"]),
    ({"orderBy": "colour"}, ["/orderBy unknown_field"]),
    ({"EQ_booleanValue": "perhaps"}, ["/EQ_booleanValue wrong_type"]),
    ({"EXISTS_ex:a": "no"}, ["/EXISTS_ex:a wrong_type"]),
    ({"HASATTR_disposition": ["a"]}, ["/HASATTR_disposition unknown_field"]),
    ({"EQ_ex:a~b/c": []}, ["/EQ_ex:a~0b~1c wrong_type"]),
    ({"EQ_stringValue": ["a\x00b"]}, ["/EQ_stringValue not_a_text"]),
    ({"GE_value_CEL": float("inf")}, ["/GE_value_CEL wrong_type"]),
    ({"EQ_stringValue": ["x"] * 1001}, ["/EQ_stringValue too_many"]),
    ({"@context": 7}, ["/@context wrong_type"]),
]


@pytest.mark.parametrize("parameters", GOOD)
def test_a_question_is_read(parameters):
    assert len(ask(parameters).conditions) == len(parameters) - len(
        {"@context", "orderBy", "orderDirection", "eventCountLimit"} & set(parameters)
    )


@pytest.mark.parametrize(("parameters", "wanted"), BAD)
def test_what_is_wrong_is_told_with_the_parameters_name(parameters, wanted):
    with pytest.raises(NotAQuestion) as refused:
        ask(parameters)

    assert [f"{problem.pointer} {problem.reason}" for problem in refused.value.problems] == wanted
    assert all(problem.told for problem in refused.value.problems)


def test_more_parameters_than_anybody_needs_are_refused():
    with pytest.raises(NotAQuestion, match="101 parameters"):
        ask({f"EQ_ex:field{number}": ["x"] for number in range(MOST_CONDITIONS + 1)})


def test_in_an_address_the_values_of_a_list_are_parted_by_a_bar():
    question = ask(of_address([("eventType", ["ObjectEvent|AggregationEvent"]), ("eventCountLimit", ["5"]), ("EXISTS_ilmd", [""])]))

    assert question.conditions[0] == Among("eventType", ("ObjectEvent", "AggregationEvent"))
    assert question.first == 5
    with pytest.raises(NotAQuestion, match="parted by"):
        of_address([("eventType", ["ObjectEvent", "AggregationEvent"])])


def test_without_an_order_events_come_as_they_were_told_and_with_one_the_last_first():
    assert not ask({"orderDirection": "DESC"}).is_descending
    assert ask({"orderBy": "eventTime"}).is_descending
    assert not ask({"orderBy": "eventTime", "orderDirection": "ASC"}).is_descending


@pytest.mark.parametrize(
    ("text", "fits", "fits_not"),
    [
        ("urn:epc:idpat:sgtin:9506000.013435.*", "01/09506000134352/21/7", "01/09506000134369/21/7"),
        ("urn:epc:idpat:sgtin:9506000.*.*", "01/19506000134359/21/7", "01/09506001134352/21/7"),
        ("urn:epc:idpat:sgln:9506000.00001.*", "414/9506000000015", "414/9506000000022"),
        ("urn:epc:idpat:sgln:9506000.*.*", "414/9506000000015/254/7", "414/9506001000014"),
        ("urn:epc:idpat:grai:9506000.12345.*", "8003/095060001234557", "8003/09506000123462"),
        ("urn:epc:idpat:sscc:9506000.*", "00/095060000000000012", "00/095060010000000019"),
        ("urn:epc:idpat:giai:9506000.*", "8004/95060007", "8004/95060017"),
        ("urn:epc:idpat:itip:9506000.013435.*.*.*", "8006/095060001343520102/21/1", "8006/095060001343690102/21/1"),
    ],
)
def test_a_pattern_fits_what_it_means(text, fits, fits_not):
    pattern = pattern_of(text)

    assert pattern.fits(f"https://id.gs1.org/{fits}")
    assert not pattern.fits(f"https://id.gs1.org/{fits_not}")


def test_an_identifier_is_looked_for_in_every_writing():
    assert {"https://id.gs1.org/414/9506000000015", "urn:epc:id:sgln:9506000.00001.0"} <= set(
        forms_of("https://x.example/414/9506000000015")
    )
    assert forms_of("https://example.com/id/loc/deqen.1") == ("https://example.com/id/loc/deqen.1",)


# --- GS1's own schema of queries

SCHEMA = "openepcis-validation-schemas/query-schema.json"


def schema():
    whole = foreign(SCHEMA)
    return jsonschema_rs.validator_for({**whole["definitions"]["EPCIS-Query"], "definitions": whole["definitions"]}, validate_formats=True)


@needs_vectors
@pytest.mark.parametrize("parameters", GOOD)
def test_gs1s_schema_takes_the_same_questions(parameters):
    assert schema().is_valid(parameters)


@needs_vectors
@pytest.mark.parametrize(
    "parameters",
    [parameters for parameters, _wanted in BAD[:5] + BAD[5:6] + BAD[8:10]],
)
def test_gs1s_schema_refuses_the_same_questions(parameters):
    assert not schema().is_valid(parameters)


@needs_vectors
def test_every_parameter_of_gs1s_schema_is_known():
    """Beside those of the users' own fields, whose patterns it escapes twice; they are tested by name."""
    names = [name for name in foreign(SCHEMA)["definitions"]["EPCIS-Query"]["properties"] if name != "@context"]
    unknown = []

    for name in names:
        try:
            ask({name: []})
        except NotAQuestion as error:
            unknown += [problem.pointer for problem in error.problems if problem.reason == "unknown_field" and name != "orderBy"]

    assert not unknown
    assert len(names) == 60


def test_the_name_of_a_parameter_is_a_text():
    with pytest.raises(NotAQuestion) as refused:
        of_address([("EQ_http://x.example/\0", ["1"])])

    assert [problem.reason for problem in refused.value.problems] == [Reason.NOT_A_TEXT]


@pytest.mark.parametrize(
    ("parameters", "told"),
    [
        ({"eventCountLimit": ["ten"]}, "“ten” is not a number"),
        ({"eventCountLimit": ["0"]}, "“0” is not a whole number from 1 on"),
        ({"EQ_quantity": ["ten", "20"]}, "“ten”, “20” is not a number"),
        ({"EQ_bizStep": []}, "an empty list is not a list of texts"),
        ({"EQ_bizStep": [1, {"a": 2}]}, '“1”, “{"a":2}” is not a list of texts'),
    ],
)
def test_values_are_quoted_as_they_were_said(parameters, told):
    with pytest.raises(NotAQuestion) as refused:
        ask(parameters)

    (problem,) = refused.value.problems
    assert problem.told == told
