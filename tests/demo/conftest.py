"""The demo region, loaded once for the tests of this folder; each test looks at it in a savepoint of its own."""

import time
from datetime import UTC, datetime

import pytest
from django.db import transaction

from teahorse.demo.loading import load_demo

NOW = datetime(2026, 8, 15, 4, 0, tzinfo=UTC)


@pytest.fixture(scope="package")
def region(django_db_setup, django_db_blocker):
    """The demo region in a transaction that is rolled back; the value is how many seconds its loading took."""
    with django_db_blocker.unblock(), transaction.atomic():
        started = time.monotonic()
        load_demo(now=NOW)
        yield time.monotonic() - started
        transaction.set_rollback(True)


@pytest.fixture
def house(region, db):
    """The demo region as it was loaded; what a test does to it is undone with the test's own savepoint."""
    return region
