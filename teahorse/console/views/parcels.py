"""The counter of a service point: what is expected, what lies here, and one big field for every number."""

import re
from collections.abc import Iterable
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from teahorse.common.ids import short
from teahorse.common.refusals import Refusal
from teahorse.console.access import Acting, Context, acts
from teahorse.console.nav import page
from teahorse.console.road_words import closed_words
from teahorse.logistics import actions, queries
from teahorse.logistics.models import Parcel, Scan, Unit
from teahorse.logistics.promising import delay_between
from teahorse.logistics.rules import is_parcel_number
from teahorse.orders.models import SellerOrder
from teahorse.people import queries as people
from teahorse.people.models import Right, ServicePoint
from teahorse.runs.queries import coming_to

Act = Scan.Act
MODES = {"find": gettext_lazy("Find"), "take_in": gettext_lazy("Take in"), "send_on": gettext_lazy("Send on")}
MOST_SHOWN = 300
SHORTEST_CODE = 6
"""What is shorter was mistyped: no label has so little on it."""
COUNTY = 6


@acts(Right.HANDLE_PARCELS)
def counter(request: HttpRequest, acting: Acting) -> HttpResponse:
    """Show the parcels of a service point by what is to be done with them."""
    points, point = _points(acting, request.GET.get("point", ""))
    if point is None:
        return page(request, acting, "parcels_nowhere.html", {})
    return page(request, acting, "parcels.html", {"points": points, **_counter(point, request.GET.get("mode", "find"))})


def _counter(point: ServicePoint, mode: str, text: str = "", fault: str = "") -> Context:
    parcels = list(queries.parcels_concerning(point)[:MOST_SHOWN])
    to_fetch = [p for p in parcels if p.stage == Parcel.Stage.AT_POINT and p.pickup_point_id == point.pk]
    expected = [p for p in parcels if p.pickup_point_id == point.pk and p.held_by_id != point.pk and p.stage in {"packed", "in_transit"}]
    rest = [p for p in parcels if p not in to_fetch and p not in expected]
    now = timezone.now()
    delay = delay_between(point.area.code[:COUNTY], point.area.code, now=now)
    return {
        "point": point,
        "mode": mode if mode in MODES else "find",
        "modes": MODES,
        "to_fetch": to_fetch,
        "expected": expected,
        "to_send_on": [p for p in rest if p.held_by_id == point.pk],
        "missed": list(queries.missed_at(point)[:MOST_SHOWN]),
        "coming": list(coming_to([point], now=now)),
        "closed": closed_words(delay) if delay else "",
        "text": text,
        "fault": fault,
    }


@acts(Right.HANDLE_PARCELS, "POST")
def scan(request: HttpRequest, acting: Acting) -> HttpResponse:
    """Take a number or a pickup code from the big field: find the parcel, or take it in or send it on at once."""
    points, point = _points(acting, request.POST.get("point", ""))
    if point is None:
        raise Http404
    text, mode = re.sub(r"\s", "", request.POST.get("number", ""))[:40].upper(), request.POST.get("mode", "find")
    try:
        unit = queries.unit_of_code(text)
        if unit is not None:
            return _with_unit(request, acting, point, unit, mode)
        parcel = _parcel(point, text, is_anybodys=mode == "take_in")
        if mode == "take_in":
            _take_in(acting, point, parcel)
            messages.success(request, _("Taken in: %(number)s") % {"number": parcel.number})
        elif mode == "send_on":
            _send_on(acting, point, parcel)
            messages.success(request, _("Sent on: %(number)s") % {"number": parcel.number})
        else:
            return redirect(
                f"{reverse('console:parcel', kwargs={'org': acting.organisation.key, 'parcel_id': parcel.pk})}?point={short(point.pk)}"
            )
    except NothingOfThisNumber as refusal:
        if mode == "keep":
            return _kept(request, acting, point, text)
        context = _counter(point, mode, text, str(refusal)) | {"may_keep": mode == "take_in" and len(text) >= SHORTEST_CODE}
        return page(request, acting, "parcels.html", {"points": points, **context}, status=422)
    except Refusal as refusal:
        context = _counter(point, mode, text, str(refusal))
        return page(request, acting, "parcels.html", {"points": points, **context}, status=422)
    return redirect(f"{reverse('console:parcels', kwargs={'org': acting.organisation.key})}?point={short(point.pk)}&mode={mode}")


def _kept(request: HttpRequest, acting: Acting, point: ServicePoint, text: str) -> HttpResponse:
    """Keep a code that nobody knows, as whoever holds the thing says; it is an exception until it is explained."""
    if len(text) >= SHORTEST_CODE:
        draft = actions.ScanDraft(parcel_number=text, act=Act.RECEIVED, happened_at=acting.now, place=point, by=acting.person)
        actions.take_scans(scans=[draft], now=acting.now)
        messages.success(request, _("Kept: nobody knows %(number)s. It stands among the exceptions.") % {"number": text})
    return redirect(f"{reverse('console:parcels', kwargs={'org': acting.organisation.key})}?point={short(point.pk)}&mode=take_in")


