import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from teahorse.invoices import rules


@pytest.mark.parametrize("number", ["91350100M000100Y43", "91110108551385082Q", "9144030071526726XG"])
def test_published_codes_are_right(number):
    """The first is the standard's own example (GB 32100-2015, annex); the others are of companies that everybody knows."""
    assert rules.normal_tax_number(number) == number


@pytest.mark.parametrize(("text", "fault"), [
    ("91350100M000100Y4", "length"), ("91350100M000100Y44", "check"), ("91350100MO00100Y43", "signs"), ("", "length"),
    ("540102199001011234", "check"), ("９１350100M000100Y43", "signs"),
])  # fmt: skip
def test_what_cannot_be_right_says_why(text, fault):
    with pytest.raises(rules.NotATaxNumber) as refused:
        rules.normal_tax_number(text)

    assert str(refused.value) == fault


@given(st.text(alphabet=rules.TAX_SIGNS, min_size=17, max_size=17), st.integers(0, 17), st.sampled_from(rules.TAX_SIGNS))
def test_one_wrong_sign_is_always_found(first, place, other):
    number = first + rules.check_sign(first)
    slipped = number[:place] + other + number[place + 1 :]

    if slipped == number:
        assert rules.normal_tax_number(slipped) == number
    else:
        with pytest.raises(rules.NotATaxNumber):
            rules.normal_tax_number(slipped)


@given(
    st.lists(st.integers(0, 10**7), min_size=1, max_size=20).filter(lambda amounts: sum(amounts) > 0),
    st.data(),
    st.sampled_from(sorted(rules.TAX_RATES)),
)
def test_lines_add_up_to_the_invoice_and_hold_their_tax(amounts, data, rate):
    charged = [
        rules.Charged(name=name, form="", quantity=1, amount_fen=fen) for name, fen in zip(string.ascii_letters, amounts, strict=False)
    ]
    amount_fen = data.draw(st.integers(1, sum(amounts)))

    lines = rules.lines_of(charged, amount_fen=amount_fen, tax_rate=rate)

    assert sum(line.amount_fen for line in lines) == amount_fen
    assert all(line.amount_fen > 0 for line in lines)
    percent = rules.TAX_RATES[rate]
    assert all(abs(line.tax_fen * (100 + percent) - line.amount_fen * percent) * 2 <= 100 + percent for line in lines)


def test_a_red_letter_takes_back_what_stands_too_much():
    assert rules.still_to_take_back(standing_fen=9000, kept_fen=8000) == 1000
    assert rules.still_to_take_back(standing_fen=8000, kept_fen=9000) == 0
