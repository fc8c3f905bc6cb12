"""Keeping answers that nearly every page asks for and that hardly ever change, in this process and for a span of time."""

import time
from collections.abc import Callable
from functools import lru_cache
from typing import Generic, ParamSpec, TypeVar

P = ParamSpec("P")
R = TypeVar("R")


class Kept(Generic[P, R]):
    """A function whose answers are kept; :meth:`forget` has it asked anew."""

    def __init__(self, answer: Callable[P, R], *, seconds: int, most: int) -> None:
        @lru_cache(maxsize=most)
        def in_span(span: int, *args: P.args, **kwargs: P.kwargs) -> R:  # noqa: ARG001 - another span is another entry
            return answer(*args, **kwargs)

        self.__doc__ = answer.__doc__
        self.forget = in_span.cache_clear
        self._in_span = in_span
        self._seconds = seconds

    def __call__(self, *args: P.args, **kwargs: P.kwargs) -> R:
        return self._in_span(int(time.monotonic() // self._seconds), *args, **kwargs)  # type: ignore[arg-type]  # hashable, says kept_for


def kept_for(seconds: int, *, most: int) -> Callable[[Callable[P, R]], Kept[P, R]]:
    """Keep the last ``most`` answers of a function of hashable values; none is older than so many seconds. Nobody may change them."""

    def keep(answer: Callable[P, R]) -> Kept[P, R]:
        return Kept(answer, seconds=seconds, most=most)

    return keep
