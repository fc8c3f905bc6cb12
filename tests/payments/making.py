"""Payments as these tests need them."""

from datetime import timedelta
from uuid import UUID

from django.utils import timezone

from teahorse.common.ids import new_id
from teahorse.payments import actions

COOPERATIVE = UUID("0198a1b2-0000-7000-8000-000000000001")
CARRIER = UUID("0198a1b2-0000-7000-8000-000000000002")
CLERK = UUID("0198a1b2-0000-7000-8000-000000000003")


def halves(amount_fen):
    first = amount_fen // 2
    return (
        actions.Split(payee_id=COOPERATIVE, reference=new_id(), amount_fen=first),
        actions.Split(payee_id=CARRIER, reference=new_id(), amount_fen=amount_fen - first),
    )


def whole(amount_fen):
    return (actions.Split(payee_id=COOPERATIVE, reference=new_id(), amount_fen=amount_fen),)


def opened(*, reference=None, amount_fen=3800, provider="wechat_pay", method="native", minutes=15, now=None, splits=whole):
    """An attempt that no provider knows of yet."""
    now = now or timezone.now()
    return actions.open_payment(
        reference=reference or new_id(),
        amount_fen=amount_fen,
        subject="香格里拉松茸 500g",
        splits=splits(amount_fen),
        provider=provider,
        method=method,
        expires_at=now + timedelta(minutes=minutes),
        now=now,
    )


def prepared(**wishes):
    """A payment that a payer's device can pay now."""
    payment = opened(**wishes)
    return actions.prepare_payment(payment_id=payment.pk, payer_ip="10.0.0.7", now=timezone.now())


def cash_taken(*, amount_fen=3800, now, **wishes):
    """A payment that a clerk took at a counter."""
    payment = opened(provider="cash", method="counter", amount_fen=amount_fen, now=now, **wishes)
    return actions.take_cash(payment_id=payment.pk, by_id=CLERK, now=now)
