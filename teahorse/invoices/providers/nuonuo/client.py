"""
Calls of Nuonuo's open platform: JSON over HTTP, signed by ``X-Nuonuo-Sign``.

The signature is base64 of HMAC-SHA1, by the application's secret, over
``a=services&l=v1&p=open&k=<appkey>&i=<senid>&n=<nonce>&t=<timestamp>&f=<body>``: the gateway's path from its end, the
query, and the body as it is sent.
"""

import base64
import hashlib
import hmac
import logging
import secrets
import time
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

import httpx
import msgspec

from teahorse.common.gate import pages
from teahorse.common.ids import new_id
from teahorse.invoices.providers import ProviderUnavailable
from teahorse.invoices.providers.nuonuo.credentials import Credentials

TIMEOUT = httpx.Timeout(10, connect=3)
PAUSES = (0.2, 0.8)
"""Seconds between tries of one call; after them it is left to the next job."""
GOOD = "E0000"
LARGEST_DOCUMENT = 5 * 1024 * 1024

log = logging.getLogger(__name__)


class Said(msgspec.Struct, frozen=True):
    """What the platform said: a code (``E0000`` is good), its sentence, and what was asked for."""

    code: str
    describe: str = ""
    result: Any = None

    @property
    def is_good(self) -> bool:
        """Whether it was done."""
        return self.code == GOOD


def signature(*, app_key: str, app_secret: str, senid: str, nonce: str, timestamp: str, body: str) -> str:
    """Return the ``X-Nuonuo-Sign`` of a call."""
    text = f"a=services&l=v1&p=open&k={app_key}&i={senid}&n={nonce}&t={timestamp}&f={body}"
    return base64.b64encode(hmac.new(app_secret.encode(), text.encode(), hashlib.sha1).digest()).decode()


class Client:
    """One application's calls."""

    def __init__(self, credentials: Credentials) -> None:
        self.credentials = credentials

    def ask(self, *, method: str, content: Mapping[str, Any], tax_number: str) -> Said:
        """
        Call for a seller, and call again after trouble; what the platform refuses is an answer.

        :raises ProviderUnavailable: when the tries are used up.
        """
        body = msgspec.json.encode(content).decode()
        trouble = ""
        for pause in (0.0, *PAUSES):
            with pages.stepped_aside():
                time.sleep(pause)
                try:
                    answer = self._call(method, body, tax_number)
                    if answer.status_code == httpx.codes.OK:
                        return msgspec.json.decode(answer.content, type=Said)
                    trouble = f"{answer.status_code}"
                except (httpx.HTTPError, msgspec.MsgspecError) as error:
                    trouble = f"{type(error).__name__}: {error}"[:200]
        log.warning("the invoice service does not answer: %s", trouble)
        raise ProviderUnavailable(trouble=trouble)

    def _call(self, method: str, body: str, tax_number: str) -> httpx.Response:
        keys = self.credentials
        senid, nonce, timestamp = new_id().hex, f"{secrets.randbelow(90_000_000) + 10_000_000}", str(int(time.time()))
        sign = signature(app_key=keys.app_key, app_secret=keys.app_secret, senid=senid, nonce=nonce, timestamp=timestamp, body=body)
        return httpx.post(
            keys.gateway,
            params={"senid": senid, "nonce": nonce, "timestamp": timestamp, "appkey": keys.app_key},
            content=body.encode(),
            headers={
                "Content-Type": "application/json;charset=utf-8",
                "X-Nuonuo-Sign": sign,
                "accessToken": keys.access_token,
                "userTax": tax_number,
                "method": method,
            },
            timeout=TIMEOUT,
            trust_env=False,
        )

    def fetch(self, url: str) -> bytes:
        """
        Return the document at an address that the platform named.

        :raises ProviderUnavailable: if it is not there yet, no PDF, too large, or not at one of the platform's own hosts.
        """
        parts = urlsplit(url)
        is_own = any(parts.netloc == host or parts.netloc.endswith(f".{host}") for host in self.credentials.document_hosts)
        if not is_own or parts.scheme != urlsplit(self.credentials.gateway).scheme:
            raise ProviderUnavailable(trouble=f"its document is somewhere else: {parts.netloc[:80]}")
        try:
            with pages.stepped_aside(), httpx.stream("GET", url, timeout=TIMEOUT, trust_env=False) as answer:
                answer.raise_for_status()
                document = b""
                for part in answer.iter_bytes():
                    document += part
                    if len(document) > LARGEST_DOCUMENT:
                        raise ProviderUnavailable(trouble="its document is too large")
        except httpx.HTTPError as error:
            raise ProviderUnavailable(trouble=f"its document does not come: {type(error).__name__}") from error
        if not document.startswith(b"%PDF-"):
            raise ProviderUnavailable(trouble="its document is no PDF")
        return document
