"""
What waits at a centre to leave the county, and with which departure of which line: so that promises hold at the least cost.

Bags and cages go as they are; loose parcels are counted as one bag for each province they go to.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import islice
from typing import Any
from uuid import UUID

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.db.models.functions import Left

from teahorse.common.times import HOME
from teahorse.logistics.loads import loads_of
from teahorse.logistics.models import Parcel, Unit
from teahorse.network import models as network
from teahorse.network import queries
from teahorse.network.rules.timetables import Departure as Leaving
from teahorse.network.rules.timetables import Line, next_departures, over_roads
from teahorse.people.models import ServicePoint
from teahorse.runs.consolidating import Bag, Consolidated, Departure, consolidate

PROVINCE = 2
LEAVES = Q(pickup_point=None) | ~Q(carrier="network")
"""Which parcels in such a bag leave the county."""
MOST_OF_A_LINE = 6
"""Departures of a line that are weighed."""


@dataclass(frozen=True, slots=True)
class Outbound:
    """A bag, a cage, or the loose parcels for a province, that leave the county; with the parcels in it."""

    key: str
    unit: Unit | None
    province: str
    grams: int
    is_cold: bool
    parcels: Sequence[Parcel]


@dataclass(frozen=True, slots=True)
class Leaves:
    """A departure that something could take: when it leaves, by when goods have to be there, when it is where it ends."""

    key: str
    line: network.Line
    end: network.Node
    cutoff_at: datetime
    departs_at: datetime
    arrives_at: datetime


@dataclass(frozen=True, slots=True)
class Departing:
    """Everything that waits, everything that leaves, and what goes with what."""

    waiting: Sequence[Outbound]
    leaving: Mapping[str, Leaves]
    found: Consolidated


def outbound_at(centre: ServicePoint) -> list[Outbound]:
    """Return what stands at a centre and leaves its county, the heaviest first; stopped parcels stay."""
    centres = ServicePoint.objects.filter(pk=centre.pk)
    bags = list(_bags_at(centres, centre.county_id).order_by("pk"))
    loads = loads_of([unit.pk for unit in bags])
    within = _parcels_within(bags)
    found = [
        Outbound(unit.code, unit, "", loads[unit.pk].grams, unit.is_cold, parcels)
        for unit in bags
        if (parcels := [one for one in within[unit.pk] if one.pickup_point_id is None or one.carrier != "network"])
    ]
    loose: dict[tuple[str, bool], list[Parcel]] = defaultdict(list)
    for parcel in _loose_at(centres, centre.county_id).order_by("pk"):
        loose[parcel.destination_code[:PROVINCE], parcel.is_cold].append(parcel)
    for (province, is_cold), parcels in loose.items():
        grams = sum(one.weight_grams for one in parcels)
        found.append(Outbound(f"{province} {'cold' if is_cold else ''}".strip(), None, province, grams, is_cold, parcels))
    return sorted(found, key=lambda one: (-one.grams, one.key))


def leaving_at(centres: QuerySet[ServicePoint], *, county_id: UUID) -> tuple[QuerySet[Unit], QuerySet[Parcel, Any]]:
    """Return what :func:`outbound_at` finds, to be counted: its bags and cages, and one of each bag's worth of loose parcels."""
    leaves = Parcel.objects.filter(LEAVES, stage__in=Parcel.OPEN)
    holds = [Exists(leaves.filter(**{depth: OuterRef("pk")})) for depth in ("inside", "inside__inside", "inside__inside__inside")]
    bags = _bags_at(centres, county_id).filter(holds[0] | holds[1] | holds[2])
    loose = _loose_at(centres, county_id).values("is_cold", province=Left("destination_code", PROVINCE))
    return bags, loose.distinct()


def _bags_at(centres: QuerySet[ServicePoint], county_id: UUID) -> QuerySet[Unit]:
    units = Unit.objects.filter(held_by__in=centres, inside=None, retired_at=None, kind__in=(Unit.Kind.BAG, Unit.Kind.CAGE))
    return units.exclude(destination__in=ServicePoint.objects.filter(county_id=county_id))


