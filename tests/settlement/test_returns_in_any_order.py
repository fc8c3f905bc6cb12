"""
Cases about goods that were paid, sent and received: asked, offered, refused, withdrawn, handed in, looked at, sent anew; in any order.

People act, time decides where nobody does, and messages come late, twice, or never. After each step the books balance and no more
goes back than came; at the end every case has ended and nothing differs anywhere, neither money nor goods.
"""

import json
from contextlib import suppress
from datetime import timedelta
from unittest.mock import patch

import pytest
from django.db import connection, transaction
from hypothesis import HealthCheck
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from teahorse.aftersales import actions as aftersales
from teahorse.aftersales import rules
from teahorse.aftersales.actions import Actor
from teahorse.aftersales.models import AfterSaleCase, CaseLine
from teahorse.common import events
from teahorse.common.ids import new_id
from teahorse.common.refusals import Refusal
from teahorse.ledger import queries as books
from teahorse.logistics.models import Parcel
from teahorse.orders import actions as orders
from teahorse.orders.models import SellerOrder
from teahorse.payments import actions as payments
from teahorse.payments.actions.recording import POLL, record
from teahorse.payments.models import Payment, PaymentEvent, Refund
from teahorse.payments.providers import Outcome
from teahorse.promotions import actions as promotions
from teahorse.settlement import actions
from teahorse.settlement.comparing import differences
from teahorse.settlement.models import Earning, Payout, Sale
from teahorse.stock.queries import levels_that_do_not_add_up
from tests import world
from tests.aftersales.making import BUYER, draft, picture

from .making import arrive, centre, close, fee, numbers, paid
from .test_any_order import JOBS, one_of, pick

WISHES = [(kind, reason) for reason, kinds in rules.KINDS_OF_REASON.items() for kind in kinds]
HEARD = ("teahorse.settlement.", "teahorse.aftersales.reactions.settle_refunds", "teahorse.aftersales.reactions.take_arrivals")
MUST_COME = "teahorse.aftersales."  # a case whose money arrived waits for that message; its job is kept until it is done


