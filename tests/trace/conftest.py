"""A cooperative that brews, who tells what it does, and what she has told."""

import pytest

from tests import world
from tests.console.world import member

from .recipes import gives, lot_of, takes, tell


@pytest.fixture
def coop():
    return world.organisation("chamchen")


@pytest.fixture
def teller(coop):
    return member(coop, "+8619900074001", name="掌柜")


@pytest.fixture
def barley(coop, teller):
    return lot_of(tell(coop, "buy-barley", given=gives(barley=100), by=teller))


@pytest.fixture
def wine(coop, teller, barley):
    begun = tell(coop, "steam", taken=takes(barley, amount=60), by=teller)
    return lot_of(tell(coop, "draw", given=gives(wine=80), process=begun.pk, by=teller), "wine")
