"""Giving a plan out to drivers: runs and their stops; who is on the way gets what follows the stop that she drives to."""

import secrets
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from teahorse.common.refusals import Refusal
from teahorse.network.models import Node
from teahorse.people.models import Person, ServicePoint
from teahorse.runs import queries, stored
from teahorse.runs.models import DayPlan, Handling, Run, Shift, Stop
from teahorse.runs.planning.model import Day
from teahorse.runs.planning.plan import Stop as PlannedStop
from teahorse.runs.planning.plan import VehicleRun
from teahorse.runs.queries.board import day_window

CODE_DIGITS = 4


class NotDrafted(Refusal):
    """It is not found yet, is given out already, or another one has replaced it."""

    code = "not_drafted"
    sentence = _("This plan cannot be given out: it is not ready, or another one has replaced it.")


class PlanIsStale(Refusal):
    """A vehicle is farther by now than the plan took it to be, or its shift is another one."""

    code = "plan_is_stale"
    sentence = _("%(vehicle)s is not where the plan has it any more. Plan again from now.")


@dataclass(slots=True)
class _Call:
    """Planned stops at one place, one after another, that are one call."""

    kind: str
    first: PlannedStop
    last: PlannedStop
    metres: int
    climb_m: int
    handled: list[tuple[str, str]] = field(default_factory=list)
    rests_s: int | None = None


@transaction.atomic
def release_plan(*, plan: DayPlan, by: Person, now: datetime) -> list[Run]:
    """
    Give a drafted plan out; the one that was given out before is replaced, and its runs that nobody began are called off.

    A run under way keeps the stop that its driver drives to; what follows is as the new plan has it.

    :raises NotDrafted: if there is nothing to give out; :raises PlanIsStale: if a vehicle was further on meanwhile. Nothing is changed.
    """
    rows = DayPlan.objects.select_for_update(of=("self",)).filter(centre=plan.centre_id, date=plan.date).order_by("pk")
    found = next((one for one in rows if one.pk == plan.pk), None)
    if found is None or found.state != DayPlan.State.DRAFTED:
        raise NotDrafted
    giving = _Giving(found, now)
    giving.check()
    DayPlan.objects.filter(centre=plan.centre_id, date=plan.date, state=DayPlan.State.RELEASED).update(state=DayPlan.State.REPLACED)
    found.state, found.released_at, found.released_by = DayPlan.State.RELEASED, now, by
    found.save(update_fields=["state", "released_at", "released_by"])
    return giving.give()


