"""RSA2 (SHA256withRSA): requests are checked byte for byte, answers and notifications are signed."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from functools import lru_cache
from typing import cast

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPublicKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_pem_private_key, load_pem_public_key

from sandbox.alipay.errors import Refusal
from sandbox.alipay.gateway import App, Gateway, seconds_of

WINDOW_SECONDS = 900
"""How far a request's timestamp may be off; Alipay refuses older ones with `isv.invalid-timestamp`."""


def check(gateway: Gateway, fields: Mapping[str, str], *, now: float) -> App:
    """
    Accept a request that a known app signed, and say which one.

    The text that was signed holds every parameter that has a value, `sign` left out, sorted by name.

    :raises Refusal: isv.invalid-app-id, isv.missing-signature, isv.invalid-signature, isv.invalid-timestamp.
    """
    app = gateway.apps.get(fields.get("app_id", ""))
    if app is None:
        raise Refusal(code="isv.invalid-app-id")
    if not fields.get("sign"):
        raise Refusal(code="isv.missing-signature")
    if fields.get("sign_type") != "RSA2" or fields.get("charset", "").lower() != "utf-8":
        raise Refusal(code="isv.invalid-signature", message="验签出错，sign_type须为RSA2，charset须为utf-8")
    text = "&".join(f"{name}={value}" for name, value in sorted(fields.items()) if name != "sign" and value)
    if not is_signed(app.public_key, text.encode(), fields["sign"]):
        raise Refusal(
            code="isv.invalid-signature",
            message=f"验签出错，建议检查签名字符串或签名私钥与应用公钥是否匹配，网关生成的验签字符串为：{text[:200]}",
        )
    try:
        is_fresh = abs(now - seconds_of(fields.get("timestamp", ""))) <= WINDOW_SECONDS
    except ValueError:
        is_fresh = False
    if not is_fresh:
        raise Refusal(code="isv.invalid-timestamp", message="timestamp须为北京时间，且与当前时间相差不超过15分钟")
    return app


def is_signed(public_key: str, message: bytes, signature: str) -> bool:
    """Whether a Base64 signature of a message belongs to a key."""
    try:
        _public(public_key).verify(base64.b64decode(signature, validate=True), message, PKCS1v15(), SHA256())
    except (InvalidSignature, binascii.Error, ValueError):
        return False
    return True


def sign(private_key: str, message: bytes) -> str:
    """A Base64 signature of a message."""
    return base64.b64encode(_private(private_key).sign(message, PKCS1v15(), SHA256())).decode()


def signed_fields(private_key: str, fields: Mapping[str, str]) -> dict[str, str]:
    """A notification's or a return's fields with their signature: sorted, without `sign_type`, as Alipay's own SDKs check them."""
    text = "&".join(f"{name}={value}" for name, value in sorted(fields.items()))
    return {**fields, "sign_type": "RSA2", "sign": sign(private_key, text.encode())}


@lru_cache(maxsize=8)
def _private(pem: str) -> RSAPrivateKey:
    return cast("RSAPrivateKey", load_pem_private_key(pem.encode(), None))


@lru_cache(maxsize=16)
def _public(pem: str) -> RSAPublicKey:
    return cast("RSAPublicKey", load_pem_public_key(pem.encode()))
