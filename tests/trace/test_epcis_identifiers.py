"""EPC URNs and Digital Links, to and fro."""

import pytest

from teahorse.trace.epcis.epc_urns import NotAnEpc, check_digit
from teahorse.trace.epcis.identifiers import Level, canonical, identify, urn_of
from tests.trace.vectors import cases, needs_vectors

VECTORS = cases("epcis-event-hash/dl-normaliser.json")
# a pattern of UPUI says the same as that of SGTIN, which is written
URNS = [case for case in VECTORS if str(case["in"]).startswith("urn:") and "idpat:upui" not in case["in"]]


@needs_vectors
def test_the_foreign_cases_are_all_there():
    assert len(VECTORS) == 71
    assert sum(case["canonical"] is None for case in VECTORS) == 9


@pytest.mark.parametrize("case", [case for case in VECTORS if isinstance(case["in"], str)], ids=lambda case: case["in"])
def test_a_foreign_case_has_the_canonical_form_that_it_should_have(case):
    # the one case that is left out is the number 42, which no text can be
    assert canonical(case["in"]) == case["canonical"]


@pytest.mark.parametrize("case", URNS, ids=lambda case: case["in"])
def test_a_urn_comes_back_from_its_canonical_form(case):
    prefix = case["in"].split(":")[4].split(".")[0]

    assert urn_of(case["canonical"], len(prefix)) == case["in"]


@pytest.mark.parametrize(
    ("text", "uri", "level", "ai"),
    [
        ("urn:epc:id:sgtin:9506000.013435.7", "https://id.gs1.org/01/09506000134352/21/7", Level.INSTANCE, "01"),
        ("urn:epc:class:lgtin:9506000.013435.L1", "https://id.gs1.org/01/09506000134352/10/L1", Level.LOT, "01"),
        ("urn:epc:idpat:sgtin:9506000.013435.*", "https://id.gs1.org/01/09506000134352", Level.KIND, "01"),
        ("https://shop.example.com/t/01/09506000134352/10/L1?x=1", "https://id.gs1.org/01/09506000134352/10/L1", Level.LOT, "01"),
        ("urn:epc:id:sscc:9506000.0000000001", "https://id.gs1.org/00/095060000000000015", Level.INSTANCE, "00"),
        ("urn:epc:id:grai:9506000.00001.5", "https://id.gs1.org/8003/095060000000155", Level.INSTANCE, "8003"),
        ("urn:epc:idpat:grai:9506000.00001.*", "https://id.gs1.org/8003/09506000000015", Level.KIND, "8003"),
        ("urn:epc:id:gid:100.200.300", "urn:epc:id:gid:100.200.300", Level.INSTANCE, ""),
        ("urn:ibm:ift:product:lot:class:1234567890123.7.L1", "urn:ibm:ift:product:lot:class:1234567890123.7.L1", Level.PRIVATE, ""),
        ("https://deqen.example.com/id/lot/coop7.barley.L1", "https://deqen.example.com/id/lot/coop7.barley.L1", Level.PRIVATE, ""),
        ("geo:27.79,98.66", "geo:27.79,98.66", Level.PRIVATE, ""),
    ],
)
def test_an_identifier_tells_how_finely_it_names(text, uri, level, ai):
    found = identify(text)

    assert (found.uri, found.level, found.ai) == (uri, level, ai)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("urn:epc:id:sgtin:95060.0134355.7", "a company prefix has 6 to 12 digits, “95060” has not"),
        ("urn:epc:id:sgtin:9506000.13435.7", "prefix and reference of sgtin have 13 digits together, “9506000.13435” has not"),
        ("urn:epc:id:sgtin:9506000.013435", "an identifier of sgtin has 3 parts between its dots, this one has 2"),
        ("urn:epc:id:sgtin:9506000.013435.", "“” is empty or has a character that sgtin does not allow"),
        ("urn:epc:id:sgtin:9506000.013435.a/b", "“a/b” is empty or has a character that sgtin does not allow"),
        (f"urn:epc:id:sgtin:9506000.013435.{'1' * 21}", f"“{'1' * 21}” is longer than the 20 characters that sgtin allows here"),
        ("urn:epc:id:sgtin:９５０６０００.013435.7", "a company prefix has 6 to 12 digits, “９５０６０００” has not"),
        ("urn:epc:id:cpi:9506000.abc.1", "“abc” is empty or has a character that cpi does not allow"),
        ("urn:epc:id:sgtin:9506000.013435.é", "“é” is empty or has a character that sgtin does not allow"),
        ("urn:epc:id:cpi:9506000.A.1x", "the serial number of cpi has up to 12 digits, “1x” has not"),
        ("urn:epc:id:itip:9506000.013435.1.2.7", "piece and total have two digits each, “1.2” has not"),
        ("urn:epc:idpat:sgtin:9506000.013435.7", "a pattern ends with “*”, not with “7”"),
        ("urn:epc:tag:sgtin-96:1.9506000.013435.7", "urn:epc:tag:sgtin-96 is not one of the schemes of identifiers in events"),
        ("urn:epc:id:nonsense:1.2", "urn:epc:id:nonsense is not one of the schemes of identifiers in events"),
        ("https://id.gs1.org/01/09506000134353", "the check digit of 09506000134353 is 3 and should be 2"),
        ("no uri", "it is not a URI"),
        ("https://example.com/ä", "it is not a URI"),
    ],
)
def test_what_is_no_identifier_is_refused_with_the_reason(text, told):
    with pytest.raises(NotAnEpc) as refused:
        identify(text)

    assert str(refused.value) == told


@pytest.mark.parametrize("prefix_digits", [5, 13])
def test_a_company_prefix_has_six_to_twelve_digits(prefix_digits):
    with pytest.raises(NotAnEpc):
        urn_of("https://id.gs1.org/01/09506000134352/21/7", prefix_digits)


def test_where_no_scheme_writes_a_link_nothing_is_made_up():
    with pytest.raises(NotAnEpc):
        urn_of("https://id.gs1.org/01/09506000134352/22/2A", 7)


def test_the_length_of_the_prefix_decides_where_the_dots_stand():
    link = "https://id.gs1.org/01/09506000134352/21/7"

    assert [urn_of(link, digits) for digits in (6, 9, 12)] == [
        "urn:epc:id:sgtin:950600.0013435.7",
        "urn:epc:id:sgtin:950600013.0435.7",
        "urn:epc:id:sgtin:950600013435.0.7",
    ]


@pytest.mark.parametrize(
    "path",
    [
        "01/09506000134352/21/7/10/L1",  # qualifiers out of their order
        "01/09506000134352/21/7/21/8",  # one of them twice
        "01/09506000134352/21",  # without its value
        "01/09506000134352/8011/7",  # another key's qualifier
        "01/0950600013435X",
        "00/12345678901234567",
        "255/9506000000018A",
        "8004/",
    ],
)
def test_a_path_that_does_not_read_as_a_key_and_its_qualifiers_is_a_private_address(path):
    assert canonical(f"https://example.com/{path}") is None


@pytest.mark.parametrize(("digits", "check"), [("629104150021", "3"), ("0950600013435", "2"), ("34012345111111111", "1")])
def test_a_check_digit_is_computed_by_weights_of_three_and_one(digits, check):
    assert check_digit(digits) == check
