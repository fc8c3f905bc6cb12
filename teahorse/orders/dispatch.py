"""
Gathering the wishes that wait at the same moment in one process, so that they are placed together.

One thread a process takes all that waits - a batch of one when it is quiet - and places it by one call. When a batch
fails as a whole (the same key at the same moment in two processes, a broken connection) its wishes are placed one by
one, so that nobody pays for a neighbour.
"""

import logging
import queue
import threading
from collections.abc import Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from datetime import datetime

from django.db import DatabaseError, connection
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from teahorse.common.gate import pages
from teahorse.common.refusals import Refusal
from teahorse.orders.actions.placing import Placed, Wish, place_orders

MOST_AT_ONCE = 200
PATIENCE_SECONDS = 15
log = logging.getLogger(__name__)


class PlacingUnknown(Refusal):
    """The database did not answer in time; the wish may or may not have been placed."""

    code = "placing_unknown"
    status = 503
    sentence = _("We could not confirm your order yet. Press the button again: it will not be ordered twice.")


@dataclass(slots=True)
class _Waiting:
    wish: Wish
    answer: "Future[Placed]"


class Dispatcher:
    """The thread and its queue; started by the first wish, so that a forked process has its own."""

    def __init__(self) -> None:
        self._waiting: queue.SimpleQueue[_Waiting | None] = queue.SimpleQueue()
        self._start = threading.Lock()
        self._thread: threading.Thread | None = None

    def place(self, wish: Wish) -> Placed:
        """
        Place a wish together with the others that wait.

        :raises Refusal: what :func:`place_orders` answered; :raises PlacingUnknown: if no answer came.
        """
        self._ensure_thread()
        answer: Future[Placed] = Future()
        self._waiting.put(_Waiting(wish, answer))
        try:
            with pages.stepped_aside():
                return answer.result(timeout=PATIENCE_SECONDS)
        except TimeoutError as error:
            raise PlacingUnknown from error

    def stop(self) -> None:
        """End the thread and its connection; the next wish starts a new one."""
        if self._thread is not None and self._thread.is_alive():
            self._waiting.put(None)
            self._thread.join()

    def _ensure_thread(self) -> None:
        if self._thread is None or not self._thread.is_alive():
            with self._start:
                if self._thread is None or not self._thread.is_alive():
                    self._thread = threading.Thread(target=self._run, name="placing", daemon=True)
                    self._thread.start()

    def _run(self) -> None:
        while first := self._waiting.get():
            batch = [first]
            while len(batch) < MOST_AT_ONCE:
                try:
                    following = self._waiting.get_nowait()
                except queue.Empty:
                    break
                if following is None:
                    self._waiting.put(None)
                    break
                batch.append(following)
            self._place(batch)
        connection.close()

    def _place(self, batch: Sequence[_Waiting]) -> None:
        try:
            answers = place_orders(wishes=[waiting.wish for waiting in batch], now=timezone.now())
        except Exception as error:  # whatever it is, each asker hears of it and the thread lives on
            if isinstance(error, DatabaseError):
                connection.close()
            if len(batch) > 1 or isinstance(error, DatabaseError):
                self._place_one_by_one(batch)
            else:
                log.exception("a wish could not be placed")
                batch[0].answer.set_exception(error)
            return
        for waiting, answer in zip(batch, answers, strict=True):
            if isinstance(answer, Refusal):
                waiting.answer.set_exception(answer)
            else:
                waiting.answer.set_result(answer)

    def _place_one_by_one(self, batch: Sequence[_Waiting]) -> None:
        for waiting in batch:
            try:
                answer = place_orders(wishes=[waiting.wish], now=timezone.now())[0]
            except DatabaseError:
                log.exception("a wish could not be placed")
                connection.close()
                waiting.answer.set_exception(PlacingUnknown())
            except Exception as error:
                log.exception("a wish could not be placed")
                waiting.answer.set_exception(error)
            else:
                if isinstance(answer, Refusal):
                    waiting.answer.set_exception(answer)
                else:
                    waiting.answer.set_result(answer)


dispatcher = Dispatcher()


def place(wish: Wish, *, now: datetime) -> Placed:
    """
    Place one wish: inside a transaction at once and within it, elsewhere together with those that wait.

    :raises Refusal: see :func:`teahorse.orders.actions.placing.place_orders`.
    """
    if not connection.in_atomic_block:
        return dispatcher.place(wish)
    answer = place_orders(wishes=[wish], now=now)[0]
    if isinstance(answer, Refusal):
        raise answer
    return answer
