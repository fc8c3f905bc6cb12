"""
What carriers tell: pushes kept raw and answered at once, applied from the inbox; numbers asked about; events become scans.

The same event is one row and one scan however often and in whatever order it is told. A push that nobody signed is believed in
nothing: its numbers are asked about at once.
"""

import hashlib
import logging
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from uuid import UUID, uuid5

from django.conf import settings
from django.db import DatabaseError, transaction
from django.db.models import Q

from teahorse.carriers import accounts
from teahorse.carriers.actions.jobs import leave_applying
from teahorse.carriers.actions.renewing import note_ended
from teahorse.carriers.models import CarrierAccount, CarrierEvent, CarrierMessage, Consignment
from teahorse.carriers.providers import AccessEnded, CarrierRefuses, CarrierUnavailable, PushRead, PushRefused, Told, guarded_call
from teahorse.carriers.rules import POLL_EVERY
from teahorse.carriers.states import ACTS, ENDED, State, mapped
from teahorse.common.refusals import Refusal
from teahorse.logistics.actions import ScanDraft, record_scans
from teahorse.logistics.models import Scan

SCANS = UUID("6f0b1c1e-2d1a-5c70-9a53-7d4a34c6e001")
"""The name space of the scans that events become: the same event is the same scan."""
ORDER = {state.value: place for place, state in enumerate(ACTS)}
"""Carriers tell whole seconds; what they tell of one of them happened in this order."""
MOST_AT_ONCE = 50
MOST_REFUSED = 500
FLOOD_WINDOW = timedelta(minutes=10)
BEFORE_PACKED, AHEAD = timedelta(days=60), timedelta(days=2)
"""How long before a parcel is packed, and ahead of our clock, a carrier may tell of it; some tell the year 1 where they know no time."""
log = logging.getLogger(__name__)


def keep_push(*, source: str, headers: Mapping[str, str], body: bytes, now: datetime) -> CarrierMessage:
    """
    Keep a message that claims to be a partner's push, raw, accepted or refused with the reason, and have the inbox applied.

    The same accepted message twice is one row. In a flood of refused ones the rest is only logged.
    """
    try:
        _read(source, headers, body)
    except (PushRefused, CarrierUnavailable) as refused:
        return _keep_refused(source, body, reason=str(refused), now=now)
    with transaction.atomic():
        message, is_new = CarrierMessage.objects.get_or_create(
            source=source,
            digest=hashlib.sha256(body).hexdigest(),
            is_accepted=True,
            defaults={"body": body, "received_at": now},
        )
        if is_new:
            leave_applying()
    return message


@transaction.atomic
def apply_pushes(*, limit: int = MOST_AT_ONCE, now: datetime) -> int:
    """Apply accepted pushes, the oldest first, and return how many; each once, whatever the number of workers."""
    waiting = CarrierMessage.objects.filter(is_accepted=True, applied_at=None).order_by("received_at", "pk")
    messages = list(waiting.select_for_update(skip_locked=True)[:limit])
    for message in messages:
        try:
            with transaction.atomic():  # one that cannot be kept keeps none of the others
                message.outcome = _apply(message, now=now)
        except (PushRefused, Refusal, DatabaseError) as refused:  # its account ended since, or nothing can be made of it
            log.warning("a push is not applied: %s %s: %s", message.source, message.pk, refused)
            message.outcome = f"not applied: {refused}"[:200]
        message.applied_at = now
        message.save(update_fields=["applied_at", "outcome"])
    return len(messages)


def ask_due(*, now: datetime) -> int:
    """Ask about numbers that are due, and return how many told something new; the same number at most every half hour."""
    return sum(_asked(row, now=now) for row in _claimed(now=now))


@transaction.atomic
def take_events(*, consignment: Consignment, told: Sequence[Told], now: datetime) -> int:
    """Keep what was told of a consignment and scan its parcel; return how much of it was new."""
    row = Consignment.objects.select_for_update(of=("self",)).select_related("parcel").get(pk=consignment.pk)
    known = set(CarrierEvent.objects.filter(consignment=row).values_list("source", "happened_at", "code", "words"))
    said = [_legible(one, row, now=now) for one in told]
    events = {_key(one): _event(row, one, now=now) for one in said if _key(one) not in known}
    new = list(events.values())
    if not new:
        return 0
    CarrierEvent.objects.bulk_create(new)
    scans = [scan for event in new if (scan := _scan(row, event, now=now))]
    if scans:
        record_scans(scans=scans, now=now)
    _derive(row, now=now)
    return len(new)


def _asked(row: Consignment, *, now: datetime) -> bool:
    try:
        partner = accounts.tracker(row.followed_by, row.account)
        phone = row.recipient["phone"]
        if not row.is_subscribed and guarded_call(row.followed_by, lambda: partner.subscribe(row.number, carrier=row.carrier, phone=phone)):
            Consignment.objects.filter(pk=row.pk).update(is_subscribed=True)
        told = guarded_call(row.followed_by, lambda: partner.track(row.number, carrier=row.carrier, phone=phone))
    except (CarrierUnavailable, CarrierRefuses) as refused:
        if isinstance(refused, AccessEnded):
            note_ended(account=row.account, now=now)
        Consignment.objects.filter(pk=row.pk).update(trouble=str(refused.numbers.get("trouble") or refused)[:200])
        return False
    Consignment.objects.filter(pk=row.pk).exclude(trouble="").update(trouble="")
    try:
        return take_events(consignment=row, told=told, now=now) > 0
    except (Refusal, DatabaseError) as refused:  # the numbers behind it are asked about all the same
        log.warning("what a carrier tells is not kept: %s %s: %s", row.followed_by, row.number, refused)
        Consignment.objects.filter(pk=row.pk).update(trouble=str(refused)[:200])
        return False


