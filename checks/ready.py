"""
What takes long to make and stays the same until its sources change: made once, kept in ``var/ready``, copied for whoever needs it.

The suite, each test that kills something and each benchmark begin with an empty house: a PostgreSQL whose database has every
table, and the gathered static files. Each is kept under a digest of all that it comes from; one that nobody asked for during a
week is removed.
"""

import contextlib
import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from teahorse.common.embedded import EMBEDDED_PROGRAMS, OwnServer, copy_tree, throwaway_server
from teahorse.environment import ROOT

KEPT = ROOT / "var/ready"
READY_DATABASE = "teahorse"
UNUSED_SECONDS = 7 * 24 * 3600
SCHEMA = ("requirements.lock", "teahorse/settings.py", "teahorse/common/triggers.py", "teahorse/*/migrations/*.py")
STATIC = ("requirements.lock", "package-lock.json", "teahorse/settings.py", "teahorse/common/static_files.py", "teahorse/**/static/**/*")


@contextlib.contextmanager
def ready_server(folder: Path, *, programs: Path = EMBEDDED_PROGRAMS, durable: bool = False) -> Iterator[OwnServer]:
    """Run a server with every table in ``READY_DATABASE`` over a new folder and remove both afterwards; no fsync unless ``durable``."""
    with throwaway_server(folder, programs=programs, durable=durable, copy_of=_cluster(programs)) as server:
        yield server


def ready_static(folder: Path) -> None:
    """Put the gathered static files into a new folder."""
    copy_tree(_kept("static", digest=_digest(STATIC), make=_gather), folder)


def _cluster(programs: Path) -> Path:
    """Return the data folder of a stopped server of these programs."""
    version = subprocess.run([programs / "postgres", "--version"], check=True, capture_output=True, text=True).stdout
    return _kept("cluster", digest=_digest(SCHEMA, version, str(programs)), make=lambda into: _migrate(programs, into))


def _migrate(programs: Path, into: Path) -> None:
    with tempfile.TemporaryDirectory(prefix="teahorse-", dir="/var/tmp") as scratch:
        Path(scratch).chmod(0o755)
        with throwaway_server(Path(scratch) / "pg", programs=programs) as server:
            _django("migrate", "-v0", DATABASE_URL=server.url(), TEAHORSE_DATA=f"{scratch}/data")
            server.stop()
            copy_tree(server.folder, into)


def _gather(into: Path) -> None:
    with tempfile.TemporaryDirectory(prefix="teahorse-", dir="/var/tmp") as scratch:
        _django("collectstatic", "--no-input", "-v0", TEAHORSE_DATA=scratch)
        copy_tree(Path(scratch) / "static", into)


def _django(*words: str, **environment: str) -> None:
    settings = {"DJANGO_SETTINGS_MODULE": "teahorse.settings"}
    subprocess.run([sys.executable, "-m", "django", *words], env={**os.environ, **settings, **environment}, cwd=ROOT, check=True)


def _digest(patterns: tuple[str, ...], *more: str) -> str:
    """Return what changes with a name or the content of a file, or with another word."""
    digest = hashlib.sha256("\n".join(more).encode())
    for path in sorted({path for pattern in patterns for path in ROOT.glob(pattern) if path.is_file()}):
        digest.update(f"{path.relative_to(ROOT)} {hashlib.sha256(path.read_bytes()).hexdigest()}\n".encode())
    return digest.hexdigest()[:16]


def _kept(name: str, *, digest: str, make: Callable[[Path], None]) -> Path:
    """Return the kept folder of that name and digest; whoever comes first makes it, the others wait for her."""
    KEPT.mkdir(parents=True, exist_ok=True)
    kept = KEPT / f"{name}-{digest}"
    with (KEPT / f"{name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not kept.exists():
            _remove_unused()
            with tempfile.TemporaryDirectory(prefix="draft-", dir=KEPT) as draft:
                whole = Path(draft) / name
                whole.mkdir()
                make(whole / "made")
                whole.rename(kept)
        os.utime(kept)
    return kept / "made"


def _remove_unused() -> None:
    for folder in KEPT.iterdir():
        if folder.is_dir() and time.time() - folder.stat().st_mtime > UNUSED_SECONDS:
            shutil.rmtree(folder, ignore_errors=True)
