"""A centre's day: its vehicles and their shifts, its plan, its runs and how far they are."""

from collections.abc import Collection
from datetime import date, datetime, time, timedelta
from uuid import UUID

from django.db.models import Prefetch, Q, QuerySet

from teahorse.common.times import HOME
from teahorse.people.models import Person, ServicePoint
from teahorse.runs.models import DayPlan, Handling, Run, Shift, Stop, Vehicle


def day_window(day: date) -> tuple[datetime, datetime]:
    """Return when a day of the county begins and when the next one does."""
    begins = datetime.combine(day, time.min, tzinfo=HOME)
    return begins, begins + timedelta(days=1)


def vehicles_at(centre: ServicePoint) -> QuerySet[Vehicle]:
    """Return the vehicles of a centre that are still driven, by their plates."""
    return Vehicle.objects.filter(centre=centre, unit__retired_at=None).select_related("unit", "centre").order_by("unit__code")


def shifts_of_day(centre: ServicePoint, *, day: date) -> QuerySet[Shift]:
    """Return who drives which vehicle of a centre on a day: shifts that begin on it."""
    begins, ends = day_window(day)
    found = Shift.objects.filter(vehicle__centre=centre, vehicle__unit__retired_at=None, begins_at__gte=begins, begins_at__lt=ends)
    return found.select_related("vehicle__unit", "driver").order_by("vehicle__unit__code", "begins_at", "pk")


def latest_plan(centre: ServicePoint, *, day: date) -> DayPlan | None:
    """Return the plan of a day that was asked for last."""
    return DayPlan.objects.filter(centre=centre, date=day).exclude(state=DayPlan.State.REPLACED).order_by("-asked_at", "-pk").first()


def released_plan(centre: ServicePoint, *, day: date) -> DayPlan | None:
    """Return the plan by which one drives on a day."""
    return DayPlan.objects.filter(centre=centre, date=day, state=DayPlan.State.RELEASED).first()


def _whole(runs: QuerySet[Run]) -> QuerySet[Run]:
    handlings = Prefetch("handlings", Handling.objects.order_by("doing", "code", "pk"))
    stops = Stop.objects.filter(dropped_at=None).select_related("place").prefetch_related(handlings, "proofs").order_by("number")
    return runs.select_related("vehicle__unit", "driver", "plan").prefetch_related(Prefetch("stops", stops))


def runs_of_day(centre: ServicePoint, *, day: date) -> list[Run]:
    """Return the runs of a centre's day with their stops and what is done there; what was called off is left out. Few queries."""
    begins, ends = day_window(day)
    runs = Run.objects.filter(vehicle__centre=centre, begins_at__gte=begins, begins_at__lt=ends)
    return list(_whole(runs.exclude(stage=Run.Stage.CALLED_OFF)).order_by("vehicle__unit__code", "begins_at", "pk"))


def runs_of_driver(driver: Person, *, centre: ServicePoint, since: datetime) -> list[Run]:
    """Return a driver's runs of a centre: those ahead, the next one first, then those she finished since a moment, the last one first."""
    runs = _whole(Run.objects.filter(driver=driver, vehicle__centre=centre))
    ahead = runs.filter(stage__in=(Run.Stage.RELEASED, Run.Stage.UNDER_WAY)).order_by("begins_at", "pk")
    driven = runs.filter(stage=Run.Stage.FINISHED, ends_at__gte=since).order_by("-begins_at", "pk")
    return [*ahead, *driven]


def run_of(centre: ServicePoint, key: UUID) -> Run | None:
    """Return a run of a centre with its stops and what is done there."""
    return _whole(Run.objects.filter(vehicle__centre=centre, pk=key)).first()


def coming_to(points: Collection[ServicePoint], *, now: datetime) -> QuerySet[Stop]:
    """Return the calls that vehicles still make at some service points, on the day or on a run of it, with the code for the driver."""
    day = day_window(now.astimezone(HOME).date())
    living = (Run.Stage.RELEASED, Run.Stage.UNDER_WAY)
    found = Stop.objects.filter(place__in=points, kind=Stop.Kind.CALL, done_at=None, dropped_at=None, run__stage__in=living)
    on_the_day = Q(arrives_at__range=day) | Q(run__begins_at__range=day)  # who sets out in the evening arrives after midnight
    return found.filter(on_the_day).select_related("run__vehicle__unit").order_by("arrives_at", "pk")