@transaction.atomic
def _claimed(*, now: datetime) -> list[Consignment]:
    due = Consignment.objects.filter(stage=Consignment.Stage.BOOKED, next_try_at__lte=now).order_by("next_try_at", "pk")
    rows = list(due.select_for_update(skip_locked=True, of=("self",)).select_related("account")[:MOST_AT_ONCE])
    Consignment.objects.filter(pk__in=[row.pk for row in rows]).update(next_try_at=now + POLL_EVERY)
    return rows


def _apply(message: CarrierMessage, *, now: datetime) -> str:
    read = _read(message.source, {}, bytes(message.body))
    numbers = {one.number for one in read.told} | set(read.numbers)
    rows = {row.number: row for row in Consignment.objects.filter(followed_by=message.source, number__in=numbers)}
    by_number: dict[str, list[Told]] = defaultdict(list)
    for one in read.told:
        by_number[one.number].append(one)
    new = sum(take_events(consignment=rows[number], told=told, now=now) for number, told in sorted(by_number.items()) if number in rows)
    asked = Consignment.objects.filter(
        followed_by=message.source, number__in=read.numbers, stage=Consignment.Stage.BOOKED, next_try_at__gt=now
    ).update(next_try_at=now)
    unknown = f", {len(numbers - rows.keys())} unknown numbers" if numbers - rows.keys() else ""
    return f"{new} new events, {asked} asked about{unknown}"[:200]


def _read(source: str, headers: Mapping[str, str], body: bytes) -> PushRead:
    """Read a push by the first account whose keys say that it is genuine. :raises PushRefused: if none does."""
    refusal: Exception = PushRefused(reason="not set up here")
    kept = list(CarrierAccount.objects.filter(carrier=source).order_by("-is_active", "pk"))
    for account in [*kept, *([None] if settings.SANDBOX_URL else [])]:
        try:
            return accounts.tracker(source, account).read_push(headers, body)
        except (PushRefused, CarrierUnavailable) as refused:
            refusal = refused
    raise refusal


def _keep_refused(source: str, body: bytes, *, reason: str, now: datetime) -> CarrierMessage:
    refused = CarrierMessage(
        source=source, body=body, digest=hashlib.sha256(body).hexdigest(), is_accepted=False, reason=reason[:200], received_at=now
    )
    recent = CarrierMessage.objects.filter(is_accepted=False, received_at__gt=now - FLOOD_WINDOW)
    if recent[:MOST_REFUSED].count() < MOST_REFUSED:
        refused.save(force_insert=True)
    else:
        log.warning("a flood of refused pushes, not kept: %s %s", source, refused.reason)
    return refused


def _legible(told: Told, row: Consignment, *, now: datetime) -> Told:
    """Return an event as it can be kept: without signs of no text, and told of the parcel's life; another time is no time."""
    is_of_its_life = row.parcel.packed_at - BEFORE_PACKED <= told.happened_at <= now + AHEAD
    return replace(
        told,
        code=told.code.replace("\0", ""),
        words=told.words.replace("\0", ""),
        place=told.place.replace("\0", ""),
        happened_at=told.happened_at if is_of_its_life else row.parcel.packed_at,
    )


def _key(told: Told) -> tuple[str, datetime, str, str]:
    return (told.source, told.happened_at, told.code, told.words)


def _event(row: Consignment, told: Told, *, now: datetime) -> CarrierEvent:
    return CarrierEvent(
        consignment=row,
        source=told.source,
        code=told.code,
        words=told.words,
        place=told.place,
        happened_at=told.happened_at,
        heard_at=now,
        state=mapped(told.source, told.code, told.words),
    )


def _scan(row: Consignment, event: CarrierEvent, *, now: datetime) -> ScanDraft | None:
    """
    Return the scan that an event stands for; a return's delivery is to the sender, which hands nothing over to the recipient.

    What is fetched at a service point is not handed over by the carrier's receipt there: the point scans it in and asks for the code.
    """
    act = ACTS.get(State(event.state))
    if row.is_return or act is None:
        return None
    if act == Scan.Act.HANDED_OVER and row.parcel.pickup_point_id:
        act = Scan.Act.ARRIVED
    name = f"{row.pk}|{event.source}|{event.happened_at.timestamp()}|{event.code}|{event.words}"
    return ScanDraft(
        id=uuid5(SCANS, name),
        parcel_number=row.parcel.number,
        act=act,
        happened_at=min(event.happened_at, now) + timedelta(microseconds=ORDER[event.state]),
        place=None,
        by=None,
        proof=Scan.Proof.CARRIER,
        note=f"{event.place} {event.words}".strip()[:200],
    )


def _derive(row: Consignment, *, now: datetime) -> None:
    """Have state and delivery follow from all events by the time they happened; what ended is asked about no more."""
    events = CarrierEvent.objects.filter(consignment=row).exclude(state="").order_by("happened_at", "heard_at", "pk")
    last_ended = events.filter(Q(state__in=ENDED)).last()
    last = last_ended or events.last()
    row.heard_at = now
    if last is not None:
        row.state, row.state_at = last.state, last.happened_at
    if last_ended is not None:
        row.next_try_at = None
        delivered = events.filter(state=State.DELIVERED).first()
        row.delivered_at = delivered.happened_at if delivered else None
    row.save(update_fields=["heard_at", "state", "state_at", "next_try_at", "delivered_at"])
