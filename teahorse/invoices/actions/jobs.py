"""The job that actions leave for the worker, stored in the action's own transaction; ``tasks.py`` carries it out."""

from procrastinate.contrib.django import app

QUEUE = "invoices"
SEND = "teahorse.invoices.send"


def leave_sending() -> None:
    """Have the provider asked for what is due."""
    app.configure_task(SEND, queue=QUEUE).defer()
