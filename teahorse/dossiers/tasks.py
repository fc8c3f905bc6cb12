"""What actions and the clock start: making dossiers."""

from uuid import UUID

from django.utils import timezone
from procrastinate.contrib.django import app

from teahorse.dossiers import actions


@app.task(name=actions.JOB, queue=actions.QUEUE, retry=3)
def make(dossier_id: str) -> None:
    """Make a dossier that was just asked for."""
    actions.make_dossier(dossier_id=UUID(dossier_id), now=timezone.now())


@app.periodic(cron="* * * * *")
@app.task(name="teahorse.dossiers.make_forgotten", queue="clock", queueing_lock="make_forgotten_dossiers")
def make_forgotten(timestamp: int) -> None:  # noqa: ARG001 - procrastinate passes it
    """Make what a lost job left."""
    actions.make_forgotten(now=timezone.now())
