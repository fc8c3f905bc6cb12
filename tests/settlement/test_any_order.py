"""
Everything that can happen to money, in any order, under a virtual clock: messages come late, twice, or never.

Two sellers, buyers who pay in time, late, twice or not at all, refunds, and payouts with their approval.
"""

from contextlib import suppress
from datetime import timedelta
from unittest.mock import patch

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import initialize, precondition, rule

from teahorse.common.refusals import Refusal
from teahorse.ledger import queries as books
from teahorse.logistics.models import FreightRate
from teahorse.orders import actions as orders
from teahorse.orders.models import SellerOrder
from teahorse.payments.actions.opening import AlreadyPaid
from teahorse.payments.actions.recording import POLL, record
from teahorse.payments.models import Payment, PaymentEvent, Refund
from teahorse.payments.providers import Outcome
from teahorse.settlement import actions, facts
from teahorse.settlement.models import Payout
from tests import world

from .in_any_order import MoneyInAnyOrder, one_of, pick, run
from .making import fee, money_for, paid, placed


class Money(MoneyInAnyOrder):
    """Two sellers, buyers, providers, a clerk and her head."""

    hears = ("teahorse.settlement.", "teahorse.orders.reactions.take")

    def __init__(self):
        super().__init__()
        self.budget = world.organisation("budget", kind="county_centre", code=world.GYANGZE)
        self.kept.enter_context(patch.object(facts, "_subsidies", self._subsidies))
        self.sellers = [world.organisation("coop"), world.organisation("shop", kind="company")]
        self.goods = [world.offer(seller, price_fen=price, on_hand=60) for seller, price in zip(self.sellers, (3833, 2997), strict=True)]
        for kind, rate, basis, to in (
            ("commission", 317, "goods", "centre"),
            ("payment", 60, "paid", "provider"),
            ("host", 11, "order", "platform"),
        ):
            fee(kind, rate=rate, basis=basis, beneficiary=to)
        fee("commission", rate=150, seller_kind="company", beneficiary="centre")
        # a budget bears a third of the way, and a dear order travels free; for companies the centre carries
        lane = {"first_kg_fen": 1201, "further_kg_fen": 800, "free_from_fen": 7000, "days_min": 4, "days_max": 9}
        FreightRate.objects.create(**lane, subsidy_basis_points=3333, subsidy_payer=self.budget)
        fee("freight", rate=10_000, basis="freight", seller_kind="company", beneficiary="centre")
        actions.tell_account(seller=self.sellers[0], holder="合作社", bank="农行", number="62284800", by=self.clerk, now=self.now)

    def _subsidies(self, order_ids):
        """A budget, and the platform, pay a part of some orders."""
        granted = {0: [(self.budget.pk, 333)], 1: [(self.budget.pk, 50), (None, 71)]}
        return {key: granted[key.int % 3] for key in order_ids if key.int % 3 in granted}

    # --- Buyers

    @initialize(first=st.integers(1, 3), second=st.integers(0, 3), provider=st.sampled_from(["wechat_pay", "cash"]))
    def somebody_has_paid(self, first, second, provider):
        """Chance alone hardly brings an order from its basket to where money of it can go back."""
        wanted = {offer: units for offer, units in zip(self.goods, (first, second), strict=True) if units}
        paid(wanted, now=self.now, provider=provider)

    @rule(first=st.integers(0, 3), second=st.integers(0, 3))
    def buy(self, first, second):
        self._tick()
        wanted = {offer: units for offer, units in zip(self.goods, (first, second), strict=True) if units}
        if self._are_left(wanted):
            placed(wanted, now=self.now)

    @rule(index=pick, provider=st.sampled_from(["wechat_pay", "cash"]))
    def start_to_pay(self, index, provider):
        self._tick()
        order = one_of(SellerOrder.objects.filter(state="pending_payment").select_related("group"), index)
        if order and order.group.expires_at > self.now:
            method = "counter" if provider == "cash" else "native"
            with suppress(AlreadyPaid):  # the money is here, its reaction is not yet
                orders.start_payment(group=order.group, provider=provider, method=method, now=self.now)

    @rule(index=pick)
    def money_comes(self, index):
        """In time, late, or a second time for the same order: the provider decides."""
        self._tick()
        payment = one_of(Payment.objects.exclude(state__in=Payment.TAKEN), index)
        if payment and (payment.provider != "cash" or (payment.state in Payment.OPEN and payment.expires_at > self.now)):
            money_for(payment, now=self.now)

    @rule(index=pick)
    def money_is_told_again(self, index):
        event = one_of(PaymentEvent.objects.filter(kind="succeeded").select_related("payment"), index)
        if event:
            told = Outcome(
                our_number=event.payment.our_number,
                kind=event.kind,
                provider_number=event.provider_number,
                amount_fen=event.amount_fen,
                occurred_at=event.occurred_at,
            )
            record([told], source=POLL, now=self.now)

    @rule(index=pick)
    def cancel(self, index):
        self._tick()
        order = one_of(SellerOrder.objects.filter(state__in=("pending_payment", "paid")), index)
        if order:
            orders.cancel_order(order=order, reason="改主意了", now=self.now)

    @rule(index=pick, part=st.integers(1, 100))
    def give_back(self, index, part):
        self._give_back(index, part)

    # --- The clock

    @rule(hours=st.sampled_from([0.05, 0.3, 24, 24 * 5, 24 * 9]))
    def time_passes(self, hours):
        """The clock's sweeps run every minute; they look a week back for lost messages."""
        self.now += timedelta(minutes=3)
        self.sweep()
        self.now += timedelta(hours=hours)

    @rule()
    def sweep(self):
        orders.take_forgotten_payments(now=self.now)
        orders.expire_orders(now=self.now)
        actions.book_forgotten(now=self.now)

    @rule()
    def mature(self):
        actions.mature_earnings(now=self.now)

    # --- Payouts

    @rule(by_head=st.booleans())
    def prepare(self, by_head):
        self._tick()
        actions.prepare_payouts(seller_ids=[one.pk for one in self.sellers], by=self.head if by_head else self.clerk, now=self.now)

    @rule(index=pick, by_head=st.booleans())
    @precondition(lambda self: Payout.objects.exists())
    def move_payout(self, index, by_head):
        self._tick()
        payout, by = one_of(Payout.objects, index), self.head if by_head else self.clerk
        steps = [
            lambda: actions.approve_payout(payout=payout, by=by, now=self.now),
            lambda: actions.make_bank_file(payouts=[payout], by=by, now=self.now),
            lambda: actions.pay_out_in_cash(payout=payout, given_by=by, received_by="卓玛", now=self.now),
            lambda: actions.confirm_payout(payout=payout, reference="BK", at=self.now, by_id=by.pk, now=self.now),
            lambda: actions.return_payout(payout=payout, reference="BR", note="户名不符", at=self.now, by_id=by.pk, now=self.now),
            lambda: actions.drop_payout(payout=payout, by=by, note="", now=self.now),
        ]
        for step in steps[index % 6 :] + steps[: index % 6]:
            try:
                step()
            except Refusal:
                continue
            break

    # --- The end

    def _finish(self):
        self.now += timedelta(minutes=20)
        self.sweep()
        super()._finish()
        for found in self._sent().order_by("pk"):
            self._arrive(found)
        self.now += timedelta(minutes=3)
        actions.book_forgotten(now=self.now, since=world.NOW - timedelta(days=1))
        self.now += timedelta(days=9)
        actions.mature_earnings(now=self.now)
        for payout in Payout.objects.filter(state__in=("approved", "sent")):
            actions.return_payout(payout=payout, reference="", note="", at=self.now, by_id=None, now=self.now)
        for payout in Payout.objects.filter(state="draft"):
            actions.drop_payout(payout=payout, by=self.clerk, note="", now=self.now)

    def _is_whole(self):
        super()._is_whole()
        trial = books.trial_balance()
        captured = sum(Payment.objects.filter(state__in=Payment.TAKEN).values_list("amount_fen", flat=True))
        refunded = sum(Refund.objects.values_list("amount_fen", flat=True))
        paid_out = sum(Payout.objects.filter(state="paid").values_list("amount_fen", flat=True))
        fees = -sum(fen for purpose, fen in trial.items() if purpose.startswith("fees:"))
        assert captured - refunded + trial.get("subsidy", 0) == paid_out + fees - trial.get("payable", 0)


@pytest.mark.django_db
def test_money_in_any_order():
    run(Money, examples=11, steps=30)
