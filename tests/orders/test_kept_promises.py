"""Promises are counted by the day on which they ended: kept if all parcels had come by then."""

from datetime import timedelta

import pytest
from django.utils import timezone

from teahorse.logistics import actions as logistics
from teahorse.logistics.models import Parcel
from teahorse.orders.actions import count_promises
from teahorse.orders.models import PromiseDay, SellerOrder
from teahorse.orders.queries import Kept, kept_promises
from tests import world
from tests.console.world import member, packed, paid, placed

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)


@pytest.fixture
def point(db):
    return world.service_point("station-lhayu", kind="township_station", level="station", code="540524201")


@pytest.fixture
def coop(db):
    return world.organisation("coop-dorje")


def promised(coop, point, *, come_days: float | None):
    """Return an order whose parcel came so many days after today, and today's is its last day."""
    order, parcel = packed(world.person(), world.offer(coop), member(coop, world_phone()), pickup_point=point)
    SellerOrder.objects.filter(pk=order.pk).update(promised_from_date=today(), promised_to_date=today())
    if come_days is not None:
        at = timezone.now() + timedelta(days=come_days)
        arrival = logistics.ScanDraft(parcel_number=parcel.number, act="arrived", happened_at=at, place=point, by=None)
        logistics.record_scans(scans=[arrival], now=at)
    return order


PHONES = iter(range(73_100, 73_999))


def world_phone():
    return f"+86199000{next(PHONES)}"


def today():
    return timezone.localdate()


def test_what_came_by_its_day_is_kept_what_came_later_or_not_at_all_is_broken(coop, point):
    for come_days in (0, 1.5, None):
        promised(coop, point, come_days=come_days)
    never_packed = paid(world.person("+8619900073060"), world.offer(coop), pickup_point=point)
    unpaid = placed(world.person("+8619900073061"), world.offer(coop), pickup_point=point).orders.get()
    SellerOrder.objects.filter(pk__in=[never_packed.pk, unpaid.pk]).update(promised_from_date=today(), promised_to_date=today())

    count_promises(now=timezone.now())
    on_the_day = PromiseDay.objects.count()
    count_promises(now=timezone.now() + DAY)
    count_promises(now=timezone.now() + 2 * DAY)

    assert on_the_day == 0
    assert list(PromiseDay.objects.values_list("day", "origin_code", "destination_code", "promised", "kept")) == [
        (today(), "540524", "540524", 4, 1)
    ]


def test_what_a_phone_tells_late_is_counted_when_it_is_told(coop, point):
    order = promised(coop, point, come_days=None)
    count_promises(now=timezone.now() + DAY)
    before = kept_promises("540524", since=today())

    parcel = Parcel.objects.get(reference=order.pk)
    told = logistics.ScanDraft(parcel_number=parcel.number, act="arrived", happened_at=timezone.now(), place=point, by=None)
    logistics.take_scans(scans=[told], now=timezone.now() + 2 * DAY)
    count_promises(now=timezone.now() + 3 * DAY)

    assert (before, kept_promises("540524", since=today())) == ([Kept("540524", "540524", 1, 0)], [Kept("540524", "540524", 1, 1)])
    assert kept_promises("540524", since=today() + DAY) == kept_promises("5402", since=today()) == []
