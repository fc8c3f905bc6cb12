"""What waits at the same moment is done together, and each hears of its own."""

import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import OperationalError

from teahorse.common import gathering
from teahorse.common.gathering import Gatherer, NoAnswer


@pytest.fixture
def gathered():
    """``gathered(act)``: somebody who does things by ``act``, ended with the test."""
    made = []

    def make(act):
        made.append(Gatherer(act, name="test", most=50))
        return made[-1]

    yield make
    for one in made:
        one.stop()


def all_ask(gatherer, things):
    """What each thing's asker hears, an exception as such."""

    def ask(thing):
        try:
            return gatherer.ask(thing)
        except Exception as error:
            return error

    with ThreadPoolExecutor(len(things)) as pool:
        return list(pool.map(ask, things))


def until(condition):
    """Look every millisecond until it is so."""
    ends_at = time.monotonic() + 20
    while not condition():
        assert time.monotonic() < ends_at
        time.sleep(0.001)


def held_back(act):
    """Return an ``act`` whose first batch waits to go on, the batches that were done, and what lets it go on."""
    batches, goes_on = [], threading.Event()

    def slow(batch):
        batches.append(list(batch))
        if len(batches) == 1:
            goes_on.wait(10)
        return act(batch)

    return slow, batches, goes_on


def test_what_waits_meanwhile_is_done_together(gathered):
    slow, batches, goes_on = held_back(lambda batch: [number * 2 for number in batch])
    gatherer = gathered(slow)

    with ThreadPoolExecutor(21) as pool:
        first = pool.submit(gatherer.ask, 0)
        until(lambda: batches)
        others = [pool.submit(gatherer.ask, number) for number in range(1, 21)]
        until(lambda: gatherer._waiting.qsize() == 20)
        goes_on.set()
        answers = [one.result(10) for one in (first, *others)]

    assert answers == [number * 2 for number in range(21)]
    assert [len(batch) for batch in batches] == [1, 20]


def test_nobody_pays_for_a_neighbour(gathered):
    def act(batch):
        if 3 in batch:
            raise ValueError(3)
        return batch

    answers = all_ask(gathered(act), range(8))

    assert [answer for answer in answers if not isinstance(answer, ValueError)] == [0, 1, 2, 4, 5, 6, 7]
    assert isinstance(answers[3], ValueError)


def test_a_broken_connection_is_tried_again_once(gathered):
    calls = []

    def act(batch):
        calls.append(list(batch))
        if len(calls) == 1:
            raise OperationalError
        return batch

    answer = gathered(act).ask("thing")

    assert (answer, calls) == ("thing", [["thing"], ["thing"]])


def test_who_gets_no_answer_in_time_is_told_so(gathered, monkeypatch):
    monkeypatch.setattr(gathering, "PATIENCE_SECONDS", 0.01)
    slow, _batches, goes_on = held_back(lambda batch: batch)

    with pytest.raises(NoAnswer):
        gathered(slow).ask(1)

    goes_on.set()


def test_after_its_end_the_next_who_asks_starts_it_again(gathered):
    gatherer = gathered(lambda batch: batch)

    answers = [gatherer.ask(1)]
    gatherer.stop()
    answers.append(gatherer.ask(2))

    assert answers == [1, 2]
