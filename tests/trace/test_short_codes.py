from itertools import permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from teahorse.trace.gs1.short_codes import (
    CODE_LENGTH,
    SIGNS,
    check_character,
    hash_hidden,
    hidden_matches,
    make_code,
    make_hidden,
    read_code,
    spaced,
)
from teahorse.trace.gs1.unreadable import Unreadable

digits = st.text(SIGNS, min_size=CODE_LENGTH - 1, max_size=CODE_LENGTH - 1)


def fault(code):
    try:
        read_code(code)
    except Unreadable as why:
        return why.code
    return ""


@given(digits)
def test_every_wrong_character_is_found(digits):
    code = digits + check_character(digits)
    wrong = [code[:at] + sign + code[at + 1 :] for at in range(CODE_LENGTH) for sign in SIGNS if sign != code[at]]

    assert read_code(code) == code
    assert len(wrong) == CODE_LENGTH * 31
    assert set(map(fault, wrong)) == {"wrong_check_character"}


@pytest.mark.parametrize("at", range(CODE_LENGTH - 2))
def test_every_swap_of_every_two_neighbours_is_found(at):
    """All pairs at all places; what stands beside them adds the same to both, so one filling stands for all."""
    rest = "7K3QWX5M0ABC"[: CODE_LENGTH - 3]
    for one, other in permutations(SIGNS, 2):
        digits = rest[:at] + one + other + rest[at:]
        swapped = rest[:at] + other + one + rest[at:]
        assert fault(swapped + check_character(digits)) == "wrong_check_character"


@given(digits)
def test_every_swap_of_any_two_places_is_found(digits):
    code = digits + check_character(digits)
    for left in range(CODE_LENGTH):
        for right in range(left + 1, CODE_LENGTH):
            swapped = code[:left] + code[right] + code[left + 1 : right] + code[left] + code[right + 1 :]
            assert fault(swapped) == ("" if code[left] == code[right] else "wrong_check_character")


def test_codes_are_new_each_time_and_read_back():
    codes = {make_code() for _ in range(10_000)}

    assert len(codes) == 10_000
    assert set(map(read_code, codes)) == codes


@pytest.mark.parametrize(
    "typed",
    ["01ABCDEFGHJY", "o1abcdefghjy", "oIabcdefghjy", "0Labcdefghjy", " 01AB-CDEF–GHJY\n", "０１ＡＢＣＤＥＦＧＨＪＹ"],
)
def test_a_code_is_read_however_it_is_typed(typed):
    code = "01ABCDEFGHJ" + check_character("01ABCDEFGHJ")

    assert read_code(typed.replace("Y", code[-1]).replace("y", code[-1].lower()).replace("Ｙ", code[-1])) == code
    assert read_code(spaced(code)) == code


@pytest.mark.parametrize(
    ("typed", "code", "at"),
    [
        ("", "wrong_length", 0),
        ("01ABCDEFGHJ", "wrong_length", 0),
        ("A" * 1_000_000, "wrong_length", 0),
        ("U1ABCDEFGHJK", "unknown_sign", 0),
        ("01ABC*EFGHJK", "unknown_sign", 5),
        ("批", "unknown_sign", 0),
    ],
)
def test_what_is_no_code_is_refused(typed, code, at):
    with pytest.raises(Unreadable) as refused:
        read_code(typed)

    assert (refused.value.code, refused.value.at) == (code, at)


@given(st.text(max_size=70))
def test_any_text_is_read_or_refused(typed):
    assert fault(typed) in {"", "wrong_length", "unknown_sign", "wrong_check_character"}


def test_a_hidden_part_is_known_by_its_hash_alone():
    hidden = make_hidden()
    kept = hash_hidden(hidden)

    assert hidden_matches(f" {hidden[:4].lower()}-{hidden[4:]} ", kept)
    assert hidden not in kept
    assert kept != hash_hidden(hidden)
    assert not hidden_matches(make_hidden(), kept)
    assert not hidden_matches("", kept)
    assert not hidden_matches(hidden + "0", kept)
