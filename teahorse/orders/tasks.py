"""What the clock starts."""

from datetime import timedelta

from django.utils import timezone
from procrastinate.contrib.django import app

from teahorse.orders import actions

LAST = timedelta(hours=1)


@app.periodic(cron="* * * * * */15")
@app.task(name="orders.expire", queue="clock", queueing_lock="orders.expire")
def expire_orders(timestamp: int) -> None:  # noqa: ARG001 - procrastinate passes it
    """Let go what was not paid in time."""
    while actions.expire_orders(now=timezone.now()):
        pass


@app.periodic(cron="* * * * *")
@app.task(name="orders.take_forgotten_payments", queue="clock", queueing_lock="orders.take_forgotten_payments")
def take_forgotten_payments(timestamp: int) -> None:  # noqa: ARG001 - procrastinate passes it
    """Give money to its orders whose reaction did not come through; the last hour, as every hour all of it is looked at."""
    now = timezone.now()
    actions.take_forgotten_payments(now=now, since=now - LAST)


@app.periodic(cron="12 * * * *")
@app.task(name="orders.take_long_forgotten_payments", queue="clock", queueing_lock="orders.take_long_forgotten_payments")
def take_long_forgotten_payments(timestamp: int) -> None:  # noqa: ARG001 - procrastinate passes it
    """Give money to its orders that every minute of an hour left out: nobody was there, or it failed."""
    actions.take_forgotten_payments(now=timezone.now())


@app.periodic(cron="7 * * * *")
@app.task(name="orders.close_received", queue="clock", queueing_lock="orders.close_received")
def close_received(timestamp: int) -> None:  # noqa: ARG001 - procrastinate passes it
    """Close what was handed over long ago."""
    while actions.close_received(now=timezone.now()):
        pass


@app.periodic(cron="*/5 * * * *")
@app.task(name="orders.end_overdue", queue="clock", queueing_lock="orders.end_overdue")
def end_overdue(timestamp: int) -> None:  # noqa: ARG001 - procrastinate passes it
    """Waive what nobody paid of what weighed more, let go the pre-sales whose rest nobody paid and what nobody fetched."""
    while actions.waive_overdue(now=timezone.now()):
        pass
    while actions.lapse_overdue(now=timezone.now()):
        pass
    while actions.end_unfetched(now=timezone.now()):
        pass


@app.periodic(cron="* * * * *")
@app.task(name="orders.settle_harvests", queue="clock", queueing_lock="orders.settle_harvests")
def settle_harvests(timestamp: int) -> None:  # noqa: ARG001 - procrastinate passes it
    """Decide on the orders of harvests that were declared."""
    while actions.settle_harvests(now=timezone.now()):
        pass


@app.periodic(cron="7 4 * * *")
@app.task(name="orders.count_promises", queue="clock", queueing_lock="orders.count_promises")
def count_promises(timestamp: int) -> None:  # noqa: ARG001 - procrastinate passes it
    """Count the promises that were kept."""
    actions.count_promises(now=timezone.now())
