"""What a seller collects at WeChat Pay: paid, received, matured, approved, shared out and let go, and a part of it back, over HTTP."""

from datetime import timedelta

import pytest
from django.utils import timezone

from teahorse.common.ids import new_id
from teahorse.ledger.models import LedgerAccount
from teahorse.orders import actions as orders
from teahorse.orders.models import SellerOrder
from teahorse.payments import actions as payments
from teahorse.payments.models import MerchantAccount, PaymentSplit, ShareReturn, Sharing
from teahorse.settlement import actions as settlement
from teahorse.settlement.comparing import differences
from teahorse.settlement.queries import money_of_order
from tests import world
from tests.payments.conftest import house, running_sandbox, sandbox, wait_until  # noqa: F401 - fixtures
from tests.payments.selling import asked_of, ready, settled
from tests.settlement.making import centre, close, fee, placed

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.filterwarnings("ignore:No directory at"),  # whitenoise, before static files are collected
]
RETURN_WINDOW = timedelta(days=9)


def collects(organisation, number, now):
    return MerchantAccount.objects.create(organisation=organisation, provider="wechat_pay", number=number, since_at=now, changed_at=now)


def accounts():
    """Every balance that is not nothing, by purpose and owner; debits are positive."""
    rows = LedgerAccount.objects.exclude(balance_fen=0).values_list("purpose", "owner_id", "balance_fen")
    return {(purpose, owner): fen for purpose, owner, fen in rows}


class Clock:
    """Ours runs ahead, so that every next try is due."""

    def __init__(self, now):
        self.now = now

    def step(self):
        self.now += timedelta(minutes=31)
        return self.now


def test_what_a_seller_collects_is_let_go_when_its_fees_are_shared_out_and_comes_back_for_a_refund(house):  # noqa: F811 - the fixture
    now = timezone.now()
    coop, county, station = world.organisation("coop"), centre(), world.service_point("st-2", code=world.GYANGZE)
    clerk, head = world.person("+8619900002011", name="制单"), world.person("+8619900002012", name="复核")
    collects(coop, "1900300001", now)
    collects(station.organisation, "1900300002", now)
    fee("commission", rate=500, beneficiary="centre")
    fee("station", rate=150, basis="order", beneficiary="pickup")
    fee("payment", rate=60, basis="paid", beneficiary="provider")
    tea = world.offer(coop, title="藏茶", price_fen=10_000, on_hand=5)

    # 200 yuan for the tea and 12 for the way, on her account at WeChat Pay
    group = placed({tea: 2}, now=now, pickup_point=station)
    payment = ready(orders.start_payment(group=group, provider="wechat_pay", method="native", now=now))
    house.act(payment)
    wait_until(lambda: settled(payment).state == "succeeded")
    orders.take_payments(payment_ids=[payment.pk], now=now)
    order = SellerOrder.objects.get(group=group)
    close(order, now=now)
    settlement.book_sales(order_ids=[order.pk], now=now)
    freight = order.freight_fen
    payment_fee = (order.total_fen * 60 + 5_000) // 10_000
    net = order.total_fen - 1_000 - 150 - payment_fee
    assert accounts() == {
        ("at_provider:wechat_pay", coop.pk): order.total_fen,
        ("fees:commission", county.pk): -1_000,
        ("fees:station", station.organisation_id): -150,
        ("fees:payment", None): -payment_fee,
        ("earned", coop.pk): -net,
    }
    assert (order.goods_fen, order.total_fen) == (20_000, 20_000 + freight)

    # the return window is over: prepared by one, approved by another, shared out by WeChat Pay
    later = now + RETURN_WINDOW
    settlement.mature_earnings(now=later)
    (payout,) = settlement.prepare_payouts(seller_ids=[coop.pk], by=clerk, now=later)
    settlement.approve_payout(payout=payout, by=head, now=later)
    settlement.share_payouts(payout_ids=[payout.pk], now=later)
    sharing, clock = Sharing.objects.get(), Clock(later)

    def is_let_go():
        payments.send_sharings(now=clock.step())
        sharing.refresh_from_db()
        return sharing.state == "finished"

    wait_until(is_let_go)
    settlement.book_sharings(sharing_ids=[sharing.pk], now=clock.now)
    payout.refresh_from_db()
    assert (payout.state, payout.provider, payout.amount_fen) == ("paid", "wechat_pay", net)
    (asked,) = [one for one in asked_of(house, "/v3/profitsharing/orders") if one["out_order_no"] == sharing.our_number]
    assert (asked["sub_mchid"], asked["unfreeze_unsplit"]) == ("1900300001", True)
    assert {(one["account"], one["amount"]) for one in asked["receivers"]} == {
        (house.merchant["mchid"], 1_000 + payment_fee),
        ("1900300002", 150),
    }
    assert accounts() == {
        ("at_provider:wechat_pay", None): 1_000 + payment_fee,
        ("fees:commission", county.pk): -1_000,
        ("fees:payment", None): -payment_fee,
    }
    assert differences(now=clock.now + timedelta(hours=1)) == []

    # one of two goes back: each receiver gives back her part first
    split = PaymentSplit.objects.get(reference=order.pk)
    back = payments.request_refund(split=split, reference=new_id(), amount_fen=10_000, reason="七天无理由", now=clock.now)
    settlement.book_refunds(refund_ids=[back.pk], now=clock.now)

    def has_arrived():
        payments.send_refunds(now=clock.step())
        back.refresh_from_db()
        return back.state == "succeeded"

    wait_until(has_arrived)
    returned = {one.line.account_id is None: one for one in ShareReturn.objects.filter(refund=back).select_related("line")}
    settlement.book_share_returns(return_ids=[one.pk for one in returned.values()], now=clock.now)
    settlement.book_refunds(refund_ids=[back.pk], now=clock.now)
    told = money_of_order(order.pk)
    left = {line.kind: line.left_fen for line in told.fees}
    assert returned[False].amount_fen == 150 - left["station"]
    assert returned[True].amount_fen == 1_000 + payment_fee - left["commission"] - left["payment"]
    owed = 10_000 - returned[False].amount_fen - returned[True].amount_fen
    assert accounts() == {
        ("at_provider:wechat_pay", None): left["commission"] + left["payment"],
        ("at_provider:wechat_pay", coop.pk): -owed,
        ("payable", coop.pk): owed,
        ("fees:commission", county.pk): -left["commission"],
        ("fees:payment", None): -left["payment"],
    }
    assert [(one.provider, one.amount_fen) for one in told.earnings] == [("wechat_pay", net), ("wechat_pay", -owed)]
    assert [step.kind for step in told.steps].count("share came back") == 2
    assert differences(now=clock.now + timedelta(hours=1)) == []
