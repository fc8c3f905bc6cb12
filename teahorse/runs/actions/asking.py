"""Asking for a day's plan: what waits, who drives, which roads are open; written down, and left to a job to search."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction
from django.utils.translation import gettext_lazy as _

from teahorse.common.events import store_jobs
from teahorse.common.refusals import Malformed, NotThere, Refusal
from teahorse.common.statements import broken_constraint
from teahorse.common.times import HOME
from teahorse.network import queries as network
from teahorse.network.models import Node
from teahorse.network.rules.ways import chains_from
from teahorse.people.models import Person, ServicePoint
from teahorse.runs import queries, rules, stored
from teahorse.runs.actions.searching import JOB, QUEUE
from teahorse.runs.models import DayPlan, Handling, Lock, Run, Shift, Stop, Vehicle
from teahorse.runs.planning import model
from teahorse.runs.planning.ground import Ground, ground_of
from teahorse.runs.planning.passing import Span, arrival, ground_between
from teahorse.runs.planning.plan import Plan
from teahorse.runs.planning.replanning import Standing, from_now
from teahorse.runs.queries.board import day_window
from teahorse.runs.rules import Waiting

FARTHEST = timedelta(days=7)


class NobodyDrives(Refusal):
    """Nobody has a shift on the day, or all of them are over."""

    code = "nobody_drives"
    sentence = _("Nobody drives on this day. Say first who drives which vehicle.")


class NothingWaits(Refusal):
    """No goods wait for a vehicle."""

    code = "nothing_waits"
    sentence = _("Nothing waits for a vehicle: not here, not at the stations and not at the points.")


class NotOnTheMap(Refusal):
    """The centre stands on no road."""

    code = "not_on_the_map"
    sentence = _("No road is known to %(centre)s. Enter the county's roads first.")


class IsBeingSearched(Refusal):
    """Another plan of the day is searched at this moment."""

    code = "is_being_searched"
    sentence = _("A plan of this day is being searched already.")


class NotThisDay(Refusal):
    """Days that are over are not planned, nor those far away."""

    code = "not_this_day"
    sentence = _("Only today and the next %(days)s days can be planned.")


class IsAboard(Refusal):
    """What is loaded stays where it is."""

    code = "is_aboard"
    sentence = _("%(code)s is loaded already; it stays on its vehicle.")


@transaction.atomic
def ask_plan(*, centre: ServicePoint, day: date, by: Person, because: DayPlan.Because = DayPlan.Because.ASKED, now: datetime) -> DayPlan:
    """
    Write down what is to be planned on a day, from now on, and have it searched; drafts of the same day are replaced.

    Vehicles that are on their way keep what is loaded and drive to their next stop first.

    :raises NotThisDay: for another day than today and the next seven; :raises NobodyDrives: without a shift that is not over.
    :raises NotOnTheMap: if no road is known to the centre; :raises NothingWaits: if there is nothing to carry.
    :raises IsBeingSearched: if a plan of the day is searched at this moment. Nothing is changed in any of these.
    """
    today = now.astimezone(HOME).date()
    if not today <= day <= today + FARTHEST:
        raise NotThisDay(field="day", days=FARTHEST.days)
    asking = _Asking(centre, day, now)
    asked, things, left_out = asking.everything()
    if not things and not left_out and not asking.standing:
        raise NothingWaits
    DayPlan.objects.filter(centre=centre, date=day, state=DayPlan.State.DRAFTED).update(state=DayPlan.State.REPLACED)
    try:
        with transaction.atomic():
            plan = DayPlan.objects.create(
                county_id=centre.county_id,
                centre=centre,
                date=day,
                is_from_now=bool(asking.standing),
                asked_by=by,
                asked_at=now,
                because=because,
                asked=asked,
                input_hash=stored.hash_of(asked),
                things={key: [_told(one) for one in some] for key, some in things.items()},
                left=left_out,
            )
    except IntegrityError as error:
        if broken_constraint(error) != "one_plan_of_a_day_is_searched_at_a_time":
            raise
        raise IsBeingSearched from error
    store_jobs(JOB, [{"plan_id": str(plan.pk)}], queue=QUEUE)
    return plan


def _told(thing: Waiting) -> dict[str, Any]:
    return {"id": str(thing.id), "code": thing.code, "kind": thing.kind, "grams": thing.grams, "cm3": thing.cm3}


class _Asking:
    """One reading of a centre's day: shifts, roads, what waits, and where vehicles are that are on their way."""

    def __init__(self, centre: ServicePoint, day: date, now: datetime) -> None:
        self.centre, self.day, self.now = centre, day, now
        self.midnight = day_window(day)[0]
        self.shifts = [shift for shift in queries.shifts_of_day(centre, day=day) if shift.ends_at > now]
        if not self.shifts:
            raise NobodyDrives
        self.nodes = list(Node.objects.filter(county_id=centre.county_id, service_point__isnull=False).order_by("pk"))
        self.node_of = {node.service_point_id: node for node in self.nodes}
        if centre.pk not in self.node_of:
            raise NotOnTheMap(centre=centre.name)
        self.runs = {run.vehicle_id: run for run in queries.runs_of_day(centre, day=day)}
        self.begins_at = max(now, min(shift.begins_at for shift in self.shifts))
        self.ends_at = max(shift.ends_at for shift in self.shifts)
        self.ways = network.ways(moment=self.begins_at)
        self.standing: dict[str, Standing] = {}
        self.next_stops: dict[str, int] = {}
        self.turned_back: set[str] = set()
        self.stranded: set[str] = set()
        for run in self.runs.values():
            if run.stage == Run.Stage.UNDER_WAY:
                self._stand(run)

    def seconds(self, moment: datetime) -> int:
        """Return a moment as seconds of the planned day."""
        return int((moment - self.midnight).total_seconds())

    def _stand(self, run: Run) -> None:
        """
        A vehicle drives to its next stop, does what is to do there, and is free then; late by as much as it is now.

        If what closed meanwhile lies between, it turns back to where it was; if it cannot come home from there either, it stays
        where it is going, with what only the centre could take.
        """
        stops = list(run.stops.all())
        done = [stop for stop in stops if stop.done_at is not None]
        ahead = next((stop for stop in stops if stop.done_at is None), stops[-1])
        late = max(timedelta(0), (done[-1].done_at or self.now) - done[-1].leaves_at) if done else timedelta(0)
        before = done[-1] if done else stops[0]
        left_at = before.done_at or self.now
        key = str(run.vehicle_id)
        self.next_stops[key] = ahead.number
        there = self._arrives(before, ahead, left_at)
        stands, free = ahead, max(ahead.leaves_at + late, there or self.now, self.now)
        if there is None or not self._comes_home(ahead, free):
            back = self.now + min(self.now - left_at, ahead.arrives_at - before.leaves_at)
            if self._comes_home(before, back):
                stands, free = before, back
                self.turned_back.add(key)
            else:
                self.stranded.add(key)
        self.standing[key] = Standing(
            vehicle=key,
            place=self._node(stands),
            free_s=self.seconds(free),
            done=(),
            aboard=(),
            trips_begun=1 + sum(stop.kind == Stop.Kind.RELOAD for stop in done),
            has_rested=any(stop.rests_at is not None for stop in (*done, stands)),
        )

    def _node(self, stop: Stop) -> str:
        return str(self.node_of[stop.place_id].pk)

    def _arrives(self, start: Stop, goal: Stop | None, moment: datetime) -> datetime | None:
        """Return when a vehicle that leaves a stop is at another one, or at the centre."""
        ends = self.node_of[goal.place_id if goal else self.centre.pk].pk
        return arrival(self.ways, self.node_of[start.place_id].pk, ends, leaves_at=moment)

    def _comes_home(self, stop: Stop, moment: datetime) -> bool:
        """Whether whoever leaves a stop at a moment comes to the centre without waiting for a way to open, or in her shift even so."""
        home = self._arrives(stop, None, moment)
        return home is not None and (home <= self.ends_at or home == self._arrives_if_open(stop, moment))

    def _arrives_if_open(self, stop: Stop, moment: datetime) -> datetime | None:
        hub = self.node_of[self.centre.pk].pk
        chain = chains_from(self.ways, self.node_of[stop.place_id].pk, to=[hub]).get(hub)
        return None if chain is None else moment + timedelta(minutes=chain.minutes)

    def everything(self) -> tuple[dict[str, Any], dict[str, list[Waiting]], list[dict[str, Any]]]:
        """Return the day to plan as it is kept, its things by task, and what no vehicle can take."""
        vehicles = [shift.vehicle for shift in self.shifts]
        lying = queries.waiting_in(self.centre, nodes=self.nodes, vehicles=vehicles)
        hub = str(self.node_of[self.centre.pk].pk)
        going = self._after_next_stops(lying.things)
        stays = [thing for thing in going if thing.to == hub and thing.aboard in self.stranded]
        tasks, things = rules.tasks_of([thing for thing in going if thing not in stays], centre=hub, now=self.now)
        wanted = {hub} | {visit.place for task in tasks for _what, visit in task.to_visit} | {one.place for one in self.standing.values()}
        wanted |= {visit.place for task in tasks for visit in (task.collect_at, task.deliver_to) if visit}
        keys = [node.pk for node in self.nodes if str(node.pk) in wanted]
        centre = self.node_of[self.centre.pk].pk
        ground, spans = ground_between(self.ways, keys, centre=centre, begins_at=self.begins_at, ends_at=self.ends_at)
        within = {place: [self._clock(span) for span in some] for place, some in spans.items()}
        tasks = tuple(rules.visited_within(task, within) for task in tasks)
        day = model.Day(hub, tasks, tuple(self._vehicle(shift, hub) for shift in self._first_shifts()), ground)
        if self.day == self.now.astimezone(HOME).date():
            day = replace(day, vehicles=tuple(self._with_time_to_come_home(one, ground) for one in day.vehicles))
            day = from_now(day, Plan((), (), 0), now_s=self.seconds(self.now), told=self.standing)
        asked = stored.kept_day(day)
        asked["if_open"] = stored.kept_ground(ground_of(self.ways, keys, centre=centre, moment=None))
        asked["next_stops"], asked["turned_back"] = self.next_stops, sorted(self.turned_back)
        left = [*lying.left_out, *((thing, queries.STAYS_ABOARD) for thing in stays)]
        plates = {str(one.pk): str(one) for one in Vehicle.objects.filter(centre=self.centre).select_related("unit")} if left else {}
        told = [
            {"task": "", "codes": [one.code], "reason": why, "by": plates.get(one.aboard or one.locked_to or "", ""), "helps": []}
            for one, why in left
        ]
        return asked, dict(things), told

    def _with_time_to_come_home(self, vehicle: model.Vehicle, ground: Ground) -> model.Vehicle:
        """Return a vehicle that is out with a shift no shorter than its way home: who is late comes home all the same."""
        stands = self.standing.get(vehicle.key)
        if stands is None:
            return vehicle
        seconds = ground.table_for(fits_narrow=vehicle.fits_narrow).seconds
        home = seconds[ground.places.index(stands.place)][ground.places.index(vehicle.end)]
        rests = vehicle.rest.length_s if vehicle.rest and not stands.has_rested else 0
        return replace(vehicle, ends_s=max(vehicle.ends_s, stands.free_s + home + rests))

    def _clock(self, span: Span) -> tuple[int, int]:
        opens = 0 if span.opens_at is None else self.seconds(span.opens_at)
        return opens, rules.ANOTHER_DAY_S if span.closes_at is None else self.seconds(span.closes_at)

    def _first_shifts(self) -> Sequence[Shift]:
        return list({shift.vehicle_id: shift for shift in reversed(self.shifts)}.values())[::-1]

    def _after_next_stops(self, things: Sequence[Waiting]) -> list[Waiting]:
        """Return what waits once vehicles have been at the stop that they drive to: brought there, or aboard from there."""
        handled: dict[UUID, tuple[str, str]] = {}
        for run in self.runs.values():
            number = self.next_stops.get(str(run.vehicle_id))
            for stop in () if str(run.vehicle_id) in self.turned_back else run.stops.all():
                if stop.number == number and stop.kind != Stop.Kind.COME_HOME:
                    handled |= {one.thing_id: (one.doing, str(run.vehicle_id)) for one in stop.handlings.all()}
        kept = []
        hub = str(self.node_of[self.centre.pk].pk)
        for thing in things:
            doing, vehicle = handled.get(thing.id, ("", ""))
            if doing in {Handling.Doing.COLLECT, Handling.Doing.LOAD}:
                kept.append(replace(thing, at=hub, aboard=vehicle))
            elif doing != Handling.Doing.DELIVER:
                kept.append(thing)
        return kept

    def _vehicle(self, shift: Shift, hub: str) -> model.Vehicle:
        one: Vehicle = shift.vehicle
        begins, ends = self.seconds(shift.begins_at), self.seconds(shift.ends_at)
        run = self.runs.get(one.pk)
        came_home = run is not None and run.stage == Run.Stage.FINISHED
        return model.Vehicle(
            key=str(one.pk),
            start=hub,
            end=self.standing[str(one.pk)].place if str(one.pk) in self.stranded else hub,
            grams=one.unit.most_grams or 0,
            cm3=one.unit.most_cm3 or 0,
            begins_s=begins,
            ends_s=max(begins, ends),
            kind=one.kind,
            cold_cm3=one.cold_cm3,
            takes_large=one.takes_large,
            fits_narrow=one.fits_narrow,
            fixed_fen=0 if came_home else one.fixed_fen,
            fen_per_km=one.fen_per_km,
            climb_fen_per_km=one.climb_fen_per_km,
            driver_fen_per_hour=one.driver_fen_per_hour,
            rest=rules.REST if ends > rules.REST.until_s and begins < rules.REST.from_s and not came_home else None,
            most_trips=one.most_trips,
            reload_s=rules.RELOAD_S,
        )


@transaction.atomic
def lock_thing(*, plan: DayPlan, task: str, vehicle: Vehicle | None, by: Person, now: datetime) -> None:
    """
    Tie what a task is made of to a vehicle, or untie it; the next plan keeps to it.

    :raises NotThere: if the plan has no such task; :raises IsAboard: if it is loaded; :raises Malformed: for another centre's vehicle.
    """
    things = plan.things.get(task)
    if not things:
        raise NotThere(field="task")
    if vehicle is not None and vehicle.centre_id != plan.centre_id:
        raise Malformed(field="vehicle", reason=_("Choose the vehicle."))
    asked = next((one for one in plan.asked["tasks"] if one["key"] == task), None)
    if asked is not None and asked["aboard"]:
        raise IsAboard(code=things[0]["code"])
    keys = [UUID(one["id"]) for one in things]
    Lock.objects.filter(thing_id__in=keys).delete()
    if vehicle is not None:
        Lock.objects.bulk_create(Lock(county_id=plan.county_id, thing_id=key, vehicle=vehicle, locked_by=by, locked_at=now) for key in keys)
