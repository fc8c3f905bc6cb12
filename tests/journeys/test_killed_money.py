"""
The worker, or PostgreSQL, is killed while money moves: after the restart every fen went once, and the books say so.

Each is killed at the two bad moments: when the provider has a refund and its answer is not here yet, and when what came back is being
booked. Nothing goes by luck: the sandbox holds its answer, and a lock holds the booking.
"""

import json
import sqlite3
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest

from checks.running import house
from tests.payments.conftest import running_sandbox, wait_until  # noqa: F401 - a fixture

HELD_SECONDS = 60
HELD = "select pid from pg_stat_activity where %s = any(pg_blocking_pids(pid))"
DOING = "select count(*) from procrastinate_jobs where status = 'doing' and args->>'reaction' like %s"
BOOKED = "select kind, count(*) from ledger_journalentry where source_id = any(%s) group by kind order by kind"
REFUNDS = "select state, count(*) from payments_refund where id = any(%s) group by state"
PAYOUTS = "select state, count(*) from settlement_payout where id = any(%s) group by state"
PAID = "select count(*), count(distinct payout_id) from settlement_payoutevent where payout_id = any(%s) and kind = 'paid'"


@pytest.fixture(scope="module")
def made(running_sandbox):  # noqa: F811 - the fixture
    """A house that collects through the sandbox."""
    with house() as standing:
        Path(standing.environment["TEAHORSE_DATA"]).mkdir(exist_ok=True)
        Path(standing.environment["TEAHORSE_DATA"], "sandbox-keys").symlink_to(running_sandbox.keys)
        standing.environment |= {"TEAHORSE_STALLED_SECONDS": "5", "TEAHORSE_SANDBOX_URL": running_sandbox.address}
        running_sandbox.control(reset=True, notify={"drop": True})  # nobody listens here: the house asks
        yield standing
        running_sandbox.control(reset=True)


def ask(made, query, *values):
    with psycopg.connect(made.server.url()) as connection:
        return connection.execute(query, values or None).fetchall()


def differences(made):
    """What the reconciler finds, line by line."""
    command = [sys.executable, "-m", "tests.journeys.look_at_books"]
    return subprocess.run(command, env=made.environment, check=True, capture_output=True, text=True).stdout.splitlines()


@contextmanager
def nothing_is_booked(made):
    """Hold whoever writes into the books, in the middle of a transaction; gives a way to wait until somebody stands there."""
    holding = psycopg.connect(made.server.url())
    holding.execute("lock table ledger_journalentry in exclusive mode")
    held = []

    def somebody_stands_there():
        held.extend(pid for (pid,) in ask(made, HELD, holding.info.backend_pid))
        return held

    try:
        yield lambda: wait_until(somebody_stands_there)
    finally:
        holding.close()
    wait_until(lambda: not ask(made, "select pid from pg_stat_activity where pid = any(%s)", held))  # it has lost its client


def kill(made, victim, process):
    """End the process, or the database under it, as a power cut would; the database is there again afterwards."""
    if victim == "database":
        made.server.kill()
        made.server.start()
    process.kill()
    process.wait()


@pytest.mark.parametrize("victim", ["process", "database"])
def test_refunds_in_the_middle_of_which_something_is_killed_go_back_once(made, running_sandbox, tmp_path, victim):  # noqa: F811
    made.run("tests.journeys.owe_money", "refunds", str(tmp_path / "owed.json"))
    refunds = json.loads((tmp_path / "owed.json").read_text())
    numbers = [number for (number,) in ask(made, "select our_number from payments_refund where id = any(%s)", refunds)]

    def at_the_provider():
        with sqlite3.connect(running_sandbox.keys.parent / "state.sqlite3") as state:
            marks = ",".join("?" * len(numbers))
            return state.execute(f"select refund_fen, status from refunds where out_refund_no in ({marks})", numbers).fetchall()

    # the provider has them; its answers are on their way
    running_sandbox.control(api=[{"answer": "lost", "path": "/v3/refund", "count": len(refunds), "seconds": HELD_SECONDS}])
    with made.worker() as worker:
        wait_until(lambda: len(at_the_provider()) == len(refunds))
        kill(made, victim, worker)
    unheard = ask(made, REFUNDS, refunds)

    # it is asked again and says that they arrived; that is being booked
    with made.worker() as worker, nothing_is_booked(made) as wait_for_booking:
        wait_until(lambda: ask(made, DOING, "%book_arrived_refunds") != [(0,)])
        wait_for_booking()
        kill(made, victim, worker)
    unbooked = dict(ask(made, BOOKED, refunds))

    with made.worker():
        wait_until(lambda: dict(ask(made, BOOKED, refunds)).get("refund arrived") == len(refunds), 60)
    assert unheard == [("requested", len(refunds))]
    assert unbooked.get("refund arrived", 0) < len(refunds)
    assert ask(made, BOOKED, refunds) == [("refund arrived", len(refunds)), ("refund decided", len(refunds))]
    assert ask(made, REFUNDS, refunds) == [("succeeded", len(refunds))]
    assert at_the_provider() == [(1234, "SUCCESS")] * len(refunds)
    assert differences(made) == []


@pytest.mark.parametrize("victim", ["process", "database"])
def test_payouts_in_the_middle_of_whose_booking_something_is_killed_are_paid_once(made, tmp_path, victim):
    file = str(tmp_path / "owed.json")
    made.run("tests.journeys.owe_money", "payouts", file)
    payouts = json.loads(Path(file).read_text())["payouts"]

    with nothing_is_booked(made) as wait_for_booking:
        importing = subprocess.Popen([sys.executable, "-m", "tests.journeys.import_answer", file], env=made.environment)
        wait_for_booking()
        kill(made, victim, importing)
    unpaid = ask(made, PAYOUTS, payouts), ask(made, PAID, payouts)
    for _ in range(2):
        made.run("tests.journeys.import_answer", file)

    assert unpaid == ([("sent", len(payouts))], [(0, 0)])
    assert ask(made, PAYOUTS, payouts) == [("paid", len(payouts))]
    assert ask(made, PAID, payouts) == [(len(payouts), len(payouts))]
    assert dict(ask(made, BOOKED, payouts)) == {"payout approved": len(payouts), "payout paid": len(payouts)}
    assert differences(made) == []
