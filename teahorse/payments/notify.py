"""
What a provider is answered when it calls back, by the views and by the short way in front of them.

Messages that come at the same moment are kept together: one statement and one job for all of them. Each is answered when it is safe.
"""

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

import msgspec
from django.db import connection

from teahorse.common.gathering import Gatherer, NoAnswer
from teahorse.payments.actions.inbox import ACCEPTED, Genuine, Kept, keep_genuine, keep_notification

LONGEST_BODY = 64 * 1024
log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Told:
    """An answer: its status, its type, its body."""

    status: int
    content_type: str
    body: bytes


gatherer: Gatherer[Genuine, bool] = Gatherer(keep_genuine, name="inbox")


def answer(*, provider: str, headers: Mapping[str, str], body: bytes, now: datetime) -> Told:
    """Keep a notification and answer at once, in the provider's own words; what they hear as a refusal or a failure they send again."""
    try:
        kept = keep_notification(
            provider=provider, headers=headers, body=body, now=now, keep=None if connection.in_atomic_block else gatherer.ask
        )
    except NoAnswer:
        log.error("a notification of %s was not kept in time", provider)  # noqa: TRY400 - where it waited says nothing
        return told(provider, 503, "try again")
    return told(provider, *_verdict(kept))


def told(provider: str, status: int, message: str) -> Told:
    """Return an answer in a provider's words: 204 to WeChat Pay, and to Alipay ``success``, the one word that ends its tries."""
    if provider == "alipay":
        return Told(200 if status == 204 else status, "text/plain", b"success" if status == 204 else b"failure")
    if status == 204:
        return Told(204, "", b"")
    return Told(status, "application/json", msgspec.json.encode({"code": "FAIL", "message": message}))


def _verdict(kept: Kept) -> tuple[int, str]:
    return (204, "") if kept.verdict == ACCEPTED else (401, kept.reason)
