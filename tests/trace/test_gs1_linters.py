from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from teahorse.trace.gs1.check_digits import check_digit, check_pair
from teahorse.trace.gs1.linters import LINTERS
from teahorse.trace.gs1.unreadable import Unreadable

from .vectors import cases, needs_vectors

NEED_THE_REGISTRY_OF_PREFIXES = {"INVALID_GCP_PREFIX", "GCP_DATASOURCE_OFFLINE"}
"""
Twelve of the foreign values are good or bad by what a list of company prefixes answers, which the foreign test feigns: it says that a
prefix is not given out, or that nobody can be asked. We have no such list; five of the same coupons are called good without it.
"""
MISSPELT = {"COUPON_INVALID_EXIPIRATION_DATE": "COUPON_INVALID_EXPIRATION_DATE"}


def text(foreign):
    return foreign["latin1"] if isinstance(foreign, dict) else foreign


def refusal(linter, data):
    try:
        LINTERS[linter](data)
    except Unreadable as why:
        end = why.at + len(why.part)
        return why.code.upper(), f"{data[: why.at]}*{data[why.at : end]}*{data[end:]}"
    return None


@needs_vectors
def test_every_foreign_value_is_judged_alike_with_the_same_fault_at_the_same_place():
    values = cases("gs1-syntax-dictionary/linters.json")
    held = [value for value in values if value.get("error") not in NEED_THE_REGISTRY_OF_PREFIXES]

    differing = [
        (value, found)
        for value in held
        if (found := refusal(value["linter"], text(value["data"])))
        != (None if value["valid"] else (MISSPELT.get(value["error"], value["error"]), text(value["marked"])))
    ]

    assert differing == []
    assert (len(values), len(held)) == (5671, 5671 - 12)


@needs_vectors
def test_there_is_a_linter_for_every_foreign_name_and_no_other():
    assert set(LINTERS) == {value["linter"] for value in cases("gs1-syntax-dictionary/linters.json")}


@given(st.text("0123456789", min_size=1, max_size=17), st.data())
def test_a_wrong_digit_is_always_found(digits, data):
    number = digits + check_digit(digits)
    at = data.draw(st.integers(0, len(number) - 1))
    wrong = data.draw(st.sampled_from([digit for digit in "0123456789" if digit != number[at]]))

    LINTERS["csum"](number)
    with pytest.raises(Unreadable) as refused:
        LINTERS["csum"](number[:at] + wrong + number[at + 1 :])

    assert refused.value.code == "incorrect_check_digit"


def test_the_check_pair_of_a_model_number():
    assert check_pair("1987654Ad4X4bL5ttr2310c") == "2K"


@given(st.dates(date(2000, 1, 1), date(2099, 12, 31)))
def test_every_day_of_the_century_is_a_day(day):
    LINTERS["yymmdd"](f"{day:%y%m%d}")
    LINTERS["yyyymmdd"](f"{day:%Y%m%d}")


@pytest.mark.parametrize("data", ["", "\0", "٣٤", "1️", "😀" * 100, "9" * 10_000, "%" * 10_000, "/" * 5000])
def test_every_linter_refuses_or_returns_whatever_comes(data):
    for linter in LINTERS:
        refusal(linter, data)
