"""
Orders that a seller collected herself, with everything that may happen to their shares, in any order and booked late.

At the end what the books say stands at the provider is what her earnings there say, and what the house got is what of its fees is left.
"""

from contextlib import suppress
from datetime import timedelta
from unittest.mock import patch

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import rule

from teahorse.common.refusals import Refusal
from teahorse.ledger import queries as books
from teahorse.payments.actions.sharing import _write_returns, _write_sharings
from teahorse.payments.models import ShareLine, ShareReturn, Sharing
from teahorse.payments.providers import SharingTold, Told
from teahorse.settlement import actions, facts
from teahorse.settlement.models import Maturity, Payout, SharedFee
from tests import world

from .in_any_order import MoneyInAnyOrder, one_of, pick, run
from .making import fee, paid
from .sharing import account


class Shares(MoneyInAnyOrder):
    """A seller who collects herself and runs a pickup point, another station with an account, a centre without."""

    def __init__(self):
        super().__init__()
        self.budget = world.organisation("budget", kind="county_centre", code=world.GYANGZE)
        self.kept.enter_context(patch.object(facts, "_subsidies", self._subsidies))
        self.seller = world.organisation("coop")
        self.points = [None, world.service_point("st-2", code=world.GYANGZE), world.service_point("coop")]
        account(self.seller)
        account(self.points[1].organisation, number="1900000200")
        self.goods = world.offer(self.seller, price_fen=3833, on_hand=500)
        fee("commission", rate=317, beneficiary="centre")
        fee("station", rate=151, basis="order", beneficiary="pickup")
        fee("host", rate=2999, basis="order", beneficiary="platform")

    def _subsidies(self, order_ids):
        return {key: [(self.budget.pk, 1333)] for key in order_ids if key.int % 3 == 0}

    def _sent(self):
        """A refund is sent when its shares have come back."""
        return super()._sent().exclude(returns__state__in=ShareReturn.OPEN)

    @rule(units=st.integers(1, 3), point=st.integers(0, 2), provider=st.sampled_from(["wechat_pay", "wechat_pay", "cash"]))
    def buy(self, units, point, provider):
        self._tick()
        paid({self.goods: units}, now=self.now, provider=provider, pickup_point=self.points[point])

    @rule(index=pick, part=st.sampled_from([1, 30, 77, 100]))
    def give_back(self, index, part):
        self._give_back(index, part)

    @rule()
    def book(self):
        self.now += timedelta(minutes=3)
        actions.book_forgotten(now=self.now)

    @rule()
    def return_windows_pass(self):
        self.book()
        self.now += timedelta(days=9)
        actions.mature_earnings(now=self.now)
        actions.release_sales(now=self.now)

    @rule()
    def pay_out(self):
        self._tick()
        for payout in actions.prepare_payouts(seller_ids=[self.seller.pk], by=self.clerk, now=self.now):
            actions.approve_payout(payout=payout, by=self.head, now=self.now)

    @rule()
    def share(self):
        self._tick()
        actions.share_payouts(now=self.now)

    @rule(index=pick, fate=st.sampled_from(["done", "done", "kept", "refused"]), is_heard=st.booleans())
    def provider_answers(self, index, fate, is_heard):
        self._tick()
        sharing = one_of(Sharing.objects.filter(state__in=Sharing.OPEN), index)
        if sharing:
            self._answer(sharing, fate)
            if is_heard:
                actions.book_sharings(sharing_ids=[sharing.pk], now=self.now)

    def _answer(self, sharing, fate):
        taken = [fate != "kept" or place == 0 for place in range(sharing.lines.count())]
        told = SharingTold(is_finished=True, lines=tuple(Told(our_number="", done=is_so, failed=not is_so) for is_so in taken))
        if fate == "refused":
            told = SharingTold(is_finished=False, refusal="NO_AUTH: 无权限")
        _write_sharings([(sharing, told)], now=self.now)

    @rule(index=pick)
    def try_again(self, index):
        self._tick()
        sharing = one_of(Sharing.objects.filter(state="failed"), index)
        if sharing:
            with suppress(Refusal):
                actions.retry_share(sharing_id=sharing.pk, now=self.now)

    @rule(index=pick)
    def give_up(self, index):
        self._tick()
        payout = one_of(Payout.objects.filter(method="provider", state="sent"), index)
        if payout:
            actions.return_payout(payout=payout, reference="", note="", at=self.now, by_id=None, now=self.now)

    @rule(index=pick)
    def share_comes_back(self, index):
        self._tick()
        back = one_of(ShareReturn.objects.filter(state="requested", line__state="succeeded").select_related("refund"), index)
        if back:
            _write_returns([(back, Told(our_number="", done=True))], now=self.now)

    def _finish(self):
        super()._finish()
        for _ in range(3):  # what was refused is asked for again, and what a payout of something else leaves is let go
            self.return_windows_pass()
            self.pay_out()
            self.share()
            for sharing in Sharing.objects.filter(state="failed").order_by("pk"):
                with suppress(Refusal):
                    actions.retry_share(sharing_id=sharing.pk, now=self.now)
            for sharing in Sharing.objects.filter(state__in=Sharing.OPEN).order_by("pk"):
                self._answer(sharing, "done")
            self.book()
            self.share()
        while back := ShareReturn.objects.filter(state="requested", line__state="succeeded").select_related("refund").first():
            _write_returns([(back, Told(our_number="", done=True))], now=self.now)
        for found in self._sent().order_by("pk"):
            self._arrive(found)
        self.book()
        for payout in Payout.objects.filter(provider="", state="approved"):
            actions.return_payout(payout=payout, reference="", note="", at=self.now, by_id=None, now=self.now)

    def _is_whole(self):
        super()._is_whole()
        assert not Payout.objects.filter(method="provider", state__in=("approved", "sent")).exists()
        waiting = Maturity.objects.filter(provider="wechat_pay", payout=None)
        assert books.balance(purpose="at_provider:wechat_pay", owner_id=self.seller.pk) == sum(one.amount_fen for one in waiting)
        given = SharedFee.objects.filter(account=None, is_kept=False, sharing__state="finished")
        assert books.balance(purpose="at_provider:wechat_pay") == sum(one.left_fen for one in given)
        for line in ShareLine.objects.filter(account__number="1900000200", state="succeeded"):
            assert line.amount_fen >= sum(line.returns.filter(state="succeeded").values_list("amount_fen", flat=True))


@pytest.mark.django_db
def test_shares_in_any_order():
    run(Shares, examples=6, steps=20)
