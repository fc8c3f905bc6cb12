"""What the clock starts."""

from django.utils import timezone
from procrastinate.contrib.django import app

from teahorse.stock import actions


@app.periodic(cron="*/5 * * * *")
@app.task(name="stock.release_overdue", queue="clock", queueing_lock="stock.release_overdue")
def release_overdue(timestamp: int) -> None:  # noqa: ARG001 - procrastinate passes it
    """Give back what was forgotten."""
    actions.release_overdue(now=timezone.now())
