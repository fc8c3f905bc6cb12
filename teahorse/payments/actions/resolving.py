"""What a person decides about unmatched money; each decision needs a reason and stays on record."""

from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from teahorse.common.refusals import Malformed, Refusal
from teahorse.payments.actions.recording import Source, locked_payments, record
from teahorse.payments.models import Payment, PaymentEvent, UnmatchedMoney, UnmatchedStep
from teahorse.payments.providers import Outcome
from teahorse.people.models import Organisation

State, What = UnmatchedMoney.State, UnmatchedStep.What
SHORTEST_REASON, LONGEST_REASON = 4, 400


class UnmatchedResolved(Refusal):
    """Somebody has resolved it before."""

    code = "unmatched_resolved"
    sentence = _("This is resolved already.")


class CannotBeAssigned(Refusal):
    """The payment is not there for her, is paid, is of another provider, or is of another sum (``amount_fen``)."""

    code = "cannot_be_assigned"
    sentence = _("It fits no such payment: it must be of the same provider and sum, and not be paid.")


@transaction.atomic
def note_on_unmatched(*, unmatched_id: UUID, note: str, by_id: UUID, now: datetime) -> None:
    """Write down what was found out so far; nothing is decided. :raises Malformed: without a note."""
    row = UnmatchedMoney.objects.select_for_update().get(pk=unmatched_id)
    UnmatchedStep.objects.create(unmatched=row, what=What.NOTED, note=_reason(note), by_id=by_id, at=now)


@transaction.atomic
def explain_unmatched(*, unmatched_id: UUID, reason: str, by_id: UUID, now: datetime) -> UnmatchedMoney:
    """
    Say what the money was; nothing else changes.

    :raises Malformed: without a reason.
    :raises UnmatchedResolved: if it was resolved before. Nothing is changed in either.
    """
    return _resolved(_open(unmatched_id), State.EXPLAINED, reason=_reason(reason), by_id=by_id, now=now)


@transaction.atomic
def say_unmatched_was_refunded(*, unmatched_id: UUID, reason: str, by_id: UUID, now: datetime) -> UnmatchedMoney:
    """
    Write down that the money was sent back on the provider's own pages: it belongs to no payment out of which we could refund it.

    The reason names the provider's number of the refund. :raises Malformed: without one. :raises UnmatchedResolved: as above.
    """
    row = _open(unmatched_id)
    if row.kind != PaymentEvent.Kind.SUCCEEDED:
        raise Malformed(field="act", reason=_("Only money that came in can be sent back."))
    return _resolved(row, State.REFUNDED, reason=_reason(reason), by_id=by_id, now=now)


@transaction.atomic
def assign_unmatched(
    *, unmatched_id: UUID, our_number: str, reason: str, by_id: UUID, now: datetime, among: QuerySet[Organisation] | None = None
) -> UnmatchedMoney:
    """
    Count the money for the payment that it was meant for: that one is paid then, late if it had ended, and announced as any other.

    :param among: the organisations whose payments may be meant; all of the payment's payees have to be some of them.
    :raises Malformed: without a reason.
    :raises UnmatchedResolved: if it was resolved before.
    :raises CannotBeAssigned: unless there is such a payment, of the same provider and sum, that is not paid. Nothing is changed.
    """
    text = _reason(reason)
    meant = locked_payments(our_numbers=[our_number.strip()])  # payments before the queue, as where it is filled
    row = _open(unmatched_id)
    payment = meant[0] if meant else None
    fits = (
        payment is not None
        and row.kind == PaymentEvent.Kind.SUCCEEDED
        and payment.provider == row.provider
        and payment.amount_fen == row.amount_fen
        and payment.state not in Payment.TAKEN
        and (among is None or not payment.splits.exclude(payee_id__in=among.order_by().values("pk")).exists())
    )
    if payment is None or not fits:
        raise CannotBeAssigned(field="our_number", amount_fen=row.amount_fen)
    paid = Outcome(
        our_number=payment.our_number,
        kind=PaymentEvent.Kind.SUCCEEDED,
        provider_number=row.provider_number,
        amount_fen=row.amount_fen,
        occurred_at=row.occurred_at,
    )
    record([paid], source=Source(name="assigned", by_id=by_id), now=now)
    row.assigned_to = payment
    return _resolved(row, State.ASSIGNED, reason=f"{payment.our_number}: {text}"[:LONGEST_REASON], by_id=by_id, now=now)


def _open(unmatched_id: UUID) -> UnmatchedMoney:
    row = UnmatchedMoney.objects.select_for_update().get(pk=unmatched_id)
    if row.state != State.OPEN:
        raise UnmatchedResolved
    return row


def _resolved(row: UnmatchedMoney, state: str, *, reason: str, by_id: UUID, now: datetime) -> UnmatchedMoney:
    row.state, row.resolved_at = state, now
    row.save(update_fields=["state", "resolved_at", "assigned_to"])
    UnmatchedStep.objects.create(unmatched=row, what=state, note=reason, by_id=by_id, at=now)
    return row


def _reason(text: str) -> str:
    text = " ".join(text.split())
    if not SHORTEST_REASON <= len(text) <= LONGEST_REASON:
        raise Malformed(field="reason", reason=_("Write why, in 4 to 400 characters."))
    return text
