"""What every test may use."""

from datetime import UTC, datetime

import pytest


@pytest.fixture
def now():
    """A moment in the middle of the matsutake season."""
    return datetime(2026, 8, 15, 4, 0, tzinfo=UTC)


@pytest.fixture(autouse=True)
def _no_jobs_of_others(request):
    """Forget stored jobs before a test that commits: flushing leaves procrastinate's tables alone."""
    marker = request.node.get_closest_marker("django_db")
    if marker and marker.kwargs.get("transaction"):
        request.getfixturevalue("transactional_db")
        from django.db import connection

        with connection.cursor() as cursor:
            cursor.execute("truncate procrastinate_jobs cascade")


@pytest.fixture(autouse=True)
def _areas_are_read_anew():
    """Each test has areas of its own; a process keeps them for a minute."""
    from teahorse.places.queries import forget_kept

    forget_kept()


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
