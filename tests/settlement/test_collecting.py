"""Fees reach those who get them: collected when nothing can come back, once, and paid by an ordinary payout."""

from datetime import timedelta

import pytest

from teahorse.payments.models import Sharing
from teahorse.settlement import actions
from teahorse.settlement.models import Earning, Maturity
from teahorse.settlement.queries import fees_to_collect
from teahorse.settlement.statement import statement_of
from tests import world
from tests.at_once import at_once

from .making import are_whole, centre, closed, fee, refund, settled, standing
from .sharing import account, approved, told


@pytest.fixture
def goods(db):
    return world.offer(world.organisation("coop"), price_fen=3800, on_hand=1000)


@pytest.fixture
def office(db):
    fee(rate=300)
    return centre()


def collect(*whose, now):
    return actions.collect_fees(beneficiary_ids=[one.pk for one in whose], now=now)


@pytest.mark.django_db
def test_fees_wait_until_nothing_can_come_back_and_are_collected_once(office, goods, now):
    actions.book_sales(order_ids=[order.pk for order in closed({goods: 1}, now=now)], now=now)
    early = (fees_to_collect([office.pk])[0], collect(office, now=now))
    at = settled(closed({goods: 2}, now=now), now=now)
    actions.book_sales(order_ids=[order.pk for order in closed({goods: 4}, now=at)], now=at)

    first, again = (collect(office, now=at) for _ in range(2))

    assert (early[0].amount_fen, early[0].waiting_fen, early[1]) == (0, 114, [])
    assert [(one.kind, one.seller_id, one.amount_fen, one.provider) for one in first] == [("fees", office.pk, 342, "")]
    assert Maturity.objects.get(seller_id=office.pk).state == "payable"
    assert again == []
    assert standing(office) == {"fees:commission": 456, "payable": 342}
    assert are_whole(at)


@pytest.mark.django_db
def test_an_ordinary_payout_pays_collected_fees(office, goods, clerk, head, now):
    at = settled(closed({goods: 1}, now=now), now=now)
    collect(office, now=at)

    (payout,) = actions.prepare_payouts(seller_ids=[office.pk], by=clerk, now=at)
    actions.approve_payout(payout=payout, by=head, now=at)
    actions.pay_out_in_cash(payout=payout, given_by=head, received_by="站长", now=at)

    assert (payout.amount_fen, payout.seller) == (114, office)
    assert standing(office) == {}
    told = statement_of(seller=office, starts_at=now, ends_at=at + timedelta(days=1))
    assert (told.opening_fen, told.fees, told.other_fen, told.paid_fen, told.closing_fen) == (0, [], 114, 114, 0)
    assert are_whole(at)


@pytest.mark.django_db
def test_what_a_refund_takes_back_later_makes_less_of_the_next(office, goods, now):
    (order,) = closed({goods: 1}, now=now)
    at = settled([order], now=now)
    collect(office, now=at)
    refund(order, 5000, now=at)
    actions.book_sales(order_ids=[order.pk], now=at)

    owed = (standing(office), collect(office, now=at))
    later = settled(closed({goods: 2}, now=at), now=at)
    (next_one,) = collect(office, now=later)

    assert owed == ({"fees:commission": -114, "payable": 114}, [])
    assert next_one.amount_fen == 228 - 114
    assert standing(office) == {"payable": 228}
    assert are_whole(later)


@pytest.mark.django_db
def test_kinds_are_netted(office, goods, now):
    fee("packing", rate=50, basis="order")
    (order,) = closed({goods: 1}, now=now)
    at = settled([order], now=now)

    (found,) = fees_to_collect([office.pk])
    (earning,) = collect(office, now=at)

    assert found.kinds == [("commission", 114), ("packing", 50)]
    assert earning.amount_fen == 164
    assert standing(office) == {"payable": 164}
    assert are_whole(at)


@pytest.mark.django_db
def test_the_houses_own_fees_stay_with_the_house(goods, now):
    fee(rate=300, beneficiary="platform")
    fee("payment", rate=60, basis="paid", beneficiary="provider")
    house = world.organisation("region", kind="region_centre", code="540000")
    at = settled(closed({goods: 1}, now=now), now=now)

    collected = collect(house, now=at)

    assert collected == []
    assert standing(house) == {"fees:commission": 114}
    assert not Earning.objects.filter(kind="fees").exists()


@pytest.mark.django_db
@pytest.mark.parametrize(("has_account", "collected_fen"), [(False, 114), (True, 0)])
def test_fees_that_a_provider_holds_wait_until_it_has_shared_them_out(goods, office, clerk, head, now, has_account, collected_fen):
    seller = goods.variant.product.seller
    account(seller)
    if has_account:
        account(office, number="1900000110")
    at = settled(closed({goods: 1}, now=now), now=now)

    matured = (collect(office, now=at), fees_to_collect([office.pk])[0].waiting_fen)
    approved(seller, clerk, head, now=at)
    on_its_way = collect(office, now=at)
    told(Sharing.objects.get(), now=at)
    actions.share_payouts(now=at)
    shared_out = collect(office, now=at)

    assert (matured, on_its_way) == (([], 114), [])
    assert sum(one.amount_fen for one in shared_out) == collected_fen
    assert standing(office) == ({"payable": 114} if collected_fen else {})
    assert are_whole(at)


@pytest.mark.django_db(transaction=True)
def test_two_who_collect_at_once_collect_once(office, goods, now):
    at = now
    for turn in range(1, 6):
        at = settled(closed({goods: 1}, now=at), now=at)

        outcomes = at_once(*(lambda at=at: collect(office, now=at) for _ in range(3)))

        assert sorted(len(found) for found in outcomes) == [0, 0, 1]
        assert standing(office) == {"payable": 114 * turn}
    assert are_whole(at)


@pytest.mark.django_db(transaction=True)
def test_collecting_beside_maturing_and_refunds_loses_no_fen(office, goods, now):
    at = now
    for _ in range(5):
        kept, returned = (closed({goods: 1}, now=at)[0] for _ in range(2))
        later = settled([kept, returned], now=at)
        refund(returned, 5000, now=later)

        at_once(
            lambda later=later: collect(office, now=later),
            lambda one=returned, later=later: actions.book_sales(order_ids=[one.pk], now=later),
            lambda later=later: actions.mature_earnings(now=later),
        )
        at = later
    collect(office, now=at)

    stands = standing(office)
    assert stands.get("payable", 0) + stands.get("fees:commission", 0) == 114 * 5
    assert are_whole(at)
