"""Units are withdrawn from the shelf as far as nobody was promised them."""

from uuid import uuid4

import pytest

from teahorse.stock import actions
from teahorse.stock.models import StockLevel, StockMovement
from tests import world

pytestmark = pytest.mark.django_db


def withdrawn(units, reference):
    return actions.withdraw(units=units, reference=reference, by_id=None, note="召回", now=world.NOW)


def test_what_is_promised_stays_and_the_same_again_takes_nothing():
    offer, reference = world.offer(world.organisation("chamchen"), on_hand=10), uuid4()
    StockLevel.objects.update(reserved=7)

    assert [withdrawn({offer.pk: 5}, reference) for _ in range(2)] == [{offer.pk: 3}] * 2

    level = world.level_of(offer)
    assert (level.on_hand, level.reserved) == (7, 7)
    assert StockMovement.objects.values_list("delta", "reason", "reference", "note").get() == (-3, "withdrawn", reference, "召回")


def test_where_nothing_is_free_nothing_is_written():
    offer = world.offer(world.organisation("chamchen"), on_hand=2)
    StockLevel.objects.update(reserved=2)

    assert withdrawn({offer.pk: 2}, uuid4()) == {offer.pk: 0}
    assert not StockMovement.objects.exists()
