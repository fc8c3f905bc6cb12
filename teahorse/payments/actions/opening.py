"""Opening a payment, preparing it with its provider, closing it."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import connection, transaction
from django.db.models import Sum
from django.utils.translation import gettext_lazy as _

from teahorse.common.ids import new_id
from teahorse.common.refusals import Malformed, Refusal
from teahorse.payments.actions.jobs import leave_polling
from teahorse.payments.actions.recording import HOUSE, closed, record
from teahorse.payments.models import Payment, PaymentSplit, Refund
from teahorse.payments.providers import METHODS, provider_by_code
from teahorse.payments.rules import Split

SUBJECT_LENGTH = 120


class AlreadyPaid(Refusal):
    """Money has come in for this reference and has not gone back."""

    code = "already_paid"
    sentence = _("This has been paid already.")


class PaymentNotOpen(Refusal):
    """The payment has ended or its time is over; a new one must be opened."""

    code = "payment_not_open"
    sentence = _("This payment is no longer open. Please start again.")


class AnotherPayer(Refusal):
    """The payment was prepared for another WeChat account; that is fixed at the provider."""

    code = "another_payer"
    sentence = _("This payment was started by another WeChat account.")


@transaction.atomic
def open_payment(
    *,
    reference: UUID,
    amount_fen: int,
    subject: str,
    splits: Sequence[Split],
    provider: str,
    method: str,
    expires_at: datetime,
    now: datetime,
) -> Payment:
    """
    Begin an attempt to pay a reference, or return the one that is open in the same way for the same amount.

    Another open attempt is closed first, here at once and at its provider by a job; should its provider say that it
    was paid meanwhile, that money counts (late). Callers at the same time get one row. No provider is asked yet.

    :raises AlreadyPaid: if money for the reference is here; nothing is changed.
    :raises ValueError: if the splits do not add up, or the provider, method, amount or expiry cannot be.
    """
    _check(amount_fen=amount_fen, splits=splits, provider=provider, method=method, expires_at=expires_at, now=now)
    _stand_in_line(reference)
    attempts = list(Payment.objects.select_for_update().filter(reference=reference).order_by("pk"))
    if any(payment.state in Payment.TAKEN and not _is_given_back(payment) for payment in attempts):
        raise AlreadyPaid(reference=str(reference))
    for payment in attempts:
        if payment.state in Payment.OPEN:
            wanted = (provider, method, amount_fen)
            if (payment.provider, payment.method, payment.amount_fen) == wanted and payment.expires_at > now:
                return payment
            _close([payment], now=now)
    key = new_id()
    payment = Payment.objects.create(
        pk=key,
        reference=reference,
        attempt=max((payment.attempt for payment in attempts), default=0) + 1,
        provider=provider,
        method=method,
        our_number=key.hex,
        amount_fen=amount_fen,
        subject=subject[:SUBJECT_LENGTH],
        created_at=now,
        expires_at=expires_at,
    )
    PaymentSplit.objects.bulk_create(
        PaymentSplit(payment=payment, payee_id=split.payee_id, reference=split.reference, amount_fen=split.amount_fen) for split in splits
    )
    return payment


def prepare_payment(*, payment_id: UUID, payer_ip: str, openid: str = "", back_url: str = "", now: datetime) -> Payment:
    """
    Ask the provider to open a payment and store what the payer's device needs (``prompt``); must not run in a transaction.

    A payment that is prepared already is returned as it is. What the provider was asked with first is kept, so that
    asking again after trouble says the same.

    :raises ProviderUnavailable: if the provider cannot be reached; the payment stays ``created``, try again.
    :raises ProviderRefuses: if it says no; the payment stays ``created``.
    :raises PaymentNotOpen: if the payment has ended or expired.
    :raises AnotherPayer: if it was begun with another ``openid``.
    """
    with transaction.atomic(durable=True):
        payment = Payment.objects.select_for_update().get(pk=payment_id)
        if payment.state not in Payment.OPEN or payment.expires_at <= now:
            raise PaymentNotOpen(state=payment.state)
        if payment.method == "jsapi" and not openid:
            raise Malformed(field="openid", reason=_("Inside WeChat the payer's openid is needed."))
        if payment.asked.get("openid", openid) != openid:
            raise AnotherPayer
        if payment.state == Payment.State.PAYING:
            return payment
        provider = provider_by_code(payment.provider)
        payment.asked = payment.asked or {"payer_ip": payer_ip, "openid": openid, "back_url": back_url}
        payment.is_open_at_provider = provider.is_remote
        payment.save(update_fields=["asked", "is_open_at_provider"])
    prompt = provider.open(payment)
    return _keep_prompt(payment_id, prompt, now=now)


@transaction.atomic
def close_payments(*, references: Sequence[UUID], now: datetime) -> None:
    """
    Take no more money for these references; their providers are told by a job. Ended payments stay as they are.

    Nothing is announced: who closes knows. Money that comes all the same is announced as ``PaymentsSucceededLate``.
    """
    _stand_in_line(*references)
    open_ones = Payment.objects.select_for_update().filter(reference__in=references, state__in=Payment.OPEN)
    _close(list(open_ones.order_by("pk")), now=now)


@transaction.atomic(durable=True)
def _keep_prompt(payment_id: UUID, prompt: dict[str, Any], *, now: datetime) -> Payment:
    payment = Payment.objects.select_for_update().get(pk=payment_id)
    if payment.state == Payment.State.CREATED:
        payment.state, payment.prompt, payment.polled_at = Payment.State.PAYING, prompt, now
        payment.save(update_fields=["state", "prompt", "polled_at"])
    elif payment.state not in (*Payment.OPEN, *Payment.TAKEN) and not payment.is_open_at_provider:
        # closed here, and there before this very request opened it: it must be closed there once more
        payment.is_open_at_provider = True
        payment.save(update_fields=["is_open_at_provider"])
        leave_polling([payment.pk])
    return payment


def _close(payments: Sequence[Payment], *, now: datetime) -> None:
    """Close locked open payments here, and leave a job that closes them at their providers."""
    if payments:
        record([closed(payment, now=now) for payment in payments], source=HOUSE, now=now)
        for payment in payments:
            payment.refresh_from_db()
        if there := [payment.pk for payment in payments if payment.is_open_at_provider]:
            leave_polling(there)


def _check(*, amount_fen: int, splits: Sequence[Split], provider: str, method: str, expires_at: datetime, now: datetime) -> None:
    problems = (
        (method not in METHODS.get(provider, ()), f"no way to pay is called {provider} {method}"),
        (amount_fen <= 0, f"nothing to pay: {amount_fen} fen"),
        (any(split.amount_fen < 0 for split in splits), "a split is negative"),
        (sum(split.amount_fen for split in splits) != amount_fen, "the splits do not add up to the payment"),
        (expires_at <= now, "it has expired already"),
    )
    for is_so, problem in problems:
        if is_so:
            raise ValueError(problem)


def _stand_in_line(*references: UUID) -> None:
    """Let one transaction at a time open or close payments of a reference: before the first there is no row to lock."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            select pg_advisory_xact_lock(place) from (
                select distinct hashtextextended('payment of ' || reference, 0) as place
                from unnest(%s::text[]) as reference order by place
            ) as places
            """,
            [[str(reference) for reference in references]],
        )


def _is_given_back(payment: Payment) -> bool:
    back = Refund.objects.filter(payment=payment, state=Refund.State.SUCCEEDED).aggregate(fen=Sum("amount_fen"))["fen"]
    return int(back or 0) >= payment.amount_fen
