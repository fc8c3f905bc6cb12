"""Freight and promise before buying; parcels and their way after."""

from collections.abc import Iterable
from uuid import UUID

from django.db.models import Q, QuerySet

from teahorse.common.statements import array, looked_up
from teahorse.logistics.models import Parcel, Scan
from teahorse.logistics.rules import Rate
from teahorse.people.models import ServicePoint
from teahorse.places.models import LENGTHS

WAY = """
    select county_id, id, parcel_id, act, place_id, note, happened_at from logistics_way(%(parcels)s::uuid[]) order by happened_at, id
"""
WAY_COLUMNS = ("county_id", "id", "thing_id", "act", "place_id", "note", "happened_at")
FREIGHT_RATES = """
    select origin_code, destination_code, first_kg_fen, further_kg_fen, free_from_fen, days_min, days_max,
           cm3_per_kg, subsidy_basis_points, subsidy_payer_id::text, zone
      from logistics_lane
     where origin_code = any(%(origins)s) and destination_code = any(%(destinations)s)
"""

ALL_RATES = f"{FREIGHT_RATES.partition(' where ')[0]} order by origin_code, destination_code, zone nulls first"


def prefixes(code: str) -> list[str]:
    """Return the codes of an area and of all it lies in, and the empty code of anywhere."""
    return ["", *(code[:length] for length in LENGTHS.values() if length <= len(code))]


def freight_rates(*, origin_codes: Iterable[str], destination_code: str) -> list[Rate]:
    """Return the rates that may hold from any of some origins to a destination, in one query."""
    origins = {prefix for code in origin_codes for prefix in prefixes(code)}
    return [Rate(*row) for row in looked_up(FREIGHT_RATES, {"origins": sorted(origins), "destinations": prefixes(destination_code)})]


def all_rates() -> list[Rate]:
    """Return every rate there is, a zone's once for each of its areas."""
    return [Rate(*row) for row in looked_up(ALL_RATES, {})]


def parcels_of(references: Iterable[UUID]) -> list[Parcel]:
    """Return the parcels sent for some references, oldest first."""
    found = Parcel.objects.filter(reference__in=list(references)).select_related("pickup_point", "held_by", "sender")
    return list(found.order_by("packed_at", "pk"))


def scans_of(parcels: Iterable[Parcel]) -> list[Scan]:
    """
    Return the scans of some parcels in the order they happened, those of what they lay in among them; in one query.

    What was taken back is left out; of each scan its place, its act and when it was.
    """
    rows = looked_up(WAY, {"parcels": array(parcel.pk for parcel in parcels)}, in_binary=True)
    return [Scan(**dict(zip(WAY_COLUMNS, row, strict=True))) for row in rows]


def parcels_concerning(point: ServicePoint) -> QuerySet[Parcel]:
    """Return the parcels that are at a service point or on their way to be fetched there."""
    return (
        Parcel.objects.filter(Q(held_by=point) | Q(pickup_point=point))
        .filter(stage__in=Parcel.OPEN)
        .select_related("pickup_point", "held_by", "sender")
        .order_by("stage_at", "pk")
    )


def missed_at(point: ServicePoint) -> QuerySet[Parcel]:
    """Return the lost parcels that a service point misses, or whose recipients wait for them there."""
    lost = Parcel.objects.filter(Q(held_by=point) | Q(pickup_point=point), stage=Parcel.Stage.LOST)
    return lost.select_related("pickup_point", "held_by", "sender").order_by("stage_at", "pk")


def parcel_for_point(*, point: ServicePoint, text: str) -> Parcel | None:
    """Return the open parcel at a point that a pickup code, a parcel number or a carrier's number names."""
    text = text.strip().upper()
    found = parcels_concerning(point).filter(
        Q(pickup_code=text) & ~Q(pickup_code="") | Q(number=text) | Q(carrier_number=text) & ~Q(carrier_number="")
    )
    return found.first()
