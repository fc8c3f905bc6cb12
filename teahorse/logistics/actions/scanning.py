"""Scans: what was done to parcels, told in any order, once or many times."""

import hmac
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from teahorse.common.ids import new_id
from teahorse.common.money import yuan
from teahorse.common.refusals import Malformed, Refusal
from teahorse.common.statements import asked
from teahorse.logistics.actions.deriving import derive, lock
from teahorse.logistics.actions.noticing import notice
from teahorse.logistics.actions.overloading import overloads
from teahorse.logistics.models import Oddity, Parcel, Scan
from teahorse.logistics.things import Thing, find_things, holds
from teahorse.people.models import Person, ServicePoint

NOWHERE = UUID(int=0)
"""The county of a scan of which neither the thing nor the place is known."""
LONGEST_CODE = 60
COLUMNS = (
    *("county_id", "id", "thing_id", "place_id", "into_id", "corrects_id", "by_id", "device_id"),
    *("code", "act", "proof", "note", "told_at", "happened_at", "recorded_at"),
)
KEEP = """
    insert into logistics_scan (county_id, id, thing_id, place_id, into_id, corrects_id, by_id, device_id,
                                code, act, proof, note, told_at, happened_at, recorded_at)
    select * from unnest(%s::uuid[], %s::uuid[], %s::uuid[], %s::uuid[], %s::uuid[], %s::uuid[], %s::uuid[], %s::uuid[],
                         %s::text[], %s::text[], %s::text[], %s::text[], %s::timestamptz[], %s::timestamptz[], %s::timestamptz[])
    on conflict do nothing
"""
RIGHT_ENOUGH, WORTH_TELLING = timedelta(seconds=30), timedelta(minutes=5)
"""By how much a device's clock may be wrong: to be believed; and before somebody is told."""
LONGEST_KEPT, NO_CALENDAR = timedelta(days=2 * 365), timedelta(days=100 * 365)
"""How long a device may keep what it tells; and how far off it has no calendar at all, so that what it said is not written down."""
SHORTEST_WORD, LONGEST_WORD = 4, 200


class UnknownParcel(Refusal):
    """No parcel has this number."""

    code = "unknown_parcel"
    status = 404
    sentence = _("No parcel has the number %(number)s. Check the digits under the code.")


class DoesNotFit(Refusal):
    """A unit holds smaller kinds only."""

    code = "does_not_fit"
    sentence = _("%(thing)s cannot lie in %(unit)s: a bag holds parcels, a cage holds bags too, a vehicle holds all of them.")


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


class TakeMoneyFirst(Refusal):
    """It is paid in cash when it is handed over, and the money is not here."""

    code = "take_money_first"
    sentence = _("Take %(sum)s yuan at the counter first; then hand it over.")


class GoesBack(Refusal):
    """It was to be paid when it was handed over, and was refused or left."""

    code = "goes_back"
    sentence = _("This parcel was not paid for and goes back to its seller. Send it on.")


