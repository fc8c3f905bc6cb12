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
from playwright.sync_api import sync_playwright

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


@pytest.fixture(scope="module")
def browser(browser_type_launch_args):
    """Start Chromium for one file: Playwright's loop runs on this thread while it lives, and Django refuses to work under a loop."""
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(**browser_type_launch_args)
        yield chromium
        chromium.close()


@pytest.fixture
def context(browser, browser_context_args):
    made = browser.new_context(**browser_context_args)
    yield made
    made.close()


@pytest.fixture
def page(context):
    return context.new_page()


@dataclass
class OpenHouse:
    url: str
    sandbox: str
    log: Path
    database: str

    def state(self):
        """Say what the orders, payments and jobs are just now: what one wants to see when a step did not come about."""
        asked = (
            "select id, state, placed_at, paid_at from orders_sellerorder order by placed_at desc limit 3",
            "select id, state, created_at, settled_at from payments_payment order by created_at desc limit 3",
            "select id, status, attempts, task_name, args from procrastinate_jobs where status in ('todo', 'doing', 'failed')",
            "select * from procrastinate_workers",
            "select state, wait_event, left(query, 90) from pg_stat_activity where datname = current_database() and state <> 'idle'",
        )
        with psycopg.connect(self.database) as connection:
            return "\n".join(f"{query}\n  {row}" for query in asked for row in connection.execute(query).fetchall())


@pytest.fixture(scope="session")
def open_house(tmp_path_factory):
    """Run ``teahorse up`` over a new database of the suite's server, which it fills; Ctrl-C ends it, and nothing may be left."""
    server = os.environ["DATABASE_URL"]
    name = f"teahorse_open_house_{os.environ.get('PYTEST_XDIST_WORKER', 'alone')}"
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(f"drop database if exists {name} with (force)")
        template = os.environ.get("TEAHORSE_TEST_TEMPLATE", "template1")  # ``up`` finds it migrated
        connection.execute(f"create database {name} template {template}")
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
        "TEAHORSE_JOBS_LOG": "INFO",
        "PORT": str(port),
        "WEB_WORKERS": "1",
    }
    with log.open("wb") as out:
        process = subprocess.Popen([sys.executable, "-m", "teahorse.cli", "up"], cwd=ROOT, env=environment, stdout=out, stderr=out)
    try:
        wait_until_ready(f"http://127.0.0.1:{port}/readyz", process, log)
        yield OpenHouse(f"http://127.0.0.1:{port}", f"http://127.0.0.1:{port + 2}", log, url)
    finally:
        process.send_signal(signal.SIGINT)
        ended = process.wait(timeout=30)
        with psycopg.connect(server, autocommit=True) as connection:
            connection.execute(f"drop database if exists {name} with (force)")
    assert ended == 0
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


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item, call):
    """Show, beside a failure, what the house knows."""
    report = yield
    house = getattr(item, "funcargs", {}).get("open_house")
    if report.when == "call" and report.failed and house is not None:
        report.sections += [("the house", house.state()), ("its log", house.log.read_text(errors="replace")[-6000:])]
    return report
