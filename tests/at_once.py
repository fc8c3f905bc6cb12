"""Doing things at the same moment, each on a connection of its own."""

import threading
import time
from collections.abc import Callable
from typing import Any

from django.db import connection

from teahorse.common.refusals import Refusal

PATIENCE = 60


def at_once(*acts: Callable[[], Any]) -> list[Any]:
    """
    Do all of it at the same moment; return the outcomes in their order: what came, or the refusal.

    What is no refusal fails the test: the first such exception is raised here, after all have ended.
    """
    start = threading.Barrier(len(acts))
    outcomes: list[Any] = [None] * len(acts)
    failures: list[BaseException] = []

    def run(place: int, act: Callable[[], Any]) -> None:
        try:
            start.wait(PATIENCE)
            outcomes[place] = act()
        except Refusal as refusal:
            outcomes[place] = refusal
        except BaseException as failure:
            failures.append(failure)
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=one, daemon=True) for one in enumerate(acts)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(PATIENCE)
    assert not any(thread.is_alive() for thread in threads), "somebody still waits"
    if failures:
        raise failures[0]
    return outcomes


def wait_until_somebody_waits() -> None:
    """Return as soon as some connection waits for a lock of another one."""
    for _ in range(200):
        with connection.cursor() as cursor:
            cursor.execute("select count(*) from pg_locks where not granted")
            if cursor.fetchone()[0]:
                return
        time.sleep(0.05)
    raise AssertionError("nobody waits")
