"""
Who may come in: a notification is looked at here before the library sees it.

It is a form, signed by RSA2 over its sorted parameters without ``sign`` and ``sign_type``. The library checks the signature,
changes what it is given, and raises what its parts raise; neither age nor replay nor whose it is.

*Fresh* is a ``notify_time`` within five minutes. Alipay tries eight times in 25 hours (4 m, 10 m, 10 m, 1 h, 2 h, 6 h, 15 h apart)
until it reads ``success``; a repeated try keeps its ``notify_id`` and carries the time of its own sending, so five minutes shut out
no genuine one. Should one come with its first time nevertheless, it is refused and kept, and polling finds the money within
seconds. *Replayed* is a ``notify_id`` that came before: it is answered as the first time and is not kept again.
"""

import base64
import binascii
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from urllib.parse import parse_qsl

import msgspec

from teahorse.payments.providers import NotificationRead, NotificationRefused
from teahorse.payments.providers.alipay.client import Client
from teahorse.payments.providers.alipay.messages import Unreadable, moment, outcome_of_trade

WINDOW = timedelta(minutes=5)
MOST_FIELDS = 60
LONGEST_ID = 64


def read(*, body: bytes, now: datetime, client_of: Callable[[str], Client], account_of: Callable[[str], str]) -> NotificationRead:
    """
    Return what a genuine, fresh notification for one of our apps says; ``client_of`` knows the apps, ``account_of`` whose they are.

    :raises NotificationRefused: with the reason; cheap checks come first.
    """
    fields = _fields(body)
    notify_id = _check_marks(fields, now)
    client = client_of(fields.get("app_id", ""))
    _check_signature(client, fields)
    if fields.get("seller_id", "") != client.credentials.seller_id:
        msg = f"seller_id {fields.get('seller_id', '')[:40]!r} is not ours"
        raise NotificationRefused(msg)
    try:
        outcome = outcome_of_trade(fields, now=now)
    except Unreadable as error:
        msg = f"content: {error}"[:200]
        raise NotificationRefused(msg) from error
    if outcome is not None:
        outcome = msgspec.structs.replace(outcome, account_number=account_of(fields["app_id"]))
    # a refund is told by another notification of its trade, with the sum of all refunds: which one arrived is asked for
    event_type = f"{fields.get('notify_type', '')} {fields['trade_status']}{' refund' if fields.get('refund_fee') else ''}"
    return NotificationRead(event_id=notify_id, event_type=event_type, nonce=notify_id, outcome=outcome)


def _fields(body: bytes) -> dict[str, str]:
    """Return the form, each name once."""
    try:
        pairs = parse_qsl(body.decode("ascii"), keep_blank_values=True, strict_parsing=True, errors="strict", max_num_fields=MOST_FIELDS)
    except ValueError as error:  # of the codec, of the form
        msg = f"body: {type(error).__name__}"
        raise NotificationRefused(msg) from error
    fields = dict(pairs)
    if len(fields) != len(pairs):
        msg = "body: a name stands twice"
        raise NotificationRefused(msg)
    return fields


def _check_marks(fields: Mapping[str, str], now: datetime) -> str:
    """Return the notify_id of a form that could be Alipay's and of now."""
    if fields.get("sign_type") != "RSA2":
        msg = "signature: another scheme"
        raise NotificationRefused(msg)
    if fields.get("charset", "utf-8").lower() != "utf-8":
        msg = "charset: not utf-8"
        raise NotificationRefused(msg)
    notify_id = fields.get("notify_id", "")
    if not (notify_id.isascii() and notify_id.isalnum() and len(notify_id) <= LONGEST_ID):
        msg = "no notify_id"
        raise NotificationRefused(msg)
    try:
        sent_at = moment(fields.get("notify_time", ""))
    except Unreadable as error:
        msg = "no notify_time"
        raise NotificationRefused(msg) from error
    if abs(now - sent_at) > WINDOW:
        msg = f"notify_time {sent_at:%F %T} is more than five minutes off"
        raise NotificationRefused(msg)
    return notify_id


def _check_signature(client: Client, fields: Mapping[str, str]) -> None:
    """Check the signature over all parameters, and over those that have a value: Alipay's own libraries do not agree on empty ones."""
    signature = fields.get("sign", "")
    signed = {name: value for name, value in fields.items() if name not in {"sign", "sign_type"}}
    try:
        base64.b64decode(signature, validate=True)
        filled = {name: value for name, value in signed.items() if value}
        is_genuine = any(client.library.verify(dict(one), signature) for one in (signed, filled))
    except (binascii.Error, ValueError, TypeError) as error:
        msg = "signature: unreadable"
        raise NotificationRefused(msg) from error
    except Exception as error:  # the library raises bare exceptions for what it does not know
        msg = f"signature: {type(error).__name__}"
        raise NotificationRefused(msg) from error
    if not is_genuine:
        msg = "signature: not Alipay's"
        raise NotificationRefused(msg)
