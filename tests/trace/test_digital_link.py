from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from teahorse.trace.gs1 import digital_link
from teahorse.trace.gs1.digital_link import build, is_path, parse, readings
from teahorse.trace.gs1.element_strings import Element, build_fnc1, parse_bracketed
from teahorse.trace.gs1.unreadable import Unreadable

from . import gs1_data
from .vectors import cases

ENGINE = "gs1-syntax-engine"
GTIN = Element("01", "09506000134352")
LOT, SERIAL = Element("10", "L-7"), Element("21", "42")


def options(case):
    foreign = case.get("options", {})
    return {
        "convenience_alphas": foreign.get("permitConvenienceAlphas", False),
        "zero_suppressed_gtin": foreign.get("PermitZeroSuppressedGTINinDLuris", False),
        "unknown_attributes": foreign.get("PermitUnknownAIs", False) and not foreign.get("validation:UNKNOWN_AI_NOT_DL_ATTR", True),
    }


def text(foreign):
    return foreign["latin1"] if isinstance(foreign, dict) else foreign


@pytest.mark.parametrize("case", cases(f"{ENGINE}/digital-link-parse.json"), ids=lambda case: case["uri"] or "nothing")
def test_links_are_read_as_the_foreign_engine_reads_them(case):
    if not case["valid"]:
        with pytest.raises(Unreadable):
            parse(case["uri"], **options(case))
        return

    link = parse(case["uri"], **options(case))

    assert build_fnc1(link.elements, unknown=True) == case["expect"]


@pytest.mark.parametrize("case", cases(f"{ENGINE}/digital-link-generate.json"), ids=lambda case: case["ai_data"])
def test_links_are_built_as_the_foreign_engine_builds_them(case):
    """Many of the examples have numbers of restricted circulation (prefix 231), which we build on demand alone."""
    unknown = options(case)["unknown_attributes"]
    stem = {"stem": case["stem"]} if case["stem"] else {}

    def uri():
        return build(parse_bracketed(case["ai_data"], unknown=unknown), restricted=True, unknown_attributes=unknown, **stem).uri()

    if case["valid"]:
        assert uri() == case["expect"]
        return
    with pytest.raises(Unreadable):
        uri()


@pytest.mark.parametrize("case", cases(f"{ENGINE}/digital-link-path-sequences.json"), ids=lambda case: "/".join(case["ais"]))
def test_a_foreign_path_is_a_path(case):
    assert is_path(case["ais"]) == case["valid"]


@pytest.mark.parametrize("ais", ["10", "01/21/10", "01/10/235", "01/10/10", "01/01", "00/21", "253/10", "89", "01/89"])
def test_qualifiers_alone_out_of_order_mixed_or_of_another_key_are_no_path(ais):
    assert not is_path(ais.split("/"))
    assert not is_path([])


@pytest.mark.parametrize("case", cases(f"{ENGINE}/uri-escape.json"), ids=lambda case: case["in"])
def test_escaping_is_as_the_foreign_engine_does_it(case):
    assert (digital_link.escape_path(case["in"]), digital_link.escape_query(case["in"])) == (case["path"], case["query"])


@pytest.mark.parametrize("case", cases(f"{ENGINE}/uri-unescape.json"), ids=lambda case: case["in"] or "nothing")
def test_unescaping_is_as_the_foreign_engine_does_it(case):
    assert digital_link.unescape_path(case["in"]) == text(case["path"])
    assert digital_link.unescape_query(case["in"]) == text(case["query"])


def test_a_resolver_asks_from_the_item_over_the_lot_to_the_trade_item():
    link = parse("https://tea.example/trace/01/09506000134352/10/L-7/21/42?17=271231&linkType=gs1:traceability")

    assert (link.key, link.qualifiers, link.attributes) == (GTIN, (LOT, SERIAL), (Element("17", "271231"),))
    assert link.stem == "https://tea.example/trace"
    assert [level.uri() for level in link.levels()] == [
        "https://tea.example/trace/01/09506000134352/10/L-7/21/42",
        "https://tea.example/trace/01/09506000134352/10/L-7",
        "https://tea.example/trace/01/09506000134352",
    ]


def test_all_links_that_say_the_same_have_one_canonical_form():
    one = parse("https://tea.example/01/09506000134352/10/L%2D7?17=271231&11=261001")
    other = parse(
        "HTTP://shop.example:8000/x/gtin/9506000134352/lot/L-7?11=261001&utm=1&17=271231#top",
        convenience_alphas=True,
        zero_suppressed_gtin=True,
    )

    assert one.canonical() == other.canonical() == "https://id.gs1.org/01/09506000134352/10/L-7?11=261001&17=271231"


def test_a_link_in_capitals_is_built_for_a_small_qr_code():
    assert build([GTIN, LOT], stem="HTTPS://TEA.EXAMPLE/").uri() == "HTTPS://TEA.EXAMPLE/01/09506000134352/10/L-7"


