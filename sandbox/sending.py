"""Notifications, whosever they are: stored with the knobs that they will be sent under, sent, and sent again on the provider's schedule."""

from __future__ import annotations

import asyncio
import contextlib
import json
import sqlite3
import time
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass
from typing import Any, Generic, Protocol, TypeVar

import httpx

from sandbox.knobs import SendingKnobs
from sandbox.state import State

ANSWER_SECONDS = 5.0
LONGEST_REST = 60.0


class Gateway(Protocol):
    """What the worker needs of a sandbox."""

    state: State
    speed: float
    bell: asyncio.Event

    def ring(self) -> None:
        """Tell the worker that there is something to do."""


G = TypeVar("G", bound=Gateway)
K = TypeVar("K", bound=SendingKnobs)
Post = Callable[[G, httpx.AsyncClient, sqlite3.Row, K], Awaitable[bool]]


async def nothing_first(_gateway: Any, _client: httpx.AsyncClient, _row: sqlite3.Row, _knobs: Any) -> None:
    """Nothing is sent before a notification."""


@dataclass(frozen=True, kw_only=True)
class Sender(Generic[G, K]):
    """
    How one provider sends: the table of its notifications, its knobs, its waits between tries (divided by the gateway's speed).

    `post` sends once and says whether the merchant took it; `first` is done before the first try; `settle` lets the clock do
    its part, and `next_moments` says in how many seconds it has more to do.
    """

    table: str
    knobs: type[K]
    retry_seconds: tuple[int, ...]
    post: Post[G, K]
    settle: Callable[[G], None]
    next_moments: Callable[[G], Iterable[float]]
    first: Callable[[G, httpx.AsyncClient, sqlite3.Row, K], Awaitable[None]] = nothing_first

    async def work(self, gateway: G) -> None:
        """Run until cancelled; what a stopped process left half sent is sent again."""
        gateway.state.run(f"update {self.table} set state = 'waiting' where state in ('sending', 'shuffled')")  # noqa: S608 - as above
        tasks: set[asyncio.Task[None]] = set()
        async with httpx.AsyncClient(timeout=ANSWER_SECONDS, trust_env=False) as client:
            try:
                while True:
                    gateway.bell.clear()
                    self.settle(gateway)
                    for batch in self._due(gateway):
                        task = asyncio.create_task(self._send_in_order(gateway, client, batch))
                        tasks.add(task)
                        task.add_done_callback(tasks.discard)
                    with contextlib.suppress(TimeoutError):
                        await asyncio.wait_for(gateway.bell.wait(), self._seconds_to_next(gateway))
            finally:
                for task in tasks:
                    task.cancel()
                await asyncio.gather(*tasks, return_exceptions=True)

    def _due(self, gateway: G) -> list[list[sqlite3.Row]]:
        """Claim what must be sent now: each waiting notification for itself, the shuffled ones as one sequence."""
        state = gateway.state
        waiting = state.all(f"select * from {self.table} where state = 'waiting' and next_at <= ?", time.time())  # noqa: S608 - as above
        shuffled = state.all(f"select * from {self.table} where state = 'shuffled' order by rowid desc")  # noqa: S608 - as above
        for row in [*waiting, *shuffled]:
            state.run(f"update {self.table} set state = 'sending' where id = ?", row["id"])  # noqa: S608 - as above
        return [[row] for row in waiting] + ([shuffled] if shuffled else [])

    def _seconds_to_next(self, gateway: G) -> float:
        """Until the next thing that the clock will do, at most a minute."""
        row = gateway.state.one(f"select min(next_at) from {self.table} where state = 'waiting'")  # noqa: S608 - as above
        moments = [LONGEST_REST, *self.next_moments(gateway)]
        if row and row[0] is not None:
            moments.append(row[0] - time.time())
        return max(0.005, min(moments))

    async def _send_in_order(self, gateway: G, client: httpx.AsyncClient, batch: list[sqlite3.Row]) -> None:
        for row in batch:
            await self._send(gateway, client, row)

    async def _send(self, gateway: G, client: httpx.AsyncClient, row: sqlite3.Row) -> None:
        """One try of one notification, its copies included; then done, waiting again, or given up."""
        knobs = self.knobs.read(json.loads(row["knobs"]))
        tries = row["sent"] + 1
        if knobs.honest_after and row["sent"] >= knobs.honest_after:
            knobs = knobs.honest()
        if tries == 1:
            await self.first(gateway, client, row, knobs)
        is_taken = False
        for _copy in range(1 + (knobs.repeat if tries == 1 else 0)):
            is_taken = await self.post(gateway, client, row, knobs) or is_taken
        if is_taken:
            state, next_at = "done", 0.0
        elif tries > len(self.retry_seconds):
            state, next_at = "given up", 0.0
        else:
            state, next_at = "waiting", time.time() + self.retry_seconds[tries - 1] / gateway.speed
        gateway.state.run(f"update {self.table} set state = ?, sent = ?, next_at = ? where id = ?", state, tries, next_at, row["id"])  # noqa: S608 - as above
        gateway.ring()


def store(gateway: Gateway, table: str, columns: dict[str, Any], *, knobs: SendingKnobs, subject: str, told: Any) -> None:
    """Store the truth in a table of notifications; the knobs say how it will be told."""
    state = "dropped" if knobs.drop else "held" if knobs.shuffle else "waiting"
    row = {**columns, "state": state, "next_at": time.time() + knobs.delay, "knobs": json.dumps(knobs.set_values())}
    places = ", ".join("?" for _ in row)
    gateway.state.run(f"insert into {table} ({', '.join(row)}) values ({places})", *row.values())  # noqa: S608 - our own names
    if knobs.drop:
        gateway.state.log("notification", subject, "dropped", told)
    held = gateway.state.number(f"select count(*) from {table} where state = 'held'")  # noqa: S608 - as above
    if knobs.shuffle and held >= knobs.shuffle:
        release(gateway, table)
    gateway.ring()


def release(gateway: Gateway, table: str) -> None:
    """Let every held notification go; they are sent newest first."""
    gateway.state.run(f"update {table} set state = 'shuffled' where state = 'held'")  # noqa: S608 - as above
    gateway.ring()


def seconds_until(gateway: Gateway, clock: float, statements: Iterable[str]) -> Iterable[float]:
    """In how many seconds a clock reaches what each statement asks for, where there is something."""
    for sql in statements:
        row = gateway.state.one(sql)
        if row and row[0] is not None:
            yield row[0] - clock
