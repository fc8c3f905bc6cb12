"""The demo county's roads, vehicles, and the run that waits for its driver."""

from datetime import timedelta

from teahorse.demo.fleet import load_fleet, load_network
from teahorse.logistics.models import Oddity
from teahorse.network.models import Line, LineCall, MeasuredTime, Node, Pass, Road
from teahorse.people.models import ServicePoint
from teahorse.runs.departing import departing_from, outbound_at
from teahorse.runs.models import Handling, Run, Vehicle
from teahorse.runs.queries import lane_costs
from tests.demo.conftest import NOW


def test_a_run_waits_for_the_driver_that_takes_goods_out_and_home(house):
    run = Run.objects.get(stage="released")
    handled = Handling.objects.filter(stop__run=run, stop__dropped_at=None)

    assert (run.stage, run.driver.phone) == ("released", "+8619900004018")
    assert set(handled.values_list("doing", flat=True)) == {"load", "deliver", "collect", "unload"}
    assert run.plan.plan["left"] == []
    assert run.fullest_basis_points > 0


def test_roads_and_vehicles_are_there_once(house):
    load_network()
    load_fleet(now=NOW)

    assert (Node.objects.count(), Pass.objects.count(), Road.objects.count(), Vehicle.objects.count()) == (10, 1, 9, 2)
    assert (Line.objects.count(), LineCall.objects.count()) == (2, 4)


def test_what_goes_to_the_cities_waits_for_a_line(house):
    centre = ServicePoint.objects.get(organisation__key="centre-qonggyai")
    waiting = outbound_at(centre)

    found = departing_from(centre, due={}, waiting=waiting, now=NOW)

    assert {one.province for one in waiting} == {"31", "51"}
    assert all(one.departure for one in found.found.goes)


def test_days_were_driven_and_tell_what_their_ways_cost(house):
    centre = ServicePoint.objects.get(organisation__key="centre-qonggyai")

    found = lane_costs(centre, since=NOW - timedelta(days=30), until=NOW)

    assert (found.all.runs, found.all.things, found.all.there, found.idle) == (2, 6, 6, None)
    planned = sum(Run.objects.filter(stage="finished").values_list("plan__cost_fen", flat=True))
    assert abs(found.all.fen - planned) <= found.all.runs  # as late home as set out; a plan rounds each part of its cost
    assert MeasuredTime.objects.exists()
    assert not Oddity.objects.exists()
