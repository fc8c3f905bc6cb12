"""
Everything that can happen to money, in any order, under a virtual clock: messages come late, twice, or never.

Reactions are the real stored jobs, delivered in a drawn order, repeated or lost; what is lost the sweeps make up for.
After each step the books balance; at the end everything that is under way is finished, and nothing differs anywhere.
"""

import json
from contextlib import suppress
from datetime import datetime, timedelta
from unittest.mock import patch

import pytest
from django.db import connection, transaction
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule, run_state_machine_as_test

from teahorse.common import events
from teahorse.common.refusals import Refusal
from teahorse.ledger import queries as books
from teahorse.logistics.models import FreightRate
from teahorse.orders import actions as orders
from teahorse.orders.models import SellerOrder
from teahorse.payments import actions as payments
from teahorse.payments.actions.opening import AlreadyPaid
from teahorse.payments.actions.recording import POLL, record
from teahorse.payments.models import Payment, PaymentEvent, PaymentSplit, Refund
from teahorse.payments.providers import Outcome
from teahorse.settlement import actions, facts
from teahorse.settlement.comparing import differences
from teahorse.settlement.models import Earning, Payout, Sale
from teahorse.stock.queries import levels_that_do_not_add_up
from tests import world

from .making import arrive, centre, close, fee, money_for, numbers, placed, refund

pick = st.integers(0, 1000)
JOBS = "select id, args from procrastinate_jobs where task_name = %s and id > %s order by id"


def one_of(found, index):
    """Return one of some rows, or none."""
    rows = list(found)
    return rows[index % len(rows)] if rows else None


