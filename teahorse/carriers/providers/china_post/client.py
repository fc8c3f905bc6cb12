"""
Calls of China Post's open platform for customers with a contract: one address, a form, the content of a call sealed with SM4.

``logitcsInterface`` (the platform's own spelling) is ``|$4|`` and base64 of SM4-ECB, PKCS7-padded, of the JSON followed by the key as it
was given (base64 text). What comes back is JSON, its body text in it; only pushes are sealed, and a seal of ECB proves nobody's hand.
"""

import base64
import binascii
import time
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, TypeVar

import msgspec
from cryptography.hazmat.primitives.ciphers import Cipher, modes
from cryptography.hazmat.primitives.ciphers.algorithms import SM4
from cryptography.hazmat.primitives.padding import PKCS7

from teahorse.carriers.providers import CarrierRefuses, CarrierUnavailable
from teahorse.carriers.providers.asking import posted
from teahorse.common.times import HOME

T = TypeVar("T")
DONE = "00000"
BUSY = frozenset({"S00001"})
"""The platform's own trouble (assumed): the same call is tried again later."""
MARK = "|$4|"
BLOCK_BITS = 128


class Keys(msgspec.Struct, frozen=True, kw_only=True):
    """What China Post gives a customer; ``product`` 10 is the standard express of e-commerce, 2 the parcel, 1 EMS."""

    sender_no: str
    authorization: str
    sign_key: str
    product: str = "10"
    rate_product: str = "115104300000691"

    def __repr__(self) -> str:
        return f"Keys({self.sender_no})"


class Envelope(msgspec.Struct, frozen=True, rename="camel"):
    """What the platform says; the body is text in it."""

    ret_code: str
    ret_msg: str | None = None
    ret_body: str | None = None


def cipher(key: str) -> Cipher[modes.ECB]:
    """Return SM4 by a key in base64. :raises ValueError: if it is no key of 128 bits."""
    return Cipher(SM4(base64.b64decode(key, validate=True)), modes.ECB())  # noqa: S305 - the platform's choice


def sealed(text: str, *, key: str) -> str:
    """Return the content of a call as the platform wants it."""
    padder, encryptor = PKCS7(BLOCK_BITS).padder(), cipher(key).encryptor()
    padded = padder.update(f"{text}{key}".encode()) + padder.finalize()
    return MARK + base64.b64encode(encryptor.update(padded) + encryptor.finalize()).decode()


def opened(text: str, *, key: str) -> bytes:
    """Return the JSON in what was sealed. :raises ValueError: if it was not sealed with this key."""
    if not text.startswith(MARK):
        msg = "no mark"
        raise ValueError(msg)
    unpadder, decryptor = PKCS7(BLOCK_BITS).unpadder(), cipher(key).decryptor()
    try:
        padded = decryptor.update(base64.b64decode(text.removeprefix(MARK), validate=True)) + decryptor.finalize()
    except binascii.Error as error:
        msg = "no base64"
        raise ValueError(msg) from error
    return (unpadder.update(padded) + unpadder.finalize()).removesuffix(key.encode())


class Client:
    """One customer's calls."""

    def __init__(self, keys: Keys, *, gateway: str) -> None:
        self.keys, self.gateway = keys, gateway

    def ask(self, service: str, content: Mapping[str, Any] | Sequence[Mapping[str, Any]], *, read_as: type[T]) -> T:
        """
        Call a service and return what its body tells.

        :raises CarrierUnavailable: when nothing that can be believed comes; :raises CarrierRefuses: when it says no.
        """
        body = self.body(service, content)
        try:
            return msgspec.json.decode(body, type=read_as)
        except msgspec.MsgspecError as error:
            raise CarrierUnavailable(trouble=f"it answered in another form: {error}"[:200]) from error

    def body(self, service: str, content: Mapping[str, Any] | Sequence[Mapping[str, Any]]) -> str:
        """Call a service and return its body as it came; see :meth:`ask`."""
        message = msgspec.json.encode(content).decode()
        envelope = posted(self.gateway, lambda: self._form(service, message), read_as=Envelope)
        if envelope.ret_code in BUSY:
            raise CarrierUnavailable(trouble=f"{envelope.ret_code} {envelope.ret_msg}")
        if envelope.ret_code != DONE:
            raise CarrierRefuses(reason=envelope.ret_code, message=envelope.ret_msg or envelope.ret_code)
        return envelope.ret_body or ""

    def _form(self, service: str, message: str) -> dict[str, str]:
        return {
            "apiCode": service,
            "senderNo": self.keys.sender_no,
            "authorization": self.keys.authorization,
            "msgType": "0",
            "timeStamp": f"{datetime.fromtimestamp(time.time(), UTC).astimezone(HOME):%Y-%m-%d %H:%M:%S}",
            "version": "V1.0.0",
            "logitcsInterface": sealed(message, key=self.keys.sign_key),
        }
