"""Python's search for rings of garbage, and where it is left off."""

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def uncollected() -> Iterator[None]:
    """
    Look for no rings of garbage in this process for the length of a block, or of a function, that makes many rows.

    There are none among rows, but the more there are the more often all of them are searched: a quarter of such a block's time.
    Of blocks that overlap the first one to begin turns it on again when it ends.
    """
    if not gc.isenabled():
        yield
        return
    gc.disable()
    try:
        yield
    finally:
        gc.enable()
