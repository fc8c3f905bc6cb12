"""The merchant's keys: the table's, else those of the file that ``TEAHORSE_WECHAT_PAY`` names, else, where there is one, the sandbox's."""

import re
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path

import msgspec
from django.conf import settings
from django.utils.translation import gettext_lazy as _

from teahorse import environment
from teahorse.common.refusals import Malformed
from teahorse.common.seal import CannotUnseal
from teahorse.payments import merchants
from teahorse.payments.providers.keys import (
    KeyField,
    KeysChecked,
    fingerprint,
    private_key,
    private_pem,
    public_key,
    public_pem,
    texts,
)

CODE = "wechat_pay"
FIELDS = (
    KeyField(name="mchid", label=_("Merchant number (mchid)")),
    KeyField(name="appid", label=_("Official account (appid)")),
    KeyField(name="merchant_serial", label=_("Serial number of the merchant's certificate")),
    KeyField(name="merchant_private_key", label=_("Merchant's private key"), is_secret=True, is_long=True),
    KeyField(name="api_v3_key", label=_("APIv3 key"), is_secret=True),
    KeyField(name="platform_key_id", label=_("Number of WeChat Pay's public key")),
    KeyField(name="platform_public_key", label=_("WeChat Pay's public key"), is_long=True),
    KeyField(name="app_secret", label=_("Official account's secret (AppSecret)"), is_secret=True, is_optional=True),
)
FORMS = {
    "mchid": re.compile(r"[0-9]{8,32}"),
    "appid": re.compile(r"wx[0-9a-zA-Z]{6,30}"),
    "merchant_serial": re.compile(r"[0-9A-Fa-f]{16,64}"),
    "api_v3_key": re.compile(r"[!-~]{32}"),
    "platform_key_id": re.compile(r"PUB_KEY_ID_[0-9A-Za-z]{1,64}"),
}
GATEWAY = "https://api.mch.weixin.qq.com"
AUTHORIZE = "https://open.weixin.qq.com/connect/oauth2/authorize"
OPEN_API = "https://api.weixin.qq.com"


class NoCredentials(Exception):
    """No merchant is set up here; carries what is missing."""


class Credentials(msgspec.Struct, frozen=True, kw_only=True):
    """
    One merchant at one gateway; keys in PEM.

    ``app_secret`` is the official account's, without which WeChat tells nobody's openid. ``merchant_name`` is the house's
    registered name, without which sellers' money cannot be shared with the house.
    """

    mchid: str
    appid: str
    merchant_serial: str
    merchant_private_key: str
    api_v3_key: str
    platform_key_id: str
    platform_public_key: str
    app_secret: str = ""
    merchant_name: str = ""
    gateway: str = GATEWAY
    authorize: str = AUTHORIZE
    open_api: str = OPEN_API

    def __repr__(self) -> str:
        """Name the merchant and hide its keys."""
        return f"<Credentials {self.mchid}>"

    @property
    def is_real(self) -> bool:
        """Whether real money is moved."""
        return self.gateway == GATEWAY


def checked(values: Mapping[str, str]) -> KeysChecked:
    """Return keys that are whole and of the right kind. :raises Malformed: with the field."""
    found = texts(values, FIELDS)
    for name, form in FORMS.items():
        if not form.fullmatch(found[name]):
            raise Malformed(field=name, reason=_("WeChat Pay writes it in another form. Copy it whole."))
    own = private_key(found["merchant_private_key"], name="merchant_private_key")
    theirs = public_key(found["platform_public_key"], name="platform_public_key")
    kept = {**found, "merchant_private_key": private_pem(own), "platform_public_key": public_pem(theirs)}
    prints = {"merchant_private_key": fingerprint(own.public_key()), "platform_public_key": fingerprint(theirs)}
    return KeysChecked(number=found["mchid"], content=msgspec.json.encode(kept), fingerprints=prints)


def credentials() -> Credentials:
    """
    Return the house's keys; a changed row or file is read anew.

    :raises NoCredentials: if there are none, or they cannot be read.
    """
    row = merchants.active_account(CODE)
    if row is not None:
        return _of_row(row)
    named = environment.text("TEAHORSE_WECHAT_PAY")
    if not named and not settings.SANDBOX_URL:
        msg = "TEAHORSE_WECHAT_PAY names no file and there is no sandbox"
        raise NoCredentials(msg)
    path = Path(named) if named else Path(settings.SANDBOX_KEYS) / "merchant.json"
    try:
        return _read(path, path.stat().st_mtime_ns, "" if named else settings.SANDBOX_URL)
    except (OSError, msgspec.MsgspecError) as error:
        msg = f"{path}: {type(error).__name__}"  # never the file's content
        raise NoCredentials(msg) from error


def _of_row(row: merchants.Account) -> Credentials:
    try:
        keys = msgspec.json.decode(row.keys(), type=Credentials)
    except (CannotUnseal, msgspec.MsgspecError) as error:
        msg = f"account {row.number}: {type(error).__name__}"  # never the content
        raise NoCredentials(msg) from None
    if keys.mchid != row.number:  # sealed keys that stood in another row
        msg = f"account {row.number}: its keys are another's"
        raise NoCredentials(msg)
    is_named = bool(environment.text("TEAHORSE_WECHAT_PAY"))
    return _at(keys, "" if is_named else settings.SANDBOX_URL)  # a house with a sandbox and no file of its own moves no real money


@lru_cache(maxsize=4)
def _read(path: Path, changed_at: int, sandbox: str) -> Credentials:  # noqa: ARG001 - part of the key
    return _at(msgspec.json.decode(path.read_bytes(), type=Credentials), sandbox)


def _at(keys: Credentials, sandbox: str) -> Credentials:
    if not sandbox:
        return msgspec.structs.replace(keys, gateway=GATEWAY, authorize=AUTHORIZE, open_api=OPEN_API)
    account = f"{sandbox}/wechat"
    return msgspec.structs.replace(keys, gateway=f"{sandbox}/wechatpay", authorize=f"{account}/connect/oauth2/authorize", open_api=account)
