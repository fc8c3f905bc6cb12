"""Scans: what was done to parcels, told in any order, once or many times."""

import hmac
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from teahorse.common.events import announce
from teahorse.common.ids import new_id
from teahorse.common.refusals import Malformed, Refusal
from teahorse.logistics.actions.packing import pickup_code
from teahorse.logistics.events import ParcelsHandedOver, ParcelsMoved
from teahorse.logistics.models import Parcel, Scan
from teahorse.logistics.rules import Act, stage_after
from teahorse.people.models import Person, ServicePoint

HOLDING = {Scan.Act.RECEIVED, Scan.Act.ARRIVED, Scan.Act.REFUSED, Scan.Act.LOST, Scan.Act.FOUND}
"""Acts after which the place where they happened has the parcel, or has to answer for it."""
SHORTEST_WORD, LONGEST_WORD = 4, 200


class UnknownParcel(Refusal):
    """No parcel has this number."""

    code = "unknown_parcel"
    status = 404
    sentence = _("No parcel has the number %(number)s. Check the digits under the code.")


class WrongPickupCode(Refusal):
    """The code does not open this parcel."""

    code = "wrong_pickup_code"
    sentence = _("This code does not open the parcel. Ask the customer to show it again.")


class AlreadyHandedOver(Refusal):
    """It is gone already."""

    code = "already_handed_over"
    sentence = _("This parcel was handed over on %(at)s.")


class NotAtThisPoint(Refusal):
    """It has not arrived where it is to be handed over."""

    code = "not_at_this_point"
    sentence = _("This parcel is not here yet. Scan its arrival first.")


class IsStopped(Refusal):
    """Somebody had it stopped."""

    code = "is_stopped"
    sentence = _("Do not hand this parcel over: %(why)s")


class NotYoursToMiss(Refusal):
    """It lies at another place, or it is gone already: whoever has it would know."""

    code = "not_yours_to_miss"
    sentence = _("This parcel does not lie here and is not on its way here, so it cannot be missed here.")


class IsNotLost(Refusal):
    """Nobody misses it."""

    code = "is_not_lost"
    sentence = _("Nobody misses this parcel (any more).")


@dataclass(frozen=True, kw_only=True, slots=True)
class ScanDraft:
    """
    An act on a parcel as a device tells it; the same ``id`` again is the same scan.

    A clock that runs ahead is not believed: the time of the act is never later than its arrival here.
    """

    parcel_number: str
    act: str
    happened_at: datetime
    place: ServicePoint | None
    by: Person | None
    proof: str = ""
    note: str = ""
    id: UUID = field(default_factory=new_id)


@transaction.atomic
def record_scans(*, scans: Sequence[ScanDraft], now: datetime) -> list[Parcel]:
    """
    Keep scans and derive the stages of their parcels anew.

    :raises UnknownParcel: if a number is nobody's; nothing was kept.
    """
    numbers = {scan.parcel_number for scan in scans}
    parcels = {parcel.number: parcel for parcel in Parcel.objects.select_for_update().filter(number__in=numbers).order_by("pk")}
    for number in sorted(numbers - parcels.keys()):
        raise UnknownParcel(field="number", number=number)
    Scan.objects.bulk_create(
        [
            Scan(
                id=scan.id,
                county_id=parcels[scan.parcel_number].county_id,
                parcel_id=parcels[scan.parcel_number].pk,
                act=scan.act,
                place_id=scan.place.pk if scan.place else None,
                by_id=scan.by.pk if scan.by else None,
                proof=scan.proof,
                note=scan.note,
                happened_at=min(scan.happened_at, now),
                recorded_at=now,
            )
            for scan in scans
        ],
        ignore_conflicts=True,
    )
    _derive(list(parcels.values()))
    return list(parcels.values())


@transaction.atomic
def hand_over(
    *, parcel: Parcel, pickup_code: str, place: ServicePoint | None, by: Person | None, now: datetime, proof: str = Scan.Proof.PICKUP_CODE
) -> Parcel:
    """
    Give a parcel to its recipient against the pickup code, or against a signature where it is brought to the door.

    :raises AlreadyHandedOver: if it is gone; :raises IsStopped: if it was stopped; :raises NotAtThisPoint: if it has not arrived;
    :raises WrongPickupCode: if the code is another one. Nothing was changed.
    """
    parcel = Parcel.objects.select_for_update().get(pk=parcel.pk)
    if parcel.stage == Parcel.Stage.HANDED_OVER:
        raise AlreadyHandedOver(at=f"{parcel.stage_at:%F}")
    if parcel.stopped_why:
        raise IsStopped(field="number", why=parcel.stopped_why)
    if parcel.pickup_point_id:
        if parcel.stage != Parcel.Stage.AT_POINT or place is None or parcel.pickup_point_id != place.pk:
            raise NotAtThisPoint(field="number")
        if proof == Scan.Proof.PICKUP_CODE and not hmac.compare_digest(pickup_code.strip().encode(), parcel.pickup_code.encode()):
            raise WrongPickupCode(field="pickup_code")
    scan = ScanDraft(parcel_number=parcel.number, act=Scan.Act.HANDED_OVER, happened_at=now, place=place, by=by, proof=proof)
    return record_scans(scans=[scan], now=now)[0]


