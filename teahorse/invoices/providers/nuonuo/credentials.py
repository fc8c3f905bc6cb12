"""The account's keys: from the file that ``TEAHORSE_NUONUO`` names, else, where a sandbox is set up, the sandbox's."""

from functools import lru_cache
from pathlib import Path

import msgspec
from django.conf import settings

from teahorse import environment

GATEWAY = "https://sdk.nuonuo.com/open/v1/services"
DOCUMENT_HOSTS = ("nuonuo.com", "nnfp.jss.com.cn", "inv.jss.com.cn")
"""Whence the platform's documents come; nowhere else are they fetched from."""


class NoCredentials(Exception):
    """No account is set up here; carries what is missing."""


class Credentials(msgspec.Struct, frozen=True, kw_only=True):
    """One application at one gateway; ``access_token`` is the platform's, renewed by whoever keeps the file."""

    app_key: str
    app_secret: str
    access_token: str
    gateway: str = GATEWAY
    document_hosts: tuple[str, ...] = DOCUMENT_HOSTS


def credentials() -> Credentials:
    """
    Return the account's keys; a changed file is read anew.

    :raises NoCredentials: if there are none, or they cannot be read.
    """
    named = environment.text("TEAHORSE_NUONUO")
    if not named and not settings.SANDBOX_URL:
        msg = "TEAHORSE_NUONUO names no file and there is no sandbox"
        raise NoCredentials(msg)
    path = Path(named) if named else Path(settings.SANDBOX_KEYS) / "fapiao.json"
    try:
        return _read(path, path.stat().st_mtime_ns, "" if named else settings.SANDBOX_URL)
    except (OSError, msgspec.MsgspecError) as error:
        msg = f"{path.name}: {type(error).__name__}"  # never the file's content
        raise NoCredentials(msg) from error


@lru_cache(maxsize=4)
def _read(path: Path, changed_at: int, sandbox: str) -> Credentials:  # noqa: ARG001 - part of the key
    keys = msgspec.json.decode(path.read_bytes(), type=Credentials)
    if not sandbox:
        return msgspec.structs.replace(keys, gateway=GATEWAY, document_hosts=DOCUMENT_HOSTS)
    host = sandbox.partition("://")[2].partition("/")[0]
    return msgspec.structs.replace(keys, gateway=f"{sandbox}/fapiao/open/v1/services", document_hosts=(host,))
