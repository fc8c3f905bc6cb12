"""
Who may come in: a notification is looked at and opened here; the library never sees it.

The library checks the signature but neither age nor replay, and lets an unknown serial make it call out; and it checks and reads
with keys and words made anew for each message, where in a rush there are hundreds a second. WeChat's own rule: refuse what is more
than five minutes off, and what carries the ``WECHATPAY/SIGNTEST/`` probe (pay.wechatpay.cn, "build-verify-sign-src").
"""

import base64
import binascii
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Annotated, Literal

import msgspec
from cryptography.exceptions import InvalidSignature, InvalidTag
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.hashes import SHA256

from teahorse.payments.providers import NotificationRead, NotificationRefused, Outcome
from teahorse.payments.providers.wechat_pay.client import Client
from teahorse.payments.providers.wechat_pay.messages import (
    Combined,
    RefundNotice,
    Transaction,
    outcome_of_combined,
    outcome_of_payment,
    outcome_of_refund,
)

SCHEME = "WECHATPAY2-SHA256-RSA2048"
PROBE = "WECHATPAY/SIGNTEST/"
WINDOW = timedelta(minutes=5)


class Sealed(msgspec.Struct, frozen=True, kw_only=True):
    """What only the merchant can read (AEAD_AES_256_GCM, RFC 5116)."""

    algorithm: Literal["AEAD_AES_256_GCM"]
    nonce: Annotated[str, msgspec.Meta(min_length=1, max_length=64)]
    ciphertext: bytes
    associated_data: str | None = None


class Envelope(msgspec.Struct, frozen=True, kw_only=True):
    """A notification as it comes."""

    id: Annotated[str, msgspec.Meta(min_length=1, max_length=64)]
    event_type: Annotated[str, msgspec.Meta(min_length=1, max_length=64)]
    resource_type: Literal["encrypt-resource"]
    resource: Sealed


class Kind(msgspec.Struct, frozen=True, kw_only=True):
    """By which a combined payment is told from a single one."""

    sub_orders: msgspec.Raw | msgspec.UnsetType = msgspec.UNSET


ENVELOPE = msgspec.json.Decoder(Envelope)
KIND = msgspec.json.Decoder(Kind)
COMBINED = msgspec.json.Decoder(Combined)
TRANSACTION = msgspec.json.Decoder(Transaction)
REFUND = msgspec.json.Decoder(RefundNotice)


def read(client: Client, *, headers: Mapping[str, str], body: bytes, now: datetime) -> NotificationRead:
    """
    Return what a genuine, fresh notification for this merchant says; whether its nonce came before is seen when it is kept.

    :raises NotificationRefused: with the reason; cheap checks come first.
    """
    marks = {name.lower(): value for name, value in headers.items()}
    nonce = _check_marks(client, marks, now)
    _check_signature(client, marks, body)
    envelope, plain = _open(client, body)
    try:
        outcome = _outcome(client, envelope.event_type, plain, now)
    except (ValueError, RecursionError) as error:
        msg = f"content: {error}"[:200]
        raise NotificationRefused(msg) from error
    return NotificationRead(event_id=envelope.id, event_type=envelope.event_type, nonce=nonce, outcome=outcome)


def _check_marks(client: Client, marks: Mapping[str, str], now: datetime) -> str:
    """Return the nonce of headers that could be WeChat's and of now."""
    serial, timestamp = marks.get("wechatpay-serial", ""), marks.get("wechatpay-timestamp", "")
    nonce = marks.get("wechatpay-nonce", "")
    if marks.get("wechatpay-signature", "").startswith(PROBE):
        msg = "signature: WeChat's own test of whether we look"
        raise NotificationRefused(msg)
    if marks.get("wechatpay-signature-type", SCHEME) != SCHEME:
        msg = "signature: another scheme"
        raise NotificationRefused(msg)
    if serial != client.credentials.platform_key_id:
        msg = f"unknown serial {serial[:64]!r}"
        raise NotificationRefused(msg)
    if not (timestamp.isascii() and timestamp.isdigit() and len(timestamp) <= 12):
        msg = "no timestamp"
        raise NotificationRefused(msg)
    if abs(now.timestamp() - int(timestamp)) > WINDOW.total_seconds():
        msg = f"timestamp {timestamp} is more than five minutes off"
        raise NotificationRefused(msg)
    if not (nonce.isascii() and nonce.isalnum() and len(nonce) <= 64):
        msg = "no nonce"
        raise NotificationRefused(msg)
    return nonce


def _check_signature(client: Client, marks: Mapping[str, str], body: bytes) -> None:
    """Check the signature on the bytes as they came, before anything reads them."""
    key = client.platform_key
    message = f"{marks['wechatpay-timestamp']}\n{marks['wechatpay-nonce']}\n".encode() + body + b"\n"
    try:
        signature = base64.b64decode(marks.get("wechatpay-signature", ""), validate=True)
        key.verify(signature, message, PKCS1v15(), SHA256())
    except (InvalidSignature, binascii.Error, ValueError) as error:
        msg = "signature: not WeChat's"
        raise NotificationRefused(msg) from error


def _open(client: Client, body: bytes) -> tuple[Envelope, bytes]:
    """Return a genuine body and what was sealed in it."""
    try:
        envelope = ENVELOPE.decode(body)
        sealed = envelope.resource
        plain = client.notice_key.decrypt(sealed.nonce.encode(), sealed.ciphertext, (sealed.associated_data or "").encode())
    except InvalidTag as error:
        msg = "body: sealed with another key"
        raise NotificationRefused(msg) from error
    except (ValueError, RecursionError) as error:  # no such JSON; a nonce of another length
        msg = f"body: {error}"[:200]
        raise NotificationRefused(msg) from error
    return envelope, plain


def _outcome(client: Client, event_type: str, plain: bytes, now: datetime) -> Outcome | None:
    """Read the content by its kind, and refuse what was meant for another merchant."""
    ours = client.credentials
    if event_type.startswith("TRANSACTION.") and KIND.decode(plain).sub_orders is not msgspec.UNSET:
        combined = COMBINED.decode(plain)
        _check_owner("mchid", combined.combine_mchid, ours.mchid)
        _check_owner("appid", combined.combine_appid, ours.appid)
        return outcome_of_combined(combined, now=now)
    if event_type.startswith("TRANSACTION."):
        told = TRANSACTION.decode(plain)
        _check_owner("mchid", told.owner, ours.mchid)
        _check_owner("appid", told.app, ours.appid)
        return outcome_of_payment(told, now=now)
    if event_type.startswith("REFUND."):
        notice = REFUND.decode(plain)
        _check_owner("mchid", notice.owner, ours.mchid)
        return outcome_of_refund(notice, now=now)
    return None


def _check_owner(name: str, told: str, ours: str) -> None:
    if told != ours:
        msg = f"{name} {told[:40]!r} is not ours"
        raise NotificationRefused(msg)
