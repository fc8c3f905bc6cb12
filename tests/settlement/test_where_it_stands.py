"""What a seller collected herself stands at its provider, the rest with the house; what of fees the provider lets not be taken she owes."""

import pytest
from django.db import IntegrityError, transaction

from teahorse.payments.models import PaymentSplit, Sharing
from teahorse.settlement import actions, facts, queries
from teahorse.settlement.models import Payout, SharedFee
from tests import world

from .making import are_whole, centre, close, closed, fee, paid, refund, settled, standing
from .sharing import LATER, account, approved, collector, earned, given_back, shares, told


@pytest.fixture
def seller(db):
    """A cooperative that collects at WeChat Pay herself."""
    return collector()


@pytest.mark.django_db
def test_what_she_collected_stands_at_the_provider_and_discounts_that_others_bear_with_the_house(seller, goods, now, monkeypatch):
    fee()
    centre()
    monkeypatch.setattr(facts, "_subsidies", lambda keys: {key: [(None, 500)] for key in keys})
    (order,) = closed({goods: 1}, now=now)
    actions.book_sales(order_ids=[order.pk], now=now)

    refund(order, 1000, now=now + LATER)
    actions.book_sales(order_ids=[order.pk], now=now + LATER)

    assert earned(order) == [
        ("sale", "wechat_pay", 4871, "maturing"),
        ("sale", "", 500, "maturing"),
        ("reversal", "wechat_pay", -974, "maturing"),
        ("reversal", "", -100, "maturing"),
    ]
    assert standing(seller) == {"earned": 4297, "at_provider:wechat_pay": -5000}
    assert are_whole(now)


@pytest.mark.django_db
def test_what_fees_are_more_than_she_collected_she_owes_to_the_house(seller, goods, now, monkeypatch):
    fee("commission", rate=9000, basis="paid")
    centre()
    monkeypatch.setattr(facts, "_subsidies", lambda keys: {key: [(None, 3000)] for key in keys})
    (order,) = paid({goods: 1}, now=now)
    refund(order, 4000, now=now)
    close(order, now=now + LATER)

    actions.book_sales(order_ids=[order.pk], now=now + LATER)

    # 1000 of her own and 600 of the platform's are left, and fees of 1440, of which WeChat lets 300 be taken out of hers
    assert earned(order) == [("sale", "wechat_pay", 700, "maturing"), ("sale", "", -540, "maturing")]
    assert are_whole(now)


@pytest.mark.django_db
def test_each_place_has_a_payout_of_its_own(seller, goods, clerk, now):
    orders = closed({goods: 1}, now=now)
    (housed,) = paid({goods: 1}, now=now, provider="cash")
    close(housed, now=now)
    at = settled([*orders, housed], now=now)

    shown = queries.sellers_to_pay([seller.pk])
    drafts = actions.prepare_payouts(seller_ids=[seller.pk], by=clerk, now=at)
    again = actions.prepare_payouts(seller_ids=[seller.pk], by=clerk, now=at)

    assert [(one.provider, one.amount_fen) for one in shown] == [("", 5000), ("wechat_pay", 5000)]
    assert [(one.provider, one.method, one.amount_fen) for one in drafts] == [("", "cash", 5000), ("wechat_pay", "provider", 5000)]
    assert again == []
    with pytest.raises(IntegrityError, match="a_payout_by_a_provider_names_it"), transaction.atomic():
        Payout.objects.create(
            seller=seller, county_id=seller.county_id, number="P", method="provider", amount_fen=1, prepared_at=at, prepared_by_id=clerk.pk
        )
    assert are_whole(at)


@pytest.mark.django_db
def test_a_share_that_could_not_be_handed_out_the_seller_has_and_owes_to_the_house(seller, goods, clerk, head, now):
    fee()
    fee("station", rate=100, basis="order", beneficiary="pickup")
    centre()
    station = world.service_point("st-2", code=world.GYANGZE)
    theirs = account(station.organisation, number="1900000200")
    (order,) = closed({goods: 1}, now=now, pickup_point=station)
    at = settled([order], now=now)
    approved(seller, clerk, head, now=at)

    told(Sharing.objects.get(), now=at, kept={theirs.pk})
    actions.book_sharings(sharing_ids=[Sharing.objects.get().pk], now=at)

    assert earned(order)[1:] == [("adjustment", "wechat_pay", 100, "payable"), ("adjustment", "", -100, "payable")]
    assert standing(station.organisation) == {"fees:station": 100}
    assert standing(seller) == {"at_provider:wechat_pay": -100}
    back = refund(order, 2500, now=at)
    given_back(back, now=at)
    assert earned(order)[3:] == [("reversal", "wechat_pay", -2443, "payable"), ("reversal", "", 50, "payable")]
    assert standing(station.organisation) == {"fees:station": 50}
    assert are_whole(at)


