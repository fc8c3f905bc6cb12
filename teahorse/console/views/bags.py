"""Bags and cages at a service point: their tags, what lies in them, and where they go."""

import re
from collections.abc import Mapping
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from teahorse.common.ids import short
from teahorse.common.refusals import Malformed, Refusal
from teahorse.console.access import Acting, acts
from teahorse.console.keys import keys_of
from teahorse.console.nav import page
from teahorse.console.views.parcels import own_points
from teahorse.logistics import actions, queries
from teahorse.logistics.models import Parcel, Scan, Unit
from teahorse.logistics.tags import tags_pdf
from teahorse.people.models import Right, ServicePoint

KINDS = {Unit.Kind.BAG: gettext_lazy("Bag"), Unit.Kind.CAGE: gettext_lazy("Cage")}
ACTS = {"send_on": Scan.Act.DEPARTED, "take_in": Scan.Act.ARRIVED, "load": Scan.Act.LOADED}
MOST_SHOWN, MOST_DESTINATIONS = 300, 500


class NotHere(Refusal):
    """What is put in or taken out is done where the bag stands."""

    code = "bag_not_here"
    sentence = gettext_lazy("%(code)s does not stand here. Take it in first.")


class LiesElsewhere(Refusal):
    """It is not in this one."""

    code = "lies_elsewhere"
    sentence = gettext_lazy("%(code)s does not lie in here.")


@acts(Right.HANDLE_PARCELS)
def bags(request: HttpRequest, acting: Acting) -> HttpResponse:
    """List the bags and cages that stand at the organisation's points or come there, and offer to make tags."""
    return _listed(request, acting)


def _listed(request: HttpRequest, acting: Acting, typed: Mapping[str, str] | None = None, refusal: Refusal | None = None) -> HttpResponse:
    points = own_points(acting)
    if not points:
        return page(request, acting, "parcels_nowhere.html", {})
    units = list(queries.units_concerning(points)[:MOST_SHOWN])
    keys = {point.pk for point in points}
    new = set(keys_of(request.GET.getlist("new")))
    context = {
        "here": [unit for unit in units if unit.held_by_id in keys],
        "coming": [unit for unit in units if unit.held_by_id not in keys],
        "points": points,
        "destinations": _destinations(acting, points),
        "kinds": KINDS,
        "typed": typed or {"kind": Unit.Kind.BAG, "count": "1", "point": short(points[0].pk)},
        "errors": {refusal.field: refusal} if refusal else {},
        "new": [unit for unit in units if unit.pk in new],
        "new_query": "&".join(f"unit={key}" for key in sorted(new)),
    }
    return page(request, acting, "bags.html", context, status=refusal.status if refusal else 200)


@acts(Right.HANDLE_PARCELS, "POST")
def bag_new(request: HttpRequest, acting: Acting) -> HttpResponse:
    """Make tags for bags or cages that stand at one of the points."""
    typed = {name: request.POST.get(name, "")[:60] for name in ("kind", "count", "point", "destination", "is_cold")}
    points = {short(point.pk): point for point in own_points(acting)}
    destinations = {short(point.pk): point for point in _destinations(acting, list(points.values()))}
    if typed["point"] not in points or (typed["destination"] and typed["destination"] not in destinations):
        raise Http404
    try:
        if typed["kind"] not in KINDS:
            raise Malformed(field="kind", reason=_("Choose bag or cage."))
        if not re.fullmatch(r"[0-9]{1,4}", typed["count"]):
            raise Malformed(field="count", reason=_("Write how many, in digits."))
        made = actions.make_units(
            kind=typed["kind"],
            count=int(typed["count"]),
            organisation=acting.organisation,
            at=points[typed["point"]],
            destination=destinations.get(typed["destination"]),
            is_cold=bool(typed["is_cold"]),
            now=acting.now,
        )
    except Refusal as refusal:
        return _listed(request, acting, typed, refusal)
    messages.success(request, ngettext("%(n)s tag is made. Print it.", "%(n)s tags are made. Print them.", len(made)) % {"n": len(made)})
    new = "&".join(f"new={unit.pk}" for unit in made)
    return redirect(f"{reverse('console:bags', kwargs={'org': acting.organisation.key})}?{new}")


@acts(Right.HANDLE_PARCELS)
def bag_tags(request: HttpRequest, acting: Acting) -> HttpResponse:
    """Answer with the tags of the chosen bags and cages as a PDF."""
    keys = keys_of(request.GET.getlist("unit"))[: actions.MOST_AT_ONCE]
    units = list(queries.units_concerning(own_points(acting)).filter(pk__in=keys).order_by("pk"))
    if not units or len(units) != len(set(keys)):
        raise Http404
    name = units[0].code if len(units) == 1 else f"{acting.organisation.key}-{acting.now:%Y%m%d-%H%M}"
    headers = {"Content-Disposition": f'inline; filename="{name}.pdf"'}
    return HttpResponse(tags_pdf(units), content_type="application/pdf", headers=headers)


