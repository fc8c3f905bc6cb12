"""Sellers with sales in the past, each made by the real actions at its own time."""

from datetime import timedelta
from itertools import count

from teahorse.common.ids import new_id
from teahorse.dossiers import actions
from teahorse.logistics import actions as logistics
from teahorse.logistics.models import Parcel
from teahorse.orders import actions as orders
from teahorse.orders.models import SellerOrder
from teahorse.payments import actions as payments
from teahorse.payments.models import PaymentSplit, Refund
from teahorse.people import actions as people
from tests import world

numbers = count(1)


def manager(organisation, *, name="次仁", now):
    """A person who acts for a seller, with a name to sign with."""
    person = world.person(f"+8619900{next(numbers):06}", name=name)
    people.give_membership(person=person, organisation=organisation, role="manager", now=now)
    return person


def paid(offers, *, at, buyer):
    """One order group of some offers and quantities, paid in cash."""
    wish = world.wish(offers, buyer=buyer, now=at)
    answer = orders.place_orders(wishes=[wish], now=at)[0]
    group = SellerOrder.objects.filter(group_id=answer.group_id).first().group
    payment = orders.start_payment(group=group, provider="cash", method="counter", now=at)
    payments.take_cash(payment_id=payment.pk, by_id=buyer.pk, now=at)
    orders.take_payments(payment_ids=[payment.pk], now=at)
    return list(SellerOrder.objects.filter(group=group).select_related("group", "seller").order_by("number"))


def paid_in_two(offer, *, at, buyer):
    """One order of an offer that was sold before its harvest: three tenths paid first, the rest a day later."""
    sale = orders.open_harvest_sale(
        level=world.level_of(offer),
        capacity=1,
        opens_at=at,
        closes_at=at + timedelta(hours=1),
        ship_by_date=(at + timedelta(days=2)).date(),
        deposit_basis_points=3000,
        by=None,
        now=at,
    )
    (order,) = paid({offer: 1}, at=at, buyer=buyer)
    orders.declare_harvest(sale=sale, units=1, by=None, now=at)
    while orders.settle_harvests(now=at):
        pass
    paid_besides(order, at=at + timedelta(days=1), buyer=buyer)
    return order


def paid_besides(order, *, at, buyer):
    """Pay in cash what is owed for an order after its first payment."""
    payment = orders.start_payment(group=order.group, provider="cash", method="counter", now=at)
    payments.take_cash(payment_id=payment.pk, by_id=buyer.pk, now=at)
    orders.take_payments(payment_ids=[payment.pk], now=at)
    order.refresh_from_db()


def received(order, *, packed_at, at, **packed):
    """Pack an order, hand it over and close it."""
    parcel = orders.pack_order(order=order, weight_grams=900, by=None, now=packed_at, **packed)
    for act, moment in (("received", packed_at), ("handed_over", at)):
        draft = logistics.ScanDraft(parcel_number=parcel.number, act=act, happened_at=moment, place=None, by=None)
        logistics.record_scans(scans=[draft], now=moment)
    assert Parcel.objects.get(pk=parcel.pk).stage == Parcel.Stage.HANDED_OVER
    orders.confirm_receipt(orders=[order], now=at)
    order.refresh_from_db()
    return order


def sold(offers, *, at, buyer, packed_after=timedelta(hours=20)):
    """Orders that were paid and received."""
    return [received(order, packed_at=at + packed_after, at=at + timedelta(days=6)) for order in paid(offers, at=at, buyer=buyer)]


def given_back(order, fen, *, at):
    """Part of an order's money back in the buyer's hand."""
    split = PaymentSplit.objects.get(payment=order.paid_by_id, reference=order.pk)
    return out_of(split, fen, at=at)


def out_of(split, fen, *, at):
    """So much out of one part of a payment back in the buyer's hand."""
    refund = payments.request_refund(split=split, reference=new_id(), amount_fen=fen, reason="破损", now=at)
    payments.pay_back_cash(refund_id=refund.pk, by_id=new_id(), now=at)
    return Refund.objects.get(pk=refund.pk)


def asked(organisation, by, *, now, **changes):
    """A dossier that was asked for and signed."""
    wish = {
        "form_key": new_id(), "months": 12, "days": 30, "bank_name": "西藏农商银行琼结支行", "purpose": "购买烘干设备",
        "signed_name": by.name, "is_agreed": True,
    }  # fmt: skip
    return actions.ask_dossier(organisation=organisation, by=by, now=now, **{**wish, **changes})
