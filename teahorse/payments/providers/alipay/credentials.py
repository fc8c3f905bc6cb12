"""An app's keys: the table's (``MerchantAccount``), else for the house the file that ``TEAHORSE_ALIPAY`` names, else the sandbox's."""

from collections.abc import Mapping
from dataclasses import dataclass
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

CODE = "alipay"
GATEWAY = "https://openapi.alipay.com/gateway.do"
FIELDS = (
    KeyField(name="app_id", label=_("App ID (APPID)")),
    KeyField(name="seller_id", label=_("Seller's number (PID, 2088…)")),
    KeyField(name="app_private_key", label=_("App's private key"), is_secret=True, is_long=True),
    KeyField(name="alipay_public_key", label=_("Alipay's public key"), is_long=True),
)


class NoCredentials(Exception):
    """No app is set up here; carries what is missing."""


class Credentials(msgspec.Struct, frozen=True, kw_only=True):
    """One app at one gateway; keys in PEM."""

    app_id: str
    seller_id: str
    app_private_key: str
    alipay_public_key: str
    gateway: str = GATEWAY

    def __repr__(self) -> str:
        """Name the app and hide its keys."""
        return f"<Credentials {self.app_id}>"

    @property
    def is_real(self) -> bool:
        """Whether real money is moved."""
        return self.gateway == GATEWAY


def checked(values: Mapping[str, str]) -> KeysChecked:
    """Return keys that are whole and of the right kind. :raises Malformed: with the field."""
    found = texts(values, FIELDS)
    for name in ("app_id", "seller_id"):
        if not (found[name].isascii() and found[name].isdigit() and len(found[name]) == 16):
            raise Malformed(field=name, reason=_("It has 16 digits."))
    own = private_key(found["app_private_key"], name="app_private_key")
    theirs = public_key(found["alipay_public_key"], name="alipay_public_key")
    if own.public_key() == theirs:
        raise Malformed(field="alipay_public_key", reason=_("This is your app's own public key. Alipay shows its key beside it."))
    keys = Credentials(
        app_id=found["app_id"], seller_id=found["seller_id"], app_private_key=private_pem(own), alipay_public_key=public_pem(theirs)
    )
    kept = msgspec.json.encode({one.name: getattr(keys, one.name) for one in FIELDS})
    prints = {"app_private_key": fingerprint(own.public_key()), "alipay_public_key": fingerprint(theirs)}
    return KeysChecked(number=keys.app_id, content=kept, fingerprints=prints)


def credentials(app_id: str = "") -> Credentials:
    """
    Return the keys of an app, or of the house's; what was changed is read anew.

    :raises NoCredentials: if there are none, or they cannot be read.
    """
    row = merchants.account_by_number(CODE, app_id) if app_id else merchants.active_account(CODE)
    if row is not None:
        return _of_row(row)
    house = _of_file()
    if app_id and app_id != house.app_id:
        msg = f"no account has the number {app_id[:40]!r}"
        raise NoCredentials(msg)
    return house


@dataclass(frozen=True)
class App:
    """An app whose money is ours to explain; an ended one takes no new payments, but may refund."""

    app_id: str
    is_active: bool


def seller_numbers() -> list[str]:
    """Return the numbers of the sellers' own apps, ended ones too."""
    return [row.number for row in merchants.accounts_with_keys(CODE) if row.organisation_id is not None]


def apps_of(account_number: str) -> list[App]:
    """Return a seller's app, or all that the house has or had."""
    rows = merchants.accounts_with_keys(CODE)
    if account_number:
        return [App(row.number, row.is_active) for row in rows if row.number == account_number]
    found = [App(row.number, row.is_active) for row in rows if row.organisation_id is None]
    try:
        house = _of_file()
    except NoCredentials:
        return found
    if house.app_id in {row.number for row in rows}:
        return found
    return [App(house.app_id, is_active=not any(app.is_active for app in found)), *found]


def _gateway() -> str:
    """Return where an account of the table calls: a house with a sandbox and no file of its own moves no real money."""
    return f"{settings.SANDBOX_URL}/alipay/gateway.do" if settings.SANDBOX_URL and not environment.text("TEAHORSE_ALIPAY") else GATEWAY


def _of_row(row: merchants.Account) -> Credentials:
    try:
        keys = msgspec.json.decode(row.keys(), type=Credentials)
    except (CannotUnseal, msgspec.MsgspecError) as error:
        msg = f"account {row.number}: {type(error).__name__}"  # never the content
        raise NoCredentials(msg) from None
    if keys.app_id != row.number:  # sealed keys that stood in another row
        msg = f"account {row.number}: its keys are another's"
        raise NoCredentials(msg)
    return msgspec.structs.replace(keys, gateway=_gateway())


def _of_file() -> Credentials:
    named = environment.text("TEAHORSE_ALIPAY")
    if not named and not settings.SANDBOX_URL:
        msg = "TEAHORSE_ALIPAY names no file and there is no sandbox"
        raise NoCredentials(msg)
    path = Path(named) if named else Path(settings.SANDBOX_KEYS) / "alipay.json"
    try:
        return msgspec.structs.replace(_read(path, path.stat().st_mtime_ns), gateway=_gateway())
    except (OSError, msgspec.MsgspecError) as error:
        msg = f"{path}: {type(error).__name__}"  # never the file's content
        raise NoCredentials(msg) from None


@lru_cache(maxsize=4)
def _read(path: Path, changed_at: int) -> Credentials:  # noqa: ARG001 - part of the key
    return msgspec.json.decode(path.read_bytes(), type=Credentials)
