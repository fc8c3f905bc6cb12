"""``cold_start`` and ``memory``: how long a warm clone takes to open, and what each process holds."""

import os
import signal
import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path
from typing import Any

from bench.processes import memory_mb, tree, words
from checks.running import free_port

PATIENCE_S, SETTLE_S = 300, 2
NAMES = {
    "postgres": "postgres",
    "teahorse.wsgi": "web",
    "teahorse.push": "push",
    "sandbox.app": "sandbox",
    "procrastinate": "worker",
    "teahorse.cli up": "up",
}
"""What stands in the command line of each kind of process."""


def opening() -> dict[str, dict[str, Any]]:
    """Start the demo house twice: the first start fills it, the second is the warm one."""
    with tempfile.TemporaryDirectory(prefix="teahorse-bench-", dir="/var/tmp") as folder:
        Path(folder).chmod(0o755)
        first, _ = _start(folder)
        second, memory = _start(folder)
    return {
        "cold_start": {"value": second, "unit": "s", "limit": 15, "limit_is": "the aim", "ratio": second / 15, "first_start_s": first},
        "memory": {"value": sum(memory.values()), "unit": "MB", "limit": None, "ratio": None, "processes": memory},
    }


def _start(folder: str) -> tuple[float, dict[str, int]]:
    port = free_port()
    environment = {
        **{k: v for k, v in os.environ.items() if not k.startswith(("TEAHORSE_", "DATABASE_"))},
        "PORT": str(port),
        "TEAHORSE_DATA": f"{folder}/data",
    }
    started = time.perf_counter()
    process = subprocess.Popen(
        [sys.executable, "-m", "teahorse.cli", "up"], env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        while not _is_ready(port):
            if process.poll() is not None or time.perf_counter() - started > PATIENCE_S:
                msg = "the house did not open"
                raise RuntimeError(msg)
            time.sleep(0.05)
        took = time.perf_counter() - started
        time.sleep(SETTLE_S)
        return took, _memory(process.pid)
    finally:
        process.send_signal(signal.SIGINT)
        process.wait(timeout=60)


def _is_ready(port: int) -> bool:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/readyz", timeout=5) as answer:
            return bool(answer.status == 200)
    except OSError:
        return False


def _memory(root: int) -> dict[str, int]:
    """Return what the processes of each kind hold together, in MB; what several share is counted once."""
    found: dict[str, float] = {}
    counted: set[int] = set()
    for pid in tree(root):
        line = words(pid)
        name = next((name for mark, name in NAMES.items() if mark in line), "")
        if name in {"", "up"}:
            continue
        family = [child for child in tree(pid) if child not in counted]  # a server's helpers bear no name of their own
        counted.update(family)
        found[name] = found.get(name, 0.0) + sum(memory_mb(child) for child in family)
    found["up"] = sum(memory_mb(pid) for pid in tree(root) if pid not in counted)
    return {name: round(size) for name, size in sorted(found.items())}
