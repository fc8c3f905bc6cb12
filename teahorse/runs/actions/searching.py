"""Searching a plan that was asked for: a first one within two seconds, the final one within twenty; in a job, never in a transaction."""

import time
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import transaction

from teahorse.runs import stored
from teahorse.runs.models import DayPlan
from teahorse.runs.planning.explaining import backhaul, remote
from teahorse.runs.planning.model import Day
from teahorse.runs.planning.plan import Plan
from teahorse.runs.planning.planner import Planned, Progress, plan_day
from teahorse.runs.planning.reasons import LeftBehind, left_behind

JOB, QUEUE = "teahorse.runs.search_plan", "planning"
FIRST_S, FINAL_S, APART_S = 2.0, 14.0, 2.0
"""Seconds for the first plan, for making it better, and for each of the two plans that it is compared with: twenty in all."""
LOST_AFTER = timedelta(minutes=5)


def search_plan(*, plan_id: UUID, first_s: float = FIRST_S, final_s: float = FINAL_S, apart_s: float = APART_S, now: datetime) -> DayPlan:
    """
    Search a plan and keep it with what explains it; the best so far can be seen meanwhile. The second time it finds it searched.

    :raises PlanDoesNotHold: if what was found cannot be driven; it is kept as failed.
    """
    row = DayPlan.objects.select_related("centre").get(pk=plan_id)
    if row.state != DayPlan.State.SEARCHING:
        return row
    began = time.monotonic()
    day = stored.day_of(row.asked)
    try:
        first = plan_day(day, seconds=first_s, on_progress=_tell(row))
        _keep(row, plan=stored.kept_plan(first.plan), cost_fen=first.plan.fen)
        found = plan_day(day, seconds=final_s, begin_with=first.plan, on_progress=_tell(row)) if final_s > 0 else first
        best = found if found.plan.fen <= first.plan.fen else first
        explained = _explained(row, day, best, apart_s)
    except Exception:
        _keep(row, state=DayPlan.State.FAILED, trouble=DayPlan.Trouble.NOT_FOUND)
        raise
    values = {"state": DayPlan.State.DRAFTED, "plan": stored.kept_plan(best.plan), "cost_fen": best.plan.fen, **explained}
    _keep(row, **values, seconds=round(time.monotonic() - began, 3), found_at=now + timedelta(seconds=time.monotonic() - began))
    row.refresh_from_db()
    return row


def _tell(row: DayPlan) -> Any:
    def told(progress: Progress) -> None:
        _keep(row, progress={"seconds": round(progress.seconds, 1), "fen": progress.fen, "left": progress.left})

    return told


def _keep(row: DayPlan, **values: Any) -> None:
    """Write what is known by now, unless somebody has replaced the plan meanwhile."""
    DayPlan.objects.filter(pk=row.pk, state=DayPlan.State.SEARCHING).update(**values)


def _explained(row: DayPlan, day: Day, best: Planned, apart_s: float) -> dict[str, Any]:
    """Return what is kept beside a plan: why things are left, what each place costs, what goods home save on the way out."""
    plan = best.plan
    left = left_behind(day, plan, if_open=stored.ground_of(row.asked["if_open"]))
    record = best.record.as_stored()
    record["places"] = {place: _remote(day, plan, place) for place in _places(plan, centre=day.centre)}
    if _is_mixed(day, plan) and not row.is_from_now and apart_s > 0:
        saved = backhaul(day, plan=plan, seconds=apart_s)
        record["backhaul"] = {
            "saved_fen": saved.saved_fen,
            "apart_fen": saved.apart_fen,
            "together_metres": saved.together_metres,
            "apart_metres": saved.apart_metres,
        }
    return {"left": [*row.left, *(_left(row, one) for one in left)], "record": record}


def _is_mixed(day: Day, plan: Plan) -> bool:
    kinds = {day.by_key[task].kind == "deliver" for run in plan.runs for task in run.tasks}
    return len(kinds) > 1


def _places(plan: Plan, *, centre: str) -> Iterable[str]:
    return sorted({stop.place for run in plan.runs for stop in run.stops if stop.task} - {centre})


def _remote(day: Day, plan: Plan, place: str) -> dict[str, int] | None:
    found = remote(day, plan, place)
    if found is None:
        return None
    return {"adds_fen": found.adds_fen, "adds_metres": found.adds_metres, "adds_s": found.adds_s, "leave_fen": found.leave_fen}


def _left(row: DayPlan, one: LeftBehind) -> dict[str, Any]:
    return {
        "task": one.task,
        "codes": [thing["code"] for thing in row.things.get(one.task, [])],
        "reason": one.reason,
        "by": one.by,
        "leave_fen": one.leave_fen,
        "helps": [{"help": each.help, "of": each.of, "adds_fen": each.adds_fen} for each in one.helps],
    }


@transaction.atomic
def give_up_lost(*, now: datetime) -> int:
    """Say of plans whose job was lost that they are not found, so that somebody can ask again; return how many."""
    lost = DayPlan.objects.filter(state=DayPlan.State.SEARCHING, asked_at__lte=now - LOST_AFTER)
    return lost.update(state=DayPlan.State.FAILED, trouble=DayPlan.Trouble.INTERRUPTED)
