"""The freight of a quote is the one that the product's page shows."""

import pytest

from teahorse.logistics.models import FreightRate
from teahorse.orders.quoting import quote
from tests import world

pytestmark = pytest.mark.django_db


def test_light_and_bulky_goods_are_charged_by_their_volume():
    coop = world.organisation("coop")
    lamp = world.offer(coop, title="酥油灯", weight_grams=500)
    lamp.variant.volume_cm3 = 6_500
    lamp.variant.save(update_fields=["volume_cm3"])
    rate = FreightRate.objects.create(first_kg_fen=1200, further_kg_fen=800, days_min=4, days_max=9)

    by_weight = quote(wanted={lamp.pk: 2}, destination=world.destination(), now=world.NOW).freight_fen
    FreightRate.objects.filter(pk=rate.pk).update(cm3_per_kg=6_000)
    by_volume = quote(wanted={lamp.pk: 2}, destination=world.destination(), now=world.NOW).freight_fen

    assert (by_weight, by_volume) == (1200, 2800)
