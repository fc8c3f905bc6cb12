import pytest
from hypothesis import given
from hypothesis import strategies as st

from teahorse.common.money import NotAnAmount, allot, fen_of, yuan


@given(st.integers(-(10**12), 10**12), st.lists(st.integers(0, 10**6), min_size=1, max_size=20).filter(any))
def test_the_parts_add_up_to_the_whole(total, weights):
    parts = allot(total, weights)

    assert sum(parts) == total
    assert all(abs(part * sum(weights) - total * weight) < sum(weights) for part, weight in zip(parts, weights, strict=True))


def test_a_remainder_goes_to_the_largest_fraction_first():
    assert allot(100, [1, 1, 1]) == [34, 33, 33]
    assert allot(-100, [1, 1, 1]) == [-34, -33, -33]


def test_nothing_can_be_divided_by_nothing():
    with pytest.raises(ValueError, match="every weight is zero"):
        allot(1, [0, 0])


@pytest.mark.parametrize(
    ("text", "fen"),
    [("38", 3800), ("38.5", 3850), ("38.", 3800), ("¥1,280.00", 128000), ("0.01", 1), ("12,345,678.9", 1234567890)],
)
def test_an_amount_is_read_as_people_type_it(text, fen):
    assert fen_of(text) == fen


@pytest.mark.parametrize("text", ["", "-1", "1.234", "abc", "1e3", "٣", "38,50", "1,28", "1,2345", ",280", "1280,000", "."])
def test_what_is_no_amount_is_refused(text):
    with pytest.raises(NotAnAmount):
        fen_of(text)


def test_an_amount_is_written_with_two_decimals():
    assert yuan(123450) == "1,234.50"
