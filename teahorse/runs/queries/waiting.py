"""What vehicles have to take: from what lies at the places of a county, and aboard of its vehicles, as custody knows it."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from uuid import UUID

from django.db.models import Q

from teahorse.logistics.loads import loads_of
from teahorse.logistics.models import Parcel, Unit
from teahorse.network.models import Node
from teahorse.people.models import ServicePoint
from teahorse.runs.models import Lock, Vehicle
from teahorse.runs.rules import Waiting, volume_of

Room = tuple[int, int]
"""Grams and cm3."""


@dataclass(frozen=True, slots=True)
class Lying:
    """All that waits in a county for a vehicle, and what none can take as things are, with why: :data:`NO_ROAD` or one of its kind."""

    things: list[Waiting]
    left_out: list[tuple[Waiting, str]]


NO_ROAD, STAYS_HOME, STAYS_ABOARD = "no road known", "its vehicle stays at home", "its vehicle cannot come home"


@dataclass(frozen=True, slots=True)
class _County:
    """What of a county is asked again and again: its nodes by service point, the centre, vehicles by the key of their unit."""

    nodes: Mapping[UUID, str]
    points: frozenset[UUID]
    centre: ServicePoint
    vehicles: Mapping[UUID, str]
    locks: Mapping[UUID, str]


def waiting_in(centre: ServicePoint, *, nodes: Iterable[Node], vehicles: Collection[Vehicle]) -> Lying:
    """
    Return what some vehicles of a centre should take, each thing once: from the centre to where it is fetched, all else to it or on.

    What is fetched where it lies, what was stopped and what a partner will take on from the centre waits for no vehicle.
    """
    county = _County(
        nodes={node.service_point_id: str(node.pk) for node in nodes if node.service_point_id},
        points=frozenset(ServicePoint.objects.filter(county_id=centre.county_id).values_list("pk", flat=True)),
        centre=centre,
        vehicles={vehicle.unit_id: str(vehicle.pk) for vehicle in vehicles},
        locks={lock.thing_id: str(lock.vehicle_id) for lock in Lock.objects.filter(county_id=centre.county_id)},
    )
    found = [*_parcels(county), *_units(county)]
    known, driven = set(county.nodes.values()), {None, *county.vehicles.values()}
    lying = Lying([], [])
    for thing in found:
        if not {thing.at, thing.to} <= known:
            lying.left_out.append((thing, NO_ROAD))
        elif thing.aboard is None and thing.locked_to not in driven:
            lying.left_out.append((thing, STAYS_HOME))
        else:
            lying.things.append(thing)
    return lying


def _parcels(county: _County) -> Iterable[Waiting]:
    here = Q(held_by__in=county.points, inside=None) | Q(inside__in=list(county.vehicles))
    is_unpaid = Q(cod_fen__gt=0, cod_taken_at=None)
    rows = Parcel.objects.filter(here, Q(stopped_why="") | is_unpaid, stage__in=Parcel.OPEN).order_by("pk")
    for parcel in rows:
        # what was to be paid on delivery and is stopped goes back by however many stations lie between
        is_refused = parcel.stage == Parcel.Stage.REFUSED or bool(parcel.stopped_why)
        goes_on = parcel.carrier == "network" and parcel.pickup_point_id in county.points and not is_refused
        goal = parcel.pickup_point_id if goes_on else county.centre.pk
        load = parcel.weight_grams, volume_of(parcel.volume_cm3, parcel.weight_grams)
        thing = _waiting(county, parcel, goal, load, kind="parcel")
        if thing is not None:
            yield replace(thing, is_large=parcel.size == Parcel.Size.LARGE)


def _units(county: _County) -> Iterable[Waiting]:
    here = Q(held_by__in=county.points, inside=None) | Q(inside__in=list(county.vehicles))
    rows = list(Unit.objects.filter(here, kind__in=(Unit.Kind.BAG, Unit.Kind.CAGE), retired_at=None).order_by("pk"))
    loads = {
        key: (load.grams, load.measured_cm3 + volume_of(None, load.unmeasured_grams))
        for key, load in loads_of([unit.pk for unit in rows]).items()
    }
    for unit in rows:
        goal = unit.destination_id if unit.destination_id in county.points else county.centre.pk
        if unit.destination_id is None and not any(loads[unit.pk]):
            continue  # an empty bag that goes nowhere stays where it is
        thing = _waiting(county, unit, goal, loads[unit.pk], kind=unit.kind)
        if thing is not None:
            yield thing


def _waiting(county: _County, row: Parcel | Unit, goal: UUID | None, load: Room, *, kind: str) -> Waiting | None:
    aboard = county.vehicles.get(row.inside_id) if row.inside_id else None
    at = county.centre.pk if aboard else row.held_by_id
    if goal == at and not aboard:
        return None
    return Waiting(
        id=row.pk,
        code=row.number if isinstance(row, Parcel) else row.code,
        kind=kind,
        at=county.nodes.get(at, "") if at else "",
        to=county.nodes.get(goal, "") if goal else "",
        grams=load[0],
        cm3=load[1],
        since=row.stage_at,
        is_cold=row.is_cold,
        aboard=aboard,
        locked_to=county.locks.get(row.pk),
    )
