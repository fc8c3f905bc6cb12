"""
A few pages at a time.

A process has many threads, because some requests wait for others: for orders that are placed together, for a partner's
answer, for a phone on a bad line. Of those that compute only a few run at once. More would not be quicker - Python lets one
compute - and each would need a database connection of its own, whose plans and caches are cold.
"""

import io
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Any

Environ = dict[str, Any]
Application = Callable[[Environ, Callable[..., Any]], Iterable[bytes]]
LARGE_BODY = 1 << 20


class Gate:
    """Lets so many threads through at once; who waits for somebody else steps aside meanwhile."""

    def __init__(self, most: int) -> None:
        self._places = threading.Semaphore(most)
        self._mine = threading.local()

    @contextmanager
    def passed(self) -> Iterator[None]:
        """Hold one of the places."""
        self._places.acquire()
        self._mine.is_held = True
        try:
            yield
        finally:
            self._mine.is_held = False
            self._places.release()

    @contextmanager
    def stepped_aside(self) -> Iterator[None]:
        """Leave this thread's place to others as long as it only waits; nothing where it has none."""
        if not getattr(self._mine, "is_held", False):
            yield
            return
        self._places.release()
        try:
            yield
        finally:
            self._places.acquire()


pages = Gate(4)
"""The gate of this process."""


class FewAtATime:
    """
    A WSGI application that answers a few requests at a time.

    What a browser sends is read before: a slow line holds nobody up. A large body (a photograph) is read by the
    application itself, which passes without a place.
    """

    def __init__(self, application: Application, gate: Gate = pages) -> None:
        self.application = application
        self.gate = gate

    def __call__(self, environ: Environ, start_response: Callable[..., Any]) -> Iterable[bytes]:
        length = environ.get("CONTENT_LENGTH") or "0"
        if not length.isdecimal() or int(length) > LARGE_BODY:
            return self.application(environ, start_response)
        if int(length):
            environ["wsgi.input"] = io.BytesIO(environ["wsgi.input"].read(int(length)))
        with self.gate.passed():
            return self.application(environ, start_response)
