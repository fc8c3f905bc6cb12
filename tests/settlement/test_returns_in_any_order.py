"""
Cases about goods that were paid, sent and received: asked, offered, refused, withdrawn, handed in, looked at, sent anew; in any order.

People act, or come too late, and time decides where nobody does. At the end every case has ended and nothing differs anywhere,
neither money nor goods.
"""

from collections import Counter
from contextlib import suppress
from datetime import timedelta

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import initialize, invariant, rule

from teahorse.aftersales import actions as aftersales
from teahorse.aftersales import rules
from teahorse.aftersales.actions import Actor
from teahorse.aftersales.models import AfterSaleCase, CaseLine
from teahorse.common import events
from teahorse.common.refusals import Refusal
from teahorse.logistics.models import Parcel
from teahorse.orders import actions as orders
from teahorse.orders.models import SellerOrder
from teahorse.payments import actions as payments
from teahorse.payments.models import Refund
from teahorse.promotions import actions as promotions
from teahorse.settlement import actions
from teahorse.settlement.models import Payout
from tests import world
from tests.aftersales.making import BUYER, draft, picture

from .in_any_order import MoneyInAnyOrder, one_of, pick, run
from .making import close, fee, numbers, paid

WISHES = [(kind, reason) for reason, kinds in rules.KINDS_OF_REASON.items() for kind in kinds]
ACTS = {
    "seller_review": ("agree", "offer", "refuse", "withdraw"),
    "offered": ("accept_offer", "escalate", "withdraw"),
    "refused": ("escalate", "withdraw"),
    "escalated": ("decide_for_buyer", "decide_for_seller", "withdraw"),
    "await_return": ("hand_in", "send_back", "withdraw"),
    "return_in_transit": ("receive_return",),
    "inspect": ("pass_inspection", "fail_inspection"),
    "sending": ("send_goods", "pay_instead"),
    "sent_again": ("confirm_arrival",),
    "refunding": (),
    "done": (),
    "closed": (),
}
EVERY_ACT = sorted({act for acts in ACTS.values() for act in acts})
OPENINGS = (
    ("exchange", ("agree", "send_back", "receive_return", "pass_inspection", "send_goods")),
    (
        "return_refund",
        ("refuse", "escalate", "decide_for_buyer", "hand_in", "receive_return", "fail_inspection", "escalate", "decide_for_seller"),
    ),
    ("refund_only", ("offer", "accept_offer")),
    ("compensation", ("offer", "escalate")),
)
"""What happens in every story before chance takes over: together they pass through every state of a case."""


