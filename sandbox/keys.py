"""The sandbox's key material: made once, kept in a folder that only its owner can read."""

from __future__ import annotations

import dataclasses
import datetime as dt
import fcntl
import json
import os
import re
import secrets
import sys
from dataclasses import dataclass
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import NameOID

MERCHANT_FILE = "merchant.json"
PLATFORM_FILE = "platform.json"
ALIPAY_FILE = "alipay.json"
ALIPAY_PLATFORM_FILE = "alipay_platform.json"
MERCHANT_NAME = "茶马电商平台"
KNOWN_MERCHANT = re.compile(r"1900\d{6}")
"""Every merchant number of this shape exists in the sandbox and is bound to its appid, so each seller may have one."""


@dataclass(frozen=True)
class Keys:
    """Both sides' keys and ids; PEM strings, serials as upper-case hexadecimal."""

    mchid: str
    appid: str
    merchant_serial: str
    merchant_private_key: str
    api_v3_key: str
    platform_key_id: str
    platform_public_key: str
    sms_key: str
    app_secret: str
    merchant_name: str
    merchant_certificate: str
    platform_private_key: str
    platform_serial: str
    platform_certificate: str
    platform_certificate_private_key: str


CLIENT_FIELDS = (
    "mchid",
    "appid",
    "merchant_serial",
    "merchant_private_key",
    "api_v3_key",
    "platform_key_id",
    "platform_public_key",
    "sms_key",
    "app_secret",
    "merchant_name",
)
"""What a merchant is given; the rest belongs to the platform and stays in `platform.json`."""


def ensure(folder: Path | str) -> Keys:
    """
    The keys of a folder, made there first if they are missing; safe when two processes start together.

    The folder gets mode 0700 and its files 0600. `merchant.json` holds what a client needs, nothing of the platform's.
    """
    folder = Path(folder)
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    with open(folder / ".lock", "w", opener=_private) as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not ((folder / MERCHANT_FILE).exists() and (folder / PLATFORM_FILE).exists()):
            keys = make()
            values = dataclasses.asdict(keys)
            client = {name: values.pop(name) for name in CLIENT_FIELDS}
            _write(folder / PLATFORM_FILE, values)
            _write(folder / MERCHANT_FILE, client)
        client = _read(folder / MERCHANT_FILE)
        later = {"app_secret": secrets.token_hex(16), "merchant_name": MERCHANT_NAME}
        if later.keys() - client.keys():  # a folder that was made before the sandbox told who pays, or shared out
            client = {**later, **client}
            _write(folder / MERCHANT_FILE, client)
        return Keys(**{**client, **_read(folder / PLATFORM_FILE)})


@dataclass(frozen=True)
class AlipayKeys:
    """An app at Alipay and Alipay itself: what the app is given, and the two keys that it is not."""

    app_id: str
    seller_id: str
    app_private_key: str
    alipay_public_key: str
    app_public_key: str
    alipay_private_key: str


ALIPAY_CLIENT_FIELDS = ("app_id", "seller_id", "app_private_key", "alipay_public_key")
"""What `alipay.json` holds, which the app is given; the rest stays in `alipay_platform.json`."""


def ensure_alipay(folder: Path | str) -> AlipayKeys:
    """Alipay's keys of a folder, made there first if they are missing; as `ensure`."""
    folder = Path(folder)
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    with open(folder / ".lock", "w", opener=_private) as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not ((folder / ALIPAY_FILE).exists() and (folder / ALIPAY_PLATFORM_FILE).exists()):
            values = dataclasses.asdict(make_alipay())
            client = {name: values.pop(name) for name in ALIPAY_CLIENT_FIELDS}
            _write(folder / ALIPAY_PLATFORM_FILE, values)
            _write(folder / ALIPAY_FILE, client)
        return AlipayKeys(**_read(folder / ALIPAY_FILE), **_read(folder / ALIPAY_PLATFORM_FILE))


