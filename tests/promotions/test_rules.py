from datetime import UTC, datetime
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from teahorse.promotions.rules import STAGES, Goods, Terms, plain_code, price, stage_of

KIND, OTHER_KIND = UUID(int=901), UUID(int=902)
COUNTY, OTHER_COUNTY = UUID(int=801), UUID(int=802)
ANNA, BEMA = UUID(int=701), UUID(int=702)


def goods(number, fen, *, seller=ANNA, kind=KIND, county=COUNTY):
    return Goods(UUID(int=number), UUID(int=100 + number), kind, seller, county, fen)


def terms(number, stage="platform", **more):
    return Terms(promotion_id=UUID(int=1000 + number), stage=stage, **more)


def told(given_):
    return [(one.terms.promotion_id.int - 1000, {offer.int: fen for offer, fen in one.parts}) for one in given_]


def test_the_stages_follow_each_other_over_what_is_left():
    bought = [goods(1, 10_000), goods(2, 20_000, seller=BEMA)]
    offered = [
        terms(4, "county_voucher", off_fen=2_000, scope="county", scope_ids=frozenset({COUNTY})),
        terms(3, "platform", off_fen=1_000, threshold_fen=20_000),
        terms(2, "seller_coupon", off_fen=500, seller_id=ANNA),
        terms(1, "seller_automatic", percent_bp=500, seller_id=ANNA),
    ]

    given_ = price(bought, offered)

    assert told(given_) == [
        (1, {1: 500}),  # 5 % of 10,000
        (2, {1: 500}),
        (3, {1: 310, 2: 690}),  # by 9,000 and 20,000, less the fen that each seller keeps: 8,999 and 19,999
        (4, {1: 621, 2: 1_379}),  # by 8,690 and 19,310, less a fen each
    ]


def test_of_one_stage_the_one_that_takes_most_off_is_given():
    bought = [goods(1, 10_000)]

    given_ = price(bought, [terms(1, off_fen=900), terms(2, percent_bp=1_000), terms(3, off_fen=1_000)])

    assert told(given_) == [(2, {1: 1_000})]  # of the two that take 1,000 the percentage


def test_a_threshold_looks_at_the_goods_of_its_scope_before_any_discount():
    bought = [goods(1, 10_000), goods(2, 9_999, kind=OTHER_KIND)]
    off_a_tenth = terms(1, "seller_automatic", percent_bp=1_000, seller_id=ANNA)
    reached = terms(2, off_fen=100, threshold_fen=10_000, scope="category", scope_ids=frozenset({KIND}))
    missed = terms(3, off_fen=5_000, threshold_fen=10_000, scope="category", scope_ids=frozenset({OTHER_KIND}))

    assert told(price(bought, [off_a_tenth, reached, missed]))[1:] == [(2, {1: 100})]
    assert missed.missing_fen(bought) == 1
    assert terms(4, scope="products", scope_ids=frozenset({UUID(int=5)})).missing_fen(bought) is None


def test_each_sellers_goods_cost_a_fen_at_least():
    bought = [goods(1, 300), goods(2, 200), goods(3, 50, seller=BEMA)]

    (given_,) = price(bought, [terms(1, off_fen=1_000_000)])

    assert given_.amount_fen == 499 + 49
    assert dict(given_.parts)[UUID(int=3)] == 49


def test_a_discount_whose_budget_does_not_suffice_is_not_given():
    bought = [goods(1, 10_000)]

    assert told(price(bought, [terms(1, off_fen=2_000, left_fen=1_999), terms(2, off_fen=500, left_fen=500)])) == [(2, {1: 500})]


def test_a_sellers_discount_never_touches_anothers_goods():
    bought = [goods(1, 1_000), goods(2, 1_000, seller=BEMA)]

    assert told(price(bought, [terms(1, "seller_automatic", percent_bp=5_000, seller_id=BEMA)])) == [(1, {2: 500})]


