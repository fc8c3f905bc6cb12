"""Bags, cages and vehicles: each with a code of its own."""

import secrets
from collections.abc import Sequence
from datetime import datetime

from django.db import IntegrityError, transaction
from django.utils.translation import gettext_lazy as _

from teahorse.common.refusals import Refusal
from teahorse.logistics.models import Unit
from teahorse.logistics.rules import NUMBER_DIGITS, unit_code
from teahorse.people.models import Organisation, ServicePoint

TRIES, MOST_AT_ONCE = 20, 200


class TooManyAtOnce(Refusal):
    """Nobody writes so many tags."""

    code = "too_many_at_once"
    status = 422
    sentence = _("Make %(most)s tags at a time at most.")


class NameTaken(Refusal):
    """A vehicle's plate is its code."""

    code = "name_taken"
    sentence = _("There is a vehicle %(code)s already.")


@transaction.atomic
def make_units(
    *,
    kind: str,
    count: int,
    organisation: Organisation,
    now: datetime,
    at: ServicePoint | None = None,
    destination: ServicePoint | None = None,
    is_cold: bool = False,
) -> Sequence[Unit]:
    """
    Give out bags or cages with codes that nobody has; they stand where they are made.

    :raises TooManyAtOnce: if it is more than anybody fills.
    """
    if not 1 <= count <= MOST_AT_ONCE:
        raise TooManyAtOnce(field="count", most=MOST_AT_ONCE)
    for _try in range(TRIES):
        codes = {unit_code(kind, "".join(secrets.choice("0123456789") for _ in range(NUMBER_DIGITS))) for _unit in range(count)}
        made = [
            Unit(
                county_id=organisation.county_id,
                kind=kind,
                code=code,
                organisation=organisation,
                destination=destination,
                is_cold=is_cold,
                held_by=at,
                stage_at=now,
                made_at=now,
            )
            for code in sorted(codes)
        ]
        try:
            with transaction.atomic():
                return Unit.objects.bulk_create(made)
        except IntegrityError:
            continue
    msg = "no free codes were found"
    raise RuntimeError(msg)


@transaction.atomic
def register_vehicle(
    *, plate: str, name: str, organisation: Organisation, most_grams: int, most_cm3: int, is_cold: bool, now: datetime
) -> Unit:
    """
    Make a vehicle known by its plate.

    :raises NameTaken: if one of this plate is known.
    """
    code = "".join(plate.split()).upper()
    if Unit.objects.filter(code=code).exists():
        raise NameTaken(field="plate", code=code)
    return Unit.objects.create(
        county_id=organisation.county_id,
        kind=Unit.Kind.VEHICLE,
        code=code,
        name=name,
        organisation=organisation,
        most_grams=most_grams,
        most_cm3=most_cm3,
        is_cold=is_cold,
        stage_at=now,
        made_at=now,
    )
