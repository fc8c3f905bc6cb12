"""A statement is the books told to the seller: its parts add up to the fen, and so do the shares of the households."""

from datetime import date, datetime, timedelta

import pytest
from django.db import DatabaseError, IntegrityError, transaction
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from teahorse.aftersales.models import CaseLine
from teahorse.catalog.models import Product
from teahorse.common.ids import new_id
from teahorse.common.refusals import Malformed, NotThere
from teahorse.common.times import HOME
from teahorse.ledger import queries as books
from teahorse.settlement import actions, facts
from teahorse.settlement.models import Division, Earning, Maturity, SubSeller, SubSellerShare
from teahorse.settlement.statement import OWN, statement_of
from tests import world

from .making import are_whole, centre, close, closed, fee, paid, refund, settled

AUGUST, SEPTEMBER, OCTOBER = (datetime(2026, month, 1, tzinfo=HOME) for month in (8, 9, 10))


def told(seller, starts_at=AUGUST, ends_at=SEPTEMBER):
    """A statement, held against the statements of the seller's four accounts."""
    found = statement_of(seller=seller, starts_at=starts_at, ends_at=ends_at)
    kept = [books.statement(purpose=purpose, owner_id=seller.pk, starts_at=starts_at, ends_at=ends_at) for purpose in OWN]
    assert found.opening_fen == -sum(one.opening_fen for one in kept)
    assert found.closing_fen == -sum(one.closing_fen for one in kept)
    assert found.standing == {purpose: -one.closing_fen for purpose, one in zip(OWN, kept, strict=True)}
    assert found.opening_fen + found.left_fen - found.paid_fen == found.closing_fen
    assert found.other_fen == 0
    assert sum(fen for _, fen in found.coming) == found.standing["earned"]
    assert sum(one.left_fen for one in found.orders) == found.left_fen
    if found.households:
        assert sum(one.amount_fen for one in found.households) == found.left_fen
    return found


def sums(found):
    return {
        name: fen
        for name in ("opening", "sold", "borne", "returned", "fees", "left", "paid", "closing")
        if (fen := getattr(found, f"{name}_fen"))
    }


@pytest.mark.django_db
def test_nothing_happened(seller):
    found = told(seller)

    assert (sums(found), found.fees, found.paid, found.coming, found.orders, found.households) == ({}, [], [], [], [], [])


@pytest.mark.django_db
def test_a_month_says_what_was_sold_returned_taken_and_why(seller, goods, now):
    commission = fee(rate=1000, seller_kind="cooperative", name="平台服务费")
    fee("payment", rate=60, basis="paid", beneficiary="provider", name="支付通道费")
    centre()
    (order,) = closed({goods: 1}, now=now)
    waiting = paid({goods: 2}, now=now)
    actions.book_sales(order_ids=[order.pk, *(one.pk for one in waiting)], now=now)
    refund(order, 1000, now=now + timedelta(hours=1))
    actions.book_sales(order_ids=[order.pk], now=now + timedelta(hours=1))

    found = told(seller)

    assert sums(found) == {"sold": 13800, "returned": 1000, "fees": 328, "left": 12472, "closing": 12472}
    assert [(one.kind, one.rule.name, one.reason, one.amount_fen) for one in found.fees] == [
        ("commission", "平台服务费", "seller_kind", 304),
        ("payment", "支付通道费", "everyone", 24),
    ]
    assert found.fees[0].rule == commission
    assert found.standing == {"held": 8800, "earned": 3672, "payable": 0, "in_payout": 0}
    assert found.coming == [(date(2026, 8, 23), 3672)]
    assert [(one.number, one.left_fen) for one in found.orders] == [(order.number, 3672), (waiting[0].number, 8800)]
    assert are_whole(now + timedelta(hours=1))