@acts(Right.HANDLE_PARCELS, "GET", "POST")
def bag(request: HttpRequest, acting: Acting, unit_id: UUID) -> HttpResponse:
    """Show a bag or a cage with what lies in it; things are put in and taken out by their codes, and it is sent on whole."""
    points = own_points(acting)
    found = queries.units_concerning(points).filter(pk=unit_id).first()
    if found is None:
        raise Http404
    point = next((one for one in points if one.pk in {found.held_by_id, found.destination_id}), points[0])
    act, code, fault = request.POST.get("act", ""), re.sub(r"\s", "", request.POST.get("code", ""))[:40].upper(), ""
    if request.method == "POST":
        try:
            _carry_out(request, acting, point, found, act, code)
        except Refusal as refusal:
            fault = str(refusal)
        else:
            address = reverse("console:bag", kwargs={"org": acting.organisation.key, "unit_id": found.pk})
            return redirect(address if act in {"put_in", "take_out"} else reverse("console:bags", kwargs={"org": acting.organisation.key}))
    parcels = Parcel.objects.filter(inside=found).select_related("pickup_point__area", "sender").order_by("number")
    context = {
        "unit": found,
        "kind": KINDS[Unit.Kind(found.kind)],
        "point": point,
        "is_here": found.held_by_id == point.pk,
        "parcels": [(parcel, _goes_another_way(parcel, found)) for parcel in parcels[:MOST_SHOWN]],
        "units": Unit.objects.filter(inside=found).select_related("destination").order_by("code"),
        "vehicles": queries.vehicles_of(acting.organisation.county_id),
        "act": act if act in {"put_in", "take_out"} else "put_in",
        "code": code if fault else "",
        "fault": fault,
    }
    return page(request, acting, "bag.html", context, status=422 if fault else 200)


def _carry_out(request: HttpRequest, acting: Acting, point: ServicePoint, found: Unit, act: str, code: str) -> None:
    is_here = found.held_by_id == point.pk
    match act:
        case "put_in" | "take_out":
            if not is_here:
                raise NotHere(field="code", code=found.code)
            _moved(request, acting, point, found, act, code)
        case "send_on" | "load" if is_here:
            vehicle = queries.vehicles_of(acting.organisation.county_id).filter(code=code).first() if act == "load" else None
            if act == "load" and vehicle is None:
                raise Malformed(field="code", reason=_("Choose the vehicle."))
            seal = request.POST.get("seal", "")[:40].strip()
            _record(acting, point, found.code, ACTS[act], into=vehicle.code if vehicle else "", note=seal)
            messages.success(request, _("Sent on: %(number)s") % {"number": found.code})
        case "take_in" if not is_here:
            _record(acting, point, found.code, ACTS[act])
            messages.success(request, _("Taken in: %(number)s") % {"number": found.code})
        case _:
            raise Http404


def _moved(request: HttpRequest, acting: Acting, point: ServicePoint, found: Unit, act: str, code: str) -> None:
    """Put a thing in, or take it out; what does not fit with what was known before is said and kept."""
    parcel = queries.parcel_of_code(code)
    if act == "take_out" and not _lies_in(found, code):
        raise LiesElsewhere(field="code", code=code or "—")
    odd = _record(
        acting, point, parcel.number if parcel else code, Scan.Act.PUT_IN if act == "put_in" else Scan.Act.TAKEN_OUT, into=found.code
    )
    words = _("Put in: %(number)s") if act == "put_in" else _("Taken out: %(number)s")
    messages.success(request, words % {"number": parcel.number if parcel else code})
    if odd:
        messages.warning(request, _("It was not known to be here. That is written down, and looked at."))
    if act == "put_in" and parcel is not None and _goes_another_way(parcel, found):
        where = parcel.pickup_point or parcel.destination_names
        messages.warning(request, _("%(number)s goes to %(where)s, this one does not.") % {"number": parcel.number, "where": where})


def _lies_in(unit: Unit, code: str) -> bool:
    return Parcel.objects.filter(inside=unit, number=code).exists() or Unit.objects.filter(inside=unit, code=code).exists()


def _record(acting: Acting, point: ServicePoint, code: str, act: str, *, into: str = "", note: str = "") -> bool:
    """Keep a scan; return whether something about it does not fit."""
    draft = actions.ScanDraft(parcel_number=code, act=act, happened_at=acting.now, place=point, by=acting.person, into=into, note=note)
    actions.record_scans(scans=[draft], now=acting.now)
    return queries.is_odd(draft.id)


def _goes_another_way(parcel: Parcel, unit: Unit) -> bool:
    """Return whether a parcel is fetched outside of the area that the bag goes to."""
    if unit.destination is None:
        return False
    goal = parcel.pickup_point.area.code if parcel.pickup_point else parcel.destination_code
    return not goal.startswith(unit.destination.area.code)


def _destinations(acting: Acting, points: list[ServicePoint]) -> list[ServicePoint]:
    """Return where a bag may go: the other service points of the county."""
    found = ServicePoint.objects.filter(county_id=acting.organisation.county_id).exclude(pk__in=[point.pk for point in points])
    return list(found.order_by("level", "name", "pk")[:MOST_DESTINATIONS])
