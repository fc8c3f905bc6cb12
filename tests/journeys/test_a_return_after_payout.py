"""One order's money from the buyer's payment to the payout, and half of it back through a station: the right fen in every account."""

from datetime import timedelta

import pytest

from teahorse.aftersales import actions as aftersales
from teahorse.aftersales.actions import Actor
from teahorse.ledger.models import LedgerAccount
from teahorse.payments.models import Refund
from teahorse.promotions import actions as promotions
from teahorse.settlement import actions as settlement
from teahorse.settlement.comparing import differences
from teahorse.settlement.queries import money_of_order
from tests import world
from tests.aftersales.making import draft, picture
from tests.settlement.making import arrive, close, fee, paid

pytestmark = pytest.mark.django_db
DAYS = timedelta(days=1)


def accounts():
    """Every balance that is not nothing, by purpose and owner; debits are positive."""
    rows = LedgerAccount.objects.exclude(balance_fen=0).values_list("purpose", "owner_id", "balance_fen")
    return {(purpose, owner): fen for purpose, owner, fen in rows}


def test_a_return_at_a_station_after_the_payout_is_right_to_the_fen(now):
    region, centre = world.organisation("region", kind="region_centre", code="54"), world.organisation("centre", kind="county_centre")
    coop, station = world.organisation("coop"), world.service_point("station-lhayu", kind="township_station", level="station")
    clerk, head, keeper, weaver = (world.person(f"+861990000201{number}", name=f"人{number}") for number in range(4))
    fee("commission", rate=500, beneficiary="centre")
    fee("payment", rate=60, basis="paid", beneficiary="provider")
    promotions.offer_promotion(
        owner=region,
        draft=promotions.Draft(
            kind="automatic",
            titles={"zh-hans": "援藏消费补贴"},
            percent_bp=1000,
            is_public_budget=True,
            budget_fen=100_000,
            starts_at=now - DAYS,
            ends_at=now + DAYS,
        ),
        by=clerk,
        now=now - DAYS,
    )
    carpet = world.offer(coop, title="嘉措地毯", price_fen=10_000, on_hand=5)

    # two carpets for 200 yuan, 20 of them borne by a budget, 12 for the way
    (order,) = paid({carpet: 2}, now=now)
    close(order, now=now + 3 * DAYS)
    order.refresh_from_db()
    settlement.book_sales(order_ids=[order.pk], now=now + 3 * DAYS)
    assert (order.goods_fen, order.discount_fen, order.freight_fen, order.total_fen) == (20_000, 2_000, 1_200, 19_200)
    assert accounts() == {
        ("at_provider:wechat_pay", None): 19_200,
        ("subsidy", region.pk): 2_000,
        ("fees:commission", centre.pk): -1_000,
        ("fees:payment", None): -127,
        ("earned", coop.pk): -20_073,
    }

    # the return window is over: she is paid in cash, by two persons
    later = now + 12 * DAYS
    settlement.mature_earnings(now=later)
    (payout,) = settlement.prepare_payouts(seller_ids=[coop.pk], by=clerk, now=later)
    settlement.approve_payout(payout=payout, by=head, now=later)
    settlement.pay_out_in_cash(payout=payout, given_by=head, received_by="卓玛", now=later)
    assert payout.amount_fen == 20_073

    # one carpet has a fault: back through the station, looked at, paid back
    case_draft = draft(order, "return_refund", "damaged", units={1: 1}, story="边上开线了")
    aftersales.add_photo(order=order, case_id=case_draft.key, file=picture(), by_seller=False, now=later)
    case = aftersales.open_case(draft=case_draft, by=None, now=later)
    case = aftersales.agree(case=case, by=Actor("seller", weaver.pk), now=later)
    aftersales.hand_in(case=case, weight_grams=4_000, place=station, by=keeper, now=later + DAYS)
    case.refresh_from_db()
    case = aftersales.receive_return(case=case, by=weaver, now=later + 2 * DAYS)
    aftersales.pass_inspection(case=case, is_sellable=False, by=Actor("seller", weaver.pk), now=later + 2 * DAYS)
    back = Refund.objects.get(reference=case.pk)
    settlement.book_refunds(refund_ids=[back.pk], now=later + 2 * DAYS)
    arrive(back, now=later + 3 * DAYS)
    aftersales.settle_refunds(refund_ids=[back.pk], now=later + 3 * DAYS)
    settlement.book_refunds(refund_ids=[back.pk], now=later + 3 * DAYS)

    case.refresh_from_db()
    assert (case.state, back.amount_fen) == ("done", 9_000)
    assert accounts() == {
        ("at_provider:wechat_pay", None): 10_200,
        ("at_provider:cash", None): -20_073,
        ("subsidy", region.pk): 1_000,
        ("fees:commission", centre.pk): -528,
        ("fees:payment", None): -67,
        ("payable", coop.pk): 9_468,
    }
    assert differences(now=later + 4 * DAYS) == []
    told = money_of_order(order.pk)
    assert [(fee.kind, fee.amount_fen, fee.left_fen) for fee in told.fees] == [("commission", 1_000, 528), ("payment", 127, 67)]
    assert [earning.amount_fen for earning in told.earnings] == [20_073, -9_468]
    assert len(told.steps) == 8
