"""Orders that are paid when they are handed over, among all that can happen to money, in any order: bought, taken, left, paid ahead."""

from contextlib import nullcontext, suppress
from datetime import timedelta

import pytest
from django.db.models import Q
from hypothesis import strategies as st
from hypothesis.stateful import invariant, rule

from teahorse.common.refusals import Refusal
from teahorse.logistics import actions as logistics
from teahorse.logistics.models import Parcel, Scan
from teahorse.orders import actions as orders
from teahorse.orders.models import BalanceDue, SellerOrder
from teahorse.payments import actions as payments
from teahorse.settlement.models import Sale
from tests import world

from .in_any_order import one_of, pick, run
from .making import placed
from .test_any_order import Money

UNPAID = {"group__is_paid_on_delivery": True, "paid_at": None}


class OnDelivery(Money):
    """Villagers, a point with a box, and all that the others do."""

    hears = (*Money.hears, "teahorse.orders.reactions.follow")

    def __init__(self):
        super().__init__()
        self.point = world.service_point("dechen")
        self.villagers = 0

    @rule(first=st.integers(0, 3), second=st.integers(0, 3))
    def buy_on_delivery(self, first, second):
        self._tick()
        wanted = {offer: units for offer, units in zip(self.goods, (first, second), strict=True) if units}
        if self._are_left(wanted):
            self.villagers += 1  # a new one each time: nobody is refused for those before
            buyer = world.person(f"+86199100{self.villagers:05}")
            placed(wanted, now=self.now, buyer=buyer, pickup_point=self.point, verified_phone=buyer.phone, is_paid_on_delivery=True)

    @rule(index=pick, is_brought=st.sampled_from([True, True, False]))
    def bring(self, index, is_brought):
        """Or leave it with its seller: bring it another time, if it is not cancelled before."""
        self._tick()
        packed = Parcel.objects.filter(stage="packed", cod_fen__gt=0).values("reference")
        order = one_of(SellerOrder.objects.filter(Q(state="agreed") | Q(state="preparing", pk__in=packed)), index)
        if order and order.state == "agreed":
            orders.pack_order(order=order, weight_grams=500, by=None, now=self.now)
        if order and is_brought:
            self._scan(order, Scan.Act.ARRIVED)

    @rule(index=pick, provider=st.sampled_from(["cash", "cash", "wechat_pay"]))
    def take_at_the_counter(self, index, provider):
        """Or begin to pay ahead; whether that money comes, and when, another rule says."""
        self._tick()
        due = one_of(BalanceDue.objects.filter(kind="on_delivery").select_related("order__group"), index)
        if due:
            with suppress(Refusal):
                method = "counter" if provider == "cash" else "native"
                payment = orders.start_payment(group=due.order.group, provider=provider, method=method, now=self.now, balance_id=due.pk)
                if provider == "cash":
                    payments.take_cash(payment_id=payment.pk, by_id=payment.pk, now=self.now)

    @rule(index=pick)
    def hand_over(self, index):
        self._tick()
        parcel = one_of(Parcel.objects.filter(stage="at_point", pickup_point=self.point), index)
        if parcel:
            with suppress(logistics.TakeMoneyFirst, logistics.IsStopped):
                logistics.hand_over(parcel=parcel, pickup_code=parcel.pickup_code, place=self.point, by=None, now=self.now)

    @rule(index=pick, act=st.sampled_from([Scan.Act.REFUSED, Scan.Act.RETURNED, Scan.Act.LOST, Scan.Act.FOUND, Scan.Act.DEPARTED]))
    def leave_unfetched(self, index, act):
        self._tick()
        order = one_of(SellerOrder.objects.filter(state__in=("preparing", "cancelled"), packed_at__isnull=False, **UNPAID), index)
        if order and not Parcel.objects.filter(reference=order.pk, stage__in=("returned", "handed_over")).exists():
            self._scan(order, act)

    @rule(index=pick)
    def cancel_what_is_unpaid(self, index):
        """Before it is packed, or after: then only while it lies with its seller."""
        self._tick()
        order = one_of(SellerOrder.objects.filter(state__in=("agreed", "preparing"), **UNPAID), index)
        if order:
            is_sent = Parcel.objects.filter(reference=order.pk).exclude(stage="packed").exists()
            with pytest.raises(orders.SentUnpaid) if is_sent else nullcontext():
                orders.cancel_order(order=order, reason="改主意了", now=self.now)

    @rule()
    def sweep(self):
        super().sweep()
        orders.end_unfetched(now=self.now)

    @invariant()
    def nothing_is_handed_over_or_sold_before_its_money_is_here(self):
        unpaid = SellerOrder.objects.filter(**UNPAID)
        assert not Parcel.objects.filter(reference__in=unpaid.values("pk"), stage="handed_over").exists()
        assert not unpaid.filter(state="closed").exists()
        assert not Sale.objects.filter(pk__in=unpaid.values("pk"), frozen_at__isnull=False).exists()

    @invariant()
    def what_is_cancelled_is_neither_to_be_sent_nor_handed_over(self):
        cancelled = SellerOrder.objects.filter(state="cancelled", **UNPAID).values("pk")
        assert not Parcel.objects.filter(reference__in=cancelled, stage__in=("packed", "handed_over")).exists()

    @invariant()
    def who_is_paid_and_what_is_owed_agree(self):
        for due in BalanceDue.objects.filter(kind="on_delivery").select_related("order"):
            assert (due.state == "paid") == (due.order.paid_at is not None)
            assert due.paid_by_id == due.order.paid_by_id

    def _scan(self, order, act):
        parcel = Parcel.objects.get(reference=order.pk)
        told = logistics.ScanDraft(parcel_number=parcel.number, act=act, happened_at=self.now, place=self.point, by=None)
        logistics.record_scans(scans=[told], now=self.now)

    def _finish(self):
        """What is not paid goes back, what is paid is fetched; then all the rest."""
        self.now += timedelta(minutes=20)
        self.sweep()
        for order in SellerOrder.objects.filter(state="agreed").order_by("pk"):
            orders.cancel_order(order=order, reason="改主意了", now=self.now)
        for order in SellerOrder.objects.filter(state="preparing", **UNPAID).order_by("pk"):
            if not Parcel.objects.filter(reference=order.pk, stage="returned").exists():
                self._scan(order, Scan.Act.RETURNED)
            orders.follow_unpaid_parcels(order_ids=[order.pk], now=self.now)
        for order in SellerOrder.objects.filter(state="preparing").order_by("pk"):
            Parcel.objects.filter(reference=order.pk).update(stage=Parcel.Stage.HANDED_OVER, stage_at=self.now)
            orders.confirm_receipt(orders=[order], now=self.now)
        super()._finish()
        assert not BalanceDue.objects.filter(kind="on_delivery", state="asked").exists()


@pytest.mark.django_db
def test_what_is_paid_on_delivery_in_any_order():
    run(OnDelivery, examples=11, steps=35)
