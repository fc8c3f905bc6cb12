"""What ways cost: the runs of a centre that are finished, shared among what they carried, lane by lane."""

from datetime import timedelta
from decimal import Decimal
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _

from teahorse.console.access import Acting, acts
from teahorse.console.nav import page
from teahorse.console.views.money import as_file
from teahorse.console.views.vehicles import centre_of
from teahorse.console.words import named
from teahorse.people.models import Organisation, Right, ServicePoint
from teahorse.runs.queries import LaneCost, WhatWaysCost, lane_costs
from teahorse.settlement.papers import XLSX, Words, add_sheet, in_yuan, new_book, saved

DAYS = (30, 90, 365)
SHEET = Words("འགྲོ་གྲོན།", "运费成本")
GRAMS_PER_KG, METRES_PER_KM = 1000, 1000


@acts(Right.DESK_ORDERS, kinds=(Organisation.Kind.COUNTY_CENTRE,))
def lanes(request: HttpRequest, acting: Acting) -> HttpResponse:
    """Show what carrying cost between the centre and each place over some days; ``table`` answers it as a workbook."""
    centre = centre_of(acting)
    if centre is None:
        return page(request, acting, "parcels_nowhere.html", {})
    asked = request.GET.get("days", "")
    days = int(asked) if asked in {str(one) for one in DAYS} else DAYS[0]
    found = lane_costs(centre, since=acting.now - timedelta(days=days), until=acting.now)
    places = ServicePoint.objects.in_bulk({key for lane in found.lanes for key in (lane.start, lane.goal) if key is not None})
    rows = [
        (_place(lane.start, places, centre), _place(lane.goal, places, centre), lane)
        for lane in found.lanes
        if lane.start is not None or lane.goal is not None
    ]
    if "table" in request.GET:
        name = f"{acting.organisation.key}-lanes-{acting.now:%Y-%m-%d}-{days}.xlsx"
        return as_file(_workbook(rows, found), XLSX, name)
    context = {
        "days": days,
        "choices": DAYS,
        "rows": rows,
        "all": found.all,
        "idle": found.idle,
        "km": found.all.metres // METRES_PER_KM,
    }
    return page(request, acting, "lanes.html", context)


def _place(key: UUID | None, places: dict[UUID, ServicePoint], centre: ServicePoint) -> ServicePoint:
    return centre if key is None else places[key]


def _workbook(rows: list[tuple[ServicePoint, ServicePoint, LaneCost]], found: WhatWaysCost) -> bytes:
    heading: list[object] = [_("From"), _("To"), _("Runs"), _("Carried"), _("Came there"), "kg", "km", _("Cost (yuan)"), _("Each (yuan)")]
    sheet: list[list[object]] = [heading]
    sheet += [[named(start), named(goal), *_figures(lane)] for start, goal, lane in rows]
    if found.idle:
        sheet.append([_("Nothing was carried"), "", *_figures(found.idle)])
    sheet.append([_("All together"), "", *_figures(found.all)])
    book = new_book()
    add_sheet(book, SHEET, sheet)
    return saved(book)


def _figures(lane: LaneCost) -> list[object]:
    each = None if lane.fen_each is None else in_yuan(lane.fen_each)
    return [
        *(lane.runs, lane.things, lane.there),
        Decimal(lane.grams) / GRAMS_PER_KG,
        Decimal(lane.metres) / METRES_PER_KM,
        *(in_yuan(lane.fen), each),
    ]
