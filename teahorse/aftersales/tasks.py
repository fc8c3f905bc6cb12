"""What the clock starts."""

from datetime import timedelta

from django.utils import timezone
from procrastinate.contrib.django import app

from teahorse.aftersales import actions

LAST = timedelta(hours=1)


@app.periodic(cron="*/5 * * * *")
@app.task(name="aftersales.let_time_decide", queue="clock", queueing_lock="aftersales.let_time_decide")
def let_time_decide(timestamp: int) -> None:  # noqa: ARG001 - procrastinate passes it
    """Decide what nobody decided in time."""
    while actions.let_time_decide(now=timezone.now()):
        pass


@app.periodic(cron="* * * * *")
@app.task(name="aftersales.settle_forgotten_refunds", queue="clock", queueing_lock="aftersales.settle_forgotten_refunds")
def settle_forgotten_refunds(timestamp: int) -> None:  # noqa: ARG001 - procrastinate passes it
    """Take refunds into their cases whose reaction did not come through; the last hour, as every hour all of it is looked at."""
    now = timezone.now()
    actions.settle_forgotten_refunds(now=now, since=now - LAST)


@app.periodic(cron="18 * * * *")
@app.task(name="aftersales.settle_long_forgotten_refunds", queue="clock", queueing_lock="aftersales.settle_long_forgotten_refunds")
def settle_long_forgotten_refunds(timestamp: int) -> None:  # noqa: ARG001 - procrastinate passes it
    """Take refunds into their cases that every minute of an hour left out: nobody was there, or it failed."""
    actions.settle_forgotten_refunds(now=timezone.now())


@app.periodic(cron="23 4 * * *")
@app.task(name="aftersales.sweep_photos", queue="clock", queueing_lock="aftersales.sweep_photos")
def sweep_photos(timestamp: int) -> None:  # noqa: ARG001 - procrastinate passes it
    """Throw away photographs of cases that never came."""
    actions.sweep_photos(now=timezone.now())
