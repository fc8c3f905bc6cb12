"""Sending what is due to the provider, outside any transaction, and writing down what came back."""

import logging
from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.db.models import Q

from teahorse.common.events import announce
from teahorse.common.refusals import NotThere
from teahorse.invoices.actions.adding import add_to
from teahorse.invoices.actions.issuing import REASON_LENGTH, NotWaiting
from teahorse.invoices.actions.jobs import leave_sending
from teahorse.invoices.actions.taking_back import take_back_of
from teahorse.invoices.events import InvoicesIssued
from teahorse.invoices.models import InvoicePaper, InvoiceRequest, RedInvoice, State
from teahorse.invoices.providers import Answer, ProviderRefuses, ProviderUnavailable, provider
from teahorse.invoices.rules import RED_AFTER
from teahorse.payments.rules import wait_after

Paper = InvoiceRequest | RedInvoice
MOST_AT_ONCE = 20
log = logging.getLogger(__name__)


def send_papers(*, now: datetime, limit: int = MOST_AT_ONCE) -> int:
    """
    Ask the provider about invoices and red letters that are due, and return how many.

    The first time one is sent, then asked for; it goes by one number, so that sending twice makes one invoice. What does
    not answer, and what is still being made there, is asked for again after 5, 10, 20 ... seconds, at most half an hour.
    Must not run in a transaction.
    """
    claimed: list[Paper] = _claim(now=now, limit=limit)
    for paper in claimed:
        try:
            answer = _ask(paper)
        except ProviderUnavailable as trouble:
            answer = Answer(trouble=str(trouble.numbers.get("trouble", "")) or trouble.code)
        except ProviderRefuses as refusal:
            answer = Answer(state="refused", trouble=refusal.reason)
        _write_down(paper, answer, now=now)
    return len(claimed)


def _ask(paper: Paper) -> Answer:
    """Send it the first time, and ask what became of it from then on; touches no table."""
    found = provider()
    if isinstance(paper, InvoiceRequest):
        return found.issue(paper) if paper.tries <= 1 else found.query(paper)
    return found.red_issue(paper, invoice=paper.invoice) if paper.tries <= 1 else found.query_red(paper, invoice=paper.invoice)


@transaction.atomic(durable=True)
def _claim(*, now: datetime, limit: int) -> list[Paper]:
    """Take what is due; the moved time keeps other workers away and is the next try at once."""
    blue = InvoiceRequest.objects.filter(state=State.SENT, due_at__lte=now)
    blues: Sequence[InvoiceRequest] = list(
        blue.select_for_update(skip_locked=True, of=("self",)).select_related("adds_to").order_by("due_at", "pk")[:limit]
    )
    red = RedInvoice.objects.filter(Q(state=State.REQUESTED) | Q(state=State.SENT), due_at__lte=now)
    reds: Sequence[RedInvoice] = list(
        red.select_for_update(skip_locked=True, of=("self",)).select_related("invoice").order_by("due_at", "pk")[:limit]
    )
    for paper in (*blues, *reds):
        paper.due_at, paper.tries = now + wait_after(paper.tries), min(paper.tries + 1, 1000)
    for one in reds:
        one.state = State.SENT
    InvoiceRequest.objects.bulk_update(blues, ["due_at", "tries"])
    RedInvoice.objects.bulk_update(reds, ["due_at", "tries", "state"])
    return [*blues, *reds]


@transaction.atomic(durable=True)
def _write_down(asked: Paper, answer: Answer, *, now: datetime) -> None:
    """Write down what the provider said of one; what somebody else wrote down meanwhile stands."""
    paper = _locked(asked)
    if paper.state != State.SENT:
        return
    if answer.state == "issued":
        paper.state, paper.number, paper.issued_at, paper.ended_at, paper.trouble = State.ISSUED, answer.number, answer.issued_at, now, ""
        InvoicePaper.objects.bulk_create([InvoicePaper(subject_id=paper.pk, content=answer.document, kept_at=now)], ignore_conflicts=True)
    elif answer.state == "refused":
        paper.state, paper.trouble, paper.ended_at = State.REFUSED, answer.trouble[:REASON_LENGTH], now
        if isinstance(paper, InvoiceRequest):
            paper.refused_by = "provider"
        log.warning("the provider refuses the invoice %s: %s", paper.our_number, answer.trouble)
    else:
        paper.trouble = answer.trouble[:REASON_LENGTH]
        if answer.is_unknown:
            paper.tries = 0  # it never came there: the next try sends it, under the same number
    paper.save()
    if paper.state == State.ISSUED:
        _tell(paper, now)


def _locked(asked: Paper) -> Paper:
    """Return a red letter, or an invoice with all of its order, as it is now and locked: the first one first, as when money goes back."""
    if isinstance(asked, RedInvoice):
        return RedInvoice.objects.select_for_update(of=("self",)).get(pk=asked.pk)
    family = InvoiceRequest.objects.select_for_update(of=("self",)).filter(order=asked.order_id).select_related("order").order_by("pk")
    return next(one for one in family if one.pk == asked.pk)


def _tell(paper: Paper, now: datetime) -> None:
    if isinstance(paper, RedInvoice):
        announce(InvoicesIssued(red_ids=(paper.pk,)))
        return
    announce(InvoicesIssued(request_ids=(paper.pk,)))
    if take_back_of(paper.order, now=now):  # money that went back while it was being made
        leave_sending()
    add_to(InvoiceRequest.objects.select_related("order").get(pk=paper.adds_to_id or paper.pk), now=now)  # or that was paid


@transaction.atomic
def retry_red(*, red_id: UUID, now: datetime) -> RedInvoice:
    """
    Send a red letter that was refused once more, after a person mended what was wrong.

    :raises NotThere: if there is none.
    :raises NotWaiting: if it is on its way or issued.
    """
    red = RedInvoice.objects.select_for_update().filter(pk=red_id).first()
    if red is None:
        raise NotThere(field="invoice")
    if red.state != State.REFUSED:
        raise NotWaiting
    red.state, red.trouble, red.due_at, red.deadline_at, red.ended_at, red.tries = State.REQUESTED, "", now, now + RED_AFTER, None, 0
    red.save(update_fields=["state", "trouble", "due_at", "deadline_at", "ended_at", "tries"])
    leave_sending()
    return red