def _with_unit(request: HttpRequest, acting: Acting, point: ServicePoint, unit: Unit, mode: str) -> HttpResponse:
    """Take a bag or cage in or send it on with all that lies in it; or open it."""
    if mode == "find" and queries.units_concerning([point]).filter(pk=unit.pk).exists():
        return redirect("console:bag", org=acting.organisation.key, unit_id=unit.pk)
    if mode == "find":
        raise NothingOfThisNumber(field="number", number=unit.code)
    is_here = unit.held_by_id == point.pk
    if mode == "take_in" and is_here:
        raise TakenInAlready(field="number", number=unit.code)
    if mode == "send_on" and not is_here:
        raise NotHereToSendOn(field="number")
    draft = actions.ScanDraft(
        parcel_number=unit.code,
        act=Act.ARRIVED if mode == "take_in" else Act.DEPARTED,
        happened_at=acting.now,
        place=point,
        by=acting.person,
    )
    actions.record_scans(scans=[draft], now=acting.now)
    words = _("Taken in: %(number)s") if mode == "take_in" else _("Sent on: %(number)s")
    messages.success(request, words % {"number": unit.code})
    return redirect(f"{reverse('console:parcels', kwargs={'org': acting.organisation.key})}?point={short(point.pk)}&mode={mode}")


class NothingOfThisNumber(Refusal):
    """Neither a pickup code nor a number of a parcel here."""

    code = "nothing_of_this_number"
    status = 404
    sentence = gettext_lazy("Nothing here has the number %(number)s. Check the digits, or take the parcel in first.")


class LabelIsVoid(Refusal):
    """It ended: its order was cancelled before it was sent, or it is with its seller again."""

    code = "label_is_void"
    sentence = gettext_lazy("Label %(number)s is void: nothing is to be sent with it any more. Give the parcel back to its seller.")


class NotHereToSendOn(Refusal):
    """A parcel is sent on from where it lies."""

    code = "not_here_to_send_on"
    sentence = gettext_lazy("This parcel does not lie here. Take it in first.")


class FetchedHere(Refusal):
    """Its recipient fetches it at this very point."""

    code = "fetched_here"
    sentence = gettext_lazy("This parcel is to be fetched here; it is not sent on.")


class TakenInAlready(Refusal):
    """It lies here."""

    code = "taken_in_already"
    sentence = gettext_lazy("%(number)s was taken in before; it lies here.")


def _parcel(point: ServicePoint, text: str, *, is_anybodys: bool) -> Parcel:
    """Return the parcel that a text names: one that concerns this point, or, to be taken in, whatever is held in hand."""
    found = queries.parcel_for_point(point=point, text=text) or queries.missed_at(point).filter(number=text).first() if text else None
    if found is None and is_anybodys and is_parcel_number(text):
        found = Parcel.objects.filter(number=text, stage__in=(*Parcel.OPEN, Parcel.Stage.LOST)).first()
    if found is None and is_anybodys and Parcel.objects.filter(number=text, stage=Parcel.Stage.RETURNED).exists():
        raise LabelIsVoid(field="number", number=text)
    if found is None:
        raise NothingOfThisNumber(field="number", number=text or "—")
    return found


def _take_in(acting: Acting, point: ServicePoint, parcel: Parcel) -> None:
    if parcel.stage == Parcel.Stage.LOST:  # whoever has it in her hands has found it
        actions.report_found(parcel=parcel, place=point, by=acting.person, now=acting.now)
        return
    if parcel.held_by_id == point.pk:
        raise TakenInAlready(field="number", number=parcel.number)
    _record(acting, point, parcel, Act.ARRIVED if parcel.pickup_point_id == point.pk else Act.RECEIVED)


def _send_on(acting: Acting, point: ServicePoint, parcel: Parcel) -> None:
    if parcel.held_by_id != point.pk:
        raise NotHereToSendOn(field="number")
    if parcel.pickup_point_id == point.pk and parcel.stage == Parcel.Stage.AT_POINT:
        raise FetchedHere(field="number")
    _record(acting, point, parcel, Act.DEPARTED)


def _record(acting: Acting, point: ServicePoint, parcel: Parcel, act: str, note: str = "") -> None:
    draft = actions.ScanDraft(parcel_number=parcel.number, act=act, happened_at=acting.now, place=point, by=acting.person, note=note)
    actions.record_scans(scans=[draft], now=acting.now)


