"""The real sandbox in a process of its own, the real client pointed at it, and the house listening for notifications."""

import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest
from django.db import connection
from procrastinate.contrib.django.models import ProcrastinateJob

from teahorse.payments.models import Notification
from teahorse.payments.providers.alipay import client as alipay_client
from teahorse.payments.providers.wechat_pay import client

ROOT = Path(__file__).resolve().parents[2]


def wait_until(condition, seconds=40.0):
    """Look every 20 ms until it is so."""
    ends_at = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < ends_at, "it did not happen in time"
        time.sleep(0.02)


@dataclass
class Sandbox:
    """A running sandbox: its address, its keys, and the hands of the payer and of the demonstrator."""

    address: str
    keys: Path
    http: httpx.Client

    @property
    def merchant(self):
        return json.loads((self.keys / "merchant.json").read_text())

    @property
    def platform(self):
        return json.loads((self.keys / "platform.json").read_text())

    def control(self, **knobs):
        answer = self.http.post("/wechatpay/_control", json=knobs)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def act(self, payment, action="pay", **knobs):
        """Be the payer who scanned the code."""
        values = {"code_url": payment.prompt["code_url"], "action": action, **knobs}
        answer = self.http.post("/wechatpay/pay", json=values, headers={"Accept": "application/json"})
        assert answer.status_code == 200, answer.text
        return answer.json()

    def alipay_control(self, **knobs):
        answer = self.http.post("/alipay/_control", json=knobs)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def alipay_act(self, payment, action="pay", **knobs):
        """Be the payer at Alipay: of a scanned code, or in a browser that followed the address."""
        values = {"action": action, **knobs}
        if "qr_code" in payment.prompt:
            values["qr_code"] = payment.prompt["qr_code"]
        else:
            sent_on = self.http.get(payment.prompt["pay_url"])
            assert sent_on.status_code == 302, sent_on.text
            values["id"] = sent_on.headers["Location"].partition("id=")[2]
        answer = self.http.post("/alipay/pay", json=values, headers={"Accept": "application/json"})
        assert answer.status_code == 200, answer.text
        return answer.json()

    def log(self):
        return self.http.get("/wechatpay/_log", headers={"Accept": "application/json"}).json()


@pytest.fixture(scope="session")
def running_sandbox(tmp_path_factory):
    with started_sandbox(tmp_path_factory.mktemp("sandbox")) as running:
        yield running


@contextlib.contextmanager
def started_sandbox(folder):
    """A sandbox with its keys and its memory in a folder."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    address = f"http://127.0.0.1:{port}"
    environment = {
        **os.environ,
        "TEAHORSE_SANDBOX_STATE": str(folder / "state.sqlite3"),
        "TEAHORSE_SANDBOX_KEYS": str(folder / "keys"),
        "TEAHORSE_SANDBOX_SPEED": "0.01",  # a refused notification is not sent again during these tests
    }
    command = [sys.executable, "-m", "granian", "--interface", "asgi", "--no-ws", "--log-level", "warning"]
    process = subprocess.Popen([*command, "--host", "127.0.0.1", "--port", str(port), "sandbox.app:app"], cwd=ROOT, env=environment)

    def is_up():
        assert process.poll() is None, "the sandbox ended"
        with contextlib.suppress(httpx.TransportError):
            return httpx.get(address, trust_env=False).status_code == 200
        return False

    try:
        wait_until(is_up, 30)
        with httpx.Client(base_url=address, trust_env=False, timeout=20) as http:
            yield Sandbox(address, folder / "keys", http)
    finally:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(5)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait(5)


@pytest.fixture
def sandbox(running_sandbox, settings, monkeypatch):
    """The sandbox with every knob as it should be, and the house set up for it."""
    running_sandbox.control(reset=True)
    running_sandbox.alipay_control(reset=True)
    settings.SANDBOX_URL = running_sandbox.address
    settings.SANDBOX_KEYS = running_sandbox.keys
    settings.SITE_URL = "http://127.0.0.1:9"
    settings.ROOT_URLCONF = "tests.payments.urls"
    monkeypatch.delenv("TEAHORSE_WECHAT_PAY", raising=False)
    monkeypatch.delenv("TEAHORSE_ALIPAY", raising=False)
    monkeypatch.setattr(client, "PAUSES", (0.01, 0.01))
    monkeypatch.setattr(alipay_client, "PAUSES", (0.01, 0.01))
    yield running_sandbox
    # nothing of this test may reach the next: what would come is dropped, what is being sent is waited for
    running_sandbox.control(reset=True, notify={"drop": True}, advance_seconds=3600)
    wait_until(lambda: "sending" not in running_sandbox.control()["notifications"])
    running_sandbox.alipay_control(reset=True, notify={"drop": True}, advance_seconds=3600)
    wait_until(lambda: "sending" not in running_sandbox.alipay_control()["notifications"])


@pytest.fixture
def house(sandbox, live_server, settings):
    """The sandbox, and the house listening over HTTP for its notifications."""
    settings.SITE_URL = live_server.url
    return sandbox


@pytest.fixture
def jobs():
    """Return the arguments of the jobs of a task that were stored since this test began."""
    with connection.cursor() as cursor:
        cursor.execute("select coalesce(max(id), 0) from procrastinate_jobs")
        last = cursor.fetchone()[0]

    def stored(task_name):
        found = ProcrastinateJob.objects.filter(task_name=task_name, id__gt=last).order_by("id")
        return [job.args for job in found]

    return stored


@pytest.fixture
def kept():
    """Wait for so many notifications to be kept."""

    def wait(count=1):
        wait_until(lambda: Notification.objects.count() >= count)
        return list(Notification.objects.order_by("received_at", "pk"))

    return wait
