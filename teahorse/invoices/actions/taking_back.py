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
from teahorse.orders.models import SellerOrder
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
    references = set(refunds.values_list("split__reference", flat=True))
    issued = InvoiceRequest.objects.select_for_update(of=("self",)).filter(order__in=references, state=State.ISSUED)
    orders = {invoice.order_id: invoice.order for invoice in issued.select_related("order").order_by("pk")}
    made = [red for order in orders.values() for red in take_back_of(order, now=now)]
    if made:
        leave_sending()
    return made


def take_back_of(order: SellerOrder, *, now: datetime) -> list[RedInvoice]:
    """
    Make the red letters that an order's issued invoices lack; their rows are locked.

    A refund is taken back from the first invoice, and from the additions what that does not hold: one red letter for each of the
    two, so what went back while an addition was being made, and has its red letter on the first, is taken from the addition.
    """
    parts = queries.paid_parts(order)
    issued = list(InvoiceRequest.objects.filter(order=order, state=State.ISSUED).order_by("pk"))
    known = set(RedInvoice.objects.filter(invoice__in=issued).values_list("invoice_id", "refund_id"))
    standing = {invoice.pk: queries.standing_with_tax(invoice) for invoice in issued}
    kept_fen, made = sum(part.amount_fen for part in parts), []
    for refund in Refund.objects.filter(split__in=parts, state=Refund.State.SUCCEEDED).order_by("settled_at", "pk"):
        kept_fen -= refund.amount_fen
        left_fen = still_to_take_back(standing_fen=sum(fen for fen, _tax in standing.values()), kept_fen=kept_fen)
        for invoice in issued:
            standing_fen, standing_tax_fen = standing[invoice.pk]
            amount_fen = 0 if (invoice.pk, refund.pk) in known else min(left_fen, standing_fen)
            if not amount_fen:
                continue
            tax_fen = tax_taken_back(amount_fen, standing_fen=standing_fen, standing_tax_fen=standing_tax_fen)
            made.append(_asked(invoice, refund, amount_fen, tax_fen, now))
            standing[invoice.pk] = standing_fen - amount_fen, standing_tax_fen - tax_fen
            left_fen -= amount_fen
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
