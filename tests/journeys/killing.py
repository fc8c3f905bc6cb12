"""How the tests that kill something stop a process in the middle of a transaction, kill it or the database under it, and look around."""

import json
import os
import signal
import sqlite3
import subprocess
import sys
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import count
from pathlib import Path

import psycopg

from checks.running import House
from tests.payments.conftest import wait_until

PATIENCE = 90
HELD = "select pid from pg_stat_activity where %s = any(pg_blocking_pids(pid))"


@dataclass
class Started:
    """A process that a house started."""

    house: "ForkingHouse"
    pid: int
    out: Path
    ended: int | None = None

    def send(self, number):
        os.kill(self.pid, number)

    def kill(self):
        self.send(signal.SIGKILL)

    def wait(self):
        """Return how it ended: its status, or minus the signal's number."""
        if self.ended is None:
            self.ended = self.house.asked("wait", self.pid)
        return self.ended


class ForkingHouse(House):
    """A house whose processes fork from one that has everything imported (``tests.journeys.forking``)."""

    def __init__(self, made, folder):
        super().__init__(made.server, made.environment)
        self.folder, self.numbers = folder, count()
        command = [sys.executable, "-m", "tests.journeys.forking"]
        self.forking = subprocess.Popen(command, env=self.environment, text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE)

    def asked(self, *words):
        self.forking.stdin.write(json.dumps(words) + "\n")
        self.forking.stdin.flush()
        return int(self.forking.stdout.readline())

    def start(self, *words):
        """Run a module in a process of its own."""
        out = self.folder / str(next(self.numbers))
        return Started(self, self.asked("start", words, str(out)), out)

    def run(self, *words):
        """Run a module to its end; return what it said."""
        process = self.start(*words)
        status = process.wait()
        assert status == 0, Path(f"{process.out}.err").read_text()
        return process.out.read_text()

    @contextmanager
    def worker(self):
        """Work off jobs for the length of a block; gives the process, which may be killed in it."""
        process = self.start("django", "procrastinate", "worker", "--concurrency", "4")
        try:
            yield process
        finally:
            if process.ended is None:
                process.send(signal.SIGTERM)
                process.wait()

    def close(self):
        self.forking.communicate()


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
    return made.run("tests.journeys.look_at_books").splitlines()


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
    with nobody_writes_into(made, before) as wait_for:
        processes = [made.start("tests.journeys.act", file, act) for act in acts]
        try:
            wait_for(len(acts))
        finally:  # whatever came, none of them goes on
            kill(made, victim, *processes)
