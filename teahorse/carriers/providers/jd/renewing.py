"""
JD's tokens of access, renewed with the token of renewal that came with them; where this is known from stands in ``docs/carriers.md``.

``GET /oauth/refresh`` with ``app_key``, ``refresh_token``, ``timestamp`` and ``sign``: the MD5 of these three between two copies of the
secret. Both tokens come anew; the times at which they end are Chinese.
"""

import hashlib
import time
from datetime import UTC, datetime

import msgspec

from teahorse.carriers.providers import CarrierRefuses, CarrierUnavailable, Renewed
from teahorse.carriers.providers.asking import got
from teahorse.carriers.providers.jd.client import HEADERS, Keys, Trouble, no
from teahorse.common.times import HOME

GATEWAY = "https://oauth.jdl.com"
PATH = "/oauth/refresh"
NOTHING_TO_RENEW_WITH = "no_refresh_token"


class Told(msgspec.Struct, frozen=True, rename="camel"):
    """Both tokens, or why there are none."""

    access_token: str = ""
    access_expire: str = ""
    refresh_token: str = ""
    error_response: Trouble | None = msgspec.field(name="error_response", default=None)

    def __repr__(self) -> str:
        return f"Told(until {self.access_expire})"


def sign(keys: Keys, *, timestamp: str) -> str:
    """Return the ``sign`` of a renewal."""
    content = f"app_key{keys.app_key}refresh_token{keys.refresh_token}timestamp{timestamp}"
    return hashlib.md5(f"{keys.app_secret}{content}{keys.app_secret}".encode(), usedforsecurity=False).hexdigest()


def renewed(content: bytes, *, sandbox: str) -> Renewed:
    """See :func:`teahorse.carriers.providers.renewed`."""
    keys = msgspec.json.decode(content, type=Keys)
    if not keys.refresh_token:
        raise CarrierRefuses(reason=NOTHING_TO_RENEW_WITH, message="没有 refreshToken")
    told = got(f"{sandbox}/jd{PATH}" if sandbox else GATEWAY + PATH, lambda: _query(keys), headers=HEADERS, read_as=Told)
    if told.error_response is not None:
        raise no(str(told.error_response.code), told.error_response.zh_desc)
    if not told.access_token:
        raise CarrierUnavailable(trouble="it answered without a token")
    new = msgspec.structs.replace(keys, access_token=told.access_token, refresh_token=told.refresh_token or keys.refresh_token)
    return Renewed(keys=msgspec.json.encode(new), until=_time(told.access_expire))


def _query(keys: Keys) -> dict[str, str]:
    timestamp = f"{datetime.fromtimestamp(time.time(), UTC).astimezone(HOME):%Y-%m-%d %H:%M:%S}"
    return {
        "app_key": keys.app_key,
        "refresh_token": keys.refresh_token,
        "timestamp": timestamp,
        "sign": sign(keys, timestamp=timestamp),
    }


def _time(text: str) -> datetime:
    try:
        return datetime.strptime(text, "%Y-%m-%d %H:%M:%S").replace(tzinfo=HOME)
    except ValueError as error:
        raise CarrierUnavailable(trouble=f"no time: {text[:40]!r}") from error
