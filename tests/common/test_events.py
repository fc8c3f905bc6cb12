import re
from dataclasses import dataclass
from uuid import UUID, uuid4

import pytest
from django.db import transaction
from procrastinate import sql
from procrastinate.contrib.django.models import ProcrastinateJob

from teahorse.common import events
from teahorse.common.events import Event, announce, carry_out, reacts_to


@dataclass(frozen=True, kw_only=True)
class GoatsSheared(Event):
    goat_ids: tuple[UUID, ...]


heard = []


@reacts_to(GoatsSheared)
def count_goats(event: GoatsSheared) -> None:
    heard.append(event)


@reacts_to(GoatsSheared)
def weigh_wool(event: GoatsSheared) -> None:
    heard.append(event)


@pytest.fixture(autouse=True)
def _forget():
    heard.clear()


@pytest.mark.django_db(transaction=True)
def test_a_fact_and_its_jobs_are_saved_together():
    goats = (uuid4(), uuid4())

    with transaction.atomic():
        announce(GoatsSheared(goat_ids=goats))

    jobs = list(ProcrastinateJob.objects.filter(task_name=events.JOB))
    assert sorted(job.args["reaction"].rsplit(".", 1)[1] for job in jobs) == ["count_goats", "weigh_wool"]
    assert all(job.args["event"] == {"goat_ids": [str(goat) for goat in goats]} for job in jobs)


@pytest.mark.django_db(transaction=True)
def test_a_fact_that_is_rolled_back_leaves_no_job():
    with pytest.raises(RuntimeError, match="changed our mind"), transaction.atomic():
        announce(GoatsSheared(goat_ids=(uuid4(),)))
        raise RuntimeError("changed our mind")

    assert not ProcrastinateJob.objects.filter(task_name=events.JOB).exists()


@pytest.mark.django_db(transaction=True)
def test_announcing_outside_a_transaction_is_refused():
    with pytest.raises(RuntimeError, match="outside a transaction"):
        announce(GoatsSheared(goat_ids=(uuid4(),)))


def test_a_stored_reaction_gets_its_event_back():
    goat = uuid4()

    carry_out(f"{__name__}.count_goats", {"goat_ids": [str(goat)], "a_field_of_tomorrow": 1})

    assert heard == [GoatsSheared(goat_ids=(goat,))]


def test_jobs_are_stored_by_the_librarys_own_function():
    """Its name carries a version; a new one comes with a new library, and then :data:`events.STORE` has to follow."""
    [named] = re.findall(r"procrastinate_defer_jobs\w*", sql.queries["defer_jobs"])
    [row] = re.findall(r"procrastinate_job_to_defer\w*", sql.queries["defer_jobs"])

    assert f"{named}(" in events.STORE
    assert f"::{row}" in events.STORE
