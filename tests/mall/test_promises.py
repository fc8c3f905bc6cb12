"""A buyer reads how sure the day is that she is promised, what is closed on the way, and what has closed since."""

from datetime import timedelta

import pytest
from django.utils import timezone

from teahorse.common import keeping
from teahorse.common.ids import short
from teahorse.logistics.models import LaneDays
from teahorse.mall.promises import basis_words, closed_words, history_words
from teahorse.network.actions import close_ways, lay_road
from teahorse.network.models import Closure, Node, Pass
from teahorse.network.rules.roads import is_winter
from teahorse.orders.models import OrderGroup, SellerOrder
from teahorse.people.models import ServicePoint
from teahorse.places.models import Area
from tests.mall.test_following import pay
from tests.mall.world import confirmed, person

MAKERS, BEIJING = "540524", "110101"


@pytest.fixture
def lane(world):
    """What forty parcels took from the weavers' county to Beijing, at this time of the year."""
    in_winter = is_winter(timezone.localdate())
    for days, parcels in ((3, 30), (5, 10)):
        LaneDays.objects.create(origin_code=MAKERS, destination_code=BEIJING, is_winter=in_winter, days=days, parcels=parcels)
    keeping.forget_all()


@pytest.fixture
def snow(world):
    """The pass between the weavers' county and the city."""
    area = Area.objects.get(code=MAKERS)
    point = ServicePoint.objects.create(county_id=area.pk, organisation=world.weavers, area=area, level="centre", name="县中心")
    place = {"county_id": area.pk, "latitude": 29.0, "longitude": 91.6, "height_m": 3700}
    centre = Node.objects.create(**place, kind="service_point", name="县中心", service_point=point, area=area)
    airport = Node.objects.create(**place | {"latitude": 29.3}, kind="airport", name="贡嘎机场", area=Area.objects.get(code="5405"))
    found = Pass.objects.create(county_id=area.pk, name="亚堆扎拉", height_m=5088)
    lay_road(start=centre, end=airport, road_class="national", passes=[found])
    return found


def close(found, **more):
    now = timezone.now()
    teller = person("+8613800138055")
    close_ways(passes=[found], reason=Closure.Reason.SNOW, begins_at=now - timedelta(hours=1), by=teller, now=now, **more)
    keeping.forget_all()


def order(guest, put, world):
    put(world.carpet)
    shown = confirmed(guest)
    guest.post("/checkout/", shown)
    return OrderGroup.objects.get()


def test_the_checkout_says_how_sure_it_is_and_the_order_keeps_it(world, guest, put, lane):
    put(world.carpet)
    said = guest.post("/checkout/", {**confirmed(guest), "do": "look"}).content.decode()
    guest.post("/checkout/", confirmed(guest))

    kept = SellerOrder.objects.get()
    assert history_words(90, 40) in said
    assert kept.promise_basis == {"percent": 90, "parcels": 40}
    today = timezone.localdate(kept.placed_at)
    assert (kept.promised_from_date, kept.promised_to_date) == (today + timedelta(days=4), today + timedelta(days=7))
    pay(OrderGroup.objects.get())
    assert history_words(90, 40) in guest.get(f"/orders/{short(OrderGroup.objects.get().pk)}/").content.decode()


def test_a_closed_pass_is_told_before_buying_and_not_again_as_news(world, guest, put, snow):
    close(snow, ends_at=timezone.now() + timedelta(days=3))
    group = pay(order(guest, put, world))

    kept = SellerOrder.objects.get()
    page = guest.get(f"/orders/{short(group.pk)}/").content.decode()
    assert (kept.promise_basis["closed"], kept.promise_basis["reason"], kept.promise_basis["later_days"]) == ("亚堆扎拉", "snow", 3)
    assert basis_words(kept.promise_basis)[0] in page
    assert "可能会晚到" not in page


def test_what_closes_after_buying_is_told_on_the_orders_page(world, guest, put, snow):
    group = pay(order(guest, put, world))
    before = guest.get(f"/orders/{short(group.pk)}/").content.decode()
    close(snow)

    page = guest.get(f"/orders/{short(group.pk)}/").content.decode()
    assert SellerOrder.objects.get().promise_basis == {}
    assert "可能会晚到" not in before
    assert "可能会晚到" in page
    assert closed_words(name="亚堆扎拉", reason="snow", until=None, days=7) in page
