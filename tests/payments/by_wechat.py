"""Payments and refunds by WeChat Pay over the sandbox, as several files of tests need them."""

from datetime import timedelta

from django.utils import timezone

from teahorse.common.ids import new_id
from teahorse.payments import actions

from .conftest import wait_until
from .making import prepared


def apply():
    return actions.apply_notifications(now=timezone.now())


def poll(payment, later=timedelta()):
    """Ask about one payment; ``later`` is how far on our clock is."""
    actions.poll_open_payments(payment_ids=[payment.pk], now=timezone.now() + later)
    payment.refresh_from_db()
    return payment.state


def facts(payment):
    return [(event.kind, event.amount_fen, event.source) for event in payment.events.order_by("recorded_at", "pk")]


def paid(house, kept, **wishes):
    """A payment whose money is here."""
    payment = prepared(**wishes)
    house.act(payment)
    wait_until(lambda: applied(payment).state == "succeeded")
    return payment


def applied(thing):
    """A payment or refund as it stands after what has come was applied."""
    apply()
    thing.refresh_from_db()
    return thing


def arrived(refund):
    """Wait until the inbox settles a refund."""
    wait_until(lambda: applied(refund).state in {"succeeded", "failed"})
    return refund


def send(refund, later=timedelta()):
    actions.send_refunds(now=timezone.now() + later)
    refund.refresh_from_db()
    return refund.state


def request(payment, amount_fen, reference=None):
    return actions.request_refund(
        split=payment.splits.get(), reference=reference or new_id(), amount_fen=amount_fen, reason="七天无理由", now=timezone.now()
    )
