"""
What drivers tell of a stop: what was loaded, handed over, fetched or not, and the proof of it.

A phone may have been without a line for hours: what it tells is a fact and is kept, once for each of its keys, also of a stop that
another plan has taken off meanwhile. Each thing that changed hands becomes a scan with the time of the act.
"""

import hmac
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID, uuid5

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from teahorse.catalog.pictures import Readable, written_anew
from teahorse.common.refusals import NotThere
from teahorse.logistics import actions as logistics
from teahorse.logistics.models import Parcel, Scan, Unit
from teahorse.logistics.things import find_things
from teahorse.people.models import Person
from teahorse.runs.actions.learning import learn_times
from teahorse.runs.models import Handling, Lock, Proof, Run, Stop

Doing, Outcome = Handling.Doing, Handling.Outcome
PROOF_WIDTHS = (720,)
LONGEST_NOTE, MOST_EXTRA = 200, 100
ACTS = {Doing.LOAD: Scan.Act.LOADED, Doing.COLLECT: Scan.Act.LOADED, Doing.DELIVER: Scan.Act.ARRIVED, Doing.UNLOAD: Scan.Act.RECEIVED}


class IsNotYourRun(NotThere):
    """Only its driver tells of a run."""

    code = "not_your_run"
    sentence = _("This run is another driver's.")


@dataclass(frozen=True, slots=True)
class ToldThing:
    """What came of one handling, and a word on it."""

    handling: UUID
    outcome: str
    note: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Told:
    """
    What a phone tells of a stop.

    :param key: made by the phone; the same key again is the same telling. ``sent_at`` is what its clock said when it sent this.
    :param things: what came of what was planned; what is not named is still open.
    :param more: codes that were taken on beside what was planned.
    :param code: the receiver's; ``signature`` and ``photograph`` are pictures as they come from the phone.
    """

    key: UUID
    happened_at: datetime
    sent_at: datetime | None = None
    things: Sequence[ToldThing] = ()
    more: Sequence[str] = ()
    code: str = ""
    signature: Readable | None = None
    photograph: Readable | None = None


def tell_stop(*, stop_id: UUID, told: Told, by: Person, now: datetime) -> Stop:
    """
    Keep what a driver tells of a stop, once: scans of the things, what came of each, and the proof.

    A code that is not the receiver's is kept as a proof that does not hold; nothing else a phone says is refused.

    :raises IsNotYourRun: if the run is another driver's, or not there; :raises PictureRefused: if a picture cannot be read.
    """
    pictures = [
        (kind, *written_anew(file, widths=PROOF_WIDTHS))
        for kind, file in ((Proof.Kind.SIGNATURE, told.signature), (Proof.Kind.PHOTOGRAPH, told.photograph))
        if file is not None
    ]
    with transaction.atomic():
        run = Run.objects.select_for_update(of=("self",)).filter(stops=stop_id, driver=by).select_related("vehicle__unit").first()
        stop = Stop.objects.select_related("place").filter(pk=stop_id).first()
        if run is None or stop is None:
            raise IsNotYourRun(field="stop")
        if stop.told_key == told.key:
            return stop
        _keep_proofs(stop, told, [(kind, sha256, made[0]) for kind, sha256, made in pictures], now=now)
        _handle(run, stop, told, by=by, now=now)
        _move_on(run, stop, told, now=now)
        if run.stage == Run.Stage.FINISHED:
            learn_times(run)
        return stop


def _keep_proofs(stop: Stop, told: Told, pictures: Sequence[tuple[str, str, bytes]], *, now: datetime) -> None:
    proofs = [Proof(kind=kind, sha256=sha256, content=content) for kind, sha256, content in pictures]
    if told.code:
        proofs.append(Proof(kind=Proof.Kind.CODE, holds=hmac.compare_digest(told.code.encode(), stop.code.encode())))
    for proof in proofs:
        proof.county_id, proof.stop, proof.told_at = stop.county_id, stop, now
    Proof.objects.bulk_create(proofs, ignore_conflicts=True)


def _handle(run: Run, stop: Stop, told: Told, *, by: Person, now: datetime) -> None:
    """Write what came of each thing, and keep the scans that follow from it."""
    open_ones = {one.pk: one for one in stop.handlings.filter(outcome=Outcome.OPEN)}
    named = [(open_ones[one.handling], one) for one in told.things if one.handling in open_ones and one.outcome in Outcome.values]
    drafts, closed = [], []
    for handling, one in named:
        handling.outcome, handling.note = one.outcome, one.note[:LONGEST_NOTE]
        draft = _draft(run, stop, handling, told, by=by)
        handling.scan_id = draft.id if draft else None
        closed.append(handling)
        drafts += [draft] if draft else []
    Handling.objects.bulk_update(closed, ["outcome", "note", "scan_id"])
    drafts += _taken_on(run, stop, told, by=by)
    if stop.kind == Stop.Kind.COME_HOME:
        drafts += _brought_back(run, stop, told, {one.code for one in closed}, by=by)
    logistics.take_scans(scans=drafts, sent_at=told.sent_at, now=now)
    taken = [one.thing_id for one in closed if one.outcome == Outcome.DONE and one.doing in {Doing.LOAD, Doing.COLLECT}]
    Lock.objects.filter(thing_id__in=taken).delete()


