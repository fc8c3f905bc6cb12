"""Parts of any row of cases add up to the whole, for every payer."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from teahorse.aftersales.rules import Gone, Parts, Sold, scaled, shared_out, worth


@st.composite
def sold_lines(draw):
    units = draw(st.integers(1, 60))
    others = tuple(draw(st.lists(st.integers(0, 5_000), max_size=3)))
    return Sold(units, draw(st.integers(0, 100_000)), others)


def plus(gone: Gone, parts: Parts, units: int, payers: int) -> Gone:
    before = gone.others_fen or (0,) * payers
    return Gone(gone.units + units, gone.buyer_fen + parts.buyer_fen, tuple(map(sum, zip(before, parts.others_fen, strict=True))))


@given(sold_lines(), st.data())
def test_all_units_in_any_portions_are_worth_what_everybody_paid(sold, data):
    gone = Gone()

    while gone.units < sold.units:
        units = data.draw(st.integers(1, sold.units - gone.units))
        parts = worth(sold, gone, units=units)
        assert min(parts.buyer_fen, *parts.others_fen, 0) == 0  # nobody is asked for money
        gone = plus(gone, parts, units, len(sold.others_fen))
        assert gone.buyer_fen <= sold.buyer_fen
        assert all(back <= paid for back, paid in zip(gone.others_fen, sold.others_fen, strict=True))

    assert (gone.buyer_fen, gone.others_fen) == (sold.buyer_fen, sold.others_fen)


@given(sold_lines(), st.data())
def test_a_compensation_between_returns_leaves_no_fen_over(sold, data):
    whole = worth(sold, Gone(), units=data.draw(st.integers(1, sold.units)))
    paid = scaled(whole, data.draw(st.integers(0, whole.buyer_fen)))
    gone = plus(Gone(), paid, 0, len(sold.others_fen))

    rest = worth(sold, gone, units=sold.units)

    assert paid.buyer_fen + rest.buyer_fen == sold.buyer_fen
    assert tuple(map(sum, zip(paid.others_fen, rest.others_fen, strict=True))) == sold.others_fen


@given(sold_lines(), st.data())
def test_nobody_gets_more_back_than_her_part_of_the_units(sold, data):
    parts = worth(sold, Gone(), units=data.draw(st.integers(1, sold.units)))

    less = scaled(parts, data.draw(st.integers(0, parts.buyer_fen)))

    assert less.buyer_fen <= parts.buyer_fen
    assert all(0 <= back <= whole for back, whole in zip(less.others_fen, parts.others_fen, strict=True))


@given(st.lists(st.integers(0, 100_000), min_size=1, max_size=8), st.data())
def test_what_is_agreed_is_shared_out_to_the_fen(weights, data):
    agreed = data.draw(st.integers(0, sum(weights)))

    shares = shared_out(agreed, weights)

    assert sum(shares) == agreed
    assert all(0 <= share <= weight for share, weight in zip(shares, weights, strict=True))


def test_a_third_of_ten_fen():
    sold = Sold(3, 10, (5,))

    assert worth(sold, Gone(), units=1) == Parts(3, (2,))
    assert worth(sold, Gone(1, 3, (2,)), units=1) == Parts(4, (1,))
    assert worth(sold, Gone(2, 7, (3,)), units=1) == Parts(3, (2,))


@pytest.mark.parametrize("units", [0, 4, -1])
def test_units_that_are_not_left_are_worth_nothing(units):
    with pytest.raises(ValueError, match="of 3 units"):
        worth(Sold(3, 10), Gone(), units=units)


def test_more_than_a_part_is_refused():
    with pytest.raises(ValueError, match="11 of 10 fen"):
        scaled(Parts(10), 11)