@pytest.mark.django_db
def test_what_closes_one_month_opens_the_next(seller, goods, clerk, head, now):
    (order,) = closed({goods: 1}, now=now)
    at = settled([order], now=now)
    (payout,) = actions.prepare_payouts(seller_ids=[seller.pk], by=clerk, now=at)
    actions.approve_payout(payout=payout, by=head, now=at)
    later = SEPTEMBER + timedelta(days=1)
    actions.pay_out_in_cash(payout=payout, given_by=head, received_by="卓玛", now=later)
    refund(order, 1500, now=later)
    actions.book_sales(order_ids=[order.pk], now=later)

    august, september = told(seller), told(seller, SEPTEMBER, OCTOBER)

    assert sums(august) == {"sold": 5000, "left": 5000, "closing": 5000}
    assert august.standing["in_payout"] == 5000
    assert sums(september) == {"opening": 5000, "returned": 1500, "left": -1500, "paid": 5000, "closing": -1500}
    assert september.standing["payable"] == -1500
    (one,) = september.paid
    assert (one.at, one.number, one.method, one.received_by, one.amount_fen) == (later, payout.number, "cash", "卓玛", 5000)
    assert one.reference.startswith("A260902-")


@pytest.mark.django_db
def test_what_the_bank_sent_back_is_to_come_again(seller, goods, clerk, head, now):
    actions.tell_account(seller=seller, holder="合作社", bank="农业银行", number="6228480011", by=clerk, now=now)
    at = settled(closed({goods: 1}, now=now), now=now)
    (payout,) = actions.prepare_payouts(seller_ids=[seller.pk], by=clerk, now=at)
    actions.approve_payout(payout=payout, by=head, now=at)
    actions.make_bank_file(payouts=[payout], by=clerk, now=at)
    actions.confirm_payout(payout=payout, reference="BK1", at=at, by_id=clerk.pk, now=at)
    actions.return_payout(payout=payout, reference="BK2", note="户名不符", at=at + timedelta(days=1), by_id=clerk.pk, now=at)

    found = told(seller)

    assert [(one.reference, one.amount_fen) for one in found.paid] == [("BK1", 5000), ("BK2", -5000)]
    assert sums(found) == {"sold": 5000, "left": 5000, "closing": 5000}


@pytest.mark.django_db
def test_what_others_bear_of_a_price_is_told_apart(seller, goods, now, monkeypatch):
    budget = world.organisation("budget", kind="county_centre")
    monkeypatch.setattr(facts, "_subsidies", lambda keys: {key: [(budget.pk, 700)] for key in keys})
    (order,) = closed({goods: 1}, now=now)
    actions.book_sales(order_ids=[order.pk], now=now)
    refund(order, 2500, now=now)
    actions.book_sales(order_ids=[order.pk], now=now)

    found = told(seller)

    assert sums(found) == {"sold": 5000, "borne": 700, "returned": 2850, "left": 2850, "closing": 2850}


@pytest.mark.django_db
def test_a_disputed_earning_waits_beyond_its_day(seller, goods, now):
    (order,) = closed({goods: 1}, now=now)
    actions.book_sales(order_ids=[order.pk], now=now)
    maturing = Maturity.objects.get()
    refund(order, 1000, now=maturing.matures_at + timedelta(days=1))
    actions.book_sales(order_ids=[order.pk], now=maturing.matures_at + timedelta(days=1))

    waiting = told(seller).coming
    actions.mature_earnings(now=SEPTEMBER)

    assert waiting == [(date(2026, 8, 23), 4000)]
    assert told(seller).coming == []


@pytest.mark.django_db
def test_other_sellers_are_not_in_it(seller, goods, now):
    other = world.organisation("neighbour")
    actions.book_sales(order_ids=[order.pk for order in closed({goods: 1, world.offer(other, price_fen=990): 1}, now=now)], now=now)

    assert told(seller).left_fen + told(other).left_fen == sum(earning.amount_fen for earning in Earning.objects.all())
    assert [one.left_fen for one in told(other).orders] == [told(other).left_fen]


# --- Households


