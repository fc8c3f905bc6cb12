"""
Working out anew, from all scans, where things are: those that were scanned, and all that lay in them.

Units are locked before what lies in them, vehicles first, each kind in the order of keys: so two who tell of the same things wait for
each other and never in a ring, and whoever comes second sees what the first has written.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from teahorse.common.events import announce
from teahorse.common.statements import array, asked, looked_up
from teahorse.logistics.actions.moving import announce_moved
from teahorse.logistics.actions.noticing import notice_or_explain
from teahorse.logistics.actions.packing import pickup_code
from teahorse.logistics.custody import Life, Odd, Stay, Told, life, standing, stays
from teahorse.logistics.events import ParcelsHandedOver
from teahorse.logistics.models import Containment, Oddity, Parcel, Unit
from teahorse.logistics.things import Thing

UNITS = ("vehicle", "cage", "bag")
"""In this order they are locked and worked out."""
SCANS = """
    select thing_id, id, act, happened_at, place_id, into_id, corrects_id
      from logistics_scan
     where thing_id = any(%(things)s::uuid[])
     order by happened_at, id
"""

MOVE_PARCELS = """
    update logistics_parcel parcel
       set stage = new.stage, stage_at = new.stage_at, held_by_id = new.held_by, inside_id = new.inside, is_damaged = new.is_damaged,
           pickup_code = new.pickup_code
      from unnest(%s::uuid[], %s::text[], %s::timestamptz[], %s::uuid[], %s::uuid[], %s::bool[], %s::text[])
           as new (id, stage, stage_at, held_by, inside, is_damaged, pickup_code)
     where parcel.id = new.id
"""
MOVE_UNITS = """
    update logistics_unit unit
       set stage = new.stage, stage_at = new.stage_at, held_by_id = new.held_by, inside_id = new.inside
      from unnest(%s::uuid[], %s::text[], %s::timestamptz[], %s::uuid[], %s::uuid[]) as new (id, stage, stage_at, held_by, inside)
     where unit.id = new.id
