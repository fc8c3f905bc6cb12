"""
Keeping what is dear to make and often asked for, and making it anew before it is too old, so that only the first who asks waits.

Of many who ask for the same new thing at the same moment one makes it. What is nearly too old is made anew by a thread of its own, one
thing after the other, while those who ask are given the old one.
"""

import logging
import queue
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Hashable
from dataclasses import dataclass, replace
from typing import Generic, TypeVar

from django.db import connection

from teahorse.common import gate, keeping

PATIENCE_SECONDS = 5
log = logging.getLogger(__name__)

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")


@dataclass(frozen=True, slots=True)
class _Made(Generic[V]):
    value: V
    mark: str
    made_at: float
    true_at: float


class DrawnAhead(Generic[K, V]):
    """
    The ``most`` things that were asked for last, true as they were at most so many ``seconds`` ago.

    ``mark`` asks cheaply whether a thing is as it was: then it is kept on, but no longer than ``longest``. ``make`` is given the mark that
    was asked for before it. So many seconds ``ahead`` of its end what is asked for is looked at by the thread.
    """

    def __init__(
        self,
        make: Callable[[K, str], V],
        *,
        mark: Callable[[K], str],
        seconds: float,
        ahead: float,
        longest: float,
        most: int,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._make, self._mark, self._clock = make, mark, clock
        self._seconds, self._ahead, self._longest, self._most = seconds, ahead, longest, most
        self._kept: OrderedDict[K, _Made[V]] = OrderedDict()
        self._lock = threading.Lock()
        self._made: dict[K, threading.Event] = {}
        self._waiting: queue.SimpleQueue[K | None] = queue.SimpleQueue()
        self._thread: threading.Thread | None = None
        keeping.forgotten_with_all(self)

    def find(self, key: K) -> V:
        """
        Return what is kept, or make it.

        :raises Exception: what making it raised; nothing is kept then.
        """
        with self._lock:
            kept = self._living(key)
            is_old = kept is None or self._clock() - kept.true_at > self._seconds - self._ahead
            is_mine = is_old and key not in self._made
            if is_mine:
                self._made[key] = threading.Event()
            being_made = self._made.get(key)
        if kept is not None:
            if is_mine:
                self._ask_the_thread(key)
            return kept.value
        if not is_mine and being_made is not None:
            with gate.pages.stepped_aside():
                being_made.wait(PATIENCE_SECONDS)
            with self._lock:
                kept = self._living(key)
            return kept.value if kept is not None else self._make(key, self._mark(key))
        return self._made_or_still_true(key)

    def forget(self) -> None:
        """Make everything anew."""
        with self._lock:
            self._kept.clear()

    def stop(self) -> None:
        """End the thread and its connection; the next who needs it starts a new one."""
        if self._thread is not None and self._thread.is_alive():
            self._waiting.put(None)
            self._thread.join()

    def _living(self, key: K) -> _Made[V] | None:
        kept = self._kept.get(key)
        if kept is None or self._clock() - kept.true_at >= self._seconds:
            return None
        self._kept.move_to_end(key)
        return kept

    def _made_or_still_true(self, key: K) -> V:
        begun, old = self._clock(), self._kept.get(key)
        try:
            mark = self._mark(key)
            if old is not None and old.mark == mark and begun < old.made_at + self._longest:
                made = replace(old, true_at=begun)
            else:
                made = _Made(self._make(key, mark), mark, begun, begun)
            with self._lock:
                self._kept[key] = made
                self._kept.move_to_end(key)
                while len(self._kept) > self._most:
                    self._kept.popitem(last=False)
            return made.value
        finally:
            with self._lock:
                ended = self._made.pop(key)
            ended.set()

    def _ask_the_thread(self, key: K) -> None:
        with self._lock:
            if self._thread is None or not self._thread.is_alive():
                self._thread = threading.Thread(target=self._run, name="drawing ahead", daemon=True)
                self._thread.start()
        self._waiting.put(key)

    def _run(self) -> None:
        while (key := self._waiting.get()) is not None:
            try:
                self._made_or_still_true(key)
            except Exception:  # whoever asks when the old one is gone hears of it
                log.exception("it could not be made anew")
                connection.close()
        connection.close()
