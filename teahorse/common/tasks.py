"""The worker's own jobs: stored reactions, the sign of life, and sweeping finished jobs away."""

import logging
from typing import Any

from django.conf import settings
from django.utils import timezone
from procrastinate import RetryStrategy
from procrastinate.contrib.django import app

from teahorse.common.events import JOB, QUEUE, carry_out
from teahorse.common.heartbeat import beat

log = logging.getLogger(__name__)


@app.task(name=JOB, queue=QUEUE, retry=RetryStrategy(max_attempts=12, exponential_wait=2))
def react(reaction: str, event: dict[str, Any]) -> None:
    """Carry out one reaction; a failure is tried again, later and later."""
    try:
        carry_out(reaction, event)
    except Exception:
        log.exception("the reaction %s failed", reaction)
        raise


@app.periodic(cron="* * * * * */5")
@app.task(name="teahorse.heartbeat", queue="clock", queueing_lock="heartbeat")
def heartbeat(timestamp: int) -> None:  # noqa: ARG001 - procrastinate passes it
    """Say that the worker lives."""
    beat(process="worker", now=timezone.now())


@app.periodic(cron="* * * * * */10")
@app.task(name="teahorse.rescue_jobs", queue="clock", queueing_lock="rescue_jobs", pass_context=True)
async def rescue_jobs(context: Any, timestamp: int) -> None:  # noqa: ARG001 - procrastinate passes it
    """Start the jobs again whose worker was killed in the middle of them."""
    manager = context.app.job_manager
    for job in await manager.get_stalled_jobs(seconds_since_heartbeat=settings.STALLED_SECONDS):
        await manager.retry_job(job)


@app.periodic(cron="17 * * * *")
@app.task(name="teahorse.sweep_jobs", queue="clock", queueing_lock="sweep_jobs", pass_context=True)
async def sweep_jobs(context: Any, timestamp: int) -> None:  # noqa: ARG001 - procrastinate passes it
    """Forget jobs that succeeded two days ago; the failed stay for a person to see."""
    await context.app.job_manager.delete_old_jobs(nb_hours=48)