@acts(Right.HANDLE_PARCELS, "GET", "POST")
def parcel(request: HttpRequest, acting: Acting, parcel_id: UUID) -> HttpResponse:
    """Show one parcel with the one next thing to do; handing over asks for the pickup code."""
    points = list(own_points(acting))
    found = _concerning(points, parcel_id)
    if found is None:
        return _handed_over(request, acting, points, parcel_id)
    point = _point_for(points, found, request.GET.get("point") or request.POST.get("point", ""))
    act, code, fault = request.POST.get("act", ""), request.POST.get("pickup_code", ""), ""
    if request.method == "POST":
        try:
            _carry_out(request, acting, point, found, act, code)
        except Refusal as refusal:
            fault = str(refusal)
        else:
            return redirect(f"{reverse('console:parcels', kwargs={'org': acting.organisation.key})}?point={short(point.pk)}")
    scans = queries.scans_of([found])
    may_be_missed = found.stage != Parcel.Stage.LOST and (found.held_by_id or found.pickup_point_id) == point.pk
    is_lost_form = act == "lost" and may_be_missed
    places = ServicePoint.objects.in_bulk({one.place_id for one in scans if one.place_id})
    context = {
        "parcel": found,
        "point": point,
        "fault": "" if is_lost_form else fault,
        "lost_fault": fault if is_lost_form else "",
        "code": code,
        "scans": [(one, places.get(one.place_id)) for one in reversed(scans)],
        "next_act": _next_act(point, found),
        "goes_back": _goes_back(scans),
        "owing": SellerOrder.objects.filter(pk=found.reference).select_related("group").first() if found.cod_due_fen else None,
        "takes_cash": Right.TAKE_CASH in acting.rights,
        "note": request.POST.get("note", ""),
        "may_be_missed": may_be_missed,
    }
    return page(request, acting, "parcel.html", context, status=422 if fault else 200)


def _carry_out(request: HttpRequest, acting: Acting, point: ServicePoint, found: Parcel, act: str, code: str) -> None:
    match act:
        case "hand_over":
            actions.hand_over(parcel=found, pickup_code=re.sub(r"\s", "", code), place=point, by=acting.person, now=acting.now)
            messages.success(request, _("Handed over: %(number)s") % {"number": found.number})
        case "take_in":
            _take_in(acting, point, found)
            messages.success(request, _("Taken in: %(number)s") % {"number": found.number})
        case "send_on":
            _send_on(acting, point, found)
            messages.success(request, _("Sent on: %(number)s") % {"number": found.number})
        case "refuse" if found.held_by_id == point.pk:
            _record(acting, point, found, Act.REFUSED, request.POST.get("note", "").strip()[:200])
            messages.success(request, _("Written down as refused: %(number)s") % {"number": found.number})
        case "give_back" if found.held_by_id == point.pk and _goes_back(queries.scans_of([found])):
            _record(acting, point, found, Act.RETURNED)
            messages.success(request, _("Given back to its seller: %(number)s") % {"number": found.number})
        case "lost":
            actions.report_lost(parcel=found, note=request.POST.get("note", ""), place=point, by=acting.person, now=acting.now)
            messages.success(
                request, _("Written down as lost: %(number)s. The customer sees that we are looking.") % {"number": found.number}
            )
        case "found":
            actions.report_found(parcel=found, place=point, by=acting.person, now=acting.now, note=request.POST.get("note", "").strip())
            messages.success(request, _("Found again: %(number)s") % {"number": found.number})
        case _:
            raise Http404


def _goes_back(scans: Iterable[Scan]) -> bool:
    """Return whether it was refused, or left, so that it is on its way back to its seller."""
    return any(scan.act == Act.REFUSED for scan in scans)


def _next_act(point: ServicePoint, found: Parcel) -> str:
    if found.stage == Parcel.Stage.LOST:
        return "found"
    if found.stage == Parcel.Stage.AT_POINT and found.pickup_point_id == point.pk:
        return "hand_over"
    return "send_on" if found.held_by_id == point.pk else "take_in"


def _handed_over(request: HttpRequest, acting: Acting, points: list[ServicePoint], parcel_id: UUID) -> HttpResponse:
    """Say kindly that it is gone, where it was fetched here; else it is not there."""
    gone = Parcel.objects.filter(pk=parcel_id, pickup_point__in=points, stage=Parcel.Stage.HANDED_OVER).first()
    if gone is None:
        raise Http404
    messages.info(request, str(actions.AlreadyHandedOver(at=f"{gone.stage_at:%F}")))
    return redirect("console:parcels", org=acting.organisation.key)


def _concerning(points: list[ServicePoint], parcel_id: UUID) -> Parcel | None:
    for point in points:
        for parcels in (queries.parcels_concerning(point), queries.missed_at(point)):
            if found := parcels.filter(pk=parcel_id).first():
                return found
    return None


def _point_for(points: list[ServicePoint], found: Parcel, wish: str) -> ServicePoint:
    concerned = [point for point in points if point.pk in {found.held_by_id, found.pickup_point_id}]
    return next((point for point in concerned if short(point.pk) == wish), concerned[0])


def own_points(acting: Acting) -> list[ServicePoint]:
    """Return the points of the organisation at which somebody handles parcels."""
    own = people.service_points_of(person=acting.person, right=Right.HANDLE_PARCELS, now=acting.now)
    return list(own.filter(organisation=acting.organisation))


def _points(acting: Acting, wish: str) -> tuple[list[ServicePoint], ServicePoint | None]:
    points = own_points(acting)
    if wish and not any(short(point.pk) == wish for point in points):
        raise Http404
    return points, next((point for point in points if not wish or short(point.pk) == wish), None)