class Money(RuleBasedStateMachine):
    """Two sellers, buyers, providers, a clerk and her head."""

    def __init__(self):
        super().__init__()
        self.block = transaction.atomic()
        self.block.__enter__()
        self.now: datetime = world.NOW
        self.clock = patch("django.utils.timezone.now", lambda: self.now)
        self.clock.start()
        self.budget = world.organisation("budget", kind="county_centre", code=world.GYANGZE)
        self.subsidies = patch.object(facts, "_subsidies", self._subsidies)
        self.subsidies.start()
        self.sellers = [world.organisation("coop"), world.organisation("shop", kind="company")]
        self.goods = [world.offer(seller, price_fen=price, on_hand=60) for seller, price in zip(self.sellers, (3833, 2997), strict=True)]
        self.clerk, self.head = world.person("+8619900001011"), world.person("+8619900001012")
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
        centre()
        actions.tell_account(seller=self.sellers[0], holder="合作社", bank="农行", number="62284800", by=self.clerk, now=self.now)
        with connection.cursor() as cursor:
            cursor.execute("select coalesce(max(id), 0) from procrastinate_jobs")
            self.delivered_to = cursor.fetchone()[0]
        self.waiting: list[tuple[str, dict]] = []

    def teardown(self):
        """Finish everything, look whether it is whole, and forget it."""
        try:
            self._finish()
        finally:
            self.clock.stop()
            self.subsidies.stop()
            transaction.set_rollback(True)
            self.block.__exit__(None, None, None)

    def _subsidies(self, order_ids):
        """A budget, and the platform, pay a part of some orders."""
        granted = {0: [(self.budget.pk, 333)], 1: [(self.budget.pk, 50), (None, 71)]}
        return {key: granted[key.int % 3] for key in order_ids if key.int % 3 in granted}

    def _tick(self):
        self.now += timedelta(seconds=1)

    def _hear(self):
        """Take up the jobs that were stored since."""
        with connection.cursor() as cursor:
            cursor.execute(JOBS, [events.JOB, self.delivered_to])
            for key, stored in cursor.fetchall():
                self.delivered_to, args = key, json.loads(stored) if isinstance(stored, str) else stored
                if args["reaction"].startswith(("teahorse.settlement", "teahorse.orders.reactions.take")):
                    self.waiting.append((args["reaction"], args["event"]))

    # --- Buyers

    @rule(first=st.integers(0, 3), second=st.integers(0, 3))
    def buy(self, first, second):
        self._tick()
        wanted = {offer: units for offer, units in zip(self.goods, (first, second), strict=True) if units}
        if wanted and all(world.level_of(offer).on_hand - world.level_of(offer).reserved >= units for offer, units in wanted.items()):
            placed(wanted, now=self.now)

    @rule(index=pick, provider=st.sampled_from(["wechat_pay", "cash"]))
    def start_to_pay(self, index, provider):
        self._tick()
        order = one_of(SellerOrder.objects.filter(state="pending_payment").select_related("group").order_by("pk"), index)
        if order and order.group.expires_at > self.now:
            method = "counter" if provider == "cash" else "native"
            with suppress(AlreadyPaid):  # the money is here, its reaction is not yet
                orders.start_payment(group=order.group, provider=provider, method=method, now=self.now)

    @rule(index=pick)
    def money_comes(self, index):
        """In time, late, or a second time for the same order: the provider decides."""
        self._tick()
        payment = one_of(Payment.objects.exclude(state__in=Payment.TAKEN).order_by("pk"), index)
        if payment and (payment.provider != "cash" or (payment.state in Payment.OPEN and payment.expires_at > self.now)):
            money_for(payment, now=self.now)

    @rule(index=pick)
    def money_is_told_again(self, index):
        event = one_of(PaymentEvent.objects.filter(kind="succeeded").select_related("payment").order_by("pk"), index)
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
        order = one_of(SellerOrder.objects.filter(state__in=("pending_payment", "paid")).order_by("pk"), index)
        if order:
            orders.cancel_order(order=order, reason="改主意了", now=self.now)

    @rule(index=pick)
    def receive(self, index):
        self._tick()
        order = one_of(SellerOrder.objects.filter(state="paid").order_by("pk"), index)
        if order:
            close(order, now=self.now)

    # --- After-sales

    @rule(index=pick, part=st.integers(1, 100))
    def give_back(self, index, part):
        self._tick()
        order = one_of(SellerOrder.objects.filter(paid_by_id__isnull=False).order_by("pk"), index)
        if order:
            split = PaymentSplit.objects.get(payment=order.paid_by_id, reference=order.pk)
            left = split.amount_fen - sum(Refund.objects.filter(split=split).values_list("amount_fen", flat=True))
            if left:
                refund(order, max(1, left * part // 100), now=self.now)

    @rule(index=pick)
    def refund_arrives(self, index):
        self._tick()
        found = one_of(Refund.objects.exclude(state="succeeded").order_by("pk"), index)
        if found:
            arrive(found, now=self.now)

    @rule(index=pick)
    def refund_fails(self, index):
        self._tick()
        found = one_of(Refund.objects.filter(state__in=Refund.OPEN).select_related("payment").order_by("pk"), index)
        if found:
            failed = Outcome(
                our_number=found.payment.our_number,
                refund_number=found.our_number,
                kind=PaymentEvent.Kind.REFUND_FAILED,
                provider_number=f"51{next(numbers)}",
                amount_fen=found.amount_fen,
                occurred_at=self.now,
                trouble="CLOSED",
                is_number_spent=True,
            )
            record([failed], source=POLL, now=self.now)

    @rule(index=pick)
    def refund_is_tried_again(self, index):
        found = one_of(Refund.objects.filter(state="failed").order_by("pk"), index)
        if found:
            payments.retry_refund(refund_id=found.pk, now=self.now)

    # --- Messages and the clock

    @rule(index=pick, fate=st.sampled_from(["once", "once", "twice", "again later", "lost"]))
    def deliver(self, index, fate):
        self._hear()
        if self.waiting:
            place = index % len(self.waiting)
            reaction, event = self.waiting[place]
            if fate != "again later":
                del self.waiting[place]
            for _ in range({"lost": 0, "twice": 2}.get(fate, 1)):
                events.carry_out(reaction, event)

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
        payout, by = one_of(Payout.objects.order_by("pk"), index), self.head if by_head else self.clerk
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

    # --- What always holds

    @invariant()
    def the_books_balance(self):
        with connection.cursor() as cursor:
            cursor.execute("set constraints all immediate")
            cursor.execute("set constraints all deferred")
        assert sum(books.trial_balance().values()) == 0
        assert list(books.balances_that_do_not_add_up()) == []

    @invariant()
    def no_more_goes_back_than_came(self):
        came = sum(Payment.objects.filter(state__in=Payment.TAKEN).values_list("amount_fen", flat=True))
        assert sum(Refund.objects.values_list("amount_fen", flat=True)) <= came

    @invariant()
    def parts_are_the_whole(self):
        for sale in Sale.objects.filter(frozen_at__isnull=False):
            fees = sum(line.left_fen for line in sale.fees.all())
            assert fees == sale.fees_fen - sale.fees_back_fen
            granted = sum(line.left_fen for line in sale.subsidies.all())
            assert granted == sale.subsidy_fen - sale.subsidy_back_fen
            assert sale.net_fen + fees == sale.paid_fen - sale.refunded_fen + granted
            # what a seller gives away by sending free she may owe when the goods come back
            assert sale.net_fen >= -sum(line.left_fen for line in sale.fees.all() if line.kind == "freight")

    def _finish(self):
        """Every state leaves again: nothing is held, going back or on its way when all is done."""
        self.now += timedelta(minutes=20)
        self.sweep()
        for order in SellerOrder.objects.filter(state="paid").order_by("pk"):
            close(order, now=self.now)
        for found in Refund.objects.exclude(state="succeeded").order_by("pk"):
            arrive(found, now=self.now)
        self.now += timedelta(minutes=3)
        actions.book_forgotten(now=self.now, since=world.NOW - timedelta(days=1))
        self.now += timedelta(days=9)
        actions.mature_earnings(now=self.now)
        for payout in Payout.objects.filter(state__in=("approved", "sent")):
            actions.return_payout(payout=payout, reference="", note="", at=self.now, by_id=None, now=self.now)
        for payout in Payout.objects.filter(state="draft"):
            actions.drop_payout(payout=payout, by=self.clerk, note="", now=self.now)
        self.now += timedelta(minutes=3)

        assert differences(now=self.now) == []
        assert levels_that_do_not_add_up() == []
        assert not Earning.objects.filter(state="maturing").exists()
        trial = books.trial_balance()
        assert [trial.get(purpose, 0) for purpose in ("held", "earned", "in_payout", "going_back")] == [0, 0, 0, 0]
        captured = sum(Payment.objects.filter(state__in=Payment.TAKEN).values_list("amount_fen", flat=True))
        refunded = sum(Refund.objects.values_list("amount_fen", flat=True))
        paid_out = sum(Payout.objects.filter(state="paid").values_list("amount_fen", flat=True))
        fees = -sum(fen for purpose, fen in trial.items() if purpose.startswith("fees:"))
        assert captured - refunded + trial.get("subsidy", 0) == paid_out + fees - trial.get("payable", 0)


@pytest.mark.django_db
def test_money_in_any_order():
    """Some hundreds of steps each run; the machine prints the shortest story that breaks the books."""
    shown = settings(
        max_examples=15, stateful_step_count=30, deadline=None, derandomize=False, suppress_health_check=list(HealthCheck), print_blob=True
    )
    run_state_machine_as_test(Money, settings=shown)
