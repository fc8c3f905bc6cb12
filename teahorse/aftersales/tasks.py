"""What the clock starts."""

from django.utils import timezone
from procrastinate.contrib.django import app

from teahorse.aftersales import actions


@app.periodic(cron="*/5 * * * *")
@app.task(name="aftersales.let_time_decide", queue="clock", queueing_lock="aftersales.let_time_decide")
def let_time_decide(timestamp: int) -> None:  # noqa: ARG001 - procrastinate passes it
    """Decide what nobody decided in time."""
    while actions.let_time_decide(now=timezone.now()):
        pass


@app.periodic(cron="23 4 * * *")
@app.task(name="aftersales.sweep_photos", queue="clock", queueing_lock="aftersales.sweep_photos")
def sweep_photos(timestamp: int) -> None:  # noqa: ARG001 - procrastinate passes it
    """Throw away photographs of cases that never came."""
    actions.sweep_photos(now=timezone.now())
