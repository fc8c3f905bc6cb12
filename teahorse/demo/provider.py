"""
The demo in the provider's place: it tells the house of payments and refunds of the past, and makes the bills of those days.

What the sandbox has to know of them, so that it can bill the days that are not over, and pay back what is asked back later,
is written into a file that it reads when it starts.
"""

import json
from collections import defaultdict
from collections.abc import Iterable
from datetime import date, datetime
from pathlib import Path
from typing import Any

from django.db.models import QuerySet

from teahorse.common.times import HOME
from teahorse.payments import actions as payments
from teahorse.payments.actions.recording import NOTIFICATION, record
from teahorse.payments.models import Payment, PaymentEvent, ProviderBill, ProviderBillRow, Refund
from teahorse.payments.providers import CASH, BillRow, Outcome, provider_by_code

PROVIDER = "wechat_pay"
PAST = "past.json"
FEE_PER_MILLE = 6


def got_paid(payment: Payment, *, at: datetime) -> None:
    """Tell the house that the payer has paid."""
    told = Outcome(
        our_number=payment.our_number,
        kind=PaymentEvent.Kind.SUCCEEDED,
        provider_number=f"42000{payment.our_number[-23:]}",
        amount_fen=payment.amount_fen,
        occurred_at=at,
    )
    record([told], source=NOTIFICATION, now=at)


def gave_back(refunds: QuerySet[Refund], *, at: datetime) -> None:
    """Tell the house that refunds have arrived; those that have before stay as they are."""
    for refund in refunds.filter(state__in=Refund.OPEN, payment__provider=PROVIDER).select_related("payment").order_by("pk"):
        told = Outcome(
            our_number=refund.payment.our_number,
            refund_number=refund.our_number,
            kind=PaymentEvent.Kind.REFUNDED,
            provider_number=f"50300{refund.our_number[-23:]}",
            amount_fen=refund.amount_fen,
            occurred_at=at,
        )
        record([told], source=NOTIFICATION, now=at)


def keep_bills(*, now: datetime) -> None:
    """Keep the bills of the days that are over on which money moved; for cash our own events are the provider's word."""
    today = now.astimezone(HOME).date()
    moments = PaymentEvent.objects.filter(payment__provider=CASH).values_list("occurred_at", flat=True)
    for day in sorted({at.astimezone(HOME).date() for at in moments}):
        if day < today:
            payments.keep_bill(ProviderBill(provider=CASH, day=day, fetched_at=now), provider_by_code(CASH).bill(day))
    of_day: dict[date, list[BillRow]] = defaultdict(list)
    for row in _moved():
        of_day[row.occurred_at.astimezone(HOME).date()].append(row)
    for day, rows in sorted(of_day.items()):
        if day < today:
            payments.keep_bill(ProviderBill(provider=PROVIDER, day=day, fetched_at=now), rows)


def _moved() -> Iterable[BillRow]:
    """Return every payment and every refund that arrived, as they stand on the provider's trade bill."""
    for payment in Payment.objects.filter(provider=PROVIDER, state__in=Payment.TAKEN).order_by("pk"):
        event = PaymentEvent.objects.get(payment=payment, kind=PaymentEvent.Kind.SUCCEEDED)
        yield BillRow(
            kind=ProviderBillRow.Kind.PAYMENT,
            our_number=payment.our_number,
            provider_number=event.provider_number,
            amount_fen=payment.amount_fen,
            fee_fen=_fee(payment.amount_fen),
            occurred_at=event.occurred_at,
        )
    for refund in Refund.objects.filter(payment__provider=PROVIDER, state=Refund.State.SUCCEEDED).select_related("payment").order_by("pk"):
        event = PaymentEvent.objects.get(kind=PaymentEvent.Kind.REFUNDED, provider_number=refund.provider_number, payment=refund.payment)
        yield BillRow(
            kind=ProviderBillRow.Kind.REFUND,
            our_number=refund.payment.our_number,
            refund_number=refund.our_number,
            provider_number=refund.provider_number,
            amount_fen=refund.amount_fen,
            fee_fen=-_fee(refund.amount_fen),
            occurred_at=event.occurred_at,
        )


def _fee(fen: int) -> int:
    return (fen * FEE_PER_MILLE + 500) // 1000


def write_past(folder: Path) -> None:
    """Write for the sandbox what it did before it was there; it reads the file when it starts, and what it knows it leaves alone."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    described = dict(Payment.objects.filter(provider=PROVIDER).values_list("our_number", "subject"))
    past: dict[str, list[dict[str, Any]]] = {"payments": [], "refunds": []}
    for row in _moved():
        told = {"out_trade_no": row.our_number, "fen": row.amount_fen, "at": row.occurred_at.timestamp()}
        if row.kind == ProviderBillRow.Kind.PAYMENT:
            past["payments"].append({**told, "transaction_id": row.provider_number, "description": described[row.our_number]})
        else:
            past["refunds"].append({**told, "refund_id": row.provider_number, "out_refund_no": row.refund_number})
    (folder / PAST).write_text(json.dumps(past, ensure_ascii=False), encoding="utf-8")
