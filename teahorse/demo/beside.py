"""
Making goods and orders in processes beside the one that loads them.

No Django here: a process beside starts in the time that Python takes, and only counts and writes lines.
"""

import os
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from contextlib import contextmanager
from datetime import datetime
from multiprocessing import get_context
from typing import Any

from teahorse.demo import made_goods, made_orders
from teahorse.demo.made_goods import MadeGoods, World
from teahorse.demo.made_orders import MadeOrders, Market

FROM = 5000
"""Fewer than this are made in this process."""

_stuff: dict[str, Any] = {}
"""In a process beside: what it makes things from, which is sent to it once."""


def _take(stuff: World | Market) -> None:
    _stuff["stuff"] = stuff


def goods_of(seed: int, batch: int, size: int, now: datetime) -> MadeGoods:
    """Make a batch of goods from the world at hand."""
    return made_goods.make_goods(world=_stuff["stuff"], seed=seed, batch=batch, size=size, now=now)


def orders_of(seed: int, whole: int, first: int, numbers: list[int]) -> MadeOrders:
    """Make a batch of orders from the market at hand."""
    return made_orders.make_orders(market=_stuff["stuff"], seed=seed, whole=whole, first=first, numbers=numbers)


Run = Callable[[Callable[..., Any], Iterable[tuple[Any, ...]]], Iterator[Any]]


@contextmanager
def beside(stuff: World | Market, size: int) -> Iterator[Run]:
    """Give a function that runs another one for many arguments, in order: here, or where there is much to do in processes beside."""
    if size < FROM:
        _take(stuff)
        yield lambda make, arguments: (make(*each) for each in arguments)
        return
    workers = max(2, os.cpu_count() or 2)
    with ProcessPoolExecutor(workers, mp_context=get_context("spawn"), initializer=_take, initargs=(stuff,)) as pool:
        yield lambda make, arguments: _in_order(pool, workers + 1, make, arguments)


def _in_order(
    pool: ProcessPoolExecutor, most_waiting: int, make: Callable[..., Any], arguments: Iterable[tuple[Any, ...]]
) -> Iterator[Any]:
    """Run ahead of who takes the results, but not far: a batch is some megabytes."""
    waiting: deque[Future[Any]] = deque()
    for each in arguments:
        waiting.append(pool.submit(make, *each))
        if len(waiting) >= most_waiting:
            yield waiting.popleft().result()
    while waiting:
        yield waiting.popleft().result()