class Returns(RuleBasedStateMachine):
    """Two sellers, a budget that bears a part of the price, buyers, a station, a centre, and a clerk with her head."""

    def __init__(self):
        super().__init__()
        self.block = transaction.atomic()
        self.block.__enter__()
        self.now = world.NOW
        self.clock = patch("django.utils.timezone.now", lambda: self.now)
        self.clock.start()
        self.sellers = [world.organisation("coop"), world.organisation("shop", kind="company")]
        self.goods = [world.offer(seller, price_fen=price, on_hand=90) for seller, price in zip(self.sellers, (3833, 2997), strict=True)]
        self.station = world.service_point("station-lhayu", kind="township_station", level="station")
        self.clerk, self.head = world.person("+8619900001011"), world.person("+8619900001012")
        fee("commission", rate=317, beneficiary="centre")
        fee("payment", rate=60, basis="paid", beneficiary="provider")
        centre()
        window = {"starts_at": self.now - timedelta(days=1), "ends_at": self.now + timedelta(days=700)}
        budget = {"kind": "automatic", "titles": {"zh-hans": "援藏消费补贴"}, "percent_bp": 1111, "is_public_budget": True}
        region = world.organisation("region", kind="region_centre", code="54")
        bears = promotions.Draft(**budget, budget_fen=5000, **window)
        promotions.offer_promotion(owner=region, draft=bears, by=self.clerk, now=self.now)
        gives = promotions.Draft(kind="automatic", titles={"zh-hans": "九五折"}, percent_bp=500, **window)
        promotions.offer_promotion(owner=self.sellers[1], draft=gives, by=self.clerk, now=self.now)
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
            transaction.set_rollback(True)
            self.block.__exit__(None, None, None)

    def _tick(self):
        self.now += timedelta(seconds=1)

    def _hear(self):
        with connection.cursor() as cursor:
            cursor.execute(JOBS, [events.JOB, self.delivered_to])
            for key, stored in cursor.fetchall():
                self.delivered_to, args = key, json.loads(stored) if isinstance(stored, str) else stored
                if args["reaction"].startswith(HEARD):
                    self.waiting.append((args["reaction"], args["event"]))

    # --- Orders

    @initialize(
        wishes=st.lists(st.sampled_from(WISHES), min_size=4, max_size=4),
        acts=st.lists(st.lists(pick, min_size=2, max_size=5), min_size=4, max_size=4),
        part=st.integers(1, 110),
    )
    def some_have_asked(self, wishes, acts, part):
        for place, wish in enumerate(sorted(wishes, key=lambda wish: wish[1] != "never_came")):  # those wait for days
            self.buy_and_ask(wish, 1 + place % 2, "cash" if place == 1 else "wechat_pay")
        for place, firsts in enumerate(acts):
            self.somebody_acts(place, firsts, part)

    @rule(first=st.integers(0, 3), second=st.integers(0, 2), provider=st.sampled_from(["wechat_pay", "cash"]))
    def buy(self, first, second, provider):
        self._tick()
        wanted = {offer: units for offer, units in zip(self.goods, (first, second), strict=True) if units}
        if wanted and all(world.level_of(offer).on_hand - world.level_of(offer).reserved >= units for offer, units in wanted.items()):
            paid(wanted, now=self.now, provider=provider)

    @rule(index=pick)
    def receive(self, index):
        self._tick()
        order = one_of(SellerOrder.objects.filter(state="paid").order_by("pk"), index)
        if order:
            close(order, now=self.now)

    @rule(index=pick)
    def pack(self, index):
        """It is on its way, and may never come."""
        self._tick()
        order = one_of(SellerOrder.objects.filter(state="paid").order_by("pk"), index)
        if order:
            with suppress(Refusal):
                orders.pack_order(order=order, weight_grams=500, by=None, now=self.now)

    # --- Cases

    @rule(wish=st.sampled_from(WISHES), units=st.integers(1, 2), provider=st.sampled_from(["wechat_pay", "cash"]))
    def buy_and_ask(self, wish, units, provider):
        """Of what came just now, or is packed and never comes."""
        self._tick()
        if world.level_of(self.goods[1]).on_hand - world.level_of(self.goods[1]).reserved >= 2:
            (order,) = paid({self.goods[1]: 2}, now=self.now, provider=provider)
            if wish[1] == "never_came":
                orders.pack_order(order=order, weight_grams=500, by=None, now=self.now)
                self.now += timedelta(days=16)
            else:
                close(order, now=self.now)
            self._ask(order, wish, units)

    @rule(index=pick, wish=st.sampled_from(WISHES), units=st.integers(1, 3))
    def ask(self, index, wish, units):
        self._tick()
        self._ask(one_of(SellerOrder.objects.order_by("pk"), index), wish, units)

    def _ask(self, order, wish, units):
        if order:
            order = SellerOrder.objects.select_related("group", "seller").get(pk=order.pk)
            line = order.lines.order_by("position").first()
            asked = draft(order, *wish, units={line.position: min(units, line.quantity)}, story="边上开线了")
            with suppress(Refusal):
                if wish[1] in rules.SHOWN_BY_PICTURE:
                    aftersales.add_photo(order=order, case_id=asked.key, file=picture(size=(200, 200)), by_seller=False, now=self.now)
                aftersales.open_case(draft=asked, by=None, now=self.now)

    @rule(index=pick, firsts=st.lists(pick, min_size=1, max_size=5), part=st.integers(1, 110))
    def somebody_acts(self, index, firsts, part):
        """One thing after another is done with a case: each time the first from a drawn place on that is not refused."""
        for first in firsts:
            self._tick()
            self._act(index, first, part)

    def _act(self, index, first, part):
        case = one_of(AfterSaleCase.objects.exclude(state__in=AfterSaleCase.ENDED).order_by("pk"), index)
        if case is None:
            return
        now, seller, fen = self.now, Actor("seller", self.clerk.pk), max(1, case.asked_fen * part // 100)
        steps = [
            lambda: aftersales.agree(case=case, by=seller, now=now),
            lambda: aftersales.offer(case=case, amount_fen=fen, words="退一部分可以吗", by=self.clerk, now=now),
            lambda: aftersales.refuse(case=case, words="发出时是好的", by=self.clerk, now=now),
            lambda: aftersales.accept_offer(case=case, by=BUYER, now=now),
            lambda: aftersales.escalate(case=case, words="请中心看一看", by=BUYER, now=now),
            lambda: aftersales.withdraw(case=case, by=BUYER, now=now),
            lambda: aftersales.decide_for_buyer(
                case=case, words="照片很清楚", by=Actor("centre", self.head.pk), now=now, amount_fen=fen, needs_return=part % 2 == 0
            ),
            lambda: aftersales.decide_for_seller(case=case, words="与描述相符", by=self.head, now=now),
            lambda: aftersales.hand_in(case=case, weight_grams=900, place=self.station, by=self.head, now=now),
            lambda: aftersales.send_back(case=case, carrier="sf", number=f"SF{next(numbers):013}", by=BUYER, now=now),
            lambda: aftersales.receive_return(case=case, by=self.clerk, now=now),
            lambda: aftersales.pass_inspection(case=case, is_sellable=part % 2 == 0, by=seller, now=now),
            lambda: aftersales.fail_inspection(case=case, words="穿过了, 有污渍", by=self.clerk, now=now),
            lambda: aftersales.send_goods(case=case, weight_grams=900, by=self.clerk, now=now),
            lambda: aftersales.pay_instead(case=case, by=seller, now=now),
            lambda: aftersales.confirm_arrival(case=case, by=BUYER, now=now),
        ]
        for step in steps[first % len(steps) :] + steps[: first % len(steps)]:
            with suppress(Refusal):
                step()
                return

    @rule(index=pick)
    def new_goods_come(self, index):
        self._tick()
        sent = AfterSaleCase.objects.filter(state="sent_again").order_by("pk")
        case = one_of(sent, index)
        if case:
            Parcel.objects.filter(reference=case.pk, sender=case.order.seller).update(stage="handed_over", stage_at=self.now)
            aftersales.take_arrivals(parcels=list(Parcel.objects.filter(reference=case.pk)), now=self.now)

    # --- Money

    def _give(self, refund):
        if refund.payment.provider == "cash":
            payments.pay_back_cash(refund_id=refund.pk, by_id=new_id(), now=self.now)
        else:
            arrive(refund, now=self.now)

    @rule(index=pick)
    def refund_arrives(self, index):
        self._tick()
        found = one_of(Refund.objects.filter(state__in=Refund.OPEN).select_related("payment").order_by("pk"), index)
        if found:
            self._give(found)

    @rule(index=pick)
    def refund_fails(self, index):
        self._tick()
        wanted = Refund.objects.filter(state__in=Refund.OPEN, payment__provider="wechat_pay").select_related("payment")
        found = one_of(wanted.order_by("pk"), index)
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
    def pay_out(self, index):
        """The return windows that are over let earnings mature, and some of them are paid."""
        self._tick()
        actions.mature_earnings(now=self.now)
        actions.prepare_payouts(seller_ids=[one.pk for one in self.sellers], by=self.clerk, now=self.now)
        payout = one_of(Payout.objects.filter(state="draft").order_by("pk"), index)
        if payout:
            with suppress(Refusal):
                actions.approve_payout(payout=payout, by=self.head, now=self.now)
                actions.pay_out_in_cash(payout=payout, given_by=self.head, received_by="卓玛", now=self.now)

    # --- Messages and the clock

    @rule(index=pick, fate=st.sampled_from(["once", "twice", "again later", "lost"]))
    def deliver(self, index, fate):
        self._hear()
        if self.waiting:
            place = index % len(self.waiting)
            reaction, event = self.waiting[place]
            if fate == "lost" and reaction.startswith(MUST_COME):
                return
            if fate != "again later":
                del self.waiting[place]
            for _ in range({"lost": 0, "twice": 2}.get(fate, 1)):
                events.carry_out(reaction, event)

    @rule(hours=st.sampled_from([1, 24, 50, 24 * 4, 24 * 8]))
    def time_passes(self, hours):
        self.now += timedelta(minutes=3)
        actions.book_forgotten(now=self.now)
        self.now += timedelta(hours=hours)
        aftersales.let_time_decide(now=self.now)

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
        for payment in Payment.objects.filter(state__in=Payment.TAKEN).prefetch_related("refunds"):
            assert sum(refund.amount_fen for refund in payment.refunds.all()) <= payment.amount_fen

    @invariant()
    def a_unit_goes_back_once(self):
        counted = {}
        for line in CaseLine.objects.filter(case__outcome__in=("", "refunded")).exclude(case__kind="compensation").select_related("line"):
            counted[line.line] = counted.get(line.line, 0) + line.quantity
        assert all(units <= line.quantity for line, units in counted.items())

    @invariant()
    def parts_are_the_whole(self):
        for sale in Sale.objects.filter(frozen_at__isnull=False):
            fees = sum(line.left_fen for line in sale.fees.all())
            assert fees == sale.fees_fen - sale.fees_back_fen
            granted = sum(line.left_fen for line in sale.subsidies.all())
            assert granted == sale.subsidy_fen - sale.subsidy_back_fen
            assert sale.net_fen + fees == sale.paid_fen - sale.refunded_fen + granted

    def _finish(self):
        """Nobody acts any more: the providers answer, messages come, and time ends every case."""
        for order in SellerOrder.objects.filter(state="paid").order_by("pk"):
            close(order, now=self.now)
        for order in SellerOrder.objects.filter(state="preparing").order_by("pk"):
            Parcel.objects.filter(reference=order.pk).update(stage="handed_over", stage_at=self.now)
            orders.confirm_receipt(orders=[order], now=self.now)
        for _ in range(9):
            for found in Refund.objects.filter(state="failed").order_by("pk"):
                payments.retry_refund(refund_id=found.pk, now=self.now)
            for found in Refund.objects.filter(state__in=Refund.OPEN).select_related("payment").order_by("pk"):
                self._give(found)
            self._hear()
            while self.waiting:
                events.carry_out(*self.waiting.pop())
            self.now += timedelta(days=16)
            aftersales.let_time_decide(now=self.now)
        self.now += timedelta(minutes=3)
        actions.book_forgotten(now=self.now, since=world.NOW - timedelta(days=1))
        actions.mature_earnings(now=self.now)
        for payout in Payout.objects.filter(state="approved"):
            actions.return_payout(payout=payout, reference="", note="", at=self.now, by_id=None, now=self.now)
        self.now += timedelta(minutes=3)

        assert not AfterSaleCase.objects.exclude(state__in=AfterSaleCase.ENDED).exists()
        assert not Refund.objects.exclude(state="succeeded").exists()
        assert not Earning.objects.filter(state="maturing").exists()
        assert differences(now=self.now) == []
        assert levels_that_do_not_add_up() == []
        for case in AfterSaleCase.objects.filter(outcome="refunded"):
            assert sum(Refund.objects.filter(reference=case.pk).values_list("amount_fen", flat=True)) == case.agreed_fen
        trial = books.trial_balance()
        assert [trial.get(purpose, 0) for purpose in ("held", "earned", "in_payout", "going_back")] == [0, 0, 0, 0]


@pytest.mark.django_db
def test_returns_in_any_order(tmp_path, settings):
    """The machine prints the shortest story after which a case would stand still, or the books be wrong."""
    settings.MEDIA_ROOT = tmp_path
    shown = hypothesis_settings(
        max_examples=7, stateful_step_count=25, deadline=None, derandomize=False, suppress_health_check=list(HealthCheck), print_blob=True
    )
    run_state_machine_as_test(Returns, settings=shown)
