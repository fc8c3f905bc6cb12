"""What the carriers' sandboxes have in common: keys, knobs, and pushes that come late, twice, out of order or not at all."""

from __future__ import annotations

import asyncio
import fcntl
import json
import os
import secrets
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, TypeVar

import httpx
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from sandbox.hosts import is_allowed_url

T = TypeVar("T")


def ensure(folder: Path | str, file: str, kind: type[T], make: dict[str, str]) -> T:
    """The keys of a file, made there first if it is missing (mode 0600); safe when two processes start together."""
    folder = Path(folder)
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    with open(folder / ".lock", "w", opener=_private) as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        path = folder / file
        if not path.exists():
            draft = path.with_suffix(".draft")
            with open(draft, "w", encoding="utf-8", opener=_private) as out:
                json.dump(make, out)
            os.replace(draft, path)
        return kind(**json.loads(path.read_text(encoding="utf-8")))


def secret(signs: int = 32) -> str:
    """A key that nobody can guess."""
    return secrets.token_hex(signs // 2)


@dataclass
class Knobs:
    """
    What can be made to go wrong.

    `answers` what the next calls get: a code of the partner's, `timeout` (hold `seconds`, do nothing, then 504) or `lost` (do it, then
    504). `silent`: nothing new is told or pushed. Pushes: `delay` seconds, `repeat` more copies, `hold` n: wait until n are there, then
    send them newest first; `drop`; `push_url` where SF pushes to.
    """

    answers: list[str] = field(default_factory=list)
    seconds: float = 0.0
    silent: bool = False
    delay: float = 0.0
    repeat: int = 0
    hold: int = 0
    drop: bool = False
    push_url: str = ""

    def turn(self, values: Any) -> None:
        """Turn knobs. :raises ValueError: for a name or a kind of value that is not ours; nothing is turned."""
        kinds: dict[str, tuple[type, ...]] = {
            "reset": (bool,), "answers": (list,), "seconds": (int, float), "silent": (bool,), "delay": (int, float), "repeat": (int,),
            "hold": (int,), "drop": (bool,), "push_url": (str,),
        }  # fmt: skip
        if not isinstance(values, dict) or any(not isinstance(value, kinds.get(name, ())) for name, value in values.items()):
            msg = f"knobs are {', '.join(kinds)}"
            raise ValueError(msg)
        if values.get("reset"):
            self.__init__()  # type: ignore[misc]  # as it was made
        for name in values.keys() - {"reset"}:
            setattr(self, name, values[name])

    async def control(self, request: Request) -> Response:
        """Turn knobs (POST), or show them."""
        if request.method == "POST":
            try:
                self.turn(json.loads(await request.body()))
            except ValueError as error:
                return JSONResponse({"code": "UNKNOWN_KNOB", "message": str(error)}, 400)
        return JSONResponse(asdict(self))


class Pusher:
    """Sends pushes as the knobs want it; what was answered stands in `sent`."""

    def __init__(self, knobs: Knobs) -> None:
        self.knobs = knobs
        self.held: list[tuple[str, bytes, str]] = []
        self.sent: list[dict[str, Any]] = []

    async def push(self, url: str, body: bytes, kind: str) -> None:
        """Send one, or hold it until enough are there."""
        if self.knobs.silent or self.knobs.drop or not is_allowed_url(url):
            return
        self.held.append((url, body, kind))
        if len(self.held) < self.knobs.hold:
            return
        due, self.held = self.held[::-1], []
        await asyncio.sleep(self.knobs.delay)
        async with httpx.AsyncClient(trust_env=False, timeout=10) as client:
            for to, content, content_type in due:
                for _ in range(1 + self.knobs.repeat):
                    try:
                        answer = await client.post(to, content=content, headers={"Content-Type": content_type})
                    except httpx.HTTPError as error:
                        self.sent.append({"status": 0, "answer": type(error).__name__})
                    else:
                        self.sent.append({"status": answer.status_code, "answer": answer.text[:500]})


def _private(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)
