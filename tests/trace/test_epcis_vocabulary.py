"""The words of the standard and its units."""

import re

import pytest

from teahorse.trace.epcis import vocabulary as words
from teahorse.trace.epcis.units import QUANTITY_OF, UNITS, in_base_unit
from tests.trace.vectors import foreign, needs_vectors

LISTED = {
    "bizStep": (words.BIZ_STEP, 41),
    "disposition": (words.DISPOSITION, 33),
    "bizTransaction-type": (words.BUSINESS_TRANSACTION, 13),
    "source-dest-type": (words.SOURCE_OR_DESTINATION, 3),
    "error-reason": (words.ERROR_REASON, 2),
    "measurementType": (words.MEASUREMENT, 72),
    "sensorAlertType": (words.SENSOR_ALERT, 2),
    "component": (words.COMPONENT, 14),
}


@needs_vectors
@pytest.mark.parametrize("name", LISTED)
def test_the_words_are_those_of_the_schema(name):
    schema = foreign("openepcis-validation-schemas/epcis-json-schema.json")["definitions"][name]
    vocabulary, count = LISTED[name]

    (listed,) = [choice["enum"] for choice in schema["anyOf"] if "enum" in choice]

    assert vocabulary.words == set(listed)
    assert len(listed) == count


@pytest.mark.parametrize(
    "text",
    ["shipping", "urn:epcglobal:cbv:bizstep:shipping", "https://ref.gs1.org/cbv/BizStep-shipping", "cbv:BizStep-shipping"],
)
def test_a_word_is_known_in_each_of_its_forms(text):
    assert words.BIZ_STEP.bare(text) == "shipping"
    assert words.BIZ_STEP.name_of(text) == "urn:epcglobal:cbv:bizstep:shipping"
    assert words.BIZ_STEP.address(text) == "https://ref.gs1.org/cbv/BizStep-shipping"


def test_a_word_of_somebody_elses_stays_as_it_is():
    assert words.BIZ_STEP.bare("https://example.com/cooling") == ""
    assert words.BIZ_STEP.name_of("https://example.com/cooling") == ""
    assert words.BIZ_STEP.address("https://example.com/cooling") == "https://example.com/cooling"


@pytest.mark.parametrize(
    ("vocabulary", "text", "is_allowed"),
    [
        (words.BIZ_STEP, "shipping", True),
        (words.BIZ_STEP, "transforming", False),
        (words.BIZ_STEP, "https://example.com/voc/BizStep-cooling", True),
        (words.BIZ_STEP, "https://ref.gs1.org/cbv/BizStep-shipping", True),
        (words.BIZ_STEP, "https://ref.gs1.org/cbv/BizStep-cooling", False),
        (words.BIZ_STEP, "cbv:BizStep-cooling", False),
        (words.BIZ_STEP, "urn:epcglobal:cbv:bizstep:shipping", False),
        (words.DISPOSITION, "shipping", False),
        (words.MEASUREMENT, "Temperature", True),
        (words.MEASUREMENT, "gs1:Temperature", True),
        (words.MEASUREMENT, "gs1:Taste", False),
        (words.MEASUREMENT, "https://gs1.org/voc/Temperature", False),
    ],
)
def test_json_says_standard_words_bare_and_others_as_uris(vocabulary, text, is_allowed):
    assert vocabulary.allows(text) is is_allowed


def test_a_urn_of_older_events_becomes_a_web_address():
    assert words.modern("urn:epcglobal:cbv:disp:in_transit") == "https://ref.gs1.org/cbv/Disp-in_transit"
    assert words.modern("urn:epcglobal:cbv:bt:4012345000009:7") == "urn:epcglobal:cbv:bt:4012345000009:7"


@pytest.mark.parametrize(
    ("value", "code", "quantity", "base"),
    [
        (26, "CEL", "temperature", 299.15),
        (299.15, "KEL", "temperature", 299.15),
        (78.8, "FAH", "temperature", 299.15),
        (-40, "FAH", "temperature", 233.15),
        (12.1, "A93", "density", 0.0121),
        (250, "GRM", "mass", 0.25),
        (2, "TNE", "mass", 2000),
        (36, "KMH", "speed", 10),
        (180, "DD", "angle", 3.14159265359),
        (5, "LTR", "volume", 0.005),
        (61, "P1", "number", 0.61),
    ],
)
def test_a_value_is_the_same_number_in_its_base_unit(value, code, quantity, base):
    assert in_base_unit(value, code) == (quantity, base)


def test_an_unknown_unit_is_not_converted():
    assert in_base_unit(1, "XXX") is None


def test_every_unit_is_a_code_and_every_measured_quantity_has_units():
    assert all(re.fullmatch("[A-Z0-9]{2,3}", code) for code in UNITS)
    assert set(QUANTITY_OF.values()) <= {unit.quantity for unit in UNITS.values()}
    assert set(QUANTITY_OF) <= words.MEASUREMENT.words
