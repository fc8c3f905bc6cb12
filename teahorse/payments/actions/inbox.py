"""The inbox of notifications: kept raw and answered at once, applied afterwards."""

import logging
from collections.abc import Mapping
from datetime import datetime, timedelta
from uuid import UUID

import msgspec
from django.db import IntegrityError, transaction

from teahorse.payments.actions.jobs import leave_applying
from teahorse.payments.actions.recording import NOTIFICATION, Recorded, Source, record
from teahorse.payments.models import Notification
from teahorse.payments.providers import (
    NotificationRead,
    NotificationRefused,
    Outcome,
    ProviderUnavailable,
    provider_by_code,
)

MOST_REFUSED = 500
"""Refused messages kept in ten minutes: anybody may send them, and a disk is finite."""
FLOOD_WINDOW = timedelta(minutes=10)

HEADER_LENGTH = 1000
REASON_LENGTH = 200

log = logging.getLogger(__name__)


def keep_notification(*, provider: str, headers: Mapping[str, str], body: bytes, now: datetime) -> Notification:
    """
    Keep a message that claims to come from a provider, raw, accepted or refused with the reason.

    The same accepted message twice is one row. An accepted one leaves a job that applies the inbox. The message's
    owner is answered by the verdict; nothing else is changed here. In a flood of refused ones the rest is only logged.
    """
    try:
        read = provider_by_code(provider).read_notification(headers, body, now)
    except NotificationRefused as refused:
        return _keep_refused(provider, headers, body, reason=refused.reason, now=now)
    except ProviderUnavailable as unavailable:
        return _keep_refused(provider, headers, body, reason=str(unavailable.numbers["trouble"]), now=now)
    try:
        return _keep_accepted(provider, headers, body, read=read, now=now)
    except IntegrityError:
        # its twin came in between, or another message with its nonce
        known = _accepted(provider, read.event_id)
        return known or _keep_refused(provider, headers, body, reason="replay: this nonce came before", now=now)


@transaction.atomic
def apply_notifications(*, limit: int = 200, now: datetime) -> int:
    """
    Apply accepted notifications, the oldest first, and return how many.

    Each is applied once, whatever the number of workers: a worker passes by what another has locked.
    """
    waiting = list(
        Notification.objects.select_for_update(skip_locked=True)
        .filter(verdict=Notification.Verdict.ACCEPTED, applied_at=None)
        .order_by("received_at", "pk")[:limit]
    )
    speaking = [notification for notification in waiting if notification.content]
    verdicts: dict[UUID, Recorded] = {}
    for provider in sorted({notification.provider for notification in speaking}):
        told = [notification for notification in speaking if notification.provider == provider]
        outcomes = [msgspec.convert(notification.content, Outcome) for notification in told]
        done = record(outcomes, source=Source(name=NOTIFICATION.name, provider=provider), now=now)
        verdicts |= dict(zip((one.pk for one in told), done, strict=True))
    for notification in waiting:
        verdict = verdicts.get(notification.pk, Recorded(text="nothing to do"))
        notification.applied_at, notification.outcome, notification.is_unmatched = now, verdict.text, verdict.is_unmatched
    Notification.objects.bulk_update(waiting, ["applied_at", "outcome", "is_unmatched"])
    return len(waiting)


@transaction.atomic
def forget_refused_notifications(*, before: datetime) -> int:
    """Delete refused messages that came before a time, and return how many; anybody can send them."""
    return Notification.objects.filter(verdict=Notification.Verdict.REFUSED, received_at__lt=before).delete()[0]


@transaction.atomic
def _keep_accepted(provider: str, headers: Mapping[str, str], body: bytes, *, read: NotificationRead, now: datetime) -> Notification:
    if known := _accepted(provider, read.event_id):
        return known
    kept = Notification.objects.create(
        provider=provider,
        provider_event_id=read.event_id,
        nonce=read.nonce,
        headers=_worth_keeping(headers),
        body=body,
        verdict=Notification.Verdict.ACCEPTED,
        reason=read.event_type[:REASON_LENGTH],
        content=msgspec.to_builtins(read.outcome) if read.outcome else {},
        received_at=now,
    )
    leave_applying()
    return kept


@transaction.atomic
def _keep_refused(provider: str, headers: Mapping[str, str], body: bytes, *, reason: str, now: datetime) -> Notification:
    refused = Notification(
        provider=provider,
        headers=_worth_keeping(headers),
        body=body,
        verdict=Notification.Verdict.REFUSED,
        reason=reason.replace("\0", "")[:REASON_LENGTH],
        received_at=now,
    )
    recent = Notification.objects.filter(verdict=Notification.Verdict.REFUSED, received_at__gt=now - FLOOD_WINDOW)
    if recent[:MOST_REFUSED].count() < MOST_REFUSED:
        refused.save(force_insert=True)
    else:
        log.warning("a flood of refused notifications, not kept: %s %s", provider, refused.reason)
    return refused


def _accepted(provider: str, event_id: str) -> Notification | None:
    return Notification.objects.filter(provider=provider, provider_event_id=event_id, verdict=Notification.Verdict.ACCEPTED).first()


def _worth_keeping(headers: Mapping[str, str]) -> dict[str, str]:
    """Return the headers that prove something; no cookies, nothing that PostgreSQL's JSON cannot hold."""
    return {
        name: value.replace("\0", "")[:HEADER_LENGTH]
        for name, value in headers.items()
        if name.lower().startswith("wechatpay-") or name.lower() in {"content-type", "user-agent", "request-id"}
    }
