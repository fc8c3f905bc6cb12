"""The board of a centre's day: runs and how far they are, the plan, what stays behind and why, what is closed."""

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _

from teahorse.common.refusals import Malformed, Refusal
from teahorse.console import run_words
from teahorse.console.access import Acting, Context, acts
from teahorse.console.nav import page
from teahorse.console.road_words import closed_words
from teahorse.console.views.vehicles import centre_of
from teahorse.network import queries as network
from teahorse.network.models import Node
from teahorse.people.models import Organisation, Right, ServicePoint
from teahorse.runs import actions, queries, stored
from teahorse.runs.models import DayPlan, Lock, Proof, Run, Shift, Stop
from teahorse.runs.planning.explaining import NotInThePlan, why_here

KINDS = (Organisation.Kind.COUNTY_CENTRE,)
LATE = timedelta(minutes=15)
LOOKS_AGAIN_S = 2
NAMED = frozenset({"cut off", "window cannot be met", queries.STAYS_ABOARD, queries.STAYS_HOME})
"""Reasons beside which stands what they are about: a pass, a vehicle."""
NOTHING: Mapping[UUID | None, str] = {}


@acts(Right.DESK_ORDERS, kinds=KINDS)
def runs(request: HttpRequest, acting: Acting) -> HttpResponse:
    """Show a day: the runs with how full and how late they are, the newest plan, what stays behind, what is closed."""
    centre = centre_of(acting)
    if centre is None:
        return page(request, acting, "parcels_nowhere.html", {})
    day = _day(acting, request.GET.get("day", ""))
    plan = queries.latest_plan(centre, day=day)
    shifts = list(queries.shifts_of_day(centre, day=day))
    cut_off = _cut_off(centre, acting.now)
    closed = {row["place"].service_point_id: row["words"] for row in cut_off}
    context = {
        "centre": centre,
        "day": day,
        "today": acting.now.date(),
        "before": day - timedelta(days=1),
        "after": day + timedelta(days=1),
        "plan": plan,
        "trouble": run_words.TROUBLES.get(DayPlan.Trouble(plan.trouble)) if plan and plan.trouble else "",
        "drafted": _drafted(plan, shifts) if plan and plan.plan else None,
        "left": [_left(row) for row in plan.left] if plan else [],
        "runs": [_row(run, acting.now, closed) for run in queries.runs_of_day(centre, day=day)],
        "shifts": shifts,
        "cut_off": cut_off,
    }
    answer = page(request, acting, "runs.html", context)
    if plan is not None and plan.state == DayPlan.State.SEARCHING:
        answer.headers["Refresh"] = str(LOOKS_AGAIN_S)  # also without the script
    return answer


def _day(acting: Acting, text: str) -> date:
    try:
        return date.fromisoformat(text) if text else acting.now.date()
    except ValueError:
        raise Http404 from None


def _drafted(plan: DayPlan, shifts: list[Shift]) -> Context:
    found = stored.plan_of(plan.plan or {})
    day = stored.day_of(plan.asked)
    by_vehicle = {str(shift.vehicle_id): shift for shift in shifts}
    saved = (plan.record or {}).get("backhaul")
    return {
        "cost_fen": found.cost.fen,
        "km": found.cost.metres // 1000,
        "empty_km": found.cost.empty_metres // 1000,
        "tasks": len(day.tasks) - len(found.left),
        "saved": saved if saved and saved["saved_fen"] > 0 else None,
        "rows": [
            {
                "shift": by_vehicle.get(run.vehicle),
                "from": _moment(run.stops[0].leaves_s),
                "until": _moment(run.stops[-1].arrives_s),
                "tasks": len(run.tasks),
                "km": run.cost.metres // 1000,
            }
            for run in found.runs
        ],
    }


def _moment(seconds: int) -> str:
    return f"{seconds // 3600}:{seconds % 3600 // 60:02}"


