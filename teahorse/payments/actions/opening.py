"""Opening a payment, preparing it with its provider, closing it."""

from collections.abc import Callable, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import msgspec
from django.db import transaction
from django.db.models import Sum
from django.utils.translation import gettext_lazy as _

from teahorse.common.ids import new_id, new_ids
from teahorse.common.refusals import Malformed, Refusal
from teahorse.common.rows import as_model
from teahorse.common.statements import asked, by_index, together
from teahorse.payments.actions.jobs import leave_polling
from teahorse.payments.actions.recording import HOUSE, closed, record
from teahorse.payments.merchants import COLLECT_FOR_THEMSELVES, collecting_number
from teahorse.payments.models import WITH_PARTS, MerchantAccount, Payment, PaymentSplit, Refund
from teahorse.payments.providers import CASH, METHODS, MOST_PARTS, provider_by_code
from teahorse.payments.rules import Payer, Split

SUBJECT_LENGTH = 120
OPEN_PAYMENT = (Path(__file__).parent / "open_payment.sql").read_text()
STAND_IN_LINE = """
    select pg_advisory_xact_lock(place) from (
        select distinct hashtextextended('payment of ' || reference, 0) as place
        from unnest(%s::text[]) as reference order by place
    ) as places
"""
LOCK_ATTEMPTS = "select row_to_json(payment)::text from payments_payment payment where reference = %s::uuid order by id for update"


class AlreadyPaid(Refusal):
    """Money has come in for this reference and has not gone back."""

    code = "already_paid"
    sentence = _("This has been paid already.")


class PaymentNotOpen(Refusal):
    """The payment has ended or its time is over; a new one must be opened."""

    code = "payment_not_open"
    sentence = _("This payment is no longer open. Please start again.")


class TooManyParts(Refusal):
    """More sellers collect for themselves than the provider takes in one payment (``most``)."""

    code = "too_many_parts"
    sentence = _("Goods of at most %(most)s sellers can be paid together this way; there are %(parts)s.")


class AnotherPayer(Refusal):
    """The payment was prepared for another WeChat account; that is fixed at the provider."""

    code = "another_payer"
    sentence = _("This payment was started by another WeChat account.")


def ask_for_attempts(reference: UUID) -> Callable[[], list[Payment]]:
    """
    Lock what there is to pay a reference with, and ask for it; see :func:`teahorse.common.statements.asked`.

    One transaction at a time gets the answer, also before the first attempt. It is what :func:`open_payment` goes by,
    in the same transaction.

    :raises django.db.transaction.TransactionManagementError: outside a transaction, where nothing would stay locked.
    """
    if not transaction.get_connection().in_atomic_block:
        msg = "attempts are locked in a transaction"
        raise transaction.TransactionManagementError(msg)
    _stand_in_line(reference)  # a statement before the rows are read: who waited for it sees what was opened meanwhile
    rows = asked(LOCK_ATTEMPTS, [str(reference)])
    return lambda: [as_model(Payment, msgspec.json.decode(text)) for (text,) in rows()]


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
    payer: Payer | None = None,
    attempts: Sequence[Payment] | None = None,
) -> Payment:
    """
    Begin an attempt to pay a reference, or return the one that is open in the same way for the same amount.

    Another open attempt is closed first, here at once and at its provider by a job; should its provider say that it
    was paid meanwhile, that money counts (late). Callers at the same time get one row. No provider is asked yet; a new
    payment in cash, whose payer is told, needs none and is prepared (:func:`prepare_payment`) at once.

    ``attempts`` is the answer to :func:`ask_for_attempts`, where this transaction has asked already.

    :raises AlreadyPaid: if money for the reference is here; nothing is changed.
    :raises TooManyParts: if several sellers collect for themselves and the provider cannot take so many at once.
    :raises ValueError: if the splits do not add up, or the provider, method, amount or expiry cannot be.
    """
    _check(amount_fen=amount_fen, splits=splits, provider=provider, method=method, expires_at=expires_at, now=now)
    key = new_id()
    draft = Payment(
        id=key,
        reference=reference,
        provider=provider,
        method=method,
        our_number=key.hex,
        amount_fen=amount_fen,
        subject=subject[:SUBJECT_LENGTH],
        created_at=now,
        expires_at=expires_at,
    )
    if provider == CASH and payer is not None:
        draft.asked = payer.as_asked()
        draft.state, draft.prompt, draft.polled_at = Payment.State.PAYING, provider_by_code(CASH).open(draft), now
    if attempts is not None:
        return _begun(draft, splits, attempts, now=now)
    with transaction.atomic():
        with together():
            by_index()
            ask_attempts = ask_for_attempts(reference)
        return _begun(draft, splits, ask_attempts(), now=now)


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
        payment = Payment.objects.select_for_update().prefetch_related(WITH_PARTS).get(pk=payment_id)
        if payment.state not in Payment.OPEN or payment.expires_at <= now:
            raise PaymentNotOpen(state=payment.state)
        if payment.method == "jsapi" and not openid:
            raise Malformed(field="openid", reason=_("Inside WeChat the payer's openid is needed."))
        if payment.asked.get("openid", openid) != openid:
            raise AnotherPayer
        if payment.state == Payment.State.PAYING:
            return payment
        provider = provider_by_code(payment.provider)
        payment.asked = payment.asked or {"payer_ip": payer_ip, "openid": openid, "back_url": back_url, **_collected_by(payment)}
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


