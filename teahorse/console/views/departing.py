"""What waits at a centre to leave the county, and with which departure: promises hold, at the least cost."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import date, datetime
from uuid import UUID

from django.http import HttpRequest, HttpResponse

from teahorse.console import run_words
from teahorse.console.access import Acting, Context, acts
from teahorse.console.nav import page
from teahorse.console.views.vehicles import centre_of
from teahorse.console.words import named
from teahorse.logistics import promising
from teahorse.logistics import queries as logistics
from teahorse.logistics.models import Parcel
from teahorse.logistics.rules import rate_for
from teahorse.orders.models import SellerOrder
from teahorse.people.models import Organisation, Right, ServicePoint
from teahorse.places.models import Area
from teahorse.runs.consolidating import Goes
from teahorse.runs.departing import Departing, Outbound, departing_from, last_moment, leaving_from, outbound_at

DAYS_SHOWN, SECONDS_OF_AN_HOUR = 7, 3600


@acts(Right.DESK_ORDERS, kinds=(Organisation.Kind.COUNTY_CENTRE,))
def departures(request: HttpRequest, acting: Acting) -> HttpResponse:
    """Show what goes with what, departure by departure, and what nothing takes."""
    centre = centre_of(acting)
    if centre is None:
        return page(request, acting, "parcels_nowhere.html", {})
    waiting = outbound_at(centre)
    found = departing_from(centre, due=_due(centre, waiting, now=acting.now), waiting=waiting, now=acting.now)
    return page(request, acting, "departures.html", {"centre": centre, **_shown(found, now=acting.now)})


def _due(centre: ServicePoint, waiting: Sequence[Outbound], *, now: datetime) -> dict[str, datetime]:
    """Return by when each has to be where the lines end: the earliest promise of an order in it, less the days from there on."""
    leaving = list(leaving_from(centre, now=now).values())
    if not leaving:
        return {}
    hub = leaving[0].end.area.code
    parcels = [parcel for one in waiting for parcel in one.parcels]
    promised = dict(SellerOrder.objects.filter(pk__in={parcel.reference for parcel in parcels}).values_list("pk", "promised_to_date"))
    days = _onward_days(hub, {parcel.destination_code for parcel in parcels}, now=now)
    due = {one.key: [_by(parcel, promised, days) for parcel in one.parcels if parcel.reference in promised] for one in waiting}
    return {key: min(moments) for key, moments in due.items() if moments}


def _by(parcel: Parcel, promised: dict[UUID, date], days: dict[str, int]) -> datetime:
    return last_moment(promised[parcel.reference], onward_days=days[parcel.destination_code])


def _onward_days(hub: str, destinations: Iterable[str], *, now: datetime) -> dict[str, int]:
    rates = logistics.all_rates()
    found = {}
    for code in destinations:
        rate = rate_for(rates, origin=hub, destination=code)
        found[code] = promising.days_on(rate, origin=hub, destination=code, now=now) if rate else 0
    return found


def _shown(found: Departing, *, now: datetime) -> Context:
    goes = {one.bag: one for one in found.found.goes}
    areas = {area.code: named(area) for area in Area.objects.filter(code__in={one.province for one in found.waiting}, until_date=None)}
    rows = [_row(one, goes[one.key], areas) for one in found.waiting]
    by_departure: dict[str | None, list[Context]] = defaultdict(list)
    for row in rows:
        by_departure[row["goes"].departure].append(row)
    return {
        "departures": [
            {"leaves": one, "rows": by_departure[key], "grams": sum(row["it"].grams for row in by_departure[key])}
            for key, one in found.leaving.items()
            if key in by_departure
        ],
        "empty": [one for key, one in found.leaving.items() if key not in by_departure and (one.departs_at - now).days < DAYS_SHOWN],
        "left": by_departure.get(None, []),
        "waiting": len(rows),
        "broken": found.found.broken,
        "fen": found.found.fen,
        "is_proven": found.found.is_proven,
    }


def _row(one: Outbound, goes: Goes, areas: dict[str, str]) -> Context:
    return {
        "it": one,
        "goes": goes,
        "why": run_words.WHY_THIS_ONE[goes.why],
        "province": areas.get(one.province, one.province),
        "late_hours": _hours_late(goes),
    }


def _hours_late(goes: Goes) -> int:
    """Return by how many hours it comes late, started ones whole."""
    return max(0, -int(goes.slack.total_seconds() // SECONDS_OF_AN_HOUR)) if goes.slack is not None else 0
