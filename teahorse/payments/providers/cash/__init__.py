"""Cash at a counter: nobody is asked over a network; ``take_cash`` and ``pay_back_cash`` write down what a person did."""

from collections.abc import Mapping
from datetime import date, datetime, time, timedelta
from typing import Any

from teahorse.common.times import HOME
from teahorse.payments.models import Payment, PaymentEvent, Refund
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

    def billed_accounts(self) -> list[str]:
        return [""]

    def bill(self, day: date, *, account_number: str = "") -> list[BillRow]:  # noqa: ARG002 - the port
        """Return what was counted at the counters that day: for cash our own events are the provider's word."""
        begins = datetime.combine(day, time(), HOME)
        counted = PaymentEvent.objects.filter(payment__provider=CASH, occurred_at__gte=begins, occurred_at__lt=begins + timedelta(days=1))
        counted = counted.filter(kind__in=(PaymentEvent.Kind.SUCCEEDED, PaymentEvent.Kind.REFUNDED)).select_related("payment")
        given = dict(Refund.objects.filter(payment__events__in=counted).values_list("provider_number", "our_number"))
        return [
            BillRow(
                kind="payment" if event.kind == PaymentEvent.Kind.SUCCEEDED else "refund",
                our_number=event.payment.our_number,
                refund_number="" if event.kind == PaymentEvent.Kind.SUCCEEDED else given[event.provider_number],
                provider_number=event.provider_number,
                amount_fen=event.amount_fen,
                occurred_at=event.occurred_at,
            )
            for event in counted.order_by("occurred_at", "pk")
        ]

    def read_notification(self, headers: Mapping[str, str], body: bytes, now: datetime) -> NotificationRead:  # noqa: ARG002 - the port
        msg = "cash sends no messages"
        raise NotificationRefused(msg)


def provider() -> CashAtACounter:
    """Return the counter."""
    return CashAtACounter()
