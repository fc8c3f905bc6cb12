"""
The library ``wechatpayv3`` with its edges taken off (WeChat Pay API v3, one merchant, the platform's public key).

Time-outs always; trouble is tried again with the same numbers, which WeChat answers alike; an answer counts only
with a signature by the one key that we were given: the library's download of certificates is cut off.
"""

import logging
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import msgspec
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.serialization import load_pem_public_key
from wechatpayv3 import WeChatPay
from wechatpayv3.type import WeChatPayType

from teahorse.common.gate import pages
from teahorse.payments.providers import ProviderUnavailable
from teahorse.payments.providers.wechat_pay.credentials import Credentials

TIMEOUT = (3, 10)
"""Seconds to connect and to wait for an answer."""

PAUSES = (0.2, 0.8)
"""Seconds between tries."""

PATIENCE = 8.0
"""After so many seconds a failed call is not tried again: a person may be waiting."""

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Answer:
    """What WeChat said: the HTTP status and the JSON body."""

    status: int
    body: Mapping[str, Any]

    @property
    def is_good(self) -> bool:
        return self.status in {200, 204}

    @property
    def code(self) -> str:
        """WeChat's code of a refusal."""
        return str(self.body.get("code", self.status))

    @property
    def message(self) -> str:
        """WeChat's sentence of a refusal."""
        return str(self.body.get("message", ""))


class UnknownSerial(Exception):
    """An answer was signed with a key that we were not given."""


def _never_download() -> None:
    raise UnknownSerial


def _cut_loose(library: Any, *, gateway: str) -> None:
    """Set what the library has no option for: another gateway, and no download of certificates."""
    library._core._gate_way = gateway  # noqa: SLF001
    library._core._update_certificates = _never_download  # noqa: SLF001


def _json(text: Any) -> Any:
    return msgspec.json.decode(text) if text else {}


def _rsa_key(pem: str) -> RSAPublicKey:
    key = load_pem_public_key(pem.encode())
    if not isinstance(key, RSAPublicKey):
        msg = "the platform's key is no RSA key"
        raise TypeError(msg)
    return key


class Client:
    """One merchant's calls."""

    def __init__(self, credentials: Credentials) -> None:
        self.credentials = credentials
        self.platform_key = _rsa_key(credentials.platform_public_key)
        self.notice_key = AESGCM(credentials.api_v3_key.encode())
        self.receivers: set[tuple[str, str]] = set()
        """Who was made known as a receiver of whose money already; making known again is harmless."""

    @cached_property
    def library(self) -> Any:
        """The library; made when it is first needed, which reading notifications does not."""
        return self._library(is_partner=False)

    @cached_property
    def partner(self) -> Any:
        """The same merchant speaking for the sellers that are its sub-merchants."""
        return self._library(is_partner=True)

    def _library(self, *, is_partner: bool) -> Any:
        credentials = self.credentials
        library: Any = WeChatPay(  # type: ignore[no-untyped-call]  # the library has no types
            wechatpay_type=WeChatPayType.NATIVE,
            mchid=credentials.mchid,
            appid=credentials.appid,
            private_key=credentials.merchant_private_key,
            cert_serial_no=credentials.merchant_serial,
            apiv3_key=credentials.api_v3_key,
            public_key=credentials.platform_public_key,
            public_key_id=credentials.platform_key_id,
            proxy=None if credentials.is_real else {"http": None, "https": None},
            timeout=TIMEOUT,
            partner_mode=is_partner,
        )
        _cut_loose(library, gateway=credentials.gateway)
        return library

    def ask(self, call: Callable[[Any], tuple[int, Any]], *, is_partner: bool = False) -> Answer:
        """
        Call, and call again after trouble; an answer below 500 is an answer.

        :raises ProviderUnavailable: when the tries are used up.
        """
        status, text = self._called(call, is_partner=is_partner)
        body = _json(text)
        return Answer(status, body if isinstance(body, dict) else {})

    def download(self, url: str) -> bytes:
        """
        Return a file that WeChat made for us; what it is worth its hash must tell, WeChat does not sign files.

        :raises ProviderUnavailable: when the tries are used up, or it does not lie at WeChat.
        """
        if not url.startswith(f"{self.credentials.gateway}/"):
            raise ProviderUnavailable(provider="wechat_pay", trouble="a file that lies elsewhere")
        status, content = self._called(lambda library: library.download_bill(url), is_partner=False, is_json=False)
        if status != 200 or not isinstance(content, bytes):
            raise ProviderUnavailable(provider="wechat_pay", trouble=f"no file: {status}")
        return content

    def _called(self, call: Callable[[Any], tuple[int, Any]], *, is_partner: bool, is_json: bool = True) -> tuple[int, Any]:
        started = time.monotonic()
        trouble = ""
        for pause in (0.0, *PAUSES):
            if pause and time.monotonic() - started > PATIENCE:
                break
            try:
                with pages.stepped_aside():
                    time.sleep(pause)
                    status, text = call(self.partner if is_partner else self.library)
                said = _json(text) if is_json or status != 200 else None
            except Exception as error:  # the library raises bare Exception for a wrong signature
                trouble = f"{type(error).__name__}: {error}"[:300]
            else:
                if status < 500 and status != 429:
                    return status, text
                answer = Answer(status, said if isinstance(said, dict) else {})
                trouble = f"{status} {answer.code} {answer.message}"
        log.warning("WeChat Pay does not answer: %s", trouble)
        raise ProviderUnavailable(provider="wechat_pay", trouble=trouble)

    def sign(self, parts: list[str]) -> str:
        """Sign what a payer's device will show to WeChat (``paySign``)."""
        return str(self.library.sign(parts))
