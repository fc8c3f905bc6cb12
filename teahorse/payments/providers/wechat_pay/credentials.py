"""The merchant's keys: from the file that ``TEAHORSE_WECHAT_PAY`` names, else, where a sandbox is set up, the sandbox's."""

from functools import lru_cache
from pathlib import Path

import msgspec
from django.conf import settings

from teahorse import environment

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

    @property
    def is_real(self) -> bool:
        """Whether real money is moved."""
        return self.gateway == GATEWAY


def credentials() -> Credentials:
    """
    Return the merchant's keys; a changed file is read anew.

    :raises NoCredentials: if there are none, or they cannot be read.
    """
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


@lru_cache(maxsize=4)
def _read(path: Path, changed_at: int, sandbox: str) -> Credentials:  # noqa: ARG001 - part of the key
    keys = msgspec.json.decode(path.read_bytes(), type=Credentials)
    if not sandbox:
        return msgspec.structs.replace(keys, gateway=GATEWAY, authorize=AUTHORIZE, open_api=OPEN_API)
    account = f"{sandbox}/wechat"
    return msgspec.structs.replace(keys, gateway=f"{sandbox}/wechatpay", authorize=f"{account}/connect/oauth2/authorize", open_api=account)
