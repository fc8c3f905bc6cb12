"""What every provider's keys have in common: how they are asked for, checked and told by fingerprints only."""

import base64
import binascii
import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib import import_module
from typing import Protocol

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPublicKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_der_private_key,
    load_der_public_key,
)
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from teahorse.common.refusals import Malformed

LONGEST = 8000
SMALLEST_BITS = 2048
ARMOUR = re.compile(r"-----(BEGIN|END)[A-Z ]+-----")


@dataclass(frozen=True, kw_only=True)
class KeyField:
    """One thing that a provider gives its merchant."""

    name: str
    label: str | Promise
    is_secret: bool = False
    is_long: bool = False
    is_optional: bool = False


@dataclass(frozen=True, kw_only=True)
class KeysChecked:
    """Keys that could be the provider's: the account's number, what is to be sealed, and what may be shown of it."""

    number: str
    content: bytes = field(repr=False)
    fingerprints: Mapping[str, str]


class KeyForm(Protocol):
    """A provider's module ``credentials``."""

    FIELDS: tuple[KeyField, ...]

    def checked(self, values: Mapping[str, str]) -> KeysChecked:
        """Return keys that are whole and of the right kind. :raises Malformed: with the field; its words hold nothing of a key."""


def key_form(provider: str) -> KeyForm:
    """Return how a provider's keys are asked for and checked."""
    module: KeyForm = import_module(f"teahorse.payments.providers.{provider}.credentials")
    return module


def texts(values: Mapping[str, str], fields: tuple[KeyField, ...]) -> dict[str, str]:
    """Return what was typed without the space around it. :raises Malformed: if something is missing or far too long."""
    found = {one.name: values.get(one.name, "").strip() for one in fields}
    for one in fields:
        if not found[one.name] and not one.is_optional:
            raise Malformed(field=one.name, reason=_("This is missing."))
        if len(found[one.name]) > LONGEST:
            raise Malformed(field=one.name, reason=_("This is too long to be a key."))
    return found


def private_key(text: str, *, name: str) -> RSAPrivateKey:
    """Return an RSA key from PEM or from bare Base64, as Alipay's tool writes it. :raises Malformed: if it is none."""
    try:
        key = load_der_private_key(_der(text), None)
    except (ValueError, TypeError, binascii.Error):
        key = None
    if not isinstance(key, RSAPrivateKey) or key.key_size < SMALLEST_BITS:
        raise Malformed(field=name, reason=_("This is no RSA private key of 2048 bits or more."))
    return key


def public_key(text: str, *, name: str) -> RSAPublicKey:
    """Return an RSA public key from PEM or from bare Base64. :raises Malformed: if it is none."""
    try:
        key = load_der_public_key(_der(text))
    except (ValueError, TypeError, binascii.Error):
        key = None
    if not isinstance(key, RSAPublicKey) or key.key_size < SMALLEST_BITS:
        raise Malformed(field=name, reason=_("This is no RSA public key of 2048 bits or more."))
    return key


def private_pem(key: RSAPrivateKey) -> str:
    """Return a key as both libraries read it (PKCS#8)."""
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()


def public_pem(key: RSAPublicKey) -> str:
    """Return a public key in PEM."""
    return key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()


def fingerprint(key: RSAPublicKey) -> str:
    """Return by what people tell a key from another, over the telephone if need be: SHA-256 of its public half, the first 64 bits."""
    digest = hashlib.sha256(key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)).hexdigest()[:16]
    return " ".join(digest[start : start + 4] for start in range(0, 16, 4))


def _der(text: str) -> bytes:
    return base64.b64decode("".join(ARMOUR.sub("", text).split()), validate=True)
