"""Cash: what a person took or gave at a counter. Whether the person may is decided at the entry point (right ``take_cash``)."""

from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from teahorse.common.refusals import Refusal
from teahorse.common.times import HOME
from teahorse.payments.actions.opening import AlreadyPaid, PaymentNotOpen
from teahorse.payments.actions.recording import Source, record
from teahorse.payments.actions.shifts import locked_open_shift, move_cash
from teahorse.payments.models import Payment, PaymentEvent, Refund
from teahorse.payments.providers import CASH, Outcome
from teahorse.people.models import Organisation


class NotAtACounter(Refusal):
    """The payment goes through a provider; no cash may be taken or given for it."""

    code = "not_at_a_counter"
    sentence = _("This is not paid in cash.")


class RefundNotOpen(Refusal):
    """The money has been given back already."""

    code = "refund_not_open"
    sentence = _("This has been paid back already.")


@transaction.atomic
def take_cash(*, payment_id: UUID, by_id: UUID, now: datetime, house: Organisation | None = None) -> Payment:
    """
    Take the whole amount in cash; the payment's ``provider_number`` is then the receipt's number.

    At a ``house`` it goes into the box of the person's open shift there; the workbench always names one.

    :raises NoOpenShift: if she has counted no box there.
    :raises AlreadyPaid: with the receipt's number, if it was taken before.
    :raises PaymentNotOpen: if the payment was closed.
    :raises NotAtACounter: if it is no payment in cash. Nothing is changed in any of these.
    """
    payment = Payment.objects.select_for_update().get(pk=payment_id)
    if payment.provider != CASH:
        raise NotAtACounter
    if payment.state in Payment.TAKEN:
        raise AlreadyPaid(receipt=payment.provider_number)
    if payment.state not in Payment.OPEN:
        raise PaymentNotOpen(state=payment.state)
    taken = Outcome(
        our_number=payment.our_number,
        kind=PaymentEvent.Kind.SUCCEEDED,
        provider_number=_receipt_number("C", payment.pk, now),
        amount_fen=payment.amount_fen,
        occurred_at=now,
    )
    shift = locked_open_shift(organisation=house, person_id=by_id) if house else None
    record([taken], source=_counter(by_id), now=now)
    if shift is not None:
        move_cash(shift=shift, subject_id=payment.pk, amount_fen=payment.amount_fen, now=now)
    payment.refresh_from_db()
    return payment


@transaction.atomic
def pay_back_cash(*, refund_id: UUID, by_id: UUID, now: datetime, house: Organisation | None = None) -> Refund:
    """
    Give the money of a refund back in cash; its ``provider_number`` is then the receipt's number. ``house`` as above.

    :raises NoOpenShift: if she has counted no box there.
    :raises RefundNotOpen: if it was given back before.
    :raises NotAtACounter: if it was not paid in cash. Nothing is changed in any of these.
    """
    payment = Payment.objects.select_for_update().get(refunds=refund_id)
    refund = Refund.objects.select_for_update().get(pk=refund_id)
    if payment.provider != CASH:
        raise NotAtACounter
    if refund.state not in Refund.OPEN:
        raise RefundNotOpen(receipt=refund.provider_number)
    given = Outcome(
        our_number=payment.our_number,
        refund_number=refund.our_number,
        kind=PaymentEvent.Kind.REFUNDED,
        provider_number=_receipt_number("R", refund.pk, now),
        amount_fen=refund.amount_fen,
        occurred_at=now,
    )
    shift = locked_open_shift(organisation=house, person_id=by_id) if house else None
    record([given], source=_counter(by_id), now=now)
    if shift is not None:
        move_cash(shift=shift, subject_id=refund.pk, amount_fen=-refund.amount_fen, now=now)
    refund.refresh_from_db()
    return refund


def _counter(by_id: UUID) -> Source:
    return Source(name="counter", by_id=by_id)


def _receipt_number(kind: str, key: UUID, now: datetime) -> str:
    """Return a number that fits on a receipt and can be read aloud: C260815-0123456789AB."""
    return f"{kind}{now.astimezone(HOME):%y%m%d}-{key.hex[-12:].upper()}"
