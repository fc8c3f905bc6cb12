"""What the clock starts: publishing the log, opening cases for those whom recalls reach."""

from django.utils import timezone
from procrastinate.contrib.django import app

from teahorse.trace import actions


@app.periodic(cron="*/5 * * * *")
@app.task(name="teahorse.trace.publish", queue="clock", queueing_lock="publish_trace_log")
def publish(timestamp: int) -> None:  # noqa: ARG001 - procrastinate passes it
    """Publish what was told since; a checkpoint is never older than ten minutes where something was."""
    actions.publish(now=timezone.now())


@app.periodic(cron="* * * * *")
@app.task(name="teahorse.trace.open_recall_cases", queue="clock", queueing_lock="open_recall_cases")
def open_recall_cases(timestamp: int) -> None:  # noqa: ARG001 - procrastinate passes it
    """Open after-sale cases for the buyers whom recalls reach."""
    while actions.open_recall_cases(now=timezone.now()):
        pass
