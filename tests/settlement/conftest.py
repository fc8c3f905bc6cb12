"""Who sells, and the two persons whom a payout takes."""

import pytest

from tests import world


@pytest.fixture
def seller(db):
    return world.organisation("coop")


@pytest.fixture
def goods(seller):
    return world.offer(seller, price_fen=3800, on_hand=1000)


@pytest.fixture
def clerk(db):
    return world.person("+8619900001011", name="制单")


@pytest.fixture
def head(db):
    return world.person("+8619900001012", name="复核")
