"""What does not go as it should: what it is, who has to act until when, and how promises were kept."""

from collections.abc import Collection
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.db.models import Q
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _

from teahorse.carriers import queries as carriers
from teahorse.common.ids import short
from teahorse.common.refusals import Refusal
from teahorse.console import exception_words, waiting
from teahorse.console.access import Acting, Context, acts
from teahorse.console.nav import page
from teahorse.console.views.parcels import own_points
from teahorse.console.words import named
from teahorse.logistics import actions
from teahorse.logistics.exceptions import MOST, Found, Kind, exceptions_at
from teahorse.logistics.models import Oddity
from teahorse.orders import queries as orders
from teahorse.people.models import Organisation, Right, ServicePoint
from teahorse.people.rules import AREA_OF_CENTRE
from teahorse.places.models import Area

LOOKED_BACK = timedelta(days=30)
MOST_WAYS, MOST_SILENT = 20, 50


@acts(Right.HANDLE_PARCELS)
def exceptions(request: HttpRequest, acting: Acting) -> HttpResponse:
    """List what is open, what is due first; at a county's centre of the whole county, with its carriers and promises."""
    return _listed(request, acting)


def _listed(request: HttpRequest, acting: Acting, *, typed: str = "", fault: Refusal | None = None, at: UUID | None = None) -> HttpResponse:
    found = exceptions_at(acting.organisation, now=acting.now)
    waiting.exceptions_of.forget()  # beside the list the menu says what the list says
    kind, text = request.GET.get("kind", ""), request.GET.get("q", "").strip().upper()
    kinds = [one for one in Kind if any(row.kind == one for row in found)]
    shown = [row for row in found if (not kind or row.kind == kind) and (not text or text in row.code.upper())]
    context = {
        "rows": _rows(acting, shown, typed=typed, fault=str(fault) if fault else "", at=at),
        "all": len(found),
        "is_cut": len(found) == MOST,
        "overdue": sum(row.due_at <= acting.now for row in found),
        "kinds": [(one.value, exception_words.NAMES[one], sum(row.kind == one for row in found)) for one in kinds],
        "kind": kind,
        "q": text,
    }
    if acting.organisation.kind == Organisation.Kind.COUNTY_CENTRE:
        context |= _of_county(acting)
    return page(request, acting, "exceptions.html", context, status=422 if fault else 200)


def _rows(acting: Acting, found: list[Found], *, typed: str, fault: str, at: UUID | None) -> list[Context]:
    owners = Organisation.objects.in_bulk({row.owner_id for row in found if row.owner_id})
    places = ServicePoint.objects.in_bulk({row.place_id for row in found if row.place_id})
    links = _links(acting, found)
    return [
        {
            "it": row,
            "name": exception_words.NAMES[row.kind],
            "to_do": exception_words.to_do(row),
            "owner": owners.get(row.owner_id) if row.owner_id else None,
            "place": places.get(row.place_id) if row.place_id else None,
            "href": links.get(row.thing_id or row.oddity_id, ""),
            "is_overdue": row.due_at <= acting.now,
            "typed": typed if row.oddity_id == at else "",
            "fault": fault if row.oddity_id == at else "",
        }
        for row in found
    ]


def _links(acting: Acting, found: list[Found]) -> dict[Any, str]:
    """Return where she finds each thing: at her own counter, else the order that it is sent for, at the desk."""
    org = acting.organisation.key
    points = {point.pk: point for point in own_points(acting)}
    links = {}
    if Right.DESK_ORDERS in acting.rights:
        references = {row.reference for row in found if row.reference}
        seen = orders.orders_visible_to(acting.person, right=Right.DESK_ORDERS, now=acting.now).filter(pk__in=references)
        open_to_her = set(seen.values_list("pk", flat=True))
        links = {
            row.thing_id: reverse("console:desk_order", kwargs={"org": org, "order_id": row.reference})
            for row in found
            if row.reference in open_to_her
        }
    for row in found:
        if row.place_id in points and row.reference:
            address = reverse("console:parcel", kwargs={"org": org, "parcel_id": row.thing_id})
            links[row.thing_id] = f"{address}?point={short(row.place_id)}"
        elif row.place_id in points and row.kind in {Kind.UNIT_MISSED, Kind.UNIT_STILL}:
            links[row.thing_id] = reverse("console:bag", kwargs={"org": org, "unit_id": row.thing_id})
    return links


def _of_county(acting: Acting) -> Context:
    code = acting.organisation.area.code[: AREA_OF_CENTRE[acting.organisation.kind]]
    ways = orders.kept_promises(code, since=acting.now.date() - LOOKED_BACK)
    names = _names({way.origin_code for way in ways} | {way.destination_code for way in ways})
    return {
        "is_centre": True,
        "silent": carriers.silent_consignments(now=acting.now, county_ids=[acting.organisation.county_id])[:MOST_SILENT],
        "silent_carriers": carriers.silent_carriers(now=acting.now),
        "promised": sum(way.promised for way in ways),
        "kept_percent": _percent(sum(way.kept for way in ways), sum(way.promised for way in ways)),
        "ways": [
            {
                "from": names.get(way.origin_code, way.origin_code),
                "to": names.get(way.destination_code, way.destination_code),
                "promised": way.promised,
                "kept": way.kept,
                "percent": _percent(way.kept, way.promised),
            }
            for way in ways[:MOST_WAYS]
        ],
    }


def _percent(part: int, whole: int) -> int | None:
    return part * 100 // whole if whole else None


def _names(codes: Collection[str]) -> dict[str, str]:
    return {area.code: named(area) for area in Area.objects.filter(Q(until_date=None), code__in=codes)}


@acts(Right.HANDLE_PARCELS, "POST")
def explain(request: HttpRequest, acting: Acting, oddity_id: UUID) -> HttpResponse:
    """Close what does not fit about a scan with a word on how it came about."""
    if not any(row.oddity_id == oddity_id for row in exceptions_at(acting.organisation, now=acting.now)):
        raise Http404
    text = request.POST.get("explanation", "")
    try:
        actions.explain(oddity=Oddity.objects.get(pk=oddity_id), explanation=text, by=acting.person, now=acting.now)
    except Refusal as refusal:
        return _listed(request, acting, typed=text, fault=refusal, at=oddity_id)
    messages.success(request, _("Written down."))
    return redirect("console:exceptions", org=acting.organisation.key)