def divided(seller, offer, shares, *, by, now, since=date(2026, 8, 1)):
    households = {actions.add_sub_seller(seller=seller, name=name, note="", by=by, now=now).pk: bp for name, bp in shares.items()}
    product = offer.variant.product_id
    return actions.divide_product(key=new_id(), seller=seller, product_id=product, since_date=since, shares_bp=households, by=by, now=now)


def by_name(found):
    return {one.name: one.amount_fen for one in found.households}


@pytest.mark.django_db
def test_households_share_what_their_goods_brought(seller, goods, clerk, now):
    fee(rate=300)
    centre()
    wool = world.offer(seller, title="羊毛", price_fen=1900, on_hand=100)
    divided(seller, goods, {"次仁家": 3333, "卓玛家": 5000}, by=clerk, now=now)
    actions.book_sales(order_ids=[order.pk for order in closed({goods: 1, wool: 1}, now=now)], now=now)

    found = told(seller)

    title = Product.objects.get(pk=goods.variant.product_id).title
    assert sums(found)["left"] == 6729  # 5700 of goods and 1200 of freight, less 171: two thirds of it is of the first product
    assert by_name(found) == {"卓玛家": 2243, "次仁家": 1495, "": 2991}
    assert [one.goods for one in found.households[:2]] == [[(title, 5000, 2243)], [(title, 3333, 1495)]]


@pytest.mark.django_db
def test_the_division_of_the_orders_day_holds_and_of_two_the_later_written(seller, goods, clerk, now):
    divided(seller, goods, {"次仁家": 10_000}, by=clerk, now=now)
    divided(seller, goods, {"卓玛家": 10_000}, by=clerk, now=now, since=date(2026, 8, 14))
    divided(seller, goods, {"扎西家": 10_000}, by=clerk, now=now, since=date(2026, 8, 15))
    divided(seller, goods, {"央金家": 10_000}, by=clerk, now=now + timedelta(hours=1), since=date(2026, 8, 15))
    for moment in (now, now - timedelta(days=1), now - timedelta(days=2), datetime(2026, 7, 31, 12, tzinfo=HOME)):
        actions.book_sales(order_ids=[order.pk for order in paid({goods: 1}, now=moment)], now=now)

    assert by_name(told(seller)) == {"次仁家": 5000, "卓玛家": 5000, "央金家": 5000}
    assert by_name(told(seller, datetime(2026, 7, 1, tzinfo=HOME), AUGUST)) == {"": 5000}


@pytest.mark.django_db
def test_what_a_case_gives_back_is_of_the_lines_of_the_case(seller, goods, clerk, now):
    from teahorse.aftersales import actions as aftersales

    wool = world.offer(seller, title="羊毛", price_fen=3800, on_hand=100)
    divided(seller, goods, {"次仁家": 10_000}, by=clerk, now=now)
    divided(seller, wool, {"卓玛家": 10_000}, by=clerk, now=now)
    (order,) = closed({goods: 1, wool: 1}, now=now)
    actions.book_sales(order_ids=[order.pk], now=now)
    before = by_name(told(seller))
    order.refresh_from_db()
    line = order.lines.get(product_id=wool.variant.product_id)
    draft = aftersales.CaseDraft(
        key=new_id(), order=order, kind="compensation", reason="other", units={line.pk: 1}, asked_fen=1000, story="瓶口有点裂"
    )
    case = aftersales.open_case(draft=draft, by=order.group.person, now=now)
    aftersales.agree(case=case, by=aftersales.Actor("seller", clerk.pk), now=now)
    actions.book_sales(order_ids=[order.pk], now=now)

    assert CaseLine.objects.get().buyer_fen == told(seller).returned_fen == 1000
    assert by_name(told(seller)) == before | {"卓玛家": before["卓玛家"] - 1000}


