"""Payments and refunds by Alipay over the sandbox, as several files of tests need them."""

from datetime import timedelta

from django.utils import timezone

from teahorse.common.ids import new_id
from teahorse.payments import actions

from .conftest import wait_until
from .making import prepared


def apply():
    return actions.apply_notifications(now=timezone.now())


def applied(thing):
    apply()
    thing.refresh_from_db()
    return thing


def ready(method="precreate", **wishes):
    return prepared(provider="alipay", method=method, **wishes)


def poll(payment, later=timedelta()):
    actions.poll_open_payments(payment_ids=[payment.pk], now=timezone.now() + later)
    payment.refresh_from_db()
    return payment.state


def paid(house, **wishes):
    """A payment whose money is here."""
    payment = ready(**wishes)
    house.alipay_act(payment)
    wait_until(lambda: applied(payment).state == "succeeded")
    return payment


def refund_of(payment, amount_fen, **more):
    return actions.request_refund(
        split=payment.splits.get(), reference=new_id(), amount_fen=amount_fen, reason="少了一斤", now=timezone.now(), **more
    )


def sent(refund, later=timedelta()):
    actions.send_refunds(refund_ids=[refund.pk], now=timezone.now() + later)
    refund.refresh_from_db()
    return refund.state
