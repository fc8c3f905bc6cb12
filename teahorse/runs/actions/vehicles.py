"""Vehicles of a centre, and who drives them when."""

from dataclasses import dataclass
from datetime import datetime

from django.db import IntegrityError, transaction
from django.utils.translation import gettext_lazy as _

from teahorse.common.refusals import Malformed, Refusal
from teahorse.common.statements import broken_constraint
from teahorse.logistics import actions as logistics
from teahorse.people import queries as people
from teahorse.people.models import Person, Right, ServicePoint
from teahorse.runs.models import Run, Shift, Vehicle

AT_ONCE = {"nobody_drives_two_vehicles_at_once", "a_vehicle_has_one_driver_at_a_time"}


class DrivesAlready(Refusal):
    """The driver, or the vehicle, has another shift at that time."""

    code = "drives_already"
    sentence = _("%(driver)s or %(vehicle)s is on the road at that time already.")


class NotADriver(Refusal):
    """Whoever drives for a centre hands parcels over for it."""

    code = "not_a_driver"
    sentence = _("Only a member of the centre drives for it.")


class HasARun(Refusal):
    """A run was given out for the shift."""

    code = "has_a_run"
    sentence = _("A run was given out for this shift. Plan again without it first.")


@dataclass(frozen=True, kw_only=True, slots=True)
class VehicleDraft:
    """A vehicle as it is written down: plate, kind, what it may carry in grams and cm3, and what it costs in fen."""

    plate: str
    name: str
    kind: str
    most_grams: int
    most_cm3: int
    cold_cm3: int = 0
    fits_narrow: bool = True
    takes_large: bool = False
    most_trips: int = 1
    fixed_fen: int = 0
    fen_per_km: int = 0
    climb_fen_per_km: int = 0
    driver_fen_per_hour: int = 0


@transaction.atomic
def keep_vehicle(*, centre: ServicePoint, draft: VehicleDraft, now: datetime) -> Vehicle:
    """
    Write a centre's vehicle down; things are loaded on it by its plate.

    :raises Malformed: without a plate, or where it carries nothing; :raises NameTaken: if the plate is known.
    """
    if not draft.plate.strip():
        raise Malformed(field="plate", reason=_("Write the plate."))
    if draft.kind not in Vehicle.Kind.values:
        raise Malformed(field="kind", reason=_("Choose the kind."))
    for field in ("most_grams", "most_cm3"):
        if getattr(draft, field) <= 0:
            raise Malformed(field=field, reason=_("Write how much it carries."))
    unit = logistics.register_vehicle(
        plate=draft.plate,
        name=draft.name,
        organisation=centre.organisation,
        most_grams=draft.most_grams,
        most_cm3=draft.most_cm3,
        is_cold=draft.cold_cm3 > 0,
        now=now,
    )
    return Vehicle.objects.create(
        county_id=centre.county_id,
        unit=unit,
        centre=centre,
        kind=draft.kind,
        cold_cm3=draft.cold_cm3,
        fits_narrow=draft.fits_narrow,
        takes_large=draft.takes_large,
        most_trips=draft.most_trips,
        fixed_fen=draft.fixed_fen,
        fen_per_km=draft.fen_per_km,
        climb_fen_per_km=draft.climb_fen_per_km,
        driver_fen_per_hour=draft.driver_fen_per_hour,
    )


def give_shift(*, vehicle: Vehicle, driver: Person, begins_at: datetime, ends_at: datetime, now: datetime) -> Shift:
    """
    Have somebody drive a vehicle from a moment until another.

    :raises Malformed: if it ends before it begins; :raises NotADriver: if she is no member of the centre.
    :raises DrivesAlready: if she or the vehicle is on the road then; the database holds that, whoever asks at the same moment.
    """
    if ends_at <= begins_at:
        raise Malformed(field="until", reason=_("A shift ends after it begins."))
    own = people.organisations_where(person=driver, right=Right.HANDLE_PARCELS, now=now)
    if not own.filter(pk=vehicle.centre.organisation_id).exists():
        raise NotADriver(field="driver")
    try:
        with transaction.atomic():
            return Shift.objects.create(county_id=vehicle.county_id, vehicle=vehicle, driver=driver, begins_at=begins_at, ends_at=ends_at)
    except IntegrityError as error:
        if broken_constraint(error) not in AT_ONCE:
            raise
        raise DrivesAlready(field="driver", driver=driver.name, vehicle=vehicle.unit.code) from error


@transaction.atomic
def end_shift(*, shift: Shift) -> None:
    """
    Take a shift back of which nothing came.

    :raises HasARun: if a run was given out for it.
    """
    found = Shift.objects.select_for_update(of=("self",)).get(pk=shift.pk)
    overlapping = Run.objects.filter(vehicle=found.vehicle, begins_at__lt=found.ends_at, ends_at__gt=found.begins_at)
    if overlapping.exclude(stage=Run.Stage.CALLED_OFF).exists():
        raise HasARun
    found.delete()
