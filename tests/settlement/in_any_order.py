"""
What the machines that move money in any order share: a virtual clock, orders, refunds, messages that come late, twice or never.

Reactions are the real stored jobs, delivered in a drawn order, repeated or lost; what is lost the sweeps make up for. After each step
the books balance; at the end everything that is under way is finished (``_finish``), and nothing differs anywhere (``_is_whole``).
"""

import json
from contextlib import ExitStack
from datetime import datetime, timedelta
from unittest.mock import patch

from django.db import connection, transaction
from django.db.models import Sum
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test

from teahorse.common import events
from teahorse.common.ids import new_id
from teahorse.ledger import queries as books
from teahorse.orders.models import SellerOrder
from teahorse.payments import actions as payments
from teahorse.payments.actions.recording import POLL, record
from teahorse.payments.models import Payment, PaymentEvent, PaymentSplit, Refund
from teahorse.payments.providers import CASH, Outcome
from teahorse.settlement.comparing import differences
from teahorse.settlement.models import Maturity, Sale
from teahorse.stock.queries import levels_that_do_not_add_up
from tests import world

from .making import arrive, centre, close, numbers, refund

pick = st.integers(0, 1000)
JOBS = "select id, args from procrastinate_jobs where task_name = %s and id > %s order by id"


def one_of(found, index):
    """Return one of some rows, in key order, or none."""
    rows = list(found.order_by("pk"))
    return rows[index % len(rows)] if rows else None


def run(machine, *, examples, steps):
    """Tell so many stories of so many steps; the machine prints the shortest that breaks something."""
    shown = settings(
        max_examples=examples,
        stateful_step_count=steps,
        deadline=None,
        derandomize=False,
        suppress_health_check=list(HealthCheck),
        print_blob=True,
    )
    run_state_machine_as_test(machine, settings=shown)


