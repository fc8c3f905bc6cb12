"""Red letters: what went back to a buyer after the invoice was issued is taken back from the invoice, refund by refund."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction
from django.db.models import Exists, OuterRef

from teahorse.common.ids import new_id
from teahorse.invoices import queries
from teahorse.invoices.actions.jobs import leave_sending
from teahorse.invoices.models import InvoiceRequest, RedInvoice, State
from teahorse.invoices.rules import RED_AFTER, still_to_take_back, tax_taken_back
from teahorse.payments.models import Refund

LOOKS_BACK = timedelta(days=7)
BATCH = 500


@transaction.atomic
def take_back(*, refund_ids: Iterable[UUID], now: datetime) -> list[RedInvoice]:
    """
    Ask for the red letters of refunds that have reached their payers; harmless twice and in any order.

    An invoice that is not issued yet is looked at when it is. What was gone already when the invoice was asked for is in
    no red letter: each is over what would otherwise stand invoiced beyond what was kept.
    """
    refunds = Refund.objects.filter(pk__in=list(refund_ids), state=Refund.State.SUCCEEDED)
    orders = set(refunds.values_list("split__reference", flat=True))
    issued = InvoiceRequest.objects.select_for_update(of=("self",)).filter(order__in=orders, state=State.ISSUED).select_related("order")
    made = [red for invoice in issued.order_by("pk") for red in take_back_of(invoice, now=now)]
    if made:
        leave_sending()
    return made


def take_back_of(invoice: InvoiceRequest, *, now: datetime) -> list[RedInvoice]:
    """Make the red letters that an issued invoice lacks, one for each refund; its row is locked."""
    parts = queries.paid_parts(invoice.order)
    known = set(RedInvoice.objects.filter(invoice=invoice).values_list("refund_id", flat=True))
    kept_fen, made = sum(part.amount_fen for part in parts), []
    standing_fen, standing_tax_fen = queries.standing_with_tax(invoice)
    for refund in Refund.objects.filter(split__in=parts, state=Refund.State.SUCCEEDED).order_by("settled_at", "pk"):
        kept_fen -= refund.amount_fen
        amount_fen = still_to_take_back(standing_fen=standing_fen, kept_fen=kept_fen)
        if refund.pk in known or not amount_fen:
            continue
        tax_fen = tax_taken_back(amount_fen, standing_fen=standing_fen, standing_tax_fen=standing_tax_fen)
        made.append(_asked(invoice, refund, amount_fen, tax_fen, now))
        standing_fen, standing_tax_fen = standing_fen - amount_fen, standing_tax_fen - tax_fen
    return made


def _asked(invoice: InvoiceRequest, refund: Refund, amount_fen: int, tax_fen: int, now: datetime) -> RedInvoice:
    key = new_id()
    return RedInvoice.objects.create(
        pk=key,
        county_id=invoice.county_id,
        invoice=invoice,
        refund_id=refund.pk,
        our_number=key.hex,
        amount_fen=amount_fen,
        tax_fen=tax_fen,
        requested_at=now,
        deadline_at=now + RED_AFTER,
        due_at=now,
    )


def take_back_forgotten(*, now: datetime) -> int:
    """
    Ask for the red letters of refunds of the last days whose reaction did not come through; return how many were made.

    What arrived before the invoice was asked for is in no red letter; what needs none either is looked at again, and keeps none waiting.
    """
    late = Refund.objects.filter(state=Refund.State.SUCCEEDED, settled_at__range=(now - LOOKS_BACK, now - timedelta(minutes=5)))
    issued = InvoiceRequest.objects.filter(order=OuterRef("split__reference"), state=State.ISSUED, requested_at__lte=OuterRef("settled_at"))
    red = RedInvoice.objects.filter(refund_id=OuterRef("pk"))
    found = list(late.filter(Exists(issued), ~Exists(red)).order_by("settled_at", "pk").values_list("pk", flat=True))
    return sum(len(take_back(refund_ids=found[start : start + BATCH], now=now)) for start in range(0, len(found), BATCH))
