"""What only the workbench writes: that somebody looked at hidden data, and where cash changed hands."""

from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from teahorse.common.refusals import Malformed, NotThere
from teahorse.console.models import CashReceipt, RevealLog
from teahorse.orders import actions as orders
from teahorse.orders.models import OrderGroup
from teahorse.payments import actions as payments
from teahorse.payments.models import Payment, Refund
from teahorse.payments.providers import CASH
from teahorse.people.models import Organisation, Person
from teahorse.settlement import actions as settlement
from teahorse.settlement.models import Payout

SHORTEST_REASON, LONGEST_REASON, LONGEST_NAME = 4, 200, 80
SHOWN_FOR = timedelta(minutes=10)


@transaction.atomic
def reveal(*, subject_id: UUID, organisation: Organisation, reason: str, by: Person, now: datetime) -> RevealLog:
    """
    Write down that a person looks at a buyer's data, and why; she sees them for ten minutes.

    :raises Malformed: without a reason of four characters or more.
    """
    reason = " ".join(reason.split())
    if not SHORTEST_REASON <= len(reason) <= LONGEST_REASON:
        raise Malformed(field="reason", reason=_("Write why you need to see it, in 4 to 200 characters."))
    return RevealLog.objects.create(subject_id=subject_id, organisation=organisation, reason=reason, person=by, at=now)


@transaction.atomic
def take_cash_for(*, group: OrderGroup, organisation: Organisation, by: Person, now: datetime, balance_id: UUID | None = None) -> Payment:
    """
    Take the whole amount of an order group in cash at an organisation's counter, into the box of the person's open shift; or what
    one of its orders owes. What is paid on delivery may be handed over in the same moment.

    :raises teahorse.payments.actions.NoOpenShift: if she has counted no box here.
    :raises teahorse.orders.actions.NothingToPay: if it does not wait for money (any more).
    :raises teahorse.payments.actions.AlreadyPaid: if it was paid before. Nothing is changed in either.
    """
    payment = orders.start_payment(group=group, provider=CASH, method="counter", now=now, balance_id=balance_id)
    payment = payments.take_cash(payment_id=payment.pk, by_id=by.pk, house=organisation, now=now)
    if group.is_paid_on_delivery:  # the parcel lies on the same counter: nobody waits for the reaction
        orders.take_payments(payment_ids=[payment.pk], now=now)
    CashReceipt.objects.create(subject_id=payment.pk, organisation=organisation, person=by, at=now)
    return payment


@transaction.atomic
def give_cash_back(*, refund_id: UUID, organisation: Organisation, by: Person, now: datetime) -> Refund:
    """
    Give the money of a refund back in cash, at the counter where it was taken, out of the box of the person's open shift.

    :raises teahorse.payments.actions.NoOpenShift: if she has counted no box here.
    :raises NotThere: if it was not taken there.
    :raises teahorse.payments.actions.RefundNotOpen: if it was given back before.
    """
    refund = Refund.objects.filter(pk=refund_id).first()
    if refund is None or not CashReceipt.objects.filter(subject_id=refund.payment_id, organisation=organisation).exists():
        raise NotThere
    refund = payments.pay_back_cash(refund_id=refund.pk, by_id=by.pk, house=organisation, now=now)
    CashReceipt.objects.create(subject_id=refund.pk, organisation=organisation, person=by, at=now)
    return refund


@transaction.atomic
def give_payout(*, payout: Payout, received_by: str, organisation: Organisation, by: Person, now: datetime) -> Payout:
    """
    Give an approved payout in cash, out of the box of the person's open shift at an organisation's counter.

    :raises Malformed: unless it is said who receives it.
    :raises teahorse.payments.actions.NoOpenShift: if she has counted no box here.
    :raises teahorse.settlement.actions.NotToSend: if it was given before, or goes another way. Nothing is changed in any of these.
    """
    received_by = " ".join(received_by.split())[:LONGEST_NAME]
    if not received_by:
        raise Malformed(field="received_by", reason=_("Write down who received the money."))
    payout = settlement.pay_out_in_cash(payout=payout, given_by=by, received_by=received_by, house=organisation, now=now)
    CashReceipt.objects.create(subject_id=payout.pk, organisation=organisation, person=by, at=now)
    return payout
