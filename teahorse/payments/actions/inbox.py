"""The inbox of notifications: kept raw and answered at once, applied afterwards."""

import logging
from collections.abc import Mapping
from datetime import datetime, timedelta
from pathlib import Path
from uuid import UUID

import msgspec
from django.db import transaction

from teahorse.common.statements import asked
from teahorse.payments import queries
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

KEEP_NOTIFICATION = (Path(__file__).parent / "keep_notification.sql").read_text()
MARK_APPLIED = """
    update payments_notification notification
       set applied_at = %(now)s::timestamptz, outcome = new ->> 1, is_unmatched = (new ->> 2)::boolean
      from jsonb_array_elements(%(rows)s::jsonb) as new
     where notification.id = (new ->> 0)::uuid
"""
NOTHING_TO_DO = Recorded(text="nothing to do")
HEADER_LENGTH = 1000
REASON_LENGTH = 200

log = logging.getLogger(__name__)


def keep_notification(*, provider: str, headers: Mapping[str, str], body: bytes, now: datetime) -> Notification:
    """
    Keep a message that claims to come from a provider, raw, accepted or refused with the reason.

    The same accepted message twice is one row. After an accepted one a job that applies the inbox waits. The message's
    owner is answered by the verdict; nothing else is changed here. In a flood of refused ones the rest is only logged.
    """
    try:
        read = provider_by_code(provider).read_notification(headers, body, now)
    except NotificationRefused as refused:
        return _keep_refused(provider, headers, body, reason=refused.reason, now=now)
    except ProviderUnavailable as unavailable:
        return _keep_refused(provider, headers, body, reason=str(unavailable.numbers["trouble"]), now=now)
    kept = _keep_accepted(provider, headers, body, read=read, now=now)
    if kept is None and read.nonce != read.event_id and queries.is_nonce_used(provider=provider, nonce=read.nonce):
        return _keep_refused(provider, headers, body, reason="replay: this nonce came before", now=now)
    # else its twin came before: a provider signs what it repeats anew, or has no nonce but the message's own number
    return kept or Notification.objects.get(provider=provider, provider_event_id=read.event_id, verdict=Notification.Verdict.ACCEPTED)


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
        recorded = record(outcomes, source=Source(name=NOTIFICATION.name, provider=provider), now=now)
        verdicts |= dict(zip((one.pk for one in told), recorded, strict=True))
    done = [(str(one.pk), verdicts.get(one.pk, NOTHING_TO_DO)) for one in waiting]
    rows = [(key, verdict.text, verdict.is_unmatched) for key, verdict in done]
    asked(MARK_APPLIED, {"now": now, "rows": msgspec.json.encode(rows).decode()})
    return len(waiting)


@transaction.atomic
def forget_refused_notifications(*, before: datetime) -> int:
    """Delete refused messages that came before a time, and return how many; anybody can send them."""
    return Notification.objects.filter(verdict=Notification.Verdict.REFUSED, received_at__lt=before).delete()[0]


def _keep_accepted(provider: str, headers: Mapping[str, str], body: bytes, *, read: NotificationRead, now: datetime) -> Notification | None:
    """Keep a genuine message in one statement, and have the inbox applied; None if one with its event or nonce is kept already."""
    kept = Notification(
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
    answer = asked(
        KEEP_NOTIFICATION,
        {
            "id": str(kept.pk),
            "provider": provider,
            "event_id": read.event_id,
            "nonce": read.nonce,
            "headers": msgspec.json.encode(kept.headers).decode(),
            "body": body,
            "reason": kept.reason,
            "content": msgspec.json.encode(kept.content).decode(),
            "received_at": now,
        },
    )
    if not answer():
        return None
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


def _worth_keeping(headers: Mapping[str, str]) -> dict[str, str]:
    """Return the headers that prove something; no cookies, nothing that PostgreSQL's JSON cannot hold."""
    return {
        name: value.replace("\0", "")[:HEADER_LENGTH]
        for name, value in headers.items()
        if name.lower().startswith("wechatpay-") or name.lower() in {"content-type", "user-agent", "request-id"}
    }
