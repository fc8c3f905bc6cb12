"""What actions and the clock start: the provider asked, red letters that were forgotten."""

from django.utils import timezone
from procrastinate.contrib.django import app

from teahorse.invoices import actions
from teahorse.invoices.actions.jobs import QUEUE, SEND

CLOCK = "clock"


@app.task(name=SEND, queue=QUEUE, retry=8)
def send() -> None:
    """Send what was just asked for; what does not answer is left to the clock."""
    actions.send_papers(now=timezone.now())


@app.periodic(cron="* * * * * */15")
@app.task(name="teahorse.invoices.send_due", queue=CLOCK, queueing_lock="send_due_invoices")
def send_due(timestamp: int) -> None:  # noqa: ARG001 - procrastinate passes it
    """Ask about what is on its way at the provider."""
    actions.send_papers(now=timezone.now())


@app.periodic(cron="23 * * * *")
@app.task(name="teahorse.invoices.take_back_forgotten", queue=CLOCK, queueing_lock="take_back_forgotten")
def take_back_forgotten(timestamp: int) -> None:  # noqa: ARG001 - procrastinate passes it
    """Ask for red letters and additions whose reaction did not come through."""
    actions.take_back_forgotten(now=timezone.now())
    actions.add_forgotten(now=timezone.now())