def _left(row: dict[str, Any]) -> Context:
    helps = [(run_words.HELPS[one["help"]], one["adds_fen"]) for one in row["helps"] if one["help"] in run_words.HELPS]
    why = run_words.REASONS.get(row["reason"], row["reason"])
    return {"codes": row["codes"], "why": why, "by": row["by"] if row["reason"] in NAMED else "", "helps": helps, "task": row["task"]}


def _row(run: Run, now: datetime, closed: Mapping[UUID | None, str] = NOTHING) -> Context:
    stops = list(run.stops.all())
    ahead = next((stop for stop in stops if stop.done_at is None), None)
    late = now - ahead.leaves_at if ahead and run.stage != Run.Stage.FINISHED else timedelta(0)
    name, tone = run_words.STAGES[Run.Stage(run.stage)]
    trouble = [one for stop in stops for one in stop.handlings.all() if one.outcome not in {"", "done"}]
    return {
        "run": run,
        "stage": name,
        "tone": tone,
        "done": sum(stop.done_at is not None for stop in stops),
        "stops": len(stops),
        "ahead": ahead,
        "late_minutes": int(late.total_seconds() // 60) if late > LATE else 0,
        "full": run.fullest_basis_points // 100,
        "trouble": len(trouble),
        "blocked": [
            (stop.place, closed[stop.place_id])
            for stop in stops
            if stop.done_at is None and stop.place_id in closed and run.stage != Run.Stage.FINISHED
        ],
        "odd_proofs": sum(not proof.holds for stop in stops for proof in stop.proofs.all()),
    }


def _cut_off(centre: ServicePoint, now: datetime) -> list[Context]:
    """Return the places of the network that no open road leads to from a centre, with what is closed."""
    node = Node.objects.filter(service_point=centre).first()
    found = network.who_is_cut_off(centre=node, moment=now).nodes if node else []
    names = Node.objects.in_bulk([one.node for one in found])
    return [{"place": names[one.node], "closed": one.closed, "words": closed_words(one.closed)} for one in found if one.node in names]


@acts(Right.DESK_ORDERS, "POST", kinds=KINDS)
def plan(request: HttpRequest, acting: Acting) -> HttpResponse:
    """Ask for the plan of a day, or to plan what is left of it again."""
    centre = _centre(acting)
    day = _day(acting, request.POST.get("day", ""))
    try:
        actions.ask_plan(centre=centre, day=day, by=acting.person, now=acting.now)
    except Refusal as refusal:
        messages.error(request, str(refusal))
    return _back(acting, day)


@acts(Right.DESK_ORDERS, "POST", kinds=KINDS)
def release(request: HttpRequest, acting: Acting, plan_id: UUID) -> HttpResponse:
    """Give a plan out to the drivers."""
    found = _plan(acting, plan_id)
    try:
        given = actions.release_plan(plan=found, by=acting.person, now=acting.now)
    except Refusal as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(request, _("Given out: %(n)s runs. The drivers see them on their phones.") % {"n": len(given)})
    return _back(acting, found.date)


@acts(Right.DESK_ORDERS, "POST", kinds=KINDS)
def lock(request: HttpRequest, acting: Acting, plan_id: UUID) -> HttpResponse:
    """Tie what a task is made of to a vehicle, or untie it; the next plan keeps to it."""
    found = _plan(acting, plan_id)
    plate = request.POST.get("vehicle", "")
    try:
        vehicle = queries.vehicles_at(found.centre).filter(unit__code=plate).first() if plate else None
        if plate and vehicle is None:
            raise Malformed(field="vehicle", reason=_("Choose the vehicle."))
        task = request.POST.get("task", "")[:60]
        actions.lock_thing(plan=found, task=task, vehicle=vehicle, by=acting.person, now=acting.now)
    except Refusal as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(request, _("Written down. Plan again so that it counts."))
    return _back(acting, found.date)


def _centre(acting: Acting) -> ServicePoint:
    centre = centre_of(acting)
    if centre is None:
        raise Http404
    return centre


def _plan(acting: Acting, key: UUID) -> DayPlan:
    found = DayPlan.objects.select_related("centre").filter(pk=key, centre=_centre(acting)).first()
    if found is None:
        raise Http404
    return found


def _back(acting: Acting, day: date) -> HttpResponse:
    return redirect(f"{reverse('console:runs', kwargs={'org': acting.organisation.key})}?day={day}")


@acts(Right.DESK_ORDERS, kinds=KINDS)
def run(request: HttpRequest, acting: Acting, run_id: UUID) -> HttpResponse:
    """Show a run with its load list, and why each stop is where it is."""
    found = queries.run_of(_centre(acting), run_id)
    if found is None:
        raise Http404
    stops = list(found.stops.all())
    why = request.GET.get("why", "")
    context = {
        **_row(found, acting.now),
        "rows": [_stop(found, stop) for stop in stops],
        "loads": [one for stop in stops for one in stop.handlings.all() if one.doing == "load"],
        "why": _why(found, why) if why else None,
        "vehicles": queries.vehicles_at(found.vehicle.centre),
    }
    return page(request, acting, "run.html", context)


def _stop(found: Run, stop: Stop) -> Context:
    nodes = {node.service_point_id: str(node.pk) for node in Node.objects.filter(service_point=stop.place)}
    costs = ((found.plan.record or {}).get("places") or {}).get(nodes.get(stop.place_id, ""))
    handled = [
        {"it": one, "doing": run_words.DOINGS[one.doing], "outcome": run_words.OUTCOMES.get(one.outcome)}  # type: ignore[index,call-overload]  # the table's choices are its keys
        for one in stop.handlings.all()
    ]
    return {
        "stop": stop,
        "name": run_words.STOPS.get(stop.kind),  # type: ignore[call-overload]  # the table's choices are its keys
        "handled": handled,
        "costs": costs if stop.kind == Stop.Kind.CALL else None,
        "proofs": list(stop.proofs.all()),
        "task": next((one["it"].task for one in handled if one["it"].task), ""),
    }


def _why(found: Run, task: str) -> Context | None:
    """Return why a task is done by this run; nothing where its plan knows no such task."""
    day = stored.day_of(found.plan.asked)
    try:
        why = why_here(day, stored.plan_of(found.plan.plan or {}), task)
    except NotInThePlan:
        return None
    plates = {str(one.pk): one for one in queries.vehicles_at(found.vehicle.centre)}
    things = found.plan.things.get(task, [])
    tied = Lock.objects.filter(thing_id__in=[thing["id"] for thing in things]).select_related("vehicle__unit").first()
    return {
        "task": task,
        "tied": tied and str(tied.vehicle),
        "codes": [thing["code"] for thing in things],
        "adds_fen": why.adds_fen,
        "km": why.adds_metres // 1000,
        "minutes": why.adds_s // 60,
        "leave_fen": why.leave_fen,
        "neighbours": len(why.neighbours),
        "can_wait": min(why.can_wait_s, default=0) // 60,
        "otherwise": [
            {"vehicle": plates.get(one.vehicle), "adds_fen": one.adds_fen, "why_not": run_words.WHY_NOT.get(one.why_not, "")}
            for one in why.otherwise
        ],
    }


@acts(Right.DESK_ORDERS, kinds=KINDS)
def proof(request: HttpRequest, acting: Acting, proof_id: UUID) -> HttpResponse:  # noqa: ARG001 - every view is given it
    """Answer with the picture of a proof: a signature or a photograph."""
    found = Proof.objects.filter(pk=proof_id, stop__run__vehicle__centre=_centre(acting)).first()
    if found is None or not found.content:
        raise Http404
    headers = {"Cache-Control": "private, max-age=3600", "X-Content-Type-Options": "nosniff"}
    return HttpResponse(bytes(found.content), content_type="image/webp", headers=headers)
