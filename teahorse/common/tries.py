"""Counting tries from one place, in this process: it spares the database, and is no lock (that is the length of what is guessed)."""

import threading
import time
from collections import OrderedDict
from collections.abc import Callable

from django.utils.translation import gettext_lazy as _

from teahorse.common.refusals import Refusal

MOST_PLACES = 10_000


class TooManyTries(Refusal):
    """Somebody guesses codes, or compares badly."""

    code = "too_many_wrong_codes"
    status = 429
    sentence = _("Too many wrong codes. Try again in ten minutes.")


class Tries:
    """So many tries within a span of time for each place; the place that tried longest ago is forgotten first."""

    def __init__(self, *, most: int, seconds: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._most, self._seconds, self._clock = most, seconds, clock
        self._counted: OrderedDict[str, tuple[int, float]] = OrderedDict()
        self._lock = threading.Lock()

    def count(self, place: str) -> None:
        """Count one try; the span begins with the first."""
        with self._lock:
            number, until = self._living(place)
            self._counted[place] = (number + 1, until)
            self._counted.move_to_end(place)
            if len(self._counted) > MOST_PLACES:
                self._counted.popitem(last=False)

    def are_used_up(self, place: str) -> bool:
        """Return whether a place has to wait."""
        with self._lock:
            return self._living(place)[0] >= self._most

    def forget(self) -> None:
        """Begin anew for everybody."""
        with self._lock:
            self._counted.clear()

    def _living(self, place: str) -> tuple[int, float]:
        now = self._clock()
        number, until = self._counted.get(place, (0, 0.0))
        return (number, until) if until > now else (0, now + self._seconds)
