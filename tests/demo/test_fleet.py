"""The demo county's roads, vehicles, and the run that waits for its driver."""

from teahorse.demo.fleet import load_fleet, load_network
from teahorse.network.models import Line, LineCall, Node, Pass, Road
from teahorse.people.models import ServicePoint
from teahorse.runs.departing import departing_from, outbound_at
from teahorse.runs.models import DayPlan, Handling, Run, Vehicle
from tests.demo.conftest import NOW


def test_a_run_waits_for_the_driver_that_takes_goods_out_and_home(house):
    run = Run.objects.get()
    handled = Handling.objects.filter(stop__run=run, stop__dropped_at=None)

    assert (run.stage, run.driver.phone) == ("released", "+8619900004018")
    assert set(handled.values_list("doing", flat=True)) == {"load", "deliver", "collect", "unload"}
    assert DayPlan.objects.get().plan["left"] == []
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