def make_alipay() -> AlipayKeys:
    """Fresh keys for one app and for Alipay."""
    app_key, alipay_key = (rsa.generate_private_key(public_exponent=65537, key_size=2048) for _ in range(2))
    return AlipayKeys(
        app_id="2021" + "".join(secrets.choice("0123456789") for _ in range(12)),
        seller_id="2088" + "".join(secrets.choice("0123456789") for _ in range(12)),
        app_private_key=_pem(app_key),
        alipay_public_key=public_pem(alipay_key),
        app_public_key=public_pem(app_key),
        alipay_private_key=_pem(alipay_key),
    )


def public_pem(key: rsa.RSAPrivateKey) -> str:
    """The public half of a key."""
    return key.public_key().public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo).decode()


def rotate(folder: Path | str, keys: Keys) -> Keys:
    """The same keys but for the platform's own, which are new and have new ids; both files are changed, the merchant's last."""
    folder = Path(folder)
    new = dataclasses.replace(keys, **_platform_keys(keys.mchid))
    with open(folder / ".lock", "w", opener=_private) as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        values = dataclasses.asdict(new)
        client = {name: values.pop(name) for name in CLIENT_FIELDS}
        _write(folder / PLATFORM_FILE, values)
        _write(folder / MERCHANT_FILE, client)
    return new


def make() -> Keys:
    """Fresh keys for one merchant and one platform."""
    mchid = "1900" + "".join(secrets.choice("0123456789") for _ in range(6))
    appid = "wx" + secrets.token_hex(8)
    merchant_key, merchant_certificate, merchant_serial = _certified_key(mchid)
    return Keys(
        mchid=mchid,
        appid=appid,
        merchant_serial=merchant_serial,
        merchant_private_key=_pem(merchant_key),
        api_v3_key=secrets.token_hex(16),
        sms_key=secrets.token_hex(32),
        app_secret=secrets.token_hex(16),
        merchant_name=MERCHANT_NAME,
        merchant_certificate=merchant_certificate,
        **_platform_keys(mchid),
    )


def _platform_keys(mchid: str) -> dict[str, str]:
    """The platform's public key with its id, and its certificate with its serial: a client trusts the one or the other."""
    certificate_key, platform_certificate, platform_serial = _certified_key("Teahorse sandbox platform")
    platform_key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    return {
        "platform_key_id": f"PUB_KEY_ID_0{mchid}{dt.datetime.now(dt.UTC):%Y%m%d}00{secrets.token_hex(4)}".upper(),
        "platform_public_key": public_pem(platform_key),
        "platform_private_key": _pem(platform_key),
        "platform_serial": platform_serial,
        "platform_certificate": platform_certificate,
        "platform_certificate_private_key": _pem(certificate_key),
    }


def _certified_key(name: str) -> tuple[rsa.RSAPrivateKey, str, str]:
    """A private key, its self-signed certificate (five years) and the certificate's serial."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    serial = secrets.randbits(159) | (1 << 158)
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = dt.datetime.now(dt.UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(serial)
        .not_valid_before(now - dt.timedelta(days=1))
        .not_valid_after(now + dt.timedelta(days=5 * 365))
        .sign(key, hashes.SHA256())
    )
    return key, certificate.public_bytes(serialization.Encoding.PEM).decode(), f"{serial:040X}"


def _pem(key: rsa.RSAPrivateKey) -> str:
    return key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()).decode()


def _private(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)


def _write(path: Path, values: dict[str, str]) -> None:
    """Write a JSON file whole or not at all."""
    draft = path.with_suffix(".draft")
    with open(draft, "w", encoding="utf-8", opener=_private) as file:
        json.dump(values, file, indent=2)
    os.replace(draft, path)


def _read(path: Path) -> dict[str, str]:
    values: dict[str, str] = json.loads(path.read_text(encoding="utf-8"))
    return values


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit("usage: python -m sandbox.keys FOLDER")
    ensure(sys.argv[1])
    ensure_alipay(sys.argv[1])
    sys.stdout.write(f"{Path(sys.argv[1]) / MERCHANT_FILE}\n")
