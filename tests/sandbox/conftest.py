"""A running sandbox, the real WeChat Pay client pointed at it, and a merchant's server that takes notifications."""

from __future__ import annotations

import dataclasses
import http.server
import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from wechatpayv3 import WeChatPay, WeChatPayType

ROOT = Path(__file__).resolve().parents[2]


@dataclasses.dataclass
class Sandbox:
    """A sandbox process, its address and the merchant's keys."""

    address: str
    keys: dict[str, str]
    http: httpx.Client

    def control(self, **knobs: Any) -> dict[str, Any]:
        """Turn knobs."""
        answer = self.http.post("/wechatpay/_control", json=knobs)
        assert answer.status_code == 200, answer.text
        return dict(answer.json())

    def act(self, **values: Any) -> httpx.Response:
        """Be the payer."""
        return self.http.post("/wechatpay/pay", json=values, headers={"Accept": "application/json"})


@dataclasses.dataclass
class Listener:
    """A merchant's server: what came, and what it will answer (200 when the list is empty)."""

    address: str
    got: list[tuple[dict[str, str], bytes]]
    answers: list[int]

    def wait(self, count: int, seconds: float = 3.0) -> list[tuple[dict[str, str], bytes]]:
        """The notifications that have come, once there are so many."""
        wait_until(lambda: len(self.got) >= count, seconds)
        return list(self.got)


def wait_until(condition: Callable[[], bool], seconds: float = 3.0) -> None:
    """Look every 10 ms until it is so; fails after `seconds`."""
    ends_at = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < ends_at, "it did not happen in time"
        time.sleep(0.01)


@dataclasses.dataclass
class Process:
    """One start of the sandbox; ended by its pid."""

    address: str
    running: subprocess.Popen[bytes]

    @classmethod
    def start(cls, folder: Path) -> Process:
        """Start on a free port, with keys and memory in a folder, and wait until it answers."""
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        environment = {
            **os.environ,
            "TEAHORSE_SANDBOX_STATE": str(folder / "state.sqlite3"),
            "TEAHORSE_SANDBOX_KEYS": str(folder / "keys"),
            "TEAHORSE_SANDBOX_SPEED": "150",
        }
        command = [sys.executable, "-m", "granian", "--interface", "asgi", "--no-ws", "--log-level", "warning"]
        running = subprocess.Popen([*command, "--host", "127.0.0.1", "--port", str(port), "sandbox.app:app"], cwd=ROOT, env=environment)
        process = cls(f"http://127.0.0.1:{port}", running)
        try:
            wait_until(process.is_up, 15)
        except BaseException:
            process.stop()
            raise
        return process

    def is_up(self) -> bool:
        """Whether it answers."""
        assert self.running.poll() is None, "the sandbox ended"
        try:
            return httpx.get(self.address, trust_env=False).status_code == 200
        except httpx.TransportError:
            return False

    def stop(self) -> None:
        """End it."""
        self.running.send_signal(signal.SIGTERM)
        try:
            self.running.wait(5)
        except subprocess.TimeoutExpired:
            self.running.kill()
            self.running.wait(5)


@pytest.fixture(scope="session")
def running_sandbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sandbox]:
    folder = tmp_path_factory.mktemp("sandbox")
    process = Process.start(folder)
    keys = json.loads((folder / "keys" / "merchant.json").read_text())
    with httpx.Client(base_url=process.address, trust_env=False) as client:
        yield Sandbox(process.address, keys, client)
    process.stop()


@pytest.fixture
def sandbox(running_sandbox: Sandbox) -> Sandbox:
    """The sandbox with every knob as it should be."""
    running_sandbox.control(reset=True)
    return running_sandbox


@pytest.fixture
def listener() -> Iterator[Listener]:
    found, path = Listener("", [], []), f"/notify/{uuid.uuid4().hex}"

    class Taker(http.server.BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            if self.path != path:  # meant for a listener that had this port before
                self.send_error(404)
                return
            body = self.rfile.read(int(self.headers["Content-Length"]))
            found.got.append((dict(self.headers.items()), body))
            self.send_response(found.answers.pop(0) if found.answers else 200)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_args: Any) -> None:
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Taker) as server:
        found.address = f"http://127.0.0.1:{server.server_address[1]}{path}"
        thread = threading.Thread(target=server.serve_forever, args=(0.02,))
        thread.start()
        yield found
        server.shutdown()
        thread.join()


@pytest.fixture(scope="session")
def shared_client(running_sandbox: Sandbox) -> WeChatPay:
    """The client, made once: reading an RSA key takes longer than most tests."""
    return make_client(running_sandbox.address, running_sandbox.keys, "")


@pytest.fixture
def client(shared_client: WeChatPay, listener: Listener, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> WeChatPay:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    monkeypatch.setattr(shared_client, "_notify_url", listener.address)
    return shared_client


def make_client(address: str, keys: dict[str, str], notify_url: str) -> WeChatPay:
    """The real client in public-key mode, its gateway replaced."""
    client = WeChatPay(
        wechatpay_type=WeChatPayType.NATIVE,
        mchid=keys["mchid"],
        private_key=keys["merchant_private_key"],
        cert_serial_no=keys["merchant_serial"],
        apiv3_key=keys["api_v3_key"],
        appid=keys["appid"],
        notify_url=notify_url,
        public_key=keys["platform_public_key"],
        public_key_id=keys["platform_key_id"],
        timeout=(3, 10),
    )
    client._core._gate_way = f"{address}/wechatpay"
    return client