class _Giving:
    """One plan on its way to the drivers."""

    def __init__(self, plan: DayPlan, now: datetime) -> None:
        self.row, self.now = plan, now
        self.day: Day = stored.day_of(plan.asked)
        self.found = stored.plan_of(plan.plan or {})
        self.midnight = day_window(plan.date)[0]
        begins, ends = day_window(plan.date)
        living = Run.objects.select_for_update(of=("self",)).filter(
            vehicle__centre=plan.centre_id, begins_at__gte=begins, begins_at__lt=ends
        )
        self.runs = list(living.exclude(stage=Run.Stage.CALLED_OFF).order_by("pk"))
        self.out: dict[str, Run] = {str(run.vehicle_id): run for run in self.runs if run.stage == Run.Stage.UNDER_WAY}
        shifts = [shift for shift in queries.shifts_of_day(plan.centre, day=plan.date) if shift.ends_at > now]
        self.shifts: dict[str, Shift] = {str(shift.vehicle_id): shift for shift in reversed(shifts)}
        nodes = Node.objects.filter(pk__in=self.day.ground.places).select_related("service_point")
        self.points: Mapping[str, ServicePoint] = {str(node.pk): node.service_point for node in nodes if node.service_point}

    def check(self) -> None:
        """Refuse a plan that the day has left behind."""
        planned: Mapping[str, int] = self.row.asked["next_stops"]
        for key, run in self.out.items():
            ahead = self._ahead(run)
            if key in self.shifts and (ahead is None or planned.get(key) != ahead.number):
                raise PlanIsStale(vehicle=str(run.vehicle))
        for one in self.found.runs:
            if one.vehicle not in self.shifts or (one.vehicle in planned and one.vehicle not in self.out):
                raise PlanIsStale(vehicle=self._plate(one.vehicle))

    def _plate(self, key: str) -> str:
        shift = self.shifts.get(key)
        return str(shift.vehicle) if shift else key

    def _ahead(self, run: Run) -> Stop | None:
        return Stop.objects.filter(run=run, done_at=None, dropped_at=None).order_by("number").first()

    def give(self) -> list[Run]:
        """Write the runs and return them."""
        waiting = [run.pk for run in self.runs if run.stage == Run.Stage.RELEASED]
        Run.objects.filter(pk__in=waiting).update(stage=Run.Stage.CALLED_OFF)
        return [self._run(one) for one in self.found.runs]

    def at(self, seconds: int) -> datetime:
        """Return a moment of the planned day."""
        return self.midnight + timedelta(seconds=seconds)

    def _run(self, one: VehicleRun) -> Run:
        run = self.out.get(one.vehicle)
        figures = {
            "plan": self.row,
            "ends_at": self.at(one.stops[-1].leaves_s),
            "cost_fen": one.cost.fen,
            "metres": one.cost.metres,
            "empty_metres": one.cost.empty_metres,
            "fullest_basis_points": self._fullest(one),
        }
        calls = list(self._calls(one))
        if run is None:
            shift = self.shifts[one.vehicle]
            begins = self.at(one.stops[0].leaves_s)
            run = Run.objects.create(county_id=self.row.county_id, vehicle=shift.vehicle, driver=shift.driver, begins_at=begins, **figures)
            self._write(run, calls, first=0)
            return run
        for name, value in figures.items():
            setattr(run, name, value)
        self._go_on(run, calls)
        run.metres = sum(run.stops.filter(dropped_at=None).values_list("metres", flat=True))
        run.save(update_fields=list(figures))
        return run

    def _go_on(self, run: Run, calls: list[_Call]) -> None:
        """Have a run that is under way go on otherwise after the stop that its driver drives to, or from where she turns back to."""
        ahead = self._ahead(run)
        if ahead is None:
            return
        if str(run.vehicle_id) in self.row.asked.get("turned_back", ()):
            self._turn_back(run, calls)
            return
        Stop.objects.filter(run=run, done_at=None, dropped_at=None).exclude(pk=ahead.pk).update(dropped_at=self.now)
        begin, *rest = calls
        if ahead.kind == Stop.Kind.COME_HOME:
            if len(rest) == 1:
                return
            ahead.kind = Stop.Kind.RELOAD
            ahead.save(update_fields=["kind"])
        self._handle(ahead, begin.handled)
        last = Stop.objects.filter(run=run).order_by("-number").values_list("number", flat=True)[0]
        self._write(run, rest, first=last + 1)

    def _turn_back(self, run: Run, calls: Sequence[_Call]) -> None:
        """Have a run give up the stop that its driver drives to; what she loads where she turns back to is a call of its own."""
        Stop.objects.filter(run=run, done_at=None, dropped_at=None).update(dropped_at=self.now)
        begin, *rest = calls
        if begin.handled:
            begin.kind = Stop.Kind.RELOAD
            rest = [begin, *rest]
        last = Stop.objects.filter(run=run).order_by("-number").values_list("number", flat=True)[0]
        self._write(run, rest, first=last + 1)

    def _fullest(self, one: VehicleRun) -> int:
        vehicle = self.day.vehicle_by_key[one.vehicle]
        shares = [
            10_000 * has // most
            for stop in one.stops
            for has, most in zip((stop.grams, stop.cm3, stop.cold_cm3), vehicle.room, strict=True)
            if most
        ]
        return max(shares, default=0)

    def _calls(self, one: VehicleRun) -> Iterator[_Call]:
        """Yield the calls of a run: what is done at one place without driving between is one."""
        call: _Call | None = None
        trip = list(_trips(one.stops))
        for number, stop in enumerate(one.stops):
            kind = {"set out": Stop.Kind.SET_OUT, "reload": Stop.Kind.RELOAD, "come home": Stop.Kind.COME_HOME}.get(
                stop.doing, Stop.Kind.CALL
            )
            if call is not None and kind == Stop.Kind.CALL == call.kind and call.first.place == stop.place:
                call.last, call.metres, call.climb_m = stop, call.metres + stop.metres, call.climb_m + stop.climb_m
            else:
                if call is not None:
                    yield call
                call = _Call(kind, stop, stop, stop.metres, stop.climb_m)
            call.rests_s = call.rests_s if stop.rests_s is None else stop.rests_s
            call.handled += self._handled(one, stop, trip, number)
        if call is not None:
            yield call

    def _handled(self, one: VehicleRun, stop: PlannedStop, trip: Sequence[int], number: int) -> Iterable[tuple[str, str]]:
        if stop.task:
            return [(stop.task, Handling.Doing.DELIVER if stop.doing == "deliver" else Handling.Doing.COLLECT)]
        found: list[tuple[str, str]] = []
        if stop.doing in {"reload", "come home"} and stop.place == self.day.centre:
            here = [
                before.task for place, before in enumerate(one.stops[:number]) if trip[place] == trip[number] - (stop.doing == "reload")
            ]
            found += [(task, Handling.Doing.UNLOAD) for task in here if task and self.day.by_key[task].kind == "collect"]
            if trip[number] - (stop.doing == "reload") == 0:
                aboard = [task.key for task in self.day.tasks if task.aboard == one.vehicle and task.kind == "collect"]
                found += [(task, Handling.Doing.UNLOAD) for task in aboard]
        if stop.doing in {"set out", "reload"} and stop.place == self.day.centre:
            after = [later.task for place, later in enumerate(one.stops) if place > number and trip[place] == trip[number] and later.task]
            fresh = (self.day.by_key[task] for task in after)
            found += [(task.key, Handling.Doing.LOAD) for task in fresh if task.kind == "deliver" and not task.aboard]
        return found

    def _write(self, run: Run, calls: Sequence[_Call], *, first: int) -> None:
        for number, call in enumerate(calls, start=first):
            stop = Stop.objects.create(
                county_id=run.county_id,
                run=run,
                number=number,
                kind=call.kind,
                place=self.points[call.first.place],
                arrives_at=self.at(call.first.arrives_s),
                leaves_at=self.at(call.last.leaves_s),
                rests_at=None if call.rests_s is None else self.at(call.rests_s),
                metres=call.metres,
                climb_m=call.climb_m,
                code="".join(secrets.choice("0123456789") for _digit in range(CODE_DIGITS)),
            )
            self._handle(stop, call.handled)

    def _handle(self, stop: Stop, handled: Iterable[tuple[str, str]]) -> None:
        Handling.objects.bulk_create(
            [
                Handling(
                    county_id=stop.county_id,
                    stop=stop,
                    task=task,
                    thing_id=UUID(thing["id"]),
                    code=thing["code"],
                    doing=doing,
                    grams=thing["grams"],
                    cm3=thing["cm3"],
                )
                for task, doing in handled
                for thing in self.row.things.get(task, ())
            ],
            ignore_conflicts=True,
        )


def _trips(stops: Sequence[PlannedStop]) -> Iterator[int]:
    """Yield of each stop to which trip it belongs; a call at the centre begins the next one."""
    trip = 0
    for stop in stops:
        trip += stop.doing == "reload"
        yield trip