@pytest.mark.django_db
@pytest.mark.parametrize(("rate", "shared"), [(2999, 1500), (3000, 1500), (3001, 1500), (10_000, 1500)])
def test_no_more_is_shared_out_than_the_provider_lets_and_the_rest_of_the_fees_is_owed(seller, goods, clerk, head, now, rate, shared):
    """WeChat lets 30 % of 50 yuan be shared; 29.99 % of it is 14.995, which is a fen more in whole fen."""
    fee("commission", rate=rate, basis="paid")
    county = centre()
    (order,) = closed({goods: 1}, now=now)
    at = settled([order], now=now)
    fees = {2999: 1500, 3000: 1500, 3001: 1501, 10_000: 5000}[rate]

    payout = approved(seller, clerk, head, now=at)
    told(Sharing.objects.get(), now=at)

    payout.refresh_from_db()
    assert (payout.state, payout.amount_fen, shares()) == ("paid", 3500, [("house", shared)])
    assert standing(seller) == ({"payable": shared - fees} if fees > shared else {})
    assert standing(county) == {"fees:commission": fees}
    assert are_whole(at)


@pytest.mark.django_db
def test_what_a_refund_leaves_less_to_share_is_owed_less(seller, goods, clerk, head, now):
    fee("commission", rate=4000, basis="paid")
    county = centre()
    (order,) = closed({goods: 1}, now=now)
    at = settled([order], now=now)

    given_back(refund(order, 2500, now=at), now=at)
    payout = approved(seller, clerk, head, now=at)
    told(Sharing.objects.get(), now=at)
    given_back(refund(order, 2500, now=at), now=at)

    payout.refresh_from_db()
    assert (payout.state, payout.amount_fen, shares()) == ("paid", 1750, [("house", 750)])
    assert (standing(county), [line.left_fen for line in SharedFee.objects.all()]) == ({}, [0])
    assert standing(seller) == {"payable": -1750, "at_provider:wechat_pay": 1750}
    assert are_whole(at)


@pytest.mark.django_db
def test_what_waits_for_no_payout_is_let_go_while_she_owes_more(seller, goods, clerk, head, now):
    (first,) = closed({goods: 2}, now=now)
    at = settled([first], now=now)
    approved(seller, clerk, head, now=at)
    told(Sharing.objects.get(), now=at)
    refund(first, 8000, now=at)
    actions.book_sales(order_ids=[first.pk], now=at)
    (second,) = closed({goods: 1}, now=at)
    later = settled([second], now=at)
    assert actions.prepare_payouts(seller_ids=[seller.pk], by=clerk, now=later) == []

    released = actions.release_sales(now=later)
    told(Sharing.objects.get(split__reference=second.pk), now=later)

    assert (released, shares()) == (1, [])
    assert standing(seller) == {"payable": -3000, "at_provider:wechat_pay": -5000}
    assert are_whole(later)


@pytest.mark.django_db
def test_what_alipay_gave_her_at_once_is_paid_at_once_and_she_owes_the_fees(seller, goods, clerk, head, now):
    fee()
    centre()
    own = account(seller, provider="alipay", number="2021000000000001", sealed_keys=b"x")
    (order,) = paid({goods: 1}, now=now, provider="alipay")
    split = PaymentSplit.objects.get(reference=order.pk)
    close(order, now=now)
    at = settled([order], now=now)

    payout = approved(seller, clerk, head, now=at, provider="alipay")

    assert split.account == own
    assert (payout.state, payout.amount_fen, Sharing.objects.count()) == ("paid", 5000, 0)
    assert earned(order) == [("sale", "alipay", 5000, "payable"), ("sale", "", -114, "payable")]
    assert standing(seller) == {"payable": -114}
    assert are_whole(at)
