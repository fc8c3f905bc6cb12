"""Freight and promise before buying; parcels and their way after."""

from collections.abc import Collection, Iterable
from uuid import UUID

from django.db.models import Count, OuterRef, Q, QuerySet, Subquery, Sum
from django.db.models.functions import Coalesce

from teahorse.common.statements import array, looked_up
from teahorse.logistics.models import Oddity, Parcel, Scan, Unit
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


def units_concerning(points: Collection[ServicePoint]) -> QuerySet[Unit]:
    """Return the bags and cages that stand at some service points or are on their way there; with how much lies in them."""
    here = Q(held_by__in=points) | Q(destination__in=points, stage=Unit.Stage.IN_TRANSIT)
    inside = Parcel.objects.filter(inside=OuterRef("pk")).order_by().values("inside")
    return (
        Unit.objects.filter(here, kind__in=(Unit.Kind.BAG, Unit.Kind.CAGE), retired_at=None)
        .annotate(
            parcels_inside=Coalesce(Subquery(inside.annotate(n=Count("pk")).values("n")), 0),
            grams_inside=Coalesce(Subquery(inside.annotate(grams=Sum("weight_grams")).values("grams")), 0),
            units_inside=Coalesce(
                Subquery(Unit.objects.filter(inside=OuterRef("pk")).order_by().values("inside").annotate(n=Count("pk")).values("n")), 0
            ),
        )
        .select_related("destination__area", "held_by", "inside", "organisation")
        .order_by("-stage_at", "pk")
    )


def vehicles_of(county_id: UUID) -> QuerySet[Unit]:
    """Return the vehicles of a county, by their plates."""
    return Unit.objects.filter(county_id=county_id, kind=Unit.Kind.VEHICLE, retired_at=None).order_by("code")


def missed_at(point: ServicePoint) -> QuerySet[Parcel]:
    """Return the lost parcels that a service point misses, or whose recipients wait for them there."""
    lost = Parcel.objects.filter(Q(held_by=point) | Q(pickup_point=point), stage=Parcel.Stage.LOST)
    return lost.select_related("pickup_point", "held_by", "sender").order_by("stage_at", "pk")


def parcel_of_code(code: str) -> Parcel | None:
    """Return the parcel that is still on its way, or missed, by its number or its carrier's."""
    open_ones = Parcel.objects.filter(stage__in=(*Parcel.OPEN, Parcel.Stage.LOST)).select_related("pickup_point__area", "sender")
    return open_ones.filter(Q(number=code) | Q(carrier_number=code) & ~Q(carrier_number="")).first() if code else None


def unit_of_code(code: str) -> Unit | None:
    """Return the bag or cage of a code."""
    return Unit.objects.filter(code=code, retired_at=None).exclude(kind=Unit.Kind.VEHICLE).first() if code else None


def is_odd(scan_id: UUID) -> bool:
    """Return whether something about a scan does not fit."""
    return Oddity.objects.filter(scan_id=scan_id, explained_at=None).exists()


def parcel_for_point(*, point: ServicePoint, text: str) -> Parcel | None:
    """Return the open parcel at a point that a pickup code, a parcel number or a carrier's number names."""
    text = text.strip().upper()
    found = parcels_concerning(point).filter(
        Q(pickup_code=text) & ~Q(pickup_code="") | Q(number=text) | Q(carrier_number=text) & ~Q(carrier_number="")
    )
    return found.first()
