"""Keeping answers that nearly every page asks for and that hardly ever change, in this process and for a span of time."""

import time
from collections.abc import Callable
from functools import lru_cache
from typing import Generic, ParamSpec, Protocol, TypeVar
from weakref import WeakSet

P = ParamSpec("P")
R = TypeVar("R")


class Forgets(Protocol):
    """Something that keeps what it was told."""

    def forget(self) -> None:
        """Have it told anew."""


_all: WeakSet[Forgets] = WeakSet()


def forgotten_with_all(kept: Forgets) -> None:
    """Have :func:`forget_all` forget this one too."""
    _all.add(kept)


def forget_all() -> None:
    """Have everything told anew that this process keeps: the database is another one."""
    for kept in list(_all):
        kept.forget()


class Kept(Generic[P, R]):
    """A function whose answers are kept; :meth:`forget` has it asked anew."""

    def __init__(self, answer: Callable[P, R], *, seconds: int, most: int) -> None:
        @lru_cache(maxsize=most)
        def in_span(span: int, *args: P.args, **kwargs: P.kwargs) -> R:  # noqa: ARG001 - another span is another entry
            return answer(*args, **kwargs)

        self.__doc__ = answer.__doc__
        self._in_span = in_span
        self._seconds = seconds
        forgotten_with_all(self)

    def forget(self) -> None:
        """Have it asked anew."""
        self._in_span.cache_clear()

    def __call__(self, *args: P.args, **kwargs: P.kwargs) -> R:
        apart = hash((args, *kwargs.values())) % self._seconds  # what was asked together is not asked anew together
        return self._in_span(int((time.monotonic() + apart) // self._seconds), *args, **kwargs)  # type: ignore[arg-type]  # hashable, says kept_for


def kept_for(seconds: int, *, most: int) -> Callable[[Callable[P, R]], Kept[P, R]]:
    """Keep the last ``most`` answers of a function of hashable values; none is older than so many seconds. Nobody may change them."""

    def keep(answer: Callable[P, R]) -> Kept[P, R]:
        return Kept(answer, seconds=seconds, most=most)

    return keep
