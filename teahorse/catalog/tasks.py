"""What the clock starts for the catalogue: following prices that begin or end, throwing away photographs that nothing uses."""

import logging

from django.utils import timezone
from procrastinate.contrib.django import app

from teahorse.catalog import actions

log = logging.getLogger(__name__)


@app.periodic(cron="23 3 * * *")
@app.task(name="teahorse.catalog.sweep_pictures", queue="clock", queueing_lock="sweep_pictures")
def sweep_pictures(timestamp: int) -> None:  # noqa: ARG001 - procrastinate passes it
    """Throw away photographs that nothing uses any more."""
    if swept := actions.sweep_pictures(now=timezone.now()):
        log.info("%s pictures were used by nothing and are thrown away", swept)


@app.periodic(cron="* * * * * */15")
@app.task(name="catalog.follow_prices", queue="clock", queueing_lock="catalog.follow_prices")
def follow_prices(timestamp: int) -> None:  # noqa: ARG001 - procrastinate passes it
    """Have searching find by the prices that hold now."""
    actions.follow_prices(now=timezone.now())
