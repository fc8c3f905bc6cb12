"""A county with roads, parcels at its centre and in its village, a van with a driver, and a plan of the day."""

from datetime import date, datetime, timedelta
from itertools import count
from uuid import uuid4

from teahorse.common.times import HOME
from teahorse.logistics import actions as logistics
from teahorse.logistics.models import Parcel
from teahorse.runs import actions
from teahorse.runs.models import Run, Stop
from tests import world
from tests.console.world import member
from tests.network.world import County

DAY = date(2026, 8, 17)
NUMBERS = count(1)


def at(hour, minute=0):
    return datetime(DAY.year, DAY.month, DAY.day, hour, minute, tzinfo=HOME)


class Fleet:
    """Roads lead from the centre over a pass to the station, and on a narrow one to the village."""

    def __init__(self, *, closes=("", "")):
        self.county = County(closes=closes)
        self.centre, self.station, self.village = (
            node.service_point for node in (self.county.centre, self.county.station, self.county.village)
        )
        self.driver = member(self.centre.organisation, "+8619900075001", role="staff", name="演示司机")
        self.planner = member(self.centre.organisation, "+8619900075002", name="调度")
        self.sender = world.organisation("coop-dorje")
        self.van = self.vehicle("藏C T0001")

    def vehicle(self, plate, **more):
        given = {"kind": "van", "most_grams": 800_000, "most_cm3": 5_000_000, "fixed_fen": 3_000, "fen_per_km": 120}
        draft = actions.VehicleDraft(plate=plate, name="", **(given | {"climb_fen_per_km": 500, "driver_fen_per_hour": 3_000} | more))
        return actions.keep_vehicle(centre=self.centre, draft=draft, now=at(5))

    def shift(self, vehicle=None, driver=None, *, begins=8, ends=18):
        return actions.give_shift(
            vehicle=vehicle or self.van, driver=driver or self.driver, begins_at=at(begins), ends_at=at(ends), now=at(6)
        )

    def parcel(self, *, here=None, to=None, grams=4_000, days=30, **more):
        """Return a parcel that lies somewhere since so many days and is fetched elsewhere; with nowhere a partner takes it on."""
        number = f"TH{next(NUMBERS):012}"
        parcel = Parcel.objects.create(
            county_id=self.centre.county_id, number=number, reference=uuid4(), sender=self.sender, recipient_name="买家",
            recipient_phone="+8619900071009", destination_code="540524202202", destination_names="琼结县", pickup_point=to,
            pickup_code=number[-6:] if to else "", carrier="network" if to else "SF", weight_grams=grams, stage_at=at(5), packed_at=at(5),
            **more,
        )  # fmt: skip
        self.scan(number, "received", here or self.centre, when=at(5) - timedelta(days=days))
        parcel.refresh_from_db()
        return parcel

    def scan(self, code, act, place, *, when, into=""):
        draft = logistics.ScanDraft(parcel_number=code, act=act, happened_at=when, place=place, by=None, into=into)
        logistics.record_scans(scans=[draft], now=when)

    def planned(self, *, now=None):
        """Return the day's plan, searched as quickly as may be."""
        now = now or at(7)
        plan = actions.ask_plan(centre=self.centre, day=DAY, by=self.planner, now=now)
        return actions.search_plan(plan_id=plan.pk, first_s=0.2, final_s=0, apart_s=0.1, now=now)

    def released(self, *, now=None):
        actions.release_plan(plan=self.planned(now=now), by=self.planner, now=now or at(7))
        return Run.objects.exclude(stage="called_off").get()

    def given_out(self, plan):
        [run] = actions.release_plan(plan=plan, by=self.planner, now=at(7))
        return run

    def stops(self, run):
        return list(Stop.objects.filter(run=run, dropped_at=None).select_related("place").order_by("number"))

    def tell(self, stop, outcome="done", *, when, now=None, only=None, **more):
        """Tell that everything at a stop has one outcome, or only some codes."""
        things = [actions.ToldThing(one.pk, outcome) for one in stop.handlings.all() if only is None or one.code in only]
        told = actions.Told(key=more.pop("key", uuid4()), happened_at=when, things=things, **more)
        return actions.tell_stop(stop_id=stop.pk, told=told, by=self.driver, now=now or when)
