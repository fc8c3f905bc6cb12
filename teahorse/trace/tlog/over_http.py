"""A log read over HTTP by somebody who trusts neither its size nor its answers."""

import time
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path

import httpx
import msgspec

from teahorse.trace.tlog.folders import CHECKPOINT, put
from teahorse.trace.tlog.tiles import Tile, TileMalformed, TileMissing
from teahorse.trace.tlog.verifying import Standing

MOST_CHECKPOINT_BYTES = 2**20
_GONE = {HTTPStatus.NOT_FOUND, HTTPStatus.GONE}


class Unreachable(Exception):
    """The log did not give ``address``, which says nothing about the log; ``detail`` is what happened instead."""

    def __init__(self, address: str, detail: str) -> None:
        super().__init__(f"{address}: {detail}")
        self.address = address
        self.detail = detail


def longest_of(path: str) -> int:
    """Return how many bytes a file of a log can have at the most."""
    return MOST_CHECKPOINT_BYTES if path == CHECKPOINT else Tile.at(path).longest


@dataclass(frozen=True, slots=True)
class LogAddress:
    """The log at the address ``base``; what does not come is asked for ``tries`` times, with ``pause`` seconds between, then twice that."""

    base: str
    client: httpx.Client
    tries: int = 3
    pause: float = 0.5

    def fetch(self, path: str, *, longest: int | None = None) -> bytes:
        """
        Return a file; several threads may ask at once. ``longest``: how many bytes it can have, where it is no file of C2SP's.

        :raises TileMissing: if it is not there.
        :raises TileMalformed: if it is longer than such a file can be.
        :raises Unreachable: if the log does not answer, or with something else.
        """
        address = f"{self.base.rstrip('/')}/{path}"
        for attempt in range(self.tries):
            try:
                return self._ask(address, path, longest or longest_of(path))
            except (httpx.TransportError, httpx.HTTPStatusError, httpx.DecodingError) as error:
                told = str(error) or type(error).__name__
            if attempt + 1 < self.tries:
                time.sleep(self.pause * 2**attempt)
        raise Unreachable(address, told)

    def _ask(self, address: str, path: str, longest: int) -> bytes:
        content = bytearray()
        with self.client.stream("GET", address) as answer:
            if answer.status_code in _GONE:
                raise TileMissing(path)
            answer.raise_for_status()
            for part in answer.iter_bytes():
                content += part
                if len(content) > longest:
                    raise TileMalformed(path, "length")
        return bytes(content)


@dataclass(frozen=True, slots=True)
class StandingFile:
    """A file in which an outsider keeps what it trusts until the next time."""

    path: Path

    def read(self) -> Standing | None:
        """Return what was kept, if anything was."""
        try:
            return msgspec.json.decode(self.path.read_bytes(), type=Standing)
        except FileNotFoundError:
            return None

    def keep(self, standing: Standing) -> None:
        """Write it down, in one step."""
        put(self.path, msgspec.json.encode(standing))
