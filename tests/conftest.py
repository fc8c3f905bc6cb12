"""What every test may use."""

import os
import time
from contextlib import contextmanager
from datetime import UTC, datetime
from unittest.mock import patch

import pytest
from hypothesis import HealthCheck, settings
from xdist.scheduler import LoadFileScheduling

settings.register_profile("house", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("house")  # nothing in the suite goes by the clock: a busy machine is no fault


def pytest_configure(config):
    """Write the compiled catalogues before anybody speaks: they are in no clone."""
    if not hasattr(config, "workerinput"):
        from teahorse.common.management.commands.messages import LOCALES, compile_one

        for locale in LOCALES:
            compile_one(locale)


@pytest.fixture(scope="session")
def django_db_modify_db_settings(django_db_modify_db_settings):
    """Begin with a copy of the tables where there is one; what is missing in it is still migrated."""
    from django.db import connection

    connection.settings_dict["TEST"]["TEMPLATE"] = os.environ.get("TEAHORSE_TEST_TEMPLATE")


@pytest.fixture(autouse=True, scope="session")
def _only_filled_tables_are_emptied():
    """
    After a test that commits, Django empties each table and makes content types and rights anew, a second each time.

    Most tables are empty already; what migrating alone writes is nobody's to change and stays.
    """
    from django.db import connection
    from django.test import TransactionTestCase

    made_by_migrating = {"django_content_type", "auth_permission"}
    by_django = TransactionTestCase._fixture_teardown

    def empty(case):
        tables = set(connection.introspection.django_table_names(only_existing=True, include_views=False)) - made_by_migrating
        with connection.cursor() as cursor:
            cursor.execute("select rolsuper from pg_roles where rolname = current_user")
            if cursor.fetchone() != (True,):
                by_django(case)
                return
            cursor.execute(" union all ".join(f"(select '{table}' from {table} limit 1)" for table in sorted(tables)))
            filled = [table for (table,) in cursor.fetchall()]
            cursor.execute("set session_replication_role = replica")  # no foreign key and no trigger is asked
            for table in filled:
                cursor.execute(f"delete from {table}")
            cursor.execute("set session_replication_role = origin")

    with patch.object(TransactionTestCase, "_fixture_teardown", empty):
        yield


SLOW = tuple(
    f"tests/{name}"
    for name in (
        "browser/",
        "journeys/",
        "settlement/test_returns_in_any_order.py",
        "settlement/test_any_order.py",
        "test_permission_walk.py",
        "api/test_schema.py",
    )
)


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items):
    """Begin with the files that take longest, so that at the end no worker is left alone with one of them."""
    items.sort(key=lambda item: not item.nodeid.startswith(SLOW))


class ByFile(LoadFileScheduling):
    """A file to a worker; what walks through the open house goes to one worker, as the house is opened once."""

    def _split_scope(self, nodeid):
        return "tests/browser" if nodeid.startswith("tests/browser/") else super()._split_scope(nodeid)


def pytest_xdist_make_scheduler(config, log):
    """Share the tests out by what they need."""
    return ByFile(config, log)


@pytest.fixture
def now():
    """A moment in the middle of the matsutake season."""
    return datetime(2026, 8, 15, 4, 0, tzinfo=UTC)


@pytest.fixture(autouse=True)
def _no_jobs_of_others(request):
    """Forget the jobs that a test has committed: flushing leaves procrastinate's tables alone, and the next test may count its own."""
    marker = request.node.get_closest_marker("django_db")
    if not (marker and marker.kwargs.get("transaction")):
        yield
        return
    request.getfixturevalue("transactional_db")
    yield
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("truncate procrastinate_jobs cascade")


@pytest.fixture(autouse=True)
def _nothing_is_kept_of_the_test_before():
    """Each test has rows of its own; a process keeps for a minute what it reads of them: areas, stories, the key of today's visitors."""
    from teahorse.common.keeping import forget_all

    forget_all()


@pytest.fixture(autouse=True)
def _merchant_accounts_are_read_anew():
    """Each test has merchant accounts of its own; a process keeps them for two seconds."""
    from teahorse.payments.merchants import forget_kept

    forget_kept()


@pytest.fixture(autouse=True)
def _end_the_inboxs_thread():
    """A test that lets providers call back leaves a thread with a connection behind."""
    yield
    from teahorse.payments.notify import gatherer

    gatherer.stop()


@pytest.fixture(autouse=True)
def _end_the_scans_thread():
    """Labels that are scanned outside a transaction leave a thread with a connection behind."""
    yield
    from teahorse.trace.actions.scanning import together

    together.stop()


@pytest.fixture
def sent(monkeypatch):
    """The statements that were sent prepared; Django does not count them."""
    from teahorse.common import statements

    texts = []

    class Counted(statements.Cursor):
        def execute(self, query, *values, **options):
            texts.append(query)
            return super().execute(query, *values, **options)

    monkeypatch.setattr(statements, "Cursor", Counted)
    return texts


@pytest.fixture
def questions(sent):
    """``with questions() as asked``: every statement that was sent meanwhile, by Django or prepared."""
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    @contextmanager
    def counted():
        sent.clear()
        asked = []
        with CaptureQueriesContext(connection) as captured:
            yield asked
        asked += [query["sql"] for query in captured.captured_queries] + sent

    return counted


@pytest.fixture
def announced():
    """Count the stored jobs of a reaction: ``announced(PaymentsSucceeded)`` starts and returns the counter."""
    from procrastinate.contrib.django.models import ProcrastinateJob

    from teahorse.common import events

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