"""


@dataclass(slots=True)
class Affected:
    """Locked rows whose state may be another one now, and units that something is put into."""

    parcels: dict[UUID, Parcel] = field(default_factory=dict)
    units: dict[UUID, Unit] = field(default_factory=dict)
    beside: dict[UUID, Unit] = field(default_factory=dict)


def lock(*, scanned: Collection[Thing], beside: Collection[Thing]) -> Affected:
    """Lock what is scanned, what it is put into, and all that lay in it or lies in it now."""
    found = Affected()
    wanted = {thing.id for thing in scanned}
    into = {thing.id for thing in beside}
    holding: set[UUID] = set()
    for kind in UNITS:
        named = {thing.id for thing in (*scanned, *beside) if thing.kind == kind}
        held = _contents(holding)
        if not named and not held:
            continue
        for unit in Unit.objects.select_for_update(of=("self",)).filter(pk__in=named | held, kind=kind).order_by("pk"):
            if unit.pk in into and unit.pk not in wanted | held:
                found.beside[unit.pk] = unit
                continue
            found.units[unit.pk] = unit
            holding.add(unit.pk)
    keys = {thing.id for thing in scanned if thing.kind == "parcel"} | _contents(holding)
    parcels = Parcel.objects.select_for_update(of=("self",)).filter(pk__in=keys).order_by("pk")
    found.parcels = {parcel.pk: parcel for parcel in parcels}
    return found


def _contents(units: Collection[UUID]) -> set[UUID]:
    """Return all that ever lay in some units."""
    if not units:
        return set()
    return set(Containment.objects.filter(container_id__in=units).values_list("thing_id", flat=True))


def derive(affected: Affected, *, now: datetime) -> list[Odd]:
    """Work out where things are, write what differs and announce it; return what does not fit about their scans."""
    known = _Known([*affected.units, *affected.parcels])
    lives = {key: known.life_of(key) for key in affected.units}
    lives |= {key: known.life_of(key, goal=parcel.pickup_point_id) for key, parcel in affected.parcels.items()}
    counties = {key: row.county_id for key, row in (*affected.units.items(), *affected.parcels.items())}
    _write_stays({key: one.stays for key, one in lives.items()}, counties)
    _write_units(affected.units.values(), lives)
    _write_parcels(list(affected.parcels.values()), lives)
    odd = {key: list(one.odd) for key, one in lives.items()}
    for key, parcel in affected.parcels.items():
        last = lives[key].last
        if parcel.cod_due_fen and last.stage == Parcel.Stage.HANDED_OVER and last.told_by is not None:
            odd[key].append(Odd(last.told_by, Oddity.Kind.NOT_PAID))
    places = {scan.id: scan.place for key, found in odd.items() if found for scan in known.told[key]}
    notice_or_explain(odd, counties, places, now=now)
    return [one for found in odd.values() for one in found]


class _Known:
    """The scans of things and of all they lay in; lives are worked out once each, those of units before what they hold."""

    def __init__(self, keys: Sequence[UUID]) -> None:
        self.told: dict[UUID, list[Told]] = {}
        self._kinds: dict[UUID, str] = {}
        self._lives: dict[UUID, Life] = {}
        wanted = set(keys)
        while wanted:
            self._read(wanted)
            around = {scan.into for key in wanted for scan in self.told[key] if scan.into is not None} - self._kinds.keys()
            self._kinds |= dict(Unit.objects.filter(pk__in=around).values_list("pk", "kind")) if around else {}
            wanted = {key for key in around if not self.is_vehicle(key)} - self.told.keys()

    def is_vehicle(self, key: UUID) -> bool:
        """Return whether a unit is a vehicle."""
        return self._kinds.get(key) == "vehicle"

    def life_of(self, key: UUID, *, goal: UUID | None = None) -> Life:
        """Return the life of a thing whose scans were read."""
        if key not in self._lives:
            scans = self.told.get(key, [])
            around = {stay.container for stay in stays(scans) if not self.is_vehicle(stay.container)}
            known = {container: self.life_of(container) for container in around}
            self._lives[key] = life(scans, goal=goal, around=known, is_vehicle=self.is_vehicle)
        return self._lives[key]

    def _read(self, keys: Collection[UUID]) -> None:
        told: dict[UUID, list[Told]] = {key: [] for key in keys}
        for thing, *scan in looked_up(SCANS, {"things": array(keys)}, in_binary=True):
            told[thing].append(Told(*scan))
        self.told |= {key: standing(scans) for key, scans in told.items()}


def _write_stays(stays_of: Mapping[UUID, Sequence[Stay]], counties: Mapping[UUID, UUID]) -> None:
    if not any(stays_of.values()) and not Containment.objects.filter(thing_id__in=list(stays_of)).exists():
        return
    kept: dict[UUID, list[tuple[UUID, datetime, datetime | None]]] = defaultdict(list)
    for row in Containment.objects.filter(thing_id__in=list(stays_of)).order_by("since_at", "pk"):
        kept[row.thing_id].append((row.container_id, row.since_at, row.until_at))
    changed = {key: found for key, found in stays_of.items() if [(stay.container, stay.since, stay.until) for stay in found] != kept[key]}
    Containment.objects.filter(thing_id__in=list(changed)).delete()
    Containment.objects.bulk_create(
        Containment(county_id=counties[key], thing_id=key, container_id=stay.container, since_at=stay.since, until_at=stay.until)
        for key, found in changed.items()
        for stay in found
    )


def _write_units(units: Iterable[Unit], lives: Mapping[UUID, Life]) -> None:
    moved = []
    for unit in units:
        step = lives[unit.pk].last
        stage = {"lost": Unit.Stage.LOST, "in_transit": Unit.Stage.IN_TRANSIT}.get(step.stage, Unit.Stage.WAITING)
        if step.place is not None and stage != Unit.Stage.LOST:
            stage = Unit.Stage.WAITING
        if step.at is None or (stage, step.place, step.inside) == (unit.stage, unit.held_by_id, unit.inside_id):
            continue
        unit.stage, unit.held_by_id, unit.inside_id, unit.stage_at = stage, step.place, step.inside, step.at
        moved.append(unit)
    if moved:
        asked(MOVE_UNITS, [[getattr(unit, column) for unit in moved] for column in ("pk", "stage", "stage_at", "held_by_id", "inside_id")])


def _write_parcels(parcels: Sequence[Parcel], lives: Mapping[UUID, Life]) -> None:
    moved, handed_over = [], []
    for parcel in parcels:
        step = lives[parcel.pk].last
        state = (step.stage, step.place, step.inside, step.is_damaged)
        if step.at is None or state == (parcel.stage, parcel.held_by_id, parcel.inside_id, parcel.is_damaged):
            continue
        if step.stage == Parcel.Stage.HANDED_OVER:
            handed_over.append(parcel)
        moved.append(parcel)
        if parcel.stage == Parcel.Stage.LOST:
            _free_code(parcel)
        parcel.stage, parcel.held_by_id, parcel.inside_id, parcel.is_damaged = state
        parcel.stage_at = step.at
    if moved:
        columns = ("pk", "stage", "stage_at", "held_by_id", "inside_id", "is_damaged", "pickup_code")
        asked(MOVE_PARCELS, [[getattr(parcel, column) for parcel in moved] for column in columns])
        announce_moved(moved)
    if handed_over:
        announce(ParcelsHandedOver(parcel_ids=tuple(p.pk for p in handed_over), references=tuple(p.reference for p in handed_over)))


def _free_code(parcel: Parcel) -> None:
    """Give a parcel that comes back another pickup code where an open one took it meanwhile: a code opens one parcel."""
    others = Parcel.objects.filter(pickup_point=parcel.pickup_point_id, stage__in=Parcel.OPEN).exclude(pk=parcel.pk)
    while parcel.pickup_code and others.filter(pickup_code=parcel.pickup_code).exists():
        parcel.pickup_code = pickup_code()
