"""The environment's settings by name; every variable that Teahorse reads is read here."""

import base64
import contextlib
import os
import secrets
from pathlib import Path
from typing import Any

from psycopg.conninfo import conninfo_to_dict

ROOT = Path(__file__).resolve().parent.parent


def text(name: str, default: str = "") -> str:
    """Return a variable, or the default where it is unset or empty."""
    return os.environ.get(name) or default


def flag(name: str, *, default: bool = False) -> bool:
    """Return whether a variable says yes (1, true, yes, on)."""
    return text(name, "1" if default else "0").lower() in {"1", "true", "yes", "on"}


def number(name: str, default: int) -> int:
    """Return a variable as a whole number."""
    return int(text(name, str(default)))


def words(name: str, default: str = "") -> list[str]:
    """Return a comma-separated variable as its words."""
    return [word.strip() for word in text(name, default).split(",") if word.strip()]


def path(name: str, default: Path) -> Path:
    """Return a variable as the path of a file or folder."""
    return Path(text(name, str(default)))


def data_folder() -> Path:
    """Return the folder of everything that a deployment writes (database, media, keys); made when missing."""
    folder = Path(text("TEAHORSE_DATA", str(ROOT / "var"))).resolve()
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def kept_secret(name: str) -> str:
    """Return the secret of that name from the environment, else from the data folder, where it is made once (mode 0600)."""
    if given := text(name):
        return given
    path = data_folder() / f"{name.lower()}.txt"
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return path.read_text().strip()
    with os.fdopen(descriptor, "w") as file:
        file.write(secrets.token_urlsafe(48))
    return path.read_text().strip()


def seal_keys() -> list[str]:
    """
    Return the keys by which secrets are sealed in the database, the one that seals first: ``TEAHORSE_SEAL_KEYS`` (by comma),
    else a file of the data folder with one a line. It is read at each call, so that a process that runs sees a new one.
    """
    if given := words("TEAHORSE_SEAL_KEYS"):
        return given
    path = data_folder() / SEAL_FILE
    if not path.exists():
        _write_seal_keys([_fresh_seal_key()], only_if_missing=True)
    return path.read_text().split()


def rotate_seal_keys(*, keep: int | None = None) -> None:
    """
    Put a fresh key in front of the file's, or with ``keep`` drop all behind the first so many.

    :raises ValueError: where the keys come from the environment; they are changed there.
    """
    if text("TEAHORSE_SEAL_KEYS"):
        msg = "the keys come from TEAHORSE_SEAL_KEYS: put the new one in front there"
        raise ValueError(msg)
    keys = seal_keys()
    _write_seal_keys([_fresh_seal_key(), *keys] if keep is None else keys[:keep], only_if_missing=False)


SEAL_FILE = "teahorse_seal_keys.txt"


def _fresh_seal_key() -> str:
    return base64.urlsafe_b64encode(secrets.token_bytes(32)).decode()


def _write_seal_keys(keys: list[str], *, only_if_missing: bool) -> None:
    """Write the file whole or not at all, mode 0600; of two that make it together the first one stays."""
    path = data_folder() / SEAL_FILE
    draft = path.with_name(f"{path.name}.{os.getpid()}.{secrets.token_hex(4)}")
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write("".join(f"{key}\n" for key in keys))
    try:
        if only_if_missing:
            with contextlib.suppress(FileExistsError):
                os.link(draft, path)
        else:
            draft.replace(path)
    finally:
        draft.unlink(missing_ok=True)


def database() -> dict[str, Any]:
    """Return Django's settings of the database that ``DATABASE_URL`` names (any libpq connection string)."""
    parts = conninfo_to_dict(text("DATABASE_URL", "postgresql:///teahorse"))
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": parts.pop("dbname", "teahorse"),
        "USER": parts.pop("user", ""),
        "PASSWORD": parts.pop("password", ""),
        "HOST": parts.pop("host", ""),
        "PORT": parts.pop("port", ""),
        "OPTIONS": {
            **parts,
            "prepare_threshold": number("TEAHORSE_PREPARE_AFTER", 5) or None,  # 0 behind a pooler that forgets prepared statements
            "pool": {"min_size": 1, "max_size": number("TEAHORSE_POOL", 24), "timeout": 10, "max_idle": 120},
        },
    }
