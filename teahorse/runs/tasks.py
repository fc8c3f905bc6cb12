"""What actions and the clock start: searching a plan, and giving up on those whose job was lost."""

from uuid import UUID

from django.utils import timezone
from procrastinate.contrib.django import app

from teahorse.runs import actions


@app.task(name=actions.JOB, queue=actions.QUEUE)
def search(plan_id: str) -> None:
    """Search a plan that was just asked for."""
    actions.search_plan(plan_id=UUID(plan_id), now=timezone.now())


@app.periodic(cron="* * * * *")
@app.task(name="teahorse.runs.give_up_lost", queue="clock", queueing_lock="give_up_lost_plans")
def give_up_lost(timestamp: int) -> None:  # noqa: ARG001 - procrastinate passes it
    """Give up on plans whose job was lost."""
    actions.give_up_lost(now=timezone.now())
