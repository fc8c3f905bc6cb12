"""Questions about payments; nothing is changed."""

from collections.abc import Callable
from datetime import datetime
from uuid import UUID

import msgspec
from django.db.models import Exists, OuterRef, Q, QuerySet, Sum

from teahorse.common.rows import as_model
from teahorse.common.statements import asked, by_index, together
from teahorse.payments.models import Notification, Payment, ProviderRest, Refund, ShareReturn
from teahorse.payments.providers import CASH
from teahorse.payments.rules import SLOW_AFTER

PAYMENT_OF = """
    select row_to_json(payment)::text
      from payments_payment payment
     where reference = %s::uuid
     order by case when state in ('succeeded', 'late_succeeded') then 0 when state in ('created', 'paying') then 1 else 2 end, attempt desc
     limit 1
"""


def payment_of(reference: UUID) -> Payment | None:
    """Return what a reference is, or was last, paid by: money taken before an open attempt before an ended one."""
    with together():
        by_index()
        found = ask_for_payment(reference)
    return found()


def ask_for_payment(reference: UUID) -> Callable[[], Payment | None]:
    """Ask for :func:`payment_of`, together with other questions; see :func:`teahorse.common.statements.asked`."""
    rows = asked(PAYMENT_OF, [str(reference)])
    return lambda: next((as_model(Payment, msgspec.json.decode(text)) for (text,) in rows()), None)


RESTING = "select provider from payments_providerrest where resting_since is not null"


def ask_who_rests() -> Callable[[], frozenset[str]]:
    """Ask which providers did not answer and are left alone for now, together with other questions."""
    rows = asked(RESTING, [])
    return lambda: frozenset(code for (code,) in rows())


def provider_rests() -> QuerySet[ProviderRest]:
    """Return what is held against providers, those that rest first."""
    return ProviderRest.objects.filter(failures__gt=0).order_by("resting_since", "provider")


def refunded_fen(payment_id: UUID) -> int:
    """Return how much of a payment has gone back, or is on its way."""
    refunds = Refund.objects.filter(payment=payment_id).exclude(state=Refund.State.FAILED)
    return int(refunds.aggregate(fen=Sum("amount_fen"))["fen"] or 0)


def stuck_refunds() -> QuerySet[Refund]:
    """Return the refunds that move only when a person has them tried again: refused for good, or waiting for shares that were refused."""
    failed_share = ShareReturn.objects.filter(refund=OuterRef("pk"), state=ShareReturn.State.FAILED)
    return _not_arrived().filter(Q(state=Refund.State.FAILED) | Exists(failed_share))


def slow_refunds(*, now: datetime) -> QuerySet[Refund]:
    """Return the refunds that are tried all the time and have not reached the payer for days."""
    return _not_arrived().filter(requested_at__lte=now - SLOW_AFTER).exclude(pk__in=stuck_refunds().values("pk"))


def _not_arrived() -> QuerySet[Refund]:
    """Return the refunds through providers that have not arrived, the oldest first; cash waits for the buyer."""
    found = Refund.objects.filter(state__in=(*Refund.OPEN, Refund.State.FAILED)).exclude(payment__provider=CASH)
    return found.select_related("payment", "split").order_by("requested_at", "pk")


def is_nonce_used(*, provider: str, nonce: str) -> bool:
    """Return whether an accepted notification carried this nonce."""
    return Notification.objects.filter(provider=provider, nonce=nonce, verdict=Notification.Verdict.ACCEPTED).exists()


def is_inbox_empty() -> bool:
    """Return whether every accepted notification was applied."""
    return not Notification.objects.filter(verdict=Notification.Verdict.ACCEPTED, applied_at=None).exists()
