"""The application's keys: made once, kept beside the other partners' in a folder that only its owner can read."""

from __future__ import annotations

import fcntl
import json
import os
import secrets
from dataclasses import asdict, dataclass
from pathlib import Path

FILE = "fapiao.json"


@dataclass(frozen=True)
class Keys:
    """What an application is given by the platform."""

    app_key: str
    app_secret: str
    access_token: str


def ensure(folder: Path | str) -> Keys:
    """The keys of a folder, made there first if they are missing (mode 0600); safe when two processes start together."""
    folder = Path(folder)
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    with open(folder / ".lock", "w", opener=_private) as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        path = folder / FILE
        if not path.exists():
            keys = Keys(app_key=_digits(8), app_secret=secrets.token_hex(8).upper(), access_token=secrets.token_hex(16))
            draft = path.with_suffix(".draft")
            with open(draft, "w", encoding="utf-8", opener=_private) as file:
                json.dump(asdict(keys), file)
            os.replace(draft, path)
        return Keys(**json.loads(path.read_text(encoding="utf-8")))


def _digits(count: int) -> str:
    return "".join(secrets.choice("123456789") for _ in range(count))


def _private(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)
