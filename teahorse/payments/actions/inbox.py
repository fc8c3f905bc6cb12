"""The inbox of notifications: kept raw and answered at once, applied afterwards."""

import logging
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from uuid import UUID

import msgspec
from django.db import transaction

from teahorse.common.ids import new_id
from teahorse.common.statements import asked, looked_up
from teahorse.payments import queries
from teahorse.payments.actions.jobs import leave_applying
from teahorse.payments.actions.recording import NOTIFICATION, Recorded, Source, record_many
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

KEEP = (Path(__file__).parent / "keep_notifications.sql").read_text()
TAKE_WAITING = """
    select id, provider, nullif(content, '{}'::jsonb)::text
      from payments_notification
     where verdict = 'accepted' and applied_at is null
     order by received_at, id
     limit %(limit)s::int
       for update skip locked
"""
MARK_APPLIED = """
    update payments_notification notification
       set applied_at = %(now)s::timestamptz, outcome = new ->> 1, is_unmatched = (new ->> 2)::boolean
      from jsonb_array_elements(%(rows)s::jsonb) as new
     where notification.id = (new ->> 0)::uuid
"""
OUTCOME = msgspec.json.Decoder(Outcome)
ACCEPTED = Notification.Verdict.ACCEPTED.value
NOTHING_TO_DO = Recorded(text="nothing to do")
HEADER_LENGTH = 1000
REASON_LENGTH = 200

_strangers = threading.Lock()
"""Refused messages of a process are kept one by one: however many come, they leave the connections to buyers."""

log = logging.getLogger(__name__)


@dataclass(frozen=True, kw_only=True)
class Genuine:
    """A message that was found genuine, as it is to be kept; ``key`` will be its row's."""

    key: UUID
    provider: str
    read: NotificationRead
    headers: Mapping[str, str]
    body: bytes
    received_at: datetime


@dataclass(frozen=True, kw_only=True)
class Kept:
    """What was written down of a message: the key of its row, or of its twin's that came before, and why a refused one was refused."""

    pk: UUID
    verdict: str
    reason: str


def keep_notification(
    *, provider: str, headers: Mapping[str, str], body: bytes, now: datetime, keep: Callable[[Genuine], bool] | None = None
) -> Kept:
    """
    Keep a message that claims to come from a provider, raw, accepted or refused with the reason.

    The same accepted message twice is one row. After an accepted one a job that applies the inbox waits. The message's
    owner is answered by the verdict; nothing else is changed here. In a flood of refused ones the rest is only logged.
    ``keep`` is who keeps a genuine one by :func:`keep_genuine`, together with others perhaps.
    """
    try:
        read = provider_by_code(provider).read_notification(headers, body, now)
    except NotificationRefused as refused:
        return _keep_refused(provider, headers, body, reason=refused.reason, now=now)
    except ProviderUnavailable as unavailable:
        return _keep_refused(provider, headers, body, reason=str(unavailable.numbers["trouble"]), now=now)
    message = Genuine(key=new_id(), provider=provider, read=read, headers=_worth_keeping(headers), body=body, received_at=now)
    if keep(message) if keep else keep_genuine([message])[0]:
        return Kept(pk=message.key, verdict=ACCEPTED, reason=_reason(read))
    if read.nonce != read.event_id and queries.is_nonce_used(provider=provider, nonce=read.nonce):
        return _keep_refused(provider, headers, body, reason="replay: this nonce came before", now=now)
    # else its twin came before: a provider signs what it repeats anew, or has no nonce but the message's own number
    twin = Notification.objects.only("pk", "reason").get(provider=provider, provider_event_id=read.event_id, verdict=ACCEPTED)
    return Kept(pk=twin.pk, verdict=ACCEPTED, reason=twin.reason)


def keep_genuine(messages: Sequence[Genuine]) -> list[bool]:
    """
    Keep genuine messages in one statement, have the inbox applied, and return of each whether it was kept.

    One whose event or nonce is kept already is not. Outside a transaction what was kept is safe when this returns.
    """
    told = [
        {
            "id": message.key,
            "provider": message.provider,
            "event_id": message.read.event_id,
            "nonce": message.read.nonce,
            "headers": message.headers,
            "reason": _reason(message.read),
            "content": message.read.outcome or {},
            "received_at": message.received_at,
        }
        for message in messages
    ]
    rows = asked(KEEP, {"messages": msgspec.json.encode(told).decode(), "bodies": [message.body for message in messages]})()
    new = {key for (key,) in rows}
    if new:
        leave_applying()
    return [message.key in new for message in messages]


@transaction.atomic
def apply_notifications(*, limit: int = 200, now: datetime) -> int:
    """
    Apply accepted notifications, the oldest first, and return how many.

    Each is applied once, whatever the number of workers: a worker passes by what another has locked.
    """
    rows = looked_up(TAKE_WAITING, {"limit": limit})
    done: dict[UUID, Recorded] = {key: NOTHING_TO_DO for key, _, _ in rows}
    told = [(key, provider, OUTCOME.decode(content)) for key, provider, content in rows if content]
    for provider in sorted({whose for _, whose, _ in told}):
        keys = [key for key, whose, _ in told if whose == provider]
        outcomes = [outcome for _, whose, outcome in told if whose == provider]
        recorded = record_many(outcomes, source=Source(name=NOTIFICATION.name, provider=provider), now=now)
        done |= dict(zip(keys, recorded, strict=True))
    if done:
        verdicts = [(key, verdict.text, verdict.is_unmatched) for key, verdict in done.items()]
        looked_up(MARK_APPLIED, {"now": now, "rows": msgspec.json.encode(verdicts).decode()})
    return len(rows)


@transaction.atomic
def forget_refused_notifications(*, before: datetime) -> int:
    """Delete refused messages that came before a time, and return how many; anybody can send them."""
    return Notification.objects.filter(verdict=Notification.Verdict.REFUSED, received_at__lt=before).delete()[0]


def _keep_refused(provider: str, headers: Mapping[str, str], body: bytes, *, reason: str, now: datetime) -> Kept:
    with _strangers:
        return _keep_stranger(provider, headers, body, reason=reason, now=now)


@transaction.atomic
def _keep_stranger(provider: str, headers: Mapping[str, str], body: bytes, *, reason: str, now: datetime) -> Kept:
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
    return Kept(pk=refused.pk, verdict=refused.verdict, reason=refused.reason)


def _reason(read: NotificationRead) -> str:
    return read.event_type[:REASON_LENGTH]


def _worth_keeping(headers: Mapping[str, str]) -> dict[str, str]:
    """Return the headers that prove something; no cookies, nothing that PostgreSQL's JSON cannot hold."""
    return {
        name: value.replace("\0", "")[:HEADER_LENGTH]
        for name, value in headers.items()
        if name.lower().startswith("wechatpay-") or name.lower() in {"content-type", "user-agent", "request-id"}
    }