@transaction.atomic
def report_lost(*, parcel: Parcel, note: str, place: ServicePoint, by: Person, now: datetime) -> Parcel:
    """
    Write down that a parcel is missed at a place: it lay there, or it should have come to be fetched there and nobody has it.

    :raises Malformed: without a word about what happened; :raises NotYoursToMiss: if it is not this place's to miss.
    """
    parcel = Parcel.objects.select_for_update().get(pk=parcel.pk)
    is_awaited = parcel.held_by_id is None and parcel.pickup_point_id == place.pk
    if parcel.stage not in Parcel.OPEN or not (parcel.held_by_id == place.pk or is_awaited):
        raise NotYoursToMiss(field="number")
    note = " ".join(note.split())
    if not SHORTEST_WORD <= len(note) <= LONGEST_WORD:
        raise Malformed(field="note", reason=_("Write what happened, in 4 to 200 characters."))
    scan = ScanDraft(parcel_number=parcel.number, act=Scan.Act.LOST, happened_at=now, place=place, by=by, note=note)
    return record_scans(scans=[scan], now=now)[0]


@transaction.atomic
def report_found(*, parcel: Parcel, place: ServicePoint, by: Person, now: datetime, note: str = "") -> Parcel:
    """
    Write down that a missed parcel is found at a place; at its own pickup point it can be fetched again.

    :raises IsNotLost: if nobody misses it; nothing is changed.
    """
    parcel = Parcel.objects.select_for_update().get(pk=parcel.pk)
    if parcel.stage != Parcel.Stage.LOST:
        raise IsNotLost(field="number")
    scan = ScanDraft(parcel_number=parcel.number, act=Scan.Act.FOUND, happened_at=now, place=place, by=by, note=note[:LONGEST_WORD])
    return record_scans(scans=[scan], now=now)[0]


def _derive(parcels: Sequence[Parcel]) -> None:
    """Compute stage and holder of parcels from all their scans, write what differs and announce it."""
    by_parcel: dict[UUID, list[Scan]] = defaultdict(list)
    scans = Scan.objects.filter(county_id__in={p.county_id for p in parcels}, parcel_id__in=[p.pk for p in parcels])
    for scan in scans.order_by("happened_at", "id"):
        by_parcel[scan.parcel_id].append(scan)
    moved, handed_over = [], []
    for parcel in parcels:
        known = by_parcel[parcel.pk]
        stage = stage_after(Act(scan.act, scan.place_id == parcel.pickup_point_id and scan.place_id is not None) for scan in known)
        holder = known[-1].place_id if known and known[-1].act in HOLDING else None
        told_by = known[-1] if known else None
        if stage == Parcel.Stage.HANDED_OVER:
            holder, told_by = None, next(scan for scan in known if scan.act == Scan.Act.HANDED_OVER)
        if told_by is None or (stage, holder) == (parcel.stage, parcel.held_by_id):
            continue
        if stage == Parcel.Stage.HANDED_OVER:
            handed_over.append(parcel)
        moved.append(parcel)
        if parcel.stage == Parcel.Stage.LOST:
            _free_code(parcel)
        parcel.stage, parcel.held_by_id = stage, holder
        parcel.stage_at = told_by.happened_at
    if moved:
        Parcel.objects.bulk_update(moved, ["stage", "stage_at", "held_by", "pickup_code"])
        announce(ParcelsMoved(parcel_ids=tuple(p.pk for p in moved), references=tuple(p.reference for p in moved)))
    if handed_over:
        announce(ParcelsHandedOver(parcel_ids=tuple(p.pk for p in handed_over), references=tuple(p.reference for p in handed_over)))


def _free_code(parcel: Parcel) -> None:
    """Give a parcel that comes back another pickup code where an open one took it meanwhile: a code opens one parcel."""
    others = Parcel.objects.filter(pickup_point=parcel.pickup_point_id, stage__in=Parcel.OPEN).exclude(pk=parcel.pk)
    while parcel.pickup_code and others.filter(pickup_code=parcel.pickup_code).exists():
        parcel.pickup_code = pickup_code()
