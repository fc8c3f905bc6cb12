"""The worker's own jobs: stored reactions, the sign of life, and sweeping finished jobs away."""

from typing import Any

from django.utils import timezone
from procrastinate.contrib.django import app

from teahorse.common.events import JOB, QUEUE, carry_out
from teahorse.common.heartbeat import beat


@app.task(name=JOB, queue=QUEUE, retry=8)
def react(reaction: str, event: dict[str, Any]) -> None:
    """Carry out one reaction; a failure is tried again, up to eight times and at once."""
    carry_out(reaction, event)


@app.periodic(cron="* * * * * */5")
@app.task(name="teahorse.heartbeat", queue="clock", queueing_lock="heartbeat")
def heartbeat(timestamp: int) -> None:  # noqa: ARG001 - procrastinate passes it
    """Say that the worker lives."""
    beat(process="worker", now=timezone.now())


@app.periodic(cron="17 * * * *")
@app.task(name="teahorse.sweep_jobs", queue="clock", queueing_lock="sweep_jobs", pass_context=True)
async def sweep_jobs(context: Any, timestamp: int) -> None:  # noqa: ARG001 - procrastinate passes it
    """Forget jobs that succeeded two days ago; the failed stay for a person to see."""
    await context.app.job_manager.delete_old_jobs(nb_hours=48)
