"""
Sending to addresses that strangers name: over HTTPS and to public addresses only, so that nobody reaches through us what he cannot reach.

A name is looked up once and what it says is connected to: it cannot say one thing when it is looked at and another when it is sent to.
The house's own origin may be named too; who tries it out on one machine has no other. Neighbours whom the house's keeper names
(``TEAHORSE_TRACE_NEIGHBOURS``) may be reached wherever they are, but only by what is meant for them.
"""

import base64
import hashlib
import hmac
import ipaddress
import socket
from collections.abc import Collection
from dataclasses import dataclass
from enum import StrEnum
from typing import Final
from urllib.parse import SplitResult, urlsplit

import httpx
from django.conf import settings

TIMEOUT: Final = httpx.Timeout(15, connect=5)
USER_AGENT: Final = "teahorse"
_PORTS: Final = {"https": 443, "http": 80}
_NAT64 = ipaddress.ip_network("64:ff9b::/96")


class Why(StrEnum):
    """Why an address is not sent to."""

    NOT_AN_ADDRESS = "not an address of a host"
    NOT_HTTPS = "not https"
    NOT_PUBLIC = "it leads to an address that is not public"
    LEADS_NOWHERE = "its name leads nowhere"


class NotAllowed(Exception):
    """The address may not be sent to."""

    def __init__(self, why: Why) -> None:
        super().__init__(why.value)
        self.why = why


class NotReached(Exception):
    """It was not taken: nobody answered, or not with success; ``what`` happened."""

    def __init__(self, *, what: str) -> None:
        super().__init__(what)


@dataclass(frozen=True, slots=True)
class Answered:
    """What came back, with whatever status."""

    status: int
    content_type: str
    body: bytes


def parts_of(dest: str, *, near: Collection[str] = ()) -> tuple[SplitResult, bool]:
    """
    Return an address in its parts, and whether it may be reached wherever it leads: the house's own origin, or one that is ``near``.

    :raises NotAllowed: if it is neither HTTPS nor of such an origin, or names a user.
    """
    try:
        parts = urlsplit(dest)
        origin = _origin(parts)
    except ValueError:
        raise NotAllowed(Why.NOT_AN_ADDRESS) from None
    if not parts.hostname or parts.username is not None or parts.fragment:
        raise NotAllowed(Why.NOT_AN_ADDRESS)
    is_near = origin in {_origin(urlsplit(one)) for one in (settings.SITE_URL, *near)}
    if parts.scheme != "https" and not is_near:
        raise NotAllowed(Why.NOT_HTTPS)
    return parts, is_near


def _origin(parts: SplitResult) -> tuple[str, str | None, int]:
    return parts.scheme, parts.hostname, parts.port or _PORTS.get(parts.scheme, 0)


def addresses_of(dest: str, *, near: Collection[str] = ()) -> tuple[SplitResult, list[str]]:
    """
    Return an address in its parts, and the network addresses by which it may be reached.

    :raises NotAllowed: as :func:`parts_of`, or if it leads where only the house can go, or nowhere.
    """
    parts, is_near = parts_of(dest, near=near)
    try:
        found = sorted({str(entry[4][0]) for entry in socket.getaddrinfo(parts.hostname, _origin(parts)[2], type=socket.SOCK_STREAM)})
    except (OSError, UnicodeError) as error:
        raise NotAllowed(Why.LEADS_NOWHERE) from error
    if not is_near and not all(_is_public(address) for address in found):
        raise NotAllowed(Why.NOT_PUBLIC)
    return parts, found


def _is_public(text: str) -> bool:
    """Say whether everybody reaches an address by himself; one that hides another in it is judged by that one."""
    address = ipaddress.ip_address(text.partition("%")[0])
    if isinstance(address, ipaddress.IPv6Address):
        hidden = address.ipv4_mapped or address.sixtofour or (address.teredo[1] if address.teredo else None)
        if hidden is None and address in _NAT64:
            hidden = ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
        if hidden is not None and not _is_public(str(hidden)):
            return False
    return address.is_global and not address.is_multicast


def signature_of(body: bytes, token: str) -> str:
    """Return the HMAC-SHA256 of a body under a subscriber's token, in Base64, as the header ``GS1-Signature`` has it."""
    return base64.b64encode(hmac.digest(token.encode(), body, hashlib.sha256)).decode()


def post(dest: str, body: bytes, *, headers: dict[str, str]) -> None:
    """
    Send a body; a redirection is not followed.

    :raises NotAllowed, NotReached: as :func:`addresses_of`; NotReached also for every answer but success.
    """
    status = _send(dest, body, headers=headers).status  # what it says is not read: it may be without end
    if status // 100 != 2:
        raise NotReached(what=f"it answered {status}")


def ask(dest: str, body: bytes, *, headers: dict[str, str], near: Collection[str] = (), most: int) -> Answered:
    """
    Send a body and return what came back, with whatever status; a redirection is not followed.

    :raises NotAllowed: as :func:`addresses_of`.
    :raises NotReached: if nobody answered, or with more than ``most`` bytes.
    """
    return _send(dest, body, headers=headers, near=near, most=most)


def _send(dest: str, body: bytes, *, headers: dict[str, str], near: Collection[str] = (), most: int = 0) -> Answered:
    """Send a body to the address that was looked up; of the answer only as much is read as is wanted, nothing without ``most``."""
    parts, (address, *_others) = addresses_of(dest, near=near)
    request = httpx.Request(
        "POST",
        httpx.URL(dest).copy_with(host=address),
        content=body,
        headers={**headers, "Host": parts.netloc, "User-Agent": USER_AGENT},
        extensions={"sni_hostname": parts.hostname},
    )
    content = bytearray()
    try:
        with httpx.Client(timeout=TIMEOUT, follow_redirects=False, trust_env=False) as client:
            answer = client.send(request, stream=True)
            for part in answer.iter_bytes() if most else ():
                content += part
                if len(content) > most:
                    raise NotReached(what=f"it answered with more than {most} bytes")
            answer.close()
    except httpx.HTTPError as error:
        raise NotReached(what=f"{type(error).__name__}: {error}") from error
    return Answered(answer.status_code, answer.headers.get("Content-Type", ""), bytes(content))