def _loose_at(centres: QuerySet[ServicePoint], county_id: UUID) -> QuerySet[Parcel]:
    here = Parcel.objects.filter(held_by__in=centres, inside=None, stage=Parcel.Stage.IN_TRANSIT, stopped_why="")
    return here.exclude(pickup_point__in=ServicePoint.objects.filter(county_id=county_id))


def _parcels_within(units: Sequence[Unit]) -> dict[UUID, list[Parcel]]:
    """Return the parcels in some units, at whatever depth; a query for each depth."""
    outermost = {unit.pk: unit.pk for unit in units}
    found: dict[UUID, list[Parcel]] = defaultdict(list)
    level = dict(outermost)
    while level:
        for parcel in Parcel.objects.filter(inside__in=list(level), stage__in=Parcel.OPEN).order_by("pk"):
            if parcel.inside_id is not None:
                found[level[parcel.inside_id]].append(parcel)
        inner = Unit.objects.filter(inside__in=list(level)).values_list("pk", "inside_id")
        level = {key: level[container] for key, container in inner if container in level}
    return found


def leaving_from(centre: ServicePoint, *, now: datetime) -> dict[str, Leaves]:
    """Return the next departures of the lines that call at a centre and end beyond its county; behind a closed road none leaves."""
    node = network.Node.objects.filter(service_point=centre).first()
    if node is None:
        return {}
    running = over_roads(queries.lines(day=now.astimezone(HOME).date()), queries.ways(moment=now))
    rows = network.Line.objects.in_bulk([line.key for line in running])
    ends = network.Node.objects.select_related("area").in_bulk([line.calls[-1].node for line in running if line.calls])
    found = {}
    for line in running:
        end = ends.get(line.calls[-1].node) if line.calls else None
        if end is None or (end.kind == network.Node.Kind.SERVICE_POINT and end.county_id == centre.county_id):
            continue
        for one in _of_line(line, node.pk, now=now):
            key = f"{line.key} {one.departs_at.isoformat()}"
            found[key] = Leaves(key, rows[line.key], end, one.cutoff_at, one.departs_at, _arrives(one))
    return dict(sorted(found.items(), key=lambda item: (item[1].departs_at, item[0])))


def _of_line(line: Line, node: UUID, *, now: datetime) -> list[Leaving]:
    place = next((place for place, call in enumerate(line.calls[:-1]) if call.node == node), None)
    if place is None:
        return []
    coming = next_departures(line, call=place, ready_at=now, home=HOME)
    return list(islice((one for one in coming if one.closed is None), MOST_OF_A_LINE))


def _arrives(leaving: Leaving) -> datetime:
    calls = leaving.line.calls
    midnight = leaving.departs_at - timedelta(minutes=calls[leaving.call].departs_minute)
    return midnight + timedelta(minutes=calls[-1].arrives_minute)


def departing_from(centre: ServicePoint, *, due: Mapping[str, datetime], waiting: Sequence[Outbound], now: datetime) -> Departing:
    """
    Say which of what waits goes with which departure.

    :param due: by the key of what waits, by when it has to be where its line ends, so that the promises of what is in it hold;
        what has none can wait as long as departures are known.
    """
    leaving = leaving_from(centre, now=now)
    latest = max((one.arrives_at for one in leaving.values()), default=now)
    bags = [Bag(one.key, one.grams, now, due.get(one.key, latest), is_cold=one.is_cold) for one in waiting]
    departures = [
        Departure(
            one.key,
            one.cutoff_at,
            one.arrives_at,
            one.line.capacity_grams,
            fixed_fen=one.line.cost_fixed_fen,
            fen_per_kg=one.line.cost_per_kg_fen,
            keeps_cold=one.line.mode == network.Line.Mode.FLIGHT,  # short enough for ice in the bag
        )
        for one in leaving.values()
    ]
    return Departing(waiting, leaving, consolidate(bags, departures))


def last_moment(day: date, *, onward_days: int) -> datetime:
    """Return by when goods have to be where a line ends that are promised for a day and take so many days from there."""
    return datetime.combine(day + timedelta(days=1 - onward_days), datetime.min.time(), tzinfo=HOME)
