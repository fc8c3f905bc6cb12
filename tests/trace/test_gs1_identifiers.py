import re

import pytest

from teahorse.trace.gs1.application_identifiers import AI_LENGTHS, IDENTIFIERS, identifier
from teahorse.trace.gs1.unreadable import Unreadable

from .vectors import VECTORS, needs_vectors

ENTRY = re.compile(
    r"(?P<first>\d+)(?:-(?P<last>\d+))?\s+(?:(?P<flags>[*?]+)\s+)?(?P<form>\[?[NXYZ]\S+(?:\s+\[?[NXYZ][\d.]\S*)*)"
    r"(?P<attributes>(?:\s+(?:req|ex|dlpkey)\S*)*)\s*(?:# (?P<title>.*))?"
)
PART = re.compile(r"(?P<open>\[?)(?P<kind>[NXYZ])(?P<up_to>\.\.)?(?P<length>\d+)\]?(?P<linters>(?:,\w+)*)")


def entries():
    """Read the foreign dictionary: one tuple for each identifier of each entry."""
    lines = (VECTORS / "gs1-syntax-dictionary/gs1-syntax-dictionary.txt").read_text().splitlines()
    for entry in (ENTRY.fullmatch(line) for line in lines if line[:1].isdigit()):
        attributes = dict(part.partition("=")[::2] for part in entry["attributes"].split())
        sequences = attributes.get("dlpkey")
        for number in range(int(entry["first"]), int(entry["last"] or entry["first"]) + 1):
            yield (
                str(number).zfill(len(entry["first"])),
                entry["title"] or "",
                [
                    (part["kind"], 1 if part["up_to"] else int(part["length"]), int(part["length"]), part["open"] == "[", part["linters"])
                    for part in map(PART.fullmatch, entry["form"].split())
                ],
                "*" in (entry["flags"] or ""),
                "?" in (entry["flags"] or ""),
                attributes.get("req", ""),
                attributes.get("ex", ""),
                None if sequences is None else tuple(tuple(filter(None, sequence.split(","))) for sequence in sequences.split("|")),
            )


def ours(one):
    return (
        one.ai,
        one.title,
        [(c.kind, c.shortest, c.longest, c.is_optional, "".join(f",{name}" for name in c.linters)) for c in one.components],
        one.has_predefined_length,
        one.is_attribute,
        ",".join("+".join(group) for group in one.needs),
        ",".join(one.bars),
        one.qualifier_sequences,
    )


@needs_vectors
def test_our_table_says_what_the_foreign_dictionary_says_entry_by_entry():
    foreign = {entry[0]: entry for entry in entries()}

    assert {ai: ours(one) for ai, one in IDENTIFIERS.items()} == foreign
    assert len(foreign) == 541


def test_the_first_two_digits_tell_how_long_an_identifier_is():
    assert all(AI_LENGTHS[ai[:2]] == len(ai) for ai in IDENTIFIERS)


def test_an_identifier_that_is_not_in_the_table_is_refused_by_name():
    with pytest.raises(Unreadable) as refused:
        identifier("89")

    assert (refused.value.code, refused.value.part) == ("unknown_ai", "89")


def test_a_fault_tells_the_identifier_the_place_in_its_data_and_the_part():
    with pytest.raises(Unreadable) as refused:
        identifier("8003").check("02112345678901ABC")

    assert (refused.value.code, refused.value.ai, refused.value.at, refused.value.part) == ("incorrect_check_digit", "8003", 13, "1")


@pytest.mark.parametrize(
    ("ai", "value", "code"),
    [
        ("10", "", "too_short"),
        ("01", "0950600013435", "too_short"),
        ("10", "L" * 21, "too_long"),
        ("10", "批次", "invalid_cset82_character"),
        ("11", "261332", "illegal_month"),
        ("7007", "2610012610", "too_short"),
        ("423", "156999", "not_iso3166"),
    ],
)
def test_data_that_an_identifier_does_not_take(ai, value, code):
    with pytest.raises(Unreadable) as refused:
        identifier(ai).check(value)

    assert (refused.value.code, refused.value.ai) == (code, ai)
