"""A county's roads and passes: what is closed and until when, who is cut off by it; closing by hand, and opening again."""

from datetime import datetime
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _

from teahorse.common.refusals import Malformed, Refusal
from teahorse.common.times import HOME
from teahorse.console import road_words
from teahorse.console.access import Acting, Context, acts
from teahorse.console.nav import page
from teahorse.console.views.vehicles import centre_of
from teahorse.network import actions
from teahorse.network import queries as network
from teahorse.network.models import Closure, Line, Node, Pass, Road
from teahorse.network.rules.closing import closed_at
from teahorse.people.models import Organisation, Right

KINDS = (Organisation.Kind.COUNTY_CENTRE,)
FIELDS = ("what", "reason", "from_day", "from_hour", "until_day", "until_hour", "note")
MOST_TOLD, LONGEST_NOTE = 30, 200


@acts(Right.DESK_ORDERS, "GET", "POST", kinds=KINDS)
def roads(request: HttpRequest, acting: Acting) -> HttpResponse:
    """Show what is closed, what leads where, and what was told; the form closes a pass or a road."""
    typed = {"from_day": f"{acting.now:%Y-%m-%d}", "from_hour": f"{acting.now:%H:%M}", "reason": Closure.Reason.SNOW.value}
    refusal: Refusal | None = None
    if request.method == "POST":
        typed = {name: request.POST.get(name, "").strip()[:LONGEST_NOTE] for name in FIELDS}
        try:
            _close(acting, typed)
        except Refusal as error:
            refusal = error
        else:
            messages.success(request, _("Closed. Plans, drivers, stations and buyers are told."))
            return redirect("console:roads", org=acting.organisation.key)
    context = {
        **_shown(acting),
        "typed": typed,
        "errors": {refusal.field: refusal} if refusal else {},
        "reasons": road_words.REASONS,
    }
    return page(request, acting, "roads.html", context, status=refusal.status if refusal else 200)


def _close(acting: Acting, typed: dict[str, str]) -> None:
    passes, laid = _passes(acting), _roads(acting)
    what = typed["what"]
    chosen_pass = next((one for one in passes if what == f"pass {one.pk}"), None)
    chosen_road = next((one for one in laid if what == f"road {one.pk}"), None)
    if chosen_pass is None and chosen_road is None:
        raise Malformed(field="what", reason=_("Choose what is closed."))
    if typed["reason"] not in Closure.Reason.values:
        raise Malformed(field="reason", reason=_("Choose why."))
    begins = _moment(typed["from_day"], typed["from_hour"], field="from_day")
    ends = _moment(typed["until_day"], typed["until_hour"] or "00:00", field="until_day") if typed["until_day"] else None
    if ends is not None and ends <= max(begins, acting.now):
        raise Malformed(field="until_day", reason=_("It opens after it closes, and later than now. Left empty: until further notice."))
    same = _open_closures(acting).filter(closed_pass=chosen_pass, road=chosen_road, reason=typed["reason"], begins_at=begins, ends_at=ends)
    if same.exists():
        return  # the second click
    actions.close_ways(
        passes=[chosen_pass] if chosen_pass else [],
        roads=[chosen_road] if chosen_road else [],
        reason=Closure.Reason(typed["reason"]),
        begins_at=begins,
        ends_at=ends,
        note=typed["note"],
        by=acting.person,
        now=acting.now,
    )


def _moment(day: str, hour: str, *, field: str) -> datetime:
    try:
        return datetime.fromisoformat(f"{day}T{hour}").replace(tzinfo=HOME)
    except ValueError:
        raise Malformed(field=field, reason=_("Write day and hour, such as 2026-08-17 and 8:00.")) from None


def _passes(acting: Acting) -> list[Pass]:
    return list(Pass.objects.filter(county_id=acting.organisation.county_id).order_by("name", "pk"))


def _roads(acting: Acting) -> list[Road]:
    laid = Road.objects.filter(county_id=acting.organisation.county_id).select_related("start", "end")
    return list(laid.prefetch_related("passes", "measured").order_by("start__name", "end__name", "pk"))


def _open_closures(acting: Acting) -> Any:
    told = Closure.objects.filter(county_id=acting.organisation.county_id, lifting=None)
    return told.exclude(ends_at__lte=acting.now).select_related("closed_pass", "road__start", "road__end", "told_by")


def _shown(acting: Acting) -> Context:
    county, centre = acting.organisation.county_id, centre_of(acting)
    node = Node.objects.filter(service_point=centre).first() if centre else None
    cut_off = network.who_is_cut_off(centre=node, moment=acting.now) if node else None
    known = network.ways(moment=acting.now)
    closed_roads = {
        way.road: closed for some in known.leaving.values() for way in some if (closed := closed_at(way.closures, acting.now)) is not None
    }
    laid, names = _roads(acting), Node.objects.in_bulk([one.node for one in cut_off.nodes]) if cut_off else {}
    told = Closure.objects.filter(county_id=county).select_related(
        "closed_pass", "road__start", "road__end", "told_by", "lifting__lifted_by"
    )
    return {
        "passes": _passes(acting),
        "closures": list(_open_closures(acting).order_by("begins_at", "pk")),
        "cut_off": [(names[one.node], road_words.closed_words(one.closed)) for one in cut_off.nodes if one.node in names]
        if cut_off
        else [],
        "broken": [(one.name, road_words.closed_words(one.closed)) for one in cut_off.lines] if cut_off else [],
        "roads": [
            {
                "road": road,
                "kind": road_words.CLASSES[Road.Class(road.road_class)],
                "km": (road.entered_metres or road.estimated_metres) // 1000,
                "is_estimated": road.entered_metres is None,
                "measured": max((one.trips for one in road.measured.all()), default=0),
                "closed": road_words.closed_words(closed_roads[road.pk]) if road.pk in closed_roads else "",
            }
            for road in laid
        ],
        "lines": list(Line.objects.filter(county_id=county).exclude(valid_to__lt=acting.now.date()).order_by("name", "pk")),
        "history": list(told.order_by("-told_at", "-pk")[:MOST_TOLD]),
        "all_reasons": road_words.ALL_REASONS,
    }


@acts(Right.DESK_ORDERS, "POST", kinds=KINDS, back="console:roads")
def lift(request: HttpRequest, acting: Acting, closure_id: UUID) -> HttpResponse:
    """Say that a closure is over."""
    found = Closure.objects.filter(pk=closure_id, county_id=acting.organisation.county_id).first()
    if found is None:
        raise Http404
    actions.lift_closures(closures=[found], note=request.POST.get("note", "").strip()[:LONGEST_NOTE], by=acting.person, now=acting.now)
    messages.success(request, _("Open again. Plan again what had to wait."))
    return redirect("console:roads", org=acting.organisation.key)
