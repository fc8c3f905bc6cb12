"""What was announced during a test."""

import time

import pytest
from procrastinate.contrib.django.models import ProcrastinateJob

from teahorse.common import events


@pytest.fixture
def announced():
    """Count the stored jobs of a reaction: ``announced(PaymentsSucceeded)`` starts and returns the counter."""
    registered = []

    def listen(event_type):
        def react(event):
            """Never run: the stored jobs are counted."""

        react.__name__ = f"react_{event_type.__name__}_{time.monotonic_ns()}"
        events.reacts_to(event_type)(react)
        name = f"{react.__module__}.{react.__name__}"
        registered.append((event_type, name))

        def heard():
            jobs = ProcrastinateJob.objects.filter(task_name=events.JOB, args__reaction=name).order_by("id")
            return [job.args["event"] for job in jobs]

        return heard

    yield listen
    for event_type, name in registered:
        events._reactions[event_type].remove(name)
        del events._by_name[name]
