"""
Doing together what waits at the same moment in one process.

One thread a process takes all that waits - one thing when it is quiet - and does it by one call. When a batch fails as a whole
its things are done one by one, so that nobody pays for a neighbour.
"""

import logging
import queue
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from typing import Generic, TypeVar

from django.db import DatabaseError, connection

from teahorse.common.gate import pages

PATIENCE_SECONDS = 15
log = logging.getLogger(__name__)

Asked = TypeVar("Asked")
Told = TypeVar("Told")


class NoAnswer(Exception):
    """None came in time; whether it was done is not known."""


class Gatherer(Generic[Asked, Told]):
    """The thread and its queue; started by the first who asks, so that a forked process has its own."""

    def __init__(self, act: Callable[[Sequence[Asked]], Sequence[Told]], *, name: str, most: int = 200) -> None:
        self._act, self._name, self._most = act, name, most
        self._waiting: queue.SimpleQueue[tuple[Asked, Future[Told]] | None] = queue.SimpleQueue()
        self._start = threading.Lock()
        self._thread: threading.Thread | None = None

    def ask(self, thing: Asked) -> Told:
        """
        Have a thing done together with the others that wait, and return what became of it.

        :raises NoAnswer: if none came in time; :raises Exception: what doing it alone raised.
        """
        self._ensure_thread()
        answer: Future[Told] = Future()
        self._waiting.put((thing, answer))
        try:
            with pages.stepped_aside():
                return answer.result(timeout=PATIENCE_SECONDS)
        except TimeoutError as error:
            raise NoAnswer from error

    def stop(self) -> None:
        """End the thread and its connection; the next who asks starts a new one."""
        if self._thread is not None and self._thread.is_alive():
            self._waiting.put(None)
            self._thread.join()

    def _ensure_thread(self) -> None:
        if self._thread is None or not self._thread.is_alive():
            with self._start:
                if self._thread is None or not self._thread.is_alive():
                    self._thread = threading.Thread(target=self._run, name=self._name, daemon=True)
                    self._thread.start()

    def _run(self) -> None:
        while first := self._waiting.get():
            batch = [first]
            while len(batch) < self._most:
                try:
                    following = self._waiting.get_nowait()
                except queue.Empty:
                    break
                if following is None:
                    self._waiting.put(None)
                    break
                batch.append(following)
            self._do(batch)
        connection.close()

    def _do(self, batch: Sequence[tuple[Asked, "Future[Told]"]]) -> None:
        try:
            told = self._act([thing for thing, _ in batch])
        except Exception as error:  # whatever it is, each asker hears of it and the thread lives on
            if isinstance(error, DatabaseError):
                connection.close()
            if len(batch) > 1 or isinstance(error, DatabaseError):
                for thing, answer in batch:
                    self._do_alone(thing, answer)
            else:
                self._tell_failure(batch[0][1], error)
            return
        for (_, answer), one_told in zip(batch, told, strict=True):
            answer.set_result(one_told)

    def _do_alone(self, thing: Asked, answer: "Future[Told]") -> None:
        try:
            told = self._act([thing])[0]
        except Exception as error:
            if isinstance(error, DatabaseError):
                connection.close()
            self._tell_failure(answer, error)
        else:
            answer.set_result(told)

    def _tell_failure(self, answer: "Future[Told]", error: Exception) -> None:
        log.error("%s: it could not be done", self._name, exc_info=error)
        answer.set_exception(error)
