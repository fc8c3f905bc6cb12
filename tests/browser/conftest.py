"""A whole house, opened by ``teahorse up`` as a newcomer does it, and a real Chromium to walk through it."""

import os
import shutil
import signal
import subprocess
import sys
import time
import urllib.request
from dataclasses import dataclass
from pathlib import Path

import psycopg
import pytest

from checks.running import free_port

CHROMIUM = shutil.which("chromium")
ROOT = Path(__file__).parent.parent.parent


def pytest_collection_modifyitems(items):
    """Skip what needs a browser where there is none."""
    for item in items:
        if "tests/browser" in str(item.path).replace(os.sep, "/"):
            item.add_marker(pytest.mark.browser)
            if CHROMIUM is None:
                item.add_marker(pytest.mark.skip(reason="chromium is not installed (make browser)"))


@pytest.fixture(scope="session")
def browser_type_launch_args():
    return {"executable_path": CHROMIUM, "args": ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]}


@pytest.fixture(scope="session")
def browser_context_args():
    return {"locale": "zh-CN", "viewport": {"width": 390, "height": 844}}


@dataclass
class OpenHouse:
    url: str
    sandbox: str
    log: Path


@pytest.fixture(scope="session")
def open_house(tmp_path_factory):
    """Run ``teahorse up`` over a new database of the suite's server; Ctrl-C ends it, and nothing may be left."""
    server = os.environ["DATABASE_URL"]
    name = f"teahorse_open_house_{os.environ.get('PYTEST_XDIST_WORKER', 'alone')}"
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(f"drop database if exists {name} with (force)")
        connection.execute(f"create database {name}")
        database = connection.info
        url = f"postgresql://{database.user}@/{name}?host={database.host.replace('/', '%2F')}&port={database.port}"
    port = free_port_row()
    folder = tmp_path_factory.mktemp("house")
    log = folder / "up.log"
    environment = {
        **{key: value for key, value in os.environ.items() if not key.startswith("TEAHORSE_")},
        "DATABASE_URL": url,
        "TEAHORSE_DATA": str(folder / "data"),
        "TEAHORSE_SANDBOX_SPEED": "20",
        "PORT": str(port),
        "WEB_WORKERS": "1",
    }
    with log.open("wb") as out:
        process = subprocess.Popen([sys.executable, "-m", "teahorse.cli", "up"], cwd=ROOT, env=environment, stdout=out, stderr=out)
    try:
        wait_until_ready(f"http://127.0.0.1:{port}/readyz", process, log)
        yield OpenHouse(f"http://127.0.0.1:{port}", f"http://127.0.0.1:{port + 2}", log)
    finally:
        process.send_signal(signal.SIGINT)
        process.wait(timeout=30)
        with psycopg.connect(server, autocommit=True) as connection:
            connection.execute(f"drop database if exists {name} with (force)")
    for gone in (port, port + 1, port + 2):
        with pytest.raises(OSError):  # noqa: PT011 - refused, in whatever words
            urllib.request.urlopen(f"http://127.0.0.1:{gone}/healthz", timeout=2)


def free_port_row():
    """Return the first of three free ports in a row."""
    import socket

    while True:
        first = free_port()
        try:
            for port in range(first, first + 3):
                with socket.socket() as probe:
                    probe.bind(("127.0.0.1", port))
        except OSError:
            continue
        return first


def wait_until_ready(address, process, log):
    deadline = time.monotonic() + 240
    while time.monotonic() < deadline:
        if process.poll() is not None:
            break
        try:
            with urllib.request.urlopen(address, timeout=5) as answer:
                if answer.status == 200:
                    return
        except OSError:
            time.sleep(0.3)
    raise AssertionError(log.read_text()[-3000:])


@pytest.fixture
def troubles(page):
    """What the browser complains of: errors of scripts, blocked content."""
    found = []
    page.on("console", lambda message: found.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: found.append(str(error)))
    return found
