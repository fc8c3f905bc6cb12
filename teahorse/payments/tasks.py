"""What the clock and the actions start: the inbox, the providers asked, refunds sent."""

import logging
import threading
import time
from datetime import datetime, timedelta
from uuid import UUID

from django.utils import timezone
from procrastinate.contrib.django import app

from teahorse.payments import actions, queries
from teahorse.payments.actions.jobs import APPLY, POLL, QUEUE, SEND, SHARE, leave_applying
from teahorse.payments.providers import METHODS, BillNotReady, ProviderRefuses, ProviderUnavailable, provider_by_code

REFUSED_KEPT = timedelta(days=30)
CLOCK = "clock"
MOST_AT_ONCE = 500
GATHERING_SECONDS, EMPTY_LOOKS, LONGEST_STAY_SECONDS = 0.1, 3, 10.0
_applying = threading.Lock()

log = logging.getLogger(__name__)


@app.task(name=APPLY, queue=QUEUE, retry=8)
def apply_notifications() -> None:
    """
    Apply the inbox until nothing comes any more; one job a process is at it, another one leaves it to that and ends.

    It stays a moment after the last message: in a rush the next ones would else wait for one of the worker's places, which the
    reactions to the first ones have taken, and would come to those reactions one by one instead of together.
    """
    if not _applying.acquire(blocking=False):
        return
    try:
        _apply_as_they_come()
    finally:
        _applying.release()
    if not queries.is_inbox_empty():  # the job of what came after the last look may have found the place taken
        leave_applying()


def _apply_as_they_come() -> None:
    """Apply rounds until some in a row were empty, or for so long that a worker that is to end should not wait longer."""
    ends_at = time.monotonic() + LONGEST_STAY_SECONDS
    empty_looks = 0
    while empty_looks < EMPTY_LOOKS and time.monotonic() < ends_at:
        count = actions.apply_notifications(limit=MOST_AT_ONCE, now=timezone.now())
        empty_looks = 0 if count else empty_looks + 1
        if count < MOST_AT_ONCE:
            time.sleep(GATHERING_SECONDS)


@app.task(name=POLL, queue=QUEUE, retry=8)
def poll_payments(payment_ids: list[str]) -> None:
    """Ask about, or close, payments that were just closed here; what does not answer is left to the clock."""
    actions.poll_open_payments(payment_ids=[UUID(key) for key in payment_ids], now=timezone.now())


@app.task(name=SEND, queue=QUEUE, retry=8)
def send_refunds(refund_ids: list[str]) -> None:
    """Send refunds that were just asked for; what does not answer is left to the clock."""
    actions.send_refunds(refund_ids=[UUID(key) for key in refund_ids], now=timezone.now())


@app.task(name=SHARE, queue=QUEUE, retry=8)
def send_sharings(sharing_ids: list[str]) -> None:
    """Send sharings that were just asked for; what does not answer is left to the clock."""
    actions.send_sharings(sharing_ids=[UUID(key) for key in sharing_ids], now=timezone.now())


@app.periodic(cron="* * * * * */10")
@app.task(name="teahorse.payments.sweep_inbox", queue=CLOCK, queueing_lock="sweep_inbox")
def sweep_inbox(timestamp: int) -> None:  # noqa: ARG001 - procrastinate passes it
    """Apply what a lost job left in the inbox."""
    while actions.apply_notifications(limit=MOST_AT_ONCE, now=timezone.now()) == MOST_AT_ONCE:
        pass


@app.periodic(cron="* * * * * */15")
@app.task(name="teahorse.payments.poll_due", queue=CLOCK, queueing_lock="poll_due_payments")
def poll_due_payments(timestamp: int) -> None:  # noqa: ARG001 - procrastinate passes it
    """Ask about the payments that are open, and close what has expired."""
    actions.poll_open_payments(now=timezone.now())


@app.periodic(cron="* * * * * */15")
@app.task(name="teahorse.payments.send_due_refunds", queue=CLOCK, queueing_lock="send_due_refunds")
def send_due_refunds(timestamp: int) -> None:  # noqa: ARG001 - procrastinate passes it
    """Send refunds whose next try is due, and ask about those on their way."""
    actions.send_refunds(now=timezone.now())


@app.periodic(cron="* * * * * */15")
@app.task(name="teahorse.payments.send_due_sharings", queue=CLOCK, queueing_lock="send_due_sharings")
def send_due_sharings(timestamp: int) -> None:  # noqa: ARG001 - procrastinate passes it
    """Send sharings whose next try is due, and ask about those on their way."""
    actions.send_sharings(now=timezone.now())


@app.periodic(cron="13 * * * *")
@app.task(name="teahorse.payments.fetch_bills", queue=CLOCK, queueing_lock="fetch_bills")
def fetch_bills(timestamp: int) -> None:  # noqa: ARG001 - procrastinate passes it
    """Fetch the bills of the last month that are not kept; one that is not there yet, or refused, keeps no other away."""
    now = timezone.now()
    for provider in METHODS:
        try:
            accounts = provider_by_code(provider).billed_accounts()
        except ProviderUnavailable:
            continue  # it is not set up here
        for number in accounts:
            _fetch_bills_of(provider, number, now=now)


def _fetch_bills_of(provider: str, number: str, *, now: datetime) -> None:
    unanswered = 0
    for day in actions.days_without_bill(provider=provider, account_number=number, now=now):
        try:
            actions.fetch_bill(provider=provider, day=day, account_number=number, now=now)
        except (BillNotReady, ProviderRefuses, ProviderUnavailable) as refused:
            log.warning("no bill of %s %s of %s: %s", provider, number, day, refused)
            # one bill may be unsound; where nobody answers twice, nobody answers
            unanswered = unanswered + 1 if isinstance(refused, ProviderUnavailable) else 0
            if unanswered == 2:
                return
        else:
            unanswered = 0


@app.periodic(cron="*/10 * * * *")
@app.task(name="teahorse.payments.escalate_unmatched", queue=CLOCK, queueing_lock="escalate_unmatched_money")
def escalate_unmatched(timestamp: int) -> None:  # noqa: ARG001 - procrastinate passes it
    """Give unmatched money that nobody resolved in time to the region centre."""
    actions.escalate_unmatched(now=timezone.now())


@app.periodic(cron="41 3 * * *")
@app.task(name="teahorse.payments.forget_refused", queue=CLOCK, queueing_lock="forget_refused_notifications")
def forget_refused_notifications(timestamp: int) -> None:  # noqa: ARG001 - procrastinate passes it
    """Forget refused messages after a month."""
    actions.forget_refused_notifications(before=timezone.now() - REFUSED_KEPT)
