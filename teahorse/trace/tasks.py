"""What the clock starts: publishing the log, sweeping files that belong to nothing."""

from django.utils import timezone
from procrastinate.contrib.django import app

from teahorse.trace import actions


@app.periodic(cron="*/5 * * * *")
@app.task(name="teahorse.trace.publish", queue="clock", queueing_lock="publish_trace_log")
def publish(timestamp: int) -> None:  # noqa: ARG001 - procrastinate passes it
    """Publish what was told since; a checkpoint is never older than ten minutes where something was."""
    actions.publish(now=timezone.now())


@app.periodic(cron="20 3 * * *")
@app.task(name="teahorse.trace.sweep", queue="clock", queueing_lock="sweep_trace_attachments")
def sweep(timestamp: int) -> None:  # noqa: ARG001 - procrastinate passes it
    """Throw away files whose telling never came."""
    actions.sweep_attachments(now=timezone.now())
