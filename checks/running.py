"""Real processes over a database of their own, for benches and for tests that kill them."""

import contextlib
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from checks.ready import ready_server, ready_static
from teahorse.common.embedded import EMBEDDED_PROGRAMS, OwnServer
from teahorse.common.management.commands.messages import LOCALES, compile_one

BIN = Path(sys.executable).parent


def free_port() -> int:
    """Return a port that nobody listens on just now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def programs() -> Path:
    """Return the programs of the PostgreSQL that is asked for: the embedded one unless ``TEAHORSE_POSTGRES_PROGRAMS`` names others."""
    return Path(os.environ.get("TEAHORSE_POSTGRES_PROGRAMS") or EMBEDDED_PROGRAMS)


@dataclass
class Web:
    """Web processes that serve on a port."""

    port: int
    process: "subprocess.Popen[bytes]"

    def kill(self) -> None:
        """End all of them at once, as a power cut would."""
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()


@dataclass
class House:
    """A database with its schema; ``environment`` is what its processes are started with."""

    server: OwnServer
    environment: dict[str, str]

    def django(self, *words: str) -> None:
        """Run a Django command."""
        subprocess.run([sys.executable, "-m", "django", *words], env=self.environment, check=True, stdout=subprocess.DEVNULL)

    def run(self, module: str, *words: str) -> None:
        """Run a Python module over the house."""
        subprocess.run([sys.executable, "-m", module, *words], env=self.environment, check=True)

    @contextlib.contextmanager
    def worker(self) -> Iterator["subprocess.Popen[bytes]"]:
        """Work off jobs for the length of a block."""
        process = subprocess.Popen(
            [sys.executable, "-m", "django", "procrastinate", "worker", "--concurrency", "4"],
            env=self.environment,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        try:
            yield process
        finally:
            if process.poll() is None:
                process.terminate()
                process.wait(timeout=30)

    @contextlib.contextmanager
    def web(self, *, workers: int = 2, threads: int = 32, application: str = "teahorse.wsgi:application") -> Iterator["Web"]:
        """Serve for the length of a block."""
        port = free_port()
        process = subprocess.Popen(
            [
                str(BIN / "granian"), "--interface", "wsgi", "--host", "127.0.0.1", "--port", str(port), "--workers", str(workers),
                "--blocking-threads", str(threads), "--backlog", "2048", "--no-ws", "--log-level", "warning", application,
            ],
            env={**self.environment, "TEAHORSE_SITE_URL": f"http://127.0.0.1:{port}"},
            start_new_session=True,
        )  # fmt: skip
        try:
            wait_for(f"http://127.0.0.1:{port}/healthz", process)
            yield Web(port, process)
        finally:
            if process.poll() is None:
                process.terminate()
                process.wait(timeout=20)


def wait_for(address: str, process: "subprocess.Popen[bytes]", *, seconds: float = 60) -> None:
    """Wait until an address answers 200."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline and process.poll() is None:
        with contextlib.suppress(OSError), urllib.request.urlopen(address, timeout=5) as answer:
            if answer.status == 200:
                return
        time.sleep(0.05)
    msg = f"{address} did not answer"
    raise RuntimeError(msg)


@contextlib.contextmanager
def house() -> Iterator[House]:
    """Have a migrated, empty house over a durable database (fsync on) for the length of a block."""
    with tempfile.TemporaryDirectory(prefix="teahorse-bench-", dir="/var/tmp") as folder:
        Path(folder).chmod(0o755)
        data = Path(folder) / "data"
        data.mkdir()
        ready_static(data / "static")
        for locale in LOCALES:
            compile_one(locale)
        with ready_server(Path(folder) / "pg", programs=programs(), durable=True) as server:
            environment = {
                **os.environ,
                "DATABASE_URL": server.url(),
                "DJANGO_SETTINGS_MODULE": "teahorse.settings",
                "TEAHORSE_DATA": str(data),
                "TEAHORSE_LOG": "WARNING",
            }
            yield House(server, environment)


def open_django(made: House) -> None:
    """Set up Django in this very process over a house."""
    os.environ.update({key: made.environment[key] for key in ("DATABASE_URL", "DJANGO_SETTINGS_MODULE", "TEAHORSE_DATA", "TEAHORSE_LOG")})
    import django

    django.setup()
