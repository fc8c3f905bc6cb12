"""Money on its way back. The decision is taken above; here it is never more than came in, and sent until it arrives."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.db.models import Sum
from django.utils.translation import gettext_lazy as _

from teahorse.common.events import announce
from teahorse.common.ids import new_id
from teahorse.common.refusals import Refusal
from teahorse.payments.actions.jobs import leave_sending
from teahorse.payments.actions.polling import ask_all
from teahorse.payments.actions.recording import POLL, locked_payments, record
from teahorse.payments.actions.sharing import renew_failed_returns, send_returns, take_shares_back
from teahorse.payments.events import RefundsRequested
from teahorse.payments.models import Payment, PaymentSplit, Refund, ShareReturn
from teahorse.payments.providers import CASH, Outcome, provider_by_code
from teahorse.payments.rules import renewed, wait_after

REASON_LENGTH = 80


class NothingToRefund(Refusal):
    """No money has come in for this payment."""

    code = "nothing_to_refund"
    sentence = _("Nothing was paid here that could be paid back.")


class RefundTooLarge(Refusal):
    """More would go back than came in; ``left_fen`` is what may still be refunded."""

    code = "refund_too_large"
    sentence = _("At most %(left_fen)s fen can still be paid back.")


class RefundDiffers(Refusal):
    """A refund for this reference exists, over another amount (``amount_fen``)."""

    code = "refund_differs"
    sentence = _("For this, %(amount_fen)s fen are being paid back already.")


class RefundNotFailed(Refusal):
    """The refund is on its way, or has arrived."""

    code = "refund_not_failed"
    sentence = _("This refund has not failed.")


@transaction.atomic
def request_refund(*, split: PaymentSplit, reference: UUID, amount_fen: int, reason: str, now: datetime) -> Refund:
    """
    Have part or all of one part of a payment go back; the same reference twice is the same refund. A job sends it.

    Where the part was shared out, its receivers give back their parts of the refund first, and the refund waits for them.
    That it was decided is announced at once (``RefundsRequested``), that it arrived or was refused for good later (``RefundsSettled``).

    :raises NothingToRefund: if the payment has brought no money.
    :raises RefundTooLarge: if all refunds together would be more than that part of the payment.
    :raises RefundDiffers: if the reference's refund is over another amount. Nothing is changed in any of these.
    :raises ValueError: unless the amount is at least one fen.
    """
    if amount_fen <= 0:
        msg = f"nothing to refund: {amount_fen} fen"
        raise ValueError(msg)
    payment = Payment.objects.select_for_update().get(pk=split.payment_id)
    known = Refund.objects.filter(split=split, reference=reference).first()
    if known is not None:
        if known.amount_fen != amount_fen:
            raise RefundDiffers(amount_fen=known.amount_fen)
        return known
    if payment.state not in Payment.TAKEN:
        raise NothingToRefund(state=payment.state)
    left_fen = _left_fen(split)
    if amount_fen > left_fen:
        raise RefundTooLarge(left_fen=left_fen, asked_fen=amount_fen)
    return _requested(payment, split, reference, amount_fen, reason, now)


@transaction.atomic
def send_payment_back(*, payment: Payment, reason: str, now: datetime) -> list[Refund]:
    """
    Have all that is left of a payment go back, each part by a refund of its own under the part's reference; harmless twice.

    :raises NothingToRefund: if the payment has brought no money; nothing is changed.
    """
    payment = Payment.objects.select_for_update().get(pk=payment.pk)
    if payment.state not in Payment.TAKEN:
        raise NothingToRefund(state=payment.state)
    parts = [(split, _left_fen(split)) for split in PaymentSplit.objects.filter(payment=payment).order_by("pk")]
    return [_requested(payment, split, split.reference, left_fen, reason, now) for split, left_fen in parts if left_fen]


def _left_fen(split: PaymentSplit) -> int:
    asked = Refund.objects.filter(split=split).aggregate(fen=Sum("amount_fen"))["fen"]
    return split.amount_fen - int(asked or 0)


def _requested(payment: Payment, split: PaymentSplit, reference: UUID, amount_fen: int, reason: str, now: datetime) -> Refund:
    key = new_id()
    refund = Refund.objects.create(
        pk=key,
        payment=payment,
        split=split,
        reference=reference,
        our_number=key.hex,
        amount_fen=amount_fen,
        reason=reason[:REASON_LENGTH],
        requested_at=now,
        due_at=now,
    )
    take_shares_back(refund, now=now)
    announce(RefundsRequested(refund_ids=(refund.pk,)))
    if payment.provider != CASH:
        leave_sending([refund.pk])
    return refund


@transaction.atomic
def retry_refund(*, refund_id: UUID, now: datetime) -> Refund:
    """
    Send a failed refund once more.

    Only after its provider closed it under a new number: one that is merely stuck there ("abnormal") may still
    arrive, and a second number would pay twice. One that waits because shares could not be taken back has them taken
    back once more.

    :raises RefundNotFailed: if it is on its way or has arrived; nothing is changed.
    """
    payment = Payment.objects.select_for_update().get(refunds=refund_id)
    refund = Refund.objects.select_for_update().get(pk=refund_id)
    if not renew_failed_returns(refund, now=now) and refund.state != Refund.State.FAILED:
        raise RefundNotFailed(state=refund.state)
    if refund.is_number_spent:
        refund.our_number, refund.is_number_spent = renewed(refund.our_number), False
    refund.state, refund.trouble, refund.settled_at = Refund.State.REQUESTED, "", None
    refund.due_at, refund.tries = now, 0
    refund.save(update_fields=["our_number", "is_number_spent", "state", "trouble", "settled_at", "due_at", "tries"])
    if payment.provider != CASH:
        leave_sending([refund.pk])
    return refund


def send_refunds(*, now: datetime, limit: int = 200, refund_ids: Collection[UUID] | None = None) -> int:
    """
    Send the refunds that are due (of those named, if some are), ask about those sent, and return how many.

    Sending twice is harmless: a provider takes each number once. What does not answer is tried again after 5, 10,
    20 ... seconds, at most half an hour. Must not run in a transaction. Cash waits for a person. What was shared out
    is taken back first: a refund is not sent before.
    """
    send_returns(now=now, limit=limit, refund_ids=refund_ids)
    refunds = _claim(now=now, limit=limit, refund_ids=refund_ids)
    answers = ask_all(refunds, lambda refund: _send(refund, now=now), provider_of=lambda refund: refund.payment.provider)
    _write_down([(refund, answer) for refund, answer in answers if answer is not None], now=now)
    return len(refunds)


@dataclass(frozen=True)
class _Taken:
    """The provider has the refund; without an outcome it is on its way."""

    outcome: Outcome | None


def _send(refund: Refund, *, now: datetime) -> _Taken:
    """Ask one provider about one refund; touches no table."""
    provider = provider_by_code(refund.payment.provider)
    ask = provider.refund if refund.state == Refund.State.REQUESTED else provider.query_refund
    return _Taken(ask(refund, now=now))


@transaction.atomic(durable=True)
def _claim(*, now: datetime, limit: int, refund_ids: Collection[UUID] | None) -> list[Refund]:
    """Take refunds to send; the moved due time keeps other workers away and is the next try at once."""
    due = Refund.objects.filter(state__in=Refund.OPEN, due_at__lte=now).exclude(payment__provider=CASH)
    due = due.exclude(returns__state__in=(*ShareReturn.OPEN, ShareReturn.State.FAILED))
    if refund_ids is not None:
        due = due.filter(pk__in=refund_ids)
    claimed = list(
        due.select_related("payment", "split__account").select_for_update(of=("self",), skip_locked=True).order_by("due_at", "pk")[:limit]
    )
    for refund in claimed:
        refund.due_at, refund.tries = now + wait_after(refund.tries), min(refund.tries + 1, 1000)
    Refund.objects.bulk_update(claimed, ["due_at", "tries"])
    return claimed


@transaction.atomic(durable=True)
def _write_down(answers: list[tuple[Refund, _Taken]], *, now: datetime) -> None:
    locked_payments(our_numbers={refund.payment.our_number for refund, _answer in answers})  # before the refunds, as everywhere
    sent = [refund.pk for refund, answer in answers if answer.outcome is None and refund.state == Refund.State.REQUESTED]
    Refund.objects.filter(pk__in=sent, state=Refund.State.REQUESTED).update(state=Refund.State.SENT)
    record([answer.outcome for _refund, answer in answers if answer.outcome is not None], source=POLL, now=now)
