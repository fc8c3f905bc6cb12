"""Parcels carry how they are to be handled: as their goods say, or whoever packs them."""

import pytest
from django.utils import timezone

from teahorse.catalog.models import Product, Variant
from teahorse.logistics.models import Parcel
from teahorse.logistics.rules import Marks
from teahorse.orders.actions import pack_order
from teahorse.orders.marking import Bulk, bulk_of
from tests import world
from tests.console.world import paid

pytestmark = pytest.mark.django_db


@pytest.fixture
def order(db):
    return paid(world.person(), world.offer(world.organisation("coop-dorje")), units=3)


def stored(how, *, volume_cm3=0):
    Product.objects.update(attributes={"storage": how} if how else {})
    Variant.objects.update(volume_cm3=volume_cm3)


def test_the_bulk_of_an_order_is_that_of_its_goods(order):
    stored("frozen", volume_cm3=2_000)
    assert bulk_of([order.pk]) == {order.pk: Bulk(6_000, is_cold=True)}

    stored("dry")
    assert bulk_of([order.pk]) == {order.pk: Bulk(None, is_cold=False)}


def test_frozen_and_bulky_goods_make_a_cold_large_parcel_that_a_carrier_is_told_the_volume_of(order):
    stored("chilled", volume_cm3=60_000)

    pack_order(order=order, weight_grams=4_000, by=None, now=timezone.now())

    parcel = Parcel.objects.get()
    assert (parcel.is_cold, parcel.is_fragile, parcel.size, parcel.volume_cm3) == (True, False, "large", 180_000)


def test_a_heavy_parcel_is_large(order):
    assert [bulk_of([order.pk])[order.pk].marks(weight_grams=grams).is_large for grams in (29_999, 30_000)] == [False, True]


def test_who_packs_it_knows_better(order):
    stored("frozen")

    pack_order(order=order, weight_grams=4_000, by=None, now=timezone.now(), marks=Marks(is_fragile=True))

    parcel = Parcel.objects.get()
    assert (parcel.is_cold, parcel.is_fragile, parcel.size) == (False, True, "small")
