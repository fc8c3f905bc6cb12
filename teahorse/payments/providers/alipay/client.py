"""
The library ``python-alipay-sdk`` with its edges taken off (Alipay's open platform, RSA2, public-key mode).

It signs and verifies; the call is ours: a POST with ``(connect, read)`` time-outs where the library has a GET whose address
holds the whole order, Beijing's time whatever this machine's is, and trouble is tried again with the same numbers.
An answer counts only with a signature by the one key that we were given.
"""

import logging
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import httpx
from alipay import AliPay

from teahorse.common.gate import pages
from teahorse.common.times import HOME
from teahorse.payments.providers import ProviderUnavailable
from teahorse.payments.providers.alipay.credentials import CODE, Credentials

TIMEOUT = (3.0, 10.0)
"""Seconds to connect and to wait for an answer."""

PAUSES = (0.2, 0.8)
"""Seconds between tries."""

PATIENCE = 8.0
"""After so many seconds a failed call is not tried again: a person may be waiting."""

IN_TROUBLE = frozenset({"ACQ.SYSTEM_ERROR", "aop.ACQ.SYSTEM_ERROR", "isp.unknow-error"})
LARGEST_BILL = 256 * 1024 * 1024

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Answer:
    """What Alipay said, in its own signed words."""

    body: Mapping[str, Any]

    @property
    def is_good(self) -> bool:
        return self.body.get("code") == "10000"

    @property
    def code(self) -> str:
        """Alipay's code of a refusal."""
        return str(self.body.get("sub_code") or self.body.get("code", ""))

    @property
    def message(self) -> str:
        """Alipay's sentence of a refusal."""
        return str(self.body.get("sub_msg") or self.body.get("msg", ""))

    def text(self, name: str) -> str:
        """Return a text of the answer, or nothing."""
        value = self.body.get(name, "")
        return value if isinstance(value, str) else ""


class Library(AliPay):
    """The library, with our clock and our call."""

    def __init__(self, credentials: Credentials) -> None:
        super().__init__(  # type: ignore[no-untyped-call]  # the library has no types
            appid=credentials.app_id,
            app_private_key_string=credentials.app_private_key,
            alipay_public_key_string=credentials.alipay_public_key,
            sign_type="RSA2",
        )
        self._gateway = credentials.gateway  # ``debug`` only knows Alipay's own sandbox
        self._trust_env = credentials.is_real

    def build_body(self, method: str, biz_content: Any = None, **more: Any) -> dict[str, Any]:
        """Return a request's parameters; the library takes the machine's clock for Beijing's."""
        body: dict[str, Any] = super().build_body(method, biz_content, **more)  # type: ignore[no-untyped-call]  # as above
        body["timestamp"] = datetime.now(HOME).strftime("%Y-%m-%d %H:%M:%S")
        return body

    def verified_sync_response(self, data: dict[str, Any], response_type: str) -> Any:
        """Call, and return the part of the answer that is signed."""
        connect, read = TIMEOUT
        answer = httpx.post(
            f"{self._gateway}?charset=utf-8",
            content=self.sign_data(data),  # type: ignore[no-untyped-call]  # as above
            headers={"Content-Type": "application/x-www-form-urlencoded;charset=utf-8"},
            timeout=httpx.Timeout(read, connect=connect),
            trust_env=self._trust_env,
        )
        answer.raise_for_status()
        return self._verify_and_return_sync_response(answer.content.decode(), response_type)  # type: ignore[no-untyped-call]  # as above


class Client:
    """One app's calls."""

    def __init__(self, credentials: Credentials) -> None:
        self.credentials = credentials
        self.library: Any = Library(credentials)

    def ask(self, call: Callable[[Any], Any]) -> Answer:
        """
        Call, and call again after trouble; a signed answer that is no trouble of theirs is an answer.

        :raises ProviderUnavailable: when the tries are used up.
        """
        started = time.monotonic()
        trouble = ""
        for pause in (0.0, *PAUSES):
            if pause and time.monotonic() - started > PATIENCE:
                break
            try:
                with pages.stepped_aside():
                    time.sleep(pause)
                    body = call(self.library)
                answer = Answer(body if isinstance(body, dict) else {})
            except Exception as error:  # the library raises what its parts raise: for signatures, JSON, Base64, missing names
                trouble = f"{type(error).__name__}: {error}"[:300]
            else:
                if answer.body.get("code") != "20000" and answer.code not in IN_TROUBLE:
                    return answer
                trouble = f"{answer.code} {answer.message}"[:300]
        log.warning("Alipay does not answer: %s", trouble)
        raise ProviderUnavailable(provider=CODE, trouble=trouble)

    def address(self, query: str) -> str:
        """Return where a browser goes with a signed request."""
        return f"{self.credentials.gateway}?{query}"

    def download(self, address: str) -> bytes:
        """
        Return what Alipay keeps at an address that it gave us.

        :raises ProviderUnavailable: if it cannot be had.
        """
        connect, read = TIMEOUT
        try:
            with pages.stepped_aside():
                answer = httpx.get(address, timeout=httpx.Timeout(read, connect=connect), trust_env=self.credentials.is_real)
            answer.raise_for_status()
        except httpx.HTTPError as error:
            trouble = type(error).__name__  # the error's own words hold the address, which opens the bill
            raise ProviderUnavailable(provider=CODE, trouble=f"the bill: {trouble}") from None
        if len(answer.content) > LARGEST_BILL:
            raise ProviderUnavailable(provider=CODE, trouble="the bill is too large")
        return answer.content