class HasLeft(Refusal):
    """It is not with its sender any more."""

    code = "has_left"
    sentence = _("This parcel is on its way already.")


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
    An act on a parcel or a unit as a device tells it; the same ``id`` again is the same scan.

    A clock that runs ahead is not believed: the time of the act is never later than its arrival here. ``into`` is the code of the
    unit that the thing is put in, loaded on or taken out of; ``corrects`` the scan that is taken back; ``told_in`` is the county of
    whoever tells of a code that is nobody's and of no place, so that somebody there looks at it.
    """

    parcel_number: str
    act: str
    happened_at: datetime
    place: ServicePoint | None
    by: Person | None
    proof: str = ""
    note: str = ""
    into: str = ""
    corrects: UUID | None = None
    device_id: UUID | None = None
    told_at: datetime | None = None
    told_in: UUID | None = None
    id: UUID = field(default_factory=new_id)


@dataclass(frozen=True, slots=True)
class Taken:
    """What became of some scans: the parcels that were scanned themselves, by number, and what is odd about scans, by their keys."""

    parcels: Mapping[str, Parcel]
    odd: Mapping[UUID, Sequence[str]]


@transaction.atomic
def record_scans(*, scans: Sequence[ScanDraft], now: datetime) -> list[Parcel]:
    """
    Keep scans, and derive anew where their things are and all that lies in them.

    :returns: the parcels that were scanned themselves.
    :raises UnknownParcel: if a code is nobody's; :raises DoesNotFit: if something would lie in what cannot hold it. Nothing was kept.
    """
    things = _things_of(scans)
    for scan in scans:
        for code in filter(None, (scan.parcel_number, scan.into)):
            if code not in things:
                raise UnknownParcel(field="number", number=code)
        if not _fits(scan, things):
            raise DoesNotFit(field="into", thing=scan.parcel_number, unit=scan.into)
    return list(_take(scans, things, now=now).parcels.values())


@transaction.atomic
def take_scans(*, scans: Sequence[ScanDraft], sent_at: datetime | None = None, now: datetime) -> Taken:
    """
    Keep whatever a device tells, as :func:`record_scans`, and refuse nothing: what does not fit is kept too, and noticed.

    :param sent_at: what the device's clock said when it sent this: by so much as it is wrong, all its times are set right.
    """
    things = _things_of(scans)
    odd: dict[UUID, list[tuple[str, dict[str, object]]]] = {}
    kept = []
    for scan in scans:
        found: list[tuple[str, dict[str, object]]] = []
        if (minutes := _minutes_ahead(scan, sent_at=sent_at, now=now)) is not None:
            found.append((Oddity.Kind.WRONG_CLOCK, {"minutes": minutes}))
        unknown = [code for code in (scan.parcel_number, scan.into) if code and code not in things]
        if unknown:
            found.append((Oddity.Kind.UNKNOWN_CODE, {"code": unknown[0][:LONGEST_CODE]}))
        elif not _fits(scan, things):
            found.append((Oddity.Kind.DOES_NOT_FIT, {"thing": scan.parcel_number, "unit": scan.into}))
        right = _set_right(scan, sent_at=sent_at, now=now)
        kept.append(replace(right, into="") if scan.into and (unknown or not _fits(scan, things)) else right)
        if found:
            odd[scan.id] = found
    return _take(kept, things, odd=odd, now=now)


def set_right(moment: datetime, *, sent_at: datetime | None, now: datetime) -> datetime:
    """Return when something was done that a device tells of: its clock is as wrong as when it sent; what cannot be so is told now."""
    ahead = (sent_at or now) - now
    try:
        right = moment - ahead if abs(ahead) > RIGHT_ENOUGH else moment
    except OverflowError:
        return now
    return min(right, now) if right > now - LONGEST_KEPT else now


def _set_right(scan: ScanDraft, *, sent_at: datetime | None, now: datetime) -> ScanDraft:
    right = set_right(scan.happened_at, sent_at=sent_at, now=now)
    is_as_told = right == min(scan.happened_at, now) or abs(scan.happened_at - now) > NO_CALENDAR
    return replace(scan, happened_at=right, told_at=None if is_as_told else scan.happened_at)


def _minutes_ahead(scan: ScanDraft, *, sent_at: datetime | None, now: datetime) -> int | None:
    """Return by how many minutes a device's clock is wrong, behind is below nothing; None where nobody needs to be told."""
    ahead = (sent_at or now) - now
    if abs(ahead) <= WORTH_TELLING and scan.happened_at < now - LONGEST_KEPT:
        ahead = scan.happened_at - now
    return round(ahead.total_seconds() / 60) if abs(ahead) > WORTH_TELLING else None


def _things_of(scans: Sequence[ScanDraft]) -> dict[str, Thing]:
    return find_things({code for scan in scans for code in (scan.parcel_number, scan.into) if code})


def _fits(scan: ScanDraft, things: Mapping[str, Thing]) -> bool:
    thing, into = things.get(scan.parcel_number), things.get(scan.into)
    return thing is None or into is None or holds(into, thing)


