from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from teahorse.trace.gs1 import digital_link
from teahorse.trace.gs1.associations import check_associations
from teahorse.trace.gs1.element_strings import Element, build_bracketed, build_fnc1, parse_bracketed, parse_fnc1
from teahorse.trace.gs1.scan_data import parse as parse_scan
from teahorse.trace.gs1.unreadable import Unreadable

from . import gs1_data
from .vectors import cases

ENGINE = "gs1-syntax-engine"
CHECKS = {
    "validateAIrepeats": "ai_repeated",
    "validateAImutex": "ai_excluded",
    "validateAIrequisites": "ai_missing",
    "validateDigSigRequiresSerialisedKey": "serial_missing",
}
SYMBOLOGIES = {
    "QR": {"QR Code", "GS1 QR Code"},
    "DM": {"Data Matrix", "GS1 DataMatrix"},
    "DotCode": {"DotCode", "GS1 DotCode"},
    "DataBarExpanded": {"GS1 DataBar Expanded"},
    "GS1_128_CCA": {"GS1-128"},
    "EAN13": {"EAN-13"},
    "EAN8": {"EAN-8"},
}


@pytest.mark.parametrize("case", cases(f"{ENGINE}/ai-parse.json"), ids=lambda case: case["ai_data"])
def test_bracketed_strings_are_read_as_the_foreign_engine_reads_them(case):
    if not case["valid"]:
        with pytest.raises(Unreadable):
            parse_bracketed(case["ai_data"])
        return

    elements = parse_bracketed(case["ai_data"])

    assert build_fnc1(elements) == case["expect"]
    assert build_bracketed(elements) == case["ai_data"]


@pytest.mark.parametrize("case", cases(f"{ENGINE}/ai-process.json"), ids=lambda case: case["data"] or "nothing")
def test_strings_with_fnc1_are_taken_and_refused_as_the_foreign_engine_does(case):
    """The file tells what is good, not what was read: every sign of it has to come back, at most with fewer FNC1 between."""
    if not case["valid"]:
        with pytest.raises(Unreadable):
            parse_fnc1(case["data"])
        return

    elements = parse_fnc1(case["data"])

    assert "".join(f"{one.ai}{one.value}" for one in elements) == case["data"].replace("^", "")
    assert parse_fnc1(build_fnc1(elements)) == elements


@pytest.mark.parametrize("case", cases(f"{ENGINE}/ai-validate-associations.json"), ids=lambda case: case["ai_data"])
def test_what_goes_together_is_judged_as_the_foreign_engine_does(case):
    elements = parse_bracketed(case["ai_data"], unknown=case["options"]["PermitUnknownAIs"])
    if case["valid"]:
        check_associations(elements)
        return

    with pytest.raises(Unreadable) as refused:
        check_associations(elements)

    assert refused.value.code == CHECKS[case["check"]]


@pytest.mark.parametrize("case", cases(f"{ENGINE}/scandata-process.json"), ids=lambda case: ascii(case["scan"]))
def test_scanner_data_is_read_as_the_foreign_engine_reads_it(case):
    """The engine holds every web address for a Digital Link; ours keeps it as text, so that the link is read beside it here."""

    def read():
        scan = parse_scan(case["scan"])
        if scan.text.startswith(("http://", "https://", "HTTP://", "HTTPS://")):
            digital_link.parse(scan.text)
        return scan

    if not case["valid"]:
        with pytest.raises(Unreadable):
            read()
        return

    scan = read()

    assert scan.symbology in SYMBOLOGIES[case["symbology"]]
    assert in_the_engines_words(scan) == case["expect"]


def in_the_engines_words(scan):
    """FNC1 is ^, which in plain text is marked with a backslash; what stands above an EAN follows a stroke."""
    if scan.symbology.startswith("EAN"):
        above = scan.elements[1:]
        return f"{scan.text}|{build_fnc1(above)}" if above else scan.text
    if scan.elements:
        return build_fnc1(scan.elements)
    return f"\\{scan.text}" if scan.text.lstrip("\\").startswith("^") else scan.text


@given(st.lists(gs1_data.elements(), min_size=1, max_size=6).map(tuple))
def test_what_is_built_is_read_back(elements):
    assert parse_fnc1(build_fnc1(elements)) == elements
    assert parse_fnc1(build_fnc1(elements, fnc1="\x1d"), fnc1="\x1d") == elements
    assert parse_bracketed(build_bracketed(elements)) == elements


@given(st.text("^()\\0123456789abAB%\x1d批", max_size=40))
def test_any_text_is_read_or_refused(text):
    for parse in (parse_fnc1, parse_bracketed, parse_scan):
        with suppress(Unreadable):
            parse(text)


@given(gs1_data.models)
def test_a_global_model_number_is_read_back(number):
    assert parse_fnc1(f"^8013{number}") == (Element("8013", number),)


def test_an_ean_is_read_as_its_trade_item():
    assert parse_scan("]E09506000134352").elements == (Element("01", "09506000134352"),)


def test_bad_data_is_not_built():
    with pytest.raises(Unreadable) as refused:
        build_fnc1([Element("01", "09506000134352"), Element("10", "L^7")])

    assert (refused.value.ai, refused.value.at, refused.value.part) == ("10", 1, "^")


def test_what_is_missing_is_named():
    with pytest.raises(Unreadable) as refused:
        check_associations(parse_bracketed("(01)09506000134352(250)A"))

    assert (refused.value.ai, refused.value.part) == ("250", "01+21 | 03+21 | 8006+21")


def test_a_code_that_is_not_to_be_read_tells_where():
    with pytest.raises(Unreadable) as refused:
        parse_bracketed("(10)L-7(17")

    assert (refused.value.code, refused.value.at, refused.value.part) == ("not_an_element_string", 7, "(17")
    assert str(refused.value) == "not_an_element_string at 7: '(17'"


@pytest.mark.parametrize(
    ("text", "code"),
    [("(89)", "too_short"), (f"(89){'A' * 91}", "too_long"), ("(0112)A", "unknown_ai"), ("(89)A B", "invalid_cset82_character")],
)
def test_an_unknown_identifier_passes_on_demand_alone_and_with_sound_data(text, code):
    assert parse_bracketed("(89)A", unknown=True) == (Element("89", "A"),)
    with pytest.raises(Unreadable) as without:
        parse_bracketed("(89)A")
    with pytest.raises(Unreadable) as refused:
        parse_bracketed(text, unknown=True)

    assert (without.value.code, refused.value.code) == ("unknown_ai", code)
