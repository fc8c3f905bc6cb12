"""Who takes part in a case."""

import pytest

from tests import world


@pytest.fixture
def coop():
    return world.organisation("chamchen")


@pytest.fixture
def wine(coop):
    return world.offer(coop, on_hand=20)


@pytest.fixture
def clerk():
    return world.person("+8619900001010", name="掌柜")


@pytest.fixture
def station():
    return world.service_point("lhayu")
