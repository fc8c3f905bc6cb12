"""
A provider that does not answer rests, so that nobody waits for it: a circuit breaker around every call of a remote one.

After five calls in a row without an answer (each of them tried three times) it rests for half a minute; then one call at a time
may try, and each try that fails doubles the rest, up to a quarter of an hour. A refusal is an answer. What is known stands in
``ProviderRest``, one row a provider, so all processes see it. Real time counts here, not a caller's ``now``: it is the outside that rests.
"""

from collections.abc import Callable, Mapping
from datetime import date, datetime
from typing import Any, TypeVar

from django.db.models import F, Q
from django.utils import timezone

from teahorse.common.refusals import Refusal
from teahorse.payments.merchants import aside
from teahorse.payments.models import Payment, ProviderRest, Refund
from teahorse.payments.providers import BillRow, CloseAnswer, NotificationRead, Outcome, Provider, ProviderUnavailable
from teahorse.payments.rules import FAILURES_TO_REST, PROBE_MAY_TAKE, rest_after

T = TypeVar("T")
OTHER_CALLS = frozenset({"share", "query_sharing", "take_back", "query_return"})
"""Calls that only some providers know; they are guarded as well."""


class Guarded:
    """A provider whose calls fail at once while it rests; see :class:`teahorse.payments.providers.Provider`."""

    def __init__(self, provider: Provider) -> None:
        self.provider = provider
        self.code, self.is_remote = provider.code, provider.is_remote

    def __getattr__(self, name: str) -> Any:
        found = getattr(self.provider, name)
        if name not in OTHER_CALLS:
            return found
        return lambda *things, **named: self._call(lambda: found(*things, **named))

    def open(self, payment: Payment) -> dict[str, Any]:
        if payment.method in getattr(self.provider, "opens_alone", ()):
            _refuse_while_resting(self.code)  # nobody is asked, so nothing is learned
            return self.provider.open(payment)
        return self._call(lambda: self.provider.open(payment))

    def query(self, payment: Payment, *, now: datetime) -> Outcome | None:
        return self._call(lambda: self.provider.query(payment, now=now))

    def close(self, payment: Payment) -> CloseAnswer:
        return self._call(lambda: self.provider.close(payment))

    def refund(self, refund: Refund, *, now: datetime) -> Outcome | None:
        return self._call(lambda: self.provider.refund(refund, now=now))

    def query_refund(self, refund: Refund, *, now: datetime) -> Outcome | None:
        return self._call(lambda: self.provider.query_refund(refund, now=now))

    def billed_accounts(self) -> list[str]:
        return self.provider.billed_accounts()  # nobody is called

    def bill(self, day: date, *, account_number: str = "") -> list[BillRow]:
        return self._call(lambda: self.provider.bill(day, account_number=account_number))

    def read_notification(self, headers: Mapping[str, str], body: bytes, now: datetime) -> NotificationRead:
        return self.provider.read_notification(headers, body, now)  # nobody is called

    def _call(self, call: Callable[[], T]) -> T:
        return guarded(self.code, call)


def guarded(code: str, call: Callable[[], T], *, unavailable: type[Refusal] = ProviderUnavailable) -> T:
    """
    Call a partner unless it rests, and write down whether it answered; ``unavailable`` is how its silence is told.

    :raises Refusal: ``unavailable`` while it rests; else what the call raises.
    """
    is_spotless = aside(lambda: _may_call(code, unavailable))
    try:
        answer = call()
    except unavailable as trouble:
        told = str(trouble.numbers.get("trouble", ""))
        aside(lambda: note_failure(provider=code, trouble=told, now=timezone.now()))
        raise
    except Refusal:
        if not is_spotless:
            aside(lambda: note_answer(provider=code, now=timezone.now()))
        raise
    if not is_spotless:
        aside(lambda: note_answer(provider=code, now=timezone.now()))
    return answer


def note_failure(*, provider: str, trouble: str, now: datetime) -> None:
    """Write down that a call was not answered; enough of them in a row, or a failed probe, and the provider rests."""
    ProviderRest.objects.get_or_create(provider=provider, defaults={"changed_at": now})
    ProviderRest.objects.filter(provider=provider).update(failures=F("failures") + 1, trouble=trouble[:200], changed_at=now)
    row = ProviderRest.objects.get(provider=provider)
    probed = Q(resting_since__isnull=False, probing_until__isnull=False, next_try_at__lte=now)
    tired = Q(resting_since=None, failures__gte=FAILURES_TO_REST)
    for which, since, rests in ((probed, row.resting_since, row.rests + 1), (tired, now, 0)):
        # of calls that fail together the first one counts; the condition is gone for the others
        ProviderRest.objects.filter(which, provider=provider).update(
            resting_since=since, next_try_at=now + rest_after(rests), rests=rests, probing_until=None
        )


def note_answer(*, provider: str, now: datetime) -> None:
    """Write down that a provider answers again."""
    ProviderRest.objects.filter(provider=provider).exclude(failures=0, resting_since=None).update(
        failures=0, rests=0, resting_since=None, next_try_at=None, probing_until=None, trouble="", changed_at=now
    )


def _may_call(provider: str, unavailable: type[Refusal]) -> bool:
    """
    Return whether nothing is held against a provider; go on where it may be called, as the one probe if it rests.

    :raises Refusal: ``unavailable`` while it rests.
    """
    row = ProviderRest.objects.filter(provider=provider).first()
    if row is None or not (row.failures or row.resting_since):
        return True
    if row.resting_since is None:
        return False
    now = timezone.now()
    free = Q(probing_until=None) | Q(probing_until__lte=now)
    due = ProviderRest.objects.filter(free, provider=provider, resting_since__isnull=False, next_try_at__lte=now)
    if not due.update(probing_until=now + PROBE_MAY_TAKE):
        raise _rests(row, unavailable)
    return False


def _refuse_while_resting(provider: str) -> None:
    row = aside(lambda: ProviderRest.objects.filter(provider=provider, resting_since__isnull=False).first())
    if row is not None:
        raise _rests(row, ProviderUnavailable)


def _rests(row: ProviderRest, unavailable: type[Refusal]) -> Refusal:
    return unavailable(provider=row.provider, trouble=f"it rests until {row.next_try_at:%F %T}")
