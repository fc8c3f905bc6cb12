"""A load generator: one asyncio process, keep-alive connections, prepared requests, latencies of every answer."""

import asyncio
import json
import statistics
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any


class Client(asyncio.Protocol):
    """One connection: sends a request, waits for the whole answer, sends the next."""

    def __init__(self, requests: Sequence[bytes], deadline: float, done: "asyncio.Future[None]", repeat: bool) -> None:  # noqa: FBT001
        self.requests, self.deadline, self.done, self.repeat = requests, deadline, done, repeat
        self.next = 0
        self.buffer = b""
        self.latencies: list[float] = []
        self.statuses: Counter[int] = Counter()

    def connection_made(self, transport: Any) -> None:
        self.transport = transport
        self._send()

    def _send(self) -> None:
        if time.perf_counter() >= self.deadline or (self.next >= len(self.requests) and not self.repeat):
            self.transport.close()
            return
        self.started = time.perf_counter()
        self.transport.write(self.requests[self.next % len(self.requests)])
        self.next += 1

    def data_received(self, data: bytes) -> None:
        self.buffer += data
        head, mark, body = self.buffer.partition(b"\r\n\r\n")
        if not mark:
            return
        lower = head.lower()
        at = lower.find(b"content-length:")
        if at >= 0:
            if len(body) < int(lower[at + 15 :].split(b"\r\n", 1)[0]):
                return
        elif b"transfer-encoding: chunked" in lower and not body.endswith(b"0\r\n\r\n"):
            return
        self.latencies.append(time.perf_counter() - self.started)
        self.statuses[int(head[9:12])] += 1
        self.buffer = b""
        self._send()

    def connection_lost(self, error: Exception | None) -> None:  # noqa: ARG002 - asyncio's signature
        if not self.done.done():
            self.done.set_result(None)


async def drive(port: int, shares: Sequence[Sequence[bytes]], seconds: float, repeat: bool) -> dict[str, Any]:  # noqa: FBT001
    """Send each share over a connection of its own until the time is over or the share is sent."""
    loop = asyncio.get_running_loop()
    started = time.perf_counter()
    clients, ends = [], []
    for share in shares:
        end = loop.create_future()
        _, client = await loop.create_connection(
            lambda share=share, end=end: Client(share, started + seconds, end, repeat), "127.0.0.1", port
        )
        clients.append(client)
        ends.append(end)
    await asyncio.wait(ends, timeout=seconds + 30)
    elapsed = time.perf_counter() - started
    latencies = sorted(latency for client in clients for latency in client.latencies)
    statuses: Counter[int] = sum((client.statuses for client in clients), Counter())
    return {
        "answers": len(latencies),
        "seconds": elapsed,
        "rate": len(latencies) / elapsed,
        "p50_ms": 1000 * statistics.median(latencies) if latencies else 0,
        "p95_ms": 1000 * latencies[int(len(latencies) * 0.95)] if latencies else 0,
        "p99_ms": 1000 * latencies[int(len(latencies) * 0.99)] if latencies else 0,
        "max_ms": 1000 * latencies[-1] if latencies else 0,
        "statuses": {str(status): count for status, count in sorted(statuses.items())},
    }


def request(method: str, path: str, *, body: bytes = b"", headers: dict[str, str] | None = None) -> bytes:
    """Return the bytes of a request."""
    lines = [f"{method} {path} HTTP/1.1", "Host: 127.0.0.1", *(f"{name}: {value}" for name, value in (headers or {}).items())]
    if body:
        lines += ["Content-Type: application/json", f"Content-Length: {len(body)}"]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


def run(port: int, shares: Sequence[Sequence[bytes]], *, seconds: float, repeat: bool = False) -> dict[str, Any]:
    """Drive the load from a process of its own and return what it measured."""
    with tempfile.NamedTemporaryFile(suffix=".load") as file:
        for share in shares:
            file.write(b"%d\n" % len(share))
            for one in share:
                file.write(b"%d\n" % len(one) + one)
        file.flush()
        done = subprocess.run(
            [sys.executable, "-m", "bench.load", str(port), str(seconds), "1" if repeat else "0", file.name],
            capture_output=True,
            check=True,
        )
    return dict(json.loads(done.stdout))


def _read(path: Path) -> list[list[bytes]]:
    shares = []
    with path.open("rb") as file:
        while line := file.readline():
            shares.append([file.read(int(file.readline())) for _ in range(int(line))])
    return shares


if __name__ == "__main__":
    result = asyncio.run(drive(int(sys.argv[1]), _read(Path(sys.argv[4])), float(sys.argv[2]), sys.argv[3] == "1"))
    print(json.dumps(result))
