"""
Much work of one kind, in several threads of this process with a database connection each.

While one waits for the database another works out what it will write; so a long night's work takes about as long as the longer
of the two, the database's part or ours, and uses the cores that there are.
"""

import os
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from django.db import connection

MOST = 4
Part = TypeVar("Part")
Answer = TypeVar("Answer")


def hands() -> int:
    """Return how many parts of much work are worked off at once: one more than there are cores, for one always waits for disk or lock."""
    return min(MOST, (os.cpu_count() or 1) + 1)


def side_by_side(work: Callable[[Part], Answer], parts: Sequence[Part]) -> list[Answer]:
    """
    Return what a work answers for each part, in the order of the parts; each part is worked off in a transaction of its own.

    Within a transaction it is done one after the other, because another thread would not see what that has changed.
    The first error is raised when all have ended; what the others have written stays written.
    """
    working = min(len(parts), hands())
    if working <= 1 or connection.in_atomic_block:
        return [work(part) for part in parts]

    def mine(part: Part) -> Answer:
        try:
            return work(part)
        finally:
            connection.close()  # the thread's, back to the pool

    with ThreadPoolExecutor(working, thread_name_prefix="side by side") as threads:
        return list(threads.map(mine, parts))
