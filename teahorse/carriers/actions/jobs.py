"""The job that a push leaves for the worker, stored in its own transaction; ``tasks.py`` carries it out."""

from procrastinate.contrib.django import app

QUEUE = "carriers"
APPLY = "teahorse.carriers.apply_pushes"


def leave_applying() -> None:
    """Have the inbox applied."""
    app.configure_task(APPLY, queue=QUEUE).defer()
