"""The demo county's roads, vehicles, and the run that waits for its driver."""

from teahorse.demo.fleet import load_fleet, load_network
from teahorse.network.models import Node, Pass, Road
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

    assert (Node.objects.count(), Pass.objects.count(), Road.objects.count(), Vehicle.objects.count()) == (9, 1, 8, 2)
