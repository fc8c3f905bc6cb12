"""What the clock and pushes start: the inbox applied, carriers booked, called off and asked."""

from django.utils import timezone
from procrastinate.contrib.django import app

from teahorse.carriers import actions
from teahorse.carriers.actions.jobs import APPLY, QUEUE

CLOCK = "clock"


@app.task(name=APPLY, queue=QUEUE, retry=8)
def apply_pushes() -> None:
    """Apply what was just pushed, and ask about what an unsigned push named."""
    actions.apply_pushes(now=timezone.now())
    actions.ask_due(now=timezone.now())


@app.periodic(cron="* * * * * */20")
@app.task(name="teahorse.carriers.settle_due", queue=CLOCK, queueing_lock="settle_due_consignments")
def settle_due(timestamp: int) -> None:  # noqa: ARG001 - procrastinate passes it
    """Book and call off what is due; apply what a lost job left; ask about what is due."""
    now = timezone.now()
    actions.settle_due(now=now)
    actions.apply_pushes(now=now)
    actions.ask_due(now=now)


@app.periodic(cron="* * * * * */20")
@app.task(name="teahorse.carriers.renew_due", queue=CLOCK, queueing_lock="renew_carrier_accounts")
def renew_due(timestamp: int) -> None:  # noqa: ARG001 - procrastinate passes it
    """Renew tokens that end soon, or of which a carrier says that they have ended."""
    actions.renew_due(now=timezone.now())


@app.periodic(cron="* * * * *")
@app.task(name="teahorse.carriers.settle_claims", queue=CLOCK, queueing_lock="settle_carrier_claims")
def settle_claims(timestamp: int) -> None:  # noqa: ARG001 - procrastinate passes it
    """Lodge claims that wait, and ask what became of those that are lodged."""
    actions.settle_claims(now=timezone.now())
