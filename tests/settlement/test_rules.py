"""How a refund is divided over what is left of a sale."""

from dataclasses import replace
from datetime import date
from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from teahorse.settlement import rules


def test_what_a_case_says_goes_back_to_who_bore_it():
    some = rules.reversal(refund_fen=500, paid_left_fen=1000, subsidies_left=[300, 100], fees_left=[140], given_back=[0, 80])
    last = rules.reversal(refund_fen=500, paid_left_fen=500, subsidies_left=[300, 20], fees_left=[82], given_back=[0, 0])

    assert (some.subsidies_fen, some.seller_fen, some.fees_fen) == ([0, 80], 522, [58])
    assert (last.subsidies_fen, last.seller_fen, last.fees_fen) == ([300, 20], 738, [82])


WAY = rules.Sending(subsidies=[False, True], fees=[False, True], paid_fen=1350)


def test_goods_that_come_back_leave_what_was_paid_for_the_way():
    left = {"paid_left_fen": 11_350, "subsidies_left": [1000, 450], "fees_left": [330, 1800]}

    goods = rules.reversal(refund_fen=10_000, **left, given_back=[1000, 0], sending=WAY)
    half = rules.reversal(refund_fen=5000, **left, given_back=[500, 0], sending=WAY)
    both = rules.reversal(refund_fen=11_350, **left, given_back=[1000, 0], sending=replace(WAY, back=(11_350, 11_350)))

    assert goods == rules.Reversal([1000, 0], 10_670, [330, 0])
    assert half == rules.Reversal([500, 0], 5335, [165, 0])
    assert both == rules.Reversal([1000, 450], 11_350 + 1450 - 2130, [330, 1800])


def test_the_last_of_a_sale_that_nobody_has_said_anything_of_clears_it():
    """Also where who carried has more than is left: the seller owes it no more."""
    last = rules.reversal(refund_fen=1, paid_left_fen=1, subsidies_left=[450], fees_left=[0, 1800])

    assert last == rules.Reversal([450], 451 - 1800, [0, 1800])


amounts = st.integers(0, 10**5)


@given(
    paid=st.integers(1, 10**5),
    refund=st.integers(1, 10**5),
    shares=st.lists(st.tuples(amounts, st.booleans()), max_size=3),
    fees=st.lists(st.tuples(amounts, st.booleans()), max_size=3),
    way=amounts,
    back=st.integers(0, 100),
    has_case=st.booleans(),
)
def test_a_refund_is_borne_to_the_fen_and_by_nobody_beyond_her_part(paid, refund, shares, fees, way, back, has_case):
    subsidies_left, of_sending = [fen for fen, _ in shares], [is_way for _, is_way in shares]
    fees_left, of_carrying = [fen for fen, _ in fees], [is_way for _, is_way in fees]
    sending = rules.Sending(of_sending, of_carrying, min(way, paid), (back, 100)) if has_case else None
    refund = min(refund, paid)

    divided = rules.reversal(
        refund_fen=refund, paid_left_fen=paid, subsidies_left=subsidies_left, fees_left=fees_left, given_back=None, sending=sending
    )

    assert divided.seller_fen + sum(divided.fees_fen) == refund + sum(divided.subsidies_fen)
    assert all(0 <= fen <= left for fen, left in zip(divided.subsidies_fen, subsidies_left, strict=True))
    assert all(0 <= fen <= left for fen, left in zip(divided.fees_fen, fees_left, strict=True))
    if sending:
        carried = [fen for fen, is_way in zip(divided.fees_fen, of_carrying, strict=True) if is_way]
        assert carried == [fen * back // 100 for fen, is_way in fees if is_way]


@pytest.mark.parametrize(("rate", "fen"), [(10_000, 1801), (5000, 901), (1, 0)])
def test_a_fee_of_the_freight_is_of_what_sending_costs(rate, fen):
    """Whoever bears it, and half a fen rounded up."""
    rule = rules.Rule(id=uuid4(), kind="freight", basis="freight", rate=rate, beneficiary="centre", since_date=date(2026, 1, 1))

    assert rules.fee_fen(rule, deal(freight_cost_fen=1801)) == fen


def test_fees_are_no_more_than_the_sale_where_the_seller_sends_free():
    rule = rules.Rule(id=uuid4(), kind="freight", basis="freight", rate=10_000, beneficiary="centre", since_date=date(2026, 1, 1))

    (fee,) = rules.fees([rule], deal(goods_fen=500, total_fen=500, freight_cost_fen=1800))

    assert fee.amount_fen == 500


def deal(**more):
    """A sale of a hundred yuan of goods."""
    known = {
        "seller": uuid4(),
        "county": uuid4(),
        "seller_kind": "cooperative",
        "provider": "cash",
        "pickup_level": "",
        "day": date(2026, 8, 15),
        "goods_fen": 10_000,
        "total_fen": 11_801,
        "weight_grams": 500,
        "beneficiaries": {"centre": uuid4()},
    }
    return rules.Deal(**{**known, **more})


# --- Parts that were shared out


@given(
    st.lists(st.tuples(st.integers(0, 10_000), st.none() | st.integers(0, 10_000)), max_size=4),
    st.integers(0, 30_000),
)
def test_fees_are_taken_out_of_no_part_more_than_may_be(parts, fees_left):
    taken = rules.fees_taken([most for most, _ in parts], [fen for _, fen in parts], fees_left)

    shared = sum(fen for _, fen in parts if fen is not None)
    fresh = [(most, fen) for (most, was), fen in zip(parts, taken, strict=True) if was is None]
    assert all(0 <= fen <= most for most, fen in fresh)
    assert sum(fen for _, fen in fresh) == max(0, min(fees_left - shared, sum(most for most, _ in fresh)))


@given(st.data())
def test_refunds_of_what_was_shared_add_up_and_the_last_one_clears_every_fen(data):
    paid_fen = data.draw(st.integers(1, 20_000))
    shared = data.draw(st.lists(st.integers(0, paid_fen // 8), min_size=1, max_size=3))
    others = data.draw(st.lists(st.integers(0, paid_fen // 8), min_size=len(shared), max_size=len(shared)))
    subsidy, left, seller_fen = data.draw(st.integers(0, 5000)), paid_fen, 0
    whole, granted, fees = paid_fen + subsidy, subsidy, [one + other for one, other in zip(shared, others, strict=True)]
    sums = list(fees)
    while left:
        fen = data.draw(st.one_of(st.just(left), st.integers(1, left)))
        back = rules.allot(fen, [*shared, left - sum(shared)])[:-1]
        divided = rules.reversal(
            refund_fen=fen,
            paid_left_fen=left,
            subsidies_left=[subsidy],
            fees_left=fees,
            shared=[rules.SharedPart(one, fen) for one, fen in zip(shared, back, strict=True)],
        )
        assert divided.seller_fen + sum(divided.fees_fen) == fen + sum(divided.subsidies_fen)
        assert divided.seller_fen >= 0
        assert all(got >= one for got, one in zip(divided.fees_fen, back, strict=True))
        left, subsidy, seller_fen = left - fen, subsidy - divided.subsidies_fen[0], seller_fen + divided.seller_fen
        shared = [one - fen for one, fen in zip(shared, back, strict=True)]
        fees = [one - fen for one, fen in zip(fees, divided.fees_fen, strict=True)]
        assert all(one >= part for one, part in zip(fees, shared, strict=True))
    assert (fees, subsidy, seller_fen) == ([0] * len(fees), 0, whole - sum(sums))
    assert granted >= 0
