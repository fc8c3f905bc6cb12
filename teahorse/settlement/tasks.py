"""What actions and the clock start: earnings mature, payouts go by providers, forgotten facts are booked, the books are compared."""

from datetime import timedelta
from uuid import UUID

from django.utils import timezone
from procrastinate.contrib.django import app

from teahorse.settlement import actions
from teahorse.settlement.actions.comparing import COMPARE
from teahorse.settlement.actions.jobs import QUEUE, SHARE

CLOCK = "clock"
LAST = timedelta(hours=1)


@app.periodic(cron="* * * * *")
@app.task(name="settlement.book_forgotten", queue=CLOCK, queueing_lock="settlement.book_forgotten")
def book_forgotten(timestamp: int) -> None:  # noqa: ARG001 - procrastinate passes it
    """Book what a lost reaction left out; the last hour, as every hour all of it is looked at."""
    now = timezone.now()
    actions.book_forgotten(now=now, since=now - LAST)


@app.periodic(cron="3 * * * *")
@app.task(name="settlement.mature", queue=CLOCK, queueing_lock="settlement.mature")
def mature_earnings(timestamp: int) -> None:  # noqa: ARG001 - procrastinate passes it
    """Let earnings mature whose return window is over, when everything that could lessen them is booked."""
    now = timezone.now()
    actions.book_forgotten(now=now)
    actions.mature_earnings(now=now)
    actions.release_sales(now=now)


@app.task(name=SHARE, queue=QUEUE, retry=8)
def share_payouts(payout_ids: list[str]) -> None:
    """Have payouts that were just approved shared out."""
    actions.share_payouts(payout_ids=[UUID(key) for key in payout_ids], now=timezone.now())


@app.periodic(cron="* * * * *")
@app.task(name="settlement.share_forgotten", queue=CLOCK, queueing_lock="settlement.share_forgotten")
def share_forgotten(timestamp: int) -> None:  # noqa: ARG001 - procrastinate passes it
    """Have shared out what a lost job left out, and note what is paid."""
    actions.share_payouts(now=timezone.now())


@app.periodic(cron="30 4 * * *")
@app.task(name="settlement.reconcile", queue=CLOCK, queueing_lock="settlement.reconcile")
def reconcile(timestamp: int) -> None:  # noqa: ARG001 - procrastinate passes it
    """Compare the books with everybody else's."""
    actions.compare(now=timezone.now())


@app.task(name=COMPARE, queue="settlement")
def compare(comparison_id: str) -> None:
    """Compare the books because somebody asked."""
    actions.run_comparison(comparison_id=UUID(comparison_id), now=timezone.now())