class Returns(MoneyInAnyOrder):
    """Two sellers, a budget that bears a part of the price, buyers, a station, a centre, and a clerk with her head."""

    hears = ("teahorse.settlement.", "teahorse.aftersales.reactions.settle_refunds", "teahorse.aftersales.reactions.take_arrivals")
    must_hear = ("teahorse.aftersales.",)  # a case whose money arrived waits for that message; its job is kept until it is done
    moves: Counter = Counter()
    """How often cases went from one state to another, in all stories of a run."""

    def __init__(self):
        super().__init__()
        self.sellers = [world.organisation("coop"), world.organisation("shop", kind="company")]
        self.goods = [world.offer(seller, price_fen=price, on_hand=90) for seller, price in zip(self.sellers, (3833, 2997), strict=True)]
        self.station = world.service_point("station-lhayu", kind="township_station", level="station")
        self.stood: dict = {}
        fee("commission", rate=317, beneficiary="centre")
        fee("payment", rate=60, basis="paid", beneficiary="provider")
        window = {"starts_at": self.now - timedelta(days=1), "ends_at": self.now + timedelta(days=700)}
        budget = {"kind": "automatic", "titles": {"zh-hans": "援藏消费补贴"}, "percent_bp": 1111, "is_public_budget": True}
        region = world.organisation("region", kind="region_centre", code="54")
        bears = promotions.Draft(**budget, budget_fen=5000, **window)
        promotions.offer_promotion(owner=region, draft=bears, by=self.clerk, now=self.now)
        gives = promotions.Draft(kind="automatic", titles={"zh-hans": "九五折"}, percent_bp=500, **window)
        promotions.offer_promotion(owner=self.sellers[1], draft=gives, by=self.clerk, now=self.now)

    # --- Orders

    @initialize(
        order=st.permutations(OPENINGS),
        chances=st.lists(pick, min_size=len(OPENINGS), max_size=len(OPENINGS)),
        part=st.integers(1, 110),
    )
    def some_have_asked(self, order, chances, part):
        for place, ((kind, acts), chance) in enumerate(zip(order, chances, strict=True)):
            wishes = [wish for wish in WISHES if wish[0] == kind and wish[1] != "never_came"]
            case = self._asked_of_new_goods(wishes[chance % len(wishes)], 1 + place % 2, "cash" if place == 1 else "wechat_pay")
            for act in acts:
                self._act(case, act, 100 if act == "decide_for_buyer" else part)

    @rule(first=st.integers(0, 3), second=st.integers(0, 2), provider=st.sampled_from(["wechat_pay", "cash"]))
    def buy(self, first, second, provider):
        self._tick()
        wanted = {offer: units for offer, units in zip(self.goods, (first, second), strict=True) if units}
        if self._are_left(wanted):
            paid(wanted, now=self.now, provider=provider)

    @rule(index=pick)
    def pack(self, index):
        """It is on its way, and may never come."""
        self._tick()
        order = one_of(SellerOrder.objects.filter(state="paid"), index)
        if order:
            with suppress(Refusal):
                orders.pack_order(order=order, weight_grams=500, by=None, now=self.now)

    # --- Cases

    @rule(wish=st.sampled_from(WISHES), units=st.integers(1, 2), provider=st.sampled_from(["wechat_pay", "cash"]))
    def buy_and_ask(self, wish, units, provider):
        self._tick()
        if self._are_left({self.goods[1]: 2}):
            self._asked_of_new_goods(wish, units, provider)

    def _asked_of_new_goods(self, wish, units, provider):
        """Return a case of what came just now, or is packed and never comes."""
        (order,) = paid({self.goods[1]: 2}, now=self.now, provider=provider)
        if wish[1] == "never_came":
            orders.pack_order(order=order, weight_grams=500, by=None, now=self.now)
            self.now += timedelta(days=16)
        else:
            close(order, now=self.now)
        return self._asked(order, wish, units)

    @rule(index=pick, wish=st.sampled_from(WISHES), units=st.integers(1, 3))
    def ask(self, index, wish, units):
        self._tick()
        order = one_of(SellerOrder.objects, index)
        if order:
            with suppress(Refusal):
                self._asked(order, wish, units)

    def _asked(self, order, wish, units):
        order = SellerOrder.objects.select_related("group", "seller").get(pk=order.pk)
        line = order.lines.order_by("position").first()
        asked = draft(order, *wish, units={line.position: min(units, line.quantity)}, story="边上开线了", asked_fen=units * 777)
        if wish[1] in rules.SHOWN_BY_PICTURE:
            aftersales.add_photo(order=order, case_id=asked.key, file=picture(size=(200, 200)), by_seller=False, now=self.now)
        return aftersales.open_case(draft=asked, by=None, now=self.now)

    @rule(index=pick, firsts=st.lists(pick, min_size=1, max_size=5), part=st.integers(1, 110))
    def somebody_acts(self, index, firsts, part):
        """One thing after another is done with a case: each time the first from a drawn place on that is not refused."""
        for first in firsts:
            case = one_of(AfterSaleCase.objects.exclude(state__in=AfterSaleCase.ENDED), index)
            acts = ACTS[case.state] if case else ()
            for place in range(len(acts)):
                with suppress(Refusal):
                    self._act(case, acts[(first + place) % len(acts)], part)
                    break

    @rule(index=pick, act=st.sampled_from(EVERY_ACT), part=st.integers(1, 100))
    def somebody_comes_too_late(self, index, act, part):
        """What does not fit where a case stands is refused, and changes nothing."""
        case = one_of(AfterSaleCase.objects, index)
        if case and act not in ACTS[case.state]:
            with pytest.raises(Refusal):
                self._act(case, act, part)
            assert AfterSaleCase.objects.get(pk=case.pk).state == case.state

    def _act(self, case, act, part):
        self._tick()
        now, seller, fen = self.now, Actor("seller", self.clerk.pk), max(1, case.asked_fen * part // 100)
        acts = {
            "agree": lambda: aftersales.agree(case=case, by=seller, now=now),
            "offer": lambda: aftersales.offer(
                case=case, amount_fen=min(fen, case.worth_fen - 1), words="退一部分可以吗", by=self.clerk, now=now
            ),
            "refuse": lambda: aftersales.refuse(case=case, words="发出时是好的", by=self.clerk, now=now),
            "accept_offer": lambda: aftersales.accept_offer(case=case, by=BUYER, now=now),
            "escalate": lambda: aftersales.escalate(case=case, words="请中心看一看", by=BUYER, now=now),
            "withdraw": lambda: aftersales.withdraw(case=case, by=BUYER, now=now),
            "decide_for_buyer": lambda: aftersales.decide_for_buyer(
                case=case, words="照片很清楚", by=Actor("centre", self.head.pk), now=now, amount_fen=fen, needs_return=part % 2 == 0
            ),
            "decide_for_seller": lambda: aftersales.decide_for_seller(case=case, words="与描述相符", by=self.head, now=now),
            "hand_in": lambda: aftersales.hand_in(case=case, weight_grams=900, place=self.station, by=self.head, now=now),
            "send_back": lambda: aftersales.send_back(case=case, carrier="sf", number=f"SF{next(numbers):013}", by=BUYER, now=now),
            "receive_return": lambda: aftersales.receive_return(case=case, by=self.clerk, now=now),
            "pass_inspection": lambda: aftersales.pass_inspection(case=case, is_sellable=part % 2 == 0, by=seller, now=now),
            "fail_inspection": lambda: aftersales.fail_inspection(case=case, words="穿过了, 有污渍", by=self.clerk, now=now),
            "send_goods": lambda: aftersales.send_goods(case=case, weight_grams=900, by=self.clerk, now=now),
            "pay_instead": lambda: aftersales.pay_instead(case=case, by=seller, now=now),
            "confirm_arrival": lambda: aftersales.confirm_arrival(case=case, by=BUYER, now=now),
        }
        acts[act]()
        self.cases_are_followed()

    @rule(index=pick)
    def new_goods_come(self, index):
        self._tick()
        case = one_of(AfterSaleCase.objects.filter(state="sent_again"), index)
        if case:
            Parcel.objects.filter(reference=case.pk, sender=case.order.seller).update(stage="handed_over", stage_at=self.now)
            aftersales.take_arrivals(parcels=list(Parcel.objects.filter(reference=case.pk)), now=self.now)

    # --- Payouts and the clock

    @rule(index=pick)
    def pay_out(self, index):
        """The return windows that are over let earnings mature, and some of them are paid."""
        self._tick()
        actions.mature_earnings(now=self.now)
        actions.prepare_payouts(seller_ids=[one.pk for one in self.sellers], by=self.clerk, now=self.now)
        payout = one_of(Payout.objects.filter(state="draft"), index)
        if payout:
            with suppress(Refusal):
                actions.approve_payout(payout=payout, by=self.head, now=self.now)
                actions.pay_out_in_cash(payout=payout, given_by=self.head, received_by="卓玛", now=self.now)

    @rule(hours=st.sampled_from([1, 24, 50, 24 * 4, 24 * 8]))
    def time_passes(self, hours):
        self.now += timedelta(minutes=3)
        actions.book_forgotten(now=self.now)
        self.now += timedelta(hours=hours)
        aftersales.let_time_decide(now=self.now)

    # --- What always holds

    @invariant()
    def a_unit_goes_back_once(self):
        counted = {}
        for line in CaseLine.objects.filter(case__outcome__in=("", "refunded")).exclude(case__kind="compensation").select_related("line"):
            counted[line.line] = counted.get(line.line, 0) + line.quantity
        assert all(units <= line.quantity for line, units in counted.items())

    @invariant()
    def cases_are_followed(self):
        """A case is opened for its seller to look at; where it goes from there is counted."""
        stand = dict(AfterSaleCase.objects.values_list("pk", "state"))
        for key, state in stand.items():
            if self.stood.get(key, "") != state:
                self.moves[self.stood.get(key, ""), state] += 1
        self.stood = stand

    # --- The end

    def _finish(self):
        """Nobody acts any more: the providers answer, messages come, and time ends every case."""
        super()._finish()
        for order in SellerOrder.objects.filter(state="preparing").order_by("pk"):
            Parcel.objects.filter(reference=order.pk).update(stage="handed_over", stage_at=self.now)
            orders.confirm_receipt(orders=[order], now=self.now)
        for _ in range(9):
            for found in Refund.objects.filter(state="failed").order_by("pk"):
                payments.retry_refund(refund_id=found.pk, now=self.now)
            for found in self._sent().order_by("pk"):
                self._arrive(found)
            self._hear()
            while self.waiting:
                events.carry_out(*self.waiting.pop())
            self.cases_are_followed()
            self.now += timedelta(days=16)
            aftersales.let_time_decide(now=self.now)
            self.cases_are_followed()
        self.now += timedelta(minutes=3)
        actions.book_forgotten(now=self.now, since=world.NOW - timedelta(days=1))
        actions.mature_earnings(now=self.now)
        for payout in Payout.objects.filter(state="approved"):
            actions.return_payout(payout=payout, reference="", note="", at=self.now, by_id=None, now=self.now)

    def _is_whole(self):
        super()._is_whole()
        assert not AfterSaleCase.objects.exclude(state__in=AfterSaleCase.ENDED).exists()
        for case in AfterSaleCase.objects.filter(outcome="refunded"):
            assert sum(Refund.objects.filter(reference=case.pk).values_list("amount_fen", flat=True)) == case.agreed_fen


@pytest.mark.django_db
def test_returns_in_any_order(tmp_path, settings):
    settings.MEDIA_ROOT = tmp_path
    Returns.moves.clear()

    run(Returns, examples=7, steps=25)

    open_states = set(AfterSaleCase.State) - set(AfterSaleCase.ENDED)
    assert {reached for _left, reached in Returns.moves} == set(AfterSaleCase.State)
    assert {left for left, _reached in Returns.moves} == open_states | {""}
