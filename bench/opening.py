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

from checks.running import free_port


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
        while time.perf_counter() - started < 300:
            try:
                with urllib.request.urlopen(f"http://127.0.0.1:{port}/readyz", timeout=5) as answer:
                    if answer.status == 200:
                        break
            except OSError:
                time.sleep(0.05)
        took = time.perf_counter() - started
        return took, _memory(process.pid)
    finally:
        process.send_signal(signal.SIGINT)
        process.wait(timeout=60)


def _memory(root: int) -> dict[str, int]:
    """Return what the processes below ``root`` hold, in MB of resident memory (shared pages count for each)."""
    import psutil

    found: dict[str, int] = {}
    for process in psutil.Process(root).children(recursive=True):
        words = " ".join(process.cmdline())
        names = {
            "postgres": "postgres",
            "teahorse.wsgi": "web",
            "teahorse.push": "push",
            "sandbox.app": "sandbox",
            "procrastinate": "worker",
            "honcho": "honcho",
        }
        name = next((value for key, value in names.items() if key in words), None)
        if name:
            found[name] = found.get(name, 0) + process.memory_info().rss // 1_000_000
    return found
