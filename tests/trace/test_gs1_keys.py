import pytest
from hypothesis import given
from hypothesis import strategies as st

from teahorse.catalog.rules import is_trade_number
from teahorse.trace.gs1.keys import closed, gtin14, is_gln, is_gtin, is_restricted, is_sscc
from teahorse.trace.gs1.unreadable import Unreadable


@pytest.mark.parametrize(
    ("number", "in_fourteen"),
    [("02345673", "00000002345673"), ("416000336108", "00416000336108"), ("9506000134352", "09506000134352"), ("12345678901231",) * 2],
)
def test_a_gtin_of_every_length_is_written_in_fourteen_digits(number, in_fourteen):
    assert gtin14(number) == in_fourteen


@pytest.mark.parametrize(
    ("number", "code", "at"),
    [
        ("", "not_a_gtin_length", 0),
        ("123", "not_a_gtin_length", 0),
        ("9506000134353", "incorrect_check_digit", 12),
        ("950600013435X", "non_digit_character", 12),
        ("９506000134352", "non_digit_character", 0),
    ],
)
def test_what_is_no_gtin_is_refused(number, code, at):
    with pytest.raises(Unreadable) as refused:
        gtin14(number)

    assert (refused.value.code, refused.value.at) == (code, at)


def test_location_and_shipping_numbers_have_their_length_and_check_digit():
    assert is_gln("9506000134352")
    assert not is_gln("9506000134353")
    assert not is_gln("09506000134352")
    assert is_sscc("123456789012345675")
    assert not is_sscc("123456789012345670")
    assert not is_sscc("１23456789012345675")


@pytest.mark.parametrize(
    "number",
    [
        "2012345678903",  # priced by weight at a till
        "2999999999994",
        "02012345678903",
        "0212345678901",  # UPC number system 2
        "212345678901",
        "0412345678909",  # a company's own
        "412345678909",
        "02345673",  # GTIN-8 of a company's own
        "20123451",  # GTIN-8 of a region
        "00000020123451",
        "12312312312326",  # a case of a number that only circulates in a region
    ],
)
def test_numbers_of_restricted_circulation_are_recognised(number):
    assert is_restricted(number)


@pytest.mark.parametrize("number", ["9506000134352", "6901234567892", "0312345678906", "96385074", "00000096385074", "19506000134359"])
def test_numbers_of_open_trade_are_not(number):
    assert not is_restricted(number)


@given(st.text("0123456789", min_size=7, max_size=13))
def test_closed_digits_have_a_check_digit(digits):
    assert is_gtin(closed(digits)) == (len(digits) in {7, 11, 12, 13})


@given(st.one_of(st.text(max_size=16), st.text("0123456789", min_size=7, max_size=13).map(closed)))
def test_the_catalogue_and_the_standard_agree_about_trade_numbers(number):
    assert is_trade_number(number) == is_gtin(number)