@pytest.mark.django_db
def test_a_household_is_written_down_once(seller, clerk, now):
    first, again = (actions.add_sub_seller(seller=seller, name=name, note="", by=clerk, now=now) for name in ("次仁家", " 次仁家 "))
    with pytest.raises(Malformed):
        actions.add_sub_seller(seller=seller, name="  ", note="", by=clerk, now=now)
    with pytest.raises(NotThere):
        actions.end_sub_seller(seller=world.organisation("neighbour"), sub_seller_id=first.pk, now=now)

    for _ in range(2):
        ended = actions.end_sub_seller(seller=seller, sub_seller_id=first.pk, now=now)
    new = actions.add_sub_seller(seller=seller, name="次仁家", note="", by=clerk, now=now)

    assert (again, ended.left_at) == (first, now)
    assert new != first
    with pytest.raises(DatabaseError), transaction.atomic():
        SubSeller.objects.filter(pk=first.pk).update(name="别家")


@pytest.mark.django_db
def test_shares_are_of_own_goods_and_own_households_and_no_more_than_the_whole(seller, goods, clerk, now):
    other = world.organisation("neighbour")
    own, second = (actions.add_sub_seller(seller=seller, name=name, note="", by=clerk, now=now) for name in ("次仁家", "卓玛家"))
    theirs = actions.add_sub_seller(seller=other, name="邻家", note="", by=clerk, now=now)

    def divide(shares, *, of=seller, key=None):
        return actions.divide_product(
            key=key or new_id(), seller=of, product_id=goods.variant.product_id, since_date=date(2026, 8, 1), shares_bp=shares,
            by=clerk, now=now,
        )  # fmt: skip

    with pytest.raises(actions.MoreThanTheWhole) as refused:
        divide({own.pk: 6000, second.pk: 4001})
    for shares, of in (({theirs.pk: 1}, seller), ({theirs.pk: 1}, other)):
        with pytest.raises(NotThere):
            divide(shares, of=of)
    with pytest.raises(Malformed):
        divide({own.pk: 0})
    assert refused.value.numbers == {"percent": "100.01"}
    assert not Division.objects.exists()

    made = divide({own.pk: 6000})
    same = divide({own.pk: 1}, key=made.pk)

    assert same == made
    assert SubSellerShare.objects.get().share_bp == 6000
    with pytest.raises(IntegrityError, match="more than the whole"), transaction.atomic():
        SubSellerShare.objects.create(division=made, sub_seller=second, share_bp=4001)
    with pytest.raises(IntegrityError, match="another seller"), transaction.atomic():
        SubSellerShare.objects.create(division=made, sub_seller=theirs, share_bp=1)
    with pytest.raises(DatabaseError), transaction.atomic():
        SubSellerShare.objects.update(share_bp=1)


class AnyShares(TestCase):
    """Whatever is sold, given back and divided, the households and the seller have all of it."""

    @settings(max_examples=25, deadline=None)
    @given(
        price=st.integers(1, 100_000),
        units=st.integers(1, 5),
        shares=st.lists(st.integers(1, 2500), max_size=4),
        back=st.lists(st.integers(1, 3000), max_size=3),
        is_closed=st.booleans(),
    )
    def test_shares_add_up(self, price, units, shares, back, is_closed):
        now = datetime(2026, 8, 14, 12, tzinfo=HOME)
        fee(rate=333)
        seller, clerk = world.organisation("coop"), world.person("+8619900001011")
        offer, wool = (world.offer(seller, title=title, price_fen=fen, on_hand=100) for title, fen in (("甲", price), ("乙", 777)))
        divided(seller, offer, {f"第{place}家": bp for place, bp in enumerate(shares)}, by=clerk, now=now)
        (order,) = paid({offer: units, wool: 1}, now=now)
        if is_closed:
            close(order, now=now)
        actions.book_sales(order_ids=[order.pk], now=now)
        order.refresh_from_db()
        left = order.total_fen
        for fen in back:
            if fen <= left:
                refund(order, fen, now=now)
                left -= fen
        actions.book_sales(order_ids=[order.pk], now=now)

        found = told(seller)

        assert {one.name for one in found.households} == {*(f"第{place}家" for place, _ in enumerate(shares)), ""}