@pytest.mark.parametrize(
    ("elements", "stem", "code"),
    [
        ([Element("01", "02012345678903")], "https://a", "restricted_number"),
        ([Element("00", "123456789012345675"), Element("02", "02012345678903"), Element("37", "1")], "https://a", "restricted_number"),
        ([LOT], "https://a", "ai_missing"),
        ([Element("99", "A")], "https://a", "no_primary_key"),
        ([GTIN, Element("235", "T"), LOT], "https://a", "qualifiers_mixed"),
        ([GTIN, Element("8200", "A")], "https://a", "not_an_attribute"),
        ([GTIN, Element("10", "..")], "https://a", "dot_segment"),
        ([GTIN, Element("10", "A"), Element("10", "B")], "https://a", "ai_repeated"),
        ([GTIN, Element("10", "A B")], "https://a", "invalid_cset82_character"),
        ([GTIN], "ftp://a", "not_a_stem"),
        ([GTIN], "https://me@a", "not_a_stem"),
        ([GTIN], "https://a?b=", "not_a_stem"),
    ],
)
def test_a_link_that_would_mislead_is_not_built(elements, stem, code):
    with pytest.raises(Unreadable) as refused:
        build(elements, stem=stem)

    assert refused.value.code == code


@pytest.mark.parametrize(
    ("uri", "code", "part"),
    [
        ("https://a/01/09506000134353", "incorrect_check_digit", "3"),
        ("https://a/01/09506000134352?10=A", "belongs_in_path", "10"),
        ("https://a/01/09506000134352/21/1/10/A", "wrong_order", "01/21/10"),
        ("https://a/01/09506000134352/17/271231", "not_a_path_ai", "17"),
        ("https://a/01/09506000134352?21=1", "not_an_attribute", "21"),
        ("https://a/t/ABC", "no_primary_key", "/t/ABC"),
        ("https://a@b/01/09506000134352", "not_an_address", "https://a@b/01/09506000134352"),
        ("https://a/01/09506000134352/10/批", "illegal_character", "批"),
        ("https://a/01/09506000134352/10/A%0AB", "invalid_cset82_character", "\n"),
        ("https://a/01/٠٩٥٠٦٠٠٠١٣٤٣٥٢", "illegal_character", "٠"),
    ],
)
def test_what_is_wrong_with_a_link_is_told(uri, code, part):
    with pytest.raises(Unreadable) as refused:
        parse(uri)

    assert (refused.value.code, refused.value.part) == (code, part)


@pytest.mark.parametrize("long", ["/" * 100_000, "/01" * 50_000, "?" + "99=A&" * 50_000, "%" * 100_000, "#" * 100_000])
def test_a_link_of_any_length_is_refused_in_no_time(long):
    with pytest.raises(Unreadable):
        parse(f"https://a{long}")


def test_unknown_attributes_are_kept_on_demand_if_they_can_be_identifiers():
    uri = "https://a/01/09506000134352?89=A"

    assert parse(uri, unknown_attributes=True).attributes == (Element("89", "A"),)
    for wrong in (uri.replace("89", "5"), uri.replace("89", "12345")):
        with pytest.raises(Unreadable) as refused:
            parse(wrong, unknown_attributes=True)
        assert refused.value.code == "unknown_ai"


def test_a_restricted_number_is_read_and_known():
    assert parse("https://a/01/02012345678903").is_restricted
    assert not parse("https://a/01/09506000134352").is_restricted


@given(
    gs1_data.gtins,
    st.dictionaries(st.sampled_from(["22", "10", "21"]), gs1_data.lots),
    st.dictionaries(st.sampled_from(["240", "241", "91", "95", "99"]), gs1_data.lots),
    st.sampled_from(["https://id.gs1.org", "https://tea.example/trace", "http://127.0.0.1:8000", "https://a/01/10/21"]),
)
def test_what_is_built_is_read_back(gtin, qualifiers, attributes, stem):
    link = build([*map(Element._make, attributes.items()), *map(Element._make, qualifiers.items()), Element("01", gtin)], stem=stem)

    assert parse(link.uri()) == link
    assert {element.ai for element in link.elements} == {"01", *qualifiers, *attributes}
    assert parse(link.canonical()).canonical() == link.canonical()


@given(gs1_data.elements(gs1_data.KEYS).filter(lambda element: element.value not in digital_link.DOT_SEGMENTS))
def test_every_primary_key_is_read_back(element):
    link = build([element], restricted=True)

    assert parse(link.uri()) == link


@given(st.text("/?&=%#0129gtin:. ", max_size=60))
def test_any_address_is_read_or_refused(rest):
    with suppress(Unreadable):
        parse(f"https://a/{rest}", convenience_alphas=True, zero_suppressed_gtin=True, unknown_attributes=True)


def test_a_path_whose_escapes_were_taken_away_is_read_in_every_way_that_it_may_have_been():
    assert readings("/01/09506000134352/10/AB/21/7") == ["/01/09506000134352/10/AB%2F21%2F7"]
    assert readings("/01/09506000134352/10/A/B/21/7/8/") == [
        "/01/09506000134352/10/A%2FB/21/7%2F8",
        "/01/09506000134352/10/A%2FB%2F21%2F7%2F8",
    ]
    assert readings("/01/09506000134352/10/AB") == []
    assert readings("/10/AB/01/09506000134352") == []
    assert readings("/01/" + "1/" * 30) == []
