"""A seller's side: being registered, and deciding on what buyers ask for."""

from dataclasses import asdict
from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from teahorse.common.refusals import Malformed, NotThere, Refusal
from teahorse.invoices import queries
from teahorse.invoices.actions.jobs import leave_sending
from teahorse.invoices.actions.tax_numbers import tax_number_typed
from teahorse.invoices.models import InvoiceIssuer, InvoiceRequest, State
from teahorse.invoices.rules import HOUSE_HAS, TAX_RATES, lines_of
from teahorse.people.models import Organisation, Person

EVERYTHING_WENT_BACK = "全部款项已退回"
DIFFERENCE_WENT_BACK = "补差款项已退回"
REASON_LENGTH = 200


class NotWaiting(Refusal):
    """It was decided already."""

    code = "invoice_not_waiting"
    sentence = _("This wish for an invoice was decided already.")


@transaction.atomic
def register_issuer(
    *, organisation: Organisation, name: str, tax_number: str, tax_rate: str, clerk: str, is_automatic: bool, by: Person, now: datetime
) -> InvoiceIssuer:
    """
    Write down how a seller is registered for tax; what was asked for earlier keeps what it was asked with.

    :raises Malformed: with the field to mend; nothing is changed.
    """
    name, clerk = " ".join(name.split()), " ".join(clerk.split())
    if not 1 <= len(name) <= 100:
        raise Malformed(field="title_name", reason=_("Write the name as it is registered."))
    number = tax_number_typed(tax_number)
    if tax_rate not in TAX_RATES:
        raise Malformed(field="tax_rate", reason=_("Choose one of the rates."))
    if not 1 <= len(clerk) <= 20:
        raise Malformed(field="clerk", reason=_("Write who issues the invoices."))
    issuer, _is_new = InvoiceIssuer.objects.update_or_create(
        organisation=organisation,
        defaults={
            "county_id": organisation.county_id,
            "name": name,
            "tax_number": number,
            "tax_rate": tax_rate,
            "clerk": clerk,
            "is_automatic": is_automatic,
            "is_active": True,
            "changed_at": now,
            "changed_by_id": by.pk,
        },
    )
    return issuer


@transaction.atomic
def issue_invoice(*, request_id: UUID, seller: Organisation, now: datetime) -> InvoiceRequest:
    """
    Have an invoice issued as it was asked for; a job sends it to the provider. The second click finds it sent.

    What went back meanwhile is taken off first; where nothing is left it is refused instead.

    :raises NotThere: if this seller was not asked for it.
    :raises NotWaiting: if it was refused.
    """
    asked = _locked(request_id, seller)
    if asked.state in (State.SENT, State.ISSUED):
        return asked
    if asked.state != State.REQUESTED:
        raise NotWaiting
    begin_sending(asked, now=now)
    return asked


@transaction.atomic
def refuse_invoice(*, request_id: UUID, seller: Organisation, reason: str, now: datetime) -> InvoiceRequest:
    """
    Refuse a wish, with a reason that the buyer reads; she may ask anew.

    :raises NotThere: if this seller was not asked for it.
    :raises Malformed: without a reason.
    :raises NotWaiting: if it was decided already.
    """
    asked = _locked(request_id, seller)
    if not reason.strip():
        raise Malformed(field="reason", reason=_("Write why; the buyer reads it."))
    if asked.state != State.REQUESTED:
        raise NotWaiting
    _refuse(asked, by="seller", reason=reason.strip(), now=now)
    return asked


def begin_sending(asked: InvoiceRequest, *, now: datetime) -> None:
    """Leave a wish whose row is locked, or new, to the provider, over what stands paid at this moment."""
    amount_fen = queries.to_invoice_fen(asked.order, beside=asked.pk)
    if amount_fen <= 0:
        _refuse(asked, by="house", reason=DIFFERENCE_WENT_BACK if asked.adds_to_id else EVERYTHING_WENT_BACK, now=now)
        return
    if amount_fen != asked.amount_fen:
        charged = queries.to_charge(asked.order, beside=asked.pk)
        asked.amount_fen = amount_fen
        asked.lines = [asdict(line) for line in lines_of(charged, amount_fen=amount_fen, tax_rate=asked.tax_rate)]
    asked.state, asked.due_at, asked.deadline_at = State.SENT, now, now + HOUSE_HAS
    # the amount first: once it is sent nobody changes it any more, says the trigger
    asked.save(update_fields=["amount_fen", "lines", "state", "due_at", "deadline_at"])
    leave_sending()


def _refuse(asked: InvoiceRequest, *, by: str, reason: str, now: datetime) -> None:
    asked.state, asked.refused_by, asked.trouble, asked.ended_at = State.REFUSED, by, reason[:REASON_LENGTH], now
    asked.save(update_fields=["state", "refused_by", "trouble", "ended_at"])


def _locked(request_id: UUID, seller: Organisation) -> InvoiceRequest:
    asked = InvoiceRequest.objects.select_for_update(of=("self",)).select_related("order").filter(pk=request_id, seller=seller).first()
    if asked is None:
        raise NotThere(field="invoice")
    return asked
