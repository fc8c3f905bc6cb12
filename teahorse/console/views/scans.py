"""What became of a maker's labels: where they are scanned, what is odd about it, what buyers write."""

from collections import Counter
from dataclasses import replace
from datetime import timedelta
from uuid import UUID

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.safestring import mark_safe
from django.utils.translation import get_language, pgettext
from django.utils.translation import gettext as _

from teahorse.common.ui.ground_map import Spot, ground_map
from teahorse.console.access import Acting, acts
from teahorse.console.nav import page
from teahorse.people.models import Organisation, Right
from teahorse.places import queries as places
from teahorse.trace import actions
from teahorse.trace.gs1.short_codes import spaced
from teahorse.trace.models import LabelCode, LabelScan, Report, Suspicion

PER_PAGE, MOST_SCANS = 30, 5000
SHOWN = timedelta(days=90)


@acts(Right.TRACE, kinds=Organisation.SELLERS)
def scans(request: HttpRequest, acting: Acting) -> HttpResponse:
    """Show the last three months' scans on a map, signs of copies, and what buyers wrote."""
    house = acting.organisation
    suspicions = Suspicion.objects.filter(seller=house, closed_at=None).order_by("-score", "-last_at", "pk")
    reports = Report.objects.filter(lot__seller=house).select_related("lot__item").order_by("answered_at", "-at", "pk")
    shown = Paginator(suspicions, PER_PAGE).get_page(request.GET.get("page"))
    written = Paginator(reports, PER_PAGE).get_page(request.GET.get("written"))
    own = LabelScan.objects.filter(
        county_id=house.county_id, at__gt=acting.now - SHOWN, code__in=LabelCode.objects.filter(lot__seller=house).values("code")
    )
    rows = list(own.order_by("-at").values_list("area_code", "latitude", "longitude")[:MOST_SCANS])
    drawn, unknown = _map(rows)
    context = {
        "suspicions": [(one, spaced(one.code), sign_words(one)) for one in shown],
        "shown": shown,
        "reports": [(one, spaced(one.code)) for one in written],
        "written": written,
        "count": len(rows),
        "unknown": unknown,
        "map": mark_safe(drawn),  # noqa: S308 - drawn here, names are escaped
    }
    return page(request, acting, "scans.html", context)


@acts(Right.TRACE, "POST", kinds=Organisation.SELLERS, back="console:scans")
def close(request: HttpRequest, acting: Acting, suspicion_id: UUID) -> HttpResponse:
    """Put a sign aside."""
    found = Suspicion.objects.filter(pk=suspicion_id, seller=acting.organisation).first()
    if found is None:
        raise Http404
    actions.close_suspicion(suspicion=found, why=request.POST.get("why", ""), by=acting.person, now=acting.now)
    messages.success(request, _("Put aside."))
    return redirect("console:scans", org=acting.organisation.key)


@acts(Right.TRACE, "POST", kinds=Organisation.SELLERS, back="console:scans")
def answer(request: HttpRequest, acting: Acting, report_id: UUID) -> HttpResponse:
    """Write down what was done about what a buyer wrote."""
    found = Report.objects.filter(pk=report_id, lot__seller=acting.organisation).first()
    if found is None:
        raise Http404
    actions.answer_report(report=found, answer=request.POST.get("answer", ""), by=acting.person, now=acting.now)
    messages.success(request, _("Written down."))
    return redirect("console:scans", org=acting.organisation.key)


def sign_words(suspicion: Suspicion) -> str:
    """Say what is odd, in the reader's language."""
    said, sign = suspicion.said, Suspicion.Sign(suspicion.sign)
    if sign == Suspicion.Sign.MANY_PLACES:
        names = [places.full_name(code, get_language() or "zh-hans") for code in said["areas"]]
        return _("One piece was scanned in %(places)s.") % {"places": ", ".join(names)}
    words = {
        Suspicion.Sign.IMPOSSIBLE_TRAVEL: _("One piece was scanned at places %(km)s km apart within %(minutes)s minutes."),
        Suspicion.Sign.MORE_SCANS_THAN_UNITS: _("%(visitors)s visitors scanned a label that is on %(units)s goods."),
        Suspicion.Sign.BEFORE_SHIPMENT: _("The piece was scanned %(scans)s times before it was sent."),
    }
    return str(words[sign] % said)


def _map(rows: list[tuple[str, float | None, float | None]]) -> tuple[str, int]:
    """Draw where scans came from, as coarsely as is known; return it, and of how many no place is known."""
    areas = places.drawn_at({area for area, _lat, _lon in rows if area})
    language = get_language() or "zh-hans"
    named: dict[Spot, int] = Counter()
    unknown = 0
    for code, latitude, longitude in rows:
        area = areas.get(code)
        if latitude is not None and longitude is not None:
            named[Spot(f"{latitude:.1f}, {longitude:.1f}", latitude, longitude)] += 1
        elif area is not None and area.latitude is not None and area.longitude is not None:
            named[Spot(places.name_in(area, language), area.latitude, area.longitude, area.height_m)] += 1
        else:
            unknown += 1
    spots = [replace(spot, value=number) for spot, number in named.items()]
    north = pgettext("on a map", "N")
    return ground_map(spots, label=_("Where labels were scanned"), metres=_("%d m"), kilometres=_("%d km"), north=north), unknown
