"""A buyer's own browser proves what the page says of each step, and finds out who changed it in the database."""

import os
import subprocess
import sys
from contextlib import contextmanager

import psycopg
import pytest
from playwright.sync_api import expect

from tests.browser.conftest import ROOT

PATIENCE = 60_000
KEPT_S, LOOKS = 10, 3
"""A story is shown for so many seconds as it was when it was looked up last."""
PUBLISH = "from django.utils import timezone; from teahorse.trace import actions; actions.publish(now=timezone.now())"
CODE = """
    select code.code
      from trace_labelcode code
      join trace_lot lot on lot.id = code.lot_id
      join trace_eventthing edge on edge.thing_id = lot.thing_id and edge.role = 'output'
     order by code.code limit 1
"""
LATER = "update trace_traceevent set happened_at = happened_at + %s * interval '1 day' where kind = 'TransformationEvent'"


@pytest.fixture
def label(open_house):
    """A label of the demo whose steps all stand in the log."""
    subprocess.run(
        [sys.executable, "-m", "teahorse.cli", "shell", "-c", PUBLISH], cwd=ROOT, check=True, capture_output=True,
        env={**os.environ, "DATABASE_URL": open_house.database, "TEAHORSE_DATA": str(open_house.log.parent / "data")},
    )  # fmt: skip
    with psycopg.connect(open_house.database) as database:
        return database.execute(CODE).fetchone()[0]


@contextmanager
def changed(house, *, days):
    """Tell of other days past all triggers, as whoever has the database's password can, and set it right afterwards."""
    for by in (days, -days):
        with psycopg.connect(house.database) as database:
            database.execute("set local session_replication_role = replica")
            database.execute(LATER, [by])
        if by == days:
            yield


def verdicts(page, house, label):
    """Have all steps checked; return what is said of each, and what the log says of them."""
    page.goto(f"{house.url}/t/{label}/proof/")
    rows = page.locator("[data-proof]")
    page.locator("log-proofs button").click()
    expect(page.locator("[data-verdict][data-verdict]:not([data-verdict=''])")).to_have_count(rows.count(), timeout=PATIENCE)
    said = page.locator("[data-log]").all_inner_texts()
    return page.locator("[data-verdict]").evaluate_all("all => all.map(one => one.dataset.verdict)"), said


def verdicts_once_fresh(page, house, label):
    """Have all steps checked until nothing shown is older than what was set right."""
    found, _ = verdicts(page, house, label)
    for _look in range(LOOKS):
        if set(found) == {"proved"}:
            break
        page.wait_for_timeout(KEPT_S * 1000)
        found, _ = verdicts(page, house, label)
    return found


def test_what_is_read_is_proved_and_a_change_in_the_database_is_seen(open_house, page, label):
    troubles = []
    page.on("pageerror", lambda error: troubles.append(str(error)))

    proved, said = verdicts(page, open_house, label)
    with changed(open_house, days=3):
        after, _ = verdicts(page, open_house, label)

    assert len(proved) > 2
    assert set(proved) == {"proved"}
    assert all("年" in one for one in said)
    assert any("→" in one and "公斤" in one for one in said)
    assert set(after) == {"proved", "other"}
    assert verdicts_once_fresh(page, open_house, label) == proved
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    assert troubles == []
