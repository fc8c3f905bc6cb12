"""``promise``: what a checkout waits for its day of arrival, among seven counties of which one lies behind a closed pass."""

import random
import statistics
import time
from datetime import date, datetime, timedelta
from typing import Any

from checks.running import House, open_django

AIM = 5.0
COUNTIES, TOWNSHIPS, VILLAGES, DESTINATIONS = 7, 8, 60, 340
CHECKOUTS, EVERY, ASKED_ANEW = 2000, timedelta(seconds=1), 600
SEED = 20261111


def promising(made: House) -> dict[str, Any]:
    """
    Promise two thousand checkouts, one a second by the house's clock, from random makers to random cities and villages.

    All that is kept is asked anew every ten minutes, as in a process that lives: ``value`` is the mean with that, ``cold_ms`` the slowest
    checkout, ``warm_us`` the median. ``tariff_ms`` is the quote of the same house without anything but the freight rate.
    """
    open_django(made)
    from django.utils import timezone

    from teahorse.common import keeping
    from teahorse.logistics import promising
    from teahorse.logistics.rules import Rate
    from teahorse.logistics.rules import promise as by_the_rate

    drawn = random.Random(SEED)
    origins, destinations = _region(drawn)
    rate, now = Rate("54", "", 1200, 800, None, 4, 9), timezone.now()
    took = []
    for number in range(CHECKOUTS):
        at = now + number * EVERY
        if number % ASKED_ANEW == 0:
            keeping.forget_all()
        asked = {"origin": drawn.choice(origins), "destination": drawn.choice(destinations)}
        before = time.perf_counter()
        promising.promise(rate, **asked, now=at)
        took.append(1000 * (time.perf_counter() - before))
    before = time.perf_counter()
    for number in range(CHECKOUTS):
        by_the_rate(rate, placed_on=(now + number * EVERY).date())
    tariff = 1000 * (time.perf_counter() - before) / CHECKOUTS
    took_in_order = sorted(took)
    return {
        "value": statistics.mean(took),
        "unit": "ms/checkout",
        "aim": AIM,
        "p95_ms": took_in_order[int(0.95 * CHECKOUTS)],
        "p99_ms": took_in_order[int(0.99 * CHECKOUTS)],
        "cold_ms": took_in_order[-1],
        "warm_us": 1000 * statistics.median(took),
        "nodes": COUNTIES * (1 + TOWNSHIPS + VILLAGES) + 1,
        "limit": tariff,
        "limit_is": "the freight rate's days alone, without history and closures",
        "ratio": statistics.mean(took) / tariff,
    }


def _region(drawn: random.Random) -> tuple[list[str], list[str]]:
    """Make counties whose roads are trees over passes to one airport, a loop in each, and a year's lanes; return where from, where to."""
    from teahorse.logistics.models import LaneDays
    from teahorse.network.actions import close_ways, lay_road
    from teahorse.network.models import Closure, Line, LineCall, Node, Pass
    from teahorse.people.models import Person
    from teahorse.places.models import Area, area_id

    prefecture = _area(Area, area_id, "5405", "prefecture")
    airport = Node.objects.create(
        county_id=prefecture.pk, kind="airport", name="机场", area=prefecture, latitude=29.3, longitude=91.0, height_m=3570
    )
    villages, origins = [], []
    for county in range(COUNTIES):
        code = f"5405{21 + county}"
        home = _area(Area, area_id, code, "county")
        crossed = Pass.objects.create(county_id=home.pk, name=f"山口{county}", height_m=5000)
        centre = _node(home, drawn, county)
        lay_road(start=centre, end=airport, road_class="national", passes=[crossed])
        line = Line.objects.create(
            county_id=home.pk,
            name="环线",
            mode="loop",
            weekdays="25",
            valid_from=date(2026, 1, 1),
            capacity_grams=10**6,
            capacity_cm3=10**7,
        )
        towns = [_node(_area(Area, area_id, f"{code}{200 + number}", "township"), drawn, county, home) for number in range(TOWNSHIPS)]
        for place, town in enumerate(towns):
            lay_road(start=centre, end=town, road_class="county")
            LineCall.objects.create(county_id=home.pk, line=line, place=place, node=town, arrives_minute=480 + 60 * place,
                                    departs_minute=490 + 60 * place)  # fmt: skip
        for number in range(VILLAGES):
            town = drawn.choice(towns)
            area = _area(Area, area_id, f"{town.area.code}{200 + number}", "village")
            lay_road(start=town, end=_node(area, drawn, county, home), road_class="village")
            villages.append(area.code)
        origins.append(code)
    teller = Person.objects.create(phone="+8619900000098", name="演示调度")
    now = _now()
    close_ways(passes=[crossed], reason=Closure.Reason.SNOW, begins_at=now - timedelta(hours=1), by=teller, now=now)
    cities = [f"{drawn.randrange(11, 52)}{drawn.randrange(1, 20):02}{drawn.randrange(1, 20):02}" for _ in range(DESTINATIONS)]
    lanes = {(origin, city, winter, days) for origin in origins for city in cities for winter in (True, False) for days in (4, 6, 9)}
    LaneDays.objects.bulk_create(
        LaneDays(origin_code=origin, destination_code=city, is_winter=winter, days=days, parcels=drawn.randrange(1, 30))
        for origin, city, winter, days in sorted(lanes)
    )
    return origins, [*cities, *villages]


def _now() -> datetime:
    from django.utils import timezone

    return timezone.now()


def _area(areas: Any, key_of: Any, code: str, level: str) -> Any:
    return areas.objects.get_or_create(id=key_of(code), defaults={"code": code, "level": level, "name": code})[0]


def _node(area: Any, drawn: random.Random, county: int, home: Any = None) -> Any:
    from teahorse.network.models import Node
    from teahorse.people.models import Organisation, ServicePoint

    owner = home or area
    organisation = Organisation.objects.create(
        key=f"bench-{area.code}", kind="village_point", name=area.code, area=area, county_id=owner.pk
    )
    point = ServicePoint.objects.create(organisation=organisation, level="point", name=area.code, area=area, county_id=owner.pk)
    return Node.objects.create(
        county_id=owner.pk, kind="service_point", name=area.code, service_point=point, area=area, latitude=28.5 + drawn.random(),
        longitude=90.0 + county + drawn.random(), height_m=4000,
    )  # fmt: skip
