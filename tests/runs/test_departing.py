"""What stands at a centre and leaves its county goes with the departure that keeps its promise at the least cost."""

from datetime import date, timedelta

import pytest

from teahorse.logistics import actions as logistics
from teahorse.network.actions import close_ways, lay_road
from teahorse.network.models import Line, LineCall, Node
from teahorse.people.models import ServicePoint
from teahorse.runs.departing import departing_from, last_moment, leaving_at, leaving_from, outbound_at
from tests.runs.fleet import Fleet, at

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)


class Leaving(Fleet):
    """The county and an airport behind it: a dear truck every evening, a cheap one on Wednesdays. Its day is a Monday."""

    def __init__(self):
        super().__init__()
        place = {"county_id": self.centre.county_id, "area": self.centre.area, "latitude": 29.3, "longitude": 90.9, "height_m": 3570}
        self.airport = Node.objects.create(kind="airport", name="贡嘎机场", **place)
        self.out = lay_road(start=self.county.centre, end=self.airport, road_class="national")
        self.evening = self.line("晚班", "1234567", 19, fen_per_kg=180)
        self.cheap = self.line("货运", "3", 15, fen_per_kg=60)

    def line(self, name, weekdays, hour, *, fen_per_kg):
        room = {"capacity_grams": 900_000, "capacity_cm3": 6_000_000, "cost_per_kg_fen": fen_per_kg}
        made = Line.objects.create(
            county_id=self.centre.county_id, name=name, mode="truck", weekdays=weekdays, valid_from=date(2026, 1, 1), **room
        )
        for place, (node, minute) in enumerate([(self.county.centre, hour * 60), (self.airport, hour * 60 + 150)]):
            LineCall.objects.create(
                county_id=made.county_id, line=made, place=place, node=node, arrives_minute=minute, departs_minute=minute, cutoff_minutes=60
            )
        return made

    def bag(self, *parcels):
        [made] = logistics.make_units(kind="bag", count=1, at=self.centre, organisation=self.centre.organisation, now=at(5))
        for parcel in parcels:
            self.scan(parcel.number, "put_in", self.centre, when=at(5, 30), into=made.code)
        return made

    def departing(self, due, *, now):
        return departing_from(self.centre, due=due, waiting=outbound_at(self.centre), now=now)


@pytest.fixture
def county(db):
    return Leaving()


def test_bags_and_loose_parcels_that_leave_the_county_wait_and_no_others(county):
    bag = county.bag(county.parcel(grams=3_000), county.parcel(grams=2_000))
    county.bag(county.parcel(to=county.village))
    county.bag()
    loose = county.parcel(grams=1_000)
    county.parcel(to=county.village)
    stopped = county.parcel()
    logistics.stop_parcels(parcel_ids=[stopped.pk], why="召回")

    found = outbound_at(county.centre)

    assert [(one.unit, one.province, one.grams, len(one.parcels)) for one in found] == [(bag, "", 5_000, 2), (None, "54", 1_000, 1)]
    assert found[1].parcels == [loose]


def test_who_is_in_no_hurry_waits_for_the_cheap_truck_and_it_is_said_what_that_saves(county):
    hurries, waits = county.bag(county.parcel(grams=10_000)), county.bag(county.parcel(grams=10_000))

    found = county.departing({hurries.code: at(23), waits.code: at(23) + 5 * DAY}, now=at(12))

    goes = {one.bag: (found.leaving[one.departure].line, one.why, one.saves_fen) for one in found.found.goes}
    assert goes == {hurries.code: (county.evening, "first", 0), waits.code: (county.cheap, "cheaper", 1_200)}
    assert next(one.departs_at for one in found.leaving.values() if one.line == county.cheap) == at(15) + 2 * DAY


def test_behind_a_closed_road_nothing_leaves_and_what_waits_is_late(county):
    bag = county.bag(county.parcel())
    close_ways(roads=[county.out], reason="landslide", begins_at=at(6), ends_at=at(6) + 2 * DAY, by=county.planner, now=at(6))

    found = county.departing({bag.code: at(23)}, now=at(12))

    [goes] = found.found.goes
    assert (found.leaving[goes.departure].departs_at, goes.why) == (at(15) + 2 * DAY, "late")
    assert min(one.departs_at for one in leaving_from(county.centre, now=at(12)).values()) > at(6) + 2 * DAY


def test_loops_within_the_county_are_no_way_out(county):
    Line.objects.filter(pk__in=[county.evening.pk, county.cheap.pk]).update(valid_to=date(2026, 2, 1))
    county.bag(county.parcel())

    found = county.departing({}, now=at(12))

    assert (found.leaving, [one.why for one in found.found.goes]) == ({}, ["too late"])


def test_a_promise_less_the_days_from_there_on_is_the_last_moment():
    assert last_moment(date(2026, 8, 20), onward_days=0) == at(0) + 4 * DAY
    assert last_moment(date(2026, 8, 20), onward_days=2) == at(0) + 2 * DAY


def test_what_waits_to_leave_is_counted_as_it_is_listed(county):
    county.bag(county.parcel(grams=3_000))
    county.bag(county.parcel(to=county.village))
    county.bag()
    for _ in range(2):
        county.parcel(grams=1_000)

    centres = ServicePoint.objects.filter(pk=county.centre.pk)
    bags, loose = leaving_at(centres, county_id=county.centre.county_id)

    assert (bags.count(), loose.count(), len(outbound_at(county.centre))) == (1, 1, 2)
