"""Questions about payments; nothing is changed."""

from uuid import UUID

from django.db.models import Q, QuerySet, Sum

from teahorse.payments.models import Notification, Payment, Refund


def payment_of(reference: UUID) -> Payment | None:
    """Return what a reference is, or was last, paid by: money taken before an open attempt before an ended one."""
    attempts = list(Payment.objects.filter(reference=reference).order_by("-attempt"))
    for states in (Payment.TAKEN, Payment.OPEN):
        for payment in attempts:
            if payment.state in states:
                return payment
    return attempts[0] if attempts else None


def succeeded_payments(reference: UUID) -> QuerySet[Payment]:
    """Return the payments that brought money for a reference, late ones too, first attempt first."""
    return Payment.objects.filter(reference=reference, state__in=Payment.TAKEN).order_by("attempt", "pk")


def refunded_fen(payment_id: UUID) -> int:
    """Return how much of a payment has gone back, or is on its way."""
    asked = Refund.objects.filter(payment=payment_id).exclude(state=Refund.State.FAILED)
    return int(asked.aggregate(fen=Sum("amount_fen"))["fen"] or 0)


def refundable_fen(payment_id: UUID) -> int:
    """Return how much of a payment may still be asked back; a failed refund keeps its part, it can be tried again."""
    payment = Payment.objects.get(pk=payment_id)
    if payment.state not in Payment.TAKEN:
        return 0
    asked = Refund.objects.filter(payment=payment).aggregate(fen=Sum("amount_fen"))["fen"]
    return payment.amount_fen - int(asked or 0)


def open_refunds(*, provider: str = "") -> QuerySet[Refund]:
    """Return the refunds that have not reached the payer, the oldest first; those that failed wait for a person."""
    found = Refund.objects.filter(state__in=(*Refund.OPEN, Refund.State.FAILED)).select_related("payment")
    if provider:
        found = found.filter(payment__provider=provider)
    return found.order_by("requested_at", "pk")


def unmatched_notifications() -> QuerySet[Notification]:
    """Return genuine messages that speak of a payment or an amount that we do not know, the newest first."""
    return Notification.objects.filter(is_unmatched=True).order_by("-received_at", "pk")


def payments_in_trouble() -> QuerySet[Payment]:
    """Return the payments that a person must look at: another amount came in than was due."""
    return Payment.objects.filter(~Q(trouble="")).order_by("-created_at", "pk")


def is_nonce_used(*, provider: str, nonce: str) -> bool:
    """Return whether an accepted notification carried this nonce."""
    return Notification.objects.filter(provider=provider, nonce=nonce, verdict=Notification.Verdict.ACCEPTED).exists()
