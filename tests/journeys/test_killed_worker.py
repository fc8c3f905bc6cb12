"""The worker is killed in the middle of its jobs; another one finishes them: nothing is lost, nothing is done twice."""

import time

import psycopg

from checks.running import house

ORDERS = 150
JOBS = "select count(*) filter (where status = 'succeeded'), count(*) filter (where status <> 'succeeded') from procrastinate_jobs"
OF_ORDERS = JOBS + " where args->>'reaction' like '%notice_placed'"


def wait_until(connection, is_so, *, seconds):
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        done, left = connection.execute(OF_ORDERS).fetchone()
        if is_so(done, left):
            return
        time.sleep(0.02)
    raise AssertionError(connection.execute("select status, count(*) from procrastinate_jobs group by status").fetchall())


def wait_for_waiting(connection, *, seconds):
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if connection.execute(
            "select 1 from pg_stat_activity where wait_event_type = 'Lock' and query ilike '%orders_sellernotice%'"
        ).fetchone():
            return
        time.sleep(0.02)
    raise AssertionError(connection.execute("select state, wait_event, query from pg_stat_activity").fetchall())


def test_what_a_killed_worker_left_is_finished_by_the_next_one_and_no_seller_is_told_twice():
    with house() as made:
        made.environment["TEAHORSE_STALLED_SECONDS"] = "5"
        made.run("tests.journeys.place_many", str(ORDERS))
        with psycopg.connect(made.server.url(), autocommit=True) as connection:
            with made.worker() as worker:
                wait_until(connection, lambda done, left: done > 5 and left > 5, seconds=60)
                with psycopg.connect(made.server.url()) as holding:  # the jobs stand still in the middle of their work
                    holding.execute("lock table orders_sellernotice in exclusive mode")
                    wait_for_waiting(connection, seconds=20)
                    worker.kill()
                    worker.wait()
            caught = connection.execute(f"{OF_ORDERS} and status = 'doing'").fetchone()[1]
            with made.worker():
                wait_until(connection, lambda done, left: left == 0, seconds=120)
            told, orders = connection.execute(
                "select (select count(*) from orders_sellernotice where kind = 'placed'), (select count(*) from orders_sellerorder)"
            ).fetchone()
            twice = connection.execute(
                "select count(*) - count(distinct order_id) from orders_sellernotice where kind = 'placed'"
            ).fetchone()[0]

    assert caught > 0
    assert told == orders
    assert twice == 0
