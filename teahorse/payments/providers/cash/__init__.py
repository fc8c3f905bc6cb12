"""Cash at a counter: nobody is asked over a network; ``take_cash`` and ``pay_back_cash`` write down what a person did."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from teahorse.payments.models import Payment, Refund
from teahorse.payments.providers import CASH, BillRow, CloseAnswer, NotificationRead, NotificationRefused, Outcome


class CashAtACounter:
    """A person with the right takes the money and gives a receipt."""

    code = CASH
    is_remote = False

    def open(self, payment: Payment) -> dict[str, Any]:
        return {"number": payment.our_number}

    def query(self, payment: Payment, *, now: datetime) -> Outcome | None:  # noqa: ARG002 - the port
        return None

    def close(self, payment: Payment) -> CloseAnswer:  # noqa: ARG002 - the port
        return CloseAnswer.CLOSED

    def refund(self, refund: Refund, *, now: datetime) -> Outcome | None:  # noqa: ARG002 - the port
        return None

    def query_refund(self, refund: Refund, *, now: datetime) -> Outcome | None:  # noqa: ARG002 - the port
        return None

    def bill(self, day: date) -> list[BillRow]:  # noqa: ARG002 - the port
        return []

    def read_notification(self, headers: Mapping[str, str], body: bytes, now: datetime) -> NotificationRead:  # noqa: ARG002 - the port
        msg = "cash sends no messages"
        raise NotificationRefused(msg)


def provider() -> CashAtACounter:
    """Return the counter."""
    return CashAtACounter()
