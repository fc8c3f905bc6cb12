"""A centre, a station behind a pass and a village behind the station."""

from datetime import date

from teahorse.network.actions import lay_road
from teahorse.network.models import Line, LineCall, Node, Pass
from tests import world


def node(key, *, latitude, longitude, height_m, kind="village_point", level="point", code="540524202202"):
    point = world.service_point(key, kind=kind, level=level, code=code)
    return Node.objects.create(
        county_id=point.county_id,
        kind="service_point",
        name=point.name,
        service_point=point,
        area=point.area,
        latitude=latitude,
        longitude=longitude,
        height_m=height_m,
    )


class County:
    """Centre - pass - station - village, and a loop to the station."""

    def __init__(self, *, closes=("", "")):
        self.centre = node("centre", latitude=29.0, longitude=91.6, height_m=3800, kind="county_centre", level="centre", code="540524")
        self.station = node(
            "station", latitude=29.2, longitude=91.9, height_m=4100, kind="township_station", level="station", code="540524201"
        )
        self.village = node("village", latitude=29.25, longitude=92.0, height_m=4300)
        county = self.centre.county_id
        self.snow = Pass.objects.create(county_id=county, name="雪山口", height_m=5000, closes_on=closes[0], closes_until=closes[1])
        self.over = lay_road(start=self.centre, end=self.station, road_class="county", passes=[self.snow])
        self.beyond = lay_road(start=self.station, end=self.village, road_class="village", is_narrow=True)
        self.loop = Line.objects.create(
            county_id=county,
            name="环线",
            mode="loop",
            weekdays="25",
            valid_from=date(2026, 1, 1),
            capacity_grams=1_800_000,
            capacity_cm3=12_000_000,
        )
        for place, (stop, minute) in enumerate([(self.centre, 540), (self.station, 720)]):
            LineCall.objects.create(
                county_id=county, line=self.loop, place=place, node=stop, arrives_minute=minute, departs_minute=minute, cutoff_minutes=30
            )
