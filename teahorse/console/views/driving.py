"""A driver's phone: her runs, the stops in order, and what she tells of each; without a line it waits in the phone's outbox."""

import re
from collections.abc import Iterator
from datetime import datetime, timedelta
from uuid import UUID, uuid4

from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone

from teahorse.catalog.pictures import Readable
from teahorse.common.refusals import NotThere, Refusal
from teahorse.common.typed import form_key
from teahorse.console import run_words
from teahorse.console.access import Acting, Context, acts
from teahorse.console.nav import page
from teahorse.console.road_words import closed_words
from teahorse.console.telling_form import moment_typed
from teahorse.console.views.vehicles import centre_of
from teahorse.logistics.promising import delay_between
from teahorse.people.models import Organisation, Right, ServicePoint
from teahorse.runs import actions, queries
from teahorse.runs.models import Handling, Run, Stop

KINDS = (Organisation.Kind.COUNTY_CENTRE,)
OUTBOX = "X-Outbox"
KEPT_FOR = timedelta(days=2)
MOST_CODES = 60


@acts(Right.HANDLE_PARCELS, kinds=KINDS)
def drive(request: HttpRequest, acting: Acting) -> HttpResponse:
    """List the driver's own runs, the next one first, and below them what she drove on the last days."""
    centre = centre_of(acting)
    found = queries.runs_of_driver(acting.person, centre=centre, since=acting.now - KEPT_FOR) if centre else []
    ahead, driven = ([_tap(run) for run in found if (run.stage == Run.Stage.FINISHED) is is_driven] for is_driven in (False, True))
    return page(request, acting, "drive.html", {"ahead": ahead, "driven": driven})


def _tap(run: Run) -> dict[str, object]:
    return {"run": run, "stage": run_words.STAGES[Run.Stage(run.stage)], "stops": len(run.stops.all())}


@acts(Right.HANDLE_PARCELS, kinds=KINDS)
def drive_run(request: HttpRequest, acting: Acting, run_id: UUID) -> HttpResponse:
    """Show one's own run on one page, so that it is whole without a line: stops in order, with a form for each."""
    run = _own_run(acting, run_id)
    stops = list(run.stops.all())
    ahead = next((stop.pk for stop in stops if stop.done_at is None), None)
    context = {
        "run": run,
        "stage": run_words.STAGES[Run.Stage(run.stage)],
        "rows": [_row(stop, is_ahead=stop.pk == ahead) for stop in stops],
        "km": run.metres // 1000,
        "instead": run.stage == Run.Stage.CALLED_OFF,
        "phone": run.vehicle.centre.organisation.phone,
        "closed": _closed_ahead(run, [stop for stop in stops if stop.done_at is None], now=acting.now),
    }
    return page(request, acting, "drive_run.html", context)


def _closed_ahead(run: Run, stops: list[Stop], *, now: datetime) -> list[tuple[ServicePoint, str]]:
    """Return the places ahead that a closure lies before, with what is closed."""
    home = run.vehicle.centre.area.code
    found = [(stop.place, delay_between(home, stop.place.area.code, now=now)) for stop in stops if stop.kind == Stop.Kind.CALL]
    return [(place, closed_words(delay)) for place, delay in found if delay is not None]


def _own_run(acting: Acting, key: UUID) -> Run:
    centre = centre_of(acting)
    run = queries.run_of(centre, key) if centre else None
    if run is None or run.driver_id != acting.person.pk:
        raise Http404
    return run


def _row(stop: Stop, *, is_ahead: bool) -> Context:
    handled = list(stop.handlings.all())
    return {
        "stop": stop,
        "name": run_words.STOPS.get(Stop.Kind(stop.kind)),
        "is_ahead": is_ahead,
        "key": uuid4(),
        "open": [
            {
                "it": one,
                "doing": run_words.DOINGS[Handling.Doing(one.doing)],
                "choices": [(choice, run_words.OUTCOMES[choice]) for choice in run_words.CHOICES[Handling.Doing(one.doing)]],
            }
            for one in handled
            if not one.outcome
        ],
        "told": [
            {"it": one, "doing": run_words.DOINGS[Handling.Doing(one.doing)], "outcome": run_words.OUTCOMES[Handling.Outcome(one.outcome)]}
            for one in handled
            if one.outcome
        ],
        "hands_over": any(one.doing == Handling.Doing.DELIVER for one in handled),
        "kilograms": sum(one.grams for one in handled) / 1000,
    }


@acts(Right.HANDLE_PARCELS, "POST", kinds=KINDS)
def drive_tell(request: HttpRequest, acting: Acting, stop_id: UUID) -> HttpResponse:
    """Take what a driver tells of a stop; what the phone's outbox sends is answered with a receipt in JSON."""
    key, now = form_key(request.POST.get("key", "")), timezone.now()
    told = actions.Told(
        key=key,
        happened_at=moment_typed(request.POST.get("device_at", "")) or now,
        sent_at=moment_typed(request.headers.get(OUTBOX, "")),
        things=list(_things(request)),
        more=[text.upper() for text in re.split(r"[\s,;]+", request.POST.get("more", ""))[:MOST_CODES] if text],
        code=request.POST.get("code", "").strip()[:6],
        signature=_picture(request, "signature"),
        photograph=_picture(request, "photograph"),
    )
    try:
        stop = actions.tell_stop(stop_id=stop_id, told=told, by=acting.person, now=now)
    except NotThere as refusal:
        raise Http404 from refusal
    except Refusal as refusal:
        if OUTBOX not in request.headers:
            raise
        return JsonResponse({"code": refusal.code, "field": refusal.field, "message": str(refusal)}, status=refusal.status)
    where = reverse("console:drive_run", kwargs={"org": acting.organisation.key, "run_id": stop.run_id})
    return JsonResponse({"telling": str(key), "where": where}) if OUTBOX in request.headers else redirect(where)


def _things(request: HttpRequest) -> Iterator[actions.ToldThing]:
    for name, outcome in request.POST.items():
        before, _dot, key = name.partition(".")
        if before != "outcome" or not isinstance(outcome, str):
            continue
        try:
            handling = UUID(key)
        except ValueError:
            continue
        yield actions.ToldThing(handling, outcome, " ".join(request.POST.get("note", "").split())[:200])


def _picture(request: HttpRequest, name: str) -> Readable | None:
    file = request.FILES.get(name)
    return file if file is not None and file.size else None
