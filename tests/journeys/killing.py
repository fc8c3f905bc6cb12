"""How the tests that kill something stop a process in the middle of a transaction, kill it or the database under it, and look around."""

import sqlite3
import subprocess
import sys
from contextlib import contextmanager

import psycopg

from tests.payments.conftest import wait_until

PATIENCE = 90
HELD = "select pid from pg_stat_activity where %s = any(pg_blocking_pids(pid))"


def ask(made, query, *values):
    with psycopg.connect(made.server.url()) as connection:
        return connection.execute(query, values or None).fetchall()


def at_the_provider(sandbox, refund_numbers):
    """What the sandbox has of refunds: how many fen, and whether they arrived."""
    with sqlite3.connect(sandbox.keys.parent / "state.sqlite3") as state:
        marks = ",".join("?" * len(refund_numbers))
        return state.execute(f"select refund_fen, status from refunds where out_refund_no in ({marks})", refund_numbers).fetchall()


def differences(made):
    """What the reconciler finds, line by line."""
    command = [sys.executable, "-m", "tests.journeys.look_at_books"]
    return subprocess.run(command, env=made.environment, check=True, capture_output=True, text=True).stdout.splitlines()


@contextmanager
def nobody_writes_into(made, table):
    """Hold whoever writes into a table, in the middle of a transaction; gives a way to wait until so many stand there."""
    holding = psycopg.connect(made.server.url())
    holding.execute(f"lock table {table} in exclusive mode")
    held = set()

    def stand_there(count):
        held.update(pid for (pid,) in ask(made, HELD, holding.info.backend_pid))
        return len(held) >= count

    try:
        yield lambda count=1: wait_until(lambda: stand_there(count), PATIENCE)
    finally:
        holding.close()
    wait_until(lambda: not ask(made, "select pid from pg_stat_activity where pid = any(%s)", list(held)))  # they have lost their clients


def kill(made, victim, *processes):
    """End processes, or the database under them, as a power cut would; the database is there again afterwards."""
    if victim == "database":
        made.server.kill()
        made.server.start()
    for process in processes:
        process.kill()
        process.wait()


def killed_while_acting(made, victim, file, *acts, before):
    """Have acts, each a process of its own, come to where they write into a table, and kill them or the database."""
    command = [sys.executable, "-m", "tests.journeys.act", file]
    with nobody_writes_into(made, before) as wait_for:
        processes = [subprocess.Popen([*command, act], env=made.environment, stderr=subprocess.DEVNULL) for act in acts]
        try:
            wait_for(len(acts))
        finally:  # whatever came, none of them goes on
            kill(made, victim, *processes)