def _draft(run: Run, stop: Stop, handling: Handling, told: Told, *, by: Person) -> logistics.ScanDraft | None:
    """Return the scan of a handling: done, or refused or held on the vehicle; what was not there to load or fetch is none."""
    is_done = handling.outcome == Outcome.DONE
    if not is_done and handling.doing != Doing.DELIVER:
        return None
    is_refused = handling.outcome == Outcome.REFUSED and Parcel.objects.filter(pk=handling.thing_id).exists()
    act = ACTS[Doing(handling.doing)] if is_done else Scan.Act.REFUSED if is_refused else Scan.Act.HELD
    return logistics.ScanDraft(
        id=uuid5(told.key, str(handling.pk)),
        parcel_number=handling.code,
        act=act,
        happened_at=told.happened_at,
        place=stop.place if is_done else None,
        by=by,
        proof=_proof_of(stop, told) if is_done and handling.doing == Doing.DELIVER else Scan.Proof.NONE,
        note=handling.note if is_done else f"{handling.outcome} {handling.note}".strip()[:LONGEST_NOTE],
        into=run.vehicle.unit.code if act == Scan.Act.LOADED else "",
    )


def _proof_of(stop: Stop, told: Told) -> str:
    if told.code == stop.code:
        return Scan.Proof.PICKUP_CODE
    return Scan.Proof.SIGNATURE if told.signature is not None else Scan.Proof.NONE


def _taken_on(run: Run, stop: Stop, told: Told, *, by: Person) -> list[logistics.ScanDraft]:
    """Take things on that nobody planned; a code that is nobody's is kept too, and noticed by custody."""
    codes = list(dict.fromkeys(code for code in told.more if code))[:MOST_EXTRA]
    known = find_things(codes)
    doing = Doing.LOAD if stop.kind in {Stop.Kind.SET_OUT, Stop.Kind.RELOAD} else Doing.COLLECT
    drafts = []
    for code in codes:
        scan_id = uuid5(told.key, code)
        if code in known:
            Handling.objects.get_or_create(
                stop=stop,
                thing_id=known[code].id,
                doing=doing,
                defaults={"county_id": stop.county_id, "code": code, "grams": 0, "cm3": 0, "outcome": Outcome.DONE, "scan_id": scan_id},
            )
        drafts.append(
            logistics.ScanDraft(
                id=scan_id,
                parcel_number=code,
                act=Scan.Act.LOADED,
                happened_at=told.happened_at,
                place=stop.place,
                by=by,
                into=run.vehicle.unit.code,
            )
        )
    return drafts


def _brought_back(run: Run, stop: Stop, told: Told, named: set[str], *, by: Person) -> list[logistics.ScanDraft]:
    """Return scans for all that is aboard still and was not named: at home everything is unloaded."""
    unit = run.vehicle.unit
    codes = [
        *Parcel.objects.filter(inside=unit).values_list("number", flat=True),
        *Unit.objects.filter(inside=unit).values_list("code", flat=True),
    ]
    return [
        logistics.ScanDraft(
            id=uuid5(told.key, code), parcel_number=code, act=Scan.Act.RECEIVED, happened_at=told.happened_at, place=stop.place, by=by
        )
        for code in sorted(codes)
        if code not in named
    ]


def _move_on(run: Run, stop: Stop, told: Told, *, now: datetime) -> None:
    happened = logistics.set_right(told.happened_at, sent_at=told.sent_at, now=now)
    if stop.done_at is None:
        stop.done_at, stop.told_at, stop.told_key = happened, now, told.key
        stop.save(update_fields=["done_at", "told_at", "told_key"])
    if run.stage == Run.Stage.RELEASED:
        run.stage, run.started_at = Run.Stage.UNDER_WAY, happened
    if stop.kind == Stop.Kind.COME_HOME and run.stage == Run.Stage.UNDER_WAY:
        happened = max(happened, run.started_at or happened)
        run.stage, run.finished_at, run.ends_at = Run.Stage.FINISHED, happened, max(run.begins_at, happened)
    run.save(update_fields=["stage", "started_at", "finished_at", "ends_at"])