def _collected_by(payment: Payment) -> dict[str, str]:
    """
    Return the account that collects it, where that is the seller's own; asking again must name the same.

    Its parts say so since it was opened, unless an account came or ended meanwhile.
    """
    if payment.provider not in COLLECT_FOR_THEMSELVES:
        return {}
    number = collecting_number(provider=payment.provider, payment_id=payment.pk)
    account = MerchantAccount.objects.filter(provider=payment.provider, number=number).first() if number else None
    PaymentSplit.objects.filter(payment=payment, amount_fen__gt=0).update(account=account)
    return {"account": number} if number else {}


def _stand_in_line(*references: UUID) -> None:
    """Let one transaction at a time open or close payments of a reference: before the first there is no row to lock."""
    asked(STAND_IN_LINE, [[str(reference) for reference in references]])


def _begun(draft: Payment, splits: Sequence[Split], attempts: Sequence[Payment], *, now: datetime) -> Payment:
    """Return the locked attempt that is as this draft, or write the draft as the next one."""
    if any(payment.state in Payment.TAKEN and not _is_given_back(payment) for payment in attempts):
        raise AlreadyPaid(reference=str(draft.reference))
    for payment in attempts:
        if payment.state in Payment.OPEN:
            wanted = (draft.provider, draft.method, draft.amount_fen)
            if (payment.provider, payment.method, payment.amount_fen) == wanted and payment.expires_at > now:
                return payment
            _close([payment], now=now)
    draft.attempt = max((payment.attempt for payment in attempts), default=0) + 1
    return _written(draft, splits)


def _written(payment: Payment, splits: Sequence[Split]) -> Payment:
    """Write a new payment and its splits in one statement, who collects each included."""
    most = MOST_PARTS.get(payment.provider, 0)
    rows = [
        {"id": key, "payee_id": split.payee_id, "reference": split.reference, "amount_fen": split.amount_fen}
        for key, split in zip(new_ids(len(splits)), splits, strict=True)
    ]
    answer = asked(
        OPEN_PAYMENT,
        {
            "id": str(payment.pk),
            "reference": str(payment.reference),
            "attempt": payment.attempt,
            "provider": payment.provider,
            "most_parts": most,
            "own_keys": payment.provider in COLLECT_FOR_THEMSELVES,
            "method": payment.method,
            "our_number": payment.our_number,
            "amount_fen": payment.amount_fen,
            "subject": payment.subject,
            "state": str(payment.state),
            "asked": msgspec.json.encode(payment.asked).decode(),
            "prompt": msgspec.json.encode(payment.prompt).decode(),
            "created_at": payment.created_at,
            "expires_at": payment.expires_at,
            "polled_at": payment.polled_at,
            "splits": msgspec.json.encode(rows).decode(),
        },
    )
    text, parts = answer()[0]
    if text is None:
        raise TooManyParts(most=most, parts=parts)
    return as_model(Payment, msgspec.json.decode(text))


def _is_given_back(payment: Payment) -> bool:
    back = Refund.objects.filter(payment=payment, state=Refund.State.SUCCEEDED).aggregate(fen=Sum("amount_fen"))["fen"]
    return int(back or 0) >= payment.amount_fen
