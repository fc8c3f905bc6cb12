"""A table between being looked through and being handed in: a file under its digest, for half a day at most."""

import os
from datetime import datetime, timedelta
from pathlib import Path
from uuid import uuid4

from django.conf import settings

from teahorse.console.access import Acting

KEPT_FOR = timedelta(hours=12)


def keep(acting: Acting, digest: str, content: bytes) -> None:
    """Keep a table for the confirmation; it is there whole or not at all."""
    path = _path(acting, digest)
    path.parent.mkdir(mode=0o700, exist_ok=True)
    draft = path.with_suffix(f".{uuid4().hex}")
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as out:
        out.write(content)
    draft.replace(path)


def take(acting: Acting, digest: str) -> bytes | None:
    """Return the kept table and keep it no more: whoever takes it away first has it."""
    path = _path(acting, digest)
    taken = path.with_suffix(f".{uuid4().hex}")
    try:
        path.rename(taken)
    except FileNotFoundError:
        return None
    try:
        return taken.read_bytes()
    finally:
        taken.unlink()


def sweep(*, now: datetime) -> int:
    """Throw away what nobody confirmed in half a day, and what a killed process left; return how many files."""
    directory = _directory()
    if not directory.is_dir():
        return 0
    old = [path for path in directory.iterdir() if path.is_file() and path.stat().st_mtime < (now - KEPT_FOR).timestamp()]
    for path in old:
        path.unlink(missing_ok=True)
    return len(old)


def _directory() -> Path:
    return Path(settings.DATA) / "imports"


def _path(acting: Acting, digest: str) -> Path:
    return _directory() / f"{acting.organisation.pk}-{acting.person.pk}-{digest}"
