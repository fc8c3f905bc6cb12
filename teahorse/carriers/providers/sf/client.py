"""
Calls of SF's open platform (丰桥): one address, a form, JSON in it and JSON as text in the answer.

``msgDigest`` is base64 of the MD5 of the URL-encoded (as forms are) ``msgData + timestamp + checkword``.
"""

import base64
import hashlib
import time
from collections.abc import Mapping
from typing import Any, TypeVar
from urllib.parse import quote_plus

import msgspec

from teahorse.carriers.providers import CarrierRefuses, CarrierUnavailable
from teahorse.carriers.providers.asking import label_fetched, posted
from teahorse.common.ids import new_id

T = TypeVar("T")
TAKEN = "A1000"
DONE = "S0000"
BUSY = frozenset({"A1005", "A1009", "A1099", "S0003"})
"""The platform's own trouble, or too many calls: the same call is tried again later."""
HOSTS = ("sf-express.com",)
"""Whence labels come; nowhere else are they fetched from."""


class Keys(msgspec.Struct, frozen=True, kw_only=True):
    """What SF gives a customer."""

    partner_id: str
    checkword: str
    monthly_card: str

    def __repr__(self) -> str:
        return f"Keys({self.partner_id})"


class Envelope(msgspec.Struct, frozen=True):
    """What the platform says; the service's own answer is text in it."""

    api_result_code: str = msgspec.field(name="apiResultCode")
    api_error_msg: str | None = msgspec.field(name="apiErrorMsg", default=None)
    api_result_data: str | None = msgspec.field(name="apiResultData", default=None)


class Answer(msgspec.Struct, frozen=True, rename="camel"):
    """What the service says."""

    success: bool | str
    error_code: str = ""
    error_msg: str | None = None
    msg_data: msgspec.Raw = msgspec.Raw(b"null")


def digest(*, message: str, timestamp: str, checkword: str) -> str:
    """Return the ``msgDigest`` of a call."""
    # as forms are encoded (Java's URLEncoder): the star stays, the tilde does not
    encoded = quote_plus(f"{message}{timestamp}{checkword}", safe="*")
    encoded = encoded.replace("~", "%7E")
    return base64.b64encode(hashlib.md5(encoded.encode(), usedforsecurity=False).digest()).decode()


class Client:
    """One customer's calls."""

    def __init__(self, keys: Keys, *, gateway: str) -> None:
        self.keys, self.gateway = keys, gateway

    def ask(self, service: str, content: Mapping[str, Any], *, read_as: type[T]) -> T:
        """
        Call a service and return what it says.

        :raises CarrierUnavailable: when nothing that can be believed comes; :raises CarrierRefuses: when it says no.
        """
        message = msgspec.json.encode(content).decode()
        envelope = posted(self.gateway, lambda: self._form(service, message), read_as=Envelope)
        if envelope.api_result_code != TAKEN:
            raise _no(envelope.api_result_code, envelope.api_error_msg)
        try:
            answer = msgspec.json.decode(envelope.api_result_data or "", type=Answer)
            if str(answer.success).lower() != "true" or answer.error_code != DONE:
                raise _no(answer.error_code, answer.error_msg)
            return msgspec.json.decode(answer.msg_data, type=read_as)
        except msgspec.MsgspecError as error:
            raise CarrierUnavailable(trouble=f"it answered in another form: {error}"[:200]) from error

    def fetch(self, url: str, *, token: str) -> bytes:
        """Return a label; see :func:`.asking.label_fetched`."""
        return label_fetched(url, gateway=self.gateway, hosts=HOSTS, headers={"X-Auth-token": token})

    def _form(self, service: str, message: str) -> dict[str, str]:
        timestamp = str(int(time.time() * 1000))
        return {
            "partnerID": self.keys.partner_id,
            "requestID": new_id().hex,
            "serviceCode": service,
            "timestamp": timestamp,
            "msgDigest": digest(message=message, timestamp=timestamp, checkword=self.keys.checkword),
            "msgData": message,
        }


def _no(code: str, message: str | None) -> Exception:
    if code in BUSY:
        return CarrierUnavailable(trouble=f"{code} {message}")
    return CarrierRefuses(reason=code, message=message or code)