def _take(
    scans: Sequence[ScanDraft],
    things: Mapping[str, Thing],
    *,
    odd: Mapping[UUID, Sequence[tuple[str, dict[str, object]]]] | None = None,
    now: datetime,
) -> Taken:
    scanned = {things[scan.parcel_number]: None for scan in scans if scan.parcel_number in things}
    affected = lock(scanned=list(scanned), beside=[things[scan.into] for scan in scans if scan.into])
    rows = [_row(scan, things.get(scan.parcel_number), things.get(scan.into), now) for scan in scans]
    asked(KEEP, [[getattr(row, column) for row in rows] for column in COLUMNS])
    notice([(row, found) for row in rows for found in (odd or {}).get(row.id, ())], now=now)
    fits_not = derive(affected, now=now)
    too_much = overloads(rows)
    notice(too_much, now=now)
    parcels = {key: affected.parcels[key] for thing in scanned if (key := thing.id) in affected.parcels}
    told = {key: [kind for kind, _ in found] for key, found in (odd or {}).items()}
    for one in fits_not:
        told.setdefault(one.scan, []).append(one.kind)
    for row, (kind, _facts) in too_much:
        told.setdefault(row.id, []).append(kind)
    return Taken({parcel.number: parcel for parcel in parcels.values()}, told)


def _row(scan: ScanDraft, thing: Thing | None, into: Thing | None, now: datetime) -> Scan:
    return Scan(
        id=scan.id,
        county_id=thing.county_id if thing else scan.place.county_id if scan.place else scan.told_in or NOWHERE,
        thing_id=thing.id if thing else None,
        code="" if thing else scan.parcel_number[:LONGEST_CODE],
        act=scan.act,
        place_id=scan.place.pk if scan.place else None,
        into_id=into.id if into else None,
        corrects_id=scan.corrects,
        by_id=scan.by.pk if scan.by else None,
        proof=scan.proof,
        note=scan.note,
        device_id=scan.device_id,
        told_at=scan.told_at,
        happened_at=min(scan.happened_at, now),
        recorded_at=now,
    )


@transaction.atomic
def hand_over(
    *, parcel: Parcel, pickup_code: str, place: ServicePoint | None, by: Person | None, now: datetime, proof: str = Scan.Proof.PICKUP_CODE
) -> Parcel:
    """
    Give a parcel to its recipient against the pickup code, or against a signature where it is brought to the door.

    :raises AlreadyHandedOver: if it is gone; :raises IsStopped: if it was stopped; :raises NotAtThisPoint: if it has not arrived;
    :raises TakeMoneyFirst: if it is to be paid first; :raises GoesBack: if it was to be, and was refused;
    :raises WrongPickupCode: if the code is another one. Nothing was changed.
    """
    parcel = Parcel.objects.select_for_update().get(pk=parcel.pk)
    if parcel.stage == Parcel.Stage.HANDED_OVER:
        raise AlreadyHandedOver(at=f"{parcel.stage_at:%F}")
    if parcel.stopped_why:
        raise IsStopped(field="number", why=parcel.stopped_why)
    if parcel.cod_due_fen and parcel.stage == Parcel.Stage.REFUSED:
        raise GoesBack(field="number")
    if parcel.pickup_point_id:
        if parcel.stage != Parcel.Stage.AT_POINT or place is None or parcel.pickup_point_id != place.pk:
            raise NotAtThisPoint(field="number")
        if proof == Scan.Proof.PICKUP_CODE and not hmac.compare_digest(pickup_code.strip().encode(), parcel.pickup_code.encode()):
            raise WrongPickupCode(field="pickup_code")
    if parcel.cod_due_fen:
        raise TakeMoneyFirst(field="number", sum=yuan(parcel.cod_due_fen))
    scan = ScanDraft(parcel_number=parcel.number, act=Scan.Act.HANDED_OVER, happened_at=now, place=place, by=by, proof=proof)
    return record_scans(scans=[scan], now=now)[0]


@transaction.atomic
def call_off(*, parcel: Parcel, note: str, now: datetime) -> Parcel:
    """
    End a parcel that still lies with its sender: its label is void, and whatever is told of it later is odd and moves nothing.

    :raises HasLeft: if somebody else has it, or it ended; nothing is changed.
    """
    parcel = Parcel.objects.select_for_update().get(pk=parcel.pk)
    if parcel.stage != Parcel.Stage.PACKED:
        raise HasLeft(field="number")
    scan = ScanDraft(parcel_number=parcel.number, act=Scan.Act.RETURNED, happened_at=now, place=None, by=None, note=note[:LONGEST_WORD])
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
