"""
The command ``teahorse``: starting the house, starting over, and Django's commands under their own names.

``teahorse up`` runs everything the Procfile names over the embedded database (or ``DATABASE_URL``); every other word is
passed on to Django (``teahorse demo --products 100000``, ``teahorse migrate``) over the same database. ``teahorse simulate-year``
needs neither.
"""

import contextlib
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator, Sequence
from pathlib import Path
from types import FrameType

from teahorse import environment

PYTHON = sys.executable
READY_SECONDS = 90


def main() -> int:
    """Run one command and return its exit status."""
    words = sys.argv[1:] or ["help"]
    signal.signal(signal.SIGTERM, lambda number, _frame: sys.exit(128 + number))  # so that what was started is stopped
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "teahorse.settings")
    match words[0]:
        case "up":
            return up()
        case "reset-demo":
            return reset_demo()
        case "messages":
            return _django_without_database(words)
        case "verify-log":
            return _django_without_database(["verify_log", *words[1:]])
        case "simulate-year":
            return subprocess.call([PYTHON, "-m", "teahorse.runs.simulating", *words[1:]])
        case word:
            return _django(["verify_story" if word == "verify-story" else word, *words[1:]])


def up() -> int:
    """Start database, migrations, demo region and all processes; stop them in order on Ctrl-C."""
    os.environ.setdefault("TEAHORSE_DEMO", "1")
    ports = _ports()
    with database():
        _prepare()
        return _run_processes(ports)


def reset_demo() -> int:
    """Forget the database, media, the story's log and the sandbox's state; the next start makes the demo region anew."""
    with database() as url:
        import psycopg  # noqa: PLC0415 - not needed by the other commands

        with psycopg.connect(url, autocommit=True) as connection:
            connection.execute("drop schema public cascade")
            connection.execute("create schema public")
        data = environment.data_folder()
        for folder in ("media", "trace-log"):
            shutil.rmtree(data / folder, ignore_errors=True)
        for file in data.glob("sandbox.sqlite3*"):
            file.unlink()
        os.environ["TEAHORSE_DEMO"] = "1"
        _prepare()
    print("The demo region is new again.")  # noqa: T201 - a command speaks to its user
    return 0


@contextlib.contextmanager
def database() -> Iterator[str]:
    """
    Have a database for the length of a block and put its address into ``DATABASE_URL``.

    A server that another command started over the same data folder is used and left running.
    """
    if given := environment.text("DATABASE_URL"):
        yield given
        return
    from teahorse.common.embedded import OwnServer  # noqa: PLC0415 - only where no database is given

    server = OwnServer(environment.data_folder() / "pg")
    is_ours = not server.is_running()
    url = server.start() if is_ours else server.url()
    os.environ["DATABASE_URL"] = url
    try:
        yield url
    finally:
        if is_ours:
            server.stop()


def _ports() -> dict[str, int]:
    """Choose the ports: ``PORT`` for the web, the next ones for push and sandbox; say so early if one is taken."""
    first = environment.number("PORT", 8000)
    host = environment.text("TEAHORSE_BIND", "127.0.0.1")
    ports = {"web": first, "push": first + 1, "sandbox": first + 2}
    for name, port in ports.items():
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((host, port))
            except OSError:
                sys.exit(f"port {port} for {name} is taken; choose another first port, for example: PORT={first + 100} make run")
    os.environ.update(
        PORT=str(first),
        PUSH_PORT=str(ports["push"]),
        SANDBOX_PORT=str(ports["sandbox"]),
        TEAHORSE_BIND=host,
        TEAHORSE_SITE_URL=environment.text("TEAHORSE_SITE_URL", f"http://{host}:{first}"),
        TEAHORSE_PUSH_URL=environment.text("TEAHORSE_PUSH_URL", f"http://{host}:{ports['push']}"),
    )
    if environment.flag("TEAHORSE_DEMO"):
        os.environ.setdefault("TEAHORSE_SANDBOX_URL", f"http://{host}:{ports['sandbox']}")
        os.environ.setdefault("TEAHORSE_SANDBOX_STATE", str(environment.data_folder() / "sandbox.sqlite3"))
        os.environ.setdefault("TEAHORSE_SANDBOX_KEYS", str(environment.data_folder() / "sandbox-keys"))
    return ports


def _prepare() -> None:
    """Bring the schema up to date, gather the static files and, in the demo, fill an empty house."""
    if environment.flag("TEAHORSE_DEMO"):
        subprocess.check_call([PYTHON, "-m", "sandbox.keys", str(environment.data_folder() / "sandbox-keys")], stdout=subprocess.DEVNULL)
    subprocess.check_call([PYTHON, "-m", "django", "prepare"])


def _django(words: Sequence[str]) -> int:
    with database():
        return _django_without_database(words)


def _django_without_database(words: Sequence[str]) -> int:
    return subprocess.call([PYTHON, "-m", "django", *words])


def _run_processes(ports: dict[str, int]) -> int:
    """
    Run the Procfile's processes by honcho, tell the addresses when the house is ready, and wait for the end.

    An end that was asked for (Ctrl-C, SIGTERM) is no failure.
    """
    procfile = environment.ROOT / "Procfile"
    names = ["web", "worker", "push", *(["sandbox"] if environment.flag("TEAHORSE_DEMO") else [])]
    honcho = subprocess.Popen(
        [PYTHON, "-m", "honcho", "-f", str(procfile), "-d", str(environment.ROOT), "start", *names],
        env={**os.environ, "PYTHONUNBUFFERED": "1", "PATH": f"{Path(PYTHON).parent}{os.pathsep}{os.environ['PATH']}"},
        start_new_session=True,
    )

    is_wanted = False

    def stop(number: int, frame: FrameType | None) -> None:  # noqa: ARG001 - a signal handler
        nonlocal is_wanted
        is_wanted = True
        with contextlib.suppress(ProcessLookupError):
            honcho.send_signal(signal.SIGTERM)

    signal.signal(signal.SIGINT, stop)
    signal.signal(signal.SIGTERM, stop)
    if _is_ready(f"http://127.0.0.1:{ports['web']}/readyz", honcho):
        subprocess.call([PYTHON, "-m", "django", "addresses"])
    ended = honcho.wait()
    return 0 if is_wanted else ended


def _is_ready(address: str, process: "subprocess.Popen[bytes]") -> bool:
    deadline = time.monotonic() + READY_SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        with contextlib.suppress(OSError), urllib.request.urlopen(address, timeout=2) as answer:  # noqa: S310 - our own address
            if answer.status == 200:
                return True
        time.sleep(0.1)
    return False


if __name__ == "__main__":
    sys.exit(main())
