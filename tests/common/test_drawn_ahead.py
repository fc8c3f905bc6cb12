"""What is dear to make is kept, looked at before it is too old, and made once for many who ask."""

import threading

import pytest

from teahorse.common.drawn_ahead import DrawnAhead
from tests.at_once import at_once

PATIENCE = 10


class House:
    """What is told of a thing, how it is marked, and how often it was made; its clock stands until somebody moves it."""

    def __init__(self):
        self.now, self.mark, self.made = 1000.0, "first", 0
        self.kept = DrawnAhead(self.make, mark=lambda _key: self.mark, seconds=50, ahead=20, longest=600, most=2, clock=lambda: self.now)

    def make(self, key, mark):
        self.made += 1
        return f"{key} {mark} {self.made}"


@pytest.fixture
def house():
    made = House()
    yield made
    made.kept.stop()


def test_what_is_young_is_given_as_it_is(house):
    assert [house.kept.find("a"), house.kept.find("a")] == ["a first 1", "a first 1"]


def test_what_grows_old_is_given_while_the_thread_makes_it_anew(house):
    house.kept.find("a")
    house.now, house.mark = 1031.0, "second"

    given = house.kept.find("a")
    house.kept.stop()

    assert (given, house.kept.find("a")) == ("a first 1", "a second 2")


def test_what_is_as_it_was_is_kept_on_without_being_made(house):
    house.kept.find("a")
    for _ in range(5):
        house.now += 40.0
        house.kept.find("a")
        house.kept.stop()

    assert (house.kept.find("a"), house.made) == ("a first 1", 1)


def test_nobody_is_given_what_is_too_old(house):
    house.kept.find("a")
    house.now, house.mark = 1050.0, "second"

    assert house.kept.find("a") == "a second 2"


def test_after_its_longest_time_it_is_made_anew_whatever_its_mark_says(house):
    house.kept.find("a")
    house.now += 600.0

    assert house.kept.find("a") == "a first 2"


def test_of_many_who_ask_at_once_one_makes_it(house):
    begun, may_go_on = threading.Event(), threading.Event()
    make = house.make

    def slowly(key, mark):
        begun.set()
        assert may_go_on.wait(PATIENCE)
        return make(key, mark)

    house.kept._make = slowly

    def others():
        assert begun.wait(PATIENCE)
        threading.Timer(0.05, may_go_on.set).start()
        return house.kept.find("a")

    assert at_once(lambda: house.kept.find("a"), others) == ["a first 1", "a first 1"]


def test_what_was_asked_for_longest_ago_goes_first(house):
    for key in ("a", "b", "a", "c"):
        house.kept.find(key)

    assert (house.kept.find("a"), house.kept.find("b")) == ("a first 1", "b first 4")


def test_a_failure_is_told_and_not_kept(house):
    house.kept._make = lambda _key, _mark: 1 // 0
    with pytest.raises(ZeroDivisionError):
        house.kept.find("a")
    house.kept._make = house.make

    assert house.kept.find("a") == "a first 1"
