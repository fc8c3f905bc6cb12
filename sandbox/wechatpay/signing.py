"""API v3 signatures and encryption: requests are checked byte for byte, answers and notifications are signed."""

from __future__ import annotations

import base64
import re
import secrets
from dataclasses import dataclass
from functools import lru_cache
from typing import cast

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPublicKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from cryptography.x509 import load_pem_x509_certificate

from sandbox.keys import Keys
from sandbox.state import State
from sandbox.wechatpay.errors import Refusal

SCHEME = "WECHATPAY2-SHA256-RSA2048"
WINDOW_SECONDS = 300
PARTS = ("mchid", "nonce_str", "signature", "timestamp", "serial_no")


@dataclass(frozen=True)
class SignedRequest:
    """A request as it stood on the wire; `url` is path and query after the gateway's root, `body` the raw bytes."""

    method: str
    url: str
    authorization: str
    body: bytes


def check(request: SignedRequest, *, keys: Keys, state: State, now: float) -> None:
    """
    Accept a request that the sandbox's merchant signed within five minutes and never sent before.

    :raises Refusal: SIGN_ERROR (401), naming the part of the Authorization header that is wrong.
    """
    parts = _parts(request.authorization)
    if parts["mchid"] != keys.mchid:
        raise _wrong(field="mchid", issue="merchant number unknown to the sandbox")
    if parts["serial_no"] != keys.merchant_serial:
        raise _wrong(field="serial_no", issue="certificate serial does not belong to the merchant")
    if not re.fullmatch(r"\d{1,12}", parts["timestamp"]) or abs(now - int(parts["timestamp"])) > WINDOW_SECONDS:
        raise _wrong(field="timestamp", issue="timestamp is more than 5 minutes off")
    if not re.fullmatch(r"[0-9A-Za-z_\-]{1,32}", parts["nonce_str"]):
        raise _wrong(field="nonce_str", issue="nonce must have 1 to 32 letters and digits")
    head = f"{request.method}\n{request.url}\n{parts['timestamp']}\n{parts['nonce_str']}\n".encode()
    message = head + request.body + b"\n"
    if not is_signed_by_merchant(keys, message=message, signature=parts["signature"]):
        raise Refusal(
            code="SIGN_ERROR",
            detail={
                "detail": {"issue": "sign not match"},
                "field": "signature",
                "location": "authorization",
                "sign_information": {
                    "method": request.method,
                    "sign_message_length": len(message),
                    "truncated_sign_message": (head + request.body[:8]).decode("utf-8", "replace") + "\n",
                    "url": request.url,
                },
            },
        )
    if not state.is_fresh_nonce(owner=keys.mchid, nonce=parts["nonce_str"], now=now):
        raise _wrong(field="nonce_str", issue="nonce was used before")


def is_signed_by_merchant(keys: Keys, *, message: bytes, signature: str) -> bool:
    """Whether a Base64 signature of a message is the merchant's."""
    public_key = cast("RSAPublicKey", load_pem_x509_certificate(keys.merchant_certificate.encode()).public_key())
    try:
        public_key.verify(base64.b64decode(signature, validate=True), message, PKCS1v15(), SHA256())
    except (InvalidSignature, ValueError):
        return False
    return True


def sign(private_key: str, message: bytes) -> str:
    """A Base64 SHA256-with-RSA signature by a PEM private key."""
    return base64.b64encode(_private(private_key).sign(message, PKCS1v15(), SHA256())).decode()


def platform_headers(keys: Keys, *, body: bytes, timestamp: int, with_certificate: bool) -> dict[str, str]:
    """The five headers that let a merchant verify a body from the platform."""
    nonce = secrets.token_hex(16)
    private_key = keys.platform_certificate_private_key if with_certificate else keys.platform_private_key
    return {
        "Wechatpay-Serial": keys.platform_serial if with_certificate else keys.platform_key_id,
        "Wechatpay-Timestamp": str(timestamp),
        "Wechatpay-Nonce": nonce,
        "Wechatpay-Signature": sign(private_key, f"{timestamp}\n{nonce}\n".encode() + body + b"\n"),
        "Wechatpay-Signature-Type": SCHEME,
    }


def encrypt(keys: Keys, *, plain: bytes, associated_data: str) -> dict[str, str]:
    """AEAD_AES_256_GCM with the API v3 key, in WeChat's JSON shape."""
    nonce = secrets.token_hex(6)
    sealed = AESGCM(keys.api_v3_key.encode()).encrypt(nonce.encode(), plain, associated_data.encode())
    return {
        "algorithm": "AEAD_AES_256_GCM",
        "associated_data": associated_data,
        "nonce": nonce,
        "ciphertext": base64.b64encode(sealed).decode(),
    }


@lru_cache(maxsize=8)
def _private(pem: str) -> RSAPrivateKey:
    return cast("RSAPrivateKey", load_pem_private_key(pem.encode(), None))


def _parts(authorization: str) -> dict[str, str]:
    scheme, _, rest = authorization.partition(" ")
    if scheme != SCHEME:
        raise _wrong(field="Authorization", issue=f"scheme must be {SCHEME}")
    pairs = re.findall(r'([a-z_]+)="([^"]*)"', rest)
    found = dict(pairs)
    for name in PARTS:
        if not found.get(name):
            raise _wrong(field=name, issue="missing")
    if len(pairs) != len(PARTS):
        raise _wrong(field="Authorization", issue="each part must stand once and no other may")
    return found


def _wrong(*, field: str, issue: str) -> Refusal:
    return Refusal(
        code="SIGN_ERROR", message=f"Http头Authorization值格式错误：{field} {issue}",
        detail={"detail": {"issue": issue}, "field": field, "location": "authorization"},
    )  # fmt: skip
