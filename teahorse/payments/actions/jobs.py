"""The jobs that actions leave for the worker, stored in the action's own transaction; ``tasks.py`` carries them out."""

from collections.abc import Iterable
from uuid import UUID

from procrastinate.contrib.django import app

QUEUE = "payments"
APPLY = "teahorse.payments.apply_notifications"
POLL = "teahorse.payments.poll_payments"
SEND = "teahorse.payments.send_refunds"
SHARE = "teahorse.payments.send_sharings"


def leave_applying() -> None:
    """Have the inbox applied."""
    app.configure_task(APPLY, queue=QUEUE).defer()


def leave_polling(payment_ids: Iterable[UUID]) -> None:
    """Have these payments asked for, or closed at their provider."""
    app.configure_task(POLL, queue=QUEUE).defer(payment_ids=[str(key) for key in payment_ids])


def leave_sending(refund_ids: Iterable[UUID]) -> None:
    """Have these refunds sent."""
    app.configure_task(SEND, queue=QUEUE).defer(refund_ids=[str(key) for key in refund_ids])


def leave_sharing(sharing_ids: Iterable[UUID]) -> None:
    """Have these sharings sent."""
    app.configure_task(SHARE, queue=QUEUE).defer(sharing_ids=[str(key) for key in sharing_ids])
