"""What is kept is made once for its sources, also by several at once, and forgotten when nobody asks."""

import os
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psycopg
import pytest

from checks import ready


@pytest.fixture
def making(tmp_path, monkeypatch):
    """``making(digest)`` asks for a kept folder; ``making.count`` says how often one was made."""
    monkeypatch.setattr(ready, "KEPT", tmp_path / "ready")

    def make(into):
        ask.count += 1
        time.sleep(0.05)  # so that others come meanwhile
        into.mkdir()

    def ask(digest):
        return ready._kept("thing", digest=digest, make=make)

    ask.count = 0
    return ask


def test_of_several_who_ask_at_once_one_makes_it(making):
    with ThreadPoolExecutor(4) as pool:
        answers = set(pool.map(making, ["one"] * 4))

    assert len(answers) == 1
    assert answers.pop().is_dir()
    assert making.count == 1


def test_what_comes_from_other_sources_is_made_anew_and_what_nobody_asked_for_goes(making):
    old, recent = making("old").parent, making("recent").parent
    os.utime(old, (0, time.time() - ready.UNUSED_SECONDS - 1))

    making("new")

    assert making.count == 3
    assert (old.exists(), recent.exists()) == (False, True)


def test_what_could_not_be_made_is_not_kept(tmp_path, monkeypatch):
    monkeypatch.setattr(ready, "KEPT", tmp_path)

    def fail(into):
        into.mkdir()
        raise RuntimeError("half of it")

    with pytest.raises(RuntimeError, match="half of it"):
        ready._kept("thing", digest="one", make=fail)

    assert [path.name for path in tmp_path.iterdir()] == ["thing.lock"]


def test_the_digest_follows_the_content(tmp_path, monkeypatch):
    monkeypatch.setattr(ready, "ROOT", tmp_path)
    source = tmp_path / "one.py"
    source.write_text("a = 1")
    first = ready._digest(("*.py",), "18.6")
    source.write_text("a = 2")

    assert ready._digest(("*.py",), "18.6") != first
    source.write_text("a = 1")
    assert ready._digest(("*.py",), "18.6") == first
    assert ready._digest(("*.py",), "15.14") != first


def test_a_house_begins_with_every_table_and_changes_nothing_of_what_is_kept():
    from checks.running import house

    def tables():
        with house() as made, psycopg.connect(made.server.url()) as connection:
            found = connection.execute("select count(*) from orders_sellerorder").fetchone()[0]
            connection.execute("drop table orders_sellerorder cascade")
            return found, (Path(made.environment["TEAHORSE_DATA"]) / "static/staticfiles.json").exists()

    assert [tables(), tables()] == [(0, True), (0, True)]
