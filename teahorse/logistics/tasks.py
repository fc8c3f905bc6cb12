"""What the clock starts."""

from django.utils import timezone
from procrastinate.contrib.django import app

from teahorse.logistics import actions


@app.periodic(cron="37 3 * * *")
@app.task(name="logistics.learn_lanes", queue="clock", queueing_lock="logistics.learn_lanes")
def learn_lanes(timestamp: int) -> None:  # noqa: ARG001 - procrastinate passes it
    """Learn from the parcels that came how long lanes take."""
    actions.learn_lanes(now=timezone.now())
