"""The places of which a maker's stories speak, and how exactly strangers see them."""

import re
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from teahorse.common.refusals import Malformed, Refusal
from teahorse.console.access import Acting, Context, acts
from teahorse.console.nav import page
from teahorse.people.models import Organisation, Right
from teahorse.places import queries as places
from teahorse.places.models import Area
from teahorse.trace import actions
from teahorse.trace.models import Site

TEXTS = ("name", "name_bo", "name_en", "ground", "water", "about", "kind", "shown_as")
NUMBERS = ("height_m", "latitude", "longitude")
NUMBER = re.compile(r"-?[0-9]{1,5}(\.[0-9]{1,9})?")
COUNTY_LENGTH = 6


@acts(Right.TRACE, "GET", "POST", kinds=Organisation.SELLERS)
def sites(request: HttpRequest, acting: Acting) -> HttpResponse:
    """List the places; the form adds one."""
    return _form(request, acting, None)


@acts(Right.TRACE, "GET", "POST", kinds=Organisation.SELLERS)
def site(request: HttpRequest, acting: Acting, site_id: UUID) -> HttpResponse:
    """Show a place to be told anew."""
    return _form(request, acting, _own(acting, site_id))


@acts(Right.TRACE, "POST", kinds=Organisation.SELLERS, back="console:sites")
def leave(request: HttpRequest, acting: Acting, site_id: UUID) -> HttpResponse:
    """Offer a place no more."""
    gone = _own(acting, site_id)
    actions.leave_site(site=gone, now=acting.now)
    messages.success(request, _("%(name)s is offered no more. Its stories stay.") % {"name": gone.name})
    return redirect("console:sites", org=acting.organisation.key)


def _own(acting: Acting, site_id: UUID) -> Site:
    found = Site.objects.filter(pk=site_id, owner=acting.organisation, left_at=None).select_related("area").first()
    if found is None:
        raise Http404
    return found


def _form(request: HttpRequest, acting: Acting, told: Site | None) -> HttpResponse:
    """Answer with the form of a place, or write down what was sent."""
    typed, refusal = _before(told, acting), None
    if request.method == "POST":
        typed = {name: request.POST.get(name, "")[:2000].strip() for name in (*TEXTS, *NUMBERS, "area")}
        try:
            area, said = _area(acting, typed["area"]), _said(typed)
            kept = (
                actions.change_site(site=told, area=area, said=said)
                if told
                else actions.add_site(owner=acting.organisation, area=area, said=said)
            )
        except Refusal as refused:
            refusal = refused
        else:
            messages.success(request, _("%(name)s is written down.") % {"name": kept.name})
            return redirect("console:sites", org=acting.organisation.key)
    context: Context = {
        "site": told,
        "sites": Site.objects.filter(owner=acting.organisation, left_at=None).select_related("area").order_by("name", "pk"),
        "typed": typed,
        "errors": {refusal.field: refusal} if refusal else {},
        "kinds": kinds(),
        "shown_as": shown_as(),
        "areas": _areas(acting),
    }
    return page(request, acting, "sites.html", context, status=refusal.status if refusal else 200)


def kinds() -> dict[str, str]:
    """Return the kinds of places in the reader's language."""
    return {
        Site.Kind.PASTURE.value: _("Pasture"),
        Site.Kind.FIELD.value: _("Field"),
        Site.Kind.FOREST.value: _("Forest"),
        Site.Kind.APIARY.value: _("Apiary"),
        Site.Kind.WORKSHOP.value: _("Workshop"),
        Site.Kind.SLAUGHTERHOUSE.value: _("Slaughterhouse"),
        Site.Kind.STORE.value: _("Store"),
        Site.Kind.COLLECTING_POINT.value: _("Collecting point"),
    }


def shown_as() -> dict[str, str]:
    """Return how exactly a place may be shown, in the reader's language."""
    return {
        Site.ShownAs.VILLAGE.value: _("The village"),
        Site.ShownAs.TOWNSHIP.value: _("The township"),
        Site.ShownAs.COUNTY.value: _("The county"),
        Site.ShownAs.POINT.value: _("The very point"),
    }


def _before(told: Site | None, acting: Acting) -> dict[str, str]:
    if told is None:
        return {"area": acting.organisation.area.code, "kind": Site.Kind.WORKSHOP.value, "shown_as": Site.ShownAs.VILLAGE.value}
    texts = {name: getattr(told, name) or "" for name in TEXTS}
    return {**texts, **{name: str(value) if (value := getattr(told, name)) is not None else "" for name in NUMBERS}, "area": told.area.code}


def _areas(acting: Acting) -> list[tuple[str, list[tuple[str, str]]]]:
    """Return the townships of the house's county, each with its villages."""
    language, county = get_language() or "zh-hans", acting.organisation.area.code[:COUNTY_LENGTH]
    townships = [(county, places.full_name(county, language)), *places.choices(county, language)]
    return [(name, [(code, name), *(places.choices(code, language) if code != county else ())]) for code, name in townships]


def _area(acting: Acting, code: str) -> Area:
    """Return a chosen area; only one in the house's own county is hers to choose."""
    if not code.startswith(acting.organisation.area.code[:COUNTY_LENGTH]):
        raise Malformed(field="area", reason=_("Choose a village of your county."))
    try:
        return places.area_by_code(code)
    except places.NoSuchArea:
        raise Malformed(field="area", reason=_("Choose a village of your county.")) from None


def _said(typed: dict[str, str]) -> actions.SiteSaid:
    latitude, longitude, height = (_number(typed, name) for name in ("latitude", "longitude", "height_m"))
    return actions.SiteSaid(
        **{name: typed[name] for name in TEXTS},
        height_m=None if height is None else round(height),
        latitude=latitude,
        longitude=longitude,
    )


def _number(typed: dict[str, str], name: str) -> float | None:
    text = typed[name].replace(",", ".")
    if text and not NUMBER.fullmatch(text):
        raise Malformed(field=name, reason=_("Write a number, or nothing."))
    return float(text) if text else None
