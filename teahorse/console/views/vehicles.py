"""A centre's vehicles, and who drives them when."""

from datetime import datetime
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext as _

from teahorse.common.refusals import Malformed, Refusal
from teahorse.common.times import HOME
from teahorse.common.typed import fen_at
from teahorse.console import run_words
from teahorse.console.access import Acting, acts, number_of
from teahorse.console.nav import page
from teahorse.people.models import Membership, Organisation, Person, Right, ServicePoint
from teahorse.runs import actions, queries
from teahorse.runs.models import Shift, Vehicle

KINDS = (Organisation.Kind.COUNTY_CENTRE,)
FIELDS = ("plate", "name", "kind", "most_kg", "most_l", "cold_l", "trips", "fixed", "per_km", "climb", "hour")
COSTS = {"fixed": "fixed_fen", "per_km": "fen_per_km", "climb": "climb_fen_per_km", "hour": "driver_fen_per_hour"}


def centre_of(acting: Acting) -> ServicePoint | None:
    """Return where an organisation's vehicles stand."""
    return (
        ServicePoint.objects.filter(organisation=acting.organisation, level=ServicePoint.Level.CENTRE)
        .select_related("organisation")
        .first()
    )


@acts(Right.DESK_ORDERS, "GET", "POST", kinds=KINDS)
def vehicles(request: HttpRequest, acting: Acting) -> HttpResponse:
    """List the vehicles with their next shifts; the form writes one down."""
    centre = centre_of(acting)
    if centre is None:
        return page(request, acting, "parcels_nowhere.html", {})
    typed, refusal = {"kind": "van", "trips": "1"}, None
    if request.method == "POST":
        typed = {name: request.POST.get(name, "")[:60] for name in (*FIELDS, "narrow", "large")}
        try:
            made = actions.keep_vehicle(centre=centre, draft=_draft(typed), now=acting.now)
        except Refusal as error:
            refusal = error
        else:
            messages.success(request, _("Written down: %(plate)s") % {"plate": made})
            return redirect("console:vehicles", org=acting.organisation.key)
    shifts = Shift.objects.filter(vehicle__centre=centre, ends_at__gt=acting.now).select_related("driver").order_by("begins_at", "pk")
    by_vehicle: dict[UUID, list[Shift]] = {}
    for shift in shifts:
        by_vehicle.setdefault(shift.vehicle_id, []).append(shift)
    context = {
        "rows": [
            {"vehicle": one, "kind": run_words.KINDS[Vehicle.Kind(one.kind)], "shifts": by_vehicle.get(one.pk, [])}
            for one in queries.vehicles_at(centre)
        ],
        "kinds": run_words.KINDS,
        "drivers": _drivers(acting),
        "today": acting.now.date(),
        "typed": typed,
        "errors": {_ERROR_AT.get(refusal.field, refusal.field): refusal} if refusal else {},
        "refusal": refusal,
    }
    return page(request, acting, "vehicles.html", context, status=refusal.status if refusal else 200)


_ERROR_AT = {"most_grams": "most_kg", "most_cm3": "most_l"}


def _draft(typed: dict[str, str]) -> actions.VehicleDraft:
    costs = {name: fen_at(typed[field] or "0", field=field) for field, name in COSTS.items()}
    return actions.VehicleDraft(
        plate=typed["plate"],
        name=typed["name"],
        kind=typed["kind"],
        most_grams=1000 * number_of(typed["most_kg"]),
        most_cm3=1000 * number_of(typed["most_l"]),
        cold_cm3=1000 * number_of(typed["cold_l"]),
        fits_narrow=bool(typed["narrow"]),
        takes_large=bool(typed["large"]),
        most_trips=max(1, min(6, number_of(typed["trips"], default=1))),
        **costs,
    )


def _drivers(acting: Acting) -> list[Person]:
    living = Membership.objects.filter(organisation=acting.organisation, until_at=None).select_related("person")
    return [membership.person for membership in living.order_by("person__name", "pk")]


@acts(Right.DESK_ORDERS, "POST", kinds=KINDS, back="console:vehicles")
def shift(request: HttpRequest, acting: Acting, vehicle_id: UUID) -> HttpResponse:
    """Have somebody drive a vehicle on a day from an hour until another."""
    centre = centre_of(acting)
    vehicle = queries.vehicles_at(centre).filter(pk=vehicle_id).first() if centre else None
    if vehicle is None:
        raise Http404
    driver = next((one for one in _drivers(acting) if str(one.pk) == request.POST.get("driver")), None)
    if driver is None:
        raise Malformed(field="driver", reason=_("Choose who drives."))
    day = request.POST.get("day", "")[:10]
    begins, ends = (_moment(day, request.POST.get(name, "")[:5]) for name in ("from", "until"))
    actions.give_shift(vehicle=vehicle, driver=driver, begins_at=begins, ends_at=ends, now=timezone.now())
    messages.success(request, _("%(driver)s drives %(vehicle)s.") % {"driver": driver.name, "vehicle": vehicle})
    return redirect("console:vehicles", org=acting.organisation.key)


def _moment(day: str, clock: str) -> datetime:
    try:
        return datetime.fromisoformat(f"{day}T{clock}").replace(tzinfo=HOME)
    except ValueError:
        raise Malformed(field="from", reason=_("Write day and hours, such as 2026-08-17, 8:00 and 18:00.")) from None


@acts(Right.DESK_ORDERS, "POST", kinds=KINDS, back="console:vehicles")
def shift_end(request: HttpRequest, acting: Acting, duty_id: UUID) -> HttpResponse:
    """Take a shift back."""
    found = Shift.objects.filter(pk=duty_id, vehicle__centre=centre_of(acting)).first()
    if found is None:
        raise Http404
    actions.end_shift(shift=found)
    messages.success(request, _("Taken back."))
    return redirect("console:vehicles", org=acting.organisation.key)
