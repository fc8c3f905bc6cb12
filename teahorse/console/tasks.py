"""What the clock starts for the workbench: throwing tables away that were looked through and never handed in."""

import logging

from django.utils import timezone
from procrastinate.contrib.django import app

from teahorse.console import kept_tables

log = logging.getLogger(__name__)


@app.periodic(cron="47 * * * *")
@app.task(name="teahorse.console.sweep_tables", queue="clock", queueing_lock="sweep_tables")
def sweep_tables(timestamp: int) -> None:  # noqa: ARG001 - procrastinate passes it
    """Throw away tables that nobody confirmed."""
    if swept := kept_tables.sweep(now=timezone.now()):
        log.info("%s imported tables were not confirmed and are thrown away", swept)
