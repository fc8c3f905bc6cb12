"""Asking the providers: a notification may never come, and what has expired must be closed."""

import logging
from collections.abc import Callable, Collection, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from typing import TypeVar
from uuid import UUID

from django.db import transaction
from django.db.models import F, Q

from teahorse.common.refusals import Refusal
from teahorse.payments.actions.recording import POLL, closed, locked_payments, record
from teahorse.payments.models import WITH_PARTS, Payment
from teahorse.payments.providers import CloseAnswer, Outcome, ProviderUnavailable, provider_by_code

POLL_EVERY = timedelta(seconds=15)
POLLED_OFTEN = timedelta(days=1)
"""So long after its expiry a payment that its provider still leaves open is asked about often, then hourly."""
POLL_OLD_EVERY = timedelta(hours=1)
CALLS_AT_ONCE = 8

log = logging.getLogger(__name__)
S = TypeVar("S")
T = TypeVar("T")


def poll_open_payments(*, now: datetime, limit: int = 200, payment_ids: Collection[UUID] | None = None) -> int:
    """
    Ask the providers about payments that they may still take money for, and return how many were asked about.

    Asked about are those not asked about for 15 seconds, or, if they are named, these at once. What has expired or
    was closed here is closed at its provider; a provider that says "paid" to that is believed. Must not run in a
    transaction. A provider that does not answer is left alone until the next time.
    """
    payments = _claim(now=now, limit=limit, payment_ids=payment_ids)
    found = ask_all(payments, lambda payment: _look(payment, now=now), provider_of=lambda payment: payment.provider)
    outcomes = [outcome for _payment, outcome in found if outcome is not None]
    if outcomes:
        _write_down(outcomes, now=now)
    return len(payments)


@transaction.atomic(durable=True)
def _claim(*, now: datetime, limit: int, payment_ids: Collection[UUID] | None) -> list[Payment]:
    """Take payments to ask about; the mark on them keeps other workers away for a while."""
    is_over = Q(state__in=Payment.OPEN, expires_at__lte=now)
    due = Payment.objects.filter(Q(is_open_at_provider=True) | is_over, trouble="")
    is_fresh = Q(expires_at__gt=now - POLLED_OFTEN)
    rested = Q(polled_at=None) | (is_fresh & Q(polled_at__lte=now - POLL_EVERY)) | Q(polled_at__lte=now - POLL_OLD_EVERY)
    due = due.filter(rested if payment_ids is None else Q(pk__in=payment_ids))
    due = due.select_for_update(skip_locked=True).prefetch_related(WITH_PARTS)
    claimed = list(due.order_by(F("polled_at").asc(nulls_first=True), "pk")[:limit])
    Payment.objects.filter(pk__in=[payment.pk for payment in claimed]).update(polled_at=now)
    return claimed


def _look(payment: Payment, *, now: datetime) -> Outcome | None:
    """Ask one provider about one payment; touches no table."""
    if not payment.is_open_at_provider:
        return closed(payment, now=now)
    provider = provider_by_code(payment.provider)
    outcome = provider.query(payment, now=now)
    if outcome is not None or (payment.state in Payment.OPEN and payment.expires_at > now):
        return outcome
    match provider.close(payment):
        case CloseAnswer.CLOSED:
            return closed(payment, now=now)
        case CloseAnswer.PAID:
            return provider.query(payment, now=now)
        case CloseAnswer.PAYING:
            return None


@transaction.atomic(durable=True)
def _write_down(outcomes: Sequence[Outcome], *, now: datetime) -> None:
    record(outcomes, source=POLL, now=now)
    for payment in locked_payments(our_numbers=[outcome.our_number for outcome in outcomes]):
        if payment.state not in Payment.OPEN and payment.is_open_at_provider:
            payment.is_open_at_provider = False
            payment.save(update_fields=["is_open_at_provider"])


def ask_all(things: Sequence[S], ask: Callable[[S], T], *, provider_of: Callable[[S], str]) -> list[tuple[S, T | None]]:
    """
    Ask about each thing, several at once, and return the answers; ``ask`` touches no table.

    A refusal is logged and leaves None; after a provider did not answer once it is asked no more in this round.
    """
    silent: set[str] = set()

    def one(thing: S) -> T | None:
        if provider_of(thing) in silent:
            return None
        try:
            return ask(thing)
        except ProviderUnavailable:
            silent.add(provider_of(thing))
        except Refusal as refusal:
            log.warning("%s: %s", thing, refusal)
        return None

    if not things:
        return []
    with ThreadPoolExecutor(min(CALLS_AT_ONCE, len(things))) as pool:
        return list(zip(things, pool.map(one, things), strict=True))
