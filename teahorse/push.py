"""
The process ``push``: server-sent events for open pages (an ASGI application).

It listens to PostgreSQL on the channel of :mod:`teahorse.common.push` and passes each topic's messages to the pages
that hold an address made for it. A message is a number and nothing else; the page then fetches what it shows.
"""

import asyncio
import contextlib
import itertools
import os
import time
from collections import defaultdict
from collections.abc import AsyncIterator, Awaitable, Callable, MutableMapping
from typing import Any

import django
import psycopg

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "teahorse.settings")
django.setup()

from django.conf import settings  # noqa: E402 - after setup
from django.core.signing import BadSignature  # noqa: E402
from starlette.applications import Starlette  # noqa: E402
from starlette.requests import Request  # noqa: E402
from starlette.responses import PlainTextResponse, Response, StreamingResponse  # noqa: E402
from starlette.routing import Route  # noqa: E402

from teahorse import environment  # noqa: E402
from teahorse.common.push import CHANNEL, topic_of  # noqa: E402

KEEP_ALIVE_SECONDS = 20
MOST_WAITING = 32
Scope = MutableMapping[str, Any]


class Topics:
    """Who listens to what. A page that does not keep up loses messages, never the connection."""

    def __init__(self) -> None:
        self._queues: dict[str, set[asyncio.Queue[int]]] = defaultdict(set)
        self._numbers = itertools.count(time.time_ns() // 1_000_000)  # a page that outlives a restart still sees larger numbers

    def publish(self, topic: str) -> None:
        """Pass a message on to everyone who listens to a topic."""
        number = next(self._numbers)
        for waiting in self._queues.get(topic, ()):
            with contextlib.suppress(asyncio.QueueFull):
                waiting.put_nowait(number)

    def publish_all(self) -> None:
        """Have every page look again: what happened while nobody listened is not known."""
        for topic in list(self._queues):
            self.publish(topic)

    @contextlib.contextmanager
    def listening(self, topic: str) -> Any:
        """Listen for the length of a block; yields the queue."""
        waiting: asyncio.Queue[int] = asyncio.Queue(MOST_WAITING)
        self._queues[topic].add(waiting)
        try:
            yield waiting
        finally:
            self._queues[topic].discard(waiting)
            if not self._queues[topic]:
                del self._queues[topic]


topics = Topics()


async def events(request: Request) -> Response:
    """Stream the numbers of a topic's messages; ``hello`` at the start, a comment when nothing happens."""
    try:
        topic = topic_of(request.path_params["token"])
    except BadSignature:
        return PlainTextResponse("not an address of ours\n", status_code=404)
    headers = {
        "Access-Control-Allow-Origin": settings.SITE_URL,
        "Cache-Control": "no-store",
        "X-Accel-Buffering": "no",
    }
    return StreamingResponse(_stream(topic), media_type="text/event-stream", headers=headers)


async def _stream(topic: str) -> AsyncIterator[bytes]:
    with topics.listening(topic) as waiting:
        yield b"retry: 3000\nevent: hello\ndata: 0\n\n"
        while True:
            try:
                number = await asyncio.wait_for(waiting.get(), KEEP_ALIVE_SECONDS)
            except TimeoutError:
                yield b": still here\n\n"
            else:
                yield f"id: {number}\nevent: changed\ndata: {number}\n\n".encode()


async def listen() -> None:
    """Listen to the database for ever; a broken connection is made anew."""
    address = environment.text("DATABASE_URL", "postgresql:///teahorse")
    while True:
        with contextlib.suppress(psycopg.OperationalError):
            connection = await psycopg.AsyncConnection.connect(address, autocommit=True)
            async with connection:
                await connection.execute(f"listen {CHANNEL}")
                topics.publish_all()
                async for message in connection.notifies():
                    topics.publish(message.payload)
        await asyncio.sleep(1)


@contextlib.asynccontextmanager
async def lifespan(app: Starlette) -> AsyncIterator[None]:  # noqa: ARG001 - starlette passes it
    """Keep the listener while the process serves."""
    listener = asyncio.create_task(listen())
    yield
    listener.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await listener


async def alive(request: Request) -> Response:  # noqa: ARG001 - a view
    """Answer that the process serves."""
    return PlainTextResponse("alive\n")


app: Callable[[Scope, Any, Any], Awaitable[None]] = Starlette(
    routes=[Route("/healthz", alive), Route("/{token:path}", events)], lifespan=lifespan
)
