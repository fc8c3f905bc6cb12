"""What actions and the clock start: publishing the log, making labels, opening cases for recalls, telling subscribers, sweeping."""

from uuid import UUID

from django.utils import timezone
from procrastinate import RetryStrategy
from procrastinate.contrib.django import app

from teahorse.trace import actions
from teahorse.trace.actions import labelling
from teahorse.trace.actions.jobs import QUEUE, SEND, TELL


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


@app.task(name=labelling.JOB, queue=labelling.QUEUE, retry=3)
def make_sheet(sheet_id: str) -> None:
    """Make labels that were just asked for."""
    labelling.make_sheet(sheet_id=UUID(sheet_id), now=timezone.now())


@app.periodic(cron="* * * * *")
@app.task(name="teahorse.trace.make_forgotten_sheets", queue="clock", queueing_lock="make_forgotten_sheets")
def make_forgotten_sheets(timestamp: int) -> None:  # noqa: ARG001 - procrastinate passes it
    """Go on with labels whose job was lost."""
    labelling.make_forgotten_sheets(now=timezone.now())


@app.task(name=TELL, queue=QUEUE, retry=3)
def tell_streams() -> None:
    """Look what a capture brought for those who want to know at once."""
    actions.tell_streams(now=timezone.now())


@app.task(name=SEND, queue=QUEUE, retry=RetryStrategy(max_attempts=13, exponential_wait=2))
def send_delivery(delivery_id: str) -> None:
    """Send a delivery; what is not taken is tried again, later and later, for two hours and a quarter."""
    actions.send_delivery(delivery_id=UUID(delivery_id), now=timezone.now())


@app.periodic(cron="* * * * * */10")
@app.task(name="teahorse.trace.tell_due", queue="clock", queueing_lock="tell_due_subscriptions")
def tell_due(timestamp: int) -> None:  # noqa: ARG001 - procrastinate passes it
    """Look what is new for those whose time has come."""
    actions.tell_due(now=timezone.now())


@app.periodic(cron="41 * * * *")
@app.task(name="teahorse.trace.sweep_deliveries", queue="clock", queueing_lock="sweep_deliveries")
def sweep_deliveries(timestamp: int) -> None:  # noqa: ARG001 - procrastinate passes it
    """Forget what was sent long ago."""
    actions.sweep_deliveries(now=timezone.now())


@app.periodic(cron="20 3 * * *")
@app.task(name="teahorse.trace.sweep", queue="clock", queueing_lock="sweep_trace_attachments")
def sweep(timestamp: int) -> None:  # noqa: ARG001 - procrastinate passes it
    """Throw away files whose telling never came."""
    actions.sweep_attachments(now=timezone.now())


@app.periodic(cron="*/10 * * * *")
@app.task(name="teahorse.trace.suspect", queue="clock", queueing_lock="suspect_copies")
def suspect(timestamp: int) -> None:  # noqa: ARG001 - procrastinate passes it
    """Look at the latest scans for signs of copies."""
    actions.suspect(now=timezone.now())
