"""Planning days anew by itself when a way closes or opens: a draft that the centre looks at and gives out."""

from collections.abc import Sequence
from datetime import date, datetime
from uuid import UUID

from django.db import transaction

from teahorse.common.times import HOME
from teahorse.network.models import Closure
from teahorse.people.models import Person, ServicePoint
from teahorse.runs.actions.asking import FARTHEST, NobodyDrives, NothingWaits, NotOnTheMap, ask_plan
from teahorse.runs.models import DayPlan
from teahorse.runs.queries.board import day_window

LIVING = (DayPlan.State.SEARCHING, DayPlan.State.DRAFTED, DayPlan.State.RELEASED)


def plan_anew(*, closure_ids: Sequence[UUID], because: DayPlan.Because, now: datetime) -> list[DayPlan]:
    """
    Ask anew for every planned day of the counties in which ways closed or opened; harmless twice.

    What is searched at the moment is dropped, as it knows the ways as they were; what was given out is driven until the draft is given out.
    """
    made: list[DayPlan] = []
    for closure in Closure.objects.filter(pk__in=closure_ids).select_related("told_by", "lifting__lifted_by").order_by("pk"):
        lifting = getattr(closure, "lifting", None)
        by = lifting.lifted_by if lifting is not None and because == DayPlan.Because.OPENED else closure.told_by
        for centre, day in _days_of(closure, now=now):
            if not any((plan.centre_id, plan.date) == (centre.pk, day) for plan in made):
                made += _asked(centre, day, by=by, because=because, now=now)
    return made


def _days_of(closure: Closure, *, now: datetime) -> list[tuple[ServicePoint, date]]:
    """Return the planned days on which it makes a difference."""
    today = now.astimezone(HOME).date()
    days = DayPlan.objects.filter(county_id=closure.county_id, date__range=(today, today + FARTHEST), state__in=LIVING)
    found = {(plan.centre, plan.date) for plan in days.select_related("centre")}
    return sorted(((centre, day) for centre, day in found if _touches(closure, day)), key=lambda one: (one[1], one[0].pk))


def _touches(closure: Closure, day: date) -> bool:
    begins, ends = day_window(day)
    return closure.begins_at < ends and (closure.ends_at is None or closure.ends_at > begins)


@transaction.atomic
def _asked(centre: ServicePoint, day: date, *, by: Person, because: DayPlan.Because, now: datetime) -> list[DayPlan]:
    DayPlan.objects.filter(centre=centre, date=day, state=DayPlan.State.SEARCHING).update(state=DayPlan.State.REPLACED)
    try:
        return [ask_plan(centre=centre, day=day, by=by, because=because, now=now)]
    except (NobodyDrives, NothingWaits, NotOnTheMap):
        return []