class MoneyInAnyOrder(RuleBasedStateMachine):
    """A centre, a clerk and her head, orders that are received, and refunds; everything happens in a transaction that is never kept."""

    hears: tuple[str, ...] = ("teahorse.settlement.",)
    """The reactions whose messages are delivered, by how their names begin."""
    must_hear: tuple[str, ...] = ()
    """Those of which none is lost: nothing else makes up for them."""

    def __init__(self):
        super().__init__()
        self.now: datetime = world.NOW
        self.kept = ExitStack()
        block = transaction.atomic()
        block._from_testcase = True  # what providers answer is written durably; here nothing is
        self.kept.enter_context(block)
        self.kept.callback(transaction.set_rollback, rollback=True)
        self.kept.enter_context(patch("django.utils.timezone.now", lambda: self.now))
        self.clerk, self.head = world.person("+8619900001011"), world.person("+8619900001012")
        centre()
        with connection.cursor() as cursor:
            cursor.execute("select coalesce(max(id), 0) from procrastinate_jobs")
            self.delivered_to = cursor.fetchone()[0]
        self.waiting: list[tuple[str, dict]] = []

    def teardown(self):
        """Finish everything, look whether it is whole, and forget it."""
        with self.kept:
            self._finish()
            self.now += timedelta(minutes=3)
            self._is_whole()

    def _tick(self):
        self.now += timedelta(seconds=1)

    def _hear(self):
        """Take up the jobs that were stored since."""
        with connection.cursor() as cursor:
            cursor.execute(JOBS, [events.JOB, self.delivered_to])
            for key, stored in cursor.fetchall():
                self.delivered_to, args = key, json.loads(stored) if isinstance(stored, str) else stored
                if args["reaction"].startswith(self.hears):
                    self.waiting.append((args["reaction"], args["event"]))

    def _are_left(self, wanted):
        """Whether a shop shows so many units of offers, and any at all are wanted."""
        levels = [(world.level_of(offer), units) for offer, units in wanted.items()]
        return bool(levels) and all(level.on_hand - level.reserved >= units for level, units in levels)

    # --- Orders

    @rule(index=pick)
    def receive(self, index):
        self._tick()
        order = one_of(SellerOrder.objects.filter(state="paid"), index)
        if order:
            close(order, now=self.now)

    def _give_back(self, index, part):
        """Decide that some hundredths of what is left of an order's payment go back."""
        self._tick()
        order = one_of(SellerOrder.objects.filter(paid_by_id__isnull=False), index)
        if order:
            split = PaymentSplit.objects.get(payment=order.paid_by_id, reference=order.pk)
            left = split.amount_fen - sum(Refund.objects.filter(split=split).values_list("amount_fen", flat=True))
            if left:
                refund(order, max(1, left * part // 100), now=self.now)

    # --- Refunds

    def _sent(self):
        """The refunds of which the provider may say something, or whose cash is fetched."""
        return Refund.objects.exclude(state="succeeded").select_related("payment")

    def _arrive(self, found):
        if found.payment.provider == CASH:
            payments.pay_back_cash(refund_id=found.pk, by_id=new_id(), now=self.now)
        else:
            arrive(found, now=self.now)

    @rule(index=pick)
    def refund_arrives(self, index):
        """Even one that the provider had closed."""
        self._tick()
        found = one_of(self._sent(), index)
        if found:
            self._arrive(found)

    @rule(index=pick)
    def refund_fails(self, index):
        self._tick()
        found = one_of(self._sent().filter(state__in=Refund.OPEN).exclude(payment__provider=CASH), index)
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
        found = one_of(Refund.objects.filter(state="failed"), index)
        if found:
            payments.retry_refund(refund_id=found.pk, now=self.now)

    # --- Messages

    @rule(index=pick, fate=st.sampled_from(["once", "once", "twice", "again later", "lost"]))
    def deliver(self, index, fate):
        self._hear()
        if self.waiting:
            place = index % len(self.waiting)
            reaction, event = self.waiting[place]
            if fate == "lost" and reaction.startswith(self.must_hear):
                return
            if fate != "again later":
                del self.waiting[place]
            for _ in range({"lost": 0, "twice": 2}.get(fate, 1)):
                events.carry_out(reaction, event)

    # --- What always holds

    @invariant()
    def the_books_balance(self):
        with connection.cursor() as cursor:
            cursor.execute("set constraints all immediate; set constraints all deferred")
        assert sum(books.trial_balance().values()) == 0
        assert list(books.balances_that_do_not_add_up()) == []

    @invariant()
    def no_more_goes_back_than_came(self):
        refunds = Refund.objects.values_list("payment", "payment__state", "payment__amount_fen")
        for _payment, state, came_fen, back_fen in refunds.annotate(Sum("amount_fen")):
            assert state in Payment.TAKEN
            assert back_fen <= came_fen

    @invariant()
    def parts_are_the_whole(self):
        for sale in Sale.objects.filter(frozen_at__isnull=False).prefetch_related("fees", "subsidies"):
            fees = sum(line.left_fen for line in sale.fees.all())
            assert fees == sale.fees_fen - sale.fees_back_fen
            granted = sum(line.left_fen for line in sale.subsidies.all())
            assert granted == sale.subsidy_fen - sale.subsidy_back_fen
            assert sale.net_fen + fees == sale.paid_fen - sale.refunded_fen + granted
            # what a seller gives away by sending free she may owe when the goods come back
            assert sale.net_fen >= -sum(line.left_fen for line in sale.fees.all() if line.kind == "freight")

    # --- The end

    def _finish(self):
        """Let what is paid be received; what else is under way in its story a machine brings to its end after that."""
        for order in SellerOrder.objects.filter(state="paid").order_by("pk"):
            close(order, now=self.now)

    def _is_whole(self):
        """Every state leaves again: nothing is held, going back or on its way when all is done, and nothing differs."""
        assert differences(now=self.now) == []
        assert levels_that_do_not_add_up() == []
        assert not Refund.objects.exclude(state="succeeded").exists()
        assert not Maturity.objects.filter(state="maturing").exists()
        trial = books.trial_balance()
        assert [trial.get(purpose, 0) for purpose in ("held", "earned", "in_payout", "going_back")] == [0, 0, 0, 0]