@pytest.mark.parametrize(
    ("is_sellers", "kind", "stage"),
    [
        (True, "automatic", "seller_automatic"),
        (True, "coupon_code", "seller_coupon"),
        (False, "automatic", "platform"),
        (False, "coupon_code", "platform"),
        (False, "voucher", "county_voucher"),
    ],
)
def test_the_stage_follows_from_who_offers_what(is_sellers, kind, stage):
    assert stage_of(is_sellers=is_sellers, kind=kind) == stage


def test_a_code_is_read_as_hands_write_it():
    assert plain_code(" tsampa 10 ") == "TSAMPA10"


amounts = st.integers(1, 200_000)
lines = st.lists(
    st.tuples(amounts, st.sampled_from([ANNA, BEMA]), st.sampled_from([KIND, OTHER_KIND]), st.sampled_from([COUNTY, OTHER_COUNTY])),
    min_size=1,
    max_size=8,
).map(lambda rows: [goods(number, fen, seller=s, kind=k, county=c) for number, (fen, s, k, c) in enumerate(rows, start=1)])
scopes = st.sampled_from(
    [
        ("all", frozenset()),
        ("category", frozenset({KIND})),
        ("county", frozenset({COUNTY})),
        ("seller", frozenset({BEMA})),
        ("products", frozenset({UUID(int=101), UUID(int=102)})),
    ]
)


@st.composite
def many_terms(draw):
    made = []
    for number in range(draw(st.integers(0, 8))):
        stage, (scope, ids), is_percent = draw(st.sampled_from(STAGES)), draw(scopes), draw(st.booleans())
        made.append(
            terms(
                number,
                stage,
                scope=scope,
                scope_ids=ids,
                percent_bp=draw(st.integers(1, 10_000)) if is_percent else 0,
                off_fen=0 if is_percent else draw(st.integers(1, 300_000)),
                threshold_fen=draw(st.sampled_from([0, 5_000, 100_000])),
                seller_id=draw(st.sampled_from([ANNA, BEMA])) if stage.startswith("seller") else None,
                left_fen=draw(st.sampled_from([None, 0, 1_000, 100_000])),
                ends_at=draw(st.sampled_from([None, datetime(2026, 9, 1, tzinfo=UTC), datetime(2026, 10, 1, tzinfo=UTC)])),
            )
        )
    return made


@given(lines, many_terms())
def test_nothing_becomes_less_than_nothing_and_every_seller_keeps_a_fen(bought, offered):
    given_ = price(bought, offered)

    off = dict.fromkeys((line.offer_id for line in bought), 0)
    for one in given_:
        assert one.amount_fen > 0
        assert one.terms.left_fen is None or one.amount_fen <= one.terms.left_fen
        assert one.terms.off_fen == 0 or one.amount_fen <= one.terms.off_fen
        for offer_id, fen in one.parts:
            assert fen > 0
            assert one.terms.covers(next(line for line in bought if line.offer_id == offer_id))
            off[offer_id] += fen
    assert all(off[line.offer_id] <= line.amount_fen for line in bought)
    for seller in {line.seller_id for line in bought}:
        assert sum(line.amount_fen - off[line.offer_id] for line in bought if line.seller_id == seller) >= 1


@given(lines, many_terms(), st.randoms(use_true_random=False))
def test_the_order_of_lines_and_offers_changes_nothing(bought, offered, chance):
    first = price(bought, offered)
    chance.shuffle(bought)
    chance.shuffle(offered)

    assert price(bought, offered) == first


@given(lines, many_terms())
def test_of_each_stage_one_is_given_and_of_each_seller_one_in_the_stages_of_sellers(bought, offered):
    places = [(one.terms.stage, one.terms.seller_id) for one in price(bought, offered)]

    assert len(places) == len(set(places))
    assert [STAGES.index(stage) for stage, _seller in places] == sorted(STAGES.index(stage) for stage, _seller in places)
