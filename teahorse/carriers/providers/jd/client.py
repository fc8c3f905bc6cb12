"""
Calls of JD Logistics' open platform: one address for each service, its parameters signed in the query, one request in a JSON list.

``sign`` is the hexadecimal MD5 of the parameters by name, each followed by its value, between two copies of the secret; the address's
path stands in it as ``method`` and the body as ``param_json`` (the platform calls that ``md5-salt``).
"""

import hashlib
import time
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, TypeVar

import msgspec

from teahorse.carriers.providers import AccessEnded, CarrierRefuses, CarrierUnavailable
from teahorse.carriers.providers.asking import label_fetched, posted_json
from teahorse.common.times import HOME

T = TypeVar("T")
DONE, PRINTED = 0, 1000
ENDED = "19"
"""The gateway's word for a token that lets nobody in (assumed)."""
BUSY = frozenset({"1", "500"})
"""The platform's own trouble (assumed): the same call is tried again later."""
HEADERS = {"lop-tz": "8", "User-Agent": "lop-http/python3"}
VERSION, ALGORITHM = "2.0", "md5-salt"
HOSTS = ("jdl.com",)
"""Whence labels come; nowhere else are they fetched from."""


class Keys(msgspec.Struct, frozen=True, kw_only=True):
    """What JD gives an application, and the customer who let it act for her."""

    app_key: str
    app_secret: str
    access_token: str
    customer_code: str
    refresh_token: str = ""
    template: str = "jdkd76x130"

    def __repr__(self) -> str:
        return f"Keys({self.app_key}, {self.customer_code})"


class Trouble(msgspec.Struct, frozen=True):
    """What the gateway says before any service is asked."""

    code: str | int = ""
    zh_desc: str | None = None


class Answer(msgspec.Struct, frozen=True, rename="camel"):
    """What a service says."""

    code: int | None = None
    success: bool | None = None
    msg: str | None = None
    message: str | None = None
    sub_code: str | None = None
    sub_msg: str | None = None
    data: msgspec.Raw = msgspec.Raw(b"null")
    result: msgspec.Raw = msgspec.Raw(b"null")


class Wrapped(msgspec.Struct, frozen=True):
    content: Answer


class Envelope(Answer, frozen=True):
    """An answer as it comes: alone, in a wrapping, or the gateway's error instead of one."""

    response: Wrapped | None = None
    error_response: Trouble | None = msgspec.field(name="error_response", default=None)


def sign(*, keys: Keys, path: str, body: str, timestamp: str) -> str:
    """Return the ``sign`` of a call."""
    told = {
        "access_token": keys.access_token,
        "app_key": keys.app_key,
        "method": path,
        "param_json": body,
        "timestamp": timestamp,
        "v": VERSION,
    }
    content = "".join(name + told[name] for name in sorted(told))
    return hashlib.md5(f"{keys.app_secret}{content}{keys.app_secret}".encode(), usedforsecurity=False).hexdigest()


class Client:
    """One customer's calls."""

    def __init__(self, keys: Keys, *, gateway: str) -> None:
        self.keys, self.gateway = keys, gateway

    def ask(self, path: str, content: Mapping[str, Any], *, read_as: type[T], domain: str = "ECAP") -> T:
        """
        Call a service and return its ``data`` (printing: its ``result``).

        :raises CarrierUnavailable: when nothing that can be believed comes; :raises CarrierRefuses: when it says no.
        """
        body = msgspec.json.encode([content]).decode()
        envelope = posted_json(
            f"{self.gateway}{path}", lambda: self._query(path, body, domain), body.encode(), headers=HEADERS, read_as=Envelope
        )
        if envelope.error_response is not None:
            code, words = str(envelope.error_response.code), envelope.error_response.zh_desc
            raise AccessEnded(reason=code, message=words or code) if code == ENDED else no(code, words)
        answer = envelope.response.content if envelope.response else envelope
        is_printed = answer.code == PRINTED
        if not is_printed and (answer.code != DONE or answer.success is False):
            raise no(answer.sub_code or str(answer.code), answer.sub_msg or answer.msg or answer.message)
        try:
            return msgspec.json.decode(answer.result if is_printed else answer.data, type=read_as)
        except msgspec.MsgspecError as error:
            raise CarrierUnavailable(trouble=f"it answered in another form: {error}"[:200]) from error

    def fetch(self, url: str) -> bytes:
        """Return a label; see :func:`.asking.label_fetched`."""
        return label_fetched(url, gateway=self.gateway, hosts=HOSTS)

    def _query(self, path: str, body: str, domain: str) -> dict[str, str]:
        timestamp = f"{datetime.fromtimestamp(time.time(), UTC).astimezone(HOME):%Y-%m-%d %H:%M:%S}"
        return {
            "LOP-DN": domain,
            "app_key": self.keys.app_key,
            "access_token": self.keys.access_token,
            "timestamp": timestamp,
            "v": VERSION,
            "sign": sign(keys=self.keys, path=path, body=body, timestamp=timestamp),
            "algorithm": ALGORITHM,
        }


def no(code: str, message: str | None) -> Exception:
    """Return what a refusal is: the platform's own trouble, or a no."""
    if code in BUSY:
        return CarrierUnavailable(trouble=f"{code} {message}")
    return CarrierRefuses(reason=code, message=message or code)
