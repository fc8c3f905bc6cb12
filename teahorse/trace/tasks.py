"""What actions and the clock start: publishing the log, making labels, opening cases for those whom recalls reach."""

from uuid import UUID

from django.utils import timezone
from procrastinate.contrib.django import app

from teahorse.trace import actions
from teahorse.trace.actions import labelling


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
